"""The opened model: texts in, scores out, a batch at a time."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import ClassScores, Encoded, LabelScores, Text
from auditkit.checkpoints import quiet
from auditkit.devices import deterministic, fitting
from auditkit_text.inside import encoded, pooled
from auditkit_text.tokens import Encoder, read_texts

if TYPE_CHECKING:
    from auditkit.checkpoints import Kind


@dataclass(frozen=True)
class TextClassifier:
    """A transformers module with its tokenizer, in float32 and for evaluation."""

    module: Any
    encoder: Encoder
    classes: tuple[str, ...]
    kind: Kind
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def device(self) -> str:
        """Where it runs, e.g. `cuda:0`."""
        return str(self.module.device)

    @property
    def batch_size(self) -> int:
        """Texts a batch to begin with: they keep the device busy, and the broker halves them when they do not fit."""
        return 32 if self.module.device.type == "cpu" else 256

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
        work = functools.partial(self._pooled, texts)
        return fitting(work, device=self.device, what=f"{len(texts):,} texts at once")

    def encoded(self, inputs: Any) -> Encoded:
        """The embeddings of each text's tokens, the logits as a function of them, and where the tokens lie."""
        return encoded(self.module, self.encoder.tokenizer, read_texts(inputs), self.limit)

    def _pooled(self, texts: list[str]) -> Any:
        import torch

        with quiet(), torch.inference_mode(), deterministic():
            return pooled(self.module, self.encoder.batch(texts).to(self.module.device))

    def _scores(self, texts: list[str]) -> Any:
        work = functools.partial(self._forward, texts)
        return fitting(work, device=self.device, what=f"{len(texts):,} texts at once")

    def _forward(self, texts: list[str]) -> Any:
        import torch

        with quiet(), torch.inference_mode(), deterministic():
            batch = self.encoder.batch(texts).to(self.module.device)
            logits = self.module(**batch).logits.float()
            found = logits.softmax(-1) if self.kind == "class" else logits.sigmoid()
            return found.cpu().numpy()
