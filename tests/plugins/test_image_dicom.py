"""DICOM: pixel values by hand and by pydicom's own functions; what is refused by name; whom a header names."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from tiny_dicom import dicom

from auditkit import DataError
from auditkit.images.decoding import DamagedError, Reading, decode
from auditkit.images.dicom import header, shown
from auditkit.images.looking import look_at

RAMP = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300


def seen(raw, channels=1):
    return np.asarray(decode(raw, Reading(), channels=channels))


def test_without_a_window_the_whole_range_of_the_stored_bits_is_shown():
    # 12 bits: 0 is black and 4095 is white
    image = seen(dicom(np.array([[0, 4095], [2048, 1024]], dtype=np.uint16)))
    assert image.tolist() == [[0, 255], [round(2048 / 4095 * 255), round(1024 / 4095 * 255)]]
    assert image.dtype == np.uint8


def test_a_rescale_slope_changes_nothing_of_what_is_shown_over_the_whole_range():
    pixels = np.array([[0, 4095], [2048, 1024]], dtype=np.uint16)
    rescaled = dicom(pixels, RescaleSlope=2, RescaleIntercept=-1024)
    assert seen(rescaled).tolist() == seen(dicom(pixels)).tolist()


def test_a_window_by_hand():
    # After the slope: -1024, 0, 40, 3071. Centre 40, width 80: black to 0, white from 80; 0 is (0-39.5)/79+0.5 = 0.
    pixels = np.array([[0, 1024, 1064, 4095]], dtype=np.uint16)
    raw = dicom(pixels, RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=80)
    assert seen(raw).tolist() == [[0, 0, round((40 - 39.5) / 79 * 255 + 127.5), 255]]


def test_monochrome1_is_inverted():
    pixels = np.array([[0, 4095]], dtype=np.uint16)
    assert seen(dicom(pixels, PhotometricInterpretation="MONOCHROME1")).tolist() == [[255, 0]]


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
@pytest.mark.parametrize(("centre", "width"), [(1500, 900), (1500.5, 2), (-200, 4000), (1500, 1)])
def test_windows_agree_with_pydicom(function, dtype, centre, width):
    pixels = (RAMP.astype(np.int32) - (1600 if dtype is np.int16 else 0)).astype(dtype)
    raw = dicom(
        pixels, WindowCenter=centre, WindowWidth=width, VOILUTFunction=function, RescaleSlope=1.5, RescaleIntercept=-100
    )
    found = pydicom.dcmread(io.BytesIO(raw))
    with np.errstate(over="ignore"):  # pydicom's exponential, of a narrow window
        expected = apply_voi_lut(apply_modality_lut(found.pixel_array, found), found)
    # pydicom's window runs over the whole range of the stored bits, rescaled; auditkit's from 0 to 1
    low, high = (-2048, 2047) if dtype is np.int16 else (0, 4095)
    low, high = low * 1.5 - 100, high * 1.5 - 100
    with header(raw) as read:
        ours = shown(read, read.pixel_array)
    assert ours == pytest.approx((expected - low) / (high - low), abs=1e-9)


def lut(first, bits, values):
    table = Dataset()
    table.LUTDescriptor = [len(values), first, bits]
    table["LUTDescriptor"].VR = "US"
    table.LUTData = values
    table["LUTData"].VR = "US"
    return [table]


def test_a_look_up_table_goes_before_a_window_and_agrees_with_pydicom():
    pixels = np.array([[0, 1, 2, 9]], dtype=np.uint16)
    raw = dicom(pixels, VOILUTSequence=lut(0, 8, [0, 10, 200, 255]), WindowCenter=1, WindowWidth=2)
    found = pydicom.dcmread(io.BytesIO(raw))
    assert seen(raw).tolist() == apply_voi_lut(found.pixel_array, found).tolist() == [[0, 10, 200, 255]]


def test_a_modality_table_agrees_with_pydicom():
    raw = dicom(
        np.array([[0, 1, 2, 3]], dtype=np.uint16),
        ModalityLUTSequence=lut(0, 16, [0, 65535, 32768, 1]), WindowCenter=32768, WindowWidth=65536,
    )  # fmt: skip
    assert seen(raw).tolist() == [[0, 255, 128, 0]]


def test_colour_and_palettes():
    colour = np.array([[[255, 0, 0], [0, 128, 0]]], dtype=np.uint8)
    assert seen(dicom(colour), 3).tolist() == colour.tolist()
    entries = {f"{name}PaletteColorLookupTableDescriptor": [2, 0, 16] for name in ("Red", "Green", "Blue")}
    entries |= {
        f"{name}PaletteColorLookupTableData": np.array(data, dtype="<u2").tobytes()
        for name, data in {"Red": [65535, 0], "Green": [0, 32896], "Blue": [0, 0]}.items()
    }
    raw = dicom(np.array([[0, 1]], dtype=np.uint8), PhotometricInterpretation="PALETTE COLOR", **entries)
    assert seen(raw, 3).tolist() == [[[255, 0, 0], [0, 128, 0]]]


def test_run_length_encoding_is_read():
    from pydicom.uid import RLELossless

    found = pydicom.dcmread(io.BytesIO(dicom(RAMP)))
    found.compress(RLELossless)
    stream = io.BytesIO()
    found.save_as(stream)
    assert seen(stream.getvalue()).tolist() == seen(dicom(RAMP)).tolist()


JPEG_LS = "1.2.840.10008.1.2.4.80"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (dicom(RAMP, NumberOfFrames=12), "holds 12 frames"),
        (dicom(RAMP, syntax=JPEG_LS), "compressed as 'JPEG-LS Lossless Image Compression', which no installed library"),
        (dicom(RAMP, PhotometricInterpretation="HSV"), "photometric interpretation is 'HSV'"),
        (dicom(RAMP, Rows=60000, Columns=60000), "too large, 60,000 x 60,000 pixels"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(raw, said):
    for attempt in (lambda: look_at(raw, Reading()), lambda: decode(raw, Reading(), channels=1)):
        with pytest.raises(DataError, match=said) as caught:
            attempt()
        assert not isinstance(caught.value, DamagedError)
        assert caught.value.hint


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (dicom(RAMP)[:-10], "damaged: "),
        (dicom(RAMP)[:140], "a DICOM file without pixels"),
        (dicom(RAMP, syntax="1.2.840.10008.1.2.5"), "damaged: "),
        (dicom(RAMP, PixelData=None), "a DICOM file without pixels"),
        (dicom(RAMP, Rows=None), "a DICOM file without pixels"),
        (dicom(RAMP, WindowCenter=5, WindowWidth=0), "damaged: a window 0 wide"),
        (
            dicom(RAMP, WindowCenter=5, WindowWidth=9, VOILUTFunction="CUBIC"),
            "damaged: a window by the function 'CUBIC'",
        ),
    ],
)
def test_a_damaged_file_is_found_by_a_look(raw, said):
    assert look_at(raw, Reading()).problem.startswith(said)


def test_names_and_dates_are_found_wherever_they_are_nested_and_never_their_values():
    inner = Dataset()
    inner.PatientBirthDate = "19500101"
    raw = dicom(
        RAMP, PatientName="Doe^Jane", PatientID="12", StudyDate="20260101", SeriesDate="", RequestedProcedureID="1",
        RequestAttributesSequence=[inner], PatientSex="F",
    )  # fmt: skip
    look = look_at(raw, Reading())
    assert look.personal == ("PatientBirthDate", "PatientID", "PatientName", "StudyDate")
    assert "Doe" not in repr(look)


def test_what_was_chosen_is_remarked_on():
    of = "{count} of {rows} images of the {split} split are DICOM "
    assert look_at(dicom(RAMP), Reading()).remarks == (
        of + "without a window, and were shown over the whole range of their bits",
    )
    assert look_at(dicom(RAMP, WindowCenter=[5, 6], WindowWidth=[9, 9]), Reading()).remarks == (
        of + "with several windows, of which the first was used",
    )
    assert look_at(dicom(RAMP, WindowCenter=5, WindowWidth=9), Reading()).remarks == ()


def test_bits_that_are_stored_higher_up_are_refused():
    raw = dicom(np.full((2, 2), 4080, dtype=np.uint16) << 4, BitsStored=12, HighBit=15)
    with pytest.raises(DataError, match="stores 12 bits up to bit 15, and not up to bit 11"):
        look_at(raw, Reading())
