"""What an audit judges, and by what, as one nested mapping: sealed before the run, gathered again when it is run.

Values that the report shows anyway stand as they are; all others (paths, options of an adapter) as digests, so that a
seal tells nobody what the bundle would not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from auditkit.document import canonical_json, digest_of
from auditkit.sealing.record import MovedKey

if TYPE_CHECKING:
    from auditkit.policy import Policy, Rule
    from auditkit.result import AuditResult, SplitSummary
    from auditkit.spec import AuditSpec

_SHOWN = frozenset({"groups", "item_groups", "positive", "threshold", "target", "weights", "k", "bands", "loader"})
"""Keys of [data] whose values results show."""

_BOUND = re.compile(r"[<>]=[-+.0-9e]+$")

FROM_RESULT = ("name", "seed", "level", "policy", "rows", "subject")
"""The parts that a result says itself: whoever verifies gathers them again."""


def judged_by_spec(spec: AuditSpec, policy: Policy) -> dict[str, Any]:
    """The part that stands in the spec; defaults are left out, so that a later version's new keys move nothing."""
    data = spec.data.model_dump(mode="json", exclude_defaults=True)
    return {
        "name": spec.name,
        "seed": spec.seed,
        "level": spec.interval_level,
        "task": spec.task,
        "model": _hidden(spec.model.model_dump(mode="json", exclude_defaults=True)),
        "data": {key: value if key in _SHOWN else _digest(value) for key, value in data.items()},
        "checks": _named((check.use, check.options) for check in spec.checks),
        "compute": {"max_rows": spec.compute.max_rows},
        "plugins": _hidden(spec.plugins.model_dump(mode="json", exclude_defaults=True)),
        "policy": _policy(policy),
    }


def judged_in_data(splits: Iterable[tuple[str, str | None, str]], subject: str | None) -> dict[str, Any]:
    """The part that follows from the files.

    Args:
        splits: name, the SHA-256 of its file or None, and the digest of its rows.
        subject: the digest of the model's files; None: they are not there yet.
    """
    rows = {name: {"file": file, "rows": digest} for name, file, digest in splits}
    return {"rows": rows} if subject is None else {"rows": rows, "subject": subject}


def judged_by_result(result: AuditResult) -> dict[str, Any]:
    """What a result says of the parts in `FROM_RESULT`."""
    return {
        "name": result.name,
        "seed": result.provenance.seed,
        "level": result.provenance.level,
        "policy": _policy(result.policy.policy),
        **judged_in_data(map(of_summary, result.data.splits), result.subject.digest),
    }


def of_summary(split: SplitSummary) -> tuple[str, str | None, str]:
    """Name, digest of the file and digest of the rows."""
    return split.name, split.file.sha256 if split.file else None, split.digest


def moved_between(sealed: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[MovedKey, ...]:
    """Key by key what differs, in the order of the keys; parts that were not sealed at all are not compared."""
    found = [moved for key in sealed for moved in _moved(key, sealed[key], now.get(key))]
    return tuple(sorted(found, key=lambda one: one.key))


def count_of(sealed: Any) -> int:
    """How many values were sealed."""
    return sum(map(count_of, sealed.values())) if isinstance(sealed, Mapping) else 1


def _moved(key: str, sealed: Any, now: Any) -> Iterator[MovedKey]:
    if isinstance(sealed, Mapping) and isinstance(now, Mapping):
        for name in sorted(sealed.keys() | now.keys()):
            yield from _moved(f"{key}.{name}", sealed.get(name), now.get(name))
    elif canonical_json(sealed) != canonical_json(now):
        yield MovedKey(key=key, sealed=_shown(sealed), now=_shown(now))


def _shown(value: Any) -> str | None:
    return None if value is None else canonical_json(value).decode()


def _policy(policy: Policy) -> dict[str, Any]:
    said = policy.model_dump(mode="json", exclude_defaults=True)
    said["rules"] = _named((_name_of(rule), _rule(rule)) for rule in policy.rules)
    waivers = [(waiver, waiver.model_dump(mode="json", exclude_defaults=True)) for waiver in policy.waivers]
    # A waiver is one person's decision: it is one key, whatever of it was changed.
    said["waivers"] = _named(
        (f"{waiver.rule or waiver.metric} ({waiver.owner})", canonical_json(body).decode()) for waiver, body in waivers
    )
    return said


def _rule(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_defaults=True, exclude={"id"})


def _name_of(rule: Rule) -> str:
    """Its id without the bound that an id made by itself ends in: a bound that was moved is then one key."""
    return _BOUND.sub("", rule.identified().id)


def _named(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping; names that stand twice are numbered in their order."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        place = 1
        while (key := name if place == 1 else f"{name} #{place}") in found:
            place += 1
        found[key] = value
    return found


def _hidden(section: Mapping[str, Any]) -> dict[str, str]:
    return {key: _digest(value) for key, value in section.items()}


def _digest(value: Any) -> str:
    return f"sha256:{digest_of(value)}"
