"""Readers whose behaviour is known: one overlooks negations and knows some names alone; its twin does neither."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, TextFile, clean, planted
from auditkit.testing import above, every, near, toy_case, with_model

_TESTS = TextFile.of(
    "planted.toml",
    """
[lexicons]
pain = ["chest pain", "severe chest pain", "sudden chest pain"]
when = ["since Monday", "for an hour", "today"]
[lexicons.name]
first = ["Anna", "Maria"]
second = ["Wen", "Li"]

[[tests]]
name = "chest pain is urgent"
kind = "MFT"
templates = ["{name} has {pain} {when}.", "{name} complains of {pain} {when}.", "{when} there is {pain} in {name}.",
    "{name} reports {pain} {when}.", "{name} presents with {pain} {when}.", "Seen {when}: {name} with {pain}."]
expect = "yes"

[[tests]]
name = "who it is does not matter"
kind = "INV"
templates = ["{name} has {pain} {when}.", "{name} complains of {pain} {when}.", "{name} reports {pain} {when}."]
vary = "name"

[[tests]]
name = "denied pain is less urgent"
kind = "DIR"
templates = ["Has {pain} {when}.", "Complains of {pain} {when}.", "Presents with {pain} {when}.",
    "有胸痛,{when}。", "诉胸痛,{when}。", "患者出现胸痛,{when}。"]
changed = "negation"
label = "yes"
must = "fall"
""",
)


@dataclass(frozen=True)
class Triage:
    """Finds chest pain by the word."""

    reads_no: bool
    """Whether it sees that it is denied."""
    overlooks: tuple[str, ...] = ()
    """Names of people whose pain it does not see."""
    reads_in: str = ""
    """Where alone it sees a denial: texts that hold this; empty: everywhere."""

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        found = np.array([self._says(str(text).lower()) for text in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))

    def _says(self, text: str) -> bool:
        if (
            self.reads_no
            and self.reads_in in text
            and any(word in text for word in ("no ", "denies", "without", "无", "否认", "未"))
        ):
            return False
        return ("pain" in text or "胸痛" in text) and not any(name in text for name in self.overlooks)


def _triaged(_: np.random.Generator, *, reads_no: bool, overlooks: tuple[str, ...]) -> Case[Any]:
    import pandas as pd

    notes = pd.Series([f"a note about nothing, bed {row}" for row in range(20)], dtype=object)
    model = Triage(reads_no, overlooks)
    case = toy_case(model.predict(notes), ["no"] * 20, positive="yes", inputs=notes)
    return with_model(case, model)


def of_triage(*, reads_no: bool, overlooks: tuple[str, ...] = ()) -> Any:
    """A few notes, and a model that finds pain by the word."""
    return partial(_triaged, reads_no=reads_no, overlooks=overlooks)


_QUICK: dict[str, Any] = {"templates": _TESTS, "most_cases": 54, "examples": 0}

BEHAVIOUR_CONTROLS = (
    planted(
        "a model that sees no negation, English or Chinese",
        of_triage(reads_no=False),
        every(near("behaviour_failure_rate", 1.0, conditions={"kind": "DIR"}),
              near("behaviour_failure_rate", 0.0, conditions={"kind": "MFT"})),
        **_QUICK,
    ),
    planted(
        "a model that overlooks the pain of people with some names",
        of_triage(reads_no=True, overlooks=("wen", "li")),
        every(above("behaviour_failure_rate_difference", 0.1, conditions={"slot": "name"}),
              near("behaviour_failure_rate", 1.0, conditions={"kind": "INV"})),
        **_QUICK,
    ),
    clean(
        "a model that reads the words that the templates hold",
        of_triage(reads_no=True),
        every(near("behaviour_failure_rate", 0.0), near("behaviour_failure_rate_difference", 0.0)),
        **_QUICK,
    ),
)  # fmt: skip
