"""What is told of several alternatives: how far attacks on each reach, and what the answers are then worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Quote, Table, Text
from auditkit.statistics import Counting, Worth, resolution, tpr_at_fpr
from auditkit_privacy.attacks import Target
from auditkit_privacy.people.members import Members
from auditkit_privacy.reach.choosing import FEWEST
from auditkit_privacy.reach.exposure import AUC
from auditkit_privacy.reach.rates import tpr_name
from auditkit_privacy.reach.trying import by_person
from auditkit_privacy.remedies.alternative import Alternative
from auditkit_privacy.remedies.calibration_error import calibration_error
from auditkit_privacy.remedies.comparing import Faced, faced
from auditkit_privacy.validity.blind import MOST_ROWS as MOST_BLIND
from auditkit_privacy.validity.blind import blind_baseline
from auditkit_privacy.validity.caution import told
from auditkit_privacy.validity.gates import Gates

CHANGE = "membership_auc_difference"
RIGHT, RIGHT_CHANGE = "remedied_accuracy", "remedied_accuracy_difference"
LOSS, LOSS_CHANGE = "remedied_log_loss", "remedied_log_loss_difference"
OFF = "remedied_calibration_error"

FPRS = (0.01, 0.1)
"""False alarms at which members found are told: the first of them that the others resolve."""
HALVES = "delong on halves, median of halvings"

_TOO_FEW = Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
_NO_CHANCES = Text.of("no probabilities are handed out")
_DOES_NOT_APPLY = Text.of("does not apply")


@dataclass(frozen=True)
class Told:
    """All that was measured of several alternatives, the first of which the others are compared with."""

    case: Case[Any]
    sides: Members
    alternatives: Sequence[Alternative]
    key: str
    """Under which conditions name an alternative: `{"remedy": "1 decimal"}`."""
    faced: Mapping[str, Faced] | None
    gates: Gates

    @classmethod
    def of(cls, case: Case[Any], sides: Members, alternatives: Sequence[Alternative], key: str) -> Told:
        """Every alternative attacked, after the gates that the attacks have to pass."""
        units, first = sides.units(), alternatives[0]
        found = faced(
            {one.name: one.signals for one in alternatives}, units=units, level=case.level, rng=case.rng("halves")
        )
        target = Target(sides.members, sides.others, first.signals)
        blind = blind_baseline(
            sides.members,
            sides.others,
            target.sample(MOST_BLIND, "the blind baseline"),
            units,
            level=case.level,
            rng=case.rng("blind deals"),
        )
        strongest = None if found is None else found[first.name].strongest
        return cls(case, sides, alternatives, key, found, Gates(sides, blind, None, strongest, case.is_control))

    def measurements(self) -> Iterator[Measurement]:
        """All of them; of attacks without values where nothing can be judged, of what answers are worth with theirs."""
        for one in self.alternatives:
            yield from told(self._attacked(one), self.gates)
            yield from self._worth(one)

    def _attacked(self, one: Alternative) -> Iterator[Measurement]:
        about = self._about(one, next(iter(one.signals.values())).fewer)
        if self.faced is None:
            yield Measurement(metric=AUC, value=None, undefined=_TOO_FEW, **about)
            return
        it = self.faced[one.name]
        yield self._interval(AUC, it.area, HALVES, about)
        if one is not self.alternatives[0]:
            yield self._interval(CHANGE, it.change, f"paired {HALVES}", {**about, **self._versus}, together=True)
        yield from self._found(one, it, about)

    def _found(self, one: Alternative, it: Faced, about: dict[str, Any]) -> Iterator[Measurement]:
        """Members found at few false alarms, by the attack that was chosen most often, where the others resolve it."""
        fpr = self.fpr
        if fpr is None:
            return
        scores, member = by_person(one.signals[it.attack], self.sides.units())
        order = np.lexsort((scores, member))
        rng = self.case.rng(f"halves at {fpr:g}")
        found = tpr_at_fpr(scores[order], member[order], fpr, rng=rng, level=self.case.level)
        if found is not None:
            part = found.value, found.low, found.high
            yield self._interval(tpr_name(fpr), part, found.method, {**about, "n": int(np.count_nonzero(member))})

    @property
    def fpr(self) -> float | None:
        """The lowest rate of false alarms that the others resolve; None: none."""
        scores = next(iter(self.alternatives[0].signals.values()))
        member = by_person(scores, self.sides.units())[1]
        others, members = int(np.count_nonzero(~member)), int(np.count_nonzero(member))
        return next((fpr for fpr in FPRS if resolution(fpr, others).is_sound and members >= FEWEST), None)

    def _worth(self, one: Alternative) -> Iterator[Measurement]:
        """Of the others alone: a model is worth what it says of people whom it was not trained on."""
        first, units, level = self.alternatives[0], self._units, self.case.level
        about, counting = self._about(one, len(one.right)), Counting(None, units)
        if not len(one.right):
            return
        yield self._worth_of(RIGHT, counting.share(one.right.astype(bool), level), about | {"better": "higher"})
        if one is not first:
            change = counting.change_of_share(one.right.astype(bool), first.right.astype(bool), level)
            yield self._worth_of(RIGHT_CHANGE, change, about | self._versus | {"better": "higher"})
        if one.log_chance is None or one.confidence is None:
            for metric in (LOSS, OFF):
                yield Measurement(metric=metric, value=None, undefined=_NO_CHANCES, **about)
            return
        yield self._worth_of(LOSS, counting.average(-one.log_chance, level), about)
        if one is not first and first.log_chance is not None:
            change = counting.average(first.log_chance - one.log_chance, level)
            yield self._worth_of(LOSS_CHANGE, change, about | self._versus)
        rng = self.case.rng("noise")
        yield self._worth_of(OFF, calibration_error(one.confidence, one.right, units, level, rng), about)

    @property
    def _units(self) -> npt.NDArray[np.integer] | None:
        units = self.sides.units()
        return None if units is None else units.outside

    @property
    def _versus(self) -> dict[str, Any]:
        return {"versus": {self.key: self.alternatives[0].name}}

    def _about(self, one: Alternative, n: int) -> dict[str, Any]:
        return {"n": n, "conditions": {self.key: one.name}, "better": "lower"}

    def _interval(
        self,
        metric: str,
        part: tuple[float, float, float],
        method: str,
        about: dict[str, Any],
        *,
        together: bool = False,
    ) -> Measurement:
        value, low, high = part
        interval = Interval(low=low, high=high, level=self.case.level, method=method, simultaneous=together)
        return Measurement(metric=metric, value=value, interval=interval, **about)

    def _worth_of(self, metric: str, found: Worth, about: dict[str, Any]) -> Measurement:
        if found.limits is None:
            return Measurement(metric=metric, value=found.value, **about)
        return self._interval(metric, (found.value, *found.limits), found.method, about)

    def tables(self, measured: Sequence[Measurement], title: Text, what: Text) -> Iterator[Table]:
        """How far attacks reach, and what it costs, an alternative a row; `what` heads the first column."""
        yield self._attack_table(measured, title, what)
        # Two tables: one would be wider than a printed page.
        for said, columns, heads in (
            (
                "What it would cost: how often it is right, of people whom the model was not trained on",
                (RIGHT, RIGHT_CHANGE),
                ("share right", "change"),
            ),
            (
                "What it would cost: what the probabilities are worth, of the same people",
                (LOSS, LOSS_CHANGE, OFF),
                ("log loss", "change", "calibration error"),
            ),
        ):
            named = [Text.of(word) for head in heads for word in (head, "interval")]
            yield Table(
                title=Text.of(said),
                columns=(what, *named),
                rows=tuple((one.words, *self._quoted(measured, one, columns)) for one in self.alternatives),
                prominent=True,
            )

    def _attack_table(self, measured: Sequence[Measurement], title: Text, what: Text) -> Table:
        fpr = self.fpr
        columns = (AUC, CHANGE) if fpr is None else (AUC, CHANGE, tpr_name(fpr))
        heads = [Text.of(head) for head in ("area under the ROC", "interval", "change", "interval")]
        if fpr is not None:
            heads += [Text.of("found at {percent} alarms", percent=f"{fpr:.0%}"), Text.of("interval")]
        why, rows = self.gates.why_not, []
        for one in self.alternatives:
            if why is None and self.faced is not None:
                rows.append((one.words, self.faced[one.name].attack, *self._quoted(measured, one, columns)))
            else:
                rows.append((one.words, why or _TOO_FEW, *([_DOES_NOT_APPLY] * len(heads))))
        if why is not None:
            title = Text.of("How far attacks would reach, which cannot be judged here")
        names = (what, Text.of("strongest attack"), *heads)
        return Table(title=title, columns=names, rows=tuple(rows), prominent=True)

    def _quoted(self, measured: Sequence[Measurement], one: Alternative, metrics: Sequence[str]) -> list[Any]:
        about = {self.key: one.name}
        cells: list[Any] = []
        for metric in metrics:
            found = next((it for it in measured if it.metric == metric and it.conditions == about), None)
            has = found is not None and found.value is not None
            cells += [Quote.of(found) if found and has else _DOES_NOT_APPLY]
            cells += [Quote.of(found, "interval") if found and found.interval is not None else _DOES_NOT_APPLY]
        return cells
