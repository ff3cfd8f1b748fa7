"""`image-regressor`: a number of each image, such as an age, and how sure the model is of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Text,
    Trainable,
    Values,
    adapter,
)
from auditkit.checkpoints import (
    STATES,
    Head,
    ValueOutput,
    ValueOutputs,
    member_files,
    member_folders,
    mixture,
    of_values,
    value_outputs,
)
from auditkit.devices import Placed, Precision
from auditkit.images import PROCESSORS, Ground, Images, Interpolation, reading_of
from auditkit_image.model import ImageModel, read_images, together
from auditkit_image.opening import SAVE, Parts, image_files, locate, named, open_folder, open_module
from auditkit_image.recognise import recognise_image_regressor

HEAD = Head(
    adapter="image-regressor",
    auto_class="AutoModelForImageClassification",
    types="MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES",
    called="model of images",
    trained_as="image regressor",
    save=SAVE,
    settings=PROCESSORS,
)


@adapter(
    "image-regressor",
    gives=Values,
    locate=locate,
    files=image_files,
    recognises=recognise_image_regressor,
    can=(Differentiable, Embeds),
    cannot={
        Generates: "it gives a number and makes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Trainable: "its files do not say how it was trained",
    },
)
def open_image_regressor(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    spec_folder: Path,
    precision: Precision = "float32",
    module: str | None = None,
    state_key: str | None = None,
    output: ValueOutput | None = None,
    levels: tuple[float, ...] = (),
    scale: float = 1.0,
    offset: float = 0.0,
    resize: int | tuple[int, int] | None = None,
    crop: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    interpolation: Interpolation = "bilinear",
    max_corrupt: float = 0.01,  # noqa: ARG001  `image_files` is given it
    grey_range: tuple[int, int] = (0, 65535),
    transparent_over: Ground = "white",
    allow_download: bool = False,  # noqa: ARG001  `locate` is given it
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> ImageRegressor:
    """A model that gives a number of each image: a folder of transformers, or a torch module by its import path.

    Images are read and prepared as by `image-classifier`, with the same options. `output` says what the model gives:
    "values" (one number), "mean-and-spread" or "mean-and-log-variance" (two), or "quantiles" at `levels`, 0.5 among
    them. A value is the model's number times `scale` plus `offset`, for models that were trained on other units. A
    folder of transformers is one with `num_labels = 1`, or as many as the output has numbers. `module = "net:build"`
    builds a torch module whose state lies at `path`. A folder of several such folders, or of several states of one
    module, is an ensemble: the mean of its members, and their spread. What another `precision` than float32 changes
    is measured and printed.
    """
    path = named(path)
    read = value_outputs(output, levels, scale=scale, offset=offset)
    spoken = {"resize": resize, "crop": crop, "mean": mean, "std": std, "interpolation": interpolation}
    if module is None:
        _refuse_of_modules(state_key)
        members = _folders(path, spoken, output, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code)
    else:
        files = member_files(path, STATES, hint="the state of the module, or the states of an ensemble's members")
        members = [
            open_module(one, module, spec_folder, spoken, state_key=state_key, trust_pickle=trust_pickle)
            for one in files
        ]
        members = [replace(one, forward=_values) for one in members]
    first = members[0]
    model = ImageRegressor(
        place=Placed.of(together([one.module for one in members]), device, precision),
        forward=first.forward,
        images=Images(first.prepare, first.channels, reading_of(grey_range, transparent_over)),
        notes=tuple(_notes(members, read)),
        trusted=_once(text for one in members for text in one.trusted),
        read=read,
    )
    model.refuse_other_numbers()
    return model


@dataclass(kw_only=True)
class ImageRegressor(ImageModel):
    """One that gives a value of each image, with its spread or its quantiles when it has them."""

    read: ValueOutputs

    def predict(self, inputs: Any) -> Values:
        """The value of each image; of an ensemble the mean of its members' and the spread of their mixture.

        Raises:
            OutOfMemory: the batch does not fit on the device.
            DataError: a file was damaged or changed since it was looked at.
        """
        import numpy as np

        cells = read_images(inputs)
        count = len(self.members)
        numbers = self.answers(cells, lambda found: found) if cells else np.zeros((0, self.read.count * count))
        said = [self.read.values(part) for part in np.split(numbers, count, axis=1)]
        return said[0] if len(said) == 1 else mixture(said)

    def before_softmax(self, numbers: Any) -> Any:
        """[n, 1]: the value alone, in its unit; of an ensemble the mean of its members'."""
        middles = numbers[:, self.read.middle :: self.read.count]
        return middles.mean(1, keepdim=True) * self.read.scale + self.read.offset

    def refuse_other_numbers(self) -> None:
        """Refuse members that give other numbers than the spec says, or that an ensemble cannot be made of.

        Raises:
            ModelError: they do.
        """
        for count in self.counts():
            self.read.refuse_other_count(count)
        if len(self.members) > 1 and self.read.output == "quantiles":
            raise ModelError(
                "members of the ensemble give quantiles, of which there is no mean", hint="audit them one by one"
            )


def _values(module: Any, batch: Any) -> Any:
    return of_values(module(batch), len(batch), called="images")


def _folders(
    path: Path, spoken: dict[str, Any], output: str | None, *, trust_pickle: bool, trust_remote_code: bool
) -> list[Parts]:
    found = []
    folders = member_folders(path)
    for one in folders:
        parts = open_folder(one, HEAD, spoken, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code)
        _refuse_classifier(parts.config, output)
        found.append(parts)
    if len({_preparation(one) for one in folders}) > 1 or len({one.channels for one in found}) > 1:
        raise ModelError(
            f"members of the ensemble in '{path.name}' prepare images differently",
            hint=f"one preparation serves all: the same '{PROCESSORS[0]}' in each of their folders",
        )
    return found


def _preparation(folder: Path) -> tuple[bytes, ...]:
    return tuple((folder / name).read_bytes() if (folder / name).is_file() else b"" for name in PROCESSORS)


def _refuse_classifier(config: Any, output: str | None) -> None:
    """Refuse a classifier: its scores are numbers too, and an error in them would mean nothing."""
    of_classes = config.problem_type in {"single_label_classification", "multi_label_classification"}
    if of_classes or (config.problem_type is None and config.num_labels > 1 and output is None):
        raise ModelError(
            f"the model is a classifier: problem_type is {config.problem_type!r}, with {config.num_labels} outputs",
            hint='adapter = "image-classifier"; or config.problem_type = "regression", and [model] output',
        )


def _refuse_of_modules(state_key: str | None) -> None:
    if state_key is not None:
        raise ModelError(
            "[model] state_key is of a torch module of your own, and none is named",
            hint='leave it out; or module = "net:build", the function that builds the module',
        )


def _notes(members: Sequence[Parts], read: ValueOutputs) -> list[Text]:
    notes = list(_once(note for one in members for note in one.notes))
    if len(members) > 1:
        message = "an ensemble of {count} models: the mean of what they say"
        notes.insert(0, Text.of(message, count=len(members)))
    if (read.scale, read.offset) != (1.0, 0.0):
        message = "values are the model's numbers times {scale} plus {offset}, as the spec says"
        notes.append(Text.of(message, scale=f"{read.scale:g}", offset=f"{read.offset:g}"))
    return notes


def _once(texts: Any) -> tuple[Text, ...]:
    return tuple({str(text): text for text in texts}.values())
