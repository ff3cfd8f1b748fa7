"""`token-classifier`: what a spec may say of it, and the way from a folder to a model that finds entities."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Text,
    TokenLabels,
    Trainable,
    adapter,
)
from auditkit.checkpoints import Head
from auditkit.devices import Placed, Precision
from auditkit_text.opening import SAVE, SETTINGS, locate, locate_base, open_parts
from auditkit_text.recognise import recognise_token_classifier
from auditkit_text.tags import Tag, read_tags
from auditkit_text.tokens import token_limit
from auditkit_text.windows import Windows

HEAD = Head(
    adapter="token-classifier",
    auto_class="AutoModelForTokenClassification",
    types="MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES",
    called="token classifier",
    trained_as="token classifier",
    save=SAVE,
    settings=SETTINGS,
)


@adapter(
    "token-classifier",
    gives=TokenLabels,
    locate=locate,
    base=locate_base,
    recognises=recognise_token_classifier,
    cannot={
        Differentiable: "a text has an answer at each of its tokens, and no one number to trace to them",
        Embeds: "it judges tokens one by one, and makes no vector of a text",
        Generates: "it marks what a text says and writes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Trainable: "a folder does not say how its model was trained",
    },
)
def open_token_classifier(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    spec_folder: Path | None = None,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    precision: Precision = "float32",
    aggregation: Literal["first", "simple"] = "first",
    ignore: tuple[str, ...] = (),
    max_length: int | None = None,
    stride: int | None = None,
    base: str = "",
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Any:
    """A transformers token classifier: a folder with config.json, model.safetensors and its tokenizer.

    Its outputs are called `O` and, for each label, `B-` and `I-` (BIO), more marks (IOBES, BILOU), or the label alone
    (IO). Entities are told in characters of the text. With `aggregation = "first"` a word has the tag and the
    probability of its first token; with `"simple"` each token is judged by itself, as models want it whose tokenizer
    counts punctuation to the word before it. An entity's score is the mean over its words. No text is cut: one that is
    longer than `max_length` tokens is read in windows that share `stride` of them, and a token is judged in the one
    in which most is around it. Labels in `ignore` are left out of the answers. What another `precision` than float32
    changes is measured and printed. `base` is the folder of a LoRA adapter's base.
    """
    under = locate_base(path, spec_folder, base=base, allow_download=allow_download)
    parts = open_parts(path, HEAD, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code, base=under)
    config = parts.module.config
    given = [str(config.id2label[place]) for place in range(config.num_labels)]
    tags = read_tags(given, labels=labels, targets=target_classes)
    _refuse_ignored(ignore, tags, target_classes)
    windows = Windows.of(parts.tokenizer, token_limit(parts.module, parts.tokenizer, max_length), stride)
    from auditkit_text.entity_model import TokenClassifier

    return TokenClassifier(
        place=Placed.of(parts.module, device, precision),
        windows=windows,
        tags=tags,
        each_token=aggregation == "simple",
        ignored=frozenset(ignore),
        notes=(*parts.notes, *_notes(tags, ignore, target_classes, windows)),
        trusted=parts.trusted,
    )


def _labels(tags: Sequence[Tag]) -> list[str]:
    return list(dict.fromkeys(tag.label for tag in tags if tag.label))


def _refuse_ignored(ignore: Sequence[str], tags: Sequence[Tag], targets: Sequence[str]) -> None:
    """Refuse to leave out what the model does not find, and what the target holds: it would count as missed."""
    known = _labels(tags)
    for label in ignore:
        if label not in known:
            near = difflib.get_close_matches(label, known, n=1)
            raise ModelError(
                f"[model] ignore names '{label}', which is no label of the model",
                hint=f"did you mean '{near[0]}'?" if near else f"they are {', '.join(map(repr, known[:8]))}",
            )
        if label in targets:
            raise ModelError(
                f"[model] ignore names '{label}', which the target holds: each would count as missed",
                hint="leave it out of ignore, or its spans out of the target",
            )


def _notes(tags: Sequence[Tag], ignore: Sequence[str], targets: Sequence[str], windows: Windows) -> Iterator[Text]:
    """What a reader of the numbers has to know of labels and windows."""
    if ignore:
        message = "entities that the model calls {labels} were left out of its answers, as the spec says"
        yield Text.of(message, labels=", ".join(f"'{label}'" for label in ignore))
    more = [label for label in _labels(tags) if label not in targets and label not in ignore]
    if targets and more:
        message = "the model also looks for {labels}, which the target never holds: each one found counts as wrong"
        yield Text.of(message, labels=", ".join(f"'{label}'" for label in more[:20]))
    if windows.size is not None:
        message = "no text was cut: any longer than {size} tokens is read in windows that share {stride} of them"
        yield Text.of(message, size=windows.size, stride=windows.stride)
