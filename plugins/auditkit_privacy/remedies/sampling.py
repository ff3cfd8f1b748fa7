"""The rows that alternatives are tried on, and whether there is anything to mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from auditkit import Case
from auditkit.statistics import delong
from auditkit_privacy.attacks.signals import signals_of
from auditkit_privacy.people.members import Members

MOST_ROWS = 5_000
"""Rows a side: the interval of an area is then at most 0.03 wide, and the false alarms of 0.1% can be counted."""


def sampled(sides: Members) -> Members:
    """At most so many rows of either side."""
    return replace(sides, members=_some(sides.members, "members"), others=_some(sides.others, "others"))


def told_apart(case: Case[Any], level: float) -> bool:
    """Whether an attack on the answers, as they are, tells the sides apart at all: asked first, since it costs little.

    Rows that are on both sides are still in it, which makes sides more alike, and no correction is made for the choice
    among the attacks, which makes it more often true.
    """
    inside, outside = (signals_of(_some(side, name)) for side, name in ((case.training, "first"), (case, "second")))
    for name, scores in inside.items():
        both = np.concatenate([scores, outside[name]]).astype(np.float64)
        known = ~np.isnan(both)
        member = np.arange(len(both)) < len(scores)
        area = delong(both[known], member[known], level=level)
        if area is not None and area.low > 0.5:  # noqa: PLR2004  guessing
            return True
    return False


def _some(case: Case[Any], name: str) -> Case[Any]:
    if len(case) <= MOST_ROWS:
        return case
    drawn = case.rng(f"sample of {name}").choice(len(case), MOST_ROWS, replace=False)
    return case.narrowed(np.sort(drawn).astype(np.int64))
