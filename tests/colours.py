"""Colours as people see them: WCAG's contrast, and distances under two kinds of colour blindness."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from auditkit.report.sources import template_dir

Floats = NDArray[np.float64]

BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
"""Machado, Oliveira and Fernandes (2009), IEEE TVCG 15(6), severity 1.0; for linear RGB."""

_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
_WHITE = [0.95047, 1.0, 1.08883]


def palettes() -> dict[str, dict[str, str]]:
    """The colours of report.css by their names, light and dark."""
    style = (template_dir() / "report.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return {
        name: dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part)) for name, part in (("light", light), ("dark", dark))
    }


def linear(colour: str) -> Floats:
    """IEC 61966-2-1: sRGB without its gamma."""
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of relative luminances."""
    lighter, darker = sorted((float(np.dot(_XYZ[1], linear(colour))) for colour in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def distance(one: str, other: str, blindness: str | None = None) -> float:
    """CIE 1976: how far apart two colours look. About 2.3 is just noticeable."""
    return float(np.linalg.norm(_lab(one, blindness) - _lab(other, blindness)))


def _lab(colour: str, blindness: str | None) -> Floats:
    seen = linear(colour) if blindness is None else np.clip(np.array(BLIND[blindness]) @ linear(colour), 0, 1)
    share = np.array(_XYZ) @ seen / np.array(_WHITE)
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
