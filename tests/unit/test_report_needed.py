"""How many more rows would decide an inconclusive rule: by hand, and by auditing so many."""

from typing import Any

import numpy as np
import pytest
from judgements import finding, judged, measured, outcome, rule
from scipy import stats

from auditkit.deciding import drawn_growth, growth_to_clear
from auditkit.finding import GroupCount, Measurement
from auditkit.policy import Policy, Rule
from auditkit.report.needed import what_would_decide
from auditkit.report.wording import Wording
from auditkit.statistics import Gap, Shares, growth_to_decide, smallest_ratio, widest_difference

POWER_80 = (1 + stats.norm.ppf(0.8) / stats.norm.ppf(0.975)) ** 2
"""By how much more rows decide in 80% of audits, and not in half."""

GAP = {"group": {"sex": "*"}}


def said(one: Rule, worst: Measurement, **policy: Any) -> str:
    return what_would_decide(judged(one, finding(worst), **policy), one, Policy(**policy), Wording())


def test_a_share_by_hand() -> None:
    # 0.08 lies 0.02 below the bound, the interval ends 0.04 above: twice too wide, so four times the 100 rows; and
    # 2.04 times that, so that not half of the audits decide it, but 80%.
    worst = measured(0.08, 0.05, 0.12, n=100)
    assert growth_to_clear(worst, rule(max=0.1)) == pytest.approx(4 * POWER_80)
    assert said(rule(max=0.1), worst) == (
        "The number rests on 100 rows, its n: about 820 such rows would decide it in 80% of audits, if what was "
        "measured is true."
    )


def test_a_value_beyond_its_bound_needs_the_other_half_to_shrink() -> None:
    assert growth_to_clear(measured(0.13, 0.07, 0.3, n=100), rule(max=0.1)) == pytest.approx(4 * POWER_80)
    assert growth_to_clear(measured(0.7, 0.6, 0.9, n=100), rule(min=0.8)) == pytest.approx(4 * POWER_80)


def test_of_a_gap_the_smallest_group_is_named() -> None:
    parts = tuple(GroupCount(label=label, n=n, compared=True) for label, n in (("F", 300), ("M", 100)))
    words = said(rule(max=0.1), measured(0.05, 0.0, 0.125, n=400, compared=parts, **GAP))
    assert words == (
        "The number rests on 400 rows, its n: about 1,900 such rows would decide it in 80% of audits, if what was "
        "measured is true: of every group as many times more, so 460 of M, where it has 100."
    )


def test_where_it_takes_far_more_rows_it_is_said_that_a_few_would_not_do() -> None:
    # .08 of .1, .16 too wide: 64 times the 100 rows, and 2.04 times that.
    words = said(rule(max=0.1), measured(0.08, 0.0, 0.24, n=100))
    assert words == (
        "A few more rows would not decide it. The number rests on 100 rows, its n: about 14,000 such rows would decide "
        "it in 80% of audits, if what was measured is true."
    )


def test_an_end_that_a_gap_cannot_pass_does_not_make_it_look_narrow() -> None:
    # Beyond the bound by 0.02; the low end 0 is where gaps end, and the upper half, 0.2, says how wide it is.
    assert growth_to_clear(measured(0.12, 0.0, 0.32, n=400, **GAP), rule(max=0.1)) == pytest.approx(100 * POWER_80)
    assert growth_to_clear(measured(0.12, 0.0, 0.32, n=400), rule(max=0.1)) == pytest.approx(36 * POWER_80)


def test_a_ratio_is_looked_at_on_its_logarithm() -> None:
    # From .9 to the bound of .8 it is ln(9/8), to the low end of .6 ln(1.5).
    worst = measured(0.9, 0.6, 1.0, n=400, **GAP).model_copy(update={"metric": "selection_rate_ratio"})
    expected = (np.log(1.5) / np.log(9 / 8)) ** 2 * POWER_80
    assert growth_to_clear(worst, rule(min=0.8)) == pytest.approx(expected)


def test_of_three_groups_half_an_interval_is_more_standard_errors() -> None:
    parts = tuple(GroupCount(label=label, n=100, compared=True) for label in "abc")
    worst = measured(0.05, 0.0, 0.15, n=300, compared=parts, **GAP)
    z = stats.norm.ppf(1 - 0.05 / 6)
    assert growth_to_clear(worst, rule(max=0.1)) == pytest.approx(4 * (1 + stats.norm.ppf(0.8) / z) ** 2)


def test_a_value_on_its_bound_gets_no_number() -> None:
    for value in (0.1, 0.1004):
        assert said(rule(max=0.1), measured(value, 0.05, 0.15, n=100)).startswith("No number of further rows")


def test_groups_that_are_too_small_are_named_with_what_they_lack() -> None:
    parts = tuple(
        GroupCount(label=label, n=n, compared=n >= 30) for label, n in (("a", 300), ("b", 100), ("c", 4), ("d", 22))
    )
    worst = measured(0.02, 0.0, 0.05, n=400, compared=parts, group={"site": "*"})
    assert said(rule(max=0.1), worst) == (
        "Audit at least 8 more of d; 26 more of c, among the rows that the number rests on: below 30 a group is not "
        "judged."
    )
    assert " about " in said(rule(max=0.04), worst)
    assert "Audit at least 8 more of d" in said(rule(max=0.04), worst)
    assert said(rule(max=0.1), worst, small_groups="list") == ""


def test_one_small_group_is_named() -> None:
    one = rule(min=0.8, group="sex")
    words = said(one, measured(0.9, 0.7, 0.99, n=12, group={"sex": "F"}))
    assert (
        words == "Audit at least 18 more of F, among the rows that the number rests on: below 30 a group is not judged."
    )


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
    worst = measured(gap.value, gap.low, gap.high, n=int(sizes.sum()), compared=parts, group={"sex": "*"})
    assert worst.interval is not None
    words = ("donner-zou ratio of wilson limits" if ratio else "newcombe") + (", all pairs" if len(sizes) > 2 else "")
    return worst.model_copy(update={"interval": worst.interval.model_copy(update={"method": words})})


def rates_of(hits: Any, sizes: Any) -> list[Measurement]:
    """What fairness.group-rates tells of the same groups."""
    found = []
    for place, (k, n) in enumerate(zip(hits, sizes, strict=True)):
        one = measured(k / n, 0.0, 1.0, n=n, group={"sex": str(place)})
        assert one.interval is not None
        interval = one.interval.model_copy(update={"method": "clopper-pearson, all groups"})
        found.append(one.model_copy(update={"metric": "selection_rate", "interval": interval}))
    return found


@pytest.mark.parametrize(
    ("hits", "sizes", "one"),
    [
        ((30, 40), (300, 320), rule(max=0.06)),
        ((30, 60, 55), (200, 310, 300), rule(max=0.01)),
        ((20, 60, 40, 33), (150, 350, 300, 200), rule(max=0.1)),
        ((60, 90), (300, 320), rule(min=0.8)),
        ((60, 90, 44, 25), (300, 320, 200, 100), rule(min=0.8)),
        ((280, 290), (300, 305), rule(min=0.95)),
    ],
)
def test_so_many_more_rows_decide_it_in_80_percent_of_audits(hits: Any, sizes: Any, one: Rule) -> None:
    """Audits of so many rows are drawn from the shares that were measured; a third of the rows decides seldom."""
    ratio = one.min is not None
    now = of_counts(hits, sizes, ratio=ratio)
    assert outcome(one, now) == "inconclusive"
    growth = drawn_growth(now, one, rates_of(hits, sizes))
    assert growth is not None
    draws, shares, sizes = np.random.default_rng(7), np.asarray(hits) / np.asarray(sizes), np.asarray(sizes)
    decided = []
    for times in (growth, growth / 3):
        n = np.ceil(sizes * times).astype(int)
        audits = [of_counts(k, n, ratio=ratio) for k in draws.binomial(n, shares, (200, len(n)))]
        decided.append(np.mean([outcome(one, audit) != "inconclusive" for audit in audits]))
    # A standard error of 200 audits is .03.
    assert 0.7 <= decided[0] <= 0.9
    assert decided[1] < 0.6


def test_other_peoples_shares_are_not_taken_for_those_of_a_gap() -> None:
    hits, sizes = (60, 90, 44), (300, 320, 200)
    one, now = rule(max=0.1), of_counts(hits, sizes, ratio=False)
    alone = growth_to_clear(now, one)
    told = rates_of(hits, sizes)
    assert drawn_growth(now, one, told) != alone
    assert drawn_growth(now, one, told[:2]) == alone
    assert drawn_growth(now, one, rates_of((60, 80, 44), sizes)) == alone


def test_a_gap_that_no_number_of_rows_decides_gets_no_growth() -> None:
    sizes = np.array([100, 100])
    shares = Shares(np.array([0.3, 0.4]), sizes, sizes.astype(float))
    assert growth_to_decide(shares, 0.1, rng=np.random.default_rng(0)) is None
    assert growth_to_decide(shares, 0.1001, rng=np.random.default_rng(0)) is None
    assert growth_to_decide(shares, 0.6, rng=np.random.default_rng(0)) == 1
