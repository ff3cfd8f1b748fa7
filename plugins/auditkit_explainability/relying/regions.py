"""Parts of a picture that say where it was taken and of whom, and parts of the same size elsewhere in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from auditkit import AuditError

Box = tuple[float, float, float, float]
"""From the left, from the top, to the right, to the bottom: shares of the width and the height."""
Pixels = npt.NDArray[np.uint8]

BORDER, CORNERS = "border", "corners"
_PARTS = 20
_SIDE = 0.15
_TRIES = 200
_NUMBERS = 4


def _ring() -> tuple[Box, ...]:
    """The outermost twentieth of a picture, in squares, so that as many can be laid elsewhere."""
    step = 1 / _PARTS
    edge = {0, _PARTS - 1}
    places = [(row, column) for row in range(_PARTS) for column in range(_PARTS) if row in edge or column in edge]
    return tuple((column * step, row * step, (column + 1) * step, (row + 1) * step) for row, column in places)


BUILT_IN: dict[str, tuple[Box, ...]] = {
    BORDER: _ring(),
    CORNERS: ((0, 0, _SIDE, _SIDE), (1 - _SIDE, 0, 1, _SIDE), (0, 1 - _SIDE, _SIDE, 1), (1 - _SIDE, 1 - _SIDE, 1, 1)),
}
"""Where scanners print, and where markers of a site lie."""


def regions_of(named: Mapping[str, Sequence[float]] | None) -> dict[str, tuple[Box, ...]]:
    """The regions that are built in, and those that the user names.

    Raises:
        AuditError: one has no place in a picture, or leaves no room for as much elsewhere.
    """
    found = dict(BUILT_IN)
    for name, box in (named or {}).items():
        hint = f"from the left, the top, to the right, the bottom, as shares: regions = {{{name} = [0, 0, 0.2, 0.1]}}"
        if len(box) != _NUMBERS or not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
            raise AuditError(f"option 'regions': '{name}' is {list(box)}", hint=hint)
        made: Box = (box[0], box[1], box[2], box[3])
        if len(elsewhere([made], np.random.default_rng(0))) != 1:
            raise AuditError(
                f"option 'regions': '{name}' leaves no room for as much of the picture elsewhere", hint=hint
            )
        found[name] = (made,)
    return found


def elsewhere(boxes: Sequence[Box], rng: np.random.Generator) -> list[Box]:
    """Boxes of the same sizes at random places where none of these is, and no two overlap; fewer where none is free."""
    taken = np.array(boxes, dtype=float)
    found: list[Box] = []
    for left, top, right, bottom in boxes:
        wide, high = right - left, bottom - top
        corners = rng.random((_TRIES, 2)) * [1 - wide, 1 - high]
        tried = np.column_stack([corners, corners + np.array([wide, high])])
        overlaps = (
            (tried[:, None, 0] < taken[:, 2]) & (taken[:, 0] < tried[:, None, 2])
            & (tried[:, None, 1] < taken[:, 3]) & (taken[:, 1] < tried[:, None, 3])
        ).any(axis=1)  # fmt: skip
        free = np.flatnonzero(~overlaps)
        if len(free):
            x, y, to_x, to_y = tried[free[0]].tolist()
            found.append((x, y, to_x, to_y))
            taken = np.vstack([taken, tried[free[0]]])
    return found


def masked(pixels: Pixels, boxes: Sequence[Box]) -> Pixels:
    """A picture with its own mean colour in these boxes."""
    made = pixels.copy()
    colour = np.rint(pixels.reshape(-1, *pixels.shape[2:]).mean(axis=0))
    for box in boxes:
        rows, columns = pixels_in(box, pixels.shape[0], pixels.shape[1])
        made[rows, columns] = colour
    return made


def pixels_in(box: Box, height: int, width: int) -> tuple[slice, slice]:
    """The rows and columns of a box; at least one of each."""
    left, top, right, bottom = box
    rows = slice(
        min(round(top * height), height - 1), max(round(bottom * height), min(round(top * height), height - 1) + 1)
    )
    columns = slice(
        min(round(left * width), width - 1), max(round(right * width), min(round(left * width), width - 1) + 1)
    )
    return rows, columns
