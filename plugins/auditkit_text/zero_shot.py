"""From a folder and a template to a model that is asked about candidates: one of entailment, or of embeddings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from auditkit import ModelError, Text
from auditkit.checkpoints import Head, quiet, read_object
from auditkit.devices import Placed, Precision
from auditkit.inputs import Encoder
from auditkit_text.candidates import Candidates
from auditkit_text.embedding import Layout, Similarity, layout_of
from auditkit_text.entailment import Entailment, Outputs, outputs_of, sentence_tokens
from auditkit_text.opening import SAVE, SETTINGS, Parts, open_parts
from auditkit_text.tokens import token_limit

ENCODER = Head(
    adapter="text-classifier",
    auto_class="AutoModel",
    types="MODEL_MAPPING_NAMES",
    called="text encoder",
    trained_as="model of sentence embeddings",
    save=SAVE,
    settings=SETTINGS,
    spare=("pooler.",),
)


@dataclass(frozen=True)
class Asked:
    """What the spec says of a model that is asked in words."""

    candidates: Candidates
    entailment: str
    temperature: float | None
    several: bool
    max_length: int | None
    device: str
    precision: Precision
    base: Path | None = None
    """Of a LoRA adapter."""


def is_encoder(path: Path | None, classifier: Head) -> bool:
    """Whether a folder holds a model of embeddings: it was not saved as a classifier of sequences."""
    file = None if path is None else path / "config.json"
    if path is None or file is None or not file.is_file():
        return False  # which is told when it is opened
    saved = read_object(file, hint=classifier.save).get("architectures") or ()
    if not saved:
        return (path / "modules.json").is_file()
    return not str(saved[0]).endswith("ForSequenceClassification")


def open_asked(path: Path | None, asked: Asked, classifier: Head, **trust: bool) -> Entailment | Similarity:
    """Open a folder as what it is.

    Raises:
        ModelError: it is neither, or something in the spec is of the other.
    """
    if path is not None and is_encoder(asked.base or path, classifier):
        return _similarity(path, asked, trust)
    if asked.temperature is not None:
        raise ModelError(
            "[model] temperature is of models of embeddings, and this one compares two texts",
            hint="leave it out: its scores are a softmax already",
        )
    return _entailment(open_parts(path, classifier, base=asked.base, **trust), asked)


def _entailment(parts: Parts, asked: Asked) -> Entailment:
    config, tokenizer, candidates = parts.module.config, parts.tokenizer, asked.candidates
    names = {int(place): str(name) for place, name in config.id2label.items()}
    outputs = outputs_of(names, entailment=asked.entailment, several=asked.several)
    limit = token_limit(parts.module, tokenizer, asked.max_length)
    with quiet():
        lengths = sentence_tokens(tokenizer, candidates.sentences)
    for word, tokens in zip(candidates.words, lengths, strict=True):
        if limit is not None and tokens >= limit:
            raise ModelError(
                f"the sentence of candidate '{word}' has {tokens:,} tokens, and the model looks at {limit:,} in all",
                hint="a shorter template or candidate: what is left of the model's length is the text's",
            )
    return Entailment(
        place=Placed.of(parts.module, asked.device, asked.precision),
        tokenizer=tokenizer,
        limit=limit,
        candidates=candidates,
        outputs=outputs,
        several=asked.several,
        notes=(*parts.notes, candidates.note(_of_outputs(names, outputs, several=asked.several))),
        trusted=parts.trusted,
    )


def _similarity(path: Path, asked: Asked, trust: dict[str, bool]) -> Similarity:
    _refuse_of_entailment(asked)
    layout = layout_of(path if asked.base is None or (path / "modules.json").is_file() else asked.base)
    parts = open_parts(path, ENCODER, base=asked.base, **trust)
    if parts.module.config.is_encoder_decoder:
        raise ModelError(
            "the model reads and writes, and text-classifier compares the vectors of one that reads alone",
            hint='save its encoder alone, or audit its answers from a file: adapter = "recorded"',
        )
    candidates = asked.candidates
    return Similarity(
        place=Placed.of(parts.module, asked.device, asked.precision),
        encoder=Encoder(parts.tokenizer, _limit(parts, layout, asked.max_length)),
        pooling=layout.pooling,
        candidates=candidates,
        temperature=asked.temperature,
        notes=(*parts.notes, candidates.note(_of_vectors(_POOLED[layout.pooling], asked.temperature))),
        trusted=parts.trusted,
    )


_POOLED = {
    "mean": Text.of("the mean over tokens"),
    "cls": Text.of("that of the first token"),
    "max": Text.of("the largest over tokens"),
}


def _of_outputs(names: Mapping[int, str], outputs: Outputs, *, several: bool) -> Text:
    entails = names[outputs.entailment]
    if several and outputs.contradiction is not None:
        against = names[outputs.contradiction]
        return Text.of("for each the softmax of the output '{output}' against '{other}'", output=entails, other=against)
    return Text.of("the softmax over them of the output '{output}'", output=entails)


def _of_vectors(vector: Text, temperature: float | None) -> Text:
    if temperature is None:
        return Text.of(
            "the cosine of the text's vector, {vector}, with each one's; these scores order, and are no probabilities",
            vector=vector,
        )
    return Text.of(
        "the softmax of the cosine of the text's vector, {vector}, with each one's, divided by {temperature}",
        vector=vector,
        temperature=f"{temperature:g}",
    )


def _refuse_of_entailment(asked: Asked) -> None:
    if asked.several:
        raise ModelError(
            "a model of embeddings says which candidate is nearest, and not whether each is right",
            hint="a model of entailment can: one whose outputs are called entailment and contradiction",
        )
    if asked.entailment:
        raise ModelError(
            f"[model] entailment is '{asked.entailment}', and the model makes vectors: it has no such output",
            hint="leave it out",
        )
    if asked.temperature is not None and not (math.isfinite(asked.temperature) and asked.temperature > 0):
        raise ModelError(
            f"[model] temperature is {asked.temperature:g}, and it divides the cosines", hint="temperature = 0.05"
        )


def _limit(parts: Parts, layout: Layout, wanted: int | None) -> int | None:
    """Tokens of a text: what the spec says; else what the folder says, as far as the model goes."""
    most = token_limit(parts.module, parts.tokenizer, wanted)
    if wanted is not None or layout.longest is None:
        return most
    return layout.longest if most is None else min(most, layout.longest)
