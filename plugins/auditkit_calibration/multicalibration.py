"""`calibration.multicalibration`: whether probabilities are true in every segment, however the segments overlap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import (
    AuditError,
    Case,
    GroupCount,
    Interval,
    Measurement,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import FEWEST, JOINED, Grouping, large_enough
from auditkit.statistics.calibration import Multicalibration, detectable_drift, multicalibration
from auditkit.testing import above, not_above
from auditkit_calibration.known_cases import group_overconfident, groups_calibrated
from auditkit_calibration.questions import TAKES, Predicted, Question, questions
from auditkit_calibration.refusing import must_be_probabilities, no_rows
from auditkit_calibration.segment_cards import SEGMENT_CARDS
from auditkit_calibration.segments import SCORE_BAND, Looked, Segments, segments_of

METRIC = "multicalibration_error"
METHOD = "max-t of cumulative errors, monte carlo"
MOST_BANDS = 20
_MOST_DRAWS, _FEWEST_DRAWS, _WORK = 999, 199, 4e8
"""Worlds that are drawn, and rows that are summed in all of them together: so that a large audit takes seconds."""
_WORST = 10
_SIGMAS = 5

CONTROLS = (
    planted(
        "one of two groups has log odds four times as large as they should be",
        group_overconfident(),
        above(METRIC, 0.02),
    ),
    clean("two groups whose probabilities come true as often as they say", groups_calibrated(), not_above(METRIC, 0.0)),
)


@check("calibration.multicalibration", on=TAKES, needs=("targets",), metrics=SEGMENT_CARDS, controls=CONTROLS)
def multicalibration_error(
    case: Case[Predicted], *, depth: int = 2, score_bands: int = 5
) -> Iterator[Measurement | Table]:
    """Whether probabilities mean what they say in every segment.

    A model can be right on average and wrong for a group. Segments are all rows, the groups of each attribute, their
    intersections of up to `depth` attributes, `score_bands` bands of scores, and groups within bands, each with as many
    people as the policy's smallest group. In each, outcome less probability is summed from the lowest score up; how far
    the sums range is held against worlds in which the probabilities are true. All segments are looked at in the same
    worlds, so that the adjusted p is honest however many overlap: of a calibrated model some segment is called wrong in
    one audit of twenty. Where rows share a unit, whole units' residuals change their sign together. Of several labels
    that can be right at once each is looked at by itself, and that promise is each one's.
    """
    if not 1 <= score_bands <= MOST_BANDS:
        raise AuditError(
            f"option 'score_bands' is '{score_bands}'", hint=f"write a number from 1 (no bands) to {MOST_BANDS}"
        )
    must_be_probabilities(case)
    for question in questions(case):
        if not len(question):
            yield Measurement(value=None, undefined=no_rows(case), **_about(question))
            continue
        looked = segments_of(case, question, depth=depth, bands=score_bands)
        rows = looked.rows(question, case)
        summed = sum(int(np.count_nonzero(one.codes >= 0)) for one in rows.partitions)
        draws = int(np.clip(_WORK / max(summed, 1), _FEWEST_DRAWS, _MOST_DRAWS))
        rng = case.rng(f"worlds: {question.name}")
        yield from _readings(case, question, looked, multicalibration(rows, rng=rng, draws=draws))


def _about(question: Question) -> dict[str, Any]:
    return {"metric": METRIC, "n": len(question), "label": question.label, "better": "lower"}


def _readings(
    case: Case[Any], question: Question, looked: Looked, found: Multicalibration
) -> Iterator[Measurement | Table]:
    yield _measure(case, found, np.ones(len(found.p), dtype=bool), **_about(question))
    of = np.repeat(np.arange(len(looked.segments)), [len(one.names) for one in looked.segments])
    for grouping, people in zip(looked.groupings, looked.people, strict=True):
        chosen = [place for place, one in enumerate(looked.segments) if _is_of(one, grouping)]
        about = _about(question) | _compared(case, grouping, people)
        if not chosen:
            least = max(case.min_group_size, FEWEST)
            why = Text.of("no group has {least} people to look at", least=least)
            yield Measurement(value=None, undefined=why, **about)
            continue
        inside = np.isin(of, chosen)
        yield _measure(case, found, inside, **about | {"n": int(found.n[inside].sum())})
    if case.is_control:
        return  # the tables judge nothing
    drift = detectable_drift(found.critical(case.level), rng=case.rng(f"drift: {question.name}"))
    lines = [(one, name, place) for place, (one, name) in enumerate((s, n) for s in looked.segments for n in s.names)]
    worst = sorted(lines, key=lambda line: (found.p[line[2]], -found.standardised[line[2]], line[2]))[:_WORST]
    yield Table(
        title=Text.of(
            "The segments furthest from what was said, of {count}: {what}; p adjusted by max-T for all of them",
            count=len(lines),
            what=question.name,
        ),
        columns=_columns("segments by", "segment"),
        rows=tuple((one.by, *_row(question, one, name, place, found, drift)) for one, name, place in worst),
        prominent=True,
    )
    yield _by_chance(case, question, found, drift)
    yield from _all_segments(question, looked, lines, found, drift)


def _is_of(segments: Segments, grouping: Grouping) -> bool:
    return segments.attributes == grouping.attributes and segments.bands == 1


def _compared(case: Case[Any], grouping: Grouping, people: Any) -> dict[str, Any]:
    takes_part = large_enough(people, case)
    parts = zip(grouping.labels, people, takes_part, strict=True)
    counts = tuple(GroupCount(label=label, n=int(n), compared=bool(part)) for label, n, part in parts)
    return {"group": grouping.everyone, "compared": counts, "n": int(people[takes_part].sum())}


def _measure(case: Case[Any], found: Multicalibration, chosen: Any, **about: Any) -> Measurement:
    value, low, high = found.error(chosen, level=case.level)
    interval = Interval(low=low, high=high, level=case.level, method=METHOD, simultaneous=True)
    return Measurement(value=value, interval=interval, **about)


def _columns(*first: str) -> tuple[Text, ...]:
    others = (
        "rows", "mean score", "share that came true", "cumulative error", "in standard errors", "adjusted p",
        "found in 4 of 5 if off by",
    )  # fmt: skip
    return tuple(Text.of(name) for name in (*first, *others))


def _row(
    question: Question, segments: Segments, name: str, place: int, found: Multicalibration, drift: float
) -> tuple[Any, ...]:
    inside = segments.partition.codes == segments.names.index(name)
    mass = question.shares[inside] / question.shares[inside].sum()
    off_by = drift * float(found.scatter[place])
    everybody = not segments.attributes and segments.bands == 1
    return (
        Text.of("all rows") if everybody else name,
        int(found.n[place]),
        float(np.dot(mass, question.scores[inside])),
        float(np.dot(mass, question.came_true[inside])),
        float(found.spread[place]),
        float(found.standardised[place]),
        float(found.p[place]),
        off_by if off_by < 1 else Text.of("more than 1: never"),
    )


def _all_segments(
    question: Question, looked: Looked, lines: list[tuple[Segments, str, int]], found: Multicalibration, drift: float
) -> Iterator[Table]:
    """One table for each set of attributes, so that what is withheld of one takes no other's lines."""
    for attributes in dict.fromkeys(one.attributes for one in looked.segments):
        chosen = [line for line in lines if line[0].attributes == attributes]
        by = JOINED.join(attributes) if attributes else SCORE_BAND
        yield Table(
            title=Text.of("Every segment by {attributes}: {what}", attributes=by, what=question.name),
            columns=_columns("segment"),
            rows=tuple(_row(question, one, name, place, found, drift) for one, name, place in chosen),
            attributes=attributes,
        )


def _by_chance(case: Case[Any], question: Question, found: Multicalibration, drift: float) -> Table:
    """What a calibrated model would show, and what the audit could have seen."""
    rows = (
        (
            Text.of("largest of all segments, in standard errors: mean of calibrated models"),
            float(found.largest.mean()),
        ),
        (
            Text.of("the same: {level:percent} of calibrated models below", level=case.level),
            found.critical(case.level),
        ),
        (Text.of("largest of all segments here"), float(found.standardised.max())),
        (Text.of("all rows: found in 4 of 5 audits if all are off by"), drift * float(found.scatter[0])),
        (Text.of("all rows: five standard errors, what MCGrad calls detectable"), _SIGMAS * found.overall),
        (Text.of("worlds drawn"), len(found.largest)),
    )
    return Table(
        title=Text.of("What chance alone shows, and what could have been found: {what}", what=question.name),
        columns=(Text.of("what"), Text.of("number")),
        rows=rows,
    )
