"""Rows of which a model is wrong about one slice more often than about others, and the same without such a slice."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, not_above, toy_case

ROWS = 1_200
_WARDS, _SITES, _ELSEWHERE = ("a", "b", "c"), ("north", "south", "east", "west"), 0.1


def with_a_bad_slice(rate: float, *, rows: int = ROWS) -> Any:
    """Rows of three attributes, of which those of ward a in the north are decided wrongly at a rate; others at 0.1."""
    return partial(_made, rate=rate, rows=rows)


def _made(rng: np.random.Generator, *, rate: float, rows: int) -> Case[Any]:
    place = np.arange(rows)
    ward, site, sex = place % 3, place // 3 % 4, place // 12 % 2
    chance = np.where((ward == 0) & (site == 0), rate, _ELSEWHERE)
    wrong = rng.random(rows) < chance
    truth = rng.random(rows) < 0.5  # noqa: PLR2004  half of them
    score = np.where(truth ^ wrong, 0.8, 0.2) + rng.uniform(-0.1, 0.1, rows)
    groups = {
        "ward": [_WARDS[one] for one in ward],
        "site": [_SITES[one] for one in site],
        "sex": ["FM"[one] for one in sex],
    }
    targets = ["yes" if one else "no" for one in truth]
    said = ClassScores(("no", "yes"), np.column_stack([1 - score, score]))
    return toy_case(said, targets, groups, positive="yes", min_group_size=10)


SLICE_CONTROLS = (
    planted(
        "decisions about one ward at one of four sites are wrong half of the time",
        with_a_bad_slice(0.5),
        above("worst_slice_loss_difference", 0.1),
        depth=2,
        columns=(),
        loss="own",
    ),
    clean(
        "decisions that are wrong as often wherever one looks",
        with_a_bad_slice(_ELSEWHERE),
        not_above("worst_slice_loss_difference", 0.0),
        depth=2,
        columns=(),
        loss="own",
    ),
)
