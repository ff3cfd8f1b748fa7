"""Formats that secrets have, such as "room {digits:3}": what fits them, how many there are, and others of the kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from auditkit import DataError

_SIGNS = {"digits": "0123456789", "letters": "abcdefghijklmnopqrstuvwxyz", "capitals": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_PLACE = re.compile(r"\{([a-z]+):([0-9]{1,2})\}")
_HINT = 'secrets = ["patient number {digits:6}"], with {digits:N}, {letters:N} or {capitals:N} where it differs'
_MOST = 40


@dataclass(frozen=True)
class SecretFormat:
    """A text with places for what differs from one secret to another."""

    parts: tuple[str, ...]
    """The words between the places: one more than these."""
    places: tuple[tuple[str, int], ...]
    """The kind of sign that stands in each, and how many."""

    @classmethod
    def of(cls, written: str) -> Self:
        """As a spec writes it.

        Raises:
            DataError: it has no place for what differs, or one that nobody knows.
        """
        places = tuple((match[1], int(match[2])) for match in _PLACE.finditer(written))
        parts = tuple(_PLACE.split(written)[::3])
        if not places or any(kind not in _SIGNS or not 1 <= count <= _MOST for kind, count in places):
            raise DataError(f"secrets holds '{written[:80]}', which has no place for what differs", hint=_HINT)
        if any("{" in part or "}" in part for part in parts):
            raise DataError(f"secrets holds '{written[:80]}', which has braces that are no place", hint=_HINT)
        return cls(parts, places)

    @property
    def space(self) -> float:
        """How many secrets fit."""
        return float(np.prod([float(len(_SIGNS[kind])) ** count for kind, count in self.places]))

    @property
    def pattern(self) -> re.Pattern[str]:
        """What fits, not within a longer run of letters and digits."""
        between = (f"[{_SIGNS[kind]}]{{{count}}}" for kind, count in self.places)
        inside = "".join(f"{re.escape(part)}{sign}" for part, sign in zip(self.parts, [*between, ""], strict=True))
        return re.compile(rf"(?<!\w){inside}(?!\w)")

    def others(self, secret: str, count: int, rng: np.random.Generator) -> list[str]:
        """Different secrets that fit, without this one: all where they are no more than `count`, or a sample."""
        if self.space <= count + 1:
            return [one for one in map(self._numbered, range(int(self.space))) if one != secret]
        found: dict[str, None] = {}
        while len(found) < count:
            drawn = self._filled([rng.integers(len(_SIGNS[kind]), size=length) for kind, length in self.places])
            if drawn != secret:
                found[drawn] = None
        return list(found)

    def _numbered(self, number: int) -> str:
        values = []
        for kind, length in reversed(self.places):
            signs = []
            for _ in range(length):
                number, sign = divmod(number, len(_SIGNS[kind]))
                signs.append(sign)
            values.append(np.array(signs[::-1]))
        return self._filled(values[::-1])

    def _filled(self, values: list[np.ndarray[tuple[int], np.dtype[np.int64]]]) -> str:
        pairs = zip(self.places, values, strict=True)
        between = ["".join(_SIGNS[kind][sign] for sign in signs) for (kind, _), signs in pairs]
        return "".join(part + signs for part, signs in zip(self.parts, [*between, ""], strict=True))
