"""`robustness.out-of-distribution`: which single rows the model is not at home with, whose they are, and if it errs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
)
from auditkit.perturbation import Answers, Question, Rows, right, sampled
from auditkit.statistics import delong, holm
from auditkit_robustness.cards_familiarity import FAMILIARITY
from auditkit_robustness.familiarity.beyond import Share, beyond, places_among, share_beyond, told_apart
from auditkit_robustness.familiarity.scoring import Score, known_of, scores_of, split_of
from auditkit_robustness.planted_familiarity import FAMILIARITY_CONTROLS

Floats = npt.NDArray[np.floating]

SHARE, SHARE_GAP, APART, FORESEEN, ERRORS = (card.name for card in FAMILIARITY)
PERCENTILES = {"95th": 0.05, "99th": 0.01}
"""Of the known rows, each with the share beyond it."""
_JUDGED = "95th"
_FEW = "there are too few known rows for this percentile"
_DIGITS = 3


def accept_rows(**options: Any) -> None:
    """Refuse no rows and no neighbour.

    Raises:
        AuditError: there are none.
    """
    for name, least in (("most_rows", 40), ("neighbours", 1)):
        if options.get(name, least) < least:
            raise AuditError(f"option '{name}' is {options[name]}", hint=f"at least {least}")


@check(
    "robustness.out-of-distribution",
    on=(ClassScores, LabelScores, Values),
    metrics=FAMILIARITY,
    accepts=accept_rows,
    controls=FAMILIARITY_CONTROLS,
)
def out_of_distribution(
    case: Case[Answers], *, most_rows: int = 500, neighbours: int = 10
) -> Iterator[Measurement | Table]:
    """Which rows the model is not at home with, and whether it errs on them.

    Every row gets up to four scores of how strange it is: by the largest probability, by the energy of the outputs
    where the model shows them, and by the distance of its vector from those of known rows, where it makes vectors.
    Known rows are those of `[data] reference`, or else of `training`. A row is unfamiliar that lies beyond the known
    rows' 95th percentile. At most `most_rows` rows of a side are looked at, drawn at random: they are embedded once and
    shown to the model once more for their energy. Of recorded predictions there are probabilities alone, of all rows.
    """
    split = split_of(case)
    known = known_of(case, most_rows)
    case = case if case.settings.recorded else sampled(case, most_rows)
    scores = list(scores_of(case, known, most_rows=most_rows, neighbours=neighbours))
    if not scores:
        raise NotApplicable(
            "the model gives neither probabilities nor vectors", hint="see what each adapter gives: auditkit adapters"
        )
    told = [Told.of(score, case, known) for score in scores]
    for one in told:
        yield from one.measurements()
    yield _table(told, split)
    yield _area_table(told)


@dataclass(frozen=True)
class Told:
    """What one score says of the rows."""

    score: Score
    case: Case[Any]
    known: Case[Any]
    rows: Rows
    wrong: Floats
    """[n]: 1 where the decision is wrong; NaN where nobody knows."""
    shares: dict[str, Share | None]

    @classmethod
    def of(cls, score: Score, case: Case[Any], known: Case[Any]) -> Told:
        """Told of the rows by a score."""
        rows = Rows.of(case)
        shares = {name: share_beyond(score, alpha, rows, known) for name, alpha in PERCENTILES.items()}
        wrong = 1 - right(case, case.predictions, np.arange(len(case)))
        return cls(score, case, known, rows, wrong, shares)

    @property
    def knows(self) -> bool:
        """Whether it is known of any row what is right."""
        return bool(np.isfinite(self.wrong).any())

    def about(self, **more: str) -> dict[str, Any]:
        """What numbers of this score are measured under."""
        return {"conditions": {"score": self.score.name, **more}}

    def measurements(self) -> Iterator[Measurement]:
        """All numbers."""
        for name, share in self.shares.items():
            if share is None:
                yield self._untold(SHARE, _FEW, beyond=name)
            else:
                yield share.found.measurement(SHARE, self.rows.level, **self.about(beyond=name))
        yield from self._groups()
        apart = told_apart(self.score, self.case, self.known)
        yield self._area(APART, apart, "there are no known rows", "lower")
        if self.knows:
            kept = np.isfinite(self.wrong)
            of: dict[str, Any] = {"weights": self.rows.weights, "units": self.rows.units}
            of = {name: None if one is None else one[kept] for name, one in of.items()}
            strange = places_among(self.score)
            area = delong(strange[kept], self.wrong[kept] == 1, level=self.rows.level, **of)
            yield self._area(FORESEEN, area, "no row is wrong, or none is right", "higher")
            yield from self._errors()

    def _groups(self) -> Iterator[Measurement]:
        flags = beyond(self.score, PERCENTILES[_JUDGED])
        if flags is None:
            return
        for one in Question(SHARE, SHARE_GAP, flags, Rows.share).by_group(self.case, self.rows):
            yield one.model_copy(update=self.about(beyond=_JUDGED))

    def _errors(self) -> Iterator[Measurement]:
        flags = beyond(self.score, PERCENTILES[_JUDGED])
        if flags is None:
            return
        # Of two halves of the known rows: beyond for either.
        for where, inside in (("within", flags == 0), ("beyond", flags > 0)):
            share = self.rows.share(np.where(inside, self.wrong, np.nan))
            why = Text.of("no row lies there of which it is known what is right")
            yield share.measurement(ERRORS, self.rows.level, why=why, **self.about(rows=where))

    def _area(self, metric: str, found: Any, why: str, better: Any) -> Measurement:
        if found is None:
            return self._untold(metric, why, better=better)
        interval = Interval(low=found.low, high=found.high, level=self.rows.level, method=found.method)
        n = found.positives + found.negatives
        return Measurement(metric=metric, value=found.value, n=n, interval=interval, better=better, **self.about())

    def _untold(self, metric: str, why: str, better: Any = "lower", **more: str) -> Measurement:
        return Measurement(metric=metric, value=None, undefined=Text.of(why), n=0, better=better, **self.about(**more))


def _table(told: list[Told], split: str) -> Table:
    """A line a score; p that so many rows lie beyond the 95th percentile, adjusted over the scores by Holm."""
    found = [share.p_value if (share := one.shares[_JUDGED]) is not None else None for one in told]
    adjusted: list[Any] = [Text.of("none")] * len(told)
    if all(p is not None for p in found):
        # Of rows that share a person, or weigh differently, no exact law is known.
        adjusted = [float(f"{p:.{_DIGITS}g}") for p in holm(np.array(found, dtype=float)).tolist()]
    lines = []
    for one, p in zip(told, adjusted, strict=True):
        line: list[Any] = [one.score.name]
        for name, share in one.shares.items():
            which = one.about(beyond=name)
            line += [Quote(metric=SHARE, **which)]
            line += [Quote(metric=SHARE, shows="interval", **which)] if name == _JUDGED else []
            line += [None if share is None else float(f"{share.expected:.{_DIGITS}g}")]
            line += [p] if name == _JUDGED else []
        lines.append(tuple(line))
    names = (
        "score",
        "beyond the 95th percentile",
        "interval",
        "expected",
        "p, adjusted",
        "beyond the 99th",
        "expected there",
    )
    title = f"How many rows are unfamiliar, held against those of the {split}"
    return Table(title=Text.of(title), columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)


def _area_table(told: list[Told]) -> Table:
    knows = any(one.knows for one in told)
    lines = []
    for one in told:
        line: list[Any] = [one.score.name]
        for metric in (APART, FORESEEN) if knows else (APART,):
            line += [Quote(metric=metric, **one.about()), Quote(metric=metric, shows="interval", **one.about())]
        if knows:
            is_told = beyond(one.score, PERCENTILES[_JUDGED]) is not None
            line += [
                Quote(metric=ERRORS, **one.about(rows=where)) if is_told else None for where in ("within", "beyond")
            ]
        lines.append(tuple(line))
    columns = ["score", "told from known rows", "interval"]
    columns += ["foretells errors", "interval of that", "wrong within the 95th", "wrong beyond it"] if knows else []
    title = Text.of("How well each score tells rows from known ones, and errors from right answers")
    return Table(title=title, columns=tuple(map(Text.of, columns)), rows=tuple(lines), prominent=True)
