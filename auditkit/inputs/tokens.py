"""Texts as tokens: how many each has, and batches padded to their longest text, cut to what a processor caches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from auditkit.prefetch import Prefetch, pinned, sent

_MOST_KEPT = 1 << 24
"""Tokens that are kept between counting and predicting, at most 100 MB. Beyond, texts are encoded twice."""
_A_ROW = 150
"""Tokens' worth of memory that a row takes besides its tokens."""
_ON_CPU = 1024
"""Tokens at once on a CPU: what one layer hands to the next then stays in its cache. The same for every call."""

Row = Mapping[str, Any]
"""One text: the columns that the tokenizer makes, each a list or an array of whole numbers."""


class Encoder:
    """A tokenizer that remembers what it has counted, so that a text is encoded once, and makes batches ahead."""

    def __init__(self, tokenizer: Any, limit: int | None) -> None:
        self.tokenizer = tokenizer
        self.limit = limit
        self._kept: dict[str, Row] = {}
        self._prefetch: Prefetch[list[dict[str, Any]]] = Prefetch()
        self._lock = threading.Lock()

    def count(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, before any are cut off."""
        self._kept, kept, counts = {}, 0, []
        alike: dict[tuple[int, int], Any] = {}
        for text, row in zip(texts, self._encode(texts, cut=False), strict=True):
            length = len(row["input_ids"])
            counts.append(length)
            if kept < _MOST_KEPT and (self.limit is None or length <= self.limit) and text not in self._kept:
                self._kept[text] = {name: _small(cells, alike) for name, cells in row.items()}
                kept += length + _A_ROW
        return counts

    def begin(self, texts: Sequence[str], device: Any) -> None:
        """Begin a batch in the background, for a device that will ask for it with `each`."""
        rows = tuple(texts)
        self._prefetch.begin(rows, lambda: self._parts(rows, device))

    def each(self, texts: Sequence[str], device: Any, work: Callable[[dict[str, Any]], Any]) -> Any:
        """[n, ...]: what `work` makes of a batch's tensors: on a GPU all at once, on a CPU a thousand tokens at a time.

        Args:
            texts: at least one; was it begun, it is ready.
            device: where the tensors are wanted.
            work: gives an array with a row for each text.
        """
        rows = tuple(texts)
        parts = self._prefetch.take(rows, lambda: self._parts(rows, device))
        found = [work(sent(part, device)) for part in parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def batch(self, texts: Sequence[str], device: Any) -> dict[str, Any]:
        """Tensors of one batch on a device, padded to its longest text."""
        return sent(pinned(self._padded(self._rows(texts)), device), device)

    def _parts(self, texts: Sequence[str], device: Any) -> list[dict[str, Any]]:
        rows = self._rows(texts)
        return [
            pinned(self._padded(rows[part]), device)
            for part in runs([len(row["input_ids"]) for row in rows], at_once(device))
        ]

    def _rows(self, texts: Sequence[str]) -> list[Row]:
        absent = list(dict.fromkeys(text for text in texts if text not in self._kept))
        made = dict(zip(absent, self._encode(absent, cut=True), strict=True))
        return [self._kept.get(text) or made[text] for text in texts]

    def _padded(self, rows: Sequence[Row]) -> dict[str, Any]:
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


def _small(cells: Any, alike: dict[tuple[int, int], Any]) -> Any:
    """A row's numbers in an array of few bytes each, where they are whole numbers.

    `alike` holds arrays of one number for all tokens, by length and number: masks and types, which rows share.
    """
    row = np.asarray(cells)
    if row.dtype.kind not in "iu" or row.ndim != 1 or not len(row) or row.min() < 0:
        return cells
    most = int(row.max())
    small = row.astype(np.min_scalar_type(most))
    return alike.setdefault((len(row), most), small) if most == row.min() else small


def at_once(device: Any) -> int | None:
    """How many tokens, padding counted, are run together; None: a batch's, however many."""
    return _ON_CPU if device.type == "cpu" else None


def runs(lengths: Sequence[int], most: int | None) -> Iterator[slice]:
    """Rows that follow one another and, padded to their longest, have at most so many tokens; at least one row each."""
    start, longest = 0, 0
    for place, length in enumerate(lengths):
        longest = max(longest, length)
        if most is not None and place > start and (place - start + 1) * longest > most:
            yield slice(start, place)
            start, longest = place, length
    if start < len(lengths):
        yield slice(start, len(lengths))


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
