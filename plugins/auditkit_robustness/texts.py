"""`robustness.texts`: what typing errors, other spellings and look-alikes do to the answers about texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, NotApplicable, Table, Values, check
from auditkit.perturbation import (
    Answers,
    Changed,
    ask_about,
    column_of,
    names_of,
    refuse_no_texts,
    sampled,
    taken,
    with_column,
)
from auditkit_robustness.cards import PERTURBED
from auditkit_robustness.measured.telling import Told
from auditkit_robustness.noise import IN_TWENTY, SHARES, WHOLE
from auditkit_robustness.planted import TEXT_CONTROLS


def accept_shares(**options: Any) -> None:
    """Refuse shares of characters that are none, and no rows.

    Raises:
        AuditError: one is not above 0, or above 1; or no rows would be asked about.
    """
    bad = [share for share in options.get("shares", ()) if not 0 < share <= 1]
    if bad:
        raise AuditError(f"option 'shares' holds {bad[0]:g}", hint="shares of the characters, e.g. [0.01, 0.05]")
    if options.get("most_rows", 1) < 1:
        raise AuditError(f"option 'most_rows' is {options['most_rows']}", hint="at least 1 row")


def asks_rewritten(*, rows: int, most_rows: int, shares: tuple[float, ...], **_: Any) -> int:
    """Predictions beside those of the rows."""
    return min(rows, most_rows) * (len(SHARES) * len(shares) + len(WHOLE))


@check(
    "robustness.texts",
    on=(ClassScores, LabelScores, Values),
    metrics=PERTURBED,
    accepts=accept_shares,
    controls=TEXT_CONTROLS,
    asks=asks_rewritten,
)
def texts(
    case: Case[Answers], *, most_rows: int = 100, shares: tuple[float, ...] = (0.01, 0.05, 0.1), column: str = ""
) -> Iterator[Measurement | Table]:
    """What typing errors and other spellings do to the answers.

    The model is asked again about the same texts with neighbouring keys hit, letters swapped, dropped or doubled in
    each of `shares` of their letters, and with the case, marks, spaces, digits, abbreviations and single characters
    written otherwise, in English and in Chinese. A text is asked about again only where something in it changed: that
    is at most 22 predictions a row, of at most `most_rows` rows drawn at random. Whether a person would still read the
    same is not measured: at one letter in ten not everybody does. `column` names the texts where rows hold more.
    """
    case = sampled(case, most_rows)
    conditions = [{"perturbation": name, "share": f"{share:g}"} for name in SHARES for share in shares]
    conditions += [{"perturbation": name, "share": "all"} for name in WHOLE]
    told = Told.of(case, ask_about(case, Noisy, conditions, column=column))
    yield from told.together()
    yield from told.each()
    yield told.table("What each change of the text did to the answers", ("perturbation", "share of the letters"))


@dataclass(frozen=True)
class Noisy:
    """Changes the texts of a case; what is drawn follows from the text itself."""

    case: Case[Any]
    column: str
    before: Answers | None = None

    @cached_property
    def name(self) -> str:
        """The column that holds the texts."""
        names = names_of(self.case.inputs)
        if self.column and self.column not in names:
            raise NotApplicable("the rows have no column '{column}' of texts", column=self.column)
        name = self.column or names[0]
        if not self.column and len(names) != 1:
            raise NotApplicable("the rows hold several columns", hint='name that of the texts: column = "note"')
        refuse_no_texts(column_of(self.case.inputs, name))
        return name

    def changed(self, conditions: Mapping[str, str]) -> Changed:
        """The rows whose text is another one after the change."""
        kind, share = conditions["perturbation"], conditions["share"]
        change = (SHARES | WHOLE)[kind]
        found: dict[int, str] = {}
        for row, text in enumerate(column_of(self.case.inputs, self.name)):
            rng = self.case.rng(f"{kind} {share}: {text}")
            made = change(text, IN_TWENTY if share == "all" else float(share), rng)
            if made != text and made.strip():
                found[row] = made
        rows = np.array(list(found), dtype=np.int64)
        return Changed(rows, with_column(taken(self.case.inputs, rows), self.name, list(found.values())))
