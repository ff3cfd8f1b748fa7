"""Asking a time-stamping authority over the network: only one that the user names, and only for a digest."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Self

from auditkit.bundle.timestamps import LARGEST_REPLY, request_for, token_in
from auditkit.errors import AuditError, IntegrityError

_PATIENCE = 30.0
"""Seconds without a byte."""
_HINT = "another one with --tsa URL, or none: a bundle can be stamped later, auditkit timestamp"


@dataclass(frozen=True)
class TimeService:
    """An authority that answers requests by HTTP (RFC 3161, section 3.4)."""

    url: str

    @classmethod
    def at(cls, url: str) -> Self:
        """The authority at an address; AuditError when it is none."""
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(url)
            sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        except ValueError:
            sound = False
        if not sound or not url.isascii() or not url.isprintable() or " " in url:
            raise AuditError(
                "this is no address of a time-stamping authority, without a password in it: "
                f"'{url.encode('unicode_escape').decode()}'",
                hint="--tsa https://tsa.example/tsr",
            )
        return cls(url)

    def reply(self, digest: bytes) -> bytes:
        """The `TimeStampResp`, in DER, for what has this SHA-256.

        Raises:
            AuditError: the authority is not reached, refuses, or answers something else.
        """
        return self._asked(digest)[0]

    def token(self, digest: bytes) -> bytes:
        """The time-stamp token alone, in DER; as `reply`."""
        return self._asked(digest)[1]

    def try_out(self) -> None:
        """Ask for one stamp, of nothing, so that no audit of hours ends at an authority that does not answer."""
        self.reply(hashlib.sha256(b"").digest())

    def _asked(self, digest: bytes) -> tuple[bytes, bytes]:
        # The sign bit stays clear, and the first bit set: DER then has one length for all.
        nonce = secrets.randbits(62) | 1 << 62
        raw = self._sent(request_for(digest, nonce=nonce))
        try:
            return raw, token_in(raw, digest, nonce=nonce, name=f"the answer of {self.url}")
        except IntegrityError as error:
            raise AuditError(error.message, hint=_HINT) from error

    def _sent(self, request: bytes) -> bytes:
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen

        headers = {"Content-Type": "application/timestamp-query", "User-Agent": "auditkit"}
        try:
            # The scheme was checked: http or https.
            asked = Request(self.url, data=request, headers=headers, method="POST")  # noqa: S310  see above
            with urlopen(asked, timeout=_PATIENCE) as answer:  # noqa: S310  see above
                raw: bytes = answer.read(LARGEST_REPLY + 1)
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()
            raise AuditError(
                f"the time-stamping authority {self.url} gives no stamp: {str(error) or type(error).__name__}",
                hint=_HINT,
            ) from error
        return raw
