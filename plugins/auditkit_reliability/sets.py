"""`reliability.conformal`: sets of classes that hold the truth as often as they promise, and for whom they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditkit import AuditError, Case, ClassScores, Interval, Measurement, NotApplicable, Quote, Table, Text, check
from auditkit.statistics import (
    CoverageLaw,
    bounded_mean,
    family_level,
    group_means,
    holm,
    own_units,
    threshold_of,
    untold,
    widest_mean_difference,
)
from auditkit_reliability.cards_conformal import CARDS
from auditkit_reliability.planted import CONFORMAL_CONTROLS
from auditkit_reliability.rows import (
    FLAGGED,
    Attribute,
    Compared,
    Flags,
    Floats,
    Integers,
    Rows,
    measured_gap,
    measured_shares,
    withheld,
)

COVERAGE, SHORTFALL, SIZE = "conformal_coverage", "conformal_shortfall", "mean_set_size"
_SPLITS = ("audit", "reference")
_METHOD = "beta-binomial law of {n} calibration rows"
_EMPTY = "no rows of this group are judged"
_DIGITS = 4


def accept(*, alpha: float, calibrate: str, **_: Any) -> None:
    """Refuse a promise that is none, and a split that there is not.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if not 0 < alpha < 1:
        raise AuditError(f"option 'alpha' is '{alpha}'", hint="write how often a set may miss the truth: alpha = 0.1")
    if calibrate not in _SPLITS:
        raise AuditError(
            f"option 'calibrate' is '{calibrate}'",
            hint='write "audit", for a half of the audit rows, or "reference", for the rows of [data] reference',
        )


@dataclass(frozen=True)
class Sets:
    """The rows that are judged, and what their sets hold."""

    rows: Rows
    """`kept`: their places in the case; one row of each unit."""
    law: CoverageLaw
    targets: Integers
    sizes: Integers
    covered: Flags

    def shortfall(self, flags: Flags, level: float) -> tuple[float, float, float, float]:
        """How far the coverage of some rows is below the law's, from where to where, and the p of the law."""
        rows, covered = len(flags), int(flags.sum())
        low, high = self.law.limits(covered, rows, level)
        mean = self.law.mean
        return mean - covered / rows, mean - high, mean - low, self.law.p_value(covered, rows)


@check(
    "reliability.conformal", on=ClassScores, needs=("targets",), metrics=CARDS, controls=CONFORMAL_CONTROLS,
    accepts=accept,
)  # fmt: skip
def conformal(
    case: Case[ClassScores], *, alpha: float = 0.1, calibrate: str = "audit"
) -> Iterator[Measurement | Table]:
    """Whether sets of classes hold the truth as often as they promise, for everyone.

    On calibration rows the score is found that the true class reaches in all but a share `alpha` of them; the set of a
    row is every class that reaches it (split-conformal prediction). The calibration rows are a random half of the audit
    rows, or with `calibrate = "reference"` the reference rows, which then must be like the audit rows. Coverage is
    judged by the law that it has when rows are exchangeable, beta-binomial, which knows how few calibration rows there
    were: of all rows, of each group and of each class. Sets of one size have no such law, for an empty set never holds
    the truth. Of rows that share a unit one is drawn.
    """
    if case.predictions.kind == "label":
        raise NotApplicable(
            "only labels were recorded, and sets are made of scores",
            hint='record a score for each class: [data] scores = ["p_no", "p_yes"]',
        )
    if case.weights is not None:
        raise NotApplicable("rows have weights, and the law of coverage is one of rows that count alike")
    sets = _sets(case, alpha, calibrate)
    if isinstance(sets, str):
        for card in CARDS:
            if not card.name.endswith("_difference"):
                yield Measurement(metric=card.name, value=None, undefined=Text.of(sets), n=0, better=card.better)
        return
    told = [*_overall(sets), *_classes(case, sets), *_set_sizes(sets)]
    yield _mean_size(sets, sets.rows.everyone >= 0, len(case.predictions.classes), {})
    for attribute in sets.rows.attributes(case):
        hidden = untold(*(np.bincount(attribute.codes[attribute.codes >= 0], minlength=len(attribute.labels)),) * 2)
        open_to_all = replace(attribute, codes=np.where(np.append(hidden, True)[attribute.codes], -1, attribute.codes))
        told += _groups(sets, open_to_all)
        yield from _sizes(sets, attribute, open_to_all, hidden, len(case.predictions.classes))
    for one in told:
        yield one.coverage
        if one.shortfall is not None:
            yield one.shortfall
    yield _law_table(sets, told)


@dataclass(frozen=True)
class _Told:
    """The coverage of some of the rows, held against the law."""

    name: str | Text
    coverage: Measurement
    shortfall: Measurement | None = None
    """None: there is no law to hold it against."""
    p: float = 1.0


def _sets(case: Case[ClassScores], alpha: float, calibrate: str) -> Sets | str:
    """The sets of the rows that are judged, or why there are none."""
    known = np.flatnonzero(case.targets.codes >= 0)
    if len(known) == 0:
        return "no rows have a target"
    rows = _one_of_each(case, known, case.rng("units"))
    judged, strange = rows, None
    if calibrate == "reference":
        other = case.reference
        there = _one_of_each(other, np.flatnonzero(other.targets.codes >= 0), case.rng("units of the reference"))
        strange = _strangeness(other, there)
    else:
        dealt = rows[case.rng("halves").permutation(len(rows))]
        half = len(rows) // 2
        strange, judged = _strangeness(case, dealt[:half]), np.sort(dealt[half:])
    law = CoverageLaw.of(len(strange), alpha)
    if law.is_vacuous:
        return "too few rows to calibrate on: a set would hold every class"
    if len(judged) == 0:
        return "no rows are left to judge"
    bound = -threshold_of(strange, alpha)
    scores, targets = np.asarray(case.predictions.scores[judged], dtype=float), case.targets.codes[judged]
    inside = scores >= bound
    about = Rows(judged, None, None, case.level, case.min_group_size)
    return Sets(about, law, targets, inside.sum(axis=1), inside[np.arange(len(judged)), targets])


def _strangeness(case: Case[ClassScores], rows: Integers) -> Floats:
    """[rows]: less the score of the true class."""
    return -np.asarray(case.predictions.scores[rows, case.targets.codes[rows]], dtype=float)


def _one_of_each(case: Case[ClassScores], rows: Integers, rng: np.random.Generator) -> Integers:
    """The places of one row of each unit, in an order that does not depend on that of the rows.

    By what the model says, what is true, and of rows alike in that how large their groups are, never by a name.
    """
    keys: list[Any] = [case.targets.codes[rows], *np.asarray(case.predictions.scores[rows], dtype=float).T]
    if case.has_groups:
        for codes in case.groups.values():
            here = codes.codes[rows]
            keys.append(np.bincount(here + 1)[here + 1])
    ordered = rows[np.lexsort(keys)]
    if case.units is None:
        return ordered
    units = own_units(case.units.codes[ordered])
    if len(np.unique(units)) == len(units):
        return ordered
    mixed = rng.permutation(len(ordered))
    _, first = np.unique(units[mixed], return_index=True)
    return ordered[np.sort(mixed[first])]


def _held(sets: Sets, name: str | Text, inside: Flags, coverage: Measurement, level: float) -> _Told | None:
    """The coverage of some rows beside the law; None of no rows."""
    if coverage.value is None or not inside.any():
        return None
    value, low, high, p = sets.shortfall(sets.covered[inside], level)
    interval = Interval(
        low=min(low, value), high=max(high, value), level=sets.rows.level,
        method=_METHOD.format(n=sets.law.calibration), simultaneous=level > sets.rows.level,
    )  # fmt: skip
    gone = {"metric": SHORTFALL, "better": "lower", "value": value, "interval": interval}
    return _Told(name, coverage, coverage.model_copy(update=gone), p)


def _coverage(sets: Sets, codes: Integers, members: Sequence[dict[str, str]], **about: Any) -> list[Measurement]:
    table = sets.rows.count(sets.covered, codes, len(members))
    return list(measured_shares(COVERAGE, table, members, sets.rows, better="target", empty=_EMPTY, **about))


def _overall(sets: Sets) -> Iterator[_Told]:
    everyone = np.ones(len(sets.rows), dtype=bool)
    (coverage,) = _coverage(sets, sets.rows.everyone, ({},))
    told = _held(sets, Text.of("all rows"), everyone, coverage, sets.rows.level)
    if told is not None:
        yield told


def _classes(case: Case[ClassScores], sets: Sets) -> Iterator[_Told]:
    names = case.predictions.classes
    present = [place for place in range(len(names)) if (sets.targets == place).any()]
    level = family_level(sets.rows.level, max(len(present), 1))
    for place in present:
        inside = sets.targets == place
        (coverage,) = _coverage(sets, np.where(inside, 0, -1), ({},), label=names[place])
        told = _held(sets, Text.of("class {name}", name=names[place]), inside, coverage, level)
        if told is not None:
            yield told


def _set_sizes(sets: Sets) -> Iterator[_Told]:
    """Without a law: the size of a set says something of whether it holds the truth, and an empty one never does."""
    for size in np.unique(sets.sizes).tolist():
        inside = np.where(sets.sizes == size, 0, -1)
        (coverage,) = _coverage(sets, inside, ({},), conditions={"set size": str(size)})
        yield _Told(Text.of("sets of {size}", size=size), coverage)


def _groups(sets: Sets, attribute: Attribute) -> Iterator[_Told]:
    """The coverage of each group that can be told of."""
    present = [place for place in range(len(attribute.labels)) if (attribute.codes == place).any()]
    level = family_level(sets.rows.level, max(len(present), 1))
    coverage = _coverage(sets, attribute.codes, attribute.members)
    for place in present:
        told = _held(sets, attribute.labels[place], attribute.codes == place, coverage[place], level)
        if told is not None:
            yield told


def _sizes(sets: Sets, attribute: Attribute, told: Attribute, hidden: Flags, classes: int) -> Iterator[Measurement]:
    """How large the sets of each group are, and how far the groups lie apart in coverage and in size."""
    rows, groups = sets.rows, len(attribute.labels)
    for place, member in enumerate(attribute.members):
        found = _mean_size(sets, attribute.codes == place, classes, member)
        yield withheld(found) if hidden[place] else found
    covered = rows.count(sets.covered, told.codes, groups)
    compared = Compared(told, np.asarray(covered.people(FLAGGED)), rows)
    gaps = [measured_gap(f"{COVERAGE}_difference", covered, told, rows)]
    gap = None
    if compared.too_few is None:
        means = group_means(sets.sizes.astype(float), told.codes, groups)
        gap = widest_mean_difference(means.take(compared.takes_part), level=rows.level)
    gaps.append(compared.measure(f"{SIZE}_difference", gap, method="welch over rows"))
    for one in gaps:
        parts = zip(one.compared, hidden, strict=True)
        unsaid = tuple(part.model_copy(update={"n": None}) if is_hidden else part for part, is_hidden in parts)
        yield one.model_copy(update={"compared": unsaid})


def _mean_size(sets: Sets, inside: Flags, classes: int, group: dict[str, str]) -> Measurement:
    found = bounded_mean(sets.sizes[inside] / classes, level=sets.rows.level)
    about: dict[str, Any] = {"metric": SIZE, "group": group, "better": "lower", "n": int(inside.sum())}
    if found is None or found.limits is None:
        return Measurement(value=None, undefined=Text.of(_EMPTY), **about)
    low, high = (float(end) * classes for end in found.limits)
    value = found.value * classes
    interval = Interval(
        low=min(low, value), high=max(high, value), level=sets.rows.level, method="wilson, bounded mean"
    )
    return Measurement(value=value, interval=interval, **about)


def _law_table(sets: Sets, told: Sequence[_Told]) -> Table:
    """What is covered, beside what the law lets chance make of it."""
    judged = [one for one in told if one.shortfall is not None]
    adjusted = iter(holm(np.array([one.p for one in judged])).tolist())
    low, high = sets.law.quantiles(0.05, 0.95)
    rows: list[tuple[Any, ...]] = []
    for one in told:
        quotes = (Quote.of(one.coverage, "n"), Quote.of(one.coverage), Quote.of(one.coverage, "interval"))
        if one.shortfall is None:
            rows.append((one.name, *quotes, Text.of("none"), Text.of("none"), Text.of("no promise")))
            continue
        p = next(adjusted)
        verdict = "as the law says"
        if p <= 1 - sets.rows.level:
            verdict = "less often" if (one.shortfall.value or 0.0) > 0 else "more often"
        numbers = (float(f"{part:.{_DIGITS}g}") for part in (one.p, p))
        rows.append((one.name, *quotes, *numbers, Text.of(verdict)))
    names = ("rows", "judged", "covered", "interval", "p of the law", "adjusted p", "beside the law")
    return Table(
        title=Text.of(
            "Coverage held against its law: {n} calibration rows promise {mean:share}, and nine in ten such "
            "calibrations cover between {low:share} and {high:share}; p adjusted over all lines by Holm",
            n=sets.law.calibration,
            mean=sets.law.mean,
            low=float(low),
            high=float(high),
        ),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        prominent=True,
    )
