"""The options that the checks of explanations share, and what is refused of them."""

from __future__ import annotations

from typing import Any

from auditkit import AuditError
from auditkit.perturbation import refuse_none
from auditkit_explainability.attributing import (
    ATTENTION,
    DEEP_LIFT,
    GRADIENT,
    GRADIENT_INPUT,
    GUIDED,
    INTEGRATED,
    KERNEL_SHAP,
    OCCLUSION,
    SMOOTHED,
    climbs_by,
)
from auditkit_explainability.attributing.methods import BY_GRADIENT

TRIED = (INTEGRATED, SMOOTHED, GRADIENT_INPUT, DEEP_LIFT, GUIDED, GRADIENT, OCCLUSION, KERNEL_SHAP)
"""Methods that are judged where they suit the model; of a model that gives gradients KernelShap is not."""
AT_LEAST_ONE = ("most_rows", "orders", "draws", "top", "neighbours", "randomisations")


def accept_effort(**options: Any) -> None:
    """Refuse methods that do not exist, and efforts that are none.

    Raises:
        AuditError: there is one.
    """
    for name in options.get("methods", ()):
        if name not in TRIED and climbs_by(name) is None:
            hint = f"they are {', '.join(TRIED)}, '{GUIDED} at LAYER', and {ATTENTION}, which is no explanation"
            raise AuditError(f"option 'methods' holds '{name}'", hint=hint)
    refuse_none(options, *AT_LEAST_ONE)
    if not 0 < options.get("radius", 1.0) <= 1:
        raise AuditError(f"option 'radius' is {options['radius']:g}", hint="a part of the numbers' range, e.g. 0.02")


def accept_gradients(**options: Any) -> None:
    """Refuse what `accept_effort` does, and methods that use no gradients.

    Raises:
        AuditError: there is one.
    """
    accept_effort(**options)
    for name in options.get("methods", ()):
        if climbs_by(name) is None:
            raise AuditError(
                f"option 'methods' holds '{name}', which uses no gradients", hint=f"they are {', '.join(BY_GRADIENT)}"
            )


def moving(methods: tuple[str, ...]) -> dict[str, bool]:
    """The methods that are held to a row's neighbours: those by gradients, and occlusion; the dearer ones if named."""
    return {method: named for method, named in tried(methods).items() if named or method not in (SMOOTHED, KERNEL_SHAP)}


def climbing(methods: tuple[str, ...]) -> dict[str, bool]:
    """The methods by gradients that are judged, and of each whether somebody asked for it; the smoothed if named."""
    return {
        method: named
        for method, named in tried(methods).items()
        # It costs five times the other, for every neighbour and every random model anew.
        if climbs_by(method) is not None and (named or method != SMOOTHED)
    }


def tried(methods: tuple[str, ...]) -> dict[str, bool]:
    """The methods that are judged, and of each whether somebody asked for it."""
    return dict.fromkeys(methods, True) if methods else dict.fromkeys(TRIED, False)
