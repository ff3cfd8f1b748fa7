"""When calibration does not apply, and why a question has no answer."""

from __future__ import annotations

from typing import Any

from auditkit import Case, ClassScores, NotApplicable, Text


def must_be_probabilities(case: Case[ClassScores]) -> None:
    """Refuse scores and labels.

    Raises:
        NotApplicable: the model gives no probabilities.
    """
    if case.predictions.kind != "probability":
        raise NotApplicable(
            "the model gives no probabilities, and a {kind} cannot be calibrated",
            hint='record a probability for each class: [data] scores = ["p_no", "p_yes"]',
            kind=case.predictions.kind,
        )


def no_rows(case: Case[Any]) -> Text:
    """Why a question has no rows."""
    known = (case.targets.codes >= 0).any()
    return Text.of("every row with a target has weight 0" if known else "no rows have a target")
