"""The metric cards of attributions themselves: whether they add up to what they explain."""

from __future__ import annotations

from auditkit import MetricCard

_SUNDARARAJAN = "Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks, ICML, section 3"

COMPLETENESS = MetricCard(
    name="attribution_completeness",
    title="How far attributions are from adding up",
    asks="Do the attributions of an answer sum to what the answer owes to the row?",
    formula="mean over rows of min(1, |sum of the attributions - (F(row) - F(baseline))| / |F(row) - F(baseline)|); "
    "that difference counts as 0.01 of a log-odds at least, or 0.01 of the standard deviation of predicted numbers",
    source=f"{_SUNDARARAJAN}, completeness; interval: Wilson's at the effective size of the rows' gaps",
    better="lower",
    undefined="When there are no rows.",
    misleads="Integrated gradients, DeepLift and Shapley values must add up, and a gap says that they were not "
    "computed well. Gradient times input and occlusion promise no sum: theirs says how far the model is from a "
    "straight line. "
    "Attributions that add up can still be wrong about which piece it was.",
)
INCOMPLETE = MetricCard(
    name="attribution_incomplete_rate",
    title="Attributions that do not add up",
    asks="Of how many rows do integrated gradients not add up, however many steps are taken?",
    formula="rows whose gap is above 0.05 after 511 steps / rows",
    source=f"{_SUNDARARAJAN} and 5: a gap of 5 % at 20 to 300 steps; points: Fejér's second rule (1933); interval: "
    "Wilson (1927)",
    better="lower",
    undefined="When the model gives no gradients.",
    misleads="Steps in the model itself, such as rounding inside it, leave a gap that no number of steps closes. The "
    "attributions of such rows are not to be shown.",
)
INCOMPLETE_GAP = MetricCard(
    name="attribution_incomplete_difference",
    title="Difference between groups in attributions that do not add up",
    asks="Are the attributions of one group's answers computed less well?",
    formula="largest group's rate - smallest group's rate, of groups that are large enough",
    source="a difference of rates; interval: the groups' limits combined for each pair, Zou and Donner (2008), at "
    "Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough, or the model gives no gradients.",
    misleads="Few rows are attributed: a wide interval says that nothing is known.",
)
ATTRIBUTION_CARDS = (COMPLETENESS, INCOMPLETE, INCOMPLETE_GAP)
