"""What an edit of who somebody is does to the answers, beside what a neutral edit of the same rows does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Quote, Table, Text
from auditkit.perturbation import DECIDING, Asked, Changer, Found, Question, Rows, ask_about

Floats = npt.NDArray[np.floating]

ARM, PROTECTED, NEUTRAL = "arm", "protected", "neutral"
EFFECT, FLIPS = "protected_intervention_effect", "protected_flip_rate"
CONTROL = "neutral_edit_effect"
EXCESS, EXCESS_FLIPS = "protected_excess_effect", "protected_excess_flip_rate"
HOLDING = "protected_mention_rate"


def apart(metric: str) -> str:
    """The name of its difference between groups."""
    return f"{metric}_difference"


@dataclass(frozen=True)
class Pair:
    """One edit and its control, of the rows to which both could be done."""

    conditions: dict[str, str]
    effect: Floats
    """[n]: how far the edit moved the score, infinite where there is none any more; NaN elsewhere."""
    control: Floats
    flips: Floats
    control_flips: Floats

    @classmethod
    def of(cls, protected: Asked, neutral: Asked) -> Pair:
        """The two arms of one edit."""
        both = protected.touched & neutral.touched
        arms = (protected.moved, neutral.moved, protected.flips, neutral.flips)
        conditions = {key: value for key, value in protected.conditions.items() if key != ARM}
        return cls(conditions, *(np.where(both, one, np.nan) for one in arms))

    @property
    def rows(self) -> int:
        """How many rows it was done to."""
        return int(np.count_nonzero(~np.isnan(self.effect)))


def ask_in_pairs(case: Case[Any], way: type[Changer], edits: Sequence[Mapping[str, str]], **how: Any) -> list[Pair]:
    """Each edit and its control, asked of the model.

    Args:
        case: the rows.
        way: makes the changed rows; its conditions are those of an edit, with `arm`.
        edits: the conditions of each edit.
        **how: further arguments of `way`, as JSON has them.
    """
    asked = ask_about(case, way, [{**edit, ARM: arm} for edit in edits for arm in (PROTECTED, NEUTRAL)], **how)
    return [Pair.of(one, other) for one, other in zip(asked[::2], asked[1::2], strict=True)]


@dataclass(frozen=True)
class Told:
    """What there is to tell of some edits and their controls."""

    case: Case[Any]
    pairs: Sequence[Pair]
    rows: Rows

    @classmethod
    def of(cls, case: Case[Any], pairs: Sequence[Pair], nothing: str) -> Told:
        """Told of a case.

        Raises:
            NotApplicable: no edit could be done to any row; `nothing` says so.
        """
        kept = [one for one in pairs if one.rows]
        if not kept:
            raise NotApplicable(nothing)
        return cls(case, kept, Rows.of(case))

    @property
    def decides(self) -> bool:
        """Whether decisions follow from what the model says."""
        return isinstance(self.case.predictions, DECIDING)

    @property
    def is_bounded(self) -> bool:
        """Whether a score cannot move by more than 1."""
        said = self.case.predictions
        return isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind != "score")

    def measurements(self, key: str) -> Iterator[Measurement]:
        """All edits together, of all rows and by group; those of each value of `key`; and each."""
        for question in self._questions(self.pairs):
            yield question.overall(self.rows)
            yield from question.by_group(self.case, self.rows)
        names = tuple(dict.fromkeys(pair.conditions[key] for pair in self.pairs))
        for name in names:
            mine = [pair for pair in self.pairs if pair.conditions[key] == name]
            if any(len(pair.conditions) > 1 for pair in mine):
                yield from self._about(mine, {key: name})
        for pair in self.pairs:
            yield from self._about([pair], pair.conditions)

    def _about(self, pairs: Sequence[Pair], conditions: dict[str, str]) -> Iterator[Measurement]:
        for question in self._questions(pairs):
            found = question.mean(self.rows, question.numbers)
            yield found.measurement(question.metric, self.rows.level, conditions=conditions)
        control = self.rows.score(_mean([self._as_far(pair.control) for pair in pairs]), is_bounded=self.is_bounded)
        yield control.measurement(CONTROL, self.rows.level, conditions=conditions)

    def _as_far(self, moved: Floats) -> Floats:
        """[n]: how far the score moved: as far as it can, where there is none any more."""
        return np.minimum(moved, 1.0) if self.is_bounded else moved

    def _beyond(self, pair: Pair) -> Floats:
        """[n]: how much further the edit moved the score than its control; infinite where either left none."""
        effect, control = self._as_far(pair.effect), self._as_far(pair.control)
        none = np.isinf(effect) | np.isinf(control)
        return np.where(none, np.inf, np.where(none, 0.0, effect) - np.where(none, 0.0, control))

    def _questions(self, pairs: Sequence[Pair]) -> list[Question]:
        def score(rows: Rows, numbers: Floats) -> Found:
            return rows.score(numbers, is_bounded=self.is_bounded)

        def signed(rows: Rows, numbers: Floats) -> Found:
            return rows.change(numbers, is_bounded=self.is_bounded)

        def signed_share(rows: Rows, numbers: Floats) -> Found:
            return rows.change(numbers, is_bounded=True)

        effect, beyond = (
            _mean([self._as_far(pair.effect) for pair in pairs]),
            _mean([self._beyond(pair) for pair in pairs]),
        )
        found = [
            Question(EFFECT, apart(EFFECT), effect, score, is_dealt=True),
            Question(EXCESS, apart(EXCESS), beyond, signed, is_dealt=True),
        ]
        if self.decides:
            flips = _mean([pair.flips for pair in pairs])
            more = _mean([pair.flips - pair.control_flips for pair in pairs])
            found += [
                Question(FLIPS, apart(FLIPS), flips, Rows.share, is_dealt=True),
                Question(EXCESS_FLIPS, apart(EXCESS_FLIPS), more, signed_share, is_dealt=True),
            ]
        return found

    def table(self, title: str, columns: tuple[str, ...]) -> Table:
        """A line an edit."""
        names = [*columns, "rows", "score moves by", "neutral edits move it by", "difference", "its interval"]
        names += ["decisions that change", "more than by neutral edits"] if self.decides else []
        keys = tuple(dict.fromkeys(key for pair in self.pairs for key in pair.conditions))
        lines = []
        for pair in self.pairs:
            about: dict[str, Any] = {"conditions": pair.conditions}
            line: list[Any] = [pair.conditions[key] for key in keys]
            line += [Quote(metric=EFFECT, shows="n", **about), Quote(metric=EFFECT, **about)]
            line += [Quote(metric=CONTROL, **about), Quote(metric=EXCESS, **about)]
            line += [Quote(metric=EXCESS, shows="interval", **about)]
            line += [Quote(metric=FLIPS, **about), Quote(metric=EXCESS_FLIPS, **about)] if self.decides else []
            lines.append(tuple(line))
        return Table(title=Text.of(title), columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)


def _mean(columns: Sequence[Floats]) -> Floats:
    """[n]: the mean over the columns in which a row has a number; NaN where none has."""
    table = np.column_stack(columns)
    known = ~np.isnan(table)
    count = known.sum(axis=1)
    total = np.where(known, table, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(table), np.nan), where=count > 0))
