"""The prediction types: where adapters and checks meet. An adapter returns one, a check says which it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from auditkit.errors import ModelError, NotApplicable

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

ScoreKind = Literal["probability", "score", "label"]
"""What a class score is: a probability, a score that only orders, or 0 and 1 made from a bare label."""


@dataclass(frozen=True)
class Predictions:
    """What a model said, row by row. Arrays may be memory-mapped."""

    def __len__(self) -> int:
        """The number of rows."""
        raise NotImplementedError  # every subclass says it

    def take(self, rows: Integers | slice) -> Self:
        """The same predictions for some of the rows."""
        raise NotImplementedError  # every subclass says it

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Predictions for batches, put together in order."""
        raise NotImplementedError  # every subclass says it


@dataclass(frozen=True)
class ClassScores(Predictions):
    """A score for each class. Sentiment, diagnosis: one class a row is right."""

    classes: tuple[str, ...]
    scores: Floats
    """[n, k], in the order of `classes`."""
    kind: ScoreKind = "probability"

    def __post_init__(self) -> None:
        if self.scores.ndim != 2 or self.scores.shape[1] != len(self.classes):  # noqa: PLR2004  rows and classes
            raise ValueError(
                f"{len(self.classes)} classes need scores of shape [n, {len(self.classes)}], not {self.scores.shape}"
            )
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"class names must differ: {self.classes}")

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.scores)

    def take(self, rows: Integers | slice) -> Self:
        """The same predictions for some of the rows."""
        return type(self)(self.classes, self.scores[rows], self.kind)

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Predictions for batches, put together in order."""
        _must_agree([part.classes for part in parts], "classes")
        _must_agree([part.kind for part in parts], "kind of score")
        return cls(parts[0].classes, np.concatenate([part.scores for part in parts]), parts[0].kind)

    def decide(self, positive: str | None = None, threshold: float | None = None) -> Integers:
        """The predicted class of each row, as an index into `classes`.

        With a threshold (binary only) the positive class is chosen when its score is at or above it; otherwise the
        largest score wins, and ties go to the first class.
        """
        if threshold is None or positive is None:
            return np.asarray(np.argmax(self.scores, axis=1))
        chosen = self.classes.index(positive)
        return np.where(self.scores[:, chosen] >= threshold, chosen, 1 - chosen)


@dataclass(frozen=True)
class LabelScores(Predictions):
    """A score for each label, when several can be right at once."""

    labels: tuple[str, ...]
    scores: Floats
    """[n, k], each between 0 and 1, in the order of `labels`."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.scores)

    def take(self, rows: Integers | slice) -> Self:
        """The same predictions for some of the rows."""
        return type(self)(self.labels, self.scores[rows])

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Predictions for batches, put together in order."""
        _must_agree([part.labels for part in parts], "labels")
        return cls(parts[0].labels, np.concatenate([part.scores for part in parts]))


@dataclass(frozen=True)
class Values(Predictions):
    """A number for each row, with its uncertainty when the model gives one."""

    values: Floats
    spread: Floats | None = None
    """[n], a standard deviation."""
    quantiles: Floats | None = None
    """[n, q], ascending, at `levels`."""
    levels: tuple[float, ...] = ()

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.values)

    def take(self, rows: Integers | slice) -> Self:
        """The same predictions for some of the rows."""
        spread = None if self.spread is None else self.spread[rows]
        quantiles = None if self.quantiles is None else self.quantiles[rows]
        return type(self)(self.values[rows], spread, quantiles, self.levels)

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Predictions for batches, put together in order."""
        _must_agree([part.levels for part in parts], "levels")
        return cls(
            np.concatenate([part.values for part in parts]),
            _joined([part.spread for part in parts], "spread"),
            _joined([part.quantiles for part in parts], "quantiles"),
            parts[0].levels,
        )


@dataclass(frozen=True)
class Texts(Predictions):
    """What a model wrote: one or more samples for each row."""

    samples: tuple[tuple[str, ...], ...]
    """[n][s]"""
    logprobs: Floats | None = field(default=None)
    """[n], of the first sample."""
    cut: npt.NDArray[np.bool_] | None = field(default=None)
    """[n]: whether one of a row's samples may have ended at a limit, and not by itself; None: nobody says."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The first sample of each row."""
        return tuple(row[0] for row in self.samples)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.samples)

    def take(self, rows: Integers | slice) -> Self:
        """The same predictions for some of the rows."""
        order = np.arange(len(self))[rows]
        logprobs = None if self.logprobs is None else self.logprobs[rows]
        cut = None if self.cut is None else self.cut[rows]
        return type(self)(tuple(self.samples[i] for i in order), logprobs, cut)

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Predictions for batches, put together in order."""
        logprobs = _joined([part.logprobs for part in parts], "logprobs")
        told = [part.cut for part in parts if part.cut is not None]
        cut = np.concatenate(told) if told and len(told) == len(parts) else None
        return cls(tuple(row for part in parts for row in part.samples), logprobs, cut)


@dataclass(frozen=True)
class Rankings(Predictions):
    """For each user, items in order of preference."""

    users: tuple[str, ...]
    items: npt.NDArray[np.object_]
    """[n, k], item names, best first; None where a list is shorter."""
    scores: Floats | None = None
    """[n, k], descending."""

    def __len__(self) -> int:
        """The number of users."""
        return len(self.users)

    def take(self, rows: Integers | slice) -> Self:
        """The same rankings for some of the users."""
        order = np.arange(len(self))[rows]
        scores = None if self.scores is None else self.scores[rows]
        return type(self)(tuple(self.users[i] for i in order), self.items[rows], scores)

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Rankings for batches of users, put together in order."""
        scores = _joined([part.scores for part in parts], "scores")
        return cls(tuple(u for p in parts for u in p.users), np.concatenate([p.items for p in parts]), scores)

    def worth(self, gain: Literal["binary", "rating"] = "binary", relevant_from: float | None = None) -> Floats:
        """[n, k], of what users went for: what each of a user's own items is worth; 0 for one that is not relevant.

        Args:
            gain: "binary": every relevant item is worth 1; "rating": its rating.
            relevant_from: the lowest rating that is relevant; None: every item is.

        Raises:
            NotApplicable: ratings are asked for, and there are none, or some below 0.
        """
        there = self.items != None  # noqa: E711  cell by cell
        if self.scores is None:
            if gain == "rating" or relevant_from is not None:
                raise NotApplicable("the interactions have no ratings", hint='name the column: [data] rating = "stars"')
            return np.where(there, 1.0, 0.0)
        ratings = np.where(there, self.scores, 0.0)
        chosen = there if relevant_from is None else there & (self.scores >= relevant_from)
        if gain == "binary":
            return np.where(chosen, 1.0, 0.0)
        if np.any(ratings < 0):
            raise NotApplicable("a rating is below 0, which no gain can be", hint='gain = "binary", with relevant_from')
        return np.where(chosen, ratings, 0.0)


@dataclass(frozen=True)
class TokenLabels(Predictions):
    """For each row, spans of text with a label."""

    spans: tuple[tuple[tuple[int, int, str, float], ...], ...]
    """[n][m]: start, end, label, score."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.spans)

    def take(self, rows: Integers | slice) -> Self:
        """The same predictions for some of the rows."""
        return type(self)(tuple(self.spans[i] for i in np.arange(len(self))[rows]))

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Predictions for batches, put together in order."""
        return cls(tuple(row for part in parts for row in part.spans))


def _must_agree(said: Sequence[object], what: str) -> None:
    """Batches that differ in what they are about cannot be put together: row 8 would be read by row 1's names."""
    other = next((one for one in said if one != said[0]), None)
    if other is not None:
        raise ModelError(
            f"the batches differ in their {what}: '{said[0]}', then '{other}'",
            hint="an adapter says the same for every batch; for recorded labels name them: [data] classes = [...]",
        )


def _joined(parts: Sequence[Floats | None], what: str) -> Floats | None:
    _must_agree(["none" if part is None else "some" for part in parts], what)
    given = [part for part in parts if part is not None]
    return np.concatenate(given) if given else None
