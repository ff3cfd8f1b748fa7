"""What the cells of a row become for a model: columns of a table as numbers, texts as tokens."""

from __future__ import annotations

from auditkit.inputs.columns import Categories, Columns, Encoding
from auditkit.inputs.tokens import Encoder, padded

__all__ = ["Categories", "Columns", "Encoder", "Encoding", "padded"]
