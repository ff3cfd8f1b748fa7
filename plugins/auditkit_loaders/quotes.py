"""Quotation marks of a CSV file that nothing closes: Arrow takes what follows, rows and all, into one cell."""

from __future__ import annotations

from pathlib import Path

from auditkit import DataError
from auditkit_loaders.lines import LineEnds

_CHUNK = 1 << 20


def refuse_open_quote(path: Path, encoding: str, last: str | None) -> None:
    """Refuse a file whose last cell is begun by a quotation mark and ended by the file alone.

    Args:
        path: the file.
        encoding: of it.
        last: its last cell, as it was read; None: it is empty, or there are no rows.

    Raises:
        DataError: the rows from that mark on would be lost within the cell.
    """
    if last is None or not {"\n", "\r"} & set(last):
        return
    written = last.encode().replace(b'"', b'""')
    end, lines = _end_of(path, encoding, len(written) + len(b'""') + _CHUNK)
    is_closed = end.rstrip(b"\r\n").endswith(b'"' + written + b'"')
    if not is_closed and end.endswith(b'"' + written):
        line = lines - last.encode().count(b"\n") + 1
        raise DataError(
            f"'{path.name}' line {line} opens a quotation mark that nothing closes: "
            "all lines below it would be read as one cell",
            hint='close it with another ", or take it away',
        )


def _end_of(path: Path, encoding: str, size: int) -> tuple[bytes, int]:
    """The last bytes of a file as UTF-8, at least so many if it has them, and how many lines it has ended."""
    end, lines = b"", 0
    with LineEnds(path, encoding) as stream:
        while chunk := stream.read(_CHUNK):
            lines += chunk.count(b"\n")
            end = (end + chunk)[-size:]
    return end, lines
