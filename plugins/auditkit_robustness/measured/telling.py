"""Measurements and tables of what changes did to answers: each change, all together, and by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Quote, Table, Text
from auditkit.perturbation import DECIDING, Asked, Question, Rows, right
from auditkit.statistics import holm

Floats = npt.NDArray[np.floating]

FLIPS, SHIFT, ACCURACY, LOSS = (
    "perturbed_flip_rate", "perturbed_score_shift", "perturbed_accuracy", "perturbed_accuracy_loss"
)  # fmt: skip
MEANS = {
    "flips": ("mean_flip_rate", "flip_rate_difference"),
    "loss": ("mean_accuracy_loss", "accuracy_loss_difference"),
    "shift": ("mean_score_shift", "score_shift_difference"),
    "unsound": ("unsound_answer_rate", "unsound_answer_rate_difference"),
}
UNSOUND = MEANS["unsound"][0]
_DIGITS = 3


@dataclass(frozen=True)
class Told:
    """What there is to tell of some changes."""

    case: Case[Any]
    asked: Sequence[Asked]
    before: Floats
    """[n]: 1 where the decision before any change is right; NaN where nobody knows."""
    rows: Rows

    @classmethod
    def of(cls, case: Case[Any], asked: Sequence[Asked], before: Any = None) -> Told:
        """Told of a case.

        Args:
            case: the rows.
            asked: what was done to them, and what came of it.
            before: [n], what was right before; None: by the answers to the rows as they are.

        Raises:
            NotApplicable: no change touched any row.
        """
        if not any(one.touched.any() for one in asked):
            raise NotApplicable("nothing that could be changed is in any row")
        known = right(case, case.predictions, np.arange(len(case))) if before is None else before
        return cls(case, asked, known, Rows.of(case))

    @property
    def decides(self) -> bool:
        """Whether decisions follow from what the model says."""
        return isinstance(self.case.predictions, DECIDING)

    @property
    def knows(self) -> bool:
        """Whether it is known of any row what is right."""
        return bool(np.isfinite(self.before).any())

    @property
    def is_bounded(self) -> bool:
        """Whether a score cannot move by more than 1."""
        said = self.case.predictions
        return isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind != "score")

    def each(self) -> Iterator[Measurement]:
        """What each change did that touched any row."""
        for one in self.touching:
            about: dict[str, Any] = {"conditions": one.conditions}
            if self.decides:
                yield self.rows.share(one.flips).measurement(FLIPS, self.rows.level, **about)
            shift = self.rows.score(self._moves(one), is_bounded=self.is_bounded)
            yield shift.measurement(SHIFT, self.rows.level, **about)
            if not is_sound(one):
                yield self.rows.share(one.unsound).measurement(UNSOUND, self.rows.level, **about)
            if self.knows:
                after = self._of_known(one)
                share = self.rows.share(after).measurement(ACCURACY, self.rows.level, better="higher", **about)
                yield share
                lost = self.rows.paired_loss(self.before, after)
                yield lost.measurement(LOSS, self.rows.level, **about)

    def together(self) -> Iterator[Measurement]:
        """The mean over all changes, of all rows and by group."""
        for question in self.questions:
            yield question.overall(self.rows)
            yield from question.by_group(self.case, self.rows)
        answers = Question(
            *MEANS["unsound"], np.fmax.reduce([one.unsound for one in self.asked]), Rows.share, is_dealt=True
        )
        yield answers.overall(self.rows)
        if not all(map(is_sound, self.asked)):
            yield from answers.by_group(self.case, self.rows)

    @property
    def touching(self) -> list[Asked]:
        """The changes that touched any row."""
        return [one for one in self.asked if one.touched.any()]

    @property
    def questions(self) -> list[Question]:
        """What is asked of all changes together."""
        found = (
            [Question(*MEANS["flips"], _mean([one.flips for one in self.asked]), Rows.share, is_dealt=True)]
            if self.decides
            else []
        )
        if self.knows:
            lost = _mean([self.before - self._of_known(one) for one in self.asked])
            found.append(Question(*MEANS["loss"], lost, Rows.loss, is_dealt=True))

        def of_scores(rows: Rows, numbers: Floats) -> Any:
            return rows.score(numbers, is_bounded=self.is_bounded)

        return [
            *found,
            Question(*MEANS["shift"], _mean([self._moves(one) for one in self.asked]), of_scores, is_dealt=True),
        ]

    def _moves(self, one: Asked) -> Floats:
        """[n]: how far the score moved: as far as it can, where there is none any more."""
        return np.minimum(one.moved, 1.0) if self.is_bounded else one.moved

    def _of_known(self, one: Asked) -> Floats:
        """[n]: whether the decision after a change is right, of rows of which it was known before too."""
        return np.where(np.isfinite(self.before), one.right, np.nan)

    def table(self, title: str, columns: tuple[str, ...], *, prominent: bool = True) -> Table:
        """A line a change, with the paired test of its loss; p adjusted over all lines by Holm."""
        keys = tuple(dict.fromkeys(name for one in self.touching for name in one.conditions))
        names = [*columns, "rows"]
        names += ["decisions that change", "interval"] if self.decides else []
        names += ["score moves by"]
        tells = not all(map(is_sound, self.touching))
        names += ["no sound answer"] if tells else []
        names += ["accuracy then", "accuracy lost", "interval of the loss", "p, adjusted"] if self.knows else []
        p_values = self._adjusted() if self.knows else []
        rows = []
        for place, one in enumerate(self.touching):
            line: list[Any] = [one.conditions.get(key, "") for key in keys]
            line += [Quote(metric=SHIFT, conditions=one.conditions, shows="n")]
            if self.decides:
                line += _value_and_interval(FLIPS, one.conditions)
            line += [Quote(metric=SHIFT, conditions=one.conditions)]
            if tells:
                line += [Text.of("none") if is_sound(one) else Quote(metric=UNSOUND, conditions=one.conditions)]
            if self.knows:
                line += [Quote(metric=ACCURACY, conditions=one.conditions)]
                line += [*_value_and_interval(LOSS, one.conditions), p_values[place]]
            rows.append(tuple(line))
        return Table(title=Text.of(title), columns=tuple(map(Text.of, names)), rows=tuple(rows), prominent=prominent)

    def worst_first(self) -> Told:
        """The same, with what changes most in the front: a long table is not shown to its end on paper."""
        most = [np.nanmean(one.flips if self.decides else one.moved) if one.touched.any() else -1 for one in self.asked]
        order = np.argsort(-np.array(most), kind="stable")
        return replace(self, asked=[self.asked[place] for place in order])

    def _adjusted(self) -> list[Any]:
        found = [self.rows.p_value(self.before, self._of_known(one)) for one in self.touching]
        if any(p is None for p in found):
            # Of rows that share a person, or weigh differently, no exact test is known.
            return [Text.of("none")] * len(found)
        return [float(f"{p:.{_DIGITS}g}") for p in holm(np.array(found, dtype=float)).tolist()]


def is_sound(one: Asked) -> bool:
    """Whether the answer to every changed row is one."""
    return not (one.unsound == 1).any()


def _value_and_interval(metric: str, conditions: dict[str, str]) -> list[Quote]:
    return [
        Quote(metric=metric, conditions=conditions),
        Quote(metric=metric, conditions=conditions, shows="interval"),
    ]


def _mean(columns: Sequence[Floats]) -> Floats:
    """[n]: the mean over the columns in which a row has a number; NaN where none has."""
    table = np.column_stack(columns)
    known = ~np.isnan(table)
    count = known.sum(axis=1)
    total = np.where(known, table, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(table), np.nan), where=count > 0))
