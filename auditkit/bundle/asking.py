"""Asking somebody over HTTP: only where the user named the address, and never for more than was said."""

from __future__ import annotations

from urllib.parse import urlsplit

from auditkit.errors import AuditError

_PATIENCE = 30.0
"""Seconds without a byte."""


def is_address(url: str) -> bool:
    """Whether this is written as an address of HTTP or HTTPS, without a password in it."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return sound and url.isascii() and url.isprintable() and " " not in url


def asked(url: str, *, most: int, hint: str, query: tuple[str, bytes] | None = None) -> bytes:
    """What is answered at an address, cut off behind `most` bytes and one.

    Args:
        url: for which `is_address` holds.
        most: bytes that a sound answer has at most.
        hint: what to type where there is no answer.
        query: its media type and the bytes that are sent (POST); None: nothing is (GET).

    Raises:
        AuditError: nobody answers there, or not with what was asked for.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    headers = {"User-Agent": "auditkit"} | ({} if query is None else {"Content-Type": query[0]})
    try:
        # The scheme was checked: http or https.
        request = Request(url, data=None if query is None else query[1], headers=headers)  # noqa: S310  see above
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310  see above
            raw: bytes = answer.read(most + 1)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise AuditError(f"{url} gives no answer: {str(error) or type(error).__name__}", hint=hint) from error
    return raw
