"""Texts as tokens: how many each has, and batches padded to their longest text."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from auditkit.prefetch import Prefetch, pinned, sent

_MOST_KEPT = 1 << 24
"""Tokens that are kept between counting and predicting, at most 100 MB. Beyond, texts are encoded twice."""
_A_ROW = 150
"""Tokens' worth of memory that a row takes besides its tokens."""

Row = Mapping[str, Any]
"""One text: the columns that the tokenizer makes, each a list or an array of whole numbers."""


class Encoder:
    """A tokenizer that remembers what it has counted, so that a text is encoded once, and makes batches ahead."""

    def __init__(self, tokenizer: Any, limit: int | None) -> None:
        self.tokenizer = tokenizer
        self.limit = limit
        self._kept: dict[str, Row] = {}
        self._prefetch: Prefetch[dict[str, Any]] = Prefetch()
        self._lock = threading.Lock()

    def count(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, before any are cut off."""
        self._kept, kept, counts = {}, 0, []
        for text, row in zip(texts, self._encode(texts, cut=False), strict=True):
            length = len(row["input_ids"])
            counts.append(length)
            if kept < _MOST_KEPT and (self.limit is None or length <= self.limit) and text not in self._kept:
                self._kept[text] = {name: _small(cells) for name, cells in row.items()}
                kept += length + _A_ROW
        return counts

    def begin(self, texts: Sequence[str], device: Any) -> None:
        """Begin a batch in the background, for a device that will ask for it with `batch`."""
        rows = tuple(texts)
        self._prefetch.begin(rows, lambda: pinned(self._tensors(rows), device))

    def batch(self, texts: Sequence[str], device: Any) -> dict[str, Any]:
        """Tensors of one batch on a device, padded to its longest text; as they were begun, if they were."""
        rows = tuple(texts)
        return sent(self._prefetch.take(rows, lambda: pinned(self._tensors(rows), device)), device)

    def _tensors(self, texts: Sequence[str]) -> dict[str, Any]:
        absent = list(dict.fromkeys(text for text in texts if text not in self._kept))
        made = dict(zip(absent, self._encode(absent, cut=True), strict=True))
        rows = [self._kept.get(text) or made[text] for text in texts]
        with self._lock:
            return padded(self.tokenizer, rows)

    def _encode(self, texts: Sequence[str], *, cut: bool) -> Iterable[Row]:
        for start in range(0, len(texts), 1000):
            part = list(texts[start : start + 1000])
            # One thread at a time: the length to cut at is kept in the tokenizer.
            with self._lock:
                found = self.tokenizer(
                    part, truncation=cut and self.limit is not None, max_length=self.limit, verbose=False
                )
            for place in range(len(part)):
                yield {name: found[name][place] for name in found}


def _small(cells: Any) -> Any:
    """A row's numbers in an array of few bytes each, where they are whole numbers."""
    row = np.asarray(cells)
    if row.dtype.kind not in "iu" or row.ndim != 1 or not len(row) or row.min() < 0:
        return cells
    return row.astype(np.min_scalar_type(int(row.max())))


def padded(tokenizer: Any, rows: Sequence[Row], side: str | None = None) -> dict[str, Any]:
    """Tensors [rows, longest]: what `tokenizer.pad` makes, without going through lists of Python's numbers.

    Args:
        tokenizer: says with what, and at which side.
        rows: its columns, e.g. `input_ids`, each a list or an array.
        side: `left` or `right`; None: the tokenizer's own.
    """
    import torch

    fill = {
        "input_ids": tokenizer.pad_token_id, "attention_mask": 0, "token_type_ids": tokenizer.pad_token_type_id
    }  # fmt: skip
    names = list(rows[0])
    if not {"input_ids", "attention_mask"} <= set(names) <= fill.keys():
        # A model of another kind: its tokenizer alone knows how to pad what it gives.
        columns = {name: [[int(cell) for cell in row[name]] for row in rows] for name in names}
        return dict(tokenizer.pad(columns, padding="longest", padding_side=side, return_tensors="pt", verbose=False))
    lengths = [len(row["input_ids"]) for row in rows]
    found = {name: np.full((len(rows), max(lengths)), fill[name], dtype=np.int64) for name in names}
    is_left = (side or tokenizer.padding_side) == "left"
    for place, row in enumerate(rows):
        part = slice(max(lengths) - lengths[place], None) if is_left else slice(0, lengths[place])
        for name in names:
            found[name][place, part] = row[name]
    return {name: torch.from_numpy(table) for name, table in found.items()}
