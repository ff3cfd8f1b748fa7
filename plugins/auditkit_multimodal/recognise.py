"""What `auditkit init` is told of models of several inputs: weights without a description, and rows that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from auditkit import DataError, parse_numbers
from auditkit.recognising import Glimpse, Recognised, Setting, is_state, state_settings

if TYPE_CHECKING:
    import pandas as pd

_IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".dcm", ".dicom")
_SHORTEST_TEXT = 15
"""Characters on average: shorter ones are categories."""
_FIRST = 20
_LACKING = 'what is done about rows that lack a note or a film; "mask": forward is told'


def recognise_multimodal(seen: Glimpse) -> Recognised | None:
    """The state of a torch module, beside rows with images and more."""
    lies_in_folder = "model.safetensors" in seen.names and "config.json" not in seen.names
    if seen.rows is None or not (lies_in_folder or is_state(seen)):
        return None
    kinds = {_kind(seen.rows[name]) for name in seen.rows.columns}
    if "image" not in kinds or not kinds & {"text", "number"}:
        return None
    settings = [
        *state_settings(seen, "logits", "probabilities"),
        Setting("lacking", "refuse", _LACKING, choices=("refuse", "mask")),
    ]
    reason = "it is a module's state, and the rows hold images and more"
    return Recognised(
        "likely", reason, tuple(settings), takes="mixed", gives="ClassScores", are_numbered=True, of_inputs=_divided
    )


def _divided(inputs: pd.DataFrame) -> Iterator[Setting]:
    """Which input goes to which encoder, and what nobody but the training knows of categories."""
    kinds = {str(name): _kind(inputs[name]) for name in inputs.columns}
    named = {kind: [name for name, one in kinds.items() if one == kind] for kind in ("text", "image", "category")}
    if named["text"]:
        yield Setting("texts", named["text"], "columns of long texts")
    if named["image"]:
        yield Setting("images", named["image"], "columns that name image files")
    rest = [name for name, kind in kinds.items() if kind in {"number", "category"}]
    if rest:
        yield Setting("columns", rest, "the others, in this order")
    if named["category"]:
        asked = ", ".join(f'"{name}" = [...]' for name in named["category"][:4])
        why = f"the categories of each column of short texts, in the order of the training: {{{asked}}}"
        yield Setting("categories", why=why, is_safe=False)


def _kind(column: Any) -> str:
    cells = [cell for cell in column if cell is not None]
    texts = [cell for cell in cells if isinstance(cell, str)]
    if texts and all(cell.lower().endswith(_IMAGES) for cell in texts[:_FIRST]):
        return "image"
    try:
        parse_numbers(column.to_numpy(dtype=object), column="")
    except DataError:
        return "text" if sum(map(len, texts)) >= _SHORTEST_TEXT * len(cells) else "category"
    return "number"
