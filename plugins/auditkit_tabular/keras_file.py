"""A Keras 3 model of a table, run by torch: a `.keras` file goes in, a network like any other comes out."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit import AuditError, ModelError, Text, needs_extra
from auditkit.checkpoints import Code, refuse_oversized
from auditkit.devices import Placed
from auditkit.inputs import Columns
from auditkit_tabular.keras_looking import CONFIG, METADATA, WEIGHTS, KerasFile, look_into, refuse_strange_weights
from auditkit_tabular.meaning import Meaning, Output
from auditkit_tabular.network import Network, try_out

KERAS = ".keras"
_HINT = "save it anew with Keras 3: model.save('model.keras')"


@dataclass(frozen=True)
class Asked:
    """What a spec says of a Keras model."""

    device: str
    own: Code | None = None
    """Returns the layers and functions of the user's own by their names; None: there are none."""
    trust_pickle: bool = False
    """Whether a lambda layer may run the code that it holds."""


def open_keras(path: Path, columns: Columns, meaning: Callable[[Output | None], Meaning], asked: Asked) -> Network:
    """Read a model as Keras wrote it, on torch, in float32, and see what it makes of a row.

    Args:
        path: of the file.
        columns: what goes in.
        meaning: of its numbers, given what its last layer tells for certain.
        asked: the rest of what the spec says.

    Raises:
        ModelError: it is damaged, would run or fetch what nobody allowed, or does not take such rows.
        PluginError: Keras is not installed.
    """
    columns.refuse_unlisted()
    keras = import_keras()
    objects = _objects(asked.own)
    file = look_into(path, known=objects.keys(), trust_pickle=asked.trust_pickle)
    with tempfile.TemporaryDirectory(prefix="auditkit-keras-") as folder:
        model = _loaded(keras, path, file, objects, Path(folder))
    # A class of the user's own has neither: what it takes and gives is tried.
    inputs, outputs = (len(getattr(model, name, [None])) for name in ("inputs", "outputs"))
    if inputs != 1 or outputs != 1:
        raise ModelError(
            f"the model takes {inputs} inputs and gives {outputs} outputs, and a table is one",
            hint="let it take one matrix of all columns, and give one: keras.layers.Concatenate joins them",
        )
    network = Network(
        Placed.of(_as_module(keras, model), asked.device),
        columns,
        meaning(_certain(keras, model)),
        notes=(*_versions(file, keras.__version__), *file.notes),
        trusted=(*([asked.own.trusted] if asked.own else []), *_ran(path, file)),
    )
    try_out(network)
    return network


def import_keras() -> Any:
    """Keras on torch, without a trace of it in the environment, and whatever the user's own keras.json says.

    Raises:
        ModelError: this process has Keras already, on another backend.
        PluginError: it is not installed.
    """
    with needs_extra("keras"):
        import torch  # noqa: F401  what is missing is told before anything is read

        if "keras" not in sys.modules:
            # It reads both when it is imported, and would write its settings into the user's home.
            with (
                tempfile.TemporaryDirectory(prefix="auditkit-keras-") as home,
                _environment(KERAS_BACKEND="torch", KERAS_HOME=home),
                _quietly(),
            ):
                importlib.import_module("keras")
        import keras
    if keras.backend.backend() != "torch":
        raise ModelError(
            f"Keras runs on '{keras.backend.backend()}' in this process, and auditkit runs it on torch",
            hint="set KERAS_BACKEND=torch before keras is imported; auditkit run audits in a process of its own",
        )
    return keras


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = _of_keras()
    os.environ.update(values)
    try:
        yield
    finally:
        # It sets one of TensorFlow's too.
        for name in _of_keras():
            del os.environ[name]
        os.environ.update(before)


def _of_keras() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(("KERAS_", "TF_"))}


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _objects(own: Code | None) -> dict[str, Any]:
    """The layers and functions of the user's own.

    Raises:
        ModelError: the user's code fails, or returns something else.
    """
    if own is None:
        return {}
    try:
        found = own.function()
    except Exception as error:  # the user's code may raise anything: it is told
        raise ModelError(
            f"{own.function.__name__}() failed: {type(error).__name__}: {str(error)[:300]}",
            hint="it takes nothing and returns the layers of your own by their names",
        ) from error
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise ModelError(
            f"{own.function.__name__}() returned a {type(found).__name__}",
            hint='it returns the layers of your own by their names: {"Scale": Scale}',
        )
    return dict(found)


def _loaded(keras: Any, path: Path, file: KerasFile, objects: dict[str, Any], folder: Path) -> Any:
    """The model of the settings that were looked at, with the weights of the file."""
    weights = folder / WEIGHTS
    with zipfile.ZipFile(path) as archive, archive.open(WEIGHTS) as packed, weights.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
        metadata = archive.read(METADATA)
    refuse_strange_weights(weights)
    config = json.dumps(file.config)
    copy = folder / f"model{KERAS}"
    with zipfile.ZipFile(copy, "w") as archive:
        archive.writestr(METADATA, metadata)
        archive.writestr(CONFIG, config)
        archive.write(weights, WEIGHTS)
    safe = not file.runs_code

    def build() -> Any:
        with keras.device("meta"):
            return keras.saving.deserialize_keras_object(json.loads(config), custom_objects=objects, safe_mode=safe)

    with _told(path), _undrawn(), _quietly():
        refuse_oversized(build, [weights], said_by=f"'{path.name}'")
        with keras.device("cpu"):
            return keras.saving.load_model(copy, custom_objects=objects, compile=False, safe_mode=safe)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (AuditError, MemoryError):
        raise
    except Exception as error:  # damaged files and the user's layers make Keras raise anything: it is told
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise ModelError(f"'{path.name}' cannot be read: {type(error).__name__}: {said[:300]}", hint=_HINT) from error


@contextlib.contextmanager
def _undrawn() -> Iterator[None]:
    """First weights are drawn, and then replaced: nobody else's draws may depend on them."""
    import torch

    state = random.getstate()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(state)


def _as_module(keras: Any, model: Any) -> Any:
    """A plain torch module around the model: Keras asks its own scope, and not its tensors, where to compute."""
    import torch

    class KerasModule(torch.nn.Module):  # type: ignore[misc]  # torch is not looked into
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, rows: Any) -> Any:
            with keras.device(str(rows.device)):
                return self.inner(rows, training=False)

    return KerasModule(model).eval()


def _certain(keras: Any, model: Any) -> Output | None:
    """What the last layer makes, where it is one that tells; None: only the user knows."""
    if not type(model).__module__.startswith("keras."):  # a class of the user's own may call them in another order
        return None
    last: Any = model.layers[-1] if model.layers else None
    # Of these types exactly: a child of theirs may do something else.
    while type(last) is keras.Sequential and last.layers:
        last = last.layers[-1]
    if type(last) is keras.layers.Softmax:
        return "probabilities"
    if type(last) not in {keras.layers.Dense, keras.layers.Activation} or last.output is not model.outputs[0]:
        return None
    if last.activation in {keras.activations.sigmoid, keras.activations.softmax}:
        return "probabilities"
    return "logits" if last.activation is keras.activations.linear else None


def _versions(file: KerasFile, run: str) -> tuple[Text, ...]:
    if file.saved_with in {"", run}:
        return ()
    message = "the model was saved with Keras {saved}, and run with {run}: its answers can differ"
    return (Text.of(message, saved=file.saved_with[:40], run=run),)


def _ran(path: Path, file: KerasFile) -> tuple[Text, ...]:
    if not file.runs_code:
        return ()
    return (Text.of("code in a lambda layer of '{file}' was run, which the spec allows", file=path.name),)
