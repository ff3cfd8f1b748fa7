"""What was asked of `auditkit.audit`, as the spec that the command line would have been given."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from auditkit.document import Document
from auditkit.errors import DataError, ModelError, SpecError
from auditkit.inmemory.models import Found
from auditkit.inmemory.naming import Naming, as_array
from auditkit.inmemory.tables import GivenTable, named_groups, named_target
from auditkit.labels import canonical_label
from auditkit.policy import Policy
from auditkit.spec import AuditSpec, Task, make_spec, read_policy
from auditkit.specs.source import Source


@dataclass(frozen=True)
class Asked:
    """The arguments of `auditkit.audit` that become keys of a spec; None: it was not said."""

    target: Any
    groups: Any
    positive: Any
    input: Any
    classes: Any
    labels: Mapping[Any, Any] | None
    threshold: float | None
    score_kind: Literal["probability", "score"] | None
    task: Task | None
    unit: Any
    weights: Any
    period: Any
    readers: Sequence[str] | None
    expected: Mapping[str, str] | None
    missing: Sequence[Any] | None
    protected_inputs: Mapping[str, str] | None
    checks: Any
    policy: Any
    name: str | None
    seed: int
    level: float
    device: str
    batch_size: int | Literal["auto"]
    max_rows: int | None

    def naming(self, target: str | tuple[str, ...] | None) -> Naming:
        """What was said of the classes.

        Raises:
            SpecError: two of them have one name.
        """
        classes = _labels(self.classes)
        twice = next((name for name in classes if classes.count(name) > 1), None)
        if twice is not None:
            raise SpecError(f"classes names '{twice}' twice", hint="classes=[...]: one name a column, in their order")
        return Naming(
            classes=classes,
            positive=next(iter(_labels(self.positive)), None) if len(_labels(self.positive)) == 1 else None,
            several=target if isinstance(target, tuple) else (),
            renamed=self._renamed(),
            kind=self.score_kind or "probability",
            threshold=self.threshold,
            regression=self.task == "regression",
        )

    def _renamed(self) -> dict[str, str]:
        return {str(canonical_label(own)): str(canonical_label(name)) for own, name in (self.labels or {}).items()}

    def spec(self, *, model: Mapping[str, Any], data: Mapping[str, Any], name: str, folder: Path) -> AuditSpec:
        """The spec of all this.

        Args:
            model: the keys of `[model]` that say what is audited.
            data: the keys of `[data]` that say where the rows are and what their columns are.
            name: of the audit, when none was said.
            folder: what paths in it are relative to.

        Raises:
            SpecError: something in it cannot be meant.
        """
        said = {
            "name": name if self.name is None else self.name,
            "seed": self.seed,
            "level": self.level,
            "task": self.task,
            "model": {"device": self.device, "batch_size": self.batch_size, "labels": self._renamed(), **model},
            "data": {
                "positive": self.positive,
                "threshold": self.threshold,
                "score_kind": self.score_kind,
                "classes": self.classes,
                "missing": self.missing,
                "protected_inputs": self.protected_inputs,
                "readers": self.readers,
                "expected": self.expected,
                **data,
            },
            "checks": _checks(self.checks),
            "policy": _policy(self.policy, folder),
            "compute": {"max_rows": self.max_rows},
        }
        return make_spec(Source(folder=folder, content=_said(said)))


@dataclass(frozen=True)
class Roles:
    """The audit rows, and which of their columns plays which part."""

    table: GivenTable
    target: str | tuple[str, ...] | None
    keys: Mapping[str, Any]
    """The keys of `[data]`."""
    own: tuple[str, ...] = field(default=())
    """The columns that came with the data, when the target came apart: all of them are the model's input."""


def roles_of(asked: Asked, table: GivenTable) -> Roles:
    """Find the columns of the roles, and add those that were given as arrays.

    Raises:
        DataError: an array of another length, or one whose name another column has.
    """
    own = tuple(table.frame.columns)
    table, target, came_apart = named_target(table, asked.target)
    table, groups = named_groups(table, asked.groups)
    keys: dict[str, Any] = {"target": target, "groups": groups}
    for role in ("unit", "weights", "period"):
        given = getattr(asked, role)
        if given is not None:
            table, keys[role] = table.column(role, given)
    return Roles(table, target, keys, own if came_apart else ())


def input_of(asked: Asked, found: Found, roles: Roles) -> str | list[str]:
    """The columns that a model in memory is given: those that were named, else those that it names itself.

    Raises:
        SpecError: nothing says which, or one that it was fitted on is not among them.
        ModelError: it could not say, because it is not fitted.
        DataError: `input` is an array.
    """
    names = _input_of(asked, found, roles)
    lacking = next((name for name in found.columns if name not in ([names] if isinstance(names, str) else names)), None)
    if lacking is not None:
        kind = found.kind.rpartition(".")[2]
        raise SpecError(
            f"input leaves out '{lacking}', which the {kind} was fitted on", hint=f"input={list(found.columns)}"
        )
    return names


def _input_of(asked: Asked, found: Found, roles: Roles) -> str | list[str]:
    if asked.input is not None:
        if isinstance(asked.input, str):
            return asked.input
        listed = as_array(asked.input)
        if listed is None or listed.ndim != 1:
            raise DataError("input is no list of columns", hint='input=["age", "bmi"]')
        return [str(name) for name in listed]
    names = found.columns or roles.own
    if found.wants_text and len(names) == 1:
        return names[0]
    if not names and not found.is_fitted:
        kind = found.kind.rpartition(".")[2]
        raise ModelError(f"the {kind} is not fitted", hint="call its fit before it is audited")
    if not names:
        known = [name for name in roles.table.frame.columns if name != roles.target]
        raise SpecError(
            "nothing says which columns the model is given",
            hint='input="note" for one column of texts'
            if found.wants_text
            else f"input={known[:8]}, without what it was not trained on",
        )
    return list(names)


def _labels(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    several = given if isinstance(given, list | tuple | np.ndarray) or hasattr(given, "to_numpy") else [given]
    return tuple(str(canonical_label(label)) for label in several)


def _checks(given: Any) -> Any:
    """`["fairness", {"use": "calibration.error", "bins": 15}]` as `[[checks]]`."""
    if given is None:
        return None
    several = [given] if isinstance(given, str | Mapping) else given
    return [{"use": one} if isinstance(one, str) else one for one in several]


def _policy(given: Any, folder: Path) -> Any:
    """A pack's name, a path to a file of rules, a Policy, `[policy]` as a dict, or a list of rules."""
    if given is None or isinstance(given, Policy):
        return given
    if isinstance(given, str | Path):
        is_file = Path(given).suffix.lower() in {".toml", ".yaml", ".yml"}
        return read_policy(given) if is_file else {"extends": [str(given)]}
    if isinstance(given, Mapping):
        extended = [given["extends"]] if isinstance(given.get("extends"), str | Path) else given.get("extends", [])
        return {**given, "extends": [_beside(folder, one) for one in extended]} if "extends" in given else given
    return {"rules": list(given)}


def _beside(folder: Path, named: Any) -> str:
    """A file of rules as the spec names it: by its way from the folder that paths are relative to."""
    path = Path(named)
    return os.path.relpath(path, folder) if path.is_file() else str(named)


def _said(value: Any) -> Any:
    """Plain values, as a file would hold them, without what was not said."""
    if isinstance(value, Document):
        return value
    if isinstance(value, Mapping):
        return {str(key): _said(item) for key, item in value.items() if item is not None}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) or hasattr(value, "to_numpy"):
        return [_said(item) for item in list(value)]
    if isinstance(value, list | tuple | set | frozenset):
        return [_said(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def told(naming: Naming, target_classes: tuple[str, ...]) -> Naming:
    """The naming, when the labels of the target are known."""
    return replace(naming, target_classes=target_classes)
