"""What a new plugin may be called: a name that packages can have, that Python can import, and that nobody has yet."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from typing import Self

from auditkit.errors import AuditError

ENTRY_POINT_GROUP = "auditkit"

# PEP 508, "Names", but for the case: a name is written as it is normalised.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_RUNS = re.compile(r"[-_.]+")
_PREFIX = "auditkit-"
_LONGEST = 64
"""Files are called so, with more behind it, and file systems end at 255."""


@dataclass(frozen=True)
class Names:
    """What one package is called in each place."""

    distribution: str
    """What pip installs: `auditkit-ward`."""
    module: str
    """What Python imports: `auditkit_ward`."""
    short: str
    """What begins the names of its checks, adapters and files: `ward`."""

    @classmethod
    def of(cls, name: str) -> Self:
        """The names that follow from the one that was given.

        Raises:
            AuditError: packages cannot be called so, or Python could not import it.
        """
        if not _NAME.fullmatch(name):
            suggested = _RUNS.sub("-", re.sub(r"[^a-z0-9._-]+", "-", name.lower())).strip("-") or "ward"
            raise AuditError(
                f"'{name}' is no name for a package: lower-case letters, digits, and '-', '_' or '.' between them",
                hint=f"auditkit new-plugin {suggested}",
            )
        if len(name) > _LONGEST:
            raise AuditError(f"'{name[:20]}...' has {len(name)} characters", hint=f"at most {_LONGEST}, e.g. ward")
        distribution = _RUNS.sub("-", name)
        module = distribution.replace("-", "_")
        short = distribution.removeprefix(_PREFIX)
        if not module.isidentifier() or keyword.iskeyword(module):
            is_word = keyword.iskeyword(module)
            why = "is a keyword of Python" if is_word else "begins with a digit, as no module of Python can"
            raise AuditError(f"'{module}' {why}", hint=f"auditkit new-plugin auditkit-{short}")
        return cls(distribution, module, short)


def refuse_taken(names: Names, *, own: bool = False) -> None:
    """Refuse names that something installed has already.

    Args:
        names: of the new package.
        own: whether the package of this very name may be there: it is written anew.

    Raises:
        AuditError: it says whose the name is.
    """
    if names.module in sys.stdlib_module_names or names.module == ENTRY_POINT_GROUP:
        whose = "auditkit itself" if names.module == ENTRY_POINT_GROUP else "a module of Python's standard library"
        raise AuditError(f"'{names.module}' is {whose}", hint=f"auditkit new-plugin auditkit-{names.short}")
    hint = f"choose another name, e.g. auditkit new-plugin {names.distribution}-2"
    for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        owner = _RUNS.sub("-", entry.dist.name.lower()) if entry.dist else ""
        taken = entry.name == names.short or entry.module.partition(".")[0] == names.module
        if (taken or owner == names.distribution) and not (own and owner == names.distribution):
            raise AuditError(f"'{owner}' is installed, and has a plugin '{entry.name}' already", hint=hint)
    if not own and importlib.util.find_spec(names.module) is not None:
        raise AuditError(f"a module '{names.module}' is installed already", hint=hint)
