"""A look into each image file before anything is predicted: is it whole, what will be done to it, whom does it name."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from auditkit.errors import DataError
from auditkit.files import FileInputs, FileLook
from auditkit.images.decoding import (
    DamagedError,
    Reading,
    blaming_the_file,
    decode,
    is_dicom,
    is_transparent,
    is_wide,
    opened,
)

if TYPE_CHECKING:
    from PIL import Image

_PERSONAL_EXIF = {
    0x013B: "Artist",
    0x0132: "DateTime",
    0x8298: "Copyright",
    0x8825: "GPSInfo",
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    0x9C9D: "XPAuthor",
    0xA430: "CameraOwnerName",
}
"""Tags of EXIF 2.32 that name a person, a place or a day."""
_ORIENTATION, _EXIF_BLOCK = 0x0112, 0x8769

_OF = "{count} of {rows} images of the {split} split "
_TURNED = _OF + "were turned as their EXIF says"
_CMYK = _OF + "are CMYK, and were turned to RGB without a colour profile"
_NO_WINDOW = _OF + "are DICOM without a window, and were shown over the whole range of their bits"
_WINDOWS = _OF + "are DICOM with several windows, of which the first was used"


def image_inputs(
    columns: tuple[str, ...], reading: Reading, *, max_corrupt: float, may_be_missing: bool = False
) -> FileInputs:
    """The columns of images' paths, and how each file is looked at.

    Raises:
        DataError: `max_corrupt` is no share.
        PluginError: Pillow or pydicom is not installed.
    """
    from auditkit.plugin import needs_extra

    if not 0 <= max_corrupt < 1:
        raise DataError(f"[model] max_corrupt is {max_corrupt:g}", hint="a share of the rows, e.g. 0.01; 0: none")
    with needs_extra("images"):
        import PIL
        import pydicom  # noqa: F401  what is missing is told before anything is read
    del PIL
    look = functools.partial(look_at, reading=reading)
    return FileInputs(columns, look, called="images", max_corrupt=max_corrupt, may_be_missing=may_be_missing)


def look_at(raw: bytes, reading: Reading) -> FileLook:
    """What a file's bytes tell.

    A JPEG is read to its end at an eighth of its size, which finds a file that was cut or damaged at a fraction of what
    decoding costs; any other is decoded.

    Raises:
        DataError: it is an image that is not supported.
    """
    try:
        return _dicom(raw) if is_dicom(raw) else _raster(raw, reading)
    except DamagedError as error:
        return FileLook(problem=error.message)


def _raster(raw: bytes, reading: Reading) -> FileLook:
    with opened(raw) as image, blaming_the_file():
        exif = image.getexif()
        remarks = tuple(_remarks(image, exif.get(_ORIENTATION, 1), reading))
        tags = {*exif, *exif.get_ifd(_EXIF_BLOCK)} & set(_PERSONAL_EXIF)
        _read_to_its_end(image)
    return FileLook(personal=tuple(sorted(_PERSONAL_EXIF[tag] for tag in tags)), remarks=remarks)


def _remarks(image: Image.Image, orientation: Any, reading: Reading) -> list[str]:
    low, high = reading.grey_range
    said = {
        _TURNED: orientation in range(2, 9),
        _OF + f"are grey with 16 bits, and were scaled from {low} to {high}": is_wide(image, image.format),
        _OF + _ground(reading): is_transparent(image) and not is_wide(image, image.format),
        _CMYK: image.mode == "CMYK",
    }
    return [remark for remark, is_so in said.items() if is_so]


def _ground(reading: Reading) -> str:
    if reading.ground == "ignore":
        return "have a channel of transparency, which was ignored"
    return f"have a channel of transparency, and were laid over {reading.ground}"


def _read_to_its_end(image: Image.Image) -> None:
    if image.format in {"JPEG", "MPO"}:
        image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()


def _dicom(raw: bytes) -> FileLook:
    from auditkit.images.dicom import GREYS, header, personal, windows_of

    with header(raw) as found:
        named = personal(found)
        is_grey = found.PhotometricInterpretation in GREYS
        windows = windows_of(found) if is_grey and not found.get("VOILUTSequence") else 1
    decode(raw, Reading(), channels=1)
    remarks = {0: (_NO_WINDOW,), 1: ()}.get(windows, (_WINDOWS,))
    return FileLook(personal=named, remarks=remarks)
