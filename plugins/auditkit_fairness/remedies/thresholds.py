"""A threshold for each group of an attribute, so that a rate is the same in all: the decisions that it would make.

Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413, section 3.2, without
drawing lots: each group's threshold brings its rate nearest to that of everybody, or of the best served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from auditkit import Text
from auditkit_fairness.remedies.rows import FOLDS, Answers, Tried

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Decide = Callable[[Answers], Flags]
"""From the answers about rows to whether each is chosen, [n]."""

AS_IT_IS = "none"
LEAST_ROWS = 40
"""Rows of a group, of those that a rate is a share of, with which it gets a threshold of its own, at least."""
_DIGITS = 3


@dataclass(frozen=True)
class Fitted:
    """Decisions that can be made of any rows, and what was fitted, in words."""

    decide: Decide
    words: Text | str


@dataclass(frozen=True)
class Remedy:
    """One way to decide otherwise."""

    name: str
    """As a measurement's `conditions = {"remedy": ...}` name it."""
    attribute: str
    """Whose groups it is about."""
    words: Text
    needs: Text
    """What using it would take."""
    fit: Callable[[Answers, np.random.Generator], Fitted] | None = None
    """What is fitted to some rows and tried on others; None: nothing is, for decisions are made already."""
    treats: frozenset[int] = frozenset()
    """The groups with enough rows that something is fitted to; all others are decided as they are now."""
    chosen: Flags | None = None
    """[rows of the case]: the decisions, where nothing is fitted to the audit's rows; None: as they are."""

    @property
    def why_not(self) -> Text | None:
        """Why it cannot be tried, or None."""
        if self.fit is None or len(self.treats) > 1:
            return None
        return Text.of(
            "fewer than two groups of {attribute} have {least} rows to fit a threshold to",
            attribute=self.attribute,
            least=LEAST_ROWS,
        )


@dataclass(frozen=True)
class Goal:
    """A rate that is made equal."""

    words: str
    among: Callable[[Answers], Flags]
    """The rows of which it is a share, [n]."""
    of_best: bool = False
    """Whether each group is brought to the highest rate of any, in place of that of everybody."""


def _everybody(answers: Answers) -> Flags:
    return np.ones(len(answers), dtype=bool)


GOALS = {
    "equal selection rates": Goal("as many chosen of each as of everybody now", _everybody),
    "equal true positive rates": Goal("as many of its positives found as of everybody's now", lambda one: one.wanted),
    "best true positive rates": Goal(
        "as many of its positives found as in the group where most are", lambda one: one.wanted, of_best=True
    ),
    "equal false positive rates": Goal(
        "as many of its negatives chosen as of everybody's now", lambda one: ~one.wanted
    ),
}
"""What is made equal, by the name in a remedy's."""

_NEEDS = Text.of("everybody's group when they are decided, and leave to treat them by it")


def as_it_is(attribute: str) -> Remedy:
    """The decisions as they are, which the others are held against."""
    words = Text.of("the decisions as they are, by {attribute}", attribute=attribute)
    return Remedy(AS_IT_IS, attribute, words, Text.of("nothing"))


def threshold_remedies(attribute: str, vocabulary: Sequence[str], answers: Answers, *, least: int) -> Iterator[Remedy]:
    """One for each rate that can be made equal.

    A group with fewer rows that the rate is a share of than `least`, or than `LEAST_ROWS`, is decided as it is now. Who
    that is hangs on all rows, not on those of a fold: else a remedy would be another in each.

    Args:
        attribute: whose groups have thresholds of their own.
        vocabulary: its groups.
        answers: about all rows.
        least: the policy's smallest group.
    """
    codes = answers.groups[attribute]
    for name, goal in GOALS.items():
        rows = np.bincount(codes[goal.among(answers) & (codes >= 0)], minlength=len(vocabulary))
        large = {code: vocabulary[code] for code in np.flatnonzero(rows >= max(least, LEAST_ROWS)).tolist()}
        yield Remedy(
            f"{name} by {attribute}",
            attribute,
            Text.of("a threshold for each group of {attribute}: {goal}", attribute=attribute, goal=Text.of(goal.words)),
            _NEEDS,
            partial(_own_thresholds, attribute=attribute, large=large, goal=goal),
            frozenset(large),
        )


def decisions_of(remedy: Remedy, tried: Tried, rng: np.random.Generator) -> Flags:
    """[n]: the decisions about the rows that are tried; each by what was fitted to the rows of the other folds."""
    answers, folds = tried.answers, tried.folds
    if remedy.fit is None:
        return answers.chosen if remedy.chosen is None else remedy.chosen[tried.places]
    made = answers.chosen.copy()
    for fold in range(FOLDS):
        judged = folds == fold
        if judged.any():
            made[judged] = remedy.fit(answers.take(~judged), rng).decide(answers.take(judged))
    return made


def nearest_threshold(scores: Floats, rate: float, weights: Floats | None = None) -> float:
    """The threshold at or above which the share of rows is nearest to a rate; of two as near, the higher one.

    It lies half-way between two scores that occur, so that rounding decides nothing; infinite where nobody is to be
    chosen, and minus infinite where everybody is.

    Args:
        scores: [n], at least one.
        rate: between 0 and 1.
        weights: [n], how much each row counts; None: all the same.
    """
    values, places = np.unique(scores, return_inverse=True)
    masses = np.bincount(places.ravel(), weights)[::-1]
    # Of the k highest values, from none to all.
    shares = np.concatenate([[0.0], np.cumsum(masses) / masses.sum()])
    falling = values[::-1]
    between = np.concatenate([[np.inf], (falling[:-1] + falling[1:]) / 2, [-np.inf]])
    return float(between[int(np.argmin(np.abs(shares - rate)))])


def _own_thresholds(
    answers: Answers, _: np.random.Generator, *, attribute: str, large: Mapping[int, str], goal: Goal
) -> Fitted:
    """Each large group's rate is brought to that of everybody, or of the best of them."""
    looked_at = goal.among(answers)
    weights = np.ones(len(answers)) if answers.weights is None else answers.weights
    members = {code: looked_at & (answers.groups[attribute] == code) for code in large}
    members = {code: inside for code, inside in members.items() if weights[inside].sum() > 0}

    def rate(inside: Flags) -> float:
        return float(weights[inside & answers.chosen].sum() / weights[inside].sum())

    found: dict[int, float] = {}
    if members:
        wanted = max(map(rate, members.values())) if goal.of_best else rate(looked_at)
        found = {
            code: nearest_threshold(answers.scores[inside], wanted, weights[inside]) for code, inside in members.items()
        }

    def decide(other: Answers) -> Flags:
        made = other.chosen.copy()
        for code, threshold in found.items():
            inside = other.groups[attribute] == code
            made[inside] = other.scores[inside] >= threshold
        return made

    said = (f"{large[code]} {_short(threshold)}" for code, threshold in found.items())
    return Fitted(decide, ", ".join(said) if found else Text.of("nothing"))


def _short(threshold: float) -> str:
    if np.isinf(threshold):
        return "\N{INFINITY}" if threshold > 0 else "-\N{INFINITY}"
    return f"{threshold:.{_DIGITS}f}"
