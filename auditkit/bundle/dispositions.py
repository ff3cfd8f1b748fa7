"""Judging countersignatures: whose they are to this reader, which are in force, and which count towards a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from auditkit.bundle.countersigned import Standing, Told
from auditkit.bundle.countersigning import Decided, latest_of_each, read_countersignatures
from auditkit.bundle.statements import parse_time
from auditkit.bundle.stored import StoredFolder
from auditkit.bundle.trust import Trust
from auditkit.bundle.verification import NotChecked
from auditkit.errors import IntegrityError


def told_of(folder: StoredFolder, trust: Trust | None, *, now: datetime) -> tuple[Told, ...]:
    """Every countersignature of a bundle; IntegrityError when one does not hold, or is by a revoked key."""
    found = read_countersignatures(folder, now=now)
    return tuple(_told(one, trust, now, replaced=replaced) for one, replaced in latest_of_each(found))


def answer(told: Sequence[Told]) -> str:
    """The answer to the question COUNTERSIGNED; NotChecked unless every one is by a key that the reader takes."""
    if not told:
        raise NotChecked("by nobody")
    said = "; ".join(map(str, told))
    if any(one.standing in {"unknown key", "development key", "key not valid"} for one in told):
        raise NotChecked(said)
    return said


def _told(one: Decided, trust: Trust | None, now: datetime, *, replaced: bool) -> Told:
    said = one.said
    known = None if trust is None else trust.name_of(said.signer.keyid)
    standing, why = _standing(one, trust, now, replaced=replaced)
    return Told(
        file=one.file,
        role=said.role,
        decision=said.decision,
        reason=said.reason,
        name=known or said.signer.name,
        keyid=said.signer.keyid,
        signed_on=said.signed_on,
        expires_on=said.expires_on,
        standing=standing,
        why=why,
    )


def _standing(one: Decided, trust: Trust | None, now: datetime, *, replaced: bool) -> tuple[Standing, str]:
    signer = one.said.signer
    if signer.development:
        return "development key", ""
    if trust is None or trust.name_of(signer.keyid) is None:
        return "unknown key", ""
    if trust.is_revoked(signer.keyid):
        raise IntegrityError(f"{one.file} is signed with a key that was revoked: '{trust.name_of(signer.keyid)}'")
    try:
        trust.reviewed_by(signer.keyid, on=parse_time(one.said.signed_on), now=now)
    except IntegrityError as error:
        return "key not valid", error.message
    if replaced:
        return "replaced", ""
    if one.expires is not None and now > one.expires:
        return "expired", ""
    return "in force", ""
