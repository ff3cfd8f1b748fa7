"""`privacy.canaries`: a lower bound of the model's epsilon, from rows that a coin put into its training data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, Table, Text, Values, check
from auditkit.statistics import FEWEST_CANARIES, OneRun, Plan, one_run
from auditkit_privacy.cards_canaries import CANARY_CARDS
from auditkit_privacy.people.twins import Keyed
from auditkit_privacy.planted_canaries import CONTROLS

EPSILON, ABOVE = "epsilon_lower_bound", "epsilon_above_claim"
SIGNALS = ("scaled logit", "loss", "correctness")
"""What canaries are ranked by: the first of these that the predictions allow, so that no coin has a part in it."""

ABSENT, PRESENT, UNSEEN = 0, 1, 9

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@check(
    "privacy.canaries",
    on=(ClassScores, LabelScores, Values),
    needs=("canaries",),
    metrics=CANARY_CARDS,
    controls=CONTROLS,
    streams=True,
)
def canaries(case: Case[Any]) -> Iterator[Measurement | Table]:
    """What epsilon of differential privacy the model's training cannot have kept.

    Of rows that were made for it, the canaries, a coin put each into the training data or left it out. Whoever guesses
    from the model's answers which were in, and is right more often than an epsilon allows, has refuted it. How many
    guesses are made was fixed before any answer was seen. A bound that is not above the claimed epsilon proves no
    privacy: it is what these canaries and this attack can show. Weights have no part in it.
    """
    experiment = Experiment.of(case.canaries)
    found = None if experiment.why_not else one_run(
        experiment.scores, experiment.included, delta=case.claimed_delta, level=case.level
    )  # fmt: skip
    yield from _measurements(case, experiment, found)
    yield experiment.table(case, found)
    if found is not None:
        yield guesses_table(found, case.claimed_delta)


@dataclass(frozen=True)
class Experiment:
    """The canaries, what the model says of them, and whether the training was as the key says."""

    scores: Floats
    """[m]: higher speaks for having been in the training data."""
    included: Flags
    """[m]: what the coins said."""
    places: npt.NDArray[np.uint8] | None
    """[m]: whether the row is among the training rows that the spec names; None: it names none."""
    signal: str

    @classmethod
    def of(cls, planted: Case[Any]) -> Experiment:
        """Of the canaries whose truth is known.

        Raises:
            NotApplicable: the data have no truth.
        """
        # Here, since the attacks, which signals are made with, import signals themselves.
        from auditkit_privacy.attacks.signals import signals_of

        included = planted.compute(coins)
        signals = signals_of(planted)
        signal = next(name for name in SIGNALS if name in signals)
        known = ~np.isnan(signals[signal])
        places = planted.compute(places_in_training) if "training" in planted.keys else None
        return cls(signals[signal][known], included[known], None if places is None else places[known], signal)

    @property
    def absent(self) -> int:
        """Canaries whose coin put them into the training data, and that are not there."""
        return 0 if self.places is None else int(np.count_nonzero(self.included & (self.places == ABSENT)))

    @property
    def astray(self) -> int:
        """Canaries whose coin left them out, and that are there."""
        return 0 if self.places is None else int(np.count_nonzero(~self.included & (self.places == PRESENT)))

    @property
    def why_not(self) -> Text | None:
        """Why nothing can be bounded; None: it can."""
        if len(self.scores) < FEWEST_CANARIES:
            return Text.of("{count} canaries are fewer than {least}", count=len(self.scores), least=FEWEST_CANARIES)
        if self.absent or self.astray:
            return Text.of(
                "the training rows are not those of the key: of the canaries that its coins put in {absent} are not "
                "there, and of those that they left out {astray} are",
                absent=self.absent,
                astray=self.astray,
            )
        return None

    def table(self, case: Case[Any], found: OneRun | None) -> Table:
        """What was done, and what it could have shown."""
        rows: list[tuple[Text, Text | int | float | str | None]] = [
            (Text.of("canaries"), len(self.scores)),
            (Text.of("that the coins put into the training data"), int(np.count_nonzero(self.included))),
            (Text.of("whether the training rows hold these, and no others"), self._looked()),
            (Text.of("ranked by"), self.signal),
            (Text.of("claimed epsilon"), _said(case.claimed_epsilon)),
            (Text.of("delta"), f"{case.claimed_delta:g}"),
        ]
        if found is not None:
            rows += [
                (Text.of("the largest bound that so many canaries can show"), found.largest),
                (Text.of("lower bound of epsilon"), found.epsilon),
            ]
        names = Text.of("of the experiment"), Text.of("in this audit")
        return Table(title=Text.of("The canaries"), columns=names, rows=tuple(rows), prominent=True)

    def _looked(self) -> Text:
        if self.places is None or np.all(self.places == UNSEEN):
            return Text.of("nobody could look: the training rows are not there, so it rests on who trained the model")
        return Text.of("no: see why nothing is bounded") if self.absent or self.astray else Text.of("yes, each")


def _said(epsilon: float | None) -> Text | str:
    return Text.of("none") if epsilon is None else f"{epsilon:g}"


def coins(case: Case[Any]) -> Flags:
    """[m]: of each canary what its coin said."""
    return case.included


def places_in_training(case: Case[Any]) -> npt.NDArray[np.uint8]:
    """[m]: of each canary whether a row of the same inputs is among the training rows."""
    own, training = Keyed.of(case), Keyed.of(case.training)
    if own is None or training is None:
        return np.full(len(case), UNSEEN, dtype=np.uint8)
    return np.where(np.isin(own.exact, training.exact), PRESENT, ABSENT).astype(np.uint8)


_METHOD = "one run, the best of {count} numbers of guesses, bonferroni"


def _measurements(case: Case[Any], experiment: Experiment, found: OneRun | None) -> Iterator[Measurement]:
    about: dict[str, Any] = {"n": len(experiment.scores), "better": "lower"}
    claimed = case.claimed_epsilon
    if found is None:
        for metric in (EPSILON,) if claimed is None else (EPSILON, ABOVE):
            yield Measurement(metric=metric, value=None, undefined=experiment.why_not, **about)
        return
    yield Measurement(metric=EPSILON, value=found.epsilon, interval=_interval(case, found, 0.0), **about)
    if claimed is None:
        return
    if found.largest <= claimed:
        why = Text.of(
            "{count} canaries show no epsilon above {largest}, and {claimed} is claimed: they could not refute it",
            count=len(experiment.scores),
            largest=found.largest,
            claimed=f"{claimed:g}",
        )
        yield Measurement(metric=ABOVE, value=None, undefined=why, **about)
        return
    interval = _interval(case, found, claimed)
    yield Measurement(metric=ABOVE, value=found.epsilon - claimed, interval=interval, **about)


def _interval(case: Case[Any], found: OneRun, less: float) -> Interval:
    method = _METHOD.replace("{count}", str(len(found.tried)))
    return Interval(low=found.epsilon - less, high=found.high - less, level=case.level, method=method)


def guesses_table(found: OneRun, delta: float) -> Table:
    """Each number of guesses that was tried: how many were right, and what it bounds."""
    rows = tuple(
        (_plan(one.plan), one.plan.guesses, one.right, one.right / one.plan.guesses, one.low, one.high)
        for one in found.tried
    )
    names = ("guessed", "guesses", "right", "share right", "epsilon is at least", "these guesses show at most")
    title = Text.of("Guesses about canaries, at delta {delta}; the bounds hold together", delta=f"{delta:g}")
    return Table(title=title, columns=tuple(Text.of(name) for name in names), rows=rows)


def _plan(plan: Plan) -> Text:
    if not plan.outs:
        return Text.of("the {ins} highest are in", ins=plan.ins)
    if not plan.ins:
        return Text.of("the {outs} lowest are out", outs=plan.outs)
    return Text.of("the {ins} highest are in, the {outs} lowest out", ins=plan.ins, outs=plan.outs)
