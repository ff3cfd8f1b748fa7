"""The badge that says which version of the contract a project passes: a picture, and the JSON that shields.io reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from auditkit.hookspecs import CONTRACT_VERSION

LABEL = "auditkit-contract"
_COLOURS = {"brightgreen": "#2f7d32", "yellow": "#8a6d00", "red": "#b3261e"}
"""The names that shields.io knows, each with a shade on which white text can be read."""
_PER_LETTER, _PADDING, _HEIGHT = 6.6, 10.0, 20


@dataclass(frozen=True)
class Badge:
    """What came of all laws of a project."""

    broken: int
    excused: int

    @property
    def message(self) -> str:
        """The version that was passed, and how many laws were excused; or how many are broken."""
        if self.broken:
            return f"{self.broken} {'law' if self.broken == 1 else 'laws'} broken"
        return f"{CONTRACT_VERSION}, {self.excused} excused" if self.excused else str(CONTRACT_VERSION)

    @property
    def colour(self) -> str:
        """Its name, as shields.io has it."""
        return "red" if self.broken else "yellow" if self.excused else "brightgreen"

    def write(self, picture: Path) -> tuple[Path, Path]:
        """Write the picture and, beside it, the JSON of a shields.io endpoint; return both paths."""
        endpoint = picture.with_suffix(".json")
        told = {"schemaVersion": 1, "label": LABEL, "message": self.message, "color": self.colour}
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(self.svg(), encoding="utf-8")
        endpoint.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        return picture, endpoint

    def svg(self) -> str:
        """The picture; it holds no script and asks nobody for anything."""
        left, right = (_PADDING + _PER_LETTER * len(words) for words in (LABEL, self.message))
        middles = (left / 2, left + right / 2)
        words = "".join(
            f'<text x="{middle:.1f}" y="14">{said}</text>'
            for middle, said in zip(middles, (LABEL, self.message), strict=True)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:.1f}" height="{_HEIGHT}" role="img" '
            f'aria-label="{LABEL}: {self.message}"><title>{LABEL}: {self.message}</title>'
            f'<rect width="{left:.1f}" height="{_HEIGHT}" fill="#444"/>'
            f'<rect x="{left:.1f}" width="{right:.1f}" height="{_HEIGHT}" fill="{_COLOURS[self.colour]}"/>'
            f'<g fill="#fff" text-anchor="middle" font-family="Verdana,sans-serif" font-size="11">{words}</g></svg>\n'
        )
