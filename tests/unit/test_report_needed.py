"""How many more rows would decide an inconclusive rule: by hand, and by auditing so many."""

from typing import Any

import numpy as np
import pytest
from judgements import finding, judged, measured, outcome, rule

from auditkit.finding import GroupCount, Measurement
from auditkit.policy import Policy, Rule
from auditkit.report.needed import growth_to_clear, what_would_decide
from auditkit.report.wording import Wording
from auditkit.statistics import Gap, Shares, smallest_ratio, widest_difference

GAP = {"group": {"sex": "*"}}


def said(one: Rule, worst: Measurement, **policy: Any) -> str:
    return what_would_decide(judged(one, finding(worst), **policy), one, Policy(**policy), Wording())


def test_a_share_by_hand() -> None:
    # 0.08 lies 0.02 below the bound, the interval ends 0.04 above: twice too wide, so four times the 100 rows.
    worst = measured(0.08, 0.05, 0.12, n=100)
    assert growth_to_clear(worst, rule(max=0.1)) == pytest.approx(4)
    assert said(rule(max=0.1), worst) == (
        "Audit about 300 more of the rows that it counts, 4 times as many in all: they would decide it, if the value "
        "stays as it is."
    )


def test_a_value_beyond_its_bound_needs_the_other_half_to_shrink() -> None:
    assert growth_to_clear(measured(0.13, 0.07, 0.3, n=100), rule(max=0.1)) == pytest.approx(4)
    assert growth_to_clear(measured(0.7, 0.6, 0.9, n=100), rule(min=0.8)) == pytest.approx(4)


def test_of_a_gap_the_smallest_group_is_named() -> None:
    parts = tuple(GroupCount(label=label, n=n, compared=True) for label, n in (("F", 300), ("M", 100)))
    words = said(rule(max=0.1), measured(0.05, 0.0, 0.125, n=400, compared=parts, **GAP))
    assert words == (
        "Audit about 2.3 times as many of every group, 500 more of the rows that it counts, and of M 125 more: they "
        "would decide it, if the value stays as it is."
    )


def test_an_end_that_a_gap_cannot_pass_does_not_make_it_look_narrow() -> None:
    # Beyond the bound by 0.02; the low end 0 is where gaps end, and the upper half, 0.2, says how wide it is.
    assert growth_to_clear(measured(0.12, 0.0, 0.32, n=400, **GAP), rule(max=0.1)) == pytest.approx(100)
    assert growth_to_clear(measured(0.12, 0.0, 0.32, n=400), rule(max=0.1)) == pytest.approx(36)


def test_a_value_on_its_bound_gets_no_number() -> None:
    for value in (0.1, 0.1004):
        assert said(rule(max=0.1), measured(value, 0.05, 0.15, n=100)).startswith("No number of further rows")


def test_groups_that_are_too_small_are_named_with_what_they_lack() -> None:
    parts = tuple(
        GroupCount(label=label, n=n, compared=n >= 30) for label, n in (("a", 300), ("b", 100), ("c", 4), ("d", 22))
    )
    worst = measured(0.02, 0.0, 0.05, n=400, compared=parts, group={"site": "*"})
    assert said(rule(max=0.1), worst) == (
        "Audit at least 8 more of d; 26 more of c, among the rows that it counts: below 30 a group is not judged."
    )
    assert said(rule(max=0.04), worst).count("Audit") == 2
    assert said(rule(max=0.1), worst, small_groups="list") == ""


def test_one_small_group_is_named() -> None:
    one = rule(min=0.8, group="sex")
    words = said(one, measured(0.9, 0.7, 0.99, n=12, group={"sex": "F"}))
    assert words == "Audit at least 18 more of F, among the rows that it counts: below 30 a group is not judged."


def test_withheld_counts_say_that_nothing_can_be_said() -> None:
    one, worst = rule(max=0.1), measured(0.08, 0.05, 0.12, n=100)
    judgement = judged(one, finding(worst))
    hidden = judgement.model_copy(update={"worst": worst.model_copy(update={"n": None})})
    assert "counts are withheld" in what_would_decide(hidden, one, Policy(), Wording())


@pytest.mark.parametrize("worst", [measured(0.02, 0.0, 0.05), measured(0.3, 0.2, 0.4), measured(None)])
def test_what_is_decided_or_undefined_needs_nothing(worst: Measurement) -> None:
    assert said(rule(max=0.1), worst) == ""


def of_counts(hits: Any, sizes: Any, *, ratio: bool) -> Measurement:
    hits, sizes = np.asarray(hits, dtype=float), np.asarray(sizes, dtype=float)
    shares = Shares(hits / sizes, sizes.astype(int), sizes)
    gap: Gap = (smallest_ratio if ratio else widest_difference)(shares)
    parts = tuple(GroupCount(label=str(place), n=int(n), compared=True) for place, n in enumerate(sizes))
    return measured(gap.value, gap.low, gap.high, n=int(sizes.sum()), compared=parts, group={"sex": "*"})


@pytest.mark.parametrize(
    ("hits", "sizes", "one"),
    [
        ((30, 40), (300, 320), rule(max=0.04)),
        ((30, 60, 55), (200, 310, 300), rule(max=0.05)),
        ((20, 60, 40, 33), (150, 350, 300, 200), rule(max=0.1)),
        ((60, 90), (300, 320), rule(min=0.8)),
        ((280, 290), (300, 305), rule(min=0.95)),
    ],
)
def test_so_many_more_rows_decide_it(hits: Any, sizes: Any, one: Rule) -> None:
    """The same shares in that many rows: the rule is decided. In half of them it is not."""
    ratio = one.min is not None
    now = of_counts(hits, sizes, ratio=ratio)
    assert outcome(one, now) == "inconclusive"
    growth = growth_to_clear(now, one)
    assert growth is not None
    hits, sizes = np.asarray(hits), np.asarray(sizes)
    assert outcome(one, of_counts(hits * growth * 1.1, sizes * growth * 1.1, ratio=ratio)) != "inconclusive"
    assert outcome(one, of_counts(hits * growth * 0.4, sizes * growth * 0.4, ratio=ratio)) == "inconclusive"
