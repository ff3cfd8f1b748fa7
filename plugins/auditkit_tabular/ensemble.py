"""Several models of one kind, asked together: their mean, and for values how far they are apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditkit import ClassScores, LabelScores, ModelError, Predictions, Text, Values
from auditkit.checkpoints import mixture


@dataclass(frozen=True)
class Ensemble:
    """Members that take the same rows and answer in the same type."""

    members: tuple[Any, ...]

    @property
    def notes(self) -> tuple[Text, ...]:
        """How many there are, and what each has to tell, once."""
        message = "an ensemble of {count} models: the mean of what they say"
        counted = Text.of(message, count=len(self.members))
        return (counted, *_once(note for one in self.members for note in one.notes))

    @property
    def trusted(self) -> tuple[Text, ...]:
        """What ran on trust, once."""
        return _once(text for one in self.members for text in one.trusted)

    @property
    def batch_size(self) -> int:
        """As each of them wants it."""
        return int(self.members[0].batch_size)

    @property
    def device(self) -> str:
        """Where they run."""
        return str(self.members[0].device)

    @property
    def cannot(self) -> dict[str, str]:
        """Why it has not what other models of tables have."""
        return {
            "Differentiable": "an ensemble answers with a mean of its members, which are audited for it one by one",
            "Trainable": "nothing says which rows each member of an ensemble was trained on",
        }

    @property
    def computing(self) -> Any:
        """How they compute, for the result; None: torch runs none of them."""
        return getattr(self.members[0], "computing", None)

    def in_float32(self) -> Ensemble:
        """The same members, computing in float32."""
        return replace(self, members=tuple(one.in_float32() for one in self.members))

    def predict(self, inputs: Any) -> Predictions:
        """The mean of the members' scores; of values the mean and the spread of their mixture.

        The spread is sqrt(mean(spread^2 + value^2) - mean(value)^2) over the members, with spread 0 where they give
        none: the standard deviation of a mixture with equal weights (Lakshminarayanan, Pritzel and Blundell 2017,
        section 2.4).

        Raises:
            ModelError: they answer in different types.
        """
        answers = [member.predict(inputs) for member in self.members]
        first = answers[0]
        refuse_other_names(answers)
        if isinstance(first, ClassScores) and all(one.kind == first.kind for one in answers):
            return ClassScores(first.classes, np.mean([one.scores for one in answers], axis=0), first.kind)
        if isinstance(first, LabelScores):
            return LabelScores(first.labels, np.mean([one.scores for one in answers], axis=0))
        if isinstance(first, Values) and all(one.quantiles is None for one in answers):
            return mixture(answers)
        raise ModelError("members of the ensemble answer in ways that have no mean", hint="audit them one by one")


def _once(texts: Iterable[Text]) -> tuple[Text, ...]:
    return tuple({str(text): text for text in texts}.values())


def refuse_other_names(answers: Sequence[Predictions]) -> None:
    """Refuse members that know other classes, or in another order: the mean would be of different things.

    Raises:
        ModelError: with the two lists.
    """
    lists = [getattr(one, "classes", None) or getattr(one, "labels", None) for one in answers]
    other = next((names for names in lists if names != lists[0]), None)
    if other is not None:
        raise ModelError(
            f"members of the ensemble differ in their classes: {_listed(lists[0])}; and {_listed(other)}",
            hint="fit all of them on rows with the same classes, or audit them one by one",
        )


def _listed(names: Sequence[str] | None) -> str:
    return ", ".join(f"'{name}'" for name in (names or ())[:8]) or "none"
