"""`data-quality.sample-size`: how many people there are of each group and class, and what can be said of so few."""

from __future__ import annotations

from collections.abc import Iterator
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
    LabelScores,
    Measurement,
    Quote,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import FEWEST, Grouping, groupings, people_in
from auditkit.statistics import critical_value
from auditkit.testing import above, every, near, not_above, toy_case
from auditkit_data_quality.cards import EMPTY_CELLS, GROUP_SIZE, HALF_WIDTH, SAMPLE_CARDS

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

_BANDS = (
    (0, Text.of("none")),
    (FEWEST - 1, Text.of("fewer than 10")),
    (29, Text.of("10 to 29")),
    (99, Text.of("30 to 99")),
)
_MANY = Text.of("100 or more")
_MOST_CLASSES = 20


def _toy(_: np.random.Generator, *, women: int, ill: bool) -> Case[Any]:
    """Half of 200 men are ill, and of so many women half as well, or none."""
    sexes = ["M"] * 200 + ["F"] * women
    targets = [("no", "yes")[row % 2] for row in range(200)] + [("no", "yes")[row % 2 * ill] for row in range(women)]
    return toy_case(ClassScores(("no", "yes"), np.full((200 + women, 2), 0.5)), targets, {"sex": sexes})


CONTROLS = (
    planted(
        "twelve women, of whom none is ill, among two hundred men",
        partial(_toy, women=12, ill=False),
        every(
            above(HALF_WIDTH, 0.15, group={"sex": "*"}),
            near(GROUP_SIZE, 12, group={"sex": "F"}),
            near(EMPTY_CELLS, 1, group={"sex": "*"}),
        ),
    ),
    clean(
        "as many women as men, half of either ill",
        partial(_toy, women=200, ill=True),
        every(not_above(HALF_WIDTH, 0.1), near(EMPTY_CELLS, 0)),
    ),
)


def _accepts(*, half_width: float = 0.1, depth: int = 2) -> None:
    if not 0 < half_width < 0.5:  # noqa: PLR2004  a rate of a half cannot be off by more
        raise AuditError(
            f"option 'half_width' is '{half_width}'", hint="how far off a rate may be: half_width = 0.1 is 10 points"
        )
    if depth < 1:
        raise AuditError(f"option 'depth' is '{depth}'", hint="write 1 for single attributes, 2 for pairs of them")


@dataclass(frozen=True)
class Sizes:
    """How many people there are in some groups."""

    rows: Integers
    people: Integers
    effective: Floats
    """[groups] each; effective: as many people of equal weight would tell as much, if all rows of one are alike."""

    @classmethod
    def of(cls, codes: Integers, groups: int, owners: Integers, weights: Floats | None) -> Sizes:
        """Count them; `codes` [n] is the group of each row, -1 none."""
        inside = codes >= 0
        people = int(owners.max(initial=-1)) + 1
        pairs, places = np.unique(codes[inside] * max(people, 1) + owners[inside], return_inverse=True)
        mass = np.bincount(places.ravel(), None if weights is None else weights[inside], minlength=len(pairs))
        whose = (pairs // max(people, 1)).astype(np.int64)
        total, squares = (np.bincount(whose, one.astype(float), minlength=groups) for one in (mass, mass**2))
        return cls(
            np.bincount(codes[inside], minlength=groups),
            people_in(codes, groups, owners),
            np.divide(total**2, squares, out=np.zeros(groups), where=squares > 0),
        )


def half_width_of(people: Floats, level: float) -> Floats:
    """Half the width of Wilson's interval at a rate of a half.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, with the rate put in.
    """
    z = critical_value(level)
    return np.asarray(z / (2 * np.sqrt(people + z**2)))


def people_for(half_width: float, level: float) -> int:
    """How many people it takes for an interval so narrow: the same formula, solved."""
    z = critical_value(level)
    return max(int(np.ceil(z**2 * (1 / (4 * half_width**2) - 1) - 1e-9)), 1)


@check("data-quality.sample-size", on=None, metrics=SAMPLE_CARDS, accepts=_accepts, controls=CONTROLS, streams=True)
def sample_size(case: Case[Any], *, half_width: float = 0.1, depth: int = 2) -> Iterator[Measurement | Table]:
    """How many people there are of each group and class, and what so few can bear.

    For everybody, each group, and each intersection of up to `depth` attributes: how many people, half the width of
    the interval that a rate of a half would have, and how many more people it takes to bring that to `half_width`.
    Where the data say which class is right, how many have each class in each group, in bands that tell of nobody, and
    how many of these cells are empty.
    """
    weights = case.weights
    rows = np.arange(len(case)) if weights is None else np.flatnonzero(weights > 0)
    owners = _owners(case, rows)
    kept = None if weights is None else weights[rows]
    everybody = Sizes.of(np.zeros(len(rows), dtype=np.int64), 1, owners, kept)
    yield from _measured(case, {}, everybody, 0)
    classes = _classes(case, rows)
    if not case.has_groups:
        if classes:
            yield _cells_table(Grouping((), np.zeros(len(rows), dtype=np.int64), ({},)), classes, owners)
        return
    for grouping in groupings(case, rows, depth=depth):
        if not grouping.members:
            continue
        sizes = Sizes.of(grouping.codes, len(grouping.members), owners, kept)
        for place, member in enumerate(grouping.members):
            yield from _measured(case, member, sizes, place)
        yield _widest(case, grouping, sizes)
        yield _table(grouping, sizes, people_for(half_width, case.level), half_width)
        if classes:
            yield _empty(case, grouping, classes)
            yield _cells_table(grouping, classes, owners)


def _owners(case: Case[Any], rows: Integers) -> Integers:
    if case.units is None:
        return np.arange(len(rows))
    codes = case.units.codes[rows]
    # A row that nobody is named for is its own.
    alone = np.where(codes < 0, codes.max(initial=-1) + 1 + np.arange(len(codes)), codes)
    return np.asarray(np.unique(alone, return_inverse=True)[1]).ravel()


def _measured(case: Case[Any], group: dict[str, str], sizes: Sizes, place: int) -> Iterator[Measurement]:
    about: dict[str, Any] = {"group": group, "n": int(sizes.rows[place]), "exact": True}
    people = int(sizes.people[place])
    about["people"] = people if case.has_units else None
    yield Measurement(metric=GROUP_SIZE, value=float(people), better="higher", **about)
    width = float(half_width_of(sizes.effective[place], case.level))
    yield Measurement(metric=HALF_WIDTH, value=width, better="lower", **about)


def _widest(case: Case[Any], grouping: Grouping, sizes: Sizes) -> Measurement:
    width = half_width_of(np.maximum(sizes.effective, FEWEST), case.level)
    parts = zip(grouping.labels, sizes.people, strict=True)
    return Measurement(
        metric=HALF_WIDTH,
        value=float(width.max()),
        n=int(sizes.rows.sum()),
        exact=True,
        group=grouping.everyone,
        compared=tuple(GroupCount(label=label, n=int(people), compared=True) for label, people in parts),
        better="lower",
    )


def _table(grouping: Grouping, sizes: Sizes, wanted: int, half_width: float) -> Table:
    rows = []
    for place in np.argsort(sizes.effective, kind="stable"):
        member = grouping.members[place]
        more = int(np.ceil(max(wanted - max(sizes.effective[place], FEWEST), 0)))
        quoted = (Quote(metric=GROUP_SIZE, group=member), Quote(metric=HALF_WIDTH, group=member))
        rows.append((grouping.labels[place], *quoted, more))
    heads = ("group", "people", "half the width of an interval")
    return Table(
        title=Text.of("People by {attributes}, and how far off a rate of a half could be", attributes=grouping.name),
        columns=(*(Text.of(head) for head in heads), Text.of("people more, for {width:percent}", width=half_width)),
        rows=tuple(rows),
        attributes=grouping.attributes,
        prominent=True,
    )


def _classes(case: Case[Any], rows: Integers) -> dict[str, Flags]:
    """[n] of each class, the most frequent ones: which rows have it."""
    if not case.has_targets:
        return {}
    said = case.predictions
    if isinstance(said, LabelScores):
        flags = case.label_targets[rows]
        return {label: flags[:, place] for place, label in enumerate(said.labels[:_MOST_CLASSES])}
    codes = case.targets.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(case.targets.vocabulary))
    kept = np.sort(np.argsort(-counts, kind="stable")[:_MOST_CLASSES])
    return {case.targets.vocabulary[place]: codes == place for place in kept}


def _empty(case: Case[Any], grouping: Grouping, classes: dict[str, Flags]) -> Measurement:
    possible = int(np.prod([len({member[name] for member in grouping.members}) for name in grouping.attributes]))
    filled = sum(len(np.unique(grouping.codes[has & (grouping.codes >= 0)])) for has in classes.values())
    return Measurement(
        metric=EMPTY_CELLS,
        value=float(possible * len(classes) - filled),
        n=len(case),
        exact=True,
        group=grouping.everyone,
        # A count of cells is about everybody, however few a group is.
        compared=tuple(GroupCount(label=label, n=len(case), compared=True) for label in grouping.labels),
    )


def _cells_table(grouping: Grouping, classes: dict[str, Flags], owners: Integers) -> Table:
    """In bands: a number could be had of the others by subtraction, where one is withheld."""
    counts = [people_in(np.where(has, grouping.codes, -1), len(grouping.members), owners) for has in classes.values()]
    title = Text.of("People of each class")
    if grouping.attributes:
        title = Text.of("People of each class by {attributes}", attributes=grouping.name)
    return Table(
        title=title,
        columns=(Text.of("class"), *(Text.of("{group}", group=label) for label in grouping.labels)),
        rows=tuple(
            (name, *(_band(int(people)) for people in of_class)) for name, of_class in zip(classes, counts, strict=True)
        ),
        attributes=grouping.attributes,
    )


def _band(people: int) -> Text:
    return next((words for most, words in _BANDS if people <= most), _MANY)
