"""What `auditkit init` is told of models of images: folders of transformers, and states with convolutions."""

from __future__ import annotations

from auditkit.recognising import Certainty, Glimpse, Recognised, Setting, is_state, pretrained_folder, state_settings

_OF_CONVOLUTIONS = 4
"""The axes of their weights."""
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
    """A folder with a head for images that gives one number."""
    folder = pretrained_folder(seen)
    if folder is None or not folder.ends("ForImageClassification") or not folder.is_regression:
        return None
    settings = [*folder.settings, *(() if _PROCESSORS & seen.names else _PREPARED)]
    if folder.outputs > 1:
        why = "what its numbers are: mean-and-spread, mean-and-log-variance, or quantiles with their levels"
        settings.append(Setting("output", why=why, is_safe=False))
    return Recognised("sure", folder.reason, tuple(settings), takes="image", gives="Values")


def _own_module(seen: Glimpse) -> Recognised | None:
    """A state that lies alone: its weights tell, where their header can be read."""
    if not is_state(seen):
        return None
    shapes = seen.tensors()
    if shapes and not any(len(shape) == _OF_CONVOLUTIONS for shape in shapes.values()):
        return None
    settings = (*state_settings(seen, "logits", "probabilities"), *_PREPARED)
    reason = "it holds weights of convolutions" if shapes else "it is the state of a torch module"
    certainty: Certainty = "likely" if shapes else "possible"
    return Recognised(certainty, reason, settings, takes="image", gives="ClassScores", are_numbered=True)
