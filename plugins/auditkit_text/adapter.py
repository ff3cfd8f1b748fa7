"""`text-classifier`: what a spec may say of it, and the way from a folder to a model that predicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit import Differentiable, Embeds, Generates, ModelError, Trainable, adapter, needs_extra
from auditkit.checkpoints import Head, ModelFolder, class_names, load_model, locate_model, offline, quiet
from auditkit.devices import pick_device
from auditkit_text.tokenizer import TOKENIZERS, load_tokenizer, refuse_without_tokenizer
from auditkit_text.tokens import Encoder, token_limit

HEAD = Head(
    adapter="text-classifier",
    auto_class="AutoModelForSequenceClassification",
    types="MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    called="text classifier",
    trained_as="sequence classifier",
    save="write it with model.save_pretrained(folder) and tokenizer.save_pretrained(folder)",
    settings=("tokenizer_config.json",),
)


def locate(
    written: str,
    folder: Path,
    *,
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Path:
    """Where the model lies: beside the spec, or in this machine's cache of the hub."""
    return locate_model(
        written,
        folder,
        beside=TOKENIZERS,
        allow_download=allow_download,
        trust_pickle=trust_pickle,
        trust_remote_code=trust_remote_code,
    )


@adapter(
    "text-classifier",
    locate=locate,
    can=(Differentiable, Embeds),
    cannot={
        Generates: "it chooses among classes and writes nothing",
        Trainable: "a folder does not say how its model was trained",
    },
)
def open_text_classifier(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    data: Any,
    max_length: int | None = None,
    allow_download: bool = False,  # noqa: ARG001  `locate` is given it
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Any:
    """A transformers sequence classifier: a folder with config.json, model.safetensors and its tokenizer.

    Nothing is downloaded, unless `allow_download` is true and `path` is a hub id that the local cache of the Hugging
    Face hub lacks. `max_length` is how many tokens of a text the model looks at; longer texts are cut, and the
    report says how many. A pickle, or code in the folder, is run only under the option of that name, and the report
    says so.
    """
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder that save_pretrained wrote')
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything is read
        import transformers  # noqa: F401  same
    folder = ModelFolder.inspected(path, HEAD, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code)
    refuse_without_tokenizer(folder)
    with quiet(), offline():
        model, notes = load_model(folder)
        tokenizer = load_tokenizer(folder, model)
    targets = _names_in_data(data, target_classes)
    kind, names = class_names(model.config, adapter=HEAD.adapter, labels=labels, targets=targets)
    from auditkit_text.model import TextClassifier

    return TextClassifier(
        module=model.to(pick_device(device)),
        encoder=Encoder(tokenizer, token_limit(model, tokenizer, max_length)),
        classes=names,
        kind=kind,
        notes=(*folder.notes, *notes),
        trusted=folder.trusted,
    )


def _names_in_data(data: Any, target_classes: tuple[str, ...]) -> tuple[str, ...]:
    """What the data call the classes: the labels that the target takes, or the target columns, one a label."""
    return tuple(data.target) if isinstance(data.target, tuple) else target_classes
