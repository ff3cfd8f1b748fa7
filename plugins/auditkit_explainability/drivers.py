"""`explainability.drivers`: which words, regions and columns drive each decision, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
    Values,
    check,
)
from auditkit.perturbation import Found, Question, Rows, refuse_none, refuse_recorded
from auditkit.segments import PEOPLE, People, told_words
from auditkit.statistics import family_level
from auditkit_explainability.cards.drivers import DRIVERS
from auditkit_explainability.explained import left_out
from auditkit_explainability.global_view import driven
from auditkit_explainability.global_view.telling import about, groups_table, mean_of, places
from auditkit_explainability.planted.drivers import DRIVER_CONTROLS

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]

EFFECT, GAP = (card.name for card in DRIVERS)
MOST_TOLD = 10
"""Pieces of each class, those that matter the most."""
_MOST_CLASSES = 5
_DIGITS = 4


def accept_pieces(**options: Any) -> None:
    """Refuse no rows and no pieces.

    Raises:
        AuditError: an option is below 1.
    """
    refuse_none(options, "most_rows", "most_pieces")


def asks_piece_by_piece(*, rows: int, most_rows: int, most_pieces: int, **_: Any) -> int:
    """Predictions beside those of the rows."""
    return min(rows, most_rows) * (most_pieces + 1)


@check(
    "explainability.drivers",
    on=(ClassScores, LabelScores, Values),
    metrics=DRIVERS,
    accepts=accept_pieces,
    controls=DRIVER_CONTROLS,
    asks=asks_piece_by_piece,
)
def drivers(
    case: Case[Answers], *, most_rows: int = 200, most_pieces: int = 48, column: str = ""
) -> Iterator[Measurement | Table]:
    """Which words, regions and columns drive each decision.

    Each is taken out by itself, and the model asked again: no attribution, but what the answer does. A word is left out
    wherever the text has it, a region filled with the picture's mean colour, a column set to its typical cell. That is
    at most `most_pieces` predictions a row, and one more, of at most `most_rows` rows drawn at random. Words are told
    that the texts of as many people hold as a group is judged by, and at least ten; none with a digit, and none that is
    written as names are. `column` names the texts where rows hold more.
    """
    refuse_recorded(case)
    if not len(case):
        raise NotApplicable("there are no rows")
    asked: dict[str, Any] = {"column": column, "most_rows": most_rows, "most_pieces": most_pieces}
    kind = driven.KINDS[int(case.compute(driven.kind, column=column)[0])]
    count = int(case.compute(driven.count, **asked)[0])
    if not count:
        raise NotApplicable("no {kind} are in the rows of enough people to be told of", kind=Text.of(kind))
    names = told_words(case, driven.name, count, **asked)
    falls = np.stack([case.compute(driven.fall, place=place, **asked) for place in range(count)])
    told = Told(case, kind, names, falls, np.asarray(case.compute(driven.target)))
    if not told.lines:
        raise NotApplicable("no {kind} are in the rows of enough people of one decision", kind=Text.of(kind))
    for _, found in told.measured:
        yield from found
    yield told.table()
    by_group = told.groups_table()
    if by_group is not None:
        yield by_group
    yield from left_out({kind: np.asarray(case.compute(driven.unanswered, **asked))})


@dataclass(frozen=True)
class Line:
    """One piece of one class."""

    name: str
    label: str | None
    falls: Floats
    """[n]; NaN where the row is of another class, has no such piece, or was not asked."""
    place: tuple[int, Text]
    """Its place among those of the class, and its places in resamples."""

    @property
    def about(self) -> dict[str, Any]:
        """What its measurements are about."""
        return {"conditions": {"piece": self.name}, "label": self.label}


@dataclass(frozen=True)
class Told:
    """What there is to tell of the pieces."""

    case: Case[Answers]
    kind: str
    names: list[str]
    falls: Floats
    """[pieces, n]."""
    target: npt.NDArray[np.integer]
    """[n]."""

    @cached_property
    def people(self) -> People:
        """Whose rows they are."""
        return People.of(self.case)

    @cached_property
    def tried(self) -> int:
        """How many pieces of classes were looked at."""
        return sum(len(self._of_class(place)) for place, _ in self._classes())

    @cached_property
    def lines(self) -> list[Line]:
        """Of each class the pieces that matter the most, the first first."""
        return [line for place, label in self._classes() for line in self._first(place, label)]

    def _classes(self) -> list[tuple[int, str | None]]:
        """Those that most rows are decided for."""
        said = self.case.predictions
        if isinstance(said, Values):
            return [(0, None)]
        names = said.labels if isinstance(said, LabelScores) else said.classes
        mass = np.bincount(self.target, weights=self.people.weights, minlength=len(names))
        order = np.argsort(-mass, kind="stable")[:_MOST_CLASSES]
        return [(int(place), names[place]) for place in np.sort(order)]

    def _of_class(self, place: int) -> dict[str, Floats]:
        """The pieces that ten people's rows of a class have."""
        inside = {
            name: np.where(self.target == place, falls, np.nan)
            for name, falls in zip(self.names, self.falls, strict=True)
        }
        return {name: one for name, one in inside.items() if self.people.count(np.isfinite(one)) >= PEOPLE}

    def _first(self, place: int, label: str | None) -> list[Line]:
        found = self._of_class(place)
        if not found:
            return []
        rng = self.case.rng(f"resamples: {label}")
        ranked = places({name: np.abs(one) for name, one in found.items()}, self.people, rng, self.case.level)
        order = sorted(found, key=lambda name: (ranked[name][0], name))[:MOST_TOLD]
        return [Line(name, label, found[name], ranked[name]) for name in order]

    @cached_property
    def measured(self) -> list[tuple[Line, list[Measurement]]]:
        """Of each piece: all rows, each group, and how far groups lie apart."""
        rows = Rows.of(self.case)
        wide = rows.at(family_level(rows.level, self.tried))
        questions = [(line, Question(EFFECT, GAP, line.falls, self._mean)) for line in self.lines]
        return [
            (line, list(about(iter((asked.overall(wide), *asked.by_group(self.case, wide))), line.about)))
            for line, asked in questions
        ]

    def _mean(self, rows: Rows, numbers: Floats) -> Found:
        said = self.case.predictions
        is_bounded = not isinstance(said, Values) and not (isinstance(said, ClassScores) and said.kind == "score")
        return rows.loss(numbers) if is_bounded else mean_of(rows, numbers)

    def table(self) -> Table:
        """A line a piece and class."""
        lines = []
        for line in self.lines:
            quoted: dict[str, Any] = {"metric": EFFECT, **line.about}
            known = np.isfinite(line.falls) & (self.people.weights > 0)
            size = float(np.average(np.abs(line.falls[known]), weights=self.people.weights[known]))
            told = (Quote(**quoted, shows="n"), Quote(**quoted), Quote(**quoted, shows="interval"))
            lines.append((line.label or Text.of("the number"), line.name, *told, round(size, _DIGITS), *line.place))
        names = ("decided for", self.kind, "rows", "score falls by", "interval", "moves by", "place", "in resamples")
        title = Text.of(
            "What drives each decision: how far its score falls without one of the {kind}", kind=Text.of(self.kind)
        )
        return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)

    def groups_table(self) -> Table | None:
        """A line a piece, class and group that has a number."""
        named = [((line.label or Text.of("the number"), line.name), found) for line, found in self.measured]
        return groups_table("How far the score falls for each group", ("decided for", self.kind), named)
