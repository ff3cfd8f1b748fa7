"""Templates are compiled once: of several pages in a process, and of several processes those that auditkit ships.

Bytecode is kept on disk as Python keeps that of modules, in the `__pycache__` beside the shipped templates, and is run
only where it names the text that it was made of. Templates of plugins and of users are compiled by every process: what
lies beside them is never run, as nothing runs that lies beside a plugin's modules.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import marshal
import os
import sys
from pathlib import Path
from types import CodeType

import jinja2
from jinja2 import Environment
from jinja2.bccache import Bucket, BytecodeCache

from auditkit.report.sources import template_dir

_compiled: dict[bytes, CodeType] = {}
"""By the digest of what it was made of, which is all that has a part in it."""


class Compiled(BytecodeCache):
    """What Jinja asks for the code of a template before it compiles it."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """The place of a template's code, empty where none is known."""
        bucket = _Bucket(environment, name, filename, source)
        self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill it from this process, else from beside the shipped templates."""
        assert isinstance(bucket, _Bucket)  # noqa: S101  `get_bucket` makes no other
        bucket.code = _compiled.get(bucket.digest)
        if bucket.code is None and bucket.file is not None:
            with contextlib.suppress(OSError, EOFError, ValueError, TypeError):  # it is not there, or half of it
                kept = bucket.file.read_bytes()
                if kept.startswith(bucket.digest):
                    code = marshal.loads(kept.removeprefix(bucket.digest))  # noqa: S302  see the module
                    bucket.code = _compiled[bucket.digest] = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        assert isinstance(bucket, _Bucket)  # noqa: S101  `get_bucket` makes no other
        assert bucket.code is not None  # noqa: S101  it was compiled
        _compiled[bucket.digest] = bucket.code
        if bucket.file is not None and not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):  # where auditkit was installed by somebody else, who may write there
                _put(bucket.file, bucket.digest + marshal.dumps(bucket.code))


class _Bucket(Bucket):
    """Of one template, known by its text and by all else that decides its code."""

    def __init__(self, environment: Environment, name: str, filename: str | None, source: str) -> None:
        said = (jinja2.__version__, sys.version, *map(str, _settings(environment)), name, filename or "", source)
        self.digest = hashlib.sha256("\0".join(said).encode()).digest()
        super().__init__(environment, name, self.digest.hex())
        self.file = None
        if filename is not None and Path(filename).is_relative_to(template_dir()):
            self.file = Path(importlib.util.cache_from_source(filename))


def _settings(environment: Environment) -> tuple[object, ...]:
    return (
        environment.autoescape,
        environment.trim_blocks,
        environment.lstrip_blocks,
        environment.keep_trailing_newline,
        sorted(environment.extensions),
    )


def _put(file: Path, content: bytes) -> None:
    """Whole or not at all: other processes read it meanwhile."""
    file.parent.mkdir(exist_ok=True)
    half = file.with_name(f"{file.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(file)
