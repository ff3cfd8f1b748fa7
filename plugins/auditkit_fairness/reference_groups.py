"""The group that others are compared with: the one that the spec names, or else the largest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError
from auditkit.segments import Grouping
from auditkit_fairness.accepting import accept_group
from auditkit_fairness.comparing import Compared


def must_exist(against: Mapping[str, str], by_group: list[Grouping]) -> None:
    """Refuse a reference that no attribute or no group is called.

    Raises:
        AuditError: it names something else than an attribute's group.
    """
    known = {grouping.attributes[0]: grouping for grouping in by_group if len(grouping.attributes) == 1}
    for attribute, label in against.items():
        if attribute not in known:
            raise AuditError(f"'{attribute}' is no protected attribute", hint=f"name one of: {', '.join(known)}")
        accept_group(attribute, label, known[attribute].labels)


def reference_of(
    compared: Compared, against: Mapping[str, str], *, sizes: npt.NDArray[Any] | None = None, ties: Any = None
) -> int | None:
    """The place of the reference among the groups that take part; None when it is too small to take part.

    Args:
        compared: the groups.
        against: attribute -> the group that the spec names.
        sizes: [groups], how large each is, where rows weigh differently; None: as many rows as are compared.
        ties: [groups], of two of the same size the larger goes first; so names decide only where nothing else does.
    """
    named = {name: against[name] for name in compared.grouping.attributes if name in against}
    if len(named) == len(compared.grouping.attributes):
        return next((place for place, member in enumerate(compared.members) if member == named), None)
    size = compared.n if sizes is None else sizes
    second = np.zeros(len(size)) if ties is None else ties
    order = np.lexsort((-second[compared.takes_part], -size[compared.takes_part]))
    return int(order[0])
