"""`performance.entities`: how many of the true entities are found, and how many of those found are true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, Table, Text, TokenLabels, check, clean, planted
from auditkit.testing import above, below, entities_missed, every, near
from auditkit_performance.cards_entities import CARDS
from auditkit_performance.readings import Sample

LABELS = 50
"""The most labels that are measured one by one; of more, those with the most true entities."""

Spans = Sequence[tuple[int, int, str, float]]

CONTROLS = (
    planted(
        "one label that is never found",
        entities_missed("DOSE"),
        every(below("entity_recall", 0.1, label="DOSE"), above("entity_recall", 0.8, label="DRUG")),
    ),
    clean(
        "a model that finds nine in ten of each label",
        entities_missed(),
        every(near("entity_recall", 0.9), near("entity_precision", 1.0)),
    ),
)


@check("performance.entities", on=TokenLabels, metrics=CARDS, needs=("targets",), controls=CONTROLS)
def entities(case: Case[TokenLabels]) -> Iterator[Measurement | Table]:
    """How well the model finds the entities in the rows.

    An entity counts as found when a predicted one has its start, its end and its label, all three. Over all labels
    together, and for each. Rows without a target are left out; rows without an entity count for what is wrongly found
    in them.
    """
    sample = Sample.of(case, case.truth_known)
    found = case.predictions.take(sample.rows).spans
    true = case.truth.take(sample.rows).spans
    whole = Counts.of(found, true)
    yield from _measured(sample, whole, None)
    names = _labels(true, found)
    for label in names[:LABELS]:
        yield from _measured(sample, Counts.of(found, true, label), label)
    yield Table(
        title=Text.of("What the entities are counted over"),
        columns=(Text.of("rows"), Text.of("true entities"), Text.of("found"), Text.of("of them true")),
        rows=((len(sample.rows), int(whole.true.sum()), int(whole.found.sum()), int(whole.hits.sum())),),
    )


@dataclass(frozen=True)
class Counts:
    """Entities of each row, [rows]."""

    hits: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]

    @classmethod
    def of(cls, found: Sequence[Spans], true: Sequence[Spans], label: str | None = None) -> Counts:
        """Of one label, or of all."""
        rows = []
        for said, meant in zip(found, true, strict=True):
            # A set: the same span said twice is found once.
            ours = {span[:3] for span in said if label is None or span[2] == label}
            theirs = {span[:3] for span in meant if label is None or span[2] == label}
            rows.append((len(ours & theirs), len(ours), len(theirs)))
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])


def _measured(sample: Sample, counts: Counts, label: str | None) -> Iterator[Measurement]:
    hits, found, true = counts.hits, counts.found, counts.true
    why = "there is no true entity"
    yield sample.of_totals("entity_recall", hits, true, "higher", label, why=why)
    why = "the model found no entity"
    yield sample.of_totals("entity_precision", hits, found, "higher", label, why=why)
    why = "there is no true entity, and none was found"
    yield sample.of_totals("entity_f1", 2 * hits, found + true, "higher", label, why=why)


def _labels(true: Sequence[Spans], found: Sequence[Spans]) -> list[str]:
    """Labels by how many true entities they have, then by name."""
    counts: dict[str, int] = {}
    for rows, weight in ((true, 1), (found, 0)):
        for row in rows:
            for _, _, label, _ in row:
                counts[label] = counts.get(label, 0) + weight
    return sorted(counts, key=lambda label: (-counts[label], label))
