"""`explainability.agreement`: whether different methods explain a row alike, more than chance would have them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

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
    Texts,
    TokenLabels,
    Values,
    check,
)
from auditkit.perturbation import Answers, Rows
from auditkit.statistics import family_level
from auditkit_explainability.attributing import ATTENTION, GRADIENT, KERNEL_SHAP
from auditkit_explainability.attributing.methods import COALITIONS
from auditkit_explainability.cards.agreement import (
    AGREEMENT,
    COMPLEXITY,
    CORRELATION,
    FEATURES,
    RANKS,
    SIGNS,
    SPARSENESS,
)
from auditkit_explainability.explained import ROWS, asks_to_attribute, explained
from auditkit_explainability.judged.comparing import AGREE, SHAPES, agreement, shape
from auditkit_explainability.judged.options import accept_effort, tried
from auditkit_explainability.judged.telling import beyond
from auditkit_explainability.planted.agreement import AGREEMENT_CONTROLS

_TESTS = dict(zip(AGREE, (FEATURES, RANKS, SIGNS, CORRELATION), strict=True))
_ALONE = 2


def accept_methods(**options: Any) -> None:
    """Refuse what `accept_effort` does, and one method, which has none to agree with.

    Raises:
        AuditError: there is one.
    """
    accept_effort(**options)
    if 0 < len(set(options.get("methods", ()))) < _ALONE:
        raise AuditError("option 'methods' holds one method", hint="two or more, or none: those that suit the model")


def asks_to_compare(*, rows: int, most_rows: int, methods: tuple[str, ...] = (), **_: Any) -> int:
    """Predictions beside those of the rows; of a model that writes, how often it tells a chance."""
    kept = min(rows, most_rows)
    return asks_to_attribute(kept) + kept * COALITIONS * (KERNEL_SHAP in methods)


@check(
    "explainability.agreement",
    on=(ClassScores, LabelScores, Values, Texts, TokenLabels),
    metrics=AGREEMENT,
    accepts=accept_methods,
    controls=AGREEMENT_CONTROLS,
    asks=asks_to_compare,
)
def methods_agreement(
    case: Case[Answers | Texts | TokenLabels],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = ROWS,
    top: int = 5,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Whether different methods explain a row alike, more than by chance.

    Methods are compared two and two: whether they name the same `top` pieces, or half of a row's where it has fewer, in
    the same order and with the same sign, and how all their numbers rank. From each the share is taken off that chance
    gives. Beside that stands how sparse each method's attributions are. The cost is that of the attributions, of at
    most `most_rows` rows drawn at random. Of a model that writes occlusion alone is tried: there `methods` names
    KernelShap too, which asks 256 times a row, and else there is nothing to compare.
    """
    if isinstance(case.predictions, Texts) and not methods:
        raise NotApplicable(
            "of what a model writes one method alone is tried",
            hint='methods = ["occlusion", "kernel shap"], which asks the model 256 times more about each row',
        )
    case = explained(case, most_rows)
    rows, chosen = Rows.of(case), [one for one in tried(methods) if methods or one != GRADIENT]
    named, shapes = bool(methods), {}
    for method in chosen:
        about: dict[str, Any] = {"method": method, "named": named, "column": column}
        shapes[method] = {test: case.compute(shape, test=test, **about) for test in SHAPES}
    pairs = {}
    for pair in combinations(chosen, 2):
        how: dict[str, Any] = {"methods": list(pair), "named": named, "effort": {"top": top, "column": column}}
        found = {test: case.compute(agreement, test=test, **how) for test in AGREE}
        if np.isfinite(found[AGREE[0]]).any():
            pairs[" and ".join(pair)] = found
    if not pairs:
        raise NotApplicable(
            "no row has two pieces, to which two methods attribute something, and an answer without each"
        )
    wide, lines = rows.at(family_level(rows.level, len(pairs))), []
    for names, found in pairs.items():
        said = []
        for test, card in _TESTS.items():
            mean = wide.change(found[test], is_bounded=True)
            how = {"level": rows.level, "simultaneous": len(pairs) > 1, "conditions": {"methods": names}}
            said.append(beyond(mean, card.name, **how))
        yield from said
        first = [Quote.of(said[0], "n"), Quote.of(said[0]), Quote.of(said[0], "interval")]
        told = f"{names} (attention is no explanation)" if ATTENTION in names else names
        lines.append((told, *first, *map(Quote.of, said[1:])))
    for method, numbers in shapes.items():
        about = {"conditions": {"method": method}}
        if np.isfinite(numbers["sparseness"]).any():
            sparse, complex_ = rows.share(numbers["sparseness"]), rows.change(numbers["complexity"], is_bounded=False)
            yield sparse.measurement(SPARSENESS.name, rows.level, better=SPARSENESS.better, **about)
            yield complex_.measurement(COMPLEXITY.name, rows.level, better=COMPLEXITY.better, **about)
    columns = ("methods", "rows", "same pieces, over chance", "interval", "same order", "same sign", "rank correlation")
    title = Text.of("Whether different methods explain a row alike, more than by chance")
    yield Table(title=title, columns=tuple(map(Text.of, columns)), rows=tuple(lines), prominent=True)
