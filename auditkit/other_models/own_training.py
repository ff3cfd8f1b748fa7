"""A function of the user's own that trains the model again: `[model] train = "module:function"`.

It is given rows as a DataFrame, the columns of `[data] input` and then the target's, and a seed. It returns a model
with `predict_proba`, or `predict` where the target is a number, or the path of one that the adapter opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.checkpoints.user_code import code_digest, load_code
from auditkit.data.roles import recorded_columns
from auditkit.dataset import Split, labels_of
from auditkit.document import Text
from auditkit.errors import ModelError
from auditkit.labels import canonical_label
from auditkit.predictions import ClassScores, LabelScores, Predictions, Values

if TYPE_CHECKING:
    from auditkit.compute import Broker
    from auditkit.spec import AuditSpec

_LARGEST_SEED = 2**31 - 1


def digest_of_training(spec: AuditSpec) -> str:
    """What identifies the function's file or package; empty: the spec names none.

    Raises:
        ModelError: it is not there.
    """
    if spec.model.train is None:
        return ""
    found = code_digest(spec.model.train, spec.folder)
    if found is None:
        raise ModelError(
            f"[model] train is '{spec.model.train}', and there is no such file or package",
            hint='train = "recipe:fit": the function fit in recipe.py, beside the spec',
        )
    return found


def trusted_training(spec: AuditSpec) -> tuple[Text, ...]:
    """What the report says of the code, which checks may have run."""
    if spec.model.train is None:
        return ()
    said = "checks had leave to train the model again with {reference}, sha256:{digest}"
    return (Text.of(said, reference=spec.model.train, digest=digest_of_training(spec)),)


@dataclass(frozen=True)
class OwnTraining:
    """The function, with what its rows look like: it is `Trainable` in the model's place."""

    function: Callable[..., Any]
    broker: Broker
    numeric: frozenset[str]
    """The input columns that hold numbers alone, and are handed over as such."""

    @classmethod
    def of(cls, broker: Broker, pool: Split) -> OwnTraining:
        """The function that the spec names, which is imported for it.

        Args:
            broker: of the audit.
            pool: all rows that it may be taught; they tell which columns hold numbers.
        """
        assert broker.spec.model.train is not None  # noqa: S101  the caller asked
        code = load_code(broker.spec.model.train, broker.spec.folder)
        return cls(code.function, broker, frozenset(_numeric(_frame(pool.inputs, broker.spec))))

    def fit(self, split: Split, rng: np.random.Generator) -> Any:
        """A model that was trained on these rows alone.

        Raises:
            ModelError: the function returned no model.
        """
        rows = self._typed(_frame(split.inputs, self.broker.spec))
        for name, values in self._truth(split):
            rows[name] = values
        given = self.function(rows, int(rng.integers(_LARGEST_SEED)))
        if isinstance(given, str | Path):
            return self._opened(Path(given))
        if not callable(getattr(given, "predict" if split.truth is not None else "predict_proba", None)):
            raise ModelError(
                f"[model] train gave a {type(given).__name__}, which cannot be asked",
                hint="return a model with predict_proba, or predict for numbers, or the path of one",
            )
        target = self.broker.spec.data.target
        return TrainedAnew(given, self, target if isinstance(target, tuple) else (), split.truth is not None)

    def _truth(self, split: Split) -> list[tuple[str, Any]]:
        target = self.broker.spec.data.target
        if isinstance(target, tuple) and split.label_targets is not None:
            return [(name, split.label_targets[:, place].astype(int)) for place, name in enumerate(target)]
        name = target if isinstance(target, str) else "target"
        if isinstance(split.truth, Values):
            return [(name, np.asarray(split.truth.values, dtype=np.float64))]
        if split.targets is None:
            raise ModelError("the rows have no target to learn from", hint='[data] target = "..."')
        return [(name, np.array([*split.targets.vocabulary, None], dtype=object)[split.targets.codes])]

    def _opened(self, path: Path) -> Any:
        spec, dataset = self.broker.spec, self.broker.dataset
        if spec.model.path is None:
            raise ModelError(
                f"[model] train gave the path '{path.name}', and adapter '{spec.model.adapter}' opens no model",
                hint="return the model itself, with predict_proba, or predict for numbers",
            )
        changes = {"path": str(path.absolute()), "reference_model": None, "checkpoints": (), "signature_key": None}
        there = spec.model_copy(
            update={"model": spec.model.model_copy(update=changes), "task": dataset.task or spec.task}
        )
        classes = labels_of(dataset.audit)
        return self.broker.host.open_model(there, target_classes=classes, history=dataset.history)

    def asked(self, inputs: Any) -> Any:
        """Rows as a model that came of the function is asked of them: one column as a Series."""
        frame = self._typed(_frame(inputs, self.broker.spec))
        return frame.iloc[:, 0] if getattr(inputs, "ndim", 1) == 1 else frame

    def _typed(self, frame: Any) -> Any:
        import pandas as pd

        for name in frame.columns:
            if str(name) in self.numeric:
                frame[name] = pd.to_numeric(frame[name], errors="coerce")
        return frame


@dataclass(frozen=True)
class TrainedAnew:
    """What the function returned, asked as any model."""

    given: Any
    by: OwnTraining
    labels: tuple[str, ...]
    gives_values: bool

    def predict(self, inputs: Any) -> Predictions:
        """Its probabilities, or its numbers."""
        rows = self.by.asked(inputs)
        if self.gives_values:
            return Values(np.asarray(self.given.predict(rows), dtype=np.float64).reshape(len(inputs)))
        scores = np.asarray(self.given.predict_proba(rows), dtype=np.float64)
        if self.labels:
            return LabelScores(self.labels, scores)
        own = getattr(self.given, "classes_", None)
        if own is None or scores.shape != (len(inputs), len(own)):
            raise ModelError(
                f"the model that [model] train gave answered {len(inputs)} rows with the shape {scores.shape}",
                hint="predict_proba gives one column a class, and classes_ names them in that order",
            )
        return ClassScores(tuple(str(canonical_label(name)) for name in own), scores)


def _frame(inputs: Any, spec: AuditSpec) -> Any:
    """A copy of the rows under the names of the spec's columns, without what a model said of them before."""
    import pandas as pd

    if isinstance(inputs, pd.DataFrame):
        kept = [name for name in inputs.columns if str(name) not in recorded_columns(spec.data)]
        return inputs[kept].reset_index(drop=True)
    name = spec.data.input if isinstance(spec.data.input, str) else "input"
    return pd.DataFrame({name: np.asarray(inputs, dtype=object)})


def _numeric(frame: Any) -> list[str]:
    import pandas as pd

    found = []
    for name in frame.columns:
        cells = frame[name]
        known = cells.notna()
        if known.any() and pd.to_numeric(cells[known], errors="coerce").notna().all():
            found.append(str(name))
    return found
