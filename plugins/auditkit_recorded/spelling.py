"""How recorded predictions and the target spell their labels, and what is said when they differ."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection
from typing import TYPE_CHECKING

from auditkit import DataError

if TYPE_CHECKING:
    import pandas as pd


def file_of(inputs: pd.DataFrame) -> str:
    """The file that rows came from, in quotation marks; the host says it."""
    return str(inputs.attrs.get("where", "the data"))


def refuse_other_spelling(
    predicted: Collection[str], targets: tuple[str, ...], column: str, *, may: str = "[data] classes = [...]"
) -> None:
    """Refuse predictions that no target could agree with: taken as labels of their own, all of them are wrong.

    Args:
        predicted: the labels.
        targets: the target's; without any, nothing can be said.
        column: whose they are, for messages.
        may: what the spec says when they are meant as they are.
    """
    if not targets:
        return
    meant = {_spelt_plainly(target): target for target in targets}
    others = sorted(set(predicted) - set(targets))
    twins = {label: meant[_spelt_plainly(label)] for label in others if _spelt_plainly(label) in meant}
    if twins:
        first = next(iter(twins))
        pairs = ", ".join(f"{quoted(label)} = {quoted(target)}" for label, target in twins.items())
        raise DataError(
            f"{column} holds '{first}', and the target holds '{twins[first]}'",
            hint=f"did you mean '{twins[first]}'? [model] labels = {{{pairs}}}; if they are others: {may}",
        )
    if others and not set(predicted) & set(targets):
        raise DataError(
            f"{column} holds none of the target's labels, but '{others[0]}', where the target holds '{targets[0]}'",
            hint=f"map the names: [model] labels = {{{quoted(others[0])} = ...}}; if they are others: {may}",
        )


def _spelt_plainly(label: str) -> str:
    """A label without what spreadsheets and data frames change in it: case, spaces, `.0` after a whole number."""
    plain = "".join(unicodedata.normalize("NFKC", label).casefold().split())
    return re.sub(r"(?<=\d)\.0+$", "", plain)


def quoted(name: str) -> str:
    """A name as TOML has it."""
    return json.dumps(name, ensure_ascii=False)
