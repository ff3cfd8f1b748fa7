"""What image models have in common: files in, numbers out, a batch at a time; and the classifier among them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from auditkit import ClassScores, DataError, LabelScores, ModelError, Text
from auditkit.checkpoints import Kind, quiet
from auditkit.devices import OnTorch, Placed, Replica
from auditkit.images import Floats, Images, refuse_no_images

Output = Literal["logits", "probabilities"]


@dataclass(kw_only=True)
class ImageModel(OnTorch):
    """A torch module with the way from a file to its numbers, for evaluation."""

    place: Placed
    forward: Callable[[Any, Any], Any]
    """The module and its batch -> its numbers [n, k]."""
    images: Images
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def batch_size(self) -> int:
        """Images a batch to begin with: they keep the device busy, and the broker halves them when they do not fit."""
        return self.place.batch_size(cpu=32, gpu=128)

    def ahead(self, inputs: Any) -> None:
        """Begin to decode and prepare files in the background, so that `predict` finds them ready."""
        self.images.ahead(read_images(inputs))

    def outputs(self) -> int:
        """How many numbers it gives of an image, by showing it a blank one.

        Raises:
            ModelError: it cannot take what the preparation makes, or answers with something else.
        """
        prepared = self.images.blank()
        try:
            with quiet():
                (answer,) = self.place.each(self._numbers_of, prepared[None], called="images")
        except (ValueError, RuntimeError, IndexError, AssertionError, TypeError, AttributeError) as error:
            said = str(error).partition("\n")[0][:200]
            raise ModelError(
                f"the model cannot take what images are prepared to, {_shape(prepared)}: {said}",
                hint="the preparation is the one that the model was trained with: size, and number of channels",
            ) from error
        return int(answer.shape[1])

    def answers(self, cells: Sequence[Any], finish: Callable[[Any], Any]) -> Any:
        """[n, ...]: the module's numbers of a batch as `finish` leaves them, off the device.

        Raises:
            OutOfMemory: the batch does not fit on the device.
            DataError: a file was damaged or changed since it was looked at.
        """
        with quiet():
            return self.place.answers(
                functools.partial(self._finished, finish), self.images.batch(cells), called="images"
            )

    def _finished(self, finish: Callable[[Any], Any], replica: Replica, batch: Floats) -> Any:
        return finish(self._numbers_of(replica, batch)).cpu().numpy()

    def _numbers_of(self, replica: Replica, batch: Floats) -> Any:
        import torch

        given = torch.from_numpy(batch)
        if replica.device.type == "cuda":
            given = given.pin_memory()
        return self.forward(replica.module, given.to(replica.device, non_blocking=True)).float()


@dataclass(kw_only=True)
class ImageClassifier(ImageModel):
    """One that chooses a class, or gives a score for each of several labels."""

    output: Output
    classes: tuple[str, ...] = ()
    kind: Kind = "class"

    def predict(self, inputs: Any) -> ClassScores | LabelScores:
        """Probabilities: softmax over classes, or a sigmoid for each of several labels.

        Raises:
            OutOfMemory: the batch does not fit on the device.
            DataError: a file was damaged or changed since it was looked at.
        """
        cells = read_images(inputs)
        none = np.zeros((0, len(self.classes)), dtype=np.float32)
        scores = self.answers(cells, self._probabilities) if cells else none
        return ClassScores(self.classes, scores) if self.kind == "class" else LabelScores(self.classes, scores)

    def refuse_other_count(self, outputs: int) -> None:
        """Refuse a model that gives more numbers, or fewer, than it has classes."""
        if outputs != len(self.classes):
            raise ModelError(
                f"the model gives {outputs} numbers of an image, and it has {len(self.classes)} classes",
                hint="one number a class",
            )

    def _probabilities(self, numbers: Any) -> Any:
        if self.output == "probabilities":
            return numbers
        return numbers.softmax(-1) if self.kind == "class" else numbers.sigmoid()


def _shape(image: Floats) -> str:
    return " x ".join(map(str, image.shape))


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
    refuse_no_images(cells)
    return cells


def several_columns(columns: Sequence[Any]) -> DataError:
    """The refusal of inputs that are not one column."""
    named = ", ".join(repr(str(name)) for name in columns) or "none"
    return DataError(
        f"an image model reads one column, and [data] input names {len(columns)}: {named}",
        hint='[data] input = "path", the column of the images\' paths',
    )
