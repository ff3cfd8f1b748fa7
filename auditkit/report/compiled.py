"""Templates are compiled once: of several pages in a process, and of several processes those that auditkit ships.

Bytecode is kept `beside` the shipped templates. Templates of plugins and of users are compiled by every process: what
lies beside them is never run, as nothing runs that lies beside a plugin's modules.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import CodeType

import jinja2
from jinja2 import Environment
from jinja2.bccache import Bucket, BytecodeCache

from auditkit.report.beside import keep, place_of, recall
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
        if bucket.code is None and bucket.file is not None and (code := recall(bucket.file, bucket.digest)) is not None:
            bucket.code = _compiled[bucket.digest] = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        assert isinstance(bucket, _Bucket)  # noqa: S101  `get_bucket` makes no other
        assert bucket.code is not None  # noqa: S101  it was compiled
        _compiled[bucket.digest] = bucket.code
        if bucket.file is not None:
            keep(bucket.file, bucket.digest, bucket.code)


class _Bucket(Bucket):
    """Of one template, known by its text and by all else that decides its code."""

    def __init__(self, environment: Environment, name: str, filename: str | None, source: str) -> None:
        said = (jinja2.__version__, sys.version, *map(str, _settings(environment)), name, filename or "", source)
        self.digest = hashlib.sha256("\0".join(said).encode()).digest()
        super().__init__(environment, name, self.digest.hex())
        self.file = None
        if filename is not None and Path(filename).is_relative_to(template_dir()):
            self.file = place_of(Path(filename))


def _settings(environment: Environment) -> tuple[object, ...]:
    return (
        environment.autoescape,
        environment.trim_blocks,
        environment.lstrip_blocks,
        environment.keep_trailing_newline,
        sorted(environment.extensions),
    )
