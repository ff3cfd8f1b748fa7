"""The power table of `fairness.gaps`: which gaps the audit could have found, of which groups, and what it withholds."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Table, Text
from auditkit.disclosure.suppression import SmallCells, suppress_findings
from auditkit.finding import Finding
from auditkit.statistics import detectable_gaps
from auditkit.testing import toy_case
from auditkit_fairness import gaps

TITLE = "Gaps by site that this audit would have found with a chance of 80%"


def case_of(sizes: dict[str, int], *, positives: float = 0.5, classes: int = 2, **fields: Any) -> Case[ClassScores]:
    """Groups of these sizes, of which every fifth row is chosen and a share are positive."""
    names = tuple("cdefgh"[:classes])
    rows = sum(sizes.values())
    chosen = np.where(np.arange(rows) % 5 == 0, 1, np.arange(rows) % classes if classes > 2 else 0)
    targets = np.array(names)[(np.random.default_rng(0).random(rows) < positives).astype(int)]
    predictions = ClassScores(names, np.eye(classes)[chosen], "label")
    site = [name for name, n in sizes.items() for _ in range(n)]
    positive = {"positive": "d"} if classes == 2 else {}
    return toy_case(predictions, targets, {"site": site}, **positive, **fields)


def power(case: Case[ClassScores]) -> Table:
    (table,) = [one for one in gaps(case) if isinstance(one, Table) and str(one.title).startswith("Gaps by")]
    return table


def test_each_group_is_told_with_the_gap_that_would_be_found() -> None:
    table = power(case_of({"a": 400, "b": 150, "c": 60, "d": 12}))
    assert str(table.title) == TITLE
    assert [str(column) for column in table.columns] == [
        "group", "largest other group", "selection rate", "true positive rate", "false positive rate", "accuracy",
    ]  # fmt: skip
    assert [row[:2] for row in table.rows] == [("a", "b"), ("b", "a"), ("c", "a")]  # d is too small to be compared
    share = np.ceil(622 / 5) / 622
    found = detectable_gaps(np.array([400.0, 150, 60]), share, comparisons=3).value
    told = [row[2] for row in table.rows]
    assert told == pytest.approx(found, abs=0.001)
    assert all(number >= exact for number, exact in zip(told, found, strict=True))


def test_a_group_whose_denominator_is_too_small_is_said_not_to_be_compared() -> None:
    table = power(case_of({"a": 400, "b": 300, "c": 40}, positives=0.3))
    assert str(table.rows[2][3]) == "not compared"
    assert isinstance(table.rows[2][2], float)


def test_with_several_classes_the_hardest_one_is_told() -> None:
    table = power(case_of({"a": 300, "b": 200}, classes=4))
    assert str(table.title).endswith("in the class where they are hardest to find")
    case = case_of({"a": 300, "b": 200}, classes=4)
    by_class = [
        detectable_gaps(np.array([300.0, 200.0]), float(np.mean(case.decisions == place))).value for place in range(4)
    ]
    assert [row[2] for row in table.rows] == pytest.approx(np.max(by_class, axis=0), abs=0.001)


def test_rows_that_share_a_unit_find_less() -> None:
    sizes = {"a": 400, "b": 300}
    alone, shared = (power(case_of(sizes, units=units)) for units in (None, np.arange(700) // 5))
    assert all(one[2] < other[2] for one, other in zip(alone.rows, shared.rows, strict=True))


def test_a_withheld_group_gives_no_number_away() -> None:
    table = power(case_of({"a": 400, "b": 150, "c": 60}))
    about = {"title": table.title, "text": table.title, "status": "measured"}
    finding = Finding(check="fairness.gaps", evidence=(table,), **about)
    cells = SmallCells(frozenset({(("site", "b"),)}), frozenset())
    (told,) = suppress_findings([finding], cells, {})
    (rows,) = [one.rows for one in told.evidence if isinstance(one, Table)]
    assert [row[2] == Text.of("withheld") for row in rows] == [True, True, False]
    crossed = SmallCells(frozenset({(("sex", "b"), ("site", "a")), (("sex", "c"),)}), frozenset())
    assert suppress_findings([finding], crossed, {})[0].evidence == (table,)  # no group of this table


def test_one_group_has_no_power_table() -> None:
    assert not [one for one in gaps(case_of({"a": 400})) if isinstance(one, Table)]
