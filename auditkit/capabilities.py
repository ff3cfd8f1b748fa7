"""What a model may have beyond `predict`: small protocols that a check asks for, and an adapter declares.

A model has a capability when it has its method; there is no base class. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from auditkit.errors import ModelError, PluginError

if TYPE_CHECKING:
    from auditkit.dataset import Split
    from auditkit.likelihoods import Likelihoods
    from auditkit.predictions import Rankings, Texts


@runtime_checkable
class Embeds(Protocol):
    """Gives each row a vector: what the model makes of it before it answers."""

    def embed(self, inputs: Any) -> npt.NDArray[np.floating]:
        """[n, d]: a vector a row, in order. The host calls it in batches; a check has `case.embeddings`."""


@dataclass(frozen=True)
class Unit:
    """A piece of a row that an answer can be attributed to: a token of a text, a column of a table."""

    name: str
    start: int | None = None
    """Of a text: where it begins, in characters of the row's text."""
    end: int | None = None
    """Of a text: where it ends."""


@dataclass(frozen=True)
class Encoded:
    """Rows in the form in which torch can take gradients of the model's outputs with respect to them."""

    module: Callable[..., Any]
    """`module(inputs, *alongside)`: the outputs before any softmax, [n, k], in the order of the classes. It is in its
    evaluation mode, and each row's outputs depend on that row alone."""
    inputs: Any
    """[n, u, ...]: a tensor of floats on the model's device, u positions a row; without gradients of its own."""
    alongside: tuple[Any, ...]
    """Tensors [n, ...] that go with the inputs row by row, such as which of a text's positions are padding."""
    baseline: Any
    """Of the same shape: a row of which nothing is known, to compare with."""
    units: tuple[tuple[Unit | None, ...], ...]
    """[n][u]: what each position is; None: nothing of the row's, such as padding."""
    least: Any = None
    """What is encoded of the least that an input can be, such as a black pixel: a tensor that broadcasts to the inputs.
    From there the encoding rises, or falls, in proportion up to `most`. None: there are no such ends."""
    most: Any = None
    """What is encoded of the most that it can be, such as a white pixel."""
    network: Any = None
    """The `torch.nn.Module` whose parameters the outputs rest on, for who puts others in their place for a while and
    then puts them back. None: they cannot be had."""


@runtime_checkable
class Differentiable(Protocol):
    """Gives gradients: its outputs are a torch function of its encoded inputs."""

    def encoded(self, inputs: Any) -> Encoded:
        """A few rows, at most `batch_size`, with the function that answers them."""


@runtime_checkable
class Trainable(Protocol):
    """Can be trained anew as it was, on other rows."""

    def fit(self, split: Split, rng: np.random.Generator) -> Any:
        """A new model that was trained on these rows alone, with random numbers from `rng`; this one stays."""


@runtime_checkable
class Generates(Protocol):
    """Writes texts, and another one when asked again."""

    def generate(self, inputs: Any, *, samples: int, rng: np.random.Generator) -> Texts:
        """`samples` answers to each row, drawn with random numbers from `rng`."""


@runtime_checkable
class GivesLikelihoods(Protocol):
    """Says how likely it finds a text that somebody else wrote."""

    def likelihoods(self, texts: Sequence[str], before: Sequence[str] | None = None) -> Likelihoods:
        """Of the tokens of each text, in order; a text's first token is given none where nothing comes before it.

        Texts are read as they stand, as a model is trained on them: no template, no turns.

        Args:
            texts: what is weighed. The host hands them over in batches; a check has `case.likelihoods`.
            before: of each text what comes before it, and is not weighed itself; None: nothing.
        """


@runtime_checkable
class RanksHistories(Protocol):
    """Ranks items by what somebody had before, and answers also what it would rank had they had something else."""

    def histories(self, inputs: Any) -> list[tuple[str, ...]]:
        """[n]: what each user had, so far as the ranking rests on it, an item once."""

    def from_histories(self, inputs: Any, histories: Sequence[Sequence[str]]) -> Rankings:
        """The best items of each user, had they had these before and no others.

        What is not recommended to them again stays what it is: an item that is left out here does not come back.
        """


@runtime_checkable
class RanksDeeper(Protocol):
    """Ranks more items for each user than are looked at: the candidates that a list could have been made of."""

    def ranked(self, inputs: Any, depth: int) -> Rankings:
        """The best items of each user, down to a depth; the first of them are those of `predict`."""


@dataclass(frozen=True)
class Sampling:
    """How an answer's tokens are drawn, one after the other."""

    temperature: float = 1.0
    """0: always the likeliest."""
    top_k: int = 0
    """Of so many of the likeliest alone; 0: of all."""
    top_p: float = 1.0
    """Of the likeliest that have this probability together."""


@runtime_checkable
class Continues(Protocol):
    """Says how likely it is to write a given text after a prompt."""

    def log_chances(self, inputs: Any, texts: Sequence[str], sampling: Sampling) -> npt.NDArray[np.floating]:
        """[n]: ln of the chance that its answer to each row, drawn so, begins with exactly this text.

        Rows are prompted as in `predict`. The host calls it in batches; a check has `case.log_chances`.
        """


_ALL = (Differentiable, Embeds, Trainable, Generates, GivesLikelihoods, Continues, RanksHistories, RanksDeeper)
CAPABILITIES: dict[str, type[Any]] = {kind.__name__: kind for kind in _ALL}


def declared(
    id: str, can: Iterable[type[Any]] | Mapping[type[Any], str], cannot: Mapping[type[Any], str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What an adapter says that its models can and cannot do, by name: which of them, empty for all; and why not.

    Raises:
        PluginError: one of them is no capability, stands on both sides, or is absent without a reason.
    """
    able = {kind.__name__: can[kind] if isinstance(can, Mapping) else "" for kind in can}
    unable = {kind.__name__: why for kind, why in cannot.items()}
    for name in (*able, *unable):
        if name not in CAPABILITIES:
            raise PluginError(
                f"adapter '{id}': '{name}' is no capability", hint=f"they are {', '.join(CAPABILITIES)}, of auditkit"
            )
    if twice := able.keys() & unable.keys():
        raise PluginError(f"adapter '{id}' both can and cannot: {min(twice)}", hint="keep one of them")
    if silent := [name for name, why in unable.items() if not why]:
        raise PluginError(f"adapter '{id}' gives no reason why it is not {silent[0]}", hint="say it in a clause")
    return able, unable


def why_not(model: Any, capability: str) -> str | None:
    """Why this model lacks a capability that others of its adapter have, by its `cannot`; None: it does not say."""
    own = getattr(model, "cannot", None)
    return str(own[capability]) if isinstance(own, Mapping) and capability in own else None


def sound_vectors(answer: Any, *, rows: int, who: str) -> npt.NDArray[np.floating]:
    """[rows, d]: what `embed` answered, when it is that.

    Raises:
        ModelError: it is something else, or holds NaN or infinity.
    """
    vectors = np.asarray(answer)
    if vectors.ndim != 2 or len(vectors) != rows or vectors.dtype.kind != "f":  # noqa: PLR2004  [rows, d]
        raise ModelError(
            f"{who}: its model embedded {rows} rows as {vectors.dtype} of the shape {vectors.shape}",
            hint="embed(inputs) returns an array of floats, one vector a row",
        )
    if not np.isfinite(vectors).all():
        raise ModelError(f"{who}: its model's embeddings hold NaN or infinity", hint="look at the model's weights")
    return vectors
