"""The reader's side: the keys that they trust, and what they demand of a bundle beyond a good signature."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from auditkit.bundle.authorities import Carried, Root, Times, check_certificate
from auditkit.bundle.keys import keyid_of, public_key_from_pem
from auditkit.bundle.pades_judging import Level
from auditkit.bundle.statements import Assurance
from auditkit.bundle.stored import read_bounded
from auditkit.document import Document
from auditkit.errors import AuditError, IntegrityError, did_you_mean
from auditkit.specs.source import shown

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.x509 import Certificate

_AUDITS: Final = "audit"
Role = Literal["audit", "gate", "baseline", "seal", "review"]
_FOR: Mapping[Role, str] = {
    "audit": "audits",
    "gate": "ledgers",
    "baseline": "baselines",
    "seal": "seals",
    "review": "reviews",
}
_DONE: Mapping[Role, str] = {
    "audit": "when the audit was finished",
    "gate": "when the ledger was signed",
    "baseline": "when the audit was finished",
    "seal": "when it was sealed",
    "review": "when it was countersigned",
}
_LARGEST_FILE = 1 << 20
_CENTURY = 36_525
"""Days; more cannot be meant, and soon no calendar can count them."""


class TrustedKey(Document):
    """A key that the reader knows, and what they know of it."""

    keyid: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the SubjectPublicKeyInfo in DER")
    name: str = Field(min_length=1, description="whose it is; printed instead of what the signer calls themselves")
    pem: str = Field(description="a file beside the trust file, or the PEM itself")
    not_before: date | datetime | None = None
    not_after: date | datetime | None = Field(default=None, description="a date holds to its end, in UTC")
    status: Literal["active", "retired", "revoked"] = "active"
    revoked_at: date | datetime | None = None
    compromised: bool = Field(default=True, description="False: it was revoked for another reason than a lost secret")
    roles: tuple[Role, ...] = (_AUDITS,)

    @model_validator(mode="after")
    def _revoked_has_a_date(self) -> Self:
        if self.revoked_at is not None and self.status != "revoked":
            raise ValueError("revoked_at is only for a key whose status is 'revoked'")
        return self

    def check(self, *, finished: datetime, now: datetime, role: Role = _AUDITS, proven: datetime | None = None) -> None:
        """Raise IntegrityError unless this key may vouch for an audit that its signer says was finished then.

        The signer's word for the time proves nothing, so that whoever holds a retired or revoked key could sign today
        and date it back: without a trusted time stamp neither is taken, and the key must be valid now as well. A stamp
        (`proven`) lets stand what a retired key signed while it was valid, and what a key signed before it was revoked,
        unless its secret was lost: then nobody knows since when.
        """
        if self.status == "revoked":
            before = self.revoked_at is not None and proven is not None and proven < _start_of(self.revoked_at)
            if self.compromised or not before:
                since = f" on {self.revoked_at:%Y-%m-%d}" if self.revoked_at else ""
                raise IntegrityError(f"the key of '{self.name}' was revoked{since}")
        if self.status == "retired" and proven is None:
            raise IntegrityError(
                f"the key of '{self.name}' is retired, and no trusted time shows that it signed before"
            )
        if not {_AUDITS, role} & set(self.roles):
            raise IntegrityError(f"the key of '{self.name}' is for {', '.join(self.roles)}, not for {_FOR[role]}")
        for moment, what in ((finished, _DONE[role]), (proven or now, "when it was stamped" if proven else "now")):
            if self.not_before is not None and moment < _start_of(self.not_before):
                raise IntegrityError(f"the key of '{self.name}' is valid from {self.not_before} on, not {what}")
            if self.not_after is not None and moment > _end_of(self.not_after):
                raise IntegrityError(f"the key of '{self.name}' is valid until {self.not_after}, not {what}")


class TrustPolicy(Document):
    """What the reader demands beyond a signature by a key that they know."""

    threshold: int = Field(default=1, ge=1, description="how many of the keys must have signed")
    require_timestamp: bool = False
    require_ledger_head: bool = Field(default=False, description="a ledger's head signed by a known key")
    require_seal: bool = Field(default=False, description="a seal by a known key, from which nothing has moved")
    min_pades: Level | None = Field(default=None, description="at which the PDF must be signed: B-B, B-T or B-LT")
    max_age_days: int | None = Field(default=None, ge=0, le=_CENTURY)
    min_assurance: Assurance | None = None
    min_sequence: int | None = Field(default=None, ge=0)
    plugins: dict[str, tuple[str, ...]] | None = Field(
        default=None, description="distribution -> digest, or a list of digests; no others may have had a part"
    )

    @field_validator("plugins", mode="before")
    @classmethod
    def _one_digest_or_several(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: [digests] if isinstance(digests, str) else digests for name, digests in value.items()}


class TimeAuthority(Document):
    """A time-stamping authority whose word for a time the reader takes."""

    name: str = Field(min_length=1)
    pem: str = Field(description="its root certificate: a file beside the trust file, or the PEM itself")


class X509Root(Document):
    """A certificate authority whose signers the reader takes, and whom it has revoked."""

    name: str = Field(min_length=1)
    pem: str = Field(description="its certificate: a file beside the trust file, or the PEM itself")
    crl: str | None = Field(default=None, description="its revocation list: a file, PEM or DER; must be current")


class TrustFile(Document):
    """A trust file as it is written: [[key]] tables and one [policy]."""

    key: tuple[TrustedKey, ...] = Field(min_length=1)
    tsa: tuple[TimeAuthority, ...] = ()
    x509_root: tuple[X509Root, ...] = ()
    policy: TrustPolicy = TrustPolicy()

    @model_validator(mode="after")
    def _a_stamp_is_somebodys(self) -> Self:
        if self.policy.min_pades not in {None, "B-B"} and not self.tsa:
            raise ValueError("min_pades demands a time stamp, which anybody can make: name whose you take, [[tsa]]")
        return self

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Read a TOML trust file and the public keys that it names.

        Raises:
            AuditError: it is missing, is not TOML, has an unknown key, or a public key is not the one of its keyid.
        """
        try:
            text = _content(path, f"the trust file '{path}'", hint="--trust FILE").decode("utf-8")
            written = cls.model_validate(tomllib.loads(text))
        except ValidationError as error:
            raise _explained(error, path) from error
        # UnicodeDecodeError and TOMLDecodeError are children of ValueError; a file may be nested without end.
        except (ValueError, RecursionError) as error:
            raise AuditError(
                f"the trust file '{path}' is not TOML: {error}", hint="see docs/bundle-format.md"
            ) from error
        keys = {}
        for entry in written.key:
            if entry.keyid in keys:
                raise AuditError(f"the trust file '{path}' names the key '{entry.keyid[:16]}' twice", hint="remove one")
            keys[entry.keyid] = (entry, _public_key(entry, path.parent))
        clocks = tuple(_certificate(one, path.parent) for one in written.tsa)
        roots = tuple(_root(one, path.parent) for one in written.x509_root)
        issued = {one.keyid: _issued(one, path.parent) for one in written.key} if roots else {}
        return Trust(keys, written.policy, source=path.name, clocks=clocks, roots=roots, issued=issued)


class Trust:
    """The keys that a reader accepts, and their policy."""

    def __init__(
        self,
        keys: Mapping[str, tuple[TrustedKey, EllipticCurvePublicKey]],
        policy: TrustPolicy,
        *,
        source: str,
        clocks: tuple[Certificate, ...] = (),
        roots: tuple[Root, ...] = (),
        issued: Mapping[str, Certificate] | None = None,
    ) -> None:
        self.policy = policy
        self.clocks = clocks
        """The roots of time-stamping authorities."""
        self._roots = roots
        self._issued = dict(issued or {})
        self.source = source
        self._keys = dict(keys)

    @classmethod
    def in_one_key(cls, path: Path) -> Self:
        """Trust one public key, from a `.pub` or `.crt` file, and demand nothing more; AuditError when it is none."""
        pem = _content(path, str(path), hint="--key audit.pub, which whoever signed has to give you")
        public = public_key_from_pem(pem, name=str(path))
        entry = TrustedKey(keyid=keyid_of(public), name=path.stem or path.name, pem=str(path))
        return cls({entry.keyid: (entry, public)}, TrustPolicy(), source=path.name)

    @property
    def public_keys(self) -> dict[str, EllipticCurvePublicKey]:
        """Every key that the reader knows, by keyid; also those that are not valid any more."""
        return {keyid: public for keyid, (_, public) in self._keys.items()}

    def name_of(self, keyid: str) -> str | None:
        """What the reader calls whoever holds the key."""
        return self._keys[keyid][0].name if keyid in self._keys else None

    def sealed_by(self, keyid: str, *, on: datetime, now: datetime) -> str:
        """The name of whoever sealed with a known key; IntegrityError unless it may seal."""
        self._check(keyid, on=on, now=now, role="seal")
        return self._keys[keyid][0].name

    def _check(
        self,
        keyid: str,
        *,
        on: datetime,
        now: datetime,
        role: Role,
        proven: datetime | None = None,
        carried: Carried = tuple,
    ) -> None:
        """Raise IntegrityError unless a known key may do this, and no authority of the reader's has revoked it."""
        self._keys[keyid][0].check(finished=on, now=now, role=role, proven=proven)
        if self._roots:
            times = Times(signed=on, now=now, proven=proven)
            check_certificate(self._issued[keyid], self._roots, times, carried)

    def reviewed_by(self, keyid: str, *, on: datetime, now: datetime) -> None:
        """Raise IntegrityError unless a known key may countersign."""
        self._check(keyid, on=on, now=now, role="review")

    def heads_by(self, keyid: str, *, on: datetime, now: datetime) -> None:
        """Raise IntegrityError unless a known key may sign the head of a ledger."""
        self._check(keyid, on=on, now=now, role="gate")

    def is_revoked(self, keyid: str) -> bool:
        """Whether the reader knows the key as revoked."""
        return keyid in self._keys and self._keys[keyid][0].status == "revoked"

    def demanding(self, threshold: int | None) -> Trust:
        """The same keys, and at least so many of them must have signed."""
        if threshold is None or threshold <= self.policy.threshold:
            return self
        policy = self.policy.model_copy(update={"threshold": threshold})
        return Trust(self._keys, policy, source=self.source, clocks=self.clocks, roots=self._roots, issued=self._issued)

    def vouches_for(
        self,
        keyids: frozenset[str],
        *,
        finished: datetime,
        now: datetime,
        reviewers: Iterable[str] = (),
        proven: datetime | None = None,
        carried: Carried = tuple,
    ) -> str:
        """Say who vouches for an audit that is signed with these keys.

        Args:
            keyids: who signed attestation and manifest.
            finished: when, by their word.
            now: the reader's time.
            proven: when a trusted authority has seen the bundle; None: nobody has.
            reviewers: the keys of countersignatures that the reader takes; they count towards a threshold.
            carried: reads the revocation lists that came with what was signed.

        Raises:
            IntegrityError: too few of the keys are known and may vouch. One person with two keys counts once.
        """
        known = [self._keys[keyid][0] for keyid in sorted(keyids) if keyid in self._keys]
        if not known:
            raise IntegrityError(
                f"'{self.source}' does not know the key that signed",
                hint="ask whoever should have signed for their public key; compare the keyid over another channel",
            )
        for entry in known:
            self._check(entry.keyid, on=finished, now=now, role=_AUDITS, proven=proven, carried=carried)
        others = [self._keys[keyid][0] for keyid in sorted(set(reviewers) - keyids) if keyid in self._keys]
        names = dict.fromkeys(entry.name for entry in (*known, *others))
        if len(names) < self.policy.threshold:
            raise IntegrityError(
                f"signed by {len(names)} of those in '{self.source}', and {self.policy.threshold} are demanded",
                hint="auditkit sign, with a key of another person whom the trust file knows",
            )
        return f"{', '.join(names)} ({self.source})"


_TABLES: Mapping[str, type[Document]] = {
    "key": TrustedKey,
    "policy": TrustPolicy,
    "tsa": TimeAuthority,
    "x509_root": X509Root,
}


def _content(path: Path, name: str, *, hint: str) -> bytes:
    """All of a small regular file of the reader's own; AuditError for anything else."""
    try:
        return read_bounded(path.resolve(), name=name, limit=_LARGEST_FILE)
    except IntegrityError as error:
        raise AuditError(error.message, hint=hint) from error
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in its name, a name too long, links in a circle
        raise AuditError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}", hint=hint) from error


def _public_key(entry: TrustedKey, folder: Path) -> EllipticCurvePublicKey:
    if "-----BEGIN" in entry.pem:
        public = public_key_from_pem(entry.pem.encode(), name=f"pem of {entry.name}")
    else:
        pem = _content(folder / entry.pem, f"the key {shown(entry.pem)}", hint="pem = 'FILE.pub'")
        public = public_key_from_pem(pem, name=entry.pem)
    if keyid_of(public) != entry.keyid:
        raise AuditError(
            f"the key of '{entry.name}' has another keyid than '{entry.keyid[:16]}…'",
            hint=f'if it is the right key: keyid = "{keyid_of(public)}"',
        )
    return public


def _bytes_of(said: str, folder: Path) -> bytes:
    return said.encode() if "-----BEGIN" in said else _content(folder / said, shown(said), hint="name a file")


def _root(entry: X509Root, folder: Path) -> Root:
    crl = None if entry.crl is None else _bytes_of(entry.crl, folder)
    return Root.of(_bytes_of(entry.pem, folder), crl, name=entry.name)


def _issued(entry: TrustedKey, folder: Path) -> Certificate:
    """The certificate of a key: where authorities are named, a bare key would be past their revocation lists."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(_bytes_of(entry.pem, folder))
    except ValueError as error:
        raise AuditError(
            f"the pem of '{entry.name}' is a key, and the trust file names authorities ([[x509_root]])",
            hint="pem = 'FILE.crt', the certificate that one of them issued",
        ) from error


def _certificate(entry: TimeAuthority, folder: Path) -> Certificate:
    from cryptography import x509

    inline = "-----BEGIN" in entry.pem
    hint = "pem = 'FILE.crt'"
    pem = entry.pem.encode() if inline else _content(folder / entry.pem, f"the key {shown(entry.pem)}", hint=hint)
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise AuditError(f"the pem of the authority '{entry.name}' is not a certificate", hint=hint) from error


def _explained(error: ValidationError, path: Path) -> AuditError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        inside = _TABLES.get(str(first["loc"][0])) if len(first["loc"]) > 1 else None
        hint = did_you_mean(str(first["loc"][-1]), (inside or TrustFile).model_fields)
        return AuditError(f"the trust file '{path}' has an unknown key '{where}'", hint=hint)
    return AuditError(f"the trust file '{path}': '{where}': {first['msg']}", hint="see docs/bundle-format.md")


def _start_of(day: date | datetime) -> datetime:
    return _in_utc(day) if isinstance(day, datetime) else datetime.combine(day, time.min, UTC)


def _end_of(day: date | datetime) -> datetime:
    return _in_utc(day) if isinstance(day, datetime) else datetime.combine(day, time.max, UTC)


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
