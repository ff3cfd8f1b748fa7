"""What an adapter opens a folder of transformers as: the library's class for it, and what people call it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """One kind of model that a transformers folder can hold, such as a classifier of texts."""

    adapter: str
    """The adapter that opens it."""
    auto_class: str
    """The class of transformers that loads it, e.g. `AutoModelForSequenceClassification`."""
    types: str
    """The table of transformers' `modeling_auto` that names the model types that have such a head."""
    called: str
    """e.g. `text classifier`."""
    trained_as: str
    """e.g. `sequence classifier`."""
    save: str
    """How a whole folder of it is written: a hint."""
    settings: tuple[str, ...] = ()
    """Files beside config.json whose `auto_map` can name code."""
    spare: tuple[str, ...] = ()
    """Beginnings of weights' names that may be missing, since the adapter uses no part of the model called so."""
