"""Keys and tokens that open something: known by their form, or by a word before a string that looks drawn at random."""

from __future__ import annotations

import math
import re
from collections import Counter

from auditkit_privacy.recognisers.batch import key_runs
from auditkit_privacy.recognisers.recogniser import Recogniser, anywhere

_KEY = re.compile(
    r"""(?<![A-Za-z0-9_\-])(?:
        AKIA[0-9A-Z]{16} | ASIA[0-9A-Z]{16} | gh[pousr]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{22,}
      | glpat-[A-Za-z0-9_\-]{20,} | xox[abprs]-[A-Za-z0-9\-]{10,} | AIza[A-Za-z0-9_\-]{35} | hf_[A-Za-z0-9]{30,}
      | sk-(?:ant-|proj-)?[A-Za-z0-9_\-]{20,} | sk_(?:live|test)_[A-Za-z0-9]{16,}
      | eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}
    )(?![A-Za-z0-9_\-])
    | -----BEGIN[ ](?:[A-Z]+[ ]){0,2}PRIVATE[ ]KEY-----
    | (?P<word>(?:api|access|secret|private|auth)[ _\-]?(?:key|token)|secret|token|passwd|password|bearer)
      ["']?\s{0,2}(?:[:=]|\bis\b)?\s{0,2}["']?(?P<drawn>[A-Za-z0-9_+/\-]{20,128}={0,2})(?![A-Za-z0-9])""",
    re.VERBOSE | re.IGNORECASE,
)
_MAY_HOLD = re.compile(r"[A-Za-z0-9_+/\-]{15}|-----BEGIN")
_LEAST_BITS = 3.5
"""A sign, over the string's own signs: English words of such a length stay below, drawn strings above."""
_LEAST_KINDS = 2


def entropy(text: str) -> float:
    """Shannon's entropy of a string's signs, in bits a sign."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _is_key(match: re.Match[str]) -> bool:
    drawn = match["drawn"]
    if drawn is None:
        return True
    kinds = sum(any(test(sign) for sign in drawn) for test in (str.isdigit, str.islower, str.isupper))
    return any(map(str.isdigit, drawn)) and kinds >= _LEAST_KINDS and entropy(drawn) >= _LEAST_BITS


RECOGNISERS = (Recogniser("secret key", anywhere(_MAY_HOLD), key_runs(15, "-----BEGIN"), _KEY, _is_key, str),)
