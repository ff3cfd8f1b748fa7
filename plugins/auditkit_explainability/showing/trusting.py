"""Which explanation of a case's answers is the best, and whether it may be relied on.

The best is it as faithfulness measures it, and one by gradients has to follow what the model has learnt as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case, Measurement, NotApplicable, Text
from auditkit.perturbation import Found, Rows
from auditkit.statistics import family_level
from auditkit_explainability.attributing import GRADIENT
from auditkit_explainability.explained import RANDOM_MODELS
from auditkit_explainability.faithfulness import told_of
from auditkit_explainability.judged.keeping import RISE, likeness
from auditkit_explainability.judged.options import climbing, tried
from auditkit_explainability.randomisation import over_models

FAITHFULNESS = "explainability.faithfulness"


@dataclass(frozen=True)
class Best:
    """The method whose attributions do best against random ones."""

    method: str
    said: Measurement
    relied: bool
    """Whether it is better than a random one with its whole interval, over enough rows, and follows the model."""
    rise: Found | None = None
    """By how much less it says of models that have learnt nothing; None where that cannot be asked."""

    @property
    def trust(self) -> Text:
        """What the tests said of it."""
        if self.rise is not None and not _is_above(self.rise):
            low, high = (self.rise.value,) * 2 if self.rise.limits is None else self.rise.limits
            numbers = {"value": self.rise.value, "low": low, "high": high}
            return Text.of(
                "it was not shown to follow what the model has learnt: of models that have learnt nothing the entropy "
                "of what it says is higher by {value} ({low} to {high})",
                **{name: round(float(number or 0.0), 3) for name, number in numbers.items()},
            )
        if self.said.value is None:
            return Text.of("too few rows tell whether it is better than a random explanation")
        about: dict[str, Any] = {"value": round(self.said.value, 3), "n": self.said.n or 0}
        if self.said.interval is not None:
            about |= {"low": round(self.said.interval.low, 3), "high": round(self.said.interval.high, 3)}
            if self.relied:
                return Text.of(
                    "tested: on {n} rows it names what the answer hangs on better than a random explanation does, by "
                    "{value} ({low} to {high})",
                    **about,
                )
            return Text.of(
                "on {n} rows it was not shown to be better than a random explanation: by {value} ({low} to {high})",
                **about,
            )
        return Text.of("on {n} rows it was not shown to be better than a random explanation", n=about["n"])


def best_of(case: Case[Any], effort: Mapping[str, Any]) -> Best:
    """The best of the methods that suit the model.

    Args:
        case: of the rows that are judged, see `explained`.
        effort: `orders`, `draws` and `column`.

    Raises:
        NotApplicable: there is nothing to judge them by.
    """
    methods = {method: named for method, named in tried(()).items() if method != GRADIENT}
    together = told_of(case, methods, effort).together
    best = max(together, key=lambda method: _lowest(together[method]))
    said = together[best]
    if (said.judged_by or 0) < case.min_group_size or _lowest(said) <= 0:
        return Best(best, said, relied=False)
    rise = _rise(case, best, [method for method in together if method in climbing(())], effort["column"])
    return Best(best, said, relied=rise is None or _is_above(rise), rise=rise)


def _rise(case: Case[Any], method: str, judged: Sequence[str], column: str) -> Found | None:
    """As `explainability.randomisation` finds it; None where it judges no such method, or too few numbers tell.

    Args:
        case: of the rows that are judged.
        method: whose attributions.
        judged: the methods that are held to random models, for all of which the interval holds at once.
        column: that of the texts.
    """
    if method not in judged:
        return None
    about: dict[str, Any] = {"method": method, "named": False}
    about["effort"] = {"randomisations": RANDOM_MODELS, "column": column}
    try:
        numbers = np.array([case.compute(likeness, test=RISE, draw=draw, **about) for draw in range(RANDOM_MODELS)])
    except NotApplicable:
        return None  # the adapter does not say on which parameters its gradients rest
    rows = Rows.of(case)
    found = over_models(rows.at(family_level(rows.level, len(judged))), numbers, is_another=True)
    return None if found.value is None else found


def _is_above(found: Found) -> bool:
    """Whether it lies above 0 with its whole interval."""
    return bool((found.value or 0.0) > 0 if found.limits is None else found.limits.low > 0)


def _lowest(said: Measurement) -> float:
    if said.value is None or said.interval is None:
        return -np.inf
    return said.interval.low
