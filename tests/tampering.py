"""Attacks on a bundle, made by rule: each class of bytes of each file, each statement swapped, each state of a key."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from signed_bundles import NOW, Desk, statement_in

from auditkit.bundle import dsse, layout
from auditkit.bundle.countersigning import countersign
from auditkit.document import canonical_json

Attack = Callable[["Scene"], None]


@dataclass(frozen=True)
class Scene:
    """A bundle in a folder of its own that an attacker may write to, and the reader's side, which they may not."""

    bundle: Path
    desk: Desk
    reviewer: Desk
    rogue: Desk
    other: Path
    """Another good bundle of the same signer, with another countersignature."""
    reader: dict[str, Any] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        return self.bundle / name

    def countersignature(self, of: Path | None = None) -> Path:
        (found,) = ((of or self.bundle) / layout.SIGNATURES).iterdir()
        return found


def stage(folder: Path) -> Scene:
    """A bundle with everything in it: evidence, exports, a statement, a countersignature."""
    desk, reviewer = Desk.at(folder), Desk.at(folder, "Independent auditor")
    (folder / "rogue").mkdir()
    rogue = Desk.at(folder / "rogue")  # under the signer's own name
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "a test", "subject": []}
    bundle = desk.write(other_statements={"statement": statement})
    other = desk.write("other", sequence=8, other_statements={"statement": statement | {"predicateType": "another"}})
    for one in (bundle, other):
        countersign(
            one, reviewer.signer, role="independent auditor", decision="reject", reason="too few women", expires=None,
            assurance="third_party", now=NOW,
        )  # fmt: skip
    return Scene(bundle, desk, reviewer, rogue, other)


def trust_file(scene: Scene, *, entry: Mapping[str, str] | None = None, policy: str = "") -> Path:
    path = scene.desk.trust_file(policy=policy, **(entry or {}))
    known = f'keyid = "{scene.reviewer.signer.keyid}"\nname = "The auditor"\npem = "independent.pub"'
    path.write_text(f'[[key]]\n{known}\nroles = ["review"]\n' + path.read_text())
    return path


# Each class of bytes of each file.

_TEXT = frozenset(b'{}[]":,<>/=# ')


def _places(raw: bytes) -> dict[str, int]:
    """A place in each class of bytes that the file has: begin and end, digits, letters, marks, whatever is no text."""
    kinds: dict[str, Callable[[int], bool]] = {
        "a digit": lambda byte: 48 <= byte <= 57,
        "a letter": lambda byte: 65 <= byte <= 90 or 97 <= byte <= 122,
        "a mark": lambda byte: byte in _TEXT,
        "no text": lambda byte: byte > 126 or byte < 9,
    }
    found = {"the first byte": 0, "the middle": len(raw) // 2, "the last byte": len(raw) - 1}
    for name, holds in kinds.items():
        own = [place for place, byte in enumerate(raw) if holds(byte)]
        if own:
            found[name] = own[len(own) * 2 // 3]
    return found


def _flip(name: str, place: int) -> Attack:
    def attack(scene: Scene) -> None:
        raw = scene.file(name).read_bytes()
        scene.file(name).write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])

    return attack


def _rewrite(name: str, change: Callable[[bytes], bytes]) -> Attack:
    def attack(scene: Scene) -> None:
        scene.file(name).write_bytes(change(scene.file(name).read_bytes()))

    return attack


def on_bytes(scene: Scene) -> Iterator[tuple[str, Attack]]:
    """Every file: one byte of each class; emptied, cut short, made longer, in another notation, taken away."""
    for path in sorted(path for path in scene.bundle.rglob("*") if path.is_file()):
        name, raw = path.relative_to(scene.bundle).as_posix(), path.read_bytes()
        for kind, place in _places(raw).items():
            yield f"{name}: {kind}", _flip(name, place)
        yield f"{name}: emptied", _rewrite(name, lambda _: b"")
        yield f"{name}: cut short", _rewrite(name, lambda raw: raw[:-1])
        yield f"{name}: made longer", _rewrite(name, lambda raw: raw + b"\n")
        yield f"{name}: doubled", _rewrite(name, lambda raw: raw + raw)
        if name.endswith(".json"):
            yield f"{name}: indented", _rewrite(name, lambda raw: json.dumps(json.loads(raw), indent=1).encode())
        if not name.startswith((f"{layout.SIGNATURES}/", f"{layout.EVIDENCE}/")):
            yield f"{name}: taken away", partial(_removed, name=name)
        yield f"{name}: a link", partial(_linked, name=name)
        yield f"{name}: beside it", partial(_beside, name=name)


def _removed(scene: Scene, name: str) -> None:
    scene.file(name).unlink()


def _linked(scene: Scene, name: str) -> None:
    aside = scene.bundle.parent / f"{scene.bundle.name}-aside"
    shutil.move(scene.file(name), aside)
    scene.file(name).symlink_to(aside)


def _beside(scene: Scene, name: str) -> None:
    path = scene.file(name)
    path.with_name(f"{path.name}.bak").write_bytes(path.read_bytes())


# Each statement in the place of each other, and of its like in another bundle.


def _envelopes(scene: Scene) -> list[str]:
    fixed = [layout.ATTESTATION, layout.MANIFEST, f"{layout.EXPORTS}/statement.dsse.json"]
    return [*fixed, scene.countersignature().relative_to(scene.bundle).as_posix()]


def on_statements(scene: Scene) -> Iterator[tuple[str, Attack]]:
    """Swapped, stripped of its signature, signed by a rogue under the same name, signed twice, of another type."""
    names = _envelopes(scene)
    for name in names:
        for source in names:
            if source != name:
                yield f"{source} in the place of {name}", partial(_copied, source=source, name=name)
        yield f"{name} of another bundle", partial(_from_other, name=name)
        yield f"{name}: no signature", _signatures(name, lambda _: [])
        yield f"{name}: an empty signature", _signatures(name, lambda old: [old[0] | {"sig": ""}])
        yield f"{name}: the same signature twice", _signatures(name, lambda old: old * 2)
        yield f"{name}: signed by a rogue", partial(_resealed, name=name)
        yield f"{name}: another payload type", partial(_retyped, name=name)
        yield f"{name}: another predicate", partial(_repredicated, name=name)
    yield "all signed anew by a rogue", _all_rogue
    yield "a countersignature by a rogue that says it is the auditor's", _posing


def _copied(scene: Scene, source: str, name: str) -> None:
    scene.file(name).write_bytes(scene.file(source).read_bytes())


def _from_other(scene: Scene, name: str) -> None:
    source = scene.countersignature(scene.other) if name.startswith(layout.SIGNATURES) else scene.other / name
    scene.file(name).write_bytes(source.read_bytes())


def _signatures(name: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Attack:
    def attack(scene: Scene) -> None:
        envelope = json.loads(scene.file(name).read_bytes())
        scene.file(name).write_bytes(canonical_json(envelope | {"signatures": change(envelope["signatures"])}))

    return attack


def _resealed(scene: Scene, name: str) -> None:
    scene.file(name).write_bytes(dsse.seal(statement_in(scene.file(name)), [scene.rogue.signer]))


def _retyped(scene: Scene, name: str) -> None:
    envelope = json.loads(scene.file(name).read_bytes())
    scene.file(name).write_bytes(canonical_json(envelope | {"payloadType": "application/json"}))


def _repredicated(scene: Scene, name: str) -> None:
    statement = json.loads(statement_in(scene.file(name)))
    payload = canonical_json(statement | {"predicateType": "https://in-toto.io/attestation/test-result/v0.1"})
    envelope = json.loads(scene.file(name).read_bytes())
    scene.file(name).write_bytes(canonical_json(envelope | {"payload": base64.b64encode(payload).decode()}))


def _all_rogue(scene: Scene) -> None:
    whole = scene.rogue.write(f"rogue-{scene.bundle.name}")
    shutil.rmtree(scene.bundle)
    shutil.copytree(whole, scene.bundle)


def _posing(scene: Scene) -> None:
    path = scene.countersignature()
    statement = json.loads(statement_in(path))
    statement["predicate"]["decision"] = "accept"
    path.write_bytes(dsse.seal(canonical_json(statement), [scene.rogue.signer]))


# Each state of each key.

KEY_STATES: Mapping[str, Mapping[str, str]] = {
    "revoked": {"status": "revoked"},
    "revoked later": {"status": "revoked", "revoked_at": "2030-01-01"},
    "retired": {"status": "retired"},
    "over": {"not_after": "2026-11-20"},
    "over since": {"not_after": "2026-11-21"},
    "not yet": {"not_before": "2026-11-23"},
}

DEMANDS = (
    "require_timestamp = true", "require_seal = true", "threshold = 2", "max_age_days = 0", "min_sequence = 8",
    'min_assurance = "third_party"', "plugins = {}",
)  # fmt: skip
"""What a reader may demand, and this bundle does not meet: its reviewer rejects it."""
