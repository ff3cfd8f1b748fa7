"""Writing a bundle: state, render, list, sign, and put in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from auditkit.bundle import dsse, layout
from auditkit.bundle.keys import Signer
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
from auditkit.document import canonical_json
from auditkit.errors import AuditError, CrashError, IntegrityError
from auditkit.result import AuditResult

Render = Callable[[AuditResult, bytes], bytes]
"""Makes a report from a result and the bytes of its attestation.dsse.json."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def write_bundle(  # noqa: PLR0913  one keyword for each thing that a bundle is made of
    result: AuditResult,
    *,
    out: Path,
    signer: Signer,
    render: Render,
    render_pdf: Render | None = None,
    templates_digest: str,
    evidence: Mapping[str, bytes] = _NOTHING,
    exports: Mapping[str, bytes] = _NOTHING,
    other_statements: Mapping[str, Any] = _NOTHING,
    sequence: int = 0,
    valid_days: int = 365,
    assurance: Assurance = "self_attested",
    force: bool = False,
) -> Path:
    """Sign a result and write the folder `out`, complete or not at all; returns `out`.

    Args:
        result: sealed; what is rendered is the result as it reads back from `result.json`.
        out: the folder to make; its parent exists.
        signer: signs the attestation, the manifest and the other statements.
        render: makes `report.html`.
        render_pdf: makes `report.pdf`, still unsigned; None: the bundle has none.
        templates_digest: what `render` renders with, so that a reader knows whether they can render again.
        evidence: file name -> content, for `evidence/`.
        exports: file name -> content, for `exports/`.
        other_statements: name -> in-toto statement (a JSON value), signed into `exports/NAME.dsse.json`.
        sequence: which release of the model this is; readers may refuse lower ones.
        valid_days: how long after the audit the bundle is valid.
        assurance: how independent the signer is, by their own word.
        force: replace the bundle that is there; nothing but a bundle is ever replaced.

    Raises:
        AuditError: `out` exists (or, with `force`, is no bundle), cannot be written, or a file name is unfit.
        CrashError: the disk is full, or the result's digest is not its own.
    """
    may_replace = check_is_only_a_bundle if force else None
    refuse_to_overwrite(out, may_replace)
    result = _as_read_back(result)
    attestation = Attestation.of(
        result,
        Circumstances(
            sequence=sequence,
            expires_on=format_time(parse_time(result.run.created) + timedelta(days=valid_days)),
            signer=SignerClaim.of(signer, assurance),
            rendering=RenderingClaim(templates_digest=templates_digest, language=result.language),
        ),
    )
    sealed = dsse.seal(attestation.to_json(), [signer])
    papers = {} if render_pdf is None else {layout.REPORT_PDF: _signed(render_pdf(result, sealed), signer, result)}
    files = {
        layout.RESULT: result.to_json(),
        layout.ATTESTATION: sealed,
        layout.REPORT_HTML: render(result, sealed),
        **papers,
        **_inside(layout.EVIDENCE, evidence),
        **_inside(layout.EXPORTS, exports),
        **_inside(layout.EXPORTS, _sealed_apart(other_statements, signer)),
    }
    _check_sizes(files)
    manifest = Manifest.of(files, attestation.predicate.audit_id)
    files[layout.MANIFEST] = dsse.seal(manifest.to_json(), [signer])
    return place_folder(files, out, may_replace=may_replace)


def _signed(pdf: bytes, signer: Signer, result: AuditResult) -> bytes:
    from auditkit.bundle.pades_signing import sign_pdf

    return sign_pdf(pdf, signer, moment=parse_time(result.run.created))


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
    strangers = sorted(name for name in stored.files if name not in known and not stored.is_countersignature(name))
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
