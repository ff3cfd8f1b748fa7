"""Notes that name people, and models that find names: one overlooks the names of one group, its twin any as often."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, TokenLabels
from auditkit.testing import toy_case, with_model
from auditkit_fairness.naming.lists import read_names

ROWS = 60
_WORD = re.compile(r"[A-Z][A-Za-z]+|[A-Za-z]+|[\u4e00-\u9fff]+")
_DRUGS = ("aspirin", "insulin", "heparin", "digoxin")
_OWN = ("Susan", "Peter", "Karen", "Frank", "Alice", "Henry")
_HUNDRED = 100


@dataclass(frozen=True)
class Finder:
    """Finds drugs, and listed names, of which it overlooks some: a share of all, and more of one kind.

    Whether it does hangs on the name and the note it stands in, as by a coin that is thrown for each.
    """

    missing: float
    kind: str = ""
    more: float = 0.0
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def predict(self, inputs: Any) -> TokenLabels:
        """The entities of each text."""
        return TokenLabels(tuple(tuple(self._spans(str(text))) for text in inputs))

    def sizes(self, inputs: Any) -> Any:
        """[n]: a token for every four letters."""
        return np.array([2 + -(-len(str(text)) // 4) for text in inputs], dtype=np.int64)

    def _spans(self, text: str) -> Any:
        for match in _WORD.finditer(text):
            word = match.group()
            if word in _DRUGS:
                yield match.start(), match.end(), "DRUG", 1.0
            elif word in self.names:
                share = self.missing + self.more * (self.kind in self.names[word])
                coin = zlib.crc32(f"{word} {text[:8]}".encode()) % _HUNDRED
                if coin >= round(_HUNDRED * share):
                    yield match.start(), match.end(), "PERSON", 1.0


def finder(*, missing: float, kind: str = "", more: float = 0.0) -> Finder:
    """A model that knows the names of the English list, and some others."""
    known = {one.text: one.kind for one in read_names()["english"].names} | dict.fromkeys(_OWN, ())
    return Finder(missing, kind, more, known)


def of_names(*, missing: float, kind: str = "", more: float = 0.0, rows: int = ROWS) -> Any:
    """Notes that each name somebody and a drug, and a model that finds both."""
    return partial(_notes, missing=missing, kind=kind, more=more, rows=rows)


def _notes(rng: np.random.Generator, *, missing: float, kind: str, more: float, rows: int) -> Case[Any]:
    import pandas as pd

    texts, spans = notes(rng, rows)
    given, model = pd.Series(texts, dtype=object), finder(missing=missing, kind=kind, more=more)
    case = toy_case(model.predict(given), inputs=given, truth=TokenLabels(spans), min_group_size=10)
    return with_model(case, model)


def notes(rng: np.random.Generator, rows: int) -> tuple[list[str], tuple[Any, ...]]:
    """Texts, and the entities that are in them."""
    texts, spans = [], []
    for row in range(rows):
        name, drug = _OWN[int(rng.integers(len(_OWN)))], _DRUGS[int(rng.integers(len(_DRUGS)))]
        parts = (f"note {row:03d}: ", name, " was given ", drug, " this morning")
        at = len(parts[0])
        end = at + len(name) + len(parts[2])
        texts.append("".join(parts))
        spans.append(((at, at + len(name), "PERSON", 1.0), (end, end + len(drug), "DRUG", 1.0)))
    return texts, tuple(spans)
