"""The opened model: image files in, scores out, a batch at a time; the next files are decoded while one batch runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from auditkit import ClassScores, DataError, LabelScores, ModelError, Text
from auditkit.checkpoints import Kind, quiet
from auditkit.devices import deterministic, fitting
from auditkit.files import InputFile, workers
from auditkit_image.decoding import DamagedError, Reading, decode
from auditkit_image.preparing import Floats, Prepare

Output = Literal["logits", "probabilities"]


@dataclass
class ImageClassifier:
    """A torch module with the way from a file to its numbers, in float32 and for evaluation."""

    module: Any
    forward: Callable[[Any, Any], Any]
    """The module and its batch -> logits [n, k]."""
    torch_device: Any
    prepare: Prepare
    channels: int
    output: Output
    reading: Reading
    classes: tuple[str, ...] = ()
    kind: Kind = "class"
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""
    _pool: ThreadPoolExecutor | None = field(default=None, repr=False)
    _begun: dict[InputFile, Future[Floats]] = field(default_factory=dict, repr=False)

    @property
    def device(self) -> str:
        """Where it runs, e.g. `cuda:0`."""
        return str(self.torch_device)

    @property
    def batch_size(self) -> int:
        """Images a batch to begin with: they keep the device busy, and the broker halves them when they do not fit."""
        return 32 if self.torch_device.type == "cpu" else 128

    def ahead(self, inputs: Any) -> None:
        """Begin to decode and prepare files in the background, so that `predict` finds them ready."""
        for cell in read_images(inputs):
            if isinstance(cell, InputFile) and cell not in self._begun:
                self._begun[cell] = self._submit(cell)

    def predict(self, inputs: Any) -> ClassScores | LabelScores:
        """Probabilities: softmax over classes, or a sigmoid for each of several labels.

        Raises:
            OutOfMemory: the batch does not fit on the device.
            DataError: a file was damaged or changed since it was looked at.
        """
        cells = read_images(inputs)
        scores = self._scores(cells) if cells else np.zeros((0, len(self.classes)), dtype=np.float32)
        return ClassScores(self.classes, scores) if self.kind == "class" else LabelScores(self.classes, scores)

    def outputs(self) -> int:
        """How many numbers it gives of an image, by showing it a blank one.

        Raises:
            ModelError: it cannot take what the preparation makes, or answers with something else.
        """
        blank = np.full((60, 80, 3), 127, dtype=np.uint8)
        prepared = self.prepare(image_of(blank, self.channels))
        try:
            with quiet():
                answer = self._numbers_of(prepared[None])
        except (ValueError, RuntimeError, IndexError, AssertionError, TypeError, AttributeError) as error:
            said = str(error).partition("\n")[0][:200]
            raise ModelError(
                f"the model cannot take what images are prepared to, {_shape(prepared)}: {said}",
                hint="the preparation is the one that the model was trained with: size, and number of channels",
            ) from error
        return int(answer.shape[1])

    def refuse_other_count(self, outputs: int) -> None:
        """Refuse a model that gives more numbers, or fewer, than it has classes."""
        if outputs != len(self.classes):
            raise ModelError(
                f"the model gives {outputs} numbers of an image, and it has {len(self.classes)} classes",
                hint="one number a class",
            )

    def _scores(self, cells: list[Any]) -> Any:
        waiting = [self._taken(cell) for cell in cells]
        ready = [one.result() for one in waiting]
        batch = stacked(ready)
        work = functools.partial(self._forward, batch)
        return fitting(work, device=self.device, what=f"{len(batch):,} images at once")

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

    def _forward(self, batch: Floats) -> Any:
        with quiet():
            numbers = self._numbers_of(batch)
        if self.output == "logits":
            numbers = numbers.softmax(-1) if self.kind == "class" else numbers.sigmoid()
        return numbers.cpu().numpy()

    def _numbers_of(self, batch: Floats) -> Any:
        import torch

        with torch.inference_mode(), deterministic():
            given = torch.from_numpy(batch)
            if self.torch_device.type == "cuda":
                given = given.pin_memory()
            return self.forward(self.module, given.to(self.torch_device, non_blocking=True)).float()


def _shape(image: Floats) -> str:
    return " x ".join(map(str, image.shape))


def stacked(images: Sequence[Floats]) -> Floats:
    """[n, channels, rows, columns].

    Raises:
        ModelError: they differ in their sizes.
    """
    shapes = list(dict.fromkeys(image.shape for image in images))
    if len(shapes) > 1:
        raise ModelError(
            f"prepared images differ in size, {shapes[0]} and {shapes[1]}, and a batch needs one",
            hint="the processor crops or resizes them to one size, or [model] batch_size = 1",
        )
    return np.stack(list(images))


def read_images(inputs: Any) -> list[Any]:
    """The cells of a Series, of a table with one column, or of a list: files, or arrays of pixels.

    Raises:
        DataError: there are several columns, or a cell is something else.
    """
    columns = getattr(inputs, "columns", None)
    if columns is not None:
        if len(columns) != 1:
            raise several_columns(columns)
        inputs = inputs[columns[0]]
    cells = list(inputs)
    for place, cell in enumerate(cells, start=1):
        if not isinstance(cell, InputFile | np.ndarray):
            raise DataError(
                f"the input in row {place} is a {type(cell).__name__}, not an image: {cell!r:.60}",
                hint='[data] input = "path", the column of the images\' paths',
            )
    return cells


def several_columns(columns: Sequence[Any]) -> DataError:
    """The refusal of inputs that are not one column."""
    named = ", ".join(repr(str(name)) for name in columns) or "none"
    return DataError(
        f"an image classifier reads one column, and [data] input names {len(columns)}: {named}",
        hint='[data] input = "path", the column of the images\' paths',
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
