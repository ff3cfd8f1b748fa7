"""Weights without a description: a state needs the function that builds its module, which a person has to name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from auditkit.recognising.glimpse import MOST_BYTES, Glimpse, Setting

STATES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
_MOST_FILES = 50
_NAMES = ("build", "make", "create", "get", "network", "net", "model")


def is_state(seen: Glimpse) -> bool:
    """Whether a file is a module's state: safetensors by its header, or what torch.save wrote by its first bytes."""
    if seen.suffix not in STATES:
        return False
    return bool(seen.tensors()) if seen.suffix == STATES[0] else seen.head(2) in {b"PK", b"\x80\x02"}


def builders_beside(path: Path) -> tuple[str, ...]:
    """Functions in the Python files beside a model that can be called without arguments, as `net:build`.

    The files are parsed, and not run. Names that begin like `build` come first.
    """
    found = []
    for file in sorted(path.parent.glob("*.py"))[:_MOST_FILES]:
        if file.stem.isidentifier() and file.is_file() and file.stat().st_size <= MOST_BYTES:
            found += [f"{file.stem}:{name}" for name in _functions(file)]
    return tuple(sorted(found, key=lambda one: (not one.partition(":")[2].startswith(_NAMES[:3]), one)))


def _functions(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):  # no Python: nothing is proposed of it
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name.startswith(_NAMES):
            given = node.args
            needed = len(given.posonlyargs) + len(given.args) - len(given.defaults)
            if not needed and all(default is not None for default in given.kw_defaults):
                yield node.name


def state_settings(seen: Glimpse, *outputs: str) -> tuple[Setting, ...]:
    """What a state asks for: the function that builds its module, and what the module's numbers are.

    Args:
        seen: the state's file or folder.
        outputs: what `output` can be, for the question.
    """
    known = builders_beside(seen.path) if seen.path is not None else ()
    others = f"; beside it: {', '.join(known[:4])}" if known else ""
    asked = [
        Setting(
            "module",
            known[0] if len(known) == 1 else None,
            f"the function that builds its torch module, FILE:FUNCTION: the audit runs it{others}",
            is_safe=False,
        )
    ]
    if outputs:
        asked.append(Setting("output", why="what the module's numbers are", is_safe=False, choices=outputs))
    return tuple(asked)
