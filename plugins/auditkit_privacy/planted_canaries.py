"""The cases of `privacy.canaries` whose answer is known: a model that knows its canaries, and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, not_above, toy_case, with_splits

COUNT = 400


def knows(shift: float) -> Callable[[np.random.Generator], Case[Any]]:
    """The log odds of the true class are higher by `shift` standard deviations for canaries that were included."""
    return partial(_case, shift=shift)


def _case(_: np.random.Generator, *, shift: float) -> Case[Any]:
    # Every second one by its score is in, so that with no shift the ranks tell nothing.
    included = np.arange(COUNT) % 2 == 0
    return with_splits(_side(np.zeros(COUNT, dtype=bool), 0.0), canaries=_side(included, shift))


def _side(included: Any, shift: float) -> Case[Any]:
    from scipy import special

    true = special.expit(special.ndtri((np.arange(COUNT) + 0.5) / COUNT) + shift * included)
    second = np.arange(COUNT) % 4 < 2  # noqa: PLR2004  as many of either class are in
    yes = np.where(second, true, 1 - true)
    scores = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    return toy_case(scores, np.where(second, "yes", "no").tolist(), positive="yes", included=included)


CONTROLS = (
    planted("a model that knows its canaries by heart", knows(4.0), above("epsilon_lower_bound", 2.0)),
    clean("a model that knows none of them", knows(0.0), not_above("epsilon_lower_bound", 0.0)),
)
