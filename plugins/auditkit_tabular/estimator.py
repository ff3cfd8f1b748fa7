"""A scikit-learn estimator on a table: its probabilities, else its scores, else its labels; or its values."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditkit import (
    ClassScores,
    LabelScores,
    ModelError,
    NotApplicable,
    Predictions,
    Text,
    Values,
    canonical_label,
)
from auditkit.inputs import Columns
from auditkit_tabular.decisions import (
    refuse_no_classifier,
    refuse_other_categories,
    refuse_other_threshold,
    refuse_pairs,
)
from auditkit_tabular.estimator_files import Loaded
from auditkit_tabular.meaning import named_classes
from auditkit_tabular.training import known_truth, trained_anew, why_untrainable

_TWO = 2


@dataclass(frozen=True)
class Estimator:
    """An estimator or a pipeline, fitted."""

    estimator: Any
    columns: Columns
    classes: tuple[str, ...] = ()
    """The target's names of its classes, in its own order; none: it gives values."""
    several: bool = False
    gives_spread: bool = False
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    batch_size: int = 65_536
    device: str = "cpu"

    def predict(self, inputs: Any) -> Predictions:
        """What it says of the rows of a table.

        Raises:
            DataError: a cell is not what its column holds.
        """
        frame = self.columns.frame(inputs)
        if not len(frame):
            return self._nothing()
        rows = self._rows(frame)
        answer = self._labels if self.several else self._scores if self.classes else self._values
        try:
            return answer(rows)
        except (ValueError, TypeError) as error:  # how scikit-learn says that it does not take such cells
            kind, said = type(self.estimator).__name__, str(error).partition("\n")[0][:300]
            raise ModelError(
                f"the {kind} does not take these rows: {said}",
                hint="an empty cell is NaN: impute it in the pipeline, or leave its row out; "
                "[model] categories names the columns of texts",
            ) from error

    @property
    def cannot(self) -> Mapping[str, str]:
        """Why it has not what other models of tables have."""
        why = why_untrainable(self.estimator)
        no_gradients = {"Differentiable": f"a {type(self.estimator).__name__} gives no gradients"}
        return no_gradients if why is None else no_gradients | {"Trainable": why}

    def fit(self, split: Any, rng: np.random.Generator) -> Estimator:
        """A clone with the same settings, fitted on the rows of a split that have a target; this one stays as it is.

        What it draws where it has no `random_state` of its own comes from `rng`. Weights of rows are not used.

        Raises:
            NotApplicable: a part of it is never fitted again.
            ModelError: it does not learn from these rows, or they have no target.
        """
        why = why_untrainable(self.estimator)
        if why is not None:
            raise NotApplicable(why)
        own = getattr(self.estimator, "classes_", ())
        known, truth = known_truth(split, self.classes, own, several=self.several)
        rows = self._rows(self.columns.frame(split.inputs).iloc[known])
        fresh = trained_anew(self.estimator, rows, truth, rng)
        if not self.classes or self.several:
            return replace(self, estimator=fresh)
        # Of classes that it was not shown it knows nothing.
        names = dict(zip(map(canonical_label, own), self.classes, strict=True))
        return replace(self, estimator=fresh, classes=tuple(names[canonical_label(one)] for one in fresh.classes_))

    def _rows(self, frame: Any) -> Any:
        """A table in the form in which the estimator was fitted on one."""
        names = list(_names(self.estimator))
        if names == list(frame.columns):
            return frame
        return frame[names] if names else frame.to_numpy(dtype=object if self.columns.categories else np.float64)

    def _nothing(self) -> Predictions:
        none = np.zeros((0, len(self.classes)))
        if self.several:
            return LabelScores(self.classes, none)
        if self.classes:
            return ClassScores(self.classes, none, _kind(self.estimator))
        return Values(np.zeros(0), np.zeros(0) if self.gives_spread else None)

    def _values(self, rows: Any) -> Values:
        if self.gives_spread:
            mean, spread = self.estimator.predict(rows, return_std=True)
            return Values(_one_a_row(mean), _one_a_row(spread))
        return Values(_one_a_row(self.estimator.predict(rows)))

    def _scores(self, rows: Any) -> ClassScores:
        kind = _kind(self.estimator)
        if kind == "probability":
            return ClassScores(self.classes, np.asarray(self.estimator.predict_proba(rows), dtype=np.float64))
        if kind == "score":
            scores = np.asarray(self.estimator.decision_function(rows), dtype=np.float64)
            # scikit-learn: above 0 is the second class.
            return ClassScores(self.classes, np.column_stack([-scores, scores]) if scores.ndim == 1 else scores, kind)
        own = np.array([canonical_label(name) for name in self.estimator.classes_], dtype=object)
        said = np.array([canonical_label(label) for label in self.estimator.predict(rows)], dtype=object)
        return ClassScores(self.classes, (said[:, None] == own).astype(np.float64), kind)

    def _labels(self, rows: Any) -> LabelScores:
        first = np.asarray(self.estimator.predict(rows[:1]))
        if first.ndim != _TWO or first.shape[1] != len(self.classes):
            raise ModelError(
                f"the {type(self.estimator).__name__} gives {_counted(first)} a row, and [data] target names "
                f"{len(self.classes)} columns",
                hint="target is one column for a model of one class, and one a label for a model of several labels",
            )
        if not callable(getattr(self.estimator, "predict_proba", None)):
            return LabelScores(self.classes, np.asarray(self.estimator.predict(rows), dtype=np.float64))
        said = self.estimator.predict_proba(rows)
        # One table [n, 2] a label from estimators of several outputs, one table [n, k] from one against the rest.
        if isinstance(said, list):
            said = np.column_stack(
                [_of_one(table, known) for table, known in zip(said, self.estimator.classes_, strict=True)]
            )
        return LabelScores(self.classes, said)


def _of_one(table: Any, known: Any) -> Any:
    """[n]: the probability of 1, of a label's own table; a label that was only ever 0, or 1, has one column."""
    names = [canonical_label(value) for value in known]
    if not set(names) <= {"0", "1", "false", "true"}:
        raise ModelError(
            f"a label of the model has the classes {', '.join(map(repr, names[:8]))}, and not 0 and 1",
            hint="fit it on a column of 0 and 1 for each label",
        )
    place = next((place for place, name in enumerate(names) if name in {"1", "true"}), None)
    return np.zeros(len(table)) if place is None else table[:, place]


def _counted(first: Any) -> str:
    return "one class" if first.ndim < _TWO else f"{first.shape[1]} labels"


def _one_a_row(said: Any) -> Any:
    values = np.asarray(said, dtype=np.float64)
    if values.size != len(values):
        raise ModelError(
            f"the model gives {values.size // len(values)} values a row, and one is audited",
            hint="fit it on one target, or record what it says of each",
        )
    return values.reshape(len(values))


def open_estimator(
    loaded: Loaded,
    columns: Columns,
    *,
    task: str | None,
    labels: Mapping[str, str],
    targets: Sequence[str],
    target_columns: tuple[str, ...],
    threshold: float | None = None,
) -> Estimator:
    """An estimator, held against the task, the columns and the target's names.

    Raises:
        ModelError: it is no estimator, is not fitted, was fitted on other columns, or knows other classes.
    """
    estimator = loaded.estimator
    _refuse_unfitted(estimator)
    _refuse_other_columns(estimator, columns)
    refuse_other_categories(estimator, columns)
    gives_values = _gives_values(estimator)
    if gives_values != (task == "regression"):
        said, wanted = ("values", "regression") if gives_values else ("classes", "multiclass")
        raise ModelError(
            f"the {type(estimator).__name__} gives {said}, and the task is {task or 'one of classes'}",
            hint=f'task = "{wanted}", above [model]; or audit another model',
        )
    if gives_values:
        return Estimator(
            estimator, columns, gives_spread=_gives_spread(estimator), notes=loaded.notes, trusted=loaded.trusted
        )
    refuse_no_classifier(estimator, several=bool(target_columns))
    refuse_pairs(estimator)
    refuse_other_threshold(estimator, threshold)
    if target_columns:
        classes = named_classes(target_columns, labels=labels, targets=target_columns, several=True)
    else:
        own = [str(canonical_label(name)) for name in estimator.classes_]
        classes = named_classes(own, labels=labels, targets=targets)
    return Estimator(
        estimator, columns, classes, several=bool(target_columns), notes=loaded.notes, trusted=loaded.trusted
    )


def _names(estimator: Any) -> tuple[Any, ...]:
    """The columns that it was fitted on; a pipeline raises where its first step has none."""
    try:
        return tuple(estimator.feature_names_in_)
    except (AttributeError, ValueError, TypeError):
        return ()


def _refuse_unfitted(estimator: Any) -> None:
    from sklearn.base import BaseEstimator
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if not isinstance(estimator, BaseEstimator) or not callable(getattr(estimator, "predict", None)):
        raise ModelError(
            f"the file holds a {type(estimator).__name__}, and no scikit-learn estimator that predicts",
            hint="save the fitted estimator itself, or the pipeline that ends in it",
        )
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise ModelError(f"the {type(estimator).__name__} is not fitted", hint="fit it, then save it") from error


def _refuse_other_columns(estimator: Any, columns: Columns) -> None:
    fitted = tuple(map(str, _names(estimator)))
    for name in fitted:
        if name not in columns.names:
            near = difflib.get_close_matches(name, columns.names, n=1)
            raise ModelError(
                f"the model was fitted on the column '{name}', which [data] input does not name",
                hint=f"did you mean '{near[0]}'?" if near else f"it was fitted on: {', '.join(fitted[:12])}",
            )
    extra = next((name for name in columns.names if fitted and name not in fitted), None)
    if extra is not None:
        raise ModelError(
            f"[data] input names '{extra}', which the model was not fitted on", hint="leave it out of input"
        )
    count = getattr(estimator, "n_features_in_", None)
    if not fitted and count is not None and count != len(columns.names):
        raise ModelError(
            f"the model was fitted on {count} columns, and [data] input names {len(columns.names)}",
            hint="name them in the order of the training",
        )


def _kind(estimator: Any) -> Any:
    if callable(getattr(estimator, "predict_proba", None)):
        return "probability"
    return "score" if callable(getattr(estimator, "decision_function", None)) else "label"


def _gives_values(estimator: Any) -> bool:
    from sklearn.base import is_regressor

    return bool(is_regressor(estimator))


def _gives_spread(estimator: Any) -> bool:
    """Whether `predict(rows, return_std=True)` gives a standard deviation; of a pipeline, its last step is asked."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    return "return_std" in inspect.signature(last.predict).parameters
