"""What a check reads of a case: columns of yes and no, statements, prompts, and the answers made plain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, NotApplicable, Text, Texts
from auditkit_conversation.statements import Statement, statement_of, statements_in
from auditkit_conversation.wording import plain

Integers = npt.NDArray[np.integer]

_YES = frozenset({"yes", "true", "1", "\u662f"})
_NO = frozenset({"no", "false", "0", "\u5426"})


def has_role(case: Case[Any], role: str) -> bool:
    """Whether the spec names a column for it; asked of the settings, since a replay has no columns of it."""
    return role in case.settings.expected


def need_role(case: Case[Any], *roles: str) -> None:
    """Say that a check does not apply where the spec names a column for none of the roles.

    Raises:
        NotApplicable: none of them is named.
    """
    if not any(has_role(case, role) for role in roles):
        raise NotApplicable(
            "[data.expected] names no column for {roles}",
            hint='name it in the table [data.expected], as in: role = "column"',
            roles=reduce(_either, (Text.of("{name}", name=role) for role in roles)),
        )


def _either(one: Text, other: Text) -> Text:
    return Text.of("{one} or {other}", one=one, other=other)


def said_yes(case: Case[Any], *, role: str) -> npt.NDArray[np.int64]:
    """[n]: 1 where the cell says yes, 0 where it says no, -1 where it is empty.

    Raises:
        AuditError: it says something else; the cell, which may be about a person, is named by its row alone.
    """
    codes = case.expected[role]
    answers = []
    for place, label in enumerate(codes.vocabulary):
        word = plain(label).strip()
        if word not in _YES | _NO:
            hint = "write yes or no, or leave the cell empty"
            raise AuditError(f"{_cell(case, role, place)} says neither yes nor no", hint=hint)
        answers.append(int(word in _YES))
    return np.asarray(np.array([*answers, -1], dtype=np.int64)[codes.codes])


def _cell(case: Case[Any], role: str, place: int) -> str:
    """Where the first cell is that holds one of the role's labels: rows are counted from 1."""
    row = int(np.flatnonzero(case.expected[role].codes == place)[0]) + 1
    return f"[data.expected] {role}, the cell in row {row}"


def statements_of(case: Case[Any], role: str, separator: str) -> list[tuple[Statement, ...]]:
    """The statements of each row, [n]; none where its cell is empty, or the spec names no column.

    Raises:
        AuditError: a cell that cannot be read, which it names by its row: what it holds may be about a person.
    """
    if role not in case.settings.expected:
        return [()] * len(case)
    codes = case.expected[role]
    read = []
    for place, cell in enumerate(codes.vocabulary):
        try:
            read.append(tuple(statement_of(part) for part in statements_in(cell, separator)))
        except AuditError as error:
            raise AuditError(f"{_cell(case, role, place)}: {error.message}", hint=error.hint) from error
    return [*(read[code] if code >= 0 else () for code in codes.codes)]


def prompts(case: Case[Any]) -> npt.NDArray[np.int64]:
    """[n]: equal numbers for equal prompts, numbered as they come."""
    cells = case.inputs
    rows = cells.itertuples(index=False) if hasattr(cells, "columns") else cells
    known: dict[str, int] = {}
    return np.array([known.setdefault(repr(row), len(known)) for row in rows], dtype=np.int64)


def questions(case: Case[Any]) -> npt.NDArray[np.int64]:
    """[n]: equal numbers for rows that ask the same in other words; -1 where nothing is said."""
    codes = case.expected["same_question"].codes
    return np.asarray(codes, dtype=np.int64)


def answered(case: Case[Texts]) -> Sequence[str]:
    """[n]: the first sample of each row, made plain."""
    return [plain(text) for text in case.predictions.texts]


def plain_patterns(patterns: Sequence[str]) -> tuple[Statement, ...]:
    """The statements of an option."""
    return tuple(statement_of(pattern) for pattern in patterns)
