"""Import what a plugin's digest was taken of, and nothing else: its source, never bytecode that lies beside it.

Python runs `__pycache__/NAME.pyc` unread against its source when both name the same second and size, or when the file
says of itself that it need not be compared (PEP 552). A digest of sources says nothing about such a file, so that a
plugin's modules are compiled anew in each process. Those of a pinned plugin come from the files that its digest covers.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType


@dataclass(frozen=True)
class Digested:
    """What a distribution's digest was taken of."""

    distribution: str
    tops: frozenset[str]
    """Its outermost modules and packages."""
    files: Mapping[str, bytes]
    """Path without links -> SHA-256 of its bytes."""
    is_pinned: bool


class _FromSource(SourceFileLoader):
    """Compiles a module from its source, and neither reads nor writes bytecode."""

    def __init__(self, fullname: str, path: str, owner: Digested) -> None:
        super().__init__(fullname, path)
        self._owner = owner

    def get_code(self, fullname: str) -> CodeType:
        """The source, compiled.

        Raises:
            ImportError: it is not what the digest was taken of.
        """
        path = self.get_filename(fullname)
        source = self.get_data(path)
        want = self._owner.files.get(os.path.realpath(path))
        if want is not None and hashlib.sha256(source).digest() != want:
            raise ImportError(f"'{path}' has changed since the digest of '{self._owner.distribution}' was taken")
        return self.source_to_code(source, path)


class _Finder(MetaPathFinder):
    """Asks the other finders, and puts `_FromSource` in the place of the loader that would read bytecode."""

    def __init__(self) -> None:
        self.owners: dict[str, dict[str, Digested]] = {}
        """Outermost module -> distribution: several share a namespace package."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        """Where a module of a plugin is, as the others find it.

        Raises:
            ImportError: the plugin is pinned, and this is none of the files that its digest was taken of.
        """
        owners = self.owners.get(fullname.partition(".")[0])
        if owners is None:
            return None
        others = (one for one in sys.meta_path if one is not self and hasattr(one, "find_spec"))
        found = next(filter(None, (one.find_spec(fullname, path, target) for one in others)), None)
        if found is None or not found.has_location or found.origin is None:
            return found
        owner = _owner_of(found.origin, owners)
        if owner.is_pinned:
            _refuse_other_files(found, owner)
        if type(found.loader) is SourceFileLoader or (owner.is_pinned and found.origin.endswith(".py")):
            found.loader, found.cached = _FromSource(fullname, found.origin, owner), None
        return found


def _owner_of(origin: str, owners: Mapping[str, Digested]) -> Digested:
    """Whose file it is; where it is nobody's, one that is pinned has a say in it."""
    file = os.path.realpath(origin)
    return next(
        (one for one in owners.values() if file in one.files),
        max(owners.values(), key=lambda one: one.is_pinned),
    )


def _refuse_other_files(found: ModuleSpec, owner: Digested) -> None:
    assert found.origin is not None  # noqa: S101  asked before
    want = owner.files.get(os.path.realpath(found.origin))
    if want is None:
        # Distributions share a namespace package, which has no file of its own.
        top = sys.modules.get(found.name.partition(".")[0])
        if "." in found.name and getattr(top, "__file__", None) is None:
            return
        raise ImportError(f"'{found.origin}' is none of the files of '{owner.distribution}', which is pinned")
    if not found.origin.endswith(".py"):  # a source is held against its digest where it is compiled
        with open(found.origin, "rb") as stream:  # noqa: PTH123  as the import system names it
            if hashlib.file_digest(stream, "sha256").digest() != want:
                raise ImportError(f"'{found.origin}' has changed since the digest of '{owner.distribution}' was taken")


_FINDER = _Finder()


def import_from_source(digested: Digested) -> None:
    """From now on, let this process import a distribution's modules from their source alone."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    for top in digested.tops:
        _FINDER.owners.setdefault(top, {})[digested.distribution] = digested
