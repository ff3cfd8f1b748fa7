"""`fairness.differential`: AIF360's figures for rows, intersections, who takes part, units and weights."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Measurement, NotApplicable, Table
from auditkit.testing import toy_case
from auditkit_fairness import differential

COUNTS = {("f", "x"): (30, 70), ("f", "y"): (60, 40), ("m", "x"): (12, 38), ("m", "y"): (4, 76)}
"""Chosen and not."""


def case_of(counts: dict[tuple[str, str], tuple[int, int]], times: int = 1, **fields: Any) -> Case[ClassScores]:
    rows = [(*who, place) for who, parts in counts.items() for place in (0, 1) for _ in range(parts[place] * times)]
    sex, race, missed = zip(*rows, strict=True)
    predictions = ClassScores(("yes", "no"), np.eye(2)[list(missed)], "label")
    return toy_case(predictions, None, {"sex": sex, "race": race}, positive="yes", **fields)


def found(readings: list[Any]) -> dict[str, Measurement]:
    """The epsilon by the attributes it is about."""
    return {"+".join(one.group): one for one in readings if isinstance(one, Measurement)}


def test_rows_have_aif360s_epsilon() -> None:
    readings = list(differential(case_of(COUNTS)))
    # AIF360 0.6.1, smoothed_empirical_differential_fairness() by one attribute, the other, and both
    wanted = {"sex": 1.2738818849414215, "race": 0.23594395342045416, "sex+race": 2.3778946060917012}
    assert {name: one.value for name, one in found(readings).items()} == pytest.approx(wanted)
    table, *others = [one for one in readings if isinstance(one, Table)]
    assert (table.attributes, table.rows) == (("sex",), (("yes", "m", "f"),))
    assert [one.attributes for one in others] == [("race",), ("sex", "race")]


def test_a_small_intersection_is_listed_and_not_compared() -> None:
    readings = found(list(differential(case_of({**COUNTS, ("m", "y"): (0, 20)}))))
    crossed = readings["sex+race"]
    assert [part.compared for part in crossed.compared] == [True, True, True, False]
    assert crossed.value == pytest.approx(np.log((60.5 / 101) / (12.5 / 51)))


def test_rows_of_one_patient_are_drawn_together() -> None:
    once = found(list(differential(case_of(COUNTS))))["sex"]
    thrice = found(list(differential(case_of(COUNTS, 3, units=list(np.repeat(np.arange(330), 3))))))["sex"]
    assert once.interval is not None
    assert thrice.interval is not None
    assert thrice.interval.method == "bootstrap of the largest error over units"
    width = once.interval.high - once.interval.low
    assert thrice.interval.high - thrice.interval.low == pytest.approx(width, rel=0.15)


def test_weighted_rows_are_refused() -> None:
    with pytest.raises(NotApplicable, match="weights"):
        list(differential(case_of(COUNTS, weights=list(np.arange(330.0) + 1))))
