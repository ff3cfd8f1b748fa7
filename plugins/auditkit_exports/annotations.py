"""`github-annotations.txt`: workflow commands that GitHub Actions turns into annotations when a step prints them.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands. A step shows ten annotations
of each level, so the tenth says how many more there are.
"""

from __future__ import annotations

from auditkit import AuditResult, exporter
from auditkit_exports.lines import Line, lines_of, worst_first

_MOST = 9
_LEVELS = ("error", "warning", "notice")


@exporter("github-annotations.txt", on_request=True)
def github(result: AuditResult) -> bytes:
    """Annotations for GitHub Actions, to be printed by a step."""
    found = worst_first(lines_of(result))
    commands = [command for level in _LEVELS for command in _of_level(level, found)]
    return "".join(f"{command}\n" for command in commands).encode()


def _of_level(level: str, lines: tuple[Line, ...]) -> list[str]:
    here = [line for line in lines if line.is_problem and _level(line) == level]
    commands = [
        f"::{level} file={_property(line.file)},line={line.line},title={_property(line.rule)}::{_data(line.message)}"
        for line in here[:_MOST]
    ]
    more = len(here) - _MOST
    return [*commands, f"::{level} title=auditkit::{more} more, see the report"] if more > 0 else commands


def _level(line: Line) -> str:
    if line.bars:
        return "error"
    return "notice" if line.waiver is not None else "warning"


def _data(text: str) -> str:
    """Escaped as a workflow command's message: nothing in it can end the command and begin another."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as the value of a property, where a comma or a colon would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
