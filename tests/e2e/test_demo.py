"""`auditkit demo`: the triage example is trained, audited and found out; its clean twin passes the same rules."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from commands import Folder, wait_until

from auditkit.cli.demo import Step, _take, demo
from auditkit.errors import AuditError

PLANTED = ["equal_opportunity_difference[sex]<=0.1", "smooth_calibration_error<=0.05"]
SOUND = ["roc_auc>=0.8", "equal_opportunity_difference[age_band]<=0.1"]


def outcomes(bundle: Path) -> dict[str, str]:
    judged = json.loads((bundle / "result.json").read_bytes())["verdict"]["judgements"]
    return {judgement["rule"]: judgement["outcome"] for judgement in judged}


def needs_models():
    for module in ("torch", "transformers", "safetensors"):
        pytest.importorskip(module, reason="pip install 'auditkit[models]'")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_finds_what_is_planted_and_built(folder: Folder):
    needs_models()
    answer = folder.run("demo", timeout=880)
    assert answer.code == 0, answer
    assert "verdict  FAIL" in answer.out
    made = folder.path / "auditkit-demo"
    assert outcomes(made / "bundle") == dict.fromkeys(PLANTED, "fail") | dict.fromkeys(SOUND, "pass")
    assert "Patient triage, harms planted" in (made / "bundle" / "report.html").read_text("utf-8")
    assert not (made / ".unfinished").exists()
    # Without a terminal, one line a stage.
    assert answer.err.splitlines()[:2] == [
        "writing the notes of 18,200 patients who never were",
        "training a small BERT on them, less than a minute",
    ]
    folder.run("demo").refused("'auditkit-demo' exists", "auditkit demo triage --out auditkit-demo-2")


def test_without_torch_the_demo_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # what an import system knows as: not there
    with pytest.raises(AuditError, match="the demo 'triage' trains a model and needs torch") as refused:
        demo("triage", tmp_path / "made")
    assert refused.value.hint == "pip install 'auditkit[models]'  (or, without torch: auditkit demo heart-disease)"
    assert not (tmp_path / "made").exists()


def test_the_heart_disease_demo_needs_no_training(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("auditkit.pipeline._asks_for_pdf", lambda _: False)  # its PDF takes longer than all the rest
    answer = folder.run_here("demo", "heart-disease", "--out", "made")
    assert answer.code == 0, answer
    assert "verdict  FAIL" in answer.out
    assert (folder.path / "made" / "bundle" / "report.html").is_file()


def test_a_script_that_fails_is_a_crash_that_names_it(tmp_path):
    (tmp_path / "train.py").write_text("print('epoch 1')\nraise RuntimeError('out of ink')\n")
    shown: list[str] = []
    with pytest.raises(AuditError, match=r"the demo's train.py failed: 'RuntimeError: out of ink'") as failed:
        _take(Step("training", ("train.py", "--clean"), "model"), tmp_path, shown.append)
    assert shown == ["epoch 1"]
    assert failed.value.exit_code == 3
    assert failed.value.hint == f"cd {tmp_path} && python train.py --clean"


def test_an_interrupted_demo_is_gone_on_with(folder: Folder):
    needs_models()
    process = folder.start("demo")
    made = folder.path / "auditkit-demo"
    wait_until((made / "training.csv").exists, 120)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not (made / "model").exists()
    kept = (made / "training.csv").stat().st_mtime_ns
    again = folder.start("demo")
    wait_until(lambda: running(made), 120)
    os.killpg(again.pid, signal.SIGTERM)
    _, err = again.communicate(timeout=200)
    assert again.returncode == 143, err
    assert "writing the notes" not in err
    assert (made / "training.csv").stat().st_mtime_ns == kept
    wait_until(lambda: not running(made), 10)


def running(made: Path) -> bool:
    """Whether a script of the demo runs in this folder."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").resolve() == made.resolve():
                return True
        except OSError:
            continue
    return False
