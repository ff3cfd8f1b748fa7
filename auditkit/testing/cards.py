"""The metric cards of the toy result: short ones, since a check's own say more."""

from __future__ import annotations

from auditkit.finding import Better, MetricCard

_HARDT = "Hardt, Price and Srebro (2016), arXiv:1610.02413"
_SOKOLOVA = "Sokolova and Lapalme (2009), doi:10.1016/j.ipm.2009.03.002"


def _card(name: str, title: str, asks: str, formula: str, source: str, better: Better = "lower") -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        asks=asks,
        formula=formula,
        source=source,
        better=better,
        undefined="When there is nobody to divide by.",
        misleads="Read it beside the other numbers: no single one tells a good model from a bad one.",
    )


_ALL = (
    _card(
        "selection_rate",
        "Selection rate",
        "How often does the model choose the positive class?",
        "rows given the positive class ÷ rows",
        "29 CFR 1607.4",
        "target",
    ),
    _card(
        "accuracy",
        "Accuracy",
        "How often is the model right?",
        "rows decided rightly ÷ rows with a target",
        _SOKOLOVA,
        "higher",
    ),
    _card(
        "true_positive_rate",
        "True positive rate (sensitivity)",
        "Of those who are positive, how many does the model find?",
        "positives found ÷ positives",
        _SOKOLOVA,
        "higher",
    ),
    _card(
        "false_positive_rate",
        "False positive rate (false alarms)",
        "Of those who are negative, how many does the model wrongly call positive?",
        "negatives called positive ÷ negatives",
        _SOKOLOVA,
    ),
    _card(
        "demographic_parity_ratio",
        "Demographic parity ratio (impact ratio)",
        "How often is the least chosen group chosen, against the most chosen one?",
        "smallest selection rate ÷ largest selection rate",
        "29 CFR 1607.4(D)",
        "higher",
    ),
    _card(
        "equal_opportunity_difference",
        "Equal opportunity difference",
        "How far apart are the groups in being found when they are positive?",
        "largest true positive rate less the smallest",
        _HARDT,
    ),
    _card(
        "true_positive_rate_difference",
        "True positive rate (sensitivity): widest gap",
        "How far apart are the groups, also where two attributes meet?",
        "largest true positive rate less the smallest",
        _HARDT,
    ),
    _card(
        "equalized_odds_difference",
        "Equalized odds difference",
        "How far apart are the groups in being found when positive, or in being wrongly called positive?",
        "the larger of the gaps in true and in false positive rates",
        _HARDT,
    ),
    _card(
        "roc_auc",
        "Area under the ROC curve",
        "How often does a positive row score above a negative one?",
        "P(score of a positive > score of a negative) + half of ties",
        "Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747",
        "higher",
    ),
    _card(
        "brier_score",
        "Brier score",
        "How far are the probabilities from what happened?",
        "mean squared distance between probability and outcome",
        "Brier (1950), Mon. Weather Rev. 78, 1-3",
    ),
    _card(
        "membership_auc",
        "Membership inference AUC",
        "How well do scores tell who was in the training rows?",
        "area under the ROC curve of an attack that separates training rows from others",
        "Carlini et al. (2022), arXiv:2112.03570",
    ),
    _card(
        "duplicate_rows",
        "Duplicate rows",
        "How many rows stand in the data more than once?",
        "rows that repeat an earlier row exactly",
        "counted",
    ),
)
_CARDS = {card.name: card for card in _ALL}


def toy_cards(*metrics: str) -> tuple[MetricCard, ...]:
    """The cards of some metrics of the toy result; KeyError for any other."""
    return tuple(_CARDS[metric] for metric in metrics)
