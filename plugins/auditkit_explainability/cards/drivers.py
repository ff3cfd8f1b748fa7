"""The metric cards of drivers: how far an answer falls without one word, region or column."""

from __future__ import annotations

from auditkit import MetricCard

DRIVER = MetricCard(
    name="driver_effect",
    title="How far the score of a decision falls without one word, region or column",
    asks="Which words, regions or columns drive each decision?",
    formula="mean over the rows decided for the class that have the piece of (score of the class - its score with the "
    "piece taken out); numbers in standard deviations of the predictions",
    source="Robnik-Sikonja and Kononenko (2008), IEEE Trans. Knowl. Data Eng. 20, 589-600 (the difference of "
    "predictions); interval: Wilson's limits of what falls and what rises, combined (Zou and Donner 2008), of numbers "
    "Student's, at Bonferroni's level over all pieces and classes that were looked at",
    better="lower",
    undefined="When fewer than ten people's rows of the class have the piece.",
    misleads="Where two words say the same, neither alone makes the score fall. A word that is left out, a region "
    "that is filled and a column at its typical cell make rows that nobody has written or seen. What drives the model "
    "need not drive the world.",
)
DRIVER_GAP = MetricCard(
    name="driver_effect_difference",
    title="Difference between groups in how far a decision falls without one word, region or column",
    asks="Does a word, region or column drive the decisions about one group more?",
    formula="largest group's driver_effect - smallest group's, of groups that are large enough",
    source="as `driver_effect`; interval: the groups' limits combined for each pair, Zou and Donner (2008), Stat. "
    "Med. 27, 1693-1702, at Bonferroni's level over all pairs, pieces and classes",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="Groups whose scores lie nearer to 0 or 1 have less far to fall.",
)

DRIVERS = (DRIVER, DRIVER_GAP)
"""What `explainability.drivers` measures."""
