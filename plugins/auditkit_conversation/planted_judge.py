"""Judges whose mistakes are known by counting. Nothing in them is drawn."""

from __future__ import annotations

from auditkit import clean, planted
from auditkit.testing import above, below, every, near
from auditkit_conversation.planted import advisers

_LABELLED = ("yes", "yes", "yes", "yes", "yes", "yes", "no", "no", "no", "no")
_ANSWERS = ("Rest.",)

JUDGE_CONTROLS = (
    planted(
        "a judge that finds every answer good but two in ten, whatever people say",
        advisers(
            _ANSWERS, ("A",), judged_by_people=_LABELLED, judge=("no", *("yes",) * 5, "no", "yes", "yes", "yes")
        ),
        every(below("judge_kappa", 0.4), near("judge_sensitivity", 5 / 6), near("judge_specificity", 1 / 4)),
    ),
    clean(
        "a judge that says what people say",
        advisers(_ANSWERS, ("A",), judged_by_people=_LABELLED, judge=_LABELLED),
        every(above("judge_kappa", 0.6), near("judged_good_rate", 0.6), near("judge_sensitivity", 1.0)),
    ),
)  # fmt: skip
