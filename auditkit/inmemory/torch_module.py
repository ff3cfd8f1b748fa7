"""A torch module on a table: a float tensor of the input columns goes in, numbers for each class come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.devices import computing_of_module
from auditkit.errors import DataError, ModelError
from auditkit.inmemory.identity import kind_of, state_identity
from auditkit.inmemory.models import Found, Outputs
from auditkit.inmemory.naming import Naming, as_array, as_floats
from auditkit.inmemory.surroundings import evaluating
from auditkit.numbers import parse_numbers
from auditkit.predictions import Floats, Predictions, Values

if TYPE_CHECKING:
    from auditkit.result import Computing

_ALREADY = {"Sigmoid", "Softmax", "Softmax2d"}
_ROUNDING = 1e-4


def found_module(module: Any, outputs: Outputs) -> Found:
    """What a module says of itself.

    Raises:
        ModelError: it is a transformer, which takes tokens and not columns, or ends in what `outputs` denies.
    """
    if hasattr(module, "config") and hasattr(module, "save_pretrained"):
        raise ModelError(
            f"a {type(module).__name__} takes tokens, and nothing says how texts become tokens",
            hint='transformers.pipeline("text-classification", model=model, tokenizer=tokenizer), or its folder',
        )
    last = [type(part).__name__ for part in module.modules()][-1]
    if outputs == "logits" and last in _ALREADY:
        raise ModelError(
            f"the module ends in a {last}, so what it gives are probabilities and no logits",
            hint='outputs="probabilities"',
        )
    return Found(
        kind_of(module),
        state_identity(module.state_dict()),
        lambda naming, types: TableModule(module, naming, types, outputs),
        gives_values=outputs == "values",
    )


@dataclass(frozen=True)
class TableModule:
    """A module that takes a float tensor [n, columns] and gives logits [n, k], or [n] or [n, 1] for the positive."""

    module: Any = field(repr=False)
    naming: Naming
    types: Mapping[str, Any]
    outputs: Outputs

    @property
    def computing(self) -> Computing | None:
        """How torch computes with it, in the process that it was given in."""
        return computing_of_module(self.module)

    def predict(self, inputs: Any) -> Predictions:
        """Its probabilities for a table of numbers; in evaluation mode, without gradients, on the module's own device.

        Raises:
            DataError: a cell is no number.
            ModelError: what it gives is not what `outputs` says.
        """
        import torch

        # Any tensor of it tells where it is and how it counts; one without any takes single precision.
        held = next((t for t in (*self.module.parameters(), *self.module.buffers()) if t.is_floating_point()), None)
        rows = torch.as_tensor(_table(inputs), dtype=torch.float32 if held is None else held.dtype)
        with evaluating(self.module):
            said = self.module(rows if held is None else rows.to(held.device))
        said = getattr(said, "logits", said)
        if not isinstance(said, torch.Tensor):
            raise ModelError(
                f"the module gave a {type(said).__name__}", hint="it gives one tensor; wrap it in a function"
            )
        numbers = said.detach().cpu().to(torch.float64)
        return self._named(numbers)

    def _named(self, numbers: Any) -> Predictions:
        if self.outputs == "values" or self.naming.regression:
            return Values(_array(numbers).reshape(len(numbers)))
        if self.outputs == "probabilities":
            return self.naming.scores(_array(numbers))
        if self.naming.several or numbers.ndim == 1 or numbers.shape[-1] == 1:
            return self.naming.scores(_array(numbers.sigmoid()))
        _refuse_distributions(_array(numbers))
        return self.naming.scores(_array(numbers.softmax(dim=-1)))


def _array(tensor: Any) -> Floats:
    array = as_array(tensor)
    return as_floats(np.empty(0) if array is None else array)


def _table(inputs: Any) -> Floats:
    """The columns as numbers [n, columns]."""
    frame = inputs.to_frame() if getattr(inputs, "ndim", 2) == 1 else inputs
    columns = [parse_numbers(frame[name], column=str(name)) for name in frame.columns]
    if not columns:
        raise DataError("no column goes into the module", hint='input=["age", ...], in the order that it takes them')
    # In rows: a matrix that lies in columns is multiplied in another order.
    return np.ascontiguousarray(np.column_stack(columns))


def _refuse_distributions(numbers: Floats) -> None:
    """Refuse to take the softmax of what is a distribution in every row already: it would flatten all of them."""
    is_one = (numbers >= 0).all() and np.allclose(numbers.sum(axis=1), 1.0, atol=_ROUNDING)
    if is_one and len(numbers):
        raise ModelError(
            "the module gives numbers that sum to 1 in every row: probabilities, no logits",
            hint='outputs="probabilities"',
        )
