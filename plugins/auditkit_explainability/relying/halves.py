"""Two halves of the people, one to choose on and one to test on, and the scores that are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, NotApplicable
from auditkit.perturbation import marks

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

FEWEST = 10
"""People in the half that is tested on, below which nothing is said."""
_TWO = 2


@dataclass(frozen=True)
class Halves:
    """Which rows are chosen on; all rows of a person are in the same half, and so are rows that hold the same."""

    first: Flags
    """[n]: the rows that are chosen on; the others are tested on."""
    people: Integers
    """[n]: whose each row is."""
    marks: tuple[str, ...]
    """[n]: a digest of each row."""

    @classmethod
    def of(cls, case: Case[Any]) -> Halves:
        """Of a case: by whose the rows are, and by what they hold where each is its own; never by their place."""
        marked = marks(case.inputs)
        units = None if case.units is None else case.units
        codes = np.full(len(case), -1) if units is None else units.codes
        own = len(case) + np.arange(len(case))
        people = np.where(codes >= 0, codes, own)
        names = [marked[row] if units is None or code < 0 else units.vocabulary[code] for row, code in enumerate(codes)]
        first = np.array([case.rng(f"half {name}").random() for name in names]) < 1 / _TWO
        return cls(first, people, tuple(marked))

    def asked(self, case: Case[Any], among: Flags, most: int) -> Integers:
        """At most so many of some rows, drawn by what they hold.

        Raises:
            NotApplicable: there are too few people among them to say anything.
        """
        places = np.flatnonzero(among)
        if len(set(self.people[places].tolist())) < FEWEST:
            raise NotApplicable("there are fewer than {least} people to test on", least=FEWEST)
        if len(places) <= most:
            return places
        order = np.array([case.rng(f"row {self.marks[place]}").random() for place in places.tolist()])
        return np.sort(places[np.argsort(order, kind="stable")[:most]])


def scores_of(case: Case[Any], said: Any) -> Floats:
    """[n, k]: of two classes the score of the second, or the positive one; of more, and of labels, all; of numbers one.

    Numbers are in standard deviations of the model's own predictions about the rows as they are.
    """
    if isinstance(said, ClassScores):
        scores = np.asarray(said.scores, dtype=float)
        if len(said.classes) == _TWO:
            return scores[:, [_second(case, said)]]
        return scores
    if isinstance(said, LabelScores):
        return np.asarray(said.scores, dtype=float)
    own = np.asarray(case.predictions.values, dtype=float)
    centre = np.average(own, weights=case.weights)
    spread = float(np.sqrt(np.average((own - centre) ** 2, weights=case.weights)))
    return np.asarray(said.values, dtype=float)[:, None] / (spread or 1.0)


def _second(case: Case[Any], said: ClassScores) -> int:
    positive = case.settings.positive
    return said.classes.index(positive[0]) if len(positive) == 1 and positive[0] in said.classes else 1


def towards(case: Case[Any], code: int) -> str:
    """What a score is of, and which way: twice its place, and 1 more where it goes up."""
    place, is_up = divmod(code, 2)
    said = case.predictions
    if isinstance(said, ClassScores) and len(said.classes) == _TWO:
        second = _second(case, said)
        return said.classes[second if is_up else 1 - second]
    if isinstance(said, ClassScores | LabelScores):
        name = (said.classes if isinstance(said, ClassScores) else said.labels)[place]
        return name if is_up else f"not {name}"
    return "higher" if is_up else "lower"


def is_bounded(case: Case[Any]) -> bool:
    """Whether a score cannot move by more than 1."""
    said = case.predictions
    return isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind != "score")


def furthest(case: Case[Any]) -> float:
    """How far the score moves where there is none any more."""
    return 1.0 if is_bounded(case) else float("inf")
