"""Where the rules of a policy stand in the files that they were read from, for formats that point at a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.policy import Policy
from auditkit.policy_baseline import AGAINST_BASELINE
from auditkit.resolving import aim_of
from auditkit.result import RulePlace
from auditkit.specs.reading import read_source
from auditkit.specs.source import Keys, Source

_BASELINE = AGAINST_BASELINE.removesuffix(":")
"""What asks for comparisons stands under this name; they themselves are made when a bundle is held against another."""

if TYPE_CHECKING:
    from auditkit.policy import Rule
    from auditkit.spec import AuditSpec


def places_in_spec(spec: AuditSpec, policy: Policy) -> tuple[RulePlace, ...]:
    """Where each rule of the spec's policy stands: in the spec, in a policy file, or at what brought it in.

    Args:
        spec: the audit's; of one that was made in Python nothing stands anywhere.
        policy: the spec's with its packs put in.
    """
    return _places(spec.source, ("policy",), spec.policy, policy)


def places_in_policy(path: Path, written: Policy, policy: Policy) -> tuple[RulePlace, ...]:
    """The same for a policy file.

    Args:
        path: of the file.
        written: as it was read.
        policy: with its packs put in.
    """
    return _places(read_source(path), (), written, policy)


def name_in_repository(path: Path) -> str:
    """A file's path in the repository that it lies in, as its host shows it; outside of one the file's name."""
    path = path.resolve()
    root = next((folder for folder in path.parents if (folder / ".git").exists()), None)
    return path.name if root is None else path.relative_to(root).as_posix()


def _places(source: Source, table: Keys, written: Policy | None, policy: Policy) -> tuple[RulePlace, ...]:
    if not source.name:
        return ()
    file = name_in_repository(source.folder / source.name)
    own: Mapping[object, list[tuple[str, int]]] = defaultdict(list)
    for rule, place in _written(source, table, written, file):
        own[aim_of(rule)].append(place)
    # A rule that comes from a pack stands nowhere; what brings it in does.
    brought = file, source.line((*table, "extends") if source.value((*table, "extends")) is not None else table)
    places = [
        (rule.id, own[aim_of(rule)].pop(0) if own[aim_of(rule)] else brought)
        for rule in policy.rules
        if not rule.id.startswith(AGAINST_BASELINE)
    ]
    if source.value((*table, _BASELINE)) is not None:
        places.append((_BASELINE, (file, source.line((*table, _BASELINE)))))
        places += [(rule.id, (file, _asked_at(rule, source, table, policy))) for rule in _compared(policy)]
    elif places:
        # Where the policy names no comparison, the gate makes the usual one: the policy as a whole asks for it.
        places.append((_BASELINE, (file, source.line(table))))
    return tuple(RulePlace(rule=rule, file=name, line=line) for rule, (name, line) in places)


def _compared(policy: Policy) -> Iterator[Rule]:
    """The rules that the gate has made of what `[policy.baseline]` asks for."""
    yield from (rule for rule in policy.rules if rule.id.startswith(AGAINST_BASELINE))


def _asked_at(rule: Rule, source: Source, table: Keys, policy: Policy) -> int:
    """The line of the entry of `[policy.baseline]` that a comparison was made of; of the first, where none fits."""
    keys = (*table, _BASELINE)
    if isinstance(source.value(keys), Mapping):
        return source.line(keys)
    fits = (place for place, asked in enumerate(policy.baseline) if asked.may_make(rule))
    return source.line((*keys, next(fits, 0)))


def _written(source: Source, table: Keys, written: Policy | None, file: str) -> Iterator[tuple[Rule, tuple[str, int]]]:
    """The rules of the files that `extends` names, then the file's own, each with where it stands."""
    from auditkit.spec import read_policy

    for name in written.extends if written else ():
        path = source.folder / name
        if path.is_file():
            extended = read_source(path)
            for place, rule in enumerate(read_policy(path).rules):
                yield rule, (name_in_repository(path), extended.line(("rules", place)))
    for place, rule in enumerate(written.rules if written else ()):
        yield rule, (file, source.line((*table, "rules", place)))
