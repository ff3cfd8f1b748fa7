"""What is told of an attack once it is known what could be told without the model.

A blind baseline of few rows may fail to see that members and others are of different kinds. Where its interval reaches
up to the lower end of an attack's, the attack may live on such a difference alone: its interval then begins where
guessing does. So no rule fails a model for it; what the attack reaches at most, which passes one, stays. Where a cap
left too few shadow models, it is the other end that is not known (`effort`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditkit import Measurement
from auditkit_privacy.reach.exposure import AUC
from auditkit_privacy.reach.rates import FPRS, tpr_name
from auditkit_privacy.validity.effort import bounded
from auditkit_privacy.validity.gates import Gates

_OF_VECTORS = "embedding_membership_auc"
_CHANCE = {AUC: 0.5, _OF_VECTORS: 0.5, **{tpr_name(fpr): fpr for fpr in FPRS}}
_GONE = {"value": None, "interval": None}


def told(measured: Iterable[Measurement], gates: Gates) -> Iterator[Measurement]:
    """As measured; from guessing on where the baseline may reach as far; without values where nothing can be judged."""
    why_not = gates.why_not
    for one in measured:
        if one.value is None:
            yield one
        elif why_not is not None:
            yield one.model_copy(update={**_GONE, "undefined": why_not})
        else:
            yield bounded(_from_guessing(one, gates), gates.budget)


def _from_guessing(one: Measurement, gates: Gates) -> Measurement:
    """With an interval that holds what guessing reaches, where the baseline may reach what the attack does at least."""
    interval = one.interval
    if interval is None:
        return one
    lower = interval.low if one.metric in (AUC, _OF_VECTORS) else gates.least
    if not gates.may_be_blind(lower):
        return one
    low = min(interval.low, _CHANCE.get(one.metric, 0.0))
    if low == interval.low:
        return one
    method = f"{interval.method}, from guessing on: the blind baseline may reach as far"
    return one.model_copy(update={"interval": interval.model_copy(update={"low": low, "method": method})})
