"""Which variables of the environment hold passwords, PINs and tokens: those whose names say so."""

from __future__ import annotations

import re

_SAYS_SO = re.compile(
    r"SECRET|TOKEN|PASS|CREDENTIAL|(^|_)PIN(_|$)|(^|_)(API|ACCESS|PRIVATE)?_?KEYS?(_|$)", re.IGNORECASE
)


def is_secret(name: str) -> bool:
    """Whether a variable of this name is kept from processes that have no use for it."""
    return _SAYS_SO.search(name) is not None
