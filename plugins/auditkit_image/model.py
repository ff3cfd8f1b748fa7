"""What image models have in common: files in, numbers out, a batch at a time; and the classifier among them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from auditkit import ClassScores, DataError, Encoded, LabelScores, ModelError, Text
from auditkit.checkpoints import (
    Kind,
    before_the_last_layer,
    quiet,
    refuse_distributions,
    refuse_squashed,
    refuse_unsteady,
)
from auditkit.devices import OnTorch, Placed, Replica
from auditkit.images import Floats, Images, refuse_no_images
from auditkit_image.inside import before_softmax, encoded

Output = Literal["logits", "probabilities"]

_ON_CPU = 8
"""Images at once on a CPU: what one layer hands to the next then stays in its cache. The same for every call."""


@dataclass(kw_only=True)
class ImageModel(OnTorch):
    """A torch module with the way from a file to its numbers, for evaluation."""

    place: Placed
    """Of one module; of a ModuleList: an ensemble, whose members are shown the same batch."""
    forward: Callable[[Any, Any], Any]
    """A module and its batch -> its numbers [n, k]."""
    images: Images
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def members(self) -> list[Any]:
        """The modules of an ensemble, on the first device; one otherwise."""
        return _members(self.module)

    @property
    def batch_size(self) -> int:
        """Images a batch to begin with: they keep the device busy, and the broker halves them when they do not fit."""
        return self.place.batch_size(cpu=32, gpu=128)

    def ahead(self, inputs: Any) -> None:
        """Begin to decode and prepare files in the background, so that `predict` finds them ready."""
        self.images.ahead(read_images(inputs))

    def counts(self) -> list[int]:
        """How many numbers each member gives of an image, by showing it a blank one.

        Raises:
            ModelError: it cannot take what the preparation makes, or answers with something else.
        """
        prepared = self.images.blank()
        try:
            with quiet():
                (found,) = self.place.each(self._numbers_of, prepared[None], called="images")
                (again,) = self.place.each(self._numbers_of, prepared[None], called="images")
                # In lower precision the order of sums alone makes a difference.
                beside = self._beside_another(prepared) if self.place.precision == "float32" else found
        except (ValueError, RuntimeError, IndexError, AssertionError, TypeError, AttributeError) as error:
            said = str(error).partition("\n")[0][:200]
            raise ModelError(
                f"the model cannot take what images are prepared to, {_shape(prepared)}: {said}",
                hint="the preparation is the one that the model was trained with: size, and number of channels",
            ) from error
        for one, other, two in zip(found, again, beside, strict=True):
            refuse_unsteady(one.cpu(), other.cpu())
            refuse_unsteady(two.cpu(), two.cpu(), one.cpu())
        return [int(numbers.shape[1]) for numbers in found]

    def _beside_another(self, image: Floats) -> list[Any]:
        """Each member's numbers [2, k] of an image and of a brighter one in the same batch, on one device."""
        pair = np.stack([image, image + np.float32(0.5)])
        (found,) = self.place.each(lambda replica, _: self._numbers_of(replica, pair), image[None], called="images")
        return found

    def answers(self, cells: Sequence[Any], finish: Callable[[Any], Any]) -> Any:
        """[n, ...]: the numbers of a batch, the members' side by side, as `finish` leaves them, off the device.

        Raises:
            OutOfMemory: the batch does not fit on the device.
            DataError: a file was damaged or changed since it was looked at.
        """
        work = functools.partial(self._finished, finish)
        with quiet():
            return self.place.answers(work, self.images.batch(cells), called="images")

    def embed(self, inputs: Any) -> Any:
        """[n, d]: what the last layer is given of each image; of an ensemble each member's, side by side.

        Raises:
            NotApplicable: the last layer is not linear.
            OutOfMemory: the batch does not fit on the device.
        """
        cells = read_images(inputs)
        batch = self.images.batch(cells) if cells else self.images.blank()[None]
        with quiet():
            return self.place.answers(self._vectors, batch, called="images")[: len(cells)]

    def encoded(self, inputs: Any) -> Encoded:
        """The pixels of each image as it was prepared, and the numbers as a function of them."""
        import torch

        batch = torch.from_numpy(self.images.batch(read_images(inputs))).to(self.place.replicas[0].device)
        return encoded(batch, self._outputs, self.images.ends(), self.module)

    def before_softmax(self, numbers: Any) -> Any:
        """The numbers [n, k] as gradients are taken of them."""
        return numbers

    def _outputs(self, batch: Any) -> Any:
        import torch

        said = [self.forward(module, batch).float() for module in self.members]
        return self.before_softmax(torch.cat(said, dim=1))

    def _finished(self, finish: Callable[[Any], Any], replica: Replica, batch: Floats) -> Any:
        import torch

        size = _ON_CPU if replica.device.type == "cpu" else len(batch)
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        found = [finish(torch.cat(self._numbers_of(replica, part), dim=1)).cpu().numpy() for part in parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _numbers_of(self, replica: Replica, batch: Floats) -> list[Any]:
        given = _moved(batch, replica)
        return [self.forward(module, given).float() for module in _members(replica.module)]

    def _vectors(self, replica: Replica, batch: Floats) -> Any:
        given = _moved(batch, replica)
        found = [
            before_the_last_layer(functools.partial(self.forward, module, given), module)
            for module in _members(replica.module)
        ]
        return np.concatenate(found, axis=1)


def together(modules: Sequence[Any]) -> Any:
    """The members of an ensemble as one module; one by itself."""
    import torch

    return modules[0] if len(modules) == 1 else torch.nn.ModuleList(modules)


def _members(module: Any) -> list[Any]:
    import torch

    # Of this type exactly: a child of it may be one model, with a forward of its own.
    return list(module) if type(module) is torch.nn.ModuleList else [module]


def _moved(batch: Floats, replica: Replica) -> Any:
    import torch

    given = torch.from_numpy(batch)
    if replica.device.type == "cuda":
        given = given.pin_memory()
    return given.to(replica.device, non_blocking=True)


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

    def before_softmax(self, numbers: Any) -> Any:
        """Logits, also of a module that ends in a softmax or in sigmoids."""
        is_last = self.output == "probabilities"
        return before_softmax(numbers, each=self.kind == "labels") if is_last else numbers

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
        if self.kind == "class" and len(numbers) > 1:
            refuse_distributions(numbers)
        if self.kind == "labels":
            refuse_squashed(numbers)
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
