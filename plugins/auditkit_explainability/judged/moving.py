"""Rows that hardly differ, in the form in which any model is given them, and what a method that asks says of these.

Numbers of a table move by a part of their column's range, pixels by a part of the way from black to white. A text has
no such neighbours: each other word makes another text of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, NotApplicable, Values
from auditkit.perturbation import Answers, decided
from auditkit.segments import column_in
from auditkit_explainability.attributing import KERNEL_SHAP, Asker
from auditkit_explainability.attributing.methods import COALITIONS
from auditkit_explainability.attributing.removals import occluded, shapley
from auditkit_explainability.judged.steadiness import relative_change
from auditkit_explainability.pieces import Pieces
from auditkit_explainability.pieces.columns import Columns
from auditkit_explainability.pieces.regions import Regions

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Draws = list[np.random.Generator]

_WHITE = 255.0
_LEAST = 1e-7


@dataclass(frozen=True)
class Moved:
    """A neighbour of each row, and what was attributed to it."""

    by_piece: Floats
    """[n, P]"""
    input_moved: Floats
    """[n]: the length of the relative change of the row's numbers."""
    output_moved: Floats
    """[n]: how far the outputs before any softmax lie apart; NaN without an answer."""
    same: Flags
    """[n]: whether the decision is the same."""


def moved(asker: Asker, method: str, draws: Draws, coalitions: Draws, radius: float) -> Moved:
    """One neighbour of each row, with its attributions by a method that only asks.

    Args:
        asker: of the rows.
        method: occlusion, or KernelShap.
        draws: [n], a generator a row, from which the neighbour comes.
        coalitions: [n], from which those come that KernelShap asks about: the row's own, whose luck is no movement.
        radius: by what part of its range each number moves at the most.

    Raises:
        NotApplicable: the rows are texts.
    """
    case, pieces = asker.case, asker.pieces
    near, change = beside(pieces, draws, radius)
    there = Asker(case, near)
    values = shapley(there, COALITIONS, coalitions) if method == KERNEL_SHAP else occluded(there)
    whole = near.without(np.arange(len(case)), [np.zeros(int(count), dtype=bool) for count in asker.counts])
    sound = case.predict_sound(whole, {"moved": f"{radius:g}"})
    own, away, same = case.predictions.take(sound.rows), np.full(len(case), np.nan), np.zeros(len(case), dtype=bool)
    away[sound.rows] = np.linalg.norm(_outputs(sound.predictions) - _outputs(own), axis=1)
    same[sound.rows] = _alike(case, sound.predictions, own)
    return Moved(values, change, away, same)


def beside(pieces: Pieces, draws: Draws, radius: float) -> tuple[Pieces, Floats]:
    """The pieces of a neighbour of each row, and how far it lies away: [n], the length of the relative change.

    Args:
        pieces: of the rows.
        draws: [n].
        radius: by what part of its range each number moves at the most.

    Raises:
        NotApplicable: the rows are texts.
    """
    refuse_texts(pieces)
    if isinstance(pieces, Regions):
        return _beside_pictures(pieces, draws, radius)
    assert isinstance(pieces, Columns)  # noqa: S101  of no other kind
    return _beside_table(pieces, draws, radius)


def refuse_texts(pieces: Pieces) -> None:
    """Refuse rows that have no neighbours.

    Raises:
        NotApplicable: the rows are texts.
    """
    if not isinstance(pieces, Columns | Regions):
        raise NotApplicable("without gradients a text has no neighbours: each other word makes another text")


def _beside_table(pieces: Columns, draws: Draws, radius: float) -> tuple[Columns, Floats]:
    """Numbers move; whole numbers to whole numbers, and none beyond the least and the most of its column."""
    made, square = pieces.table.copy(), np.zeros(len(draws))
    for name in pieces.columns:
        column = column_in(made, name)
        if column is None or column.kind != "numbers":
            continue
        before, known = column.numbers, column.known & np.isfinite(column.numbers)
        least, most = before[known].min(), before[known].max()
        drawn = np.array([rng.uniform(-1.0, 1.0) for rng in draws])
        after = np.clip(before + radius * (most - least) * drawn, least, most)
        is_whole = column.own.dtype.kind in "iu" or (column.own.dtype.kind != "f" and column.is_whole)
        after = np.where(known, np.rint(after) if is_whole else after, np.nan)
        made[name] = made[name].where(~known, column.of_numbers(after))
        # As the column holds them, which may be with fewer digits.
        stands = np.array([float(cell) if there else 1.0 for cell, there in zip(made[name], known, strict=True)])
        square += np.where(known, relative_change(np.where(known, before, 1.0), stands), 0.0) ** 2
    return pieces.of_others(made), np.sqrt(square)


def _beside_pictures(pieces: Regions, draws: Draws, radius: float) -> tuple[Regions, Floats]:
    """Pixels move by whole steps of their 256."""
    made, away = [], np.zeros(len(draws))
    for row, rng in enumerate(draws):
        before = pieces.pixels[row].astype(np.float64)
        after = np.clip(np.rint(before + rng.uniform(-1.0, 1.0, before.shape) * radius * _WHITE), 0, _WHITE)
        away[row] = np.linalg.norm(relative_change(before / _WHITE, after / _WHITE))
        made.append(after.astype(np.uint8))
    return pieces.of_others(made), away


def _outputs(said: Answers) -> Floats:
    """[n, k]: what was before the softmax, or the sigmoid: of a softmax up to what is the same for all classes."""
    if isinstance(said, Values):
        return np.asarray(said.values, dtype=np.float64)[:, None]
    scores = np.asarray(said.scores, dtype=np.float64)
    if isinstance(said, ClassScores) and said.kind != "probability":
        return scores
    inside = np.clip(scores, _LEAST, 1 - _LEAST)
    if isinstance(said, LabelScores):
        return np.asarray(np.log(inside) - np.log1p(-inside))
    logs = np.log(inside)
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def _alike(case: Case[Any], after: Answers, before: Answers) -> Flags:
    if isinstance(before, Values):
        return np.ones(len(before), dtype=bool)
    return np.asarray((decided(case, after) == decided(case, before)).reshape(len(before), -1).all(axis=1))
