"""What each metric means, in words that a lawyer and a statistician can both use: one card a metric."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MetricCard:
    """A metric, explained."""

    metric: str
    name: str
    asks: str
    """The question that it answers, in plain words."""
    formula: str
    best: str
    """Which direction is good."""
    undefined: str
    """When it has no value."""
    misleads: str
    """When a good number hides a bad model, or the other way round."""
    source: str


def card_of(metric: str) -> MetricCard | None:
    """The card of a metric; a gap between groups that has none of its own is explained by its base metric."""
    if metric in _CARDS:
        return _CARDS[metric]
    for suffix, make in (("_difference", _difference), ("_ratio", _ratio)):
        base = _CARDS.get(metric.removesuffix(suffix))
        if base and metric.endswith(suffix):
            return make(metric, base)
    return None


def _difference(metric: str, base: MetricCard) -> MetricCard:
    return MetricCard(
        metric,
        f"{base.name}: widest gap",
        f"How far apart are the groups? {base.asks}",
        "the largest group's value less the smallest group's",
        "0; lower is better",
        "when fewer than two groups have a value",
        "The largest of several gaps is never below 0: even equal groups show some gap. Its interval allows for that.",
        base.source,
    )


def _ratio(metric: str, base: MetricCard) -> MetricCard:
    return MetricCard(
        metric,
        f"{base.name}: smallest against largest",
        f"How many times smaller is the smallest group's value? {base.asks}",
        "the smallest group's value ÷ the largest group's",
        "1; higher is better",
        "when fewer than two groups have a value, or all values are 0",
        "A ratio exaggerates where rates are small: 1% against 2% is 0.5.",
        base.source,
    )


_SOKOLOVA = "Sokolova and Lapalme 2009, doi:10.1016/j.ipm.2009.03.002"
_HARDT = "Hardt, Price and Srebro 2016, arXiv:1610.02413"

_ALL = (
    MetricCard(
        "selection_rate",
        "Selection rate",
        "How often does the model choose the positive class?",
        "rows predicted positive ÷ rows",
        "neither: it is compared between groups",
        "when the group has no rows",
        "Groups may differ because their true rates differ; equal selection can then mean unequal errors.",
        "29 CFR 1607.4; fairlearn selection_rate",
    ),
    MetricCard(
        "accuracy",
        "Accuracy",
        "How often is the model right?",
        "rows predicted as they are ÷ rows",
        "1; higher is better",
        "when there are no rows with a target",
        "Where one class is rare, always answering the common one scores high.",
        _SOKOLOVA,
    ),
    MetricCard(
        "true_positive_rate",
        "True positive rate (sensitivity)",
        "Of those who are positive, how many does the model find?",
        "true positives ÷ actual positives",
        "1; higher is better",
        "when no row of the group is positive",
        "Calling everybody positive gives 1. Read it beside the false positive rate.",
        _SOKOLOVA,
    ),
    MetricCard(
        "false_positive_rate",
        "False positive rate (false alarms)",
        "Of those who are negative, how many does the model wrongly call positive?",
        "false positives ÷ actual negatives",
        "0; lower is better",
        "when no row of the group is negative",
        "Calling nobody positive gives 0. Read it beside the true positive rate.",
        _SOKOLOVA,
    ),
    MetricCard(
        "false_negative_rate",
        "False negative rate (misses)",
        "Of those who are positive, how many does the model miss?",
        "false negatives ÷ actual positives",
        "0; lower is better",
        "when no row of the group is positive",
        "It is one less the true positive rate: the two are one finding, not two.",
        _SOKOLOVA,
    ),
    MetricCard(
        "true_negative_rate",
        "True negative rate (specificity)",
        "Of those who are negative, how many does the model leave alone?",
        "true negatives ÷ actual negatives",
        "1; higher is better",
        "when no row of the group is negative",
        "Calling nobody positive gives 1.",
        _SOKOLOVA,
    ),
    MetricCard(
        "precision",
        "Precision (positive predictive value)",
        "Of those whom the model calls positive, how many are?",
        "true positives ÷ predicted positives",
        "1; higher is better",
        "when the model calls no row of the group positive",
        "It falls where the condition is rare, even for an equally good model: it moves with prevalence.",
        _SOKOLOVA,
    ),
    MetricCard(
        "demographic_parity_difference",
        "Demographic parity difference",
        "How far apart are the groups in how often they are chosen?",
        "largest selection rate \N{MINUS SIGN} smallest selection rate",
        "0; lower is better",
        "when fewer than two groups have rows",
        "It does not ask whether the choices were right.",
        "Agarwal et al. 2018, arXiv:1803.02453; fairlearn demographic_parity_difference",
    ),
    MetricCard(
        "demographic_parity_ratio",
        "Demographic parity ratio (impact ratio)",
        "How often is the least chosen group chosen, against the most chosen one?",
        "smallest selection rate ÷ largest selection rate",
        "1; higher is better",
        "when fewer than two groups have rows, or nobody is chosen",
        "The four-fifths rule of thumb reads 0.8 as adverse impact; small samples cross it by chance.",
        "29 CFR 1607.4(D); fairlearn demographic_parity_ratio",
    ),
    MetricCard(
        "equalized_odds_difference",
        "Equalized odds difference",
        "How far apart are the groups in being found when positive, or in being wrongly called positive?",
        "the larger of the gaps in true positive rate and in false positive rate",
        "0; lower is better",
        "when fewer than two groups have positives and negatives",
        "One number for two kinds of error: look at both rates to see which one it is.",
        f"{_HARDT}; fairlearn equalized_odds_difference",
    ),
    MetricCard(
        "equal_opportunity_difference",
        "Equal opportunity difference",
        "How far apart are the groups in being found when they are positive?",
        "largest true positive rate \N{MINUS SIGN} smallest true positive rate",
        "0; lower is better",
        "when fewer than two groups have positives",
        "It is silent on false alarms.",
        f"{_HARDT}; fairlearn equal_opportunity_difference",
    ),
    MetricCard(
        "roc_auc",
        "Area under the ROC curve",
        "How often does a positive row score above a negative one?",
        "P(score of a positive > score of a negative) + half of ties",
        "1; 0.5 is chance",
        "when there are no positives or no negatives",
        "It does not see whether scores mean what they say, nor how well the chosen threshold does.",
        "Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747",
    ),
    MetricCard(
        "brier_score",
        "Brier score",
        "How far are the probabilities from what happened?",
        "mean squared distance between probability and outcome",
        "0; lower is better",
        "when there are no rows with a target",
        "A rare outcome makes it small for any model: compare it with the score of always saying the base rate.",
        "Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    ),
    MetricCard(
        "log_loss",
        "Log loss",
        "How surprised is the model by what happened?",
        "\N{MINUS SIGN}mean log of the probability given to what happened",
        "0; lower is better",
        "when there are no rows with a target",
        "A single certain and wrong prediction can dominate it.",
        "Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x",
    ),
    MetricCard(
        "expected_calibration_error",
        "Expected calibration error",
        "By how much do probabilities differ from how often they come true, bin by bin?",
        "mean over bins, weighted by rows, of |share that came true \N{MINUS SIGN} mean probability|",
        "0; lower is better",
        "when there are no rows with a target",
        "It depends on the bins, and is biased upwards in small samples.",
        "Naeini, Cooper and Hauskrecht 2015, AAAI",
    ),
    MetricCard(
        "smooth_calibration_error",
        "Smooth calibration error",
        "By how much do probabilities differ from how often they come true, without bins?",
        "mean absolute kernel-smoothed residual, at the bandwidth where it equals the bandwidth",
        "0; lower is better",
        "when there are no rows with a target",
        "A model that always says the base rate is calibrated and useless.",
        "Błasiok and Nakkiran 2023, arXiv:2309.12236",
    ),
    MetricCard(
        "membership_auc",
        "Membership inference AUC",
        "How well do scores tell who was in the training rows?",
        "area under the ROC curve of an attack that separates training rows from others",
        "0.5; lower is better",
        "when there are no training rows",
        "An average over all rows: a few people can leak while it stays near 0.5.",
        "Carlini et al. 2022, arXiv:2112.03570",
    ),
    MetricCard(
        "duplicate_rows",
        "Duplicate rows",
        "How many rows stand in the data more than once?",
        "rows that repeat an earlier row exactly",
        "0; lower is better",
        "never",
        "Two people can be alike in every recorded column.",
        "counted",
    ),
)

_CARDS = {card.metric: card for card in _ALL}
