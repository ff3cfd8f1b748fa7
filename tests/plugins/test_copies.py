"""Copies, leakage and label noise: by hand, by brute force, and beside ImageHash and cleanlab."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from auditkit import ClassScores, NotApplicable, Rankings, Values
from auditkit.checks.asking import ask
from auditkit.errors import AuditError
from auditkit.testing import toy_case, with_splits
from auditkit_data_quality.alike import Rows, column_of
from auditkit_data_quality.confident import by_chance, confident
from auditkit_data_quality.copies import accept_tolerance, duplicates
from auditkit_data_quality.hashed import looks_of
from auditkit_data_quality.label_noise import label_noise
from auditkit_data_quality.leakage import leakage
from auditkit_data_quality.target_leakage import target_leakage

TOLERANCE = {"tolerance": 0.01}
LEAKS = TOLERANCE | {"site": ""}


def case_of(inputs, targets=None, **about):
    rows = len(inputs)
    return toy_case(ClassScores(("no", "yes"), np.full((rows, 2), 0.5)), targets, inputs=inputs, **about)


def texts(*cells):
    return pd.Series(list(cells), dtype=object)


def pairs_of(*columns):
    rows = Rows([column_of(cells, 0.01) for cells in columns], (len(columns[0]),))
    return set(zip(*(part.tolist() for part in rows.near()), strict=True))


# What is alike.


def test_texts_are_near_as_their_phrases_by_brute_force_say():
    rng = np.random.default_rng(1)
    notes = []
    for _ in range(40):
        words = [f"w{word}" for word in rng.integers(0, 500, 60)]
        for changes in (0, 1, 2, 3, 4):
            other = list(words)
            for place in rng.choice(60, changes, replace=False):
                other[place] = f"x{rng.integers(10**6)}"
            notes.append(" ".join(other))
    phrases = [{tuple(words[at : at + 3]) for at in range(58)} for words in map(str.split, notes)]
    wanted = {
        (one, other)
        for one, other in itertools.combinations(range(len(notes)), 2)
        if len(phrases[one] & phrases[other]) / len(phrases[one] | phrases[other]) >= 0.8
    }
    assert 40 < len(wanted) < 400
    assert pairs_of(notes) == wanted


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("Seen for fever, cough and a rash since Monday; sent home", "seen for FEVER cough and a rash since monday", 1),
        ("fever cough and a rash since monday and sent home", "home sent and monday since rash a and cough fever", 0),
        ("fever cough and a rash since monday and sent home", "pain in the left knee after a fall at work", 0),
        ("患者昨日起发热伴咳嗽,体温三十九度,已退热处理", "患者昨日起发热伴咳嗽,体温三十九度,已经退热处理", 1),
        ("患者昨日起发热伴咳嗽,体温三十九度,已退热处理", "患者腹痛两天,无发热,右下腹压痛,建议手术治疗", 0),
    ],
)  # fmt: skip
def test_short_notes_and_those_without_spaces_go_by_words_in_their_order_and_characters(one, other, is_near):
    assert bool(pairs_of([one, other])) == bool(is_near)


def test_numbers_are_near_within_the_tolerance_of_every_column():
    rng = np.random.default_rng(2)
    table = rng.normal(50.0, 10.0, (300, 6))
    away = rng.choice([0.4, 0.9, 1.2, 3.0], (150, 6), p=[0.5, 0.4, 0.05, 0.05])
    table[150:] = table[:150] + away * 0.01 * table[:150].std(axis=0) * rng.choice([-1, 1], (150, 6))
    steps = 0.01 * table.std(axis=0)
    wanted = {
        (one, other)
        for one, other in itertools.combinations(range(300), 2)
        if (np.abs(table[one] - table[other]) <= steps).all()
    }
    assert 50 < len(wanted) < 150
    assert pairs_of(*map(list, table.T)) == wanted


def test_what_is_missing_is_like_what_is_missing_alone():
    assert pairs_of([1.0, 1.0, None, None, 5.0], list("abccd")) == set()  # a and b differ; the two empty rows are equal
    assert len(Rows([column_of([1.0, None, None], 0.01)], (3,)).clusters(nearly=False).tolist()) == 3


def waves():
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    return [np.uint8(127 + 120 * np.sin(x / (3 + k)) * np.cos(y / (5 + 2 * k) + k)) for k in range(6)]


IMAGEHASH = [  # ImageHash 4.3.2, phash
    "fefeeefe01010111", "ed03fcbc02ac43bc", "a507d8f8f858785a", "f00f0ff00ff00ff0", "e01f1fe41fe11ea0",
    "e0e01f1c1f1d1fd2",
]  # fmt: skip


def test_perceptual_hashes_are_those_of_imagehash():
    found = looks_of(waves())
    assert [f"{int(one):016x}" for one in found.hashes] == IMAGEHASH
    assert found.has_marks.all()


def test_pictures_that_are_lit_otherwise_are_near_and_even_ones_are_not():
    one, *others = waves()
    darker = np.uint8(one * 0.8 + 5)
    even = [np.full((48, 64), grey, dtype=np.uint8) for grey in (90, 91)]
    assert pairs_of([one, darker, *others, *even]) == {(0, 1)}


# Copies among the audit rows.


def test_copies_contradictions_and_clusters_by_hand():
    notes = texts("a", "a", "a", "b", "b", "c", "d", "e", "f", "g")
    distinct = [f"{word} was seen at number {place} today" for place, word in enumerate(notes)]
    for place, first in ((1, 0), (2, 0), (4, 3)):
        distinct[place] = distinct[first]
    found = ask(duplicates, case_of(texts(*distinct), ["yes", "yes", "no", *["yes"] * 7]), TOLERANCE)
    assert found.value("duplicate_rate") == 0.5
    assert found.value("near_duplicate_rate") == 0.5
    assert found.value("contradiction_rate") == 0.3
    assert found.value("independent_row_share") == 0.7


def test_copies_count_as_one_observation_and_a_few_values_say_nothing():
    rng = np.random.default_rng(3)
    numbers = np.repeat(rng.normal(size=(50, 3)), 2, axis=0)
    table = pd.DataFrame(numbers, columns=list("abc"))
    (found,) = ask(duplicates, case_of(table), TOLERANCE).of("duplicate_rate", group={})
    assert (found.value, found.n, found.people) == (1.0, 100, 50)
    coarse = pd.DataFrame({"sex": ["F", "M"] * 50, "ward": ["n", "s"] * 50})
    (unsaid,) = ask(duplicates, case_of(coarse), TOLERANCE).of("duplicate_rate", group={})
    assert unsaid.value is None
    assert "by chance" in unsaid.undefined.msgid


def test_dates_are_no_texts_and_copies_do_not_explain_themselves():
    days = [f"2026-01-{1 + row % 28:02}T09:30:00" for row in range(60)]
    (unsaid,) = ask(duplicates, case_of(pd.DataFrame({"day": days})), TOLERANCE).of("duplicate_rate", group={})
    assert unsaid.value is None
    table = pd.DataFrame({"dose": np.random.default_rng(3).normal(size=60), "sex": ["F", "M"] * 30})
    found = ask(leakage, with_splits(case_of(table), training=case_of(table)), LEAKS)
    assert found.value("exact_leakage_rate") == 1.0


@pytest.mark.parametrize(
    "cells", [["half \ud800 a character, and more of it"] * 30, [1e300, -1e300, np.inf] * 10, [None] * 30, [""] * 30]
)
def test_strange_cells_are_looked_at(cells):
    assert len(Rows([column_of(cells, 0.01)], (30,)).clusters(nearly=True)) == 30


def test_users_are_compared_by_what_they_had_to_do_with():
    had = [[f"i{place}" for place in range(first, first + 6)] for first in (0, 0, 20, 40, 60)]
    had[4][3:] = [None, None, None]
    had.append(had[4])
    users = tuple(f"u{place}" for place in range(6))
    said = Rankings(users, np.array(had, dtype=object))
    found = ask(duplicates, toy_case(said, truth=said), TOLERANCE)
    assert found.value("duplicate_rate") == 2 / 6  # two users of three items each are like nobody


def test_recorded_predictions_without_inputs_have_nothing_to_look_at():
    case = case_of(pd.DataFrame({"p_no": [0.5] * 4, "p_yes": [0.5] * 4}))
    case = replace(case, settings=replace(case.settings, recorded=("p_no", "p_yes")))
    with pytest.raises(NotApplicable, match="without the inputs"):
        ask(duplicates, case, TOLERANCE)


@pytest.mark.parametrize("tolerance", [-0.1, 2.0, float("nan")])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(AuditError, match="tolerance"):
        accept_tolerance(tolerance=tolerance)


# Training and audit.


def test_leaked_rows_people_sites_and_times_by_hand():
    rng = np.random.default_rng(4)
    inside, outside = (pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc")) for _ in range(2))
    outside.iloc[:4] = inside.iloc[:4]
    outside.iloc[4:6] = inside.iloc[4:6] + 1e-4
    dates = [f"2026-02-{1 + row % 28:02}" for row in range(40)]
    audit = case_of(
        outside, ["yes"] * 40, groups={"site": ["north"] * 10 + ["south"] * 30}, period=["2026-01-31", *dates[1:]],
        units=[f"p{row + 37}" for row in range(40)], min_group_size=5,
    )  # fmt: skip
    training = case_of(
        inside, ["yes"] * 40, groups={"site": ["north"] * 40}, period=["2026-02-01"] * 40,
        units=[f"p{row}" for row in range(40)],
    )  # fmt: skip
    found = ask(leakage, with_splits(audit, training=training), LEAKS | {"site": "site"})
    for metric, count in (
        ("exact_leakage_rate", 4), ("near_leakage_rate", 6), ("unit_leakage_rate", 3), ("site_leakage_rate", 10),
        ("earlier_row_rate", 1),
    ):  # fmt: skip
        (one,) = found.of(metric, group={})
        assert one.value == count / 40, metric
    plain = with_splits(case_of(outside), training=case_of(inside))
    (one,) = ask(leakage, plain, LEAKS).of("exact_leakage_rate", group={})
    wanted = stats.binomtest(4, 40).proportion_ci(method="exact")
    assert (one.interval.low, one.interval.high) == pytest.approx((wanted.low, wanted.high))


def test_what_leaks_add_to_the_accuracy_is_all_rows_less_those_that_are_new():
    inside = pd.DataFrame(np.random.default_rng(5).normal(size=(60, 3)), columns=list("abc"))
    outside = pd.DataFrame(np.random.default_rng(6).normal(size=(60, 3)), columns=list("abc"))
    outside.iloc[:20] = inside.iloc[:20]
    yes = np.full(60, 0.9)
    targets = ["yes"] * 18 + ["no"] * 2 + ["yes"] * 20 + ["no"] * 20  # 18 of 20 right, then 20 of 40
    said = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    audit = toy_case(said, targets, inputs=outside)
    (found,) = ask(leakage, with_splits(audit, training=case_of(inside)), LEAKS).of("accuracy_from_leakage")
    assert found.value == pytest.approx(38 / 60 - 20 / 40)
    assert 0 < found.interval.low < found.value < found.interval.high


def test_interactions_that_are_to_be_foretold_stand_in_the_training():
    truth = Rankings(("a", "b"), np.array([["i1", "i2"], ["i3", None]], dtype=object))
    before = Rankings(("a", "c"), np.array([["i2", "i9"], ["i3", None]], dtype=object))
    case = with_splits(toy_case(truth, truth=truth), training=toy_case(before, truth=before))
    assert ask(leakage, case, LEAKS).value("leaked_interaction_rate") == (1 / 2 + 0) / 2


def test_a_column_that_tells_the_target_is_measured_as_its_area():
    rng = np.random.default_rng(7)
    targets = rng.random(200) < 0.4
    table = pd.DataFrame({"score": rng.normal(size=200) - 2 * targets, "noise": rng.normal(size=200)})
    table["day of death"] = np.where(targets, rng.integers(1, 99, 200), np.nan)
    table["id"] = pd.Series([f"n{row}" for row in range(200)], dtype=object)
    labels = np.where(targets, "yes", "no").tolist()
    found = ask(target_leakage, case_of(table, labels, positive="yes"), {})
    by_column = {one.conditions["column"]: one for one in found.of("single_column_auc")}
    assert by_column["score"].value == pytest.approx(1 - roc_auc_score(targets, table["score"]))
    assert by_column["day of death"].value == 1.0
    assert (
        max(by_column[name].interval.low for name in ("noise", "id")) < 0.5 < found.value("largest_single_column_auc")
    )


def test_a_number_that_is_to_be_told_is_told_by_its_own_copy():
    truth = np.random.default_rng(8).normal(size=80)
    table = pd.DataFrame({"copy": truth * 2, "other": np.random.default_rng(9).normal(size=80)})
    case = toy_case(Values(truth), truth=Values(truth), inputs=table)
    assert ask(target_leakage, case, {}).value("largest_single_column_auc") == 1.0


# Label noise.


def mixed_up():
    rng = np.random.default_rng(7)
    scores = rng.dirichlet([0.6] * 3, size=120)
    true = (rng.random(120)[:, None] > np.cumsum(scores, 1)[:, :-1]).sum(1)
    return np.where(np.arange(120) % 6 == 0, (true + 1) % 3, true), scores


CLEANLAB = {  # cleanlab 2.9.0 on the same: compute_confident_joint(calibrate=False), find_label_issues, quality scores
    "joint": [[23, 9, 7], [7, 21, 7], [4, 12, 17]],
    "issues": [0, 7, 12, 13, 14, 18, 20, 21, 22, 24, 30, 33, 36, 37, 40, 42, 43, 44, 52, 54, 57, 60, 68, 69, 71, 73, 77,
               78, 79, 84, 88, 89, 90, 93, 94, 95, 96, 97, 101, 103, 105, 108, 109, 111, 114, 115],
    "self_confidence": 0.47753736830125365,
    "normalized_margin": 0.5310394785105571,
}  # fmt: skip


def test_confident_learning_by_hand():
    scores = np.array([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2], [0.2, 0.8], [0.4, 0.6], [0.05, 0.95]])
    found = confident(np.array([0, 0, 1, 1, 1, 0]), scores)
    assert found.thresholds == pytest.approx([(0.9 + 0.7 + 0.05) / 3, (0.2 + 0.8 + 0.6) / 3])
    assert found.joint.tolist() == [[2, 1], [1, 2]]
    assert np.flatnonzero(found.likely_wrong).tolist() == [2, 5]
    assert found.noise(np.array([3, 3])) == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]))


def test_confident_learning_agrees_with_cleanlab():
    found = confident(*mixed_up())
    assert found.joint.tolist() == CLEANLAB["joint"]
    assert np.flatnonzero(found.likely_wrong).tolist() == CLEANLAB["issues"]
    assert found.self_confidence.mean() == pytest.approx(CLEANLAB["self_confidence"])
    assert found.margin.mean() == pytest.approx(CLEANLAB["normalized_margin"])


def test_confident_learning_agrees_with_cleanlab_where_it_is_installed():
    count, issues = pytest.importorskip("cleanlab.count"), pytest.importorskip("cleanlab.filter")
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scores = rng.dirichlet(np.full(4, 0.5), size=200)
        labels = np.concatenate([np.arange(4), rng.integers(0, 4, 196)])
        found = confident(labels, scores)
        assert np.array_equal(found.joint, count.compute_confident_joint(labels, scores, calibrate=False))
        told = issues.find_label_issues(labels, scores, filter_by="confident_learning", n_jobs=1)
        assert np.array_equal(found.likely_wrong, told)


def test_planted_flips_are_found_and_few_others():
    rng = np.random.default_rng(11)
    true = rng.random(1000) < 0.5
    yes = np.clip(np.where(true, 0.95, 0.05) + rng.normal(0, 0.03, 1000), 0.01, 0.99)
    flipped = rng.random(1000) < 0.08
    found = confident((true ^ flipped).astype(int), np.column_stack([1 - yes, yes])).likely_wrong
    assert found[flipped].mean() > 0.9  # recall
    assert flipped[found].mean() > 0.9  # precision


def test_labels_that_are_drawn_from_the_probabilities_are_no_excess():
    excess = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scores = rng.dirichlet([1.0, 1.0, 1.0], size=300)
        labels = (rng.random(300)[:, None] > np.cumsum(scores, 1)[:, :-1]).sum(1)
        excess.append(confident(labels, scores).likely_wrong.mean() - by_chance(scores, rng, 20).mean())
    assert abs(np.mean(excess)) < 3 * np.std(excess) / np.sqrt(20)


def test_rows_that_the_model_was_trained_on_are_not_judged():
    rng = np.random.default_rng(12)
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    targets = ["yes", "no"] * 30
    case = case_of(table, targets)
    with pytest.raises(NotApplicable, match="training rows"):
        ask(label_noise, with_splits(case, training=case_of(table, targets)), {})
    half = table.copy()
    half.iloc[20:] += 9.0
    (found,) = ask(label_noise, with_splits(case, training=case_of(half, targets)), {}).of("mean_self_confidence")
    assert found.n == 40


def test_scores_that_are_no_probabilities_are_refused():
    said = ClassScores(("no", "yes"), np.eye(2)[np.arange(60) % 2], "label")
    with pytest.raises(NotApplicable, match="probabilities"):
        ask(label_noise, toy_case(said, ["yes", "no"] * 30), {})
