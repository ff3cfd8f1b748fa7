"""Asking a time-stamping authority over the network: only one that the user names, and only for a digest."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Self

from auditkit.bundle.asking import asked, is_address
from auditkit.bundle.timestamps import LARGEST_REPLY, request_for, token_in
from auditkit.errors import AuditError, IntegrityError

_HINT = "another one with --tsa URL, or none: a bundle can be stamped later, auditkit timestamp"


@dataclass(frozen=True)
class TimeService:
    """An authority that answers requests by HTTP (RFC 3161, section 3.4)."""

    url: str

    @classmethod
    def at(cls, url: str) -> Self:
        """The authority at an address; AuditError when it is none."""
        if not is_address(url):
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

    def try_out(self) -> bytes:
        """Ask for one stamp, of nothing, so that no audit of hours ends at an authority that does not answer.

        Returns:
            The token, in DER, which shows what the authority's stamps are like.
        """
        return self.token(hashlib.sha256(b"").digest())

    def _asked(self, digest: bytes) -> tuple[bytes, bytes]:
        # The sign bit stays clear, and the first bit set: DER then has one length for all.
        nonce = secrets.randbits(62) | 1 << 62
        request = request_for(digest, nonce=nonce)
        try:
            raw = asked(self.url, most=LARGEST_REPLY, hint=_HINT, query=("application/timestamp-query", request))
        except AuditError as error:
            raise AuditError(f"no time stamp: {error.message}", hint=error.hint) from error
        try:
            return raw, token_in(raw, digest, nonce=nonce, name=f"the answer of {self.url}")
        except IntegrityError as error:
            raise AuditError(error.message, hint=_HINT) from error
