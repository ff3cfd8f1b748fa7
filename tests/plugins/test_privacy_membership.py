"""`privacy.membership`: who takes part, what is believed, and what is said of whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from sklearn.metrics import roc_auc_score

from auditkit import Chart, ClassScores, Control, Finding, LabelScores, Measurement, NotApplicable, Table, Text, Values
from auditkit.checks.asking import ask
from auditkit.judging import judge
from auditkit.policy import Policy, Rule
from auditkit.statistics import Auc, resolution
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.membership import membership
from auditkit_privacy.people.members import NEAR_ROW, SAME_PERSON, SAME_ROW, Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.twins import alike
from auditkit_privacy.reach import rates
from auditkit_privacy.reach.choosing import Strongest, strongest
from auditkit_privacy.reach.ranked import Ranked
from auditkit_privacy.validity import blind, caution, chance
from auditkit_privacy.validity.blind import Blind
from auditkit_privacy.validity.gates import Gates

AUC = "membership_auc"


def side(rows, *, seed, shift=0.0, moved=0.0, **fields):
    """Rows of two classes whose log odds are normal; `shift` is of the model, `moved` of the people."""
    rng = np.random.default_rng([7, seed])
    odds = rng.normal(size=rows) + shift
    second = rng.random(rows) < 0.5
    true = special.expit(odds)
    yes = np.where(second, true, 1 - true)
    inputs = pd.DataFrame({"age": rng.normal(size=rows) + moved, "pressure": rng.normal(size=rows)})
    scores = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    targets = np.where(second, "yes", "no").tolist()
    return toy_case(scores, targets, fields.pop("groups", None), positive="yes", inputs=inputs, **fields)


def both(rows=150, *, others=None, shift=1.0, moved=0.0, seed=1, **fields):
    audit = side(others or rows, seed=2 * seed, **fields)
    return with_splits(audit, training=side(rows, seed=2 * seed + 1, shift=shift, moved=moved, **fields))


def said(case, *, own_controls=False):
    return ask(membership, replace(case, is_control=not own_controls), {})


def table(readings, beginning):
    return next(one for one in readings if isinstance(one, Table) and str(one.title).startswith(beginning))


def judged(readings, **rule):
    finding = Finding(
        check="privacy.membership", title=Text.of("x"), text=Text.of("x"), status="measured",
        measurements=readings.measurements,
    )  # fmt: skip
    rule = Rule(metric=AUC, max=0.6, because="a test", **rule).identified()
    return judge(Policy(rules=(rule,)), [finding], ["training"], date(2026, 1, 1)).judgements[0].outcome


def test_a_model_that_remembers_is_found_and_fails_the_baseline_rule():
    readings = said(both(shift=1.5))
    found = readings.of(AUC, conditions={}, label=None)[0]
    wanted = stats.norm.cdf(1.5 / np.sqrt(2))
    assert found.interval.low < wanted < found.interval.high
    assert found.interval.low > 0.6
    assert found.n == 150
    assert judged(readings) == "fail"
    each = {one.conditions["attack"] for one in readings.of(AUC) if one.conditions}
    assert each == {"scaled logit", "loss", "modified entropy", "hinge", "quantile"}


def test_where_every_audit_row_was_trained_on_nobody_is_left_to_compare_with():
    case = side(60, seed=4)
    with pytest.raises(NotApplicable) as caught:
        said(with_splits(case, training=side(60, seed=4)))
    words = str(Text.of(caught.value.message, **caught.value.params))
    assert words == f"no member is left to tell from others: of 60 of 60 training rows, {SAME_ROW}"
    assert caught.value.hint == "audit people whom the model was not trained on"
    trained = side(60, seed=5, units=[f"p{row}" for row in range(60)])
    with pytest.raises(NotApplicable, match="nobody is left whom the model was not trained on"):
        said(with_splits(side(30, seed=6, units=["p0"] * 30), training=trained))


def test_a_model_that_does_not_remember_passes_with_an_interval_that_says_so():
    readings = said(both(rows=600, shift=0.0))
    assert readings.of(AUC, conditions={}, label=None)[0].value == pytest.approx(0.5, abs=0.05)
    assert judged(readings) == "pass"


def test_too_few_rows_are_inconclusive_and_never_a_pass():
    assert judged(said(both(rows=25, shift=0.0))) == "inconclusive"
    readings = said(both(rows=9, shift=3.0))
    assert readings.of(AUC, conditions={})[0].value is None
    assert judged(readings) == "inconclusive"


def test_people_of_another_kind_are_no_evidence_for_or_against_the_model():
    readings = said(both(shift=2.0, moved=2.0))
    found = readings.of(AUC, conditions={}, label=None)[0]
    assert found.value is None
    assert "confounded" in str(found.undefined)
    assert judged(readings) == "inconclusive"
    assert judged(readings, conditions={"attack": "loss"}) == "inconclusive"
    assert all(one.value is None for one in readings.measurements)
    shown = table(readings, "What each attack says")
    assert "cannot be held for or against" in str(shown.title)
    assert next(row[2] for row in shown.rows) > 0.8
    gate = table(readings, "Whether").rows[0]
    assert str(gate[2]) == "NOT PASSED"


@pytest.mark.parametrize("rows", [12, 20])
def test_the_blind_baseline_sees_what_few_rows_plainly_show(rows):
    """Trees with the usual leaves of 20 rows have none to split here, and would call every split alike."""
    readings = said(both(rows=rows, shift=3.0, moved=4.0))
    assert "confounded" in str(readings.of(AUC, conditions={}, label=None)[0].undefined)
    assert judged(readings) == "inconclusive"


def test_where_the_baseline_may_reach_as_far_as_the_attack_nothing_is_held_against_the_model():
    case = both(rows=100, shift=1.5)
    area = Auc(0.6, 0.01, 0.45, 0.99, "delong, logit", 100, 100)
    measured = said(case).measurements
    members = Members.of(case)
    nothing = Sides(np.full(100, np.nan), np.full(100, np.nan))
    best = Strongest(0.86, 0.79, 0.9, 0.001, {"loss": 20})
    unsure = Gates(members, Blind(area, 0.1, nothing, 200), None, best, is_control=False)
    kept = list(caution.told(measured, unsure))
    for before, after in zip(measured, kept, strict=True):
        assert (after.value, after.n) == (before.value, before.n)
        if before.interval is not None:
            assert after.interval.high == before.interval.high
            assert after.interval.low <= (0.5 if before.metric == AUC else 0.1)
    assert str(unsure.table().rows[1][2]) == "NOT PASSED"
    sure = replace(unsure, blind=replace(unsure.blind, area=replace(area, high=0.6)))
    strong = [one for one in measured if one.metric == AUC and one.interval and one.interval.low > 0.6]
    assert strong
    assert list(caution.told(strong, sure)) == strong
    assert str(sure.table().rows[1][2]) == "passed"


def test_without_inputs_nobody_can_look_and_nothing_is_judged():
    case = both(shift=2.0)
    bare = [toy_case(one.predictions, one.targets.labels(), positive="yes") for one in (case, case.training)]
    readings = said(with_splits(bare[0], training=bare[1]))
    assert judged(readings) == "inconclusive"
    assert "inputs" in str(readings.of(AUC, conditions={})[0].undefined)


def test_there_is_nothing_to_say_without_training_rows_or_truth():
    case = both()
    with pytest.raises(NotApplicable, match=r"no \{split\} rows"):
        said(side(50, seed=1))
    untold = toy_case(case.predictions, inputs=case.inputs)
    with pytest.raises(NotApplicable, match="no target"):
        said(with_splits(untold, training=case.training))


def test_within_strata_of_the_blind_scores_only_what_the_model_tells_is_left():
    rng = np.random.default_rng(3)
    kind = rng.normal(size=4_000)
    member = rng.random(4_000) < special.expit(2 * kind)
    apart = Sides(kind[member], kind[~member])
    of_kind = Sides(*(one + rng.normal(size=len(one)) for one in (apart.inside, apart.outside)))
    assert blind.within_strata(of_kind, apart, level=0.95)[0] < 0.6 < roc_auc_score(member, kind)
    of_both = Sides(of_kind.inside + 2, of_kind.outside)
    value, low, high = blind.within_strata(of_both, apart, level=0.95)
    assert 0.8 < low < value < high
    nothing = Sides(np.full(5, np.nan), np.full(5, np.nan))
    assert blind.within_strata(nothing, nothing, level=0.95) is None


def test_rows_people_and_near_copies_on_both_sides_belong_to_neither():
    rows = pd.DataFrame({"age": [41.0, 50.0, 60.0, 70.0, 80.0], "note": [*"abcde"]})
    others = pd.DataFrame({"age": [41.0, 50.0001, 61.0, 71.0, 81.0], "note": ["a", "B.", "x", "y", "z"]})
    scores = ClassScores(("no", "yes"), np.full((5, 2), 0.5))
    training, audit = (
        toy_case(scores, ["no"] * 4 + [None], inputs=inputs, units=units)
        for inputs, units in ((rows, ["p", "q", "r", "s", "t"]), (others, ["u", "v", "r", "w", "x"]))
    )
    found = Members.of(with_splits(audit, training=training))
    assert found.left_out[SAME_ROW] == (1, 1)
    assert found.left_out[NEAR_ROW] == (1, 1)
    assert found.left_out[SAME_PERSON] == (1, 1)
    assert [len(found.members), len(found.others)] == [1, 1]
    assert found.members.inputs["age"].tolist() == [70.0]
    assert found.twins_seen


def test_texts_are_alike_when_they_share_four_phrases_in_five():
    words = [f"word{place}" for place in range(30)]
    text = " ".join(words)
    one_changed = " ".join([*words[:29], "other"])
    half_changed = " ".join([*words[:15], *(f"new{place}" for place in range(15))])
    ours = np.array([one_changed, half_changed, "something else altogether and at length"], dtype=object)
    assert alike(ours, np.array([text, "nothing"], dtype=object)).tolist() == [True, False, False]


def test_the_strongest_is_chosen_and_judged_on_different_halves():
    rng = np.random.default_rng(5)
    noise = {f"luck {place}": Sides(*rng.normal(size=(2, 60))) for place in range(40)}
    best_in_hindsight = max(roc_auc_score([1] * 60 + [0] * 60, one.joined) for one in noise.values())
    found = strongest(noise, units=None, level=0.95, rng=np.random.default_rng(0))
    assert best_in_hindsight > 0.6  # what would be told if it were chosen and judged on the same rows
    assert found.low < 0.5 < found.high
    assert found.value < best_in_hindsight - 0.03
    assert sum(found.chosen.values()) == 20
    real = noise | {"real": Sides(rng.normal(size=60) + 2, rng.normal(size=60))}
    found = strongest(real, units=None, level=0.95, rng=np.random.default_rng(0))
    assert found.name == "real"
    assert found.chosen["real"] == 20
    assert found.p_value < 1e-4
    assert strongest({"a": Sides(np.ones(4), np.ones(40))}, units=None, level=0.95, rng=rng) is None


def test_rows_of_one_person_are_in_one_half_and_make_the_interval_longer():
    rng = np.random.default_rng(6)
    people = rng.normal(size=60)
    scores = np.repeat(people, 10) + 0.1 * rng.normal(size=600)
    sides = {"one": Sides(scores[:300], scores[300:])}
    units = Sides(np.repeat(np.arange(30), 10), np.repeat(np.arange(30, 60), 10))
    alone = strongest(sides, units=None, level=0.95, rng=np.random.default_rng(0))
    shared = strongest(sides, units=units, level=0.95, rng=np.random.default_rng(0))
    assert shared.high - shared.low > 2 * (alone.high - alone.low)
    assert shared.p_value > alone.p_value


def test_areas_of_places_are_those_of_scikit_learn():
    rng = np.random.default_rng(8)
    scores, member = rng.integers(0, 9, 200).astype(float), rng.random(200) < 0.4
    rows = rng.random(200) < 0.5
    scores[3] = np.nan
    kept = rows & ~np.isnan(scores)
    assert Ranked.of(scores).area(member, np.flatnonzero(rows)) == pytest.approx(
        roc_auc_score(member[kept], scores[kept])
    )


def test_chance_is_that_of_the_rank_sum_test():
    rng = np.random.default_rng(9)
    scores, member = rng.integers(0, 20, 300).astype(float), np.arange(300) < 120
    scores[member] += 1
    # scipy has the same variance with its correction for ties.
    known = stats.mannwhitneyu(scores[member], scores[~member], alternative="greater", use_continuity=False)
    area = roc_auc_score(member, scores)
    assert chance.upper_tail(area - 0.5, chance.chance_variance(scores, member)) == pytest.approx(
        known.pvalue, rel=1e-9
    )
    assert chance.permutation_p(scores, member, None, rng) == pytest.approx(known.pvalue, abs=0.03)
    # Six rows, of which the three members are the highest: one of twenty ways.
    p_value = chance.permutation_p(np.arange(6.0), np.arange(6) > 2, None, np.random.default_rng(0))
    assert p_value == pytest.approx(1 / 20, abs=0.02)
    twice = chance.permutation_p(
        np.repeat(np.arange(6.0), 5),
        np.repeat(np.arange(6) > 2, 5),
        np.repeat(np.arange(6), 5),
        np.random.default_rng(0),
    )
    assert twice == pytest.approx(1 / 20, abs=0.02)


def test_the_tail_is_the_share_beyond_all_but_a_few_members():
    inside = np.arange(100.0)
    assert rates.tail_count(inside, np.array([-1.0, 0.5, 1.0, 50.0]), 0.01) == 2
    # Of normal scores: Phi of the members' quantile, one standard deviation above the others.
    members = stats.norm.ppf((np.arange(10_000) + 0.5) / 10_000) + 1
    others = stats.norm.ppf((np.arange(10_000) + 0.5) / 10_000)
    assert rates.tail_count(members, others, 0.01) / 10_000 == pytest.approx(stats.norm.cdf(1 - 2.326348), abs=2e-3)


def test_rates_are_told_where_the_others_carry_them_and_are_the_analytic_ones():
    readings = said(both(rows=600, shift=1.0))
    at_ten, at_one = (readings.of(f"membership_tpr_at_fpr_{fpr}")[0] for fpr in ("0.1", "0.01"))
    assert at_ten.interval.low < stats.norm.cdf(1 - 1.281552) < at_ten.interval.high
    assert at_one.interval.low < 0.092362 < at_one.interval.high
    assert "600 others cannot resolve" in str(readings.of("membership_tpr_at_fpr_0.001")[0].undefined)
    advantage = readings.of("membership_advantage")[0]
    assert advantage.interval.low < 0.382925 < advantage.interval.high


def test_curves_on_log_axes_begin_where_the_others_carry_the_rate():
    for others in (390, 400, 3900):
        least = rates.least_resolved(others)
        assert resolution(least, others).is_sound
        assert not any(resolution(least * share, others).is_sound for share in (0.25, 0.5, 0.75, 0.9, 0.99))
    # 1% of 390 others and 0.1% of 3,900 are the fewest that carry them.
    assert rates.least_resolved(390) < 0.01 < rates.least_resolved(380)
    assert rates.least_resolved(3900) < 0.001 < rates.least_resolved(3800)
    assert rates.least_resolved(1) is None
    (chart,) = (one for one in said(both(rows=600, shift=1.0)) if isinstance(one, Chart))
    assert chart.kind == "log_roc"
    names = [name for line in chart.series for name in line.name.split(", ")]
    assert sorted(names) == sorted({"scaled logit", "loss", "modified entropy", "hinge", "quantile"})
    assert len(chart.series) == 2  # of two classes, four signals order the rows alike
    for line in chart.series:
        assert min(line.x) * 600 == pytest.approx(4, rel=1e-4)
        assert max(line.x) == max(line.y) == 1
    at_ten = np.interp(0.1, chart.series[0].x, chart.series[0].y)
    assert at_ten == pytest.approx(stats.norm.cdf(1 - 1.281552), abs=0.1)


def test_small_classes_are_withheld_with_the_smallest_of_the_others():
    def of_classes(seed, shift):
        rng = np.random.default_rng(seed)
        target = np.repeat(np.arange(4), [90, 40, 15, 5])
        odds = rng.normal(size=(150, 4)) + shift * np.eye(4)[target]
        scores = ClassScores(tuple("abcd"), special.softmax(odds, axis=1))
        inputs = pd.DataFrame({"age": rng.normal(size=150)})
        return toy_case(scores, np.array(list("abcd"))[target].tolist(), positive="a", inputs=inputs)

    readings = said(with_splits(of_classes(1, 1.0), training=of_classes(2, 1.5)))
    shown = {one.label: one for one in readings.of(AUC) if one.label is not None}
    assert {name for name, one in shown.items() if one.suppressed} == {"c", "d"}
    assert [shown[name].n is None for name in "abcd"] == [False, False, True, True]


def test_small_groups_are_withheld_with_the_smallest_of_the_others():
    groups = {"site": ["a"] * 80 + ["b"] * 40 + ["c"] * 25 + ["d"] * 5}
    readings = said(both(groups=groups))
    shown = {one.group["site"]: one for one in readings.of(AUC) if one.group}
    assert {name for name, one in shown.items() if one.suppressed} == {"c", "d"}
    assert shown["c"].n is None
    assert shown["a"].n == 80
    assert shown["a"].interval.simultaneous
    assert judged(readings, group="site") in {"fail", "inconclusive"}


def test_records_are_named_by_their_salted_digests_alone():
    case = both()
    assert not [one for one in said(case) if isinstance(one, Table) and "digests" in str(one.title)]
    digests = tuple(f"{place:064x}" for place in range(150, 300))
    training = case.training
    training._columns()["row_digests"] = digests
    salted = replace(case, _kept={}, _whole={})
    key = case.keys["training"][0]
    stored = dict(case.store.get(key)) | {"row_digests": digests}
    case.store.put("salted", stored)
    salted = replace(salted, keys={**case.keys, "training": ("salted", case.keys["training"][1])})
    shown = table(said(salted), "The most exposed records")
    assert len(shown.rows) == 20
    assert all(row[0] in {digest[:16] for digest in digests} for row in shown.rows)
    assert [row[1] for row in shown.rows] == sorted(row[1] for row in shown.rows)


def test_the_negative_control_passes_and_is_carried():
    readings = said(both(), own_controls=True)
    control = next(one for one in readings if isinstance(one, Control))
    assert control.passed
    assert "fitted anew" in str(control.observed)


def test_labels_without_scores_allow_the_gap_attack_alone():
    rng = np.random.default_rng(1)
    targets = [["no", "yes"][place] for place in rng.integers(0, 2, 200)]
    sides = []
    for seed, right in ((2, 0.7), (3, 1.0)):
        kept = np.random.default_rng(seed).random(200) < right
        told = [(one == "yes") == good for one, good in zip(targets, kept, strict=True)]
        scores = np.array([[1 - yes, yes] for yes in told], dtype=float)
        draw = np.random.default_rng(seed + 10)
        inputs = pd.DataFrame({name: draw.normal(size=200) for name in ("age", "pressure")})
        sides.append(toy_case(ClassScores(("no", "yes"), scores, "label"), targets, positive="yes", inputs=inputs))
    readings = said(with_splits(sides[0], training=sides[1]))
    told = {one.conditions["attack"]: one.value for one in readings.of(AUC) if one.conditions and one.label is None}
    assert list(told) == ["correctness"]
    wrong = 1 - np.mean(np.random.default_rng(2).random(200) < 0.7)
    assert told["correctness"] == pytest.approx(0.5 + wrong / 2)


@pytest.mark.parametrize("kind", ["values", "labels"])
def test_numbers_and_several_labels_are_attacked_by_their_loss(kind):
    rng = np.random.default_rng(4)
    sides = []
    for error in (2.0, 0.2):
        inputs = pd.DataFrame({"age": rng.normal(size=200)})
        if kind == "values":
            truth = rng.normal(size=200)
            made = Values(truth + error * rng.normal(size=200))
            sides.append(toy_case(made, truth=Values(truth), inputs=inputs))
        else:
            flags = rng.random((200, 3)) < 0.5
            chances = np.clip(special.expit(rng.normal(size=(200, 3)) + 2 / error * (2 * flags - 1)), 0, 1)
            sides.append(toy_case(LabelScores(("a", "b", "c"), chances), flags, inputs=inputs))
    readings = said(with_splits(sides[0], training=sides[1]))
    assert readings.of(AUC, conditions={})[0].interval.low > 0.8


def test_every_measurement_has_its_card():
    cards = {card.name for card in membership.metrics}
    assert {one.metric for one in said(both()).measurements if isinstance(one, Measurement)} == cards


def test_of_a_side_without_rows_nothing_is_learnt_whatever_its_inputs_hold():
    said = ClassScores(("no", "yes"), np.full((4, 2), 0.5))
    notes = pd.DataFrame({"note": ["a cough at night", "no fever", "a fall", "well again"]})
    case = toy_case(said, ["no", "yes", "no", "yes"], inputs=notes)
    nobody = case.narrowed(np.array([], dtype=np.int64))
    found = blind.fit_blind(nobody, nobody)
    assert len(found.joined) == 0
    assert np.isnan(blind.fit_blind(case, nobody).inside).all()
