"""What paired answers come to: each side's mean, the widest gap within pairs, what it exceeds a neutral swap's by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, GroupCount, Interval, Measurement, Table, Text
from auditkit.perturbation import Rows as Means
from auditkit.statistics import (
    Distributions,
    Limits,
    combined,
    family_level,
    holm,
    mean,
    sign_flip_tests,
    wasserstein_distance,
)
from auditkit_conversation.measured import Found, Rows
from auditkit_conversation.pairing import Contrast
from auditkit_conversation.readings import Reading

Floats = npt.NDArray[np.float64]

FEWEST_SAMPLES = 5
"""Answers to a prompt that are wanted where they are drawn."""
_FEWEST = 2
_MOST_ROWS = 200
"""Of a table; those with the smallest p."""
_VARIED = 6
"""Templates that differ otherwise than most do, from which on Student's interval is taken as it is."""
_NONE = "no answers of this kind are there on two sides of a pair, or of fewer than ten templates"
_NO_CONTROL = "no rows are marked as a neutral swap, which a gap could be held against"


@dataclass(frozen=True)
class Gap:
    """How far two sides lie apart."""

    value: float
    limits: Limits
    method: str
    templates: int


@dataclass(frozen=True)
class Gaps:
    """Makes measurements of paired answers."""

    case: Case[Any]
    neutral: Contrast | None

    def measure(self, reading: Reading, contrast: Contrast, answers: Floats) -> Iterator[Measurement]:
        """Each side, the widest gap between sides with rows enough, and its excess over the neutral swap's.

        Args:
            reading: what the numbers are of.
            contrast: who is compared.
            answers: [n, samples], NaN where there is none.
        """
        large = [place for place, size in enumerate(contrast.rows) if size >= max(self.case.min_group_size, 1)]
        counted = tuple(
            GroupCount(label=label, n=int(size), compared=place in large)
            for place, (label, size) in enumerate(zip(contrast.sides, contrast.rows, strict=True))
        )
        for place, label in enumerate(contrast.sides):
            if contrast.rows[place]:
                yield self._side(reading, contrast, place, answers, max(len(large), 1), label)
        about: dict[str, Any] = {"group": {contrast.attribute: "*"}, "compared": counted, "better": "lower"}
        gap = self._widest(reading, contrast, answers, large)
        few = None
        if len(large) < _FEWEST:
            few = Text.of("fewer than two groups have {least} rows to compare", least=self.case.min_group_size)
        yield self._told(f"{reading.metric}_difference", gap, few, about)
        control = None if self.neutral is None else self._of_control(reading, answers)
        why = few or (Text.of(_NO_CONTROL) if self.neutral is None else None)
        yield self._told(f"{reading.metric}_excess", _less(gap, control), why, about)

    def of_neutral(self, reading: Reading, answers: Floats) -> Iterator[Measurement]:
        """The gap that a neutral swap makes."""
        if self.neutral is not None:
            about: dict[str, Any] = {"conditions": {"swap": "neutral"}, "better": "lower"}
            yield self._told(f"{reading.metric}_difference", self._of_control(reading, answers), None, about)

    def _of_control(self, reading: Reading, answers: Floats) -> Gap | None:
        assert self.neutral is not None  # noqa: S101  the callers look
        return self._widest(reading, self.neutral, answers, range(len(self.neutral.sides)))

    def _side(
        self, reading: Reading, contrast: Contrast, place: int, answers: Floats, groups: int, label: str
    ) -> Measurement:
        """The mean of one side over its prompts, which weigh alike, however many answers each has."""
        inside = np.where((contrast.side == place)[:, None], answers, np.nan)
        known = np.isfinite(inside)
        sizes = known.sum(axis=1)
        means = np.divide(
            np.where(known, inside, 0.0).sum(axis=1), sizes, out=np.full(len(sizes), np.nan), where=sizes > 0
        )
        level = family_level(self.case.level, groups)
        found = _mean(self.case, reading, means, contrast.whose, level)
        said: dict[str, Any] = {
            "metric": reading.metric, "n": found.n, "group": {contrast.attribute: label}, "better": reading.better,
        }  # fmt: skip
        if found.value is None or found.limits is None:
            return Measurement(value=None, undefined=Text.of(_NONE), **said)
        low, high = min(float(found.limits.low), found.value), max(float(found.limits.high), found.value)
        words = f"{found.method}, all groups" if groups > 1 else found.method
        interval = Interval(low=low, high=high, level=self.case.level, method=words, simultaneous=groups > 1)
        return Measurement(value=found.value, interval=interval, **said)

    def _widest(self, reading: Reading, contrast: Contrast, answers: Floats, large: Sequence[int]) -> Gap | None:
        """The widest gap between two of some sides; its interval holds for all of them at once."""
        between = contrast.between(answers)
        chosen = [place for place, meeting in enumerate(contrast.meetings) if set(meeting) <= set(large)]
        level = family_level(self.case.level, max(len(chosen), 1))
        told = [found for place in chosen if (found := _over_templates(reading, between[:, place], level)) is not None]
        if not told:
            return None
        low, high = (np.array([getattr(one.limits, end) for one in told], dtype=float) for end in ("low", "high"))
        value = max(abs(one.value) for one in told)
        least = min(float(np.maximum(low, -high).max(initial=0.0)), value)
        most = max(float(np.maximum(high, -low).max()), value)
        widest = max(told, key=lambda one: abs(one.value))
        words = f"paired, {widest.method}" + (", all pairs" if len(chosen) > 1 else "")
        return Gap(value, Limits(least, most), words, int(np.isfinite(between[:, chosen]).any(axis=1).sum()))

    def _told(self, metric: str, gap: Gap | None, why: Text | None, about: Mapping[str, Any]) -> Measurement:
        if gap is None or why is not None:
            return Measurement(
                metric=metric,
                value=None,
                n=0 if gap is None else gap.templates,
                undefined=why or Text.of(_NONE),
                **about,
            )
        low, high = float(gap.limits.low), float(gap.limits.high)
        simultaneous = gap.method.endswith("all pairs")
        interval = Interval(low=low, high=high, level=self.case.level, method=gap.method, simultaneous=simultaneous)
        return Measurement(metric=metric, value=gap.value, n=gap.templates, interval=interval, **about)


def _over_templates(reading: Reading, between: Floats, level: float) -> Gap | None:
    """The mean of differences, one a template; None where nothing can be said.

    Student's interval, which needs differences that differ: of bounded numbers of which hardly any is another than the
    most common one, it would claim to know all templates that there could be. Then it is the wider of Student's and of
    Wilson limits of more and of less combined.
    """
    known = between[np.isfinite(between)] / reading.width
    rows = Means(None, None, level)
    if reading.most is not None and len(known) and len(known) - _most_common(known) >= _VARIED:
        found = mean(known, level=level)
        if found is not None and found.limits is not None:
            low, high = max(float(found.limits.low), -1.0), min(float(found.limits.high), 1.0)
            limits = Limits(low * reading.width, high * reading.width)
            return Gap(found.value * reading.width, limits, "student, mean over templates", len(known))
    wide = rows.change(known, is_bounded=reading.most is not None)
    if wide.value is None or wide.limits is None:
        return None
    limits = Limits(float(wide.limits.low) * reading.width, float(wide.limits.high) * reading.width)
    return Gap(wide.value * reading.width, limits, wide.method.replace("rows", "templates"), len(known))


def _most_common(numbers: Floats) -> int:
    """How often the most common of some numbers occurs."""
    return int(np.unique(np.round(numbers, 9), return_counts=True)[1].max())


def _less(gap: Gap | None, control: Gap | None) -> Gap | None:
    """A gap less the neutral swap's, with their intervals combined."""
    if gap is None or control is None:
        return None
    values = np.array([gap.value, control.value])
    ends = Limits(
        np.array([gap.limits.low, control.limits.low], dtype=float),
        np.array([gap.limits.high, control.limits.high], dtype=float),
    )
    both = combined(values, ends, [1.0, -1.0])
    # What holds for all pairs of sides at once still does.
    words = "limits of both gaps combined" + (", all pairs" if gap.method.endswith("all pairs") else "")
    return Gap(gap.value - control.value, Limits(float(both.low), float(both.high)), words, gap.templates)


def _mean(case: Case[Any], reading: Reading, means: Floats, families: npt.NDArray[np.integer], level: float) -> Found:
    """The mean of one number a prompt, [n]; prompts of one template hang together."""
    if reading.most is None:
        rows = Means(None, np.where(families >= 0, families, 0), level)
        found = rows.change(means, is_bounded=False)
        return Found(found.value, found.n, found.n, found.limits, found.method)
    one = Rows(case, None, families).found((means - reading.least) / reading.width, level=level)
    if one.value is None or one.limits is None:
        return one
    low, high = (reading.least + reading.width * float(end) for end in one.limits)
    return Found(reading.least + reading.width * one.value, one.n, one.people, Limits(low, high), one.method)


def pairs_table(
    contrasts: Sequence[Contrast],
    neutral: Contrast | None,
    samples: npt.NDArray[np.integer],
    wordings: npt.NDArray[np.integer],
) -> Table:
    """How many prompts were paired, how often each was answered, and whether its answers differ."""
    rows: list[tuple[Any, ...]] = []
    for one in [*contrasts, *([neutral] if neutral else [])]:
        answers = samples[one.pair >= 0]
        least = int(answers.min()) if len(answers) else 0
        said = Text.of("enough")
        if least < FEWEST_SAMPLES:
            said = Text.of("fewer than {count} answers to a prompt", count=FEWEST_SAMPLES)
        elif wordings[one.pair >= 0].max() == 1:
            said = Text.of("all answers to each prompt are the same: it seems that none is drawn")
        rows.append(
            (
                one.attribute or Text.of("neutral swap"), ", ".join(one.sides), len(one.family),
                len(np.unique(one.family)), least, said,
            )
        )  # fmt: skip
    names = ("asked about", "sides", "pairs", "templates", "answers to a prompt, at least", "whether that is enough")
    return Table(
        title=Text.of("Prompts that are alike but for whom they are about"),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        attributes=tuple(one.attribute for one in contrasts),
    )


def flips_table(
    case: Case[Any], readings: Sequence[Reading], contrasts: Sequence[Contrast], answers: Mapping[str, Floats]
) -> Iterator[Table]:
    """Each two sides and each reading: the mean difference, Wasserstein's distance, and the test by sign flips."""
    rows, p_values, judged = [], [], []
    for contrast in contrasts:
        between = np.stack([contrast.between(answers[one.name]) for one in readings], axis=1)
        templates, _, meetings = between.shape
        rng = case.rng(f"signs of {contrast.attribute or 'the neutral swap'}")
        tests = sign_flip_tests(between.reshape(templates, -1), np.arange(templates), rng=rng)
        for place, test in enumerate(tests):
            reading, (one, other) = readings[place // meetings], contrast.meetings[place % meetings]
            if not test.families or min(contrast.rows[one], contrast.rows[other]) < max(case.min_group_size, 1):
                continue
            distance = _distance(contrast, answers[reading.name], (one, other), level=case.level, rng=rng)
            rows.append(
                (
                    reading.metric, contrast.attribute or Text.of("neutral swap"), contrast.sides[one],
                    contrast.sides[other], test.families, test.mean, *distance, test.p_value,
                )
            )  # fmt: skip
            p_values.append(test.p_value)
            judged.append(bool(contrast.attribute))
    if not rows:
        return
    adjusted = np.full(len(rows), np.nan)
    # What is judged is one family; the neutral swap is the yardstick, and none of it.
    adjusted[np.array(judged)] = holm(np.array(p_values)[np.array(judged)])
    names = ("metric", "asked about", "one", "other", "templates", "one less other", "distance", "low", "high", "p")
    told = [
        (*row, None if np.isnan(corrected) else float(corrected)) for row, corrected in zip(rows, adjusted, strict=True)
    ]
    shown = sorted(np.argsort(p_values, kind="stable")[:_MOST_ROWS])
    yield Table(
        title=Text.of(
            "Whether it matters which of two a prompt is about: sign flips by template, p corrected over all readings "
            "and groups (Holm); the distance is Wasserstein's, between all answers of either side"
        ),
        columns=tuple(Text.of(name) for name in (*names, "p, corrected")),
        rows=tuple(told[place] for place in shown),
        attributes=tuple(one.attribute for one in contrasts if one.attribute),
        prominent=True,
    )
    if len(shown) < len(told):
        yield Table(
            title=Text.of("Comparisons by sign flips that are not shown, since their p is larger"),
            columns=(Text.of("comparisons"), Text.of("shown"), Text.of("smallest p that is not shown")),
            rows=((len(told), len(shown), sorted(p_values)[len(shown)]),),
        )


def _distance(
    contrast: Contrast, answers: Floats, sides: tuple[int, int], *, level: float, rng: np.random.Generator
) -> tuple[float | None, float | None, float | None]:
    """Wasserstein's between all answers of either side and its interval; None: a side has none.

    Answers to one template are not independent.
    """
    groups = np.select([contrast.side == side for side in sides], [0, 1], -1)
    codes, whose = (np.repeat(column, answers.shape[1]) for column in (groups, contrast.whose))
    numbers = answers.ravel()
    codes = np.where(np.isfinite(numbers), codes, -1)
    if len(np.unique(codes[codes >= 0])) < _FEWEST:
        return None, None, None
    found = wasserstein_distance(Distributions.of(numbers, codes, _FEWEST, units=whose), level=level, rng=rng)
    return found.value, found.low, found.high
