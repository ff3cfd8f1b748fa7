"""`fairness.remedies`: thresholds by hand, decisions against fairlearn's metrics, and what is told of whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as reference
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator

from auditkit import ClassScores, LabelScores, NotApplicable
from auditkit.checks.controls import run_control
from auditkit.host import Host
from auditkit.options import validate_options
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_fairness.gaps import gaps
from auditkit_fairness.remedies.optimised import optimised_remedy
from auditkit_fairness.remedies.planted import scores_lowered
from auditkit_fairness.remedies.retrained import balanced_rows
from auditkit_fairness.remedies.rows import Answers, Tried
from auditkit_fairness.remedies.thresholds import as_it_is, decisions_of, nearest_threshold, threshold_remedies
from auditkit_fairness.what_would_help import remedies

GAP = "remedied_equal_opportunity_difference"
EQUAL, BEST = "equal true positive rates by group", "best true positive rates by group"


def measured(case, **options):
    """(metric, remedy, group) -> the measurement."""
    found = [one for one in remedies(case, **options) if hasattr(one, "metric")]
    return {(one.metric, one.conditions["remedy"], tuple(one.group.values())): one for one in found}


def of_two(scores, targets, groups, **about):
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    return toy_case(said, ["yes" if one else "no" for one in targets], {"group": groups}, positive="yes", **about)


@pytest.mark.parametrize(
    ("scores", "rate", "threshold"),
    [
        ([0.9, 0.6, 0.4, 0.2], 0.0, np.inf),
        ([0.9, 0.6, 0.4, 0.2], 0.25, 0.75),
        ([0.9, 0.6, 0.4, 0.2], 0.3, 0.75),
        ([0.9, 0.6, 0.4, 0.2], 0.375, 0.75),  # as near to 1 in 4 as to 2
        ([0.9, 0.6, 0.4, 0.2], 0.5, 0.5),
        ([0.9, 0.6, 0.2, 0.2], 0.74, 0.4),  # 2 of 4 are nearer than all: the lowest two are alike
        ([0.9, 0.6, 0.4, 0.2], 1.0, -np.inf),
    ],
)
def test_the_threshold_lies_half_way_below_the_last_one_chosen(scores, rate, threshold):
    assert nearest_threshold(np.array(scores), rate) == pytest.approx(threshold)


def test_rows_that_weigh_more_fill_a_rate_sooner():
    # The highest alone weighs 3 of 6: half of the weight is chosen with one row, not with two.
    assert nearest_threshold(np.array([0.8, 0.6, 0.4, 0.2]), 0.5, np.array([3.0, 1, 1, 1])) == pytest.approx(0.7)


def by_hand() -> Answers:
    """Group 0: positives 0.9 to 0.5 in tens, of group 1 0.4 lower; 8 rows each, and as many negatives at 0.05."""
    rows = [(0.9 - 0.05 * place - 0.4 * group, True, group) for group in (0, 1) for place in range(8)]
    rows += [(0.05, False, group) for group in (0, 1) for _ in range(8)]
    scores, wanted, groups = (np.array(column) for column in zip(*(rows * 5), strict=True))
    return Answers(scores, scores >= 0.5, wanted, {"group": groups}, None, None)


def test_each_group_gets_the_threshold_of_everybody_s_rate_or_of_the_best_one_s():
    # At 0.5 group 0 has 8 of 8 positives found, group 1 one (0.5) of 8: 9 of 16 of everybody, the nearest is 4 of 8 or
    # 5 of 8, as near, and the higher threshold wins. Of the best all are found.
    answers = by_hand()
    made = {
        one.name: one.fit(answers, np.random.default_rng(0)).decide(answers)
        for one in threshold_remedies("group", ("A", "B"), answers, least=30)
    }
    found = {
        name: [int(chosen[answers.wanted & (answers.groups["group"] == group)].sum()) // 5 for group in (0, 1)]
        for name, chosen in made.items()
    }
    assert found[EQUAL] == [4, 4]
    assert found[BEST] == [8, 8]
    assert not made[EQUAL][~answers.wanted].any()


def test_the_gaps_are_fairlearn_s_of_the_decisions_that_the_other_folds_make():
    case = scores_lowered(np.random.default_rng(3))
    (tried,) = Tried.each_of(case)
    answers, found = tried.answers, measured(case)
    for remedy in (as_it_is("group"), *threshold_remedies("group", ("A", "B"), answers, least=30)):
        chosen = decisions_of(remedy, tried, np.random.default_rng(0))
        who = {"sensitive_features": answers.groups["group"]}
        for metric, expected in (
            ("demographic_parity_difference", reference.demographic_parity_difference),
            ("equal_opportunity_difference", reference.equal_opportunity_difference),
            ("equalized_odds_difference", reference.equalized_odds_difference),
        ):
            one = found[f"remedied_{metric}", remedy.name, ("*",)]
            assert one.value == pytest.approx(expected(answers.wanted, chosen, **who), abs=1e-12)
        if remedy.name == "none":
            continue
        change = np.mean(chosen == answers.wanted) - np.mean(answers.chosen == answers.wanted)
        assert found["remedied_accuracy_change", remedy.name, ()].value == pytest.approx(change, abs=1e-12)
        assert found["remedied_decisions_changed", remedy.name, ()].value == np.mean(chosen != answers.chosen)
        inside = answers.wanted & (answers.groups["group"] == case.groups["group"].vocabulary.index("B"))
        of_b = chosen[inside].mean() - answers.chosen[inside].mean()
        assert found["remedied_true_positive_rate_change", remedy.name, ("B",)].value == pytest.approx(of_b, abs=1e-12)


def test_no_row_is_decided_by_what_was_fitted_to_it():
    case = scores_lowered(np.random.default_rng(4))
    (tried,) = Tried.each_of(case)
    equal = next(one for one in threshold_remedies("group", ("A", "B"), tried.answers, least=30) if one.name == EQUAL)
    chosen = decisions_of(equal, tried, np.random.default_rng(0))
    for fold in range(5):
        judged = tried.folds == fold
        own = equal.fit(tried.answers.take(~judged), np.random.default_rng(0)).decide(tried.answers.take(judged))
        assert np.array_equal(chosen[judged], own)


def test_rows_of_one_unit_lie_in_one_fold():
    rng = np.random.default_rng(5)
    scores, owners = rng.random(400), np.repeat(np.arange(200), 2)
    case = of_two(
        scores, rng.random(400) < scores, ["AB"[one % 2] for one in owners], units=[f"u{one}" for one in owners]
    )
    (tried,) = Tried.each_of(case)
    assert all(len(set(tried.folds[tried.answers.units == owner])) == 1 for owner in range(200))
    found = measured(case)
    assert "units" in found["remedied_accuracy_change", "equal selection rates by group", ()].interval.method


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_gap_is_mended_for_those_who_had_it(seed):
    found = measured(scores_lowered(np.random.default_rng(seed)))
    assert found[GAP, "none", ("*",)].interval.low > 0.3
    assert found[GAP, EQUAL, ("*",)].interval.high < 0.3
    assert found["remedied_true_positive_rate_change", BEST, ("B",)].interval.low > 0.3
    # What is equal at everybody's rate is so at the cost of those who were served better.
    assert found["remedied_true_positive_rate_change", EQUAL, ("A",)].interval.high < 0
    low = found["remedied_true_positive_rate_change", BEST, ("A",)].interval
    assert low.low <= 0 <= low.high


def test_lots_are_fairlearn_s():
    case = scores_lowered(np.random.default_rng(6))
    (tried,) = Tried.each_of(case)
    answers = tried.answers
    mine = optimised_remedy("group", answers, least=30).fit(answers, np.random.default_rng(7)).decide(answers)

    class Given(BaseEstimator):
        def fit(self, *_):
            return self

        def predict(self, rows):
            return rows[:, 0]

        def __sklearn_is_fitted__(self):
            return True

    about = {"objective": "balanced_accuracy_score", "prefit": True, "predict_method": "predict"}
    theirs = ThresholdOptimizer(estimator=Given(), constraints="equalized_odds", **about)
    column, who = answers.scores.reshape(-1, 1), answers.groups["group"]
    theirs.fit(column, answers.wanted.astype(int), sensitive_features=who)
    seed = int(np.random.default_rng(7).integers(2**32))
    assert np.array_equal(mine, theirs.predict(column, sensitive_features=who, random_state=seed) == 1)
    found = measured(case, lots=True)
    assert found["remedied_equalized_odds_difference", "equalized odds with lots by group", ("*",)].interval.low < 0.05


def test_a_group_with_few_rows_keeps_its_decisions_and_is_told_to():
    rng = np.random.default_rng(8)
    groups = ["A"] * 200 + ["B"] * 200 + ["C"] * 35
    scores = rng.random(435)
    case = of_two(scores, rng.random(435) < scores, groups)
    found = measured(case)
    kept = found["remedied_true_positive_rate_change", EQUAL, ("C",)]
    assert kept.exact
    assert kept.value == 0


def test_too_few_groups_to_fit_to_is_said():
    rng = np.random.default_rng(9)
    scores = rng.random(230)
    found = measured(of_two(scores, rng.random(230) < scores, ["A"] * 200 + ["B"] * 30))
    assert "fewer than two groups" in str(found[GAP, EQUAL, ("*",)].undefined)
    assert found[GAP, "none", ("*",)].undefined is not None or found[GAP, "none", ("*",)].value is not None


def test_too_few_people_are_not_fitted_to():
    rng = np.random.default_rng(10)
    found = measured(of_two(rng.random(90), np.arange(90) % 2 == 0, ["AB"[one % 2] for one in range(90)]))
    assert {one.value for one in found.values()} == {None}
    assert "too few" in str(found[GAP, "none", ("*",)].undefined)


def test_three_classes_and_bare_decisions_have_no_threshold():
    rng = np.random.default_rng(11)
    three = ClassScores(("a", "b", "c"), rng.dirichlet([1, 1, 1], 200))
    with pytest.raises(NotApplicable, match="no single threshold"):
        list(remedies(toy_case(three, ["a"] * 200, {"group": ["A", "B"] * 100})))
    with pytest.raises(NotApplicable, match="two different scores"):
        list(remedies(of_two((rng.random(200) < 0.5) * 1.0, rng.random(200) < 0.5, ["A", "B"] * 100)))


def test_without_a_positive_class_remedies_are_told_of_either_as_gaps_are():
    named = scores_lowered(np.random.default_rng(4))
    groups = {"group": ["AB"[row % 2] for row in range(len(named))]}
    targets = [named.targets.vocabulary[code] for code in named.targets.codes]
    either = [one for one in remedies(toy_case(named.predictions, targets, groups)) if hasattr(one, "metric")]
    assert {one.label for one in either} == {"no", "yes"}
    before = {one.label: one.value for one in either if one.metric == GAP and one.conditions["remedy"] == "none"}
    assert before == {one.label: one.value for one in gaps(toy_case(named.predictions, targets, groups))
                      if getattr(one, "metric", "") == GAP.removeprefix("remedied_")}  # fmt: skip


def test_labels_have_thresholds_of_their_own_up_to_four_of_them():
    rng = np.random.default_rng(12)
    scores = rng.random((300, 2))
    truth = rng.random((300, 2)) < scores
    case = toy_case(LabelScores(("x", "y"), scores), list(truth), {"group": ["A", "B"] * 150})
    labels = {one.label for one in remedies(case) if hasattr(one, "metric")}
    assert labels == {"x", "y"}
    many = LabelScores(tuple("abcde"), rng.random((300, 5)))
    with pytest.raises(NotApplicable, match="labels, and each has thresholds"):
        list(remedies(toy_case(many, list(np.ones((300, 5), dtype=bool)), {"group": ["A", "B"] * 150})))


def test_balanced_rows_leave_out_what_a_group_has_too_many_of():
    # Of A 60 of 80 are positive, of B 20 of 80: of all a half. A keeps 20 of its 60, B 20 of its 60 negatives; of C
    # there are too few of either kind, and the row without a target stays.
    groups = np.repeat([0, 1, 2, 0], [80, 80, 10, 1])
    positive = np.concatenate([np.arange(80) < 60, np.arange(80) < 20, np.arange(10) < 5, [False]])
    known = np.arange(171) < 170
    kept = balanced_rows(groups, positive, known, np.random.default_rng(0))
    counts = {
        (name, side): int(np.count_nonzero(kept & known & (groups == name) & (positive == side)))
        for name in (0, 1, 2)
        for side in (True, False)
    }
    assert counts == {(0, True): 20, (0, False): 20, (1, True): 20, (1, False): 20, (2, True): 5, (2, False): 5}
    assert kept[170]


class FollowsItsTraining:
    """Says how often rows of the same first column were positive in what it was taught."""

    def __init__(self, shares=None):
        self.shares = shares

    def fit(self, split, rng):  # noqa: ARG002  as every model's
        column, positive = split.inputs["b"].to_numpy(), split.targets.codes == split.targets.vocabulary.index("yes")
        return FollowsItsTraining({value: positive[column == value].mean() for value in (0, 1)})

    def predict(self, inputs):
        yes = inputs["b"].map(self.shares).to_numpy(dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_history(rng, rows=400):
    """Half are of B, of whom a quarter is positive, and three quarters of A; the inputs tell the group alone."""
    b = np.arange(rows) % 2
    targets = np.where(rng.random(rows) < np.where(b, 0.25, 0.75), "yes", "no").tolist()
    return {"b": b}, targets, {"group": np.where(b, "B", "A").tolist()}


def test_a_model_that_learnt_the_group_forgets_it_when_trained_on_balanced_rows():
    rng, model = np.random.default_rng(13), FollowsItsTraining({0: 0.7, 1: 0.3})
    sides = []
    for _ in range(2):
        inputs, targets, groups = of_history(rng)
        frame = pd.DataFrame(inputs)
        noise = np.clip(model.predict(frame).scores + rng.normal(0, 0.01, (len(frame), 1)) * [1, -1], 0, 1)
        sides.append(toy_case(ClassScores(("no", "yes"), noise), targets, groups, positive="yes", inputs=frame))
    case = with_model(with_splits(sides[0], training=sides[1]), model)
    found = measured(case, retrain=True)
    gap = "remedied_demographic_parity_difference"
    assert found[gap, "none", ("*",)].value == 1.0
    assert found[gap, "trained anew by group", ("*",)].value == 1.0
    assert found[gap, "trained on balanced rows by group", ("*",)].value == 0.0


def test_what_cannot_be_trained_anew_is_said_with_what_to_leave_out():
    case = scores_lowered(np.random.default_rng(14))
    with pytest.raises(NotApplicable, match="no model can be trained anew") as refused:
        measured(case, retrain=True)
    assert "leave out retrain" in refused.value.hint


def test_known_cases_are_put_to_thresholds_whatever_else_is_asked_for():
    check = Host.installed().checks["fairness.remedies"]
    options = validate_options(check.run, {"lots": True, "retrain": True}, owner=check.id)
    for known in check.controls:
        assert run_control(check, known, options, level=0.95)[0].passed
