"""How strong each corruption is at each severity.

Those of pictures of about 224 pixels are ImageNet-C's, those of small ones CIFAR-10-C's, as its authors publish them
in github.com/hendrycks/robustness (imagenet_c/corruptions.py at 20caed9, create_c/make_cifar_c.py at ca36008). The five
of scanners are auditkit's own.
"""

from __future__ import annotations

from typing import Any

SMALL = 64
"""Pixels of the shorter side, up to which a picture is small."""
SEVERITIES = (1, 2, 3, 4, 5)

_LARGE: dict[str, tuple[Any, ...]] = {
    "gaussian noise": (0.08, 0.12, 0.18, 0.26, 0.38),
    "shot noise": (60, 25, 12, 5, 3),
    "impulse noise": (0.03, 0.06, 0.09, 0.17, 0.27),
    "defocus blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    "glass blur": ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
    "motion blur": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    "zoom blur": ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
    "snow": (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ),
    "frost": ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    "fog": ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),
    "contrast": (0.4, 0.3, 0.2, 0.1, 0.05),
    # Pixels of a picture of 244, as published: how far, how smooth, and how far the corners move.
    "elastic transform": (
        (2 * 244, 0.7 * 244, 0.1 * 244), (2 * 244, 0.08 * 244, 0.2 * 244), (0.05 * 244, 0.01 * 244, 0.02 * 244),
        (0.07 * 244, 0.01 * 244, 0.02 * 244), (0.12 * 244, 0.01 * 244, 0.02 * 244),
    ),
    "pixelate": (0.6, 0.5, 0.4, 0.3, 0.25),
    "jpeg compression": (25, 18, 15, 10, 7),
}  # fmt: skip

_SMALL: dict[str, tuple[Any, ...]] = {
    "gaussian noise": (0.04, 0.06, 0.08, 0.09, 0.10),
    "shot noise": (500, 250, 100, 75, 50),
    "impulse noise": (0.01, 0.02, 0.03, 0.05, 0.07),
    "defocus blur": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    "glass blur": ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    "motion blur": ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
    "zoom blur": ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)),
    "snow": (
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    ),
    "frost": ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
    "fog": ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    "elastic transform": (
        (0, 0, 0.08 * 32), (0.05 * 32, 0.2 * 32, 0.07 * 32), (0.08 * 32, 0.06 * 32, 0.06 * 32),
        (0.1 * 32, 0.04 * 32, 0.05 * 32), (0.1 * 32, 0.03 * 32, 0.03 * 32),
    ),
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),
    "jpeg compression": (80, 65, 58, 50, 40),
}  # fmt: skip

_OF_SCANNERS: dict[str, tuple[Any, ...]] = {
    # The darkest and the brightest share of the range that the window cuts off.
    "contrast window": (0.05, 0.1, 0.15, 0.2, 0.3),
    "gamma": (1.2, 1.4, 1.7, 2.0, 2.5),
    # By how much a coil makes one side brighter than the middle.
    "bias field": (0.1, 0.2, 0.3, 0.45, 0.6),
    # Quanta that a white pixel counts.
    "low dose": (1000, 400, 150, 60, 25),
    # The share of the pixels of a side that is left.
    "resolution": (0.75, 0.5, 0.35, 0.25, 0.15),
}


def strength(corruption: str, severity: int, *, is_small: bool) -> Any:
    """What a corruption is given at a severity from 1 to 5."""
    known = _OF_SCANNERS | (_SMALL if is_small else _LARGE)
    return known[corruption][severity - 1]
