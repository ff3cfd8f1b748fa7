"""Loaders for tables: csv, parquet, jsonl."""

from auditkit import hookimpl
from auditkit_loaders.tables import load_csv, load_jsonl, load_parquet


@hookimpl
def auditkit_register_loaders() -> list[object]:
    """Offer the table loaders."""
    return [load_csv, load_jsonl, load_parquet]
