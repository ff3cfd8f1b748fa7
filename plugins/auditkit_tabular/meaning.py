"""What a model's numbers mean: classes by name, labels, or values with their spread or quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from auditkit import ClassScores, LabelScores, ModelError, Predictions
from auditkit.checkpoints import (
    ValueOutput,
    ValueOutputs,
    class_names,
    refuse_distributions,
    refuse_squashed,
    value_outputs,
)

Output = Literal["logits", "probabilities"] | ValueOutput
_TWO = 2


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
    values: ValueOutputs | None = None
    """Of a regression."""

    @property
    def outputs(self) -> int:
        """How many numbers a row has."""
        return len(self.classes) if self.values is None else self.values.count

    def logits(self, said: Any) -> Any:
        """A torch tensor [n, k] of what a module said: of classes before any softmax, of labels before any sigmoid.

        Of values it is [n, 1]: the value, the mean, or the median.
        """
        import torch

        table = said.reshape(len(said), -1).float()
        if self.values is not None:
            value = table[:, self.values.middle : self.values.middle + 1]
            return value * self.values.scale + self.values.offset
        alone = table.shape[1] == 1 and len(self.classes) == _TWO and not self.several
        if self.output == "logits":
            # Half of it against half of it: their softmax is its sigmoid.
            return torch.cat([-table, table], dim=1) / 2 if alone else table
        least = torch.finfo(table.dtype).tiny
        if self.several or alone:
            odds = table.clamp(least).log() - (1 - table).clamp(least).log()
            return torch.cat([-odds, odds], dim=1) / 2 if alone else odds
        return table.clamp(least).log()

    def predictions(self, numbers: Any) -> Predictions:
        """The prediction type that numbers [n, k] or [n] spell.

        Raises:
            ModelError: there are not as many as there are classes or levels, or they are probabilities where logits
                were said.
        """
        if self.values is not None:
            return self.values.values(numbers)
        table = np.asarray(numbers, dtype=np.float64)
        table = table.reshape(len(table), -1) if table.ndim != _TWO else table
        if table.shape[1] == 1 and len(self.classes) == _TWO and not self.several:
            return self._of_second(table[:, 0])
        self._refuse_width(table)
        if self.several:
            if self.output == "logits":
                refuse_squashed(table)
            return LabelScores(self.classes, _sigmoid(table) if self.output == "logits" else table)
        if self.output == "logits":
            refuse_distributions(table)
            table = _softmax(table)
        return ClassScores(self.classes, table)

    def _of_second(self, scores: Any) -> ClassScores:
        """One number a row is of the second class."""
        if self.output == "logits":
            refuse_squashed(scores)
        second = _sigmoid(scores) if self.output == "logits" else scores
        return ClassScores(self.classes, np.column_stack([1 - second, second]))

    def _refuse_width(self, table: Any) -> None:
        if table.shape[1] != self.outputs:
            raise ModelError(
                f"the model gives {table.shape[1]} numbers a row, and there are {self.outputs} classes",
                hint="name every class: [model] labels, or [data] classes",
            )


def _sigmoid(logits: Any) -> Any:
    # Both ways of writing it, so that no exponential overflows.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small))


def _softmax(logits: Any) -> Any:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def of_values(output: Output | None, levels: tuple[float, ...]) -> Meaning:
    """The meaning of a regression's outputs.

    Raises:
        ModelError: `output` is one of classes, or `levels` do not fit it.
    """
    values = value_outputs(output, levels)
    return Meaning(values.output, values=values)
