"""TextFile: an option of a plugin that names a text file beside the spec, read when the audit is planned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from auditkit.errors import AuditError, did_you_mean

LARGEST = 1 << 20
"""Bytes of a file: it is part of what a check is told from others by."""


class TextFile(BaseModel):
    """A text file beside the spec. A result holds its name and its digest; what it says is never written down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str = ""
    text: str | None = Field(default=None, exclude=True, repr=False)
    """None: nobody read it, as in a replay."""

    @model_validator(mode="before")
    @classmethod
    def _with_digest(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"name": given}
        if isinstance(given, Mapping) and given.get("text") is not None:
            return {**given, "sha256": hashlib.sha256(given["text"].encode("utf-8", "surrogatepass")).hexdigest()}
        return given

    @classmethod
    def of(cls, name: str, text: str) -> TextFile:
        """One that is not on disk, for controls and tests."""
        return cls(name=name, text=text)

    def __str__(self) -> str:
        """What tells it from any other."""
        return f"{self.name} sha256:{self.sha256}"


def read_text_files(names: Iterable[str], given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The options as given, with each that names a text file read.

    Args:
        names: the options that are a TextFile.
        given: what the spec says, by option.
        folder: the spec's.

    Raises:
        AuditError: there is no such file, it is too large, or no text; the message quotes the option.
    """
    wanted = set(names)
    return {
        name: _read(name, value, folder) if isinstance(value, str) and name in wanted else value
        for name, value in given.items()
    }


def _read(option: str, name: str, folder: Path) -> dict[str, str]:
    path = folder / name
    about = f"option '{option}' is '{name}'"
    if not path.is_file():
        there = sorted(one.name for one in folder.iterdir() if one.is_file()) if folder.is_dir() else ()
        hint = did_you_mean(name, there, otherwise="a file beside the spec")
        raise AuditError(f"{about}, and there is no such file beside the spec", hint=hint)
    if path.stat().st_size > LARGEST:
        raise AuditError(f"{about}, which has more than {LARGEST:,} bytes", hint="a smaller file")
    try:
        return {"name": name, "text": path.read_bytes().decode("utf-8-sig")}
    except UnicodeDecodeError:
        raise AuditError(f"{about}, which is not UTF-8", hint="save it as UTF-8") from None
    except OSError as error:
        raise AuditError(f"{about}, which cannot be read: {error.strerror}", hint="chmod u+r") from None
