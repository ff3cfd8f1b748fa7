"""Loaders: tables as csv, parquet and jsonl; interactions; labelled sentences; folders of images."""

from auditkit import hookimpl
from auditkit_loaders.conll import load_conll
from auditkit_loaders.image_folder import load_image_folder
from auditkit_loaders.interactions import load_interactions
from auditkit_loaders.tables import load_csv, load_jsonl, load_parquet


@hookimpl
def auditkit_register_loaders() -> list[object]:
    """Offer the loaders."""
    return [load_conll, load_csv, load_image_folder, load_interactions, load_jsonl, load_parquet]
