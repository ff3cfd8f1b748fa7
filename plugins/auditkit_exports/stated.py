"""What people said of a model, in the spec and in their records; a visible hole where somebody has to write."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit import AuditResult
from auditkit.governance import Kind, Record
from auditkit_exports.plain import plain

_GONE = frozenset({"missing", "not-applicable"})
_LONGEST = 4000
_ENDS = (".", "!", "?", "。", "！", "？")  # noqa: RUF001  those of Chinese


def hole(what: str) -> str:
    """What stands where a person must write: no reader takes it for an answer."""
    return f"[TO BE WRITTEN: {what}]"


def joined(*parts: str | None) -> str:
    """Sentences that somebody said, one after the other; those that nobody said are left out."""
    said = [plain(part, _LONGEST) for part in parts if part]
    return " ".join(part if part.endswith(_ENDS) else f"{part}." for part in said)


def record(result: AuditResult, kind: Kind) -> Record | None:
    """The first record of a kind that is there; one that has expired says so in `aged`."""
    return next((one for one in result.governance if one.kind == kind and one.status not in _GONE), None)


def recorded(result: AuditResult, kind: Kind, *keys: str) -> str:
    """What the record of a kind says under these keys, with the day on which it ended where it has."""
    found = record(result, kind)
    if found is None:
        return ""
    said = joined(*(found.says(key) for key in keys))
    return f"{said} (The record ended on {found.expires}.)" if said and found.status == "expired" else said


def listed(result: AuditResult, kind: Kind, group: str, *keys: str) -> str:
    """The entries of a record's list, e.g. `numpy 2.1, BSD-3-Clause; torch 2.13, BSD-3-Clause`."""
    found = record(result, kind)
    return "" if found is None else "; ".join(_entries(found, group, keys))


def _entries(found: Record, group: str, keys: tuple[str, ...]) -> Iterator[str]:
    places = dict.fromkeys(one.name.split(".")[1] for one in found.details if one.name.startswith(f"{group}."))
    for place in places:
        own = [found.says(f"{group}.{place}.{key}") if key else found.says(f"{group}.{place}") for key in keys]
        yield plain(", ".join(one for one in own if one), _LONGEST)


def contact(result: AuditResult, *kinds: Kind) -> str:
    """Whom to turn to, by the first of these records that names anybody."""
    for kind in kinds:
        found = record(result, kind)
        for one in () if found is None else found.people:
            if one.contact:
                return plain(f"{one.name}, {one.contact}" if one.name else one.contact)
    return ""
