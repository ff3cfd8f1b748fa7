"""`data-quality.missing-values`: which cells are missing, of whom, which together, and which only look as if."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import FEWEST, People, read_spelled, spelled
from auditkit.testing import above, every, near, not_above, toy_case
from auditkit_data_quality.cards import (
    INCOMPLETE,
    LARGEST_MISSING_GAP,
    MISSING,
    MISSING_CARDS,
    MISSING_GAP,
    MISSING_TARGET,
    MISSING_TARGET_GAP,
    SUSPECTED,
    SUSPECTED_COLUMNS,
)
from auditkit_data_quality.cells import Labels, also_coded, are_missing, cells_of, in_bits, input_names, marked
from auditkit_data_quality.shares import Rate, by_attribute, share_of, told_by_group

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

LOOK_MISSING = frozenset(
    """
    ? - -- . n/a na nan nil none null #n/a #na unk unknown missing undefined unspecified not_known not_stated
    1900-01-01 1970-01-01 9999-12-31 0000-00-00 不详 未知 无 缺失
    """.split()  # noqa: SIM905  thirty words are read more easily than thirty strings
) | {"not known", "not stated", "not available", "not applicable", "not recorded", "no data"}
"""Words and dates that people write where they know nothing, in small letters."""
CODES = (-1.0, -7.0, -8.0, -9.0, -88.0, -99.0, -999.0, -9999.0, 0.0, 99.0, 999.0, 9999.0, 99999.0)
"""Numbers that they write: suspected only where they stand far from all others."""
_FEWEST_NUMBERS, _FENCE = 10, 3.0
_SEVERAL = 5
_MOST_PATTERNS = 12


def _toy(rng: np.random.Generator, *, blank: float, coded: bool = False) -> Case[Any]:
    """200 women and 200 men with a lactate each, but for so many more of the women; or 999 where it is not known."""
    import pandas as pd

    rows = 400
    sexes = ["FM"[row % 2] for row in range(rows)]
    lactate = rng.uniform(0.5, 6.0, rows)
    gone = np.array([sex == "F" for sex in sexes]) & (np.arange(rows) % 20 < round(20 * blank))
    gone |= np.arange(rows) % 40 < 2  # noqa: PLR2004  of either sex one in twenty
    table = pd.DataFrame(
        {"lactate": np.where(gone, 999.0 if coded else np.nan, lactate), "age": rng.uniform(20, 90, rows)}
    )
    said = ClassScores(("no", "yes"), np.full((rows, 2), 0.5))
    return toy_case(said, ["no", "yes"] * (rows // 2), {"sex": sexes}, inputs=table)


CONTROLS = (
    planted(
        "six in ten women have no lactate, and one in twenty men",
        partial(_toy, blank=0.6),
        every(
            above(MISSING_GAP, 0.3, conditions={"column": "lactate"}),
            above(LARGEST_MISSING_GAP, 0.3),
            near(MISSING_GAP, 0.0, conditions={"column": "age"}),
        ),
    ),
    planted(
        "a lactate that is not known is written as 999",
        partial(_toy, blank=0.0, coded=True),
        every(near(SUSPECTED, 0.05, conditions={"column": "lactate"}), near(MISSING, 0.0)),
    ),
    clean(
        "one in twenty of either sex has no lactate",
        partial(_toy, blank=0.0),
        every(not_above(LARGEST_MISSING_GAP, 0.0), near(SUSPECTED_COLUMNS, 0.0)),
    ),
)

_RATE = Rate(MISSING_GAP, LARGEST_MISSING_GAP, Text.of("Missing cells"))


@check("data-quality.missing-values", on=None, metrics=MISSING_CARDS, controls=CONTROLS)
def missing_values(case: Case[Any]) -> Iterator[Measurement | Table]:
    """Which cells are missing, of whom, which together, and which only look as if.

    For each column that the model is given, and each protected attribute: how many cells are missing, in each group,
    and how far groups lie apart; how many rows lack any of them, and how many have no target. Missing is what the
    loader finds empty and what `[data] missing` adds. Words and numbers that people write where they know nothing, such
    as ?, unknown, -1 or 999, are told apart as a suspicion and are never counted as missing. The tables test whether
    cells are missing whatever the group (a permutation test; of units that share rows, whole units are dealt out), with
    p adjusted by Holm's steps over all columns of an attribute.
    """
    names = input_names(case)
    missing = marked(case, missing_cells, names) | also_coded(case, names)
    targets = _missing_targets(case)
    if not missing and targets is None:
        raise NotApplicable(
            "there is no column that could be missing: no input, no group and no target",
            hint='name them: [data] input = ["age"], target = "outcome", groups = ["sex"]',
        )
    for name, flags in missing.items():
        yield from _rates(case, MISSING, flags, {"column": name})
    if missing:
        yield from share_of(case, INCOMPLETE, _any(missing))
        for grouping in by_attribute(case):
            yield from share_of(case, INCOMPLETE, _any(missing), grouping)
        yield from told_by_group(case, _RATE, missing)
    if targets is not None:
        yield from _rates(case, MISSING_TARGET, targets, {})
        about = Rate(MISSING_TARGET_GAP, MISSING_TARGET_GAP, Text.of("Missing targets"))
        yield from told_by_group(case, about, {"target": targets})
    if missing:
        yield _patterns(case, missing)
    yield from _suspicions(case, names)


def missing_cells(case: Case[Any], *, names: list[str]) -> Integers:
    """[n]: of which of these columns the cell is missing, as bits."""
    return in_bits((are_missing(cells_of(case, name)) for name in names), len(case))


def suspected_cells(case: Case[Any], *, names: list[str]) -> Integers:
    """[n]: in which of these columns a cell looks as if it were missing, as bits."""
    return in_bits((_suspected(case, name)[0] for name in names), len(case))


def suspected_words(case: Case[Any], *, name: str) -> Integers:
    """[n]: what the cells of a column that look missing hold, spelled as numbers; each is of a list that all know."""
    return spelled(", ".join(_suspected(case, name)[1]), len(case))


def _suspected(case: Case[Any], name: str) -> tuple[Flags, list[str]]:
    labels = Labels.of(cells_of(case, name))
    if labels is None:
        return np.zeros(len(case), dtype=bool), []
    chosen = np.array([word.strip().casefold() in LOOK_MISSING for word in labels.words], dtype=bool)
    chosen |= far_codes(labels.numbers(), labels.counts(), chosen)
    return labels.flagged(chosen), sorted({labels.words[place].strip() for place in np.flatnonzero(chosen)})


def far_codes(numbers: npt.NDArray[np.floating], counts: Integers, words: Flags) -> Flags:
    """[distinct]: which numbers are a code for nothing, because they stand far from all others.

    A code below 0 where nothing else is, 99 and its like beyond Tukey's far fence (three times the distance of the
    quartiles) of the others, and 0 below that of numbers that are all above it.

    Args:
        numbers: [distinct], NaN where a cell is no number.
        counts: [distinct], how many cells hold each.
        words: [distinct], what is suspected already.
    """
    none = np.zeros(len(numbers), dtype=bool)
    codes = np.isin(numbers, CODES)
    others = np.isfinite(numbers) & ~codes
    if (np.isnan(numbers) & ~words).any() or counts[others].sum() < _FEWEST_NUMBERS or others.sum() < _SEVERAL:
        return none
    known = np.repeat(numbers[others], counts[others])
    first, third = np.quantile(known, [0.25, 0.75])
    low, high = first - _FENCE * (third - first), third + _FENCE * (third - first)
    below = (numbers < 0) & bool(known.min() >= 0)
    zero = (numbers == 0) & bool(known.min() > 0) & (low > 0)
    return np.asarray(codes & (below | zero | (numbers > high) & (numbers > known.max())))


def _missing_targets(case: Case[Any]) -> Flags | None:
    if case.has_targets and not isinstance(case.predictions, LabelScores):
        return np.asarray(case.targets.codes < 0)
    return ~case.truth_known if case.has_truth else None


def _rates(case: Case[Any], metric: str, flags: Flags, conditions: dict[str, str]) -> Iterator[Measurement]:
    yield from share_of(case, metric, flags, conditions=conditions)
    if flags.any():
        for grouping in by_attribute(case):
            yield from share_of(case, metric, flags, grouping, conditions=conditions)


def _any(columns: dict[str, Flags]) -> Flags:
    return np.asarray(np.any(list(columns.values()), axis=0))


def _patterns(case: Case[Any], missing: dict[str, Flags]) -> Table:
    """What is missing together, of at least ten people each."""
    names = [name for name, flags in missing.items() if flags.any()]
    people, found = People.of(case), []
    table = np.column_stack([missing[name] for name in names]) if names else np.zeros((len(case), 0), dtype=bool)
    kinds, places = np.unique(table, axis=0, return_inverse=True)
    for place, kind in enumerate(kinds):
        found.append(
            (people.count(places.ravel() == place), [name for name, has in zip(names, kind, strict=True) if has])
        )
    told = sorted((-count, columns) for count, columns in found if count >= FEWEST)[:_MOST_PATTERNS]
    rows: list[Any] = [
        (Text.of("nothing") if not columns else ", ".join(columns), _rounded(-count)) for count, columns in told
    ]
    rest = len(found) - len(told)
    if rest:
        rows.append((Text.of("other combinations: {count}", count=rest), None))
    return Table(
        title=Text.of("What is missing together"),
        columns=(Text.of("missing"), Text.of("people, about")),
        rows=tuple(rows),
    )


def _rounded(people: int) -> int:
    """To tens, so that no small number is had by subtraction."""
    return round(people, -1)


def _suspicions(case: Case[Any], names: tuple[str, ...]) -> Iterator[Measurement | Table]:
    found = {name: flags for name, flags in marked(case, suspected_cells, names).items() if flags.any()}
    yield Measurement(metric=SUSPECTED_COLUMNS, value=float(len(found)), n=len(case), exact=True)
    rows = []
    for name, flags in found.items():
        told = list(_rates(case, SUSPECTED, flags, {"column": name}))
        yield from told
        words = read_spelled(np.asarray(case.compute(suspected_words, name=name)))
        rows.append((name, words, Quote.of(told[0]), Quote.of(told[0], "interval")))
    if rows:
        yield Table(
            title=Text.of("Cells that look as if they were missing, and are not counted so"),
            columns=tuple(Text.of(head) for head in ("column", "written as", "share", "interval")),
            rows=tuple(rows),
            prominent=True,
        )
