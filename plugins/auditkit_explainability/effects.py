"""`explainability.effects`: how the score goes with each column of a table, and what the column is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    Chart,
    ClassScores,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Text,
    Values,
    check,
)
from auditkit.perturbation import Found, Question, Rows, refuse_none, sampled
from auditkit.segments import People, names_in, told_words
from auditkit_explainability.cards.effects import EFFECTS
from auditkit_explainability.explained import left_out
from auditkit_explainability.global_view import local, shuffled, telling
from auditkit_explainability.global_view.curves import Curve, accumulated, pairwise
from auditkit_explainability.planted.effects import EFFECT_CONTROLS

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Drawing = Callable[[Flags], Curve | None]
"""The curve of some rows."""

_MOST_CLASSES = 5


def accept_effects(**options: Any) -> None:
    """Refuse no rows, columns, bins or shuffles.

    Raises:
        AuditError: there are none.
    """
    refuse_none(options, "most_rows", "most_columns", "bins", "shuffles")


def asks_along_columns(*, rows: int, most_rows: int, most_columns: int, shuffles: int, **_: Any) -> int:
    """Predictions beside those of the rows: 2 more for each attribute of groups, of which one is counted."""
    return min(rows, most_rows) * most_columns * (4 + shuffles)


@check(
    "explainability.effects",
    on=(ClassScores, LabelScores, Values),
    metrics=EFFECTS,
    accepts=accept_effects,
    controls=EFFECT_CONTROLS,
    asks=asks_along_columns,
)
def effects(
    case: Case[Answers], *, most_rows: int = 300, most_columns: int = 15, bins: int = 8, shuffles: int = 3
) -> Iterator[Measurement | Table | Chart]:
    """What each column does to the score.

    The model is asked again about the same rows with one column moved: a number from one edge of the bin that it lies
    in to the other, whose differences add up to a curve (accumulated local effects); a category to each other one. And
    with each cell drawn from the column anew, to see what the column is worth. That is at most 2 predictions a row and
    column of numbers, and 2 more for each attribute of groups; one for each category of a column; and `shuffles` (3)
    for its worth; of at most `most_rows` rows drawn at random and the first `most_columns` columns. No edge, category
    or curve is told that fewer than ten people make.
    """
    case = sampled(case, most_rows)
    names = names_in(case, most_columns)
    if not len(case):
        raise NotApplicable("there are no rows")
    people, spread = People.of(case), local.spread_of(case)
    found = [one for name in names for one in _of_column(case, name, people, spread, bins)]
    costs = {name: case.compute(shuffled.lost, column=name, shuffles=shuffles) for name in names}
    costs = {name: lost for name, lost in costs.items() if np.isfinite(lost).any()}
    if not found and not costs:
        raise NotApplicable("the table holds no column of numbers or categories that ten people share")
    rows = Rows.of(case)
    ranges = [list(telling.about(_asked(case, one, rows), one.about)) for one in found]
    worth = _worth(case, costs)
    for measured in (*ranges, *worth.values()):
        yield from measured
    places = telling.places(costs, people, case.rng("resamples"), case.level)
    # The first rows of a long table are the ones that are printed: those that matter the most.
    order = sorted(range(len(found)), key=lambda place: -found[place].width)
    widest = [found[place] for place in order]
    dearest = sorted(costs, key=lambda name: places[name][0])
    yield telling.columns_table(widest, {name: places[name] for name in dearest})
    yield from _by_group([(found[place], ranges[place]) for place in order], [(name, worth[name]) for name in dearest])
    if found:
        yield telling.points_table(widest, case.level)
        yield from telling.charts(widest, case.level)
    yield from left_out({name: _unanswered(case, name, bins) for name in names})


def _unanswered(case: Case[Answers], name: str, bins: int) -> npt.NDArray[np.bool_]:
    """[n]: whether a row has no part in a column's curve because an answer about it is none."""
    kind = local.KINDS[int(case.compute(local.kind_of, column=name)[0])]
    if kind == "numbers":
        about: dict[str, Any] = {"column": name, "attribute": "", "bins": bins}
        step = case.compute(local.difference, place=0, **about)
        return np.asarray(np.isfinite(case.compute(local.lower, **about)) & np.isnan(step))
    count = int(case.compute(local.level_count, column=name)[0]) if kind == "categories" else 0
    flags = [np.isnan(case.compute(local.level_score, column=name, place=place, of=0)) for place in range(count)]
    return np.any(flags, axis=0) if flags else np.zeros(len(case), dtype=bool)


def _of_column(case: Case[Answers], name: str, people: People, spread: float, bins: int) -> Iterator[telling.Effect]:
    kind = local.KINDS[int(case.compute(local.kind_of, column=name)[0])]
    if kind == "other":
        return
    levels: tuple[str, ...] = ()
    if kind == "categories":
        count = int(case.compute(local.level_count, column=name)[0])
        levels = tuple(told_words(case, local.level_name, count, column=name))
    for place, label in targets(case):
        drawn: dict[str, Drawing] = {}
        for attribute in ("", *(case.groups if case.has_groups else ())):
            if kind == "numbers":
                drawn[attribute] = _of_numbers(case, name, attribute, bins, place, people, spread)
            else:
                drawn[attribute] = drawn.get("") or _of_levels(case, name, len(levels), place, people, spread)
        yield _effect(case, name, label, levels, drawn)


def _of_numbers(
    case: Case[Answers], name: str, attribute: str, bins: int, place: int, people: People, spread: float
) -> Drawing:
    about: dict[str, Any] = {"column": name, "attribute": attribute, "bins": bins}
    ends = [np.asarray(case.compute(end, **about)) for end in (local.lower, local.upper)]
    steps = np.asarray(case.compute(local.difference, place=place, **about)) / spread
    return lambda rows: accumulated(ends[0], ends[1], steps, people, rows)


def _of_levels(case: Case[Answers], name: str, count: int, place: int, people: People, spread: float) -> Drawing:
    asked = [case.compute(local.level_score, column=name, place=level, of=place) for level in range(count)]
    scores = np.stack(asked) / spread if asked else np.zeros((0, len(case)))
    return lambda rows: pairwise(scores, people, rows)


def targets(case: Case[Answers]) -> list[tuple[int, str | None]]:
    """The place of each score that is looked at, with the class or label that it is of."""
    said = case.predictions
    if isinstance(said, Values):
        return [(0, None)]
    names = said.labels if isinstance(said, LabelScores) else said.classes
    chosen = [name for name in case.positives if name in names][:_MOST_CLASSES]
    return [(names.index(name), case.label_for(name) if isinstance(said, ClassScores) else name) for name in chosen]


def _effect(
    case: Case[Answers], name: str, label: str | None, levels: tuple[str, ...], drawn: dict[str, Drawing]
) -> telling.Effect:
    of_groups: dict[str, dict[str, Curve]] = {}
    for attribute, codes in case.groups.items() if case.has_groups else ():
        made = {one: drawn[attribute](codes.codes == place) for place, one in enumerate(codes.vocabulary)}
        large = {one: curve for one, curve in made.items() if curve and telling.is_told(curve, case.min_group_size)}
        of_groups[attribute] = large
    return telling.Effect(name, label, drawn[""](np.ones(len(case), dtype=bool)), levels, of_groups, drawn)


def _asked(case: Case[Answers], effect: telling.Effect, rows: Rows) -> Iterator[Measurement]:
    """The range of all rows, and that of each group, whose rows have bins of their own."""
    everyone = np.arange(len(case), dtype=float)
    yield Question(telling.RANGE, telling.RANGE_GAP, everyone, _span(effect.drawn[""])).overall(rows)
    for attribute in case.groups if case.has_groups else ():
        question = Question(telling.RANGE, telling.RANGE_GAP, everyone, _span(effect.drawn[attribute]))
        yield from (one for one in question.by_group(case, rows) if attribute in one.group)


def _span(drawing: Drawing) -> Callable[[Rows, Floats], Found]:
    def of(rows: Rows, numbers: Floats) -> Found:
        curve = drawing(np.isfinite(numbers))
        return Found(None, 0, None, "", None if rows.units is None else 0) if curve is None else curve.span(rows.level)

    return of


def _by_group(
    ranges: list[tuple[telling.Effect, list[Measurement]]], worth: list[tuple[str, list[Measurement]]]
) -> Iterator[Table]:
    of_scores = [((one.column, one.label or Text.of("the score")), measured) for one, measured in ranges]
    of_columns = [((name,), measured) for name, measured in worth]
    tables = (
        telling.groups_table("How far the score of each group goes with a column", ("column", "class"), of_scores),
        telling.groups_table("What a column is worth for each group", ("column",), of_columns),
    )
    yield from (one for one in tables if one is not None)


def _worth(case: Case[Answers], costs: dict[str, Floats]) -> dict[str, list[Measurement]]:
    rows, is_bounded = Rows.of(case), not isinstance(case.predictions, Values)
    found = {}
    for name, lost in costs.items():
        question = telling.of_loss(np.asarray(lost), is_bounded=is_bounded)
        asked = iter((question.overall(rows), *question.by_group(case, rows)))
        found[name] = list(telling.about(asked, {"conditions": {"column": name}}))
    return found
