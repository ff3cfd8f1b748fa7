"""Files decoded and prepared in threads: those of the next batch while a model works on the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from auditkit.errors import DataError, ModelError
from auditkit.files import InputFile, workers
from auditkit.images.decoding import DamagedError, Reading, decode
from auditkit.images.preparing import Floats, Prepare

MOST_BEGUN = 512 << 20
"""Bytes of prepared images that are held before they are asked for; what is beyond is decoded when it is its turn."""

_GREYS = (0, 127, 255)


@dataclass
class Images:
    """The way from a cell to a model's numbers, one way for all images of a column."""

    prepare: Prepare
    channels: int
    """1 or 3."""
    reading: Reading
    most_begun: int = MOST_BEGUN
    _pool: ThreadPoolExecutor | None = field(default=None, repr=False)
    _begun: dict[InputFile, Future[Floats]] = field(default_factory=dict, repr=False)
    _left: frozenset[InputFile] = frozenset()
    """What was begun and not asked for when the last batch was made."""
    _bytes: int = 0
    """Of one prepared image, once `blank` has made one."""

    def ahead(self, cells: Iterable[Any]) -> None:
        """Begin to decode and prepare files in the background, so that `batch` finds them ready."""
        for cell in cells:
            if isinstance(cell, InputFile) and cell not in self._begun and self._has_room:
                self._begun[cell] = self._submit(cell)

    def batch(self, cells: Sequence[Any]) -> Floats:
        """[n, channels, rows, columns]: files, or arrays of pixels, prepared.

        Raises:
            DataError: a file was damaged or changed since it was looked at.
            ModelError: prepared images differ in their sizes.
        """
        waiting = [self._taken(cell) for cell in cells]
        waiting.reverse()
        first = waiting[-1].result()
        found = np.empty((len(cells), *first.shape), dtype=first.dtype)
        for place in range(len(cells)):
            # Each is let go of as soon as it is copied: a batch is not held twice.
            _put(found, place, waiting.pop().result())
        self._forget()
        return found

    def blank(self) -> Floats:
        """[channels, rows, columns]: a grey picture, prepared."""
        found = self.prepare(image_of(np.full((60, 80, 3), 127, dtype=np.uint8), self.channels))
        self._bytes = found.nbytes
        return found

    def ends(self) -> tuple[Floats, Floats] | None:
        """[channels] each: what black and white are prepared to; None: pixels are not scaled in proportion."""
        shown = [self.prepare(image_of(np.full((60, 80, 3), grey, dtype=np.uint8), self.channels)) for grey in _GREYS]
        # In the middle: there may be an edge of something else around it.
        black, middle, white = (one[:, one.shape[1] // 2, one.shape[2] // 2].astype(np.float64) for one in shown)
        expected = black + (white - black) * _GREYS[1] / _GREYS[2]
        if np.any(white == black) or not np.allclose(middle, expected, rtol=0, atol=1e-3 * float(np.ptp(shown))):
            return None
        return black.astype(np.float32), white.astype(np.float32)

    @property
    def _has_room(self) -> bool:
        return (len(self._begun) + 1) * self._bytes <= self.most_begun

    def _forget(self) -> None:
        """Let go of what was begun for a batch that did not come next: its answers were kept from before."""
        for cell in self._left & self._begun.keys():
            self._begun.pop(cell).cancel()
        self._left = frozenset(self._begun)

    def _taken(self, cell: Any) -> Future[Floats]:
        begun = self._begun.pop(cell, None) if isinstance(cell, InputFile) else None
        return self._submit(cell) if begun is None else begun

    def _submit(self, cell: Any) -> Future[Floats]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=workers(), thread_name_prefix="auditkit-images")
        return self._pool.submit(self._numbers, cell)

    def _numbers(self, cell: Any) -> Floats:
        if not isinstance(cell, InputFile):
            return self.prepare(image_of(cell, self.channels))
        try:
            return self.prepare(decode(cell.read(), self.reading, channels=self.channels))
        except DamagedError as error:
            raise DataError(
                f"'{cell.name}' seemed whole and cannot be decoded: {error.message}", hint="leave out its row"
            ) from error


def _put(batch: Floats, place: int, image: Floats) -> None:
    if image.shape != batch.shape[1:]:
        raise ModelError(
            f"prepared images differ in size, {batch.shape[1:]} and {image.shape}, and a batch needs one",
            hint="the processor crops or resizes them to one size, or [model] batch_size = 1",
        )
    batch[place] = image


def refuse_no_images(cells: Iterable[Any], *, column: str = "path") -> None:
    """Refuse cells that are neither files nor arrays of pixels.

    Raises:
        DataError: there is one.
    """
    for place, cell in enumerate(cells, start=1):
        if not isinstance(cell, InputFile | np.ndarray):
            raise DataError(
                f"the input in row {place} is a {type(cell).__name__}, not an image: {cell!r:.60}",
                hint=f'[data] input = "{column}", the column of the images\' paths',
            )


def image_of(pixels: Any, channels: int) -> Any:
    """A Pillow image of an array of pixels, as checks make them that change what a model is shown.

    Args:
        pixels: [rows, columns] or [rows, columns, 3], of 8 bits.
        channels: 1 or 3.

    Raises:
        DataError: it is no such array.
    """
    from PIL import Image

    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):  # noqa: PLR2004
        raise DataError(
            f"an array of {pixels.dtype} with the shape {pixels.shape} is no image",
            hint="[rows, columns] or [rows, columns, 3], of uint8",
        )
    return Image.fromarray(pixels).convert("L" if channels == 1 else "RGB")
