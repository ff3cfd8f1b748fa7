"""What of a scikit-learn estimator would be read as something else than it says: refused, with what to do instead."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from auditkit import ModelError, canonical_label
from auditkit.inputs import Columns

_DEEPEST = 12


def refuse_no_classifier(estimator: Any, *, several: bool) -> None:
    """Refuse what predicts and is no classifier of one target, such as clusters, outliers, or several targets.

    Raises:
        ModelError: it knows no classes, or those of several targets where one is named.
    """
    kind = type(estimator).__name__
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ModelError(
            f"the {kind} knows no classes: it is neither a classifier nor a regressor",
            hint='record what it says in a table, and audit that: [model] adapter = "recorded"',
        )
    if isinstance(classes, list) and not several:
        raise ModelError(
            f"the {kind} was fitted on {len(classes)} targets, and [data] target names one",
            hint='target = ["nodule", "effusion"], a column of 0 and 1 for each',
        )


def refuse_pairs(estimator: Any) -> None:
    """Refuse scores of pairs of classes: of three classes they are three numbers too, and others.

    Raises:
        ModelError: a support vector machine gives them.
    """
    asked = [one for one in parts_of(estimator) if getattr(one, "decision_function_shape", None) == "ovo"]
    if asked and not callable(getattr(estimator, "predict_proba", None)) and len(estimator.classes_) > 2:  # noqa: PLR2004
        raise ModelError(
            f'the {type(asked[0]).__name__} scores pairs of classes, decision_function_shape = "ovo", and not classes',
            hint='model.set_params(decision_function_shape="ovr") before it is saved; it need not be fitted again',
        )


def refuse_other_threshold(estimator: Any, said: float | None) -> None:
    """Refuse an estimator that decides at a threshold of its own, unless the spec judges it at the same one.

    Args:
        estimator: what was opened.
        said: `[data] threshold`.

    Raises:
        ModelError: they differ: rates would be those of other decisions than the model makes.
    """
    for one in parts_of(estimator):
        if type(one).__name__ not in {"FixedThresholdClassifier", "TunedThresholdClassifierCV"}:
            continue
        own = getattr(one, "best_threshold_", getattr(one, "threshold", None))
        own = 0.5 if own == "auto" else own
        if own is None or math.isclose(float(own), 0.5 if said is None else said, rel_tol=1e-9):
            continue
        raise ModelError(
            f"the {type(one).__name__} decides at {float(own):.6g}, and the audit "
            + ("for the larger of two probabilities" if said is None else f"at [data] threshold = {said:g}"),
            hint=f"[data] threshold = {float(own)!r} with positive = ..., the class that it decides for",
        )


def refuse_other_categories(estimator: Any, columns: Columns) -> None:
    """Refuse texts for an encoder that was fitted on numbers, and numbers for one of texts: none would be known to it.

    With `handle_unknown = "ignore"` it would take every row for one of no category, and say nothing.

    Raises:
        ModelError: with the column.
    """
    for one in parts_of(estimator):
        known = getattr(one, "categories_", None)
        names = getattr(one, "feature_names_in_", ())
        if not isinstance(known, list) or len(known) != len(names):
            continue
        for name, values in zip(map(str, names), known, strict=True):
            is_text = any(isinstance(value, str) for value in values)
            if name not in columns.names or not len(values) or is_text == (name in columns.categories):
                continue
            listed = ", ".join(str(canonical_label(value)) for value in values[:4])
            raise ModelError(
                f"the {type(one).__name__} was fitted on {'texts' if is_text else 'numbers'} in '{name}', {listed}, "
                f"and is given {'numbers' if is_text else 'texts'}",
                hint=f'[model] categories = ["{name}"]'
                if is_text
                else f"leave '{name}' out of [model] categories, and write 0 and 1 for false and true",
            )


def parts_of(estimator: Any, depth: int = _DEEPEST) -> Iterator[Any]:
    """An estimator and those that it is made of, wherever it keeps them."""
    from sklearn.base import BaseEstimator

    if isinstance(estimator, BaseEstimator):
        yield estimator
        inner = list(vars(estimator).values())
    elif isinstance(estimator, list | tuple):
        inner = list(estimator)
    else:
        return
    for one in inner if depth else ():
        if isinstance(one, BaseEstimator | list | tuple):
            yield from parts_of(one, depth - 1)
