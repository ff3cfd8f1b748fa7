"""The metric card of answers that are none, which every check of changed inputs may meet."""

from __future__ import annotations

from auditkit import MetricCard

UNSOUND = MetricCard(
    name="unsound_answer_rate",
    title="Changed rows that get no sound answer",
    asks="Does the model still answer when its input is changed, with numbers that can be meant?",
    formula="rows to which the answer is none / rows that a change touches: a score is missing or infinite, a "
    "probability below 0 or above 1, probabilities do not sum to 1, quantiles descend. Over all changes: rows to which "
    "it is none after any of them; of templates, cases with a sentence to which it is none",
    source="a count; interval: Wilson (1927), of templates at the effective size",
    better="lower",
    undefined="When nothing touches any row.",
    misleads="Of one change, of groups and of templates it is told only where there is any. Where an answer is none "
    "the decision counts as changed and as wrong and a probability as moved by 1; of other scores no shift is known.",
)
