"""A folder of images as a table: a folder a class, and what else is known of each in a table beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit import DataError, loader, needs_extra
from auditkit_loaders.recognise_others import recognise_image_folder
from auditkit_loaders.skin_tone import COLUMN, tones_of
from auditkit_loaders.tables import load_csv

if TYPE_CHECKING:
    import pandas as pd

METADATA = "metadata.csv"
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})
"""What file managers leave beside images; what begins with a point is left out too."""


@loader("image-folder", reads_folder=True, recognises=recognise_image_folder)
def load_image_folder(path: Path, *, skin_tone: bool = False) -> pd.DataFrame:
    """A folder a class: a table of `path` and `label`, with the columns of a `metadata.csv` beside.

    `FOLDER/benign/1.png` has the path `benign/1.png` and the label `benign`. A `metadata.csv` in FOLDER names each file
    in its column `file_name`; its other columns are the table's: groups, patients, or the `label` of images that lie
    in no folder. What begins with a point is no image.

    `skin_tone = true` makes a column `skin_tone_proxy` of the pixels, which `[data] groups` may name where nobody noted
    people's skin: the class of the individual typology angle of what looks like skin. It is a proxy, and the light that
    a picture was taken in moves it. Pictures that are grey or show no skin have none.
    """
    import pandas as pd

    names = sorted(_names(path))
    if not names:
        raise DataError(f"'{path.name}' holds no images", hint="a folder a class: FOLDER/benign/1.png")
    labels = [name.partition("/")[0] if "/" in name else None for name in names]
    table = pd.DataFrame({"path": names}, dtype=object)
    if any(label is not None for label in labels):
        table["label"] = pd.Series(labels, dtype=object)
    if (path / METADATA).exists():
        table = _with_metadata(table, path)
    if skin_tone:
        if COLUMN in table.columns:
            raise DataError(f"'{METADATA}' has a column '{COLUMN}' already", hint="leave skin_tone out of [data]")
        with needs_extra("images"):
            table[COLUMN] = pd.Series(tones_of(path, table["path"].tolist()), dtype=object)
    return table


def _names(folder: Path) -> Iterator[str]:
    """The files below a folder, by their paths from it."""
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*folders, *files):
            if (Path(here) / name).is_symlink():
                raise DataError(
                    f"'{(Path(here) / name).relative_to(folder).as_posix()[:200]}' is a link",
                    hint="put the file itself there: a link may lead anywhere",
                )
        for name in files:
            below = (Path(here) / name).relative_to(folder).as_posix()
            if not name.startswith(".") and name.lower() not in _OF_SYSTEMS and below != METADATA:
                yield below


def _with_metadata(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The same rows with the columns of the table beside them."""
    known = load_csv(folder / METADATA)
    if "file_name" not in known.columns:
        raise DataError(f"'{METADATA}' has no column 'file_name'", hint="it holds each image's path below the folder")
    taken = [name for name in known.columns if name in table.columns]
    if taken:
        raise DataError(
            f"'{METADATA}' has a column '{taken[0]}', and so has the table of the images",
            hint="the folders name the classes: leave the column out, or put all images into one folder"
            if taken[0] == "label"
            else "give it another name",
        )
    named = known["file_name"].tolist()
    there = set(table["path"])
    _refuse_differences(named, there)
    by_name = known.set_index("file_name").loc[table["path"].tolist()].reset_index(drop=True)
    return table.join(by_name)


def _refuse_differences(named: list[str | None], there: set[str]) -> None:
    """Refuse a table that names a file twice, or one that is not there, or leaves one out."""
    seen: set[str | None] = set()
    for row, name in enumerate(named, start=1):
        if name in seen:
            raise DataError(f"'{METADATA}' names '{name}' twice, in row {row}", hint="one row an image")
        if name not in there:
            raise DataError(
                f"'{METADATA}' names '{str(name)[:200]}' in row {row}, and there is no such image",
                hint="file_name is the path below the folder, e.g. benign/1.png",
            )
        seen.add(name)
    left = sorted(there - seen)
    if left:
        raise DataError(
            f"'{METADATA}' has no row for {len(left):,} images, e.g. '{left[0]}'",
            hint="add their rows, or take the images out of the folder",
        )
