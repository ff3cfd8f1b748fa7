"""A model of entailment as a classifier: does the text imply 'this note is about asthma'?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import ClassScores, Encoded, LabelScores, ModelError, NotApplicable, Text
from auditkit.checkpoints import quiet
from auditkit.devices import OnTorch, Placed, Replica
from auditkit_text.candidates import Candidates
from auditkit_text.inside import pooled
from auditkit_text.tokens import read_texts

_AT_ONCE = 1000
_TWO = 2


@dataclass(frozen=True)
class Outputs:
    """Which of the model's outputs say that the text implies the sentence, and that it contradicts it."""

    entailment: int
    contradiction: int | None


def outputs_of(names: Mapping[int, str], *, entailment: str, several: bool) -> Outputs:
    """Where the answers lie among the outputs of a model of entailment.

    Args:
        names: id2label of its config.
        entailment: what it calls entailment; empty: what begins with "entail", in any case, as transformers' pipeline
            looks for it.
        several: whether contradiction is needed too: what begins with "contra", or the other one of two.

    Raises:
        ModelError: they are not to be found.
    """
    listed = ", ".join(f"'{name}'" for _, name in sorted(names.items())[:8])
    place = _only(names, entailment, "entail")
    if place is None:
        raise ModelError(
            f"[model] entailment is '{entailment}', which is none of the model's outputs, {listed}"
            if entailment
            else f"none of the model's outputs, {listed}, is called entailment, so that it compares no texts",
            hint='[model] entailment = "LABEL_2", the output that says that the text implies the sentence; or leave '
            "the template out, to audit what the outputs stand for",
        )
    others = {other: name for other, name in names.items() if other != place}
    contradiction = next(iter(others)) if len(names) == _TWO else _only(others, "", "contra")
    if several and contradiction is None:
        raise ModelError(
            f"none of the model's outputs, {listed}, is called contradiction, which each label is held against",
            hint='name it in config.json, id2label: {"0": "contradiction", ...}',
        )
    return Outputs(place, contradiction)


def _only(names: Mapping[int, str], wanted: str, begin: str) -> int | None:
    found = [place for place, name in names.items() if (name == wanted if wanted else name.lower().startswith(begin))]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, kw_only=True)
class Entailment(OnTorch):
    """A transformers module of pairs of texts, with its tokenizer, asked about each candidate."""

    place: Placed
    tokenizer: Any
    limit: int | None
    """The tokens of a text and a sentence together that it looks at; None: all. The text is cut, never the sentence."""
    candidates: Candidates
    outputs: Outputs
    several: bool
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()

    @property
    def batch_size(self) -> int:
        """Texts a batch to begin with; each is read once for each candidate."""
        return max(1, self.place.batch_size(cpu=32, gpu=256) // len(self.candidates.words))

    def sizes(self, inputs: Any) -> Any:
        """[n]: the tokens of each text with the longest sentence, before any are cut off."""
        around = max(sentence_tokens(self.tokenizer, self.candidates.sentences))
        with quiet():
            lengths = _lengths(self.tokenizer, read_texts(inputs))
        return np.array(lengths, dtype=np.int64) + around

    def predict(self, inputs: Any) -> ClassScores | LabelScores:
        """Probabilities, as transformers' pipeline for zero-shot classification has them.

        Of one class: the softmax of the entailment logits over the candidates. Of several labels: for each, the softmax
        of entailment against contradiction.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        texts = read_texts(inputs)
        scores = np.zeros((0, len(self.candidates.classes)), dtype=np.float32)
        if texts:
            with quiet():
                scores = self.place.answers(self._forward, texts, called="texts")
        kind = LabelScores if self.several else ClassScores
        return kind(self.candidates.classes, scores)

    def embed(self, inputs: Any) -> Any:
        """[n, d]: the mean of the last layer's states over each text's tokens, without any sentence beside it."""
        texts = read_texts(inputs)
        if not texts:
            return np.zeros((0, self.module.config.get_text_config().hidden_size), dtype=np.float32)
        with quiet():
            return self.place.answers(self._pooled, texts, called="texts")

    def encoded(self, inputs: Any) -> Encoded:  # noqa: ARG002  of the protocol
        """Refused: the answer to a text is made of several pairs."""
        raise NotApplicable("the model reads each text once for each candidate, and answers of these together")

    def _pooled(self, replica: Replica, texts: list[str]) -> Any:
        batch = self.tokenizer(texts, **_how(self.limit, cut=True))
        return pooled(replica.module, batch.to(replica.device))

    def _forward(self, replica: Replica, texts: list[str]) -> Any:
        sentences = self.candidates.sentences
        firsts = [text for text in texts for _ in sentences]
        batch = self.tokenizer(firsts, list(sentences) * len(texts), **_how(self.limit, cut="only_first"))
        logits = replica.module(**batch.to(replica.device)).logits.float().reshape(len(texts), len(sentences), -1)
        implied = logits[..., self.outputs.entailment]
        if not self.several:
            return implied.softmax(-1).cpu().numpy()
        # Of two numbers the softmax's first is the sigmoid of their difference.
        return (implied - logits[..., self.outputs.contradiction]).sigmoid().cpu().numpy()


def _how(limit: int | None, *, cut: bool | str) -> dict[str, Any]:
    return {
        "truncation": cut if limit is not None else False,
        "max_length": limit,
        "padding": "longest",
        "return_tensors": "pt",
    }


def sentence_tokens(tokenizer: Any, sentences: Sequence[str]) -> list[int]:
    """The tokens of each sentence, and the special ones of a pair: what is left of the limit is the text's."""
    special = int(tokenizer.num_special_tokens_to_add(pair=True))
    return [special + length for length in _lengths(tokenizer, sentences)]


def _lengths(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    found: list[int] = []
    for start in range(0, len(texts), _AT_ONCE):
        part = tokenizer(list(texts[start : start + _AT_ONCE]), add_special_tokens=False, truncation=False)
        found += [len(tokens) for tokens in part["input_ids"]]
    return found
