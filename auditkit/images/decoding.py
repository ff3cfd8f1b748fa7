"""From a file's bytes to pixels of 8 bits, grey or in colour: what is done on the way is the same for every image.

- Turned as EXIF says, so that a film stands as its viewer shows it.
- Grey of 16 bits is scaled from a range that is the same for all images, 0 to 65535 unless the spec says another:
  stretching each image to its own range would change its contrast.
- What is transparent lies over white, unless the spec says another ground.
- A palette is looked up; CMYK is turned to RGB without a colour profile.
- Grey becomes three equal channels for a model that wants colour, and colour grey (ITU-R 601-2) for one that wants one.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from auditkit.errors import DataError
from auditkit.images.strictness import whole_images_alone

if TYPE_CHECKING:
    from PIL import Image

Ground = Literal["white", "black", "ignore"]
"""What lies under transparent pixels; `ignore`: they keep the colour that they have beneath."""

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
"""Pillow is asked for these alone: others of its readers run programs, such as Ghostscript."""
MOST_PIXELS = 89_478_485
"""Of one image: Pillow's own bound against decompression bombs, a quarter of a gigabyte in colour."""
GREY = {1: "L", 3: "RGB"}
"""Channels -> Pillow's name for such an image."""
WIDE = ("I;16", "I;16B", "I;16L", "I;16N")


class DamagedError(DataError):
    """A file that is no image, or no whole one: its row can be left out, up to a limit."""


@dataclass(frozen=True)
class Reading:
    """How images are read; the same for all."""

    grey_range: tuple[int, int] = (0, 65535)
    """What becomes black and white of grey with 16 bits."""
    ground: Ground = "white"


def reading_of(grey_range: tuple[int, int], ground: Ground) -> Reading:
    """How images are read, as `[model]` says it.

    Raises:
        DataError: black is not below white.
    """
    if not 0 <= grey_range[0] < grey_range[1]:
        raise DataError(
            f"[model] grey_range is {list(grey_range)}", hint="black and white of grey with 16 bits: [0, 4095]"
        )
    return Reading(grey_range, ground)


def is_dicom(raw: bytes) -> bool:
    """Whether a file says that it is DICOM, after 128 bytes of anything (PS3.10 section 7.1)."""
    return raw[128:132] == b"DICM"


def decode(raw: bytes, reading: Reading, *, channels: int) -> Image.Image:
    """A file's pixels, as a Pillow image of mode L or RGB.

    Args:
        raw: the file's bytes.
        reading: how.
        channels: 1 or 3.

    Raises:
        DamagedError: it is no image, or not whole.
        DataError: it is one that is not supported.
    """
    if is_dicom(raw):
        from auditkit.images.dicom import decode_dicom

        with whole_images_alone():  # pydicom has Pillow read the JPEG in it
            image = decode_dicom(raw)
    else:
        with opened(raw) as found, blaming_the_file():
            image = _plain(_upright(found), found.format, reading)
            image = image.point(_NEGATIVE) if _is_white_at_zero(found) else image
    return image if image.mode == GREY[channels] else image.convert(GREY[channels])


@contextlib.contextmanager
def opened(raw: bytes) -> Iterator[Image.Image]:
    """An image whose header was read, and whose pixels were not.

    Raises:
        DamagedError: it is no image.
        DataError: it is one that is not supported.
    """
    from PIL import Image, UnidentifiedImageError

    if not raw:
        raise DamagedError("empty")
    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with blaming_the_file(*bombs, UnidentifiedImageError):
            image = Image.open(io.BytesIO(raw), formats=FORMATS)
    except bombs as error:
        raise too_large(str(error)) from error
    except UnidentifiedImageError as error:
        raise DamagedError("no PNG, JPEG, TIFF, BMP, WebP or DICOM") from error
    with image, whole_images_alone():
        with blaming_the_file():
            _refuse_unsupported(image)  # counting its pages reads more of it
        yield image


@contextlib.contextmanager
def blaming_the_file(*but: type[BaseException]) -> Iterator[None]:
    """Turn whatever a reader raises over a file into `DamagedError`, but for what is auditkit's own, or listed."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (DataError, MemoryError, *but)):
            raise
        # Damaged files make Pillow and pydicom raise anything, from struct.error to SyntaxError.
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise DamagedError(f"damaged: {said[:80]}") from error


def too_large(what: str) -> DataError:
    """The refusal of an image that would not fit into memory, or is made not to."""
    return DataError(
        f"the image is too large, {what[:120]}",
        hint=f"an image may have {MOST_PIXELS:,} pixels: write smaller ones, as the model looks at them",
    )


def _refuse_unsupported(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise too_large(f"{image.width:,} x {image.height:,} pixels")
    frames = getattr(image, "n_frames", 1)
    # A photograph with a preview beside it is an MPO to Pillow, and its first frame is the photograph.
    if frames > 1 and image.format != "MPO":
        raise DataError(f"the image holds {frames} pages or frames", hint="write one file for each, and a row for it")
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        raise DataError(
            "the image has pixels of 32 bits, of which nobody knows what is black and what is white",
            hint="write it with 8 or 16 bits",
        )


def _upright(image: Image.Image) -> Image.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _plain(image: Image.Image, kind: str | None, reading: Reading) -> Image.Image:
    """Mode L or RGB."""
    if is_wide(image, kind):
        return _narrowed(image, reading.grey_range)
    if is_transparent(image):
        return _over(image, reading.ground)
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def is_wide(image: Image.Image, kind: str | None) -> bool:
    """Whether it is grey with 16 bits, which Pillow before 11 gives as 32 bits when it comes from PNG."""
    return image.mode in WIDE or (image.mode == "I" and kind == "PNG")


def is_transparent(image: Image.Image) -> bool:
    """Whether it has an alpha channel, or a colour that stands for nothing."""
    return image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info


_NEGATIVE = [255 - level for level in range(256)]


def _is_white_at_zero(image: Image.Image) -> bool:
    """Whether it is a TIFF of 16 bits whose zero is white: Pillow turns such films of 8 bits round, and these not."""
    return image.format == "TIFF" and is_wide(image, "TIFF") and getattr(image, "tag_v2", {}).get(262) == 0


def _narrowed(image: Image.Image, grey_range: tuple[int, int]) -> Image.Image:
    from PIL import Image

    low, high = grey_range
    values = np.asarray(image).astype(np.float64)
    return Image.fromarray(to_bytes((values - low) / (high - low)))


def to_bytes(shares: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Shares of white, clipped to [0, 1], as the nearest of 256 steps."""
    return np.asarray(np.rint(np.clip(shares, 0.0, 1.0) * 255.0), dtype=np.uint8)


def _over(image: Image.Image, ground: Ground) -> Image.Image:
    from PIL import Image

    layered = image.convert("RGBA")
    if ground == "ignore":
        found = layered.convert("RGB")
    else:
        below = Image.new("RGBA", layered.size, (255, 255, 255, 255) if ground == "white" else (0, 0, 0, 255))
        found = Image.alpha_composite(below, layered).convert("RGB")
    return found.convert("L") if image.mode in {"LA", "La", "L"} else found
