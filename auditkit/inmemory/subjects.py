"""From what was given to what is audited: the spec, the rows, and a host whose plugins know the model in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from auditkit.data.reader import make_split
from auditkit.data.tasks import task_of
from auditkit.dataset import AuditDataset, Split, SplitName
from auditkit.document import Text
from auditkit.errors import AuditError, ModelError, SpecError, did_you_mean
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin, distribution_digest
from auditkit.inmemory.asking import Asked, Roles, input_of, roles_of, told
from auditkit.inmemory.given import (
    GivenPredictions,
    RecordedColumns,
    as_values,
    check_lengths,
    marked,
    recorded_columns,
)
from auditkit.inmemory.identity import BY_ITS_ANSWERS
from auditkit.inmemory.models import Outputs, found_model
from auditkit.inmemory.naming import Naming, as_array
from auditkit.inmemory.tables import IN_MEMORY, GivenTable, given_table
from auditkit.inmemory.types import types_of
from auditkit.plugin import adapter, hookimpl
from auditkit.predictions import Predictions
from auditkit.spec import AuditSpec, Task

GIVEN = "given"
"""The adapter of predictions that were given and are no columns of a table."""


@dataclass(frozen=True)
class Given:
    """The arguments of `auditkit.audit` that are no words: the model and the rows."""

    model: Any = field(repr=False)
    data: Any = field(repr=False)
    training: Any = field(repr=False)
    training_predictions: Any = field(repr=False)
    reference: Any = field(repr=False)
    outputs: Outputs
    adapter: str | None
    options: dict[str, Any]


@dataclass(frozen=True)
class Prepared:
    """Everything that an audit needs."""

    spec: AuditSpec
    dataset: AuditDataset
    host: Host
    """Knows the model, when it is in memory."""
    installed: Host
    """Knows only what is installed."""
    placeholder: str | None = None
    """The digest of a model in memory; None: its files tell, or the recorded predictions."""
    by_answers: bool = False
    """Whether that digest stands only until the model has spoken."""


def prepare(asked: Asked, given: Given, host: Host) -> Prepared:
    """Recognise what was given, write the spec of it, and make the splits.

    Raises:
        AuditError: what was given is no model, no table, or does not go together.
    """
    roles = roles_of(asked, given_table(given.data, "data", host))
    tables = {"audit": roles.table}
    for name in ("training", "reference"):
        rows = getattr(given, name)
        if rows is not None:
            tables[name] = given_table(rows, name, host)
    naming = asked.naming(roles.target)
    if isinstance(given.model, str | Path):
        return _of_path(asked, given, roles, tables, host)
    if given.adapter is not None or given.options:
        raise SpecError("an adapter opens a path, and the model is in memory", hint="leave out adapter and options")
    if isinstance(given.model, Predictions) or as_array(given.model) is not None:
        return _of_predictions(asked, given, roles, tables, host, naming)
    if given.training_predictions is not None:
        raise SpecError("training_predictions go with predictions, and a model was given", hint="leave them out")
    return _of_object(asked, given, roles, tables, host, naming)


def _of_path(asked: Asked, given: Given, roles: Roles, tables: Mapping[str, GivenTable], host: Host) -> Prepared:
    path = Path(given.model).absolute()
    if not path.exists():
        near = [other.name for other in path.parent.glob("*")]
        raise ModelError(
            f"there is no model at '{given.model}'", hint=did_you_mean(path.name, near, otherwise="check the path")
        )
    opened_by = given.adapter or _adapter_of(path, host)
    model = {"adapter": opened_by, "path": path.name, **given.options}
    data = _data_keys(roles, tables) | {"input": asked.input}
    spec = asked.spec(model=model, data=data, name=f"Audit of {path.name}", folder=path.parent)
    return Prepared(spec, _dataset(spec, tables), host, host)


def _adapter_of(path: Path, host: Host) -> str:
    """The adapter of a transformers folder that classifies sequences, told by its configuration."""
    try:
        said = json.loads((path / "config.json").read_text("utf-8"))
        names = said.get("architectures") or []
    except (OSError, ValueError, AttributeError):
        names = []
    if any(str(name).endswith("ForSequenceClassification") for name in names):
        return "text-classifier"
    others = [name for name in sorted(host.adapters) if name != "recorded"]
    raise ModelError(
        f"nothing in '{path.name}' tells which adapter opens it",
        hint=f'adapter="...", one of: {", ".join(others)}' if others else "give the model itself",
    )


def _no_rankings() -> ModelError:
    return ModelError(
        "rankings are held against a table of interactions, which this way in does not read",
        hint='auditkit run, with loader = "interactions" in the spec',
    )


def _of_predictions(
    asked: Asked, given: Given, roles: Roles, tables: Mapping[str, GivenTable], host: Host, naming: Naming
) -> Prepared:
    naming = told(naming, _target_classes(roles))
    if asked.task == "ranking":
        raise _no_rankings()
    said = {"audit": given.model}
    if given.training_predictions is not None:
        if "training" not in tables:
            raise SpecError("training_predictions need the rows that they are about", hint="training=...")
        said["training"] = given.training_predictions
    taken = {str(name) for table in tables.values() for name in table.frame.columns}
    if asked.task != "regression":
        columns = {name: recorded_columns(one, naming, taken) for name, one in said.items()}
        recorded = {name: one for name, one in columns.items() if one is not None}
        if len(recorded) == len(said):
            return _of_columns(asked, roles, tables, host, recorded)
    by_split = {name: one if isinstance(one, Predictions) else as_values(one) for name, one in said.items()}
    check_lengths(by_split, {name: len(table.frame) for name, table in tables.items()})
    kind = type(by_split["audit"]).__name__
    if kind == "Rankings":
        raise _no_rankings()
    notes = (Text.of("predictions of the type {kind} were given in memory; no model was run", kind=kind),)
    model = GivenPredictions(by_split, notes=(*notes, BY_ITS_ANSWERS), auditkit_class_name=kind)
    data = _data_keys(roles, tables) | {"input": asked.input}
    asked = replace(asked, task=asked.task or _TASKS.get(kind))
    spec = asked.spec(model={"adapter": GIVEN}, data=data, name="Audit of given predictions", folder=Path.cwd())
    dataset = _dataset(spec, tables)
    training = None if dataset.training is None else marked(dataset.training)
    dataset = replace(dataset, audit=marked(dataset.audit), training=training)
    return _in_memory(spec, dataset, host, lambda _: model, digest=None)


def _of_columns(
    asked: Asked,
    roles: Roles,
    tables: Mapping[str, GivenTable],
    host: Host,
    recorded: Mapping[str, RecordedColumns],
) -> Prepared:
    """Predictions as columns beside the rows: what `adapter = "recorded"` reads."""
    keys = recorded["audit"].keys
    other = recorded.get("training")
    if other is not None and other.keys != keys:
        raise ModelError(
            "training_predictions are not of the same kind as the predictions",
            hint="give both as scores of the same classes, or both as labels",
        )
    frames = {
        name: recorded[name].beside(table.frame, table.where) if name in recorded else table.frame
        for name, table in tables.items()
    }
    data = _data_keys(roles, tables) | {"input": asked.input} | {key: value for key, value in keys.items() if value}
    # Columns of scores are called as the target's classes by now; a column of labels holds the model's own words.
    model = {"adapter": "recorded", **({"labels": {}} if "scores" in keys else {})}
    spec = asked.spec(model=model, data=data, name="Audit of given predictions", folder=Path.cwd())
    return Prepared(spec, _dataset(spec, tables, frames), host, host)


def _of_object(
    asked: Asked, given: Given, roles: Roles, tables: Mapping[str, GivenTable], host: Host, naming: Naming
) -> Prepared:
    found = found_model(given.model, given.outputs)
    names = input_of(asked, found, roles)
    data = _data_keys(roles, tables) | {"input": names}
    title = found.kind.rpartition(".")[2]
    asked = replace(asked, task=asked.task or ("regression" if found.gives_values else None))
    spec = asked.spec(model={"adapter": IN_MEMORY}, data=data, name=f"Audit of {title}", folder=Path.cwd())
    types = types_of(roles.table, [names] if isinstance(names, str) else names, missing=asked.missing or ())

    def opened(target_classes: tuple[str, ...]) -> Any:
        return Opened(found.make(told(naming, target_classes), types), found.notes, found.kind)

    return _in_memory(spec, _dataset(spec, tables), host, opened, digest=found.identity.digest)


@dataclass(frozen=True)
class Opened:
    """A model in memory with what the result is to say of it; everything else is asked of the model."""

    model: Any = field(repr=False)
    notes: tuple[Text, ...]
    auditkit_class_name: str

    def predict(self, inputs: Any) -> Predictions:
        """What the model says of these inputs."""
        said: Predictions = self.model.predict(inputs)
        return said

    def __getattr__(self, name: str) -> Any:
        """Whatever else the model can do: checks ask for it by name."""
        if name.startswith("__") or name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)


def _in_memory(
    spec: AuditSpec,
    dataset: AuditDataset,
    host: Host,
    opened: Callable[[tuple[str, ...]], Any],
    *,
    digest: str | None,
) -> Prepared:
    """Register a plugin that offers the model: from here on it is opened as any other."""

    @adapter(spec.model.adapter)
    def open_given(path: Path | None, *, target_classes: tuple[str, ...]) -> Any:  # noqa: ARG001  there is none
        """What was given in memory."""
        return opened(target_classes)

    module = ModuleType(IN_MEMORY)
    module.auditkit_register_adapters = hookimpl(lambda: [open_given])  # type: ignore[attr-defined]
    installed = next((plugin for plugin in host.plugins if plugin.distribution == "auditkit"), None)
    version = installed.version if installed else "0"
    plugin = Plugin(IN_MEMORY, module, "auditkit", version, distribution_digest("auditkit"))
    return Prepared(
        spec,
        dataset,
        Host([*host.plugins, plugin]),
        host,
        placeholder=digest or "0" * 64,
        by_answers=digest is None,
    )


_TASKS: dict[str, Task] = {"Values": "regression", "Texts": "text", "TokenLabels": "tokens"}

_SPLITS: tuple[SplitName, ...] = ("audit", "training", "reference")


def _data_keys(roles: Roles, tables: Mapping[str, GivenTable]) -> dict[str, Any]:
    places = {name: table.file.name if table.file else "given in memory" for name, table in tables.items()}
    return {"loader": roles.table.loader, **places, **roles.keys}


def _dataset(
    spec: AuditSpec, tables: Mapping[str, GivenTable], frames: Mapping[str, Any] | None = None
) -> AuditDataset:
    splits: dict[SplitName, Split] = {}
    task: Task | None = None
    for name in _SPLITS:
        if name in tables:
            frame = (frames or {}).get(name, tables[name].frame)
            task = task_of(spec, frame) if name == "audit" else task
            # What the audit rows are decides what the others are, as in `read_dataset`.
            splits[name] = make_split(spec, name, frame, tables[name].where, task=task or "multiclass")
    files = {name: table.file for name, table in tables.items() if table.file}
    return AuditDataset(spec.name, splits["audit"], splits.get("training"), splits.get("reference"), files, task)


def _target_classes(roles: Roles) -> tuple[str, ...]:
    """The labels of the target, for hints; none when there is no such column, which is told of later."""
    from auditkit.dataset import Codes

    if not isinstance(roles.target, str) or roles.target not in roles.table.frame:
        return ()
    try:
        return Codes.of(roles.table.frame[roles.target].tolist()).vocabulary
    except (TypeError, ValueError, AuditError):
        return ()
