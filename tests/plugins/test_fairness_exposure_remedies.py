"""What other lists would bring groups of items: lists worked out by hand, a half that is fitted, refusals, rules."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from auditkit import AuditError, Judgement, NotApplicable, Rankings, Rule
from auditkit.report.remedied import mended
from auditkit.statistics import det_const_sort, det_greedy
from auditkit.testing import toy_case, with_model
from auditkit_fairness.exposure_remedies import accept_shares, exposure_remedies
from auditkit_fairness.rankings.planted_remedies import ranked_below
from auditkit_fairness.rankings.reranked import Reranking, reranked

GREEDY = "DetGreedy to catalogue shares by kind"
OPTIONS = {"candidates": 30, "shares": None, "relevant_from": None}


def lists_of(rerank, labels, shares, depth, **more):
    row = np.array([["AB".index(one) for one in labels]])
    return rerank(row, np.array([shares]), depth, **more)[0].tolist()


def test_det_greedy_by_hand():
    # A A A A B B: at ranks 2 and 4 the floors of 0.5 are 1 and 2, so that B has to come; between, the best may.
    assert lists_of(det_greedy, "AAAABB", [0.5, 0.5], 4) == [0, 4, 1, 5]
    # Of 0.75 and 0.25 in four: floors of A are 0, 1, 2, 3, of B 0, 0, 0, 1.
    assert lists_of(det_greedy, "AAAABB", [0.75, 0.25], 4) == [0, 1, 2, 4]
    # The ceiling holds A back though no floor asks for B: ceil(1 x 0.5) = 1, ceil(3 x 0.5) = 2.
    assert lists_of(det_greedy, "AAAABBB", [0.5, 0.5], 3) == [0, 4, 1]
    # There is one B, and then the best of what is left; and a list without candidates for all its places is shorter.
    assert lists_of(det_greedy, "AAAB", [0.5, 0.5], 4) == [0, 3, 1, 2]
    assert lists_of(det_greedy, "AB", [0.5, 0.5], 3) == [0, 1, -1]


def test_a_place_that_other_lists_owe_comes_when_it_is_due():
    # A tenth of three places is none; where 0.7 have begun, 3 x 0.1 + 0.7 = 1 at the third rank.
    assert lists_of(det_greedy, "AAAB", [0.9, 0.1], 3) == [0, 1, 2]
    assert lists_of(det_greedy, "AAAB", [0.9, 0.1], 3, begun=np.array([[0.0, 0.7]])) == [0, 1, 3]


def test_det_const_sort_by_hand():
    # At rank 2 both floors rise: 0 and 4 enter; at rank 4, 1 and 5: 4 may not fall to rank 3, so that 1 stays below.
    assert lists_of(det_const_sort, "AAAABB", [0.5, 0.5], 4) == [0, 4, 1, 5]
    # B's best is the best of all, and A enters first, at rank 2 by 0.6: B comes at rank 3 by 0.4 and moves up past it,
    # for A's floor of rank 2 is kept at rank 2.
    assert lists_of(det_const_sort, "BAAAB", [0.6, 0.4], 3) == [0, 1, 2]
    assert lists_of(det_const_sort, "AAAB", [0.5, 0.5], 4) == [0, 3, 1, 2]


def test_floors_are_kept_at_every_rank():
    draw = np.random.default_rng(2)
    labels, share = draw.integers(0, 3, (500, 60)), np.array([0.6, 0.3, 0.1])
    for rerank in (det_greedy, det_const_sort):
        taken = rerank(labels, np.tile(share, (500, 1)), 10)
        own = np.take_along_axis(labels, taken, axis=1)
        assert all(len(set(row)) == 10 for row in taken.tolist())
        for rank in range(1, 11):
            counts = np.stack([(own[:, :rank] == group).sum(axis=1) for group in range(3)], axis=1)
            assert (counts >= np.floor(rank * share + 1e-9)).all()


def found(case, **options):
    readings = [one for one in exposure_remedies.run(case, **OPTIONS | options) if hasattr(one, "metric")]
    about_lists = [one for one in readings if "kind" not in one.conditions]
    return {(one.metric, one.conditions["remedy"], *one.group.items()): one for one in about_lists}


@pytest.fixture(scope="module")
def gap():
    return ranked_below(np.random.default_rng(3), by=1.5)


@pytest.fixture(scope="module")
def measured(gap):
    return found(gap)


def test_attention_after_a_remedy_is_that_of_lists_in_turn(measured):
    # Of ten places five are A's and five B's, A first of each two: 0.5521 and 0.4479 of 1 / log2(1 + rank).
    weight = 1 / np.log2(np.arange(2, 12))
    after = measured["remedied_exposure_per_item_at_10_ratio", GREEDY]
    assert after.value == pytest.approx(weight[1::2].sum() / weight[::2].sum(), abs=0.02)
    before = measured["remedied_exposure_per_item_at_10_ratio", "none"]
    assert before.value < 0.2 < after.interval.low


def test_costs_are_paired_and_people_whom_it_changes_are_counted(gap, measured):
    as_it_is, after = (
        gap.compute(reranked, **Reranking("kind", one, target, {}, 30, None).about)
        for one, target in (("none", ""), ("DetGreedy", "catalogue"))
    )
    change = measured["remedied_ndcg_at_10_change", GREEDY]
    assert change.value == pytest.approx((after["ndcg"] - as_it_is["ndcg"]).mean())
    assert change.interval.low < change.value < change.interval.high
    assert measured["remedied_lists_changed_at_10", GREEDY].value == after["changed"].mean()
    assert measured["remedied_items_replaced_at_10", GREEDY].value == pytest.approx(after["replaced"].mean())
    assert (as_it_is["lists"] >= 0).all()


def test_what_is_fitted_to_one_half_is_used_on_the_other():
    case = ranked_below(np.random.default_rng(3), by=1.5)
    first = case.compute(reranked, **Reranking("kind", "DetGreedy", "merit", {}, 30, None).about)["due"]
    halves = [first[first[:, 0] == value] for value in np.unique(first[:, 0])]
    assert [len(half) for half in halves] == [120, 120]
    wanted = np.array([[int(name.split()[1]) % 2 for name in row] for row in case.truth.items])
    inside = first[:, 0] == halves[0][0, 0]
    assert halves[0][0, 1] == pytest.approx(wanted[~inside].mean())
    assert halves[1][0, 1] == pytest.approx(wanted[inside].mean())


def test_named_shares_and_users_by_group():
    made = ranked_below(np.random.default_rng(3), by=1.5)
    case = toy_case(
        made.predictions, truth=made.truth, groups={"sex": ["F"] * 220 + ["M"] * 20},
        item_groups={"kind": {f"item {n}": ("bread", "fish")[n % 2] for n in range(40)}},
    )  # fmt: skip
    told = found(case, shares={"kind": {"fish": 0.2}})
    after = told["remedied_exposure_per_item_at_10_ratio", "DetGreedy to named shares by kind"]
    assert 0.15 < after.value / (1 + after.value) < 0.25
    assert told["remedied_lists_changed_at_10", GREEDY, ("sex", "F")].value > 0.5
    assert told["remedied_ndcg_at_10_change", GREEDY, ("sex", "M")].value is None


def test_lists_no_deeper_than_k_are_not_tried(gap):
    short = Rankings(gap.predictions.users, gap.predictions.items[:, :10])
    kinds = {f"item {n}": ("bread", "fish")[n % 2] for n in range(40)}
    model = SimpleNamespace(predict=lambda _: short, ranked=lambda _, __: short)
    case = with_model(toy_case(short, truth=gap.truth, item_groups={"kind": kinds}), model)
    with pytest.raises(NotApplicable, match="no list goes deeper"):
        found(case)


def test_few_users_are_withheld():
    assert {one.value for one in found(ranked_below(np.random.default_rng(3), by=1.5, users=60)).values()} == {None}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"candidates": 10}, "lists hold 10"),
        ({"shares": {"style": {"vegan": 0.5}}}, "no attribute of items"),
        ({"shares": {"kind": {"fish": 0.8, "bread": 0.4}}}, "adds up to 1.2"),
        ({"shares": {"kind": {"fish": -0.1}}}, "adds up to -0.1"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, said):
    with pytest.raises(AuditError, match=said):
        accept_shares(data=SimpleNamespace(k=10, item_groups=("kind",)), **options)


def test_a_missed_rule_on_exposure_names_the_remedy_that_comes_nearest(measured):
    before = measured["remedied_exposure_per_item_at_10_ratio", "none"]
    worst = before.model_copy(update={"metric": "exposure_per_item_at_10_ratio", "conditions": {"items": "kind"}})
    rule = Rule(metric=worst.metric, conditions={"items": "kind"}, min=0.8, because="a promise to suppliers")
    judgement = Judgement.model_construct(rule=rule, worst=worst, check="fairness.item-exposure")
    told = mended(judgement, SimpleNamespace(measurements=tuple(measured.values())))
    assert told.before == before
    assert told.after.value == max(
        one.value for (metric, *_), one in measured.items() if metric == "remedied_exposure_per_item_at_10_ratio"
    )
