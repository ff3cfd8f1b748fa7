"""What auditkit's errors say, in the words of a person who wrote Python and no spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from auditkit.errors import AuditError

_SECTION = re.compile(r"\[(?:data|model|compute|report|signing)\] (?=\w)")
_TABLE = re.compile(r"\blabels = \{([^{}]*)\}")
_PHRASES = {
    "run again with --debug for its traceback": "the exception that it raised stands above this one",
    "run again with --fresh": "run it again with another store",
    "--force to replace it, or --out ANOTHER-FOLDER": "force=True to replace it, or name another folder",
    "--out ANOTHER-FOLDER": "name another folder",
    "the audit file": "the data",
    "the spec's folder": "its folder",
}


@contextmanager
def in_python() -> Iterator[None]:
    """Let an AuditError out with keyword arguments where it names keys of a spec, and its hint in the traceback."""
    try:
        yield
    except AuditError as error:
        error.message, error.hint = as_python(error.message), as_python(error.hint)
        error.args = (error.message,)
        if error.hint and not hasattr(error, "__notes__"):
            error.add_note(f"hint: {error.hint}")
        raise


def as_python(words: str) -> str:
    """`[data] target = "..."` as `target = "..."`, a TOML table as a dict, options of the command line as arguments."""
    for said, meant in _PHRASES.items():
        words = words.replace(said, meant)
    words = _TABLE.sub(lambda table: f"labels = {{{table[1].replace(' = ', ': ')}}}", words)
    return _SECTION.sub("", words)
