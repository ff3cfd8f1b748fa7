"""Where an endpoint is: a URL without secrets, and whether it is this machine's own."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from auditkit import ModelError

_HINT = 'endpoint = "https://api.example.org/v1", the address before /chat/completions'


@dataclass(frozen=True)
class Address:
    """The base of an OpenAI-compatible API."""

    url: str
    """Without a slash at its end."""
    host: str
    is_loopback: bool
    is_encrypted: bool

    @classmethod
    def of(cls, written: str) -> Self:
        """Read `[model] endpoint`.

        Raises:
            ModelError: it is no such address, or bears what may be a secret; then it is not shown.
        """
        try:
            parts = urlsplit(written.strip())
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise ModelError("[model] endpoint is no address", hint=_HINT) from None
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise ModelError(
                "[model] endpoint has a user, a query or a fragment; it is not shown, for it may hold a secret",
                hint=f'{_HINT}; a key is named by key_env = "OPENAI_API_KEY"',
            )
        if re.fullmatch(r"[\w-]*", written.strip()):
            raise ModelError("[model] endpoint is no address; it is not shown, for it may be a key", hint=_HINT)
        if parts.scheme not in {"http", "https"} or not host or not re.fullmatch(r"[\x21-\x7e]+", written.strip()):
            raise ModelError(f"[model] endpoint is '{written[:80]}', which is no address", hint=_HINT)
        url = written.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/")
        return cls(url, host, _is_loopback(host), parts.scheme == "https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
