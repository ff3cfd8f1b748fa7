"""`auditkit render`: render a bundle's reports again, outside the bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from auditkit.bundle.countersigning import Disposition


def render(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    out: Annotated[Path, typer.Option(help="The folder to write into; it must not exist.")],
    language: Annotated[
        str | None, typer.Option(help="en, or one that a catalogue is there for; the bundle's own unless said.")
    ] = None,
    templates: Annotated[
        Path | None, typer.Option(help="A folder of templates, searched before the shipped ones.")
    ] = None,
    *,
    no_pdf: Annotated[bool, typer.Option("--no-pdf", help="Render no PDF.")] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Render a summary of two pages that stands alone, in place of the report.")
    ] = False,
    full_pdf: Annotated[
        bool, typer.Option("--full-pdf", help="Leave nothing out of the PDF, however many pages it takes.")
    ] = False,
) -> None:
    """Render the result again, HTML and PDF, each page marked UNSIGNED RENDERING."""
    from auditkit.bundle.placing import place_folder, refuse_to_overwrite
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.host import Host
    from auditkit.report.catalogues import languages
    from auditkit.report.page import SummaryOf, render_page
    from auditkit.result import AuditResult

    source = bundle / "result.json"
    if not source.is_file():
        raise AuditError(
            f"'{bundle}' is no bundle: it has no result.json", hint="name the folder that `auditkit run` wrote"
        )
    if templates is not None and not templates.is_dir():
        raise AuditError(f"there is no folder '{templates}'", hint="--templates DIR")
    result = AuditResult.from_json(source.read_bytes())
    folders = [*([templates] if templates else []), *Host.installed().template_dirs()]
    if language is not None and language not in (known := languages(folders)):
        raise AuditError(f"there is no catalogue for '{language}'", hint=did_you_mean(language, known))
    signoffs = _signoffs(bundle)
    about: dict[str, Any] = {"template_dirs": folders, "language": language, "signoffs": signoffs}
    name = "report"
    if summary:
        name, about["summary"] = "summary", SummaryOf(_attestation(bundle))
    files = {f"{name}.html": render_page(result, None, **about)}
    refuse_to_overwrite(out, None)
    if not no_pdf:
        from auditkit.report.fonts import require_letters
        from auditkit.report.pdf import render_pdf, require_pdf

        require_pdf()
        require_letters(language or result.language)
        files[f"{name}.pdf"] = render_pdf(result, None, full=full_pdf, **about).pdf
    written = place_folder(files, out)
    for file in files:
        typer.echo(f"{name:<8} {written / file}  (UNSIGNED RENDERING)")


def _attestation(bundle: Path) -> bytes | None:
    """Who signed, of a bundle that is as it was signed: a summary names them, and has no signature of its own."""
    import shlex
    from datetime import UTC, datetime

    from auditkit.bundle import layout
    from auditkit.bundle.verify import verify
    from auditkit.errors import IntegrityError

    path = bundle / layout.ATTESTATION
    if not path.is_file():
        return None
    found = verify(bundle, now=datetime.now(UTC), allow_dev_key=True)
    if not (found.intact and found.signed):
        raise IntegrityError(
            f"'{bundle}' is not as it was signed, and its summary would name who signed",
            hint=f"auditkit verify {shlex.quote(str(bundle))}",
        )
    return path.read_bytes()


def _signoffs(bundle: Path) -> tuple[Disposition, ...]:
    """What others decided of the bundle; IntegrityError when a countersignature does not hold."""
    from datetime import UTC, datetime

    from auditkit.bundle import layout
    from auditkit.bundle.countersigning import read_countersignatures
    from auditkit.bundle.stored import StoredFolder

    if not (bundle / layout.SIGNATURES).is_dir():
        return ()
    found = read_countersignatures(StoredFolder.scan(bundle), now=datetime.now(UTC))
    return tuple(one.said for one in found)
