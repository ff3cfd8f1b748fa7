"""Predictions that were given instead of a model: columns that the adapter `recorded` reads, or the thing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.document import Text
from auditkit.errors import DataError, ModelError, did_you_mean
from auditkit.inmemory.naming import Naming, as_array, as_floats, is_scores
from auditkit.predictions import ClassScores, LabelScores, Predictions, Values

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.dataset import Split

WHOLE_SPLIT = 1 << 62
"""Nothing is computed, so nothing needs batches."""

_MOST_DIMENSIONS = 2


@dataclass(frozen=True)
class RecordedColumns:
    """Columns of predictions, and the keys of `[data]` that say what they are."""

    columns: Mapping[str, Any]
    keys: Mapping[str, Any]

    def beside(self, frame: pd.DataFrame, where: str) -> pd.DataFrame:
        """The rows with their predictions.

        Raises:
            DataError: there are more or fewer predictions than rows.
        """
        rows = len(next(iter(self.columns.values())))
        if rows != len(frame):
            raise DataError(
                f"there are {rows:,} predictions, and {where} has {len(frame):,} rows",
                hint="give one prediction a row, in the same order; an index is not looked at",
            )
        import pandas as pd

        added = pd.DataFrame({name: pd.Series(values) for name, values in self.columns.items()})
        return pd.concat([frame, added], axis=1)


def recorded_columns(given: Any, naming: Naming, taken: set[str]) -> RecordedColumns | None:
    """Class scores, scores of several labels, or labels as columns; None: predictions that are no such columns.

    Args:
        given: a prediction type, or an array, a Series, a list, a DataFrame with a column a class.
        naming: what is known of the classes.
        taken: the names of the data's own columns.

    Raises:
        ModelError: it has more than two dimensions, or nothing says what its columns are.
    """
    if isinstance(given, Predictions):
        return _of_predictions(given, naming, taken)
    names = tuple(str(name) for name in given.columns) if hasattr(given, "columns") else ()
    array = as_array(given)
    if array is None or array.ndim > _MOST_DIMENSIONS or array.ndim == 0:
        shape = type(given).__name__ if array is None else f"array of the shape {list(array.shape)}"
        raise ModelError(f"the predictions are a {shape}", hint="scores [n] or [n, k], or labels [n]")
    if len(array) == 0:
        raise DataError("there are no predictions", hint="give one prediction a row")
    if array.ndim == _MOST_DIMENSIONS and array.shape[1] == 1 and not naming.several:
        array, names = array[:, 0], ()
    if array.ndim == 1 and not is_scores(array):
        return _labels(array, naming, taken)
    # One column: the adapter knows whose score it is by `positive`, and says what is missing.
    found = naming.scores(as_floats(array), own=names) if array.ndim > 1 else None
    if found is None:
        return _one_column(as_floats(array), naming, taken)
    return _of_predictions(found, replace(naming, renamed={}), taken)  # which its names have been through


def _of_predictions(given: Predictions, naming: Naming, taken: set[str]) -> RecordedColumns | None:
    if isinstance(given, ClassScores) and given.kind == "label":
        labels = np.array(given.classes, dtype=object)[np.argmax(given.scores, axis=1)]
        return _labels(labels, replace(naming, classes=naming.classes or given.classes), taken)
    if isinstance(given, ClassScores):
        return _columns(given.scores, naming.own(given.classes), {"score_kind": given.kind}, taken)
    if isinstance(given, LabelScores):
        return _columns(given.scores, naming.own(given.labels), {}, taken)
    return None


def _columns(scores: Any, classes: tuple[str, ...], keys: dict[str, Any], taken: set[str]) -> RecordedColumns:
    if np.ndim(scores) != _MOST_DIMENSIONS or np.shape(scores)[1] != len(classes):
        raise ModelError(
            f"the scores have the shape {list(np.shape(scores))}, and the classes are {list(classes)}",
            hint="one column a class, in the same order",
        )
    names = [free_name(f"score of {name}", taken) for name in classes]
    columns = {name: np.asarray(scores)[:, place] for place, name in enumerate(names)}
    return RecordedColumns(columns, {"scores": names, "classes": list(classes), **keys})


def _one_column(scores: Any, naming: Naming, taken: set[str]) -> RecordedColumns:
    naming.refuse_numbers()
    known = naming.classes or naming.target_classes
    if naming.positive is not None and len(known) > 1 and naming.positive not in known:
        raise DataError(
            f"the positive class '{naming.positive}' is none of the target's classes",
            hint=did_you_mean(naming.positive, known),
        )
    name = free_name("score", taken)
    return RecordedColumns({name: scores}, {"scores": [name], "classes": list(naming.classes)})


def _labels(labels: Any, naming: Naming, taken: set[str]) -> RecordedColumns:
    name = free_name("prediction", taken)
    return RecordedColumns(
        {name: np.asarray(labels, dtype=object)}, {"predicted": name, "classes": list(naming.classes)}
    )


def free_name(name: str, taken: set[str]) -> str:
    """The name, with underscores until no column has it."""
    while name in taken:
        name += "_"
    return name


@dataclass(frozen=True)
class GivenPredictions:
    """Predictions that are no columns of a table, e.g. rankings. Answers for the rows that they were given for."""

    by_split: Mapping[str, Predictions] = field(repr=False)
    batch_size: int = WHOLE_SPLIT
    notes: tuple[Text, ...] = ()
    auditkit_class_name: str | None = None

    def predict(self, inputs: Any) -> Predictions:
        """The predictions of these rows, which `marked` has numbered.

        Raises:
            ModelError: these are other rows: there is no model that could be asked about them.
        """
        index = getattr(inputs, "index", None)
        found = self.by_split.get(str(getattr(index, "name", None)))
        if found is None or index is None:
            raise ModelError(
                "predictions were given, and no model that could be asked about other rows",
                hint="give the model itself, or training_predictions for the training rows",
            )
        return found.take(np.asarray(index, dtype=np.int64))


def marked(split: Split) -> Split:
    """The split with inputs whose index says whose rows they are: its name, and a number for each row."""
    return replace(split, inputs=split.inputs.rename_axis(split.name, axis=0))


def check_lengths(by_split: Mapping[str, Predictions], rows: Mapping[str, int]) -> None:
    """Refuse predictions for more or fewer rows than there are.

    Raises:
        DataError: there are.
    """
    for name, predictions in by_split.items():
        if len(predictions) != rows[name]:
            raise DataError(
                f"there are {len(predictions):,} predictions, and {rows[name]:,} {name} rows",
                hint="give one prediction a row, in the same order",
            )


def as_values(given: Any) -> Values:
    """Numbers that were predicted, e.g. by a regression."""
    if isinstance(given, Values):
        return given
    array = as_array(given)
    if array is None:
        raise ModelError(f"the predictions are a {type(given).__name__}", hint="an array of numbers [n]")
    return Values(as_floats(array).reshape(len(array)))
