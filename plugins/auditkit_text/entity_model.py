"""The opened token classifier: texts in, entities with their characters out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Text, TokenLabels
from auditkit.checkpoints import quiet
from auditkit.devices import OnTorch, Placed, Replica
from auditkit_text.tags import Span, Tag, Word, spans_of
from auditkit_text.tokens import read_texts
from auditkit_text.windows import Tokens, Windows, best_window, words_of


@dataclass(frozen=True)
class TokenClassifier(OnTorch):
    """A transformers module with its tokenizer, for evaluation."""

    place: Placed
    windows: Windows
    tags: tuple[Tag, ...]
    """In the order of the module's outputs."""
    each_token: bool = False
    """Whether each token is judged by itself, and not each word by its first."""
    ignored: frozenset[str] = frozenset()
    """Labels of entities that are left out of the answers."""
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def batch_size(self) -> int:
        """Texts a batch to begin with; the broker halves them when they do not fit."""
        return self.place.batch_size(cpu=32, gpu=256)

    def sizes(self, inputs: Any) -> Any:
        """[n]: the tokens of each text; none is cut."""
        return np.array(self.windows.count(read_texts(inputs)), dtype=np.int64)

    def ahead(self, inputs: Any) -> None:
        """Begin to tokenise texts, so that `predict` finds it done."""
        self.windows.begin(read_texts(inputs))

    def predict(self, inputs: Any) -> TokenLabels:
        """The entities of each text.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        texts = read_texts(inputs)
        read = self.windows.tokens(texts)
        said = self._said(read)
        return TokenLabels(tuple(self._spans(*row) for row in zip(texts, read, said, strict=True)))

    def _spans(self, text: str, tokens: Tokens, said: tuple[Any, Any]) -> tuple[Span, ...]:
        tags, scores = said
        words = (
            Word(start, end, self.tags[tags[place]], float(scores[place]))
            for place, start, end in words_of(tokens, text, each_token=self.each_token)
        )
        return tuple(span for span in spans_of(words) if span[2] not in self.ignored)

    def _said(self, read: Sequence[Tokens]) -> list[tuple[Any, Any]]:
        """For each text the tag of each token, and its probability: of the window in which most is around the token."""
        parts = [self.windows.parts(len(tokens)) for tokens in read]
        windows = [(tokens, part) for tokens, own in zip(read, parts, strict=True) for part in own]
        # As many windows at once as there are texts: a smaller batch needs less memory, however long its texts are.
        answers = [
            answer
            for at in range(0, len(windows), len(read) or 1)
            for answer in self._answers(windows[at : at + len(read)])
        ]
        found, at = [], 0
        for tokens, own in zip(read, parts, strict=True):
            found.append(_joined(answers[at : at + len(own)], own, len(tokens)))
            at += len(own)
        return found

    def _answers(self, windows: Sequence[tuple[Tokens, slice]]) -> list[tuple[Any, Any]]:
        """For each window the tag of each of its tokens, and its probability."""
        with quiet():
            shares = self.place.each(self._forward, windows, called="texts")
        rows = [row for share in shares for row in share]
        found = []
        for (tokens, part), (tags, scores) in zip(windows, rows, strict=True):
            inner = slice(tokens.before, tokens.before + part.stop - part.start)
            found.append((tags[inner], scores[inner]))
        return found

    def _forward(self, replica: Replica, windows: Sequence[tuple[Tokens, slice]]) -> list[tuple[Any, Any]]:
        found: list[tuple[Any, Any]] = []
        for batch in self.windows.batches(windows, replica.device):
            best = replica.module(**batch).logits.float().softmax(-1).max(-1)
            found.extend(zip(best.indices.cpu().numpy(), best.values.cpu().numpy(), strict=True))
        return found


def _joined(answers: Sequence[tuple[Any, Any]], parts: Sequence[slice], count: int) -> tuple[Any, Any]:
    """The answers to a text's windows as answers to its tokens."""
    if len(answers) == 1:
        return answers[0]
    best = best_window(parts, count)
    tags, scores = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.float32)
    for place, (part, answer) in enumerate(zip(parts, answers, strict=True)):
        chosen = np.flatnonzero(best == place)
        tags[chosen], scores[chosen] = answer[0][chosen - part.start], answer[1][chosen - part.start]
    return tags, scores
