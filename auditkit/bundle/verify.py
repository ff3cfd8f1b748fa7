"""Verifying a bundle, or a report that came alone: every question asked, every answer a line."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.bundle import claims, contents, layout, verification
from auditkit.bundle.countersigned import Told
from auditkit.bundle.dispositions import answer, told_of
from auditkit.bundle.opened import Opened
from auditkit.bundle.pades_judging import PdfReader, evidence_of
from auditkit.bundle.reader import Reader, Renderer, trust_of
from auditkit.bundle.sealed import sealed
from auditkit.bundle.statements import format_time
from auditkit.bundle.timestamps import Stamp
from auditkit.bundle.verification import LINES, Kind, Line, NotChecked, Question, Verification, refused, unasked
from auditkit.errors import AuditError, IntegrityError
from auditkit.result import AuditResult
from auditkit.terminal import printable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList

_KINDS: Mapping[str, str] = {"bundle": "bundle", "report": "report", "pdf": "PDF"}
_ALONE: Mapping[str, Kind] = {".html": "report", ".htm": "report", ".pdf": "pdf"}


def verify(  # noqa: PLR0913  one keyword for each thing that a reader can bring
    path: Path,
    *,
    now: datetime,
    key: Path | None = None,
    trust: Path | None = None,
    allow_dev_key: bool = False,
    model: Path | None = None,
    spec_digest: str | None = None,
    renderer: Renderer | None = None,
    threshold: int | None = None,
    ledger: Path | None = None,
) -> Verification:
    """Check a bundle's folder, or a report that came alone, offline: say what holds and what was not checked.

    Args:
        path: the folder, or a report.html or report.pdf.
        now: the reader's time, with a zone.
        key: a public key that the reader trusts; or else
        trust: the reader's trust file.
        allow_dev_key: accept a development key, though nobody can trust it.
        model: the model's file or folder, to be compared with the audited one.
        spec_digest: the SHA-256, in hex, of the spec that should have been carried out.
        renderer: how to render the report again; as this version of auditkit does when absent.
        threshold: how many different people must have signed; what the trust file demands when absent or lower.
        ledger: of accepted releases; the bundle must be the newest of its name in it.

    Raises:
        AuditError: there is nothing to verify, or what the reader brought cannot be read. What is wrong with the
            bundle itself is never raised: it is a line that says FAIL.
    """
    for given in (path, model, ledger):
        if given is not None and not given.exists():
            raise AuditError(f"there is no '{given}'", hint="auditkit verify BUNDLE --model PATH")
    trusted = trust_of(key, trust)
    reader = Reader(
        now=now,
        trust=None if trusted is None else trusted.demanding(threshold),
        allow_dev_key=allow_dev_key,
        model=model,
        spec_digest=spec_digest,
        renderer=renderer or Renderer.shipped(),
        ledger=ledger,
    )
    if path.is_dir():
        return _answered(path, "bundle", Opened.folder, reader)
    kind = _ALONE.get(path.suffix.lower())
    if kind is None:
        raise AuditError(
            f"'{path}' is neither a bundle's folder nor a report.html or report.pdf", hint="auditkit verify FOLDER"
        )
    return _answered(path, kind, Opened.lone_pdf if kind == "pdf" else Opened.lone_report, reader)


def _answered(path: Path, kind: Kind, open_: Callable[[Path, PdfReader], Opened], reader: Reader) -> Verification:
    try:
        opened = open_(
            path, PdfReader(_clocks(reader), None if reader.trust is None else reader.trust.policy.min_pades)
        )
    except IntegrityError as error:
        first: Mapping[str, Question] = {verification.FILE: refused(error)}
        return Verification(path=printable(str(path)), kind=kind, lines=_lines(first, "there is no statement to check"))
    told, countersigned = _countersigned(opened, reader)
    questions, otherwise = _questions(opened, kind, reader, told)
    if verification.TRUSTED in questions:
        questions[verification.COUNTERSIGNED] = countersigned
    lines = _lines(questions, otherwise)
    sound = opened.judged is not None and any((one.name, one.state) == (verification.PDF, "OK") for one in lines)
    return Verification(
        path=printable(str(path)),
        kind=kind,
        lines=lines,
        countersignatures=told,
        pades=opened.judged().level if opened.judged is not None and sound else None,
        development=opened.attestation.predicate.signer.development,
        development_allowed=reader.allow_dev_key,
    )


def _lines(questions: Mapping[str, Question], otherwise: str) -> tuple[Line, ...]:
    """Ask what can be asked; the rest is not checked, for the reason in `otherwise`."""
    return tuple(Line.ask(name, questions.get(name, unasked(otherwise))) for name in LINES)


def _questions(opened: Opened, kind: str, reader: Reader, told: Sequence[Told]) -> tuple[dict[str, Question], str]:
    claim = opened.attestation.predicate
    asked: dict[str, Question] = {verification.FILE: lambda: f"{_KINDS[kind]} of audit {claim.audit_id}"}
    try:
        signed_by = opened.signed_by(reader.trust)
    except AuditError as error:
        return {**asked, verification.SIGNED_BY: refused(error)}, "nobody vouches for what is said here"
    asked[verification.SIGNED_BY] = lambda: _whose(opened, reader)
    reviewers = frozenset(one.keyid for one in told if one.counts)
    stamped = functools.cache(functools.partial(_stamped, opened, reader))
    asked |= claims.questions(claim, signed_by, reader, reviewers, stamped, functools.partial(_carried, opened))
    asked |= opened.about_files
    asked |= _about_result(opened, reader)
    return asked, "nobody asked"


def _countersigned(opened: Opened, reader: Reader) -> tuple[tuple[Told, ...], Question]:
    """The countersignatures, and the answer to whether they hold; of a report alone there are none."""
    if opened.stored is None:
        return (), opened.about_files[verification.COUNTERSIGNED]
    try:
        told = told_of(opened.stored, reader.trust, now=reader.now)
    except IntegrityError as error:
        return (), refused(error)
    return told, lambda: answer(told)


def _stamped(opened: Opened, reader: Reader) -> Stamp | None:
    """The time that an authority whom the reader takes has put on the manifest, or on a lone PDF; None: no stamp.

    Raises:
        IntegrityError: the stamp is about something else, was changed, or is by another authority than the reader's.
        NotChecked: the reader names no authority.
    """
    token = opened.token()
    if token is None:
        return None
    if clocks := _clocks(reader):
        return token.check(clocks)
    said = format_time(token.claimed_time)
    unknown = f"stamped at {said}, by an authority that you do not know: name it in the trust file, [[tsa]]"
    if reader.trust is not None and reader.trust.policy.require_timestamp:
        raise IntegrityError(unknown)
    raise NotChecked(unknown)


def _carried(opened: Opened) -> tuple[CertificateRevocationList, ...]:
    """The revocation lists that the PDF carries, where it is as it was signed."""
    if opened.judged is None:
        return ()
    try:
        opened.judged()
    except (NotChecked, IntegrityError):  # what is wrong with it, its own line says
        return ()
    found = opened.pdf()
    return () if found is None else evidence_of(found).lists


def _clocks(reader: Reader) -> tuple[Certificate, ...]:
    return () if reader.trust is None else reader.trust.clocks


def _whose(opened: Opened, reader: Reader) -> str:
    signer = opened.attestation.predicate.signer
    known_as = reader.trust.name_of(signer.keyid) if reader.trust else None
    name = f"'{known_as}', who says '{signer.name}'" if known_as else f"somebody who says '{signer.name}'"
    return f"{name}, key {signer.keyid}"


def _about_result(opened: Opened, reader: Reader) -> dict[str, Question]:
    attestation = opened.attestation
    try:
        raw = opened.result()
        result = contents.read_result(raw, attestation)
    except IntegrityError as error:
        without = unasked("the result is not the attested one")
        claimed = unasked(f"claimed: {attestation.predicate.verdict}")
        return {
            verification.RESULT: refused(error),
            verification.RENDERING: without,
            verification.SEALED: without,
            verification.CURRENT: without,
            verification.VERDICT: claimed,
        }
    shown = contents.Shown(result, attestation, opened.envelopes[layout.ATTESTATION], raw)
    report = opened.report
    return {
        verification.RESULT: shown.is_attested,
        verification.RENDERING: unasked("a PDF: its own signature covers every page")
        if report is None
        else lambda: shown.is_what_renders(report, reader.renderer),
        verification.SEALED: lambda: sealed(result, attestation.predicate, reader),
        verification.CURRENT: lambda: _current(result, reader),
        verification.VERDICT: shown.verdict,
    }


def _current(result: AuditResult, reader: Reader) -> str:
    if reader.ledger is None:
        raise NotChecked("no ledger was given: --ledger FILE; a newer release may have been accepted")
    from auditkit.gating.heads import current

    return current(
        result.name,
        result.result_digest,
        reader.ledger,
        reader.trust,
        allow_dev_key=reader.allow_dev_key,
        now=reader.now,
    )
