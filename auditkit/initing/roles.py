"""Which column is what: the target, the class that counts, the input, whom a row belongs to; each with why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auditkit.initing.answers import EACH
from auditkit.initing.columns import MOST_LABELS, Column
from auditkit.initing.words import (
    IDS,
    IDS_ZH,
    NAMES,
    NAMES_ZH,
    TARGETS,
    TARGETS_ZH,
    TEXTS,
    TEXTS_ZH,
    TIMES,
    TIMES_ZH,
    UNITS,
    UNITS_ZH,
    WEIGHTS,
    is_called,
    says_no,
    says_yes,
    words_of,
)
from auditkit.recognising import Recognised

_TWO = 2
_SHORTEST_TEXT = 15
"""Characters on average: a column of shorter texts holds names or labels."""

Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Proposal:
    """What a key of the spec would say, and how that is known."""

    value: Any
    why: str
    level: Literal["sure", "guess", "ask"]
    """`guess`: safe to write without asking, and said; `ask`: a person has to say."""
    choices: tuple[str, ...] = ()
    asks: str = ""


@dataclass(frozen=True)
class Target:
    """The target as it was chosen: the labels of its classes, where it holds classes."""

    names: tuple[str, ...]
    labels: tuple[str, ...]


def propose_target(columns: Columns, model: Recognised, kind: str, taken: frozenset[str]) -> Proposal | None:
    """The column of what is true; None: this kind of predictions has none, or none is needed."""
    free = [column for column in columns.values() if column.name not in taken]
    if kind == "Rankings":
        return None
    if kind == "LabelScores":
        return _target_columns(columns, model)
    if kind == "TokenLabels":
        return _one_of([one for one in free if one.span_labels is not None], "it lists entities", free)
    if kind == "Values":
        numeric = [one for one in free if one.numbers is not None and one.distinct > _TWO and not _is_id(one)]
        return _by_name(numeric, "numbers") or _one_of(numeric, "the only column of numbers that is left", numeric)
    if kind == "Texts":
        named = [one for one in free if _is_reference(one)]
        return Proposal(named[0].name, "by its name: the right answer to each row", "guess") if named else None
    return _target_of_classes(free, model)


def _is_reference(column: Column) -> bool:
    return is_called(
        column.name,
        frozenset({"reference", "expected", "ideal", "gold", "target", "truth", "answer", "answers"}),
        ("参考", "答案"),
    )


def _target_columns(columns: Columns, model: Recognised) -> Proposal:
    """A column of 0 and 1 for each label."""
    if model.classes and set(model.classes) <= columns.keys():
        return Proposal(list(model.classes), "a column of 0 and 1 for each label of the model", "sure")
    flags = tuple(one.name for one in columns.values() if set(one.labels) <= {"0", "1"} and one.labels)
    asks = "which columns of 0 and 1 hold what is true, one a label"
    return Proposal(list(flags) or None, "", "ask", flags, asks)


def _target_of_classes(free: Iterable[Column], model: Recognised) -> Proposal:
    few = [one for one in free if _TWO <= len(one.labels) <= MOST_LABELS and not _is_id(one)]
    own = set(model.classes)
    small = {name.casefold() for name in own}
    for known, how in (
        ([one for one in few if set(one.labels) <= own], "its values are the model's classes"),
        ([one for one in few if {label.casefold() for label in one.labels} <= small], "its values are the model's"),
    ):
        if not known or len(own) < _TWO:
            continue
        if len(known) == 1:
            return Proposal(known[0].name, how, "sure")
        return _by_name(known, how) or _ask(known, "which column holds what is true")
    # Any of them: the first rows may hold one class alone, or very many.
    names = {one.name for one in few}
    others = [*few, *(one for one in free if one.name not in names and not one.is_nested)]
    return _by_name(few, "classes") or _ask(others, "which column holds what is true")


def _by_name(columns: list[Column], what: str) -> Proposal | None:
    """The one that is called as targets are; none, or several: nobody knows."""
    named = [one for one in columns if is_called(one.name, TARGETS, TARGETS_ZH)]
    if len(named) != 1:
        exact = [one for one in named if words_of(one.name) in {("target",), ("label",), ("outcome",), ("y",)}]
        if len(exact) != 1:
            return None
        named = exact
    return Proposal(named[0].name, f"by its name; it holds {what}", "guess", tuple(one.name for one in columns))


def _one_of(columns: list[Column], how: str, all_of_them: list[Column]) -> Proposal:
    if len(columns) == 1:
        return Proposal(columns[0].name, how, "guess", tuple(one.name for one in columns))
    return _by_name(columns, "what is true") or _ask(columns or all_of_them, "which column holds what is true")


def _ask(columns: list[Column], asks: str) -> Proposal:
    return Proposal(None, "", "ask", tuple(one.name for one in columns), asks)


def propose_positive(labels: tuple[str, ...], *, is_needed: bool) -> Proposal | None:
    """The class that counts as selected; None: each in turn, as more than two classes are best compared.

    Args:
        labels: the target's.
        is_needed: whether a single column of scores has to know whose they are.
    """
    if len(labels) != _TWO and not is_needed:
        return None
    yes = [label for label in labels if says_yes(label)]
    rest = [label for label in labels if label not in yes]
    asks = "which class counts as selected, or as ill"
    choices = labels if is_needed else (*labels, EACH)
    if len(yes) == 1 and len(rest) == 1 and says_no(rest[0]):
        return Proposal(yes[0], f"the class that counts as selected: '{yes[0]}', and not '{rest[0]}'", "guess", choices)
    # A 1 beside a 2 is the yes of some codes, and the no of others.
    likely = yes[0] if len(yes) == 1 and not yes[0].isdigit() else None
    return Proposal(likely, "", "ask", choices, asks)


def propose_input(
    columns: Columns, model: Recognised, *, folder: Path, taken: frozenset[str], target: tuple[str, ...]
) -> Proposal | None:
    """What the model is given; None: nothing, because its predictions are recorded, or users are all it needs."""
    free = [column for column in columns.values() if column.name not in taken]
    if model.takes in {"nothing", "interactions"}:
        return None
    if model.takes == "text":
        return _input_text(free)
    if model.takes == "image":
        return _input_image(free, folder)
    if model.takes == "columns" and model.columns:
        absent = [name for name in model.columns if name not in columns]
        if not absent:
            return Proposal(list(model.columns), "the columns that it was fitted on, in its own order", "sure")
    asks = "which columns are the model's inputs, in the order of its training"
    rest = [one.name for one in free if one.name not in target and not _is_id(one) and not _is_other(one)]
    return Proposal(rest, "", "ask", tuple(one.name for one in free), asks)


def _input_text(free: list[Column]) -> Proposal:
    texts = sorted((one for one in free if _may_be_text(one)), key=lambda one: -one.length)
    long = [one for one in texts if one.length >= _SHORTEST_TEXT and len(one.labels) == 0]
    named = [one for one in texts if is_called(one.name, TEXTS, TEXTS_ZH)]
    asks = "which column holds the texts"
    if len(long) == 1:
        return Proposal(long[0].name, "the only column of long texts", "guess", (long[0].name,))
    both = [one for one in long or texts if one in named]
    choices = tuple(one.name for one in texts)
    if len(both) == 1:
        return Proposal(both[0].name, "by its name; it holds texts", "guess", choices)
    first = next(iter(both or long or texts), None)
    return Proposal(None if first is None else first.name, "", "ask", choices, asks)


def _may_be_text(column: Column) -> bool:
    """Whether it holds texts, or lists of messages."""
    is_conversation = column.is_nested and is_called(column.name, TEXTS, TEXTS_ZH)
    return (column.length > 0 or is_conversation) and column.span_labels is None


def _input_image(free: list[Column], folder: Path) -> Proposal:
    paths = [one for one in free if one.names_images]
    there = [one for one in paths if one.lies_in(folder)]
    if len(there) == 1:
        return Proposal(there[0].name, "it names image files, which are there", "guess", (there[0].name,))
    choices = tuple(one.name for one in there or paths or free)
    asks = "which column names the image files, by their paths from the table"
    return Proposal(choices[0] if len(choices) == 1 else None, "", "ask", choices, asks)


def propose_unit(columns: Iterable[Column], taken: frozenset[str]) -> Proposal | None:
    """Whom a row belongs to, when rows can belong to the same; None: no column says."""
    for column in columns:
        if column.name in taken or len(column.cells) == 0 or column.labels:
            continue
        if is_called(column.name, UNITS, UNITS_ZH) and not is_called(column.name, NAMES, NAMES_ZH):
            shared = "no two of the first rows share one" if column.are_different else "rows can share one"
            return Proposal(column.name, f"whom a row belongs to, by its name; {shared}", "guess")
    return None


def propose_weights(columns: Iterable[Column]) -> Proposal | None:
    """The column of the rows' weights; one that is called weight alone may hold kilograms."""
    found = next((one for one in columns if one.name.casefold() in WEIGHTS and one.numbers is not None), None)
    return None if found is None else Proposal(found.name, "how much each row counts, by its name", "guess")


def _is_id(column: Column) -> bool:
    """Whether it numbers or names rows."""
    if is_called(column.name, NAMES, NAMES_ZH):
        return True
    return column.distinct > MOST_LABELS and (
        is_called(column.name, IDS, IDS_ZH) or (is_called(column.name, UNITS, UNITS_ZH) and column.are_different)
    )


def _is_other(column: Column) -> bool:
    """Whether it is known to be something else than an input: a time, a weight."""
    return is_called(column.name, TIMES, TIMES_ZH) or column.name.casefold() in WEIGHTS
