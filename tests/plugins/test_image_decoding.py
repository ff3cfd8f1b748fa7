"""What becomes of a file's pixels, by hand; what a look finds without decoding it; what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile
from tiny_images import pixels

from auditkit import DataError
from auditkit.images.decoding import MOST_PIXELS, DamagedError, Reading, decode
from auditkit.images.looking import look_at

OF = "{count} of {rows} images of the {split} split "


def saved(image, kind="PNG", **options):
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, format=kind, **options)
    return stream.getvalue()


def seen(raw, channels=3, **how):
    return np.asarray(decode(raw, Reading(**how), channels=channels)).tolist()


GREY = np.array([[0, 100], [200, 255]], dtype=np.uint8)
COLOUR = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], dtype=np.uint8)
WIDE = np.array([[0, 65535], [32896, 257]], dtype=np.uint16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP"])
def test_pixels_without_loss_are_as_they_were_written(kind):
    raw = saved(COLOUR, kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert seen(raw) == COLOUR.tolist()
    assert look_at(raw, Reading()).problem == ""


def test_jpeg_is_read_as_pillow_reads_it():
    raw = saved(pixels(1), "JPEG", quality=90)
    assert seen(raw) == np.asarray(Image.open(io.BytesIO(raw))).tolist()


def test_grey_becomes_three_equal_channels():
    assert seen(saved(GREY)) == [[[v, v, v] for v in row] for row in GREY.tolist()]
    assert seen(saved(GREY), 1) == GREY.tolist()


def test_colour_becomes_grey_by_itu_r_601():
    # 0.299 of red, 0.587 of green, 0.114 of blue
    assert seen(saved(COLOUR), 1) == [[76, 150], [29, 9]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_16_bits_is_scaled_from_the_whole_range_and_not_clipped(kind):
    raw = saved(WIDE, kind)
    assert seen(raw, 1) == [[0, 255], [128, 1]]  # v / 257
    assert look_at(raw, Reading()).remarks == (OF + "are grey with 16 bits, and were scaled from 0 to 65535",)


def with_white_at_zero(raw):
    """A TIFF whose tag 262, PhotometricInterpretation, says that 0 is white."""
    (at,) = struct.unpack_from("<I", raw, 4)
    (count,) = struct.unpack_from("<H", raw, at)
    entries = range(at + 2, at + 2 + 12 * count, 12)
    (place,) = [entry for entry in entries if struct.unpack_from("<H", raw, entry) == (262,)]
    return raw[: place + 8] + struct.pack("<H", 0) + raw[place + 10 :]


@pytest.mark.parametrize("grey", [GREY, WIDE], ids=["8", "16"])
def test_a_film_whose_zero_is_white_is_shown_as_a_viewer_shows_it(grey):
    raw = saved(grey, "TIFF")
    assert seen(with_white_at_zero(raw), 1) == (255 - np.array(seen(raw, 1))).tolist()


def test_a_second_page_that_is_damaged_is_the_files_fault():
    raw = saved(GREY, "TIFF")
    (at,) = struct.unpack_from("<I", raw, 4)
    (count,) = struct.unpack_from("<H", raw, at)
    # A next page, of no entries: without a width.
    following = at + 2 + 12 * count
    raw = raw[:following] + struct.pack("<I", len(raw)) + raw[following + 4 :] + struct.pack("<HI", 0, 0)
    assert look_at(raw, Reading()).problem.startswith("damaged: ")


def test_what_is_not_done_is_not_told():
    exif = Image.Exif()
    exif[0x0112] = 99
    assert look_at(saved(COLOUR, "JPEG", exif=exif), Reading()).remarks == ()


def test_grey_of_16_bits_is_scaled_from_the_range_that_the_spec_says():
    raw = saved(np.array([[0, 4095], [2048, 9999]], dtype=np.uint16))
    assert seen(raw, 1, grey_range=(0, 4095)) == [[0, 255], [128, 255]]
    assert "from 0 to 4095" in look_at(raw, Reading(grey_range=(0, 4095))).remarks[0]


def test_a_palette_is_looked_up():
    assert seen(saved(Image.fromarray(COLOUR).quantize(4))) == COLOUR.tolist()


def test_one_bit_is_black_and_white():
    assert seen(saved(Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE)), 1) == [[0, 0], [255, 255]]


SEEN_THROUGH = np.array([[[255, 0, 0, 255], [255, 0, 0, 0]], [[0, 0, 0, 51], [8, 8, 8, 255]]], dtype=np.uint8)


@pytest.mark.parametrize(
    ("ground", "expected", "remark"),
    [
        # 20% of black over white: 0.8 x 255
        ("white", [[[255, 0, 0], [255, 255, 255]], [[204, 204, 204], [8, 8, 8]]], "and were laid over white"),
        ("black", [[[255, 0, 0], [0, 0, 0]], [[0, 0, 0], [8, 8, 8]]], "and were laid over black"),
        ("ignore", [[[255, 0, 0], [255, 0, 0]], [[0, 0, 0], [8, 8, 8]]], "which was ignored"),
    ],
)
def test_what_is_transparent_lies_over_white_unless_said_otherwise(ground, expected, remark):
    raw = saved(SEEN_THROUGH)
    assert seen(raw, ground=ground) == expected
    assert look_at(raw, Reading(ground=ground)).remarks == (OF + f"have a channel of transparency, {remark}",)


def test_a_transparent_colour_of_a_palette_and_grey_with_alpha_lie_over_white_too():
    palette = Image.fromarray(COLOUR).quantize(4)
    red = palette.getpixel((0, 0))
    assert seen(saved(palette, transparency=red))[0][0] == [255, 255, 255]
    assert seen(saved(Image.merge("LA", [Image.fromarray(GREY), Image.new("L", (2, 2), 0)])), 1) == [[255, 255]] * 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_exif_turns_a_photograph_upright(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the right side is down
    raw = saved(COLOUR, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    assert seen(raw) == np.rot90(COLOUR, -1).tolist()
    assert look_at(raw, Reading()).remarks == (OF + "were turned as their EXIF says",)


def test_cmyk_becomes_rgb():
    ink = Image.merge("CMYK", [Image.new("L", (2, 2), value) for value in (255, 0, 0, 0)])
    raw = saved(ink, "TIFF")
    assert seen(raw)[0][0] == [0, 255, 255]
    assert look_at(raw, Reading()).remarks == (OF + "are CMYK, and were turned to RGB without a colour profile",)


def test_exif_that_names_a_person_a_place_or_a_day_is_told_by_name():
    exif = Image.Exif()
    exif[0x013B] = "Jane Doe"
    exif[0x0132] = "2026:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:01 00:00:00"
    look = look_at(saved(COLOUR, "JPEG", exif=exif), Reading())
    assert look.personal == ("Artist", "DateTime", "DateTimeOriginal", "GPSInfo")
    assert "Doe" not in repr(look)


def damaged(raw, *, at):
    return raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :]


LARGE = np.random.default_rng(1).integers(0, 256, size=(90, 120, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"notes\n", "no PNG, JPEG, TIFF, BMP, WebP or DICOM"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no PNG, JPEG"),
        (saved(LARGE)[:-30], "damaged: "),
        (damaged(saved(LARGE), at=len(saved(LARGE)) // 2), "damaged: "),
        (saved(LARGE, "JPEG")[:-2000], "damaged: image file is truncated"),
        (saved(LARGE, "TIFF")[:-2000], "damaged: "),
        (saved(LARGE, "WEBP")[:-2000], "damaged: "),
        (saved(LARGE)[:20], "damaged: "),
    ],
)
def test_a_look_finds_a_file_that_is_no_image_or_not_whole(raw, said):
    assert look_at(raw, Reading()).problem.startswith(said)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_what_is_decoded_of_a_cut_file_is_never_part_of_an_image(kind):
    with pytest.raises(DamagedError):
        decode(saved(LARGE, kind)[:-2000], Reading(), channels=3)


def test_a_library_that_lets_pillow_fill_what_is_missing_changes_nothing(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does when it is imported
    cut = [saved(LARGE, kind)[:-2000] for kind in ("PNG", "JPEG", "TIFF")]

    def problem(place):
        with pytest.raises(DamagedError):
            decode(cut[place % 3], Reading(), channels=3)
        return look_at(cut[place % 3], Reading()).problem

    with ThreadPoolExecutor(8) as pool:
        problems = list(pool.map(problem, range(200)))
    assert all(one.startswith("damaged: ") for one in problems)
    assert ImageFile.LOAD_TRUNCATED_IMAGES  # what the library relies on is as it was


def bomb(width, height):
    """A PNG that says it is large; its pixels are not there."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize("side", [int(MOST_PIXELS**0.5) + 1, 50_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side):
    for attempt in (
        lambda: look_at(bomb(side, side), Reading()),
        lambda: decode(bomb(side, side), Reading(), channels=1),
    ):
        with pytest.raises(DataError, match="the image is too large") as caught:
            attempt()
        assert not isinstance(caught.value, DamagedError)
        assert "89,478,485" in caught.value.hint


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            saved(Image.fromarray(COLOUR), "TIFF", save_all=True, append_images=[Image.fromarray(COLOUR)]),
            "holds 2 pages or frames",
        ),
        (saved(Image.fromarray(np.ones((2, 2), dtype=np.float32)), "TIFF"), "pixels of 32 bits"),
        (saved(Image.fromarray(np.ones((2, 2), dtype=np.int32)), "TIFF"), "pixels of 32 bits"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused_by_name(raw, said):
    with pytest.raises(DataError, match=said) as caught:
        look_at(raw, Reading())
    assert not isinstance(caught.value, DamagedError)
    assert caught.value.hint
