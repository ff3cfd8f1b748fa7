"""How often the interval of a change of the log loss holds the truth, and how often it promises what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from auditkit.statistics import Counting
from auditkit_calibration.remedies.maps import Remedy, cross_fitted, remedies_for
from auditkit_calibration.remedies.rows import FOLDS, Answers
from auditkit_calibration.remedies.worth import log_losses

pytestmark = pytest.mark.slow
MODELS, LEVEL, MANY = 200, 0.9, 20_000


def drawn(n: int, sharp: float, rng: np.random.Generator) -> Answers:
    true = rng.beta(1.2, 1.8, n)
    said = special.expit(sharp * special.logit(true))
    targets = (rng.random(n) < true).astype(np.int64)
    return Answers(np.column_stack([1 - said, said]), targets, np.full(n, 1 / n), np.arange(n), {}, 1)


def truth(remedy: Remedy, answers: Answers, folds: np.ndarray, other: Answers) -> float:
    """What the maps of the folds would change on rows that none of them has seen."""
    before = log_losses(other.chances, other)
    made = [remedy.fit(answers.take(folds != fold)).apply(other) for fold in range(FOLDS)]
    return float(np.mean([np.mean(log_losses(one, other) - before) for one in made]))


@pytest.mark.parametrize("n", [300, 1500])
@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_the_change_of_the_log_loss_holds_the_truth(n: int, sharp: float) -> None:
    rng = np.random.default_rng([n, round(10 * sharp)])
    held = dict.fromkeys(("temperature", "platt", "isotonic"), 0)
    promised = dict.fromkeys(held, 0)
    for _ in range(MODELS):
        answers, other = drawn(n, sharp, rng), drawn(MANY, sharp, rng)
        folds = rng.permutation(n) % FOLDS
        for remedy in remedies_for(answers, 30):
            if remedy.name not in held:
                continue
            gone = log_losses(cross_fitted(remedy, answers, folds), answers) - log_losses(answers.chances, answers)
            limits = Counting(None, None).change(gone, LEVEL).limits
            assert limits is not None
            held[remedy.name] += limits[0] <= truth(remedy, answers, folds, other) <= limits[1]
            promised[remedy.name] += limits[1] < 0
    assert min(held.values()) / MODELS >= LEVEL - 3 * np.sqrt(LEVEL * (1 - LEVEL) / MODELS), held
    if sharp == 1.0:
        # A one-sided error of 5%, and two standard errors.
        assert max(promised.values()) / MODELS <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / MODELS), promised
    elif n >= 1500:
        assert min(promised["temperature"], promised["platt"]) / MODELS >= 0.9, promised
