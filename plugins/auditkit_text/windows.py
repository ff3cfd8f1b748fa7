"""Texts as tokens that know their characters; a text that is longer than the model is read in overlapping windows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import ModelError
from auditkit.inputs import at_once, padded, runs
from auditkit.prefetch import Prefetch, pinned, sent

Integers = npt.NDArray[np.int64]

_BY_WORD = 4
"""A quarter of a window is shared with the one before it, unless `stride` says otherwise."""


@dataclass(frozen=True)
class Tokens:
    """One text."""

    columns: Mapping[str, Sequence[int]]
    """What the model is given, e.g. `input_ids`, special tokens included."""
    before: int
    after: int
    """Special tokens at both ends, which each window is given."""
    offsets: Sequence[tuple[int, int]]
    """[n], the characters of each token that is not special, the end left out."""
    words: Sequence[int | None]
    """[n], the number of the word that it is a part of."""

    def __len__(self) -> int:
        """Tokens that are not special."""
        return len(self.offsets)

    def window(self, part: slice) -> dict[str, list[int]]:
        """What the model is given of some tokens, with the special ones around them."""
        found = {}
        for name, cells in self.columns.items():
            row = list(cells)
            inner = row[self.before : len(row) - self.after]
            found[name] = row[: self.before] + inner[part] + row[len(row) - self.after :]
        return found


@dataclass(frozen=True)
class Windows:
    """A tokenizer, and how much of a text the model takes at once."""

    tokenizer: Any
    size: int | None
    """Tokens of a window, special ones included; None: all of a text."""
    stride: int
    """Tokens that a window shares with the one before it."""
    _prefetch: Prefetch[list[Tokens]] = field(default_factory=Prefetch, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def of(cls, tokenizer: Any, size: int | None, stride: int | None) -> Windows:
        """Windows of a size.

        Raises:
            ModelError: the tokenizer does not know which characters a token stands for, or `stride` leaves no way on.
        """
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(
                "the tokenizer does not say which characters a token stands for",
                hint="save a fast one beside the model: AutoTokenizer.from_pretrained(...).save_pretrained(folder), "
                "which writes tokenizer.json",
            )
        if size is None:
            return cls(tokenizer, None, 0)
        room = size - int(tokenizer.num_special_tokens_to_add())
        wanted = room // _BY_WORD if stride is None else stride
        if not 0 <= wanted < room:
            raise ModelError(
                f"[model] stride is {wanted}, and a window has room for {room} tokens of the text",
                hint=f"stride = {room // _BY_WORD}, the tokens that two windows share, or leave it out",
            )
        return cls(tokenizer, size, wanted)

    def count(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, special ones included."""
        counts: list[int] = []
        for start in range(0, len(texts), 1000):
            with self._lock:
                found = self.tokenizer(list(texts[start : start + 1000]), truncation=False, verbose=False)
            counts.extend(len(row) for row in found["input_ids"])
        return counts

    def begin(self, texts: Sequence[str]) -> None:
        """Begin to tokenise some texts in the background, for whoever asks for them with `tokens`."""
        rows = tuple(texts)
        self._prefetch.begin(rows, lambda: self._read(rows))

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """The texts, whole."""
        rows = tuple(texts)
        return self._prefetch.take(rows, lambda: self._read(rows))

    def _read(self, texts: Sequence[str]) -> list[Tokens]:
        if not texts:
            return []
        # One thread at a time: what is cut and padded is kept in the tokenizer.
        with self._lock:
            found = self.tokenizer(
                list(texts),
                truncation=False,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                verbose=False,
            )
        names = [name for name in found if name not in {"offset_mapping", "special_tokens_mask"}]
        return [self._tokens(found, names, place) for place in range(len(texts))]

    def _tokens(self, found: Any, names: Sequence[str], place: int) -> Tokens:
        mask = found["special_tokens_mask"][place]
        inner = [at for at, is_special in enumerate(mask) if not is_special]
        # A text of no tokens, such as one of characters that the tokenizer drops, has its special ones in front.
        first, last = (inner[0], inner[-1] + 1) if inner else (len(mask), len(mask))
        return Tokens(
            columns={name: found[name][place] for name in names},
            before=first,
            after=len(mask) - last,
            offsets=[(int(start), int(end)) for start, end in found["offset_mapping"][place][first:last]],
            words=found.word_ids(place)[first:last],
        )

    def parts(self, count: int) -> list[slice]:
        """The windows of a text of so many tokens; one that is empty for a text of none."""
        room = count if self.size is None else self.size - int(self.tokenizer.num_special_tokens_to_add())
        if count <= room:
            return [slice(0, count)]
        starts = range(0, count - self.stride, room - self.stride)
        return [slice(start, min(start + room, count)) for start in starts]

    def batches(self, windows: Sequence[tuple[Tokens, slice]], device: Any) -> Iterator[dict[str, Any]]:
        """Tensors of some windows on a device, padded at their ends to the longest; as many at once as it wants."""
        rows = [tokens.window(part) for tokens, part in windows]
        for part in runs([len(row["input_ids"]) for row in rows], at_once(device)):
            with self._lock:
                batch = pinned(padded(self.tokenizer, rows[part], "right"), device)
            yield sent(batch, device)


def best_window(parts: Sequence[slice], count: int) -> Integers:
    """[count]: for each token the number of the window in which it has most tokens around it; of equals, the first."""
    best, most = np.zeros(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    for place, part in enumerate(parts):
        at = np.arange(part.start, part.stop)
        left = at - part.start if part.start else np.full(len(at), count)
        right = part.stop - 1 - at if part.stop < count else np.full(len(at), count)
        around = np.minimum(left, right)
        better = around > most[at]
        best[at[better]], most[at[better]] = place, around[better]
    return best


def words_of(tokens: Tokens, text: str, *, each_token: bool) -> Iterator[tuple[int, int, int]]:
    """The words of a text: the place of the first token of each, and its characters without spaces at their ends.

    Args:
        tokens: the text's.
        text: itself.
        each_token: whether each token is a word of its own.
    """
    place, count = 0, len(tokens)
    while place < count:
        end = place + 1
        while end < count and not each_token and tokens.words[end] is not None and _is_same(tokens, place, end):
            end += 1
        start, stop = _trimmed(text, tokens.offsets[place][0], tokens.offsets[end - 1][1])
        if start < stop:
            yield place, start, stop
        place = end


def _is_same(tokens: Tokens, one: int, other: int) -> bool:
    return tokens.words[one] == tokens.words[other]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Some tokenizers count the space before a word to it."""
    found = text[start:end]
    return start + len(found) - len(found.lstrip()), end - (len(found) - len(found.rstrip()))
