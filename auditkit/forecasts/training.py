"""How long training the model again takes: a few models are trained on a part of the rows, and the rest is reckoned."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditkit.batches import take_inputs
from auditkit.forecasts.timing import about
from auditkit.other_models.retraining import trainable, trained

if TYPE_CHECKING:
    from auditkit.compute import Broker
    from auditkit.plugin import Trainings

_PART = 10
"""A tenth of the rows is tried first."""
_FEWEST = 50
_QUICK = 1.0
"""Seconds: a part that takes less is followed by all the rows, which tell exactly."""
_LEAST = 0.01
_ASKED = 512
"""Rows that a new model is asked, for the time that its answers take."""


@dataclass(frozen=True)
class TimedTraining:
    """What was tried, and what all of it would take on this machine."""

    models: int
    """Trained together for the measurement."""
    rows: int
    """That each of them was taught."""
    seconds: float
    """For these."""
    answers: float
    """Seconds for one model's answers to all rows."""
    whole: float
    """Seconds for everything that is planned, where time grows as the rows do."""

    def __str__(self) -> str:
        noun = "model" if self.models == 1 else "models together"
        return (
            f"{about(self.whole)}, by training {self.models} {noun} on {self.rows:,} rows in {_short(self.seconds)}, "
            f"and {_short(self.answers)} for what each says of all rows"
        )


def _short(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds >= _LEAST else f"under {_LEAST:g} s"


def time_training(
    broker: Broker, planned: Trainings, *, clock: Callable[[], float] = time.perf_counter
) -> TimedTraining:
    """Train one model, or as many as train together, on a tenth of the rows, and on all where that was quick.

    Args:
        broker: with the data and the audited model, which stays as it is.
        planned: how many models are to be trained in the end, and on how many rows each.
        clock: seconds.

    Raises:
        NotApplicable: the model cannot be trained anew.
        AuditError: it failed to be trained.
    """
    model, pool = trainable(broker)
    together = min(planned.at_once, planned.models) if callable(getattr(model, "fit_many", None)) else 1
    rows = min(planned.rows, max(planned.rows // _PART, _FEWEST))
    while True:
        taught = np.zeros((together, len(pool)), dtype=bool)
        for place in range(together):
            taught[place, np.random.default_rng(place).permutation(len(pool))[:rows]] = True
        began = clock()
        fresh = list(trained(broker, model, pool, taught, range(together)))
        seconds = clock() - began
        if rows >= planned.rows or seconds >= _QUICK:
            break
        rows = planned.rows
    asked = min(len(pool), _ASKED)
    began = clock()
    fresh[0].predict(take_inputs(pool.inputs, np.arange(asked)))
    answers = (clock() - began) / max(asked, 1) * len(pool)
    rounds = -(-planned.models // together)
    whole = seconds * planned.rows / rows * rounds + answers * planned.models
    return TimedTraining(together, rows, seconds, answers, whole)
