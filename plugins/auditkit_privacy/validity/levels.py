"""How strong the attacker was: what ran, what it needed, and what a stronger one would need."""

from __future__ import annotations

from auditkit import Quote, Table, Text
from auditkit_privacy.attacks import ATTACKS
from auditkit_privacy.reach.trying import Attempts
from auditkit_privacy.validity.blind import within_strata
from auditkit_privacy.validity.gates import Gates

LEVELS = {
    "P1": "the training rows and other rows of the same kind, with the model's answers to both",
    "P2": "besides, a model of the same kind that was trained on other people, which is the word of who named it",
    "P3": "besides, that the model can be trained again, many times, as it was",
    "P4": "besides, canaries: rows put into the training by the toss of a coin, before it was trained",
}
"""Of each level what its attacker needs, from the weakest to the strongest."""


def level_table(attempts: Attempts) -> Table:
    """Which levels ran, with what, and what a stronger attacker would need."""
    ran = {one.attack.level for one in attempts.tried.values()}
    rows = []
    for level, needs in LEVELS.items():
        names = [name for name, one in attempts.tried.items() if one.attack.level == level]
        exists = any(attack.level == level for attack in ATTACKS)
        said = Text.of("ran: {attacks}", attacks=", ".join(names))
        if level not in ran:
            said = Text.of(
                "did not run: a stronger attacker, who may find more"
                if exists
                else "not part of this check: see privacy.canaries"
            )
        rows.append((level, Text.of(needs), said))
    return Table(
        title=Text.of("How strong the attacker was"),
        columns=(Text.of("level"), Text.of("what its attacker needs"), Text.of("in this audit")),
        rows=tuple(rows),
        prominent=True,
    )


def attack_table(attempts: Attempts, gates: Gates, *, level: float) -> Table:
    """Each attack, with its area; and where nothing can be judged, what it said all the same, in so many words."""
    judged = gates.why_not is None
    rows: list[tuple[str | float | Text | Quote | None, ...]] = []
    for name, one in attempts.tried.items():
        area = one.area
        numbers: tuple[str | float | Text | Quote | None, ...] = (None, None, None)
        if judged:
            about = {"metric": "membership_auc", "conditions": {"attack": name}}
            numbers = (Quote(**about), Quote(**about, shows="interval"), one.p_value)
        elif area is not None:
            numbers = (area.value, Text.of("{low} to {high}", low=area.low, high=area.high), one.p_value)
        strata = within_strata(one.scores, gates.blind.scores, level=level)
        within = Text.of("too few rows")
        if strata is not None:
            within = Text.of("{value} ({low} to {high})", value=strata[0], low=strata[1], high=strata[2])
        rows.append((name, one.attack.level, *numbers, within, one.attack.source))
    rows += [
        (name, attack.level, None, why, None, None, attack.source) for name, (attack, why) in attempts.refused.items()
    ]
    names = (
        "attack", "level", "area under the ROC", "interval", "p of chance alone",
        "area among rows of like blind scores", "source",
    )  # fmt: skip
    title = Text.of("What each attack reaches")
    if not judged:
        title = Text.of("What each attack says, which cannot be held for or against the model here")
    return Table(title=title, columns=tuple(Text.of(name) for name in names), rows=tuple(rows))
