"""The metric cards of effects: how far a score goes with a column, and what the column is worth to the model."""

from __future__ import annotations

from auditkit import MetricCard

_GROUPS = (
    "Groups differ in what values they have: a curve is about each group's own, so that a group all of whose people "
    "are alike in a column has a flat one."
)

RANGE = MetricCard(
    name="effect_range",
    title="How far the score goes with one column",
    asks="How far does the score go when this column moves through its values, and all else stays?",
    formula="highest point of the accumulated local effects - lowest point; local effect in a bin: mean over its rows "
    "of (score with the column at the bin's upper edge - score with it at the lower edge). Of categories: largest mean "
    "score of all rows set to one of them - smallest. Of numbers the score is the prediction in standard deviations",
    source="Apley and Zhu (2020), J. R. Stat. Soc. B 82, 1059-1086; categories: Friedman (2001), "
    "Ann. Stat. 29, 1189-1232, section 8.2; interval: Student's of the difference between each two points, over units, "
    "with Bonferroni for all of them",
    better="lower",
    undefined="When fewer than ten people are in it, or no two values are held by ten people each.",
    misleads="It is about the model and not about the world: a column can have an effect because it stands for "
    "another. What goes up for some and down for others cancels. The largest of noisy differences is too large: "
    "believe the interval's lower end. A category is set in rows where it may not occur.",
)
RANGE_GAP = MetricCard(
    name="effect_range_difference",
    title="Difference between groups in how far the score goes with a column",
    asks="Does one column move the score of one group more?",
    formula="largest group's effect_range - smallest group's, of groups that are large enough",
    source="as `effect_range`; interval: the groups' limits combined for each pair, Zou and Donner (2008), Stat. Med. "
    "27, 1693-1702, at Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads=_GROUPS,
)
IMPORTANCE = MetricCard(
    name="permutation_importance",
    title="What one column is worth to the model",
    asks="How much worse are the answers when this column is another person's?",
    formula="mean over rows of (loss with a cell drawn from the column - loss as it is); loss: half the Brier score of "
    "classes (of two: the squared error of the positive one's probability), 1 for a wrong decision where scores are no "
    "probabilities, the mean Brier score of labels, the squared error over the variance of the truth of numbers",
    source="Breiman (2001), Machine Learning 45, 5-32, section 10, with expected cells for one shuffle: Fisher, Rudin "
    "and Dominici (2019), JMLR 20(177), section 3; interval: Wilson's limits of what is lost and won, combined (Zou "
    "and Donner 2008), of numbers Student's, over units",
    better="lower",
    undefined="When it is not known of any row what is right.",
    misleads="Where two columns say the same, each looks worth little. A shuffled cell can make a person who cannot "
    "be, such as a pregnant man, about whom a model may say anything. A column that misleads the model is worth less "
    "than 0.",
)
IMPORTANCE_GAP = MetricCard(
    name="permutation_importance_difference",
    title="Difference between groups in what one column is worth",
    asks="Does the model rest on a column more for one group?",
    formula="largest group's permutation_importance - smallest group's, of groups that are large enough",
    source="as `permutation_importance`; interval: the groups' limits combined for each pair, Zou and Donner (2008), "
    "at Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="Cells are drawn from all rows, so that those of a small group become mostly another group's.",
)

EFFECTS = (RANGE, RANGE_GAP, IMPORTANCE, IMPORTANCE_GAP)
"""What `explainability.effects` measures."""
