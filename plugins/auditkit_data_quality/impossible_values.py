"""`data-quality.impossible-values`: what cannot be, by what the user says or by itself, and what lies far."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Measurement,
    NotApplicable,
    Quote,
    Rankings,
    Table,
    Text,
    canonical_label,
    check,
    clean,
    planted,
)
from auditkit.testing import every, near, toy_case
from auditkit_data_quality.cards import (
    IMPOSSIBLE,
    IMPOSSIBLE_CARDS,
    IMPOSSIBLE_ROW_GAP,
    IMPOSSIBLE_ROW_RATE,
    IMPOSSIBLE_ROWS,
    OUTLIERS,
)
from auditkit_data_quality.cells import Labels, cells_of, input_names
from auditkit_data_quality.pictures import are_pictures, facts_of
from auditkit_data_quality.shares import Rate, by_attribute, share_of, told_by_group

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
Ranges = dict[str, tuple[float, ...]]
Allowed = dict[str, tuple[str | int | float | bool, ...]]

FAULTS = (
    "infinite", "no number", "out of range", "not allowed", "in the future", "out of order", "blank",
    "broken letters", "one colour", "no such item",
)  # fmt: skip
"""Bits of a mark: what cannot be."""
FAR = ("robust z", "quartiles", "size", "colour")
"""And what lies far from the rest, or is unlike most."""
_FLAT = len(FAULTS) + len(FAR)
"""The bit of all rows of a column more than half of which are equal: nothing lies far then."""
CUT, _TO_SIGMA, FENCE = 3.5, 0.6744897501960817, 1.5
_FEWEST_DISTINCT, _FEWEST = 10, 30
_WORDS_OF_A_TEXT, _LONG = 3, 100
_BROKEN = re.compile("\N{REPLACEMENT CHARACTER}|[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\u00ef\u00bf\u00bd")
"""What UTF-8 looks like that was read as Latin-1 or Windows-1252, and what a reader writes for what it cannot read."""
_ITEMS = "interactions"
_HALF = 0.5


def _toy(_: np.random.Generator, *, age: float) -> Case[Any]:
    """200 people from 20 to 79, one of whom has this age."""
    import pandas as pd

    ages = 20.0 + np.arange(200) % 60
    ages[7] = age
    said = ClassScores(("no", "yes"), np.full((200, 2), 0.5))
    return toy_case(said, None, {"sex": ["FM"[row % 2] for row in range(200)]}, inputs=pd.DataFrame({"age": ages}))


_SAID: dict[str, Any] = {"ranges": {}, "allowed": {}, "order": (), "as_of": None}
"""Nothing is: what the user says of their data is not said of a control's."""
CONTROLS = (
    planted(
        "one of 200 people is 430 years old",
        partial(_toy, age=430.0),
        every(
            near(IMPOSSIBLE_ROWS, 1), near(OUTLIERS, 0.005, conditions={"column": "age", "by": "robust z"}, group={})
        ),
        **_SAID | {"ranges": {"age": (0.0, 120.0)}},
    ),
    planted(
        "the age of one of 200 people is infinite",
        partial(_toy, age=float("inf")),
        near(IMPOSSIBLE_ROWS, 1),
        **_SAID,
    ),
    clean(
        "200 people from 20 to 79",
        partial(_toy, age=27.0),
        every(near(IMPOSSIBLE_ROWS, 0), near(IMPOSSIBLE_ROW_GAP, 0.0)),
        **_SAID | {"ranges": {"age": (0.0, 120.0)}},
    ),
)


def _accepts(
    *,
    data: Any,
    ranges: Ranges | None = None,
    allowed: Allowed | None = None,
    order: Sequence[Sequence[str]] = (),
    as_of: date | None = None,  # noqa: ARG001  any date will do
) -> None:
    given = (data.input,) if isinstance(data.input, str) else tuple(data.input or ())
    known = {*given, *data.groups, *((data.period,) if data.period else ()), "rating"}
    named = [*(("ranges", name) for name in ranges or {}), *(("allowed", name) for name in allowed or {})]
    named += [("order", name) for pair in order for name in pair]
    for option, name in named:
        if name not in known:
            raise AuditError(
                f"option '{option}' names '{name}', which is no column of [data] input, groups or period",
                hint=f"it knows: {', '.join(sorted(known - {'rating'})) or 'none'}; rating is that of interactions",
            )
    for name, ends in (ranges or {}).items():
        if len(ends) not in {1, 2} or (len(ends) == 2 and ends[0] > ends[1]):  # noqa: PLR2004  two ends
            raise AuditError(
                f"option 'ranges' of '{name}' is {list(ends)}",
                hint="the least and the most, [0, 120], or the least, [0]",
            )


@check("data-quality.impossible-values", on=None, metrics=IMPOSSIBLE_CARDS, accepts=_accepts, controls=CONTROLS)
def impossible_values(
    case: Case[Any],
    *,
    ranges: Ranges | None = None,
    allowed: Allowed | None = None,
    order: tuple[tuple[str, str], ...] = (),
    as_of: date | None = None,
) -> Iterator[Measurement | Table]:
    """What cannot be, by your ranges or by itself, and what lies far from the rest.

    You say what can be: `ranges = { age = [0, 120] }` (one number: at least), `allowed = { sex = ["F", "M"] }`,
    `order = [["admitted", "discharged"]]`, and with `as_of` the day after which no date of the data can lie. By itself
    it finds numbers that are infinite, cells of nothing but spaces, letters that were read in the wrong encoding,
    pictures of one colour, and items that the table of items does not hold. Apart from these it names what lies far
    from the rest of its column (of texts by length, of pictures by brightness): a robust z, by the median and the
    median distance from it, beyond 3.5, and what lies beyond 1.5 times the distance of the quartiles; and pictures of
    another size or with other colours than most. What is rare is not wrong: that is told, and no rule is meant for it.
    """
    said = {
        "ranges": {name: list(ends) for name, ends in (ranges or {}).items()},
        "allowed": {name: [canonical_label(one) for one in some] for name, some in (allowed or {}).items()},
        "order": [list(pair) for pair in order],
        "as_of": None if as_of is None else as_of.isoformat(),
    }
    names = _names(case)
    if not names:
        raise NotApplicable("there is no column to look at", hint='name them: [data] input = ["age"], groups = ["sex"]')
    bits = {name: np.asarray(case.compute(marks, name=name, **said), dtype=np.int64) for name in names}
    faults = {
        (name, fault): found >> place & 1 == 1 for name, found in bits.items() for place, fault in enumerate(FAULTS)
    }
    wanted = {key: flags for key, flags in faults.items() if flags.any() or _is_asked(key, said)}
    yield from _told(case, IMPOSSIBLE, "fault", wanted, Text.of("What cannot be"))
    rows = np.any(list(faults.values()), axis=0)
    count = float(np.count_nonzero(rows))
    yield Measurement(metric=IMPOSSIBLE_ROWS, value=count, n=len(case), exact=True)
    yield from share_of(case, IMPOSSIBLE_ROW_RATE, rows)
    for grouping in by_attribute(case):
        yield from share_of(case, IMPOSSIBLE_ROW_RATE, rows, grouping)
    about = Rate(IMPOSSIBLE_ROW_GAP, IMPOSSIBLE_ROW_GAP, Text.of("Rows with what cannot be"))
    yield from told_by_group(case, about, {"any": rows})
    yield from _of_the_far(case, bits)


def _is_asked(key: tuple[str, str], said: Mapping[str, Any]) -> bool:
    name, fault = key
    asked = {"out of range": said["ranges"], "not allowed": said["allowed"]}
    return name in asked.get(fault, ()) or (fault == "out of order" and any(name == pair[0] for pair in said["order"]))


def _of_the_far(case: Case[Any], bits: Mapping[str, Integers]) -> Iterator[Measurement | Table]:
    far = {
        (name, by): found >> (len(FAULTS) + place) & 1 == 1
        for name, found in bits.items()
        for place, by in enumerate(FAR)
    }
    yield from _told(
        case, OUTLIERS, "by", {key: flags for key, flags in far.items() if flags.any()},
        Text.of("What lies far from the rest of its column, or is unlike most: rare is not wrong"),
    )  # fmt: skip
    for name, found in bits.items():
        if len(found) and (found >> _FLAT & 1 == 1).all():
            why = Text.of("more than half of the cells are equal, so that all others would lie far from them")
            yield Measurement(
                metric=OUTLIERS, value=None, undefined=why, n=len(case), conditions={"column": name, "by": "robust z"}
            )


def _told(
    case: Case[Any], metric: str, key: str, flags: Mapping[tuple[str, str], Flags], title: Text
) -> Iterator[Measurement | Table]:
    rows = []
    for (name, what), found in flags.items():
        conditions = {"column": name, key: what}
        told = [*share_of(case, metric, found, conditions=conditions)]
        if found.any():
            told += [one for grouping in by_attribute(case)
                     for one in share_of(case, metric, found, grouping, conditions=conditions)]  # fmt: skip
        yield from told
        rows.append((name, Text.of(what), Quote.of(told[0]), Quote.of(told[0], "interval")))
    if rows:
        heads = ("column", "what", "share of rows", "interval")
        yield Table(
            title=title,
            columns=tuple(Text.of(head) for head in heads),
            rows=tuple(rows),
            prominent=metric == IMPOSSIBLE,
        )


def _names(case: Case[Any]) -> tuple[str, ...]:
    groups = tuple(case.groups) if case.has_groups else ()
    period = (case.settings.period,) if case.settings.period else ()
    of_users = (_ITEMS,) if isinstance(case.predictions, Rankings) and case.has_truth else ()
    return tuple(dict.fromkeys((*input_names(case), *groups, *period, *of_users)))


def marks(
    case: Case[Any],
    *,
    name: str,
    ranges: dict[str, Any],
    allowed: dict[str, Any],
    order: list[list[str]],
    as_of: str | None,
) -> Integers:
    """[n]: what cannot be of a column's cells, and what lies far, as bits in the order of FAULTS and FAR."""
    found: dict[str, Flags] = {}
    if name == _ITEMS and name not in input_names(case):
        return _in_bits(_of_interactions(case, ranges.get("rating")), len(case))
    if name in input_names(case):
        cells = cells_of(case, name)
        if are_pictures(cells):
            return _in_bits(_of_pictures(case, cells), len(case))
    labels = _labels(case, name)
    if labels is None:
        return _in_bits({}, len(case))
    found |= _by_itself(labels) | _as_said(labels, name, ranges=ranges, allowed=allowed, as_of=as_of)
    for first, second in order:
        other = _labels(case, second) if first == name else None
        if other is not None:
            found["out of order"] = found.get("out of order", False) | _is_later(labels, other)
    found |= _far(case, labels)
    return _in_bits(found, len(case))


def _by_itself(labels: Labels) -> dict[str, Flags]:
    numbers, there = labels.numbers(), labels.counts() > 0
    are_numbers = bool(there.any()) and float(np.isnan(numbers[there]).mean()) < _HALF
    return {
        "infinite": labels.flagged(np.isinf(numbers) & are_numbers),
        "blank": labels.flagged(np.array([not word.strip() for word in labels.words], dtype=bool)),
        "broken letters": labels.flagged(np.array([bool(_BROKEN.search(word)) for word in labels.words], dtype=bool)),
    }


def _as_said(
    labels: Labels, name: str, *, ranges: dict[str, Any], allowed: dict[str, Any], as_of: str | None
) -> dict[str, Flags]:
    found = {}
    if name in ranges:
        numbers = labels.numbers()
        least, most = (*ranges[name], np.inf)[:2]
        found["out of range"] = labels.flagged(((numbers < least) | (numbers > most)) & np.isfinite(numbers))
        found["no number"] = labels.flagged(np.isnan(numbers))
    if name in allowed:
        found["not allowed"] = labels.flagged(
            np.array([word not in allowed[name] for word in labels.words], dtype=bool)
        )
    if as_of is not None:
        # Any time of that day is not after it.
        found["in the future"] = labels.flagged(moments(labels) >= date.fromisoformat(as_of).toordinal() + 1)
    return found


def _in_bits(found: Mapping[str, Flags], rows: int) -> Integers:
    bits = np.zeros(rows, dtype=np.int64)
    for place, name in enumerate((*FAULTS, *FAR, "flat")):
        if name in found:
            bits |= found[name].astype(np.int64) << place
    return bits


def _labels(case: Case[Any], name: str) -> Labels | None:
    if name in input_names(case):
        return Labels.of(cells_of(case, name))
    if case.has_groups and name in case.groups:
        codes = case.groups[name]
        return Labels(codes.codes, codes.vocabulary)
    if case.settings.period and name in {case.settings.period, "period"}:
        return Labels(case.period.codes, case.period.vocabulary)
    return None


def moments(labels: Labels) -> Floats:
    """[words]: days since the year 1 of dates and times in ISO 8601, parts of days with them; NaN of all else."""
    return np.array([_moment(word) for word in labels.words], dtype=np.float64)


def _moment(word: str) -> float:
    try:
        when = datetime.fromisoformat(word.strip())
    except ValueError:
        return float("nan")
    return when.toordinal() + (when.hour * 3600 + when.minute * 60 + when.second) / 86400


def _is_later(first: Labels, second: Labels) -> Flags:
    """[n]: where both are known, as numbers or as dates, and the first one is the larger."""
    for read in (Labels.numbers, moments):
        sides = [np.append(read(one), np.nan)[one.codes] for one in (first, second)]
        if not all(np.isnan(side).all() for side in sides):
            return np.asarray(sides[0] > sides[1])
    return np.zeros(len(first.codes), dtype=bool)


def _far(case: Case[Any], labels: Labels) -> dict[str, Flags]:
    """Of numbers and of texts, by their length; of categories nothing."""
    counts = labels.counts()
    words = [word for word, count in zip(labels.words, counts, strict=True) if count]
    if len(words) < _FEWEST_DISTINCT or counts.sum() < _FEWEST:
        return {}
    values = labels.numbers()
    if np.isnan(values).any():
        lengths = np.array([len(word) for word in labels.words], dtype=float)
        if np.median([len(word.split()) for word in words]) < _WORDS_OF_A_TEXT and lengths.max() <= _LONG:
            return {}
        values = lengths
    return far_from_rest(np.append(values, np.nan)[labels.codes], case.weights)


def far_from_rest(values: Floats, weights: Floats | None = None) -> dict[str, Flags]:
    """[n] each: `robust z` beyond 3.5, and beyond the fences of the `quartiles`; `flat` where no z can be.

    z = 0.6745 (x - median) / MAD. Sources: Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers; Tukey
    (1977), Exploratory Data Analysis. Quantiles are values that occur, so that every row twice finds the same.

    Args:
        values: [n], NaN where there is none; an infinite one lies far.
        weights: [n].
    """
    known = np.isfinite(values) if weights is None else np.isfinite(values) & (weights > 0)
    mass = np.ones(len(values)) if weights is None else weights
    if not known.any():
        return {}
    first, middle, third = quantiles(values[known], mass[known], (0.25, 0.5, 0.75))
    spread = quantiles(np.abs(values[known] - middle), mass[known], (0.5,))[0]
    reach = FENCE * (third - first)
    with np.errstate(invalid="ignore"):
        found = {"quartiles": (values < first - reach) | (values > third + reach)}
        if spread > 0:
            return found | {"robust z": np.abs(_TO_SIGMA * (values - middle) / spread) > CUT}
    return {"flat": np.ones(len(values), dtype=bool)}


def quantiles(values: Floats, weights: Floats, shares: Sequence[float]) -> list[float]:
    """The smallest values that have so large a share of the weight at or below them."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) / weights.sum()
    places = np.minimum(np.searchsorted(below, np.asarray(shares) - 1e-9), len(order) - 1)
    return [float(values[order[place]]) for place in places]


def _of_pictures(case: Case[Any], cells: npt.NDArray[Any]) -> dict[str, Flags]:
    facts = facts_of(cells)
    found = {"one colour": facts.contrast == 0, "size": facts.is_odd_size, "colour": facts.is_odd_colour}
    return found | far_from_rest(facts.brightness, case.weights) if len(cells) >= _FEWEST else found


def _of_interactions(case: Case[Any], ends: Sequence[float] | None) -> dict[str, Flags]:
    """Of each user whether any of their items, or ratings, cannot be."""
    truth, found = case.truth, {}
    there = truth.items != None  # noqa: E711  cell by cell
    if case.settings.item_groups:
        found["no such item"] = (there & ~np.isin(truth.items, np.array(case.item_groups.items, dtype=object))).any(
            axis=1
        )
    if ends is not None and truth.scores is not None:
        least, most = (*ends, np.inf)[:2]
        found["out of range"] = (there & ((truth.scores < least) | (truth.scores > most))).any(axis=1)
    return found
