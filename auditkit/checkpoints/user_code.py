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

from auditkit.discovery import distribution_digest
from auditkit.document import Text
from auditkit.errors import ModelError, words_of

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
    matched = _REFERENCE.fullmatch(reference)
    if matched is None:
        raise ModelError(f"'{reference[:100]}' names no function", hint='[model] module = "net:build": build in net.py')
    name, function = matched.groups()
    beside = folder / f"{name}.py"
    if "." not in name and beside.is_file():
        module, digest = _from_file(beside, folder)
    else:
        module, digest = _installed(name, reference, folder)
    found = getattr(module, function, None)
    if not callable(found):
        callables = [one for one, value in vars(module).items() if callable(value) and not one.startswith("_")]
        raise ModelError(f"'{name}' has no function '{function}'", hint=f"it has: {', '.join(callables[:8]) or 'none'}")
    text = Text.of("the audit ran {reference}, sha256:{digest}", reference=reference, digest=digest)
    return Code(found, digest, text)


def _from_file(file: Path, folder: Path) -> tuple[ModuleType, str]:
    if file.resolve().parent != folder.resolve():
        raise ModelError(f"'{file.name}' is a link that leads out of its folder", hint="put the file itself there")
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
    except Exception as error:
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
    except Exception as error:
        raise _failed(name, error) from error
    return module, distribution_digest(name)


def _failed(what: str, error: Exception) -> ModelError:
    hint = f"try it without auditkit: python -c 'import {what.removesuffix('.py')}'"
    if isinstance(error, ModuleNotFoundError):
        hint = "a file beside the spec stands alone: put all that it needs into it, or install it as a package"
    return ModelError(f"'{what}' fails when it is imported: {type(error).__name__}: {words_of(error)}", hint=hint)
