"""What a search for shortcuts found, each held to the same corrected test, as numbers a row that a replay can read."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Quote, Table, Text, Values
from auditkit.perturbation import Found, Rows
from auditkit.statistics import family_level
from auditkit_explainability.relying.halves import is_bounded, towards
from auditkit_explainability.relying.patches import said_place

Floats = npt.NDArray[np.floating]

EFFECT, FLIPS, COUNT = "shortcut_effect", "shortcut_flip_rate", "shortcuts_found"
WORDS, PATCHES = "words", "patches"


def number(case: Case[Any], *, what: str, place: int, search: str, how: dict[str, Any]) -> npt.NDArray[Any]:
    """[n]: one line of what a search found; of facts about a line, or about all, the same number in every row.

    A replay has neither inputs nor a model, and a bundle keeps one number a row: the letters of a word that many
    people's texts hold stand in the rows as code points, one a row.
    """
    module = importlib.import_module(f"auditkit_explainability.relying.{search}")
    found = case.compute(module.search, **how)
    if what == "tried":
        return np.full(len(case), float(len(found["effects"])))
    line = np.asarray(found[what][place])
    return line if line.ndim else np.full(len(case), float(line))


@dataclass(frozen=True)
class Tried:
    """One word or place that was tried."""

    conditions: dict[str, str]
    effect: Found
    """At the level that all that were tried share."""
    flips: Found


@dataclass(frozen=True)
class Searched:
    """What a search tried, on rows that it was not chosen on."""

    case: Case[Any]
    kind: str
    tried: Sequence[Tried]
    least: float
    """By how much more than others something must move the score to be called a shortcut."""

    @classmethod
    def of(cls, case: Case[Any], kind: str, least: float, **how: Any) -> Searched:
        """Search, or read what was found."""
        rows = Rows.of(case)

        def line(what: str, place: int = 0) -> Floats:
            return np.asarray(case.compute(number, what=what, place=place, search=kind, how=how), dtype=float)

        count = int(line("tried")[0])
        wide = rows.at(family_level(rows.level, count))
        made, untold = [], 0
        for place in range(count):
            if kind == PATCHES:
                conditions = {"region": said_place(int(line("places", place)[0]))}
            else:
                code = line("letters", place)
                word = "".join(chr(int(one)) for one in code[code >= 0])
                untold += word == "\0"
                conditions = {
                    "word": f"not told, {untold}" if word == "\0" else word,
                    "towards": towards(case, int(line("towards", place)[0])),
                }
            effect = wide.change(line("effects", place), is_bounded=is_bounded(case))
            made.append(Tried(conditions, effect, rows.share(line("flips", place))))
        return cls(case, kind, made, least)

    @property
    def found(self) -> list[Tried]:
        """Those whose whole interval lies above `least`, the furthest first."""
        return sorted(
            (one for one in self.tried if _ends(one.effect)[0] > self.least), key=lambda one: -(one.effect.value or 0.0)
        )

    def measurements(self) -> Iterator[Measurement]:
        """The largest effect, how many shortcuts there are, and each that was found."""
        level = self.case.level
        largest = max(self.tried, key=lambda one: one.effect.value or 0.0)
        low, high = (max(_ends(one.effect)[end] for one in self.tried) for end in (0, 1))
        method = f"{largest.effect.method}, Bonferroni over {len(self.tried)} {self.kind}"
        value = float(largest.effect.value or 0.0)
        interval = Interval(low=min(low, value), high=high, level=level, method=method, simultaneous=True)
        about: dict[str, Any] = {"n": largest.effect.n, "people": largest.effect.people}
        yield Measurement(metric=EFFECT, value=value, interval=interval, **about)
        possible = sum(_ends(one.effect)[1] > self.least for one in self.tried)
        count = Interval(low=len(self.found), high=possible, level=level, method=method, simultaneous=True)
        yield Measurement(metric=COUNT, value=float(len(self.found)), interval=count, **about)
        for one in self.found:
            low, high = _ends(one.effect)
            within = Interval(low=low, high=high, level=level, method=method, simultaneous=True)
            shown: dict[str, Any] = {"n": one.effect.n, "people": one.effect.people, "conditions": one.conditions}
            yield Measurement(metric=EFFECT, value=one.effect.value, interval=within, **shown)
            if not isinstance(self.case.predictions, Values):
                yield one.flips.measurement(FLIPS, level, conditions=one.conditions)

    def table(self, title: str) -> Table | None:
        """A line a shortcut; None where none was found."""
        if not self.found:
            return None
        keys = tuple(self.found[0].conditions)
        decides = not isinstance(self.case.predictions, Values)
        names = [*keys, "rows", "score moves by", "interval", *(["decisions that change"] if decides else [])]
        lines = []
        for one in self.found:
            line: list[Any] = [one.conditions[key] for key in keys]
            line += [
                Quote(metric=EFFECT, conditions=one.conditions, shows=shows) for shows in ("n", "value", "interval")
            ]
            line += [Quote(metric=FLIPS, conditions=one.conditions)] if decides else []
            lines.append(tuple(line))
        return Table(title=Text.of(title), columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)


def _ends(found: Found) -> tuple[float, float]:
    """Where its interval begins and ends; of rows that do not differ at all the mean itself."""
    value = float(found.value or 0.0)
    if found.limits is None:
        return value, value
    return min(float(found.limits.low), value), max(float(found.limits.high), value)
