"""What a model says of filled templates, and which cases fail."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, NotApplicable, Text
from auditkit.perturbation import column_of, decided, names_of, refuse_no_texts
from auditkit_robustness.behaving.filling import fillings
from auditkit_robustness.behaving.reading import DIR, INV, MFT, Test, read_behaviour

Answers = ClassScores | LabelScores
Floats = npt.NDArray[np.floating]

_LOOKED_AT = 200
"""Rows that are looked at to see whether a model is given texts."""
UNSOUND = 2.0
"""Of a case in which the answer to a sentence is none."""
_SLACK = 1e-9
"""What rounding may add to a score."""


def failures(case: Case[Any], *, text: str, most_cases: int) -> dict[str, npt.NDArray[np.float64]]:
    """Test -> [cases]: 1 where a case fails, 2 where an answer is none, 0 where neither, NaN where it could not fail.

    Raises:
        NotApplicable: the model is given no single text, or has no such label.
    """
    like = case.narrowed(slice(0, min(len(case), _LOOKED_AT))).inputs
    names = names_of(like)
    if len(names) != 1:
        raise NotApplicable("the rows hold several columns, and a template makes one text")
    refuse_no_texts(column_of(like, names[0]))
    behaviour = read_behaviour(text)
    refuse_labels(case.predictions, behaviour.labels)
    filled = fillings(case, behaviour, most_cases)
    sentences = list(dict.fromkeys(one for each in filled for made in each.cases for one in made.sentences))
    place = {sentence: at for at, sentence in enumerate(sentences)}
    found = case.predict_sound(_inputs(like, sentences), {"behaviour": "templates"})
    said = _Said.of(case, found.predictions, found.rows, len(sentences))
    return {
        each.test.name: np.array(
            [_fails(said, each.test, [place[one] for one in made.sentences]) for made in each.cases], dtype=float
        )
        for each in filled
    }


@dataclass(frozen=True)
class _Said:
    """What the model says of every sentence."""

    labels: tuple[str, ...]
    holds: npt.NDArray[np.bool_]
    """[n, labels]: whether a label is what is decided, or is among it."""
    scores: Floats
    """[n, labels]."""
    answers: npt.NDArray[np.bool_]
    """[n]: whether the answer is one: no number of it is missing, infinite or out of its range."""
    share: float
    """Of the sum over labels of how far scores are apart, how far the score moved; 0: the largest of them."""

    @classmethod
    def of(cls, case: Case[Any], said: Answers, rows: npt.NDArray[np.integer], sentences: int) -> _Said:
        found = decided(case, said)
        one_of = isinstance(said, ClassScores)
        labels = labels_of(said)
        holds, scores = np.zeros((sentences, len(labels)), dtype=bool), np.full((sentences, len(labels)), np.nan)
        holds[rows] = found[:, None] == np.arange(len(said.classes)) if isinstance(said, ClassScores) else found
        scores[rows] = said.scores
        return cls(labels, holds, scores, np.isin(np.arange(sentences), rows), 0.5 if one_of else 0.0)

    def moved(self, one: int, other: int) -> float:
        """How far the score moves from one sentence to another."""
        apart = np.abs(self.scores[one] - self.scores[other])
        # Of two classes that sum to 1 half the sum is how far the positive one moves; labels move each by itself.
        return float(self.share * apart.sum() if self.share else apart.max(initial=0.0))


def _inputs(like: Any, sentences: Sequence[str]) -> Any:
    """Texts in the shape in which the model is given its rows."""
    import pandas as pd

    made = pd.Series(list(sentences), dtype=object)
    return pd.DataFrame({like.columns[0]: made}) if hasattr(like, "columns") else made


def refuse_labels(said: Answers, labels: Iterable[str]) -> None:
    """Refuse labels that the model does not have.

    Raises:
        NotApplicable: at the first of them.
    """
    known = labels_of(said)
    for label in labels:
        if label not in known:
            raise NotApplicable(
                "the label '{label}' is none that the model has; its labels are: {known}",
                known=Text.listed(known),
                label=label,
            )


def labels_of(said: Answers) -> tuple[str, ...]:
    """What the model tells apart."""
    return said.classes if isinstance(said, ClassScores) else said.labels


def _fails(said: _Said, test: Test, places: list[int]) -> float:
    if not said.answers[places].all():
        return UNSOUND
    if test.kind == MFT:
        return float(not said.holds[places[0], said.labels.index(test.expect)])
    if test.kind == INV:
        pairs = itertools.combinations(places, 2)
        return float(any(_disagree(said, one, other, test.by) for one, other in pairs))
    assert test.kind == DIR  # noqa: S101  the file has no other
    scores = said.scores[places, said.labels.index(test.label)]
    return float(wrong_way(scores[:1], scores[1:], test.must, test.by)[0])


def _disagree(said: _Said, one: int, other: int, by: float) -> bool:
    return bool((said.holds[one] != said.holds[other]).any()) or said.moved(one, other) > by + _SLACK


def wrong_way(before: Floats, after: Floats, must: str, by: float) -> Floats:
    """[n]: 1 where a score does not move as it must; NaN where it has no room to.

    Args:
        before: [n], the score of the text as it is.
        after: [n], of the changed one.
        must: "not rise" or "not fall": by no more than `by`; "fall" or "rise": by more than that.
        by: how far.
    """
    down = np.asarray(before - after, dtype=float)
    if must == "not rise":
        return np.asarray(down < -by - _SLACK, dtype=float)
    if must == "not fall":
        return np.asarray(down > by + _SLACK, dtype=float)
    moved, room = (down, before) if must == "fall" else (-down, 1 - before)
    return np.where(room > by, np.asarray(moved <= by + _SLACK, dtype=float), np.nan)
