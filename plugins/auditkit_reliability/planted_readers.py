"""Models beside three readers, whose agreement is known by counting. Nothing in them is drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, below, every, near, not_above, toy_case

ROWS = 240
READERS = ("A", "B", "C")
_CLASSES = ("no", "yes")


def panel(model: str) -> Callable[[np.random.Generator], Case[Any]]:
    """Three readers who are each wrong about every eighth row, another for each, and a model.

    Args:
        model: "one more": wrong about every eighth row too, a fourth; "by turns": right about every other row, so
            that it says nothing.
    """
    return partial(_panel, model=model)


def _panel(_: np.random.Generator, *, model: str) -> Case[Any]:
    # Truth turns every 16 rows, and errors every 8, so that errors fall on both classes alike.
    rows = np.arange(ROWS)
    truth = rows // 16 % 2
    said = {name: np.where(rows % 8 == place, 1 - truth, truth) for place, name in enumerate(READERS)}
    of_model = np.where(rows % 8 == len(READERS), 1 - truth, truth) if model == "one more" else rows % 2
    return toy_case(
        ClassScores(_CLASSES, np.column_stack([1 - of_model, of_model]).astype(float)),
        [_CLASSES[one] for one in truth],
        positive="yes",
        readers={name: [_CLASSES[one] for one in codes] for name, codes in said.items()},
    )


READER_CONTROLS = (
    planted(
        "a model that says nothing beside three readers who agree",
        panel("by turns"),
        every(
            below("reader_kappa", 0.3, conditions={"reader": "A"}),
            above("interchange_excess", 0.1),
            below("sensitivity_against_readers", -0.1),
            near("reader_sensitivity", 0.875, conditions={"reader": "A"}),
        ),
    ),
    clean(
        "a model that is one more reader, wrong as often as the others",
        panel("one more"),
        every(
            not_above("interchange_excess", 0.0),
            near("sensitivity_against_readers", 0.0),
            near("specificity_against_readers", 0.0),
            near("reader_kappa", 0.5, 0.01, conditions={"reader": "B"}),
        ),
    ),
)
