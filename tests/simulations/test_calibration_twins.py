"""A calibrated model passes and its overconfident twin fails, whatever rows were drawn and whatever the audit's seed.

The twin tells the same people apart in the same order: its log odds are 2.5 times what they should be. The
bound of 0.07 lies between the two, further from either than their intervals of 95% reach.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import auditkit

SEEDS = range(1, 21)
ROWS, SHARP, BOUND = 4000, 2.5, 0.07


def audited(seed: int, sharp: float) -> auditkit.AuditResult:
    rng = np.random.default_rng([31, seed])
    true = rng.beta(1.2, 1.8, ROWS)
    said = special.expit(sharp * special.logit(true))
    came_true = rng.random(ROWS) < true
    return auditkit.audit(
        np.column_stack([1 - said, said]),
        {"ill": np.where(came_true, "yes", "no")},
        classes=["no", "yes"],
        target="ill",
        positive="yes",
        checks=["calibration.error"],
        policy={"rules": [{"metric": "smooth_calibration_error", "max": BOUND, "because": "a test"}]},
        seed=seed,
    )


@pytest.mark.slow
def test_at_every_seed_of_20_the_clean_twin_passes_and_the_overconfident_one_fails() -> None:
    found = {seed: (audited(seed, 1.0), audited(seed, SHARP)) for seed in SEEDS}
    outcomes = {seed: tuple(one.verdict.outcome for one in pair) for seed, pair in found.items()}
    assert set(outcomes.values()) == {("pass", "fail")}, outcomes
