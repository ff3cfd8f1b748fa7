"""A bundle, or a report or PDF that came alone, taken apart: well formed, and not yet believed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from auditkit.bundle import contents, dsse, layout, verification
from auditkit.bundle.keys import keyid_of, public_key_from_pem
from auditkit.bundle.lone_report import embedded_attestation, embedded_result
from auditkit.bundle.pades_judging import Judged, PdfReader, attached, judge, token_of
from auditkit.bundle.sigstore import check_sigstore
from auditkit.bundle.statements import Attestation, Manifest, read_statement
from auditkit.bundle.stored import StoredFolder, read_bounded
from auditkit.bundle.timestamps import Token
from auditkit.bundle.trust import Trust
from auditkit.bundle.verification import Question, unasked
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from auditkit.bundle.pades_reading import SignedPdf


@dataclass(frozen=True)
class Opened:
    """What all questions are asked of."""

    attestation: Attestation
    envelopes: Mapping[str, bytes]
    """Each signed envelope by its name; attestation.dsse.json is always among them."""
    result: Callable[[], bytes]
    """Reads result.json."""
    report: Callable[[], bytes] | None
    """Reads report.html; None: there is only a PDF."""
    stored: StoredFolder | None
    """The bundle's folder; None: a report came alone."""
    about_files: Mapping[str, Question]
    """What is asked of the files, by the name of the line."""
    token: Callable[[], Token | None] = lambda: None
    """Reads the time stamp that is about all of it, if there is one; IntegrityError when it is about something else."""
    pdf: Callable[[], SignedPdf | None] = lambda: None
    """Reads the PDF, once; None: there is none."""
    judged: Callable[[], Judged] | None = None
    """Judges the PDF, once; None: there is none to judge."""

    @classmethod
    def folder(cls, path: Path, reader: PdfReader) -> Self:
        """Open a bundle's folder; IntegrityError when its two statements cannot be read, or do not belong together."""
        stored = StoredFolder.scan(path)
        listing, sealed = stored.content(layout.MANIFEST), stored.content(layout.ATTESTATION)
        payload = dsse.read_envelope(listing, name=layout.MANIFEST).payload
        manifest = read_statement(Manifest, payload, name=layout.MANIFEST)
        attestation = _attestation(sealed)
        contents.check_bound(manifest, attestation, sealed)
        found = functools.cache(lambda: contents.signed_pdf(stored, manifest))
        judged = functools.cache(lambda: contents.pdf(found(), manifest, attestation, sealed, reader))
        return cls(
            attestation=attestation,
            envelopes={layout.ATTESTATION: sealed, layout.MANIFEST: listing},
            result=lambda: stored.content(layout.RESULT),
            report=lambda: stored.content(layout.REPORT_HTML),
            stored=stored,
            about_files={
                verification.FILES: lambda: _files(stored, manifest, reader),
                verification.PDF: lambda: judged().text,
                verification.EVIDENCE: lambda: contents.evidence(stored, manifest),
            },
            token=lambda: (
                Token.in_reply(stored.content(layout.TIMESTAMP), listing, name=layout.TIMESTAMP)
                if layout.TIMESTAMP in stored.files
                else None
            ),
            pdf=found,
            judged=judged,
        )

    @classmethod
    def lone_report(cls, path: Path, reader: PdfReader) -> Self:
        """Open a report.html; IntegrityError when it holds no attestation that can be read."""
        del reader  # a page is no PDF
        html = read_bounded(path.resolve(), name=path.name, limit=layout.LARGEST_DOCUMENT)
        sealed = embedded_attestation(html)
        alone = unasked("a report alone: verify the bundle's folder to check its files")
        missing = (verification.FILES, verification.PDF, verification.EVIDENCE, verification.COUNTERSIGNED)
        return cls(
            attestation=_attestation(sealed),
            envelopes={layout.ATTESTATION: sealed},
            result=lambda: embedded_result(html),
            report=lambda: html,
            stored=None,
            about_files=dict.fromkeys(missing, alone),
        )

    @classmethod
    def lone_pdf(cls, path: Path, reader: PdfReader) -> Self:
        """Open a report.pdf; IntegrityError when it cannot be read, or has not its documents attached."""
        from auditkit.bundle.pades_reading import read_confined

        raw = read_bounded(path.resolve(), name=path.name, limit=layout.LARGEST_DOCUMENT)
        found = read_confined(raw, name=path.name)
        inside = attached(found)
        sealed = inside[layout.ATTESTATION]
        attestation = _attestation(sealed)
        judged = functools.cache(lambda: judge(found, attestation.predicate, sealed, reader))
        alone = unasked("a PDF alone: verify the bundle's folder to check its files")
        return cls(
            attestation=attestation,
            envelopes={layout.ATTESTATION: sealed},
            result=lambda: inside[layout.RESULT],
            report=None,
            stored=None,
            about_files={
                **dict.fromkeys((verification.FILES, verification.EVIDENCE, verification.COUNTERSIGNED), alone),
                verification.PDF: lambda: judged().text,
            },
            token=lambda: token_of(found.signature),
            pdf=lambda: found,
            judged=judged,
        )

    def signed_by(self, trust: Trust | None) -> frozenset[str]:
        """The keys that signed every envelope.

        Raises:
            AuditError: a signature does not hold, or is not by the signer whom the attestation names.
        """
        signer = self.attestation.predicate.signer
        own = public_key_from_pem(signer.public_key.encode(), name="public key of the signer")
        if keyid_of(own) != signer.keyid:
            raise IntegrityError("the attestation's keyid is not that of its public key")
        known = {signer.keyid: own, **(trust.public_keys if trust else {})}
        signed = [
            dsse.read_envelope(raw, name=name).verified_by(known, name=name) for name, raw in self.envelopes.items()
        ]
        everywhere = frozenset.intersection(*signed)
        if signer.keyid not in everywhere:
            raise IntegrityError(f"the attestation names the signer '{signer.name}', who did not sign")
        return everywhere


def _files(stored: StoredFolder, manifest: Manifest, reader: PdfReader) -> str:
    """Whether the files are those of the manifest; its Sigstore bundle, where there is one, may say nothing else."""
    if layout.SIGSTORE in stored.files:
        check_sigstore(
            stored.content(layout.SIGSTORE), stored.content(layout.MANIFEST), name=layout.SIGSTORE, clocks=reader.clocks
        )
    return contents.files(stored, manifest)


def _attestation(sealed: bytes) -> Attestation:
    payload = dsse.read_envelope(sealed, name=layout.ATTESTATION).payload
    return read_statement(Attestation, payload, name=layout.ATTESTATION)
