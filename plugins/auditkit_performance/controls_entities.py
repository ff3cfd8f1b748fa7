"""Known cases for `performance.entities`: one label never found, and a model that misses one in ten of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, TokenLabels, clean, planted

_ROWS = 300


def _case(rng: np.random.Generator, *, finds_doses: bool) -> Case[TokenLabels]:
    from auditkit.testing import toy_case

    true, found = [], []
    for _ in range(_ROWS):
        spans = [(0, 4, "DRUG", 1.0), (5, 9, "DOSE", 1.0)]
        kept = [span for span in spans if rng.random() < 0.9 and (finds_doses or span[2] != "DOSE")]  # noqa: PLR2004
        true.append(tuple(spans))
        found.append(tuple(kept))
    return toy_case(TokenLabels(tuple(found)), truth=TokenLabels(tuple(true)))


def _blind(rng: np.random.Generator) -> Case[TokenLabels]:
    return _case(rng, finds_doses=False)


def _seeing(rng: np.random.Generator) -> Case[TokenLabels]:
    return _case(rng, finds_doses=True)


def _recall_of_doses(readings: Any) -> float:
    (found,) = [m for m in readings.measurements if m.metric == "entity_recall" and m.label == "DOSE"]
    return float(found.value)


def _finds_none(readings: Any) -> bool:
    return _recall_of_doses(readings) == 0


def _finds_most(readings: Any) -> bool:
    return 0.8 < _recall_of_doses(readings) < 1  # noqa: PLR2004  nine in ten


CONTROLS = (
    planted("one label that is never found", _blind, _finds_none),
    clean("a model that finds nine in ten of each label", _seeing, _finds_most),
)
