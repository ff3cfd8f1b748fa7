"""The same of data that are no tables yet: folders of images, and labelled sentences, a token a line."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from auditkit.recognising import FIRST_ROWS, Glimpse, Recognised, Setting

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".dcm", ".dicom")
_LOOKED_AT = 200
"""So many entries of a folder, and so many lines of a file."""
_TAG = re.compile(r"O|[BIES]-\S+")
_MOST_OTHERS = 0.05


def recognise_image_folder(seen: Glimpse) -> Recognised | None:
    """A folder with images in it, or in the folders of its classes."""
    if seen.path is None or not seen.is_folder:
        return None
    names = [name for name in _entries(seen.path) if not name.startswith(".")]
    if sum(name.lower().endswith(IMAGES) for name in names) * 2 <= len(names):
        return None
    from auditkit_loaders.image_folder import load_image_folder

    table = load_image_folder(seen.path)  # names alone: no image is opened
    # Evenly, since the folders of the classes stand one behind the other.
    rows = table.iloc[:: max(1, -(-len(table) // FIRST_ROWS))].reset_index(drop=True)
    reason = f"it holds {len(table):,} files, images among them"
    settings = [Setting("input", "path", "the loader's own column of the images' paths")]
    if "label" in rows.columns:
        settings.append(Setting("target", "label", "the folder that an image lies in, or metadata.csv"))
    return Recognised("sure", reason, tuple(settings), rows=rows, makes="image")


def _entries(folder: Path) -> Iterator[str]:
    """Some of the names in a folder, and in each of its folders."""
    inside = []
    with os.scandir(folder) as entries:
        for entry in itertools.islice(entries, _LOOKED_AT):
            if entry.is_dir(follow_symlinks=False):
                inside.append(entry.path)
            else:
                yield entry.name
    for one in inside:
        with os.scandir(one) as entries:
            yield from (entry.name for entry in itertools.islice(entries, _LOOKED_AT))


def recognise_conll(seen: Glimpse) -> Recognised | None:
    """A token a line with its tag, O or B- and a label, and blank lines between sentences."""
    if not seen.is_file:
        return None
    try:
        text = seen.head().decode("utf-8", errors="strict" if len(seen.head()) < 1 << 16 else "ignore")
    except UnicodeDecodeError:
        return None
    lines = [line.split() for line in text.splitlines()[:_LOOKED_AT]]
    tokens = [cells for cells in lines if cells and cells[0] not in {"#", "-DOCSTART-"}]
    width = len(tokens[0]) if tokens else 0
    if width < 2 or any(len(cells) != width for cells in tokens):  # noqa: PLR2004  a token and its tag
        return None
    last = [cells[-1] for cells in tokens]
    if "O" not in last or sum(not _TAG.fullmatch(tag) for tag in last) > _MOST_OTHERS * len(last):
        return None
    from auditkit_loaders.conll import load_sentences

    columns = ("token", *(f"column_{place}" for place in range(2, width)), "target")
    assert seen.path is not None  # noqa: S101  it is a file
    rows = load_sentences(seen.path, columns, tagged=("target",), most=FIRST_ROWS)
    settings = [
        Setting("columns", list(columns), "the columns of its lines; the last one holds tags"),
        Setting("input", "text", "the tokens of a sentence with spaces between"),
        Setting("target", "target", "the tags in the last column"),
    ]
    return Recognised("sure", "a token and its tag a line", tuple(settings), task="tokens", rows=rows, makes="text")
