"""`image-classifier`: what a spec may say of it, and the way from a folder to a model that predicts."""

from __future__ import annotations

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
    Trainable,
    adapter,
)
from auditkit.checkpoints import Head, Kind, class_names, numbered_names
from auditkit.devices import Placed, Precision
from auditkit.images import PROCESSORS, Ground, Images, Interpolation, reading_of
from auditkit_image.model import ImageClassifier, Output
from auditkit_image.opening import SAVE, image_files, locate, named, open_folder, open_module
from auditkit_image.recognise import recognise_image_classifier

HEAD = Head(
    adapter="image-classifier",
    auto_class="AutoModelForImageClassification",
    types="MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES",
    called="image classifier",
    trained_as="image classifier",
    save=SAVE,
    settings=PROCESSORS,
)


@adapter(
    "image-classifier",
    locate=locate,
    files=image_files,
    recognises=recognise_image_classifier,
    can=(Differentiable, Embeds),
    cannot={
        Generates: "it chooses among classes and makes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Trainable: "its files do not say how it was trained",
    },
)
def open_image_classifier(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    data: Any,
    spec_folder: Path,
    precision: Precision = "float32",
    module: str | None = None,
    state_key: str | None = None,
    output: Output | None = None,
    resize: int | tuple[int, int] | None = None,
    crop: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    interpolation: Interpolation = "bilinear",
    multi_label: bool = False,
    max_corrupt: float = 0.01,  # noqa: ARG001  `image_files` is given it
    grey_range: tuple[int, int] = (0, 65535),
    transparent_over: Ground = "white",
    allow_download: bool = False,  # noqa: ARG001  `locate` is given it
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> ImageClassifier:
    """An image classifier: a folder of transformers, or a torch module by its import path and state.

    `[data] input` names a column of paths, relative to the table and below its folder: PNG, JPEG, TIFF, BMP, WebP or
    DICOM. They are prepared as the folder's preprocessor_config.json says; where there is none, as `resize`, `crop`,
    `mean` and `std` say, of pixels between 0 and 1. At most the share `max_corrupt` of a split's files may be damaged:
    their rows are left out, and the report names them. `grey_range` is what is black and white in grey of 16 bits, and
    `transparent_over` what lies under transparent pixels. `multi_label` takes each output for a label of its own.
    `module = "net:build"` is the function that builds a torch module (build in net.py beside the spec, or in an
    installed package), whose state lies at `path`, under `state_key` in a file of several; `output` says whether it
    gives "logits" or "probabilities". What another `precision` than float32 changes is measured and printed. A pickle,
    or code in the folder, is run only under the option of that name, and the report says so.
    """
    path = named(path)
    spoken = {"resize": resize, "crop": crop, "mean": mean, "std": std, "interpolation": interpolation}
    if module is None:
        _refuse_of_modules(state_key, output)
        parts = open_folder(path, HEAD, spoken, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code)
    else:
        parts = open_module(path, module, spec_folder, spoken, state_key=state_key, trust_pickle=trust_pickle)
        _refuse_unsaid(output)
    if multi_label and parts.config is not None:
        parts.config.problem_type = "multi_label_classification"
    model = ImageClassifier(
        place=Placed.of(parts.module, device, precision),
        forward=parts.forward,
        images=Images(parts.prepare, parts.channels, reading_of(grey_range, transparent_over)),
        output=output or "logits",
        notes=parts.notes,
        trusted=parts.trusted,
    )
    (count,) = model.counts()
    targets = tuple(data.target) if isinstance(data.target, tuple) else target_classes
    if parts.config is None:
        found = numbered_names(count, data.classes, multi_label=multi_label, labels=labels, targets=targets)
    else:
        found = class_names(parts.config, adapter=HEAD.adapter, labels=labels, targets=targets)
    _refuse_other_target(found[0], data.target)
    model.kind, model.classes = found
    model.refuse_other_count(count)
    return model


def _refuse_of_modules(state_key: str | None, output: str | None) -> None:
    for name, value in (("state_key", state_key), ("output", output)):
        if value is not None:
            raise ModelError(
                f"[model] {name} is of a torch module of your own, and none is named",
                hint='leave it out; or module = "net:build", the function that builds the module',
            )


def _refuse_unsaid(output: str | None) -> None:
    if output is None:
        raise ModelError(
            "nothing says what the module's numbers are",
            hint='[model] output = "logits", or "probabilities" when its last layer is a softmax or a sigmoid',
        )


def _refuse_other_target(kind: Kind, target: str | tuple[str, ...] | None) -> None:
    """Refuse a list of columns for a model that chooses one class, and one column for a model of several labels."""
    if kind == "class" and isinstance(target, tuple):
        raise ModelError(
            f"[data] target is a list of {len(target)} columns, and the model chooses one class",
            hint="[model] multi_label = true, if it was trained with a sigmoid for each label",
        )
    if kind == "labels" and isinstance(target, str):
        raise ModelError(
            f"[data] target is one column, '{target}', and the model gives a score for each of several labels",
            hint='target = ["nodule", "effusion"], a column of 0 and 1 for each label',
        )
