"""How likely a model is to write given texts: asked of the model in batches that fit, and held to what it can mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.batches import take_inputs
from auditkit.capabilities import Continues, Sampling
from auditkit.errors import ModelError, OutOfMemory

if TYPE_CHECKING:
    from auditkit.compute import Broker

Floats = npt.NDArray[np.float64]

_AT_ONCE = 16
"""Rows a batch, where neither the spec nor the model says."""
_ROUNDING = 1e-3
_NEVER = -1e6
"""What the log of a probability of 0 is taken for, so that it can be averaged: of no text is it so by chance."""


def log_chances(broker: Broker, inputs: Any, texts: Sequence[str], sampling: Sampling) -> Floats:
    """[n]: ln of the chance that the model answers each row with exactly this text, and whatever it likes behind it.

    Raises:
        NotApplicable: the model does not tell.
        OutOfMemory: not even one row fits.
    """
    model = broker.model_that(Continues)  # type: ignore[type-abstract]  # a protocol is what is asked for
    who = f"adapter '{broker.spec.model.adapter}'"
    order = np.argsort([-len(text) for text in texts], kind="stable")
    said = broker.spec.model.batch_size
    size = int(getattr(model, "batch_size", _AT_ONCE) if said == "auto" else said)
    found, done = np.zeros(len(texts)), 0
    while done < len(texts):
        rows = order[done : done + size]
        try:
            with broker.blaming("the model failed to tell how likely it is to write a text"):
                answer = model.log_chances(take_inputs(inputs, rows), [texts[row] for row in rows], sampling)
        except OutOfMemory:
            if len(rows) == 1:
                raise
            size = len(rows) // 2
            continue
        found[rows] = sound_chances(answer, rows=len(rows), who=who)
        done += len(rows)
    return found


def sound_chances(answer: Any, *, rows: int, who: str) -> Floats:
    """What `log_chances` answered, when it is that.

    Raises:
        ModelError: it is something else, of another number of rows, or no logarithm of a probability.
    """
    logs = np.asarray(answer, dtype=np.float64)
    if logs.shape != (rows,) or np.isnan(logs).any() or (logs > _ROUNDING).any():
        raise ModelError(
            f"{who}: its model was asked how likely it is to write {rows} texts, and gave no {rows} logs of "
            "probabilities",
            hint="log_chances(inputs, texts, sampling) returns one number a row, at most 0",
        )
    return np.clip(logs, _NEVER, 0.0)
