"""How far two machines may disagree about a number, by metric, and which outcomes lie within that of another one.

What a metric allows is declared on its card, of the check that is installed here and not of the bundle: a bundle that
could widen its own tolerance could hide a forged number in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from auditkit.judging import judge
from auditkit.replay.outcome import Turn
from auditkit.waiving import models_of

if TYPE_CHECKING:
    from auditkit.finding import Finding, Interval, Measurement, MetricCard
    from auditkit.result import AuditResult, Judgement

SUMMED = 1e-9
"""Relative, of a metric whose card says nothing. A sum of n numbers of one sign is within n * 2^-53 of the true one in
whatever order it is taken (Higham 2002, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 4.2): of
a million rows 1.1e-10. Nine times that is for what is done with the sums."""

CLOSE_TO_ZERO = 1e-12
"""Absolute: a difference of two equal numbers is seldom 0 to the last bit, and has no relative error."""

_COUNTED = "counts, and one division of them, which IEEE 754 rounds alike everywhere"
_SUMMED = "sums of fractions, which another processor or library takes in another order (Higham 2002, 4.2)"


@dataclass(frozen=True)
class Allowed:
    """How far a value on two machines may lie apart, and why."""

    within: float = SUMMED
    """Relative to the larger of the two; 0: they are the same to the last bit."""
    because: str = _SUMMED
    floor: float = CLOSE_TO_ZERO
    """Absolute: two values that lie so near to each other are taken for one, however small they are."""

    def of(self, signed: float, recomputed: float) -> float | None:
        """How far the two lie apart, relative to the larger; None: farther than is allowed."""
        apart = abs(signed - recomputed)
        largest = max(abs(signed), abs(recomputed))
        if self.within == 0 or apart > max(self.within * largest, self.floor):
            return None
        return apart / largest

    def around(self, value: float) -> float:
        """How far the same number may lie from this one on another machine."""
        return max(self.within * abs(value), self.floor) if self.within else 0.0


LAST_BITS = Allowed()
"""Of a metric whose card says nothing; of the ends of any interval, of tables and charts: they come of functions."""

EXACT = Allowed(0.0, _COUNTED)

CONTROLS = Allowed(
    1e-4, "what controls observe of networks that they train in float32; whether they pass is compared exactly", 1e-6
)
"""A float32 has 2^-24 of its size, and a training of some hundred steps keeps the first figures of it."""


def allowed_by(cards: Iterable[MetricCard], *, weighted: bool) -> dict[str, Allowed]:
    """By metric, what its card allows.

    Args:
        cards: of the check as it is installed here.
        weighted: whether rows have weights, of which no count is a whole number.
    """
    return {card.name: _of_card(card, weighted=weighted) for card in cards}


def _of_card(card: MetricCard, *, weighted: bool) -> Allowed:
    if card.tolerance is None or (card.tolerance == 0 and weighted):
        return LAST_BITS
    return EXACT if card.tolerance == 0 else Allowed(card.tolerance, card.tolerance_because)


def widest(allowed: Iterable[Allowed]) -> Allowed:
    """The most of these: a check's tables and charts rest on any of its metrics."""
    return max((LAST_BITS, *allowed), key=lambda one: one.within)


def turns_within(
    result: AuditResult,
    findings: Sequence[Finding],
    judgements: Sequence[Judgement],
    today: date,
) -> Iterator[Turn]:
    """The rules that would have another outcome, were their numbers where another machine may put them.

    Every number is moved up as far as it is allowed, then down: an interval turns at the end that meets the bound.

    Args:
        result: whose policy it is.
        findings: as they were recomputed, nothing withheld.
        judgements: of them, after suppression; of a number that is withheld nothing is told.
        today: for waivers.
    """
    policy = result.policy.policy
    weighted = result.data.weights is not None
    seen: set[str] = set()
    for direction in (1, -1):
        moved = [_moved(one, direction, allowed_by(one.cards, weighted=weighted)) for one in findings]
        verdict = judge(policy, moved, result.data.available, today, models_of(result.subject))
        for now, then in zip(judgements, verdict.judgements, strict=True):
            is_told = now.worst is None or not now.worst.suppressed
            if now.outcome != then.outcome and is_told and now.rule not in seen:
                seen.add(now.rule)
                yield Turn(rule=now.rule, outcome=now.outcome, may_be=then.outcome)


def _moved(finding: Finding, direction: int, allowed: Mapping[str, Allowed]) -> Finding:
    measurements = tuple(_one_moved(one, direction, allowed.get(one.metric, LAST_BITS)) for one in finding.measurements)
    return finding.model_copy(update={"measurements": measurements})


def _one_moved(one: Measurement, direction: int, allowed: Allowed) -> Measurement:
    if one.value is None or one.exact:
        return one
    value = one.value + direction * allowed.around(one.value)
    return one.model_copy(update={"value": value, "interval": _interval_moved(one.interval, direction, allowed)})


def _interval_moved(interval: Interval | None, direction: int, allowed: Allowed) -> Interval | None:
    if interval is None:
        return None
    ends = allowed if allowed.within else LAST_BITS
    low, high = (end + direction * ends.around(end) for end in (interval.low, interval.high))
    return interval.model_copy(update={"low": low, "high": high})
