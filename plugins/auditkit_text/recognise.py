"""What `auditkit init` is told of models of texts: folders that say by their config.json what they are."""

from __future__ import annotations

from typing import Any

from auditkit.recognising import Certainty, Glimpse, PretrainedFolder, Recognised, Setting, pretrained_folder


def recognise_text_classifier(seen: Glimpse) -> Recognised | None:
    """A folder that was saved with a head for classes or labels of a whole text."""
    folder = pretrained_folder(seen)
    if (embeds := _embeddings(seen, folder)) is not None:
        return embeds
    if folder is None or not folder.ends("ForSequenceClassification") or folder.is_regression:
        return None
    settings = list(folder.settings)
    if any(name.casefold().startswith("entail") for name in folder.classes):
        return _zero_shot(folder)
    several = folder.is_multi_label
    if not several and columns_for_each(folder, seen.rows):
        several = True
        why = "the table has a column of 0 and 1 for each of its classes; config.json does not say so"
        settings.append(Setting("multi_label", value=True, why=why))
    return Recognised(
        "sure",
        folder.reason,
        tuple(settings),
        takes="text",
        gives="LabelScores" if several else "ClassScores",
        classes=folder.classes,
    )


def _embeddings(seen: Glimpse, folder: PretrainedFolder | None) -> Recognised | None:
    """A model of sentence embeddings, which says of each class how near a text is to it in words."""
    is_layout = "modules.json" in seen.names and "config.json" in seen.names
    is_encoder = folder is not None and folder.ends("Model") and bool(_TOKENIZERS & seen.names)
    if (folder is not None and not folder.ends(("Model", "ForMaskedLM"))) or not (is_layout or is_encoder):
        return None
    why = "the sentence of each class of the target, which a text's vector is compared with; it has one {}"
    template = Setting("template", "This text is about {}.", why, is_safe=False)
    trust = () if folder is None else folder.settings
    certainty: Certainty = "sure" if is_layout else "likely"
    reason = (
        "modules.json names the parts of a model of sentence embeddings"
        if is_layout or folder is None
        else f"{folder.reason}, which makes vectors: of sentences, as the mean over tokens"
    )
    return Recognised(certainty, reason, (*trust, template), takes="text", gives="ClassScores")


_TOKENIZERS = frozenset({"tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model"})
"""One of them lies beside a model of texts, and beside no other."""


def _zero_shot(folder: PretrainedFolder) -> Recognised:
    """A model of entailment: the target's classes are put to it in words."""
    why = "the sentence that it is asked about each class of the target; it has one {}"
    template = Setting("template", "This example is {}.", why, is_safe=False)
    reason = f"{folder.reason}, and its classes are those of entailment"
    return Recognised("sure", reason, (*folder.settings, template), takes="text", gives="ClassScores")


def columns_for_each(folder: PretrainedFolder, rows: Any) -> bool:
    """Whether a table has a column for each of a model's classes, and so several can be right."""
    return rows is not None and len(folder.classes) > 1 and set(folder.classes) <= set(map(str, rows.columns))


def recognise_token_classifier(seen: Glimpse) -> Recognised | None:
    """A folder that was saved with a head for each token."""
    folder = pretrained_folder(seen)
    if folder is None or not folder.ends("ForTokenClassification"):
        return None
    labels = dict.fromkeys(name.partition("-")[2] or name for name in folder.classes if name != "O")
    return Recognised(
        "sure", folder.reason, folder.settings, takes="text", gives="TokenLabels", classes=tuple(labels), task="tokens"
    )


def recognise_text_regressor(seen: Glimpse) -> Recognised | None:
    """A folder that was saved with a head for a number of a whole text."""
    folder = pretrained_folder(seen)
    if folder is None or not folder.ends("ForSequenceClassification") or not folder.is_regression:
        return None
    settings = list(folder.settings)
    if folder.outputs > 1:
        choices = ("mean-and-log-variance", "mean-and-spread", "quantiles")
        settings.append(Setting("output", why="what its numbers are", is_safe=False, choices=choices))
    settings += UNITS
    return Recognised("sure", folder.reason, tuple(settings), takes="text", gives="Values", task="regression")


UNITS = (
    Setting("scale", 1.0, "a value is the model's number times this, where it was trained on other units,"),
    Setting("offset", 0.0, "plus this"),
)
