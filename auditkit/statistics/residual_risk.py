"""How much better an attack does on those a model was trained on than on others, as a part of what it could do better.

Both rates may be of effective sizes. `residual_risk` is anonymeter's estimate, for comparison with it; `excess_risk` is
the same quantity from the rates as they are, with an interval that holds near rates of 0 and 1 too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditkit.statistics.intervals import Limits, critical_value
from auditkit.statistics.scores import koopman


@dataclass(frozen=True)
class AttackRate:
    """How often an attack succeeds, as the middle of Wilson's interval, and the interval's half."""

    value: float
    error: float


@dataclass(frozen=True)
class ResidualRisk:
    """Of what an attack does not reach on others, the part that it reaches on members; below 0: it does worse."""

    value: float
    error: float

    @property
    def bound(self) -> tuple[float, float, float]:
        """The value and both ends, kept within 0 and 1."""
        ends = (self.value, self.value - self.error, self.value + self.error)
        value, low, high = (min(max(end, 0.0), 1.0) for end in ends)
        return value, low, high


@dataclass(frozen=True)
class ExcessRisk:
    """The same from the rates as they are: 1 - (failures of members / failures of others), not below 0."""

    value: float
    low: float
    high: float
    method: str = "koopman, ratio of failures"


def attack_rate(successes: float, n: float, level: float = 0.95) -> AttackRate:
    """The middle and half of Wilson's interval of `successes / n`, as anonymeter tells a rate; n above 0.

    Source: Giomi et al. (2023), "A unified framework for quantifying privacy risk in synthetic data", PoPETs 2023(2).
    """
    z = 0.0 if level == 0 else critical_value(level)
    value = (successes + z**2 / 2) / (n + z**2)
    error = z / (n + z**2) * float(np.sqrt(successes * (n - successes) / n + z**2 / 4))
    return AttackRate(float(value), float(error))


def residual_risk(attack: AttackRate, control: AttackRate) -> ResidualRisk | None:
    """(attack - control) / (1 - control), with both errors carried over; None where the control never fails.

    The errors are added as if both rates were normal (the delta method). Source: as `attack_rate`.
    """
    left = 1 - control.value
    if left <= 0:
        return None
    of_attack = attack.error / left
    of_control = control.error * (1 - attack.value) / left**2
    return ResidualRisk((attack.value - control.value) / left, float(np.hypot(of_attack, of_control)))


def excess_risk(
    successes: float, n: float, control_successes: float, control_n: float, level: float = 0.95
) -> ExcessRisk | None:
    """The residual risk of two rates with Koopman's interval for the ratio of their failures.

    None where the attack never fails on the others, so that there is nothing that it could do better, and where a side
    is empty. Counts may be effective. The interval is kept at 0 and above, as the value is: an attack that does worse
    on members puts them at no risk.

    Args:
        successes: on members.
        n: members.
        control_successes: on others.
        control_n: others.
        level: the interval's confidence.
    """
    failures, control_failures = n - successes, control_n - control_successes
    if n <= 0 or control_n <= 0 or control_failures <= 0:
        return None
    value = 1 - (failures / n) / (control_failures / control_n)
    ratio = koopman(failures, n, control_failures, control_n, level)
    limits = Limits(1 - min(float(ratio.high), 1.0), 1 - min(float(ratio.low), 1.0))
    value = max(value, 0.0)
    return ExcessRisk(value, min(limits.low, value), max(limits.high, value))
