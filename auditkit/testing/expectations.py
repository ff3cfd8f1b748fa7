"""What a control expects to find among the readings: a number above a bound, below it, or near a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from auditkit.checks.asking import Readings
from auditkit.checks.controls import Seen
from auditkit.document import Text
from auditkit.finding import Measurement

_MOST_SHOWN = 3
_ROUNDING = 1e-12
_SHOWN_AS_ZERO = 0.0005


@dataclass(frozen=True)
class _Bound:
    """Whether a metric lies beyond a bound, with the whole of its interval; of an exact number, the value."""

    metric: str
    bound: float
    side: Literal["above", "below"]
    wanted: bool
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def bounds(self) -> tuple[_Bound, ...]:
        """What of it can be asked of other rows, too: whether an interval lies beyond a bound."""
        return (self,)

    @property
    def expected(self) -> Text:
        said = {
            ("above", True): "{metric} is above {bound:bound}",
            ("below", True): "{metric} is below {bound:bound}",
            ("above", False): "{metric} is not above {bound:bound}",
            ("below", False): "{metric} is not below {bound:bound}",
        }
        return Text.of(said[self.side, self.wanted], metric=self.metric, bound=float(self.bound))

    def __call__(self, readings: Readings) -> Seen:
        found = [one for one in readings.of(self.metric, **self.about) if one.value is not None]
        beyond = [one for one in found if self._is_beyond(one)]
        passed = bool(beyond) if self.wanted else bool(found) and not beyond
        return Seen(passed, _shown(self.metric, beyond or found))

    def _is_beyond(self, found: Measurement) -> bool:
        value = 0.0 if found.value is None else found.value
        low, high = (value, value) if found.interval is None else (found.interval.low, found.interval.high)
        return low > self.bound if self.side == "above" else high < self.bound


@dataclass(frozen=True)
class _Near:
    """Whether every measurement of a metric is near a value."""

    metric: str
    value: float
    within: float
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def expected(self) -> Text:
        if self.within < _SHOWN_AS_ZERO:
            return Text.of("{metric} is {value}", metric=self.metric, value=float(self.value))
        return Text.of(
            "{metric} is {value}, give or take {within}",
            metric=self.metric,
            value=float(self.value),
            within=float(self.within),
        )

    def __call__(self, readings: Readings) -> Seen:
        found = [one for one in readings.of(self.metric, **self.about) if one.value is not None]
        far = [one for one in found if abs((one.value or 0.0) - self.value) > self.within]
        return Seen(bool(found) and not far, _shown(self.metric, far or found))


@dataclass(frozen=True)
class _Every:
    """Whether several expectations hold at once."""

    parts: tuple[_Bound | _Near, ...]

    @property
    def bounds(self) -> tuple[_Bound, ...]:
        """Its bounds; the exact numbers among its parts are those of the rows as they are."""
        return tuple(part for part in self.parts if isinstance(part, _Bound))

    @property
    def expected(self) -> Text:
        return Text.joined(part.expected for part in self.parts)

    def __call__(self, readings: Readings) -> Seen:
        seen = [part(readings) for part in self.parts]
        shown = [one for one in seen if not one.passed] or seen
        once = {str(one.observed): one.observed for one in shown}
        return Seen(all(one.passed for one in seen), Text.joined(once.values()))


def every(*parts: _Bound | _Near) -> _Every:
    """All of these at once; the report prints those that do not hold."""
    return _Every(parts)


def above(metric: str, bound: float, **about: Any) -> _Bound:
    """Some measurement of the metric lies above the bound with its whole interval; `about` as in `Readings.of`."""
    return _Bound(metric, bound, "above", wanted=True, about=about)


def below(metric: str, bound: float, **about: Any) -> _Bound:
    """Some measurement of the metric lies below the bound with its whole interval."""
    return _Bound(metric, bound, "below", wanted=True, about=about)


def not_above(metric: str, bound: float, **about: Any) -> _Bound:
    """The metric was measured, and nowhere lies above the bound with its whole interval."""
    return _Bound(metric, bound, "above", wanted=False, about=about)


def not_below(metric: str, bound: float, **about: Any) -> _Bound:
    """The metric was measured, and nowhere lies below the bound with its whole interval."""
    return _Bound(metric, bound, "below", wanted=False, about=about)


def near(metric: str, value: float, within: float = 1e-9, **about: Any) -> _Near:
    """The metric was measured, and every value of it is at most `within` from `value`."""
    return _Near(metric, value, within, about)


def _shown(metric: str, found: list[Measurement]) -> Text:
    if not found:
        return Text.of("no value of {metric}", metric=metric)
    return Text.of("{metric}: {said}", metric=metric, said=Text.joined(map(_said, found[:_MOST_SHOWN])))


def _said(found: Measurement) -> Text:
    interval = found.interval
    value = _digits(found.value or 0.0)
    if interval is None:
        return Text.of("{value}", value=value)
    return Text.of("{value} ({low} to {high})", value=value, low=_digits(interval.low), high=_digits(interval.high))


def _digits(value: float) -> float:
    """What rounding of floating point leaves of a zero is 0."""
    return 0.0 if abs(value) < _ROUNDING else float(value)
