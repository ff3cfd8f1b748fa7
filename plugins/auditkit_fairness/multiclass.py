"""`fairness.multiclass`: whether three classes or more fall on groups alike, all classes at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Measurement, NotApplicable, Quote, Table, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import (
    GroupedRows,
    PermutationTest,
    holm,
    independence_test,
    unit_independence_test,
    widest_variation,
)
from auditkit.testing import above, every, near, not_above, toy_case
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.multiclass import MULTICLASS_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.decisions import Decided, decided, looked_at
from auditkit_fairness.groupings import groupings

_METRIC = "multiclass_demographic_parity_difference"
_FEWEST_CLASSES = 3
_MOST_DEALS, _FEWEST_DEALS, _WORK, _SMALL = 9_999, 999, 20_000_000, 0.02
_NEITHER = Text.of("predicted class")
_GIVEN = Text.of("predicted class, given the target")


def _routed(rng: np.random.Generator, *, moved: int) -> Case[Any]:
    """Three classes, 100 rows of each in either group; of group B so many of class c are given class b."""
    del rng
    classes = ("a", "b", "c")
    given = np.array([*np.repeat([0, 1, 2], 100), *np.repeat([0, 1, 1, 2], [100, 100, moved, 100 - moved])])
    targets = [classes[place] for place in np.tile(np.repeat([0, 1, 2], 100), 2)]
    predictions = ClassScores(classes, np.eye(3)[given], "label")
    return toy_case(predictions, targets, {"group": ["A"] * 300 + ["B"] * 300})


def _one_routed_elsewhere(rng: np.random.Generator) -> Case[Any]:
    return _routed(rng, moved=90)


def _all_routed_alike(rng: np.random.Generator) -> Case[Any]:
    return _routed(rng, moved=0)


CONTROLS = (
    planted(
        "90 of 300 rows of one of two groups are given another class",
        _one_routed_elsewhere,
        every(near(_METRIC, 0.3), above(_METRIC, 0.15)),
    ),
    clean("two groups are given each class as often", _all_routed_alike, not_above(_METRIC, 0.0)),
)


@check(
    "fairness.multiclass",
    on=ClassScores,
    metrics=MULTICLASS_CARDS,
    needs=("groups",),
    accepts=accept_options,
    controls=CONTROLS,
)
def multiclass(case: Case[ClassScores], *, depth: int = 1) -> Iterator[Measurement | Table]:
    """Whether the classes of a model of three or more fall on groups alike.

    For each protected attribute the total variation distance between the two groups that lie furthest apart: so many
    more rows of the one than of the other are given some of the classes. Its interval holds for all pairs of groups and
    all sets of classes at once. The table tests, over all groups and classes, whether the predicted class has nothing
    to do with the group, and whether it has not among rows with the same target; each p by random deals (beyond
    them by their tail), and adjusted by Holm for every line. A large p is no evidence of fairness: few rows give
    large ones.
    """
    classes = len(case.predictions.classes)
    if classes < _FEWEST_CLASSES:
        raise NotApplicable("the model has {classes} classes: fairness.gaps says it all of two", classes=classes)
    tested: list[tuple[str, Text, PermutationTest]] = []
    rests: list[tuple[Quote, ...]] = []
    for grouping in groupings(case.groups, depth=depth):
        found = decided(case, grouping)
        compared = Compared(grouping, None, found.n, case.min_group_size, found.people)
        yield _distance(compared, found, case.level)
        if compared.too_few is None:
            lines = list(_tests(case, grouping, compared.takes_part, found))
            tested += lines
            rests += [(Quote(metric=_METRIC, group=grouping.everyone),)] * len(lines)
    if tested:
        yield _table(tested, tuple(rests))


def _distance(compared: Compared, found: Decided, level: float) -> Measurement:
    part = compared.takes_part
    gap = None if compared.too_few else widest_variation(found.shares[part], found.size[part], level=level)
    method = "newcombe, all sets of classes" + (", kish's size" if found.is_effective else "")
    return compared.measure(_METRIC, gap, level=level, method=method)


def _tests(
    case: Case[Any], grouping: Grouping, takes_part: npt.NDArray[np.bool_], found: Decided
) -> Iterator[tuple[str, Text, PermutationTest]]:
    asked = [(_NEITHER, np.zeros(len(case), dtype=np.int64))]
    if case.has_targets:
        asked.append((_GIVEN, case.targets.codes))
    for hypothesis, strata in asked:
        kept = looked_at(case, grouping) & (strata >= 0)
        kept[kept] = takes_part[grouping.codes[kept]]
        units = None if case.units is None else case.units.codes[kept]
        weights = None if case.weights is None else case.weights[kept]
        rows = GroupedRows(grouping.codes[kept], case.decisions[kept], strata[kept], weights, units)
        shape = int(rows.strata.max(initial=0)) + 1, len(takes_part), len(case.predictions.classes)
        test = _test(case, f"{grouping.name}: {hypothesis}", rows, shape, is_plain=not found.is_effective)
        if test is not None:
            yield grouping.name, hypothesis, test


def _test(
    case: Case[Any], name: str, rows: GroupedRows, shape: tuple[int, int, int], *, is_plain: bool
) -> PermutationTest | None:
    """With few deals first, and afresh with many where p is small: it is below any level no more often than either."""
    rng = case.rng(name)
    if not is_plain:
        return unit_independence_test(rows, shape, rng=rng, deals=_FEWEST_DEALS)
    size = int(np.prod(shape))
    cells = (rows.strata.astype(np.int64) * shape[1] + rows.groups) * shape[2] + rows.classes
    tables = np.bincount(cells, minlength=size).reshape(shape)
    found = independence_test(tables, rng=rng, deals=_FEWEST_DEALS)
    if found is None or found.p_value > _SMALL:
        return found
    return independence_test(tables, rng=rng, deals=int(np.clip(_WORK // size, _FEWEST_DEALS, _MOST_DEALS)))


def _table(tested: list[tuple[str, Text, PermutationTest]], rests_on: tuple[tuple[Quote, ...], ...]) -> Table:
    # No statistic: where a small group is withheld, an exact one could be solved for its rows.
    adjusted = holm([test.tail_p for *_, test in tested]).tolist()
    return Table(
        title=Text.of("Chi-square tests of classes and groups; p adjusted over all lines by Holm"),
        columns=tuple(Text.of(name) for name in ("by", "independent of the group", "p", "adjusted p")),
        rows=tuple((by, asked, test.tail_p, p) for (by, asked, test), p in zip(tested, adjusted, strict=True)),
        rests_on=rests_on,
    )
