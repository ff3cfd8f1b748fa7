"""Cases whose answer is known: a group with a threshold too high for it, which one of its own mends, and none."""

from __future__ import annotations

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, below, every, fair_groups, not_above, toy_case
from auditkit_fairness.cards.remedies import PREFIX, RIGHT_CHANGE

ROWS = 600
LOWER = 0.3
EQUAL = {"remedy": "equal true positive rates by group"}
BEST = {"remedy": "best true positive rates by group"}
NONE = {"remedy": "none"}


def scores_lowered(rng: np.random.Generator, *, by: float = LOWER, rows: int = ROWS) -> Case[ClassScores]:
    """Of group B all scores are lower, by as much: within each group they tell as well who is positive."""
    wanted = rng.random(rows) < 0.5  # noqa: PLR2004  as many of either
    group = np.arange(rows) % 2
    scores = np.clip(rng.normal(np.where(wanted, 0.65, 0.35), 0.12) - by * group, 0.0, 1.0)
    targets = ["yes" if one else "no" for one in wanted]
    groups = ["AB"[one] for one in group]
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    return toy_case(said, targets, {"group": groups}, positive="yes")


_THRESHOLDS = {"lots": False, "retrain": False}
"""There is nothing to train in a known case."""
CONTROLS = (
    planted(
        "the scores of one of two groups are lower by 0.3, whoever is positive",
        scores_lowered,
        every(
            above(PREFIX + "equal_opportunity_difference", 0.3, conditions=NONE),
            below(PREFIX + "equal_opportunity_difference", 0.3, conditions=EQUAL),
            above(PREFIX + "true_positive_rate_change", 0.3, conditions=BEST, group={"group": "B"}),
        ),
        **_THRESHOLDS,
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(
            not_above(PREFIX + "equal_opportunity_difference", 0.0, conditions=NONE),
            not_above(RIGHT_CHANGE, 0.0),
        ),
        **_THRESHOLDS,
    ),
)
