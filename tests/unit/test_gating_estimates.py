"""How far two models lie apart: by hand, and held against scipy, statsmodels and scikit-learn."""

from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from statsmodels.stats.proportion import confint_proportions_2indep

from auditkit.case import Case
from auditkit.gating.estimates import Rows, apart_estimate, paired_estimate
from auditkit.gating.quantities import About, Scored, metrics_for, spread_of
from auditkit.predictions import ClassScores, LabelScores, Rankings, TokenLabels, Values
from auditkit.statistics import Pairs, delong_difference, paired_difference, paired_score_limits
from auditkit.testing import toy_case

NOBODY = Rows(None, None)
RNG = np.random.default_rng


def shares(flags: np.ndarray) -> Scored:
    return Scored("share", flags.astype(float), np.ones(len(flags)), np.ones(len(flags), dtype=bool), 1.0)


def means(scores: np.ndarray, most: float | None = None) -> Scored:
    return Scored("mean", scores, np.ones(len(scores)), np.ones(len(scores), dtype=bool), most)


def flags(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    rows = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
    one, two = np.array(rows, dtype=bool).T
    return one, two


@pytest.mark.parametrize("cells", [(36, 12, 2, 0), (900, 20, 35, 45)])
def test_paired_shares_are_the_wider_of_two_intervals(cells: tuple[int, int, int, int]) -> None:
    one, two = flags(*cells)
    found = paired_estimate(shares(one), shares(two), NOBODY, RNG(0))
    assert found is not None
    assert found.value == pytest.approx((cells[1] - cells[2]) / sum(cells))
    ends = paired_score_limits(Pairs(*cells)), paired_difference(Pairs(*cells))
    low, high = found.limits(0.025)
    assert low == pytest.approx(min(end.low for end in ends))
    assert high == pytest.approx(max(end.high for end in ends))
    assert found.p_value == pytest.approx(stats.binomtest(cells[1], cells[1] + cells[2]).pvalue)
    assert found.test == "mcnemar, exact"


def test_paired_areas_are_delongs() -> None:
    # METHODS 0.2, as R's pROC has it: the effect is .0233333 of 25 rows; here there are enough of each class
    rng = RNG(4)
    positive = rng.random(300) < 0.4
    one, two = (positive + rng.normal(size=300) * spread for spread in (1.0, 1.4))
    area = [Scored("area", scores, positive.astype(float), np.ones(300, dtype=bool), 1.0) for scores in (one, two)]
    found = paired_estimate(area[0], area[1], NOBODY, RNG(0))
    witness = delong_difference(one, two, positive, level=0.9)
    assert found is not None
    assert witness is not None
    assert found.limits(0.05) == pytest.approx((witness.low, witness.high))
    assert found.p_value == pytest.approx(witness.p_value)
    by_sklearn = metrics.roc_auc_score(positive, one) - metrics.roc_auc_score(positive, two)
    assert found.value == pytest.approx(by_sklearn)


def test_a_few_rows_of_a_class_have_no_area() -> None:
    positive = np.arange(100) < 9
    area = Scored("area", RNG(0).normal(size=100), positive.astype(float), np.ones(100, dtype=bool), 1.0)
    assert paired_estimate(area, area, NOBODY, RNG(0)) is None


def test_paired_means_are_near_the_t_interval_and_scipys_bootstrap() -> None:
    rng = RNG(7)
    new, old = rng.gamma(2.0, 1.0, (2, 400))
    found = paired_estimate(means(new), means(old), NOBODY, RNG(1))
    assert found is not None
    assert found.value == pytest.approx(float(np.mean(new - old)))
    by_t = stats.ttest_rel(new, old).confidence_interval(0.9)
    drawn = stats.bootstrap((new - old,), np.mean, confidence_level=0.9, method="BCa", rng=RNG(2)).confidence_interval
    error = stats.sem(new - old)
    for end, witness, other in zip(found.limits(0.05), by_t, drawn, strict=True):
        assert end == pytest.approx(witness, abs=0.15 * error)
        assert end == pytest.approx(other, abs=0.15 * error)
    assert found.error == pytest.approx(error, rel=0.05)


def test_many_units_are_told_by_students_interval() -> None:
    rng = RNG(8)
    new, old = rng.normal(size=(2, 20_001))
    found = paired_estimate(means(new), means(old), NOBODY, RNG(1))
    assert found is not None
    assert found.method == "student, paired"
    assert found.limits(0.05) == pytest.approx(tuple(stats.ttest_rel(new, old).confidence_interval(0.9)), rel=1e-6)


def test_units_are_drawn_whole() -> None:
    rng = RNG(9)
    new, old = rng.normal(size=(2, 200))
    alone = paired_estimate(means(new), means(old), NOBODY, RNG(1))
    units = np.repeat(np.arange(200), 3)
    thrice = paired_estimate(means(np.repeat(new, 3)), means(np.repeat(old, 3)), Rows(None, units), RNG(1))
    assert alone is not None
    assert thrice is not None
    assert thrice.people == 200
    assert thrice.limits(0.05) == pytest.approx(alone.limits(0.05), abs=0.1 * alone.error)


def test_units_of_one_row_and_equal_weights_say_nothing() -> None:
    one, two = flags(80, 6, 9, 5)
    plain = paired_estimate(shares(one), shares(two), NOBODY, RNG(0))
    known = paired_estimate(shares(one), shares(two), Rows(np.full(100, 3.0), np.arange(100)), RNG(0))
    assert plain is not None
    assert known is not None
    assert known.limits(0.05) == plain.limits(0.05)
    assert known.method == plain.method


def test_where_nobody_changed_the_rule_of_three_says_how_many_could() -> None:
    scores = RNG(1).random(100)
    found = paired_estimate(means(scores, 1.0), means(scores, 1.0), NOBODY, RNG(0))
    assert found is not None
    rare = 1 - 0.05 ** (1 / 100)
    assert found.limits(0.05) == pytest.approx((-rare, rare))


def test_apart_shares_are_newcombes() -> None:
    one, two = np.arange(80) < 56, np.arange(70) < 48
    found = apart_estimate(shares(one), NOBODY, shares(two), NOBODY)
    witness = confint_proportions_2indep(56, 80, 48, 70, method="newcomb", alpha=0.1)
    assert found is not None
    assert found.limits(0.05) == pytest.approx(witness, abs=1e-9)
    assert found.n == 70


def test_apart_means_are_near_welchs() -> None:
    rng = RNG(3)
    new, old = rng.normal(1.0, 1.0, 300), rng.normal(0.7, 2.0, 500)
    found = apart_estimate(means(new), NOBODY, means(old), NOBODY)
    witness = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.9)
    assert found is not None
    assert found.limits(0.05) == pytest.approx(tuple(witness), abs=0.01)


def test_no_rows_no_estimate() -> None:
    empty = shares(np.zeros(0, dtype=bool))
    assert paired_estimate(empty, empty, NOBODY, RNG(0)) is None
    assert apart_estimate(empty, NOBODY, empty, NOBODY) is None


# What each metric is: scikit-learn says the same.


def value(case: Case[Any], name: str, about: About | None = None) -> float:
    scored = metrics_for(case)[name].scored(case, about or About())
    found = paired_estimate(scored, scored, NOBODY, RNG(0))
    assert found is not None
    assert found.value == 0
    return found.new


def test_the_metrics_of_classes_are_scikit_learns() -> None:
    rng = RNG(11)
    targets = rng.integers(0, 2, 400)
    score = np.clip(0.5 + 0.2 * (targets - 0.5) + rng.normal(0, 0.2, 400), 0.01, 0.99)
    case = toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - score, score])),
        [("no", "yes")[t] for t in targets],
        positive="yes",
    )
    said = (score > 0.5).astype(int)
    assert value(case, "accuracy") == pytest.approx(metrics.accuracy_score(targets, said))
    assert value(case, "true_positive_rate") == pytest.approx(metrics.recall_score(targets, said))
    assert value(case, "false_negative_rate") == pytest.approx(1 - metrics.recall_score(targets, said))
    assert value(case, "false_positive_rate") == pytest.approx(1 - metrics.recall_score(1 - targets, 1 - said))
    assert value(case, "precision") == pytest.approx(metrics.precision_score(targets, said))
    assert value(case, "roc_auc") == pytest.approx(metrics.roc_auc_score(targets, score))
    assert value(case, "brier_score") == pytest.approx(metrics.brier_score_loss(targets, score))
    assert value(case, "log_loss") == pytest.approx(metrics.log_loss(targets, score))


def test_the_f1_of_labels_is_scikit_learns() -> None:
    rng = RNG(12)
    targets = rng.random((300, 3)) < 0.3
    scores = np.clip(targets * 0.4 + rng.random((300, 3)) * 0.6, 0, 1)
    case = toy_case(LabelScores(("a", "b", "c"), scores), targets.tolist())
    assert value(case, "f1_micro") == pytest.approx(metrics.f1_score(targets, scores >= 0.5, average="micro"))


def test_errors_of_values_are_told_in_standard_deviations() -> None:
    rng = RNG(13)
    truth = rng.normal(50, 8, 300)
    said = truth + rng.normal(1, 3, 300)
    case = toy_case(Values(said), truth=Values(truth))
    about = About(spread=spread_of(case))
    assert about.spread == pytest.approx(np.std(truth, ddof=1))
    assert value(case, "mean_absolute_error", about) == pytest.approx(
        metrics.mean_absolute_error(truth, said) / about.spread
    )
    root = metrics.root_mean_squared_error(truth, said)
    assert value(case, "root_mean_squared_error", about) == pytest.approx(root / about.spread)


def test_ndcg_is_scikit_learns() -> None:
    rng = RNG(14)
    items = np.array([f"i{place}" for place in range(30)], dtype=object)
    shown = np.array([rng.permutation(items)[:10] for _ in range(60)])
    wanted = np.array([rng.permutation(items)[:4] for _ in range(60)])
    users = tuple(f"u{place}" for place in range(60))
    case = toy_case(Rankings(users, shown), truth=Rankings(users, wanted))
    expected = []
    for row, own in zip(shown, wanted, strict=True):
        score = np.array([[10 - list(row).index(item) if item in row else -1.0 for item in items]])
        expected.append(metrics.ndcg_score(np.array([[float(item in own) for item in items]]), score, k=10))
    assert value(case, "ndcg_at_10") == pytest.approx(np.mean(expected))
    hits = [len(set(row) & set(own)) for row, own in zip(shown, wanted, strict=True)]
    assert value(case, "recall_at_10") == pytest.approx(np.mean(hits) / 4)
    assert value(case, "precision_at_10") == pytest.approx(np.mean(hits) / 10)


def test_entities_by_hand() -> None:
    said = TokenLabels((((0, 3, "DRUG", 1.0), (5, 8, "DOSE", 1.0)), (), ((1, 2, "DRUG", 1.0),)))
    true = TokenLabels((((0, 3, "DRUG", 1.0),), ((4, 6, "DRUG", 1.0),), ((1, 2, "DRUG", 1.0),)))
    case = toy_case(said, truth=true)
    # 2 of the 3 found are there, 2 of the 3 that are there are found
    assert value(case, "entity_precision") == pytest.approx(2 / 3)
    assert value(case, "entity_recall") == pytest.approx(2 / 3)
    assert value(case, "entity_f1") == pytest.approx(4 / 6)
    assert value(case, "entity_precision", About(label="DRUG")) == 1
