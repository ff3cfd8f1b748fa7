"""Which explanation of a case's answers is the best, and whether it may be relied on: as faithfulness measures it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case, Measurement, Text
from auditkit_explainability.attributing import GRADIENT
from auditkit_explainability.faithfulness import told_of
from auditkit_explainability.judged.options import tried

FAITHFULNESS = "explainability.faithfulness"


@dataclass(frozen=True)
class Best:
    """The method whose attributions do best against random ones."""

    method: str
    said: Measurement
    relied: bool
    """Whether it is better than a random one with its whole interval, over enough rows."""

    @property
    def trust(self) -> Text:
        """What the tests said of it."""
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
    enough = (said.judged_by or 0) >= case.min_group_size
    return Best(best, said, relied=enough and _lowest(said) > 0)


def _lowest(said: Measurement) -> float:
    if said.value is None or said.interval is None:
        return -np.inf
    return said.interval.low
