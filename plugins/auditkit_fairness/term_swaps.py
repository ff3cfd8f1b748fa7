"""`fairness.term-swaps`: whether a text is scored otherwise when it speaks of other people, beyond neutral swaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    TextFile,
    Values,
    check,
    clean,
    planted,
)
from auditkit.perturbation import Answers, Found, Rows, refuse_none, sampled, spread_of
from auditkit.perturbation.lexicon import accept_attributes, read_terms
from auditkit.statistics import Distributions, Limits, own_units, sign_flip_tests, wasserstein_distance
from auditkit.testing import above, every, near, not_above
from auditkit_fairness.cards.terms import (
    CONTROL_GAP,
    DEVIATION,
    DISTANCE,
    EXCESS_FLIPS,
    EXCESS_GAP,
    EXCESS_SHIFT,
    FLIPS,
    RANGE,
    SHIFT,
    TERM_CARDS,
    TOKEN_GAP,
)
from auditkit_fairness.swapping.asking import flipped, scored
from auditkit_fairness.swapping.planted import ROWS, of_notes

Floats = npt.NDArray[np.floating]

_NOTHING = "no text says who somebody is by a listed word, with another word to compare with"


def accept_swaps(**options: Any) -> None:
    """Refuse a file of terms that cannot be meant, attributes that it lacks, and no rows.

    Raises:
        AuditError: what is wrong.
    """
    refuse_none(options, "most_rows")
    accept_attributes(**options)


def asks_swapped(*, rows: int, most_rows: int, **_: Any) -> int:
    """Predictions beside those of the rows: five other sides in the words that are built in, and their controls."""
    return 10 * min(rows, most_rows)


_QUICK: dict[str, Any] = {"attributes": ("sex",), "terms": None, "column": "", "most_rows": ROWS}
_FEMALE = {"attribute": "sex", "to": "female"}
CONTROLS = (
    planted(
        "a model that scores a note 0.2 lower when it speaks of a woman",
        of_notes(by_sex=0.2),
        every(
            near(TOKEN_GAP, 0.2, 0.001, conditions={}),
            above(EXCESS_GAP, 0.0, conditions={}),
            near(SHIFT, -0.2, 0.001, conditions=_FEMALE),
        ),
        **_QUICK,
    ),
    clean(
        "a model that reads the complaint, and not whose it is",
        of_notes(by_sex=0.0),
        every(near(TOKEN_GAP, 0.0, conditions={}), not_above(EXCESS_GAP, 0.0, conditions={})),
        **_QUICK,
    ),
)


@check(
    "fairness.term-swaps",
    on=(ClassScores, LabelScores, Values),
    metrics=TERM_CARDS,
    accepts=accept_swaps,
    controls=CONTROLS,
    asks=asks_swapped,
)
def term_swaps(
    case: Case[Answers],
    *,
    attributes: tuple[str, ...] = (),
    terms: TextFile | None = None,
    column: str = "",
    most_rows: int = 100,
) -> Iterator[Measurement | Table]:
    """Whether texts are scored alike whomever they speak of.

    The words by which a text says the sex, ethnicity or age of somebody, in English and Chinese, are swapped for those
    of each other side in turn, and beside each swap as many other words of the same text for like ones: what counts is
    what the swap does beyond that. Texts of which the other side would make no sense, such as of a pregnancy, are left
    out. It is told how far scores move, which way by whom the text speaks of, how often decisions change, how far the
    scores of one text lie apart, and how far those of all texts together. `terms` names a file of further words,
    `attributes` some of those there are, `column` the texts where rows hold more. At most `most_rows` rows are asked
    about, drawn at random.
    """
    case = sampled(case, most_rows)
    text = None if terms is None else terms.text or ""
    known = read_terms(text or None)
    # A replay has not read the file: what it asks for then is not in the evidence, which says so.
    names = list(attributes or known)
    labels: Sequence[str | None] = [None] if isinstance(case.predictions, Values) else list(case.positives)
    found = [
        Swapped.of(case, name, known[name].sides if name in known else ("",), label, {"column": column, "terms": text})
        for label in labels
        for name in names
    ]
    kept = [one for one in found if one.touched.any()]
    if not kept:
        raise NotApplicable(_NOTHING)
    for label in labels:
        yield from _Told(case, [one for one in kept if one.label == label], label).everything()


@dataclass(frozen=True)
class Swapped:
    """What swapping the words of one attribute did to one score."""

    attribute: str
    sides: tuple[str, ...]
    label: str | None
    before: Floats
    """[n]: the score of the text as it is."""
    after: Floats
    """[sides, n]: of the text with each side's words; NaN where it has none of another side."""
    control: Floats
    """[sides, n]: of the text with as many other words swapped."""
    flips: Floats
    """[sides, n]: 1 where the decision is another one; NaN of values, and where nothing is swapped."""
    control_flips: Floats

    @classmethod
    def of(
        cls, case: Case[Answers], name: str, sides: tuple[str, ...], label: str | None, how: Mapping[str, Any]
    ) -> Swapped:
        """Ask the model, or the evidence."""

        def asked(function: Callable[..., Any], arm: str, **more: Any) -> Floats:
            about = {"attribute": name, "arm": arm, **more, **how}
            return np.array([case.compute(function, side=side, **about) for side in range(len(sides))], dtype=float)

        spread = spread_of(case)
        scores = [asked(scored, arm, label=label or "") / spread for arm in ("protected", "neutral")]
        decides = label is not None
        flips = [asked(flipped, arm) if decides else np.full(scores[0].shape, np.nan) for arm in _ARMS]
        return cls(name, sides, label, own_scores(case.predictions, label) / spread, *scores, *flips)

    @property
    def touched(self) -> npt.NDArray[np.bool_]:
        """[sides, n]: whether the text was swapped to the side."""
        return ~np.isnan(self.after)

    @property
    def moves(self) -> Floats:
        """[sides, n]."""
        return self.after - self.before

    @property
    def control_moves(self) -> Floats:
        """[sides, n]."""
        return self.control - self.before

    @property
    def every_side(self) -> Floats:
        """[sides, n]: the scores of the texts that have every side's words: one as it is, the others swapped."""
        missing = np.isnan(self.after)
        whole = np.where(missing, self.before, self.after)
        return np.where(missing.sum(axis=0) <= 1, whole, np.nan)


_ARMS = ("protected", "neutral")


def own_scores(said: Answers, label: str | None) -> Floats:
    """[n]: the score of a class or a label, or the number."""
    if isinstance(said, Values):
        return np.asarray(said.values, dtype=float)
    names = said.labels if isinstance(said, LabelScores) else said.classes
    return np.asarray(said.scores[:, names.index(label or "")], dtype=float)


@dataclass(frozen=True)
class _Told:
    """What there is to tell of one score."""

    case: Case[Answers]
    found: Sequence[Swapped]
    label: str | None

    def everything(self) -> Iterator[Measurement | Table]:
        """All attributes together, each, and each side."""
        if not self.found:
            return
        yield from self._about(self.found, {})
        for one in self.found:
            yield from self._about([one], {"attribute": one.attribute})
            for place, side in enumerate(one.sides):
                if one.touched[place].any():
                    where = {"attribute": one.attribute, "to": side}
                    yield self._signed(SHIFT, one.moves[place], where)
                    yield self._shifted_beyond(one.moves[place], one.control_moves[place], where)
        yield self._table()

    @property
    def _is_bounded(self) -> bool:
        said = self.case.predictions
        return isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind != "score")

    @property
    def _rows(self) -> Rows:
        return Rows.of(self.case)

    def _about(self, found: Sequence[Swapped], where: dict[str, str]) -> Iterator[Measurement]:
        moves, control = (
            _mean(np.concatenate([np.abs(getattr(one, name)) for one in found])) for name in ("moves", "control_moves")
        )
        yield self._size(TOKEN_GAP, moves, where)
        yield self._size(CONTROL_GAP, control, where)
        yield self._tested(EXCESS_GAP, moves - control, where, is_bounded=self._is_bounded)
        if self.label is not None:
            flips, others = (
                _mean(np.concatenate([getattr(one, name) for one in found])) for name in ("flips", "control_flips")
            )
            yield self._told(FLIPS, self._rows.share(flips), where)
            yield self._tested(EXCESS_FLIPS, flips - others, where, is_bounded=True)
        every = [one.every_side for one in found]
        yield self._size(DEVIATION, _mean(np.stack([np.std(one, axis=0) for one in every])), where)
        yield self._size(RANGE, _mean(np.stack([np.ptp(one, axis=0) for one in every])), where)
        if where:
            yield self._distance(every[0], where)

    def _size(self, metric: str, numbers: Floats, where: dict[str, str]) -> Measurement:
        return self._told(metric, self._rows.score(numbers, is_bounded=self._is_bounded), where)

    def _signed(self, metric: str, numbers: Floats, where: dict[str, str]) -> Measurement:
        return self._told(metric, self._rows.change(numbers, is_bounded=self._is_bounded), where, better="target")

    def _tested(
        self, metric: str, numbers: Floats, where: dict[str, str], *, is_bounded: bool, may_leave_none: bool = True
    ) -> Measurement:
        """A mean of differences, whose interval holds 0 unless it may leave it and flipping signs is surprised too."""
        found = self._rows.change(numbers, is_bounded=is_bounded)
        leaves_none = may_leave_none and (found.value is None or self._p_value(metric, numbers, where) <= self._most)
        if found.limits is not None and not leaves_none:
            ends = Limits(min(float(found.limits.low), 0.0), max(float(found.limits.high), 0.0))
            found = replace(found, limits=ends)
        return self._told(metric, found, where, better="target" if metric == EXCESS_SHIFT else "lower")

    def _shifted_beyond(self, moves: Floats, control_moves: Floats, where: dict[str, str]) -> Measurement:
        """The shift beyond neutral swaps.

        Where neutral swaps lower all scores, subtracting them raises those of a model that no swap of the attribute
        moves. So that it leaves 0, two nulls must both fall, to the same side: of the difference and of the shift
        itself. Such a test keeps the level without dividing it (Berger 1982, on intersection-union tests).
        """
        beyond = moves - control_moves
        means = [self._rows.change(numbers, is_bounded=self._is_bounded).value for numbers in (moves, beyond)]
        is_one_way = None not in means and float(np.prod([float(mean or 0) for mean in means])) > 0
        moves_at_all = is_one_way and self._p_value(SHIFT, moves, where) <= self._most
        return self._tested(EXCESS_SHIFT, beyond, where, is_bounded=self._is_bounded, may_leave_none=moves_at_all)

    @property
    def _most(self) -> float:
        return 1 - self.case.level

    def _p_value(self, metric: str, numbers: Floats, where: dict[str, str]) -> float:
        weights = self.case.weights
        weighed = numbers if weights is None else np.where(weights > 0, numbers * weights, np.nan)
        units = self.case.units
        families = np.arange(len(numbers)) if units is None else own_units(units.codes)
        rng = self.case.rng(f"flips of {metric} {self.label} {sorted(where.items())}")
        (test,) = sign_flip_tests(weighed[:, None], families, rng=rng)
        return test.p_value

    def _told(self, metric: str, found: Found, where: dict[str, str], *, better: str = "lower") -> Measurement:
        better = "target" if metric == CONTROL_GAP else better
        label = None if self.label is None else self.case.label_for(self.label)
        why = Text.of(_NOTHING)
        return found.measurement(metric, self.case.level, why=why, conditions=where, label=label, better=better)

    def _distance(self, scores: Floats, where: dict[str, str]) -> Measurement:
        kept = np.flatnonzero(np.isfinite(scores).all(axis=0))
        label = None if self.label is None else self.case.label_for(self.label)
        about: dict[str, Any] = {"metric": DISTANCE, "conditions": where, "label": label}
        if len(kept) < 2:  # noqa: PLR2004  of one text there is no distribution
            return Measurement(value=None, n=0, undefined=Text.of(_NOTHING), **about)
        sides, rows = len(scores), np.tile(kept, len(scores))
        weights = None if self.case.weights is None else self.case.weights[rows]
        units = None if self.case.units is None else self.case.units.codes[rows]
        groups = np.repeat(np.arange(sides), len(kept))
        found = Distributions.of(scores[:, kept].ravel(), groups, sides, weights=weights, units=units)
        gap = wasserstein_distance(
            found, level=self.case.level, rng=self.case.rng(f"{DISTANCE} {sorted(where.items())}")
        )
        ends = Interval(
            low=gap.low, high=gap.high, level=self.case.level, method="noise of either side's scores, drawn"
        )
        return Measurement(value=gap.value, n=len(kept), interval=ends, **about)

    def _table(self) -> Table:
        names: tuple[str, ...] = (
            "attribute",
            "texts",
            "score moves by",
            "neutral swaps move it by",
            "difference",
            "its interval",
        )
        names += ("decisions that change",) if self.label is not None else ()
        label = None if self.label is None else self.case.label_for(self.label)
        lines = []
        for one in self.found:
            about: dict[str, Any] = {"conditions": {"attribute": one.attribute}, "label": label}
            line = [Quote(metric=TOKEN_GAP, shows="n", **about), Quote(metric=TOKEN_GAP, **about)]
            line += [Quote(metric=CONTROL_GAP, **about), Quote(metric=EXCESS_GAP, **about)]
            line += [Quote(metric=EXCESS_GAP, shows="interval", **about)]
            line += [Quote(metric=FLIPS, **about)] if self.label is not None else []
            lines.append((one.attribute, *line))
        title = Text.of("What speaking of other people did to the score of the same texts")
        return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)


def _mean(table: Floats) -> Floats:
    """[n]: the mean over the lines in which a row has a number; NaN where none has."""
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(table.shape[1], np.nan), where=count > 0))
