"""What a model's card says of it: the front matter of README.md, in YAML, as the Hugging Face hub defines it.

https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from auditkit.subject.weights import fit

CARD = "README.md"
_LARGEST = 64 << 10
_MOST = 20


def read_card(folder: Path) -> Mapping[str, Any]:
    """The front matter of a model's README.md, every scalar as it is written; empty: there is none that can be read.

    It is a stranger's: it is read up to 64 KiB, as texts, lists and tables alone, and without aliases or merged keys,
    with which a few lines can stand for gigabytes.
    """
    try:
        with (folder / CARD).open("rb") as stream:
            text = stream.read(_LARGEST).decode("utf-8", errors="replace")
    except OSError:
        return {}
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    ends = [place for place, line in enumerate(lines) if place and line.rstrip() == "---"]
    if lines[0].rstrip() != "---" or not ends:
        return {}
    try:
        found = yaml.load("\n".join(lines[1 : ends[0]]), Loader=_TextLoader)  # noqa: S506  texts are all it can make
    except (yaml.YAMLError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class _TextLoader(yaml.BaseLoader):
    """Scalars stay texts: no type is guessed, no object made, no alias followed."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def said(card: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The texts under a key of a card, whether one is written there or a list of them."""
    value = card.get(key)
    values = value if isinstance(value, list) else [value]
    return tuple(fit(one) for one in values[:_MOST] if isinstance(one, str) and one)


def licence_of(card: Mapping[str, Any]) -> str | None:
    """The licence: its identifier, or the name that is given beside `license: other`."""
    named = said(card, "license")
    if named == ("other",):
        named = said(card, "license_name") or named
    return ", ".join(named) or None
