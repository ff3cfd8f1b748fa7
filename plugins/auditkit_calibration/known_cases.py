"""Cases of two groups, or of two labels, for the controls: both calibrated, or one of them overconfident."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, LabelScores
from auditkit.testing import toy_case

_LEVELS = np.arange(0.1, 0.95, 0.1)


def group_overconfident(sharpness: float = 4.0, *, rows: int = 450) -> Callable[[np.random.Generator], Case[Any]]:
    """Group A's probabilities are true; the log odds of group B are `sharpness` times what they should be."""
    return partial(_two_groups, rows=rows, sharpness=sharpness)


def groups_calibrated(*, rows: int = 450) -> Callable[[np.random.Generator], Case[Any]]:
    """Both groups' probabilities are exactly as often true as they say."""
    return partial(_two_groups, rows=rows, sharpness=1.0)


def label_overconfident(sharpness: float = 4.0, *, rows: int = 450) -> Callable[[np.random.Generator], Case[Any]]:
    """Probabilities of "fever" are true; the log odds of "cough" are `sharpness` times what they should be."""
    return partial(_two_labels, rows=rows, sharpness=sharpness)


def _two_labels(_: np.random.Generator, *, rows: int, sharpness: float) -> Case[Any]:
    each = rows // len(_LEVELS)
    chance = np.repeat(_LEVELS, each)
    came_true = np.concatenate([np.arange(each) < round(level * each) for level in _LEVELS])
    odds = (chance / (1 - chance)) ** sharpness
    said = LabelScores(("fever", "cough"), np.column_stack([chance, odds / (1 + odds)]))
    return toy_case(said, np.column_stack([came_true, came_true]).tolist())


def _two_groups(_: np.random.Generator, *, rows: int, sharpness: float) -> Case[Any]:
    """`rows` of each group. Those above one half are sharpened, so that what is said is on average too much."""
    each = rows // len(_LEVELS)
    chance = np.repeat(_LEVELS, each)
    came_true = np.concatenate([np.arange(each) < round(level * each) for level in _LEVELS])
    odds = (chance / (1 - chance)) ** np.where(chance > 0.45, sharpness, 1.0)  # noqa: PLR2004  0.5, but for its last digit
    said = np.concatenate([chance, odds / (1 + odds)])
    targets = np.where(np.tile(came_true, 2), "yes", "no").tolist()
    groups = {"group": ["A"] * len(chance) + ["B"] * len(chance)}
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - said, said])), targets, groups, positive="yes")
