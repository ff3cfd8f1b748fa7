"""Failure rates of behavioural tests: of each, of each kind, of all, and between the parts of a lexicon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Interval, Measurement, Quote, Table, Text
from auditkit.perturbation import Found, Rows
from auditkit.statistics import Limits, clopper_pearson, family_level, widest_between
from auditkit_robustness.behaving.failing import UNSOUND
from auditkit_robustness.behaving.filling import Filled, Filling
from auditkit_robustness.behaving.reading import KINDS, Test

UNSOUND_RATE = "unsound_answer_rate"
RATE, GAP = "behaviour_failure_rate", "behaviour_failure_rate_difference"
Floats = npt.NDArray[np.floating]

_NO_ROOM = Text.of("no case of it could be asked: the scores before are too near to 0 or 1 to move so far")
_EXACT = "clopper-pearson, over fillings"
_FEWEST = 2
_MOST_TOLD = 10**9
"""Slots multiply: beyond this a number of fillings says no more."""


@dataclass(frozen=True)
class Counted:
    """The cases of all tests, one after the other, and which of them failed."""

    filled: Sequence[Filling]
    outcomes: Mapping[str, Floats]
    """Of each test, see `failing.failures`."""
    level: float

    @cached_property
    def failed(self) -> dict[str, Floats]:
        """Test -> [cases]: 1 where a case fails, whatever the reason; NaN where it could not."""
        return {name: np.where(np.isnan(one), np.nan, one > 0) for name, one in self.outcomes.items()}

    @cached_property
    def _cases(self) -> list[tuple[Test, Filled]]:
        return [(each.test, one) for each in self.filled for one in each.cases]

    def measurements(self) -> Iterator[Measurement]:
        """Of all tests, of each kind, of each test, and of the parts of each lexicon that has any."""
        everything = np.concatenate([self.failed[each.test.name] for each in self.filled])
        yield self._over_templates(everything).measurement(RATE, self.level, why=_NO_ROOM)
        for kind in self._kinds():
            inside = self._where([test.kind == kind for test, _ in self._cases], everything)
            about = {"conditions": {"kind": kind}}
            yield self._over_templates(inside).measurement(RATE, self.level, why=_NO_ROOM, **about)
        for each in self.filled:
            yield self._of_test(each.test)
        for slot in self._parted():
            yield from self._between_parts(slot, everything)
        unsound = np.concatenate([self.outcomes[each.test.name] for each in self.filled]) == UNSOUND
        if unsound.any():
            yield self._over_templates(unsound.astype(float)).measurement(UNSOUND_RATE, self.level)

    def _kinds(self) -> list[str]:
        return [kind for kind in KINDS if any(each.test.kind == kind for each in self.filled)]

    def _parted(self) -> list[str]:
        return list(dict.fromkeys(slot for _, one in self._cases for slot in one.parts))

    @staticmethod
    def _where(inside: list[bool], numbers: Floats) -> Floats:
        return np.where(inside, numbers, np.nan)

    def _over_templates(self, numbers: Floats, level: float | None = None) -> Found:
        """A mean over cases, whose uncertainty is over templates: fillings of one share all other words."""
        names: dict[tuple[str, int], int] = {}
        units = [names.setdefault((test.name, one.template), len(names)) for test, one in self._cases]
        found = Rows(None, np.array(units, dtype=np.int64), self.level if level is None else level).share(numbers)
        # Templates are no people, and no group of people is judged by how many there are.
        return Found(found.value, found.n, found.limits, found.method.replace("units", "templates"))

    def _of_test(self, test: Test) -> Measurement:
        """Of one test: its templates are what they are, and its fillings stand for other words like these."""
        failed = self.failed[test.name]
        known = failed[np.isfinite(failed)]
        about: dict[str, Any] = {"conditions": conditions_of(test), "n": len(known)}
        if not len(known):
            return Measurement(metric=RATE, value=None, undefined=_NO_ROOM, **about)
        low, high = clopper_pearson(int(known.sum()), len(known), self.level)
        interval = Interval(low=float(low), high=float(high), level=self.level, method=_EXACT)
        return Measurement(metric=RATE, value=float(known.mean()), interval=interval, **about)

    def _between_parts(self, slot: str, everything: Floats) -> Iterator[Measurement]:
        labels = list(dict.fromkeys(one.parts[slot] for _, one in self._cases if slot in one.parts))
        inside = [self._where([one.parts.get(slot) == label for _, one in self._cases], everything) for label in labels]
        for label, numbers in zip(labels, inside, strict=True):
            about = {"conditions": {"slot": slot, "part": label}}
            yield self._over_templates(numbers).measurement(RATE, self.level, why=_NO_ROOM, **about)
        kept = [numbers for numbers in inside if np.isfinite(numbers).any()]
        pairs = len(kept) * (len(kept) - 1) // 2
        whole: dict[str, Any] = {"conditions": {"slot": slot}, "n": int(sum(np.isfinite(one).sum() for one in kept))}
        if len(kept) < _FEWEST:
            why = Text.of("fewer than two parts of the lexicon have cases")
            yield Measurement(metric=GAP, value=None, undefined=why, **whole)
            return
        means = [self._over_templates(one, family_level(self.level, pairs)) for one in kept]
        value = np.array([one.value for one in means], dtype=float)
        ends = [one.limits or Limits(0.0, 1.0) for one in means]
        limits = Limits(*(np.array([getattr(one, end) for one in ends], dtype=float) for end in ("low", "high")))
        gap = widest_between(value, limits)
        words = "limits of the parts combined, over templates" + (", all pairs" if pairs > 1 else "")
        interval = Interval(low=gap.low, high=gap.high, level=self.level, method=words, simultaneous=pairs > 1)
        yield Measurement(metric=GAP, value=gap.value, interval=interval, **whole)

    def tables(self, examples: int) -> Iterator[Table]:
        """A line a test; where they are asked for, failing sentences of each."""
        columns = ("test", "kind", "templates", "cases there are", "cases counted", "failure rate", "interval")
        rows = [
            (
                each.test.name,
                each.test.kind,
                len(each.test.templates),
                each.possible if each.possible <= _MOST_TOLD else f"over {_MOST_TOLD:,}",
                *(Quote(metric=RATE, conditions=conditions_of(each.test), shows=shows) for shows in _SHOWN),
            )
            for each in self.filled
        ]
        title = Text.of("How often each behavioural test failed")
        yield Table(title=title, columns=tuple(map(Text.of, columns)), rows=tuple(rows), prominent=True)
        failing = [line for each in self.filled for line in self._failing(each, examples)]
        if failing:
            title = Text.of("Sentences of the templates that failed")
            named = (Text.of("test"), Text.of("asked"), Text.of("beside it"))
            yield Table(title=title, columns=named, rows=tuple(failing), prominent=True)

    def _failing(self, each: Filling, examples: int) -> list[tuple[str, str, str]]:
        failed = [one for one, number in zip(each.cases, self.failed[each.test.name], strict=True) if number == 1]
        return [(each.test.name, one.sentences[0], " / ".join(one.sentences[1:])) for one in failed[:examples]]


_SHOWN = ("n", "value", "interval")


def conditions_of(test: Test) -> dict[str, str]:
    """What names the measurement of one test."""
    return {"test": test.name}
