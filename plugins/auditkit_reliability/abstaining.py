"""`reliability.selective`: how wrong the model is about what it is surest of, and for whom abstaining helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    Chart,
    ClassScores,
    Interval,
    Measurement,
    NotApplicable,
    Quote,
    Series,
    Table,
    Text,
    check,
)
from auditkit.statistics import RiskCoverage, group_means, selective, tellable, untold, widest_mean_difference
from auditkit_reliability.cards_selective import CARDS
from auditkit_reliability.confidence import confidence_of
from auditkit_reliability.planted import SELECTIVE_CONTROLS
from auditkit_reliability.rows import (
    FEWEST_TOLD,
    FLAGGED,
    Attribute,
    Compared,
    Rows,
    measured_gap,
    measured_shares,
    withheld,
)

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

COVERAGES = (0.5, 0.8, 0.9, 0.95)
POINTS = np.linspace(0.05, 1.0, 20)
"""The coverages at which curves are drawn."""

_BETTER = {card.name: card.better for card in CARDS}
_AREAS = {"aurc": "aurc", "excess_aurc": "excess_aurc", "augrc": "augrc"}
_METHOD = "wilson at the size of the influence function's variance"
_EMPTY = "nobody of this group is decided at this coverage"


def accept(*, coverage: float, **_: Any) -> None:
    """Refuse a coverage that is no share.

    Raises:
        AuditError: it is not above 0 and below 1.
    """
    if not 0 < coverage < 1:
        raise AuditError(f"option 'coverage' is '{coverage}'", hint="write a share of the rows, e.g. coverage = 0.8")


@dataclass(frozen=True)
class Decided:
    """The rows with a target, how sure the model is of each, and whether it is wrong."""

    rows: Rows
    confidence: Floats
    wrong: Flags
    curve: RiskCoverage

    def at(self, coverage: float) -> Flags:
        """[n], the rows that the model decides at this coverage, or the next larger one that it can reach."""
        return np.asarray(self.confidence >= self.curve.threshold(coverage))


@check(
    "reliability.selective", on=ClassScores, needs=("targets",), metrics=CARDS, controls=SELECTIVE_CONTROLS,
    accepts=accept,
)  # fmt: skip
def selective_prediction(case: Case[ClassScores], *, coverage: float = 0.8) -> Iterator[Measurement | Table | Chart]:
    """What is gained when the model leaves what it is unsure of to people.

    The rows are taken in the order of the model's confidence: its largest probability, or with a threshold how far the
    score lies from it. The area under the curve of error against coverage says how well confidence tells right from
    wrong; then how often the model is wrong when it decides 50%, 80%, 90% and 95% of the rows; and at one `coverage`,
    for each group, how many of its rows are decided, how often wrongly, and whether abstaining helps one group less.
    Rows of equal confidence enter together, so a coverage can be larger than asked for.
    """
    rows = Rows.of(case, case.targets.codes >= 0)
    if case.predictions.kind == "label":
        raise NotApplicable(
            "only labels were recorded, which say nothing of how sure the model is",
            hint='record a score for each class: [data] scores = ["p_no", "p_yes"]',
        )
    confidence = confidence_of(case)[rows.kept]
    wrong = (case.decisions != case.targets.codes)[rows.kept]
    found = selective(confidence, wrong, level=case.level, **rows.about)
    if found is None:
        yield from (_undefined(name, "no rows have a target") for name in (*_AREAS, "selective_error"))
        return
    decided = Decided(rows, confidence, wrong, found.curve)
    for metric, name in _AREAS.items():
        area = getattr(found, name)
        interval = Interval(low=area.low, high=area.high, level=case.level, method=_METHOD)
        yield Measurement(metric=metric, value=area.value, n=len(rows), interval=interval, better=_BETTER[metric])
    yield from _errors(decided)
    yield from _curve(decided)
    for attribute in rows.attributes(case):
        yield from _by_group(decided, attribute, coverage)


def _undefined(metric: str, why: str) -> Measurement:
    return Measurement(metric=metric, value=None, undefined=Text.of(why), n=0, better=_BETTER[metric])


def _named(coverage: float) -> dict[str, str]:
    return {"coverage": f"{coverage * 100:g}%"}


def _errors(decided: Decided) -> Iterator[Measurement | Table]:
    """How often it is wrong at each coverage, all rows together."""
    rows, told = decided.rows, []
    for coverage in (*COVERAGES, 1.0):
        kept = decided.at(coverage)
        table = rows.count(decided.wrong, np.where(kept, 0, -1), 1)
        about: dict[str, Any] = {} if coverage == 1.0 else {"conditions": _named(coverage)}
        (found,) = measured_shares("selective_error", table, ({},), rows, better="lower", empty=_EMPTY, **about)
        reached = float(rows.shares[kept].sum())
        told.append((coverage, reached, decided.curve.threshold(coverage), Quote.of(found, "n"), Quote.of(found),
                     Quote.of(found, "interval")))  # fmt: skip
        yield found
    names = ("coverage asked for", "coverage reached", "least confidence", "rows decided", "share wrong", "interval")
    yield Table(
        title=Text.of("How often the model is wrong when it decides only what it is surest of"),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(told),
        prominent=True,
    )


def _curve(decided: Decided) -> Iterator[Chart]:
    """Error against coverage, beside the best that any confidence could do with as many errors."""
    rows, risk = decided.rows, float(decided.curve.generalised[-1])
    n = len(rows)
    seen = [one for one in _points(decided) if decided.at(one).sum() >= FEWEST_TOLD]
    if len(seen) < 2:  # noqa: PLR2004  a line has two ends
        return
    places = [int(np.flatnonzero(decided.curve.coverage >= one - 1e-12)[0]) for one in seen]
    across = tuple(float(decided.curve.coverage[place]) for place in places)
    up = tuple(float(decided.curve.risk[place]) for place in places)
    best = tuple(max(0.0, (one - (1 - risk)) / one) for one in across)
    yield Chart(
        kind="line",
        title=Text.of("Error against coverage: how often the model is wrong about the rows that it decides"),
        x_label=Text.of("coverage: share of the rows that the model decides"),
        y_label=Text.of("share of these that are wrong"),
        series=(
            Series(name=Text.of("this model"), x=across, y=up, n=n),
            Series(name=Text.of("confidence that tells nothing"), x=across, y=(risk,) * len(across)),
            Series(name=Text.of("all errors last"), x=across, y=best),
        ),
    )


def _points(decided: Decided) -> list[float]:
    """The coverages that are drawn: those of the grid, each once where ties make them one."""
    reached = {round(float(decided.rows.shares[decided.at(one)].sum()), 9): float(one) for one in POINTS}
    return list(reached.values())


def _by_group(decided: Decided, attribute: Attribute, coverage: float) -> Iterator[Measurement | Chart]:
    """At one coverage: how many of each group are decided, how often wrongly, and what abstaining gains it."""
    rows, kept, groups = decided.rows, decided.at(coverage), len(attribute.labels)
    about: dict[str, Any] = {"conditions": _named(coverage)}
    shares = rows.count(kept, attribute.codes, groups)
    yield from measured_shares(
        "decided_share", shares, attribute.members, rows, better="higher", empty="no rows of this group", **about
    )
    yield measured_gap("decided_share_difference", shares, attribute, rows, **about)
    counts = np.array([_people(decided, attribute, one) for one in (coverage, 1.0)])
    hidden = untold(*counts, fewest=FEWEST_TOLD)
    told = replace(attribute, codes=np.where(np.append(hidden, True)[attribute.codes], -1, attribute.codes))
    errors = rows.count(decided.wrong, np.where(kept, told.codes, -1), groups)
    of_each = measured_shares("selective_error", errors, told.members, rows, better="lower", empty=_EMPTY, **about)
    for one, is_hidden in zip(of_each, hidden, strict=True):
        yield withheld(one) if is_hidden else one
    for gap in (
        measured_gap("selective_error_difference", errors, told, rows, **about),
        _benefit(decided, told, coverage, _people(decided, told, coverage)),
    ):
        parts = zip(gap.compared, hidden, strict=True)
        unsaid = tuple(part.model_copy(update={"n": None}) if is_hidden else part for part, is_hidden in parts)
        yield gap.model_copy(update={"compared": unsaid})
    yield from _group_curves(decided, told, hidden)


def _people(decided: Decided, attribute: Attribute, coverage: float) -> npt.NDArray[np.integer]:
    """[groups], how many people are decided at a coverage."""
    codes = np.where(decided.at(coverage), attribute.codes, -1)
    return np.asarray(decided.rows.count(decided.wrong, codes, len(attribute.labels)).people(FLAGGED))


def _benefit(decided: Decided, attribute: Attribute, coverage: float, people: npt.NDArray[np.integer]) -> Measurement:
    """How much further one group's error falls by abstaining than another's.

    Of each group the error of all its rows less that of those decided: a difference of two ratios of totals over the
    same rows, whose variance is that of their influences' mean.
    """
    rows, groups, kept = decided.rows, len(attribute.labels), decided.at(coverage)
    compared = Compared(attribute, people, rows)
    about: dict[str, Any] = {"conditions": _named(coverage), "method": f"welch over {_over(rows)}"}
    if compared.too_few is not None:
        return compared.measure("abstention_benefit_difference", None, **about)
    wrong, inside, codes = decided.wrong.astype(float), attribute.codes >= 0, attribute.codes
    everyone, some = (
        group_means(wrong, np.where(part, codes, -1), groups, weights=rows.weights).value for part in (inside, kept)
    )
    share = group_means(kept.astype(float), codes, groups, weights=rows.weights).value
    values = np.zeros(len(rows))
    here = codes[inside]
    with np.errstate(divide="ignore", invalid="ignore"):
        of_some = np.where(kept[inside], (wrong[inside] - some[here]) / share[here], 0.0)
        values[inside] = everyone[here] - some[here] + (wrong[inside] - everyone[here]) - of_some
    codes = np.where(np.isin(codes, np.flatnonzero(compared.takes_part)), codes, -1)
    gains = group_means(values, codes, groups, weights=rows.weights, units=rows.units)
    gap = widest_mean_difference(gains.take(compared.takes_part), level=rows.level)
    return compared.measure("abstention_benefit_difference", gap, **about)


def _over(rows: Rows) -> str:
    return "rows" if rows.units is None else "units"


def _group_curves(decided: Decided, attribute: Attribute, hidden: Flags) -> Iterator[Chart]:
    """Error against coverage for each group that is told of, at the coverages that tell of no few people."""
    counts = np.array([_people(decided, attribute, one) for one in POINTS])
    others = [np.count_nonzero(decided.at(one)) - here.sum() for one, here in zip(POINTS, counts, strict=True)]
    told = np.flatnonzero(tellable(np.column_stack([counts[:, ~hidden], others]), fewest=FEWEST_TOLD))
    series = []
    for place, label in enumerate(attribute.labels):
        drawn = [at for at in told if counts[at, place] > 0]
        up = []
        for at in drawn:
            kept = decided.at(POINTS[at]) & (attribute.codes == place)
            mass = decided.rows.shares[kept]
            up.append(float(np.dot(mass, decided.wrong[kept]) / mass.sum()))
        if len(drawn) > 1:
            across = tuple(float(POINTS[at]) for at in drawn)
            series.append(Series(name=label, x=across, y=tuple(up)))
    if len(series) > 1:
        yield Chart(
            kind="line",
            title=Text.of(
                "Error against coverage by {attribute}: does abstaining widen the gap?", attribute=attribute.name
            ),
            x_label=Text.of("coverage: share of all rows that the model decides"),
            y_label=Text.of("share wrong among the group's rows that are decided"),
            series=tuple(series),
        )
