"""How often `auditkit diff` calls a change more than chance where there is none, and how often where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from auditkit.differing.diffing import ALPHA
from auditkit.differing.noise import Judge
from auditkit.differing.numbers import Beside, moved
from auditkit.document import Text
from auditkit.finding import Measurement
from auditkit.gating.releases import Compared, Release
from auditkit.testing.results import toy_result

pytestmark = pytest.mark.slow
WORLDS, METRICS = 600, 20


def judge() -> Judge:
    """Of two releases whose rows are not the same."""
    new = toy_result()
    old = new.model_copy(update={"subject": new.subject.model_copy(update={"digest": "1" * 64})})
    sides = Release(Path("new"), new), Release(Path("old"), old)
    return Judge(Compared(*sides, None, None, paired=False, says=Text.of("by intervals")), ALPHA)


def called(*, moves: float, seed: int) -> float:
    """The part of comparisons of twenty shares, of which the first moves so far, that call any more than chance."""
    rng, chance = np.random.default_rng(seed), judge()
    found = 0
    for _ in range(WORLDS):
        pairs = []
        for place in range(METRICS):
            share, n = rng.uniform(0.1, 0.8), int(rng.integers(30, 400))
            counts = rng.binomial(n, [share, share + (moves if place == 0 else 0)])
            one, two = (Measurement.rate(f"m{place}", int(count), n) for count in counts)
            pairs.append(Beside("by.hand", one, two, same_options=True))
        found += any(one.says == "differs" for one in moved(pairs, chance))
    return found / WORLDS


def test_of_releases_between_which_nothing_changed_few_are_called_changed():
    assert called(moves=0, seed=1) <= ALPHA + 2 * (ALPHA * (1 - ALPHA) / WORLDS) ** 0.5


def test_a_large_change_is_found():
    """Of shares of 30 to 400 rows, one moves by 0.2: beyond its bound at 0.025 / 20 in most comparisons."""
    assert called(moves=0.2, seed=2) > 0.5
