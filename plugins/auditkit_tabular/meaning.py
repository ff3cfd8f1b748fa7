"""What a model's numbers mean: classes by name, labels, or values with their spread or quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from auditkit import ClassScores, LabelScores, ModelError, Predictions, Values
from auditkit.checkpoints import class_names

Output = Literal["logits", "probabilities", "values", "mean-and-spread", "quantiles"]
_ROUNDING = 1e-4
_OF_VALUES = ("values", "mean-and-spread", "quantiles")
_TWO = 2
_MEDIAN = 0.5


def named_classes(
    own: Sequence[str], *, labels: Mapping[str, str], targets: Sequence[str], several: bool = False
) -> tuple[str, ...]:
    """The names of a model's classes, in the order of its outputs, held against the target's.

    Args:
        own: what the model calls them; the numbers of its outputs, when it has no names.
        labels: `[model] labels`, from these names to the target's.
        targets: the target's names; empty: unknown.
        several: whether they are labels, of which several can be right.

    Raises:
        ModelError: a target is none of them, or two have one name.
    """
    config = SimpleNamespace(
        id2label=dict(enumerate(own)),
        num_labels=len(own),
        problem_type="multi_label_classification" if several else None,
    )
    return class_names(config, adapter="tabular", labels=labels, targets=targets)[1]


def numbered_classes(
    classes: Sequence[str], *, labels: Mapping[str, str], targets: Sequence[str], several: bool = False
) -> tuple[str, ...]:
    """The names of a network's outputs: `[data] classes` in their order, or `[model] labels` by their numbers.

    Raises:
        ModelError: neither says, and the target's names are not the numbers themselves.
    """
    if classes or several:
        return named_classes(tuple(classes or targets), labels=labels, targets=targets, several=several)
    count = len(labels) or len(targets)
    numbers = tuple(map(str, range(count)))
    if (labels and set(labels) != set(numbers)) or (not labels and set(targets) != set(numbers)):
        shown = ", ".join(f'{number} = "{name}"' for number, name in enumerate(targets or ("no", "yes")))
        raise ModelError(
            "nothing says which class each output of the model stands for",
            hint=f"[model] labels = {{{shown}}}, the outputs by their numbers, in the order of the training",
        )
    return named_classes(numbers, labels=labels, targets=targets)


@dataclass(frozen=True)
class Meaning:
    """How the numbers [n, k] of a model are read."""

    output: Output
    classes: tuple[str, ...] = ()
    several: bool = False
    levels: tuple[float, ...] = ()

    @property
    def outputs(self) -> int:
        """How many numbers a row has."""
        if self.output in _OF_VALUES:
            return {"values": 1, "mean-and-spread": _TWO}.get(self.output, len(self.levels))
        return len(self.classes)

    def predictions(self, numbers: Any) -> Predictions:
        """The prediction type that numbers [n, k] or [n] spell.

        Raises:
            ModelError: there are not as many as there are classes or levels, or they are probabilities where logits
                were said.
        """
        table = np.asarray(numbers, dtype=np.float64)
        table = table.reshape(len(table), -1) if table.ndim != _TWO else table
        if self.output in _OF_VALUES:
            return self._values(table)
        if table.shape[1] == 1 and len(self.classes) == _TWO and not self.several:
            return self._of_second(table[:, 0])
        self._refuse_width(table)
        if self.several:
            return LabelScores(self.classes, _sigmoid(table) if self.output == "logits" else table)
        if self.output == "logits":
            _refuse_distributions(table)
            table = _softmax(table)
        return ClassScores(self.classes, table)

    def _of_second(self, scores: Any) -> ClassScores:
        """One number a row is of the second class."""
        second = _sigmoid(scores) if self.output == "logits" else scores
        return ClassScores(self.classes, np.column_stack([1 - second, second]))

    def _values(self, table: Any) -> Values:
        self._refuse_width(table)
        if self.output == "mean-and-spread":
            return Values(table[:, 0], table[:, 1])
        if self.output == "quantiles":
            return Values(table[:, self.levels.index(_MEDIAN)], None, table, self.levels)
        return Values(table[:, 0])

    def _refuse_width(self, table: Any) -> None:
        if table.shape[1] != self.outputs:
            what = "classes" if self.classes else "numbers wanted"
            raise ModelError(
                f"the model gives {table.shape[1]} numbers a row, and there are {self.outputs} {what}",
                hint="name every class: [model] labels, or [data] classes" if self.classes else "see [model] output",
            )


def _sigmoid(logits: Any) -> Any:
    # Both ways of writing it, so that no exponential overflows.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small))


def _softmax(logits: Any) -> Any:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _refuse_distributions(table: Any) -> None:
    """Refuse the softmax of what is a distribution in every row already: it would flatten all of them."""
    if len(table) and (table >= 0).all() and np.allclose(table.sum(axis=1), 1.0, atol=_ROUNDING):
        raise ModelError(
            "the model gives numbers that sum to 1 in every row: probabilities, no logits",
            hint='[model] output = "probabilities"',
        )


def of_values(output: Output | None, levels: tuple[float, ...]) -> Meaning:
    """The meaning of a regression's outputs.

    Raises:
        ModelError: `output` is one of classes, or `levels` do not fit it.
    """
    if output is not None and output not in _OF_VALUES:
        raise ModelError(
            f'[model] output is "{output}", which is of classes, and the task is a regression',
            hint='output = "values", "mean-and-spread" or "quantiles"',
        )
    if (output == "quantiles") != bool(levels):
        raise ModelError(
            'quantiles need their levels, and levels are for quantiles: output = "quantiles" and levels go together',
            hint='[model] output = "quantiles" and levels = [0.05, 0.5, 0.95]',
        )
    if levels and (_MEDIAN not in levels or list(levels) != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] < 1):
        raise ModelError(
            f"[model] levels are {list(levels)}: they ascend between 0 and 1, and 0.5, the value itself, is among them",
            hint="levels = [0.05, 0.5, 0.95]",
        )
    return Meaning(output or "values", levels=levels)
