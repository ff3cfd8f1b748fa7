"""Hold a written spec against the reader and the plugins, and put it into its file: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.auditing import policy_of
from auditkit.errors import AuditError
from auditkit.report.catalogues import refuse_language
from auditkit.spec import AuditSpec, make_spec
from auditkit.specs.source import Source
from auditkit.specs.toml import parse_toml
from auditkit.specs.unbuilt import refuse_unbuilt

if TYPE_CHECKING:
    from auditkit.host import Host


def refuse_existing(out: Path, *, force: bool) -> None:
    """Refuse to write over a file that is there, or into a folder that is not.

    Raises:
        AuditError: so it is.
    """
    if out.suffix != ".toml":
        raise AuditError(f"'{out.name}' does not end in .toml", hint="--out audit.toml")
    if out.is_dir() or not out.parent.is_dir():
        what = "is a folder" if out.is_dir() else f"lies in '{out.parent}', which is no folder"
        raise AuditError(f"'{out}' {what}", hint="--out FILE.toml, in a folder that is there")
    if not force and os.path.lexists(out):
        raise AuditError(f"'{out}' exists", hint="--out another.toml, or --force to replace it")


def read_back(text: str, out: Path, host: Host) -> AuditSpec:
    """The spec that the text is, held against the plugins that it names; nothing is opened.

    Raises:
        AuditError: what it says is refused, as by `auditkit plan`.
    """
    content, lines = parse_toml(text, out.name)
    spec = make_spec(Source(out.name, out.parent.absolute(), content, lines, "toml"))
    host.adapter_for(spec)
    host.loader_for(spec)
    refuse_unbuilt(spec)
    refuse_language(spec, host.template_dirs())
    host.plan(spec)
    policy_of(spec, host)
    return spec


def place(text: str, out: Path, *, force: bool) -> None:
    """Write a file beside its place, and put it there.

    Raises:
        AuditError: somebody else has put one there meanwhile, or nothing can be written there.
    """
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=".init-", suffix=out.suffix)
    except OSError as error:
        raise AuditError(
            f"'{out}' cannot be written: {error.strerror}", hint="--out FILE.toml, in a folder that you may write to"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o666 & ~_umask())
        refuse_existing(out, force=force)
        Path(name).replace(out)
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    """What new files may not have; asking for it sets it for a moment."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
