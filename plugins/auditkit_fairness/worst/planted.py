"""Rows of which a model is wrong about one slice more often than about others, and the same without such a slice."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, not_above, toy_case

ROWS = 1_200
_CELLS = 12
_WARDS, _SITES, _ELSEWHERE = ("a", "b", "c"), ("north", "south", "east", "west"), 0.1


def _happens(chance: Any, place: Any, rng: np.random.Generator, *, is_exact: bool, step: int = 37) -> Any:
    """[n]: to whom something happens: by chance, or to as many of a hundred in each of twelve cells as the chance says.

    A twin that is drawn is no twin to whoever draws from it again: what chance put into it is then there.
    """
    if is_exact:
        return place // _CELLS * step % 100 < np.rint(100 * chance)
    return rng.random(len(place)) < chance


def with_a_bad_slice(rate: float, *, rows: int = ROWS, is_exact: bool = False) -> Any:
    """Rows of three attributes, of which those of ward a in the north are decided wrongly at a rate; others at 0.1."""
    return partial(_made, rate=rate, rows=rows, is_exact=is_exact)


def _made(rng: np.random.Generator, *, rate: float, rows: int, is_exact: bool) -> Case[Any]:
    place = np.arange(rows)
    ward, site, sex = place % 3, place // 3 % 4, place // 12 % 2
    chance = np.where((ward == 0) & (site == 0), rate, _ELSEWHERE)
    wrong = _happens(chance, place, rng, is_exact=is_exact)
    truth = _happens(0.5, place, rng, is_exact=is_exact, step=61)
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
        with_a_bad_slice(0.5, is_exact=True),
        above("worst_slice_loss_difference", 0.1),
        depth=2,
        columns=(),
        loss="own",
    ),
    clean(
        "decisions that are wrong as often wherever one looks",
        with_a_bad_slice(_ELSEWHERE, is_exact=True),
        not_above("worst_slice_loss_difference", 0.0),
        depth=2,
        columns=(),
        loss="own",
    ),
)


def with_people_misjudged(shift: float, *, rows: int = ROWS, is_exact: bool = False) -> Any:
    """Probabilities that are true, but for ward a in the north, where they are too low by a shift."""
    return partial(_misjudged, shift=shift, rows=rows, is_exact=is_exact)


def _misjudged(rng: np.random.Generator, *, shift: float, rows: int, is_exact: bool) -> Case[Any]:
    place = np.arange(rows)
    ward, site = place % 3, place // 3 % 4
    said = 0.1 + 0.1 * (place // _CELLS % 5) if is_exact else rng.uniform(0.1, 0.5, rows)
    chance = said + shift * ((ward == 0) & (site == 0))
    # Of the twenty in each cell that are told the same, as many as they are told.
    within = place // (5 * _CELLS) % 20
    truth = within < np.rint(20 * chance) if is_exact else rng.random(rows) < chance
    groups = {"ward": [_WARDS[one] for one in ward], "site": [_SITES[one] for one in site]}
    targets = ["yes" if one else "no" for one in truth]
    given = ClassScores(("no", "yes"), np.column_stack([1 - said, said]))
    return toy_case(given, targets, groups, positive="yes", min_group_size=10)


AUDITOR_CONTROLS = (
    planted(
        "probabilities for one ward at one of four sites are too low by 0.45",
        with_people_misjudged(0.45, is_exact=True),
        above("worst_decile_residual", 0.0),
        splits=5,
        bins=5,
        columns=(),
    ),
    clean(
        "probabilities that are true wherever one looks",
        with_people_misjudged(0.0, is_exact=True),
        not_above("worst_decile_residual", 0.0),
        splits=5,
        bins=5,
        columns=(),
    ),
)


def with_a_line(gap: float, *, rows: int = ROWS, is_exact: bool = False) -> Any:
    """People of whom those of ward a, and those of the north, are selected more often, each by a gap."""
    return partial(_lined, gap=gap, rows=rows, is_exact=is_exact)


def _lined(rng: np.random.Generator, *, gap: float, rows: int, is_exact: bool) -> Case[Any]:
    place = np.arange(rows)
    ward, site = place % 3, place // 3 % 4
    chance = 0.2 + gap * ((ward == 0) + 1.0 * (site == 0))
    selected = _happens(chance, place, rng, is_exact=is_exact)
    said = np.where(selected, 0.8, 0.2) + rng.uniform(-0.1, 0.1, rows)
    groups = {"ward": [_WARDS[one] for one in ward], "site": [_SITES[one] for one in site]}
    has_it = _happens(0.3, place, rng, is_exact=is_exact, step=61)
    targets = ["yes" if one else "no" for one in has_it]
    given = ClassScores(("no", "yes"), np.column_stack([1 - said, said]))
    return toy_case(given, targets, groups, positive="yes", min_group_size=10)


LINE_CONTROLS = (
    planted(
        "one ward and one of four sites are selected more often by 0.3 each",
        with_a_line(0.3, is_exact=True),
        every(above("linear_group_selection_violation", 0.02), above("linear_group_false_positive_violation", 0.01)),
        bins=5,
        columns=(),
    ),
    clean(
        "selection that has nothing to do with ward or site",
        with_a_line(0.0, is_exact=True),
        every(
            not_above("linear_group_selection_violation", 0.01),
            not_above("linear_group_false_positive_violation", 0.01),
        ),
        bins=5,
        columns=(),
    ),
)
