"""`reliability.intervals`: whether predicted numbers lie as far from the truth as the model says they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import AuditError, Case, Chart, Interval, Measurement, NotApplicable, Series, Table, Text, Values, check
from auditkit.statistics import (
    Departure,
    Limits,
    critical_value,
    group_means,
    held_by,
    interval_calibration_error,
    interval_score,
    normal_crps,
    normal_pit,
    pit_distance,
)
from auditkit_reliability.cards_intervals import CARDS
from auditkit_reliability.planted import INTERVAL_CONTROLS
from auditkit_reliability.rows import Floats, Rows, measured_gap, measured_shares

COVERAGE = "central_interval_coverage"
_BETTER = {card.name: card.better for card in CARDS}
_EMPTY = "no rows of this group have a target"
_PROMISES = np.linspace(0.05, 0.95, 19)
_FEWEST = 10
"""Rows that a curve is drawn of."""
_DIGITS = 4
_ROUNDING = 1e-12


def accept(*, interval: float, **_: Any) -> None:
    """Refuse a promise that is no share.

    Raises:
        AuditError: it is not above 0 and below 1.
    """
    if not 0 < interval < 1:
        raise AuditError(
            f"option 'interval' is '{interval}'", hint="write how often intervals should hold: interval = 0.9"
        )


@dataclass(frozen=True)
class Foretold:
    """What the model says of each row that has a target, and how sure it is."""

    rows: Rows
    truth: Floats
    low: Floats
    high: Floats
    promised: float
    """How often the intervals from low to high should hold the truth."""
    pit: Floats | None
    """Of each row the share of its distribution below the truth; None: the model gives two quantiles alone."""
    crps: Floats | None

    @property
    def about(self) -> dict[str, Any]:
        """The conditions of what is measured of the intervals."""
        return {"conditions": {"interval": f"{self.promised * 100:g}%"}}


@check(
    "reliability.intervals", on=Values, needs=("targets",), metrics=CARDS, controls=INTERVAL_CONTROLS, accepts=accept
)
def intervals(case: Case[Values], *, interval: float = 0.9) -> Iterator[Measurement | Table | Chart]:
    """Whether the truth is as far from the predicted numbers as the model says.

    Of a model that gives a standard deviation the prediction is taken as a normal distribution: where in it the truth
    lies should be spread evenly, and its central intervals should hold the truth as often as they promise, over all
    rows and in each group. How far the truth lies off, and how wide the intervals are, is told beside it: narrow
    intervals are only worth something where they hold. Of a model that gives quantiles the outermost two are the
    interval, with the promise that they make.
    """
    found = _foretold(case, interval)
    if len(found.rows) == 0:
        for card in CARDS:
            if not card.name.endswith("_difference"):
                yield Measurement(
                    metric=card.name, value=None, undefined=Text.of("no rows have a target"), n=0, better=card.better
                )
        return
    if found.pit is not None and found.crps is not None:
        yield from _departures(found, found.pit)
        yield from _means(found, "crps", found.crps, found.rows.everyone, ({},))
        yield from _promises(found, found.pit)
        yield _tests(found, found.pit)
    width = found.high - found.low
    score = interval_score(found.low, found.high, found.truth, 1 - found.promised)
    inside = (found.low <= found.truth) & (found.truth <= found.high)
    table = found.rows.count(inside, found.rows.everyone, 1)
    yield from measured_shares(COVERAGE, table, ({},), found.rows, better="target", empty=_EMPTY, **found.about)
    yield from _means(found, "interval_score", score, found.rows.everyone, ({},), **found.about)
    yield from _means(found, "central_interval_width", width, found.rows.everyone, ({},), **found.about)
    for attribute in found.rows.attributes(case):
        groups = len(attribute.labels)
        table = found.rows.count(inside, attribute.codes, groups)
        yield from measured_shares(
            COVERAGE, table, attribute.members, found.rows, better="target", empty=_EMPTY, **found.about
        )
        yield measured_gap(f"{COVERAGE}_difference", table, attribute, found.rows, **found.about)
        yield from _means(found, "central_interval_width", width, attribute.codes, attribute.members, **found.about)
        if found.crps is not None:
            yield from _means(found, "crps", found.crps, attribute.codes, attribute.members)


def _foretold(case: Case[Values], interval: float) -> Foretold:
    rows, said = Rows.of(case, case.truth_known), case.predictions
    truth = np.asarray(case.truth.values[rows.kept], dtype=float)
    values = np.asarray(said.values[rows.kept], dtype=float)
    if said.spread is not None:
        spread = np.asarray(said.spread[rows.kept], dtype=float)
        reach = critical_value(interval) * spread
        pit, crps = normal_pit(values, spread, truth), normal_crps(values, spread, truth)
        return Foretold(rows, truth, values - reach, values + reach, interval, pit, crps)
    if said.quantiles is None or len(said.levels) < 2:  # noqa: PLR2004  an interval has two ends
        raise NotApplicable(
            "the model says nothing of how sure it is of a number",
            hint='name a standard deviation, [data] spread = "sd", or an interval; of a model of a table, '
            'output = "mean-and-spread"',
        )
    low, high = (np.asarray(said.quantiles[rows.kept, end], dtype=float) for end in (0, -1))
    promised = round(said.levels[-1] - said.levels[0], 9)
    return Foretold(rows, truth, low, high, promised, None, None)


def _departures(found: Foretold, pit: Floats) -> Iterator[Measurement]:
    about: dict[str, Any] = {"level": found.rows.level, **found.rows.about}
    measured: dict[str, Departure] = {
        "pit_distance": pit_distance(pit, **about),
        "interval_calibration_error": interval_calibration_error(pit, **about),
    }
    for metric, one in measured.items():
        method = "the value, give or take the band of dvoretzky, kiefer and wolfowitz"
        interval = Interval(low=one.low, high=one.high, level=found.rows.level, method=method)
        yield Measurement(metric=metric, value=one.value, n=len(found.rows), interval=interval, better="lower")


def _means(
    found: Foretold, metric: str, scores: Floats, codes: Any, members: Sequence[dict[str, str]], **about: Any
) -> Iterator[Measurement]:
    """The mean in each group, with Student's interval."""
    means = group_means(scores, codes, len(members), **found.rows.about)
    limits: Limits = means.limits(found.rows.level)
    # Intervals that are all as wide are the model's own doing: nothing is drawn.
    is_exact = float(np.ptp(scores)) <= _ROUNDING * float(np.abs(scores).max())
    for place, group in enumerate(members):
        said: dict[str, Any] = {"metric": metric, "group": group, "better": "lower", "n": int(means.n[place]), **about}
        value = float(means.value[place])
        if said["n"] == 0:
            yield Measurement(value=None, undefined=Text.of(_EMPTY), **said)
            continue
        low, high = float(limits.low[place]), float(limits.high[place])
        interval = None
        if np.isfinite(low) and np.isfinite(high):
            over = "rows" if found.rows.units is None else "units"
            interval = Interval(
                low=max(low, 0.0), high=high, level=found.rows.level, method=f"student, mean over {over}"
            )
        yield Measurement(value=value, interval=None if is_exact else interval, exact=is_exact, **said)


def _promises(found: Foretold, pit: Floats) -> Iterator[Chart]:
    if len(found.rows) < _FEWEST:
        return
    held = held_by(pit, _PROMISES, weights=found.rows.weights)
    promised = tuple(float(one) for one in _PROMISES)
    yield Chart(
        kind="line",
        title=Text.of("How often central intervals hold the truth, at each promise"),
        x_label=Text.of("promised: share of rows whose truth the interval should hold"),
        y_label=Text.of("held: share of rows whose truth it holds"),
        series=(
            Series(name=Text.of("this model"), x=promised, y=tuple(float(one) for one in held), n=len(found.rows)),
            Series(name=Text.of("as promised"), x=promised, y=promised),
        ),
    )


def _tests(found: Foretold, pit: Floats) -> Table:
    """Whether the truth could lie evenly in what the model foretells; told of independent rows that count alike."""
    from scipy import stats

    rows: list[tuple[Any, ...]] = []
    is_plain = found.rows.weights is None and found.rows.units is None and len(pit) > 1
    for name, test in (("Kolmogorov-Smirnov", stats.kstest), ("Cramer-von Mises", stats.cramervonmises)):
        if not is_plain:
            rows.append((Text.of(name), Text.of("not told: rows share units, or have weights"), Text.of("none")))
            continue
        said = test(pit, "uniform")
        rows.append((Text.of(name), *(float(f"{part:.{_DIGITS}g}") for part in (said.statistic, said.pvalue))))
    names = ("test", "statistic", "p")
    return Table(
        title=Text.of("Tests of whether the truth lies evenly within what the model foretells"),
        columns=tuple(Text.of(one) for one in names),
        rows=tuple(rows),
    )
