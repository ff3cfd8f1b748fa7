"""`fairness.strata`: whether a gap in selection is still there among comparable rows. Simpson's paradox, shown."""

from __future__ import annotations

from collections.abc import Iterator
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
    canonical_label,
    check,
    clean,
    planted,
)
from auditkit.segments import Grouping
from auditkit.statistics import CommonOdds, holm
from auditkit.testing import below, every, near, toy_case
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.strata import STRATA_CARDS
from auditkit_fairness.comparing import Compared, with_class
from auditkit_fairness.groupings import groupings
from auditkit_fairness.questions import Predicted, questions
from auditkit_fairness.reference_groups import must_exist
from auditkit_fairness.stratified_counts import Stratified

_COLUMNS = (
    "group", "class", "against", "odds ratio over all", "within strata", "interval", "turns round", "p", "adjusted p",
    "p of one ratio in all strata", "strata", "of these opposed",
)  # fmt: skip


def _departments(rng: np.random.Generator, *, odds: float) -> Case[Any]:
    """Two departments, of which one takes few and has most women; within each the odds of women are `odds` of men's."""
    del rng
    cells = {("easy", "M"): (240, 300), ("easy", "F"): (0, 60), ("hard", "M"): (12, 60), ("hard", "F"): (0, 300)}
    department, sex, chosen = [], [], []
    for (where, who), (hits, n) in cells.items():
        odds_here = odds * (4.0 if where == "easy" else 0.25)
        count = hits or round(n * odds_here / (1 + odds_here))
        department += [where] * n
        sex += [who] * n
        chosen += [place < count for place in range(n)]
    flags = np.array(chosen)
    predictions = ClassScores(("no", "yes"), np.column_stack([~flags, flags]).astype(float), "label")
    return toy_case(predictions, None, {"sex": sex, "department": department}, positive="yes")


def _unequal(rng: np.random.Generator) -> Case[Any]:
    return _departments(rng, odds=0.25)


def _simpson(rng: np.random.Generator) -> Case[Any]:
    return _departments(rng, odds=1.0)


_P = 7
"""Where the p stands in a row."""
_F = {"sex": "F"}

CONTROLS = (
    planted(
        "within each department the odds of women are a quarter of those of men",
        _unequal,
        every(near("common_odds_ratio", 0.25, 0.01, group=_F), below("common_odds_ratio", 0.5, group=_F)),
        strata="",
        against={},
    ).not_redrawn("of two groups of one size the larger one, which the other is held against, hangs on the draw"),
    clean(
        "fewer women are chosen over all, and as many within each department",
        _simpson,
        every(near("common_odds_ratio", 1.0, group=_F), near("conditional_demographic_disparity", 0.0, group=_F)),
        strata="",
        against={},
    ),
)


@check(
    "fairness.strata", on=(ClassScores, LabelScores), metrics=STRATA_CARDS, accepts=accept_options, controls=CONTROLS
)
def within_strata(
    case: Case[Predicted],
    *,
    strata: str = "",
    against: dict[str, str] = {},  # noqa: B006  an option's default, which nobody changes
) -> Iterator[Measurement | Table]:
    """Whether groups are chosen differently among comparable rows.

    `strata` names a column of the inputs, or a protected attribute, within whose values rows are comparable: the
    department that one applies to, the ward. Without it every other protected attribute is taken in turn. For each
    group the odds of being chosen over those of the group that `against` names for its attribute, or of the largest,
    over all rows and within strata (Mantel-Haenszel); and the conditional demographic disparity. Where the two odds
    ratios lie on either side of 1 the direction turns round: Simpson's paradox. Which of the two is the one that
    matters is no question of statistics: a stratum that is itself the work of discrimination explains nothing away.
    """
    by_group = groupings(case.groups, depth=1)
    must_exist(against, by_group)
    asked = [one for one in questions(case, case.positives) if "selection_rate" in one.rates]
    given = _given(case, strata, by_group)
    for grouping in by_group:
        for name, codes in given.items():
            if name == grouping.name:
                continue
            rows: list[tuple[Any, ...]] = []
            for question in asked:
                view = Stratified.of(case, grouping, question, codes)
                reference = None if view.compared.too_few else view.reference(against)
                if reference is None:
                    yield from _nothing(view.compared, name)
                else:
                    yield from _against(view, reference, name, rows)
                    yield from _disparities(view, name)
            if rows:
                yield _table(grouping.name, name, rows)


def _given(case: Case[Any], strata: str, by_group: list[Grouping]) -> dict[str, npt.NDArray[np.integer]]:
    """The codes of each column within whose values rows are comparable, [n]; -1 where it is missing."""
    attributes = {one.name: one.codes for one in by_group}
    if [strata] == list(attributes):
        raise NotApplicable(
            "groups of {attribute} cannot be compared within {attribute}, the only protected attribute",
            hint='name a column of the inputs, or a second attribute: strata = "ward"',
            attribute=strata,
        )
    if strata in attributes:
        return {strata: attributes[strata]}
    if strata:
        return {strata: case.compute(codes_of_column, column=strata).astype(np.int64)}
    if len(attributes) < 2:  # noqa: PLR2004  one within another
        raise NotApplicable(
            "there is nothing to compare within: one protected attribute, and no strata",
            hint='name a column of the inputs, or a second attribute: strata = "ward"',
        )
    return attributes


def codes_of_column(case: Case[Any], *, column: str) -> npt.NDArray[np.int64]:
    """[n]: a number for each value of a column of the inputs, in the order of the values; -1 where it is missing."""
    inputs = case.inputs
    if column not in getattr(inputs, "columns", ()):
        known = ", ".join(map(str, getattr(inputs, "columns", ())))
        hint = f"the inputs have: {known}" if known else "the inputs have no columns; name a protected attribute"
        raise AuditError(f"no column '{column}' to make strata of", hint=hint)
    labels = [canonical_label(value) for value in inputs[column].to_numpy(dtype=object)]
    places = {label: place for place, label in enumerate(sorted({label for label in labels if label is not None}))}
    return np.array([-1 if label is None else places[label] for label in labels], dtype=np.int64)


def _nothing(compared: Compared, strata: str) -> Iterator[Measurement]:
    why = compared.too_few or Text.of("the reference group has fewer than {least} rows", least=compared.least)
    for metric in ("common_odds_ratio", "conditional_demographic_disparity"):
        yield Measurement(value=None, undefined=why, conditions={"strata": strata}, **compared.about(metric, "target"))


def _against(view: Stratified, reference: int, strata: str, rows: list[tuple[Any, ...]]) -> Iterator[Measurement]:
    """The odds ratio of every group against the reference; those that there are go into the table's rows as well."""
    members, labels = view.compared.members, view.compared.labels
    for place, member in enumerate(members):
        if place == reference:
            continue
        about: dict[str, Any] = {"group": member, "versus": members[reference], "label": view.compared.label}
        about |= {"metric": "common_odds_ratio", "conditions": {"strata": strata}, "better": "target"}
        about["n"] = int(view.compared.n[view.places[[place, reference]]].min())
        odds = view.odds(place, reference)
        if odds is None:
            yield Measurement(value=None, undefined=Text.of("no stratum has both groups, and both answers"), **about)
            continue
        method = "mantel-haenszel, greenland" if view.is_plain else "mantel-haenszel, linearised over units"
        is_family = len(members) > 2  # noqa: PLR2004  more than one against the reference
        method += ", all groups against one" if is_family else ""
        interval = Interval(low=odds.low, high=odds.high, level=view.level, method=method, simultaneous=is_family)
        found = Measurement(value=odds.ratio, interval=interval, **about)
        yield found
        rows.append((labels[place], view.compared.label, labels[reference], *_told(odds, found)))


def _told(odds: CommonOdds, found: Measurement) -> tuple[Any, ...]:
    """A row quotes what was measured, so that it is withheld with it."""
    is_known = bool(np.isfinite(odds.crude))
    turns = is_known and (odds.crude - 1) * (odds.ratio - 1) < 0
    crude = odds.crude if is_known else Text.of("undefined")
    ratio, interval = Quote.of(found), Quote.of(found, "interval")
    direction = Text.of("yes" if turns else "no")
    alike = Text.of("undefined") if odds.p_homogeneous is None else odds.p_homogeneous
    return crude, ratio, interval, direction, odds.p, alike, odds.strata, odds.opposed


def _disparities(view: Stratified, strata: str) -> Iterator[Measurement]:
    for place in view.places:
        found = view.disparity(int(place))
        about: dict[str, Any] = {"metric": "conditional_demographic_disparity", "label": view.compared.label}
        about |= {"group": view.grouping.members[place], "conditions": {"strata": strata}, "better": "target"}
        about["n"] = int(view.compared.n[place])
        if found is None:
            why = Text.of("in no stratum some are chosen and some are not")
            yield Measurement(value=None, undefined=why, **about)
            continue
        value, low, high = found
        interval = Interval(low=low, high=high, level=view.level, method="mover of newcombe's limits over strata")
        yield Measurement(value=value, interval=interval, **about)


def _table(attribute: str, strata: str, rows: list[tuple[Any, ...]]) -> Table:
    adjusted = holm([row[_P] for row in rows]).tolist()
    columns, cells = with_class(
        _COLUMNS, [(*row[: _P + 1], p, *row[_P + 1 :]) for row, p in zip(rows, adjusted, strict=True)]
    )
    title = Text.of(
        "Odds of being chosen by {attribute}: over all rows, and within {strata}", attribute=attribute, strata=strata
    )
    return Table(title=title, columns=columns, rows=cells, prominent=True)
