"""The proxy of skin tone: CIELAB against published values, angles of known colours, and what light does to it."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import DataError
from auditkit.checks.summaries import SKIN_TONE
from auditkit_loaders.image_folder import load_image_folder
from auditkit_loaders.skin_tone import BINS, COLUMN, NAMES, ita_of, lab_of, skin_in, tone_of

Image = pytest.importorskip("PIL.Image")

MONK = {"dark": (94, 60, 45), "tan": (190, 145, 115), "light": (225, 190, 165), "very light": (240, 210, 190)}


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # as published for sRGB under D65, e.g. by Lindbloom
        ((255, 255, 255), (100.0, 0.0, 0.0)), ((0, 0, 0), (0.0, 0.0, 0.0)), ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)), ((0, 0, 255), (32.30, 79.19, -107.86)), ((119, 119, 119), (50.03, 0, 0)),
    ],
)  # fmt: skip
def test_lab_is_the_published_one(rgb, lab):
    assert lab_of(np.array(rgb)) == pytest.approx(np.array(lab), abs=0.03)


def test_the_angle_by_hand():
    lightness, _, yellow = lab_of(np.array(MONK["tan"]))
    picture = np.tile(np.array(MONK["tan"], dtype=np.uint8), (8, 8, 1))
    assert ita_of(picture) == pytest.approx(np.degrees(np.arctan((lightness - 50) / yellow)))


def test_bins_are_chardons():
    angles = [-40.0, -30.0, 0.0, 10.0, 20.0, 28.0, 35.0, 41.0, 50.0, 55.0, 60.0]
    places = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert [tone_of(angle) for angle in angles] == [NAMES[place] for place in places]
    assert len(NAMES) == len(BINS) + 1
    assert tone_of(None) is None


def test_darker_skin_has_a_smaller_angle_and_all_of_it_looks_like_skin():
    pictures = {name: np.tile(np.array(rgb, dtype=np.uint8), (4, 4, 1)) for name, rgb in MONK.items()}
    assert all(skin_in(one).all() for one in pictures.values())
    angles = [ita_of(one) for one in pictures.values()]
    assert angles == sorted(angles)
    assert tone_of(angles[0]).startswith(("brown", "dark"))
    assert tone_of(angles[-1]).startswith("very light")


def test_light_moves_the_class():
    """The proxy's known weakness, which the page tells of."""
    light = np.tile(np.array(MONK["very light"], dtype=np.uint8), (4, 4, 1))
    dimmed = (light * 0.7).astype(np.uint8)
    assert round(ita_of(light)) == 69
    assert tone_of(ita_of(light)) == NAMES[5]
    assert tone_of(ita_of(dimmed)) == NAMES[4]


def test_a_lesion_on_less_than_half_of_the_skin_does_not_move_it():
    picture = np.tile(np.array(MONK["light"], dtype=np.uint8), (10, 10, 1))
    picture[3:7, 3:7] = (70, 40, 30)
    assert ita_of(picture) == ita_of(picture[:2, :2])


def folder(tmp_path, **pictures):
    for name, rgb in pictures.items():
        (tmp_path / "mole").mkdir(exist_ok=True)
        Image.fromarray(np.tile(np.array(rgb, dtype=np.uint8), (16, 16, 1))).save(tmp_path / "mole" / f"{name}.png")
    return tmp_path


def test_the_loader_makes_a_column_of_it(tmp_path):
    there = folder(tmp_path, a=MONK["very light"], b=MONK["dark"], c=(90, 90, 90), d=(20, 40, 200))
    (there / "mole" / "e.png").write_bytes(b"no image")
    table = load_image_folder.run(there, skin_tone=True)
    assert COLUMN == SKIN_TONE
    assert [one and one.split(" (")[0] for one in table[COLUMN]] == ["very light", table[COLUMN][1].split(" (")[0], None, None, None]  # fmt: skip  # noqa: E501
    assert COLUMN not in load_image_folder.run(there).columns


def test_films_have_no_skin(tmp_path):
    with pytest.raises(DataError, match="no picture has a skin tone"):
        load_image_folder.run(folder(tmp_path, a=(90, 90, 90), b=(10, 10, 10)), skin_tone=True)
