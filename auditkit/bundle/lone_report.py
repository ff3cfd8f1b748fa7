"""Taking the signed documents out of a report.html that came without its bundle."""

from __future__ import annotations

import re

from auditkit.bundle import layout
from auditkit.bundle.canonical import canonicalise, parse_json
from auditkit.errors import IntegrityError

_RESULT_TYPE = "application/vnd.auditkit.result+json"
_ATTESTATION_TYPE = "application/vnd.auditkit.attestation+json"


def embedded_result(html: bytes) -> bytes:
    """The canonical bytes of the result in a report; IntegrityError when there is not exactly one."""
    return _embedded(html, "result", _RESULT_TYPE, layout.RESULT)


def embedded_attestation(html: bytes) -> bytes:
    """The canonical bytes of the attestation's envelope; IntegrityError when there is not exactly one."""
    return _embedded(html, "attestation", _ATTESTATION_TYPE, layout.ATTESTATION)


def _embedded(html: bytes, identity: str, media_type: str, name: str) -> bytes:
    # The report is trusted only after it was rendered again and compared whole, so that finding its blocks needs no
    # HTML parser: what hides a block from a browser, or shows another, does not survive the comparison.
    opening = f'<script type="{media_type}" id="{identity}">'.encode()
    found = re.findall(re.escape(opening) + rb"(.*?)</script>", html, re.DOTALL)
    if len(found) != 1:
        raise IntegrityError(f"the report holds {len(found)} documents '{identity}', not one: it is not auditkit's")
    try:
        html.decode("utf-8")
    except UnicodeDecodeError as error:
        raise IntegrityError("the report is not UTF-8") from error
    # In HTML, <, > and & stand as \\uXXXX escapes; the canonical form has them plain.
    return canonicalise(parse_json(found[0], name=name), name=name)
