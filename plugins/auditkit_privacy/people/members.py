"""Who was in the training and who was not: the two sides of every attack, and the rows that belong to neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Table, Text, Texts
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.twins import NEAR, PERSON, SAME, UNSEEN, are_canaries, twins_of_members, twins_of_others

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Members:
    """The rows that take part in an attack, and how many do not, and why."""

    members: Case[Any]
    """The training rows that take part."""
    others: Case[Any]
    """The audit rows that take part: rows, and people, that the model was not trained on."""
    left_out: Mapping[str, tuple[int, int]]
    """Reason -> rows of the training and of the audit."""
    twins_seen: bool
    """Whether anybody could look for twins."""

    @classmethod
    def of(cls, case: Case[Any]) -> Self:
        """Both sides of a case, without the rows that stand on both.

        A row that is on both sides, or nearly, is taken from both, and so are people who have rows on both: taken from
        one side alone, they would leave it with another kind of rows than the other.

        Raises:
            NotApplicable: there are no training rows.
        """
        inside, outside = case.training, case
        known = _known(inside), _known(outside)
        twins = inside.compute(twins_of_members), outside.compute(twins_of_others)
        left: dict[str, tuple[int, int]] = {}
        stays = [np.ones(len(inside), dtype=bool), np.ones(len(outside), dtype=bool)]
        for reason, flags in (
            *_canaries(inside, outside),
            (NO_TRUTH, [~known[0], ~known[1]]),
            (SAME_ROW, [twins[0] == SAME, twins[1] == SAME]),
            (NEAR_ROW, [twins[0] == NEAR, twins[1] == NEAR]),
            (SAME_PERSON, [twins[0] == PERSON, twins[1] == PERSON]),
        ):
            counts = [int(np.count_nonzero(stay & flag)) for stay, flag in zip(stays, flags, strict=True)]
            left[reason] = counts[0], counts[1]
            stays = [stay & ~flag for stay, flag in zip(stays, flags, strict=True)]
        seen = not (np.any(twins[0] == UNSEEN) or np.any(twins[1] == UNSEEN))
        return cls(_narrowed(inside, stays[0]), _narrowed(outside, stays[1]), left, seen)

    def on_both_sides(self) -> Self:
        """The same.

        Raises:
            NotApplicable: nobody is left on one of the sides; it says what most rows of that side were left out for.
        """
        for side, case, said in ((0, self.members, _NO_MEMBER), (1, self.others, _NO_OTHER)):
            if not len(case):
                counts = {reason: both[side] for reason, both in self.left_out.items()}
                most = max(counts, key=lambda reason: counts[reason])
                about: dict[str, Text | float] = {
                    "count": counts[most],
                    "rows": sum(counts.values()),
                    "reason": in_words(most),
                }
                raise NotApplicable(said, hint="audit people whom the model was not trained on", **about)
        return self

    def units(self) -> Sides | None:
        """Whose row each is, numbered alike on both sides, -1 for a row of nobody known; None: rows stand alone."""
        one, two = self.members.units, self.others.units
        if one is None or two is None:
            return None
        return Sides(one.codes, np.where(two.codes < 0, -1, two.codes + len(one.vocabulary)))

    def table(self) -> Table:
        """How many rows take part, and how many do not."""
        rows: list[tuple[Text, int, int]] = [
            (Text.of("take part"), len(self.members), len(self.others)),
            *((Text.of("left out: {reason}", reason=in_words(why)), *counts) for why, counts in self.left_out.items()),
        ]
        columns = (Text.of("rows"), Text.of("of the training"), Text.of("of the audit"))
        return Table(title=Text.of("Who is a member, and who is not"), columns=columns, rows=tuple(rows))


CANARY = "the row is a canary, and nobody"
NO_TRUTH = "nobody knows what is true of the row"
SAME_ROW = "the same row is on both sides"
NEAR_ROW = "nearly the same row is on both sides"
SAME_PERSON = "the person has rows on both sides"
_SAID = {
    CANARY: Text.of("the row is a canary, and nobody"),
    NO_TRUTH: Text.of("nobody knows what is true of the row"),
    SAME_ROW: Text.of("the same row is on both sides"),
    NEAR_ROW: Text.of("nearly the same row is on both sides"),
    SAME_PERSON: Text.of("the person has rows on both sides"),
}
_NO_MEMBER = "no member is left to tell from others: of {count} of {rows} training rows, {reason}"
_NO_OTHER = "nobody is left whom the model was not trained on: of {count} of {rows} audit rows, {reason}"


def in_words(reason: str) -> Text:
    """Why rows are left out, as a report says it."""
    return _SAID.get(reason) or Text.of(reason)


def _known(case: Case[Any]) -> npt.NDArray[np.bool_]:
    predictions = case.predictions
    if hasattr(predictions, "classes"):
        return case.targets.codes >= 0
    if hasattr(predictions, "labels"):
        return np.ones(len(case.label_targets), dtype=bool)
    if isinstance(predictions, Texts) and not case.has_truth:
        return np.ones(len(case), dtype=bool)  # what was written is judged by the row's own text
    return case.truth_known


def _canaries(inside: Case[Any], outside: Case[Any]) -> Iterator[tuple[str, list[npt.NDArray[np.bool_]]]]:
    """Canaries are made to be known by heart, and unlike the others: they would stand for no member."""
    if "canaries" in inside.keys:
        yield CANARY, [inside.compute(are_canaries), np.zeros(len(outside), dtype=bool)]


def _narrowed(case: Case[Any], stays: npt.NDArray[np.bool_]) -> Case[Any]:
    return case if stays.all() else case.narrowed(np.flatnonzero(stays).astype(np.int64))
