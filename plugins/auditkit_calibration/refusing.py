"""When calibration does not apply, and why a question has no answer."""

from __future__ import annotations

from typing import Any

from auditkit import Case, ClassScores, NotApplicable, Text
from auditkit_calibration.questions import Predicted, is_multi_label


def must_be_probabilities(case: Case[Predicted]) -> None:
    """Refuse scores and labels.

    Raises:
        NotApplicable: the model gives no probabilities.
    """
    predictions = case.predictions
    if isinstance(predictions, ClassScores) and predictions.kind != "probability":
        raise NotApplicable(
            "the model gives no probabilities, and a {kind} cannot be calibrated",
            hint='record a probability for each class: [data] scores = ["p_no", "p_yes"]',
            kind=predictions.kind,
        )


def no_rows(case: Case[Any]) -> Text:
    """Why a question has no rows."""
    known = is_multi_label(case) or (case.targets.codes >= 0).any()
    return Text.of("every row with a target has weight 0" if known else "no rows have a target")
