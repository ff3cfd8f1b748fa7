"""What is tried: from answers as they are to a map for each group, and how a map is tried on rows it never saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from auditkit import Text
from auditkit.statistics.calibration import Line, RisingCurve, Temperature
from auditkit_calibration.questions import BINARY
from auditkit_calibration.remedies.rows import FOLDS, Answers

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Map = Callable[[Answers], Floats]
"""From the answers about rows to their new probabilities, [n, k]."""

AS_IT_IS, TEMPERATURE, LINE, RISING = "none", "temperature", "platt", "isotonic"

LEAST_PEOPLE, LEAST_OTHERS = 50, 10
"""People of a group, and rows not of its commonest class, that a map of its own is fitted to at least."""
_DIGITS = 3


@dataclass(frozen=True)
class Fitted:
    """A map, and what was fitted in words."""

    apply: Map
    words: Text


@dataclass(frozen=True)
class Remedy:
    """One way to make probabilities truer."""

    name: str
    """As a measurement's `conditions = {"remedy": ...}` name it."""
    words: Text
    needs: Text
    """What using it would take."""
    fit: Callable[[Answers], Fitted]
    keeps_likeliest: bool = False
    """Whether the class with the highest probability stays, whatever the rows."""


def remedies_for(answers: Answers, least: int) -> Iterator[Remedy]:
    """Those that can be tried on these answers, the first of which changes nothing.

    Args:
        answers: of all rows.
        least: the policy's smallest group.
    """
    yield Remedy(AS_IT_IS, Text.of("the answers as they are"), Text.of("nothing"), _nothing, keeps_likeliest=True)
    cooled = Remedy(
        TEMPERATURE, Text.of("logits divided by a temperature"), Text.of("one number, fitted to rows of its own"),
        _temperature, keeps_likeliest=True,
    )  # fmt: skip
    yield cooled
    each = cooled
    if answers.classes == BINARY:
        each = Remedy(
            LINE, Text.of("a line of log odds (Platt, Cox)"), Text.of("two numbers, fitted to rows of their own"), _line
        )
        yield each
    one = "a rising curve (isotonic)"
    many = "a rising curve for each class, the row then made to sum to 1"
    words = Text.of(one if answers.classes == BINARY else many)
    yield Remedy(RISING, words, Text.of("a curve, fitted to many rows of its own"), _rising)
    for attribute in answers.groups:
        if not _large_groups(answers, attribute, least):
            continue
        yield replace(
            each,
            name=f"{each.name} by {attribute}",
            words=Text.of("{what}, for each group of {attribute}", what=each.words, attribute=attribute),
            needs=Text.of("the group of everybody who is scored, and leave to use it"),
            fit=partial(_by_group, attribute=attribute, fit=each.fit, least=least),
        )


def cross_fitted(remedy: Remedy, answers: Answers, folds: Integers) -> Floats:
    """[n, k]: each row by the map that was fitted to the rows of the other folds."""
    made = np.empty_like(answers.chances)
    for fold in range(FOLDS):
        judged = folds == fold
        if judged.any():
            made[judged] = remedy.fit(answers.take(~judged)).apply(answers.take(judged))
    return made


def _nothing(_: Answers) -> Fitted:
    return Fitted(lambda answers: answers.chances, Text.of("nothing"))


def _temperature(answers: Answers) -> Fitted:
    found = Temperature.fitted(answers.chances, answers.targets, answers.shares)
    return Fitted(lambda other: found(other.chances), Text.of("T = {value}", value=_short(found.value)))


def _line(answers: Answers) -> Fitted:
    place = answers.positive
    found = Line.fitted(answers.chances[:, place], answers.targets == place, answers.shares)
    words = Text.of("{a} + {b} times the log odds", a=_short(found.intercept), b=_short(found.slope))
    return Fitted(lambda other: _of_two(found(other.chances[:, place]), place), words)


def _of_two(chances: Floats, place: int) -> Floats:
    made = np.column_stack([1 - chances, chances])
    return made if place else made[:, ::-1]


def _rising(answers: Answers) -> Fitted:
    asked = [answers.positive] if answers.classes == BINARY else list(range(answers.classes))
    about = ((place, answers.chances[:, place], answers.targets == place) for place in asked)
    curves = {place: RisingCurve.fitted_to(chances, hits, answers.shares) for place, chances, hits in about}
    steps = sum(len(np.unique(one.fitted)) for one in curves.values())

    def apply(other: Answers) -> Floats:
        if answers.classes == BINARY:
            place = answers.positive
            return _of_two(curves[place](other.chances[:, place]), place)
        made = np.column_stack([curves[place](other.chances[:, place]) for place in asked])
        return np.asarray(made / made.sum(axis=1, keepdims=True))

    return Fitted(apply, Text.of("{count} steps", count=steps))


def _by_group(answers: Answers, *, attribute: str, fit: Callable[[Answers], Fitted], least: int) -> Fitted:
    """A map for each group that is large enough, and that of all rows for everybody else."""
    overall, codes = fit(answers), answers.groups[attribute]
    own = {code: fit(answers.take(codes == code)) for code in _large_groups(answers, attribute, least)}

    def apply(other: Answers) -> Floats:
        made = np.array(overall.apply(other))
        for code, one in own.items():
            inside = other.groups[attribute] == code
            if inside.any():
                made[inside] = one.apply(other.take(inside))
        return made

    return Fitted(apply, Text.of("{count} groups with a map of their own", count=len(own)))


def _large_groups(answers: Answers, attribute: str, least: int) -> list[int]:
    codes, found = answers.groups[attribute], []
    for code in range(int(codes.max(initial=-1)) + 1):
        part = answers.take(codes == code)
        if part.people >= max(least, LEAST_PEOPLE) and part.others >= LEAST_OTHERS:
            found.append(code)
    return found


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
