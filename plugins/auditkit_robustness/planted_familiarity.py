"""Unfamiliar rows whose answer is known: a cloud far from the known rows, one group's alone, and none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model, with_splits

_ROWS, _WIDTH = 240, 5
_FAR = 6.0
_AWAY = np.array([0.0, 0.0, 0.0, 0.0, 8.0])


@dataclass(frozen=True)
class Vectors:
    """A line through a table's columns, of which it makes vectors as they stand."""

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid of the first column."""
        yes = 1 / (1 + np.exp(-2 * inputs["c0"].to_numpy(dtype=float)))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def embed(self, inputs: Any) -> Any:
        """The columns, away from the origin, so that those of known rows point one way."""
        return inputs.to_numpy(dtype=np.float64) + _AWAY


def of_clouds(*, strange: float = 0.0, whose: str = "", rows: int = _ROWS) -> Any:
    """A cloud of known rows, and as many others, a share `strange` of which lies six deviations away.

    Args:
        strange: 0 to 1.
        whose: of this ward alone; empty: of both.
        rows: of each side.
    """
    return partial(_clouds, strange=strange, whose=whose, rows=rows)


def _clouds(_: np.random.Generator, *, strange: float, whose: str, rows: int) -> Case[Any]:
    import pandas as pd

    draw, sides = np.random.default_rng([20_261_123, rows]), []
    ward = np.array(["north" if row % 2 else "south" for row in range(rows)])
    for share in (0.0, strange):
        table = draw.normal(size=(rows, _WIDTH))
        far = (draw.permutation(rows) < share * rows) & ((ward == whose) | (not whose))
        # Away from what the answer rests on, and wrong there.
        table[far, 1] += _FAR
        given = pd.DataFrame(table, columns=[f"c{place}" for place in range(_WIDTH)])
        said = Vectors().predict(given)
        true = (draw.random(rows) < said.scores[:, 1]) ^ far
        labels = np.where(true, "yes", "no").tolist()
        sides.append(toy_case(said, labels, {"ward": ward.tolist()}, positive="yes", inputs=given))
    return with_model(with_splits(sides[1], reference=sides[0]), Vectors())


def _of(score: str, **more: str) -> dict[str, Any]:
    return {"conditions": {"score": score, **more}}


_QUICK: dict[str, Any] = {"most_rows": _ROWS, "neighbours": 5}

FAMILIARITY_CONTROLS = (
    planted(
        "a third of the rows far from the known ones, and wrong there",
        of_clouds(strange=1 / 3),
        every(
            above("unfamiliar_share", 0.15, group={}, **_of("mahalanobis", beyond="95th")),
            above("unfamiliar_share", 0.1, group={}, **_of("neighbours", beyond="95th")),
            above("unfamiliarity_auc", 0.5, **_of("mahalanobis")),
        ),
        **_QUICK,
    ),
    planted(
        "half of the rows of one of two wards far from the known ones",
        of_clouds(strange=0.5, whose="north"),
        above("unfamiliar_share_difference", 0.15, **_of("mahalanobis", beyond="95th")),
        **_QUICK,
    ),
    clean(
        "rows like the known ones",
        of_clouds(),
        every(
            not_above("unfamiliar_share", 0.1),
            not_above("unfamiliar_share_difference", 0.1),
            not_above("unfamiliarity_auc", 0.55),
        ),
        **_QUICK,
    ),
)
