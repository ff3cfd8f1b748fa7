"""Pictures: squares of a grid, filled with the picture's mean colour when they are taken out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Differentiable, NotApplicable, Unit
from auditkit.perturbation import column_of, pixels_of, taken, with_column
from auditkit_explainability.pieces.placing import sources

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Regions:
    """The regions of pictures, `side` times `side` of each."""

    case: Case[Any]
    inputs: Any
    column: str
    pixels: list[Pixels]
    side: int
    _sources: dict[tuple[int, ...], Any] = field(default_factory=dict)
    _means: dict[int, Pixels] = field(default_factory=dict)
    _cells: dict[tuple[int, ...], Integers] = field(default_factory=dict)

    kind = "regions"
    removal = "a region is filled with the picture's mean colour"
    keeps_places = True

    @classmethod
    def of(cls, case: Case[Any], column: str, most: int) -> Regions:
        """Of a case's pictures; no region is smaller than a pixel."""
        pixels = pixels_of(case, column_of(case.inputs, column))
        smallest = min((min(one.shape[:2]) for one in pixels), default=1)
        return cls(case, case.inputs, column, pixels, max(1, min(math.isqrt(most), smallest)))

    @property
    def names(self) -> Sequence[Sequence[str]]:
        """[n][p]: by row and column of the grid, from the upper left."""
        places = range(1, self.side + 1)
        return [[f"row {row}, column {column} of {self.side}" for row in places for column in places]] * len(
            self.pixels
        )

    def of_others(self, pixels: list[Pixels]) -> Regions:
        """The same grid of pictures that were changed, of the same sizes."""
        return replace(self, pixels=pixels, _means={})

    def without(self, rows: Integers, gone: Sequence[Flags]) -> Any:
        """The pictures with some regions filled."""
        made = [self._filled(int(row), flags) for row, flags in zip(rows, gone, strict=True)]
        return with_column(taken(self.inputs, np.asarray(rows)), self.column, made)

    def of_units(self, row: int, units: Sequence[Unit | None]) -> Integers:
        """[u]: the region from which a prepared pixel comes; what was padded comes from the region that is nearest."""
        shape = self.pixels[row].shape[:2]
        if shape not in self._sources:
            model = self.case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for

            def inputs(shown: list[Pixels]) -> Any:
                return with_column(taken(self.inputs, np.array([row, row])), self.column, shown)

            self._sources[shape] = sources(model.encoded, shape[0], shape[1], inputs)
        found = self._sources[shape]
        if found is None:
            raise NotApplicable("it is not known between what ends a prepared picture's numbers lie")
        if len(found) != len(units):
            raise NotApplicable("pictures of one size are prepared to different ones")
        cells = np.clip(np.floor(found * self.side), 0, self.side - 1).astype(np.int64)
        return np.asarray(cells[:, 0] * self.side + cells[:, 1])

    def _filled(self, row: int, gone: Flags) -> Pixels:
        if row not in self._means:
            pixels = self.pixels[row]
            self._means[row] = pixels.reshape(-1, *pixels.shape[2:]).mean(axis=0).round().astype(np.uint8)
        hidden = gone[self._places(self.pixels[row].shape[:2])]
        found = self.pixels[row].copy()
        found[hidden] = self._means[row]
        return found

    def _places(self, shape: tuple[int, ...]) -> Integers:
        """[rows, columns]: the region of each pixel, which is that in which its middle lies."""
        if shape not in self._cells:
            down, right = (np.floor((np.arange(side) + 0.5) / side * self.side).astype(np.int64) for side in shape)
            self._cells[shape] = down[:, None] * self.side + right
        return self._cells[shape]
