"""Examples of which it is known what they hold: notes with an address in some of them, and a table without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, TextFile, clean, planted
from auditkit.testing import every, near, toy_case, with_model

_ROWS = 32
_COMPLAINTS = ("a cough", "a rash", "a fever", "back trouble")
_ADDRESS = "jo@example.org"


@dataclass(frozen=True)
class Addresses:
    """Finds e-mail addresses, so that the control does not depend on which plugins are loaded."""

    kind: str = "e-mail address"

    def find(self, text: str) -> Iterator[Any]:
        """Where they stand."""
        return (Place(*found.span()) for found in re.finditer(r"\S+@\S+\w", text))


@dataclass(frozen=True)
class Place:
    """From where to where."""

    start: int
    end: int


@dataclass(frozen=True)
class Painful:
    """Scores a note by whether it says pain."""

    def predict(self, inputs: Any) -> ClassScores:
        """The score of yes."""
        yes = np.array([0.2 + 0.6 * ("pain" in str(text)) for text in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_notes(*, personal: bool, examples: str = "released", rows: int = _ROWS) -> Any:
    """Notes that each hold an address, or none."""
    return partial(_notes, personal=personal, examples=examples, rows=rows)


def _notes(rng: np.random.Generator, *, personal: bool, examples: str, rows: int) -> Case[Any]:
    import pandas as pd

    notes = []
    for row in range(rows):
        what = "chest pain" if row % 2 else _COMPLAINTS[int(rng.integers(len(_COMPLAINTS)))]
        whom = f" write to {_ADDRESS}" if personal else " write to the ward"
        notes.append(f"seen in bed {row} with {what},{whom}")
    given, model = pd.Series(notes, dtype=object), Painful()
    case = toy_case(
        model.predict(given), positive="yes", inputs=given, min_group_size=10, examples=examples,
        recognisers=(Addresses(),),
    )  # fmt: skip
    return with_model(case, model)


_QUICK: dict[str, Any] = {
    "most_rows": 2, "rows": None, "judged_rows": _ROWS, "orders": 2, "draws": 4, "column": "",
}  # fmt: skip
_MADE_UP = TextFile.of("made-up.csv", f"note\nsent home with a cough\nchest pain: write to {_ADDRESS} today\n")

EXAMPLE_CONTROLS = (
    planted(
        "notes that each hold an e-mail address",
        of_notes(personal=True),
        every(near("examples_shown", 4.0), near("example_redactions", 4.0)),
        **_QUICK,
    ),
    planted(
        "made-up notes, of which one holds an e-mail address",
        of_notes(personal=False, examples="synthetic"),
        every(near("examples_shown", 2.0), near("example_redactions", 1.0)),
        **_QUICK | {"rows": _MADE_UP},
    ),
    clean(
        "notes without personal data",
        of_notes(personal=False),
        every(near("examples_shown", 4.0), near("example_redactions", 0.0)),
        **_QUICK,
    ),
)
