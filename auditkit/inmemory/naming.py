"""Scores and labels without names become predictions: what the caller and the data say of the classes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit.data.tasks import MOST_NUMBERED_CLASSES
from auditkit.errors import ModelError, did_you_mean
from auditkit.labels import canonical_label
from auditkit.predictions import ClassScores, Floats, LabelScores, Predictions, Values

_COLUMN, _TABLE = 1, 2


@dataclass(frozen=True)
class Naming:
    """What is known of the classes before the model speaks."""

    classes: tuple[str, ...] = ()
    """As the caller names them, in the order of the score columns."""
    positive: str | None = None
    several: tuple[str, ...] = ()
    """The target columns of multi-label data, which name the labels."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The model's own names -> the target's."""
    kind: Literal["probability", "score"] = "probability"
    threshold: float | None = None
    regression: bool = False
    """Whether what the model says are numbers, by the caller's word."""
    target_classes: tuple[str, ...] = ()
    """The labels that occur in the target of the audit rows."""

    def own(self, names: Iterable[Any]) -> tuple[str, ...]:
        """The model's own names of its score columns, as the target calls them; the caller's go before them.

        Raises:
            ModelError: the caller names the same classes in another order, which would give each the other's scores.
        """
        labels = (str(canonical_label(name)) for name in names)
        named = tuple(self.renamed.get(label, label) for label in labels)
        if self.classes and self.classes != named and sorted(self.classes) == sorted(named):
            raise ModelError(
                f"classes are {list(self.classes)}, and the columns of the scores are {list(named)}",
                hint=f"leave classes out, or write classes={list(named)}: they follow the columns",
            )
        return self.classes or named

    def answer(self, said: Any) -> Predictions:
        """What a function of somebody's own returned, as predictions.

        Raises:
            ModelError: it is no array, or nothing says which classes it is about.
        """
        if isinstance(said, Predictions):
            return self._renamed(said)
        columns = tuple(said.columns) if hasattr(said, "columns") else ()
        array = as_array(said)
        if array is None:
            raise ModelError(
                f"the model said a {type(said).__name__}; wanted predictions",
                hint="return an array of scores [n] or [n, k], or a prediction type such as auditkit.ClassScores",
            )
        if self.regression:
            return Values(as_floats(array).reshape(len(array)))
        if array.ndim == _COLUMN and not is_scores(array):
            return self.labels(array)
        return self.scores(as_floats(array), own=columns if len(columns) > 1 else ())

    def scores(self, scores: Floats, *, own: Sequence[Any] = (), kind: str | None = None) -> Predictions:
        """Scores [n, k], a column a class; or [n] or [n, 1], the score of the positive class.

        Args:
            scores: the numbers.
            own: the model's own names of the columns; the caller's go before them.
            kind: probability or score; absent: as the caller says.
        """
        if self.several:
            names = self.own(own) or self.several
            return LabelScores(self._fitting(names, scores), scores.reshape(len(scores), -1))
        if scores.ndim == _COLUMN or (scores.ndim == _TABLE and scores.shape[1] == 1):
            return self._of_positive(scores.reshape(-1))
        names = self._fitting(self.own(own), scores)
        return ClassScores(names, scores, "score" if (kind or self.kind) == "score" else "probability")

    def labels(self, said: Sequence[Any] | npt.NDArray[Any], *, own: Sequence[Any] = ()) -> ClassScores:
        """The predicted class of each row, without a score.

        Raises:
            ModelError: a row has none, or one that is none of the classes.
        """
        labels = [canonical_label(value) for value in said]
        names = [self.renamed.get(label, label) if label is not None else None for label in labels]
        seen = (*self.target_classes, *sorted({name for name in names if name}))
        classes = self.classes or self.own(own) or tuple(dict.fromkeys(seen))
        place = {name: index for index, name in enumerate(classes)}
        for row, name in enumerate(names, start=1):
            if name not in place:
                shown = "nothing" if name is None else f"'{name}', which is none of the classes"
                raise ModelError(
                    f"the model said {shown} of row {row}",
                    hint=did_you_mean(str(name), classes, otherwise=f'classes=[...], or labels={{"{name}": "..."}}'),
                )
        scores = np.zeros((len(names), len(classes)))
        scores[np.arange(len(names)), [place[str(name)] for name in names]] = 1.0
        return ClassScores(classes, scores, "label")

    def _fitting(self, names: tuple[str, ...], scores: Floats) -> tuple[str, ...]:
        columns = scores.shape[1] if scores.ndim == _TABLE else 1
        if scores.ndim > _TABLE or len(names) != columns:
            shape = list(scores.shape)
            said = f"they are {list(names)}" if names else "nothing says which class each one is"
            raise ModelError(
                f"the scores have the shape {shape}, and {said}" if names or scores.ndim > _TABLE
                else f"the scores have {columns} columns, and {said}",
                hint=f"classes={list(self.target_classes) or '[...]'}: one class a column, in the order of the columns",
            )  # fmt: skip
        return names

    def refuse_numbers(self) -> None:
        """Refuse to take floats [n] for the scores of a class when the target holds numbers rather than classes.

        Raises:
            ModelError: many different numbers with fractions are true, and nobody said which class is positive.
        """
        if self.positive is None and not self.classes and are_values(self.target_classes):
            raise ModelError(
                f"there is one number a row, and the target holds {len(self.target_classes):,} different numbers",
                hint='task="regression", when numbers are predicted',
            )

    def _of_positive(self, scores: Floats) -> ClassScores:
        self.refuse_numbers()
        if self.positive is None:
            known = [*self.classes, *self.target_classes]
            raise ModelError(
                "there is one score a row, and nothing says which class it is the score of",
                hint=f'positive="{known[-1] if known else "yes"}", or one column a class and classes=[...]',
            )
        others = tuple(name for name in (self.classes or self.target_classes) if name != self.positive)
        if len(others) > 1:
            raise ModelError(
                f"one score a row cannot tell {len(others) + 1} classes apart: '{self.positive}' and {list(others)}",
                hint="give one column a class, and classes=[...]",
            )
        if self.kind == "score" and self.threshold is None:
            raise ModelError(
                "nothing says from which score on a row is positive",
                hint="threshold=..., the lowest score that is positive",
            )
        # A score that is no probability has no complement: its mirror image keeps the order and ties at zero.
        other = 1 - scores if self.kind == "probability" else -scores
        classes = (others[0] if others else f"not {self.positive}", self.positive)
        return ClassScores(classes, np.column_stack([other, scores]), self.kind)

    def _renamed(self, said: Predictions) -> Predictions:
        if isinstance(said, ClassScores):
            return replace(said, classes=self.own(said.classes))
        return replace(said, labels=self.own(said.labels)) if isinstance(said, LabelScores) else said


def are_values(labels: Sequence[str]) -> bool:
    """Whether the labels of a target are too many numbers, with fractions, to be the names of classes."""
    try:
        numbers = np.array([float(label) for label in labels])
    except ValueError:
        return False
    return len(numbers) > MOST_NUMBERED_CLASSES and bool(np.any(numbers != np.floor(numbers)))


def as_array(values: Any) -> npt.NDArray[Any] | None:
    """Arrays of every make as NumPy's, row by row, whatever their index; None: it is no array."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        # NumPy has no bfloat16; a float holds it exactly.
        plain = values.detach().cpu()
        return np.asarray((plain.float() if plain.dtype == torch.bfloat16 else plain).numpy())
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy())
    if isinstance(values, list | tuple):
        return _of_list(values)
    return np.asarray(values) if hasattr(values, "__array__") else None


def _of_list(values: list[Any] | tuple[Any, ...]) -> npt.NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.empty(len(values), dtype=object)
        array[:] = values
    # NumPy makes texts of a list that mixes them with numbers; labels are compared as they were written.
    if array.dtype.kind in "US" and not all(isinstance(value, str) for value in values):
        array = np.empty(len(values), dtype=object)
        array[:] = values
    return array


def is_scores(array: npt.NDArray[Any]) -> bool:
    """Whether these are scores rather than labels: floats, or objects that are floats. Whole numbers are labels."""
    if array.dtype != object:
        return array.dtype.kind == "f"
    import pandas as pd

    return pd.api.types.infer_dtype(array.ravel(), skipna=True) in {"floating", "mixed-integer-float", "decimal"}


def as_floats(array: npt.NDArray[Any]) -> Floats:
    """The same numbers as floats; missing ones are NaN, which no check is given.

    Raises:
        ModelError: one of them is no number.
    """
    if array.dtype.kind == "f":
        return array
    try:
        if array.dtype != object:
            return array.astype(np.float64)
        plain = [np.nan if canonical_label(value) is None else float(value) for value in array.ravel()]
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"the scores are no numbers: {error}", hint="floats are scores; labels are one column, [n]"
        ) from error
    return np.array(plain, dtype=np.float64).reshape(array.shape)
