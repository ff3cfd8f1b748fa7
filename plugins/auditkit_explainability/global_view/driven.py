"""How far the answer falls when one piece is taken out, for each piece that may be told: a number a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import column_of, names_of, sampled
from auditkit.segments import PEOPLE, People, spelled
from auditkit_explainability.attributing import Asker, targets_of
from auditkit_explainability.global_view.local import spread_of
from auditkit_explainability.global_view.tellable import plain, tellable
from auditkit_explainability.pieces import Pieces, pieces_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

KINDS = ("columns", "words", "regions")
_EVERY_WORD = 10**6
"""Pieces of a text: each word is one, so that words of different texts compare."""


def target(case: Case[Any]) -> npt.NDArray[np.int64]:
    """[n]: the class that is decided, of several labels the likeliest."""
    return np.asarray(targets_of(case, case.predictions), dtype=np.int64)


def kind(case: Case[Any], *, column: str) -> npt.NDArray[np.uint8]:
    """[n]: in every row what rows are made of, as a place in `KINDS`."""
    return np.full(len(case), KINDS.index(pieces_of(case, column=column).kind), dtype=np.uint8)


def count(case: Case[Any], **about: Any) -> npt.NDArray[np.int64]:
    """[n]: in every row how many pieces there are to tell of."""
    return np.full(len(case), len(case.compute(driven, **about)["names"]), dtype=np.int64)


def name(case: Case[Any], *, place: int, **about: Any) -> npt.NDArray[np.int64]:
    """[n]: what one piece is called, spelled."""
    return spelled(case.compute(driven, **about)["names"][place], len(case))


def fall(case: Case[Any], *, place: int, **about: Any) -> Floats:
    """[n]: how far the score of what is decided falls without one piece; NaN: the row has none, or was not asked."""
    return np.asarray(case.compute(driven, **about)["falls"][place])


def unanswered(case: Case[Any], **about: Any) -> npt.NDArray[np.bool_]:
    """[n]: whether an answer about the row without one of its pieces is none."""
    return np.asarray(case.compute(driven, **about)["lost"])


def driven(case: Case[Any], *, column: str, most_rows: int, most_pieces: int) -> dict[str, Any]:
    """`names` of the pieces, their `falls` [pieces, n], and `lost` [n]: whether an answer about the row is none.

    Which words may be told is found among all rows; the model is asked about some.
    """
    least = max(case.min_group_size, PEOPLE)
    whole = pieces_of(case, column=column, most=_EVERY_WORD)
    if whole.kind == "words":
        place = column or names_of(case.inputs)[0]
        texts = [str(cell) for cell in column_of(case.inputs, place)]
        told = tellable(texts, whole.names, People.of(case), least=least)[:most_pieces]
    part = sampled(case, most_rows)
    most = _EVERY_WORD if whole.kind == "words" else most_pieces
    pieces = pieces_of(part, column=column, most=most)
    if whole.kind != "words":
        told = list(dict.fromkeys(one for names in pieces.names for one in names))[:most_pieces]
    rows = np.arange(len(case)) if part.rows is None or part is case else _rows_of(case, part)
    falls = np.full((len(told), len(case)), np.nan)
    lost = np.zeros(len(case), dtype=bool)
    falls[:, rows], lost[rows] = _falls(part, pieces, told)
    people = People.of(part)
    enough = [people.count(np.isfinite(one)) >= PEOPLE for one in falls[:, rows]]
    kept = [place for place, holds in enumerate(enough) if holds]
    return {"names": [told[place] for place in kept], "falls": falls[kept], "lost": lost}


def _rows_of(case: Case[Any], part: Case[Any]) -> Integers:
    """Where the rows of a part are among those of the case."""
    whole = {int(row): place for place, row in enumerate(_numbered(case).tolist())}
    return np.array([whole[int(row)] for row in _numbered(part).tolist()], dtype=np.int64)


def _numbered(case: Case[Any]) -> Integers:
    rows = case.rows
    assert rows is None or isinstance(rows, np.ndarray)  # noqa: S101  a check is given whole splits, or drawn rows
    return np.arange(len(case)) if rows is None else rows


def _falls(case: Case[Any], pieces: Pieces, told: list[str]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """[pieces, n]: each asked once a row that has it, all of a word's occurrences gone at once.

    And [n]: of which rows an answer is none.
    """
    asker, falls = Asker(case, pieces), np.full((len(told), len(case)), np.nan)
    places = {one: place for place, one in enumerate(told)}
    rows, which, gone = [], [], []
    for row, names in enumerate(pieces.names):
        keys = np.array([plain(one) if pieces.kind == "words" else one for one in names], dtype=object)
        for key in dict.fromkeys(keys.tolist()):
            if key in places:
                rows.append(row)
                which.append(places[key])
                gone.append(np.asarray(keys == key))
    lost = np.zeros(len(case), dtype=bool)
    if rows:
        before = asker.whole(as_probability=True)
        after = asker.scores(np.array(rows), gone, as_probability=True)
        falls[which, rows] = (before[rows] - after) / spread_of(case)
        lost[np.array(rows)[np.isnan(falls[which, rows])]] = True
    return falls, lost
