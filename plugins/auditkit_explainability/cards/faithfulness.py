"""The metric cards of faithfulness: whether the answer hangs on the pieces that an explanation names."""

from __future__ import annotations

from auditkit import MetricCard

_OUT = (
    "A row without some of its pieces is no row that the model was made for, and what it says of it may not be about "
    "the pieces: hold it against the same of random attributions, which suffer alike."
)
_ERASER = "DeYoung et al. (2020), ERASER: a benchmark to evaluate rationalized NLP models, ACL"
_RISE = "Petsiuk, Das and Saenko (2018), RISE: randomized input sampling for explanation of black-box models, BMVC"
_SIGN = "Pieces are ordered by the signed value: what speaks against the answer comes last"

DELETION = MetricCard(
    name="deletion_area",
    title="Area under the deletion curve",
    asks="How soon does the score fall when the pieces that the explanation names first are taken out?",
    formula="mean score of the class decided on the way from the whole row to nothing, the largest attributions first; "
    "by trapezoids at 1, 5, 10, 20, 35, 50 and 75 % of the pieces; of predicted numbers in standard deviations, of "
    "what is written ln of the chance that the answer begins as it did",
    source=f"{_RISE}. {_SIGN}. Interval: Wilson's over rows, of numbers and logs Student's",
    better="lower",
    undefined="When no row has two pieces.",
    misleads=_OUT,
)
INSERTION = MetricCard(
    name="insertion_area",
    title="Area under the insertion curve",
    asks="How soon does the score rise when the pieces that the explanation names first are put back?",
    formula="mean score of the class decided on the way from nothing to the whole row, the largest attributions first; "
    "by trapezoids at the shares of `deletion_area`",
    source=f"{_RISE}. {_SIGN}. Interval: as `deletion_area`",
    better="higher",
    undefined="When no row has two pieces.",
    misleads=_OUT,
)
COMPREHENSIVENESS = MetricCard(
    name="comprehensiveness",
    title="Comprehensiveness of the explanation",
    asks="How far does the score fall without the few pieces that the explanation names first?",
    formula="mean over 1, 5, 10, 20 and 50 % of the pieces of: score of the row - score without the first of them",
    source=f"{_ERASER}. {_SIGN}. Interval: limits of falls and rises combined, of numbers Student's",
    better="higher",
    undefined="When no row has two pieces.",
    misleads=f"{_OUT} Where a row says the same thing twice it stays low, whatever the explanation is worth.",
)
SUFFICIENCY = MetricCard(
    name="sufficiency",
    title="Sufficiency of the explanation",
    asks="How far does the score fall when only the few pieces stay that the explanation names first?",
    formula="mean over 1, 5, 10, 20 and 50 % of the pieces of: score of the row - score of the first of them alone",
    source=f"{_ERASER}. {_SIGN}. Interval: as `comprehensiveness`",
    better="lower",
    undefined="When no row has two pieces.",
    misleads=f"{_OUT} Where the model leans to a class of nothing at all, it is low of that class's rows.",
)
INFIDELITY = MetricCard(
    name="infidelity",
    title="What the explanation does not account for",
    asks="When pieces are taken out together, how much of what the answer does is not in their attributions?",
    formula="mean((b * attribution of what is taken out - fall of the target)^2) / mean(fall^2), over random handfuls "
    "of pieces, with the b >= 0 that fits best; the target is what is attributed, such as the log-odds",
    source="Yeh et al. (2019), On the (in)fidelity and sensitivity of explanations, NeurIPS; but for the division by "
    "mean(fall^2) and b >= 0 it is captum's `infidelity(normalize=True)`. Interval: Wilson's over rows",
    better="lower",
    undefined="When no row has two pieces, or taking any of them out changes nothing.",
    misleads="Where pieces work together no sum of single numbers can account for it: then it is far from 0, and still "
    "better than that of random attributions. Gradients attribute the output before the softmax, of which the log-odds "
    "follow the sum alone where there are two classes.",
)
TEST_OVER_RANDOM = MetricCard(
    name="explanation_test_over_random",
    title="By how much an explanation is better than a random one, test by test",
    asks="In which tests does the explanation do better than the same numbers dealt to other pieces?",
    formula="what the test gives of random attributions - what it gives of the explanation, of the same row, with the "
    "sign by which more is better; a random attribution has the row's own numbers, dealt to its pieces by chance",
    source="paired over rows; interval: limits of the better and the worse combined (Zou and Donner 2008), of numbers "
    "Student's",
    better="higher",
    undefined="When the test is.",
    misleads="One test alone may be won by luck where there are many: `faithfulness_over_random` takes them together.",
)
FAITHFUL = MetricCard(
    name="faithfulness_over_random",
    title="By how much an explanation is better than a random one",
    asks="Does the answer hang on the pieces that the explanation names, more than on pieces drawn by lot?",
    formula="mean over the five tests of `explanation_test_over_random`, of each row; then the mean over rows",
    source="the tests as on their cards; the interval holds for all methods at once, at Bonferroni's level",
    better="higher",
    undefined="When the tests are.",
    misleads="Above 0 it is better than nothing, which is not yet good: see each test. Where all pieces matter alike "
    "there is nothing to explain, and no method can be better than chance. It does not say whether the explanation "
    "follows what the model has learnt: see `randomisation_entropy_rise`.",
)
FAITHFUL_GAP = MetricCard(
    name="faithfulness_over_random_difference",
    title="Difference between groups in what an explanation is worth",
    asks="Is the explanation worse for one group of people?",
    formula="largest group's faithfulness over random - smallest group's, of groups that are large enough",
    source="interval: the groups' limits combined for each pair, Zou and Donner (2008), Stat. Med. 27, 1693-1702, at "
    "Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="A group whose answers hang on many pieces leaves less to explain: look at the tests before blaming the "
    "explanation. Few rows are asked about: raise `most_rows` to compare groups.",
)

FAITHFULNESS = (
    FAITHFUL, FAITHFUL_GAP, TEST_OVER_RANDOM, DELETION, INSERTION, COMPREHENSIVENESS, SUFFICIENCY, INFIDELITY
)  # fmt: skip
"""What `explainability.faithfulness` measures."""
