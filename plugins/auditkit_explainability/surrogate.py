"""`explainability.surrogate`: a few rules that say what the model says, and how far they may be taken for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
)
from auditkit.perturbation import Question, Rows, decided, refuse_none
from auditkit.segments import PEOPLE, People, names_in, told_words
from auditkit.statistics import positive_ratio
from auditkit_explainability.cards.surrogate import SURROGATE
from auditkit_explainability.global_view import rules
from auditkit_explainability.global_view.local import scores_of
from auditkit_explainability.planted.surrogate import SURROGATE_CONTROLS

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FIDELITY, AGREEMENT, GAP = (card.name for card in SURROGATE)
SPEAKS, ROUGHLY = 0.9, 0.5
"""From which fidelity on, with the whole interval, rules say what the model says, or say it roughly."""
_DIGITS = 3
_DEEPEST = 6
_FEW = Text.of("withheld: fewer than ten people")


def accept_surrogate(**options: Any) -> None:
    """Refuse a tree that asks nothing, or more than a person reads.

    Raises:
        AuditError: it is so, or there are no rows or columns.
    """
    if not 1 <= options.get("depth", 1) <= _DEEPEST:
        raise AuditError(f"option 'depth' is {options['depth']}", hint=f"from 1 to {_DEEPEST}, e.g. depth = 3")
    refuse_none(options, "most_rows", "most_columns")


@check(
    "explainability.surrogate",
    on=(ClassScores, LabelScores, Values),
    metrics=SURROGATE,
    accepts=accept_surrogate,
    controls=SURROGATE_CONTROLS,
)
def surrogate(
    case: Case[Answers], *, depth: int = 3, most_rows: int = 20_000, most_columns: int = 30
) -> Iterator[Measurement | Table]:
    """A few rules that say what the model says, and how far to believe them.

    A tree of at most `depth` questions is taught what the model says of one half of the rows, and held against what it
    says of the other half. The model is asked nothing: recorded predictions will do, where the spec names the columns
    that they were made of. Of more than `most_rows` rows a random part is looked at, and the first `most_columns`
    columns. Thresholds lie where at least ten people are between each two, and leaves of fewer tell nothing.
    """
    names = names_in(case, most_columns)
    if len(case) > most_rows:
        kept = case.compute(rules.chosen, columns=names, most_rows=most_rows)
        case = case.narrowed(np.flatnonzero(kept).astype(np.int64))
    tree = Tree.of(case, names, depth)
    if not len(tree.words):
        raise NotApplicable("there are too few rows, or no column of numbers or categories, to grow a tree of")
    fidelity = tree.fidelity()
    yield fidelity
    if not isinstance(case.predictions, Values):
        question, rows = Question(AGREEMENT, GAP, tree.agrees, Rows.share), Rows.of(case)
        for one in (question.overall(rows), *question.by_group(case, rows)):
            yield one if one.metric == GAP else one.model_copy(update={"better": "higher"})
    yield tree.belief(fidelity)
    yield tree.table()


@dataclass(frozen=True)
class Tree:
    """What the tree says of a case's rows."""

    case: Case[Answers]
    judged: Flags
    """[n]: the rows that it has not seen."""
    leaf: npt.NDArray[np.int64]
    """[n]."""
    said: Floats
    """[n, k]: its scores."""
    words: Sequence[str]
    """What leads to each leaf."""

    @classmethod
    def of(cls, case: Case[Answers], names: Sequence[str], depth: int) -> Tree:
        """Grown on some columns."""
        about: dict[str, Any] = {"columns": list(names), "depth": depth}
        outputs = scores_of(case.predictions).shape[1]
        said = np.column_stack([case.compute(rules.said, place=place, **about) for place in range(outputs)])
        if not np.isfinite(said).any():
            return cls(case, np.zeros(len(case), bool), np.zeros(len(case), np.int64), said, ())
        leaf = np.asarray(case.compute(rules.leaf, **about))
        words = told_words(case, rules.rule, int(leaf.max()) + 1, **about)
        return cls(case, np.asarray(case.compute(rules.judged, **about)), leaf, said, words)

    @property
    def agrees(self) -> Floats:
        """[n]: 1 where the tree decides as the model does; NaN where it has seen the row."""
        both = (self._answers, self.case.predictions)
        own, other = (decided(self.case, one).reshape(len(self.case), -1) for one in both)
        return np.where(self.judged, (own == other).all(axis=1), np.nan)

    @property
    def _answers(self) -> ClassScores | LabelScores:
        model = self.case.predictions
        if isinstance(model, LabelScores):
            return LabelScores(model.labels, self.said)
        assert isinstance(model, ClassScores)  # noqa: S101  numbers decide nothing
        return ClassScores(model.classes, self.said, model.kind)

    def fidelity(self) -> Measurement:
        """How much of the model's score the tree says, of the rows that it has not seen."""
        rows = Rows.of(self.case)
        kept = self.judged if rows.weights is None else self.judged & (rows.weights > 0)
        about: dict[str, Any] = {"metric": FIDELITY, "n": int(kept.sum()), "better": "higher"}
        scores, weights = scores_of(self.case.predictions)[kept], None if rows.weights is None else rows.weights[kept]
        why = Text.of("the model says the same of every row that the tree has not seen, or there are too few of these")
        if not kept.any():
            return Measurement(value=None, undefined=why, **about)
        off = np.square(scores - self.said[kept]).sum(axis=1)
        around = np.square(scores - np.average(scores, axis=0, weights=weights)).sum(axis=1)
        units = None if rows.units is None else rows.units[kept]
        found = positive_ratio(np.round(off, 12), np.round(around, 12), level=rows.level, weights=weights, units=units)
        if found is None or (found.limits is None and found.value > 0):
            return Measurement(value=None, undefined=why, **about)
        value = 1 - found.value
        if found.limits is None:
            return Measurement(value=value, exact=True, **about)
        low, high = 1 - float(found.limits.high), 1 - float(found.limits.low)
        method = f"student on the log scale, ratio over {rows.over}"
        interval = Interval(low=min(low, value), high=max(high, value), level=rows.level, method=method)
        return Measurement(value=value, interval=interval, **about)

    def belief(self, fidelity: Measurement) -> Table:
        """How far the rules may be taken for the model, in words."""
        low = fidelity.interval.low if fidelity.interval else fidelity.value
        said = "not known: too few rows, or the model says the same of all"
        if low is not None:
            said = "roughly: believe no single rule" if low >= ROUGHLY else "no: do not take the rules for the model"
            said = "yes, for rows like these" if low >= SPEAKS else said
        lines: list[tuple[Any, ...]] = [
            (Text.of("may the rules be taken for the model?"), Text.of(said), None),
            (
                Text.of("how much of its score they say"),
                Quote(metric=FIDELITY),
                Quote(metric=FIDELITY, shows="interval"),
            ),
        ]
        if not isinstance(self.case.predictions, Values):
            quoted = (Quote(metric=AGREEMENT), Quote(metric=AGREEMENT, shows="interval"))
            lines.append((Text.of("how often they decide as it does"), *quoted))
            lines.append((Text.of("how often its commonest decision alone would"), self._commonest(), None))
        names = tuple(Text.of(name) for name in ("the tree", "on the half that it has not seen", "interval"))
        title = Text.of("How far a tree of a few questions speaks for the model")
        return Table(title=title, columns=names, rows=tuple(lines), prominent=True)

    def _commonest(self) -> float:
        """The share of the rows judged on that are decided as most are."""
        own = decided(self.case, self.case.predictions).reshape(len(self.case), -1)[self.judged]
        weights = People.of(self.case).weights[self.judged]
        _, places = np.unique(own, axis=0, return_inverse=True)
        totals = np.bincount(places.ravel(), weights=weights)
        return round(float(totals.max() / totals.sum()), _DIGITS) if totals.sum() > 0 else 0.0

    def table(self) -> Table:
        """A line a rule; of leaves of fewer than ten people, nothing but the rule."""
        people = People.of(self.case)
        agrees = None if isinstance(self.case.predictions, Values) else self.agrees
        lines = []
        for place, words in enumerate(self.words):
            inside = self.leaf == place
            enough = [people.count(inside & rows) >= PEOPLE for rows in (~self.judged, self.judged)]
            share = float((people.weights * inside).sum() / people.weights.sum())
            line: list[Any] = [words, round(share, _DIGITS), self._answer(place)] if enough[0] else [words, _FEW, _FEW]
            if agrees is not None:
                mass = people.weights * (inside & self.judged)
                alike = float((mass * np.nan_to_num(agrees)).sum() / mass.sum()) if mass.sum() > 0 else 0.0
                line.append(round(alike, _DIGITS) if all(enough) else _FEW)
            lines.append(tuple(line))
        names = ["where", "share of rows", "the tree says"] + ([] if agrees is None else ["decides as the model"])
        title = Text.of("The rules of the tree; how often it decides as the model, of rows that it has not seen")
        return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)

    def _answer(self, place: int) -> str | float:
        """The positive score, or the number; of more classes or labels, the decision."""
        row, model = int(np.flatnonzero(self.leaf == place)[0]), self.case.predictions
        if isinstance(model, Values):
            return float(f"{self.said[row, 0]:.{_DIGITS}g}")
        names = model.labels if isinstance(model, LabelScores) else model.classes
        found = decided(self.case, self._answers)[row]
        if isinstance(model, LabelScores):
            return ", ".join(name for name, holds in zip(names, found, strict=True) if holds) or "none"
        chosen = int(found)
        return f"{names[chosen]}, {self.said[row, chosen]:.{_DIGITS - 1}f}"
