"""`data-quality.representativeness`: whether the audit rows are of the people that the model is for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    GroupCount,
    Interval,
    LabelScores,
    Measurement,
    Quote,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import FEWEST
from auditkit.statistics import holm, newcombe, own_units, share_ratio, wilson
from auditkit.statistics.shift import CellShares, chi_squared_test, count_cells
from auditkit.testing import below, every, near, not_below, toy_case, with_splits
from auditkit_data_quality.cards import (
    GROUP_SHARE,
    POPULATION_RATIO,
    REFERENCE_RATIO,
    REPRESENTS_CARDS,
    REVERSALS,
)
from auditkit_data_quality.shares import few_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Population = dict[str, dict[str, float]]

_ROUNDED = 0.02
_DRAWS, _FEWEST_EXPECTED = 9_999, 10.0
_MOST_CLASSES, _TWO = 10, 2


def _toy(_: np.random.Generator, *, women: int, reference: int = 200) -> Case[Any]:
    """So many women of 400 people; of 400 people of the reference so many."""
    sides = [
        toy_case(
            ClassScores(("no", "yes"), np.full((400, 2), 0.5)),
            ["no", "yes"] * 200,
            {"sex": ["F"] * some + ["M"] * (400 - some)},
        )
        for some in (women, reference)
    ]
    return with_splits(sides[0], reference=sides[1])


_HALVES: Population = {"sex": {"F": 0.5, "M": 0.5}}
CONTROLS = (
    planted(
        "one in four is a woman, where half of the people and of the reference are",
        partial(_toy, women=100),
        every(
            below(POPULATION_RATIO, 0.7, group={"sex": "F"}),
            below(REFERENCE_RATIO, 0.8, group={"sex": "*"}),
            near(GROUP_SHARE, 0.25, group={"sex": "F"}),
        ),
        population=_HALVES,
        source="a census",
    ),
    clean(
        "half are women, as of the people and of the reference",
        partial(_toy, women=200),
        every(not_below(POPULATION_RATIO, 1.0), not_below(REFERENCE_RATIO, 1.0), near(REVERSALS, 0)),
        population=_HALVES,
        source="a census",
    ),
)


def _accepts(*, data: Any, population: Population | None = None, source: str = "") -> None:
    for name, shares in (population or {}).items():
        if name not in data.groups:
            known = ", ".join(data.groups) or "none"
            raise AuditError(f"option 'population' names '{name}', which is no group", hint=f"[data] groups: {known}")
        total = sum(shares.values())
        if any(share < 0 for share in shares.values()) or abs(total - 1) > _ROUNDED:
            raise AuditError(
                f"option 'population': the shares of '{name}' add up to {total:g}",
                hint="the share of each label, 1 in all: { F = 0.51, M = 0.49 }",
            )
    if population and not source.strip():
        raise AuditError(
            "option 'population' says nothing of where its shares are from", hint='add: source = "census 2020"'
        )


_TOO_FEW = Text.of(
    "so few people of the reference are of this group, or of others that it would give away, that it is withheld"
)


@dataclass(frozen=True)
class Target:
    """What the shares of an attribute should be: of everybody, or as a sample of them has it."""

    metric: str
    name: Text
    shares: Floats
    sample: CellShares | None
    """None: the shares have no sampling error."""
    hidden: Flags
    """[groups]: whose number there is withheld, since so few people of the sample are of them."""


@check(
    "data-quality.representativeness",
    on=None,
    needs=("groups",),
    metrics=REPRESENTS_CARDS,
    accepts=_accepts,
    controls=CONTROLS,
    streams=True,
)
def representativeness(
    case: Case[Any], *, population: Population | None = None, source: str = ""
) -> Iterator[Measurement | Table]:
    """Whether the audit rows are of the people that the model is for.

    The share of each group, in people where the spec names units, held against `[data] reference` and against shares
    that you state, `population = { sex = { F = 0.51, M = 0.49 } }` with their `source`. The intervals of the groups of
    an attribute hold together (Goodman, 1965). The tests ask whether people drawn at random from the population would
    lie as far from its shares: by chi squared, by drawing where few are expected in a group, of a reference by dealing
    out who belongs to which; their p is adjusted by Holm's steps over all tests. Where the data say which class is
    right, it looks for Simpson's paradox: a class that is the more frequent in one group, and the less frequent in it
    within every group of another attribute.
    """
    found: list[tuple[tuple[Any, ...], float]] = []
    for name, codes in case.groups.items():
        labels = _labels_of(case, name, (population or {}).get(name, {}))
        if not labels or not (codes.codes >= 0).any():
            continue
        own = people_of(case, name, labels)
        targets = list(_targets(case, name, labels, population or {}, source))
        told = list(_shares(case, name, labels, own))
        yield from told
        for target in targets:
            yield from _ratios(case, name, labels, own, target)
            p = _p_value(own, target, case.rng(f"{name} {target.metric}"))
            if p is not None:
                rest = tuple(
                    Quote(metric=target.metric, group={name: "*"}, shows=shows) for shows in ("value", "interval")
                )
                found.append(((name, target.name, *rest), p))
        yield _table(name, labels, targets)
    if found:
        yield _tests(found)
    yield from _paradoxes(case)


def _labels_of(case: Case[Any], name: str, stated: Mapping[str, float]) -> tuple[str, ...]:
    """Everything that anybody in the audit, in the reference or in the population can be."""
    theirs = (
        case.reference.groups[name].vocabulary if "reference" in case.keys and name in case.reference.groups else ()
    )
    counts = case.groups[name].counts()
    own = [label for label, count in zip(case.groups[name].vocabulary, counts, strict=True) if count]
    return tuple(dict.fromkeys((*own, *theirs, *stated)))


def people_of(case: Case[Any], name: str, labels: tuple[str, ...]) -> CellShares:
    """Whom the rows are about, by label: each unit once, or rows by weight; who has no label is left out."""
    codes = case.groups[name]
    place = {label: at for at, label in enumerate(labels)}
    own = np.array([*(place.get(label, -1) for label in codes.vocabulary), -1], dtype=np.int64)[codes.codes]
    units = None if case.units is None else own_units(case.units.codes)
    if units is None or case.weights is not None:
        return count_cells(own, len(labels), weights=case.weights, units=units)
    inside = own >= 0
    pairs = np.unique(units[inside] * len(labels) + own[inside])
    return count_cells(pairs % len(labels), len(labels))


def _targets(
    case: Case[Any], name: str, labels: tuple[str, ...], population: Population, source: str
) -> Iterator[Target]:
    if name in population:
        shares = np.array([population[name].get(label, 0.0) for label in labels])
        yield Target(
            POPULATION_RATIO,
            Text.of("{source}", source=source),
            shares / shares.sum(),
            None,
            np.zeros(len(labels), dtype=bool),
        )
    other = case.reference.groups.get(name) if "reference" in case.keys else None
    if other is not None and (other.codes >= 0).any():
        sample = people_of(case.reference, name, labels)
        hidden = few_of(case.reference, name, labels)
        yield Target(REFERENCE_RATIO, Text.of("the reference rows"), sample.shares, sample, hidden)


def _shares(case: Case[Any], name: str, labels: tuple[str, ...], own: CellShares) -> Iterator[Measurement]:
    low, high = goodman(own, case.level)
    for place, label in enumerate(labels):
        value = float(own.shares[place])
        yield Measurement(
            metric=GROUP_SHARE,
            value=value,
            n=own.rows,
            interval=_interval(case, value, float(low[place]), float(high[place]), "goodman"),
            group={name: label},
            better="target",
        )


def goodman(own: CellShares, level: float) -> tuple[Floats, Floats]:
    """[cells] each: intervals of all shares that hold together: Wilson's at Bonferroni's level.

    Source: Goodman (1965), Technometrics 7, 247-254; agrees with statsmodels' `multinomial_proportions_confint`.
    """
    low, high = wilson(own.shares * own.size, own.size, level, comparisons=len(own.shares))
    return np.asarray(low), np.asarray(high)


def _interval(case: Case[Any], value: float, low: float, high: float, method: str) -> Interval:
    return Interval(low=min(low, value), high=max(high, value), level=case.level, method=method, simultaneous=True)


def _ratios(
    case: Case[Any], name: str, labels: tuple[str, ...], own: CellShares, target: Target
) -> Iterator[Measurement]:
    """Each group's share over what it should be, and the smallest of these."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = own.shares / target.shares
        if target.sample is None:
            low, high = (end / target.shares for end in goodman(own, case.level))
            method = "goodman"
        else:
            sides = [(one.shares * one.size, one.size) for one in (own, target.sample)]
            low, high = share_ratio(*sides[0], *sides[1], level=case.level, comparisons=len(labels))
            method = "donner-zou, all groups"
    about: dict[str, Any] = {"metric": target.metric, "n": own.rows, "better": "higher"}
    known = np.flatnonzero((target.shares > 0) & ~target.hidden)
    for place, label in enumerate(labels):
        if target.hidden[place]:
            yield Measurement(value=None, undefined=_TOO_FEW, group={name: label}, **about)
            continue
        if place not in known:
            why = Text.of("nobody there is of this group")
            yield Measurement(value=None, undefined=why, group={name: label}, **about)
            continue
        interval = _interval(case, float(values[place]), float(low[place]), float(high[place]), method)
        yield Measurement(value=float(values[place]), interval=interval, group={name: label}, **about)
    if not len(known):
        yield Measurement(value=None, undefined=_TOO_FEW, group={name: "*"}, **about)
        return
    value = float(values[known].min())
    interval = _interval(case, value, float(np.min(low[known])), float(np.min(high[known])), method)
    # A share is one of everybody, however few a group is.
    compared = tuple(
        GroupCount(label=label, n=None if target.hidden[place] else own.rows, compared=not target.hidden[place])
        for place, label in enumerate(labels)
        if target.shares[place] > 0
    )
    yield Measurement(value=value, interval=interval, group={name: "*"}, compared=compared, **about)


def _p_value(own: CellShares, target: Target, rng: np.random.Generator) -> float | None:
    if target.sample is not None:
        used = (own.shares + target.shares) > 0
        return chi_squared_test(target.sample, own, rng=rng) if np.count_nonzero(used) > 1 else None
    return population_test(own.shares, own.size, target.shares, rng)


def population_test(shares: Floats, size: float, expected: Floats, rng: np.random.Generator) -> float | None:
    """How often people drawn from a population would lie as far from its shares, by Pearson's statistic.

    By the chi squared distribution where ten are expected in each group, else by 9,999 draws. Source: Pearson (1900);
    Agresti (2013), Categorical Data Analysis, section 1.5.

    Args:
        shares: [groups], of the sample.
        size: how many people it is worth.
        expected: [groups], of the population; nobody is drawn of a group that has none.
        rng: where the draws come from.
    """
    from scipy import special

    there = expected > 0
    if (shares[~there] > 0).any():
        return 0.0
    if np.count_nonzero(there) < _TWO:
        return None
    # In an order that labels have no part in.
    order = np.lexsort((shares[there], expected[there]))
    wanted, seen = expected[there][order], shares[there][order]
    found = size * float(((seen - wanted) ** 2 / wanted).sum())
    if size * wanted.min() >= _FEWEST_EXPECTED:
        return float(special.chdtrc(len(wanted) - 1, found))
    people = max(round(size), 1)
    drawn = rng.multinomial(people, wanted / wanted.sum(), size=_DRAWS)
    null = ((drawn - people * wanted) ** 2 / (people * wanted)).sum(axis=1)
    return float((1 + np.count_nonzero(null >= found - 1e-9)) / (1 + _DRAWS))


def _table(name: str, labels: tuple[str, ...], targets: list[Target]) -> Table:
    heads = [Text.of("group"), Text.of("share"), Text.of("interval")]
    for target in targets:
        heads += [target.name if target.sample is None else Text.of("share of the reference"),
                  Text.of("ratio"), Text.of("interval")]  # fmt: skip
    rows = []
    for place, label in enumerate(labels):
        row: list[Any] = [label]
        row += [Quote(metric=GROUP_SHARE, group={name: label}, shows=shows) for shows in ("value", "interval")]
        for target in targets:
            row.append(Text.of("withheld") if target.hidden[place] else round(float(target.shares[place]), 3))
            row += [Quote(metric=target.metric, group={name: label}, shows=shows) for shows in ("value", "interval")]
        rows.append(tuple(row))
    return Table(
        title=Text.of("Shares of people by {attributes}", attributes=name),
        columns=tuple(heads),
        rows=tuple(rows),
        attributes=(name,),
        prominent=True,
    )


def _tests(found: list[tuple[tuple[Any, ...], float]]) -> Table:
    adjusted = holm(np.array([p for _, p in found]))
    heads = ("attribute", "held against", "smallest ratio", "interval", "p", "adjusted p")
    return Table(
        title=Text.of("Whether the people could have been drawn there at random"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple((*cells, p, float(q)) for (cells, p), q in zip(found, adjusted, strict=True)),
    )


def _paradoxes(case: Case[Any]) -> Iterator[Measurement | Table]:
    """Simpson's paradox: where each stratum says the opposite of the whole."""
    if not case.has_targets or isinstance(case.predictions, LabelScores):
        return
    counts = case.targets.counts()
    classes = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    found: list[tuple[Any, ...]] = []
    for name, strata in itertools.permutations(case.groups, 2):
        for place in classes if len(classes) > _TWO else classes[:1]:
            found += _reversed(case, name, strata, int(place))
    yield Measurement(metric=REVERSALS, value=float(len(found)), n=len(case), exact=True)
    if found:
        heads = ("class", "more often in", "than in", "within every group of", "the other way round in groups")
        yield Table(
            title=Text.of("Simpson's paradox: of all people a class is more frequent in one group, within strata less"),
            columns=tuple(Text.of(head) for head in heads),
            rows=tuple(found),
            prominent=True,
        )


def _reversed(case: Case[Any], name: str, strata: str, wanted: int) -> Iterator[tuple[Any, ...]]:
    groups, within = case.groups[name], case.groups[strata]
    known = (groups.codes >= 0) & (within.codes >= 0) & (case.targets.codes >= 0)
    weights = np.ones(len(known)) if case.weights is None else case.weights
    shape = (len(groups.vocabulary), len(within.vocabulary))
    cells = (groups.codes * shape[1] + within.codes)[known]
    sizes, hits = (
        np.bincount(cells, mass, minlength=shape[0] * shape[1]).reshape(shape)
        for mass in (weights[known], weights[known] * (case.targets.codes == wanted)[known])
    )
    for one, other in itertools.permutations(range(shape[0]), 2):
        pair = [one, other]
        if (sizes[pair].sum(axis=1) < FEWEST).any():
            continue
        totals = [(float(hits[at].sum()), float(sizes[at].sum())) for at in pair]
        if float(newcombe(*totals[0], *totals[1], level=case.level).low) <= 0:
            continue
        compared = (sizes[pair] >= FEWEST).all(axis=0)
        shares = hits[pair][:, compared] / sizes[pair][:, compared]
        if compared.sum() >= _TWO and (shares[0] < shares[1]).all():
            labels = [groups.vocabulary[at] for at in pair]
            yield (case.targets.vocabulary[wanted], *labels, strata, int(compared.sum()))
