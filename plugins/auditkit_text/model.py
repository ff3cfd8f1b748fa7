"""The opened model: texts in, scores out, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import ClassScores, Encoded, LabelScores, Text
from auditkit.checkpoints import quiet
from auditkit.devices import OnTorch, Placed, Replica
from auditkit_text.inside import encoded, pooled
from auditkit_text.tokens import Encoder, read_texts

if TYPE_CHECKING:
    from auditkit.checkpoints import Kind


@dataclass(frozen=True)
class TextClassifier(OnTorch):
    """A transformers module with its tokenizer, for evaluation."""

    place: Placed
    encoder: Encoder
    classes: tuple[str, ...]
    kind: Kind
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def batch_size(self) -> int:
        """Texts a batch to begin with: they keep the device busy, and the broker halves them when they do not fit."""
        return self.place.batch_size(cpu=32, gpu=256)

    @property
    def limit(self) -> int | None:
        """The tokens of a text that it looks at; None: all."""
        return self.encoder.limit

    def sizes(self, inputs: Any) -> Any:
        """[n]: the tokens of each text, before any are cut off."""
        with quiet():
            return np.array(self.encoder.count(read_texts(inputs)), dtype=np.int64)

    def predict(self, inputs: Any) -> ClassScores | LabelScores:
        """Probabilities: softmax over classes, or a sigmoid for each of several labels.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        texts = read_texts(inputs)
        scores = self._scores(texts) if texts else np.zeros((0, len(self.classes)), dtype=np.float32)
        return ClassScores(self.classes, scores) if self.kind == "class" else LabelScores(self.classes, scores)

    def embed(self, inputs: Any) -> Any:
        """[n, d]: the mean of the last layer's states over each text's tokens, special ones among them.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        texts = read_texts(inputs)
        if not texts:
            return np.zeros((0, self.module.config.get_text_config().hidden_size), dtype=np.float32)
        with quiet():
            return self.place.answers(self._pooled, texts, called="texts")

    def encoded(self, inputs: Any) -> Encoded:
        """The embeddings of each text's tokens, the logits as a function of them, and where the tokens lie."""
        return encoded(self.module, self.encoder.tokenizer, read_texts(inputs), self.limit)

    def _pooled(self, replica: Replica, texts: list[str]) -> Any:
        return pooled(replica.module, self.encoder.batch(texts).to(replica.device))

    def _scores(self, texts: list[str]) -> Any:
        with quiet():
            return self.place.answers(self._forward, texts, called="texts")

    def _forward(self, replica: Replica, texts: list[str]) -> Any:
        logits = replica.module(**self.encoder.batch(texts).to(replica.device)).logits.float()
        found = logits.softmax(-1) if self.kind == "class" else logits.sigmoid()
        return found.cpu().numpy()
