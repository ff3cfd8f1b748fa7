"""`image-classifier`: what a spec may say of it, and the way from a folder to a model that predicts."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from auditkit import DataError, ModelError, adapter, needs_extra
from auditkit.checkpoints import Head, ModelFolder, class_names, load_model, locate_model, offline, quiet
from auditkit.devices import pick_device
from auditkit.files import FileInputs
from auditkit_image.decoding import GREY, Ground, Reading
from auditkit_image.looking import look_at
from auditkit_image.model import ImageClassifier, several_columns
from auditkit_image.preparing import PROCESSORS, Interpolation, declared, preparation

HEAD = Head(
    adapter="image-classifier",
    auto_class="AutoModelForImageClassification",
    types="MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES",
    called="image classifier",
    trained_as="image classifier",
    save="write it with model.save_pretrained(folder) and processor.save_pretrained(folder)",
    settings=PROCESSORS,
)


def locate(
    written: str,
    folder: Path,
    *,
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Path:
    """Where the model lies: beside the spec, or in this machine's cache of the hub."""
    return locate_model(
        written,
        folder,
        beside=PROCESSORS,
        allow_download=allow_download,
        trust_pickle=trust_pickle,
        trust_remote_code=trust_remote_code,
    )


def image_files(
    columns: tuple[str, ...],
    *,
    max_corrupt: float = 0.01,
    grey_range: tuple[int, int] = (0, 65535),
    transparent_over: Ground = "white",
) -> FileInputs:
    """The column of the images' paths, and how each file is looked at."""
    if len(columns) != 1:
        raise several_columns(columns)
    if not 0 <= max_corrupt < 1:
        raise DataError(f"[model] max_corrupt is {max_corrupt:g}", hint="a share of the rows, e.g. 0.01; 0: none")
    with needs_extra("images"):
        import PIL
        import pydicom  # noqa: F401  what is missing is told before anything is read
    del PIL
    look = functools.partial(look_at, reading=_reading(grey_range, transparent_over))
    return FileInputs(columns, look, called="images", max_corrupt=max_corrupt)


def _reading(grey_range: tuple[int, int], ground: Ground) -> Reading:
    if not 0 <= grey_range[0] < grey_range[1]:
        raise DataError(
            f"[model] grey_range is {list(grey_range)}", hint="black and white of grey with 16 bits: [0, 4095]"
        )
    return Reading(grey_range, ground)


@adapter("image-classifier", locate=locate, files=image_files)
def open_image_classifier(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    data: Any,
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
    """A transformers image classifier: a folder with config.json, model.safetensors and preprocessor_config.json.

    `[data] input` names a column of paths, relative to the table and below its folder: PNG, JPEG, TIFF, BMP, WebP or
    DICOM. They are prepared as the folder's preprocessor_config.json says; where there is none, as `resize`, `crop`,
    `mean` and `std` say, of pixels between 0 and 1. At most the share `max_corrupt` of a split's files may be damaged:
    their rows are left out, and the report names them. `grey_range` is what is black and white in grey of 16 bits, and
    `transparent_over` what lies under transparent pixels. `multi_label` takes each output for a label of its own.
    A pickle, or code in the folder, is run only under the option of that name, and the report says so.
    """
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder that save_pretrained wrote')
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything is read
        import transformers  # noqa: F401  same
    folder = ModelFolder.inspected(path, HEAD, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code)
    with quiet(), offline():
        module, notes = load_model(folder)
        channels = _channels(module.config)
        spoken = declared(resize=resize, crop=crop, mean=mean, std=std, channels=channels, interpolation=interpolation)
        prepare, said = preparation(folder, spoken)
    if multi_label:
        module.config.problem_type = "multi_label_classification"
    targets = tuple(data.target) if isinstance(data.target, tuple) else target_classes
    kind, names = class_names(module.config, adapter=HEAD.adapter, labels=labels, targets=targets)
    where = pick_device(device)
    model = ImageClassifier(
        module=module.to(where),
        forward=_logits,
        torch_device=where,
        prepare=prepare,
        channels=channels,
        classes=names,
        kind=kind,
        reading=_reading(grey_range, transparent_over),
        notes=(*folder.notes, *notes, said),
        trusted=folder.trusted,
    )
    model.refuse_misfit()
    return model


def _logits(module: Any, batch: Any) -> Any:
    return module(pixel_values=batch).logits


def _channels(config: Any) -> int:
    """How many channels the model looks at: 1 or 3."""
    found = getattr(config, "num_channels", 3)
    if found not in GREY:
        raise ModelError(
            f"the model looks at {found} channels, and an image has 1 or 3",
            hint='any other model is audited by its answers in a file: [model] adapter = "recorded"',
        )
    return int(found)
