"""Answers attributed to the pieces of a row: by gradients, by taking pieces out, and at random to compare with.

`targets` says which number of an answer is attributed. `gradients` climbs from a baseline to the row, in the steps of
`stepping`, and `networks` looks with captum inside the torch module that is behind the answers; `looking` shows its
attention to whoever asks for it. `removals` asks the model about rows without some pieces, which any model can answer,
by `prepared` where rows need not be made anew, and about one of its `entities` where it finds several; `coalitions` are
those that KernelShap asks about. `methods` puts a case's rows through one of them.
"""

from __future__ import annotations

from auditkit_explainability.attributing.methods import (
    ASKED,
    ATTENTION,
    DEEP_LIFT,
    GRADIENT,
    GRADIENT_INPUT,
    GUIDED,
    INTEGRATED,
    KERNEL_SHAP,
    METHODS,
    OCCLUSION,
    RANDOM,
    SLOPED,
    SMOOTHED,
    Attributions,
    asked_methods,
    attributions,
    climbs_by,
    has_gradients,
    inside_methods,
    methods_of,
    refusals,
    shown,
    sloped_methods,
)
from auditkit_explainability.attributing.removals import Asker
from auditkit_explainability.attributing.targets import scores_of, target_words, targets_of

__all__ = [
    "ASKED",
    "ATTENTION",
    "DEEP_LIFT",
    "GRADIENT",
    "GRADIENT_INPUT",
    "GUIDED",
    "INTEGRATED",
    "KERNEL_SHAP",
    "METHODS",
    "OCCLUSION",
    "RANDOM",
    "SLOPED",
    "SMOOTHED",
    "Asker",
    "Attributions",
    "asked_methods",
    "attributions",
    "climbs_by",
    "has_gradients",
    "inside_methods",
    "methods_of",
    "refusals",
    "scores_of",
    "shown",
    "sloped_methods",
    "target_words",
    "targets_of",
]
