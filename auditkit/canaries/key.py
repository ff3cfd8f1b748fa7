"""The key of an experiment with canaries: all rows, what each coin said, and a salted digest that commits to both."""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, ValidationError, model_validator

from auditkit.document import Document, canonical_json
from auditkit.errors import AuditError, DataError

if TYPE_CHECKING:
    import pandas as pd

LARGEST_KEY = 1 << 28
"""Bytes of a key that is read."""

_LARGEST_NUMBER = 2**53 - 1
"""What canonical JSON can say."""

Cell = str | bool | int | float | None


class CanaryKey(Document):
    """Who made the canaries keeps it to themselves until the model is trained."""

    auditkit_canaries: Literal[1] = 1
    made: str = Field(max_length=40, description="when, in ISO 8601")
    kind: str = Field(max_length=200, description="what the canaries are, in words")
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[Cell, ...], ...] = Field(description="every canary, whether it was included or not")
    included: tuple[bool, ...] = Field(description="what the coin of each said: whether it goes into the training data")
    salt: str = Field(pattern="^[0-9a-f]{64}$", description="256 random bits, so that nobody guesses the coins")
    commitment: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 over everything above, as canonical JSON")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.rows) != len(self.included) or any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("rows, columns and coins are not equally many")
        return self

    def frame(self) -> pd.DataFrame:
        """All canaries as a loader gives rows: numbers where a column holds nothing else, Python's own values else."""
        import pandas as pd

        cells = {name: [row[place] for row in self.rows] for place, name in enumerate(self.columns)}
        return pd.DataFrame(
            {
                name: pd.Series(column, dtype=None if all(map(_is_number, column)) else object)
                for name, column in cells.items()
            },
            columns=pd.Index(self.columns, dtype=object),
        )


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


class Commitment(Document):
    """What is published before the model is trained: it tells nothing of the coins, and holds their owner to them."""

    auditkit_commitment: Literal[1] = 1
    made: str
    canaries: int
    commitment: str


def commitment_of(key: CanaryKey) -> str:
    """SHA-256 over a key without its own digest."""
    return hashlib.sha256(canonical_json(key.model_dump(mode="json", exclude={"commitment"}))).hexdigest()


def make_key(frame: pd.DataFrame, kind: str, *, now: datetime) -> CanaryKey:
    """Toss a fair coin for every row, by the operating system's random numbers, and commit to what they say."""
    rows = tuple(tuple(_cell(value) for value in row) for row in frame.itertuples(index=False, name=None))
    included = tuple(bool(secrets.randbits(1)) for _ in rows)
    key = CanaryKey(
        made=now.replace(microsecond=0).isoformat(),
        kind=kind,
        columns=tuple(str(name) for name in frame.columns),
        rows=rows,
        included=included,
        salt=secrets.token_hex(32),
        commitment="0" * 64,
    )
    return key.model_copy(update={"commitment": commitment_of(key)})


def _cell(value: object) -> Cell:
    """A cell as JSON has it: what is no text, number or truth value is written as it is read."""
    from auditkit.labels import canonical_label

    plain = value.item() if hasattr(value, "item") else value
    if plain is None or canonical_label(plain) is None:
        return None
    if isinstance(plain, int | float) and not -_LARGEST_NUMBER <= plain <= _LARGEST_NUMBER:
        return str(plain)
    return plain if isinstance(plain, str | bool | int | float) else str(plain)


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that must not be there yet, with its mode from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path) -> CanaryKey:
    """A key as `auditkit canaries` wrote it.

    Raises:
        DataError: it is none, or it was changed since: its own commitment does not hold.
    """
    if path.stat().st_size > LARGEST_KEY:
        raise DataError(f"'{path.name}' is too large to be a key", hint="[data] canaries names what auditkit wrote")
    try:
        key = CanaryKey.from_json(path.read_bytes())
    except OSError as error:
        raise AuditError(f"'{path.name}' cannot be read: {error.strerror}", hint=f"ls -l {path.name}") from error
    except ValidationError as error:
        raise DataError(
            f"'{path.name}' is not a key of canaries", hint="name the file CANARIES.key that auditkit canaries wrote"
        ) from error
    if commitment_of(key) != key.commitment:
        raise DataError(
            f"'{path.name}' was changed after it was made: its commitment '{key.commitment[:16]}...' does not hold",
            hint="use the file as auditkit canaries wrote it",
        )
    return key
