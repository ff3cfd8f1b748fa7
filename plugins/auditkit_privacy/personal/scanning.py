"""How often each kind of personal data stands in each row: counts, and never what stands there.

The functions are for `case.compute`. What they return is kept beside the spec, and one number a row goes into the
bundle: so none of it may say more than how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Texts
from auditkit_privacy.personal.documents import are_documents, columns_of, elements_of, text_of, texts_of
from auditkit_privacy.recognisers import KINDS, scan_all, value_of

Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Values = set[tuple[str, str]]

HEADER = "DICOM header"
ALL_KINDS = (*KINDS, HEADER)


def hits(case: Case[Any], *, presidio: Sequence[str] = ()) -> Counts:
    """[n, kinds]: how many spans of each kind, and of each entity of presidio's, the inputs of each row hold."""
    return np.concatenate([_hits_of(part, presidio) for part in case.chunks()])


def hits_of_kind(case: Case[Any], *, kind: str, presidio: Sequence[str] = ()) -> Counts:
    """[n]: how many spans of one kind the inputs of each row hold."""
    return np.asarray(case.compute(hits, **_besides(presidio))[:, _places(presidio)[kind]])


def documents(case: Case[Any]) -> Flags:
    """[n]: which rows have an input that is a text or a file."""
    found = np.zeros(len(case), dtype=bool)
    start = 0
    for part in case.chunks():
        for _, cells in columns_of(part):
            found[start : start + len(part)] |= are_documents(cells)
        start += len(part)
    return found


def new_hits(case: Case[Texts], *, presidio: Sequence[str] = ()) -> Counts:
    """[n, kinds]: how many values of each kind the answers of each row hold, and its inputs do not."""
    places = _places(presidio)
    found = np.zeros((len(case), len(places)), dtype=np.int32)
    for row, values in _new_values(case, presidio):
        for kind, _ in values:
            found[row, places[kind]] += 1
    return found


def new_hits_of_kind(case: Case[Texts], *, kind: str, presidio: Sequence[str] = ()) -> Counts:
    """[n]: how many values of one kind the answers of each row hold, and its inputs do not."""
    return np.asarray(case.compute(new_hits, **_besides(presidio))[:, _places(presidio)[kind]])


def leaks(case: Case[Texts], *, presidio: Sequence[str] = ()) -> Flags:
    """[n]: which answers hold personal data of a training row that the row's own inputs do not hold."""
    found = np.zeros(len(case), dtype=bool)
    new = [(row, values) for row, values in _new_values(case, presidio) if values]
    wanted = {value for _, values in new for value in values}
    known = _known_in_training(case.training, wanted, presidio) if wanted else set()
    for row, values in new:
        found[row] = not known.isdisjoint(values)
    return found


def _places(presidio: Sequence[str]) -> dict[str, int]:
    """In which column of the counts each kind stands."""
    return {kind: place for place, kind in enumerate((*ALL_KINDS, *presidio))}


def _besides(presidio: Sequence[str]) -> dict[str, list[str]]:
    """As a parameter of `case.compute`; what was not asked for leaves no trace."""
    return {"presidio": list(presidio)} if presidio else {}


def _hits_of(case: Case[Any], presidio: Sequence[str]) -> Counts:
    places = _places(presidio)
    found = np.zeros((len(case), len(places)), dtype=np.int32)
    for name, cells in columns_of(case):
        rows, texts = _parted(texts_of(name, cells))
        known = list(dict.fromkeys(texts))
        seen = {
            text: [places[span.kind] for span in spans]
            for text, spans in zip(known, scan_all(known, presidio), strict=True)
            if spans
        }
        for row, text in zip(rows, texts, strict=True):
            for place in seen.get(text, ()):
                found[row, place] += 1
        for row in np.flatnonzero(are_documents(cells)).tolist():
            found[row, places[HEADER]] += len(elements_of(cells[row]))
    return found


def _new_values(case: Case[Texts], presidio: Sequence[str]) -> Iterable[tuple[int, Values]]:
    """Each row with what its answers hold and its inputs do not."""
    start = 0
    for part in case.chunks():
        answers = _values_by_row(part.predictions.samples, presidio)
        wanted = [row for row, values in enumerate(answers) if values]
        asked: dict[int, Values] = {row: set() for row in wanted}
        for name, cells in columns_of(part) if wanted else ():
            for row in wanted:
                text = text_of(cells[row])
                asked[row] |= _values_in((text, f"{name}: {text}") if name else (text,), presidio)
        yield from ((start + row, answers[row] - said) for row, said in asked.items())
        start += len(part)


def _known_in_training(training: Case[Any], wanted: Values, presidio: Sequence[str]) -> Values:
    """Which of these values stand in the inputs of the training rows, or in the answers that they were trained on."""
    known: Values = set()
    for part in training.chunks():
        for name, cells in columns_of(part):
            known |= wanted & _values_in(_parted(texts_of(name, cells))[1], presidio)
        if part.has_truth:
            truth = part.truth
            for values in _values_by_row(truth.samples, presidio) if isinstance(truth, Texts) else ():
                known |= wanted & values
    return known


def _parted(pairs: Iterable[tuple[int, str]]) -> tuple[list[int], list[str]]:
    rows, texts = [], []
    for row, text in pairs:
        rows.append(row)
        texts.append(text)
    return rows, texts


def _values_by_row(rows: Sequence[Sequence[str]], presidio: Sequence[str]) -> list[Values]:
    """What each row's texts hold together."""
    texts = [text for samples in rows for text in samples]
    spans = zip(texts, scan_all(texts, presidio), strict=True)
    return [
        {value_of(span, text) for _ in samples for text, found in [next(spans)] for span in found} for samples in rows
    ]


def _values_in(texts: Sequence[str], presidio: Sequence[str]) -> Values:
    found = zip(texts, scan_all(texts, presidio), strict=True)
    return {value_of(span, text) for text, spans in found for span in spans}
