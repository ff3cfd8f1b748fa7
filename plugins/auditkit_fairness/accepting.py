"""What options of the fairness checks are refused when an audit is planned, before anything is predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from auditkit import AuditError

MOST_NAMED = 8


def accept_options(
    *,
    data: Any,
    groups: Mapping[str, Sequence[str]] | None = None,
    depth: int = 1,
    against: Mapping[str, str] | None = None,
    strata: str = "",
    **_: Any,
) -> None:
    """Refuse a depth below 1, and names that no column and no group has.

    Args:
        data: the spec's [data].
        groups: attribute -> its groups; None before the data are read.
        depth: of how many attributes groups are crossed.
        against: attribute -> the group that others are compared with.
        strata: a column of the inputs, or a protected attribute.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if depth < 1:
        raise AuditError(f"option 'depth' is '{depth}'", hint="write 1 for single attributes, 2 for pairs of them")
    accept_attributes(data, tuple(against or ()))
    for name, label in (against or {}).items():
        accept_group(name, label, None if groups is None else groups.get(name))
    columns = (data.input,) if isinstance(data.input, str) else tuple(data.input or ())
    if strata and columns and strata not in {*columns, *data.groups}:
        known = ", ".join([*data.groups, *columns])
        raise AuditError(
            f"there is no column '{strata}' to make strata of", hint=f"[data] groups and input name: {known}"
        )


def accept_attributes(data: Any, named: tuple[str, ...]) -> None:
    """Refuse names that are no protected attribute.

    Raises:
        AuditError: the first of them that [data] groups does not name.
    """
    for name in named if data.groups else ():
        if name not in data.groups:
            raise AuditError(f"'{name}' is no protected attribute", hint=f"name one of: {', '.join(data.groups)}")


def accept_group(attribute: str, label: str, known: Sequence[str] | None) -> None:
    """Refuse a group that an attribute does not have; `known` is None where its groups are not known.

    Raises:
        AuditError: it lists those that there are.
    """
    if known is None or label in known:
        return
    near = get_close_matches(label, known, n=1)
    named = ", ".join(f"'{one}'" for one in known[:MOST_NAMED])
    more = ", ..." if len(known) > MOST_NAMED else ""
    hint = f"did you mean '{near[0]}'?" if near else f"it has: {named}{more}"
    raise AuditError(f"option 'against': '{attribute}' has no group '{label}'", hint=hint)
