"""`explainability.faithfulness`: whether the answer hangs on the pieces that an explanation names, or a random one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Quote, Table, Text, Values, check
from auditkit.perturbation import Answers, Found, Question, Rows, sampled
from auditkit.statistics import family_level
from auditkit_explainability.attributing import GRADIENT
from auditkit_explainability.cards_faithfulness import FAITHFUL, FAITHFUL_GAP, FAITHFULNESS, TEST_OVER_RANDOM
from auditkit_explainability.judged.options import accept_effort, tried
from auditkit_explainability.judged.qualities import (
    BY_CHANCE,
    COMPREHENSIVENESS,
    DELETION,
    INFIDELITY,
    INSERTION,
    MORE_IS_BETTER,
    OWN,
    SUFFICIENCY,
    TESTS,
    quality,
)
from auditkit_explainability.judged.telling import beyond, verdict
from auditkit_explainability.planted_faithfulness import FAITHFUL_CONTROLS

Floats = npt.NDArray[np.floating]

METRICS = {
    DELETION: "deletion_area",
    INSERTION: "insertion_area",
    COMPREHENSIVENESS: "comprehensiveness",
    SUFFICIENCY: "sufficiency",
    INFIDELITY: "infidelity",
}
_BETTER = {card.name: card.better for card in FAITHFULNESS}
_DEALT = {"numbers": "dealt at random"}


@check(
    "explainability.faithfulness",
    on=(ClassScores, LabelScores, Values),
    metrics=FAITHFULNESS,
    accepts=accept_effort,
    controls=FAITHFUL_CONTROLS,
)
def faithfulness(
    case: Case[Answers],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = 100,
    orders: int = 20,
    draws: int = 32,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Whether explanations name the pieces that the answer hangs on.

    The words of a text, the regions of a picture or the columns of a table are taken out, and put back, in the order of
    each method's attributions, and so are random handfuls of them. Every test is held against the same numbers dealt to
    the row's pieces at random, in `orders` ways. `methods` names those to be judged; left out, they are those that suit
    the model, with the plain size of the gradient beside them, which they are to do better than. An explanation that
    does no better than a random one is marked: do not rely on this. The model is asked at most 14 * (orders + methods)
    + draws + 2 times a row, of at most `most_rows` rows drawn at random, and no more often than a row has subsets of
    pieces: 64 of six columns. KernelShap, where the model gives no gradients, asks 256 times beside.
    """
    case = sampled(case, most_rows)
    effort = {"orders": orders, "draws": draws, "column": column}
    found = {}
    for method, named in tried(methods).items():
        about: dict[str, Any] = {"method": method, "named": named, "effort": effort}
        sides = {
            side: {test: case.compute(quality, test=test, side=side, **about) for test in TESTS}
            for side in (OWN, BY_CHANCE)
        }
        if any(np.isfinite(numbers).any() for numbers in sides[OWN].values()):
            found[method] = Judged(sides[OWN], sides[BY_CHANCE])
    if not found:
        raise NotApplicable("no row has two pieces, of which one could matter more")
    told = Told(case, Rows.of(case), found)
    yield from told.headlines()
    yield from told.each()
    yield told.summary()
    yield told.table()


@dataclass(frozen=True)
class Judged:
    """What the tests made of one method, a number a row."""

    own: Mapping[str, Floats]
    by_chance: Mapping[str, Floats]

    def over_random(self, test: str) -> Floats:
        """[n]: by how much a test is better than of random attributions."""
        more = self.own[test] - self.by_chance[test]
        return more if test in MORE_IS_BETTER else -more

    @property
    def together(self) -> Floats:
        """[n]: the mean over the tests that a row has."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a row without any test has no mean, and NaN says so
            return np.asarray(np.nanmean([self.over_random(test) for test in TESTS], axis=0))


@dataclass(frozen=True)
class Told:
    """What there is to tell of some methods."""

    case: Case[Any]
    rows: Rows
    found: Mapping[str, Judged]

    @cached_property
    def is_bounded(self) -> bool:
        """Whether a score lies between 0 and 1."""
        said = self.case.predictions
        return isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind != "score")

    @cached_property
    def judged(self) -> list[str]:
        """The methods that are to be relied on or not; the gradient's size is what they are compared with."""
        return [method for method in self.found if method != GRADIENT] or list(self.found)

    @cached_property
    def together(self) -> dict[str, Measurement]:
        """Of each method how much better than random it is, with an interval for all of them at once."""
        wide = self.rows.at(family_level(self.rows.level, len(self.judged)))
        return {
            method: beyond(
                self._change(wide, self.found[method].together),
                FAITHFUL.name,
                level=self.rows.level,
                simultaneous=len(self.judged) > 1,
                conditions={"method": method},
            )
            for method in self.judged
        }

    def headlines(self) -> Iterator[Measurement]:
        """Of each method, of all rows and by group."""
        for method, said in self.together.items():
            yield said
            question = Question(FAITHFUL.name, FAITHFUL_GAP.name, self.found[method].together, self._change)
            for one in question.by_group(self.case, self.rows):
                yield one.model_copy(update={"conditions": {"method": method}, "better": _BETTER[one.metric]})

    def each(self) -> Iterator[Measurement]:
        """Of each method and test: its own value, that of random attributions, and the difference."""
        level = self.rows.level
        for method, one in self.found.items():
            for test in TESTS:
                name, about = METRICS[test], {"method": method}
                own, chance = self._mean(test, one.own[test]), self._mean(test, one.by_chance[test])
                yield own.measurement(name, level, better=_BETTER[name], conditions=about)
                yield chance.measurement(name, level, better=_BETTER[name], conditions=about | _DEALT)
                more = self._change(self.rows, one.over_random(test))
                name = TEST_OVER_RANDOM.name
                yield more.measurement(name, level, better=_BETTER[name], conditions=about | {"test": test})

    def summary(self) -> Table:
        """A line a method: whether it may be relied on."""
        lines = []
        for method, said in self.together.items():
            quotes = [Quote.of(said, "n"), Quote.of(said), Quote.of(said, "interval")]
            lines.append((Text.of(method), *quotes, verdict(said)))
        names = ("method", "rows", "better than random by", "interval", "what that says")
        title = "Whether explanations name what the answer hangs on"
        return Table(title=Text.of(title), columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)

    def table(self) -> Table:
        """A line a method and test."""
        lines = []
        for method in self.found:
            for test in TESTS:
                about, name = {"method": method}, METRICS[test]
                over = {"metric": TEST_OVER_RANDOM.name, "conditions": about | {"test": test}}
                quotes = [Quote(metric=name, conditions=about), Quote(metric=name, conditions=about | _DEALT)]
                lines.append((Text.of(method), Text.of(test), *quotes, Quote(**over), Quote(**over, shows="interval")))
        names = ("method", "test", "of the method", "of random attributions", "better than random by", "interval")
        title = Text.of("What each test makes of each method, and of the same numbers dealt at random")
        return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines))

    def _mean(self, test: str, numbers: Floats) -> Found:
        if test == INFIDELITY or (self.is_bounded and test in {DELETION, INSERTION}):
            return self.rows.share(numbers)
        return self._change(self.rows, numbers)

    def _change(self, rows: Rows, numbers: Floats) -> Found:
        return rows.change(numbers, is_bounded=self.is_bounded)
