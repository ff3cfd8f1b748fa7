"""Known cases for `performance.texts`: a model that declines every third question, and one that answers all."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, Texts, clean, planted

_ROWS = 300
_ANSWER = "Take one tablet in the morning with a glass of water."
_DECLINES = "I can't answer that."


def _case(rng: np.random.Generator, share: float) -> Case[Texts]:
    from auditkit.testing import toy_case

    declines = rng.permutation(_ROWS) < share * _ROWS
    return toy_case(Texts(tuple((_DECLINES if declined else _ANSWER,) for declined in declines)))


def _declining(rng: np.random.Generator) -> Case[Texts]:
    return _case(rng, 1 / 3)


def _answering(rng: np.random.Generator) -> Case[Texts]:
    return _case(rng, 0.0)


def _refusals(readings: Any) -> float:
    (found,) = [m for m in readings.measurements if m.metric == "refusal_rate"]
    return float(found.value)


def _finds_a_third(readings: Any) -> bool:
    return abs(_refusals(readings) - 1 / 3) < 1e-9  # noqa: PLR2004  rounding


def _finds_none(readings: Any) -> bool:
    return _refusals(readings) == 0


CONTROLS = (
    planted("one answer in three declined", _declining, _finds_a_third, patterns=("I can't",)),
    clean("answers that decline nothing", _answering, _finds_none, patterns=("I can't",)),
)
