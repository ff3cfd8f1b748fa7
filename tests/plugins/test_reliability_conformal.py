"""`reliability.conformal`: who is judged, by what law, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditkit import AuditError, Case, ClassScores, Measurement, NotApplicable, Table
from auditkit.testing import toy_case, with_splits
from auditkit_reliability import conformal


def some(rows: int = 400, *, seed: int = 1, hard: Any = None, **fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(seed)
    said = rng.random(rows)
    chance = np.clip(1.6 * said - 0.3, 0, 1)
    if hard is not None:
        chance = np.where(hard, 1 - chance, chance)
    targets = np.where(rng.random(rows) < chance, "yes", "no").tolist()
    scores = ClassScores(("no", "yes"), np.column_stack([1 - said, said]), fields.pop("kind", "probability"))
    return toy_case(scores, targets, fields.pop("groups", {}), positive="yes", **fields)


def measured(case: Case[Any], **options: Any) -> dict[tuple[Any, ...], Measurement]:
    return {
        (one.metric, one.label, *one.group.values(), *one.conditions.values()): one
        for one in conformal(case, **options)
        if isinstance(one, Measurement)
    }


def test_half_of_the_rows_calibrate_and_the_other_half_is_judged() -> None:
    found = measured(some(401))
    assert found["conformal_coverage", None].n == 201
    by_class = [found["conformal_coverage", name].n or 0 for name in ("no", "yes")]
    assert sum(by_class) == 201
    coverage, shortfall = found["conformal_coverage", None], found["conformal_shortfall", None]
    assert coverage.value is not None
    # 200 calibration rows: rank 181 of 201.
    assert shortfall.value == pytest.approx(181 / 201 - coverage.value)
    assert shortfall.interval is not None
    assert shortfall.interval.low < 0 < shortfall.interval.high


def test_reference_rows_calibrate_where_they_are_asked_for() -> None:
    case = with_splits(some(300), reference=some(99, seed=2))
    found = measured(case, calibrate="reference")
    assert found["conformal_coverage", None].n == 300
    interval = found["conformal_shortfall", None].interval
    assert interval is not None
    assert interval.method == "beta-binomial law of 99 calibration rows"


def test_a_population_that_is_not_like_the_audit_rows_is_found() -> None:
    case = with_splits(some(300, hard=True), reference=some(300, seed=2))
    interval = measured(case, calibrate="reference")["conformal_shortfall", None].interval
    assert interval is not None
    assert interval.low > 0.2


def test_a_group_that_the_sets_miss_is_found() -> None:
    hard = np.arange(800) % 4 == 0
    groups = {"site": np.where(hard, "B", "A").tolist()}
    readings = list(conformal(some(800, hard=hard, groups=groups)))
    found = {(one.metric, *one.group.values()): one for one in readings if isinstance(one, Measurement)}
    for metric, group in (("conformal_shortfall", "B"), ("conformal_coverage_difference", "*")):
        interval = found[metric, group].interval
        assert interval is not None
        assert interval.low > 0
    (table,) = (one for one in readings if isinstance(one, Table))
    said = {str(row[0]): str(row[-1]) for row in table.rows}
    assert (said["B"], said["A"]) == ("less often", "more often")
    assert said["all rows"] == "as the law says"


def test_sizes_of_sets_have_a_coverage_and_no_promise() -> None:
    readings = list(conformal(some()))
    sizes = [one for one in readings if isinstance(one, Measurement) and one.conditions]
    assert {one.metric for one in sizes} == {"conformal_coverage"}
    (table,) = (one for one in readings if isinstance(one, Table))
    assert [str(row[-1]) for row in table.rows if str(row[0]).startswith("sets of")] == ["no promise"] * len(sizes)


def test_one_row_of_each_unit_is_looked_at() -> None:
    found = measured(some(600, units=(np.arange(600) // 3).tolist()))
    assert found["conformal_coverage", None].n == 100


def test_small_groups_are_withheld_with_as_many_others_as_it_takes() -> None:
    groups = {"site": ["A"] * 200 + ["B"] * 190 + ["C"] * 10}
    found = measured(some(400, groups=groups))
    told = {
        one.group["site"]
        for one in found.values()
        if one.metric == "mean_set_size" and one.group and not one.suppressed
    }
    assert told <= {"A", "B"}
    assert len(told) == 1


def test_too_few_rows_leave_it_undefined() -> None:
    found = measured(some(12))
    assert {str(one.undefined) for one in found.values()} == {
        "too few rows to calibrate on: a set would hold every class"
    }


def test_weights_and_labels_are_refused() -> None:
    with pytest.raises(NotApplicable, match="weights"):
        list(conformal(some(100, weights=[1.0, 2.0] * 50)))
    with pytest.raises(NotApplicable, match="only labels"):
        list(conformal(some(100, kind="label")))


@pytest.mark.parametrize("options", [{"alpha": 0.0}, {"alpha": 90.0}, {"calibrate": "training"}])
def test_an_option_that_cannot_be_meant_is_refused(options: dict[str, Any]) -> None:
    assert conformal.accepts is not None
    with pytest.raises(AuditError, match="option"):
        conformal.accepts(data=None, **({"alpha": 0.1, "calibrate": "audit"} | options))
