"""`calibration.remedies`: what recalibrating would change, of whom, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, Measurement, Quote, Table, Text, check
from auditkit.segments import FEWEST, groupings, large_enough, people_in
from auditkit.statistics import Counting, Worth, family_level
from auditkit_calibration.estimates import estimate_smooth_error
from auditkit_calibration.questions import BINARY, TAKES, Predicted, Question
from auditkit_calibration.refusing import must_be_probabilities, no_rows
from auditkit_calibration.remedies import worth
from auditkit_calibration.remedies.cards import (
    AREA_CHANGE,
    BRIER,
    BRIER_CHANGE,
    CARDS,
    ERROR,
    ERROR_CHANGE,
    LOSS,
    LOSS_CHANGE,
    OTHERWISE,
    RIGHT,
    RIGHT_CHANGE,
)
from auditkit_calibration.remedies.maps import Remedy, cross_fitted, remedies_for
from auditkit_calibration.remedies.planted import CONTROLS
from auditkit_calibration.remedies.rows import Flags, Floats, Integers, Tried

LEAST_PEOPLE, LEAST_OTHERS = 100, 20
"""People, and rows not of the commonest class: with fewer a fold is too small to fit to."""
_BETTER = {card.name: card.better for card in CARDS}
_OF_ALL = {LOSS, BRIER, ERROR, RIGHT}
"""What is told of the answers as they are too: all others are changes."""
_ROUNDING = 1e-12
_NOISE = "noise bound, multiplier bootstrap"
_DOES_NOT_APPLY = Text.of("does not apply")
_HALF = 0.5
"""The threshold of labels where the spec names none; a temperature leaves it where it is."""


@check("calibration.remedies", on=TAKES, needs=("targets",), metrics=CARDS, controls=CONTROLS)
def remedies(case: Case[Predicted]) -> Iterator[Measurement | Table]:
    """What would help: how true probabilities would be if they were recalibrated.

    A temperature, a line of log odds (of two classes), a rising curve, and a line for each group of an attribute (of
    several classes a temperature) are fitted to four fifths of the people and tried on the fifth that they never saw,
    five times over. Of several labels that can be right at once each has maps of its own. All is held against the
    answers as they are, of the same rows. It is a simulation: nobody has changed the model. A map that is put to use
    would be fitted to rows of its own, and the recalibrated model audited on others; one for each group needs
    everybody's group when they are scored. A temperature leaves the likeliest class as it is, and of labels the side of
    one half, and with them every decision that no other threshold makes; what the others change is measured. The log
    loss judges sharpest.
    """
    must_be_probabilities(case)
    asked = Tried.each_of(case)
    whys = [_too_few(case, tried) for tried in asked]
    every = [list(remedies_for(tried.answers, case.min_group_size)) for tried in asked]
    counted = (len(some) - 1 for some, why in zip(every, whys, strict=True) if why is None)
    family = family_level(case.level, max(sum(counted), 1))
    told: list[_Told] = []
    for tried, why, some in zip(asked, whys, every, strict=True):
        if why is not None:
            yield from _withheld(tried, some, why)
            continue
        told.append(_Told(case, tried, _after(case, tried, some[0]), tuple(some), family))
        yield from told[-1].measurements
    if told:
        yield from _tables(told)
        yield _fitted(told)


def _withheld(tried: Tried, every: Sequence[Remedy], why: Text) -> Iterator[Measurement | Table]:
    """Each number under the condition that a rule would ask for it by, and all of them in one table."""
    found = [
        Measurement(
            metric=card.name,
            value=None,
            undefined=why,
            n=len(tried.answers),
            conditions={"remedy": remedy.name},
            label=tried.label,
            better=card.better,
        )
        for remedy in every
        for card in CARDS
        if (card.name != AREA_CHANGE or tried.answers.classes == BINARY)
        and (card.name in _OF_ALL or remedy is not every[0])
    ]
    yield from found
    about = [(card, [one for one in found if one.metric == card.name]) for card in CARDS]
    yield Table(
        title=Text.of("Nothing is told of what would help: {why}", why=why)
        if tried.label is None
        else Text.of("Nothing is told of what would help {label}: {why}", label=tried.label, why=why),
        columns=(Text.of("number"), *(remedy.words for remedy in every)),
        rows=tuple(
            (Text.of(card.title), *[_DOES_NOT_APPLY] * (len(every) - len(ones)), *map(Quote.of, ones))
            for card, ones in about
            if ones
        ),
    )


def _too_few(case: Case[Any], tried: Tried) -> Text | None:
    answers = tried.answers
    if len(answers) == 0:
        return no_rows(case)
    if answers.people >= LEAST_PEOPLE and answers.others >= LEAST_OTHERS:
        return None
    return Text.of(
        "fewer than {people} people, or fewer than {others} rows outside the commonest class: too few to fit and to "
        "judge",
        people=LEAST_PEOPLE,
        others=LEAST_OTHERS,
    )


@dataclass(frozen=True)
class _After:
    """What would be said of the rows."""

    remedy: Remedy
    chances: Floats
    decided: Integers
    keeps_decisions: bool
    """Whether every decision is the same, whatever the rows."""


def _after(case: Case[Any], tried: Tried, remedy: Remedy) -> _After:
    chances = cross_fitted(remedy, tried.answers, tried.folds)
    before = _decided(case, tried, tried.answers.chances)
    own = (None,) if tried.label is None else (None, _HALF)
    if remedy.keeps_likeliest and case.settings.threshold in own:
        return _After(remedy, chances, before, keeps_decisions=True)
    return _After(remedy, chances, _decided(case, tried, chances), keeps_decisions=False)


def _decided(case: Case[Any], tried: Tried, chances: Floats) -> Integers:
    """[n]: the class decided for; of a label 1 where it is, as `label_decisions` has it."""
    threshold, named = case.settings.threshold, case.settings.positive
    if tried.label is not None:
        return np.asarray(chances[:, tried.answers.positive] >= (_HALF if threshold is None else threshold), dtype=int)
    return ClassScores(case.predictions.classes, chances).decide(named[0] if len(named) == 1 else None, threshold)


@dataclass(frozen=True)
class _Told:
    """What is told of each remedy, beside the answers as they are."""

    case: Case[Any]
    tried: Tried
    first: _After
    every: tuple[Remedy, ...]
    family: float
    """The level of the changes: their intervals hold together over the remedies of all labels."""

    @cached_property
    def measurements(self) -> tuple[Measurement, ...]:
        """Of every remedy."""
        return tuple(one for it in self.every for one in self._of(_after(self.case, self.tried, it)))

    @cached_property
    def before(self) -> worth.Noise:
        """The noise in the error of the answers as they are."""
        asked = self.tried.answers.question(self.first.chances)
        return worth.Noise.of(asked, self.family, self.case.rng("noise of both"))

    @property
    def counting(self) -> Counting:
        """Weights and units of the rows."""
        weights = None if self.case.weights is None else self.case.weights[self.tried.places]
        return Counting(weights, None if self.case.units is None else self.case.units.codes[self.tried.places])

    def _of(self, after: _After) -> Iterator[Measurement]:
        """Of one remedy: what probabilities are worth, what has changed, and how far off they are for each group."""
        answers, counting, level = self.tried.answers, self.counting, self.case.level
        is_first = after.remedy is self.first.remedy
        for metric, change, losses in (
            (LOSS, LOSS_CHANGE, worth.log_losses),
            (BRIER, BRIER_CHANGE, worth.squares),
        ):
            now = losses(after.chances, answers)
            yield self._told(metric, counting.average(now, level, least=0.0), after)
            if not is_first:
                gone = now - losses(self.first.chances, answers)
                gone[np.abs(gone) < _ROUNDING] = 0.0
                yield self._change(change, counting.change(gone, self.family), after, nothing=not gone.any())
        yield from self._errors(after, is_first=is_first)
        yield from self._decisions(after, is_first=is_first)

    def _errors(self, after: _After, *, is_first: bool) -> Iterator[Measurement]:
        asked = self.tried.answers.question(after.chances)
        rng = self.case.rng("noise")
        found = estimate_smooth_error(asked, level=self.case.level, rng=rng, effort=worth.EFFORT)
        yield self._told(ERROR, Worth(found.value, (found.low, found.high), _NOISE), after)
        if not is_first:
            same = bool(np.array_equal(self.first.chances, after.chances))
            noise = worth.Noise.of(asked, self.family, self.case.rng("noise of both"))
            change = worth.change_of_error(self.before, noise, level=self.family)
            yield self._change(ERROR_CHANGE, change, after, nothing=same)
        if self.case.has_groups:
            yield from self._groups(asked, after)

    def _groups(self, asked: Question, after: _After) -> Iterator[Measurement]:
        for grouping in groupings(self.case, self.tried.places, depth=1):
            people = people_in(grouping.codes, len(grouping.members), asked.owners)
            kept = large_enough(people, self.case)
            for place, member in enumerate(grouping.members):
                inside: Flags = grouping.codes == place
                about = {"n": int(inside.sum()), "people": int(people[place]), "group": member}
                if not kept[place]:
                    least = max(self.case.min_group_size, FEWEST)
                    small = Text.of("the group has fewer than {least} people", least=least)
                    yield Measurement(metric=ERROR, value=None, undefined=small, **self._about(ERROR, after), **about)
                    continue
                rng = self.case.rng(f"noise: {grouping.name}")
                part = asked.part(inside)
                found = estimate_smooth_error(part, level=self.case.level, rng=rng, effort=worth.EFFORT)
                one = self._told(ERROR, Worth(found.value, (found.low, found.high), _NOISE), after)
                yield one.model_copy(update=about)

    def _decisions(self, after: _After, *, is_first: bool) -> Iterator[Measurement]:
        answers, counting = self.tried.answers, self.counting
        right, before = after.decided == answers.targets, self.first.decided == answers.targets
        yield self._told(RIGHT, counting.share(right, self.case.level), after)
        if is_first:
            return
        kept = after.keeps_decisions
        yield self._change(RIGHT_CHANGE, counting.change_of_share(right, before, self.family), after, nothing=kept)
        otherwise = counting.share(after.decided != self.first.decided, self.case.level)
        yield self._told(OTHERWISE, otherwise, after, nothing=kept)
        if answers.classes == BINARY:
            place = answers.positive
            now, then = after.chances[:, place], self.first.chances[:, place]
            area = counting.change_of_area(now, then, answers.targets == place, self.family)
            if area is not None:
                yield self._change(AREA_CHANGE, area, after, nothing=False)

    def _about(self, metric: str, after: _After) -> dict[str, Any]:
        conditions = {"remedy": after.remedy.name}
        return {"conditions": conditions, "label": self.tried.label, "better": _BETTER[metric]}

    def _told(self, metric: str, found: Worth, after: _After, *, nothing: bool = False) -> Measurement:
        about: dict[str, Any] = {"metric": metric, "n": len(self.tried.answers), **self._about(metric, after)}
        if nothing:
            return Measurement(value=0.0, exact=True, **about)
        if found.limits is None:
            return Measurement(value=found.value, **about)
        low, high = found.limits
        interval = Interval(low=low, high=high, level=self.case.level, method=found.method)
        return Measurement(value=found.value, interval=interval, **about)

    def _change(self, metric: str, found: Worth, after: _After, *, nothing: bool) -> Measurement:
        """A change is 0 without error where nothing can change; else its intervals hold over all remedies."""
        one = self._told(metric, found, after, nothing=nothing)
        update: dict[str, Any] = {"versus": {"remedy": self.first.remedy.name}}
        if one.interval is not None:
            update["interval"] = one.interval.model_copy(update={"simultaneous": True})
        return one.model_copy(update=update)


_TABLES = (
    (
        "What would help: what the probabilities would be worth, tried on rows that the map never saw",
        ((LOSS, "log loss"), (LOSS_CHANGE, "change")),
    ),
    ("What would help: how far they would be from what came true", ((BRIER, "Brier score"), (BRIER_CHANGE, "change"))),
    (
        "What would help: how far they would be from how often they come true",
        ((ERROR, "smooth calibration error"), (ERROR_CHANGE, "change")),
    ),
    ("What it would leave: how often decisions would be right", ((RIGHT, "accuracy"), (RIGHT_CHANGE, "change"))),
    (
        "What it would not leave: decisions, and how well people are told apart",
        ((OTHERWISE, "decided otherwise"), (AREA_CHANGE, "change of the area under the ROC")),
    ),
)
"""One would be wider than a printed page. Every number over all rows stands in one of them, and so nowhere else."""


def _tables(told: Sequence[_Told]) -> Iterator[Table]:
    """A remedy a row."""
    for title, columns in _TABLES:
        heads = [Text.of(word) for _, head in columns for word in (head, "interval")]
        metrics = [metric for metric, _ in columns]
        yield Table(
            title=Text.of(title),
            columns=(*_heads(told), *heads),
            rows=tuple((*_named(one, it), *_quoted(one.measurements, it, metrics)) for one in told for it in one.every),
            prominent=True,
        )


def _heads(told: Sequence[_Told]) -> tuple[Text, ...]:
    return (*([] if told[0].tried.label is None else [Text.of("label")]), Text.of("probabilities"))


def _named(told: _Told, remedy: Remedy) -> tuple[Text | str, ...]:
    return (remedy.words,) if told.tried.label is None else (told.tried.label, remedy.words)


def _quoted(measured: Sequence[Measurement], remedy: Remedy, metrics: Sequence[str]) -> Iterator[Quote | Text]:
    about = {"remedy": remedy.name}
    for metric in metrics:
        found = next((it for it in measured if it.metric == metric and it.conditions == about and not it.group), None)
        yield _DOES_NOT_APPLY if found is None else Quote.of(found)
        has = found is not None and found.interval is not None
        yield Quote.of(found, "interval") if found is not None and has else _DOES_NOT_APPLY


def _fitted(told: Sequence[_Told]) -> Table:
    """What each map would be, fitted to all rows, and what using it would take."""
    rows = [(one, it, it.fit(one.tried.answers).words) for one in told for it in one.every]
    return Table(
        title=Text.of(
            "What would be fitted to all {n} rows, and what using it would take", n=len(told[0].tried.answers)
        ),
        columns=(*_heads(told), *(Text.of(name) for name in ("fitted", "what it takes"))),
        rows=tuple((*_named(one, it), words, it.needs) for one, it, words in rows),
    )
