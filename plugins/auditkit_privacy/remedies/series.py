"""Earlier states of the model, as if training had been stopped there: what they say, and how that goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Chart, ClassScores, NotApplicable, Series, Table, Text
from auditkit_privacy.people.members import Members
from auditkit_privacy.remedies.alternative import NUMBERS, Alternative, numbers_of
from auditkit_privacy.remedies.comparing import Faced

Floats = npt.NDArray[np.floating]


def checkpoints_of(case: Case[Any], sides: Members) -> Iterator[Alternative]:
    """Each checkpoint that the spec names, in its order."""
    for name, _ in case.settings.checkpoints:
        both = [
            {number: side.compute(number_at, checkpoint=name, number=number) for number in NUMBERS}
            for side in (sides.members, sides.others)
        ]
        yield Alternative.of(remedy_of(name), Text.of("the checkpoint {name}", name=name), both[0], both[1])


def remedy_of(checkpoint: str) -> str:
    """As a measurement's `conditions = {"remedy": ...}` name a checkpoint."""
    return f"checkpoint {checkpoint}"


def number_at(case: Case[Any], *, checkpoint: str, number: str) -> Floats:
    """[n]: one of `NUMBERS` of the case's rows, for the evidence: a replay has no model to ask."""
    found: Floats = case.compute(numbers_at, checkpoint=checkpoint)[number]
    return found


def numbers_at(case: Case[Any], *, checkpoint: str) -> dict[str, Floats]:
    """All of them, kept together, so that the checkpoint is asked once."""
    return numbers_of(case, in_order_of(case, case.at_checkpoint(checkpoint)))


def in_order_of(case: Case[Any], said: Any) -> ClassScores:
    """Probabilities of another model, in the order of the audited model's classes.

    Raises:
        NotApplicable: they are no probabilities, or of other classes.
    """
    classes = case.audit.predictions.classes
    if not isinstance(said, ClassScores) or said.kind != "probability" or not set(said.classes) <= set(classes):
        raise NotApplicable("another model answers in other classes than the audited one, or without probabilities")
    scores = np.zeros((len(said), len(classes)))
    for place, name in enumerate(said.classes):
        scores[:, classes.index(name)] = said.scores[:, place]
    return ClassScores(classes, scores)


def series_shown(
    case: Case[Any], first: Alternative, stages: list[Alternative], faced: Mapping[str, Faced] | None
) -> Iterator[Table | Chart]:
    """The files of each checkpoint; and along the series how far attacks reach, and how many answers are right."""
    named = case.settings.checkpoints
    yield Table(
        title=Text.of("The checkpoints that were opened, by the same adapter with the same options"),
        columns=(Text.of("checkpoint"), Text.of("SHA-256 over its files")),
        rows=tuple(named),
    )
    if faced is None:
        return
    along = (*stages, first)
    places = tuple(float(place + 1) for place in range(len(along)))
    areas = tuple(faced[one.name].area[0] for one in along)
    right = tuple(float(one.right.mean()) for one in along)
    members = next(iter(first.signals.values())).fewer
    yield Chart(
        kind="line",
        title=Text.of("Along the checkpoints, to the audited model at the right"),
        x_label=Text.of("checkpoint, in the spec's order"),
        y_label=Text.of("area under the attack's ROC, and share right"),
        series=(
            Series(name=Text.of("area under the attack's ROC"), x=places, y=areas, n=members),
            Series(name=Text.of("share right, of people not trained on"), x=places, y=right, n=len(first.right)),
        ),
    )
