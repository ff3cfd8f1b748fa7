"""Judging the bytes: the files of a bundle against its manifest, the result and the report against the attestation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from auditkit.bundle import layout
from auditkit.bundle.canonical import parse_canonical, parse_json
from auditkit.bundle.pades_judging import Judged, PdfReader, judge
from auditkit.bundle.reader import Renderer
from auditkit.bundle.statements import Attestation, FileClaim, Manifest
from auditkit.bundle.stored import StoredFolder
from auditkit.bundle.verification import NotChecked
from auditkit.errors import IntegrityError
from auditkit.result import SCHEMA_VERSION, AuditResult

if TYPE_CHECKING:
    from auditkit.bundle.pades_reading import SignedPdf

_UPGRADE = "pip install --upgrade auditkit"


def files(folder: StoredFolder, manifest: Manifest) -> str:
    """Whether the folder holds what the manifest lists, unchanged, and nothing else."""
    claims = _listed(manifest)
    _nothing_unlisted(folder, set(claims))
    needed = [claim for claim in claims.values() if not claim.optional]
    for claim in needed:
        _unchanged(folder, claim, manifest.digests[claim.name])
    return f"{len(needed)} of {len(needed)} listed files match, 0 unlisted"


def evidence(folder: StoredFolder, manifest: Manifest) -> str:
    """Whether the evidence is there and unchanged; all or a part of it may have been taken out."""
    claims = [claim for claim in _listed(manifest).values() if claim.optional]
    if not claims:
        raise NotChecked("the bundle was made without evidence")
    there = [claim for claim in claims if claim.name in folder.files]
    for claim in there:
        _unchanged(folder, claim, manifest.digests[claim.name])
    if len(there) < len(claims):
        raise NotChecked(f"{len(claims) - len(there)} of {len(claims)} evidence files were taken out; the others match")
    return f"{len(claims)} of {len(claims)} evidence files match"


def signed_pdf(folder: StoredFolder, manifest: Manifest) -> SignedPdf | None:
    """What is in report.pdf; None: the bundle has none."""
    if layout.REPORT_PDF not in manifest.digests:
        return None
    from auditkit.bundle.pades_reading import read_confined

    return read_confined(folder.content(layout.REPORT_PDF), name=layout.REPORT_PDF)


def pdf(
    found: SignedPdf | None, manifest: Manifest, attestation: Attestation, envelope: bytes, reader: PdfReader
) -> Judged:
    """Whether report.pdf is signed by whoever signed the bundle, with the bundle's documents in it."""
    if found is None:
        if reader.least is not None:
            raise IntegrityError(f"the trust file demands a PDF signed at PAdES {reader.least}, and there is none")
        raise NotChecked("the bundle was made without a PDF")
    card = dict(found.attachments).get(layout.CARD)
    if card is not None and hashlib.sha256(card).hexdigest() != manifest.digests.get(f"{layout.EXPORTS}/{layout.CARD}"):
        raise IntegrityError(f"the {layout.CARD} in the PDF is not the bundle's")
    return judge(found, attestation.predicate, envelope, reader)


def read_result(raw: bytes, attestation: Attestation) -> AuditResult:
    """The result; IntegrityError unless it is the attested one, and the attestation says what it says."""
    claim = attestation.predicate
    if hashlib.sha256(raw).hexdigest() != claim.result.digest.sha256:
        raise IntegrityError(f"{layout.RESULT} is not the attested one")
    result = _result(raw)
    if result.digest(raw) != result.result_digest:
        raise IntegrityError(f"the result_digest in {layout.RESULT} is not that of the result")
    try:
        same = Attestation.of(result, claim.circumstances, raw=raw) == attestation
    except (ValidationError, OverflowError) as error:
        raise IntegrityError(f"{layout.RESULT} holds what no attestation can say") from error
    if not same:
        raise IntegrityError(f"the attestation does not say what {layout.RESULT} says")
    return result


@dataclass(frozen=True)
class Shown:
    """A verified result, and what it must have been rendered to."""

    result: AuditResult
    attestation: Attestation
    envelope: bytes
    """The bytes of attestation.dsse.json."""
    raw: bytes
    """Those of result.json."""

    def is_attested(self) -> str:
        """The answer that `read_result` has already given."""
        return f"the attested one, sha256:{self.attestation.predicate.result.digest.sha256[:16]}…"

    def is_what_renders(self, report: Callable[[], bytes], renderer: Renderer) -> str:
        """Whether the report is what the result renders to, byte for byte."""
        claim = self.attestation.predicate
        if claim.rendering.templates_digest != renderer.templates_digest:
            raise NotChecked(
                f"made with other templates (sha256:{claim.rendering.templates_digest[:16]}…) than this auditkit has; "
                f"auditkit {claim.environment.auditkit} wrote it"
            )
        if _rendered(renderer, self) != report():
            raise IntegrityError("the report does not show what the signed result says: it was changed")
        return "rendered again from the signed result: identical bytes"

    def verdict(self) -> str:
        """What the audit's verdict is; whether that is good enough is not for verify to say."""
        return f"as attested, the audit's verdict is {self.result.verdict.outcome.upper()}; to act on it: auditkit gate"


# What code raises when a document contradicts itself, e.g. names the 99th of three waivers: whoever holds a key can
# sign such a result, though auditkit writes none.
_CONTRADICTIONS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _rendered(renderer: Renderer, shown: Shown) -> bytes:
    from jinja2 import TemplateError

    try:
        return renderer.render(shown.result, shown.envelope, shown.raw)
    except (*_CONTRADICTIONS, TemplateError) as error:
        raise IntegrityError(
            f"no report can be rendered from the signed result: {type(error).__name__}: {error}"
        ) from error


def _result(raw: bytes) -> AuditResult:
    value: Any = parse_json(raw, name=layout.RESULT)
    version = value.get("schema_version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise IntegrityError(
            f"{layout.RESULT} has schema_version {version}, newer than {SCHEMA_VERSION}", hint=_UPGRADE
        )
    try:
        result = AuditResult.from_json(raw)
    except ValidationError as error:
        raise IntegrityError(f"{layout.RESULT} is not a result of an audit: {error.errors()[0]['msg']}") from error
    # What is written as it was read is canonical; only what is not has to be asked why.
    if result.to_json() != raw:
        parse_canonical(raw, name=layout.RESULT)
        raise IntegrityError(f"{layout.RESULT} reads differently than it is written")
    return result


def _listed(manifest: Manifest) -> dict[str, FileClaim]:
    """File name -> claim; IntegrityError when the list is not one that auditkit writes."""
    names = [named.name for named in manifest.subject]
    claims = manifest.predicate.files
    if names != [claim.name for claim in claims] or names != sorted(set(names)) or layout.clashing(names):
        raise IntegrityError("the manifest does not list each file once, in order")
    for claim in claims:
        if not layout.belongs(claim.name):
            raise IntegrityError(f"the manifest lists '{claim.name}', which is no name for a file of a bundle")
        if claim.optional != layout.is_optional(claim.name):
            raise IntegrityError(f"the manifest says wrongly whether '{claim.name}' may be taken out")
    missing = [name for name in layout.ALWAYS_THERE if name not in names]
    if missing:
        raise IntegrityError(f"the manifest does not list {missing[0]}")
    return {claim.name: claim for claim in claims}


def _nothing_unlisted(folder: StoredFolder, listed: set[str]) -> None:
    if folder.oddities:
        raise IntegrityError(f"'{folder.oddities[0]}' is a link, a device or a folder in a folder: no bundle holds one")
    known = {*listed, layout.MANIFEST}
    strangers = sorted(name for name in folder.files if name not in known and not folder.may_be_added(name))
    if strangers:
        raise IntegrityError(f"{len(strangers)} unlisted: '{strangers[0]}' is not part of the bundle")
    expected = {name.partition("/")[0] for name in listed if "/" in name} | {layout.SIGNATURES}
    unexpected = sorted(folder.folders - expected)
    if unexpected:
        raise IntegrityError(f"the folder '{unexpected[0]}' is not part of the bundle")


def _unchanged(folder: StoredFolder, claim: FileClaim, digest: str) -> None:
    if claim.name not in folder.files:
        raise IntegrityError(f"{claim.name} is missing")
    if folder.sha256(claim.name, size=claim.size) != digest:
        raise IntegrityError(f"{claim.name} was changed")


def check_bound(manifest: Manifest, attestation: Attestation, envelope: bytes) -> None:
    """Raise IntegrityError unless the manifest is about the same audit, and lists this very attestation."""
    if manifest.predicate.audit_id != attestation.predicate.audit_id:
        raise IntegrityError("the manifest is about another audit than the attestation")
    if manifest.digests.get(layout.ATTESTATION) != hashlib.sha256(envelope).hexdigest():
        raise IntegrityError(f"{layout.ATTESTATION} is not the one that the manifest lists")
