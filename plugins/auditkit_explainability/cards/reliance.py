"""The metric cards of reliance on who somebody is."""

from __future__ import annotations

from auditkit import MetricCard

_PAIRED = (
    "interval: Student's over the rows' differences, of probabilities no closer than Wilson's limits of what is more "
    "and of what is less, at their effective size, combined (Zou and Donner 2008, Stat. Med. 27, 1693-1702)"
)
_FRAME = (
    "Garg et al. (2019), Counterfactual fairness in text classification through robustness, AIES, "
    "doi:10.1145/3306618.3317950; Prabhakaran, Hutchinson and Mitchell (2019), EMNLP"
)
_NO_CAUSE = (
    "It is an intervention on the input and no causal counterfactual: what goes with who somebody is, such as names or "
    "what was diagnosed, stays, and a model that reads it off that shows no effect."
)
_NONE = "When no row holds such a word, or region, and something else to compare with."

EFFECT = MetricCard(
    name="protected_intervention_effect",
    title="Effect on the score of changing the protected attribute alone",
    asks="How far does the score move when only a protected attribute in the model's input is changed?",
    formula="mean over rows of |change of the score| when the words that say who somebody is are swapped, masked or "
    "removed, or a region of a picture is masked: of two classes the positive one's score, of more half the sum over "
    "classes, of several labels the largest, of values in standard deviations of the predictions",
    source=f"{_FRAME}; interval: of probabilities Wilson's at their effective size, else Student's, over rows or units",
    better="lower",
    undefined=_NONE,
    misleads=f"Any edit moves a fragile model: read what remains above the neutral edits. {_NO_CAUSE}",
)
FLIPS = MetricCard(
    name="protected_flip_rate",
    title="Decisions that change with the protected attribute alone",
    asks="How often does the decision turn when only a protected attribute in the model's input is changed?",
    formula="rows whose decision is another one after the edit / rows that can be edited; over several edits the mean "
    "over rows of the share of its edits",
    source=f"{_FRAME}; interval: Wilson (1927), of several edits or units at the effective size",
    better="lower",
    undefined=_NONE,
    misleads="Any edit turns some decisions of a fragile model: read what remains above the neutral edits.",
)
CONTROL = MetricCard(
    name="neutral_edit_effect",
    title="Effect of neutral edits of the same size",
    asks="How far does the score move when as many other words, or as much of a picture elsewhere, are edited?",
    formula="mean over the same rows of |change of the score| when as many other words, of much the same length, are "
    "swapped for words that say much the same, masked, or removed, or boxes of the same size elsewhere are masked",
    source="the negative control of an intervention; interval: as of the effect",
    better="target",
    undefined=_NONE,
    misleads="A neutral edit may take away a word that rightly decides, such as a finding: then it moves the score "
    "further than who somebody is does, and the difference is negative.",
)
EXCESS = MetricCard(
    name="protected_excess_effect",
    title="Effect of who somebody is, beyond that of neutral edits",
    asks="How much further does the score move with who somebody is than by neutral edits of the same size?",
    formula="mean over rows of (|change of the score| by the edit - |change of the score| by its neutral control)",
    source=f"{_FRAME}, with a negative control; {_PAIRED}",
    better="lower",
    undefined=_NONE,
    misleads=f"Below 0 says that other words matter more, and not that these do not: see the effect. {_NO_CAUSE} "
    "An age, and of some diseases the sex, may rightly matter.",
)
EXCESS_FLIPS = MetricCard(
    name="protected_excess_flip_rate",
    title="Decisions that change with who somebody is, beyond neutral edits",
    asks="How many more decisions turn with who somebody is than by neutral edits of the same size?",
    formula="rows whose decision the edit turns - rows whose decision its neutral control turns, of the same rows",
    source=f"{_FRAME}, with a negative control; {_PAIRED}",
    better="lower",
    undefined=_NONE,
    misleads="Decisions turn where scores lie near the threshold, whatever is edited.",
)
MENTIONS = MetricCard(
    name="protected_mention_rate",
    title="Texts that say who somebody is",
    asks="How many of the texts hold a word that says the attribute of somebody?",
    formula="rows whose text holds a word of the attribute / rows asked about",
    source="the share that the other numbers are about; interval: Wilson (1927)",
    better="target",
    undefined="When there are no rows.",
    misleads="A short list of words finds some mentions and misses others; somebody else's may be among them, as in "
    "'his wife'.",
)


def _apart(card: MetricCard, title: str) -> MetricCard:
    return MetricCard(
        name=f"{card.name}_difference",
        title=title,
        asks="Do answers about one group rest on who somebody is more than those about another?",
        formula="largest group's value - smallest group's value, of groups that are large enough",
        source="interval: the groups' limits combined for each pair, Zou and Donner (2008), at Bonferroni's level",
        better="lower",
        undefined="When fewer than two groups are large enough.",
        misleads="Groups whose texts name who they are more often, or whose scores lie nearer to the threshold, are "
        "touched otherwise. Few rows are asked about: a wide interval says that nothing is known.",
    )


RELIED = (
    EFFECT,
    FLIPS,
    CONTROL,
    EXCESS,
    EXCESS_FLIPS,
    MENTIONS,
    _apart(EFFECT, "Difference between groups in the effect of who somebody is"),
    _apart(FLIPS, "Difference between groups in decisions that change with who somebody is"),
    _apart(EXCESS, "Difference between groups in the effect beyond neutral edits"),
    _apart(EXCESS_FLIPS, "Difference between groups in decisions that change beyond neutral edits"),
)
