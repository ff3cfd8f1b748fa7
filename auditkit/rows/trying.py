"""Rows read once in a process of their own, before they are read here: what crashes or fills that one harms nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from auditkit.confined import Limits

SECONDS = 300
"""For all files of a bundle; a million rows take a few."""


def try_rows(files: Mapping[str, tuple[bytes, int]], limits: Limits | None = None) -> None:
    """Read files of rows in a child, and throw away what they say.

    Args:
        files: name -> its bytes, and how many rows the signed result says that the split has.
        limits: of the child; None: as much memory as reading may take.

    Raises:
        IntegrityError: one of them is not what auditkit writes, or reading it crashed, hung, or took too much memory.
    """
    from auditkit.confined import Died, Refused, run_confined

    head = [{"name": name, "bytes": len(raw), "rows": rows} for name, (raw, rows) in files.items()]
    job = b"\n".join([json.dumps(head).encode(), b"".join(raw for raw, _ in files.values())])
    try:
        run_confined(__name__, job, limits or _limits())
    except Refused as error:
        raise IntegrityError(error.message, hint=error.hint) from error
    except Died as error:
        raise IntegrityError(
            f"the evidence cannot be read: a process that tried {error}", hint="auditkit wrote none that does this"
        ) from error


def _limits() -> Limits:
    from auditkit.confined import Limits
    from auditkit.rows.reading import MEMORY

    return Limits(seconds=SECONDS, memory=MEMORY)


def _try(job: bytes) -> bytes:
    from auditkit.rows.reading import read_rows

    head, _, rest = job.partition(b"\n")
    for file in json.loads(head):
        raw, rest = rest[: file["bytes"]], rest[file["bytes"] :]
        read_rows(raw, name=file["name"], rows=file["rows"])
    return b"read"


if __name__ == "__main__":
    from auditkit.confined import serve

    serve(_try)
