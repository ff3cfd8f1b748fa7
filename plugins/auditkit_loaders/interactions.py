"""Tables of interactions, and of users, items and recommendations beside them, in whatever format each is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from auditkit import loader
from auditkit_loaders.recognise import recognise_interactions
from auditkit_loaders.tables import load_csv, load_jsonl, load_parquet

if TYPE_CHECKING:
    import pandas as pd


@loader("interactions", recognises=recognise_interactions)
def load_interactions(path: Path, *, encoding: str = "utf-8", separator: str = ",") -> pd.DataFrame:
    """One row a user and item; `.parquet` and `.jsonl` files by their names, all others as CSV.

    The host makes one row a user of it.
    """
    if path.suffix == ".parquet":
        frame = load_parquet(path)
    elif path.suffix == ".jsonl":
        frame = load_jsonl(path, encoding=encoding)
    else:
        frame = load_csv(path, encoding=encoding, separator="\t" if path.suffix == ".tsv" else separator)
    return cast("pd.DataFrame", frame)
