"""A model in ONNX, run by onnxruntime on the CPU: predictions alone, no gradients."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auditkit import ModelError, Predictions, Text, needs_extra
from auditkit.checkpoints import refuse_unsteady
from auditkit.inputs import Columns
from auditkit_tabular.meaning import Meaning, Output

_FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64}
_SAVE = "torch.onnx.export, or skl2onnx with zipmap=False: one matrix in, one matrix of numbers out"


@dataclass(frozen=True)
class OnnxModel:
    """A session of onnxruntime that takes one matrix of numbers."""

    session: Any
    given: str
    dtype: Any
    asked: str
    columns: Columns
    meaning: Meaning
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    batch_size: int = 65_536
    device: str = "cpu"

    @property
    def cannot(self) -> Mapping[str, str]:
        """Why it has not what other models of tables have."""
        return {
            "Differentiable": "onnxruntime gives predictions and no gradients",
            "Trainable": "an ONNX file holds what was learnt, and not how",
        }

    def predict(self, inputs: Any) -> Predictions:
        """What it says of the rows of a table.

        Raises:
            DataError: a cell is not what its column holds.
        """
        matrix = self.columns.matrix(inputs).astype(self.dtype)
        if not len(matrix):
            return self.meaning.predictions(np.zeros((0, self.meaning.outputs)))
        (said,) = self.session.run([self.asked], {self.given: matrix})
        return self.meaning.predictions(said)


def open_onnx(path: Path, columns: Columns, meaning: Callable[[Output | None], Meaning]) -> OnnxModel:
    """A session on the CPU, of one thread a matrix product, so that two runs give the same bits.

    Raises:
        ModelError: it is damaged, keeps numbers outside its folder, or takes or gives something else than a matrix.
    """
    with needs_extra("onnx"):
        import onnx
        import onnxruntime
    columns.refuse_unlisted()
    try:
        # Without the numbers that lie in other files, until it is known that those lie beside it.
        graph = onnx.load(path, load_external_data=False)
        _refuse_outside(graph, path)
        options = onnxruntime.SessionOptions()
        options.use_deterministic_compute = True
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (ModelError, MemoryError):
        raise
    except Exception as error:  # damaged files make both libraries raise anything: it is told, with its own words
        said = str(error).partition("\n")[0][:300]
        raise ModelError(f"'{path.name}' cannot be read: {type(error).__name__}: {said}", hint=_SAVE) from error
    given, asked = _ends(session, columns, path.name)
    _try(session, given, asked, columns.width, path.name)
    certain: Output | None = "probabilities" if _ends_in(graph, asked.name) in {"Softmax", "Sigmoid"} else None
    return OnnxModel(session, given.name, _FLOATS[given.type], asked.name, columns, meaning(certain))


def _try(session: Any, given: Any, asked: Any, width: int, file: str) -> None:
    """Run rows between zeros and ones: twice, and the first of them alone.

    Raises:
        ModelError: it takes another number of rows at once, or gives other numbers for the same row.
    """
    if isinstance(given.shape[0], int):
        raise ModelError(
            f"'{file}' takes {given.shape[0]} rows at once, no more and no fewer",
            hint='export it with a batch of any size: torch.onnx.export(..., dynamic_axes={"x": {0: "rows"}})',
        )
    rows = np.linspace(np.zeros(width), np.ones(width), 8, dtype=_FLOATS[given.type])
    try:
        first, again, alone = (session.run([asked.name], {given.name: some})[0] for some in (rows, rows, rows[:1]))
    except Exception as error:  # onnxruntime has kinds of its own
        said = str(error).partition("\n")[0][:300]
        raise ModelError(f"'{file}' failed on rows of {width} numbers: {said}", hint=_SAVE) from error
    refuse_unsteady(first, again, alone)


def _refuse_outside(graph: Any, path: Path) -> None:
    """Refuse numbers in files that do not lie beside the model: they could be any file of the machine."""
    from onnx.external_data_helper import _get_all_tensors, uses_external_data

    for tensor in _get_all_tensors(graph):
        if not uses_external_data(tensor):
            continue
        said = {entry.key: entry.value for entry in tensor.external_data}
        name = said.get("location", "")
        if not re.fullmatch(r"[\w-][\w.-]*", name) or (path.parent / name).is_symlink():
            raise ModelError(
                f"'{path.name}' keeps numbers in '{name[:200]}', which is no file beside it",
                hint="save it with its numbers inside, or in a file beside it",
            )


def _ends(session: Any, columns: Columns, file: str) -> tuple[Any, Any]:
    """The one matrix that goes in, and the one that comes out."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or inputs[0].type not in _FLOATS or len(inputs[0].shape) != 2:  # noqa: PLR2004  a matrix
        listed = ", ".join(f"'{one.name}' {one.type} {one.shape}" for one in inputs[:4])
        raise ModelError(f"'{file}' takes {listed}, and no one matrix of numbers", hint=_SAVE)
    width = inputs[0].shape[1]
    if isinstance(width, int) and width != columns.width:
        raise ModelError(
            f"'{file}' takes {width} numbers a row, and [data] input becomes {columns.width}",
            hint="name the columns in the order of the training; [model] categories and encoding say what each becomes",
        )
    # skl2onnx gives the label first, and the probabilities beside it.
    numbers = [one for one in outputs if one.type in _FLOATS and len(one.shape) in {1, 2}]
    if len(numbers) != 1:
        listed = ", ".join(f"'{one.name}' {one.type} {one.shape}" for one in outputs[:4])
        raise ModelError(f"'{file}' gives {listed}, and no one matrix of numbers", hint=_SAVE)
    return inputs[0], numbers[0]


def _ends_in(graph: Any, name: str) -> str:
    """The operator that makes an output."""
    return next((node.op_type for node in graph.graph.node if name in node.output), "")
