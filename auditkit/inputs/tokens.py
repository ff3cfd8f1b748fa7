"""Texts as tokens: how many each has, and batches padded to their longest text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MOST_KEPT = 1 << 26
"""Tokens that are kept between counting and predicting: about half a gigabyte. Beyond, texts are encoded twice."""

_Encoded = Mapping[str, Sequence[int]]


class Encoder:
    """A tokenizer that remembers what it has counted, so that a text is encoded once."""

    def __init__(self, tokenizer: Any, limit: int | None) -> None:
        self.tokenizer = tokenizer
        self.limit = limit
        self._kept: dict[str, _Encoded] = {}

    def count(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, before any are cut off."""
        self._kept, kept, counts = {}, 0, []
        for text, encoded in zip(texts, self._encode(texts, cut=False), strict=True):
            length = len(encoded["input_ids"])
            counts.append(length)
            if kept < _MOST_KEPT and (self.limit is None or length <= self.limit) and text not in self._kept:
                self._kept[text] = encoded
                kept += length
        return counts

    def batch(self, texts: Sequence[str]) -> Any:
        """Tensors of one batch, padded to its longest text."""
        absent = list(dict.fromkeys(text for text in texts if text not in self._kept))
        made = dict(zip(absent, self._encode(absent, cut=True), strict=True))
        rows = [self._kept.get(text) or made[text] for text in texts]
        columns = {name: [list(row[name]) for row in rows] for name in rows[0]}
        return self.tokenizer.pad(columns, padding="longest", return_tensors="pt")

    def _encode(self, texts: Sequence[str], *, cut: bool) -> Iterable[_Encoded]:
        for start in range(0, len(texts), 1000):
            part = list(texts[start : start + 1000])
            found = self.tokenizer(part, truncation=cut and self.limit is not None, max_length=self.limit)
            for place in range(len(part)):
                yield {name: found[name][place] for name in found}
