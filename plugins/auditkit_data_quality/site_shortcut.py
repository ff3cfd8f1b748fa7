"""`data-quality.site-shortcut`: whether a row's site or time tells the target, and whether the inputs tell the site."""

from __future__ import annotations

import zlib
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
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
    clean,
    planted,
)
from auditkit.statistics import family_level, holm, own_units
from auditkit.statistics.shift import Telling, gaussian_gram, tell_samples_apart
from auditkit.testing import above, every, not_above, toy_case, with_model
from auditkit_data_quality.cards import SITE_CARDS, SITE_INPUT, SITE_TARGET
from auditkit_data_quality.cells import Labels, cells_of, input_names
from auditkit_data_quality.impossible_values import moments
from auditkit_data_quality.pictures import are_pictures, facts_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_FEWEST = 10
"""People of either kind that a classifier is asked to tell apart."""
_MOST_KINDS, _MOST_CATEGORIES, _HASHED, _FEW_WORDS = 6, 20, 128, 3


class Coin:
    """A model that knows nothing, and makes no vectors of its rows."""

    def predict(self, inputs: Any) -> ClassScores:
        """Half and half."""
        return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))


def _toy(rng: np.random.Generator, *, share: float, tells: bool) -> Case[Any]:
    """Two hospitals, at the first of which so many are ill and at the other the rest; and a column that tells which."""
    import pandas as pd

    sites = np.arange(100) % 2
    ill = rng.permutation(50) < round(50 * share)
    targets = np.where(sites == 0, np.repeat(ill, 2), ~np.repeat(ill, 2))
    table = pd.DataFrame({"mark": rng.normal(size=100) + 3.0 * sites * tells, "age": rng.normal(size=100)})
    said = ClassScores(("no", "yes"), np.full((100, 2), 0.5))
    names = {"hospital": [("north", "south")[one] for one in sites]}
    made = toy_case(said, np.where(targets, "yes", "no").tolist(), names, inputs=table, positive="yes")
    return with_model(made, Coin())


_HOSPITAL: dict[str, Any] = {"sites": ("hospital",), "most_rows": 200}
CONTROLS = (
    planted(
        "nine in ten are ill at one hospital and one in ten at the other, and a column tells which it is",
        partial(_toy, share=0.9, tells=True),
        every(above(SITE_TARGET, 0.7), above(SITE_INPUT, 0.8)),
        **_HOSPITAL,
    ),
    clean(
        "half are ill at either hospital, and nothing tells which it is",
        partial(_toy, share=0.5, tells=False),
        every(not_above(SITE_TARGET, 0.5), not_above(SITE_INPUT, 0.5)),
        **_HOSPITAL,
    ),
)


def _accepts(*, data: Any, sites: tuple[str, ...] = (), most_rows: int = 500) -> None:
    known = [*data.groups, *([data.input] if isinstance(data.input, str) else data.input or ())]
    for name in sites:
        if name not in known:
            raise AuditError(
                f"option 'sites' names '{name}', which is no column of [data] groups or input",
                hint=f"it knows: {', '.join(known) or 'none'}; name the column of hospitals or scanners in groups",
            )
    if not 50 <= most_rows <= 2000:  # noqa: PLR2004  a matrix of so many squared
        raise AuditError(f"option 'most_rows' is '{most_rows}'", hint="from 50 to 2000: most_rows = 500")


@dataclass(frozen=True)
class Asked:
    """One thing to be told from others by some features."""

    metric: str
    about: dict[str, Any]
    features: Floats
    """[n, d]."""
    wanted: Flags
    """[n], what is to be told."""
    known: Flags
    """[n], the rows in which it is known."""


@check("data-quality.site-shortcut", on=None, metrics=SITE_CARDS, accepts=_accepts, controls=CONTROLS)
def site_shortcut(
    case: Case[Any], *, sites: tuple[str, ...] = (), most_rows: int = 500
) -> Iterator[Measurement | Table]:
    """Whether site or time alone tell the target, and whether the inputs tell the site.

    `sites` names the columns of hospitals, scanners or the like; `[data] period` joins them. A classifier is taught on
    four fifths of the people to tell the target from these alone, and judged on the others: above a half, a model that
    recognises the site does well here and fails elsewhere. Another one is to tell each site from what the model is
    given: from the vectors that it makes of its inputs, else from their columns, the words of texts, and the size,
    brightness and colour of pictures. Where both can be told, the shortcut is open. One row of each person is looked
    at, and of many people `most_rows`; p is by dealing out what is to be told, adjusted by Holm's steps.
    """
    sources = dict(_sources(case, sites))
    if not sources:
        raise NotApplicable(
            "no column is named as a site, and there is no period",
            hint='[[checks]] use = "data-quality.site-shortcut", sites = ["hospital"], of [data] groups',
        )
    asked = [*_of_targets(case, sources), *_of_inputs(case, sites)]
    if not asked:
        raise NotApplicable("there are not ten people each to be told apart: of targets, or of sites")
    level = family_level(case.level, len(asked))
    told = [(one, _told(case, one, most_rows, level)) for one in asked]
    found = [(one, *telling) for one, telling in told if telling is not None]
    if not found:
        raise NotApplicable("there are not ten people each to be told apart: of targets, or of sites")
    measured = [_measured(case, one, telling, rows) for one, telling, rows in found]
    yield from measured
    for name in sites:
        yield from _largest(case, name, measured)
    yield _table(measured, [telling.test.tail_p for _, telling, _ in found])


def _sources(case: Case[Any], sites: tuple[str, ...]) -> Iterator[tuple[str, Floats]]:
    """[n, d] of each site and of the time: what they are, as numbers."""
    for name in sites:
        yield name, _flags(_labels(case, name))
    if case.settings.period:
        codes = case.period
        labels = Labels(codes.codes, codes.vocabulary)
        if case.settings.periods:
            place = {label: at for at, label in enumerate(case.settings.periods)}
            values = np.array([float(place.get(label, -1)) for label in codes.vocabulary])
        else:
            values = moments(labels)
        yield case.settings.period, scaled(np.append(values, np.nan)[codes.codes][:, None])


def _labels(case: Case[Any], name: str) -> Labels:
    if case.has_groups and name in case.groups:
        codes = case.groups[name]
        return Labels(codes.codes, codes.vocabulary)
    found = Labels.of(cells_of(case, name)) if name in input_names(case) else None
    if found is None:
        raise NotApplicable(
            "the column '{name}' names no sites: it is not there, or its cells are files or lists", name=name
        )
    return found


def _flags(labels: Labels) -> Floats:
    """[n, categories]: of the most frequent ones, in an order in which their names have no part."""
    often = np.argsort(-labels.counts(), kind="stable")[:_MOST_CATEGORIES]
    return np.asarray(labels.codes[:, None] == often[None, :], dtype=float)


def scaled(numbers: Floats) -> Floats:
    """[n, d]: less their mean, in standard deviations; 0 where there is none."""
    there = np.isfinite(numbers)
    held = np.where(there, numbers, 0.0)
    count = np.maximum(there.sum(axis=0), 1)
    middle = held.sum(axis=0) / count
    spread = np.sqrt((np.where(there, held - middle, 0.0) ** 2).sum(axis=0) / count)
    return np.asarray(np.where(there, (held - middle) / np.where(spread > 0, spread, 1.0), 0.0))


def _of_targets(case: Case[Any], sources: Mapping[str, Floats]) -> Iterator[Asked]:
    together = np.concatenate(list(sources.values()), axis=1)
    each = (
        [({}, together)]
        if len(sources) == 1
        else [({}, together), *(({"from": name}, one) for name, one in sources.items())]
    )
    for label, wanted, known in _targets(case):
        for conditions, features in each:
            yield Asked(SITE_TARGET, {"label": label, "conditions": conditions}, features, wanted, known)


def _targets(case: Case[Any]) -> Iterator[tuple[str | None, Flags, Flags]]:
    said = case.predictions
    if isinstance(said, ClassScores) and case.has_targets:
        codes, known = case.targets, case.targets.codes >= 0
        for label in case.positives[:_MOST_KINDS]:
            if label in codes.vocabulary:
                yield case.label_for(label), codes.codes == codes.vocabulary.index(label), known
    elif isinstance(said, LabelScores) and case.has_targets:
        for place, label in enumerate(said.labels[:_MOST_KINDS]):
            yield label, case.label_targets[:, place], np.ones(len(case), dtype=bool)
    elif isinstance(said, Values) and case.has_truth and case.truth_known.any():
        numbers, known = case.truth.values, case.truth_known  # noqa: PD011  no pandas
        yield None, numbers > np.median(numbers[known]), known


def _of_inputs(case: Case[Any], sites: tuple[str, ...]) -> Iterator[Asked]:
    if not sites or (features := _features(case, sites)) is None:
        return
    for name in sites:
        labels = _labels(case, name)
        counts, known = labels.counts(), labels.codes >= 0
        often = [int(at) for at in np.argsort(-counts, kind="stable")[:_MOST_KINDS] if counts[at] >= _FEWEST]
        if len(often) > 1 and np.count_nonzero(counts) == 2:  # noqa: PLR2004  the one is told from the other
            about: dict[str, Any] = {"group": {name: "*"}, "compared": _sites(labels)}
            yield Asked(SITE_INPUT, about, features, labels.codes == often[0], known)
            continue
        for place in often:
            yield Asked(SITE_INPUT, {"group": {name: labels.words[place]}}, features, labels.codes == place, known)


def _sites(labels: Labels) -> tuple[GroupCount, ...]:
    counts = zip(labels.words, labels.counts(), strict=True)
    return tuple(GroupCount(label=word, n=int(count), compared=count >= _FEWEST) for word, count in counts if count)


def _largest(case: Case[Any], name: str, measured: list[Measurement]) -> Iterator[Measurement]:
    """The site of several that is told best; all intervals hold together, and so does that of the largest."""
    of_site = [one for one in measured if one.metric == SITE_INPUT and one.group.get(name, "*") != "*" and one.interval]
    if of_site:
        best = max(of_site, key=lambda one: one.value or 0.0)
        ends = [(one.interval.low, one.interval.high) for one in of_site if one.interval]
        assert best.interval is not None  # noqa: S101  as all of them
        update = {"low": max(low for low, _ in ends), "high": max(high for _, high in ends)}
        update["low"] = min(update["low"], best.value or 0.0)
        about = {"group": {name: "*"}, "compared": _sites(_labels(case, name))}
        yield best.model_copy(update={"interval": best.interval.model_copy(update=update), **about})


def _features(case: Case[Any], sites: tuple[str, ...]) -> Floats | None:
    """[n, d]: what the model makes of its inputs, else what they hold but for the sites themselves."""
    if not case.settings.recorded:
        try:
            return scaled(np.asarray(case.embeddings, dtype=float))
        except NotApplicable:
            pass  # then the columns tell
    parts = [part for name in input_names(case) if name not in sites for part in _parts(cells_of(case, name))]
    return np.concatenate(parts, axis=1) if parts else None


def _parts(cells: npt.NDArray[Any]) -> Iterator[Floats]:
    if are_pictures(cells):
        facts = facts_of(cells)
        yield scaled(np.column_stack([facts.brightness, facts.contrast, facts.is_odd_size, facts.is_odd_colour]))
        return
    labels = Labels.of(cells)
    if labels is None:
        return
    numbers = labels.numbers()
    if len(numbers) and not np.isnan(numbers).any():
        of_rows = np.append(numbers, np.nan)[labels.codes][:, None]
        yield scaled(np.column_stack([of_rows, ~np.isfinite(of_rows)]))
    elif len(labels.words) <= _MOST_CATEGORIES:
        yield _flags(labels)
    elif np.median([len(word.split()) for word in labels.words]) >= _FEW_WORDS:
        yield scaled(_words(labels))


def _words(labels: Labels) -> Floats:
    """[n, 128]: square roots of how often words come, by a hash that is the same everywhere."""
    found = np.zeros((len(labels.words) + 1, _HASHED))
    for row, text in enumerate(labels.words):
        for word in text.lower().split():
            found[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % _HASHED] += 1
    return np.asarray(np.sqrt(found[labels.codes]))


def _told(case: Case[Any], asked: Asked, most_rows: int, level: float) -> tuple[Telling, int] | None:
    """How well it is told, and of how many rows: one a person, in an order that what they hold decides."""
    rng = case.rng(f"{asked.metric} {int(asked.wanted[asked.known].sum())} {asked.features.shape[1]}")
    known = asked.known if case.weights is None else asked.known & (case.weights > 0)
    rows = np.flatnonzero(known)
    columns = np.column_stack([asked.wanted[rows], np.round(asked.features[rows], 9)])
    rows = rows[np.lexsort(columns.T[::-1])]
    if case.units is not None:
        owners = own_units(case.units.codes)[rows]
        drawn = rng.permutation(len(rows))
        rows = rows[np.sort(drawn[np.unique(owners[drawn], return_index=True)[1]])]
    if len(rows) > most_rows:
        rows = rows[np.sort(rng.permutation(len(rows))[:most_rows])]
    wanted = asked.wanted[rows]
    if min(wanted.sum(), (~wanted).sum()) < _FEWEST:
        return None
    told = tell_samples_apart(gaussian_gram(asked.features[rows]), wanted, rng=rng, level=level)
    return None if told is None else (told, len(rows))


def _measured(case: Case[Any], asked: Asked, told: Telling, rows: int) -> Measurement:
    interval = Interval(
        low=told.low, high=told.high, level=case.level, method="cross-validated, logit, no shorter than the deals",
        simultaneous=True,
    )  # fmt: skip
    return Measurement(metric=asked.metric, value=told.value, n=rows, interval=interval, **asked.about)


def _table(measured: list[Measurement], tests: list[float]) -> Table:
    adjusted = holm(np.array(tests))
    rows = []
    for one, p, q in zip(measured, tests, adjusted, strict=True):
        if one.metric == SITE_TARGET:
            source = one.conditions.get("from")
            by: Any = source or Text.of("site and time")
            what: Any = one.label or Text.of("the target")
        else:
            by, what = (
                Text.of("what the model is given"),
                " ".join(f"{name} {label}" for name, label in one.group.items()),
            )
        rows.append((what, by, Quote.of(one), Quote.of(one, "interval"), Quote.of(one, "n"), p, float(q)))
    heads = ("is told", "by", "area", "interval", "people", "p", "adjusted p")
    return Table(
        title=Text.of("What a classifier tells of people whom it did not learn from; a half is guessing"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(rows),
        prominent=True,
    )
