"""The model asked about texts with other names in them, and two numbers a row of what it found, for a replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, TokenLabels
from auditkit.perturbation import column_of, taken, text_column, with_column
from auditkit_fairness.naming.lists import NameList, is_han, read_names
from auditkit_fairness.naming.matching import Matched, Span, matched
from auditkit_fairness.naming.renaming import Renamed, filled, label_of, read_templates, renamed

Integers = npt.NDArray[np.integer]

UNTOUCHED = -1
"""Of a row in which nobody is renamed."""
_BITS = 12
_MOST = (1 << _BITS) - 1
_NO_LABEL = "nothing says which label persons have"


def has_name(case: Case[TokenLabels], *, label: str, column: str) -> npt.NDArray[np.bool_]:
    """[n]: whether it is known that somebody is named in the row's text."""
    asker = Asker(case, "", label, column)
    return np.array([any(one[2] == asker.label for one in row) for row in asker.true], dtype=bool)


def which_template(case: Case[TokenLabels], *, templates: str) -> Integers:
    """[n]: the template that is asked about in the row's place."""
    return np.arange(len(case.inputs), dtype=np.int64) % len(read_templates(templates))


def persons(case: Case[TokenLabels], *, place: int, **how: Any) -> Integers:
    """[n]: of one question which name was put there, in how many pieces, and how it was found; see `unpacked`."""
    return np.asarray(case.compute(everything, **how)["persons"][place])


def entities(case: Case[TokenLabels], *, place: int, **how: Any) -> Integers:
    """[n]: of one question how many entities there are, and how many were found; see `unpacked`."""
    return np.asarray(case.compute(everything, **how)["entities"][place])


def everything(  # noqa: PLR0913  each is an option of the check
    case: Case[TokenLabels],
    *,
    called: str,
    swaps: int,
    label: str,
    column: str,
    names: str | None,
    is_csv: bool,
    templates: str | None,
) -> dict[str, Integers]:
    """All questions with the names of one list: `persons` and `entities`, [kinds x swaps, n] each."""
    # The texts first: a replay has none, nor the files, and says so.
    asker = Asker(case, templates or "", label, column)
    rows = len(asker.texts)
    listed = read_names(names, is_csv=is_csv)[called]
    pieces = asker.pieces(listed)
    shape = (len(listed.kinds) * swaps, rows)
    said: dict[str, Integers] = {name: np.full(shape, UNTOUCHED, dtype=np.int64) for name in ("persons", "entities")}
    for kind, members in enumerate(listed.of_kind(one) for one in listed.kinds):
        for swap in range(swaps):
            place = kind * swaps + swap
            for row, name, found in asker.answers(listed, members, swap, f"{called} {kind} {swap}"):
                first = (name, pieces[name], found.names, found.exact, found.as_person)
                said["persons"][place, row] = _packed(first)
                rest = (found.as_other, found.true, found.found, found.hits, found.overlapping)
                said["entities"][place, row] = _packed(rest)
    return said


def _packed(numbers: Sequence[int]) -> int:
    total = 0
    for number in reversed(numbers):
        total = (total << _BITS) + min(int(number), _MOST)
    return total


def unpacked(numbers: Integers) -> Integers:
    """What a packed number says, [m, 5].

    Of `persons` the name's place in its list, its pieces (0: not known), how often it stands there, how often it is
    found exactly, and as a person; of `entities` how often it is found as something else, how many entities there are,
    how many are found, how many exactly, and how many by overlap.
    """
    return np.stack([(numbers >> (_BITS * place)) & _MOST for place in range(5)], axis=-1)


@dataclass(frozen=True)
class Asker:
    """Asks about a case's texts, or about templates in their place."""

    case: Case[TokenLabels]
    templates: str
    wanted: str
    column: str

    @cached_property
    def name(self) -> str:
        """The column of texts."""
        return text_column(self.case.inputs, self.column)

    @cached_property
    def texts(self) -> list[str]:
        """[n]."""
        return [str(cell) for cell in column_of(self.case.inputs, self.name)]

    @cached_property
    def true(self) -> list[tuple[Span, ...]]:
        """[n]: the entities of each row; none where nobody knows them."""
        rows = zip(self.case.truth.spans, self.case.truth_known, strict=True)
        return [tuple(one[:3] for one in spans) if known else () for spans, known in rows]

    @cached_property
    def label(self) -> str:
        """Of persons.

        Raises:
            NotApplicable: none is called as persons are, or none as it is said.
        """
        spans = self.case.predictions.spans if self.templates else self.case.truth.spans
        labels = sorted({one[2] for row in spans for one in row})
        found = label_of(self.wanted, labels)
        if found is None and self.templates and self.wanted:
            return self.wanted  # in none of the rows, and perhaps in templates
        if found is None:
            known = ", ".join(f"'{label}'" for label in labels[:8]) or "none"
            raise NotApplicable(_NO_LABEL, hint=f'name it: label = "PERSON"; the labels here are {known}')
        return found

    def pieces(self, listed: NameList) -> list[int]:
        """[names]: how many tokens the model makes of each; 0: it does not say."""
        import pandas as pd

        sizes = getattr(self.case.broker.model, "sizes", None)
        if sizes is None:
            return [0] * len(listed.names)
        # One letter is one token, beside those that every text has.
        texts = pd.Series(["a", *(one.text for one in listed.names)], dtype=object)
        found = np.asarray(sizes(texts), dtype=np.int64)
        return [max(int(one), 1) for one in found[1:] - found[0] + 1]

    def answers(
        self, listed: NameList, members: Sequence[int], swap: int, what: str
    ) -> Iterator[tuple[int, int, Matched]]:
        """Row, name, and what was found, of every row in which a name of these can stand."""
        made: dict[int, tuple[int, Renamed]] = {}
        for row, text in enumerate(self._asked):
            if self._is_han(row, text) != listed.is_han:
                continue
            order = self.case.rng(f"{what.rpartition(' ')[0]}: {text}").permutation(members)
            name = int(order[swap % len(order)])
            new = self._made(row, text, listed.names[name].text)
            if new is not None:
                made[row] = (name, new)
        if not made:
            return
        rows = np.array(list(made), dtype=np.int64)
        texts = [new.text for _, new in made.values()]
        inputs = with_column(taken(self.case.inputs, rows), self.name, texts)
        sound = self.case.predict_sound(inputs, {"names": what})
        for place, spans in zip(sound.rows.tolist(), sound.predictions.spans, strict=True):
            row = int(rows[place])
            name, new = made[row]
            yield row, name, matched(new.names, new.true, [one[:3] for one in spans])

    @cached_property
    def _asked(self) -> list[str]:
        """[n]: the rows' texts, or the templates in turn."""
        if not self.templates:
            return self.texts
        lines = read_templates(self.templates)
        return [lines[row % len(lines)] for row in range(len(self.case))]

    def _is_han(self, row: int, text: str) -> bool:
        """Whether the name that is replaced is written in Chinese characters; of a template, whether anything is."""
        person = None if self.templates else next((one for one in sorted(self.true[row]) if one[2] == self.label), None)
        return is_han(text if person is None else text[person[0] : person[1]])

    def _made(self, row: int, text: str, name: str) -> Renamed | None:
        if self.templates:
            return filled(text, self.label, name)
        return renamed(text, self.true[row], self.label, name)
