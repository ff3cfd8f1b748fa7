"""Text that came out of data, a model or a file, made safe to show in a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """One line of text; what could steer a terminal, reorder a line or begin another one is spelt out."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
