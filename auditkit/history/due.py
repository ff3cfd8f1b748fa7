"""What ends, and when: the signer's word for an audit, waivers, what others decided, and records of governance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, get_args

from auditkit.document import Text
from auditkit.history.told import Due, Kind, Release, State

if TYPE_CHECKING:
    from auditkit.bundle.verification import Verification
    from auditkit.result import AuditResult

Ending = tuple[Kind, str | None, str]
"""Of which kind it is, its last day in ISO 8601 (None: it has to be done), and what it is: a Text, as JSON."""

_KINDS = get_args(Kind)


def endings(result: AuditResult, release: Release, said: Verification) -> Iterator[Ending]:
    """Everything in a bundle that has a last day; decisions that ask for something have none, and are open."""
    again = Text.of("the audit of {name} is to be made again", name=release.name)
    yield "audit", release.expires_on[:10], again.to_json().decode()
    for waiver in result.policy.policy.waivers:
        what = Text.of("the waiver of {owner} on {what}", owner=waiver.owner, what=waiver.rule or waiver.metric)
        yield "waiver", waiver.expires.isoformat(), what.to_json().decode()
    for record in result.governance:
        if record.expires is not None:
            what = Text.of("the record {title} of {file}", title=record.title or record.kind, file=record.source)
            yield "record", record.expires[:10], what.to_json().decode()
    for one in said.countersignatures:
        if one.standing not in {"in force", "expired"}:
            continue
        decided = {"decision": one.decision, "name": one.name, "role": one.role}
        if one.decision == "mitigate" and one.standing == "in force":
            asked = Text.of("{name} ({role}) asks for mitigation: {reason}", **decided, reason=one.reason)
            yield "decision", None, asked.to_json().decode()
        if one.expires_on is not None:
            what = Text.of("the decision of {name} ({role}): {decision}", **decided)
            yield "decision", one.expires_on[:10], what.to_json().decode()


def due_of(found: list[Ending], today: date, within: int) -> tuple[Due, ...]:
    """What ended, what ends within so many days, what is to be done, and what ends later; the soonest first."""
    due = [
        Due(kind=kind, what=Text.from_json(what), on=until, state=_state(until, today, within))
        for kind, until, what in found
    ]
    return tuple(sorted(due, key=lambda one: (one.on or "", _KINDS.index(one.kind), str(one.what))))


def _state(until: str | None, today: date, within: int) -> State:
    if until is None:
        return "open"
    day = date.fromisoformat(until)
    if day < today:
        return "overdue"
    return "soon" if day <= today + timedelta(days=within) else "later"
