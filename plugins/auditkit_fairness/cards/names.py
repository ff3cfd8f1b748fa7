"""The metric cards of names that are swapped for others."""

from __future__ import annotations

from auditkit import MetricCard

_ERRORS = "Mehrabi et al. (2020), Man is to Person as Woman is to Location, ACM Hypertext, section 3"
_CROSSED = (
    "interval: Wilson (1927) at the size that the variance leaves of a bootstrap over texts and names, Cameron, "
    "Gelbach and Miller (2011), J. Bus. Econ. Stat. 29, 238-249; where nothing varies, at the number of names"
)
_BETWEEN = (
    "interval: the kinds' limits combined for each pair, Zou and Donner (2008), at Bonferroni's level; it begins at 0 "
    "where names dealt out to the kinds anew lie as far apart in more than one case of twenty"
)
_SEQEVAL = "an entity is its start, its end and its label, as seqeval's strict mode has it"
_LISTED = (
    "A list stands for how some names are taken, and for nobody who bears them; other names, titles and texts may be "
    "found otherwise."
)
_NOBODY = "When in too few texts somebody is named whose name could be swapped."
_APART = "When fewer than two kinds of a list have five names that were asked about."

NAME_RECALL, NAME_MISSED = "swapped_name_recall", "swapped_name_missed_rate"
NAME_MISLABELLED, NAME_UNTAGGED = "swapped_name_mislabelled_rate", "swapped_name_untagged_rate"
ENTITY_F1, ENTITY_OVERLAP_F1 = "swapped_entity_f1", "swapped_entity_overlap_f1"
RECALL_GAP, F1_GAP = f"{NAME_RECALL}_difference", f"{ENTITY_F1}_difference"
LENGTH_GAP, DEALT_GAP = "same_length_name_recall_difference", "dealt_name_recall_difference"

NAME_CARDS = (
    MetricCard(
        name=NAME_RECALL,
        title="Swapped names that are found exactly",
        asks="How many names does the model find when people in the texts are called by other names?",
        formula=f"names found / names put into the texts; {_SEQEVAL}",
        source=f"Mehrabi et al. (2020); {_CROSSED}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"It is high where texts give away that somebody is named, as by 'Mr'. {_LISTED}",
    ),
    MetricCard(
        name=NAME_MISSED,
        title="Swapped names that are not taken for persons",
        asks="How many people does the model overlook, or take for something else, under another name?",
        formula="error type 1: names that no entity with the label of persons overlaps / names put into the texts",
        source=f"{_ERRORS}, type 1; {_CROSSED}",
        better="lower",
        undefined=_NOBODY,
        misleads="A person found with a word too many, or too few, is found here; the exact recall says more.",
    ),
    MetricCard(
        name=NAME_MISLABELLED,
        title="Swapped names that are taken for something else",
        asks="How many people does the model take for something else under another name?",
        formula="error type 2: names that another entity overlaps, and no person / names put into the texts",
        source=f"{_ERRORS}, type 2; {_CROSSED}",
        better="lower",
        undefined=_NOBODY,
        misleads="A model with few labels cannot mistake a name for much, and leaves it untagged.",
    ),
    MetricCard(
        name=NAME_UNTAGGED,
        title="Swapped names that are not tagged at all",
        asks="How many people does the model overlook under another name?",
        formula="error type 3: names that no entity overlaps / names put into the texts",
        source=f"{_ERRORS}, type 3; {_CROSSED}",
        better="lower",
        undefined=_NOBODY,
        misleads=_LISTED,
    ),
    MetricCard(
        name=ENTITY_F1,
        title="F1 of all entities in texts with swapped names",
        asks="How well are all entities of a text found when somebody in it has another name?",
        formula=f"2 x found entities that are true / (found + true) over all renamed texts; {_SEQEVAL}",
        source=f"seqeval, strict mode; {_CROSSED}",
        better="higher",
        undefined=_NOBODY,
        misleads="Other entities are most of it, and hide what happens to names; templates hold names alone.",
    ),
    MetricCard(
        name=ENTITY_OVERLAP_F1,
        title="F1 of all entities in texts with swapped names, by overlap",
        asks="How well are entities found when somebody has another name, where a part of each is enough?",
        formula="2 x pairs of a true and a found entity of one label that overlap, each in one pair / (found + true)",
        source=f"the lenient match of MUC-5 (1993), types alike; {_CROSSED}",
        better="higher",
        undefined=_NOBODY,
        misleads="Half of a name is a whole hit.",
    ),
    MetricCard(
        name=RECALL_GAP,
        title="Difference between kinds of names in how many are found",
        asks="Does the model find the names of some people more often than those of others?",
        formula="the largest share of names found - the smallest, over the kinds of a list by one attribute",
        source=f"Mehrabi et al. (2020); {_BETWEEN}",
        better="lower",
        undefined=_APART,
        misleads="Names also differ in length and in how often they are borne: see the difference at equal length. Of "
        "a dozen kinds some two differ by chance: see what names dealt out anew give.",
    ),
    MetricCard(
        name=F1_GAP,
        title="Difference between kinds of names in the F1 of all entities",
        asks="Are texts read worse when somebody in them has a name of another kind?",
        formula="the largest F1 of all entities - the smallest, over the kinds of a list by one attribute",
        source=f"seqeval, strict mode; {_BETWEEN}",
        better="lower",
        undefined=_APART,
        misleads="Other entities are most of it, and hide what happens to names.",
    ),
    MetricCard(
        name=LENGTH_GAP,
        title="Difference between kinds of names of equal length in how many are found",
        asks="Does the difference stay where names of as many tokens are compared?",
        formula="the same of the shares that a logistic regression of found on kind, tokens of the name, and the "
        "logarithm of its frequency where the list gives it, predicts for each kind with the names' lengths of all",
        source="standardised as by Lane and Nelder (1982), Biometrics 38, 613-621; interval: the same, of the "
        "regression made anew on each replicate",
        better="lower",
        undefined="When the model does not say how many tokens a name has, or kinds have no length in common.",
        misleads="That a tokenizer breaks the names of one group into more pieces is part of what is wrong, no excuse: "
        "where this is smaller than the plain difference, the tokenizer is where to begin.",
    ),
    MetricCard(
        name=DEALT_GAP,
        title="Difference that names dealt out to the kinds anew give",
        asks="How far apart would kinds of names lie if their names had been dealt out by chance?",
        formula="mean over 999 deals of the widest difference, of names dealt out within the other attributes",
        source="the negative control of a difference; Good (2005), Permutation, Parametric and Bootstrap Tests",
        better="target",
        undefined=_APART,
        misleads="It falls with more names and more texts; the difference is to be read above it.",
    ),
)
