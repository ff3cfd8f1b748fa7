"""The opened model: texts in, scores or values out, a batch at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import ClassScores, Encoded, LabelScores, Text, Values
from auditkit.checkpoints import quiet
from auditkit.devices import OnTorch, Placed, Replica
from auditkit.inputs import Encoder
from auditkit_text.inside import encoded, pooled
from auditkit_text.tokens import read_texts

if TYPE_CHECKING:
    from auditkit.checkpoints import Kind, ValueOutputs


@dataclass(frozen=True, kw_only=True)
class TextModel(OnTorch):
    """A transformers module with its tokenizer, for evaluation; what it says is its subclass's."""

    place: Placed
    encoder: Encoder
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

    def ahead(self, inputs: Any) -> None:
        """Begin to make the tensors of a batch, so that `predict` finds them ready."""
        for replica, texts in self.place.shares(read_texts(inputs)):
            self.encoder.begin(texts, replica.device)

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

    def outputs(self, inputs: Any, finish: Callable[[Any], Any]) -> Any:
        """[n, k]: what `finish` makes of the last layer's numbers of each text, a tensor in float32; [0, k] of none.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        texts = read_texts(inputs)
        if not texts:
            return np.zeros((0, self.module.config.num_labels), dtype=np.float32)

        def forward(replica: Replica, texts: list[str]) -> Any:
            def scores(batch: dict[str, Any]) -> Any:
                return finish(replica.module(**batch).logits.float()).cpu().numpy()

            return self.encoder.each(texts, replica.device, scores)

        with quiet():
            return self.place.answers(forward, texts, called="texts")

    def _pooled(self, replica: Replica, texts: list[str]) -> Any:
        return self.encoder.each(texts, replica.device, functools.partial(pooled, replica.module))


@dataclass(frozen=True, kw_only=True)
class TextClassifier(TextModel):
    """A classifier of one class a text, or of several labels."""

    classes: tuple[str, ...]
    kind: Kind

    def predict(self, inputs: Any) -> ClassScores | LabelScores:
        """Probabilities: softmax over classes, or a sigmoid for each of several labels.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        if self.kind == "class":
            return ClassScores(self.classes, self.outputs(inputs, lambda logits: logits.softmax(-1)))
        return LabelScores(self.classes, self.outputs(inputs, lambda logits: logits.sigmoid()))


@dataclass(frozen=True, kw_only=True)
class TextRegressor(TextModel):
    """A model of a number, with its uncertainty where it has an output for that."""

    meaning: ValueOutputs

    def predict(self, inputs: Any) -> Values:
        """Values in the target's unit.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        return self.meaning.values(self.outputs(inputs, lambda numbers: numbers))
