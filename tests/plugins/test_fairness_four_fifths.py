"""`fairness.four-fifths`: the Guidelines' example through the whole check, who takes part, and what is undefined."""

from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_ratio

from auditkit import Case, ClassScores, Measurement, Table
from auditkit.statistics import share_ratio
from auditkit.testing import toy_case
from auditkit_fairness import four_fifths_rule


def chosen_of(counts: dict[str, tuple[int, int]], **fields: Any) -> Case[ClassScores]:
    """Groups with so many chosen of so many."""
    chosen = np.concatenate([np.arange(n) < k for k, n in counts.values()])
    names = [name for name, (_, n) in counts.items() for _ in range(n)]
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    return toy_case(predictions, None, {"sex": names}, positive="yes", **fields)


def ratios(readings: list[Any]) -> dict[str, Measurement]:
    return {one.group["sex"]: one for one in readings if isinstance(one, Measurement)}


def table(readings: list[Any]) -> Table:
    (found,) = [one for one in readings if isinstance(one, Table)]
    return found


def test_the_guidelines_example_of_too_few_selections() -> None:
    readings = list(four_fifths_rule(chosen_of({"M": (3, 20), "F": (1, 10)}, min_group_size=10)))
    found = ratios(readings)["F"]
    assert (found.value, found.n, found.versus) == (pytest.approx(2 / 3), 10, {"sex": "M"})
    assert [str(name) for name in table(readings).columns][:5] == ["group", "against", "n", "ratio", "interval"]
    ((group, against, *quotes, below, shortfall, p, adjusted, flips),) = table(readings).rows
    assert (group, against, str(below), str(flips)) == ("F", "M", "yes", "yes")
    assert [one.shows for one in quotes if one.is_of(found)] == ["n", "value", "interval"]
    assert shortfall == 1  # 10 times 3/20, less 1: half a person, and nobody is told in halves
    assert p == adjusted  # one pair


def test_every_group_is_held_to_the_most_selected_at_the_level_of_all_pairs() -> None:
    case = chosen_of({"a": (60, 100), "b": (30, 100), "c": (45, 90)})
    readings = list(four_fifths_rule(case))
    found = ratios(readings)
    assert set(found) == {"b", "c"}
    assert min(one.value or 0 for one in found.values()) == pytest.approx(
        demographic_parity_ratio(case.decisions, case.decisions, sensitive_features=case.groups["sex"].labels())
    )
    assert found["b"].interval is not None
    assert found["b"].interval.simultaneous
    low, high = share_ratio(30, 100, 60, 100, comparisons=3)
    assert (found["b"].interval.low, found["b"].interval.high) == (pytest.approx(low), pytest.approx(high))
    assert [row[0] for row in table(readings).rows] == ["b", "c"]


def test_a_small_group_is_listed_and_holds_nobody_to_its_rate() -> None:
    readings = list(four_fifths_rule(chosen_of({"a": (50, 100), "b": (40, 100), "tiny": (5, 5)})))
    found = ratios(readings)
    assert found["b"].versus == {"sex": "a"}
    assert (found["tiny"].value, str(found["tiny"].undefined)) == (None, "fewer than 30 rows")
    assert all("tiny" not in row for row in table(readings).rows)


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ({"a": (0, 40), "b": (0, 40)}, "nobody was selected in any group: 0 / 0"),
        ({"a": (9, 40), "b": (2, 4)}, "fewer than two groups have 30 rows to compare"),
    ],
)
def test_what_is_undefined_says_why(counts: dict[str, tuple[int, int]], why: str) -> None:
    readings = list(four_fifths_rule(chosen_of(counts)))
    assert [(one.value, str(one.undefined)) for one in readings if isinstance(one, Measurement)] == [(None, why)]
    assert not [one for one in readings if isinstance(one, Table)]
