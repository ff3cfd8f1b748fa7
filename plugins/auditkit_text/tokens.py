"""Texts as tokens: how many each has, how many the model looks at, and batches padded to their longest text."""

from __future__ import annotations

from typing import Any

from auditkit import DataError, ModelError, canonical_label

_UNBOUNDED = 1 << 30
"""transformers says 1e30 where a tokenizer knows no bound."""


def token_limit(model: Any, tokenizer: Any, wanted: int | None) -> int | None:
    """How many tokens of a text the model looks at, special ones included; None: as many as there are.

    Raises:
        ModelError: `wanted` is more than the model can take, or leaves no room for a word.
    """
    bounds = [tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None), _positions(model)]
    known = [int(bound) for bound in bounds if isinstance(bound, int | float) and 0 < bound < _UNBOUNDED]
    most = min(known, default=None)
    if wanted is None:
        return most
    least = tokenizer.num_special_tokens_to_add() + 1
    if wanted < least or (most is not None and wanted > most):
        upper = "" if most is None else f" and at most {most}"
        raise ModelError(
            f"[model] max_length is {wanted}, and this model takes at least {least}{upper}",
            hint=f"max_length = {least if most is None else most}, or leave it out",
        )
    return wanted


def _positions(model: Any) -> int | None:
    """Positions that have an embedding, less those that RoBERTa's family keeps for padding."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and hasattr(module, "num_embeddings"):
            return int(module.num_embeddings) - (0 if module.padding_idx is None else module.padding_idx + 1)
    return None


def read_texts(inputs: Any) -> list[str]:
    """The texts of a Series, of a table with one column, or of a list.

    Raises:
        DataError: there are several columns, or a row has no text.
    """
    columns = getattr(inputs, "columns", None)
    if columns is not None:
        if len(columns) != 1:
            raise DataError(
                f"a text classifier reads one column, and [data] input names {len(columns)}: "
                f"{', '.join(repr(str(name)) for name in columns)}",
                hint='[data] input = "note", the column of the texts',
            )
        inputs = inputs[columns[0]]
    cells = list(inputs)
    for place, cell in enumerate(cells, start=1):
        if not isinstance(cell, str) or not cell.strip():
            raise _no_text(cell, place)
    return cells


def _no_text(cell: Any, row: int) -> DataError:
    if isinstance(cell, str) or canonical_label(cell) is None:
        return DataError(
            f"the text in row {row} is missing or empty",
            hint="a row without a text does not belong in the data of a text classifier",
        )
    return DataError(
        f"the input in row {row} is a {type(cell).__name__}, not a text: {cell!r:.60}",
        hint='[data] input = "note", the column of the texts',
    )
