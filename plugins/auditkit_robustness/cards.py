"""The metric cards of robustness: what changed inputs do to answers, each change by itself and all together."""

from __future__ import annotations

from auditkit import MetricCard
from auditkit_robustness.cards_unsound import UNSOUND

_FEW = "Rows that a change does not touch are not counted: a model may be asked about few."
_PAIRED = "Newcombe (1998), Stat. Med. 17, 2635-2650, method 10, beside McNemar's exact test"

FLIPS = MetricCard(
    name="perturbed_flip_rate",
    title="Decisions that change under one perturbation",
    asks="How often does a small change of the input change the decision?",
    formula="rows whose decision is another one after the change / rows that the change touches; of several "
    "labels, any",
    source="Ribeiro et al. (2020), Beyond accuracy: behavioral testing of NLP models with CheckList, ACL, invariance "
    "tests; of images the flips of Hendrycks and Dietterich (2019), ICLR; interval: Wilson (1927)",
    better="lower",
    undefined="When the change touches no row.",
    misleads="A model that says the same of everything never changes its mind. A change can take away what a person "
    f"would need too, and then a flip is no fault. {_FEW}",
)
SHIFT = MetricCard(
    name="perturbed_score_shift",
    title="Shift of the score under one perturbation",
    asks="How far does a small change of the input move the score?",
    formula="mean over rows of |change of the score|: of two classes the positive one's, of more half the sum over "
    "classes, of several labels the largest, of numbers in standard deviations of the model's predictions",
    source="Hendrycks and Dietterich (2019), ICLR, with scores for decisions; interval: of probabilities Wilson's at "
    "their effective size, else Student's",
    better="lower",
    undefined="When the change touches no row.",
    misleads="Small shifts change decisions where scores crowd at the threshold; large ones change none far from it.",
)
ACCURACY = MetricCard(
    name="perturbed_accuracy",
    title="Accuracy under one perturbation",
    asks="How often is the decision right after a small change of the input?",
    formula="rows whose decision after the change is right / rows that the change touches and of which that is known; "
    "of several labels all must be",
    source="Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common corruptions and "
    "perturbations, ICLR; interval: Wilson (1927)",
    better="higher",
    undefined="When the change touches no row of which it is known what is right.",
    misleads="It is not compared with anything: a poor model stays poor. The loss says what the change took.",
)
LOSS = MetricCard(
    name="perturbed_accuracy_loss",
    title="Accuracy lost under one perturbation",
    asks="How much accuracy does a small change of the input cost?",
    formula="accuracy before - accuracy after, of the same rows",
    source=f"the same rows twice: {_PAIRED}; over units or weighted rows Wilson's limits of what is lost and what is "
    "won, combined (Zou and Donner 2008)",
    better="lower",
    undefined="When the change touches no row of which it is known what is right.",
    misleads="Decisions that turn wrong and decisions that turn right cancel: a loss of 0 is no sign that nothing "
    "changes, see the flip rate.",
)
MEAN_FLIPS = MetricCard(
    name="mean_flip_rate",
    title="Decisions that change, over all perturbations",
    asks="How often do small changes of the input change the decision?",
    formula="mean over rows of (changes that flip its decision / changes that touch it)",
    source="as each perturbation's; interval: Wilson's at the effective size of the rows' means",
    better="lower",
    undefined="When nothing touches any row.",
    misleads="It depends on which changes were tried, which the table lists: compare models under the same ones alone. "
    "A mean hides one change under which everything breaks.",
)
MEAN_LOSS = MetricCard(
    name="mean_accuracy_loss",
    title="Accuracy lost, over all perturbations",
    asks="How much accuracy do small changes of the input cost?",
    formula="mean over rows of the mean over changes that touch it of (right before - right after)",
    source="as each perturbation's; interval: Wilson's limits of what is lost and of what is won, combined (Zou and "
    "Donner 2008, Stat. Med. 27, 1693-1702)",
    better="lower",
    undefined="When nothing touches any row of which it is known what is right.",
    misleads="It depends on which changes were tried. What is lost and what is won cancel.",
)
MEAN_SHIFT = MetricCard(
    name="mean_score_shift",
    title="Shift of the score, over all perturbations",
    asks="How far do small changes of the input move the score?",
    formula="mean over rows of the mean over changes that touch it of |change of the score|",
    source="as each perturbation's; interval: of probabilities Wilson's at their effective size, else Student's",
    better="lower",
    undefined="When nothing touches any row.",
    misleads="It depends on which changes were tried.",
)


def _gap(name: str, title: str, of: str) -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        asks=f"Do small changes of the input hurt one group more, by {of}?",
        formula="largest group's value - smallest group's value, of groups that are large enough",
        source="a difference of paired differences; interval: the groups' limits combined for each pair, Zou and "
        "Donner (2008), at Bonferroni's level over all pairs; it begins above 0 only where dealing the rows out to the "
        "groups anew says so too (of rows that share no person and weigh the same)",
        better="lower",
        undefined="When fewer than two groups are large enough.",
        misleads="Groups whose scores lie nearer to the threshold, or whose texts or pictures are of another kind, are "
        "touched otherwise. Few rows are asked about: a wide interval says that nothing is known.",
    )


GAPS = (
    _gap("flip_rate_difference", "Difference between groups in how often decisions change", "decisions that change"),
    _gap("accuracy_loss_difference", "Difference between groups in the accuracy lost", "accuracy lost"),
    _gap("score_shift_difference", "Difference between groups in the shift of the score", "the shift of the score"),
)

UNSOUND_APART = _gap(
    "unsound_answer_rate_difference", "Difference between groups in answers that are none", "answers that are none"
)

PERTURBED = (FLIPS, SHIFT, ACCURACY, LOSS, MEAN_FLIPS, MEAN_LOSS, MEAN_SHIFT, *GAPS, UNSOUND, UNSOUND_APART)
"""What every check of changed inputs measures."""

ERROR_RATIO = MetricCard(
    name="corruption_error_ratio",
    title="Errors under corruption, by the model's own errors before",
    asks="How many times as many errors does a model make of pictures that are corrupted?",
    formula="mean error over corruptions and severities / error before, of the same rows: the corruption error of "
    "ImageNet-C, with the model's own error in the place of AlexNet's",
    source="Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common corruptions and "
    "perturbations, ICLR, section 4.1; interval: Student's on the log scale, of a ratio of totals over rows or units",
    better="lower",
    undefined="When the model makes no error before, or there are fewer than 30 rows.",
    misleads="A model that is wrong often has little left to lose: 1.2 times 40 % is worse than 3 times 2 %. It is no "
    "mCE: that divides by AlexNet's errors of ImageNet.",
)
