"""Replaying a bundle: every number follows from its rows, and a forged one does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import Folder

from auditkit.bundle.key_files import make_key_pair
from auditkit.bundle.keys import FileSigner
from auditkit.bundle.write import write_bundle
from auditkit.errors import AuditError, IntegrityError
from auditkit.replay import Replay, replay_bundle
from auditkit.report import render_html, templates_digest
from auditkit.result import AuditResult

EXAMPLE = Path(__file__).parents[2] / "examples" / "heart_disease"


@pytest.fixture(scope="module")
def audited(make_folder: Callable[[], Folder]) -> Folder:
    """The small audit, with a rule that fails on its measurement, and one small group."""
    folder = make_folder()
    folder.spec()
    assert folder.run().code == 0
    return folder


@pytest.fixture(scope="module")
def forger(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    """Somebody with a key of their own, whom the reader trusts."""
    pair = make_key_pair(tmp_path_factory.mktemp("forger") / "forger", "A forger", now=datetime.now(UTC))
    return FileSigner.load(pair.private)


def replayed(bundle: Path, key: Path | None = None) -> Replay:
    return replay_bundle(bundle, key=key, trust=None, allow_dev_key=key is None)


def signed_again(
    bundle: Path,
    out: Path,
    signer: FileSigner,
    *,
    result: Callable[[dict[str, Any]], None] = lambda _: None,
    evidence: Callable[[pa.Table], pa.Table] = lambda table: table,
    files: dict[str, bytes] | None = None,
) -> tuple[Path, Path]:
    """The bundle with another result or other evidence, made and signed as the holder of a key can; and that key."""
    content = json.loads((bundle / "result.json").read_bytes())
    result(content)
    changed = AuditResult.model_validate_json(json.dumps(content)).sealed()
    if files is None:
        stream = pa.BufferOutputStream()
        pq.write_table(evidence(pq.read_table(bundle / "evidence" / "audit.parquet", use_threads=False)), stream)
        files = {"audit.parquet": stream.getvalue().to_pybytes()}
    made = write_bundle(
        changed,
        out=out / "forged",
        signer=signer,
        render=render_html,
        templates_digest=templates_digest(),
        evidence=files,
    )
    key = out / "forger.pub"
    key.write_bytes(signer.public_pem)
    return made, key


def test_every_number_of_the_example_follows_from_its_rows(make_folder):
    folder = make_folder()
    for name in ("audit.toml", "predictions.csv", "model.safetensors"):
        shutil.copy(EXAMPLE / name, folder.path / name)
    assert folder.run().code == 1
    for name in ("predictions.csv", "model.safetensors", "audit.toml"):
        (folder.path / name).unlink()
    shutil.rmtree(folder.store)
    answer = folder.run("replay", "audit-audit", "--allow-dev-key", "--json")
    assert answer.code == 0, answer
    found = json.loads(answer.out)
    assert {part["state"] for part in found["parts"]} == {"equal"}
    checks = [finding["check"] for finding in folder.result()["findings"]]
    assert [part["name"] for part in found["parts"]] == ["the data", *checks, "the verdict"]
    assert sum(part["values"] for part in found["parts"]) > 1_500
    withheld = sum(one["suppressed"] for finding in folder.result()["findings"] for one in finding["measurements"])
    assert sum(part["withheld"] for part in found["parts"]) == withheld > 100
    assert found["verdict"] == found["signed_verdict"] == "fail"
    assert found["versions"] == []


def test_the_terminal_is_told_a_line_a_check(audited):
    answer = audited.run("replay", "audit-audit", "--allow-dev-key")
    assert answer.code == 0, answer
    assert "equal  performance.overall" in answer.out
    assert "verdict  PASS, as signed" in answer.out
    assert answer.out.endswith("every number follows from the evidence  (exit 0)\n")


def change_accuracy(content: dict[str, Any]) -> None:
    (finding,) = [one for one in content["findings"] if one["check"] == "performance.overall"]
    (measured,) = [one for one in finding["measurements"] if one["metric"] == "accuracy"]
    measured["value"] = 0.95
    measured["interval"] = {**measured["interval"], "low": 0.9, "high": 0.99}


def test_a_forged_number_is_told_with_both_values(audited, tmp_path, forger):
    bundle, key = signed_again(audited.bundle, tmp_path, forger, result=change_accuracy)
    truth = next(one for one in audited.finding("performance.overall")["measurements"] if one["metric"] == "accuracy")
    found = replayed(bundle, key)
    assert found.exit_code == 1
    part = found["performance.overall"]
    assert [one.where for one in part.differences] == [
        "accuracy: value", "accuracy: interval: low", "accuracy: interval: high",
    ]  # fmt: skip
    assert (part.differences[0].signed, part.differences[0].recomputed) == (0.95, truth["value"])
    assert found["fairness.gaps"].state == "equal"


def test_without_the_key_a_forged_bundle_does_not_verify(audited, tmp_path, forger):
    bundle, _ = signed_again(audited.bundle, tmp_path, forger, result=change_accuracy)
    with pytest.raises(IntegrityError, match="cannot be trusted"):
        replayed(bundle)


def test_a_bundle_without_rows_cannot_be_replayed(audited, tmp_path, forger):
    bundle, key = signed_again(audited.bundle, tmp_path, forger, files={"counts.parquet": b"PAR1"})
    with pytest.raises(AuditError, match="carries no rows") as caught:
        replayed(bundle, key)
    assert caught.value.exit_code == 2
