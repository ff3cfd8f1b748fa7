"""The opened model: texts in, scores out, a batch at a time."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import ClassScores, LabelScores, OutOfMemory, Text
from auditkit_text.devices import is_out_of_memory, sensible_batch
from auditkit_text.loading import quiet
from auditkit_text.tokens import Encoder, read_texts

if TYPE_CHECKING:
    from auditkit_text.names import Kind


@dataclass(frozen=True)
class TextClassifier:
    """A transformers module with its tokenizer, in float32 and for evaluation."""

    module: Any
    encoder: Encoder
    classes: tuple[str, ...]
    kind: Kind
    notes: tuple[Text, ...] = ()

    @property
    def device(self) -> str:
        """Where it runs, e.g. `cuda:0`."""
        return str(self.module.device)

    @property
    def batch_size(self) -> int:
        """Texts a batch to begin with."""
        return sensible_batch(self.module.device)

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

    def _scores(self, texts: list[str]) -> Any:
        import torch

        try:
            with quiet(), torch.inference_mode(), deterministic():
                batch = self.encoder.batch(texts).to(self.module.device)
                logits = self.module(**batch).logits.float()
                found = logits.softmax(-1) if self.kind == "class" else logits.sigmoid()
                return found.cpu().numpy()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            device, said = self.device, str(error).partition("\n")[0][:200]
        # Outside the handler, whose traceback holds on to the tensors that did not fit.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise OutOfMemory(f"{len(texts):,} texts at once do not fit into the memory of '{device}': {said}")


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Have torch choose algorithms that give the same bits twice, where it has them."""
    import torch

    before, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        # It would write NaN over all memory before it is used: time spent on a mistake that no layer here makes.
        torch.utils.deterministic.fill_uninitialized_memory = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(mode=before, warn_only=warned)
            torch.utils.deterministic.fill_uninitialized_memory = filled
