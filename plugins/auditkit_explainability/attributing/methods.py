"""The methods by name, and a case's rows put through one of them, once for all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Differentiable, NotApplicable, Texts
from auditkit.perturbation import marks, picture_column
from auditkit_explainability.attributing.gradients import climbed, gradient, gradient_times_input, integrated, smoothed
from auditkit_explainability.attributing.removals import Asker, occluded, padded, shapley
from auditkit_explainability.attributing.targets import floor_of, targets_of
from auditkit_explainability.pieces import MOST_PIECES, pieces_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

INTEGRATED, GRADIENT_INPUT, GRADIENT = "integrated gradients", "gradient x input", "gradient"
OCCLUSION, KERNEL_SHAP, RANDOM = "occlusion", "kernel shap", "random"
SMOOTHED = "smoothed integrated gradients"
BY_GRADIENT = {INTEGRATED: integrated, SMOOTHED: smoothed, GRADIENT_INPUT: gradient_times_input, GRADIENT: gradient}
METHODS = (*BY_GRADIENT, OCCLUSION, KERNEL_SHAP, RANDOM)
SLOPED, ASKED = (INTEGRATED, GRADIENT_INPUT, OCCLUSION), (OCCLUSION, KERNEL_SHAP)
"""Those that are tried on a model that gives gradients, and on one that only answers."""
OF_PICTURES = (INTEGRATED, SMOOTHED, GRADIENT_INPUT, OCCLUSION)
"""Of pictures the gradient differs from pixel to pixel by chance, which is why it is smoothed too."""
COALITIONS = 256
"""That KernelShap asks about of each row."""


@dataclass(frozen=True)
class Attributions:
    """What each piece of each row adds to the answer, by one method."""

    method: str
    by_piece: Floats
    """[n, P]; NaN beyond a row's pieces."""
    elsewhere: Floats
    """[n]: what falls to no piece."""
    gap: Floats
    """[n]: how far the sum is from what it must be, as a share of that: only some methods promise one."""
    steps: Integers
    """[n]: of gradients, or coalitions that were asked about."""

    def of(self, row: int) -> Floats:
        """[p]: of one row's pieces."""
        own = self.by_piece[row]
        return np.asarray(own[np.isfinite(own)])


def methods_of(case: Case[Any]) -> tuple[str, ...]:
    """The methods for a case's model: by gradients where it gives them, and by asking where it does not.

    A check asks inside what it gives to `compute`: the model is opened for it.
    """
    return sloped_methods(pictures=shows_pictures(case)) if has_gradients(case) else asked_methods(case)


def shows_pictures(case: Case[Any]) -> bool:
    """Whether the model is given pictures, one a row."""
    try:
        picture_column(case.inputs)
    except NotApplicable:
        return False
    return True


def sloped_methods(*, pictures: bool) -> tuple[str, ...]:
    """The methods for a model that gives gradients."""
    return OF_PICTURES if pictures else SLOPED


def asked_methods(case: Case[Any]) -> tuple[str, ...]:
    """The methods for a model that only answers; of one that writes the cheaper alone, for each answer is dear."""
    return (OCCLUSION,) if isinstance(case.predictions, Texts) else ASKED


def has_gradients(case: Case[Any]) -> bool:
    """Whether the model gives gradients down to what these rows hold; tried on the first, for some cannot say it."""
    try:
        model = case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for
        if len(case):
            model.encoded(case.narrowed(slice(0, 1)).inputs)
    except NotApplicable:
        return False
    return True


def attributions(
    case: Case[Any],
    method: str,
    *,
    column: str = "",
    most: int = MOST_PIECES,
    coalitions: int = COALITIONS,
    draw: int = 0,
) -> Attributions:
    """Attributions of a case's rows, computed once for all checks of the same rows.

    A check asks inside what it gives to `compute`: they are kept beside the audit, and never in a bundle.

    Args:
        case: the rows, with a model to ask.
        method: one of `METHODS`.
        column: that of the texts, where rows hold more.
        most: pieces of a row.
        coalitions: that KernelShap may ask about of each row.
        draw: which of several random attributions.

    Raises:
        NotApplicable: the rows have no pieces, or the model gives no gradients for a method that needs them.
    """
    how: dict[str, Any] = {"method": method, "column": column, "most": most}
    if method == KERNEL_SHAP:
        how["coalitions"] = coalitions
    if method == RANDOM:
        how["draw"] = draw
    return Attributions(method, **case.compute(attributed, **how))


def attributed(
    case: Case[Any], *, method: str, column: str, most: int, coalitions: int = 0, draw: int = 0
) -> dict[str, npt.NDArray[Any]]:
    """`by_piece` [n, P], `elsewhere`, `gap` and `steps` [n], see `Attributions`."""
    pieces = pieces_of(case, column=column, most=most)
    asker = Asker(case, pieces)
    none = np.zeros(len(case))
    if method in BY_GRADIENT:
        targets = targets_of(case, case.predictions)
        found = climbed(case, pieces, targets, BY_GRADIENT[method])
        return {"by_piece": found.by_piece, "elsewhere": found.elsewhere, "gap": found.gap, "steps": found.steps}
    names = marks(case.inputs)
    draws = [case.rng(f"{method} {draw} {mark}") for mark in names]
    steps, gap = asker.counts, np.full(len(case), np.nan)
    if method == OCCLUSION:
        values = occluded(asker)
    elif method == KERNEL_SHAP:
        values = shapley(asker, coalitions, draws)
        steps = np.full(len(case), coalitions)
    elif method == RANDOM:
        values = padded(asker.counts, [rng.standard_normal(int(n)) for n, rng in zip(asker.counts, draws, strict=True)])
    else:
        raise ValueError(method)
    if method != RANDOM:
        change = asker.whole() - asker.nothing()
        gap = np.abs(np.nansum(values, axis=1) - change) / np.maximum(np.abs(change), floor_of(case))
    return {"by_piece": values, "elsewhere": none, "gap": gap, "steps": np.asarray(steps, dtype=np.int64)}
