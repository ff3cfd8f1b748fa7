"""Which columns of a table have a part in the audit, by the keys of `[data]` that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec, DataSpec

_RECORDED = ("predicted", "spread", "lower", "upper", "generated")
"""Keys of `[data]` that name one column of recorded predictions each."""


def recorded_columns(data: DataSpec) -> list[str]:
    """The columns that hold predictions."""
    return list(recorded_roles(data))


def recorded_roles(data: DataSpec) -> dict[str, str]:
    """Each column that holds predictions -> the key that names it."""
    return dict.fromkeys(data.scores, "scores") | {name: key for key in _RECORDED if (name := getattr(data, key))}


def input_columns(data: DataSpec) -> list[str]:
    """The columns that a model is given."""
    return [data.input] if isinstance(data.input, str) else list(data.input or ())


def kept_back(spec: AuditSpec) -> tuple[str, ...]:
    """The columns of which no example shows what a row holds: who somebody is, whose row it is, who read it, when."""
    data = spec.data
    named = (*data.groups, *data.protected_inputs, *data.protected_inputs.values(), *data.quasi_identifiers)
    # An age tells more than its band.
    bands = (*data.bands, *(f"{name}_band" for name in data.bands))
    others = (data.unit, data.period, data.weights, *data.readers, *data.expected.columns.values())
    return tuple(dict.fromkeys(name for name in (*named, *bands, *others) if name))


def target_columns(data: DataSpec) -> list[str]:
    """The columns that say what is true."""
    return [data.target] if isinstance(data.target, str) else list(data.target or ())


def roles_of(data: DataSpec, *, readers: bool = True) -> dict[str, str]:
    """Each column that has a part in the audit, once, in the order of the digest -> the last key that names it.

    Args:
        data: of the spec.
        readers: whether readers have seen the rows, and somebody said what answers to them are to hold, and when they
            were; nobody asks that of training rows.
    """
    roles: dict[str, str] = {}
    roles |= dict.fromkeys(input_columns(data), "input")
    roles |= dict.fromkeys(data.scores, "scores")
    roles |= dict.fromkeys(target_columns(data), "target")
    roles |= dict.fromkeys(data.groups, "groups")
    roles |= {name: key for name, key in recorded_roles(data).items() if key != "scores"}
    roles |= {name: key for key in ("unit", "weights") if (name := getattr(data, key))}
    if readers and data.period:
        roles.setdefault(data.period, "period")
    if readers and data.readers:
        roles = dict.fromkeys(data.readers, "readers") | roles
    if readers and data.expected.columns:
        roles = dict.fromkeys(data.expected.columns.values(), "expected") | roles
    return dict.fromkeys(data.quasi_identifiers, "quasi_identifiers") | roles if data.quasi_identifiers else roles
