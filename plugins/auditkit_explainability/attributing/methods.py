"""The methods by name, and a case's rows put through one of them, once for all checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Differentiable, NotApplicable, Text, Texts
from auditkit.perturbation import marks, picture_column
from auditkit_explainability.attributing.coalitions import number_of
from auditkit_explainability.attributing.gradients import (
    TOLERANCE,
    Method,
    climbed,
    first_climb,
    gradient,
    gradient_times_input,
    integrated,
    smoothed,
)
from auditkit_explainability.attributing.looking import attention
from auditkit_explainability.attributing.networks import REASONS, STEPS_UNKNOWN, deep_lift, guided
from auditkit_explainability.attributing.removals import Asker, occluded, padded, shapley
from auditkit_explainability.attributing.targets import floor_of, targets_of
from auditkit_explainability.pieces import MOST_PIECES, pieces_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

INTEGRATED, GRADIENT_INPUT, GRADIENT = "integrated gradients", "gradient x input", "gradient"
OCCLUSION, KERNEL_SHAP, RANDOM = "occlusion", "kernel shap", "random"
SMOOTHED = "smoothed integrated gradients"
DEEP_LIFT, GUIDED = "deep lift", "guided grad-cam"
ATTENTION = "attention"
"""Off unless somebody names it."""
_AT = f"{GUIDED} at "
"""Begins the name of guided Grad-CAM at a convolution that somebody names."""
BY_GRADIENT: dict[str, Method] = {
    INTEGRATED: integrated,
    SMOOTHED: smoothed,
    GRADIENT_INPUT: gradient_times_input,
    GRADIENT: gradient,
    DEEP_LIFT: deep_lift,
    GUIDED: guided,
    ATTENTION: attention,
}
METHODS = (*BY_GRADIENT, OCCLUSION, KERNEL_SHAP, RANDOM)
SLOPED, ASKED = (INTEGRATED, GRADIENT_INPUT, OCCLUSION), (OCCLUSION, KERNEL_SHAP)
"""Those that are tried on a model that gives gradients, and on one that only answers."""
OF_PICTURES = (INTEGRATED, SMOOTHED, GRADIENT_INPUT, OCCLUSION)
"""Of pictures the gradient differs from pixel to pixel by chance, which is why it is smoothed too."""
INSIDE = (DEEP_LIFT, GUIDED)
"""Those that look inside a network, which not every network lets them."""
COALITIONS = 256
"""That KernelShap asks about of each row."""


@dataclass(frozen=True)
class Attributions:
    """What each piece of each row adds to the answer, by one method."""

    method: str
    by_piece: Floats
    """[n, P]; NaN beyond a row's pieces, and all of a row where an answer that it needs is none."""
    elsewhere: Floats
    """[n]: what falls to no piece."""
    gap: Floats
    """[n]: how far the sum is from what it must be, as a share of that: only some methods promise one. NaN: unknown."""
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
    if not has_gradients(case):
        return asked_methods(case)
    pictures = shows_pictures(case)
    inside = inside_methods(pictures=pictures)
    fitting = (method for method in inside if not case.compute(refusals, method=method).any())
    return sloped_methods(pictures=pictures, inside=tuple(fitting))


def shows_pictures(case: Case[Any]) -> bool:
    """Whether the model is given pictures, one a row."""
    try:
        picture_column(case.inputs)
    except NotApplicable:
        return False
    return True


def sloped_methods(*, pictures: bool, inside: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The methods for a model that gives gradients.

    Args:
        pictures: whether it is given pictures.
        inside: the methods that can look into its network.
    """
    *by_gradient, asking = OF_PICTURES if pictures else SLOPED
    return (*by_gradient, *inside, asking)


def inside_methods(*, pictures: bool) -> tuple[str, ...]:
    """The methods that are tried on the network behind gradients, and may not suit it."""
    return INSIDE if pictures else INSIDE[:1]


def refusals(case: Case[Any], *, method: str) -> npt.NDArray[np.uint8]:
    """[n]: of every row alike, why a method cannot look into the network: its place in `REASONS`, from 1; 0: it can."""
    why = _refusal(case, method) if len(case) else ""
    return np.full(len(case), 1 + REASONS.index(why) if why else 0, dtype=np.uint8)


def _refusal(case: Case[Any], method: str) -> str:
    """Why not; empty: it can. Tried on the first rows: what must add up and does not takes steps unknown to captum."""
    climb = first_climb(case, targets_of(case, case.predictions))
    try:
        found, _ = BY_GRADIENT[method](climb)
    except NotApplicable as why:
        if str(why) not in REASONS:
            raise
        return str(why)
    is_short = method == DEEP_LIFT and not float(climb.gap(found).median()) <= TOLERANCE
    return STEPS_UNKNOWN if is_short else ""


def shown(method: str) -> Text:
    """A method's name in a report; attention's is never without its caveat."""
    return _SHOWN.get(method) or Text.of("{method}", method=method)


_SHOWN = {
    INTEGRATED: Text.of("integrated gradients"),
    SMOOTHED: Text.of("smoothed integrated gradients"),
    GRADIENT_INPUT: Text.of("gradient x input"),
    GRADIENT: Text.of("gradient"),
    DEEP_LIFT: Text.of("deep lift"),
    GUIDED: Text.of("guided grad-cam"),
    OCCLUSION: Text.of("occlusion"),
    KERNEL_SHAP: Text.of("kernel shap"),
    RANDOM: Text.of("random"),
    ATTENTION: Text.of("attention, which is no explanation (Jain and Wallace 2019)"),
}


def climbs_by(method: str) -> Method | None:
    """How a method climbs, by its name; None: it is none by gradients, or none at all."""
    if method.startswith(_AT):
        return partial(guided, layer=method.removeprefix(_AT))
    return BY_GRADIENT.get(method)


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
        method: one of `METHODS`, or guided Grad-CAM at a convolution that is named.
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
    climbs = climbs_by(method)
    if climbs is not None:
        found = climbed(case, pieces, targets_of(case, case.predictions), climbs)
        return {"by_piece": found.by_piece, "elsewhere": found.elsewhere, "gap": found.gap, "steps": found.steps}
    names = marks(case.inputs)
    draws = [case.rng(f"{method} {draw} {mark}") for mark in names]
    steps, gap = asker.counts, np.full(len(case), np.nan)
    if method == OCCLUSION:
        values = occluded(asker)
    elif method == KERNEL_SHAP:
        values = shapley(asker, coalitions, draws)
        steps = np.array([number_of(count, coalitions) for count in asker.counts.tolist()], dtype=np.int64)
    elif method == RANDOM:
        values = padded(asker.counts, [rng.standard_normal(int(n)) for n, rng in zip(asker.counts, draws, strict=True)])
    else:
        raise ValueError(method)
    if method != RANDOM:
        # What is known of a row's other pieces could not be held against what is not known of one.
        values[np.isfinite(values).sum(axis=1) < asker.counts] = np.nan
        change = asker.whole() - asker.nothing()
        gap = np.abs(np.nansum(values, axis=1) - change) / np.maximum(np.abs(change), floor_of(case))
        gap[(asker.counts > 0) & ~np.isfinite(values).any(axis=1)] = np.nan
    return {"by_piece": values, "elsewhere": none, "gap": gap, "steps": np.asarray(steps, dtype=np.int64)}
