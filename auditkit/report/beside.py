"""What is worked out from shipped files alone is kept beside them, in the `__pycache__` where Python keeps modules.

It is read only where it begins with the digest of all that it was made of. Whoever can write there can write auditkit
itself; nothing that is handed to auditkit, a bundle, a plugin or a folder of templates, has such a place.
"""

from __future__ import annotations

import contextlib
import importlib.util
import marshal
import os
import sys
from pathlib import Path
from typing import Any


def place_of(shipped: Path) -> Path:
    """Where what is made of a shipped file is kept."""
    return Path(importlib.util.cache_from_source(str(shipped)))


def recall(place: Path, digest: bytes) -> Any:
    """What was made of things with this digest; None where it is not there, or half of it."""
    with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
        kept = place.read_bytes()
        if kept.startswith(digest):
            return marshal.loads(kept[len(digest) :])  # noqa: S302  see the module
    return None


def keep(place: Path, digest: bytes, made: Any) -> None:
    """Keep it for other processes; where auditkit was installed by somebody else, each makes its own."""
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            _put(place, digest + marshal.dumps(made))


def _put(file: Path, content: bytes) -> None:
    """Whole or not at all: other processes read it meanwhile."""
    file.parent.mkdir(exist_ok=True)
    half = file.with_name(f"{file.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(file)
