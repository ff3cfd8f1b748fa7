"""The bytes of a text file for Arrow, none of whose blocks ends between the two characters of a line's end."""

from __future__ import annotations

import io
from pathlib import Path


class LineEnds(io.RawIOBase):
    """A text file as UTF-8.

    Where a block ends with a carriage return, Arrow drops a line feed at the beginning of the next, within quotation
    marks too: a cell would be another one by where it happens to stand. So the return waits for the next block.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        """Open it; what cannot be decoded is an error when it is read."""
        import pyarrow as pa

        super().__init__()
        # Unpacks what is compressed, by its name; what is UTF-8 is left as it is.
        self._stream = pa.transcoding_input_stream(pa.input_stream(path), encoding, "utf-8")
        self._waiting = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, at least one unless the file has ended; a return at their end is kept back."""
        more: bytes = self._stream.read(None if size < 0 else max(size - len(self._waiting), 1))
        found = self._waiting + more
        kept = found.rstrip(b"\r") if more else found
        self._waiting = found[len(kept) :] if kept else b""
        return kept or found

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()
