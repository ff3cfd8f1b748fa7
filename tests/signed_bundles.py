"""Bundles for tests: a toy result, a rendering that shows all of it, and keys made on the spot."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditkit.bundle import dsse, layout
from auditkit.bundle.key_files import make_key_pair
from auditkit.bundle.keys import FileSigner, Signer
from auditkit.bundle.reader import Renderer
from auditkit.bundle.statements import Manifest
from auditkit.bundle.verification import Verification
from auditkit.bundle.verify import verify
from auditkit.bundle.write import Beside, Reports, Terms, write_bundle
from auditkit.document import canonical_json
from auditkit.result import AuditResult
from auditkit.testing.results import toy_result

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEMPLATES = "templates of the tests"
EVIDENCE = {"predictions.parquet": b"PAR1 predictions PAR1", "groups.parquet": b"PAR1 groups PAR1"}
EXPORTS = {"summary.md": b"# pass\n", "junit.xml": b"<testsuites/>\n"}

_DATES = ("not_before", "not_after", "revoked_at")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render(result: AuditResult, attestation: bytes) -> bytes:
    """A small report: the verdict in words, and both signed documents in their blocks."""
    embedded = {"result": result.to_json(), "attestation": attestation}
    blocks = "".join(
        f'<script type="application/vnd.auditkit.{identity}+json" id="{identity}">{_escaped(raw)}</script>\n'
        for identity, raw in embedded.items()
    )
    numbers = " ".join(f"{one.value}" for finding in result.findings for one in finding.measurements)
    return f"<!doctype html>\n<h1>{result.verdict.outcome}</h1>\n<p>{numbers}</p>\n{blocks}".encode()


def _escaped(raw: bytes) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in raw.decode())


RENDERER = Renderer(templates_digest=TEMPLATES, render=lambda result, attestation, _: render(result, attestation))


@dataclass(frozen=True)
class Desk:
    """A folder with a signer's key, and what readers need to check with it."""

    folder: Path
    signer: FileSigner

    @classmethod
    def at(cls, folder: Path, name: str = "ACME model risk") -> Desk:
        pair = make_key_pair(folder / _first_word(name), name, now=NOW - timedelta(days=30))
        return cls(folder, FileSigner.load(pair.private))

    @property
    def key(self) -> Path:
        return self.folder / f"{_first_word(self.signer.name)}.pub"

    def write(self, name: str = "bundle", *, signer: Signer | None = None, **changes: Any) -> Path:
        """Write the tests' bundle; `changes` are a result, `force`, or fields of Reports, Beside and Terms."""
        options: dict[str, Any] = {"evidence": EVIDENCE, "exports": EXPORTS, "sequence": 7}
        options |= {"render": render, "templates_digest": TEMPLATES} | changes
        parts = {}
        for part, kind in {"reports": Reports, "beside": Beside, "terms": Terms}.items():
            parts[part] = kind(
                **{field.name: options.pop(field.name) for field in fields(kind) if field.name in options}
            )
        result = options.pop("result", None) or toy_result()
        return write_bundle(result, out=self.folder / name, signer=signer or self.signer, **parts, **options)

    def verify(self, path: Path, **reader: Any) -> Verification:
        options: dict[str, Any] = {"now": NOW, "renderer": RENDERER} | reader
        if not {"key", "trust", "allow_dev_key"} & options.keys():
            options["key"] = self.key
        return verify(path, **options)

    def trust_file(self, *, policy: str = "", **entry: str) -> Path:
        fields = {"keyid": self.signer.keyid, "name": "ACME, as we know them", "pem": self.key.name} | entry
        lines = [f"{key} = {value if key in _DATES else json.dumps(value)}" for key, value in fields.items()]
        path = self.folder / "trust.toml"
        path.write_text("[[key]]\n" + "\n".join(lines) + f"\n[policy]\n{policy}\n")
        return path

    def reseal(self, bundle: Path, name: str, change: Callable[[dict[str, Any]], Any], *, listed: bool = True) -> None:
        """Change a signed statement and sign it again, with the manifest listing it when `listed`."""
        statement = json.loads(statement_in(bundle / name))
        change(statement)
        (bundle / name).write_bytes(dsse.seal(canonical_json(statement), [self.signer]))
        if listed:
            self.list_again(bundle)

    def list_again(self, bundle: Path) -> None:
        """Sign a manifest for the folder as it is now, as the holder of the key could."""
        old = json.loads(statement_in(bundle / layout.MANIFEST))
        files = {
            path.relative_to(bundle).as_posix(): path.read_bytes()
            for path in bundle.rglob("*")
            if path.is_file() and path.name != layout.MANIFEST
        }
        manifest = Manifest.of(files, old["predicate"]["auditId"])
        (bundle / layout.MANIFEST).write_bytes(dsse.seal(manifest.to_json(), [self.signer]))


def _first_word(name: str) -> str:
    return name.split(maxsplit=1)[0].lower()


def statement_in(envelope: Path) -> bytes:
    return base64.b64decode(json.loads(envelope.read_bytes())["payload"])


def failing(found: Verification) -> set[str]:
    return {line.name for line in found.lines if line.state == "FAIL"}


def replace(path: Path, old: bytes, new: bytes) -> None:
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new, 1))


def states(found: Verification) -> Mapping[str, str]:
    return {line.name: line.state for line in found.lines}
