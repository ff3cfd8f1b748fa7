"""Loaders: tables as csv, parquet and jsonl; interactions; labelled sentences; folders of images.

A loader a module, or several that are alike: `tables`, `interactions`, `conll` for labelled sentences, `image_folder`,
which reads a proxy of skin tone off pixels by `skin_tone`.
`kinds` says what a file seems to be that is not what the spec calls it; `lines` gives the bytes of text files to Arrow,
`quotes` refuses a quotation mark that is never closed, and `packed` reads texts that repeat in Parquet files. What
`auditkit init` is told of tables is in `recognise`, of sentences and folders of images in `recognise_others`.
"""

from auditkit import hookimpl
from auditkit_loaders.conll import load_conll
from auditkit_loaders.image_folder import load_image_folder
from auditkit_loaders.interactions import load_interactions
from auditkit_loaders.tables import load_csv, load_jsonl, load_parquet

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_loaders() -> list[object]:
    """Offer the loaders."""
    return [load_conll, load_csv, load_image_folder, load_interactions, load_jsonl, load_parquet]
