"""The metric cards of the surrogate: how far a few rules speak for a model."""

from __future__ import annotations

from auditkit import MetricCard

FIDELITY = MetricCard(
    name="surrogate_fidelity",
    title="How much of the model's score a shallow tree says",
    asks="How far may a few rules be taken for the model?",
    formula="1 - sum of squares (model's score - tree's) / sum of squares (model's score - its mean), over the rows "
    "that the tree has not seen, of all classes together",
    source="Craven and Shavlik (1996), NIPS 8, 24-30, with R2 for a score; interval: Student's on the log scale, of "
    "the ratio of the two sums over rows or units",
    better="higher",
    undefined="When the model says the same of every row, when no column of the table could be asked about, or below "
    "30 rows that the tree has not seen.",
    misleads="A tree that says what the model says need not do so for the model's reasons. What is said of rows like "
    "these says nothing of others, and a high mean hides a group for whom the tree is wrong.",
)
AGREEMENT = MetricCard(
    name="surrogate_agreement",
    title="Decisions of the model that a shallow tree would make too",
    asks="How often would a few rules decide as the model does?",
    formula="rows of which the tree and the model decide alike, of several labels all / rows that the tree has not "
    "seen",
    source="Craven and Shavlik (1996), NIPS 8, 24-30, fidelity; interval: Wilson (1927)",
    better="higher",
    undefined="When the tree has seen all rows, or the model gives numbers.",
    misleads="Where the model nearly always decides the same, a tree of one leaf agrees with it: see the line of the "
    "commonest decision beside it, and the fidelity of the score.",
)
AGREEMENT_GAP = MetricCard(
    name="surrogate_agreement_difference",
    title="Difference between groups in how often a shallow tree decides as the model",
    asks="Do a few rules speak for the model about one group, and not about another?",
    formula="largest group's surrogate_agreement - smallest group's, of groups that are large enough",
    source="Balagopalan et al. (2022), The road to explainability is paved with bias, FAccT, 1194-1206, fidelity gaps; "
    "interval: Wilson's limits combined for each pair, Zou and Donner (2008), at Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="A tree is grown for the many: a small group's rules may be missing, whoever the model treats well.",
)

SURROGATE = (FIDELITY, AGREEMENT, AGREEMENT_GAP)
"""What `explainability.surrogate` measures."""
