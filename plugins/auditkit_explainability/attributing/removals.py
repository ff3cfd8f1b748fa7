"""Asking the model about rows without some of their pieces, and what follows of each piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Texts, TokenLabels
from auditkit_explainability.attributing.coalitions import coalitions, shapley_values
from auditkit_explainability.attributing.entities import Place, entity_scores
from auditkit_explainability.attributing.prepared import Prepared
from auditkit_explainability.attributing.targets import scores_of, targets_of
from auditkit_explainability.pieces import Pieces
from auditkit_explainability.pieces.blanks import words_of

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

BEGINNING = 200
"""Characters of an answer whose chance is attributed: what comes later follows mostly from these."""
_AT_ONCE = 1024
"""Rows that are made and asked about together: pictures of so many fit in memory."""


@dataclass(frozen=True)
class Asker:
    """Asks about a case's rows without some of their pieces."""

    case: Case[Any]
    pieces: Pieces

    @cached_property
    def counts(self) -> Integers:
        """[n]: pieces of each row."""
        return np.array([len(names) for names in self.pieces.names], dtype=np.int64)

    @cached_property
    def targets(self) -> Integers:
        """[n]: whose number is looked at, by the answer to the row as it is."""
        return targets_of(self.case, self.case.predictions)

    @cached_property
    def beginnings(self) -> list[str] | None:
        """[n]: of a model that writes, how its own answer to each row begins; None: it does not write."""
        said = self.case.predictions
        return [text[:BEGINNING] for text in said.texts] if isinstance(said, Texts) else None

    @cached_property
    def entities(self) -> list[tuple[str, list[Place]]]:
        """[n]: of a model that finds entities, the label of the one that is looked at, and where its words are."""
        pairs = zip(self.case.predictions.spans, self.targets.tolist(), strict=True)
        chosen = [spans[place] if place >= 0 else None for spans, place in pairs]
        return [
            ("", []) if one is None else (one[2], words_of(self.pieces, row, one[:2])) for row, one in enumerate(chosen)
        ]

    def whole(self, *, as_probability: bool = False) -> Floats:
        """[n]: the score of each row as it is, asked for again: with nothing taken out it is prepared as the others."""
        rows = np.arange(len(self.case))
        gone = [np.zeros(count, dtype=bool) for count in self.counts.tolist()]
        return self.scores(rows, gone, as_probability=as_probability)

    def nothing(self, *, as_probability: bool = False) -> Floats:
        """[n]: the score of each row with everything taken out."""
        rows = np.arange(len(self.case))
        gone = [np.ones(count, dtype=bool) for count in self.counts.tolist()]
        return self.scores(rows, gone, as_probability=as_probability)

    def scores(self, rows: Integers, gone: Sequence[Flags], *, as_probability: bool = False) -> Floats:
        """[m]: the scores of rows without some of their pieces; NaN where the model's answer is none.

        Args:
            rows: [m], one may come often.
            gone: [m], of each which of its pieces are taken out.
            as_probability: probabilities as they are said, and not their log-odds; of texts the log all the same.

        Raises:
            NotApplicable: it writes, and does not tell how likely it is to write a text.
        """
        found = np.full(len(rows), np.nan)
        known = np.zeros(len(rows), dtype=bool) if self.prepared is None else self.prepared.fits[rows]
        if self.prepared is not None and known.any():
            own = np.flatnonzero(known)
            flags = [gone[place] for place in own.tolist()]
            targets = self.targets[rows[own]]
            found[own] = self.prepared.scores(rows[own], flags, targets, as_probability=as_probability)
        rest = np.flatnonzero(~known)
        found[rest] = self._asked(rows[rest], [gone[place] for place in rest.tolist()], as_probability=as_probability)
        return found

    @cached_property
    def prepared(self) -> Prepared | None:
        """The rows as the model prepares them, where that can be asked about; None: it cannot."""
        if self.beginnings is not None or not self.pieces.keeps_places or len(set(self.counts.tolist())) != 1:
            return None
        return Prepared.of(self.case, self.pieces, int(self.counts[0]))

    def _asked(self, rows: Integers, gone: Sequence[Flags], *, as_probability: bool) -> Floats:
        """[m]: as `scores`, by making each of the rows and having the model answer it."""
        found = np.full(len(rows), np.nan)
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            inputs = self.pieces.without(rows[part], gone[part])
            if self.beginnings is not None:
                found[part] = self.case.log_chances(inputs, [self.beginnings[row] for row in rows[part].tolist()])
                continue
            sound = self.case.predict_sound(inputs, {"taken out": self.pieces.kind})
            places = start + np.asarray(sound.rows, dtype=np.int64)
            found[places] = self._scores_of(sound.predictions, rows[places], as_probability=as_probability)
        return found

    def _scores_of(self, said: Any, rows: Integers, *, as_probability: bool) -> Floats:
        """[k]: the scores of answers about these rows."""
        if isinstance(said, TokenLabels):
            wanted = [self.entities[row] for row in rows.tolist()]
            return entity_scores(said, [label for label, _ in wanted], [words for _, words in wanted])
        return scores_of(said, self.targets[rows], as_probability=as_probability)


def occluded(asker: Asker) -> Floats:
    """[n, P]: how far the score falls when one piece is taken out; NaN beyond a row's pieces, or without an answer."""
    counts = asker.counts
    rows = np.repeat(np.arange(len(counts)), counts)
    gone = [flags for count in counts.tolist() for flags in np.eye(count, dtype=bool)]
    fallen = asker.whole()[rows] - asker.scores(rows, gone)
    return padded(counts, np.split(fallen, np.cumsum(counts)[:-1]) if len(counts) else [])


def shapley(asker: Asker, budget: int, draws: Sequence[np.random.Generator]) -> Floats:
    """[n, P]: Shapley values of the pieces, by KernelShap; NaN beyond a row's pieces, or without an answer.

    Args:
        asker: of the rows.
        budget: coalitions that are asked about of each row.
        draws: [n], a generator a row.
    """
    whole, nothing, found = asker.whole(), asker.nothing(), []
    chosen = [coalitions(int(count), budget, rng) for count, rng in zip(asker.counts, draws, strict=True)]
    rows = np.repeat(np.arange(len(chosen)), [len(flags) for flags, _ in chosen])
    values = asker.scores(rows, [~one for flags, _ in chosen for one in flags])
    for row, (flags, weights) in enumerate(chosen):
        own = values[rows == row]
        if not asker.counts[row] or not np.isfinite([whole[row], nothing[row], *own]).all():
            found.append(np.full(int(asker.counts[row]), np.nan))
        else:
            found.append(shapley_values(flags, weights, own, float(whole[row]), float(nothing[row])))
    return padded(asker.counts, found)


def padded(counts: Integers, rows: Sequence[Floats]) -> Floats:
    """[n, P]: rows of numbers as one array, NaN where a row has no more."""
    found = np.full((len(counts), int(counts.max(initial=0))), np.nan)
    for place, numbers in enumerate(rows):
        found[place, : len(numbers)] = numbers
    return found
