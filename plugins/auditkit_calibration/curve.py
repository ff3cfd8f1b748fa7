"""`calibration.curve`: the reliability diagram, and the scores taken apart by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Area, Case, Chart, Interval, Measurement, Series, Table, Text, check, clean, planted
from auditkit.segments import FEWEST
from auditkit.statistics import Limits, withheld_parts
from auditkit.statistics.calibration import (
    Band,
    Curve,
    Decomposition,
    Deposit,
    brier_limits,
    consistency_band,
    corp_curve,
    decompositions,
    null_of,
)
from auditkit.testing import above, calibrated, every, near, not_above, overconfident
from auditkit_calibration.cards_curve import CURVE_CARDS
from auditkit_calibration.chance import SHARED, shares_units
from auditkit_calibration.questions import TAKES, Predicted, Question, questions
from auditkit_calibration.refusing import must_be_probabilities

MISCALIBRATION, DISCRIMINATION = "brier_miscalibration", "brier_discrimination"
MOST_CHARTS = 6
"""Diagrams that are drawn; of more questions, those with the most rows that came true."""
COLUMNS = 20
POINTS = 200
_SCORES = {"brier_score": "Brier score", "log_loss": "log score"}

CONTROLS = (
    planted("log odds four times as large as they should be", overconfident(4.0), above(MISCALIBRATION, 0.005)),
    clean(
        "probabilities that come true as often as they say",
        calibrated(),
        every(not_above(MISCALIBRATION, 0.001), near(DISCRIMINATION, 1 / 15, 0.001)),
    ),
)


@check("calibration.curve", on=TAKES, needs=("targets",), metrics=CURVE_CARDS, controls=CONTROLS)
def calibration_curve(case: Case[Predicted]) -> Iterator[Measurement | Table | Chart]:
    """How often what was given each probability came true: the reliability diagram.

    The line is the rising curve that fits best what came true (CORP): it has no bins to choose. The bands show where
    the curve of a calibrated model on the same rows would lie: the inner one at each probability by itself, the outer
    one the whole curve at once. A curve that leaves the outer band is not calibrated; below the diagonal the model says
    too much. Steps that fewer than ten people make are joined with their neighbours. The table takes the Brier score
    and the log score apart into what recalibration would win, what the probabilities tell, and what is uncertain
    anyway; beside the first stands what chance makes of it. The bands take rows for independent.
    """
    must_be_probabilities(case)
    asked = [question for question in questions(case) if _can_be_told(question)]
    for question in questions(case):
        if not _can_be_told(question):
            yield from _undefined(question)
    drawn = sorted(asked, key=lambda one: -np.count_nonzero(one.came_true))[:MOST_CHARTS]
    shown = {str(question.name) for question in drawn}
    rows: list[tuple[Any, ...]] = []
    for question in asked:
        curve = corp_curve(question.scores, question.came_true, question.shares)
        parts = decompositions(curve)
        yield from _measured(case, question, parts["brier_score"])
        rng = case.rng(f"band: {question.name}")
        band = consistency_band(question.scores, question.shares, level=case.level, rng=rng)
        rows += _rows(question, parts, band)
        if str(question.name) in shown:
            yield _chart(question, curve, band, case.level)
    if rows:
        yield _table(rows)


def _can_be_told(question: Question) -> bool:
    """Whether enough rows came true, and enough did not, that no step is about a single person."""
    hits = np.count_nonzero(question.came_true)
    return bool(min(hits, len(question) - hits) >= FEWEST)


def _undefined(question: Question) -> Iterator[Measurement]:
    why = Text.of("fewer than {fewest} rows came true, or fewer did not", fewest=FEWEST)
    for metric, better in ((MISCALIBRATION, "lower"), (DISCRIMINATION, "higher")):
        about: dict[str, Any] = {"label": question.label, "better": better, "undefined": why}
        yield Measurement(metric=metric, value=None, n=len(question), **about)


def _measured(case: Case[Any], question: Question, parts: Decomposition) -> Iterator[Measurement]:
    limits = brier_limits(
        question.scores,
        question.came_true,
        question.shares,
        level=case.level,
        rng=case.rng(f"signs: {question.name}"),
        units=question.owners,
    )
    told: tuple[tuple[str, float, Limits, Literal["lower", "higher"]], ...] = (
        (MISCALIBRATION, parts.miscalibration, limits.miscalibration, "lower"),
        (DISCRIMINATION, parts.discrimination, limits.discrimination, "higher"),
    )
    for metric, part, (low, high), better in told:
        value = max(part, 0.0)
        ends = {"low": min(low, value), "high": max(high, value)}
        interval = Interval(**ends, level=case.level, method="basic, wild bootstrap over units")
        about: dict[str, Any] = {"n": len(question), "label": question.label, "better": better}
        yield Measurement(metric=metric, value=value, interval=interval, **about)


def _rows(question: Question, parts: dict[str, Decomposition], band: Band) -> Iterator[tuple[Any, ...]]:
    for name, one in parts.items():
        chance: tuple[Any, ...] = (Text.of("not drawn"),) * 3
        if name == "brier_score":
            null = null_of(one.miscalibration, band.miscalibration)
            chance = (null.mean, null.high, SHARED if shares_units(question) else null.test.p_value)
        told = (one.score, one.miscalibration, *chance, one.discrimination, one.uncertainty)
        yield (question.name, Text.of(_SCORES[name]), *told)


def _table(rows: Sequence[tuple[Any, ...]]) -> Table:
    names = (
        "about", "score", "value", "miscalibration", "by chance, mean", "by chance, 95% below", "p", "discrimination",
        "uncertainty",
    )  # fmt: skip
    title = Text.of("Scores taken apart: value = miscalibration - discrimination + uncertainty")
    return Table(title=title, columns=tuple(Text.of(name) for name in names), rows=tuple(rows), prominent=True)


def _chart(question: Question, curve: Curve, band: Band, level: float) -> Chart:
    across, upwards = _steps(curve)
    places = Deposit.in_bins(question.scores, COLUMNS).places[:, 0]
    counts = np.bincount(places, minlength=COLUMNS)
    hidden = withheld_parts(counts)
    kept = np.unique(np.linspace(0, len(band.scores) - 1, POINTS).round().astype(np.int64))
    xs = _rounded(band.scores[kept])
    areas = (
        ("a calibrated model's curve as a whole ({level:percent})", band.low_everywhere, band.high_everywhere),
        ("a calibrated model's curve, each point ({level:percent})", band.low, band.high),
    )
    return Chart(
        kind="reliability",
        title=Text.of("Reliability: {what}", what=question.name),
        x_label=Text.of("probability that was given"),
        y_label=Text.of("share that came true"),
        series=(Series(name=Text.of("what came true"), x=across, y=upwards, n=len(question)),),
        areas=tuple(
            Area(name=Text.of(words, level=level), x=xs, low=_rounded(low[kept]), high=_rounded(high[kept]))
            for words, low, high in areas
        ),
        counts=tuple(None if away else int(count) for count, away in zip(counts, hidden, strict=True)),
    )


def _steps(curve: Curve) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The ends of each step, of steps joined with the next until each is of ten rows."""
    blocks = curve.blocks
    rows = np.bincount(blocks, curve.rows)
    joined = np.zeros(len(rows), dtype=np.int64)
    inside, step = 0, 0
    for place, count in enumerate(rows):
        if inside >= FEWEST:
            inside, step = 0, step + 1
        joined[place] = step
        inside += count
    if inside < FEWEST and step:
        joined[joined == step] = step - 1
    of_score = joined[blocks]
    mass = np.bincount(of_score, curve.masses)
    heights = np.bincount(of_score, curve.masses * curve.fitted) / mass
    first = np.searchsorted(of_score, np.arange(len(mass)))
    last = np.searchsorted(of_score, np.arange(len(mass)), side="right") - 1
    xs = np.column_stack([curve.scores[first], curve.scores[last]]).ravel()
    return _rounded(xs), tuple(float(height) for height in np.repeat(heights, 2))


def _rounded(values: npt.NDArray[np.floating]) -> tuple[float, ...]:
    """To three digits: a drawing shows no more, and a score to its last digit would name its row."""
    return tuple(float(f"{value:.3g}") for value in values)
