"""What the report shows of vectors: attributes told from them, and members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditkit import Quote, Table, Text
from auditkit_privacy.inference.halved import Halved
from auditkit_privacy.reach.trying import Attempts
from auditkit_privacy.validity.gates import Gates
from auditkit_privacy.vectors.cards import ATTRIBUTE, GAIN, INPUT, MEMBERSHIP, RATIO

_CHANCE = 0.5


def attribute_table(rows: Sequence[tuple[str, str, Halved | None, Halved | None]], width: int, count: int) -> Table:
    """Each value of each attribute: the area from the vectors, and from the rows.

    Args:
        rows: attribute, value, the area from the vectors and the gain, where they are known.
        width: of the vectors.
        count: rows that were asked.
    """
    names = (
        "attribute", "group", "area, from the vectors", "interval", "area, from the rows", "vectors less rows",
        "interval of that", "what it says",
    )  # fmt: skip
    title = "What the vectors, {width} numbers each, tell of {count} rows, and what the rows tell without the model"
    return Table(
        title=Text.of(title, width=width, count=count),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(_row(*row) for row in rows),
        prominent=True,
    )


def _row(attribute: str, name: str, area: Halved | None, gain: Halved | None) -> tuple[Any, ...]:
    about: dict[str, Any] = {"group": {attribute: name}}
    return (
        attribute, name, Quote(metric=ATTRIBUTE, **about), Quote(metric=ATTRIBUTE, shows="interval", **about),
        Quote(metric=INPUT, **about), Quote(metric=GAIN, **about), Quote(metric=GAIN, shows="interval", **about),
        Text.of(_said(area, gain)),
    )  # fmt: skip


def _said(area: Halved | None, gain: Halved | None) -> str:
    if area is None:
        return "too few rows to say anything"
    if area.low <= _CHANCE:
        return "it cannot be told from chance"
    if gain is None:
        return "it is told to those who hold the vectors"
    if gain.low > 0:
        return "it is told to those who hold the vectors, and more than by the rows"
    if gain.high < 0:
        return "it is told to those who hold the vectors, less than by the rows"
    return "it is told to those who hold the vectors; by the rows as well, so far as can be seen"


def member_table(attempts: Attempts, gates: Gates) -> Table:
    """What tells members from others; where nothing can be judged, what it said all the same, in so many words."""
    judged = gates.why_not is None
    rows: list[tuple[Any, ...]] = []
    if judged:
        strongest = {"metric": MEMBERSHIP}
        rows.append((Text.of("the strongest of them"), Quote(**strongest), Quote(**strongest, shows="interval"), None))
    for name, one in attempts.tried.items():
        numbers: tuple[Any, ...] = (None, None, None)
        if judged:
            about: dict[str, Any] = {"metric": MEMBERSHIP, "conditions": {"attack": name}}
            numbers = (Quote(**about), Quote(**about, shows="interval"), one.p_value)
        elif one.area is not None:
            between = Text.of("{low} to {high}", low=one.area.low, high=one.area.high)
            numbers = (one.area.value, between, one.p_value)
        rows.append((Text.of(name), *numbers))
    if judged:
        ratio = {"metric": RATIO}
        rows.append((Text.of("distance to the training, members' by others'"), Quote(**ratio),
                     Quote(**ratio, shows="interval"), None))  # fmt: skip
    title = "Whether the vectors tell who was trained on"
    if not judged:
        title = "What the vectors say of who was trained on, which cannot be held for or against the model here"
    names = ("what tells", "area under the ROC, or ratio", "interval", "p of chance alone")
    return Table(title=Text.of(title), columns=tuple(Text.of(name) for name in names), rows=tuple(rows), prominent=True)
