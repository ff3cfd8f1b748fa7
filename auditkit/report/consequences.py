"""What missing a rule means for people, in plain words, by the metric that the rule bounds.

A metric that is not listed is explained by the question on its card.
"""

from __future__ import annotations

from auditkit.policy import Rule
from auditkit.report.ends import Ends, compared_by
from auditkit.report.wording import Wording

BETWEEN_GROUPS = {
    "true_positive_rate": "Of those who should be found, a smaller share is found among {worst} than among {best}: "
    "more of them are missed.",
    "false_negative_rate": "Of those who should be found, more are missed among {worst} than among {best}.",
    "false_positive_rate": "Of those who should be left alone, more are flagged by mistake among {worst} than among "
    "{best}.",
    "true_negative_rate": "Of those who should be left alone, more are flagged by mistake among {worst} than among "
    "{best}.",
    "selection_rate": "The decision that the rule is about is made less often for {worst} than for {best}, whatever "
    "the reasons are.",
    "accuracy": "Answers are wrong more often about {worst} than about {best}.",
    "precision": "Of those who are flagged, more are flagged by mistake among {worst} than among {best}.",
    "roc_auc": "Those who should be found are told from the others less well among {worst} than among {best}.",
    "mean_absolute_error": "Predicted numbers are further from the truth for {worst} than for {best}.",
}
"""What a gap compares -> what it means for the groups at its ends."""

OVER_ALL = {
    "equalized_odds_difference": "Mistakes fall unevenly: in one group more of those who should be found are missed, "
    "or more are flagged by mistake, than in another.",
    "roc_auc": "Those who should be found and those who should not are mixed up more often than the rule accepts.",
    "accuracy": "More answers are wrong than the rule accepts.",
    "true_positive_rate": "More of those who should be found are missed than the rule accepts.",
    "false_negative_rate": "More of those who should be found are missed than the rule accepts.",
    "false_positive_rate": "More of those who should be left alone are flagged by mistake than the rule accepts.",
    "precision": "More of those who are flagged are flagged by mistake than the rule accepts.",
    "smooth_calibration_error": "Whoever reads the probability as a chance is misled: it does not come true as often "
    "as it says.",
    "expected_calibration_error": "Whoever reads the probability as a chance is misled: it does not come true as often "
    "as it says.",
    "mean_absolute_error": "Predicted numbers are further from the truth than the rule accepts.",
    "membership_auc": "Whoever sees the answers can tell whose records the model was trained on, better than the rule "
    "accepts; that somebody is among them may be a secret.",
    "shortcut_effect": "Something that should not matter decides: people get another answer for that alone.",
    "protected_excess_effect": "The answer depends on who somebody is: people with the same record otherwise may be "
    "answered differently.",
    "protected_intervention_effect": "The answer depends on who somebody is: people with the same record otherwise may "
    "be answered differently.",
    "missed_emergency_rate": "Emergencies go unrecognised more often than the rule accepts: people may seek help too "
    "late.",
    "conformal_coverage": "The set of answers that is given leaves out the true one more often than it promises.",
    "interval_coverage": "The range that is given leaves out the true number more often than it promises.",
}
"""Metric -> what it means when a rule about it is missed."""


def what_it_means(rule: Rule, ends: Ends | None, wording: Wording) -> str:
    """What it means for people that this rule is missed.

    Args:
        rule: the rule.
        ends: of a gap, between which groups it lies; None where it is not known, or no gap.
        wording: the language.
    """
    compared = (ends.worst.metric,) if ends is not None else compared_by(rule.metric)
    if len(compared) == 1 and compared[0] in BETWEEN_GROUPS:
        worst, best = wording.say("one group"), wording.say("another")
        if ends is not None:
            worst, best = (wording.members(one.group) for one in (ends.worst, ends.best))
        return wording.say(BETWEEN_GROUPS[compared[0]], worst=worst, best=best)
    if rule.metric in OVER_ALL:
        return wording.say(OVER_ALL[rule.metric])
    asks = wording.asked(rule.metric)
    if not asks:
        return wording.say("What it means for people, no card of this metric says.")
    return wording.say("The number answers this question, and not as the rule demands: {asks}", asks=asks)
