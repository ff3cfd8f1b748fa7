"""The metric cards of recourse: how little would have to be different for another decision."""

from __future__ import annotations

from auditkit import MetricCard

_BOUND = (
    "It is an upper bound: a smaller change may exist that the search did not see. It says what the model would say, "
    "and neither that a person can change so, nor that they would fare better."
)
_DONOR = (
    "nearest rows of the other decision and from one column at a time, what need not change put back, numbers halved"
)

DISTANCE = MetricCard(
    name="recourse_distance",
    title="How far a refused row is from another decision",
    asks="How much would have to be different for the decision to be another one?",
    formula="median over refused rows of the smallest change found: sum of |change of a number| / its column's median "
    "absolute deviation, and 1 for each other category or missing number; a row for which none is found counts with "
    "the largest change that the table allows",
    source="Wachter, Mittelstadt and Russell (2017), Harvard J. Law Technol. 31, 841-887; searched from the "
    f"{_DONOR}; interval: Woodruff (1952), J. Am. Stat. Assoc. 47, 635-646, with Wilson's limits",
    better="lower",
    undefined="When no row is refused.",
    misleads=_BOUND,
)
COLUMNS = MetricCard(
    name="recourse_columns",
    title="How many columns have to change for another decision",
    asks="How many things would have to be different for the decision to be another one?",
    formula="mean over refused rows for which a change is found of the fewest columns found to have to change",
    source="Mothilal, Sharma and Tan (2020), FAT*, 607-617, section 3.3 (what need not change is put back greedily); "
    "interval: Wilson's at their effective size, of counts between 1 and all columns, over rows or units",
    better="lower",
    undefined="When no row is refused, or no change is found for any.",
    misleads=f"One column that changes by much can be farther than two that change by little. {_BOUND}",
)
FOUND = MetricCard(
    name="recourse_found_rate",
    title="Rows for which another decision is within reach",
    asks="For how many is there a change at all, with what cannot change left as it is?",
    formula="rows for which a change is found that flips the decision / rows that were searched for",
    source="Ustun, Spangher and Liu (2019), Actionable recourse in linear classification, FAT*, 10-19; interval: "
    "Wilson (1927)",
    better="higher",
    undefined="When no row is refused.",
    misleads="Values are sought between the smallest and the largest that occur: beyond these there may be more. That "
    "none is found does not prove that there is none.",
)
WORDS = MetricCard(
    name="recourse_words",
    title="How few words a decision hangs on",
    asks="How many words have to go for the decision to be another one?",
    formula="median over texts of the fewest words found to flip the decision when they are taken out; a text for "
    "which none are found counts with one more than were tried",
    source="Martens and Provost (2014), MIS Quarterly 38, 73-99; interval: Woodruff (1952), J. Am. Stat. Assoc. 47, "
    "635-646, with Wilson's limits",
    better="higher",
    undefined="When there are no texts.",
    misleads="Words taken out leave a text that nobody writes. It is an upper bound: other words may be fewer. Of a "
    "long text a run of words is taken out as one.",
)


def _gap(name: str, title: str, of: str) -> MetricCard:
    return MetricCard(
        name=f"{name}_difference",
        title=title,
        asks=f"Does one group {of}?",
        formula=f"largest group's {name} - smallest group's, of groups that are large enough",
        source="Gupta, Nokhiz, Roy and Venkatasubramanian (2019), Equalizing recourse across groups, arXiv 1909.03166; "
        "interval: the groups' limits combined for each pair, Zou and Donner (2008), Stat. Med. 27, 1693-1702, at "
        "Bonferroni's level over all pairs",
        better="lower",
        undefined="When fewer than two groups are large enough.",
        misleads="The refused of one group may be farther from the boundary for good reasons: it says that they have "
        "to change more, and not why. Few rows are searched for: a wide interval says that nothing is known.",
    )


GAPS = (
    _gap("recourse_distance", "Difference between groups in how far refused rows are", "have to change more"),
    _gap(
        "recourse_columns", "Difference between groups in how many columns have to change", "have to change more things"
    ),
    _gap("recourse_found_rate", "Difference between groups in how often recourse is found", "have no way more often"),
    _gap("recourse_words", "Difference between groups in how few words decide", "hang on fewer words"),
)

RECOURSE = (DISTANCE, COLUMNS, FOUND, WORDS, *GAPS)
"""What `explainability.recourse` measures."""
