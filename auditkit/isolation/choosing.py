"""Whose checks run apart, and where they keep what they compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditkit.hosting.discovery import normalised
from auditkit.isolation.store import StoreApart

if TYPE_CHECKING:
    from auditkit.checks.planning import Planned
    from auditkit.evidence import EvidenceStore
    from auditkit.host import Host
    from auditkit.hosting.discovery import Plugin
    from auditkit.spec import AuditSpec

_OURS = "auditkit"
_TAKEN = ("network", "files")


def apart(spec: AuditSpec, host: Host, plan: Sequence[Planned]) -> dict[str, tuple[int, ...]]:
    """Distribution -> the places in the plan of its checks that `[plugins] isolate` sends to a worker of their own.

    Raises:
        SpecError: one of these plugins declares that it needs what it would not have.
    """
    found: dict[str, list[int]] = {}
    for place, item in enumerate(plan):
        plugin = host.owner_of(item.check)
        if _is_isolated(spec, plugin.distribution):
            _refuse_needy(spec, plugin)
            found.setdefault(plugin.distribution, []).append(place)
    return {distribution: tuple(places) for distribution, places in found.items()}


def _refuse_needy(spec: AuditSpec, plugin: Plugin) -> None:
    lacking = [need for need in plugin.needs or () if need in _TAKEN]
    if lacking:
        raise spec.source.error(
            ("plugins", "isolate"),
            f"takes {' and '.join(lacking)} from '{plugin.distribution}', which says that it needs them",
            "leave its checks out, or name the distributions to isolate: isolate = [...]",
        )


def _is_isolated(spec: AuditSpec, distribution: str) -> bool:
    wanted = spec.plugins.isolate
    if isinstance(wanted, bool):
        return wanted and normalised(distribution) != _OURS
    return normalised(distribution) in {normalised(name) for name in wanted}


def store_of(spec: AuditSpec, host: Host, item: Planned, store: EvidenceStore) -> EvidenceStore:
    """Where a check keeps what it computes: the audit's store, or the one of its plugin."""
    plugin = host.owner_of(item.check)
    return store_apart(store, plugin) if _is_isolated(spec, plugin.distribution) else store


def store_apart(store: EvidenceStore, plugin: Plugin) -> StoreApart:
    """The store of a distribution's isolated checks, and of these files of it alone.

    Another version could have left there what this one would take for its own findings.
    """
    return StoreApart.over(store, f"{normalised(plugin.distribution)}-{plugin.digest[:32]}")
