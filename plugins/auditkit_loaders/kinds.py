"""What a file that cannot be read as it was said to be seems to be instead, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from auditkit import DataError

_BEGINNINGS = {
    b"\xff\xfe": ("UTF-16", 'encoding = "utf-16"'),
    b"\xfe\xff": ("UTF-16", 'encoding = "utf-16"'),
    b"PK\x03\x04": ("a zip archive, as .xlsx and .ods are", ""),
    b"PAR1": ("Parquet", 'loader = "parquet"'),
    b"\x1f\x8b": ("compressed by gzip", ""),
    b"%PDF": ("a PDF", ""),
}
_SAVE = "save it as CSV with UTF-8, or as Parquet"


def refuse_other_kinds(path: Path, encoding: str) -> None:
    """Refuse a text file that begins as something else does, before its bytes are taken for cells.

    Raises:
        DataError: it does.
    """
    with path.open("rb") as stream:
        first = stream.read(4)
    found = next((kind for begins, kind in _BEGINNINGS.items() if first.startswith(begins)), None)
    if found is None or (found[0] == "UTF-16" and encoding.lower().replace("_", "-").startswith("utf-16")):
        return
    what, say = found
    raise DataError(f"'{path.name}' is {what}, not {encoding} text", hint=f"[data] {say}" if say else _SAVE)


def wrong_encoding(path: Path, encoding: str, error: Exception) -> DataError:
    """What to say of a file whose bytes are no text in an encoding, or of an encoding that there is not."""
    hint = 'say what it is, e.g. [data] encoding = "latin-1"'
    if isinstance(error, LookupError):
        return DataError(f"there is no encoding '{encoding}'", hint=hint)
    where = f": byte {error.start} cannot be read" if isinstance(error, UnicodeDecodeError) else ""
    return DataError(f"'{path.name}' is not {encoding}{where}", hint=hint)
