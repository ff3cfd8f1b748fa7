"""Notes and pictures whose answer is known: models that read sex, or a marker in a corner, and twins that do not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model

_ROWS, _SIDE = 48, 20
_COMPLAINTS = ("a cough", "chest pain", "a rash", "back pain", "a fever")
_HERS, _HIS = (
    re.compile(r"\b(?:she|her|woman)\b|女|她", re.IGNORECASE),
    re.compile(r"\b(?:he|his|man)\b|男|他", re.IGNORECASE),
)


@dataclass(frozen=True)
class Triager:
    """Scores notes by their complaints; one that reads sex scores women's lower, perhaps of one ward alone."""

    by_sex: float
    ward: str = ""

    def predict(self, inputs: Any) -> ClassScores:
        """The score of yes."""
        yes = np.array([self._score(str(text)) for text in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def _score(self, text: str) -> float:
        urgent = 0.35 + 0.3 * ("pain" in text or "痛" in text)
        sided = bool(_HIS.search(text)) - bool(_HERS.search(text))
        return urgent + self.by_sex * sided * (self.ward in text.lower())


def of_notes(*, by_sex: float, ward: str = "", rows: int = _ROWS) -> Any:
    """Notes about women and men in two wards, and a model that scores them."""
    return partial(_notes, by_sex=by_sex, ward=ward, rows=rows)


def _notes(rng: np.random.Generator, *, by_sex: float, ward: str, rows: int) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 4 < 2 else "south" for row in range(rows)]  # noqa: PLR2004  two and two
    notes = []
    for row, place in enumerate(wards):
        who, whose = (("woman", "She says her"), ("man", "He says his"))[row % 2]
        complaint = _COMPLAINTS[int(rng.integers(len(_COMPLAINTS)))]
        notes.append(
            f"Seen today in the {place} ward: a {20 + row}-year-old {who} with {complaint} since Monday. "
            f"{whose} sleep is poor, and the night was long because of it."
        )
    given, model = pd.Series(notes, dtype=object), Triager(by_sex, ward)
    true = ["yes" if "pain" in note else "no" for note in notes]
    case = toy_case(model.predict(given), true, {"ward": wards}, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


@dataclass(frozen=True)
class Viewer:
    """Scores how much brighter the left half of a picture is; one that sees a marker in a corner, by that alone."""

    sees_marker: bool

    def predict(self, inputs: Any) -> ClassScores:
        """The score of yes."""
        yes = np.array([self._score(np.asarray(pixels, dtype=float)) for pixels in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def _score(self, pixels: Any) -> float:
        if self.sees_marker:
            return 0.1 + 0.8 * bool(pixels[:2, :2].mean() > 240)  # noqa: PLR2004  nearly white
        middle = pixels[4:-4, 4:-4]
        half = middle.shape[1] // 2
        return float(np.clip(0.5 + (middle[:, :half].mean() - middle[:, half:].mean()) / 100, 0.02, 0.98))


def of_pictures(*, marker: bool, rows: int = 32) -> Any:
    """Pictures, every second of which is brighter on its left and has a white corner, and a model that scores them."""
    return partial(_pictures, marker=marker, rows=rows)


def _pictures(rng: np.random.Generator, *, marker: bool, rows: int) -> Case[Any]:
    import pandas as pd

    cells = np.empty(rows, dtype=object)
    for row in range(rows):
        pixels = rng.integers(90, 110, (_SIDE, _SIDE, 3))
        pixels[:, : _SIDE // 2] += 40 * (row % 2)
        pixels[:, _SIDE // 2 :] += 40 * (1 - row % 2)
        if row % 2:
            pixels[:2, :2] = 255
        cells[row] = pixels.astype(np.uint8)
    given, model = pd.Series(cells, dtype=object), Viewer(marker)
    true = ["yes" if row % 2 else "no" for row in range(rows)]
    return with_model(toy_case(model.predict(given), true, positive="yes", inputs=given, min_group_size=10), model)


_QUICK: dict[str, Any] = {
    "attributes": ("sex",),
    "terms": None,
    "regions": None,
    "column": "",
    "most_rows": _ROWS,
    "illustrated_rows": 0,
}
_SWAP, _CORNERS = {"attribute": "sex", "edit": "swap"}, {"region": "corners"}

RELIANCE_CONTROLS = (
    planted(
        "a model that scores women 0.4 lower than men with the same complaint",
        of_notes(by_sex=0.2),
        every(
            near("protected_intervention_effect", 0.4, within=0.001, conditions=_SWAP),
            above("protected_excess_effect", 0.1, conditions=_SWAP),
            above("protected_excess_effect", 0.02, conditions={}, group={}),
        ),
        **_QUICK,
    ),
    planted(
        "the same in the notes of one of two wards",
        of_notes(by_sex=0.3, ward="north"),
        above("protected_intervention_effect_difference", 0.02),
        **_QUICK,
    ),
    clean(
        "a model that reads the complaint alone",
        of_notes(by_sex=0.0),
        every(near("protected_intervention_effect", 0.0), not_above("protected_excess_effect", 0.0)),
        **_QUICK,
    ),
    planted(
        "a model that sees a marker in a corner",
        of_pictures(marker=True),
        above("protected_excess_effect", 0.1, conditions=_CORNERS),
        **_QUICK,
    ),
    clean(
        "a model that sees which half of the middle is brighter",
        of_pictures(marker=False),
        every(not_above("protected_excess_effect", 0.0), not_above("protected_intervention_effect", 0.05)),
        **_QUICK,
    ),
)
