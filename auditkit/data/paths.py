"""Refuse what a spec names for data and is not there, at its line and with what it may have meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import did_you_mean

if TYPE_CHECKING:
    from auditkit.plugin import Loader
    from auditkit.spec import AuditSpec


def must_be_there(spec: AuditSpec, key: str, path: Path, loader: Loader) -> None:
    """Refuse a path that holds nothing which the loader reads."""
    if not loader.reads_folder:
        must_be_file(spec, key, path)
    elif not path.is_dir():
        what = "is a file, and this loader reads a folder" if path.exists() else "does not exist"
        siblings = [p.name for p in path.parent.iterdir() if p.is_dir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, siblings, otherwise="paths are relative to the spec file")
        raise spec.source.error(("data", key), f"'{getattr(spec.data, key)}' {what}", hint)


def must_be_file(spec: AuditSpec, key: str, path: Path) -> None:
    """Refuse a path that is no file's; `key` of the spec names it."""
    if path.is_file():
        return
    siblings = [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
    what = "is a folder" if path.is_dir() else "does not exist"
    hint = did_you_mean(path.name, siblings, otherwise="paths are relative to the spec file")
    raise spec.source.error(("data", key), f"'{getattr(spec.data, key)}' {what}", hint)


def salt_of(spec: AuditSpec) -> bytes | None:
    """The bytes of the salt file; None: the spec names none."""
    if spec.data.salt_file is None:
        return None
    path = spec.folder / spec.data.salt_file
    must_be_file(spec, "salt_file", path)
    salt = path.read_bytes()
    if len(salt) < 16:  # noqa: PLR2004  128 bits
        raise spec.source.error(
            ("data", "salt_file"),
            f"the salt in '{spec.data.salt_file}' has {len(salt)} bytes; at least 16 are needed",
            f"openssl rand -out {spec.data.salt_file} 32",
        )
    return salt
