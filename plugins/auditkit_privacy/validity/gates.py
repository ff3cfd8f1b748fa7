"""The gates that an attack must pass before its numbers say anything of the model, all of them printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditkit import Table, Text
from auditkit.statistics import negatives_needed, resolution
from auditkit_privacy.attacks.budget import Budget
from auditkit_privacy.people.members import NEAR_ROW, SAME_PERSON, SAME_ROW, Members
from auditkit_privacy.reach.choosing import FEWEST, SPLITS, Strongest
from auditkit_privacy.reach.rates import FPRS
from auditkit_privacy.validity.blind import Blind
from auditkit_privacy.validity.negative import Negative

PASSED, FAILED, NOT_TRIED = "passed", "NOT PASSED", "could not be tried"

_CHANCE = 0.5
_NONE = Budget()


@dataclass(frozen=True)
class Gates:
    """What was tried before anything is believed."""

    members: Members
    blind: Blind
    negative: Negative | None
    strongest: Strongest | None
    is_control: bool
    budget: Budget = _NONE
    """Of shadow models."""
    no_shadows: Text | None = None
    """Why none was trained; None: they were, or none was asked for."""

    @property
    def why_not(self) -> Text | None:
        """Why no number of an attack can be judged; None: it can."""
        if self.strongest is None:
            return Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
        if self.blind.area is None or not self.members.twins_seen:
            return Text.of(
                "nobody could look whether members and others differ without the model: the inputs are not there; name "
                'them, e.g. [data] input = ["age", "note"]'
            )
        if self.blind.tells:
            return Text.of(
                "confounded: a classifier that never sees the model tells members from others (area {value}, {low} to "
                "{high}), so that an attack says nothing of the model",
                value=self.blind.area.value,
                low=self.blind.area.low,
                high=self.blind.area.high,
            )
        return None

    @property
    def least(self) -> float:
        """The area that the strongest attack reaches at least; one half where there is none."""
        return _CHANCE if self.strongest is None else self.strongest.low

    def may_be_blind(self, low: float) -> bool:
        """Whether the baseline, as well as it is known, may reach an attack's lower end that is above chance."""
        return self.blind.area is not None and _CHANCE < low <= self.blind.area.high

    def table(self, *, of_rates: bool = True) -> Table:
        """All gates, with what was seen at each; that of rates where rates are told."""
        rows = (
            self.blind_row(),
            self._beyond(),
            self.twins_row(),
            self.people_row(),
            *([self._resolution()] if of_rates else []),
            self._negative(),
            self._halves(),
            *self._shadows(),
        )
        return Table(
            title=Text.of("Whether the attacks can be believed"),
            columns=(Text.of("gate"), Text.of("what was seen"), Text.of("outcome")),
            rows=rows,
            prominent=True,
        )

    def blind_row(self) -> tuple[Text, Text, Text]:
        """What a classifier that never sees the model tells."""
        name = Text.of("blind baseline: members and others are alike without the model")
        area = self.blind.area
        if area is None:
            return name, Text.of("the inputs are not there, or too few rows are"), Text.of(NOT_TRIED)
        seen = Text.of(
            "area {value} ({low} to {high} at 99%), p = {p}, of {rows} rows",
            value=area.value,
            low=area.low,
            high=area.high,
            p=f"{self.blind.p_value:.3g}",
            rows=self.blind.rows,
        )
        return name, seen, Text.of(FAILED if self.blind.tells else PASSED)

    def _beyond(self) -> tuple[Text, Text, Text]:
        name = Text.of("the strongest attack reaches further than the blind baseline may")
        if self.blind.area is None or self.strongest is None:
            return name, Text.of("there is nothing to compare"), Text.of(NOT_TRIED)
        numbers = {"low": self.least, "high": self.blind.area.high}
        if not self.may_be_blind(self.least):
            seen = "the attack from {low} on, the baseline up to {high}"
            if self.least <= _CHANCE:
                seen = "the attack reaches from {low} on, which is what guessing does"
            return name, Text.of(seen, **numbers), Text.of(PASSED)
        seen = (
            "the attack from {low} on, but the baseline up to {high}: more rows are wanted to hold it against the model"
        )
        return name, Text.of(seen, **numbers), Text.of(FAILED)

    def twins_row(self) -> tuple[Text, Text, Text]:
        """How many rows were on both sides."""
        name = Text.of("no row is on both sides")
        if not self.members.twins_seen:
            return name, Text.of("the inputs are not there"), Text.of(NOT_TRIED)
        same, near = self.members.left_out[SAME_ROW], self.members.left_out[NEAR_ROW]
        seen = Text.of(
            "left out: {same_in} equal and {near_in} nearly equal of the training, {same_out} and {near_out} of the "
            "audit",
            same_in=same[0],
            near_in=near[0],
            same_out=same[1],
            near_out=near[1],
        )
        return name, seen, Text.of(PASSED)

    def people_row(self) -> tuple[Text, Text, Text]:
        """How many rows are of people on both sides."""
        name = Text.of("no person is on both sides")
        if self.members.members.units is None or self.members.others.units is None:
            return name, Text.of("rows name no units: each is taken for a person"), Text.of(NOT_TRIED)
        left = self.members.left_out[SAME_PERSON]
        seen = Text.of(
            "left out: {inside} rows of the training, {outside} of the audit", inside=left[0], outside=left[1]
        )
        return name, seen, Text.of(PASSED)

    def _resolution(self) -> tuple[Text, Text, Text]:
        others = len(self.members.others)
        told = [fpr for fpr in FPRS if resolution(fpr, others).is_sound]
        seen = Text.of(
            "{others} others resolve a false positive rate of {least}; 1% wants {one}, 0.1% wants {tenth}",
            others=others,
            least=f"{min(told):.1%}" if told else "nothing under 10%",
            one=negatives_needed(0.01),
            tenth=negatives_needed(0.001),
        )
        return Text.of("resolution: rates are told where the others carry them"), seen, Text.of(PASSED)

    def _negative(self) -> tuple[Text, Text, Text]:
        name = Text.of("negative control: no attack tells random halves of the others apart")
        if self.negative is None:
            why = "in a control of the check itself it is left out" if self.is_control else "too few others"
            return name, Text.of(why), Text.of(NOT_TRIED)
        seen = Text.of(
            "{count} of {draws} intervals leave out one half; {allowed} are allowed",
            count=self.negative.alarms,
            draws=self.negative.draws,
            allowed=self.negative.allowed,
        )
        return name, seen, Text.of(PASSED if self.negative.passed else FAILED)

    def _shadows(self) -> Iterator[tuple[Text, Text, Text]]:
        if not self.budget.wanted:
            return
        name = Text.of("the shadow models that were asked for were trained, or enough of them")
        seen = Text.of("{models}, each on {rows} rows", models=self.budget.models, rows=self.budget.taught)
        if self.budget.is_capped:
            yield name, self.budget.capped(), Text.of(FAILED if self.budget.is_weak else PASSED)
        elif self.no_shadows is not None:
            yield name, self.no_shadows, Text.of(NOT_TRIED)
        else:
            yield name, seen, Text.of(PASSED)

    def _halves(self) -> tuple[Text, Text, Text]:
        name = Text.of("chosen on one half of the people, judged on the other")
        if self.strongest is None:
            return name, Text.of("too few rows to halve"), Text.of(NOT_TRIED)
        counts = sorted(self.strongest.chosen.items(), key=lambda item: (-item[1], item[0]))
        chosen = ", ".join(f"{attack} {count}" for attack, count in counts if count)
        seen = Text.of(
            "{splits} halvings; chosen: {chosen}; p of chance alone {p}",
            splits=SPLITS,
            chosen=chosen,
            p=f"{self.strongest.p_value:.3g}",
        )
        return name, seen, Text.of(PASSED)
