"""Find out what a model in memory is, and make of it something that answers rows with a prediction type."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from auditkit.document import Text
from auditkit.errors import ModelError
from auditkit.inmemory.identity import BY_ITS_ANSWERS, Identity, kind_of
from auditkit.inmemory.naming import Naming
from auditkit.inmemory.types import restored
from auditkit.predictions import Predictions

GIVEN_IN_MEMORY = Text.of("the model was given in memory: no file of it was read")

Outputs = Literal["logits", "probabilities", "values"]
"""What a torch module's numbers are."""


@dataclass(frozen=True)
class Found:
    """A model in memory, recognised."""

    kind: str
    """Its class, with its module."""
    identity: Identity
    make: Callable[[Naming, Mapping[str, Any]], Any]
    """Given what is known of the classes and the types of the input columns: an object with `predict`."""
    columns: tuple[str, ...] = ()
    """The input columns that it was fitted on; none: it does not know their names."""
    wants_text: bool = False
    """Whether it takes one column of texts."""
    gives_values: bool = False
    """Whether it predicts numbers, by its own word."""
    is_fitted: bool = True
    """Whether it was trained, as far as it can tell."""

    @property
    def notes(self) -> tuple[Text, ...]:
        """What the result says of it."""
        return GIVEN_IN_MEMORY, self.identity.made


def found_model(given: Any, outputs: Outputs) -> Found:
    """A torch module, a Hugging Face pipeline, an estimator, an object with `predict`, or a function.

    Raises:
        ModelError: it is none of these.
    """
    # By the modules that are loaded: an object of a library that nobody has imported cannot have been given.
    torch = sys.modules.get("torch.nn")
    if torch is not None and isinstance(given, torch.Module):
        from auditkit.inmemory.torch_module import found_module

        return found_module(given, outputs)
    pipelines = sys.modules.get("transformers.pipelines.base")
    if pipelines is not None and isinstance(given, pipelines.Pipeline):
        from auditkit.inmemory.hugging_face import found_pipeline

        return found_pipeline(given)
    if isinstance(given, type):
        raise ModelError(
            f"the model is the class '{given.__name__}', not an object of it", hint=f"{given.__name__}(...)"
        )
    if _is_estimator(given):
        from auditkit.inmemory.estimator import found_estimator

        return found_estimator(given)
    if callable(getattr(given, "predict", None)):
        return Found(kind_of(given), Identity(None, BY_ITS_ANSWERS), lambda naming, types: Plain(given, naming, types))
    if callable(given):
        return Found(
            kind_of(given), Identity(None, BY_ITS_ANSWERS), lambda naming, types: Plain(_Call(given), naming, types)
        )
    raise ModelError(
        f"a {type(given).__name__} is no model: it has no predict, and it cannot be called",
        hint="give a fitted estimator, a torch module, a pipeline, a function, an array of predictions or a path",
    )


def _is_estimator(given: Any) -> bool:
    base = sys.modules.get("sklearn.base")
    is_ours = base is not None and isinstance(given, base.BaseEstimator) and callable(getattr(given, "predict", None))
    return (
        is_ours
        or callable(getattr(given, "predict_proba", None))
        or callable(getattr(given, "decision_function", None))
    )


@dataclass(frozen=True)
class _Call:
    """A plain function, called as `predict` would be."""

    predict: Callable[[Any], Any]


@dataclass(frozen=True)
class Plain:
    """Somebody's own object or function, which is asked as it is."""

    given: Any = field(repr=False)
    naming: Naming
    types: Mapping[str, Any]

    def predict(self, inputs: Any) -> Predictions:
        """What it says of a DataFrame, or of a Series when one column is the input."""
        return self.naming.answer(self.given.predict(restored(inputs, self.types)))

    def __getattr__(self, name: str) -> Any:
        """Whatever else the object can do, e.g. embed: checks ask for it by name."""
        if name.startswith("__") or name == "given":
            raise AttributeError(name)
        return getattr(self.given, name)
