"""What rows are divided by: protected attributes, and columns of the table that the model is given, cut into parts.

Cuts lie where at least ten people are on either side, and no part has fewer. A replay has no inputs: the part of each
row, and what the parts are called, are kept as numbers a row.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text
from auditkit.segments.columns import PEOPLE, Column, People, bins_of, column_in, edges_of, levels_of
from auditkit.segments.spelling import read_spelled, spelled

Integers = npt.NDArray[np.integer]

_FEW_NUMBERS = 10
_LONGEST = 1_000
_LABEL = 60
"""Characters of a category that are kept."""


@dataclass(frozen=True)
class Divided:
    """The rows by one attribute or column."""

    name: str
    codes: Integers
    """[n], the part of each row; -1: of none."""
    words: tuple[Text, ...]
    """[parts]: what holds of the rows in each."""
    signs: tuple[str, ...]
    """[parts]: the same in signs, which no language has a part in: `> 78`."""
    labels: tuple[str | None, ...]
    """[parts]: of a protected attribute the group."""


def divided_by(
    case: Case[Any], *, columns: Collection[str] = (), bins: int = 5, categories: int = 20
) -> Iterator[Divided]:
    """The case's rows by each protected attribute, and by each column that the spec names as the model's input.

    Left out are columns that say nothing of a person (recorded predictions), or what an attribute says already, and
    those of sentences, names and single values.

    Args:
        case: whose rows.
        columns: those to go by; none: all of them.
        bins: parts of a column of numbers, at most.
        categories: the commonest ones that are told apart.
    """
    if case.has_groups:
        people = People.of(case)
        for name, codes in case.groups.items():
            if not columns or name in columns:
                yield from _of_groups(name, codes, people, categories)
    left_out = {*case.settings.recorded, *(column for _, column in case.settings.protected_inputs)}
    left_out |= {*(case.groups if case.has_groups else ()), *case.settings.kept_back}
    shared = case.shared("parts of columns")
    for name in map(str, case.settings.given):
        if name in left_out or (columns and name not in columns):
            continue
        about: dict[str, Any] = {"column": name, "bins": bins, "categories": categories}
        own: Integers = np.asarray(shared.compute(part_of, **about), dtype=np.int64)
        if not (own >= 0).any():
            continue
        told = _read(read_spelled(np.asarray(shared.compute(named_parts, **about))))
        count = int(own.max()) + 1
        # Of few rows not all words could be kept.
        words = [_words(name, told[place] if place < len(told) else ["#", place + 1]) for place in range(count)]
        signs = [_sign(told[place] if place < len(told) else ["#", place + 1]) for place in range(count)]
        yield Divided(name, own, tuple(words), tuple(signs), (None,) * count)


def _of_groups(name: str, codes: Any, people: People, most: int) -> Iterator[Divided]:
    own = np.asarray(codes.codes, dtype=np.int64)
    often = np.array([people.count(own == place) for place in range(len(codes.vocabulary))], dtype=np.int64)
    chosen = [place for place in np.argsort(-often, kind="stable")[:most].tolist() if often[place] >= PEOPLE]
    chosen.sort()
    number = np.full(len(codes.vocabulary) + 1, -1, dtype=np.int64)
    number[chosen] = np.arange(len(chosen))
    found = number[own]
    words = [_words(name, ["=", codes.vocabulary[place]]) for place in chosen]
    labels: list[str | None] = [codes.vocabulary[place] for place in chosen]
    if min(people.count(own < 0), people.count(own >= 0)) >= PEOPLE:
        found = np.where(own < 0, len(words), found)
        words.append(_words(name, ["?"]))
        labels.append(None)
    if words:
        signs = tuple("= ?" if label is None else f"= {label}" for label in labels)
        yield Divided(name, found, tuple(words), signs, tuple(labels))


def part_of(case: Case[Any], *, column: str, bins: int, categories: int) -> Integers:
    """[n]: the part of a column that each row lies in; -1: in none that is told."""
    return _cut(case, column, bins, categories)[0]


def named_parts(case: Case[Any], *, column: str, bins: int, categories: int) -> Integers:
    """[n]: what the parts of a column are, spelled."""
    found = _cut(case, column, bins, categories)[1]
    return spelled(json.dumps(found, ensure_ascii=False, separators=(",", ":")), len(case), longest=_LONGEST)


def _cut(case: Case[Any], name: str, bins: int, categories: int) -> tuple[Integers, list[list[Any]]]:
    inputs = case.inputs
    column = column_in(inputs, name) if hasattr(inputs, "columns") else None
    if column is None:
        return np.full(len(case), -1, dtype=np.int64), []
    people = People.of(case)
    has_missing = min(people.count(~column.known), people.count(column.known)) >= PEOPLE
    if column.kind == "other":
        # Of sentences, names or a single value it can still be said whether there is one.
        told = [["!"]] if has_missing else []
        codes = np.where(column.known, len(told) - 1, -1)
    else:
        codes, told = _of_numbers(column, people, bins) if _is_long(column) else _of_labels(column, people, categories)
    if has_missing:
        codes = np.where(column.known, codes, len(told))
        told = [*told, ["?"]]
    return codes, told


def _is_long(column: Column) -> bool:
    numbers = column.numbers[np.isfinite(column.numbers)]
    return column.kind == "numbers" and len(np.unique(numbers)) > _FEW_NUMBERS


def _of_numbers(column: Column, people: People, bins: int) -> tuple[Integers, list[list[Any]]]:
    everybody = np.ones(len(column.labels), dtype=bool)
    edges = edges_of(column.numbers, people, everybody, bins=bins, is_whole=column.is_whole)
    inner = [None, *edges[1:-1].tolist(), None]
    if len(edges) < 2:  # noqa: PLR2004  no bin
        return np.full(len(column.labels), -1, dtype=np.int64), []
    codes = np.where(np.isfinite(column.numbers), bins_of(column.numbers, edges), -1)
    return codes.astype(np.int64), [["..", low, high] for low, high in itertools.pairwise(inner)]


def _of_labels(column: Column, people: People, most: int) -> tuple[Integers, list[list[Any]]]:
    known = levels_of(column, people)
    often = sorted(known, key=lambda label: (-int(np.count_nonzero(column.labels == label)), label))[:most]
    kept = [label for label in known if label in often]
    codes = np.full(len(column.labels), -1, dtype=np.int64)
    for place, label in enumerate(kept):
        codes[column.labels == label] = place
    return codes, [["=", label[:_LABEL]] for label in kept]


def _read(text: str) -> list[list[Any]]:
    """The parts that were spelled; of a text that was cut short, those that are whole."""
    for end in range(len(text), 0, -1):
        if text[end - 1] != "]":
            continue
        for closed in (text[:end], text[:end] + "]"):
            try:
                found = json.loads(closed)
            except json.JSONDecodeError:
                continue
            if isinstance(found, list) and all(isinstance(one, list) for one in found):
                return found
    return []


def _words(name: str, told: list[Any]) -> Text:
    """What holds of the rows in one part."""
    kind, *rest = told
    if kind == "=":
        return Text.of("{column} is {label}", column=name, label=str(rest[0]))
    if kind == "#":
        return Text.of("{column} is in part {number} of its values", column=name, number=int(rest[0]))
    if kind in {"!", "?"}:
        return Text.of("{column} is not missing" if kind == "!" else "{column} is missing", column=name)
    return _range(name, *(None if end is None else f"{end:g}" for end in rest))


def _range(name: str, low: str | None, high: str | None) -> Text:
    if low is not None and high is not None:
        return Text.of("{column} is above {low} and up to {high}", column=name, low=low, high=high)
    if low is not None:
        return Text.of("{column} is above {low}", column=name, low=low)
    return Text.of(
        "{column} is any number" if high is None else "{column} is up to {high}", column=name, high=high or ""
    )


def _sign(told: list[Any]) -> str:
    """The same in signs."""
    kind, *rest = told
    if kind != "..":
        return {"=": f"= {rest[0] if rest else ''}", "?": "= ?", "!": "= !"}.get(
            kind, f"part {rest[0] if rest else ''}"
        )
    low, high = rest
    if low is not None and high is not None:
        return f"in ({low:g}, {high:g}]"
    return f"> {low:g}" if low is not None else f"<= {high:g}" if high is not None else "= any"
