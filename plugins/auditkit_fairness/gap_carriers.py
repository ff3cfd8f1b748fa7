"""`fairness.inputs`: by which input a gap between groups gets into the answers: the note, the film, or a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, Measurement, NotApplicable, Quote, Table, Text, Values, check
from auditkit.perturbation import Rows, column_of, marks, names_of, refuse_none, sampled, with_column
from auditkit.segments import Grouping
from auditkit.statistics import Limits, combined, family_level
from auditkit_fairness.cards.carriers import ALARMED, CARDS, FOUND, PREDICTED, SELECTED
from auditkit_fairness.comparing import Compared
from auditkit_fairness.groupings import groupings
from auditkit_fairness.planted_carriers import CONTROLS

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

_TWO = 2
_FEWEST_INPUTS = 2
_HEADS = {
    SELECTED: "selection rates",
    FOUND: "true positive rates",
    ALARMED: "false positive rates",
    PREDICTED: "predicted numbers",
}


def accept_counts(**options: Any) -> None:
    """Refuse no rows, no shuffles and no columns.

    Raises:
        AuditError: there is one.
    """
    refuse_none(options, "most_rows", "shuffles", "most_columns")


def asks_dealt(*, rows: int, most_rows: int, shuffles: int, most_columns: int, **_: Any) -> int:
    """Predictions beside those of the rows, of a model with as many inputs as are looked at."""
    return min(rows, most_rows) * shuffles * most_columns


@check(
    "fairness.inputs",
    on=(ClassScores, Values),
    needs=("groups",),
    metrics=CARDS,
    accepts=accept_counts,
    controls=CONTROLS,
    asks=asks_dealt,
)
def inputs(
    case: Case[ClassScores | Values], *, most_rows: int = 500, shuffles: int = 3, most_columns: int = 12
) -> Iterator[Measurement | Table]:
    """By which input a gap between groups gets into the answers.

    Each input is given to each row from another row, dealt at random, `shuffles` times over, and the model is asked
    again: the note of somebody else with one's own film and numbers. What is then left of the gap between the two
    groups that lie furthest apart comes by the other inputs; what is gone came by this one. Of a model of notes, films
    and numbers together it says which of them carries the gap; of a table which column. At most `most_rows` rows drawn
    at random and the first `most_columns` inputs are looked at. Of a model of two classes decisions are compared, for
    the positive one; of one that predicts a number the numbers.
    """
    case = sampled(case, most_rows)
    # By the spec where it names them: a replay has no inputs to look at.
    names = [*(case.settings.given or names_of(case.inputs))][:most_columns]
    if len(names) < _FEWEST_INPUTS:
        raise NotApplicable("the model has one input alone, by which everything comes")
    if isinstance(case.predictions, ClassScores) and len(case.predictions.classes) > _TWO:
        raise NotApplicable("of three classes or more there is no one gap", hint="it is for two classes, or numbers")
    gone = {name: np.asarray(case.compute(dealt, column=name, shuffles=shuffles)) for name in names}
    questions = tuple(_questions(case))
    for grouping in groupings(case.groups, depth=1):
        found = [_measured(case, grouping, question, gone) for question in questions]
        for one in found:
            yield from one
        yield _table(grouping, questions, found)


@dataclass(frozen=True)
class _Question:
    """A gap: of the mean of a number a row, over some of the rows."""

    metric: str
    answers: Floats
    """[n]: as they are."""
    among: Flags
    """[n]"""


def answered(case: Case[Any], said: ClassScores | Values) -> Floats:
    """[n]: 1 where the positive class is decided for; of numbers the number, in standard deviations of the case's."""
    if isinstance(said, Values):
        own = np.asarray(case.predictions.values, dtype=float)
        return np.asarray(said.values, dtype=float) / (float(np.std(own)) or 1.0)
    positive = case.settings.positive[0] if len(case.settings.positive) == 1 else None
    place = said.classes.index(case.positives[-1])
    return np.asarray(said.decide(positive, case.settings.threshold) == place, dtype=float)


def dealt(case: Case[Any], *, column: str, shuffles: int) -> Floats:
    """[n]: each row's answer less its mean answer with the input of other rows; NaN where no answer is one."""
    own = answered(case, case.predictions)
    order = np.argsort(np.array(marks(case.inputs)), kind="stable")
    cells = column_of(case.inputs, column)
    total, count = np.zeros(len(own)), np.zeros(len(own))
    for shuffle in range(shuffles):
        places = np.empty(len(own), dtype=np.int64)
        # By what the rows hold, so that the same rows in another order are dealt the same.
        places[order] = order[case.rng(f"{column}, shuffle {shuffle}").permutation(len(own))]
        changed = with_column(case.inputs, column, [cells[place] for place in places])
        found = case.predict_sound(changed, {"dealt": column, "shuffle": str(shuffle)})
        total[found.rows] += own[found.rows] - answered(case, found.predictions)
        count[found.rows] += 1
    return np.asarray(np.divide(total, count, out=np.full(len(own), np.nan), where=count > 0))


def _questions(case: Case[Any]) -> Iterator[_Question]:
    answers, everybody = answered(case, case.predictions), np.ones(len(case), dtype=bool)
    if isinstance(case.predictions, Values):
        yield _Question(PREDICTED, answers, everybody)
        return
    yield _Question(SELECTED, answers, everybody)
    if case.has_targets:
        codes = case.targets.codes
        wanted = codes == case.predictions.classes.index(case.positives[-1])
        yield _Question(FOUND, answers, wanted)
        yield _Question(ALARMED, answers, ~wanted & (codes >= 0))


def _measured(
    case: Case[Any], grouping: Grouping, question: _Question, gone: dict[str, Floats]
) -> tuple[Measurement, ...]:
    """Of each input, between the two groups that lie furthest apart as things are."""
    rows = Rows.of(case)
    members = [question.among & (grouping.codes == place) for place in range(len(grouping.members))]
    means = [rows.score(np.where(inside, question.answers, np.nan), is_bounded=False) for inside in members]
    sizes = np.array([one.n for one in means])
    people = None if case.units is None else np.array([one.people or 0 for one in means])
    label = None if isinstance(case.predictions, Values) else case.label_for(case.positives[-1])
    compared = Compared(grouping, label, sizes, case.min_group_size, people)
    large = np.flatnonzero(compared.takes_part)
    about = compared.about(question.metric, "lower")
    if compared.too_few is not None:
        return tuple(
            Measurement(value=None, undefined=compared.too_few, conditions={"column": name}, **about) for name in gone
        )
    values = np.array([one.value for one in means], dtype=float)
    high, low = large[np.argmax(values[large])], large[np.argmin(values[large])]
    level = family_level(case.level, len(gone) * (len(large) * (len(large) - 1) // 2))
    return tuple(
        _carried(rows.at(level), moved, (members[high], members[low]), case.level,
                 bounded=question.metric != PREDICTED, about=about | {"conditions": {"column": name}})
        for name, moved in gone.items()
    )  # fmt: skip


def _carried(
    rows: Rows, moved: Floats, ends: tuple[Flags, Flags], level: float, *, bounded: bool, about: dict[str, Any]
) -> Measurement:
    """How much higher the higher group's answers are for its own input, less how much the lower group's are."""
    of_ends = [rows.change(np.where(inside, moved, np.nan), is_bounded=bounded) for inside in ends]
    if any(one.value is None for one in of_ends):
        why = Text.of("of fewer than ten rows of either group the answers to another row's input are known")
        return Measurement(value=None, undefined=why, **about)
    value = float((of_ends[0].value or 0.0) - (of_ends[1].value or 0.0))
    if all(one.limits is None for one in of_ends):
        return Measurement(value=value, exact=True, **about)
    sides = [one.limits or Limits(one.value, one.value) for one in of_ends]
    limits = Limits(*(np.array([float(getattr(one, end)) for one in sides]) for end in ("low", "high")))
    low, high = combined(np.array([one.value for one in of_ends]), limits, [1.0, -1.0])
    method = f"{of_ends[0].method}, of either group combined, all inputs"
    interval = Interval(
        low=min(float(low), value), high=max(float(high), value), level=level, method=method, simultaneous=True
    )
    return Measurement(value=value, interval=interval, **about)


def _table(grouping: Grouping, questions: Sequence[_Question], found: Sequence[tuple[Measurement, ...]]) -> Table:
    """An input a row; of each gap what it carries, with its interval."""
    heads = [Text.of(word) for one in questions for word in (_HEADS[one.metric], "interval")]
    return Table(
        title=Text.of("How much of the gap between groups each input carries, by {attribute}", attribute=grouping.name),
        columns=(Text.of("input"), *heads),
        rows=tuple(
            (ones[0].conditions["column"], *(cell for one in ones for cell in _cells(one)))
            for ones in zip(*found, strict=True)
        ),
        attributes=grouping.attributes,
        prominent=True,
    )


def _cells(one: Measurement) -> tuple[Quote | Text, ...]:
    return Quote.of(one), Text.of("does not apply") if one.interval is None else Quote.of(one, "interval")
