"""What the project whose tests run offers, by the entry points in its pyproject.toml; it need not be installed."""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from auditkit.errors import AuditError, PluginError
from auditkit.host import Host
from auditkit.hosting.discovery import ENTRY_POINT_GROUP, Plugin, source_digest
from auditkit.plugin import Adapter, Check, Exporter


@dataclass(frozen=True)
class Project:
    """A distribution under test, and what it offers that has laws."""

    name: str
    offers: tuple[Check | Adapter | Exporter, ...]


def project_at(folder: Path) -> Project:
    """Import the plugins that `folder/pyproject.toml` names, and collect what they offer, as the host does.

    Raises:
        AuditError: there is none, it names no plugin, or one of them cannot be imported or breaks the rules of hooks.
    """
    path = folder / "pyproject.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise AuditError(f"'{path}' cannot be read: {error}", hint="run pytest in the folder of the project") from error
    entries = told.get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    if not entries:
        raise AuditError(
            f"'{path}' names no plugin of auditkit",
            hint=f"[project.entry-points.{ENTRY_POINT_GROUP}], and below it NAME = 'MODULE'",
        )
    name = str(told.get("name", folder.name))
    host = Host([_imported(entry, module, name) for entry, module in sorted(entries.items())])
    return Project(name, (*host.checks.values(), *host.adapters.values(), *host.exporters.values()))


def _imported(entry: str, module: str, distribution: str) -> Plugin:
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise PluginError(
            f"plugin '{entry}' cannot be imported: {error}",
            hint="pip install -e . first, or name the folder of its modules: [tool.pytest.ini_options] pythonpath",
        ) from error
    return Plugin(entry, found, distribution, "0", source_digest(found))
