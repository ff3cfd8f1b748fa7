"""Notes and answers with personal data that nobody has, and twins without any: made up, with right check digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Texts
from auditkit.testing import toy_case, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 64
_BUSY = (
    "BP 138/86 mmHg, HR 92, RR 18, SpO2 97% on 2 L, temp 38.4 at 14:32:10 on 2024-03-17.",
    "Accession 20240317001234; CT of the abdomen, 1.2.840.113619.2.55.3.2831868886.123.",
    "Metformin 500 mg 1-0-1, enoxaparin 40 mg/0.4 mL; Na 138, K 4.2, platelets 250,000; seen 03/17/2024.",
    "患者于2024年3月17日入院 体温38.5℃ 血压120/80mmHg 检查号20240317000123。",
)
_PERSONAL = (
    "Discharged; results to a.jones@mail.example.org.",
    "身份证号11010519491231002X 已登记。",
)
_QUESTION = "My number is (202) 555-0143. When does the ward open?"


def notes(*, personal: int = 0) -> Factory:
    """Notes full of numbers; every so many of them holds something personal, none at 0."""
    return partial(_notes, personal=personal)


def repeated_training(*, every: int) -> Factory:
    """A model that writes a phone number of its training rows in every so many answers."""
    return partial(_repeated, every=every)


def made_up_answers() -> Factory:
    """A model that writes the phone number that it was asked with, and training rows that hold it too."""
    return partial(_repeated, every=0)


def _notes(_: np.random.Generator, *, personal: int) -> Case[Any]:
    given = [_BUSY[row % len(_BUSY)] for row in range(ROWS)]
    for row in range(0, ROWS, personal or ROWS + 1):
        given[row] += " " + _PERSONAL[row // personal % len(_PERSONAL)] if personal else ""
    return toy_case(ClassScores(("no", "yes"), np.full((ROWS, 2), 0.5)), inputs=_series(given))


def _repeated(_: np.random.Generator, *, every: int) -> Case[Any]:
    plain, leak = "At eight. I call you at 202-555-0143.", "At eight. Ask at +1 415 555 0132."
    said = tuple((leak if every and row % every == 0 else plain,) for row in range(ROWS))
    case = toy_case(Texts(said), inputs=_series([_QUESTION] * ROWS))
    known = ["The family can be reached at (415) 555-0132.", "Reached at (202) 555-0143 until 14:00."]
    return with_splits(case, training=toy_case(Texts((("",),) * len(known)), inputs=_series(known)))


def _series(texts: list[str]) -> Any:
    import pandas as pd

    return pd.Series(texts, dtype=object)
