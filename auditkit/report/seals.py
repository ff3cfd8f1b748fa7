"""What an attestation says about its signer. Reading is not verifying: the page names, `verify` proves."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from auditkit.errors import IntegrityError
from auditkit.report.context import Fact, Seal
from auditkit.report.wording import SENTENCE_LIMIT, Wording

if TYPE_CHECKING:
    from auditkit.bundle.countersigning import Disposition


class _Signer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    keyid: str
    name: str
    development: bool
    assurance: str


class _Predicate(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    signer: _Signer
    finishedOn: str  # noqa: N815  in-toto spells its fields so
    expiresOn: str | None = None  # noqa: N815  same
    auditId: str  # noqa: N815  same


def read_seal(attestation: bytes | None, wording: Wording, *, file: str) -> Seal:
    """What the page says of its signature; raises IntegrityError when the envelope holds no audit statement."""
    if attestation is None:
        return _unsigned(wording)
    predicate = _predicate(attestation)
    facts = (
        Fact(wording.say("Signed by"), wording.label(predicate.signer.name)),
        Fact(wording.say("Key"), wording.label(predicate.signer.keyid[:16]), machine=True),
        Fact(wording.say("Assurance"), wording.label(predicate.signer.assurance.replace("_", " "))),
        Fact(wording.say("Finished"), wording.moment(predicate.finishedOn)),
        Fact(wording.say("Valid until"), wording.moment(predicate.expiresOn or wording.say("no date is set"))),
        Fact(wording.say("Audit"), wording.label(predicate.auditId), machine=True),
    )
    if predicate.signer.development:
        banner = wording.say("signed with a development key: detects accidental change, proves no identity")
        return Seal("development", banner, facts, f"auditkit verify {file} --allow-dev-key")
    return Seal("signed", "", facts, f"auditkit verify {file} --trust trust.toml")


def _unsigned(wording: Wording) -> Seal:
    banner = wording.say("UNSIGNED RENDERING: nothing on this page is protected against change")
    facts = (Fact(wording.say("Signed by"), wording.say("nobody")),)
    return Seal("unsigned", banner, facts, "auditkit verify BUNDLE")


def _predicate(attestation: bytes) -> _Predicate:
    try:
        envelope: Any = json.loads(attestation.decode())
        statement: Any = json.loads(base64.b64decode(envelope["payload"], validate=True))
        return _Predicate.model_validate(statement["predicate"])
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error, ValidationError) as error:
        raise IntegrityError(
            f"the attestation is not an envelope around an audit statement: '{type(error).__name__}'",
            hint="render with the attestation.dsse.json of the same bundle",
        ) from error


def signoff(said: Disposition, wording: Wording) -> Fact:
    """What somebody decided of the bundle, by their own word: whose key it is, only a reader's trust file can tell."""
    term = wording.say(_DECIDED[said.decision], role=wording.label(said.role), name=wording.label(said.signer.name))
    when = wording.moment(said.signed_on)
    until = (
        wording.say("Holds until {until}.", until=wording.moment(said.expires_on))
        if said.expires_on
        else wording.say("Holds as long as the bundle is valid.")
    )
    key = wording.say(
        "Signed on {when} with the key {key}: whether it is theirs, verify says to whoever knows it.",
        when=when,
        key=wording.label(said.signer.keyid[:16]),
    )
    reason = wording.label(said.reason, limit=SENTENCE_LIMIT)
    return Fact(term, " ".join(part for part in (reason, until, key) if part))


_DECIDED = {
    "accept": "Accepted by {name}, {role}",
    "reject": "Rejected by {name}, {role}",
    "mitigate": "Accepted under a condition by {name}, {role}",
}
