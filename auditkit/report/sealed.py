"""What the report says of the seal: when it was made and by whom, and key by key what has moved since."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.report.context import Fact
from auditkit.report.figures import Column, Grid
from auditkit.report.wording import Wording
from auditkit.sealing.record import MovedKey, SealRecord

MOST_MOVED = 40
_LONGEST_VALUE = 160
_LONGEST_KEY = 200


def seal_sentence(seal: SealRecord, wording: Wording) -> str:
    """When and by whom, whether anything has moved, and what else a reader must know of it."""
    return wording.prose(_sentences(seal, wording))


def seal_fact(seal: SealRecord | None, wording: Wording) -> tuple[Fact, ...]:
    """The line of page one; none when nothing was sealed."""
    return () if seal is None else (Fact(wording.say("Sealed before the run"), seal_sentence(seal, wording)),)


def moved_sentence(seal: SealRecord | None, wording: Wording) -> str:
    """What must be read with the verdict; empty when nothing has moved."""
    if seal is None or not seal.moved:
        return ""
    return wording.say(
        "The bar moved: values that were sealed before the run and are not what they were: {count}. "
        "They are listed under Provenance.",
        count=len(seal.moved),
    )


def moved_tables(seal: SealRecord | None, wording: Wording) -> tuple[Grid, ...]:
    """What has moved, key by key; none when nothing has."""
    if seal is None or not seal.moved:
        return ()
    columns = (
        Column(wording.say("Key"), machine=True),
        Column(wording.say("When it was sealed")),
        Column(wording.say("When it was run")),
    )
    rows = tuple(_row(one, wording) for one in seal.moved[:MOST_MOVED])
    note = ""
    if len(seal.moved) > MOST_MOVED:
        note = wording.say(
            "The first {shown} of {count} rows are shown; all stand in the embedded result.",
            shown=MOST_MOVED,
            count=len(seal.moved),
        )
    return (Grid(wording.say("What has moved since it was sealed"), columns, rows, note),)


def moved_lines(seal: SealRecord, wording: Wording) -> Iterator[str]:
    """A line a key, for the terminal."""
    for one in seal.moved:
        key, before, now = _row(one, wording)
        yield wording.say("{key}: {before}, now {now}", key=key, before=before, now=now)


def _row(one: MovedKey, wording: Wording) -> tuple[str, str, str]:
    absent = wording.say("absent")
    sealed, now = (
        absent if value is None else wording.label(value, limit=_LONGEST_VALUE) for value in (one.sealed, one.now)
    )
    return wording.label(one.key, limit=_LONGEST_KEY), sealed, now


def _sentences(seal: SealRecord, wording: Wording) -> Iterator[str]:
    when, signer = wording.moment(seal.sealed_on), wording.label(seal.signer)
    if seal.moved:
        yield wording.say(
            "Sealed on {when} by {signer}; of {keys} sealed values, not what they were: {count}.",
            when=when,
            signer=signer,
            keys=seal.keys,
            count=len(seal.moved),
        )
    else:
        yield wording.say(
            "Sealed on {when} by {signer}, unchanged: {keys} values.", when=when, signer=signer, keys=seal.keys
        )
    if seal.number > 1:
        yield wording.say("It took the place of an earlier seal: it is number {number}.", number=seal.number)
    if seal.answers_kept:
        yield wording.say("Answers of an earlier run lay beside the spec when it was sealed.")
    if seal.unsealed:
        yield wording.say("The model was not there yet when it was sealed.")
    if seal.development:
        yield wording.say("It is signed with a development key, which proves no identity.")
