"""Words that came out of data, a model or a policy, made fit for files that other programs read."""

from __future__ import annotations

import hashlib

LONGEST = 1000
"""Characters of a message; a check that crashed may have quoted a whole row."""
LONGEST_NAME = 200


def plain(text: str, longest: int = LONGEST) -> str:
    """One line of text: what could end it, steer a terminal, reorder it or be no character of XML is spelt out."""
    if len(text) <= longest and text.isprintable():
        return text.strip()
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[:longest])
    return f"{shown[:longest].strip()}..." if len(text) > longest or len(shown) > longest else shown.strip()


def plain_name(text: str) -> str:
    """A name as one line; two names that are different stay so, however long or odd they are."""
    shown = plain(text, LONGEST_NAME)
    return shown if shown == text else f"{shown} #{sha256(text)[:8]}"


def sha256(*parts: str) -> str:
    """The SHA-256, in hex, of some texts together; no two different lists of texts are one."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
