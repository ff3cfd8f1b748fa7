"""Code of the user's own: the function that builds a module, from a file beside the spec or an installed package."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from auditkit.document import Text
from auditkit.errors import ModelError, words_of
from auditkit.hosting.discovery import importable_digest

_REFERENCE = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")


@dataclass(frozen=True)
class Code:
    """A function that the user named, and what the report says of its having run."""

    function: Callable[..., Any]
    digest: str
    """SHA-256 of the file, or of the installed package that it belongs to."""
    trusted: Text


def load_code(reference: str, folder: Path) -> Code:
    """The function that `FILE:FUNCTION` names: `net:build` is `build` in `net.py` beside the spec.

    Naming it is the user's leave to run it. A file beside the spec goes before an installed package of that name, and
    stands alone: what it imports from beside itself would run without being digested, and is not found.

    Raises:
        ModelError: it names nothing, or what it names fails when it is imported.
    """
    name, function = _parts(reference)
    beside = _beside(name, folder)
    module, digest = _installed(name, reference, folder) if beside is None else _from_file(beside)
    found = getattr(module, function, None)
    if not callable(found):
        callables = [one for one, value in vars(module).items() if callable(value) and not one.startswith("_")]
        raise ModelError(f"'{name}' has no function '{function}'", hint=f"it has: {', '.join(callables[:8]) or 'none'}")
    text = Text.of("the audit ran {reference}, sha256:{digest}", reference=reference, digest=digest)
    return Code(found, digest, text)


def code_digest(reference: str, folder: Path) -> str | None:
    """What identifies the code that a reference names, without running it; None: it is not there.

    What a model said is kept by it: another text in the file is another model.

    Raises:
        ModelError: it names no function.
    """
    name, _ = _parts(reference)
    beside = _beside(name, folder)
    return importable_digest(name) if beside is None else hashlib.sha256(beside.read_bytes()).hexdigest()


def _parts(reference: str) -> tuple[str, str]:
    matched = _REFERENCE.fullmatch(reference)
    if matched is None:
        raise ModelError(f"'{reference[:100]}' names no function", hint='[model] module = "net:build": build in net.py')
    return matched[1], matched[2]


def _beside(name: str, folder: Path) -> Path | None:
    file = folder / f"{name}.py"
    if "." in name or not file.is_file():
        return None
    if file.resolve().parent != folder.resolve():
        raise ModelError(f"'{file.name}' is a link that leads out of its folder", hint="put the file itself there")
    return file


def _from_file(file: Path) -> tuple[ModuleType, str]:
    source = file.read_bytes()
    digest = hashlib.sha256(source).hexdigest()
    # Under its digest: a file of the same name beside another spec is another module.
    name = f"_auditkit_{file.stem}_{digest[:16]}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(file))
    assert spec is not None  # noqa: S101  it is made of a name
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(file)
    sys.modules[name] = module
    try:
        # From the bytes that were digested, and not from a cache of what they were.
        exec(compile(source, str(file), "exec"), module.__dict__)  # noqa: S102  the user named it to be run
    except Exception as error:  # the user's own code may raise anything: it is told
        del sys.modules[name]
        raise _failed(file.name, error) from error
    return module, digest


def _installed(name: str, reference: str, folder: Path) -> tuple[ModuleType, str]:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise _failed(name, error) from error
        raise ModelError(
            f"'{reference}' names '{name}', which is neither '{name}.py' in '{folder.name}' nor an installed package",
            hint="put the file beside the spec, or pip install the package",
        ) from error
    except Exception as error:  # so may a package of theirs
        raise _failed(name, error) from error
    return module, importable_digest(name) or ""


def _failed(what: str, error: Exception) -> ModelError:
    hint = f"try it without auditkit: python -c 'import {what.removesuffix('.py')}'"
    if isinstance(error, ModuleNotFoundError):
        hint = "a file beside the spec stands alone: put all that it needs into it, or install it as a package"
    return ModelError(f"'{what}' fails when it is imported: {type(error).__name__}: {words_of(error)}", hint=hint)
