"""Finds installed plugins by entry point, imports those that are allowed, and says exactly what was loaded."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from auditkit.errors import PluginError

logger = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "auditkit"


@dataclass(frozen=True)
class Plugin:
    """A plugin that was imported: its module, and where it came from."""

    name: str
    module: ModuleType
    distribution: str
    version: str
    digest: str
    """SHA-256 over the names and bytes of the plugin's own files."""

    @classmethod
    def of_module(cls, module: ModuleType, name: str | None = None) -> Plugin:
        """A plugin that is not installed: for tests, notebooks and the Python way in."""
        return cls(name or module.__name__, module, "(not installed)", "0", source_digest(module))


@dataclass(frozen=True)
class Failure:
    """A plugin that is installed and cannot be used, and why."""

    name: str
    distribution: str
    version: str
    reason: str


def find_plugins(
    allow: Iterable[str] | None = None, pin: Mapping[str, str] | None = None
) -> tuple[list[Plugin], list[Failure]]:
    """Import every installed plugin that is allowed, ours like anyone's.

    Args:
        allow: distributions that may be loaded; None allows all that are installed.
        pin: distribution -> the SHA-256 that each of its plugins must have, as `auditkit plugins` prints it.
    """
    allowed = None if allow is None else {_normalised(name) for name in allow}
    pinned = {_normalised(name): digest.removeprefix("sha256:") for name, digest in (pin or {}).items()}
    entries = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    found = [
        _load(entry, allowed, pinned)
        for entry in sorted(entries, key=lambda entry: (entry.dist.name if entry.dist else "", entry.name))
    ]
    return [one for one in found if isinstance(one, Plugin)], [one for one in found if isinstance(one, Failure)]


def _load(
    entry: importlib.metadata.EntryPoint, allowed: set[str] | None, pinned: Mapping[str, str]
) -> Plugin | Failure:
    distribution = entry.dist.name if entry.dist else "(unknown)"
    version = entry.dist.version if entry.dist else "0"
    if allowed is not None and _normalised(distribution) not in allowed:
        return Failure(entry.name, distribution, version, "not on the allow-list")
    try:
        # The pin is held against the files before any of their code runs.
        spec = importlib.util.find_spec(entry.value)
        digest, want = files_digest(spec), pinned.get(_normalised(distribution))
        if want not in {None, digest}:
            return Failure(entry.name, distribution, version, f"digest sha256:{digest} is not the pinned one")
        module = importlib.import_module(entry.value)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever ends an import is the plugin's own failure
        logger.warning("plugin %s of %s could not be imported: %s", entry.name, distribution, error)
        return Failure(entry.name, distribution, version, f"{type(error).__name__}: {error}")
    return Plugin(entry.name, module, distribution, version, digest)


def refuse_failures(failed: Iterable[Failure]) -> None:
    """Raise for the first plugin that should have been loaded and was not.

    Raises:
        PluginError: it names the distribution. A plugin left out by the allow-list is not a failure.
    """
    for failure in failed:
        if failure.reason == "not on the allow-list":
            continue
        raise PluginError(
            f"plugin '{failure.name}' of '{failure.distribution}' {failure.version} cannot be used: {failure.reason}",
            hint=f"mend it, or pip uninstall {failure.distribution}, or leave it out with [plugins] allow = [...]",
        )


def source_digest(module: ModuleType) -> str:
    """SHA-256 over the names and bytes of a module's files (of its package's folder when it is a package)."""
    return files_digest(module.__spec__)


def files_digest(spec: ModuleSpec | None) -> str:
    """The same, from where a module would be imported from; it is not imported."""
    locations = list(spec.submodule_search_locations or []) if spec else []
    if locations:
        root = Path(locations[0])
        files = sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        named = [(path.relative_to(root).as_posix(), path) for path in files]
    else:
        origin = spec.origin if spec and spec.has_location else None
        named = [(Path(origin).name, Path(origin))] if origin else []
    total = hashlib.sha256()
    for name, path in named:
        total.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _normalised(distribution: str) -> str:
    return distribution.lower().replace("_", "-").replace(".", "-")


@functools.cache
def distribution_digest(module: str) -> str:
    """SHA-256 over the source of the package that a module belongs to."""
    return source_digest(importlib.import_module(module.partition(".")[0]))
