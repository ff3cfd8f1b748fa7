"""What is signed: the attestation, about the model and the result, and the manifest, about the files of the bundle.

Both are in-toto Statements (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). A field that is
added, changed or left out needs a new version in the predicate type: readers refuse what they do not know.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from auditkit.bundle import layout
from auditkit.bundle.canonical import parse_canonical
from auditkit.bundle.keys import Signer
from auditkit.document import Document, canonical_json, digest_of
from auditkit.errors import IntegrityError
from auditkit.policy import VerdictOutcome
from auditkit.result import AuditResult, FileDigest

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
ATTESTATION_TYPE: Final = "https://auditkit.dev/attestation/ethics-audit/v1"
MANIFEST_TYPE: Final = "https://auditkit.dev/attestation/bundle-manifest/v1"
RESULT_MEDIA_TYPE = "application/vnd.auditkit.result+json"

Assurance = Literal["self_attested", "second_party", "third_party"]
ASSURANCES: tuple[Assurance, ...] = ("self_attested", "second_party", "third_party")
"""From the least to the most independent of those who made the model."""


class Claim(Document):
    """A part of a statement: its fields are written in camelCase, as in-toto's are."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    def to_json(self) -> bytes:
        """Canonical JSON (RFC 8785)."""
        return canonical_json(self.model_dump(mode="json", by_alias=True))


class Sha256(Claim):
    """A digest as in-toto writes it."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Named(Claim):
    """A name and the digest of what bears it."""

    name: str
    digest: Sha256

    @classmethod
    def of(cls, name: str, sha256: str) -> Self:
        """The name with its digest in hex."""
        return cls(name=name, digest=Sha256(sha256=sha256))


class Statement(Claim):
    """The head of an in-toto Statement: what it is about, and of which kind it is; each kind has its own predicate."""

    statement_type: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT_TYPE, alias="_type")
    subject: tuple[Named, ...] = Field(min_length=1, max_length=1)
    predicate_type: str


class ResultClaim(Named):
    """The canonical result: the digest of its file, and the one that leaves its `run` block out."""

    media_type: str = RESULT_MEDIA_TYPE
    result_digest: str


class SplitClaim(Named):
    """One split of the data: the file as it lay there, and the rows as they were read."""

    split: str
    rows: int
    rows_digest: str
    keyed: bool


class PluginClaim(Claim):
    """A plugin that had a part in the numbers."""

    name: str
    distribution: str
    version: str
    digest: str


class EnvironmentClaim(Claim):
    """What the numbers were computed with."""

    auditkit: str
    python: str
    platform: str
    libraries: dict[str, str]


class RenderingClaim(Claim):
    """What the report was made with: the same result, templates and language give the same bytes."""

    templates_digest: str
    language: str


class SignerClaim(Claim):
    """Who says that they signed. Only the reader's own trust file can confirm it."""

    keyid: str
    name: str
    public_key: str = Field(description="PEM; it makes the signature checkable, and nobody trusted")
    development: bool
    assurance: Assurance

    @classmethod
    def of(cls, signer: Signer, assurance: Assurance) -> Self:
        """What this signer says of themselves."""
        return cls(
            keyid=signer.keyid,
            name=signer.name,
            public_key=signer.public_pem.decode("ascii"),
            development=signer.development,
            assurance=assurance,
        )


class Circumstances(Claim):
    """What the signer adds to the result: who, with which templates, in which place in a series, and until when."""

    sequence: int = Field(ge=0, description="grows with every release of one model; readers can demand a lowest one")
    expires_on: str
    signer: SignerClaim
    rendering: RenderingClaim


class AuditClaim(Circumstances):
    """The predicate of the attestation."""

    audit_id: str
    started_on: str
    finished_on: str
    result: ResultClaim
    spec: Sha256
    policy: Sha256
    waivers: Sha256
    data: tuple[SplitClaim, ...]
    model_files: tuple[FileDigest, ...] = Field(description="compared by name too: a renamed file is another model")
    plugins: tuple[PluginClaim, ...]
    environment: EnvironmentClaim
    verdict: VerdictOutcome

    @property
    def circumstances(self) -> Circumstances:
        """The part that the result does not determine."""
        return Circumstances.model_validate(self.model_dump(include=set(Circumstances.model_fields)))


class Attestation(Statement):
    """The first statement: this model, looked at in this way, gave this result."""

    predicate_type: Literal["https://auditkit.dev/attestation/ethics-audit/v1"] = ATTESTATION_TYPE
    predicate: AuditClaim

    @classmethod
    def of(cls, result: AuditResult, circumstances: Circumstances, *, raw: bytes | None = None) -> Self:
        """The statement about a sealed result: all of it follows from the two arguments.

        Args:
            result: what it is about.
            circumstances: what the result does not determine.
            raw: the result's canonical JSON, of whoever has it.
        """
        digest = hashlib.sha256(result.to_json() if raw is None else raw).hexdigest()
        finished = parse_time(result.run.created)
        claim = AuditClaim(
            sequence=circumstances.sequence,
            expires_on=circumstances.expires_on,
            signer=circumstances.signer,
            rendering=circumstances.rendering,
            audit_id=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{ATTESTATION_TYPE}#{digest}')}",
            started_on=format_time(finished - timedelta(seconds=result.run.seconds)),
            finished_on=format_time(finished),
            result=ResultClaim(name=layout.RESULT, digest=Sha256(sha256=digest), result_digest=result.result_digest),
            spec=Sha256(sha256=result.provenance.spec_digest),
            policy=Sha256(sha256=result.policy.digest),
            waivers=Sha256(
                sha256=digest_of([waiver.model_dump(mode="json") for waiver in result.policy.policy.waivers])
            ),
            data=_splits(result),
            model_files=result.subject.files,
            plugins=_plugins(result),
            environment=_environment(result),
            verdict=result.verdict.outcome,
        )
        return cls(subject=(Named.of(result.name, result.subject.digest),), predicate=claim)


class FileClaim(Claim):
    """How a file of the bundle is to be treated."""

    name: str
    size: int = Field(ge=0)
    optional: bool = Field(description="may be taken out before the bundle is handed on")


class ManifestClaim(Claim):
    """The predicate of the manifest; `files` stand in the order of the statement's subjects."""

    audit_id: str
    files: tuple[FileClaim, ...]


class Manifest(Statement):
    """The second statement: these files and no others make up the bundle."""

    subject: tuple[Named, ...] = Field(max_length=layout.MOST_FILES)
    predicate_type: Literal["https://auditkit.dev/attestation/bundle-manifest/v1"] = MANIFEST_TYPE
    predicate: ManifestClaim

    @classmethod
    def of(cls, files: Mapping[str, bytes], audit_id: str) -> Self:
        """The statement about the files, by name."""
        names = sorted(files)
        return cls(
            subject=tuple(Named.of(name, hashlib.sha256(files[name]).hexdigest()) for name in names),
            predicate=ManifestClaim(
                audit_id=audit_id,
                files=tuple(
                    FileClaim(name=name, size=len(files[name]), optional=layout.is_optional(name)) for name in names
                ),
            ),
        )

    @property
    def digests(self) -> dict[str, str]:
        """File name -> SHA-256 in hex."""
        return {named.name: named.digest.sha256 for named in self.subject}


Kind = TypeVar("Kind", bound=Statement)


def read_statement(kind: type[Kind], payload: bytes, *, name: str) -> Kind:
    """The statement in an envelope's payload; `name` is what error messages call it.

    Raises:
        IntegrityError: it is not canonical JSON, or not a statement of this kind and version.
    """
    value = parse_canonical(payload, name=name)
    wanted = kind.model_fields["predicate_type"].default
    _expect(value, "_type", STATEMENT_TYPE, name)
    _expect(value, "predicateType", wanted, name)
    try:
        statement = kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise IntegrityError(f"{name} is malformed: {where}: {first['msg']}") from error
    # What pydantic put right in silence, such as "3" for 3, was not written by auditkit.
    if statement.to_json() != payload:
        raise IntegrityError(f"{name} is malformed: it reads differently than it is written")
    return statement


def parse_time(text: str) -> datetime:
    """A time of day in UTC from ISO 8601; IntegrityError when it is none, or has no zone."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise IntegrityError(f"the time '{text}' has no zone")
        return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise IntegrityError(f"'{text}' is not a time") from error


def format_time(time: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _expect(value: Any, key: str, wanted: str, name: str) -> None:
    found = value.get(key) if isinstance(value, dict) else None
    if found != wanted:
        hint = "" if found is None else "if it is from a newer auditkit: pip install --upgrade auditkit"
        raise IntegrityError(f"the {key} of {name} is '{found}', not '{wanted}'", hint=hint)


def _splits(result: AuditResult) -> tuple[SplitClaim, ...]:
    return tuple(
        SplitClaim(
            # Rows that were given in memory have no file: they are named by what they are, under their own digest.
            name=split.file.name if split.file else f"{split.name} rows, given in memory",
            digest=Sha256(sha256=split.file.sha256 if split.file else split.digest),
            split=split.name,
            rows=split.rows,
            rows_digest=split.digest,
            keyed=split.keyed,
        )
        for split in result.data.splits
    )


def _plugins(result: AuditResult) -> tuple[PluginClaim, ...]:
    return tuple(
        PluginClaim(name=one.name, distribution=one.distribution, version=one.version, digest=one.digest)
        for one in result.provenance.plugins
    )


def _environment(result: AuditResult) -> EnvironmentClaim:
    made = result.provenance
    return EnvironmentClaim(
        auditkit=made.auditkit, python=made.python, platform=made.platform, libraries=made.libraries
    )
