"""What `auditkit init` is told of models of images: folders of transformers, and states with convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import DataError, parse_numbers
from auditkit.recognising import Certainty, Glimpse, Recognised, Setting, is_state, pretrained_folder, state_settings

if TYPE_CHECKING:
    import pandas as pd

_OF_CONVOLUTIONS = 4
"""The axes of their weights."""
_MOST_CLASSES = 20
"""Different numbers in a column beyond which it is a measure."""
_PROCESSORS = frozenset({"preprocessor_config.json", "processor_config.json"})
_PREPARED = (
    Setting("resize", why="the height and width that images are brought to, e.g. [224, 224]", is_safe=False),
    Setting("mean", why="of each channel, of pixels between 0 and 1, e.g. [0.485, 0.456, 0.406]", is_safe=False),
    Setting("std", why="of each channel, e.g. [0.229, 0.224, 0.225]", is_safe=False),
)


def recognise_image_classifier(seen: Glimpse) -> Recognised | None:
    """A folder that was saved with a head for images; or the state of a torch module of one's own."""
    folder = pretrained_folder(seen)
    if folder is None:
        return _own_module(seen)
    if not folder.ends("ForImageClassification") or folder.is_regression:
        return None
    settings = list(folder.settings)
    if not _PROCESSORS & seen.names:
        settings += _PREPARED
    several = folder.is_multi_label
    if not several and seen.rows is not None and len(folder.classes) > 1:
        several = set(folder.classes) <= set(map(str, seen.rows.columns))
        why = "the table has a column of 0 and 1 for each of its classes; config.json does not say so"
        settings += [Setting("multi_label", value=True, why=why)] if several else []
    gives = "LabelScores" if several else "ClassScores"
    return Recognised("sure", folder.reason, tuple(settings), takes="image", gives=gives, classes=folder.classes)


def recognise_image_regressor(seen: Glimpse) -> Recognised | None:
    """A folder with a head for images that gives numbers; or the state of a torch module of one's own."""
    folder = pretrained_folder(seen)
    if folder is None:
        return _own_module_of_values(seen)
    if not folder.ends("ForImageClassification") or not folder.is_regression:
        return None
    settings = [*folder.settings, *(() if _PROCESSORS & seen.names else _PREPARED)]
    if folder.outputs > 1:
        why = "what its numbers are: mean-and-spread, mean-and-log-variance, or quantiles with their levels"
        settings.append(Setting("output", why=why, is_safe=False))
    return Recognised("sure", folder.reason, tuple(settings), takes="image", gives="Values")


def _own_module(seen: Glimpse) -> Recognised | None:
    """A state that lies alone: its weights tell, where their header can be read."""
    told = _told_by_weights(seen)
    if told is None:
        return None
    settings = (*state_settings(seen, "logits", "probabilities"), *_PREPARED)
    return Recognised(*told, settings, takes="image", gives="ClassScores", are_numbered=True)


def _own_module_of_values(seen: Glimpse) -> Recognised | None:
    """The same of numbers. The weights do not say which it is: where a column could be its target, a person does."""
    told = _told_by_weights(seen)
    if told is None or seen.rows is None or not any(map(_may_be_values, _columns(seen.rows))):
        return None
    outputs = ("values", "mean-and-spread", "mean-and-log-variance", "quantiles")
    settings = (*state_settings(seen, *outputs), *_PREPARED)
    certainty, reason = told
    return Recognised(certainty, reason, settings, task="regression", takes="image", gives="Values")


def _told_by_weights(seen: Glimpse) -> tuple[Certainty, str] | None:
    if not is_state(seen):
        return None
    shapes = seen.tensors()
    if not shapes:
        return "possible", "it is the state of a torch module"
    if any(len(shape) == _OF_CONVOLUTIONS for shape in shapes.values()):
        return "likely", "it holds weights of convolutions"
    return None


def _columns(rows: pd.DataFrame) -> Iterator[pd.Series[Any]]:
    return (rows[name] for name in rows.columns)


def _may_be_values(column: pd.Series[Any]) -> bool:
    """Whether a column of the first rows holds many different numbers, as a measure does and a class does not."""
    try:
        numbers = parse_numbers(column.to_numpy(dtype=object), column="")
    except DataError:
        return False
    return len(np.unique(numbers[np.isfinite(numbers)])) > _MOST_CLASSES
