"""What auditkit asks this package for: each function under @hookimpl is a hook of docs/hooks.md."""

from pathlib import Path

from auditkit import hookimpl

from auditkit_night_ward.close_calls import close_calls
from auditkit_night_ward.score_sheet import open_score_sheet

# `network`, `files` of its own to write, `gpu`: it needs none of them, and `auditkit plugins` says so.
AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks():
    return [close_calls]


@hookimpl
def auditkit_register_adapters():
    return [open_score_sheet]


@hookimpl
def auditkit_template_dirs():
    return [Path(__file__).parent / "templates"]
