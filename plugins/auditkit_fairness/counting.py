"""Every question counted by every grouping: sums of one tally of all rows, or where there is none, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case, LabelScores
from auditkit.segments import Grouping
from auditkit.statistics import OutcomeTable
from auditkit_fairness.groupings import groupings
from auditkit_fairness.questions import Predicted, Question, questions
from auditkit_fairness.tallying import Tally, asked, outcomes_in, tally_of
from auditkit_fairness.unit_counting import can_sum, count_over_units, is_long


@dataclass(frozen=True)
class Counted:
    """What all rows answer to one question."""

    question: Question
    """Its name and rates; not its outcomes, which are those of some of the rows."""
    overall: OutcomeTable
    by_group: tuple[OutcomeTable, ...]
    """[groupings]"""


def counted(case: Case[Predicted], by_group: Sequence[Grouping], *, depth: int) -> list[Counted]:
    """The counts of each question over all rows and over each grouping's members.

    Rows that share a unit may lie in several chunks, and weighted rows are counted by their sums: where there are more
    than a chunk of them, units are summed some at a time.

    Args:
        case: the rows.
        by_group: as `groupings_of` gives them for this case and depth.
        depth: how many attributes meet.
    """
    tally = tally_of(case)
    if tally is not None:
        return _from_tally(case, by_group, tally)
    return _over_units(case, by_group) if is_long(case) and can_sum(case) else _one_by_one(case, by_group, depth)


def _over_units(case: Case[Predicted], by_group: Sequence[Grouping]) -> list[Counted]:
    found = zip(asked(case), count_over_units(case, by_group), strict=True)
    return [Counted(question, everyone, tuple(inside)) for (question, _), (everyone, *inside) in found]


def _from_tally(case: Case[Predicted], by_group: Sequence[Grouping], tally: Tally) -> list[Counted]:
    of_labels = isinstance(case.predictions, LabelScores)
    everyone = tally.by(())
    inside = [tally.by(grouping.attributes)[tally.members(grouping.attributes)] for grouping in by_group]

    def table(answers: Any, place: int | None) -> OutcomeTable:
        return OutcomeTable(outcomes_in(answers, place, of_labels=of_labels))

    return [
        Counted(question, table(everyone, place), tuple(table(answers, place) for answers in inside))
        for question, place in asked(case)
    ]


def _one_by_one(case: Case[Predicted], by_group: Sequence[Grouping], depth: int) -> list[Counted]:
    positives = case.positives
    found: list[Counted] = []
    for chunk in _chunks(case):
        inside = [_codes(*pair) for pair in zip(groupings(chunk.groups, depth=depth), by_group, strict=True)]
        here = []
        for question in questions(chunk, positives):
            everyone = question.count(chunk, np.zeros(len(chunk), dtype=np.int64), 1)
            tables = [
                question.count(chunk, codes, len(grouping.members))
                for codes, grouping in zip(inside, by_group, strict=True)
            ]
            here.append(Counted(question, everyone, tuple(tables)))
        found = [_added(*pair) for pair in zip(found, here, strict=True)] if found else here
    return found


def _chunks(case: Case[Any]) -> Iterable[Case[Any]]:
    return iter([case]) if case.has_units or case.weights is not None else case.chunks()


def _codes(here: Grouping, everywhere: Grouping) -> Any:
    """[rows]: the place of each row's group among the members everywhere; -1 where an attribute is missing."""
    if here.members == everywhere.members:
        return here.codes
    place = {tuple(member.values()): at for at, member in enumerate(everywhere.members)}
    return np.array([*(place[tuple(member.values())] for member in here.members), -1], dtype=np.int64)[here.codes]


def _added(one: Counted, other: Counted) -> Counted:
    tables = tuple(_sum(*pair) for pair in zip(one.by_group, other.by_group, strict=True))
    return Counted(other.question, _sum(one.overall, other.overall), tables)


def _sum(one: OutcomeTable, other: OutcomeTable) -> OutcomeTable:
    return OutcomeTable(one.rows + other.rows)
