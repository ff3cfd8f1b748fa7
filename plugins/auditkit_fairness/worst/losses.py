"""How wrong the model is about each row, whatever it says: a number from 0, the larger the worse."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, NotApplicable, Rankings, Text, TokenLabels, Values
from auditkit.statistics import served, telling

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

Answers = ClassScores | LabelScores | Values | Rankings | TokenLabels
Loss = Literal["own", "error", "log", "brier", "absolute", "squared"]
_LEAST = 1e-15


@dataclass(frozen=True)
class Losses:
    """The losses of the rows of which it is known what is true, in an order that the file has no part in."""

    name: Text
    """What a loss is, in words."""
    label: str | None
    """The class or label that is asked about; None: there is but one question."""
    values: Floats
    """[n]"""
    is_share: bool
    """Whether no loss is below 0 or above 1."""
    rows: Integers
    """[n], places in the case."""
    owners: Integers
    """[n], whose row it is, numbered from 0."""
    weights: Floats | None
    """[n]; None: all rows count alike."""
    units: Integers | None
    """[n]; None: nobody has two rows."""

    def take(self, places: Integers) -> Losses:
        """Those of some of these rows."""
        return replace(
            self,
            values=self.values[places],
            rows=self.rows[places],
            owners=self.owners[places],
            weights=None if self.weights is None else self.weights[places],
            units=None if self.units is None else self.units[places],
        )

    @property
    def counted(self) -> dict[str, Any]:
        """Weights and units, as the estimators take them."""
        return {"weights": self.weights, "units": self.units}


def losses_of(case: Case[Answers], loss: Loss) -> Iterator[Losses]:
    """One for each question: of several labels that can be right at once, one for each of them.

    Raises:
        NotApplicable: there is no such loss of what this model says.
    """
    said = case.predictions
    truth: Any = case.truth if isinstance(said, Values | TokenLabels | Rankings) else None
    if isinstance(said, ClassScores):
        yield _kept(case, *_of_classes(case, said, loss), case.targets.codes >= 0, None, is_share=loss != "log")
    elif isinstance(said, LabelScores):
        for label in case.positives:
            place = said.labels.index(label)
            right, scores = case.label_targets[:, place], np.asarray(said.scores[:, place], dtype=float)
            wrong = case.label_decisions[:, place] != right
            name, values = _of_chances(np.where(right, scores, 1 - scores), wrong, loss)
            yield _kept(case, name, values, np.ones(len(case), dtype=bool), label, is_share=loss != "log")
    elif isinstance(said, Values):
        known = case.truth_known
        off = np.abs(np.asarray(said.values, dtype=float) - np.asarray(truth.values, dtype=float))
        name, values = _of_numbers(off, loss)
        yield _kept(case, name, values, known, None, is_share=False)
    elif isinstance(said, TokenLabels):
        _must_be(loss, "error")
        wrong = np.array([_pieces(a) != _pieces(b) for a, b in zip(said.spans, truth.spans, strict=True)])
        name = Text.of("share of rows with an entity that is missed, made up or named wrongly")
        yield _kept(case, name, wrong.astype(float), case.truth_known, None, is_share=True)
    else:
        _must_be(loss, "error")
        found = served(said.items, truth.items, truth.worth(), case.depth)
        name = Text.of("share of a user's items that are not among the first {depth} recommended", depth=case.depth)
        yield _kept(case, name, 1 - np.nan_to_num(found.scores()["recall"]), found.relevant > 0, None, is_share=True)


def _of_classes(case: Case[Any], said: ClassScores, loss: Loss) -> tuple[Text, Floats]:
    targets = case.targets.codes
    wrong = case.decisions != targets
    if loss in {"log", "brier"} and said.kind != "probability":
        raise NotApplicable("the scores are no probabilities, so that only decisions can be wrong")
    scores = np.asarray(said.scores, dtype=float)
    chance = scores[np.arange(len(scores)), np.maximum(targets, 0)]
    if loss != "brier" or scores.shape[1] == 2:  # noqa: PLR2004  binary: the other class is as far off
        return _of_chances(chance, wrong, loss)
    true = np.zeros(scores.shape)
    true[np.arange(len(scores)), np.maximum(targets, 0)] = 1
    # Halved, as of two classes, so that it lies between 0 and 1.
    return Text.of("mean Brier score"), ((scores - true) ** 2).sum(axis=1) / 2


def _of_chances(chance: Floats, wrong: Flags, loss: Loss) -> tuple[Text, Floats]:
    """Of the probability of what is true."""
    _must_be(loss, "error", "log", "brier")
    if loss == "log":
        return Text.of("mean log loss"), -np.log(np.clip(chance, _LEAST, 1.0))
    if loss == "brier":
        return Text.of("mean Brier score"), (1 - chance) ** 2
    return Text.of("share of wrong decisions"), wrong.astype(float)


def _of_numbers(off: Floats, loss: Loss) -> tuple[Text, Floats]:
    _must_be(loss, "absolute", "squared")
    return (Text.of("mean squared error"), off**2) if loss == "squared" else (Text.of("mean absolute error"), off)


def _must_be(loss: Loss, *known: str) -> None:
    if loss not in {"own", *known}:
        told = ", ".join(f"'{one}'" for one in known)
        raise NotApplicable("there is no loss '{loss}' of what this model says", hint=f"one of {told}", loss=loss)


def _pieces(spans: Any) -> frozenset[Any]:
    return frozenset((start, end, label) for start, end, label, _ in spans)


def _kept(case: Case[Any], name: Text, values: Floats, known: Flags, label: str | None, *, is_share: bool) -> Losses:
    kept = np.flatnonzero(known if case.weights is None else known & (case.weights > 0))
    order = kept[np.lexsort(_content(case, values, kept))]
    weights, units = telling(
        None if case.weights is None else case.weights[order],
        None if case.units is None else case.units.codes[order],
        np.ones(len(order), dtype=bool),
    )
    owners = np.arange(len(order))
    if units is not None:
        whose = np.where(units >= 0, units, units.max(initial=0) + 1 + owners)
        _, first, place = np.unique(whose, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        owners = rank[place.ravel()]
    return Losses(name, label, values[order], is_share, order, owners, weights, units)


def _content(case: Case[Any], values: Floats, kept: Integers) -> list[Any]:
    """What rows are sorted by, the first key last: what the model says, and how large a row's groups are."""
    said = case.predictions
    keys: list[Any] = []
    if case.has_groups:
        for codes in case.groups.values():
            here = codes.codes[kept] + 1
            size = np.bincount(here)
            worth = np.bincount(here, weights=values[kept]) / np.maximum(size, 1)
            keys += [here, np.round(worth, 9)[here], size[here]]
        # Which of two groups comes first must not hang on what they are called, where anything else tells them apart.
        keys = keys[::3] + keys[1::3] + keys[2::3]
    if case.weights is not None:
        keys.append(case.weights[kept])
    keys.append(values[kept])
    if isinstance(said, Values):
        keys += [np.asarray(said.values[kept], dtype=float), np.asarray(case.truth.values[kept], dtype=float)]
    elif isinstance(said, ClassScores | LabelScores):
        keys += [*np.asarray(said.scores[kept], dtype=float).T]
    elif isinstance(said, TokenLabels):
        keys.append(_digests(said.spans[row] for row in kept))
    else:
        keys.append(_digests(tuple(map(str, said.items[row])) for row in kept))
    return keys


def _digests(rows: Iterable[Any]) -> Integers:
    return np.array([int.from_bytes(hashlib.sha256(repr(one).encode()).digest()[:7], "big") for one in rows], np.int64)
