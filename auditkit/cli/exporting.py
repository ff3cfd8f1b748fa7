"""What `auditkit gate` writes for other programs: files that are asked for, and on GitHub what its users expect."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from auditkit.errors import AuditError

if TYPE_CHECKING:
    from auditkit.bundle.keys import Signer
    from auditkit.host import Host
    from auditkit.result import AuditResult

Ci = Literal["auto", "github", "none"]

_ANNOTATIONS, _SUMMARY = "github-annotations.txt", "summary.md"


@dataclass(frozen=True)
class Wanted:
    """Which exports a command asks for, each with where it goes; everything that can be refused has been."""

    host: Host | None
    """None: nothing is asked for, and no plugin is loaded."""
    files: tuple[tuple[str, Path | None], ...]
    """The exporter and its file; None: standard output."""
    on_github: bool
    signer: Signer | None
    """Signs statements."""

    @classmethod
    def of(cls, said: Sequence[str], *, bundle: Path, ci: Ci, signer: Signer | None) -> Wanted:
        """Read `NAME` and `NAME=PATH`.

        Args:
            said: as the command line says it; a path `-` is standard output.
            bundle: the folder that nothing may be written into.
            ci: `auto` looks whether this runs in GitHub Actions.
            signer: signs statements; None: nobody does.

        Raises:
            AuditError: no such exporter, a path inside the bundle, or a statement that nobody signs.
        """
        on_github = ci == "github" or (ci == "auto" and os.environ.get("GITHUB_ACTIONS") == "true")
        if not said and not on_github:
            return cls(None, (), on_github=False, signer=None)
        from auditkit.host import Host

        host = Host.installed()
        files = tuple(_file(one, host, bundle, signed=signer is not None) for one in said)
        return cls(host, files, on_github=on_github, signer=signer)

    @contextlib.contextmanager
    def no_commands(self) -> Iterator[None]:
        """Keep GitHub from taking what is printed in this block for workflow commands: names come from data."""
        if not self.on_github:
            yield
            return
        import typer

        token = secrets.token_hex(16)
        typer.echo(f"::stop-commands::{token}")
        try:
            yield
        finally:
            typer.echo(f"::{token}::")

    def write(self, result: AuditResult, policy: Path | None) -> Iterator[str]:
        """Write what is asked for; yields a line for each file.

        Args:
            result: as it was judged just now.
            policy: the file that it was judged by; None: its own policy.

        Raises:
            AuditError: a file cannot be written.
        """
        if self.host is None:
            return
        from auditkit.regate import told_now

        result = told_now(result, policy)
        written = self.host.export(result, dict.fromkeys(name for name, _ in self.files))
        for name, path in self.files:
            if name not in written:
                yield f"{name} is not written: it does not apply to this verdict"
            elif path is None:
                _print(self._sealed(name, written[name]))
            else:
                _store(path, self._sealed(name, written[name]))
                yield f"{name} is written to {path}"
        if self.on_github:
            yield from self._tell_github(self.host, result)

    def _tell_github(self, host: Host, result: AuditResult) -> Iterator[str]:
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        wanted = [name for name in (_ANNOTATIONS, _SUMMARY) if name in host.exporters]
        written = host.export(result, wanted)
        if _ANNOTATIONS in written:
            _print(written[_ANNOTATIONS])
        if summary and _SUMMARY in written:
            with _refusing(Path(summary)), Path(summary).open("ab") as page:
                page.write(written[_SUMMARY])
            yield "the verdict is in the step's summary"

    def _sealed(self, name: str, content: bytes) -> bytes:
        """A statement in its envelope; anything else as it is."""
        if self.host is None or self.signer is None or not self.host.exporters[name].statement:
            return content
        import json

        from auditkit.bundle import dsse
        from auditkit.document import canonical_json

        return dsse.seal(canonical_json(json.loads(content)), [self.signer])


def _file(said: str, host: Host, bundle: Path, *, signed: bool) -> tuple[str, Path | None]:
    name, equals, path = said.partition("=")
    if name not in host.exporters:
        raise AuditError(f"there is no export '{name}'", hint=f"installed are: {', '.join(host.exporters) or 'none'}")
    if host.exporters[name].statement and not signed:
        raise AuditError(f"the export '{name}' is a statement, and nobody signs it", hint="--sign audit.key")
    if path == "-":
        return name, None
    place = Path(path if equals and path else name)
    if place.resolve().is_relative_to(bundle.resolve()):
        raise AuditError(
            f"'{place}' lies in the bundle, which holds what was signed and nothing else",
            hint=f"--export {name}=PATH, beside the bundle",
        )
    if not place.absolute().parent.is_dir():
        raise AuditError(f"there is no folder '{place.parent}'", hint=f"mkdir -p {place.parent}")
    return name, place


def _store(path: Path, content: bytes) -> None:
    with _refusing(path):
        path.write_bytes(content)


def _print(content: bytes) -> None:
    import typer

    typer.echo(content.decode().rstrip("\n"))


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AuditError(f"'{path}' cannot be written: {error.strerror}", hint="--export NAME=PATH") from error
