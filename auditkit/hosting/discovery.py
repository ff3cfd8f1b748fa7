"""Finds installed plugins by entry point, imports those that are allowed, and says exactly what was loaded."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType

from auditkit.checks.stopping import STOPPED
from auditkit.errors import PluginError, did_you_mean
from auditkit.hosting.from_source import Digested, import_from_source

logger = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "auditkit"

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Of a distribution, as PyPA's core metadata have it; folders are named by it."""

NEEDS = ("network", "files", "gpu")
"""What a plugin may declare that it needs: other machines, files of its own to write, an accelerator."""


@dataclass(frozen=True)
class Plugin:
    """A plugin that was imported: its module, and where it came from."""

    name: str
    module: ModuleType
    distribution: str
    version: str
    digest: str
    """SHA-256 over the names and bytes of all files of its distribution, which its plugins share."""

    @property
    def needs(self) -> tuple[str, ...] | None:
        """Which of NEEDS its module declares as AUDITKIT_NEEDS; None: it declares nothing.

        Raises:
            PluginError: it declares something else.
        """
        declared = getattr(self.module, "AUDITKIT_NEEDS", None)
        if declared is None:
            return None
        if not isinstance(declared, tuple) or not all(one in NEEDS for one in declared):
            raise PluginError(
                f"plugin '{self.name}' of '{self.distribution}': AUDITKIT_NEEDS is {declared!r}",
                hint=f"a tuple of some of {', '.join(map(repr, NEEDS))}; () when it needs none",
            )
        return declared

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
        pin: distribution -> the SHA-256 that it must have, as `auditkit plugins` prints it.
    """
    allowed = None if allow is None else {normalised(name) for name in allow}
    pinned = {normalised(name): digest.lower().removeprefix("sha256:") for name, digest in (pin or {}).items()}
    digest_of = functools.cache(functools.partial(_digest_to_load, pinned=pinned))
    found = [_load(entry, source, allowed, pinned, digest_of) for source, entry in _entries()]
    return [one for one in found if isinstance(one, Plugin)], [one for one in found if isinstance(one, Failure)]


def _entries() -> list[tuple[_Source | None, importlib.metadata.EntryPoint]]:
    """The entry points of all installed plugins, each with what brings it, in the order of their names.

    A name and a version are read once for all entry points of a distribution: each reading parses its whole METADATA.
    """
    entries = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    source_of = functools.cache(_Source.of)
    found = [(source_of(entry.dist) if entry.dist else None, entry) for entry in entries]
    return sorted(found, key=lambda one: (one[0].name if one[0] else "", one[1].name))


@dataclass(frozen=True)
class _Source:
    """The distribution that brings a plugin, and what it calls itself."""

    distribution: Distribution
    name: str
    version: str

    @classmethod
    def of(cls, distribution: Distribution) -> _Source:
        metadata = distribution.metadata
        return cls(distribution, metadata["Name"], metadata["Version"])


def _digest_to_load(source: _Source, *, pinned: Mapping[str, str]) -> str:
    """A distribution's digest; from now on a stranger's modules come from the files that it was taken of."""
    read = _hashed(_distribution_files(source.distribution))
    # Ours have run already by now, and start every command: they may come from bytecode.
    if normalised(source.name) != "auditkit":
        known = {os.path.realpath(path): digest for (_, path), digest in read.items()}
        is_pinned = normalised(source.name) in pinned
        import_from_source(Digested(source.name, _tops_of(read), known, is_pinned=is_pinned))
    return _digest_of(read)


def unknown_distributions(names: Iterable[str]) -> dict[str, str]:
    """Those names that no installed distribution with a plugin has, each with a hint."""
    if not (names := tuple(names)):  # most specs name none, and to know them all the metadata of each is read
        return {}
    known = {normalised(source.name): source.name for source, _ in _entries() if source}
    return {name: did_you_mean(name, known.values()) for name in names if normalised(name) not in known}


def _load(
    entry: importlib.metadata.EntryPoint,
    source: _Source | None,
    allowed: set[str] | None,
    pinned: Mapping[str, str],
    digest_of: Callable[[_Source], str],
) -> Plugin | Failure:
    distribution, version = (source.name, source.version) if source else ("(unknown)", "0")
    if allowed is not None and normalised(distribution) not in allowed:
        return Failure(entry.name, distribution, version, "not on the allow-list")
    if source and _NAME.fullmatch(distribution) is None:
        return Failure(entry.name, distribution, version, "that is no name of a distribution")
    try:
        # The pin is held against the files before any of their code runs.
        digest = digest_of(source) if source else _digest(_package_files(entry.module))
        want = pinned.get(normalised(distribution))
        if want not in {None, digest}:
            return Failure(entry.name, distribution, version, f"digest sha256:{digest} is not the pinned one")
        module = importlib.import_module(entry.value)
    except STOPPED:
        raise
    except BaseException as error:  # noqa: BLE001  whatever ends an import is the plugin's own failure
        logger.warning("plugin %s of %s could not be imported: %s", entry.name, distribution, error)
        return Failure(entry.name, distribution, version, f"{type(error).__name__}: {error}")
    plugin = Plugin(entry.name, module, distribution, version, digest)
    try:
        _ = plugin.needs
    except PluginError as error:
        return Failure(entry.name, distribution, version, f"{error.message}: {error.hint}")
    return plugin


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
    return _digest(_files_of(module.__spec__, module.__name__))


def importable_digest(name: str) -> str | None:
    """SHA-256 over the files of the package that a name begins with, none of which runs; None: there is none."""
    top = name.partition(".")[0]
    found = importlib.util.find_spec(top)
    return None if found is None else _digest(_files_of(found, top))


def installed_digest(distribution: Distribution) -> str:
    """SHA-256 over all files of a distribution; none of its code runs.

    They are those that its installer recorded, and those of the packages that it makes importable: an editable install
    records none of its own. What differs from machine to machine (scripts, the installer's notes) is left out.
    """
    return _digest(_distribution_files(distribution))


def distribution_digest(module: str) -> str:
    """SHA-256 over the distribution that a module belongs to; over its package when no installed plugin brings it.

    A process reads each once.
    """
    return _digest_of_top(module.partition(".")[0])


def distributions_of(module: str) -> list[Distribution]:
    """The installed distributions with plugins that bring the outermost package of a module; several share one."""
    return [_distribution_at(name, site) for name, site in _bringing(module.partition(".")[0])]


def _bringing(top: str) -> list[tuple[str, str]]:
    sites = tuple((path, Path(path).stat().st_mtime_ns) for path in sys.path if Path(path).is_dir())
    return [(name, site) for name, site in _with_plugins(sites) if top in _tops(name, site)]


@functools.lru_cache(maxsize=1)
def _with_plugins(_: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    """The distributions with plugins in these folders, sorted: to find them, all that is installed is read."""
    installed = {source.name: str(source.distribution.locate_file("")) for source, _ in _entries() if source}
    return tuple(sorted(installed.items()))


@functools.cache
def _digest_of_top(top: str) -> str:
    brings = _bringing(top)
    if not brings:
        return source_digest(importlib.import_module(top))
    # More than one shares a namespace package.
    digests = [_digest_at(name, site) for name, site in brings]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


@functools.cache
def _digest_at(distribution: str, site: str) -> str:
    return installed_digest(_distribution_at(distribution, site))


@functools.cache
def _tops(distribution: str, site: str) -> frozenset[str]:
    """The outermost modules and packages that a distribution brings."""
    return _tops_of(_safely(_distribution_at(distribution, site)))


def _tops_of(files: Iterable[tuple[str, Path]]) -> frozenset[str]:
    return frozenset(name.partition("/")[0] if "/" in name else name.partition(".")[0] for name, _ in files)


def _distribution_at(name: str, site: str) -> Distribution:
    return next(iter(importlib.metadata.distributions(name=name, path=[site])))


def _safely(distribution: Distribution) -> list[tuple[str, Path]]:
    try:
        return list(_distribution_files(distribution))
    except (OSError, ValueError, ImportError):  # a broken plugin is told of where it is loaded
        return []


def _distribution_files(distribution: Distribution) -> Iterator[tuple[str, Path]]:
    paths = [path for path in distribution.files or () if _is_its_own(path.parts)]
    recorded = [(path.as_posix(), Path(str(path.locate()))) for path in paths if Path(str(path.locate())).is_file()]
    yield from recorded
    modules = {entry.module for entry in distribution.entry_points if entry.group == ENTRY_POINT_GROUP}
    modules.update((distribution.read_text("top_level.txt") or "").split())
    for _, path in recorded:
        if path.suffix == ".pth":
            modules.update(_modules_through(path))
    for module in sorted(modules):
        yield from _package_files(module)


def _is_its_own(parts: tuple[str, ...]) -> bool:
    if ".." in parts or "__pycache__" in parts:
        return False
    return not parts[0].endswith((".dist-info", ".egg-info")) or parts[-1] == "entry_points.txt"


def _modules_through(pth: Path) -> Iterator[str]:
    """The modules and packages in the folders that a .pth file of an editable install puts on the path."""
    for line in pth.read_text(encoding="utf-8").splitlines():
        folder = pth.parent / line
        if line and folder.is_dir():
            yield from (path.stem for path in folder.glob("*.py"))
            yield from (path.parent.name for path in folder.glob("*/__init__.py"))


def _package_files(module: str) -> Iterator[tuple[str, Path]]:
    """The files of the outermost package of a module that can hold code; finding it runs none of it."""
    name, *rest = module.split(".")
    spec = importlib.util.find_spec(name)
    while rest and spec is not None and spec.origin is None:  # a namespace, which others may share
        name = f"{name}.{rest.pop(0)}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    return _files_of(spec, name)


def _files_of(spec: ModuleSpec | None, name: str) -> Iterator[tuple[str, Path]]:
    place = name.replace(".", "/")
    if spec is not None and spec.submodule_search_locations:
        root = Path(next(iter(spec.submodule_search_locations)))
        for folder, inner, names in os.walk(root):
            inner[:] = [name for name in inner if name != "__pycache__"]
            within = Path(place, Path(folder).relative_to(root)).as_posix()
            paths = [Path(folder, name) for name in names]
            yield from ((f"{within}/{path.name}", path) for path in paths if path.is_file())
    elif spec is not None and spec.has_location and spec.origin:
        origin = Path(spec.origin)
        yield f"{place.rpartition('/')[0]}/{origin.name}".lstrip("/"), origin


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    return _digest_of(_hashed(files))


def _hashed(files: Iterable[tuple[str, Path]]) -> dict[tuple[str, Path], bytes]:
    return {(name, path): hashlib.sha256(path.read_bytes()).digest() for name, path in set(files)}


def _digest_of(read: Mapping[tuple[str, Path], bytes]) -> str:
    lines = {f"{name}\0".encode() + digest for (name, _), digest in read.items()}
    return hashlib.sha256(b"".join(sorted(lines))).hexdigest()


def normalised(distribution: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return distribution.lower().replace("_", "-").replace(".", "-")
