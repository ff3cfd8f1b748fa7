"""Makes the package: its files out of the templates in `files`, put in place whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from auditkit.errors import AuditError
from auditkit.newplugin.naming import Names

Kind = Literal["check", "adapter", "exporter", "report"]
Licence = Literal["Apache-2.0", "MIT", "none"]

_FILES = Path(__file__).parent / "files"
_SAID = {"check": "A check", "adapter": "an adapter", "exporter": "an exporter", "report": "a section of the report"}
_ALWAYS = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "workflow.yml": ".github/workflows/test.yml",
    "src/__init__.py": "src/{module}/__init__.py",
    "tests/conftest.py": "tests/conftest.py",
    "tests/test_in_an_audit.py": "tests/test_in_an_audit.py",
    "examples/audit.toml": "examples/audit.toml",
    "examples/rows.csv": "examples/rows.csv",
}
"""Template -> the file that it makes."""
_OF_KIND: dict[Kind, dict[str, str]] = {
    "check": {
        "src/close_calls.py": "src/{module}/close_calls.py",
        "tests/test_close_calls.py": "tests/test_close_calls.py",
    },
    "adapter": {
        "src/score_sheet.py": "src/{module}/score_sheet.py",
        "tests/test_score_sheet.py": "tests/test_score_sheet.py",
        "examples/sheet.toml": "examples/sheet.toml",
    },
    "exporter": {
        "src/rules_table.py": "src/{module}/rules_table.py",
        "tests/test_rules_table.py": "tests/test_rules_table.py",
    },
    "report": {
        "sections/section.html.j2": "src/{module}/templates/sections/{short}.html.j2",
        "tests/test_section.py": "tests/test_section.py",
    },
}


def package_files(names: Names, kinds: Sequence[Kind], *, licence: Licence, holder: str) -> dict[str, str]:
    """The package: path -> text.

    Args:
        names: what it is called.
        kinds: what it offers.
        licence: under which it is given to others.
        holder: whose it is, for the licence.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Brackets that neither Python, TOML, YAML nor the report's own templates use.
    environment = Environment(  # noqa: S701  it makes source files, and everything filled in has passed `Names`
        loader=FileSystemLoader(_FILES),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    facts = {
        "name": names.distribution,
        "module": names.module,
        "short": names.short,
        "kinds": tuple(kinds),
        "licence": licence,
        "described": _described(kinds),
    }
    made = {}
    for template, target in _chosen(kinds):
        path = target.format(module=names.module, short=names.short)
        is_plain = (_FILES / template).is_file()
        made[path] = (
            (_FILES / template).read_text(encoding="utf-8")
            if is_plain
            else environment.get_template(f"{template}.jinja").render(facts)
        )
    return made | licence_file(licence, holder)


def _chosen(kinds: Sequence[Kind]) -> Iterator[tuple[str, str]]:
    yield from _ALWAYS.items()
    for kind in kinds:
        yield from _OF_KIND[kind].items()


def _described(kinds: Sequence[Kind]) -> str:
    *first, last = (_SAID[kind] for kind in kinds)
    said = f"{', '.join(first)} and {last}" if first else last
    return said[:1].upper() + said[1:]


def licence_file(licence: Licence, holder: str) -> dict[str, str]:
    """The LICENSE of the package; nothing when it has none."""
    if licence == "none":
        return {}
    if licence == "MIT":
        text = (_FILES / "MIT.txt").read_text(encoding="utf-8")
        return {"LICENSE": text.replace("<<year>>", str(date.today().year)).replace("<<holder>>", holder)}  # noqa: DTZ011  the year of who types
    return {"LICENSE": _apache().read_text(encoding="utf-8")}


def _apache() -> Path:
    """Auditkit's own licence: beside this module in a wheel, at the root in a checkout."""
    packed = _FILES / "Apache-2.0.txt"
    return packed if packed.is_file() else Path(__file__).parents[2] / "LICENSE"


def refuse_existing(folder: Path, *, force: bool) -> None:
    """Refuse to write into a folder that is there, unless `force`; never into what is no folder.

    Raises:
        AuditError: so it is.
    """
    if not folder.parent.is_dir():
        raise AuditError(f"there is no folder '{folder.parent}'", hint=f"mkdir -p {folder.parent}")
    if os.path.lexists(folder) and not folder.is_dir():
        raise AuditError(f"'{folder}' exists, and is no folder", hint="choose another name, or --out FOLDER")
    if folder.exists() and not force:
        raise AuditError(
            f"the folder '{folder}' exists", hint="choose another name, or --force to write its files anew"
        )


def place_package(files: dict[str, str], folder: Path, *, force: bool) -> None:
    """Write the package beside its place, and put it there; with `force`, over files that are there.

    Raises:
        AuditError: the folder exists, or cannot be written.
    """
    refuse_existing(folder, force=force)
    try:
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise AuditError(
            f"'{folder}' cannot be written: {error.strerror}", hint="--out FOLDER, one that you may write to"
        ) from error
    try:
        made = aside / folder.name
        for name, text in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if folder.exists():
            shutil.copytree(made, folder, dirs_exist_ok=True)
        else:
            made.rename(folder)
    except OSError as error:
        raise AuditError(f"'{folder}' cannot be written: {error.strerror}", hint="--out FOLDER") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
