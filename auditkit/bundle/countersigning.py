"""Countersignatures: what somebody who read a bundle decided of it, signed apart; the bundle's own bytes stay."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from auditkit.bundle import dsse, layout
from auditkit.bundle.keys import Signer
from auditkit.bundle.placing import place_beside
from auditkit.bundle.signed_statements import SignedClaim, SignedStatement, read_signed
from auditkit.bundle.statements import (
    Assurance,
    Manifest,
    Named,
    SignerClaim,
    format_time,
    parse_time,
    read_statement,
)
from auditkit.bundle.stored import StoredFolder
from auditkit.errors import AuditError, IntegrityError

COUNTERSIGNATURE_TYPE: Final = "https://auditkit.dev/attestation/countersignature/v1"
MOST_COUNTERSIGNATURES = 64
LONGEST_ROLE, LONGEST_REASON = 80, 2000
_CLOCKS_DIFFER = timedelta(minutes=5)

Decision = Literal["accept", "reject", "mitigate"]
DECISIONS: tuple[Decision, ...] = ("accept", "reject", "mitigate")


class Disposition(SignedClaim):
    """The predicate: who decided what of the bundle, why, and until when."""

    audit_id: str
    role: str = Field(min_length=1, max_length=LONGEST_ROLE)
    decision: Decision
    reason: str = Field(max_length=LONGEST_REASON)
    signed_on: str
    expires_on: str | None = Field(description="None: as long as the bundle is valid")


class Countersignature(SignedStatement):
    """This manifest, and so all that it lists, was looked at, and this was decided."""

    predicate_type: Literal["https://auditkit.dev/attestation/countersignature/v1"] = COUNTERSIGNATURE_TYPE
    predicate: Disposition


@dataclass(frozen=True)
class Decided:
    """A disposition whose signature holds, over this bundle's manifest. Whose key it is, is for the reader to judge."""

    file: str
    said: Disposition

    @property
    def expires(self) -> datetime | None:
        """When it ends; None: with the bundle."""
        return None if self.said.expires_on is None else parse_time(self.said.expires_on)


def countersign(  # noqa: PLR0913  what is decided, each by its name
    bundle: Path,
    signer: Signer,
    *,
    role: str,
    decision: Decision,
    reason: str,
    expires: date | None,
    assurance: Assurance,
    now: datetime,
) -> Path:
    """Write a countersignature into `signatures/` of a bundle that the caller has verified; returns its file.

    Raises:
        AuditError: role, reason or date cannot be meant, there are too many, or the file cannot be written.
        IntegrityError: the manifest cannot be read.
    """
    stored = StoredFolder.scan(bundle)
    listing, manifest = _manifest(stored)
    said = Disposition(
        audit_id=manifest.predicate.audit_id,
        role=_fit(role, "role", LONGEST_ROLE),
        decision=decision,
        reason=_fit(reason, "reason", LONGEST_REASON) if reason or decision != "accept" else "",
        signed_on=format_time(now),
        expires_on=None if expires is None else _end_of(expires, now),
        signer=SignerClaim.of(signer, assurance),
    )
    if sum(map(stored.is_countersignature, stored.files)) >= MOST_COUNTERSIGNATURES:
        raise AuditError(f"'{bundle}' has {MOST_COUNTERSIGNATURES} countersignatures, the most that readers take")
    subject = (Named.of(layout.MANIFEST, hashlib.sha256(listing).hexdigest()),)
    sealed = dsse.seal(Countersignature(subject=subject, predicate=said).to_json(), [signer])
    place = _free_place(stored, f"{_plain(said.role)}-{signer.keyid[:12]}")
    path = bundle / place
    place_beside(path, sealed)
    return path


def read_countersignatures(stored: StoredFolder, *, now: datetime) -> tuple[Decided, ...]:
    """All countersignatures of a folder, the oldest first.

    Raises:
        IntegrityError: one cannot be read, was changed, is not signed by whom it names, is about another bundle, or is
            dated in the future.
    """
    names = sorted(name for name in stored.files if stored.is_countersignature(name))
    if not names:
        return ()
    if len(names) > MOST_COUNTERSIGNATURES:
        raise IntegrityError(f"there are {len(names)} countersignatures, and readers take {MOST_COUNTERSIGNATURES}")
    listing, manifest = _manifest(stored)
    digest = hashlib.sha256(listing).hexdigest()
    found = [_read(stored.content(name), name, digest, manifest.predicate.audit_id, now) for name in names]
    return tuple(sorted(found, key=lambda one: (one.said.signed_on, one.file)))


def latest_of_each(found: tuple[Decided, ...]) -> Iterator[tuple[Decided, bool]]:
    """Each disposition, oldest first, and whether the same key has decided again since."""
    for place, one in enumerate(found):
        keyid = one.said.signer.keyid
        yield one, any(later.said.signer.keyid == keyid for later in found[place + 1 :])


def _read(raw: bytes, name: str, digest: str, audit_id: str, now: datetime) -> Decided:
    statement = read_signed(Countersignature, raw, name=name)
    said = statement.predicate
    (subject,) = statement.subject
    if (subject.name, subject.digest.sha256, said.audit_id) != (layout.MANIFEST, digest, audit_id):
        raise IntegrityError(f"{name} is about another bundle than this one")
    signed = parse_time(said.signed_on)
    if signed > now + _CLOCKS_DIFFER:
        raise IntegrityError(f"{name} says that it was signed in the future, on {said.signed_on}")
    if said.expires_on is not None and parse_time(said.expires_on) < signed:
        raise IntegrityError(f"{name} ended before it was signed")
    return Decided(name, said)


def _manifest(stored: StoredFolder) -> tuple[bytes, Manifest]:
    listing = stored.content(layout.MANIFEST)
    payload = dsse.read_envelope(listing, name=layout.MANIFEST).payload
    return listing, read_statement(Manifest, payload, name=layout.MANIFEST)


def _fit(text: str, what: str, longest: int) -> str:
    said = text.strip()
    if not said or len(said) > longest or not said.isprintable():
        raise AuditError(
            f"a {what} cannot be '{said[:60].encode('unicode_escape').decode()}'",
            hint=f"--{what} with 1 to {longest} printable characters",
        )
    return said


def _end_of(day: date, now: datetime) -> str:
    end = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    if end < now:
        raise AuditError(f"--expires {day} is over already", hint="name the last day on which the decision holds")
    return format_time(end)


def _plain(role: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", role.casefold(), flags=re.ASCII).strip("-")[:40] or "role"


def _free_place(stored: StoredFolder, stem: str) -> str:
    taken = {name.casefold() for name in stored.files}
    number = 1
    while (name := f"{layout.SIGNATURES}/{stem}{'' if number == 1 else f'-{number}'}.dsse.json").casefold() in taken:
        number += 1
    return name
