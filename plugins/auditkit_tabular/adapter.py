"""`tabular`: what a spec may say of it, and the way from a file or a folder to a model that predicts."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Trainable,
    adapter,
    needs_extra,
)
from auditkit.checkpoints import STATES, load_code, member_files
from auditkit.devices import Precision
from auditkit.inputs import Categories, Columns, Encoding
from auditkit_tabular.ensemble import Ensemble
from auditkit_tabular.estimator import Estimator, open_estimator
from auditkit_tabular.estimator_files import PICKLES, Loaded, read_pickle, read_skops
from auditkit_tabular.meaning import Meaning, Output, numbered_classes, of_values
from auditkit_tabular.recognise import recognise_tabular

_SKOPS = ".skops"
_ONNX = ".onnx"
_KERAS = ".keras"


@adapter(
    "tabular",
    recognises=recognise_tabular,
    can={
        Differentiable: "a torch or Keras module, by its columns",
        Trainable: "an estimator of scikit-learn, by a clone with the same settings; a torch module with a recipe",
    },
    cannot={
        Embeds: "a row is numbers already, and no layer is named that stands for it",
        Generates: "it gives numbers and writes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
    },
)
def open_tabular(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    data: Any,
    task: str | None,
    spec_folder: Path,
    precision: Precision = "float32",
    module: str | None = None,
    state_key: str | None = None,
    categories: Categories = (),
    encoding: Encoding = "one-hot",
    output: Output | None = None,
    levels: tuple[float, ...] = (),
    trust_pickle: bool = False,
    trust_types: tuple[str, ...] = (),
    recipe: dict[str, float] | None = None,
) -> Any:
    """A model of a table: a torch module, a scikit-learn estimator, a Keras model, or an ONNX file.

    It is given the columns of `[data] input`, in their order. Their cells are numbers, empty ones NaN; those that
    `categories` names are texts. A torch module takes one float32 matrix [rows, columns], in which `categories =
    {sex = ["F", "M"]}` become one column of 0 and 1 each, at the place of theirs (a missing cell is all zeros), or with
    `encoding = "codes"` their places 0, 1, ... in the list. A scikit-learn estimator takes a DataFrame with numbers as
    float64 and categories as texts: `categories = ["sex"]` is enough.

    `module = "net:build"` is the function that builds the torch module (build in net.py beside the spec, or in an
    installed package), and `path` its state. `output` says what it gives: "logits" or "probabilities" of each class, or
    one number of the second of two; of a regression (`task = "regression"`) "values", "mean-and-spread" or
    "mean-and-log-variance" [rows, 2], or "quantiles" at `levels`. It may be left out where the last layer of a
    Sequential tells. The outputs' names: `[model] labels = {0 = "no", 1 = "yes"}`, or `[data] classes`. What another
    `precision` of a module than float32 changes is measured and printed.

    `recipe = {epochs = 20, learning_rate = 0.001, rows = 64, decay = 0}` says how the torch module was trained, by
    Adam in steps of so many rows. Then checks may train it anew, e.g. as shadow models, many side by side.

    `.keras` files are of Keras 3, and run by torch. Layers of your own: `module = "layers:own"`, the function that
    returns them by their names; a lambda layer, code in the file, needs `trust_pickle`.

    `.skops` files are scikit-learn's, read by skops, types that it does not know under `trust_types`; `.joblib` and
    `.pkl` need `trust_pickle`, after a look at what they run. A folder with several such files, or several states of
    one module, is an ensemble: the mean of its members, and for values their spread.
    """
    if path is None:
        raise ModelError(
            "no model is named", hint='[model] path = "model.skops", or module = "net:build" and its state'
        )
    columns = Columns.of(data.input, categories, encoding)
    said = _Said(labels, tuple(target_classes), data, task, output, levels)
    files = _members(path, module)
    _refuse_of_modules(precision, None if files[0].suffix == _KERAS else module)
    members: list[Any]
    if files[0].suffix == _KERAS:
        from auditkit_tabular.keras_file import Asked, open_keras

        asked = Asked(device, None if module is None else load_code(module, spec_folder), trust_pickle)
        members = [open_keras(one, columns, said.meaning, asked) for one in files]
    elif module is not None:
        with needs_extra("models"):
            import torch  # noqa: F401  what is missing is told before anything is read
        from auditkit_tabular.network import Weights, open_network
        from auditkit_tabular.stacked import Recipe

        weights = Weights(state_key, trust_pickle, device, precision, None if recipe is None else Recipe.of(recipe))
        code = load_code(module, spec_folder)
        members = [open_network(one, code, columns, weights, said.meaning) for one in files]
    elif files[0].suffix == _ONNX:
        from auditkit_tabular.onnx_file import open_onnx

        members = [open_onnx(one, columns, said.meaning) for one in files]
    else:
        read = functools.partial(_read, trust_pickle=trust_pickle, trust_types=trust_types)
        members = [said.estimator(read(one), columns) for one in files]
    return members[0] if len(members) == 1 else Ensemble(tuple(members))


def _refuse_of_modules(precision: Precision, module: str | None) -> None:
    if precision != "float32" and module is None:
        raise ModelError(
            f"[model] precision is '{precision}', which is of torch modules, and none is named",
            hint="leave it out: the file computes as it was written",
        )


def _read(file: Path, *, trust_pickle: bool, trust_types: tuple[str, ...]) -> Loaded:
    if file.suffix == _SKOPS:
        return read_skops(file, trust_types)
    return read_pickle(file, trust_pickle=trust_pickle)


@dataclass(frozen=True)
class _Said:
    """What the spec says of a model's outputs."""

    labels: dict[str, str]
    targets: tuple[str, ...]
    data: Any
    task: str | None
    output: Output | None
    levels: tuple[float, ...]

    @property
    def target_columns(self) -> tuple[str, ...]:
        """The columns of several labels; none: one class a row."""
        return tuple(self.data.target) if isinstance(self.data.target, tuple) else ()

    def estimator(self, loaded: Loaded, columns: Columns) -> Estimator:
        """An estimator that was read, held against all this."""
        return open_estimator(
            loaded,
            columns,
            task=self.task,
            labels=self.labels,
            targets=self.targets,
            target_columns=self.target_columns,
            threshold=self.data.threshold,
        )

    def meaning(self, certain: Output | None) -> Meaning:
        """How the numbers are read, given what the model tells for certain."""
        if self.task == "regression":
            return of_values(self.output, self.levels)
        output = self.output or certain
        if output is None or output not in {"logits", "probabilities"} or self.levels:
            raise ModelError(
                "nothing says what the model's numbers are"
                if output is None
                else f'[model] output is "{output}", and the task is one of classes',
                hint='[model] output = "logits" or "probabilities"; of values: task = "regression", above [model]',
            )
        if self.output and certain and self.output != certain:
            raise ModelError(
                f'[model] output is "{self.output}", and the last layer of the model gives {certain}',
                hint=f'output = "{certain}"',
            )
        several = bool(self.target_columns)
        classes = numbered_classes(
            self.data.classes, labels=self.labels, targets=self.target_columns or self.targets, several=several
        )
        return Meaning(output, classes, several)


def _members(path: Path, module: str | None) -> tuple[Path, ...]:
    """The files of the models: one, or those of an ensemble, sorted by name.

    Raises:
        ModelError: there is none of a kind that is read.
    """
    if path.is_dir():
        kinds = STATES if module is not None else (_SKOPS, _ONNX, *PICKLES)
        return member_files(path, (_KERAS, *kinds), hint=_HINT)
    if module is None and path.suffix not in {_KERAS, _SKOPS, _ONNX, *PICKLES}:
        state = path.suffix in STATES
        raise ModelError(
            f"'{path.name}' is a module's state, and nothing says which module"
            if state
            else f"'{path.name}' is no model of a table that is read",
            hint='[model] module = "net:build": the function build in net.py, which returns the module'
            if state
            else _HINT,
        )
    if not path.is_file():
        raise ModelError(f"there is no model at '{path}'", hint="[model] path is relative to the spec file")
    return (path,)


_HINT = 'a .skops, .joblib, .pkl, .onnx or .keras file; or module = "net:build" with its state, .safetensors or .pt'
