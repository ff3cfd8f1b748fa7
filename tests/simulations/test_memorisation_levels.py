"""How often `privacy.memorisation` is wrong, gates and all, of models that learnt nothing and of one that did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import Measurement, Texts
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.memorisation import memorisation

ROWS = 30


def side(rng, numbers, share):
    """Prompts and letters of one distribution; the model writes a letter with this chance, and another's else."""
    prompts = [f"what of patient {number}?" for number in numbers]
    letters, others = (
        [f"sees doctor {a} about finding {b} in room {c}" for a, b, c in rng.integers(100, 999, (ROWS, 3))]
        for _ in range(2)
    )
    wrote = rng.random(ROWS) < share
    said = [letter if own else other for letter, other, own in zip(letters, others, wrote, strict=True)]
    answers, truth = (Texts(tuple((one,) for one in texts)) for texts in (said, letters))
    return toy_case(answers, truth=truth, inputs=pd.Series(prompts, dtype=object))


def differences(count, *, known, guessed):
    """Of so many audits, each of other rows: the differences of rows whose letters come with these chances."""
    for place in range(count):
        rng = np.random.default_rng([17, place])
        numbers = rng.permutation(90_000)[: 2 * ROWS] + 10_000
        audit, training = side(rng, numbers[:ROWS], guessed), side(rng, numbers[ROWS:], known)
        case = replace(with_splits(audit, training=training), is_control=True)
        yield next(
            one
            for one in memorisation.run(case)
            if isinstance(one, Measurement) and one.metric == "extraction_difference" and not one.conditions
        )


@pytest.mark.parametrize("count", [2, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("guessed", [0.0, 0.3])
def test_a_model_that_learnt_nothing_is_called_leaky_no_more_often_than_promised(count, guessed):
    found = list(differences(count, known=guessed, guessed=guessed))
    judged = [one for one in found if one.value is not None]
    most = 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)
    # Sides that are alike are seldom taken for confounded, and no difference is seldom taken for one.
    assert 1 - len(judged) / count <= most
    assert np.mean([one.interval.low > 0 for one in judged]) <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / count)


@pytest.mark.parametrize("count", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_model_that_knows_half_of_its_rows_passes_no_rule(count):
    judged = [one for one in differences(count, known=0.5, guessed=0.0) if one.value is not None]
    assert judged
    assert all(one.interval.high > 0.2 for one in judged)
    assert np.mean([one.interval.low > 0 for one in judged]) >= 0.95
