"""How often the whole check raises an alarm at models that know nobody."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from planted_members import audited, learnt, outcome, overall, table

ROWS = 120
AUDITS = 150


@pytest.mark.slow
def test_a_model_of_other_people_is_called_leaky_no_more_often_than_promised():
    outcomes, found = Counter(), []
    for seed in range(AUDITS):
        rng = np.random.default_rng([seed, 5])
        taught, inside, outside = (table(ROWS, rng) for _ in range(3))
        say = learnt(taught[1], taught[2], by_heart=True, seed=seed)
        readings = audited(inside, outside, say, seed=seed)
        outcomes[outcome(readings)] += 1
        found.append(overall(readings))
    told = [one for one in found if one.value is not None]
    most = 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(told))
    assert np.mean([one.interval.low > 0.5 for one in told]) <= most
    assert outcomes["fail"] <= most * AUDITS
    # What is left undefined: splits that the blind baseline calls confounded, at 99%.
    assert len(told) >= AUDITS * (1 - 0.01 - 2 * np.sqrt(0.01 * 0.99 / AUDITS)) - 1
