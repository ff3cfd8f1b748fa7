"""`auditkit new-plugin`: a package of a plugin to start from, which passes its own tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from auditkit.newplugin.writing import Kind, Licence

_LICENCES = ("Apache-2.0", "MIT", "none")


def new_plugin(  # noqa: PLR0913  each is an option
    name: Annotated[str, typer.Argument(help="What it is called, e.g. auditkit-ward.")],
    *,
    check: Annotated[bool, typer.Option("--check", help="With a check; so it is when nothing else is said.")] = False,
    adapter: Annotated[bool, typer.Option("--adapter", help="With an adapter, and a small model for it.")] = False,
    exporter: Annotated[bool, typer.Option("--exporter", help="With another format for results.")] = False,
    report: Annotated[bool, typer.Option("--report", help="With a section of the report.")] = False,
    licence: Annotated[
        str, typer.Option("--license", help="Apache-2.0, MIT, or none: its LICENSE file.")
    ] = "Apache-2.0",
    holder: Annotated[str, typer.Option(help="Whose it is, for the licence; 'The authors of NAME' unless said.")] = "",
    out: Annotated[Path | None, typer.Option(help="The folder to make; ./NAME unless said.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write the files anew in a folder that is there.")] = False,
) -> None:
    """Write a plugin's package: code, tests, an example audit and a CI workflow. It passes its own tests at once."""
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.newplugin.naming import Names, refuse_taken
    from auditkit.newplugin.writing import package_files, place_package, refuse_existing

    names = Names.of(name)
    if licence not in _LICENCES:
        raise AuditError(f"there is no licence '{licence}' to choose", hint=did_you_mean(licence, _LICENCES))
    folder = out or Path(names.distribution)
    refuse_existing(folder, force=force)
    refuse_taken(names, own=force)
    wanted = {"check": check, "adapter": adapter, "exporter": exporter, "report": report}
    kinds = cast("list[Kind]", [kind for kind, is_wanted in wanted.items() if is_wanted] or ["check"])
    chosen = cast("Licence", licence)
    files = package_files(names, kinds, licence=chosen, holder=holder or f"The authors of {names.distribution}")
    place_package(files, folder, force=force)
    typer.echo(
        f"wrote  {folder}: {', '.join(kinds)}; {len(files)} files\n"
        f"next   cd {folder} && pip install -e '.[test]'\n"
        "       pytest\n"
        "       auditkit run examples/audit.toml"
    )
