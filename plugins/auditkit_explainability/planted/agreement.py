"""Methods that must agree on a line, and one whose gradients are turned round, which must not."""

from __future__ import annotations

from typing import Any

from auditkit import clean, planted
from auditkit.testing import above, below, every, near
from auditkit_explainability.attributing import GRADIENT_INPUT, OCCLUSION
from auditkit_explainability.planted.faithfulness import of_slope

_QUICK: dict[str, Any] = {"methods": (GRADIENT_INPUT, OCCLUSION), "most_rows": 60, "top": 2, "column": ""}
"""So much is enough to see them."""

AGREEMENT_CONTROLS = (
    planted(
        "a model whose gradients point the other way",
        of_slope("turned"),
        below("attribution_rank_correlation", 0.0),
        **_QUICK,
    ),
    clean(
        "a line, on which all methods must say the same",
        of_slope("right"),
        every(
            near("feature_agreement_over_chance", 2 / 3, 1e-6),
            near("rank_agreement_over_chance", 5 / 6, 1e-6),
            near("attribution_rank_correlation", 1.0, 1e-6),
            above("sign_agreement_over_chance", 0.3),
        ),
        **_QUICK,
    ),
)
