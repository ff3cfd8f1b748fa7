"""Numbers, rankings, entities and texts: worked by hand, and held against scikit-learn, recommenders and seqeval."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from auditkit import NotApplicable, Rankings, Texts, TokenLabels, Values
from auditkit.testing import toy_case, with_splits
from auditkit_loaders.conll import spans_of
from auditkit_performance.entities import entities
from auditkit_performance.error import error
from auditkit_performance.ranking import ranking
from auditkit_performance.texts import texts


def found(check, case, **options):
    """Metric (and label) -> measurement."""
    readings = [reading for reading in check.run(case, **options) if hasattr(reading, "metric")]
    return {(m.metric, m.label) if m.label else m.metric: m for m in readings}


def values_of(measured):
    return {name: m.value for name, m in measured.items()}


# Numbers.


def test_errors_by_hand():
    case = toy_case(Values(np.array([3.0, 1.0, 4.0])), truth=Values(np.array([1.0, 1.0, 7.0])))
    measured = values_of(found(error, case))
    assert measured["mean_absolute_error"] == pytest.approx(5 / 3)  # 2, 0, 3
    assert measured["root_mean_squared_error"] == pytest.approx(np.sqrt(13 / 3))
    assert measured["mean_error"] == pytest.approx(-1 / 3)  # +2, 0, -3
    assert measured["r2_score"] == pytest.approx(1 - 13 / 24)  # mean 3: 4 + 4 + 16
    assert measured["interval_coverage"] is None


@pytest.mark.parametrize("weighted", [False, True])
def test_errors_agree_with_scikit_learn(weighted):
    draw = np.random.default_rng(5)
    true = draw.gamma(3, 2, 200)
    said = true + draw.normal(0.5, 1, 200)
    weights = draw.uniform(0.2, 3, 200) if weighted else None
    measured = values_of(found(error, toy_case(Values(said), truth=Values(true), weights=weights)))
    for name in ("mean_absolute_error", "root_mean_squared_error", "r2_score"):
        expected = getattr(metrics, name)(true, said, sample_weight=weights)
        assert measured[name] == pytest.approx(expected), name


def test_errors_of_published_pairs():
    # Microsoft's recommenders, test_python_evaluation.py: the pairs that both of its tables hold.
    true, said = [3, 3, 5, 5, 3, 3, 2, 1], [14, 12, 7, 8, 13, 6, 11, 5]
    measured = values_of(found(error, toy_case(Values(np.array(said, float)), truth=Values(np.array(true, float)))))
    assert measured["root_mean_squared_error"] == pytest.approx(7.254309, abs=1e-6)
    assert measured["mean_absolute_error"] == pytest.approx(6.375)
    assert measured["r2_score"] == pytest.approx(-31.699029, abs=1e-6)


def test_rows_without_a_target_are_left_out():
    said, true = Values(np.array([1.0, 5.0, 9.0])), Values(np.array([2.0, np.nan, 8.0]))
    measured = found(error, toy_case(said, truth=true, truth_known=[True, False, True]))
    assert (measured["mean_absolute_error"].value, measured["mean_absolute_error"].n) == (1.0, 2)
    nothing = found(error, toy_case(said, truth=true, truth_known=[False] * 3))
    assert set(values_of(nothing).values()) == {None}


def test_targets_that_are_all_the_same_leave_nothing_to_explain():
    same = found(error, toy_case(Values(np.array([1.0, 2.0])), truth=Values(np.ones(2))))
    assert same["r2_score"].value is None
    # The mean of seven times 0.3 is not 0.3: without care, R squared would be -1e33.
    tenths = np.full(7, 0.1) * 3
    for weights in (None, np.linspace(0.3, 1.7, 7)):
        same = found(error, toy_case(Values(np.arange(7.0)), truth=Values(tenths), weights=weights))
        assert same["r2_score"].value is None


def test_the_interval_is_counted_with_its_ends():
    limits = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 4.0], [2.0, 4.0]])
    said = Values(np.array([0.5, 0.5, 3.0, 3.0]), None, limits, (0.05, 0.95))
    measured = found(error, toy_case(said, truth=Values(np.array([1.0, 1.1, 2.0, 3.0]))))
    assert measured["interval_coverage"].value == 3 / 4
    assert measured["mean_interval_width"].value == 1.5


@pytest.mark.parametrize(("rows", "has"), [(29, False), (30, True)])
def test_few_rows_have_no_interval_of_the_root_mean_square(rows, has):
    true, wrong = np.linspace(0, 9, rows), np.resize([0.5, -1.0, 2.0], rows)
    measured = found(error, toy_case(Values(true + wrong), truth=Values(true)))
    for name in ("root_mean_squared_error", "r2_score"):
        assert measured[name].value is not None
        assert (measured[name].interval is not None) == has
    assert measured["mean_absolute_error"].interval is not None


def test_rows_of_one_unit_count_together():
    draw = np.random.default_rng(8)
    offsets = np.repeat(draw.normal(0, 2, 20), 10)
    said, true = Values(50 + offsets), Values(np.full(200, 50.0) + draw.normal(0, 0.1, 200))
    alone = found(error, toy_case(said, truth=true))["mean_error"].interval
    together = found(error, toy_case(said, truth=true, units=np.repeat(np.arange(20), 10).tolist()))["mean_error"]
    assert together.interval.high - together.interval.low > 2 * (alone.high - alone.low)


# Rankings.

# Microsoft's recommenders, tests/unit/recommenders/evaluation/conftest.py (MIT): its tables, and the values it expects.
TRUE_USERS = [1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1]
TRUE_ITEMS = [3, 1, 4, 5, 6, 7, 2, 5, 6, 8, 9, 10, 11, 12, 13, 14, 1, 2]
SAID_ITEMS = [12, 10, 3, 5, 11, 13, 4, 10, 7, 13, 1, 3, 5, 2, 11, 14, 3, 10]
SAID_SCORES = [12, 14, 13, 12, 11, 10, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 14, 13]


def rankings(rows, scores=None):
    """Lists of items, and of their scores, as Rankings."""
    width = max(map(len, rows))
    items = np.full((len(rows), width), None, dtype=object)
    numbers = np.full((len(rows), width), np.nan)
    for place, row in enumerate(rows):
        items[place, : len(row)] = row
        if scores is not None:
            numbers[place, : len(row)] = scores[place]
    users = tuple(f"u{place}" for place in range(len(rows)))
    return Rankings(users, items, None if scores is None else numbers)


def test_rankings_agree_with_recommenders():
    true = [[str(i) for u, i in zip(TRUE_USERS, TRUE_ITEMS, strict=True) if u == user] for user in (1, 2, 3)]
    listed = sorted(zip(TRUE_USERS, SAID_SCORES, SAID_ITEMS, strict=True), key=lambda row: -row[1])
    said = [[str(item) for owner, _, item in listed if owner == user] for user in (1, 2, 3)]
    measured = values_of(found(ranking, toy_case(rankings(said), truth=rankings(true))))
    assert measured["ndcg_at_10"] == pytest.approx(0.38172, abs=1e-5)
    assert measured["precision_at_10"] == pytest.approx(0.26666, abs=1e-5)
    assert measured["recall_at_10"] == pytest.approx(0.37777, abs=1e-5)


def test_graded_gain_agrees_with_the_textbook_example():
    # Wikipedia's example of discounted cumulative gain, as recommenders tests it: 0.785 at 6.
    grades = [3, 2, 3, 0, 1, 2, 3, 2]
    best = sorted(range(8), key=lambda item: -grades[item])
    true = rankings([[str(item) for item in best]], [[grades[item] for item in best]])
    case = toy_case(rankings([[str(item) for item in range(6)]]), truth=true)
    case = case.__class__(**{**vars(case), "settings": case.settings.__class__(depth=6), "_kept": {}, "_whole": {}})
    measured = values_of(found(ranking, case, gain="rating"))
    assert measured["ndcg_at_6"] == pytest.approx(0.785, abs=5e-4)


def test_ndcg_agrees_with_scikit_learn():
    draw = np.random.default_rng(2)
    lists = [[str(item) for item in draw.permutation(10)] for _ in range(30)]
    grades = draw.integers(1, 6, (30, 4))
    grades = -np.sort(-grades, axis=1)
    true = rankings([row[3:7] for row in lists], grades)
    relevance, score = np.zeros((30, 10)), np.zeros((30, 10))
    for row, (items, own) in enumerate(zip(lists, true.items, strict=True)):
        for rank, item in enumerate(items):
            score[row, int(item)] = 10 - rank
        for item, grade in zip(own, grades[row], strict=True):
            relevance[row, int(item)] = grade
    case = toy_case(rankings(lists), truth=true)
    assert found(ranking, case, gain="rating")["ndcg_at_10"].value == pytest.approx(
        metrics.ndcg_score(relevance, score, k=10)
    )
    binary = (relevance > 0).astype(float)
    assert found(ranking, case)["ndcg_at_10"].value == pytest.approx(metrics.ndcg_score(binary, score, k=10))


def test_rankings_by_hand():
    said = rankings([["a", "b", "c"], ["a"], [], ["x"]])
    true = rankings([["c"], ["b", "a"], ["a"], []])
    measured = found(ranking, toy_case(said, truth=true))
    shown = values_of(measured)
    assert measured["recall_at_10"].n == 3  # the fourth user has no relevant item
    assert shown["recall_at_10"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert shown["precision_at_10"] == pytest.approx((0.1 + 0.1 + 0) / 3)
    assert shown["hit_rate_at_10"] == pytest.approx(2 / 3)
    assert shown["reciprocal_rank_at_10"] == pytest.approx((1 / 3 + 1 + 0) / 3)
    assert shown["average_precision_at_10"] == pytest.approx((1 / 3 + 1 / 2 + 0) / 3)
    assert shown["ndcg_at_10"] == pytest.approx((0.5 + 1 / (1 + 1 / np.log2(3)) + 0) / 3)
    assert shown["unserved_rate"] == 1 / 4
    assert shown["repeat_rate_at_10"] is None


def test_nothing_is_repeated_for_users_whom_the_training_table_does_not_know():
    said = rankings([["a"], ["b"]])
    for users, rate in ((("u0", "t1"), 1 / 2), (("t0", "t1"), None)):
        before = rankings([["a"], ["b"]])
        training = toy_case(said, truth=Rankings(users, before.items))
        case = with_splits(toy_case(said, truth=said), training=training)
        assert found(ranking, case)["repeat_rate_at_10"].value == rate


def test_a_low_rating_can_be_no_interest():
    case = toy_case(rankings([["a", "b"]]), truth=rankings([["b", "a"]], [[5, 1]]))
    assert found(ranking, case, relevant_from=3)["precision_at_10"].value == pytest.approx(0.1)
    with pytest.raises(NotApplicable, match="no ratings"):
        found(ranking, toy_case(rankings([["a"]]), truth=rankings([["a"]])), gain="rating")


# Entities.


def spans(*rows):
    return TokenLabels(tuple(tuple((*span, 1.0) for span in row) for row in rows))


def test_entities_by_hand():
    true = spans([(0, 4, "DRUG"), (5, 9, "DOSE")], [(0, 4, "DRUG")], [])
    said = spans([(0, 4, "DRUG"), (5, 8, "DOSE")], [(0, 4, "DOSE")], [(1, 2, "DRUG")])
    measured = values_of(found(entities, toy_case(said, truth=true)))
    assert measured["entity_recall"] == 1 / 3
    assert measured["entity_precision"] == 1 / 4  # one end, one label and one place are wrong
    assert measured["entity_f1"] == pytest.approx(2 / 7)
    assert measured["entity_recall", "DRUG"] == 1 / 2
    assert measured["entity_precision", "DOSE"] == 0.0


# seqeval 1.2.2, precision_score, recall_score, f1_score and get_entities on these tags, outside its strict mode.
TRUE_TAGS = [
    ["O", "O", "B-MISC", "I-MISC", "B-MISC", "O", "O"], ["B-PER", "I-PER", "O"], ["I-LOC", "I-LOC", "B-LOC", "O"],
    ["S-ORG", "B-ORG", "E-ORG", "O"],
]  # fmt: skip
SAID_TAGS = [
    ["O", "O", "B-MISC", "I-MISC", "I-MISC", "O", "O"], ["B-PER", "I-PER", "O"], ["I-LOC", "I-LOC", "B-LOC", "O"],
    ["S-ORG", "B-ORG", "I-PER", "O"],
]  # fmt: skip


def of_tags(rows):
    read = [list(spans_of(["w"] * len(tags), tags)) for tags in rows]
    return spans(*([(span["start"], span["end"], span["label"]) for span in row] for row in read))


def test_entities_agree_with_seqeval():
    measured = values_of(found(entities, toy_case(of_tags(SAID_TAGS), truth=of_tags(TRUE_TAGS))))
    assert measured["entity_precision"] == pytest.approx(SEQEVAL["precision"])
    assert measured["entity_recall"] == pytest.approx(SEQEVAL["recall"])
    assert measured["entity_f1"] == pytest.approx(SEQEVAL["f1"])


SEQEVAL = {"precision": 4 / 7, "recall": 4 / 7, "f1": 4 / 7}


# Texts.


def test_texts_by_hand():
    said = Texts((("I\u2019m sorry, but no.",), ("Take two  tablets.",), ("",), ("我无法回答。",), (" 5 mg ",)))
    true = Texts((("x",), ("Take two  tablets.",), ("",), ("",), ("5 mg",)))
    case = toy_case(said, truth=true, truth_known=[True, True, False, False, True])
    measured = found(texts, case)
    assert measured["mean_words"].value == pytest.approx((4 + 3 + 0 + 5 + 2) / 5)
    assert measured["empty_rate"].value == 1 / 5
    assert measured["refusal_rate"].value == 2 / 5
    assert (measured["exact_match"].value, measured["exact_match"].n) == (2 / 3, 3)
    assert found(texts, case, patterns=("TABLETS",))["refusal_rate"].value == 1 / 5


def test_without_references_nothing_matches():
    assert found(texts, toy_case(Texts((("a",),))))["exact_match"].value is None
