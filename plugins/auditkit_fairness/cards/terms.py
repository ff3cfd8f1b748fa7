"""The metric cards of words about people that are swapped for others."""

from __future__ import annotations

from auditkit import MetricCard

TOKEN_GAP, CONTROL_GAP, EXCESS_GAP = (
    "counterfactual_token_gap", "counterfactual_control_gap", "counterfactual_excess_gap",
)  # fmt: skip
FLIPS, EXCESS_FLIPS = "counterfactual_flip_rate", "counterfactual_excess_flip_rate"
SHIFT, EXCESS_SHIFT = "counterfactual_shift", "counterfactual_excess_shift"
DEVIATION, RANGE, DISTANCE = "counterfactual_deviation", "counterfactual_range", "counterfactual_distance"

_GARG = "Garg et al. (2019), Counterfactual Fairness in Text Classification through Robustness, AIES, section 3"
_PRABHAKARAN = "Prabhakaran, Hutchinson and Mitchell (2019), Perturbation Sensitivity Analysis, EMNLP, section 3"
_MEAN = "interval: of probabilities Wilson's at their effective size, else Student's, over texts or units"
_PAIRED = (
    "interval: Student's over the texts' differences, of probabilities no closer than Wilson's limits of more and of "
    "less combined, Zou and Donner (2008); it holds 0 where flipping signs of texts, or units, does as much as often"
)
_UNIT = "of two classes the positive one's score, of values in standard deviations of the predictions"
_NONE = "When no text says who somebody is by a listed word, or none has another word to compare with."
_NO_CAUSE = "Names, and all else that goes with who somebody is, stay as they are."
_ANY_EDIT = "Any edit moves a fragile model: read it beside that of neutral swaps."

TERM_CARDS = (
    MetricCard(
        name=TOKEN_GAP,
        title="Counterfactual token fairness gap",
        asks="How far does the score move when a text speaks of somebody else?",
        formula=f"mean over texts and other sides of |score of the swapped text - score of the text|; {_UNIT}",
        source=f"{_GARG}; {_MEAN}",
        better="lower",
        undefined=_NONE,
        misleads=f"{_ANY_EDIT} {_NO_CAUSE}",
    ),
    MetricCard(
        name=CONTROL_GAP,
        title="The same gap of neutral swaps",
        asks="How far does the score move when as many other words are swapped for like ones?",
        formula="mean over the same texts of |score of the text with as many other words swapped - score of the text|",
        source=f"the negative control of the gap; {_MEAN}",
        better="target",
        undefined=_NONE,
        misleads="The other words are common ones; the model may know them better than words about people.",
    ),
    MetricCard(
        name=EXCESS_GAP,
        title="Counterfactual token fairness gap beyond neutral swaps",
        asks="How much further does the score move when a text speaks of somebody else than by neutral swaps?",
        formula="mean over texts and other sides of (|change by the swap| - |change by its neutral control|)",
        source=f"{_GARG}, with a negative control; {_PAIRED}",
        better="lower",
        undefined=_NONE,
        misleads="Below 0 says that other words matter more, not that these do not: an effect smaller than theirs is "
        f"hidden. {_NO_CAUSE}",
    ),
    MetricCard(
        name=FLIPS,
        title="Decisions that change when a text speaks of somebody else",
        asks="How often is another decision made when a text speaks of somebody else?",
        formula="swapped texts whose decision is another one / swapped texts; a text's swaps count together as one",
        source=f"{_GARG}; interval: Wilson (1927), at the effective size",
        better="lower",
        undefined=_NONE,
        misleads=_ANY_EDIT,
    ),
    MetricCard(
        name=EXCESS_FLIPS,
        title="Decisions that change when a text speaks of somebody else, beyond neutral swaps",
        asks="How many more decisions change when a text speaks of somebody else than by neutral swaps?",
        formula="the share of swaps that change the decision - the share of their neutral controls that do",
        source=f"{_GARG}, with a negative control; {_PAIRED}",
        better="lower",
        undefined=_NONE,
        misleads="Decisions turn where scores lie near the threshold, whatever is swapped.",
    ),
    MetricCard(
        name=SHIFT,
        title="How much higher the score is when a text speaks of these people",
        asks="Is the score higher or lower when a text speaks of these people?",
        formula=f"mean over texts of score of the text that speaks of them - score of the text; {_UNIT}",
        source=f"ScoreSense of {_PRABHAKARAN}; {_MEAN}",
        better="target",
        undefined=_NONE,
        misleads=_ANY_EDIT,
    ),
    MetricCard(
        name=EXCESS_SHIFT,
        title="How much higher the score is when a text speaks of these people, beyond neutral swaps",
        asks="Is the score higher or lower when a text speaks of these people, and not by neutral swaps as well?",
        formula="mean over texts of (change of the score by the swap - change by its neutral control)",
        source=f"ScoreSense of {_PRABHAKARAN}, with a negative control; {_PAIRED}; it leaves 0 only where the "
        "counterfactual shift does, by the same test and to the same side (Berger 1982)",
        better="target",
        undefined=_NONE,
        misleads="Shifts of texts that rise and of texts that fall cancel: see the gap. Where neutral swaps lower all "
        "scores, the number is above 0 though no other swap moves any; its interval then holds 0.",
    ),
    MetricCard(
        name=DEVIATION,
        title="Standard deviation of the score over whom a text speaks of",
        asks="How far apart are the scores of one text that speaks of each group of people in turn?",
        formula="mean over texts of the standard deviation of the scores of the text with each side's words",
        source=f"ScoreDev of {_PRABHAKARAN}; {_MEAN}",
        better="lower",
        undefined=_NONE,
        misleads=_ANY_EDIT,
    ),
    MetricCard(
        name=RANGE,
        title="Range of the score over whom a text speaks of",
        asks="How far apart are the highest and the lowest score of one text that speaks of each group in turn?",
        formula="mean over texts of largest - smallest score of the text with each side's words",
        source=f"ScoreRange of {_PRABHAKARAN}; {_MEAN}",
        better="lower",
        undefined=_NONE,
        misleads=f"It grows with the number of groups. {_ANY_EDIT}",
    ),
    MetricCard(
        name=DISTANCE,
        title="Distance between the score distributions of whom texts speak of",
        asks="How differently are the same texts scored in all when they speak of other people?",
        formula="the largest Wasserstein-1 distance, over pairs of sides, between the scores of all texts with each "
        "side's words",
        source="Huang et al. (2020), Reducing Sentiment Bias in Language Models, Findings of EMNLP, section 3; "
        "interval: the triangle inequality with noise drawn from each side's scores",
        better="lower",
        undefined=_NONE,
        misleads="Two texts that change places leave it at 0: see the gap.",
    ),
)
