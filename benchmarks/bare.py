"""What one would write by hand to predict a set of rows: no store, no checks of the answers, one batch after the other.

The loops know what costs: no gradients, texts encoded once and sorted by their length, answers put back in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def texts(module: Any, tokenizer: Any, notes: Sequence[str], size: int) -> Any:
    """[n, classes]: probabilities."""
    import torch

    encoded = tokenizer(list(notes), truncation=True)
    order = longest_first(encoded["input_ids"])
    parts = []
    with torch.inference_mode():
        for rows in batches(order, size):
            batch = tokenizer.pad({name: [encoded[name][row] for row in rows] for name in encoded}, return_tensors="pt")
            parts.append(module(**batch.to(module.device)).logits.softmax(-1).cpu().numpy())
    return back(np.concatenate(parts), order)


def entities(module: Any, tokenizer: Any, notes: Sequence[str], size: int) -> Any:
    """[n]: for each text (start, end, label) of each entity; a word has the tag of its first token."""
    import torch

    encoded = tokenizer(list(notes), truncation=True, return_offsets_mapping=True)
    offsets = encoded.pop("offset_mapping")
    order = longest_first(encoded["input_ids"])
    names = module.config.id2label
    found: list[Any] = [None] * len(notes)
    with torch.inference_mode():
        for rows in batches(order, size):
            batch = tokenizer.pad({name: [encoded[name][row] for row in rows] for name in encoded}, return_tensors="pt")
            best = module(**batch.to(module.device)).logits.softmax(-1).max(-1)
            for row, tags, scores in zip(rows, best.indices.tolist(), best.values.tolist(), strict=True):
                words = encoded.word_ids(int(row))
                found[row] = [one[:3] for one in joined(words, offsets[row], [names[tag] for tag in tags], scores)]
    return found


def joined(words: Sequence[int | None], offsets: Any, tags: Sequence[str], scores: Sequence[float]) -> list[Any]:
    """Entities out of the tags of one text's tokens: start, end, label, scores of the words."""
    entities: list[Any] = []
    is_open = False
    for place, word in enumerate(words):
        if word is None:
            continue
        start, end = offsets[place]
        if place and words[place - 1] == word:
            if is_open:
                entities[-1][1] = end
            continue
        mark, _, label = tags[place].partition("-")
        goes_on = is_open and mark == "I" and entities[-1][2] == label
        is_open = mark != "O"
        if goes_on:
            entities[-1][1] = end
            entities[-1][3].append(scores[place])
        elif is_open:
            entities.append([start, end, label, [scores[place]]])
    return [tuple(one) for one in entities]


def images(module: Any, processor: Any, paths: Sequence[Path], size: int) -> Any:
    """[n, classes]: probabilities."""
    import torch
    from PIL import Image

    parts = []
    with torch.inference_mode():
        for start in range(0, len(paths), size):
            pictures = [Image.open(path).convert("RGB") for path in paths[start : start + size]]
            batch = processor(images=pictures, return_tensors="pt")
            parts.append(module(**batch.to(module.device)).logits.softmax(-1).cpu().numpy())
    return np.concatenate(parts)


def network(module: Any, frame: Any, size: int) -> Any:
    """[n, classes]: probabilities of a torch module on a table of numbers."""
    import torch

    values, place = torch.tensor(frame.to_numpy(), dtype=torch.float32), next(module.parameters()).device
    with torch.inference_mode():
        return np.concatenate([module(part.to(place)).softmax(-1).cpu().numpy() for part in values.split(size)])


def estimator(fitted: Any, frame: Any, size: int) -> Any:
    """[n, classes]: probabilities of a scikit-learn estimator."""
    return np.concatenate([fitted.predict_proba(frame[start : start + size]) for start in range(0, len(frame), size)])


def recommender(users: Any, items: Any, had: Any, size: int, *, depth: int) -> Any:
    """[users, depth]: places of the best items, those that the user had before left out."""
    best = np.empty((len(users), depth), dtype=np.int64)
    for start in range(0, len(users), size):
        part = slice(start, start + size)
        scores = users[part] @ items.T
        scores[np.arange(len(scores))[:, None], had[part]] = -np.inf
        chosen = np.argpartition(scores, items.shape[0] - depth, axis=1)[:, items.shape[0] - depth :]
        order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1)
        best[part] = np.take_along_axis(chosen, order, axis=1)
    return best


def longest_first(encoded: Sequence[Sequence[int]]) -> Any:
    """The rows in the order of their length."""
    return np.argsort([-len(row) for row in encoded], kind="stable")


def batches(order: Any, size: int) -> Iterator[Any]:
    """So many rows at a time."""
    for start in range(0, len(order), size):
        yield order[start : start + size]


def back(answers: Any, order: Any) -> Any:
    """Answers in the order of the rows."""
    return answers[np.argsort(order)]
