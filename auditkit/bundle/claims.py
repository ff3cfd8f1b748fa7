"""Judging what a verified attestation says against what the reader brought: one function a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from auditkit.bundle import verification as lines
from auditkit.bundle.authorities import Carried
from auditkit.bundle.reader import Reader
from auditkit.bundle.statements import ASSURANCES, AuditClaim, parse_time
from auditkit.bundle.timestamps import CLOCKS_DIFFER, Stamp
from auditkit.bundle.verification import NotChecked
from auditkit.errors import IntegrityError


def trusted(
    claim: AuditClaim,
    signed_by: frozenset[str],
    reader: Reader,
    reviewers: frozenset[str],
    proven: datetime | None,
    carried: Carried,
) -> str:
    """Whether the reader's keys vouch for those that signed, and for as many as they demand."""
    if claim.signer.development:
        proves_nothing = "a development key: it shows accidental change, and proves no identity"
        if reader.allow_dev_key:
            raise NotChecked(f"NOT TRUSTED, and accepted on your word: {proves_nothing}")
        raise IntegrityError(proves_nothing, hint="sign with a key of your own (auditkit keygen), or --allow-dev-key")
    if reader.trust is None:
        raise NotChecked(
            "NOT TRUSTED: anybody can make a key; say whose you trust with --key audit.pub or --trust FILE"
        )
    finished = parse_time(claim.finished_on)
    return reader.trust.vouches_for(
        signed_by, finished=finished, now=reader.now, reviewers=reviewers, proven=proven, carried=carried
    )


def assurance(claim: AuditClaim, reader: Reader) -> str:
    """Whether the signer is as independent as the reader demands, by the signer's own word."""
    said = claim.signer.assurance
    demanded = None if reader.trust is None else reader.trust.policy.min_assurance
    if demanded is None:
        raise NotChecked(f"{_words(said)}, by the signer's own word; nothing was demanded")
    if ASSURANCES.index(said) < ASSURANCES.index(demanded):
        raise IntegrityError(f"{_words(said)}, and the trust file demands {_words(demanded)}")
    return f"{_words(said)}, by the signer's own word; demanded: {_words(demanded)}"


def time(claim: AuditClaim, reader: Reader, stamped: Callable[[], Stamp | None]) -> str:
    """Whether a trusted third party saw the signature; the signer's claim is only printed."""
    claimed = f"claimed: {claim.finished_on}"
    finished = parse_time(claim.finished_on)
    if finished > reader.now + CLOCKS_DIFFER:
        raise IntegrityError(f"the audit says that it was finished in the future ({claimed})")
    stamp = stamped()
    if stamp is not None:
        if stamp.time < finished - CLOCKS_DIFFER:
            raise IntegrityError(
                f"stamped at {stamp.time:%Y-%m-%dT%H:%M:%SZ}, before the audit was finished ({claimed})"
            )
        return f"{stamp.time:%Y-%m-%dT%H:%M:%SZ}, RFC 3161, by '{stamp.authority}' ({claimed})"
    if reader.trust is not None and reader.trust.policy.require_timestamp:
        raise IntegrityError(f"the trust file demands a time stamp, and there is none ({claimed})")
    raise NotChecked(f"no trusted time stamp ({claimed})")


def model(claim: AuditClaim, reader: Reader) -> str:
    """Whether the reader's model files are the audited ones, by name and by content."""
    if reader.model is None:
        raise NotChecked("no model was given: --model PATH")
    audited = {file.name: file.sha256 for file in claim.model_files}
    if not audited:
        raise NotChecked("the audit names no model file to compare with")
    from auditkit.subject import model_files

    found = {file.name: file.sha256 for file in model_files(reader.model)}
    if found != audited:
        raise IntegrityError(f"'{reader.model}' is not the audited model: {_difference(audited, found)}")
    return f"'{reader.model}' has the audited {len(audited)} file(s), by name and content"


def spec(claim: AuditClaim, reader: Reader) -> str:
    """Whether the reader's spec is the one that was carried out."""
    said = claim.spec.sha256
    if reader.spec_digest is None:
        raise NotChecked(f"no spec was given: --spec audit.toml (sha256:{said[:16]}…)")
    if reader.spec_digest != said:
        raise IntegrityError(f"the spec is another one: sha256:{reader.spec_digest[:16]}…, audited sha256:{said[:16]}…")
    return f"the given spec, sha256:{said[:16]}…"


def data(claim: AuditClaim) -> str:
    """What data the audit names; comparing them needs the data."""
    named = ", ".join(f"{split.name} ({split.split}, sha256:{split.digest.sha256[:16]}…)" for split in claim.data)
    raise NotChecked(f"not supplied: {named}")


def plugins(claim: AuditClaim, reader: Reader) -> str:
    """Whether only plugins on the reader's list had a part in the numbers."""
    named = ", ".join(sorted({f"{one.distribution} {one.version}" for one in claim.plugins}))
    allowed = None if reader.trust is None else reader.trust.policy.plugins
    if allowed is None:
        raise NotChecked(f"no list of allowed plugins: {named}")
    for one in claim.plugins:
        if one.distribution not in allowed:
            raise IntegrityError(
                f"the plugin '{one.name}' of '{one.distribution}' is not on the list of allowed plugins"
            )
        if one.digest not in allowed[one.distribution]:
            raise IntegrityError(
                f"the plugin '{one.name}' of '{one.distribution}' is not the allowed one: {one.digest}"
            )
    return f"on the list of allowed plugins: {named}"


def expires(claim: AuditClaim, reader: Reader) -> str:
    """Whether the bundle is still valid, by the signer's date and by the reader's."""
    until = parse_time(claim.expires_on)
    if reader.now > until:
        raise IntegrityError(f"expired on {claim.expires_on}", hint="audit the model again")
    most = None if reader.trust is None else reader.trust.policy.max_age_days
    age = reader.now - parse_time(claim.finished_on)
    if most is not None and age > timedelta(days=most):
        raise IntegrityError(f"{age.days} days old, and the trust file allows {most}", hint="audit the model again")
    return f"valid until {claim.expires_on}"


def sequence(claim: AuditClaim, reader: Reader) -> str:
    """Whether this is not an older, kinder bundle put in the place of a newer one."""
    lowest = None if reader.trust is None else reader.trust.policy.min_sequence
    if lowest is None:
        raise NotChecked(f"number {claim.sequence}; a newer one may exist: min_sequence in the trust file")
    if claim.sequence < lowest:
        raise IntegrityError(f"replayed: number {claim.sequence}, and the trust file demands {lowest} or later")
    return f"number {claim.sequence}, {lowest} or later is demanded"


def questions(
    claim: AuditClaim,
    signed_by: frozenset[str],
    reader: Reader,
    reviewers: frozenset[str],
    stamped: Callable[[], Stamp | None],
    carried: Carried,
) -> Mapping[str, Callable[[], str]]:
    """Every question of this module, by the name of its line; `reviewers`: the keys of countersignatures that count.

    `stamped` checks the time stamp, if there is one; `carried` reads the revocation lists that the PDF carries.
    """
    return {
        lines.TRUSTED: lambda: trusted(claim, signed_by, reader, reviewers, _proven(stamped), carried),
        lines.ASSURANCE: lambda: assurance(claim, reader),
        lines.TIME: lambda: time(claim, reader, stamped),
        lines.MODEL: lambda: model(claim, reader),
        lines.SPEC: lambda: spec(claim, reader),
        lines.DATA: lambda: data(claim),
        lines.PLUGINS: lambda: plugins(claim, reader),
        lines.EXPIRES: lambda: expires(claim, reader),
        lines.SEQUENCE: lambda: sequence(claim, reader),
    }


def _proven(stamped: Callable[[], Stamp | None]) -> datetime | None:
    """When a trusted authority saw the bundle; None where nobody did. What is wrong with a stamp, its line says."""
    try:
        stamp = stamped()
    except (NotChecked, IntegrityError):
        return None
    return None if stamp is None else stamp.time


def _words(said: str) -> str:
    return said.replace("_", " ")


def _difference(audited: Mapping[str, str], found: Mapping[str, str]) -> str:
    for what, names in (
        ("missing", audited.keys() - found.keys()),
        ("not audited", found.keys() - audited.keys()),
        ("changed", {name for name in audited.keys() & found.keys() if audited[name] != found[name]}),
    ):
        if names:
            return f"{what}: '{min(names)}'"
    return "nothing differs"
