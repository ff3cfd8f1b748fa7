"""A model that is trained anew with differential privacy, as the audited one might have been: DP-SGD by its adapter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.capabilities import Trainable
from auditkit.data.long_tables import LongInputs
from auditkit.errors import NotApplicable
from auditkit.other_models.retraining import Retrained, chosen, pooled

if TYPE_CHECKING:
    from auditkit.compute import Broker


def trained_privately(broker: Broker, *, epsilon: float, delta: float, seed: int) -> Retrained[Any]:
    """What a model says of all rows that was trained on the training rows alone, within a budget of privacy.

    Args:
        broker: with the data and the audited model, which stays as it is.
        epsilon: of the training as a whole, for adding or removing one row.
        delta: the chance that this does not hold.
        seed: from which its random numbers come: a simulation, and no training to release.

    Raises:
        NotApplicable: the model cannot be trained anew, or not with differential privacy.
        AuditError: what its adapter needs for it is not installed.
    """
    model = broker.model_that(Trainable)  # type: ignore[type-abstract]  # a protocol is what is asked for
    fit = getattr(model, "fit_privately", None)
    if not callable(fit):
        raise NotApplicable(
            "the model cannot be trained with differential privacy",
            hint="a torch module of a table can, where [model] recipe says how it was trained",
        )
    training, audit = broker.split("training"), broker.split("audit")
    if isinstance(training.inputs, LongInputs) or isinstance(audit.inputs, LongInputs):
        raise NotApplicable("the table is too long to train on in memory")
    pool, rows = pooled(training, audit), np.arange(len(training))
    with broker.blaming("the model failed to be trained with differential privacy"):
        fresh = fit(chosen(pool, rows), np.random.default_rng(seed), epsilon=epsilon, delta=delta)
    said = replace(broker, _model=fresh, listen=None).predict(pool.inputs)
    return Retrained(said.take(rows), said.take(len(rows) + np.arange(len(audit))))
