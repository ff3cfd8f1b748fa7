"""`calibration.remedies`: what recalibrating would change, of whom, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, Measurement, Quote, Table, Text, check
from auditkit.statistics import family_level
from auditkit_calibration.estimates import estimate_smooth_error
from auditkit_calibration.groupings import FEWEST, groupings, large_enough, people_in
from auditkit_calibration.questions import BINARY, Question
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
_ROUNDING = 1e-12
_NOISE = "noise bound, multiplier bootstrap"
_DOES_NOT_APPLY = Text.of("does not apply")


@check("calibration.remedies", on=ClassScores, needs=("targets",), metrics=CARDS, controls=CONTROLS)
def remedies(case: Case[ClassScores]) -> Iterator[Measurement | Table]:
    """What would help: how true probabilities would be if they were recalibrated.

    A temperature, a line of log odds (of two classes), a rising curve, and a line for each group of an attribute (of
    several classes a temperature) are fitted to four fifths of the people and tried on the fifth that they never saw,
    five times over. All is held against the answers as they are, of the same rows. It is a simulation: nobody has
    changed the model. A map that is put to use would be fitted to rows of its own, and the recalibrated model audited
    on others; one for each group needs everybody's group when they are scored. A temperature leaves the likeliest class
    as it is, and with it every decision that no threshold makes; what the others change is measured. The log loss
    judges sharpest.
    """
    must_be_probabilities(case)
    tried = Tried.of(case)
    why = _too_few(case, tried)
    if why is not None:
        for card in CARDS:
            if card.name != AREA_CHANGE or len(case.predictions.classes) == BINARY:
                yield Measurement(metric=card.name, value=None, undefined=why, n=len(tried.answers), better=card.better)
        return
    every = list(remedies_for(tried.answers, case.min_group_size))
    first = _after(case, tried, every[0])
    told = _Told(case, tried, first, family_level(case.level, max(len(every) - 1, 1)))
    measured = [one for remedy in every for one in told.measurements(_after(case, tried, remedy))]
    yield from measured
    yield from _tables(every, measured)
    yield _fitted(every, tried)


def _too_few(case: Case[ClassScores], tried: Tried) -> Text | None:
    answers = tried.answers
    if len(answers) == 0:
        return no_rows(case)
    if answers.people >= LEAST_PEOPLE and answers.others >= LEAST_OTHERS:
        return None
    return Text.of(
        "fewer than {people} people, or fewer than {others} rows that are not of the commonest class: too few to fit "
        "to some and judge by others",
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


def _after(case: Case[ClassScores], tried: Tried, remedy: Remedy) -> _After:
    chances = cross_fitted(remedy, tried.answers, tried.folds)
    before = case.decisions[tried.places]
    if remedy.keeps_likeliest and case.settings.threshold is None:
        return _After(remedy, chances, before, keeps_decisions=True)
    named = case.settings.positive
    said = ClassScores(case.predictions.classes, chances)
    decided = said.decide(named[0] if len(named) == 1 else None, case.settings.threshold)
    return _After(remedy, chances, decided, keeps_decisions=False)


@dataclass(frozen=True)
class _Told:
    """What is told of each remedy, beside the answers as they are."""

    case: Case[ClassScores]
    tried: Tried
    first: _After
    family: float
    """The level of the changes: their intervals hold together over the remedies."""

    @property
    def counting(self) -> worth.Counting:
        """Weights and units of the rows."""
        weights = None if self.case.weights is None else self.case.weights[self.tried.places]
        return worth.Counting(weights, None if self.case.units is None else self.case.units.codes[self.tried.places])

    def measurements(self, after: _After) -> Iterator[Measurement]:
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
        yield self._told(ERROR, worth.Worth(found.value, (found.low, found.high), _NOISE), after)
        if not is_first:
            before = self.tried.answers.question(self.first.chances)
            same = bool(np.array_equal(self.first.chances, after.chances))
            rngs = self.case.rng("noise of both"), self.case.rng("noise of both")
            change = worth.change_of_error(before, asked, level=self.family, rngs=rngs)
            yield self._change(ERROR_CHANGE, change, after, nothing=same)
        if self.case.has_groups:
            yield from self._groups(asked, after)

    def _groups(self, asked: Question, after: _After) -> Iterator[Measurement]:
        for grouping in groupings(self.case, self.tried.places, depth=1):
            people = people_in(grouping.codes, len(grouping.members), asked)
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
                one = self._told(ERROR, worth.Worth(found.value, (found.low, found.high), _NOISE), after)
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
        return {"conditions": {"remedy": after.remedy.name}, "better": _BETTER[metric]}

    def _told(self, metric: str, found: worth.Worth, after: _After, *, nothing: bool = False) -> Measurement:
        about: dict[str, Any] = {"metric": metric, "n": len(self.tried.answers), **self._about(metric, after)}
        if nothing:
            return Measurement(value=0.0, exact=True, **about)
        if found.limits is None:
            return Measurement(value=found.value, **about)
        low, high = found.limits
        interval = Interval(low=low, high=high, level=self.case.level, method=found.method)
        return Measurement(value=found.value, interval=interval, **about)

    def _change(self, metric: str, found: worth.Worth, after: _After, *, nothing: bool) -> Measurement:
        """A change is 0 without error where nothing can change; else its intervals hold over all remedies."""
        one = self._told(metric, found, after, nothing=nothing)
        update: dict[str, Any] = {"versus": {"remedy": self.first.remedy.name}}
        if one.interval is not None:
            update["interval"] = one.interval.model_copy(update={"simultaneous": True})
        return one.model_copy(update=update)


def _tables(every: Sequence[Remedy], measured: Sequence[Measurement]) -> Iterator[Table]:
    """A remedy a row. Three tables: one would be wider than a printed page."""
    for title, columns in (
        (
            "What would help: what the probabilities would be worth, tried on rows that the map never saw",
            ((LOSS, "log loss"), (LOSS_CHANGE, "change"), (BRIER_CHANGE, "change of the Brier score")),
        ),
        (
            "What would help: how far the probabilities would be from how often they come true",
            ((ERROR, "smooth calibration error"), (ERROR_CHANGE, "change")),
        ),
        (
            "What it would leave, and what not",
            (
                (RIGHT_CHANGE, "change of accuracy"), (OTHERWISE, "decided otherwise"),
                (AREA_CHANGE, "change of the area under the ROC"),
            ),
        ),
    ):  # fmt: skip
        heads = [Text.of(word) for _, head in columns for word in (head, "interval")]
        yield Table(
            title=Text.of(title),
            columns=(Text.of("probabilities"), *heads),
            rows=tuple((one.words, *_quoted(measured, one, [metric for metric, _ in columns])) for one in every),
            prominent=True,
        )


def _quoted(measured: Sequence[Measurement], remedy: Remedy, metrics: Sequence[str]) -> Iterator[Quote | Text]:
    about = {"remedy": remedy.name}
    for metric in metrics:
        found = next((it for it in measured if it.metric == metric and it.conditions == about and not it.group), None)
        yield _DOES_NOT_APPLY if found is None else Quote.of(found)
        has = found is not None and found.interval is not None
        yield Quote.of(found, "interval") if found is not None and has else _DOES_NOT_APPLY


def _fitted(every: Sequence[Remedy], tried: Tried) -> Table:
    """What each map would be, fitted to all rows, and what using it would take."""
    return Table(
        title=Text.of("What would be fitted to all {n} rows, and what using it would take", n=len(tried.answers)),
        columns=tuple(Text.of(name) for name in ("probabilities", "fitted", "what it takes")),
        rows=tuple((one.words, one.fit(tried.answers).words, one.needs) for one in every),
    )
