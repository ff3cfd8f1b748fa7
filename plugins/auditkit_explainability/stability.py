"""`explainability.stability`: whether rows that hardly differ have the same explanation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Table, Values, check
from auditkit.perturbation import Answers, Found, Rows
from auditkit_explainability.cards.steadiness import (
    INPUT_STABILITY,
    OUTPUT_STABILITY,
    SENSITIVITY,
    STABILITY,
    STABILITY_TEST,
    STABLE,
    STABLE_GAP,
)
from auditkit_explainability.explained import ROWS, asks_to_attribute, explained
from auditkit_explainability.judged import keeping
from auditkit_explainability.judged.keeping import MOVES, steadiness
from auditkit_explainability.judged.options import accept_effort, moving
from auditkit_explainability.judged.qualities import BY_CHANCE, OWN
from auditkit_explainability.judged.telling import Judged, Tests, Told
from auditkit_explainability.planted.steadiness import STABILITY_CONTROLS

Floats = npt.NDArray[np.floating]

METRICS = dict(zip(MOVES, (SENSITIVITY, INPUT_STABILITY, OUTPUT_STABILITY), strict=True))
_TITLES = (
    "Whether rows that hardly differ have the same explanation",
    "How far each method's attributions move, and the same numbers dealt anew each time",
)
_LEAST = 1e-12


def asks_about_neighbours(*, rows: int, most_rows: int, neighbours: int, **_: Any) -> int:
    """Predictions beside those of the rows."""
    return asks_to_attribute(min(rows, most_rows), again=neighbours + 1)


@check(
    "explainability.stability",
    on=(ClassScores, LabelScores, Values),
    metrics=STABILITY,
    accepts=accept_effort,
    controls=STABILITY_CONTROLS,
    asks=asks_about_neighbours,
)
def stability(
    case: Case[Answers],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = ROWS,
    neighbours: int = 10,
    radius: float = 0.02,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Whether rows that hardly differ have the same explanation.

    Of each row so many `neighbours` are made, in the form in which the model takes gradients: the embeddings of a
    text's tokens, the prepared pixels of a picture, the numbers of a table, each moved by at most `radius` of their
    range. Their attributions are held against the row's, and beside that against the same numbers dealt to the pieces
    anew for each neighbour. Where the model gives no gradients, or `methods` names occlusion or KernelShap, the rows
    are moved as the model is given them, numbers by at most `radius` of their column's range and pixels of the way from
    black to white; texts have no such neighbours. The cost is that of the attributions, once more for each neighbour:
    15 to 511 gradients of integrated gradients, 1 of the others, and of occlusion a prediction a piece, of at most
    `most_rows` rows drawn at random.
    """
    case = explained(case, most_rows)
    effort = {"neighbours": neighbours, "radius": radius, "column": column}
    found = {}
    for method, named in moving(methods).items():
        about: dict[str, Any] = {"method": method, "named": named, "effort": effort}
        own, chance = (
            np.array([case.compute(steadiness, test=test, side=side, **about) for test in MOVES])
            for side in (OWN, BY_CHANCE)
        )
        found[method] = Judged(own, chance)
    found = {method: one for method, one in found.items() if one.is_known}
    if not found:
        raise NotApplicable("no method suits the model, or no row has two pieces")
    tests = Tests(METRICS, STABILITY_TEST, STABLE, STABLE_GAP, better, mean, change, _TITLES)
    told = Told(case, Rows.of(case), found, tests)
    yield from told.measurements()
    yield from told.tables()


def better(_: str, own: Floats, by_chance: Floats) -> Floats:
    """[n]: from -1 to 1, how much steadier than random attributions; NaN where neither moves."""
    total = own + by_chance
    return np.asarray(np.divide(by_chance - own, total, out=np.full(len(own), np.nan), where=total > 0))


def mean(rows: Rows, test: str, numbers: Floats) -> Found:
    """Of sensitivities their mean; of relative stabilities that of the logarithms, since their tails are long."""
    is_ratio = test != keeping.SENSITIVITY
    return rows.change(np.log10(np.maximum(numbers, _LEAST)) if is_ratio else numbers, is_bounded=False)


def change(rows: Rows, numbers: Floats) -> Found:
    """Of contrasts, which lie between -1 and 1."""
    return rows.change(numbers, is_bounded=True)
