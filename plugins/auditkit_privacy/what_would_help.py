"""`privacy.remedies`: what handing out less would change for an attacker, and for those who use the answers."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit import Case, Chart, ClassScores, Measurement, NotApplicable, Table, Text, check
from auditkit_privacy.people.members import Members
from auditkit_privacy.remedies.alternative import Alternative, numbers_of
from auditkit_privacy.remedies.cards import CARDS
from auditkit_privacy.remedies.handing import REMEDIES, Remedy
from auditkit_privacy.remedies.planted import CONTROLS
from auditkit_privacy.remedies.sampling import sampled, told_apart
from auditkit_privacy.remedies.series import checkpoints_of, series_shown
from auditkit_privacy.remedies.telling import Told
from auditkit_privacy.remedies.training import budgets_shown, refuse_budgets, trained_anew


def accept_budgets(*, epsilon: tuple[float, ...] = ()) -> None:
    """Refuse what is no budget, when the audit is planned.

    Raises:
        AuditError: one is not above 0, not finite, or there twice.
    """
    refuse_budgets(epsilon)


@check(
    "privacy.remedies", on=ClassScores, needs=("training", "targets"), metrics=CARDS, controls=CONTROLS,
    accepts=accept_budgets, streams=True,
)  # fmt: skip
def remedies(case: Case[ClassScores], *, epsilon: tuple[float, ...] = ()) -> Iterator[Measurement | Table | Chart]:
    """What would help: how attacks on membership would fare if the model said less.

    Rounded probabilities, softer ones, and the class alone are made of the answers that are there; nothing is asked of
    the model. After each change all attacks that read answers are tried again and the strongest is chosen anew, as
    somebody would who knows of the change; it is judged by the same halves of the same people as before. What each
    change costs those who use the answers stands beside it. Where no attack on the answers as they are tells anybody
    apart, there is nothing to mend, and the check does not apply. Checkpoints that the spec names are tried beside, as
    if training had been stopped there. It is a simulation, and no promise of what stronger attackers reach.

    `epsilon = [8, 1]` trains the model anew with differential privacy, once for each budget, and once without, where
    its adapter can: a torch module of a table with a recipe, by opacus.
    """
    if case.predictions.kind == "label":
        raise NotApplicable("the model gives the class alone, and less than that cannot be handed out")
    if case.predictions.kind == "score":
        raise NotApplicable(
            "the model gives no probabilities, and nobody knows what a rounded score would mean",
            hint='record a probability for each class: [data] scores = ["p_no", "p_yes"]',
        )
    budgets = () if case.is_control else epsilon  # behind the rows of a control there is no model to train
    if not case.settings.checkpoints and not budgets and not told_apart(case, case.level):
        raise NotApplicable(
            "no attack that reads the answers tells training rows from audit rows, so that handing out less would show "
            "no difference",
            hint="that is no proof of safety: privacy.membership says what could be judged",
        )
    sides = sampled(Members.of(case))
    less = [_saying_less(sides, one) for one in REMEDIES if len(case.predictions.classes) >= one.classes]
    earlier = list(checkpoints_of(case, sides))
    anew = list(trained_anew(sides, budgets))
    told = Told.of(case, sides, [*less, *earlier, *anew], "remedy")
    measured = list(told.measurements())
    yield from measured
    title = Text.of("What would help: how far the strongest attack would reach")
    yield from told.tables(measured, title, Text.of("handed out"))
    yield from budgets_shown(case, budgets)
    if earlier:
        yield from series_shown(case, less[0], earlier, told.faced if told.gates.why_not is None else None)


def _saying_less(sides: Members, remedy: Remedy) -> Alternative:
    inside, outside = (numbers_of(one, one.predictions, remedy) for one in (sides.members, sides.others))
    return Alternative.of(remedy.name, remedy.words, inside, outside, remedy.zero)
