"""Who is served by recommendations, and who is shown what is barred: by hand, as peers say it, and in audits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from auditkit import AuditError, NotApplicable, Rankings
from auditkit.spec import DataSpec
from auditkit.testing import toy_case
from auditkit.testing.cases import with_splits
from auditkit_fairness.contraindicated_items import contraindicated_items
from auditkit_fairness.item_exposure import accept_attention, item_exposure
from auditkit_fairness.ranking_quality import ranking_quality
from auditkit_fairness.slate_calibration import slate_calibration
from auditkit_performance.ranking import ranking


def rankings(*rows):
    items = np.full((len(rows), max(map(len, rows))), None, dtype=object)
    for place, row in enumerate(rows):
        items[place, : len(row)] = list(row)
    return Rankings(tuple(f"u{place}" for place in range(len(rows))), items)


def found(check, case, **options):
    readings = [reading for reading in check.run(case, **options) if hasattr(reading, "metric")]
    return {(one.metric, *one.group.items(), *one.conditions.items()): one for one in readings}


def drawn(users=400, *, gap=0.0, seed=0, barred=False):
    """Lists of ten; each user went for three items, of which those of F stand on the list less often by `gap`."""
    draw = np.random.default_rng(seed)
    is_woman = np.arange(users) % 2 == 0
    lists = np.array([[f"i{item}" for item in draw.permutation(40)[:10]] for _ in range(users)], dtype=object)
    liked = np.array([[f"x{user} {place}" for place in range(3)] for user in range(users)], dtype=object)
    hit = draw.random((users, 3)) < 0.6 - gap * is_woman[:, None]
    ranks = np.argsort(draw.random((users, 10)), axis=1)[:, :3]
    wanted = np.where(hit, np.take_along_axis(lists, ranks, axis=1), liked)
    names = tuple(f"u{user}" for user in range(users))
    groups = {"sex": ["F" if woman else "M" for woman in is_woman]}
    more = {
        "barred": [[lists[user, 4] if draw.random() < 0.3 + gap * is_woman[user] else "never"] for user in range(users)]
    }
    return toy_case(Rankings(names, lists), truth=Rankings(names, wanted), groups=groups, **(more if barred else {}))


def test_gaps_by_hand():
    # Of F: first, first. Of M: second, nowhere. X's user went for nothing that is known.
    said, true = rankings("ab", "b", "xa", "", "a"), rankings("a", "b", "a", "c", "")
    case = toy_case(said, truth=true, groups={"sex": ["F", "F", "M", "M", "X"]}, min_group_size=1)
    values = {key: one.value for key, one in found(ranking_quality, case).items()}
    assert values["ndcg_at_10_difference", ("sex", "*")] == pytest.approx(1 - 1 / np.log2(3) / 2)
    assert values["reciprocal_rank_at_10_difference", ("sex", "*")] == pytest.approx(1 - 1 / 4)
    assert values["hit_rate_at_10_difference", ("sex", "*")] == 1 / 2
    assert values["precision_at_10_difference", ("sex", "*")] == pytest.approx(1 / 10 - 1 / 20)
    assert values["unserved_rate_difference", ("sex", "*")] == 1 / 2
    assert values["untested_user_rate_difference", ("sex", "*")] == 1.0
    assert values["untested_user_rate",] == 1 / 5
    assert values["ndcg_at_10", ("sex", "X")] is None


@pytest.mark.parametrize("weighted", [False, True])
def test_the_numbers_of_groups_are_those_of_performance(weighted):
    case = drawn(120)
    about = {"weights": np.random.default_rng(1).integers(1, 4, 120).astype(float)} if weighted else {}
    case = toy_case(case.predictions, truth=case.truth, groups={"sex": case.groups["sex"].labels()}, **about)
    ours, theirs = found(ranking_quality, case), found(ranking, case)
    for key, one in theirs.items():
        if key[0] != "repeat_rate_at_10":
            assert ours[key].value == pytest.approx(one.value, abs=1e-12), key
            assert ours[key].n == one.n


def test_a_group_too_small_is_not_compared_and_is_said_to_be():
    case = drawn(100)
    labels = ["few"] * 5 + ["F", "M"] * 47 + ["M"]
    case = toy_case(case.predictions, truth=case.truth, groups={"sex": labels})
    gap = found(ranking_quality, case)["ndcg_at_10_difference", ("sex", "*")]
    assert [(one.label, one.n, one.compared) for one in gap.compared] == [
        ("F", 47, True),
        ("M", 48, True),
        ("few", 5, False),
    ]


def test_contraindications_by_hand():
    # Barred is a for u0, shown first; b and c for u1, second and third; d for u2, not shown; nothing for u3.
    said = rankings("abc", "xbc", "abc", "abc")
    barred = [["a"], ["b", "c"], ["d"], []]
    case = toy_case(said, groups={"sex": ["F", "F", "M", "M"]}, barred=barred, min_group_size=1)
    measured = found(contraindicated_items, case)
    values = {key: (one.value, one.n) for key, one in measured.items()}
    assert values["barred_user_rate",] == (3 / 4, 4)
    assert values["contraindicated_user_rate_at_10",] == (2 / 3, 3)
    assert values["contraindicated_user_rate_at_10", ("sex", "F")] == (1.0, 2)
    assert values["contraindicated_user_rate_at_10", ("sex", "M")] == (0.0, 1)
    assert values["contraindicated_first_rate",] == (1 / 3, 3)
    assert values["contraindicated_item_rate_at_10",] == (3 / 9, 9)
    within = {key[1][1]: one.value for key, one in measured.items() if key[0] == "contraindicated_user_rate_within"}
    assert within == {"1": 1 / 3, "2": 2 / 3, "3": 2 / 3, "5": 2 / 3, "10": 2 / 3}
    assert values["contraindicated_user_rate_at_10_difference", ("sex", "*")][0] == 1.0


def test_without_groups_all_users_are_looked_at():
    case = toy_case(rankings("ab", "ab"), barred=[["b"], []])
    assert found(contraindicated_items, case)["contraindicated_user_rate_at_10",].value == 1.0


@pytest.mark.parametrize(("barred", "words"), [(None, "names no contraindications"), ([[], []], "nothing is barred")])
def test_where_nothing_is_barred_the_check_does_not_apply(barred, words):
    with pytest.raises(NotApplicable, match=words):
        list(contraindicated_items.run(toy_case(rankings("a", "b"), barred=barred)))


def test_exposure_by_hand():
    # Fish stands first twice and second once, bread second twice and first once; u2 is shown one item.
    said, true = rankings(["f1", "b1"], ["b2", "f1"], ["f2"]), rankings(["b1"], ["b2"], ["f2"])
    kinds = {"f1": "fish", "f2": "fish", "b1": "bread", "b2": "bread", "b3": "bread"}
    case = toy_case(said, truth=true, item_groups={"kind": kinds}, min_group_size=1)
    values = {key: one.value for key, one in found(item_exposure, case).items()}
    second = 1 / np.log2(3)
    fish, bread = 2 + second, 1 + second
    assert values["exposure_share_at_10", ("kind", "fish")] == pytest.approx(fish / (fish + bread))
    assert values["exposure_per_item_at_10_ratio", ("items", "kind")] == pytest.approx((bread / 3) / (fish / 2))
    assert values["wanted_share", ("kind", "bread")] == pytest.approx(2 / 3)
    assert values["exposure_per_merit_at_10_ratio", ("items", "kind")] == pytest.approx((bread / 2) / (fish / 1))
    # b1 stands below the wrong fish, b2 above the wrong one; u2's list has no pair.
    assert values["pairwise_accuracy_at_10", ("kind", "bread")] == 1 / 2
    assert values["pairwise_accuracy_at_10", ("kind", "fish")] is None
    assert values["catalogue_coverage_at_10",] == 4 / 5
    attention = np.array([1 + second, 1, second, 1, 0])
    mean_difference = np.abs(attention[:, None] - attention).mean()
    assert values["exposure_gini_plain_at_10",] == pytest.approx(mean_difference / (2 * attention.mean()))
    assert values["exposure_gini_corrected_at_10",] == pytest.approx(values["exposure_gini_plain_at_10",] * 5 / 4)
    shares = [np.array([fish, bread]) / (fish + bread), np.array([1, 2]) / 3]
    assert values["attention_fairness_at_10", ("items", "kind")] == pytest.approx(
        1 - jensenshannon(*shares, base=2) ** 2
    )


def exposure_by(options):
    """Fish stands first twice and second once, bread second twice and first once; u2 is shown one item."""
    said, true = rankings(["f1", "b1"], ["b2", "f1"], ["f2"]), rankings(["b1"], ["b2"], ["f2"])
    kinds = {"f1": "fish", "f2": "fish", "b1": "bread", "b2": "bread", "b3": "bread"}
    case = toy_case(said, truth=true, item_groups={"kind": kinds}, min_group_size=1)
    return {key: one.value for key, one in found(item_exposure, case, **options).items()}


@pytest.mark.parametrize(
    ("options", "second"),
    [
        ({}, 1 / np.log2(3)),
        ({"attention_by": "rbp", "patience": 0.5}, 0.5),
        ({"attention_by": "rbp"}, 0.8),
        ({"attention_by": "uniform"}, 1.0),
        ({"attention_by": "uniform", "cut": 1}, 0.0),
        ({"cut": 1}, 0.0),
    ],
    ids=str,
)
def test_attention_falls_as_the_audit_says(options, second):
    values = exposure_by(options)
    fish, bread = 2 + second, 1 + second
    assert values["exposure_share_at_10", ("kind", "fish")] == pytest.approx(fish / (fish + bread))
    assert values["exposure_per_merit_at_10_ratio", ("items", "kind")] == pytest.approx((bread / 2) / (fish / 1))
    assert values["expected_exposure_disparity_at_10", ("items", "kind")] == pytest.approx((fish**2 + bread**2) / 9)
    received = np.array([1 + second, 1, second, 1, 0])
    gini = np.abs(received[:, None] - received).mean() / (2 * received.mean())
    assert values["exposure_gini_plain_at_10",] == pytest.approx(gini)
    # What does not look at ranks so stays as it is.
    assert values["pairwise_accuracy_at_10", ("kind", "bread")] == 1 / 2
    assert values["recommendation_entropy_at_10",] == pytest.approx(exposure_by({})["recommendation_entropy_at_10",])


def test_what_is_due_goes_by_the_same_attention():
    """By RBP of 0.5 at depth 10 all attention is 2 - 2^-9; of one relevant item 1 is due to it, to others the rest."""
    values = exposure_by({"attention_by": "rbp", "patience": 0.5})
    rest = (2 - 2**-9 - 1) / 4  # to each of the four others
    target = np.array([2 * rest + 2 * rest + 1 + rest, 2 * (1 + 2 * rest) + 3 * rest])  # fish, bread
    seen = np.array([2.5, 1.5])
    assert values["expected_exposure_relevance_at_10", ("items", "kind")] == pytest.approx(seen @ target / 9)
    assert values["expected_exposure_loss_at_10", ("items", "kind")] == pytest.approx(((seen - target) ** 2).sum() / 9)


@pytest.mark.parametrize(
    ("option", "words"),
    [({"patience": 1.0}, "'patience' is 1"), ({"cut": 0}, "'cut' is 0"), ({"cut": 11}, "lists hold 10")],
    ids=str,
)
def test_attention_that_cannot_be_meant_is_refused(option, words):
    with pytest.raises(AuditError, match=words):
        accept_attention(data=DataSpec(loader="interactions", audit="a.csv", k=10), **option)


def test_other_attention_is_told_rank_by_rank():
    said = rankings(["f1", "b1"], ["b2", "f1"])
    case = toy_case(said, item_groups={"kind": {"f1": "fish", "b1": "bread", "b2": "bread"}})
    (table,) = [one for one in item_exposure.run(case, attention_by="rbp", cut=3) if hasattr(one, "rows")]
    assert [row[1] for row in table.rows] == ["1.0000", "0.8000", "0.6400", *["0.0000"] * 7]
    assert not [one for one in item_exposure.run(case) if hasattr(one, "rows")]


def test_slates_by_hand():
    """Steck (2018), RecSys, equation 2: of two kinds alike before, and one alone now, C_KL is 1.9585 at alpha 0.01."""
    said, true = rankings(["f1", "f2"], ["f1", "b1"], [], ["f1"]), rankings(["f1", "b1"], ["f2", "b1"], ["f1"], ["x"])
    kinds = {"f1": "fish", "f2": "fish", "b1": "bread"}
    case = toy_case(said, truth=true, item_groups={"kind": kinds}, groups={"sex": ["F", "M", "M", "M"]})
    measured = found(slate_calibration, case)
    miss = 0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(0.5 / 0.005)
    apart = jensenshannon([0.5, 0.5], [1, 0], base=2) ** 2
    values = {key[:-1]: one.value for key, one in measured.items()}
    assert values["slate_calibration_at_10", ("sex", "F")] == pytest.approx(miss) == pytest.approx(1.9585, abs=1e-4)
    assert values["slate_divergence_at_10",] == pytest.approx(apart / 2)  # two users have a history and a list
    assert values["slate_divergence_at_10", ("sex", "M")] == pytest.approx(0.0)
    assert measured["slate_divergence_at_10", ("sex", "M"), ("items", "kind")].n == 1


def test_slates_are_held_against_what_was_had_before_the_audit():
    said, true, before = rankings(["f1"], ["b1"]), rankings(["b1"], ["f1"]), rankings(["b1"], ["f1"])
    kinds = {"f1": "fish", "b1": "bread"}
    training = toy_case(before.take(np.array([1, 0])), truth=Rankings(("u1", "u9"), before.items))
    case = with_splits(toy_case(said, truth=true, item_groups={"kind": kinds}), training=training)
    (divergence, *_) = found(slate_calibration, case).values()
    assert (divergence.value, divergence.n) == (0.0, 1)  # u1 had bread, and is shown bread; u0 had nothing


def exposing(seed, *, behind=0.0, users=300):
    """Lists of ten of fish and bread in random order, of which each user went for one at random; fish fall behind."""
    draw = np.random.default_rng(seed)
    names = np.array([f"{kind} {place}" for kind in ("fish", "bread") for place in range(10)], dtype=object)
    order = np.argsort(draw.random((users, 20)) + behind * (np.arange(20) < 10), axis=1)
    liked = names[draw.integers(20, size=(users, 1))]
    people = tuple(f"u{user}" for user in range(users))
    kinds = {name: name.split()[0] for name in names}
    return toy_case(Rankings(people, names[order[:, :10]]), truth=Rankings(people, liked), item_groups={"kind": kinds})


def unequal(seeds, **made):
    key = "exposure_per_merit_at_10_ratio", ("items", "kind")
    return np.mean([found(item_exposure, exposing(seed, **made))[key].interval.high < 1 for seed in seeds])


def test_a_planted_exposure_gap_is_found_and_its_twin_is_silent():
    assert unequal([1], behind=0.3) == 1
    assert unequal([1]) == 0


@pytest.mark.slow
def test_planted_exposure_gaps_are_found_over_twenty_seeds():
    """Of 20 silent twins at level 0.95, 4 alarms or more have a chance of 0.016."""
    assert unequal(range(20), behind=0.3) >= 0.9
    assert unequal(range(20)) <= 0.15


def alarms(check, metric, seeds, **made):
    case = [found(check, drawn(seed=seed, **made))[metric, ("sex", "*")] for seed in seeds]
    return np.mean([one.interval.low > 0 for one in case])


PLANTED = [
    (ranking_quality, "ndcg_at_10_difference", {}),
    (ranking_quality, "recall_at_10_difference", {}),
    (contraindicated_items, "contraindicated_user_rate_at_10_difference", {"barred": True}),
]


@pytest.mark.parametrize(("check", "metric", "more"), PLANTED, ids=lambda one: one if isinstance(one, str) else "")
def test_a_planted_gap_is_found_and_its_twin_is_silent(check, metric, more):
    assert alarms(check, metric, [1], gap=0.25, **more) == 1
    assert alarms(check, metric, [1], **more) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("check", "metric", "more"), PLANTED, ids=lambda one: one if isinstance(one, str) else "")
def test_planted_gaps_are_found_over_twenty_seeds(check, metric, more):
    """A gap of 0.25 in hits or in barred lists of 400 users; of 20 silent at level 0.95, 3 alarms have 8 in 100."""
    assert alarms(check, metric, range(20), gap=0.25, **more) >= 0.9
    assert alarms(check, metric, range(20), **more) <= 0.15
