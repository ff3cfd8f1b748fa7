"""`explainability.randomisation`: whether an explanation follows what the model has learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
)
from auditkit.perturbation import Answers, Found, Rows
from auditkit.statistics import Limits, family_level
from auditkit_explainability.attributing import GRADIENT, shown
from auditkit_explainability.cards.steadiness import ALIKE, RANDOMISATION, RISE
from auditkit_explainability.explained import RANDOM_MODELS, ROWS, asks_to_attribute, explained
from auditkit_explainability.judged.keeping import RANDOMISED, likeness
from auditkit_explainability.judged.options import accept_gradients, climbing
from auditkit_explainability.judged.telling import beyond, verdict
from auditkit_explainability.planted.steadiness import RANDOMISATION_CONTROLS

Floats = npt.NDArray[np.floating]

_METHOD = "student, over rows and over random models"
_FEWEST = 2
FOLLOWS = "follows what the model has learnt"


def accept_randomisations(**options: Any) -> None:
    """Refuse what `accept_gradients` does, and one random model, by which it is not known how much they differ.

    Raises:
        AuditError: there is one.
    """
    accept_gradients(**options)
    if options.get("randomisations", _FEWEST) < _FEWEST:
        raise AuditError("option 'randomisations' is 1", hint="several, by which random models vary, e.g. 8")


def asks_random_models(*, rows: int, most_rows: int, randomisations: int, **_: Any) -> int:
    """Predictions beside those of the rows."""
    return asks_to_attribute(min(rows, most_rows), again=randomisations + 1)


@check(
    "explainability.randomisation",
    on=(ClassScores, LabelScores, Values),
    metrics=RANDOMISATION,
    accepts=accept_randomisations,
    controls=RANDOMISATION_CONTROLS,
    asks=asks_random_models,
)
def randomisation(
    case: Case[Answers],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = ROWS,
    randomisations: int = RANDOM_MODELS,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Whether explanations follow what the model has learnt.

    The model's parameters are exchanged for random ones, `randomisations` times, and put back. Of a model that knows
    nothing an explanation should say less: the histogram of its attributions should have more entropy, by more than
    random models differ among themselves. One of which that cannot be said is marked: do not rely on this. For models
    whose adapter names the torch module behind their gradients. The cost is that of the attributions, once more and
    once for each of the random models: 15 gradients of integrated gradients, 1 of the others, of at most `most_rows`
    rows drawn at random.
    """
    case = explained(case, most_rows)
    effort = {"randomisations": randomisations, "column": column}
    found = {}
    for method, named in climbing(methods).items():
        about: dict[str, Any] = {"method": method, "named": named, "effort": effort}
        both = [
            np.array([case.compute(likeness, test=test, draw=draw, **about) for draw in range(randomisations)])
            for test in RANDOMISED
        ]
        if any(np.isfinite(one).any() for one in both):
            found[method] = both
    if not found:
        raise NotApplicable(
            "the model gives no gradients, or its adapter does not say on which parameters they rest",
            hint="an adapter says it by Encoded(..., network=module)",
        )
    yield from _told(Rows.of(case), found)


def _told(rows: Rows, found: dict[str, list[Floats]]) -> Iterator[Measurement | Table]:
    """A line a method: whether it follows what the model has learnt."""
    judged = [method for method in found if method != GRADIENT] or list(found)
    wide, lines = rows.at(family_level(rows.level, len(judged))), []
    for method, (rise, alike) in found.items():
        about: dict[str, Any] = {"conditions": {"method": method}}
        is_judged = method in judged
        said = beyond(
            over_models(wide if is_judged else rows, rise, is_another=True),
            RISE.name,
            level=rows.level,
            simultaneous=is_judged and len(judged) > 1,
            **about,
        )
        like = over_models(rows, alike, is_another=False).measurement(ALIKE.name, rows.level, **about)
        yield said
        yield like
        quotes = [Quote.of(said, "n"), Quote.of(said), Quote.of(said, "interval"), Quote.of(like)]
        lines.append((shown(method), *quotes, verdict(said, rely=FOLLOWS)))
    names = ("method", "rows", "entropy rises by", "interval", "rank correlation with random models", "what that says")
    title = Text.of("Whether explanations follow what the model has learnt")
    yield Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)


def over_models(rows: Rows, numbers: Floats, *, is_another: bool) -> Found:
    """The mean over rows and random models, with an interval that counts the luck of both.

    Args:
        rows: with their weights and units.
        numbers: [models, n].
        is_another: whether 0 is what another random model would give, which varies as they do, and no fixed number.
    """
    from scipy import special

    found = rows.change(numbers.mean(axis=0), is_bounded=False)
    if found.value is None:
        return found
    count = len(numbers)
    means = np.array([rows.change(one, is_bounded=False).value for one in numbers], dtype=float)
    spread = float(means.std(ddof=1)) * np.sqrt((1.0 if is_another else 0.0) + 1 / count)
    away = float(special.stdtrit(count - 1, (1 + rows.level) / 2)) * spread
    low, high = (found.value, found.value) if found.limits is None else (found.limits.low, found.limits.high)
    # Two sources of luck that have nothing to do with each other: their variances add up.
    limits = Limits(found.value - np.hypot(found.value - low, away), found.value + np.hypot(high - found.value, away))
    return found if found.limits is None and not away else replace(found, limits=limits, method=_METHOD)
