"""What `auditkit init` is told of models of tables: by the schema of skops, the names in a pickle, a file's kind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from auditkit import DataError, ModelError, parse_numbers
from auditkit.checkpoints import follow_file
from auditkit.recognising import Glimpse, Recognised, Setting, is_state, state_settings

if TYPE_CHECKING:
    import pandas as pd

_PICKLES = (".joblib", ".pkl", ".pickle")
_LARGEST_PICKLE = 64 << 20
_OF_CONVOLUTIONS = 4
"""The axes of their weights: such a state is no table's."""
_DEEPEST = 40
_OUTPUTS = ("logits", "probabilities", "values", "mean-and-spread", "quantiles")
_OF_VALUES = ("Regressor", "SVR", "Ridge", "Lasso", "ElasticNet", "LinearRegression", "PoissonRegressor")
_OF_CLASSES = ("Classifier", "LogisticRegression", "SVC", "NB", "LogisticRegressionCV", "DiscriminantAnalysis")


def recognise_tabular(seen: Glimpse) -> Recognised | None:
    """An estimator in a .skops file or a pickle, an ONNX or Keras file, or the state of a torch module."""
    if seen.is_folder:
        return _ensemble(seen)
    if seen.suffix == ".skops":
        return _skops(seen)
    if seen.suffix in _PICKLES:
        return _pickle(seen)
    if seen.suffix == ".onnx":
        outputs = Setting("output", why="what the model's numbers are", is_safe=False, choices=_OUTPUTS)
        reason = "its name ends in .onnx"
        return Recognised("likely", reason, (outputs,), takes="columns", are_numbered=True, of_inputs=_listed)
    if seen.suffix == ".keras":
        return _keras(seen)
    return _state(seen)


def _keras(seen: Glimpse) -> Recognised | None:
    """What the settings in a .keras file say: its layers, and what the last one does to its numbers."""
    config = seen.member("config.json")
    if not config:
        return None
    layers = [node for node in _nodes(config) if isinstance(node.get("class_name"), str) and "config" in node]
    activations = [one["config"].get("activation") for one in layers if isinstance(one["config"], dict)]
    last = next((one for one in reversed(activations) if one is not None), None)
    tells = last in ("softmax", "sigmoid")
    settings = [] if tells else [Setting("output", why="what the model's numbers are", is_safe=False, choices=_OUTPUTS)]
    if any(one["class_name"] == "Lambda" for one in layers):
        why = "it holds a lambda layer, which runs code: true only if you trust whoever made it"
        settings.append(Setting("trust_pickle", why=why, is_safe=False, choices=("true",)))
    reason = f"a {config.get('class_name')} that Keras wrote"
    return Recognised("sure", reason, tuple(settings), takes="columns", are_numbered=True, of_inputs=_listed)


def _ensemble(seen: Glimpse) -> Recognised | None:
    """A folder with several files of one kind."""
    kinds = {
        ending
        for ending in (".skops", ".onnx", ".keras", *_PICKLES)
        if any(name.endswith(ending) for name in seen.names)
    }
    if len(kinds) != 1 or "config.json" in seen.names:
        return None
    (ending,) = kinds
    members = sorted(name for name in seen.names if name.endswith(ending))
    first = recognise_tabular(seen.beside(members[0]))
    if first is None:
        return None
    reason = f"an ensemble of {len(members)}: the first, {first.reason}"
    return Recognised(
        first.certainty, reason, first.settings, task=first.task, takes="columns", gives=first.gives,
        classes=first.classes, are_numbered=first.are_numbered, columns=first.columns, of_inputs=first.of_inputs,
    )  # fmt: skip


def _skops(seen: Glimpse) -> Recognised:
    """What the schema in a .skops file says of the estimator: its class, its classes and its columns."""
    schema = seen.member("schema.json")
    names = [str(node["__class__"]) for node in _nodes(schema) if "__class__" in node]
    classes, columns = _texts(schema, "classes_"), _texts(schema, "feature_names_in_")
    reason = f"a {_called(names)} that skops wrote" if names else "its name ends in .skops"
    task = _task_of(names, has_classes=bool(classes))
    return Recognised(
        "sure" if names else "possible", reason, takes="columns", task=task, gives=_gives(task), classes=classes,
        columns=columns, of_inputs=_texts_among,
    )  # fmt: skip


def _pickle(seen: Glimpse) -> Recognised:
    """What a pickle would make, by following it without running any of it."""
    why = "true only if you trust whoever made it: a pickle can run code; skops.io.dump writes a file that cannot"
    trust = Setting("trust_pickle", why=why, is_safe=False, choices=("true",))
    names: list[str] = []
    if seen.path is not None and seen.path.stat().st_size <= _LARGEST_PICKLE:
        try:
            names = [one.rpartition(".")[2] for one in follow_file(seen.path).listed if one.startswith("sklearn.")]
        except ModelError as error:
            raise ModelError(f"'{seen.name}' is no pickle that can be followed: {error}", hint=error.hint) from error
    task = _task_of(names, has_classes=False)
    reason = f"a pickle of a {_called(names)}" if names else f"its name ends in {seen.suffix}"
    return Recognised(
        "likely" if names else "possible", reason, (trust,), takes="columns", task=task, gives=_gives(task),
        of_inputs=_texts_among,
    )  # fmt: skip


def _state(seen: Glimpse) -> Recognised | None:
    if not is_state(seen):
        return None
    shapes = seen.tensors()
    if any(len(shape) == _OF_CONVOLUTIONS for shape in shapes.values()):
        return None
    reason = "it is the state of a torch module" + (f", of {len(shapes)} tensors" if shapes else "")
    settings = state_settings(seen, *_OUTPUTS)
    return Recognised("possible", reason, settings, takes="columns", are_numbered=True, of_inputs=_listed)


def _texts_among(inputs: pd.DataFrame) -> Iterator[Setting]:
    """The columns that an estimator is given as texts."""
    texts = [str(name) for name in inputs.columns if not _is_number(inputs[name])]
    if texts:
        yield Setting("categories", texts, "columns whose cells are no numbers: the estimator is given texts")


def _listed(inputs: pd.DataFrame) -> Iterator[Setting]:
    """The columns of which a network's numbers are made, in an order that only its training knows."""
    texts = [str(name) for name in inputs.columns if not _is_number(inputs[name])]
    if texts:
        asked = ", ".join(f"{json.dumps(name, ensure_ascii=False)} = [...]" for name in texts[:4])
        why = f"the categories of each column of texts, in the order of the training: {{{asked}}}"
        yield Setting("categories", why=why, is_safe=False)


def _is_number(column: Any) -> bool:
    try:
        parse_numbers(column.to_numpy(dtype=object), column="")
    except DataError:
        return False
    return True


def _task_of(names: Iterable[str], *, has_classes: bool) -> str | None:
    known = [name.rpartition(".")[2] for name in names]
    of_values = any(name.endswith(_OF_VALUES) for name in known)
    return "regression" if of_values and not has_classes and not any(map(_is_classifier, known)) else None


def _is_classifier(name: str) -> bool:
    return name.endswith(_OF_CLASSES)


def _gives(task: str | None) -> str | None:
    return "Values" if task == "regression" else None


def _called(names: list[str]) -> str:
    """The outermost class, and the one that answers."""
    known = [name.rpartition(".")[2] for name in names]
    answers = next((name for name in known if _is_classifier(name) or name.endswith(_OF_VALUES)), known[0])
    return known[0] if known[0] == answers else f"{known[0]} with a {answers}"


def _nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a schema, from the outside in."""
    level: list[Any] = [schema]
    for _ in range(_DEEPEST):
        found = [node for node in level if isinstance(node, dict)]
        yield from found
        level = [item for node in found for item in node.values()]
        level = [one for item in level for one in (item if isinstance(item, list) else [item])]


def _texts(schema: Any, attribute: str) -> tuple[str, ...]:
    """An attribute that holds an array of texts; none: it is absent, or an array that is not in the schema."""
    for node in _nodes(schema):
        if attribute in node and (found := _array(node[attribute])):
            return tuple(map(str, found))
    return ()


def _array(node: Any) -> list[Any]:
    """The cells of an array of objects, as skops writes them into its schema."""
    if not isinstance(node, dict):
        return []
    items = node.get("content")
    if isinstance(items, dict):
        items = items.get("content")
    cells = []
    for item in items if isinstance(items, list) else []:
        raw = item.get("content") if isinstance(item, dict) else None
        try:
            cells.append(json.loads(raw) if isinstance(raw, str) else raw)
        except ValueError:  # no JSON after all: the array is not one of texts
            return []
    return cells if all(isinstance(cell, str) for cell in cells) else []
