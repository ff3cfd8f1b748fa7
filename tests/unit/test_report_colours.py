"""The palette: read by everybody, in light and in dark, on paper, and by those who see two colours of three."""

from __future__ import annotations

import itertools
import re

import pytest
from colours import BLIND, contrast, distance, palettes

from auditkit.report.sources import template_dir

OUTCOMES = ("fail", "error", "no_evidence", "inconclusive", "warn", "waived", "not_applicable", "pass")
PALETTES = palettes()
TEXT, DRAWING = 4.5, 3.0
"""WCAG 2.2, success criteria 1.4.3 and 1.4.11."""


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_distance_of_black_and_white_is_100_for_everybody() -> None:
    for blindness in (None, *BLIND):
        assert distance("#000000", "#ffffff", blindness) == pytest.approx(100, abs=0.1)


def test_red_and_green_of_one_lightness_come_close_for_those_who_lack_a_cone() -> None:
    red, green = "#c05050", "#6f8a3a"
    for blindness in BLIND:
        assert distance(red, green, blindness) < distance(red, green) / 2


@pytest.mark.parametrize("mode", PALETTES)
def test_every_text_can_be_read_on_every_ground_it_stands_on(mode: str) -> None:
    palette = PALETTES[mode]
    for word in ("ink", "muted", "accent", *OUTCOMES):
        for ground in ("paper", "panel"):
            assert contrast(palette[word], palette[ground]) >= TEXT, (word, ground)
    assert contrast(palette["ink"], palette["amber"]) >= TEXT
    for depth in range(1, 6):
        assert contrast(palette["ink"], palette[f"depth_{depth}"]) >= TEXT, depth


@pytest.mark.parametrize("mode", PALETTES)
def test_what_is_drawn_stands_out_from_what_it_is_drawn_on(mode: str) -> None:
    palette = PALETTES[mode]
    for mark in ("accent", "muted", "fail", "strong", *OUTCOMES):
        assert contrast(palette[mark], palette["paper"]) >= DRAWING, mark
    for mark in ("accent", "fail", "muted"):
        for ground in ("panel", "zone"):
            assert contrast(palette[mark], palette[ground]) >= DRAWING, (mark, ground)


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("blindness", [None, *BLIND])
def test_outcomes_differ_in_colour_for_everybody(mode: str, blindness: str | None) -> None:
    palette = PALETTES[mode]
    for one, other in itertools.combinations(OUTCOMES, 2):
        assert distance(palette[one], palette[other], blindness) >= 12, (one, other)
    assert distance(palette["pass"], palette["fail"], blindness) >= 16


@pytest.mark.parametrize("mode", PALETTES)
def test_the_steps_of_a_heat_map_go_one_way(mode: str) -> None:
    """By lightness alone, so that they hold in grey print and for every eye."""
    steps = [contrast(PALETTES[mode][f"depth_{depth}"], PALETTES[mode]["paper"]) for depth in range(1, 6)]
    assert steps == sorted(steps)
    assert all(later / former >= 1.12 for former, later in itertools.pairwise(steps))


@pytest.mark.parametrize("mode", PALETTES)
def test_words_of_an_example_can_be_read_on_every_shade(mode: str) -> None:
    style = (template_dir() / "report.css").read_text(encoding="utf-8")
    shades = re.findall(r"\.(?:for|against)\.depth-\d \{[^}]*?background: (#[0-9a-f]{6})", style)
    assert len(shades) == 16
    for shade in shades[:8] if mode == "light" else shades[8:]:
        assert contrast(PALETTES[mode]["ink"], shade) >= TEXT, shade


def test_drawings_use_only_the_colours_of_paper() -> None:
    light = set(PALETTES["light"].values())
    # What a camera reads is black on white in every mode.
    own = {"code.html.j2": {"#000000", "#ffffff"}}
    for part in template_dir().rglob("*.j2"):
        used = set(re.findall(r"#[0-9a-f]{6}\b", part.read_text(encoding="utf-8")))
        assert used <= own.get(part.name, light), part.name
