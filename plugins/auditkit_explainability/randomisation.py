"""`explainability.randomisation`: whether an explanation follows what the model has learnt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Quote, Table, Text, Values, check
from auditkit.perturbation import Answers, Rows, sampled
from auditkit.statistics import family_level
from auditkit_explainability.attributing import GRADIENT
from auditkit_explainability.cards_steadiness import ALIKE, RANDOMISATION, RISE
from auditkit_explainability.judged.keeping import RANDOMISED, likeness
from auditkit_explainability.judged.options import accept_gradients, climbing
from auditkit_explainability.judged.telling import beyond, verdict
from auditkit_explainability.planted_steadiness import RANDOMISATION_CONTROLS

FOLLOWS = "follows what the model has learnt"


@check(
    "explainability.randomisation",
    on=(ClassScores, LabelScores, Values),
    metrics=RANDOMISATION,
    accepts=accept_gradients,
    controls=RANDOMISATION_CONTROLS,
)
def randomisation(
    case: Case[Answers],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = 50,
    randomisations: int = 3,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Whether explanations follow what the model has learnt.

    The model's parameters are exchanged for random ones, `randomisations` times, and put back. Of a model that knows
    nothing an explanation should say less: the histogram of its attributions should have more entropy. One whose
    attributions are no less telling then is marked: do not rely on this. For models whose adapter names the torch
    module behind their gradients. The cost is that of the attributions, twice more for each of the random models: 50
    to 300 gradients of integrated gradients, 1 of the others, of at most `most_rows` rows drawn at random.
    """
    case = sampled(case, most_rows)
    effort = {"randomisations": randomisations, "column": column}
    found = {}
    for method, named in climbing(methods).items():
        about: dict[str, Any] = {"method": method, "named": named, "effort": effort}
        both = [case.compute(likeness, test=test, **about) for test in RANDOMISED]
        if any(np.isfinite(one).any() for one in both):
            found[method] = both
    if not found:
        raise NotApplicable(
            "the model gives no gradients, or its adapter does not say on which parameters they rest",
            hint="an adapter says it by Encoded(..., network=module)",
        )
    rows = Rows.of(case)
    judged = [method for method in found if method != GRADIENT] or list(found)
    wide, lines = rows.at(family_level(rows.level, len(judged))), []
    for method, (rise, alike) in found.items():
        about = {"conditions": {"method": method}}
        is_judged = method in judged
        risen = (wide if is_judged else rows).change(rise, is_bounded=False)
        said = beyond(risen, RISE.name, level=rows.level, simultaneous=is_judged and len(judged) > 1, **about)
        like = rows.change(alike, is_bounded=True).measurement(ALIKE.name, rows.level, **about)
        yield said
        yield like
        quotes = [Quote.of(said, "n"), Quote.of(said), Quote.of(said, "interval"), Quote.of(like)]
        lines.append((Text.of(method), *quotes, verdict(said, rely=FOLLOWS)))
    names = ("method", "rows", "entropy rises by", "interval", "rank correlation with random models", "what that says")
    title = Text.of("Whether explanations follow what the model has learnt")
    yield Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)
