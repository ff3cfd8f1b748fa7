"""Reads a spec, or a policy file, and says all that is wrong with its policy. Neither data nor a model is opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from auditkit.auditing import resolved_policy
from auditkit.errors import AuditError
from auditkit.frameworks import unknown_names
from auditkit.host import Host
from auditkit.linting.baselines import baseline_remarks
from auditkit.linting.remarks import Read, Remark
from auditkit.linting.rules import rule_remarks
from auditkit.linting.waivers import waiver_remarks
from auditkit.policy import Policy
from auditkit.resolving import resolve_policy
from auditkit.spec import AuditSpec, make_spec, read_policy
from auditkit.specs.reading import read_source
from auditkit.specs.source import Source

_OF_A_SPEC = frozenset({"model", "data", "policy"})


def remarks_on(path: Path, today: date) -> tuple[Remark, ...]:
    """All that is to be said of the policy in a file, by line; a mistake in the file itself is the only remark then.

    Args:
        path: a spec, or a policy file: the keys of `[policy]` at its top.
        today: by which waivers have ended, or end soon.

    Raises:
        PluginError: an installed plugin cannot be used.
        SpecError: the file cannot be read at all.
    """
    try:
        source = read_source(path)
    except AuditError as error:
        found = Remark.of(error, Source(path.name))
        if found.message == error.message:  # it names no line: there is no such file
            raise
        return (found,)
    try:
        found_out = _of_spec(source, today) if _OF_A_SPEC & source.content.keys() else _of_file(path, source, today)
    except AuditError as error:
        return (Remark.of(error, source),)
    return tuple(sorted(found_out, key=lambda remark: (remark.line, remark.level, remark.message)))


def _of_spec(source: Source, today: date) -> list[Remark]:
    spec = make_spec(source)
    host = Host.installed(spec)
    policy = spec.policy or Policy()
    rules = resolved_policy(_without_waivers(spec), host).rules
    read = Read(source, ("policy",), policy, rules)
    planned = [item.check for item in host.plan(spec)]
    groups = (*spec.data.groups, *spec.data.item_groups)
    return [*_of_any(read, host, today), *rule_remarks(read, host.checks, planned, groups, today)]


def _map_remarks(read: Read, host: Host) -> Iterator[Remark]:
    """What rule maps name that is nowhere: it can only ever be missing."""
    checks = {check.id: [card.name for card in check.metrics] for check in host.checks.values()}
    for place, name in enumerate(read.policy.extends):
        pack = host.policies.get(name)
        for unknown in sorted(set(unknown_names(pack.rule_map, checks))) if pack and pack.rule_map else ():
            said = f"brings a map that names '{unknown}', which no installed plugin has"
            yield read.remark("warning", ("extends", place), said, "install the plugin that has it; or mend the map")


def _of_any(read: Read, host: Host, today: date) -> list[Remark]:
    """What is said of a policy wherever it stands."""
    return [
        *waiver_remarks(read, host.checks, today),
        *baseline_remarks(read, host.checks.values()),
        *_map_remarks(read, host),
    ]


def _without_waivers(spec: AuditSpec) -> AuditSpec:
    """The same, so that a waiver of nothing is a remark with its line."""
    if spec.policy is None:
        return spec
    return spec.model_copy(update={"policy": spec.policy.model_copy(update={"waivers": ()})})


def _of_file(path: Path, source: Source, today: date) -> list[Remark]:
    policy = read_policy(path)
    host = Host.installed()
    extra = {name: read_policy(path.parent / name) for name in policy.extends if (path.parent / name).is_file()}
    rules = resolve_policy(policy.model_copy(update={"waivers": ()}), host.policies, extra).rules
    read = Read(source, (), policy, rules)
    return [*_of_any(read, host, today), *rule_remarks(read, host.checks, None, None, today)]
