"""The search for a place of a picture that decides: chosen on one half of the people, changed on the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import (
    DECIDING,
    column_of,
    decided,
    each_in_threads,
    flipped,
    moved,
    picture_column,
    pixels_of,
    taken,
    with_column,
)
from auditkit_explainability.relying.halves import Halves, furthest
from auditkit_explainability.relying.regions import Box, masked, pixels_in

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Pixels = npt.NDArray[np.uint8]

GRID = 6
"""Patches a side."""
CONTROLS = 6
"""Patches drawn of those that are not tried, which are changed in the same rows: what any place does."""
CHOOSING_ROWS = 20
"""Rows on which all patches are tried."""


def boxes() -> list[Box]:
    """The patches, row by row."""
    step = 1 / GRID
    return [
        (column * step, row * step, (column + 1) * step, (row + 1) * step)
        for row in range(GRID)
        for column in range(GRID)
    ]


def said_place(place: int) -> str:
    """Where a patch lies, as people read it."""
    row, column = divmod(place, GRID)
    return f"row {row + 1}, column {column + 1} of {GRID} x {GRID}"


@dataclass(frozen=True)
class Shown:
    """The pictures of some rows, and of each another one that is answered otherwise."""

    case: Case[Any]
    rows: Integers
    """[m]: the rows of the case."""
    own: Sequence[Pixels]
    """[m]."""
    other: Sequence[Pixels]
    """[m]: the picture that a patch is taken from."""

    @classmethod
    def of(cls, case: Case[Any], rows: Integers, marks: Sequence[str]) -> Shown:
        """Of some rows of a case; which other one goes with each follows from what both hold."""
        cells = column_of(taken(case.inputs, rows), picture_column(case.inputs))
        own = pixels_of(case, cells)
        said = _answers(case)[rows]
        others = []
        for place, row in enumerate(rows.tolist()):
            differ = np.flatnonzero(said != said[place])
            pool = differ if len(differ) else np.flatnonzero(np.arange(len(rows)) != place)
            names = [hashlib.sha256(f"{marks[row]} {marks[rows[one]]}".encode()).hexdigest() for one in pool.tolist()]
            others.append(own[int(pool[int(np.argmin(np.array(names)))])] if len(pool) else own[place])
        return cls(case, rows, own, others)

    def effect(self, box: Box, what: str) -> tuple[Floats, Floats]:
        """[m] each: how far the score moves when a patch is filled, or is another row's; whether the decision turns."""

        def changed(pair: tuple[Pixels, Pixels]) -> Pixels:
            return masked(pair[0], [box]) if what == "filled" else swapped(*pair, box)

        shown = each_in_threads(changed, list(zip(self.own, self.other, strict=True)))
        name = picture_column(self.case.inputs)
        inputs = with_column(taken(self.case.inputs, self.rows), name, shown)
        sound = self.case.predict_sound(inputs, {"patch": f"{box} {what}"})
        before, said = self.case.predictions.take(self.rows[sound.rows]), sound.predictions
        moves, turns = np.full(len(self.rows), furthest(self.case)), np.ones(len(self.rows))
        moves[sound.rows] = moved(before, said)
        turns[sound.rows] = flipped(self.case, before, said) if isinstance(said, DECIDING) else 0.0
        return moves, turns


def _answers(case: Case[Any]) -> npt.NDArray[Any]:
    """[n]: what is decided, of several labels the likeliest, of numbers whether it is above the middle one."""
    said = case.predictions
    if isinstance(said, DECIDING):
        found = decided(case, said)
        return found if found.ndim == 1 else np.asarray(said.scores).argmax(axis=1)
    return np.asarray(said.values > np.median(said.values))


def swapped(own: Pixels, other: Pixels, box: Box) -> Pixels:
    """A picture with a patch of another one, which may be of another size."""
    made = own.copy()
    rows, columns = pixels_in(box, own.shape[0], own.shape[1])
    from_rows, from_columns = pixels_in(box, other.shape[0], other.shape[1])
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    down = from_rows.start + np.arange(high) * (from_rows.stop - from_rows.start) // high
    across = from_columns.start + np.arange(wide) * (from_columns.stop - from_columns.start) // wide
    patch = other[np.ix_(down, across)]
    if made.ndim < patch.ndim:
        patch = np.rint(patch.mean(axis=2)).astype(np.uint8)
    elif made.ndim > patch.ndim:
        patch = patch[:, :, None]
    made[rows, columns] = patch
    return made


def search(
    case: Case[Any], *, most_regions: int, most_rows: int, may_decide: Sequence[str] = ()
) -> dict[str, npt.NDArray[Any]]:
    """Every patch that is tried, on the half that it was not chosen on.

    Returns:
        `effects` [patches, n]: how far the score moves when the patch is filled with the picture's mean colour, and
        when it is another row's, on average, less what other patches do; `flips` [patches, n]; NaN in rows that are not
        asked about. `places` [patches].
    """
    halves = Halves.of(case)
    weights = np.ones(len(case)) if case.weights is None else case.weights
    places = boxes()
    chosen_on = Shown.of(case, halves.asked(case, halves.first & (weights > 0), CHOOSING_ROWS), halves.marks)
    strength = [float(chosen_on.effect(box, "another's")[0].mean()) for box in places]
    free = [place for place in range(len(places)) if said_place(place) not in may_decide]
    order = sorted(free, key=lambda place: (-round(strength[place], 9), place))
    tried = order[:most_regions]
    rest = np.array(order[most_regions:])
    controls = case.rng("control patches").permutation(np.sort(rest))[:CONTROLS].tolist()
    rows = halves.asked(case, ~halves.first & (weights > 0), most_rows)
    shown = Shown.of(case, rows, halves.marks)
    asked = {
        place: [shown.effect(places[place], what) for what in ("filled", "another's")] for place in tried + controls
    }
    effects, flips = (np.full((len(tried), len(case)), np.nan) for _ in range(2))
    anywhere = np.mean([[one[0] for one in asked[place]] for place in controls], axis=(0, 1)) if controls else 0.0
    for line, place in enumerate(tried):
        effects[line, rows] = np.mean([one[0] for one in asked[place]], axis=0) - anywhere
        flips[line, rows] = np.mean([one[1] for one in asked[place]], axis=0)
    return {"effects": effects, "flips": flips, "places": np.array(tried, dtype=float)}
