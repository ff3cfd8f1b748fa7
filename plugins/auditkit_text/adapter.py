"""`text-classifier`: what a spec may say of it, and the way from a folder to a model that predicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Trainable,
    adapter,
)
from auditkit.checkpoints import Head, Kind, class_names
from auditkit.devices import Placed, Precision
from auditkit.inputs import Encoder
from auditkit_text.candidates import Candidates, refuse_without_template
from auditkit_text.opening import SAVE, SETTINGS, locate, locate_base, open_parts
from auditkit_text.recognise import recognise_text_classifier
from auditkit_text.tokens import token_limit

HEAD = Head(
    adapter="text-classifier",
    auto_class="AutoModelForSequenceClassification",
    types="MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    called="text classifier",
    trained_as="sequence classifier",
    save=SAVE,
    settings=SETTINGS,
)


@adapter(
    "text-classifier",
    locate=locate,
    base=locate_base,
    recognises=recognise_text_classifier,
    can=(Differentiable, Embeds),
    cannot={
        Generates: "it chooses among classes and writes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Trainable: "a folder does not say how its model was trained",
    },
)
def open_text_classifier(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    spec_folder: Path | None = None,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    data: Any,
    precision: Precision = "float32",
    multi_label: bool = False,
    template: str = "",
    candidates: tuple[str, ...] = (),
    entailment: str = "",
    temperature: float | None = None,
    max_length: int | None = None,
    base: str = "",
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Any:
    """A transformers sequence classifier: a folder with config.json, model.safetensors and its tokenizer.

    With `template = "This note is about {}."` classes are put to a model that was not trained on them: `candidates`,
    or the target's classes. A model of entailment is asked whether the text implies each sentence; its output of that
    meaning begins with "entail", or is named by `entailment`. Any other is a model of embeddings, whose vectors are
    compared: the scores are cosines, or with a `temperature` the softmax of cosines divided by it, as probabilities.

    `base` is the folder of the model that a LoRA adapter was trained on, where the adapter's config names none beside
    it; both are merged in float32.

    Nothing is downloaded, unless `allow_download` is true and `path` is a hub id that the local cache of the Hugging
    Face hub lacks. `max_length` is how many tokens of a text the model looks at; longer texts are cut, and the
    report says how many. What another `precision` than float32 changes is measured and printed. A pickle, or code in
    the folder, is run only under the option of that name, and the report says so.
    """
    trust = {"trust_pickle": trust_pickle, "trust_remote_code": trust_remote_code}
    under = locate_base(path, spec_folder, base=base, allow_download=allow_download)
    targets = _names_in_data(data, target_classes)
    if template:
        from auditkit_text.zero_shot import Asked, open_asked

        _refuse_other_target("labels" if multi_label else "class", data.target)
        asked = Candidates.of(template, candidates, labels=labels, targets=targets, several=multi_label)
        how = Asked(asked, entailment, temperature, multi_label, max_length, device, precision, under)
        return open_asked(path, how, HEAD, **trust)
    refuse_without_template(candidates=candidates, entailment=entailment, temperature=temperature)
    parts = open_parts(path, HEAD, base=under, **trust)
    if multi_label:
        parts.module.config.problem_type = "multi_label_classification"
    kind, names = class_names(parts.module.config, adapter=HEAD.adapter, labels=labels, targets=targets)
    _refuse_other_target(kind, data.target)
    from auditkit_text.model import TextClassifier

    return TextClassifier(
        place=Placed.of(parts.module, device, precision),
        encoder=Encoder(parts.tokenizer, token_limit(parts.module, parts.tokenizer, max_length)),
        classes=names,
        kind=kind,
        notes=parts.notes,
        trusted=parts.trusted,
    )


def _names_in_data(data: Any, target_classes: tuple[str, ...]) -> tuple[str, ...]:
    """What the data call the classes: the labels that the target takes, or the target columns, one a label."""
    return tuple(data.target) if isinstance(data.target, tuple) else target_classes


def _refuse_other_target(kind: Kind, target: str | tuple[str, ...] | None) -> None:
    """Refuse a list of columns for a model that chooses one class, and one column for a model of several labels."""
    if kind == "class" and isinstance(target, tuple):
        raise ModelError(
            f"[data] target is a list of {len(target)} columns, and the model chooses one class",
            hint="[model] multi_label = true, if it was trained with a sigmoid for each label",
        )
    if kind == "labels" and isinstance(target, str):
        raise ModelError(
            f"[data] target is one column, '{target}', and the model gives a score for each of several labels",
            hint='target = ["cough", "fever"], a column of 0 and 1 for each label',
        )
