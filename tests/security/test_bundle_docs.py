"""The format's documentation is enough for a stranger: the verifier printed in it is run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from signed_bundles import Desk, replace, statement_in

from auditkit.bundle.statements import ATTESTATION_TYPE, MANIFEST_TYPE, Attestation, Claim, Manifest, read_statement

PAGE = Path(__file__).parents[2] / "docs" / "bundle-format.md"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def strangers_verdict(desk: Desk, bundle: Path) -> subprocess.CompletedProcess[str]:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    script = desk.folder / "verifier.py"
    script.write_text(code.group(1), encoding="utf-8")
    return subprocess.run([sys.executable, script, bundle, desk.key], capture_output=True, text=True, check=False)


def test_strangers_verifier_takes_a_good_bundle(desk: Desk) -> None:
    found = strangers_verdict(desk, desk.write())
    assert (found.returncode, found.stdout) == (0, "intact, signed, trusted; the verdict is fail\n")


ATTACKS: dict[str, Callable[[Desk, Path], Any]] = {
    "edited report": lambda _, bundle: replace(bundle / "report.html", b"<h1>fail", b"<h1>pass"),
    "edited result": lambda _, bundle: replace(bundle / "result.json", b'"outcome":"fail"', b'"outcome":"pass"'),
    "extra file": lambda _, bundle: (bundle / "more.html").write_bytes(b"x"),
    "missing file": lambda _, bundle: (bundle / "exports" / "summary.md").unlink(),
    "stripped signature": lambda _, bundle: (bundle / "manifest.dsse.json").unlink(),
    "another signer": lambda desk, _: desk.write(signer=Desk.at(desk.folder, "Mallory").signer, force=True),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_strangers_verifier_sees_attacks(desk: Desk, attack: str) -> None:
    bundle = desk.write()
    ATTACKS[attack](desk, bundle)
    assert strangers_verdict(desk, bundle).returncode != 0


def fields(claim: Claim) -> set[str]:
    return set(claim.model_dump(by_alias=True))


def test_every_field_of_the_statements_is_documented(desk: Desk) -> None:
    page, bundle = PAGE.read_text(encoding="utf-8"), desk.write()
    attestation = read_statement(Attestation, statement_in(bundle / "attestation.dsse.json"), name="attestation")
    manifest = read_statement(Manifest, statement_in(bundle / "manifest.dsse.json"), name="manifest")
    claim = attestation.predicate
    parts: tuple[Claim, ...] = (
        *(attestation, claim, claim.result, claim.data[0], claim.plugins[0], claim.environment),
        *(claim.rendering, claim.signer, manifest, manifest.predicate, manifest.predicate.files[0]),
    )
    said = {name for part in parts for name in fields(part)}
    assert {name for name in said if not re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", page)} == set()
    assert ATTESTATION_TYPE in page
    assert MANIFEST_TYPE in page
