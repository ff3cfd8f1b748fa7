"""Likelihoods: how likely a model that writes finds the tokens of given texts, one text after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from auditkit.capabilities import GivesLikelihoods
from auditkit.errors import ModelError, OutOfMemory

if TYPE_CHECKING:
    from auditkit.compute import Broker

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_ROUNDING = 1e-3


@dataclass(frozen=True)
class Likelihoods:
    """What a model says of the tokens of n texts, t tokens in all; a text that has no token but its first has none."""

    starts: Integers
    """[n + 1]: where each text's tokens begin in the arrays below, and where the last one's end."""
    logs: Floats
    """[t]: ln p of each token, after those before it."""
    means: Floats
    """[t]: the mean of ln p over all tokens that could stand there, each by its probability."""
    spreads: Floats
    """[t]: the standard deviation of the same."""

    def __len__(self) -> int:
        """The number of texts."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Integers:
        """[n]: the tokens of each text of which something is said."""
        return np.diff(self.starts)

    def of(self, row: int) -> Self:
        """One text's."""
        return self.take(np.array([row]))

    def take(self, rows: Integers) -> Self:
        """Of some texts, in the order given."""
        lengths = self.lengths[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return type(self)(starts, self.logs[places], self.means[places], self.spreads[places])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """Of one part's texts after the other's."""
        lengths = [part.lengths for part in parts]
        starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
        arrays = ([getattr(part, name) for part in parts] for name in ("logs", "means", "spreads"))
        return cls(starts, *(np.concatenate(one) for one in arrays))

    @classmethod
    def of_rows(cls, rows: Sequence[npt.NDArray[Any]]) -> Self:
        """From an array [3, tokens] a text: `logs`, `means` and `spreads`."""
        starts = np.concatenate([[0], np.cumsum([row.shape[1] for row in rows])]).astype(np.int64)
        whole = np.concatenate([*rows, np.zeros((3, 0), dtype=np.float32)], axis=1).astype(np.float32)
        return cls(starts, whole[0], whole[1], whole[2])


_AT_ONCE = 16
"""Texts a batch, where neither the spec nor the model says."""


def weighed(broker: Broker, texts: Sequence[str], before: Sequence[str] | None) -> Likelihoods:
    """What the broker's model says of texts, in order; in batches, the longest first, halved until they fit.

    Raises:
        NotApplicable: the model tells no likelihood of given texts.
        OutOfMemory: not even one text fits.
    """
    model = broker.model_that(GivesLikelihoods)  # type: ignore[type-abstract]  # a protocol is what is asked for
    who = f"adapter '{broker.spec.model.adapter}'"
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    if before is not None:
        lengths += np.array([len(text) for text in before], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    said = broker.spec.model.batch_size
    size = int(getattr(model, "batch_size", _AT_ONCE) if said == "auto" else said)
    done = 0
    parts: list[Likelihoods] = []
    while done < len(texts) or not parts:
        rows = order[done : done + size].tolist()
        given = [texts[row] for row in rows]
        try:
            with broker.blaming("the model failed to weigh texts"):
                found = model.likelihoods(given, None if before is None else [before[row] for row in rows])
        except OutOfMemory:
            if len(rows) <= 1:
                raise
            size = len(rows) // 2
            continue
        parts.append(sound_likelihoods(found, texts=len(rows), who=who))
        done += max(len(rows), 1)
    return Likelihoods.concat(parts).take(np.argsort(order, kind="stable"))


def sound_likelihoods(answer: Any, *, texts: int, who: str) -> Likelihoods:
    """What `likelihoods` answered, when it is that.

    Raises:
        ModelError: it is something else, of another number of texts, or holds what no log of a probability is.
    """
    if not isinstance(answer, Likelihoods) or len(answer) != texts:
        seen = f"those of {len(answer)}" if isinstance(answer, Likelihoods) else f"a {type(answer).__name__}"
        raise ModelError(
            f"{who}: its model was asked for the likelihoods of {texts} texts, and gave {seen}",
            hint="likelihoods(texts) returns auditkit.Likelihoods, of each text",
        )
    arrays = (answer.logs, answer.means, answer.spreads)
    is_even = {len(one) for one in arrays} == {int(answer.starts[-1])} and bool((answer.lengths >= 0).all())
    if not is_even or not all(np.isfinite(one).all() for one in arrays) or bool((answer.logs > _ROUNDING).any()):
        raise ModelError(
            f"{who}: its model's likelihoods are no finite logs of probabilities, one a token",
            hint="logs, means and spreads have one number for each token, and logs are at most 0",
        )
    return answer
