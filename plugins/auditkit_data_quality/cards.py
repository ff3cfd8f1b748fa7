"""The metric cards of the checks of data quality, but for those of copies and labels."""

from __future__ import annotations

from auditkit import MetricCard

GROUP_SIZE, HALF_WIDTH, EMPTY_CELLS = "group_size", "rate_half_width", "empty_cell_count"

SAMPLE_CARDS = (
    MetricCard(
        name=GROUP_SIZE,
        title="People in a group",
        asks="How many people is what is said of a group about?",
        formula="units with a row in the group; rows, where the spec names no unit; rows of weight 0 do not count",
        source="a count",
        better="higher",
        undefined="Never; of fewer than 10 people it is withheld.",
        misleads="Many people who are alike tell less than fewer who differ.",
        tolerance=0.0,
    ),
    MetricCard(
        name=HALF_WIDTH,
        title="Half the width of a rate's interval",
        asks="By how much could a rate of a half be off in this group, for want of people?",
        formula="z / (2 sqrt(n + z^2)), n the effective number of people; of several groups the widest, "
        "groups of fewer than 10 people counted as 10",
        source="Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, at a rate of a half, where it is widest; "
        "n: Kish (1965), Survey Sampling, over units' weights",
        better="lower",
        undefined="Never: there is at least one person in each group.",
        misleads="It is of one group alone; a gap between two is less certain, and intervals that hold together wider.",
    ),
    MetricCard(
        name=EMPTY_CELLS,
        title="Classes that nobody of a group has",
        asks="In how many pairs of a group and a class is there nobody, so that nothing can be measured?",
        formula="pairs of a group, or an intersection of all labels of its attributes, and a class, without a row",
        source="a count",
        better="lower",
        undefined="When the data do not say which class is right.",
        misleads="A pair of one row counts as filled.",
        tolerance=0.0,
    ),
)
