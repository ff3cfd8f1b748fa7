"""From a decoded image to the numbers that a model takes: by its own processor's settings, or as the spec declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit.checkpoints import ModelFolder, called, load_part, read_object
from auditkit.document import Text
from auditkit.errors import ModelError
from auditkit.images.decoding import MOST_PIXELS, DamagedError

if TYPE_CHECKING:
    from PIL import Image

Floats = npt.NDArray[np.float32]
Prepare = Callable[["Image.Image"], Floats]
"""An image of 8 bits -> [channels, rows, columns]."""
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]

PROCESSORS = ("preprocessor_config.json", "processor_config.json")
"""Files that say how images are prepared."""


@dataclass(frozen=True)
class Declared:
    """What the spec says of how images are prepared: resized, cropped, scaled to [0, 1], normalised."""

    resize: int | tuple[int, int]
    """Rows and columns; one number: the shorter side, the longer in proportion."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: int | tuple[int, int] | None = None
    """Of the middle, rows and columns; one number: as many of each."""
    interpolation: Interpolation = "bilinear"

    def __call__(self, image: Image.Image) -> Floats:
        """[channels, rows, columns].

        Raises:
            ModelError: the crop is larger than the resized image.
        """
        from PIL import Image

        height, width = self._size(image)
        way = Image.Resampling[self.interpolation.upper()]
        pixels = np.asarray(image.resize((width, height), resample=way), dtype=np.float32) / np.float32(255.0)
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels  # noqa: PLR2004  grey has no axis of channels
        pixels = pixels if self.crop is None else _middle(pixels, _pair(self.crop))
        normal = (pixels - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))

    def _size(self, image: Image.Image) -> tuple[int, int]:
        if not isinstance(self.resize, int):
            return self.resize
        short = min(image.size)
        refuse_growth(image, self.resize)
        # Rounded down, as torchvision and transformers do.
        return int(self.resize * image.height / short), int(self.resize * image.width / short)

    @property
    def note(self) -> Text:
        """What the report says of it."""
        return Text.of(
            "images are prepared as the spec declares: resized to {resize} ({way}), cropped to {crop}, "
            "less {mean}, divided by {std}",
            resize=_said(self.resize, short="the shorter side"),
            way=self.interpolation,
            crop="no part" if self.crop is None else _said(_pair(self.crop)),
            mean=", ".join(f"{value:g}" for value in self.mean),
            std=", ".join(f"{value:g}" for value in self.std),
        )


def refuse_growth(image: Image.Image, short: int) -> None:
    """Refuse a strip that would fill the memory once its shorter side is as long as the model wants it.

    Args:
        image: of a few kilobytes, perhaps.
        short: what the shorter side is brought to.

    Raises:
        DamagedError: it would have more pixels than an image may have.
    """
    grown = short * short * max(image.size) // min(image.size)
    if grown > MOST_PIXELS:
        raise DamagedError(f"its {image.width:,} x {image.height:,} pixels would be resized to {grown:,}")


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def _said(size: int | tuple[int, int], *, short: str = "") -> str:
    return f"{short} {size}".strip() if isinstance(size, int) else f"{size[0]} x {size[1]}"


def _middle(pixels: Floats, crop: tuple[int, int]) -> Floats:
    rows, columns = pixels.shape[:2]
    if rows < crop[0] or columns < crop[1]:
        raise ModelError(
            f"[model] crop takes {_said(crop)} pixels of an image of {rows} x {columns}",
            hint="crop is at most what resize leaves",
        )
    top, left = round((rows - crop[0]) / 2), round((columns - crop[1]) / 2)
    return pixels[top : top + crop[0], left : left + crop[1]]


def declared(
    *,
    resize: int | tuple[int, int] | None,
    crop: int | tuple[int, int] | None,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
    channels: int,
    interpolation: Interpolation,
) -> Declared | None:
    """What the spec declares; None: nothing.

    Raises:
        ModelError: it declares a part, or what cannot be.
    """
    if resize is None and crop is None and mean is None and std is None:
        return None
    if resize is None or mean is None or std is None:
        absent = [name for name, value in (("resize", resize), ("mean", mean), ("std", std)) if value is None]
        raise ModelError(f"[model] says how images are prepared, and leaves out {', '.join(absent)}", hint=_EXAMPLE)
    sizes = [side for size in (resize, crop) if size is not None for side in _pair(size)]
    if min(sizes) < 1 or max(sizes) > _LARGEST_SIDE:
        raise ModelError(f"[model] resize or crop is {sizes}, in pixels", hint=_EXAMPLE)
    if {len(mean), len(std)} != {channels} or min(std) <= 0:
        raise ModelError(
            f"[model] mean and std are {list(mean)} and {list(std)}, for {channels} channels",
            hint="one number a channel each, of pixels between 0 and 1; std is above 0",
        )
    if isinstance(resize, int) and crop is None:
        raise ModelError(
            f"[model] resize = {resize} leaves images as wide as they are, and a batch needs one size",
            hint=f"crop = {resize}, or resize = [{resize}, {resize}]",
        )
    return Declared(resize, mean, std, crop, interpolation)


_LARGEST_SIDE = 8192
"""Pixels, of what an image becomes."""
_EXAMPLE = "e.g. resize = [224, 224], mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225]: as in its training"


def preparation(folder: ModelFolder, spoken: Declared | None) -> tuple[Prepare, Text]:
    """How images are prepared for a model of transformers, and what the report says of it.

    Raises:
        ModelError: neither the folder nor the spec says it, or both do.
    """
    file = next((name for name in PROCESSORS if _says_images(folder, name)), None)
    if spoken is not None and file is not None:
        raise ModelError(
            f"both '{file}' of the model and the spec say how images are prepared",
            hint="leave out resize, crop, mean and std of [model]: the model was saved with what it was trained with",
        )
    if spoken is not None:
        return spoken, spoken.note
    if file is None:
        raise unsaid_preparation(f"the model '{called(folder.path)}' has no '{PROCESSORS[0]}'")
    processor = _processor(folder)
    _refuse_large_sides(processor, file)
    message = "images are prepared as '{file}' of the model says, by {kind}"
    return FromProcessor(processor), Text.of(message, file=file, kind=type(processor).__name__)


def unsaid_preparation(why: str) -> ModelError:
    """The refusal to guess how images are prepared."""
    return ModelError(
        f"nothing says how images are prepared: {why}",
        hint=f"say it in [model], {_EXAMPLE}; for a folder of transformers, processor.save_pretrained(folder)",
    )


def _says_images(folder: ModelFolder, name: str) -> bool:
    file = folder.path / name
    if not file.is_file():
        return False
    settings = read_object(file, hint=folder.head.save)
    return name == PROCESSORS[0] or "image_processor" in settings


def _processor(folder: ModelFolder) -> Any:
    import transformers

    # Pillow's way, whether or not torchvision is there: their resizing differs in the last bits.
    newer = int(transformers.__version__.partition(".")[0]) >= 5  # noqa: PLR2004
    options: dict[str, Any] = {"backend": "pil"} if newer else {"use_fast": False}
    return load_part(folder, "image processor", "AutoImageProcessor", **options)


def _refuse_large_sides(processor: Any, file: str) -> None:
    """Refuse settings by which one image of any size would fill the memory."""
    for key in ("size", "crop_size", "pad_size"):
        size: Any = getattr(processor, key, None)
        wanted: dict[str, Any] = dict(size) if hasattr(size, "get") else {"height": size}
        # Beside a longest edge the shortest is a count of pixels in some processors, and no side.
        sides = ["height", "width", *([] if wanted.get("longest_edge") else ["shortest_edge"])]
        side = max((wanted[name] for name in sides if isinstance(wanted.get(name), int)), default=0)
        if side > _LARGEST_SIDE:
            raise ModelError(
                f"'{file}' of the model wants images with a side of {side:,} pixels ('{key}')",
                hint=f"at most {_LARGEST_SIDE:,}: the file was changed, or is another model's; copy the folder anew",
            )


@dataclass(frozen=True)
class FromProcessor:
    """An image processor of transformers, one image at a time."""

    processor: Any

    def __call__(self, image: Image.Image) -> Floats:
        """[channels, rows, columns].

        Raises:
            ModelError: it makes something else of an image.
        """
        size: Any = getattr(self.processor, "size", None)
        short = size.get("shortest_edge") if hasattr(size, "get") else None
        if short and not size.get("longest_edge"):
            refuse_growth(image, int(short))
        found = np.asarray(self.processor(images=image, return_tensors="np")["pixel_values"])
        if found.ndim != 4 or len(found) != 1:  # noqa: PLR2004  one image: its channels, rows and columns
            raise ModelError(
                f"the model's image processor makes an array of {found.shape} of one image",
                hint="a model takes one of (1, channels, rows, columns)",
            )
        return np.ascontiguousarray(found[0], dtype=np.float32)
