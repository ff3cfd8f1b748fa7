"""scikit-learn estimators and pipelines, and everything that has their methods."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from auditkit.errors import ModelError
from auditkit.inmemory.identity import estimator_identity, kind_of
from auditkit.inmemory.models import Found
from auditkit.inmemory.naming import Naming, as_array, as_floats
from auditkit.inmemory.types import restored
from auditkit.labels import canonical_label
from auditkit.predictions import LabelScores, Predictions, Values

_TABLE = 2
_THERE = ("1", "true")
"""What a target of several labels says of one that a row has."""


def found_estimator(estimator: Any) -> Found:
    """What an estimator says of itself."""
    columns = tuple(str(name) for name in _attribute(estimator, "feature_names_in_", ()))
    return Found(
        kind_of(estimator),
        estimator_identity(estimator),
        lambda naming, types: Estimator(estimator, naming, types),
        columns=columns,
        gives_values=_is_regressor(estimator),
        is_fitted=_is_fitted(estimator),
    )


def _attribute(estimator: Any, name: str, otherwise: Any) -> Any:
    """A fitted attribute; a pipeline raises where its first step has none, and before it is fitted."""
    try:
        found = getattr(estimator, name, None)
    except (AttributeError, ValueError, TypeError):
        found = None
    return otherwise if found is None else found


@dataclass(frozen=True)
class Estimator:
    """An estimator, asked for probabilities; else for its decision function; else for labels or values."""

    estimator: Any = field(repr=False)
    naming: Naming
    types: Mapping[str, Any]

    def predict(self, inputs: Any) -> Predictions:
        """What it says of a DataFrame, or of a Series when one column is the input.

        Raises:
            ModelError: it is not fitted.
        """
        rows = self._rows(restored(inputs, self.types))
        try:
            return self._several(rows) if self.naming.several else self._one(rows)
        except _not_fitted() as error:
            raise ModelError(
                f"the {type(self.estimator).__name__} is not fitted", hint="call its fit before it is audited"
            ) from error

    def _rows(self, inputs: Any) -> Any:
        """The rows in the dress that the estimator was fitted on."""
        names = _attribute(self.estimator, "feature_names_in_", None)
        if names is not None:
            inputs = inputs if hasattr(inputs, "columns") else inputs.to_frame()
            by_text = {str(name): name for name in inputs.columns}
            return inputs[[by_text.get(str(name), name) for name in names]]
        if _attribute(self.estimator, "n_features_in_", None) is None:
            # A vectoriser counts no features: it takes texts, one a row.
            only = inputs.iloc[:, 0] if hasattr(inputs, "columns") and inputs.shape[1] == 1 else inputs
            return only.to_numpy(dtype=object) if only.ndim == 1 else only
        array = inputs.to_numpy()
        return array.reshape(-1, 1) if array.ndim == 1 else array

    def _one(self, rows: Any) -> Predictions:
        own = _attribute(self.estimator, "classes_", ())
        if callable(getattr(self.estimator, "predict_proba", None)):
            scores = as_floats(_array(self.estimator.predict_proba(rows)))
            return self.naming.scores(scores, own=own)
        if not self._is_regression() and callable(getattr(self.estimator, "decision_function", None)):
            scores = as_floats(_array(self.estimator.decision_function(rows)))
            if scores.ndim == 1 and len(own) == 2:  # noqa: PLR2004  scikit-learn: above 0 is the second class
                return self.naming.scores(np.column_stack([-scores, scores]), own=own, kind="score")
            if scores.ndim == _TABLE and scores.shape[1] == len(own):
                return self.naming.scores(scores, own=own, kind="score")
        said = _array(self.estimator.predict(rows))
        return (
            Values(as_floats(said).reshape(len(said))) if self._is_regression() else self.naming.labels(said, own=own)
        )

    def _several(self, rows: Any) -> LabelScores:
        """A score for each label; without probabilities 0 and 1."""
        if callable(getattr(self.estimator, "predict_proba", None)):
            said = self.estimator.predict_proba(rows)
            # A table of two columns a label from estimators of several outputs, else one table of a column a label.
            scores = self._of_tables(said) if isinstance(said, list) else _array(said)
        else:
            scores = _array(self.estimator.predict(rows))
        answer = self.naming.scores(as_floats(scores))
        if not isinstance(answer, LabelScores):
            raise TypeError(f"scores of several labels became {type(answer).__name__}")
        return answer

    def _of_tables(self, tables: list[Any]) -> Any:
        """[n, k]: the probability that each label is there; 0 of a label that no row had when it was fitted."""
        own = _attribute(self.estimator, "classes_", ())
        columns = []
        for place, table in enumerate(map(_array, tables)):
            # A label that every row had, or none, has a table of one column: that class alone is known.
            named = own[place] if len(own) == len(tables) else ("0", "1")
            known = [canonical_label(value) in _THERE for value in named]
            if len(known) != table.shape[1] or known.count(True) > 1 or len(known) - known.count(True) > 1:
                raise ModelError(
                    f"the estimator's output {place + 1} has {table.shape[1]} classes",
                    hint="a target of several labels says 0 or 1 of each; fit an estimator for each column else",
                )
            columns.append(table[:, known.index(True)] if True in known else np.zeros(len(table)))
        return np.column_stack(columns)

    def _is_regression(self) -> bool:
        return self.naming.regression or _is_regressor(self.estimator)


def _is_fitted(estimator: Any) -> bool:
    """Whether scikit-learn takes it for fitted; what is none of its own estimators is asked only for predictions."""
    validation, base = sys.modules.get("sklearn.utils.validation"), sys.modules.get("sklearn.base")
    if validation is None or base is None or not isinstance(estimator, base.BaseEstimator):
        return True
    try:
        validation.check_is_fitted(estimator)
    except _not_fitted():
        return False
    return True


def _is_regressor(estimator: Any) -> bool:
    base = sys.modules.get("sklearn.base")
    return base is not None and isinstance(estimator, base.BaseEstimator) and bool(base.is_regressor(estimator))


def _array(said: Any) -> Any:
    array = as_array(said)
    if array is None:
        raise ModelError(f"the estimator said a {type(said).__name__}", hint="it returns an array, a row for each row")
    return array


def _not_fitted() -> tuple[type[Exception], ...]:
    exceptions = sys.modules.get("sklearn.exceptions")
    return (exceptions.NotFittedError,) if exceptions is not None else ()
