"""`fairness.score-balance`: means by class and group, whom ABROCA compares, and what is undefined or not asked."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Measurement, NotApplicable, Table
from auditkit.statistics import ScoredRows, abroca, bounded_mean
from auditkit.testing import toy_case
from auditkit_fairness import score_balance


def scored(rows: int = 600, groups: str = "aab", **fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(7)
    targets, group = rng.random(rows) < 0.5, rng.choice(list(groups), rows)
    yes = np.clip(rng.normal(0.4 + 0.2 * targets - 0.1 * (group == "b"), 0.15), 0.01, 0.99)
    predictions = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    return toy_case(predictions, np.where(targets, "yes", "no"), {"sex": list(group)}, positive="yes", **fields)


def found(readings: list[Any], metric: str) -> Measurement:
    (one,) = [one for one in readings if isinstance(one, Measurement) and one.metric == metric]
    return one


def test_balance_by_hand() -> None:
    case = scored()
    yes, sex = case.predictions.scores[:, 1], np.array(case.groups["sex"].labels())
    readings = list(score_balance(case))
    for kind, code in (("positive", 1), ("negative", 0)):
        means = [yes[(case.targets.codes == code) & (sex == group)].mean() for group in "ab"]
        gap = found(readings, f"{kind}_class_score_difference")
        assert gap.value == pytest.approx(abs(means[0] - means[1]))
        assert gap.interval is not None
        assert gap.interval.low > 0


def test_two_groups_have_the_interval_of_two_means_joined() -> None:
    case = scored()
    yes, sex = case.predictions.scores[:, 1], np.array(case.groups["sex"].labels())
    one, two = (bounded_mean(yes[(case.targets.codes == 1) & (sex == group)]) for group in "ab")
    assert one is not None
    assert two is not None
    assert one.limits is not None
    assert two.limits is not None
    low = one.value - two.value - np.hypot(one.value - one.limits.low, two.limits.high - two.value)
    interval = found(list(score_balance(case)), "positive_class_score_difference").interval
    assert interval is not None
    assert interval.low == pytest.approx(low)


def test_abroca_is_of_each_group_against_the_largest() -> None:
    case = scored(900, "aaabc")
    sex = np.array(case.groups["sex"].labels())
    readings = list(score_balance(case))
    areas = {one.group["sex"]: one for one in readings if isinstance(one, Measurement) and one.metric == "abroca"}
    assert set(areas) == {"b", "c"}
    assert all(one.versus == {"sex": "a"} for one in areas.values())
    pair = np.isin(sex, ["a", "c"])
    rows = ScoredRows(case.predictions.scores[pair, 1], case.targets.codes[pair] == 1, sex[pair] == "c")
    assert areas["c"].value == pytest.approx(abroca(rows, rng=np.random.default_rng(0)).value)
    (table,) = [one for one in readings if isinstance(one, Table)]
    assert [row[:2] for row in table.rows] == [("b", "a"), ("c", "a")]


def test_labels_without_scores_are_not_asked() -> None:
    case = scored()
    labels = ClassScores(("no", "yes"), np.eye(2)[case.decisions], "label")
    groups = {"sex": case.groups["sex"].labels()}
    with pytest.raises(NotApplicable, match="no scores"):
        list(score_balance(toy_case(labels, case.targets.labels(), groups, positive="yes")))


def test_scores_beyond_0_and_1_have_welchs_interval() -> None:
    case = scored()
    log_odds = ClassScores(("no", "yes"), 10 * (case.predictions.scores - 0.5), "score")
    groups = {"sex": case.groups["sex"].labels()}
    readings = list(score_balance(toy_case(log_odds, case.targets.labels(), groups, positive="yes")))
    gap = found(readings, "positive_class_score_difference")
    plain = found(list(score_balance(case)), "positive_class_score_difference")
    assert gap.value == pytest.approx(10 * (plain.value or 0))
    assert gap.interval is not None
    assert gap.interval.method == "welch"


def test_groups_too_small_have_no_area() -> None:
    area = found(list(score_balance(scored(60, min_group_size=30))), "abroca")
    assert str(area.undefined) == "fewer than two groups have 30 rows to compare"


def test_of_forty_groups_one_whose_scores_say_nothing_is_found() -> None:
    """With 499 deals a group, and p adjusted for 39: no share of 500 is small enough."""
    rng = np.random.default_rng(3)
    group = np.concatenate([np.repeat(np.arange(40), 60), np.zeros(200, dtype=int)])
    targets = rng.random(len(group)) < 0.5
    yes = np.clip(rng.normal(0.5 + 0.3 * (targets - 0.5) * np.where(group == 7, -1, 1), 0.12), 0.01, 0.99)
    predictions = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    names = [f"g{place:02}" for place in group]
    case = toy_case(predictions, np.where(targets, "yes", "no"), {"site": names}, positive="yes", min_group_size=10)
    (table,) = [one for one in score_balance(case) if isinstance(one, Table)]
    adjusted = {row[0]: row[-1] for row in table.rows}
    assert len(adjusted) == 39
    assert [name for name, p in adjusted.items() if p <= 0.05] == ["g07"]
