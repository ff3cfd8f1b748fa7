"""Known cases for `performance.error`: a model that always says two too much, and one that does not."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, Values, clean, planted

_BIAS = 2.0


def _case(rng: np.random.Generator, bias: float) -> Case[Values]:
    from auditkit.testing import toy_case

    targets = rng.normal(50, 10, 400)
    predictions = Values(targets + bias + rng.normal(0, 3, 400))
    return toy_case(predictions, truth=Values(targets))


def _biased(rng: np.random.Generator) -> Case[Values]:
    return _case(rng, _BIAS)


def _unbiased(rng: np.random.Generator) -> Case[Values]:
    return _case(rng, 0.0)


def _says_bias(readings: Any) -> bool:
    (found,) = [m for m in readings.measurements if m.metric == "mean_error"]
    return found.interval is not None and found.interval.low > _BIAS / 2


def _says_none(readings: Any) -> bool:
    (found,) = [m for m in readings.measurements if m.metric == "mean_error"]
    return found.interval is not None and abs(found.value) < _BIAS / 4


CONTROLS = (
    planted("every prediction two too high", _biased, _says_bias),
    clean("predictions that are right on average", _unbiased, _says_none),
)
