"""Asking the model about rows that were changed, once, and keeping a number a row: for a replay has no inputs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from auditkit import Case, Values
from auditkit.perturbation.answers import DECIDING, Answers, flipped, moved, right

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

UNTOUCHED = 255
"""Of a row in which nothing could be changed."""
_FLIPPED, _RIGHT, _KNOWN = 1, 2, 4


@dataclass(frozen=True)
class Changed:
    """Some rows with something done to them."""

    rows: Integers
    """[m]: the places of those in which something changed."""
    inputs: Any
    """[m], as the model is given them."""


class Changer(Protocol):
    """Makes changed inputs of a case's rows. `Way` is the name of the function that makes one of a case."""

    @property
    def before(self) -> Answers | None:
        """[n]: what answers are held against; None: those to the rows as they are."""

    def changed(self, conditions: Mapping[str, str]) -> Changed:
        """The rows with one thing done to them."""


@dataclass(frozen=True)
class Asked:
    """What one change did to the answers, a number a row."""

    conditions: dict[str, str]
    flips: Floats
    """[n]: 1 where the decision changed; NaN where the change touches nothing, or there is no decision."""
    moved: Floats
    """[n]: how far the score moved; NaN where the change touches nothing; infinite where the answer is none."""
    right: Floats
    """[n]: 1 where the decision after the change is right; NaN also where nobody knows."""

    @property
    def touched(self) -> npt.NDArray[np.bool_]:
        """[n]: whether the change touches the row."""
        return ~np.isnan(self.moved)

    @property
    def unsound(self) -> Floats:
        """[n]: 1 where the answer after the change is none; NaN where the change touches nothing."""
        return np.where(self.touched, np.isinf(self.moved), np.nan)


def ask_about(
    case: Case[Any], way: Callable[..., Changer], conditions: Sequence[Mapping[str, str]], **how: Any
) -> list[Asked]:
    """What each change does to the answers about a case's rows.

    Args:
        case: the rows.
        way: makes what changes the case's rows; importable by its name.
        conditions: what is to be done, one after the other.
        **how: further arguments of `way`, as JSON has them.
    """
    about: dict[str, Any] = {
        # As one text, which is part of many keys: a list of dicts takes its time to be written canonically.
        "way": f"{way.__module__}:{way.__qualname__}",
        "asked": json.dumps([dict(one) for one in conditions]),
        "how": how,
    }  # fmt: skip
    return list(_each(case, about))


def _each(case: Case[Any], about: dict[str, Any]) -> Iterator[Asked]:
    decides = isinstance(case.predictions, DECIDING)
    for place, conditions in enumerate(json.loads(about["asked"])):
        shift = np.asarray(case.compute(shifts, place=place, **about), dtype=float)
        code = case.compute(outcomes, place=place, **about) if decides else np.full(len(case), UNTOUCHED, np.uint8)
        known = code != UNTOUCHED
        flips = np.where(known, code & _FLIPPED > 0, np.nan)
        is_right = np.where(known & (code & _KNOWN > 0), code & _RIGHT > 0, np.nan)
        yield Asked(conditions, flips, shift / spread_of(case), is_right)


def spread_of(case: Case[Any]) -> float:
    """Of numbers their standard deviation, so that shifts of different models compare."""
    if not isinstance(case.predictions, Values):
        return 1.0
    values = np.asarray(case.predictions.values, dtype=float)
    centre = np.average(values, weights=case.weights)
    return float(np.sqrt(np.average((values - centre) ** 2, weights=case.weights))) or 1.0


def outcomes(case: Case[Any], *, place: int, way: str, asked: str, how: dict[str, Any]) -> npt.NDArray[np.uint8]:
    """[n]: of one change 1 if the decision changed, 2 if it is then right, 4 if that is known; 255: untouched."""
    said = case.compute(everything, way=way, asked=asked, how=how)
    return np.asarray(said["outcomes"][place])


def shifts(case: Case[Any], *, place: int, way: str, asked: str, how: dict[str, Any]) -> npt.NDArray[np.float32]:
    """[n]: how far one change moved the score; NaN: untouched; infinite: the answer after it is none."""
    said = case.compute(everything, way=way, asked=asked, how=how)
    return np.asarray(said["shifts"][place])


def everything(case: Case[Any], *, way: str, asked: str, how: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Every change, one after the other: `outcomes` and `shifts`, [changes, n] each."""
    module, _, name = way.partition(":")
    changer: Changer = getattr(importlib.import_module(module), name)(case, **how)
    conditions: list[dict[str, str]] = json.loads(asked)
    outcomes_of = np.full((len(conditions), len(case)), UNTOUCHED, dtype=np.uint8)
    shifts_of = np.full((len(conditions), len(case)), np.nan, dtype=np.float32)
    before = case.predictions if changer.before is None else changer.before
    for place, about in enumerate(conditions):
        changed = changer.changed(about)
        if not len(changed.rows):
            continue
        found = case.predict_sound(changed.inputs, {"way": way, **about})
        rows, own, said = changed.rows[found.rows], before.take(changed.rows), found.predictions
        shifts_of[place, changed.rows] = np.inf
        shifts_of[place, rows] = np.minimum(moved(own.take(found.rows), said), np.finfo(np.float32).max)
        if isinstance(said, DECIDING):
            # An answer that is none decides nothing: it is another than before, and it is wrong.
            is_known = np.isfinite(right(case, own, changed.rows))
            outcomes_of[place, changed.rows] = _FLIPPED + _KNOWN * is_known
            outcomes_of[place, rows] = _code(case, own.take(found.rows), said, rows)
    return {"outcomes": outcomes_of, "shifts": shifts_of}


def _code(case: Case[Any], before: Answers, after: Answers, rows: Integers) -> npt.NDArray[np.uint8]:
    is_right = right(case, after, rows)
    code = _FLIPPED * flipped(case, before, after) + _RIGHT * (is_right == 1) + _KNOWN * np.isfinite(is_right)
    return np.asarray(code, dtype=np.uint8)
