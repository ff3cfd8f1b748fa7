"""`fairness.tests`: whether groups could have equal rates; each p-value is adjusted for all tests that are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, Quote, Table, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import (
    RATES,
    Outcome,
    OutcomeTable,
    PermutationTest,
    Rate,
    Shares,
    cohens_h,
    difference_z,
    equal_rates_test,
    equal_unit_rates_test,
    family_level,
    holm,
    log_ratio_z,
    widest_effect,
)
from auditkit.testing import above, every, fair_groups, group_falsely_alarmed, group_missed, group_under_selected
from auditkit.testing import not_above as no_more
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.tests import TESTS_CARDS
from auditkit_fairness.comparing import Compared, with_class
from auditkit_fairness.counting import Counted, counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.questions import Predicted

TESTED: Mapping[str, tuple[str, ...]] = {
    "selection_rate": ("selection_rate",),
    "true_positive_rate": ("true_positive_rate",),
    "false_positive_rate": ("false_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}
"""What is tested, and the rates that have to be equal for it."""

_MOST_DEALS, _FEWEST_DEALS, _WORK = 9_999, 999, 400_000
"""Random deals of one test; of all tests together about so many, so that fifty classes do not take minutes."""
_FEWEST_UNIT_DEALS, _MOST_MOVED = 199, 20_000
"""The same where each deal moves weighted units one by one: so few where all lines together move more than so many."""
_SMALL = 0.02

_COLUMNS = (
    "equal", "class", "lowest", "highest", "difference", "z of the difference", "z of the log ratio",
    "Cohen's h", "p", "adjusted p",
)  # fmt: skip

CONTROLS = (
    planted(
        "one of two groups is selected half as often",
        group_under_selected(0.5),
        above("selection_rate_effect_size", 0.1),
    ),
    planted(
        "in one of two groups positives are found less often, by 0.5",
        group_missed(0.5),
        above("true_positive_rate_effect_size", 0.3),
    ),
    planted(
        "one of two groups has more false alarms, by 0.5",
        group_falsely_alarmed(0.5),
        above("false_positive_rate_effect_size", 0.3),
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(no_more("selection_rate_effect_size", 0.0), no_more("true_positive_rate_effect_size", 0.0)),
    ),
)


@dataclass(frozen=True)
class _Asked:
    """One hypothesis: that the groups of a grouping have equal rates."""

    name: str
    compared: Compared
    table: OutcomeTable
    shares: tuple[Shares, ...]
    """Of the groups that take part, for each of the rates."""

    @property
    def rates(self) -> tuple[Rate, ...]:
        return tuple(RATES[rate] for rate in TESTED[self.name])


@check(
    "fairness.tests",
    on=(ClassScores, LabelScores),
    metrics=TESTS_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def equality_tests(case: Case[Predicted], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """Whether the groups could have equal rates, and how large the effect is.

    The tables test equal selection rates, equal true and false positive rates, and both of these at once (equalized
    odds). Their p says how often the widest gap would be as wide if the hits fell on rows whatever their group (a
    conditional permutation test of all groups at once); where rows weigh differently or share units, how often the
    groups would lie as many standard errors apart if whole units were dealt out. Where fewer than ten deals lie as far,
    p goes on as the tail of the deals does, so that many tests can reject at all: the adjusted p is Holm's over every
    line of all tables, and a small one means something. Beside it stand three numbers about the two groups furthest
    apart: the pooled z, the z of the log ratio, and Cohen's h. Their z does not know that this pair was picked: read p.
    A large p is no evidence of fairness: few rows give large ones.
    """
    by_group = groupings_of(case, depth=depth)
    answers = counted(case, by_group, depth=depth)
    asked: list[_Asked] = []
    for place, grouping in enumerate(by_group):
        for answer in answers:
            for one in _hypotheses(case, grouping, answer, place):
                if len(one.rates) == 1:
                    yield _effect(one, case.level)
                if one.compared.too_few is None:
                    asked.append(one)
    if asked:
        yield from _tables(asked, _tests(case, asked))


def _hypotheses(case: Case[Any], grouping: Grouping, answer: Counted, place: int) -> Iterator[_Asked]:
    table = answer.by_group[place]
    for name, needed in TESTED.items():
        if set(needed) <= set(answer.question.rates):
            people = np.min([table.people(RATES[rate]) for rate in needed], axis=0)
            groups = int(np.count_nonzero(people >= max(case.min_group_size, 1)))
            level = family_level(case.level, max(groups * (groups - 1) // 2, 1))
            shares = [table.shares(RATES[rate], level=level) for rate in needed]
            smallest = np.min([one.n for one in shares], axis=0)
            compared = Compared(grouping, answer.question.label, smallest, case.min_group_size, people)
            yield _Asked(name, compared, table, tuple(one.take(compared.takes_part) for one in shares))


def _effect(one: _Asked, level: float) -> Measurement:
    gap = None if one.compared.too_few else widest_effect(one.shares[0], level=level)
    method = "mover of wilson limits"
    method += ", effective size" if one.shares[0].is_effective else ""
    return one.compared.measure(f"{one.name}_effect_size", gap, level=level, method=method)


def _tests(case: Case[Any], asked: Sequence[_Asked]) -> list[PermutationTest]:
    return [_test(one, case.rng(_seed(one)), _deals(one, len(asked))) for one in asked]


def _test(one: _Asked, rng: np.random.Generator, most: int) -> PermutationTest:
    """With few deals first, and afresh with many where p is small: it is below any level no more often than either."""
    if one.table.clusters is not None:
        return _deal(one, rng, most)
    found = _deal(one, rng, _FEWEST_DEALS)
    return found if found.p_value > _SMALL else _deal(one, rng, most)


def _deals(one: _Asked, lines: int) -> int:
    """How many deals a test has at most: fewer where each moves thousands of people who all weigh differently."""
    clusters = one.table.clusters
    if clusters is None:
        return int(np.clip(_WORK // lines, _FEWEST_DEALS, _MOST_DEALS))
    is_weighted = not np.array_equal(clusters.masses, clusters.rows)
    return _FEWEST_UNIT_DEALS if is_weighted and len(clusters.groups) * lines > _MOST_MOVED else _FEWEST_DEALS


def _seed(one: _Asked) -> str:
    return f"{one.compared.grouping.name}: {one.compared.label}: {one.name}"


def _deal(one: _Asked, rng: np.random.Generator, deals: int) -> PermutationTest:
    takes_part = one.compared.takes_part
    if one.table.clusters is None:
        rows = one.table.rows[takes_part]
        strata = [(_sum(rows, rate.hits), _sum(rows, rate.among)) for rate in one.rates]
        found = equal_rates_test(strata, rng=rng, deals=deals)
    else:
        totals = [one.table.clusters.totals(rate) for rate in one.rates]
        hits, sizes = (np.column_stack(part) for part in zip(*((t.counted, t.looked_at) for t in totals), strict=True))
        groups = np.where(takes_part, np.arange(len(takes_part)), -1)[one.table.clusters.groups]
        found = equal_unit_rates_test(hits, sizes, groups, rng=rng, deals=deals, times=totals[0].times)
    # Two groups or more have rows in each of the strata: that is what taking part means.
    return found or PermutationTest(0.0, 1.0, deals, 1.0)


def _sum(rows: npt.NDArray[np.integer], outcomes: tuple[Outcome, ...]) -> npt.NDArray[np.integer]:
    return np.asarray(rows[:, list(outcomes)].sum(axis=1))


def _tables(asked: Sequence[_Asked], tests: Sequence[PermutationTest]) -> Iterator[Table]:
    """One for each grouping, so that what is withheld of one takes no other's lines."""
    adjusted = holm(np.array([one.tail_p for one in tests])).tolist()
    by_grouping: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    rests_on: dict[tuple[str, ...], list[tuple[Quote, ...]]] = {}
    for one, *found in zip(asked, tests, adjusted, strict=True):
        by_grouping.setdefault(one.compared.grouping.attributes, []).append(_row(one, *found))
        rests_on.setdefault(one.compared.grouping.attributes, []).append(_rests_on(one))
    titles = {one.compared.grouping.attributes: one.compared.grouping.name for one in asked}
    for attributes, lines in by_grouping.items():
        columns, rows = with_class(_COLUMNS, lines)
        title = Text.of(
            "Tests of equal rates, by {attributes}; p adjusted by Holm over all lines of this check",
            attributes=titles[attributes],
        )
        rests = tuple(rests_on[attributes])
        yield Table(title=title, columns=columns, rows=rows, attributes=attributes, rests_on=rests)


def _rests_on(one: _Asked) -> tuple[Quote, ...]:
    """Of each rate the effect between all groups that take part: p rests on every one of these, named or not."""
    about: dict[str, Any] = {"group": one.compared.grouping.everyone, "label": one.compared.label}
    return tuple(Quote(metric=f"{rate}_effect_size", **about) for rate in TESTED[one.name])


def _row(one: _Asked, test: PermutationTest, adjusted: float) -> tuple[Any, ...]:
    """The two groups furthest apart in the rate whose gap is the widest, and what is said of them."""
    shares = max(one.shares, key=lambda shares: float(np.ptp(shares.value)))
    low, high = int(np.argmin(shares.value)), int(np.argmax(shares.value))
    hits = shares.value * shares.size
    pair = hits[high], shares.size[high], hits[low], shares.size[low]
    z, z_of_ratio = float(difference_z(*pair)), float(log_ratio_z(*pair))
    labels = one.compared.labels
    return (
        one.name,
        one.compared.label,
        labels[low],
        labels[high],
        float(shares.value[high] - shares.value[low]),
        z,
        z_of_ratio if np.isfinite(z_of_ratio) else Text.of("undefined"),
        float(cohens_h(shares.value[high], shares.value[low])),
        test.tail_p,
        adjusted,
    )
