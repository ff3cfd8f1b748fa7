"""The metric cards of attacks: how often a model stays right when somebody looks for a change that makes it wrong."""

from __future__ import annotations

from auditkit import MetricCard

_BOUND = (
    "An attack that fails proves nothing: it is an upper bound, and a stronger attack finds more. Where the gradients "
    "are masked, see `gradient_masking_share`, the interval reaches down to 0, so that no rule is passed."
)

ROBUST = MetricCard(
    name="robust_accuracy",
    title="Accuracy under attack",
    asks="How often is the decision right, when somebody who knows the model changes each number by so little?",
    formula="rows that are right as they are, and that no attack makes wrong within epsilon (largest change of any "
    "pixel, of the way from black to white) / rows of which it is known what is right",
    source="Madry et al. (2018), Towards deep learning models resistant to adversarial attacks, ICLR; attacks: FGSM "
    "(Goodfellow et al. 2015) and PGD by captum's steps on the margin of Carlini and Wagner (2017), noise, and a "
    "random search; interval: Wilson (1927)",
    better="higher",
    undefined="When of no row it is known what is right.",
    misleads=f"{_BOUND} Nobody may be there to attack: then it says how near the decisions lie to their edge.",
)
ROBUST_LOSS = MetricCard(
    name="robust_accuracy_loss",
    title="Accuracy lost to an attack",
    asks="How much accuracy does the worst change within epsilon cost?",
    formula="accuracy before - accuracy under attack, of the same rows",
    source="as `robust_accuracy`; the same rows twice: Newcombe (1998), Stat. Med. 17, 2635-2650, method 10, beside "
    "McNemar's exact test; over units or weighted rows Wilson's limits, combined (Zou and Donner 2008)",
    better="lower",
    undefined="When of no row it is known what is right.",
    misleads="It is a lower bound: a stronger attack takes more. Where the gradients are masked the interval reaches "
    "up to 1. A model that is always wrong has nothing to lose.",
)
ROBUST_GAP = MetricCard(
    name="robust_accuracy_loss_difference",
    title="Difference between groups in the accuracy lost to an attack",
    asks="Does an attack hurt one group more?",
    formula="largest group's loss - smallest group's loss, of groups that are large enough",
    source="a difference of paired differences; interval: the groups' limits combined for each pair, Zou and Donner "
    "(2008), Stat. Med. 27, 1693-1702, at Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="An attack is dear, and few rows are attacked: raise `most_rows` to compare groups. Where the gradients "
    "are masked the interval reaches from 0 to 1.",
)
ATTACKED = MetricCard(
    name="attacked_accuracy",
    title="Accuracy under one attack",
    asks="How often is the decision right after one attack, and after noise of the same size?",
    formula="rows that are right as they are, and that this attack does not make wrong within epsilon / rows of which "
    "it is known what is right",
    source="as `robust_accuracy`; noise moves every number by epsilon, up or down by a coin; interval: Wilson (1927)",
    better="higher",
    undefined="When of no row it is known what is right.",
    misleads=f"{_BOUND} What noise breaks is not told by an attacker's skill: it is the baseline of the others.",
)
MASKING = MetricCard(
    name="gradient_masking_share",
    title="Rows that show a sign of a masked gradient",
    asks="Does the attack fail because the model is robust, or because its gradient does not show the way?",
    formula="attacked rows that show the sign / attacked rows: the gradient is 0 or no number; one step breaks what "
    "many do not; fewer steps, or twice as many, break more; noise or a blind search breaks what PGD leaves; without "
    "any bound the answer is still right",
    source="Athalye, Carlini and Wagner (2018), Obfuscated gradients give a false sense of security, ICML, section "
    "3.1; interval: Wilson (1927)",
    better="lower",
    undefined="When the model is right about no row, so that none is attacked.",
    misleads="A sign counts from two rows and 5 % of the attacked on. Without any sign the gradient can be masked all "
    "the same. A model that says the same of everything shows them too.",
)

ADVERSARIAL = (ROBUST, ROBUST_LOSS, ROBUST_GAP, ATTACKED, MASKING)
"""What `robustness.adversarial` measures."""
