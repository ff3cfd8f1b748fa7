"""What the reader brings to a verification: whom they trust, what they can compare with, and how to render again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from auditkit.bundle.trust import Trust, TrustFile
from auditkit.errors import AuditError
from auditkit.result import AuditResult


@dataclass(frozen=True)
class Renderer:
    """What makes a report: the same templates, result and attestation give the same bytes."""

    templates_digest: str
    render: Callable[[AuditResult, bytes, bytes], bytes]
    """Of the result, its attestation, and the bytes of result.json."""

    @classmethod
    def shipped(cls) -> Self:
        """The one that this version of auditkit writes reports with."""
        from auditkit.report import render_html, templates_digest

        def render(result: AuditResult, attestation: bytes, raw: bytes) -> bytes:
            return render_html(result, attestation, raw=raw)

        return cls(templates_digest=templates_digest(), render=render)


@dataclass(frozen=True)
class Reader:
    """Somebody who was handed a bundle."""

    now: datetime
    trust: Trust | None
    allow_dev_key: bool
    model: Path | None
    spec_digest: str | None
    renderer: Renderer
    ledger: Path | None = None
    """Of accepted releases: is this one the newest?"""


def trust_of(key: Path | None, trust: Path | None) -> Trust | None:
    """Whom a reader trusts who gave a public key, or a trust file, or neither; AuditError when they gave both."""
    if key is not None and trust is not None:
        raise AuditError("--key and --trust cannot be combined", hint="put the key into the trust file, as a [[key]]")
    if key is not None:
        return Trust.in_one_key(key)
    return None if trust is None else TrustFile.load(trust)
