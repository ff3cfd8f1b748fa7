"""The signed head of a ledger: how long it is and what its last line is, so that its end cannot be cut off unseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from auditkit.bundle import dsse
from auditkit.bundle.keys import Signer
from auditkit.bundle.placing import replace_file
from auditkit.bundle.signed_statements import SignedClaim, SignedStatement, read_signed
from auditkit.bundle.statements import Named, SignerClaim, format_time, parse_time
from auditkit.bundle.stored import read_bounded
from auditkit.bundle.trust import Trust
from auditkit.errors import IntegrityError, SpecError
from auditkit.gating.ledger import START, Entry, read_ledger, refuse_replayed
from auditkit.terminal import printable

HEAD_TYPE: Final = "https://auditkit.dev/attestation/ledger-head/v1"
_LARGEST = 1 << 20
_RESTORE = "take ledger and head from the repository again, as they were last accepted"


class HeadClaim(SignedClaim):
    """The predicate of a head."""

    entries: int = Field(ge=0)
    signed_on: str


class Head(SignedStatement):
    """The ledger has so many lines, and this is the hash of the last."""

    predicate_type: Literal["https://auditkit.dev/attestation/ledger-head/v1"] = HEAD_TYPE
    predicate: HeadClaim


def head_place(ledger: Path) -> Path:
    """Where the head of a ledger lies: beside it."""
    return ledger.with_name(f"{ledger.name}.head.dsse.json")


def sign_head(ledger: Path, entries: Sequence[Entry], signer: Signer, *, now: datetime) -> None:
    """Write the head of a ledger that was read, in the place of the one before it."""
    claim = HeadClaim(entries=len(entries), signed_on=format_time(now), signer=SignerClaim.of(signer, "self_attested"))
    statement = Head(subject=(Named.of(ledger.name, _last(entries)),), predicate=claim)
    replace_file(head_place(ledger), dsse.seal(statement.to_json(), [signer]))


def check_head(
    ledger: Path, entries: Sequence[Entry], trust: Trust | None, *, allow_dev_key: bool, now: datetime
) -> str | None:
    """Who signed the head of a ledger; None: it has none.

    Raises:
        IntegrityError: the head was changed, is by nobody whom the reader knows, or is of another ledger than this one;
            or there is none, and the trust file requires one.
    """
    place = head_place(ledger)
    if not place.is_file():
        if trust is not None and trust.policy.require_ledger_head:
            raise IntegrityError(
                f"the ledger '{printable(str(ledger))}' has no signed head, and the trust file requires one",
                hint="auditkit gate BUNDLE --ledger FILE --sign gate.key",
            )
        return None
    claim, subject = _read(place)
    if (subject.name, subject.digest.sha256, claim.entries) != (ledger.name, _last(entries), len(entries)):
        raise IntegrityError(
            f"the ledger has {len(entries)} lines, and its head was signed over another one, with {claim.entries}: "
            "its end was cut off, or somebody went on without signing",
            hint=_RESTORE,
        )
    return _known(claim, trust, allow_dev_key=allow_dev_key, now=now)


def refuse_unsigned(ledger: Path, *, signs: bool) -> None:
    """Raise the SpecError of a ledger whose head is signed, where a release would be added and nobody could sign."""
    if not signs and head_place(ledger).is_file():
        raise SpecError(
            f"the ledger '{printable(str(ledger))}' has a signed head, which has to be signed again",
            hint="--sign gate.key, the key that signs it",
        )


def _read(place: Path) -> tuple[HeadClaim, Named]:
    name = printable(place.name)
    statement = read_signed(Head, read_bounded(place.resolve(), name=name, limit=_LARGEST), name=name)
    return statement.predicate, statement.subject[0]


def _known(claim: HeadClaim, trust: Trust | None, *, allow_dev_key: bool, now: datetime) -> str:
    signer = claim.signer
    if signer.development and allow_dev_key:
        return signer.name
    known = None if trust is None or signer.development else trust.name_of(signer.keyid)
    if trust is None or known is None:
        raise IntegrityError(
            f"the head of the ledger is signed by '{signer.name}', key {signer.keyid[:16]}, whom you do not know",
            hint='a trust file with that key and roles = ["gate"]',
        )
    trust.heads_by(signer.keyid, on=parse_time(claim.signed_on), now=now)
    return known


def _last(entries: Sequence[Entry]) -> str:
    return entries[-1].hash if entries else START


def current(
    name: str, result_digest: str, ledger: Path, trust: Trust | None, *, allow_dev_key: bool, now: datetime
) -> str:
    """Say that a result is the newest release of its name in a ledger.

    Raises:
        SpecError: there is no such ledger.
        IntegrityError: it is not the newest, or not in the ledger; or the ledger or its head is not as it was written.
    """
    entries = read_ledger(ledger)
    signer = check_head(ledger, entries, trust, allow_dev_key=allow_dev_key, now=now)
    own = [one for one in entries if one.name == name]
    if all(one.result_digest != result_digest for one in own):
        raise IntegrityError(f"no release of '{name}' in the ledger has this result: it was never accepted")
    refuse_replayed(entries, name, result_digest)
    head = f"head signed by '{signer}'" if signer else "no signed head: that its end was cut off would not show"
    return f"the newest of {len(own)} of '{name}' in {ledger.name} ({head})"
