"""DICOM: stored values -> rescaled -> windowed -> grey of 8 bits; and what its header says about a person.

The order is that of PS3.3 C.11.1 and C.11.2: modality LUT or rescale slope, then VOI LUT or window, then MONOCHROME1
is inverted, whose lowest values are white. Where a file has several windows the first is used. Without any, the whole
range of the stored bits is shown, the same for every file that stores as many.
"""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.errors import DataError
from auditkit.images.decoding import MOST_PIXELS, DamagedError, blaming_the_file, to_bytes, too_large

if TYPE_CHECKING:
    from PIL import Image

GREYS = ("MONOCHROME1", "MONOCHROME2")
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", "YBR_PARTIAL_420", "PALETTE COLOR")

_OF_PERSONS = frozenset({"PN", "DA", "DT"})
"""Value representations of names and dates (PS3.5 section 6.2)."""
_IDENTIFYING = frozenset(
    """
    PatientID OtherPatientIDs PatientAddress PatientTelephoneNumbers PatientMotherBirthName PatientBirthTime
    MedicalRecordLocator AccessionNumber StudyID InstitutionName InstitutionAddress DeviceSerialNumber
    """.split()  # noqa: SIM905  a dozen words are read more easily than a dozen strings
)
"""Keywords beside them that PS3.15 Annex E has removed from what is to be without names."""

_ONE_AT_A_TIME = threading.Lock()
"""Python's filters of warnings are shared by all threads, and pydicom warns of what it then reads well enough."""


@contextlib.contextmanager
def header(raw: bytes) -> Iterator[Any]:
    """A file's data set, checked for what is supported.

    Raises:
        DamagedError: it cannot be read, or has no pixels.
        DataError: it has several frames, is compressed in a way that no installed library knows, or is no image.
    """
    import pydicom

    with _ONE_AT_A_TIME, _silence(), blaming_the_file():
        found = pydicom.dcmread(io.BytesIO(raw))
        _refuse_unsupported(found)
        yield found


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what pydicom says of a file off the console: what matters becomes an error."""
    speaker = logging.getLogger("pydicom")
    before, speaker.disabled = speaker.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        speaker.disabled = before


def _refuse_unsupported(found: Any) -> None:
    if "PixelData" not in found or not found.get("Rows") or not found.get("Columns"):
        raise DamagedError("a DICOM file without pixels")
    if found.Rows * found.Columns > MOST_PIXELS:
        raise too_large(f"{found.Columns:,} x {found.Rows:,} pixels")
    frames = int(found.get("NumberOfFrames") or 1)
    if frames > 1:
        raise DataError(
            f"the DICOM file holds {frames} frames", hint="write one file for each, or choose the one that is judged"
        )
    kind = str(found.get("PhotometricInterpretation", ""))
    if kind not in (*GREYS, *COLOURS):
        raise DataError(
            f"the DICOM file's photometric interpretation is '{kind[:60]}'",
            hint=f"these are known: {', '.join((*GREYS, *COLOURS))}",
        )
    stored, high = found.get("BitsStored"), found.get("HighBit")
    if stored is not None and high is not None and int(high) != int(stored) - 1:
        # PS3.5 section 8.1.1 wants them at the low end; of others the first bits would be lost.
        raise DataError(
            f"the DICOM file stores {stored} bits up to bit {high}, and not up to bit {int(stored) - 1}",
            hint="write it anew with its values at the low end: HighBit = BitsStored - 1",
        )
    _refuse_without_decoder(found)


def _refuse_without_decoder(found: Any) -> None:
    from pydicom.pixels import get_decoder

    syntax = found.file_meta.TransferSyntaxUID
    if not syntax.is_compressed or syntax.is_deflated:
        return
    try:
        is_known = get_decoder(syntax).is_available
    except NotImplementedError:
        is_known = False
    if not is_known:
        raise DataError(
            f"the DICOM file is compressed as '{syntax.name}', which no installed library reads",
            hint="install one for pydicom (pylibjpeg, python-gdcm), or write the files without compression",
        )


def decode_dicom(raw: bytes) -> Image.Image:
    """The picture that a viewer shows, grey or in colour, of 8 bits.

    Raises:
        DamagedError: the file cannot be read.
        DataError: it is not supported.
    """
    from PIL import Image

    with header(raw) as found:
        pixels = found.pixel_array
        if found.PhotometricInterpretation in GREYS:
            shares = shown(found, pixels)
            is_inverted = found.PhotometricInterpretation == "MONOCHROME1"
            return Image.fromarray(to_bytes(1.0 - shares if is_inverted else shares))
        return Image.fromarray(_coloured(found, pixels))


def shown(found: Any, pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Shares of the brightest, [rows, columns] in [0, 1], before MONOCHROME1 is inverted.

    Args:
        found: the data set.
        pixels: [rows, columns], as stored.
    """
    from pydicom.pixels import apply_modality_lut, apply_voi

    values = np.asarray(apply_modality_lut(pixels, found))
    if found.get("VOILUTSequence"):
        looked_up = np.asarray(apply_voi(values, found), dtype=np.float64)
        return np.asarray(looked_up / (2 ** int(found.VOILUTSequence[0].LUTDescriptor[2]) - 1))
    values = values.astype(np.float64)
    if windows_of(found):
        centre, width = float(_first(found.WindowCenter)), float(_first(found.WindowWidth))
        return window(values, centre, width, str(found.get("VOILUTFunction") or "LINEAR"))
    low, high = _whole_range(found)
    return (values - low) / (high - low)


def windows_of(found: Any) -> int:
    """How many windows it offers."""
    given = [found.get(key) for key in ("WindowCenter", "WindowWidth")]
    if any(value is None or value == "" for value in given):
        return 0
    return min(len(value) if isinstance(value, Sequence) else 1 for value in given)


def window(values: np.ndarray[Any, Any], centre: float, width: float, function: str) -> np.ndarray[Any, Any]:
    """Shares of the brightest by one of the three functions of PS3.3 C.11.2.1.2 and C.11.2.1.3.

    Raises:
        DamagedError: the width is one that the function does not have, or the function is none of them.
    """
    if not np.isfinite([centre, width]).all() or width < (1.0 if function == "LINEAR" else 0.0) or width == 0.0:
        raise DamagedError(f"damaged: a window {width:g} wide")
    if function == "SIGMOID":
        from scipy.special import expit

        return np.asarray(expit(4.0 * (values - centre) / width))
    if function == "LINEAR_EXACT":
        return np.clip((values - centre) / width + 0.5, 0.0, 1.0)
    if function != "LINEAR":
        raise DamagedError(f"damaged: a window by the function '{function[:40]}'")
    if width == 1.0:
        return np.where(values > centre - 0.5, 1.0, 0.0)
    return np.clip((values - (centre - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)


def _whole_range(found: Any) -> tuple[float, float]:
    """The lowest and the highest value that the stored bits can stand for."""
    if found.get("ModalityLUTSequence"):
        return 0.0, float(2 ** int(found.ModalityLUTSequence[0].LUTDescriptor[2]) - 1)
    bits = int(found.BitsStored)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if found.PixelRepresentation else (0, 2**bits - 1)
    slope, intercept = float(found.get("RescaleSlope") or 1.0), float(found.get("RescaleIntercept") or 0.0)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    return ends[0], ends[1]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, Sequence) else value


def _coloured(found: Any, pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """[rows, columns, 3] of 8 bits."""
    from pydicom.pixels import apply_color_lut

    if found.PhotometricInterpretation == "PALETTE COLOR":
        pixels = np.asarray(apply_color_lut(pixels, found))[..., :3]
        bits = 8 * pixels.dtype.itemsize
    else:
        bits = int(found.BitsStored)
    return pixels if pixels.dtype == np.uint8 and bits == 8 else to_bytes(pixels / (2**bits - 1))  # noqa: PLR2004


def personal_elements(raw: bytes) -> tuple[str, ...]:
    """The same of a file, whose pixels are not read.

    Raises:
        DamagedError: it cannot be read.
    """
    import pydicom

    with _ONE_AT_A_TIME, _silence(), blaming_the_file():
        return personal(pydicom.dcmread(io.BytesIO(raw), stop_before_pixels=True))


def personal(found: Any) -> tuple[str, ...]:
    """The names of the elements that name a person, a place or a day, wherever they are nested; never their values."""
    names = {
        element.keyword or str(element.tag)
        for element in found.iterall()
        if (element.VR in _OF_PERSONS or element.keyword in _IDENTIFYING) and str(element.value or "").strip()
    }
    return tuple(sorted(names))
