"""`fairness.remedies`: what moving thresholds would change between groups, for whom, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Quote, Table, Text, check
from auditkit.segments import Grouping
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.remedies import (
    ALARMS_CHANGE,
    CARDS,
    FOUND_CHANGE,
    GAPS,
    OTHERWISE,
    PREFIX,
)
from auditkit_fairness.questions import Predicted
from auditkit_fairness.remedies.optimised import optimised_remedy
from auditkit_fairness.remedies.planted import CONTROLS
from auditkit_fairness.remedies.retrained import refuse_no_training, retraining_remedies, trainings
from auditkit_fairness.remedies.rows import Tried
from auditkit_fairness.remedies.telling import BETTER, CHANGES, Told
from auditkit_fairness.remedies.thresholds import AS_IT_IS, Remedy, as_it_is, decisions_of, threshold_remedies

LEAST_PEOPLE, LEAST_ROWS = 100, 20
"""People, and rows of either kind: with fewer a fold is too small to fit to."""
_TWO = 2
_DOES_NOT_APPLY = Text.of("does not apply")
_Said = tuple[Tried, Remedy, tuple[Measurement, ...]]
"""What is said of a remedy."""


@check(
    "fairness.remedies",
    on=(ClassScores, LabelScores),
    needs=("targets", "groups"),
    metrics=CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    trains=trainings,
)
def remedies(case: Case[Predicted], *, lots: bool = False, retrain: bool = False) -> Iterator[Measurement | Table]:
    """What would help: how groups would fare if decisions were made otherwise.

    For each protected attribute its groups are given thresholds of their own, so that as many of each are chosen, or
    found, or falsely alarmed, as of everybody now; or found as in the group where most are, which serves none of them
    worse in that. Thresholds are fitted to four fifths of the people and tried on the fifth that they never saw, five
    times over. With `lots` fairlearn's ThresholdOptimizer is tried too, which makes equalized odds by drawing lots
    between two thresholds; with `retrain` the model is trained anew, as it was and on rows in which as large a share of
    each group is positive.

    All is held against the decisions as they are, of the same rows. It is a simulation: nobody has changed the model or
    its use. A threshold for each group treats people by their group, which may be forbidden: for employment tests in
    the United States 42 U.S.C. 2000e-2(l) does.
    """
    if retrain:
        refuse_no_training(case)
    asked = Tried.each_of(case)
    if all(len(np.unique(tried.answers.scores)) <= _TWO for tried in asked):
        raise NotApplicable(
            "no more than two different scores occur, between which there is no threshold to move",
            hint='record a probability for each class, and not decisions: [data] scores = ["p_no", "p_yes"]',
        )
    told: list[_Said] = []
    for tried in asked:
        too_few = _too_few(tried)
        for attribute in case.groups:
            every = [*_tried_of(case, tried, attribute, lots=lots, retrain=retrain)]
            together = len(asked) * (len(every) - 1)
            for remedy in every:
                why = too_few or remedy.why_not
                measured = tuple(_withheld(tried, remedy, why) if why else _told(case, tried, remedy, together))
                yield from measured
                told.append((tried, remedy, measured))
    yield from _tables(told)
    yield from _fitted(case, [(tried, remedy) for tried, remedy, _ in told if not _too_few(tried)])


def _tried_of(case: Case[Predicted], tried: Tried, attribute: str, *, lots: bool, retrain: bool) -> Iterator[Remedy]:
    """The decisions as they are, and then what would change them."""
    answers, least = tried.answers, case.min_group_size
    yield as_it_is(attribute)
    yield from threshold_remedies(attribute, case.groups[attribute].vocabulary, answers, least=least)
    # fairlearn's optimizer takes no weights.
    if lots and (answers.weights is None or len(np.unique(answers.weights)) == 1):
        yield optimised_remedy(attribute, answers, least=least)
    if retrain:
        yield from retraining_remedies(case, attribute, tried.label)


def _too_few(tried: Tried) -> Text | None:
    answers = tried.answers
    fewest = min(np.count_nonzero(answers.wanted), np.count_nonzero(~answers.wanted))
    if answers.people >= LEAST_PEOPLE and fewest >= LEAST_ROWS:
        return None
    return Text.of(
        "fewer than {people} people, or fewer than {rows} rows with or without the class: too few to fit and to judge",
        people=LEAST_PEOPLE,
        rows=LEAST_ROWS,
    )


def _told(case: Case[Predicted], tried: Tried, remedy: Remedy, together: int) -> Iterator[Measurement]:
    """With intervals that hold together over all that would change anything for the attribute, of all labels."""
    codes = tried.answers.groups[remedy.attribute]
    names = case.groups[remedy.attribute].vocabulary
    grouping = Grouping((remedy.attribute,), codes, tuple({remedy.attribute: name} for name in names))
    chosen = decisions_of(remedy, tried, case.rng("lots"))
    yield from Told(case, tried, remedy, chosen, grouping, together).measurements()


def _withheld(tried: Tried, remedy: Remedy, why: Text) -> Iterator[Measurement]:
    """Each number over all rows, under the condition that a rule would ask for it by."""
    gaps = [(PREFIX + metric, {remedy.attribute: "*"}) for metric in GAPS]
    others = [] if remedy.name == AS_IT_IS else [(metric, dict[str, str]()) for metric in (*CHANGES, OTHERWISE)]
    for metric, group in (*gaps, *others):
        yield Measurement(
            metric=metric,
            value=None,
            undefined=why,
            n=len(tried.answers),
            group=group,
            label=tried.label,
            conditions={"remedy": remedy.name},
            better=BETTER[metric],
        )


_TABLES = (
    (
        "What would help: how far apart groups would be chosen, and found",
        ((PREFIX + GAPS[0], "selection rates"), (PREFIX + GAPS[1], "true positive rates")),
    ),
    (
        "What would help: how far apart groups would be falsely alarmed, and treated by either error",
        ((PREFIX + GAPS[2], "false positive rates"), (PREFIX + GAPS[3], "the larger gap of both")),
    ),
    (
        "What it would cost: who is right, and found",
        ((CHANGES[0], "change of accuracy"), (FOUND_CHANGE, "change of those found")),
    ),
    (
        "What it would cost: false alarms, and decisions that would be others",
        ((CHANGES[2], "change of false alarms"), (OTHERWISE, "decided otherwise")),
    ),
)  # fmt: skip
"""One would be wider than a printed page."""


def _tables(told: Sequence[_Said]) -> Iterator[Table]:
    """A remedy a row; then a group of a remedy a row."""
    with_label = any(tried.label is not None for tried, _, _ in told)
    first = (*((Text.of("label"),) if with_label else ()), Text.of("decisions"))
    for title, columns in _TABLES:
        metrics = [metric for metric, _ in columns]
        rows = []
        for tried, remedy, measured in told:
            found = [next((one for one in measured if one.metric == it and _over_all(one)), None) for it in metrics]
            if any(found):
                rows.append((*_named(tried, remedy, with_label=with_label), *_quoted(found)))
        heads = (Text.of(word) for _, head in columns for word in (head, "interval"))
        yield Table(title=Text.of(title), columns=(*first, *heads), rows=tuple(rows), prominent=True)
    yield from _group_tables(told, first, with_label=with_label)


_OF_A_GROUP = ((FOUND_CHANGE, "change of those found"), (ALARMS_CHANGE, "change of false alarms"))


def _group_tables(told: Sequence[_Said], first: tuple[Text, ...], *, with_label: bool) -> Iterator[Table]:
    """Whom it would change: a group of a remedy a row, of one attribute."""
    heads = [Text.of(word) for _, head in _OF_A_GROUP for word in (head, "interval")]
    for attribute in dict.fromkeys(remedy.attribute for _, remedy, _ in told):
        rows = []
        for tried, remedy, measured in told:
            for member in _members(measured, attribute):
                of_one = {one.metric: one for one in measured if one.group == {attribute: member}}
                quoted = _quoted([of_one.get(metric) for metric, _ in _OF_A_GROUP])
                rows.append((*_named(tried, remedy, with_label=with_label), member, *quoted))
        if rows:
            yield Table(
                title=Text.of(
                    "Whom it would change, by {attribute}: those found, and false alarms", attribute=attribute
                ),
                columns=(*first, Text.of("group"), *heads),
                rows=tuple(rows),
                attributes=(attribute,),
            )


def _members(measured: Sequence[Measurement], attribute: str) -> tuple[str, ...]:
    """The groups of the attribute that something is told of."""
    named = dict.fromkeys(one.group[attribute] for one in measured if attribute in one.group)
    return tuple(name for name in named if name != "*")


def _over_all(one: Measurement) -> bool:
    return set(one.group.values()) <= {"*"}


def _named(tried: Tried, remedy: Remedy, *, with_label: bool) -> tuple[Text | str, ...]:
    return (tried.label or "", remedy.words) if with_label else (remedy.words,)


def _quoted(found: Sequence[Measurement | None]) -> Iterator[Quote | Text]:
    for one in found:
        yield _DOES_NOT_APPLY if one is None else Quote.of(one)
        yield _DOES_NOT_APPLY if one is None or one.interval is None else Quote.of(one, "interval")


def _fitted(case: Case[Predicted], told: Sequence[tuple[Tried, Remedy]]) -> Iterator[Table]:
    """What would be decided by, fitted to all rows, and what using it would take."""
    with_label = any(tried.label is not None for tried, _ in told)
    rows = tuple(
        (*_named(tried, remedy, with_label=with_label), remedy.fit(tried.answers, case.rng("lots")).words, remedy.needs)
        for tried, remedy in told
        if remedy.fit is not None and remedy.why_not is None
    )
    if rows:
        heads = ("decisions", "fitted", "what it takes")
        yield Table(
            title=Text.of(
                "What would be fitted to all {n} rows, and what using it would take", n=len(told[0][0].answers)
            ),
            columns=(*((Text.of("label"),) if with_label else ()), *(Text.of(head) for head in heads)),
            rows=rows,
        )
