"""The group that others are compared with: the one that the spec names, or else the largest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from auditkit import AuditError
from auditkit_fairness.comparing import Compared
from auditkit_fairness.groupings import Grouping


def must_exist(against: Mapping[str, str], by_group: list[Grouping]) -> None:
    """Refuse a reference that no attribute or no group is called.

    Raises:
        AuditError: it names something else than an attribute's group.
    """
    known = {grouping.attributes[0]: grouping for grouping in by_group if len(grouping.attributes) == 1}
    for attribute, label in against.items():
        if attribute not in known:
            raise AuditError(f"'{attribute}' is no protected attribute", hint=f"name one of: {', '.join(known)}")
        if label not in known[attribute].labels:
            raise AuditError(
                f"'{attribute}' has no group '{label}'", hint=f"it has: {', '.join(known[attribute].labels[:8])}"
            )


def reference_of(compared: Compared, against: Mapping[str, str]) -> int | None:
    """The place of the reference among the groups that take part; None when it is too small to take part.

    Of groups of one size the first by name, so that it does not depend on what is measured.
    """
    named = {name: against[name] for name in compared.grouping.attributes if name in against}
    if len(named) == len(compared.grouping.attributes):
        return next((place for place, member in enumerate(compared.members) if member == named), None)
    return int(np.argmax(compared.n[compared.takes_part]))
