"""What options of the fairness checks are refused when an audit is planned, before anything is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditkit import AuditError


def accept_options(
    *, data: Any, depth: int = 1, against: Mapping[str, str] | None = None, strata: str = "", **_: Any
) -> None:
    """Refuse a depth below 1, and names that no column has.

    Args:
        data: the spec's [data].
        depth: of how many attributes groups are crossed.
        against: attribute -> the group that others are compared with.
        strata: a column of the inputs, or a protected attribute.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if depth < 1:
        raise AuditError(f"option 'depth' is '{depth}'", hint="write 1 for single attributes, 2 for pairs of them")
    accept_attributes(data, tuple(against or ()))
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
