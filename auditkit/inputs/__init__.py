"""What the cells of a row become for a model: columns of a table as numbers, texts as tokens."""

from __future__ import annotations

from auditkit.inputs.columns import Categories, Columns, Encoding
from auditkit.inputs.tokens import Encoder, at_once, padded, runs

__all__ = ["Categories", "Columns", "Encoder", "Encoding", "at_once", "padded", "runs"]
