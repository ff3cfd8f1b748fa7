"""`calibration.tests`: whether probabilities could be true, by the tests that clinical papers report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Interval, Measurement, Table, Text, check, clean, planted
from auditkit.statistics import Limits, holm
from auditkit.statistics.calibration import (
    ALIKE,
    ONE_SCORE,
    SEPARATED,
    SURE,
    Kinds,
    Recalibration,
    equal_mass,
    hosmer_lemeshow,
    in_the_large,
    null_of,
    recalibration,
    spiegelhalter,
    summed,
)
from auditkit.testing import above, below, calibrated, every, not_above, not_below, overconfident
from auditkit_calibration.cards_tests import TESTS_CARDS
from auditkit_calibration.chance import draws_for, shares_units
from auditkit_calibration.questions import TAKES, Predicted, Question, questions
from auditkit_calibration.refusing import must_be_probabilities, no_rows

RATIO, INTERCEPT, SLOPE = "observed_expected_ratio", "calibration_intercept", "calibration_slope"
FEWEST = 10
"""Rows that came true, and rows that did not, which a line needs: with fewer it would tell of single persons."""
FEWEST_BINS, MOST_BINS = 3, 100
_FEW = 2_000
_WHY = {
    SURE: "all probabilities are 0 or 1",
    ALIKE: "all rows that count came out alike",
    ONE_SCORE: "all probabilities are the same",
    SEPARATED: "the probabilities separate what came true from what did not: no line is the likeliest",
}

CONTROLS = (
    planted(
        "log odds four times as large as they should be",
        overconfident(4.0),
        every(below(SLOPE, 0.7), above(SLOPE, 0.05), below(RATIO, 0.95), above(RATIO, 0.5)),
    ),
    clean(
        "probabilities that come true as often as they say",
        calibrated(),
        every(
            not_below(SLOPE, 1.0),
            not_above(SLOPE, 1.0),
            not_above(INTERCEPT, 0.0),
            not_below(INTERCEPT, 0.0),
            not_above(RATIO, 1.0),
            not_below(RATIO, 1.0),
        ),
    ),
)


def accept_options(*, bins: int = 10, fitted: bool = False) -> None:  # noqa: ARG001  the host passes all options
    """Refuse a number of bins that no test can do with."""
    if not FEWEST_BINS <= bins <= MOST_BINS:
        raise AuditError(
            f"option 'bins' is '{bins}'",
            hint=f"write a number from {FEWEST_BINS} to {MOST_BINS}; Hosmer and Lemeshow's is bins = 10",
        )


@dataclass(frozen=True)
class _Line:
    """A line of the table: one test of one question."""

    question: Text
    test: Text
    statistic: float | Text
    freedom: int | None = None
    p_value: float = float("nan")
    by: Text = field(default_factory=lambda: Text.of("not made"))


@check(
    "calibration.tests",
    on=TAKES,
    needs=("targets",),
    metrics=TESTS_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
)
def calibration_tests(case: Case[Predicted], *, bins: int = 10, fitted: bool = False) -> Iterator[Measurement | Table]:
    """Whether the probabilities could be true, and in which way they are off.

    Observed over expected says whether they are right in all; the intercept and slope of Cox's recalibration in which
    direction log odds are off. The table tests that all are as they should be: Spiegelhalter's test (two-sided), Hosmer
    and Lemeshow's over tenths, with as many degrees of freedom as bins, since the audit rows are new to the model (with
    `fitted = true` two fewer), Cox's that intercept is 0 and slope 1, and that as many came true as expected. Where
    rows are independent p is found by drawing outcomes from the probabilities themselves, which needs no large sample;
    Cox's is a likelihood ratio. With weights, and where rows share units, tests are those that allow for it, and Hosmer
    and Lemeshow's, which has no such form, is not made. The adjusted p is Holm's over every line; a large one is no
    evidence that probabilities are true: few rows give large ones.
    """
    must_be_probabilities(case)
    asked = list(questions(case))
    lines: list[_Line] = []
    for question in asked:
        yield from _measured(case, question)
        if len(question):
            lines += _lines(case, question, bins=bins, fitted=fitted, draws=draws_for(len(asked)))
    if lines:
        yield _table(lines)


def _weights_units(question: Question) -> tuple[npt.NDArray[np.floating] | None, npt.NDArray[np.integer] | None]:
    """None where they say nothing of the rows."""
    if not len(question):
        return None, None
    weights = None if np.ptp(question.shares) == 0 else question.shares * len(question)
    return weights, question.owners if shares_units(question) else None


def _measured(case: Case[Any], question: Question) -> Iterator[Measurement]:
    about: dict[str, Any] = {"n": len(question), "label": question.label, "better": "target"}
    weights, units = _weights_units(question)
    large = in_the_large(question.scores, question.came_true, level=case.level, weights=weights, units=units)
    if large is None:
        why = Text.of("all probabilities are 0") if len(question) else no_rows(case)
        yield Measurement(metric=RATIO, value=None, undefined=why, **about)
    else:
        interval = _interval(large.limits, case.level, "wilson, observed share")
        yield Measurement(metric=RATIO, value=large.ratio, interval=interval, **about)
    line = _line_of(question, case.level) if len(question) else no_rows(case)
    for metric, part in ((INTERCEPT, "intercept"), (SLOPE, "slope")):
        if isinstance(line, Text):
            yield Measurement(metric=metric, value=None, undefined=line, **about)
            continue
        found = getattr(line, part)
        interval = _interval(found.limits, case.level, _method(line))
        yield Measurement(metric=metric, value=found.value, interval=interval, **{**about, "n": line.n})


def _method(line: Recalibration) -> str:
    if line.method == "robust wald":
        return line.method
    return "profile likelihood" if line.n <= _FEW else "wald"


def _interval(limits: Limits, level: float, method: str) -> Interval:
    return Interval(low=limits.low, high=limits.high, level=level, method=method)


def _line_of(question: Question, level: float) -> Recalibration | Text:
    """Cox's line, or why there is none."""
    hits = int(np.count_nonzero(question.came_true))
    if min(hits, len(question) - hits) < FEWEST:
        return Text.of("fewer than {fewest} rows came true, or fewer did not", fewest=FEWEST)
    weights, units = _weights_units(question)
    found = recalibration(question.scores, question.came_true, level=level, weights=weights, units=units)
    return Text.of(_WHY[found]) if isinstance(found, int) else found


def _lines(case: Case[Any], question: Question, *, bins: int, fitted: bool, draws: int) -> Iterator[_Line]:
    weights, units = _weights_units(question)
    scores, came_true = question.scores, question.came_true
    places = equal_mass(scores, bins)
    drawn = None if units is not None else _drawn(case, question, places, bins, draws)
    name = question.name
    large = in_the_large(scores, came_true, level=case.level, weights=weights, units=units)
    seen = {
        "as many come true as expected": None if large is None else large.z,
        "Spiegelhalter": getattr(spiegelhalter(scores, came_true, weights=weights, units=units), "z", None),
    }
    for place, (test, z) in enumerate(seen.items()):
        if z is None:
            yield _Line(name, Text.of(test), Text.of("the probabilities leave nothing to chance"))
        elif drawn is None:
            p_value = float(2 * _upper(abs(z)))
            yield _Line(name, Text.of(test), z, None, p_value, Text.of("normal, over units"))
        else:
            test_of = null_of(abs(z), np.abs(drawn[place])).test
            yield _Line(name, Text.of(test), z, None, test_of.tail_p, Text.of("{draws} draws", draws=draws))
    yield _hosmer_lemeshow(question, places, drawn, fitted=fitted, draws=draws)
    line = _line_of(question, case.level)
    if isinstance(line, Text):
        yield _Line(name, Text.of("Cox: intercept 0 and slope 1"), line)
    else:
        yield _Line(
            name, Text.of("Cox: intercept 0 and slope 1"), line.statistic, 2, line.p_value, Text.of(line.method)
        )


def _hosmer_lemeshow(question: Question, places: Any, drawn: Any, *, fitted: bool, draws: int) -> _Line:
    words = Text.of("Hosmer-Lemeshow, rows fitted to" if fitted else "Hosmer-Lemeshow")
    weights, units = _weights_units(question)
    if weights is not None or units is not None:
        return _Line(question.name, words, Text.of("it has no form for weights, or for rows that share a unit"))
    found = hosmer_lemeshow(question.scores, question.came_true, places, fitted=fitted)
    if found is None:
        return _Line(question.name, words, Text.of("the probabilities leave nothing to chance in some bin"))
    if fitted:
        # The draws know nothing of a fit.
        by = Text.of("chi-square")
        return _Line(question.name, words, found.statistic, found.freedom, found.p_value, by)
    # On the scale of a normal variable, where the tail of the draws may be continued.
    test = null_of(float(np.sqrt(found.statistic)), drawn[2]).test
    by = Text.of("{draws} draws", draws=draws)
    return _Line(question.name, words, found.statistic, found.freedom, test.tail_p, by)


def _drawn(case: Case[Any], question: Question, places: Any, bins: int, draws: int) -> Any:
    """[3, draws]: z of the total, Spiegelhalter's z and the root of Hosmer and Lemeshow's statistic."""
    kinds = Kinds.of(question.scores, question.shares, places)
    chance = kinds.chances * (1 - kinds.chances)
    lean = 1 - 2 * kinds.chances
    total = np.sqrt(np.sum(kinds.rows * kinds.shares**2 * chance))
    leaning = np.sqrt(np.sum(kinds.rows * kinds.shares**2 * lean**2 * chance))
    rows = np.bincount(kinds.places[0], kinds.rows, minlength=bins)
    mean = np.bincount(kinds.places[0], kinds.rows * kinds.chances, minlength=bins) / np.maximum(rows, 1)
    scatter = rows * mean * (1 - mean) / len(question) ** 2
    kept = scatter > 0
    found: list[list[Any]] = [[], [], []]
    with np.errstate(divide="ignore", invalid="ignore"):
        for block in kinds.residuals(case.rng(f"calibrated worlds: {question.name}"), draws):
            found[0].append(block.sum(axis=1) / total)
            found[1].append(block @ lean / leaning)
            sums = summed(kinds, block, kinds.places[0], bins)[:, kept]
            found[2].append(np.sqrt((sums**2 / scatter[kept]).sum(axis=1)))
    return [np.concatenate(part) for part in found]


def _upper(z: float) -> float:
    from scipy import special

    return float(special.ndtr(-z))


def _table(lines: Sequence[_Line]) -> Table:
    adjusted = holm(np.array([line.p_value for line in lines]))
    rows = []
    for line, p_adjusted in zip(lines, adjusted.tolist(), strict=True):
        made = line.p_value == line.p_value
        freedom = line.freedom if line.freedom is not None else Text.of("z") if made else None
        rows.append(
            (
                line.question,
                line.test,
                line.statistic,
                freedom,
                line.p_value if made else None,
                p_adjusted if made else None,
                line.by,
            )
        )
    names = ("about", "test", "statistic", "degrees of freedom", "p", "adjusted p", "by")
    title = Text.of("Tests that the probabilities are true; p adjusted by Holm over all lines of this check")
    return Table(title=title, columns=tuple(Text.of(name) for name in names), rows=tuple(rows), prominent=True)
