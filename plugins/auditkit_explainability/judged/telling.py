"""How it is told what tests make of methods, and whether an explanation may be relied on: in one way by every check."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, MetricCard, Quote, Table, Text
from auditkit.perturbation import Found, Question, Rows
from auditkit.statistics import family_level
from auditkit_explainability.attributing import GRADIENT, shown

Floats = npt.NDArray[np.floating]

RELY = "better than a random one"
DO_NOT = "do not rely on this"
UNKNOWN = "cannot be told: do not rely on this"
DEALT = {"numbers": "dealt at random"}
"""The condition of what a test makes of random attributions."""
_SUMMARY = ("method", "rows", "better than random by", "interval", "what that says")
_EACH = ("method", "test", "of the method", "of random attributions", "better than random by", "interval")
_FEW = "too few rows tell anything"


@dataclass(frozen=True)
class Tests:
    """What a check tests of an explanation, and under which names it tells that."""

    metrics: Mapping[str, MetricCard]
    """Of each test that of its own value."""
    over: MetricCard
    """By how much a test is better than of random attributions."""
    together: MetricCard
    """The mean of that over the tests."""
    gap: MetricCard
    """How far groups lie apart in that."""
    better: Callable[[str, Floats, Floats], Floats]
    """A test, what it makes of a method [n] and of random attributions [n] -> by how much the method is better."""
    mean: Callable[[Rows, str, Floats], Found]
    """The mean of a test's own values [n]."""
    change: Callable[[Rows, Floats], Found]
    """The mean of how much better something is [n]."""
    titles: tuple[str, str]
    """Of the table of methods, and of that of all tests."""


@dataclass(frozen=True)
class Judged:
    """What tests made of one method, a number a row and test: [tests, n] each."""

    own: Floats
    by_chance: Floats

    @property
    def is_known(self) -> bool:
        """Whether any test said anything of any row."""
        return bool(np.isfinite(self.own).any())


@dataclass(frozen=True)
class Told:
    """What there is to tell of some methods."""

    case: Case[Any]
    rows: Rows
    found: Mapping[str, Judged]
    tests: Tests

    @cached_property
    def judged(self) -> list[str]:
        """The methods that are to be relied on or not; the gradient's size is what they are compared with."""
        return [method for method in self.found if method != GRADIENT] or list(self.found)

    def over_random(self, method: str) -> Floats:
        """[tests, n]: by how much each test is better than of random attributions."""
        one = self.found[method]
        pairs = zip(self.tests.metrics, one.own, one.by_chance, strict=True)
        return np.array([self.tests.better(*each) for each in pairs])

    def of_row(self, method: str) -> Floats:
        """[n]: the mean over the tests that a row has."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a row without any test has no mean, and NaN says so
            return np.asarray(np.nanmean(self.over_random(method), axis=0))

    @cached_property
    def together(self) -> dict[str, Measurement]:
        """Of each method how much better than random it is, with an interval for all of them at once."""
        wide = self.rows.at(family_level(self.rows.level, len(self.judged)))
        return {
            method: beyond(
                self.tests.change(wide, self.of_row(method)),
                self.tests.together.name,
                level=self.rows.level,
                simultaneous=len(self.judged) > 1,
                conditions={"method": method},
            )
            for method in self.judged
        }

    def measurements(self) -> Iterator[Measurement]:
        """Of each method all tests together, of all rows and by group; then each test."""
        for method, said in self.together.items():
            yield said
            question = Question(self.tests.together.name, self.tests.gap.name, self.of_row(method), self.tests.change)
            for one in question.by_group(self.case, self.rows):
                card = self.tests.gap if one.metric == self.tests.gap.name else self.tests.together
                yield one.model_copy(update={"conditions": {"method": method}, "better": card.better})
        for method in self.found:
            yield from self._each(method)

    def _each(self, method: str) -> Iterator[Measurement]:
        level, about, one = self.rows.level, {"method": method}, self.found[method]
        for place, (test, card) in enumerate(self.tests.metrics.items()):
            for numbers, which in ((one.own[place], about), (one.by_chance[place], about | DEALT)):
                found = self.tests.mean(self.rows, test, numbers)
                yield found.measurement(card.name, level, better=card.better, conditions=which)
            more = self.tests.change(self.rows, self.over_random(method)[place])
            over = self.tests.over
            yield more.measurement(over.name, level, better=over.better, conditions=about | {"test": test})

    def tables(self) -> Iterator[Table]:
        """A line a method: whether it may be relied on; and a line a method and test."""
        lines: list[tuple[Any, ...]] = []
        for method, said in self.together.items():
            quotes = [Quote.of(said, "n"), Quote.of(said), Quote.of(said, "interval")]
            lines.append((shown(method), *quotes, verdict(said)))
        yield _table(self.tests.titles[0], _SUMMARY, lines, prominent=True)
        lines = []
        for method in self.found:
            for test, card in self.tests.metrics.items():
                about = {"method": method}
                over: dict[str, Any] = {"metric": self.tests.over.name, "conditions": about | {"test": test}}
                quotes = [Quote(metric=card.name, conditions=which) for which in (about, about | DEALT)]
                quotes += [Quote(**over), Quote(**over, shows="interval")]
                lines.append((shown(method), Text.of(card.title), *quotes))
        yield _table(self.tests.titles[1], _EACH, lines)


def beyond(found: Found, metric: str, *, level: float, simultaneous: bool, **about: Any) -> Measurement:
    """A mean whose interval was made for several methods at once; more of it is better."""
    said = found.measurement(metric, level, why=Text.of(_FEW), better="higher", **about)
    if said.interval is None or not simultaneous:
        return said
    return said.model_copy(update={"interval": said.interval.model_copy(update={"simultaneous": True})})


def verdict(said: Measurement, *, rely: str = RELY) -> Text:
    """Whether something is above 0 with its whole interval."""
    if said.value is None:
        return Text.of(UNKNOWN)
    low = said.value if said.interval is None else said.interval.low
    return Text.of(rely if low > 0 else DO_NOT)


def _table(title: str, names: tuple[str, ...], lines: list[tuple[Any, ...]], *, prominent: bool = False) -> Table:
    columns = tuple(map(Text.of, names))
    return Table(title=Text.of(title), columns=columns, rows=tuple(lines), prominent=prominent)
