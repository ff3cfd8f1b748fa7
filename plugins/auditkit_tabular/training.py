"""An estimator of scikit-learn trained anew on other rows, by a clone with the same settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import ModelError, Values
from auditkit_tabular.decisions import parts_of

_LARGEST_SEED = 2**31 - 1


def why_untrainable(estimator: Any) -> str | None:
    """Why a clone that is fitted is no model of its rows alone; None: it is one."""
    for part in parts_of(estimator):
        if type(part).__name__ == "FrozenEstimator" or getattr(part, "cv", None) == "prefit":
            return f"its {type(part).__name__} holds a part that is never fitted again, and has seen other rows"
    return None


def trained_anew(estimator: Any, rows: Any, truth: Any, rng: np.random.Generator) -> Any:
    """A clone of an estimator, fitted on rows; what it draws where it has no seed of its own comes from `rng`.

    Raises:
        ModelError: it does not learn from these rows, e.g. because all of them have one class.
    """
    from sklearn.base import clone

    fresh = clone(estimator)
    unseeded = {name: int(rng.integers(_LARGEST_SEED)) for name in sorted(_unseeded(fresh))}
    if unseeded:
        fresh.set_params(**unseeded)
    try:
        return fresh.fit(rows, truth)
    except (ValueError, TypeError) as error:  # how scikit-learn says that it cannot learn from such rows
        said = str(error).partition("\n")[0][:300]
        raise ModelError(
            f"a {type(estimator).__name__} does not learn from these {len(rows):,} rows: {said}",
            hint="rows of every class, as many as the training had of each; gaps are imputed in the pipeline",
        ) from error


def _unseeded(estimator: Any) -> Iterator[str]:
    """The names of parameters, also of parts, that would draw another seed at each fit or share one generator."""
    for name, value in estimator.get_params(deep=True).items():
        is_seed = name == "random_state" or name.endswith("__random_state")
        if is_seed and (value is None or not isinstance(value, int | np.integer)):
            yield name


def known_truth(split: Any, classes: tuple[str, ...], own: Any, *, several: bool) -> tuple[Any, Any]:
    """Which rows of a split have a truth, and that truth as the estimator was told it.

    Args:
        split: of the data.
        classes: the target's names of the estimator's classes, in its order; none: it gives values.
        own: its own `classes_`.
        several: whether they are labels, of which several can be right.

    Raises:
        ModelError: the split has no such truth.
    """
    if several and split.label_targets is not None:
        return np.arange(len(split)), np.asarray(split.label_targets, dtype=np.int64)
    if not classes and isinstance(split.truth, Values):
        values = np.asarray(split.truth.values, dtype=np.float64)
        known = np.flatnonzero(np.isfinite(values))
        return known, values[known]
    if several or not classes or split.targets is None:
        raise ModelError("the rows have no target to learn from", hint='[data] target = "..."')
    place = {name: index for index, name in enumerate(classes)}
    strange = next((name for name in split.targets.vocabulary if name not in place), None)
    if strange is not None:
        raise ModelError(
            f"the rows hold the class '{strange}', which the model does not know",
            hint=f"its classes are {', '.join(map(repr, classes[:8]))}",
        )
    known = np.flatnonzero(split.targets.codes >= 0)
    order = np.array([place[name] for name in split.targets.vocabulary], dtype=np.int64)
    return known, np.asarray(own)[order[split.targets.codes[known]]]
