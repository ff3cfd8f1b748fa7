"""`robustness.adversarial`: how little an attacker who knows the model needs to change of a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, ClassScores, Interval, Measurement, NotApplicable, Quote, Table, Text, check
from auditkit.perturbation import Question, Rows, refuse_none, right, sampled
from auditkit.statistics import holm
from auditkit_robustness.attacking.signs import Sign, signs_of
from auditkit_robustness.attacking.trying import ANY, FGSM, NOISE, PGD, broken, told
from auditkit_robustness.cards_attacks import ADVERSARIAL
from auditkit_robustness.planted_attacks import ATTACK_CONTROLS

Floats = npt.NDArray[np.floating]

ROBUST, LOSS, GAP, ATTACKED, MASKING = (card.name for card in ADVERSARIAL)
ATTACKS = {"noise": NOISE, "FGSM": FGSM, "PGD": PGD}
_MASKED = "as far as the worst: the gradients are masked"
_DIGITS = 3


def accept_attacks(**options: Any) -> None:
    """Refuse attacks that change nothing, or are none.

    Raises:
        AuditError: there is one.
    """
    epsilons = options.get("epsilons", (1.0,))
    if not epsilons or any(not 0 < one <= 255 for one in epsilons):  # noqa: PLR2004  white less black
        raise AuditError(f"option 'epsilons' is {list(epsilons)}", hint="parts of 255, e.g. epsilons = [2, 4, 8]")
    refuse_none(options, "most_rows", "steps", "restarts", "queries")


@check("robustness.adversarial", on=ClassScores, metrics=ADVERSARIAL, accepts=accept_attacks, controls=ATTACK_CONTROLS)
def adversarial(
    case: Case[ClassScores],
    *,
    epsilons: tuple[float, ...] = (2.0, 4.0, 8.0),
    most_rows: int = 32,
    steps: int = 20,
    restarts: int = 5,
    queries: int = 100,
) -> Iterator[Measurement | Table]:
    """How often the model stays right under attack.

    Every number of a prepared picture may change by at most epsilon, in parts of 255 of the way from black to white:
    by noise, in one step along the gradient (FGSM), and in twenty from each of five places (PGD). Rows that stand are
    tried with fewer and more steps, and by a random search of a hundred questions, to see whether the gradient shows
    the way at all. The options say otherwise. With the defaults that is up to 389 gradients and 124 predictions a row,
    of at most 32 rows drawn at random; rows that break early cost less, and rows that are wrong anyway nothing.
    """
    case = sampled(case, most_rows)
    if not case.has_targets:
        raise NotApplicable("the data do not say what is right", hint='name the column: [data] target = "..."')
    effort = {"steps": steps, "restarts": restarts, "queries": queries}
    sizes = tuple(sorted(set(epsilons)))
    before = right(case, case.predictions, np.arange(len(case)))
    about: dict[str, Any] = {"epsilons": list(sizes), "effort": effort}
    found = [case.compute(broken, place=place, **about) for place in range(len(sizes))]
    signs = signs_of(case.compute(told, **about), before == 1)
    attack = Attack(case, Rows.of(case), before, sizes, found, any(sign.counts for sign in signs))
    yield from attack.measurements()
    yield from _signs(signs, attack.rows)
    yield attack.table()
    yield _sign_table(signs)


@dataclass(frozen=True)
class Attack:
    """What came of attacks, a number a row and radius."""

    case: Case[ClassScores]
    rows: Rows
    before: Floats
    """[n]: 1 where the decision is right as it is; NaN where nobody knows."""
    epsilons: Sequence[float]
    broken: Sequence[npt.NDArray[np.uint8]]
    """Of each radius [n], see `trying.broken`."""
    is_masked: bool

    def measurements(self) -> Iterator[Measurement]:
        """Of each radius: all rows, each group, and each attack by itself."""
        for place, epsilon in enumerate(self.epsilons):
            about: dict[str, Any] = {"conditions": {"epsilon": named(epsilon)}}
            after = self.after(place, ANY)
            level = self.rows.level
            robust = self.rows.share(after).measurement(ROBUST, level, better="higher", **about)
            yield self._cautious(robust, low=0.0)
            lost = self.rows.paired_loss(self.before, after).measurement(LOSS, level, **about)
            yield self._cautious(lost, high=1.0)
            question = Question(LOSS, GAP, self.before - after, Rows.loss, is_dealt=True)
            for one in question.by_group(self.case, self.rows):
                low = 0.0 if one.metric == GAP else None
                yield self._cautious(one.model_copy(update=about), low=low, high=1.0)
        for place, epsilon in enumerate(self.epsilons):
            for name, code in ATTACKS.items():
                which: dict[str, Any] = {"conditions": {"attack": name, "epsilon": named(epsilon)}}
                share = self.rows.share(self.after(place, code))
                said = share.measurement(ATTACKED, self.rows.level, better="higher", **which)
                yield said if code == NOISE else self._cautious(said, low=0.0)

    def after(self, place: int, code: int) -> Floats:
        """[n]: 1 where a row is right, and what the code stands for did not break it."""
        held = (self.before == 1) & (self.broken[place] & code == 0)
        return np.where(np.isfinite(self.before), held, np.nan)

    def _cautious(self, said: Measurement, *, low: float | None = None, high: float | None = None) -> Measurement:
        """With an interval that reaches to the worst, where the gradients cannot be trusted."""
        if not self.is_masked or said.value is None:
            return said
        own = said.interval or Interval(low=said.value, high=said.value, level=self.rows.level, method="exact")
        ends = {"low": own.low if low is None else low, "high": own.high if high is None else high}
        interval = own.model_copy(update={**ends, "method": f"{own.method}, {_MASKED}"})
        return said.model_copy(update={"interval": interval, "exact": False})

    def table(self) -> Table:
        """A line a radius; p of McNemar's test adjusted over the lines by Holm."""
        names = ("epsilon", "rows", *ATTACKS, "all attacks", "interval", "accuracy lost", "interval of the loss")
        lines = []
        for place, epsilon in enumerate(self.epsilons):
            size = {"epsilon": named(epsilon)}
            line: list[Any] = [named(epsilon), Quote(metric=ROBUST, conditions=size, shows="n")]
            line += [Quote(metric=ATTACKED, conditions={"attack": name, **size}) for name in ATTACKS]
            for metric in (ROBUST, LOSS):
                line += [Quote(metric=metric, conditions=size), Quote(metric=metric, conditions=size, shows="interval")]
            lines.append((*line, self._adjusted()[place]))
        title = "How often the decision is right under attack, by the largest change of a pixel"
        if self.is_masked:
            title = "The gradients are masked. How often the decision is right at best, by the largest change"
        columns = tuple(map(Text.of, (*names, "p, adjusted")))
        return Table(title=Text.of(title), columns=columns, rows=tuple(lines), prominent=True)

    def _adjusted(self) -> list[Any]:
        found = [self.rows.p_value(self.before, self.after(place, ANY)) for place in range(len(self.epsilons))]
        if any(p is None for p in found):
            # Of rows that share a person, or weigh differently, no exact test is known.
            return [Text.of("none")] * len(found)
        return [float(f"{p:.{_DIGITS}g}") for p in holm(np.array(found, dtype=float)).tolist()]


def named(epsilon: float) -> str:
    """As it stands in conditions: 2/255."""
    return f"{epsilon:g}/255"


def _signs(signs: list[Sign], rows: Rows) -> Iterator[Measurement]:
    why = Text.of("the model is right about no row, and none is attacked")
    for sign in signs:
        yield rows.share(sign.shown).measurement(MASKING, rows.level, why=why, conditions={"sign": sign.name})


def _sign_table(signs: list[Sign]) -> Table:
    rows = tuple(
        (
            Text.of(sign.name),
            Quote(metric=MASKING, conditions={"sign": sign.name}, shows="n"),
            Quote(metric=MASKING, conditions={"sign": sign.name}),
            Text.of("masked" if sign.counts else "no sign"),
        )
        for sign in signs
    )
    title = Text.of("Whether the attack can be trusted: signs of a masked gradient")
    names = ("sign", "rows attacked", "show it", "what it says")
    return Table(title=title, columns=tuple(map(Text.of, names)), rows=rows)
