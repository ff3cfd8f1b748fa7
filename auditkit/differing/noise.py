"""Whether a number moved by more than other rows of the same people would have moved it."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from auditkit.case import Case
from auditkit.errors import NotApplicable
from auditkit.finding import Interval, Measurement
from auditkit.gating.aims import rows_of
from auditkit.gating.estimates import Estimate, Rows, paired_estimate
from auditkit.gating.quantities import About, Metric, metrics_for
from auditkit.gating.releases import Compared
from auditkit.gating.stepwise import Claim, Step, stepwise
from auditkit.gating.stored import estimate_between
from auditkit.statistics.intervals import Limits

SAME = 1e-9
"""Relative: a number that is had again from the rows is the one that was signed."""


@dataclass(frozen=True)
class Held:
    """A change, and how it was held against chance."""

    estimate: Estimate
    how: Literal["paired", "unpaired"]


@dataclass(frozen=True)
class Judge:
    """Holds the changes of two bundles against chance, all of them as one family."""

    compared: Compared | None
    """None: the two do not do the same task, so that no change of theirs is one of a quantity."""
    alpha: float

    @property
    def is_same_task(self) -> bool:
        """Whether a metric means the same in both."""
        return self.compared is not None

    @property
    def is_same_release(self) -> bool:
        """Whether the same model was asked about the same rows: then code, seed or machine moved whatever moved."""
        if self.compared is None:
            return False
        ours, theirs = self.compared.candidate.result, self.compared.baseline.result
        rows = [[(split.name, split.digest) for split in result.data.splits] for result in (ours, theirs)]
        return ours.subject.digest == theirs.subject.digest and rows[0] == rows[1]

    def held(self, check: str, old: Measurement | None, new: Measurement | None) -> Held | None:
        """The change of one measurement; None where nothing is known of what chance does to it.

        Row by row where both bundles keep the same rows and the metric is had again from them; else by the two
        intervals, as of different rows, which is careful where they are the same.
        """
        if self.compared is None or old is None or new is None or old == new:
            return None
        paired = _paired(self.compared, check, old, new)
        if paired is not None:
            return Held(paired, "paired")
        if None in {old.interval, new.interval} or not old.n or not new.n:
            return None
        return Held(estimate_between(new, old), "unpaired")

    def steps(self, held: Sequence[Held | None]) -> list[Step | None]:
        """Holm's steps over a family: which changes are above 0, and which below; None where nothing is known.

        The chance that any change is told apart from none where there is none is at most alpha, half on either side.
        """
        claims = [
            Claim(_nothing if one is None else functools.cache(one.estimate.limits), 0.0, True, self.alpha / 2)  # noqa: FBT003  higher is better
            for one in held
        ]
        return [None if one is None else step for one, step in zip(held, stepwise(claims), strict=True)]


def interval_of(held: Held, step: Step) -> Interval | None:
    """The interval of a change, each end at its step; None where an end is at infinity."""
    if not (math.isfinite(step.low) and math.isfinite(step.high)):
        return None
    value = held.estimate.value
    low, high = min(step.low, value), max(step.high, value)
    return Interval(low=low, high=high, level=step.level, method=f"{held.estimate.method}, at holm's steps")


def _nothing(_: float) -> Limits:
    return Limits(-math.inf, math.inf)


def _paired(compared: Compared, check: str, old: Measurement, new: Measurement) -> Estimate | None:
    """From the rows; None where they are not the same, or do not give the numbers that were signed."""
    case, before = compared.new, compared.old
    if not compared.paired or any(compared.left_out) or case is None or before is None:
        return None
    how = _metric(case, new)
    if how is None or new.group.keys() - (set(case.groups) if case.has_groups else set()) or "*" in new.group.values():
        return None
    try:
        about = _about(compared, check, new.label)
        ours, theirs = how.scored(case, about), how.scored(before, about)
        inside = rows_of(case, new.group)
        rows = Rows(case.weights, None if case.units is None else case.units.codes).take(inside)
        found = paired_estimate(ours.take(inside), theirs.take(inside), rows, _rng(compared, new))
    except NotApplicable:
        return None
    is_it = found is not None and _is(found.new, new.value) and _is(found.old, old.value)
    return found if is_it else None


def _metric(case: Case[Any], told: Measurement) -> Metric | None:
    return metrics_for(case).get(told.metric) if not told.conditions and not told.versus else None


def _about(compared: Compared, check: str, label: str | None) -> About:
    """As the check was asked; errors stay in the target's unit, in which they were signed."""
    options = next((one.options for one in compared.candidate.result.findings if one.check == check), {})
    gain = str(options.get("gain", "binary"))
    return About(label=label, spread=1.0, gain=gain, relevant_from=options.get("relevant_from"))


def _is(found: float, told: float | None) -> bool:
    return told is not None and math.isclose(found, told, rel_tol=SAME, abs_tol=SAME)


def _rng(compared: Compared, told: Measurement) -> np.random.Generator:
    """Random numbers that follow from the two results and the measurement."""
    about = f"{told.metric}\0{told.label}\0{sorted(told.group.items())}"
    of = f"{compared.candidate.result.result_digest}\0{compared.baseline.result.result_digest}\0{about}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(of.encode()).digest()[:16], "big"))
