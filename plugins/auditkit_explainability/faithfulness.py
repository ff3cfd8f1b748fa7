"""`explainability.faithfulness`: whether the answer hangs on the pieces that an explanation names, or a random one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Texts,
    TokenLabels,
    Values,
    check,
)
from auditkit.perturbation import Answers, Found, Rows
from auditkit_explainability.attributing.methods import COALITIONS, INSIDE, KERNEL_SHAP, SLOPED
from auditkit_explainability.cards.faithfulness import (
    COMPREHENSIVENESS,
    DELETION,
    FAITHFUL,
    FAITHFUL_GAP,
    FAITHFULNESS,
    INFIDELITY,
    INSERTION,
    SUFFICIENCY,
    TEST_OVER_RANDOM,
)
from auditkit_explainability.explained import DRAWS, ORDERS, ROWS, asks_to_attribute, explained, left_out
from auditkit_explainability.judged import qualities
from auditkit_explainability.judged.options import accept_effort, tried
from auditkit_explainability.judged.qualities import BY_CHANCE, MORE_IS_BETTER, OWN, TESTS, quality, unanswered
from auditkit_explainability.judged.removing import CURVE
from auditkit_explainability.judged.telling import Judged, Tests, Told
from auditkit_explainability.planted.faithfulness import FAITHFUL_CONTROLS

Floats = npt.NDArray[np.floating]

METRICS = dict(zip(TESTS, (DELETION, INSERTION, COMPREHENSIVENESS, SUFFICIENCY, INFIDELITY), strict=True))
_NOTHING = "no row has two pieces, of which one could matter more, and an answer whenever some are taken out"
_TITLES = (
    "Whether explanations name what the answer hangs on",
    "What each test makes of each method, and of the same numbers dealt at random",
)


def asks_to_test(*, rows: int, most_rows: int, orders: int, draws: int, methods: tuple[str, ...] = (), **_: Any) -> int:
    """Predictions beside those of the rows; of a model that writes, how often it tells a chance."""
    kept = min(rows, most_rows)
    curves = 2 * len(CURVE) * (orders + len(SLOPED) + len(INSIDE))
    return asks_to_attribute(kept) + kept * (curves + draws + 2 + COALITIONS * (KERNEL_SHAP in methods))


@check(
    "explainability.faithfulness",
    on=(ClassScores, LabelScores, Values, Texts, TokenLabels),
    metrics=FAITHFULNESS,
    accepts=accept_effort,
    controls=FAITHFUL_CONTROLS,
    asks=asks_to_test,
)
def faithfulness(
    case: Case[Answers | Texts | TokenLabels],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = ROWS,
    orders: int = ORDERS,
    draws: int = DRAWS,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Whether explanations name the pieces that the answer hangs on.

    The words of a text, the regions of a picture or the columns of a table are taken out, and put back, in the order of
    each method's attributions, and so are random handfuls of them. Every test is held against the same numbers dealt to
    the row's pieces at random, in `orders` ways. `methods` names those to be judged; left out, they are those that suit
    the model, with the plain size of the gradient beside them, which they are to do better than. An explanation that
    does no better than a random one is marked: do not rely on this. The model is asked at most 14 * (orders + methods)
    + draws + 2 times a row, of at most `most_rows` rows drawn at random, and no more often than a row has subsets of
    pieces: 64 of six columns. KernelShap, where the model gives no gradients, asks 256 times beside.

    Of a model that writes the words of the prompt are taken out, and the score is ln of the chance that its answer
    begins as it did, of an adapter that tells it; nothing is written anew.
    """
    case = explained(case, most_rows)
    effort = {"orders": orders, "draws": draws, "column": column}
    told = told_of(case, tried(methods), effort)
    yield from told.measurements()
    yield from told.tables()
    asked: dict[str, Any] = {"named": bool(methods), "effort": effort}
    yield from left_out({method: case.compute(unanswered, method=method, **asked) for method in told.found})


def told_of(case: Case[Any], methods: Mapping[str, bool], effort: Mapping[str, Any]) -> Told:
    """What there is to tell of methods; `together` says of each whether it is better than random ones.

    For other checks too that show what a method says: what is shown is to be marked where it is no better.

    Args:
        case: the rows.
        methods: of each whether somebody asked for it; else it is left out where it does not suit the model.
        effort: `orders` by chance, `draws` of handfuls of pieces, and the `column` of the texts.

    Raises:
        NotApplicable: no method says anything that could be tested.
    """
    found = {}
    for method, named in methods.items():
        about: dict[str, Any] = {"method": method, "named": named, "effort": dict(effort)}
        own, chance = (
            np.array([case.compute(quality, test=test, side=side, **about) for test in TESTS])
            for side in (OWN, BY_CHANCE)
        )
        found[method] = Judged(own, chance)
    found = {method: one for method, one in found.items() if one.is_known}
    if not found:
        raise NotApplicable(_NOTHING)
    return Told(case, Rows.of(case), found, tests_of(case))


def tests_of(case: Case[Any]) -> Tests:
    """The tests, and how their means are taken: scores of probabilities lie between 0 and 1."""
    said = case.predictions
    is_bounded = isinstance(said, LabelScores | TokenLabels) or (isinstance(said, ClassScores) and said.kind != "score")

    def change(rows: Rows, numbers: Floats) -> Found:
        return rows.change(numbers, is_bounded=is_bounded)

    def mean(rows: Rows, test: str, numbers: Floats) -> Found:
        are_areas = is_bounded and test in {qualities.DELETION, qualities.INSERTION}
        return rows.share(numbers) if are_areas or test == qualities.INFIDELITY else change(rows, numbers)

    return Tests(METRICS, TEST_OVER_RANDOM, FAITHFUL, FAITHFUL_GAP, better, mean, change, _TITLES)


def better(test: str, own: Floats, by_chance: Floats) -> Floats:
    """[n]: by how much a test is better than of random attributions."""
    more = own - by_chance
    return more if test in MORE_IS_BETTER else -more
