"""Writing a bundle: state, render, list, sign, and put in place."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from auditkit.bundle import dsse, layout
from auditkit.bundle.keys import Signer
from auditkit.bundle.long_term import LongTerm
from auditkit.bundle.placing import place_folder, refuse_to_overwrite
from auditkit.bundle.statements import (
    Assurance,
    Attestation,
    Circumstances,
    Manifest,
    RenderingClaim,
    SignerClaim,
    format_time,
    parse_time,
    read_statement,
)
from auditkit.bundle.stored import StoredFolder
from auditkit.bundle.time_service import TimeService
from auditkit.document import canonical_json
from auditkit.errors import AuditError, CrashError, IntegrityError
from auditkit.result import AuditResult

Render = Callable[[AuditResult, bytes], bytes]
"""Makes a report from a result and the bytes of its attestation.dsse.json."""


@dataclass(frozen=True)
class Reports:
    """How the reports of a bundle are made."""

    render: Render
    """Makes `report.html`."""
    templates_digest: str
    """What `render` renders with, so that a reader knows whether they can render again."""
    render_pdf: Render | None = None
    """Makes `report.pdf`, still unsigned; None: the bundle has none."""
    look_over: Callable[[Mapping[str, bytes]], None] | None = None
    """Is shown every file before any is written, and raises where one must not be; the manifest is not among them."""


@dataclass(frozen=True)
class Beside:
    """What a bundle holds beside the result and its reports."""

    evidence: Mapping[str, bytes] = field(default_factory=dict)
    """File name -> content, for `evidence/`."""
    exports: Mapping[str, bytes] = field(default_factory=dict)
    """File name -> content, for `exports/`."""
    other_statements: Mapping[str, Any] = field(default_factory=dict)
    """Name -> in-toto statement (a JSON value), signed into `exports/NAME.dsse.json`."""


@dataclass(frozen=True)
class Terms:
    """What the signer says of the bundle."""

    sequence: int = 0
    """Which release of the model this is; readers may refuse lower ones."""
    valid_days: int = 365
    """How long after the audit the bundle is valid."""
    assurance: Assurance = "self_attested"
    """How independent the signer is, by their own word."""


_NOTHING_BESIDE = Beside()
_USUAL_TERMS = Terms()


def write_bundle(  # noqa: PLR0913  one keyword for each thing that is up to the caller
    result: AuditResult,
    *,
    out: Path,
    signer: Signer,
    reports: Reports,
    beside: Beside = _NOTHING_BESIDE,
    terms: Terms = _USUAL_TERMS,
    force: bool = False,
    clock: TimeService | None = None,
    long_term: LongTerm | None = None,
) -> Path:
    """Sign a result and write the folder `out`, complete or not at all; returns `out`.

    Args:
        result: sealed; what is rendered is the result as it reads back from `result.json`.
        out: the folder to make; its parent exists.
        signer: signs the attestation, the manifest and the other statements.
        reports: made of the result and its attestation.
        beside: the other files.
        terms: stand in the attestation.
        force: replace the bundle that is there; nothing but a bundle is ever replaced.
        clock: is asked, over the network, for a time stamp of the manifest and of the PDF; None: they get none.
        long_term: gives the certificates and revocation lists that the PDF carries; needs a `clock`.

    Raises:
        AuditError: `out` exists (or, with `force`, is no bundle), cannot be written, or a file name is unfit.
        CrashError: the disk is full, or the result's digest is not its own.
    """
    may_replace = check_is_only_a_bundle if force else None
    refuse_to_overwrite(out, may_replace)
    result = _as_read_back(result)
    attestation = _attestation(result, signer, terms, reports.templates_digest)
    sealed = dsse.seal(attestation.to_json(), [signer])
    files = {
        layout.RESULT: result.to_json(),
        layout.ATTESTATION: sealed,
        **_rendered(result, sealed, reports, functools.partial(_signed, signer, result, clock, long_term)),
        **_files_beside(beside, signer),
    }
    _check_sizes(files)
    if reports.look_over is not None:
        reports.look_over(files)
    manifest = Manifest.of(files, attestation.predicate.audit_id)
    files[layout.MANIFEST] = dsse.seal(manifest.to_json(), [signer])
    if clock is not None:
        files[layout.TIMESTAMP] = clock.reply(hashlib.sha256(files[layout.MANIFEST]).digest())
    return place_folder(files, out, may_replace=may_replace)


def _attestation(result: AuditResult, signer: Signer, terms: Terms, templates_digest: str) -> Attestation:
    expires = parse_time(result.run.created) + timedelta(days=terms.valid_days)
    return Attestation.of(
        result,
        Circumstances(
            sequence=terms.sequence,
            expires_on=format_time(expires),
            signer=SignerClaim.of(signer, terms.assurance),
            rendering=RenderingClaim(templates_digest=templates_digest, language=result.language),
        ),
    )


def _rendered(result: AuditResult, sealed: bytes, reports: Reports, sign: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """The reports by their file names; `report.html` always, since it is what a verifier renders again."""
    files = {layout.REPORT_HTML: reports.render(result, sealed)}
    if reports.render_pdf is not None:
        files[layout.REPORT_PDF] = sign(reports.render_pdf(result, sealed))
    return files


def _files_beside(beside: Beside, signer: Signer) -> dict[str, bytes]:
    return {
        **_inside(layout.EVIDENCE, beside.evidence),
        **_inside(layout.EXPORTS, beside.exports),
        **_inside(layout.EXPORTS, _sealed_apart(beside.other_statements, signer)),
    }


def _signed(
    signer: Signer, result: AuditResult, clock: TimeService | None, long_term: LongTerm | None, pdf: bytes
) -> bytes:
    from auditkit.bundle.pades_signing import sign_pdf

    return sign_pdf(pdf, signer, moment=parse_time(result.run.created), clock=clock, long_term=long_term)


def check_is_only_a_bundle(folder: Path) -> None:
    """Raise AuditError unless all that is in the folder belongs to a bundle: replacing it must lose nothing else."""
    hint = "--out ANOTHER-FOLDER, or remove this one yourself"
    if folder.is_symlink() or not folder.is_dir():
        raise AuditError(f"'{folder}' is not a folder, and is not replaced", hint=hint)
    stored = StoredFolder.scan(folder)
    try:
        raw = stored.content(layout.MANIFEST)
        manifest = read_statement(Manifest, dsse.read_envelope(raw, name=layout.MANIFEST).payload, name=layout.MANIFEST)
    except IntegrityError as error:
        raise AuditError(f"'{folder}' is not an auditkit bundle, and is not replaced", hint=hint) from error
    known = {*manifest.digests, layout.MANIFEST}
    strangers = sorted(name for name in stored.files if name not in known and not stored.may_be_added(name))
    if strangers or stored.oddities:
        first = (strangers or list(stored.oddities))[0]
        raise AuditError(f"'{folder}' holds '{first}', which is not part of the bundle", hint=hint)


def _as_read_back(result: AuditResult) -> AuditResult:
    """The result as a reader will have it: JSON does not tell 1.0 from 1, and the report must not either."""
    sealed = result if result.result_digest else result.sealed()
    if sealed.result_digest != sealed.digest():
        raise CrashError("the result was changed after it was sealed", hint="run the audit again")
    return AuditResult.from_json(sealed.to_json())


def _inside(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    unfit = [name for name in files if not layout.is_plain_name(name)] + layout.clashing(files)
    if unfit:
        raise AuditError(
            f"'{unfit[0]}' cannot be a file name in {folder}/",
            hint="use letters, digits, '.', '_' and '-', and no name twice",
        )
    return {f"{folder}/{name}": content for name, content in files.items()}


def _sealed_apart(statements: Mapping[str, Any], signer: Signer) -> dict[str, bytes]:
    return {f"{name}.dsse.json": dsse.seal(canonical_json(body), [signer]) for name, body in statements.items()}


def _check_sizes(files: Mapping[str, bytes]) -> None:
    """What a verifier would refuse to read must not be written."""
    for name, content in files.items():
        most = layout.largest(name)
        if most is not None and len(content) > most:
            raise AuditError(
                f"{name} would be {len(content)} bytes long, and readers take at most {most}",
                hint="use fewer groups or classes",
            )
