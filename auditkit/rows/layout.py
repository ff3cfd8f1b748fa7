"""What a file of rows says of itself, in its schema's metadata: all that its columns need to be a Case again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from auditkit.dataset import SplitName
from auditkit.document import Document
from auditkit.predictions import ScoreKind

METADATA = b"auditkit"
"""The key of the layout in the metadata of the Parquet schema."""

Names = tuple[str, ...]
Count = Annotated[int, Field(ge=0, le=2**53)]


class Answers(Document):
    """Predictions, or the truth in the same type: what their columns cannot say themselves."""

    type: Literal["ClassScores", "LabelScores", "Values", "Rankings", "TokenLabels", "Texts"]
    names: Names = Field(default=(), description="the classes or labels, in order")
    kind: ScoreKind | None = Field(default=None, description="of class scores")
    by_column: bool = Field(default=False, description="whether the scores lay column by column: sums depend on it")
    levels: tuple[float, ...] = Field(default=(), description="of quantiles")
    parts: Names = Field(default=(), description="which of the optional fields there are: spread, quantiles, scores")
    width: Count = Field(default=0, description="items a ranking, the padding of short ones counted")


class Numbers(Document):
    """A column of numbers that a check computed from what is not kept: inputs, or texts."""

    asked: str = Field(pattern="^[0-9a-f]{64}$", description="a digest of the check, function, parameters and rows")
    function: str = Field(max_length=500, description="its importable name, for people; nothing is imported by it")


class Layout(Document):
    """One split's rows."""

    version: Literal[1] = 1
    split: SplitName
    rows: Count
    keyed: bool = Field(description="whether `row` holds HMACs under the salt file; else it holds positions")
    rows_digest: str = Field(description="of the split without what a model said of it")
    target: Names | None = Field(description="the target's vocabulary, in order; None: there is no such column")
    labels: Names | None = Field(description="the labels of a multi-label target, a column each")
    groups: tuple[tuple[str, Names], ...] = Field(description="each attribute with its vocabulary, in order")
    units: Count | None = Field(description="how many units there are; None: rows are units")
    weights: bool
    predictions: Answers | None = Field(description="None: the split was not predicted")
    truth: Answers | None = Field(default=None, description="what is true, where it is no class or label")
    truth_known: bool = Field(default=False, description="whether a column says which rows have a truth")
    numbers: tuple[Numbers, ...] = Field(default=(), description="of the columns `number:0`, `number:1`, ...")
    settings: dict[str, Any] | None = Field(
        default=None, description="what the spec says that checks need to know; of the audit split"
    )
    max_rows: Count | None = Field(default=None, description="[compute] max_rows, above which checks got a sample")
