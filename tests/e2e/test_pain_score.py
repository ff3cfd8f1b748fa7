"""The example of images: what it finds is what a bare loop finds; the cut picture is left out and named."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import ImageFile

EXAMPLE = Path(__file__).parents[2] / "examples" / "pain_score"


@pytest.fixture(scope="module")
def audited(make_folder):
    """A folder with what the example writes, learnt in fewer rounds, and audited."""
    folder = make_folder()
    for name, *more in (("prepare.py",), ("train.py", "--epochs", "3")):
        command = [sys.executable, str(EXAMPLE / name), "--folder", str(folder.path), *more]
        subprocess.run(command, check=True, capture_output=True, timeout=200, env=folder.environment)
    spec = (EXAMPLE / "audit.toml").read_text()
    checks = '[[checks]]\nuse = "performance.overall"\n[[checks]]\nuse = "fairness.group-rates"\n'
    folder.write("audit.toml", spec + checks + '[report]\nformats = ["html"]\n')
    return folder, folder.run()


def bare(folder):
    """Name -> whether the model calls it severe, by a loop over the pictures one at a time, and the cut one's name."""
    import torch
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    processor = AutoImageProcessor.from_pretrained(folder / "model", backend="pil")
    model = AutoModelForImageClassification.from_pretrained(folder / "model").eval()
    found, cut = {}, []
    for path in sorted((folder / "audit").glob("*/*.png")):
        name = path.relative_to(folder / "audit").as_posix()
        try:
            with Image.open(path) as picture:
                picture.load()
        except OSError:
            cut.append(name)
            continue
        with torch.inference_mode():
            answer = model(**processor(picture, return_tensors="pt")).logits.argmax().item()
        found[name] = model.config.id2label[answer] == "severe"
    return found, cut


@pytest.mark.slow
def test_it_finds_what_a_bare_loop_finds_and_leaves_the_cut_picture_out(audited, monkeypatch):
    folder, answer = audited
    assert answer.code in {1, 3, 5}, answer
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)  # WeasyPrint, once imported, sets it
    found, cut = bare(folder.path)
    assert len(cut) == 1
    assert len(found) == folder.result()["data"]["splits"][0]["rows"] == 899
    with (folder.path / "audit" / "metadata.csv").open(encoding="utf-8") as stream:
        scanner = {row["file_name"]: row["scanner"] for row in csv.DictReader(stream)}
    severe = {name for name in found if name.startswith("severe/")}
    measured = {
        tuple(one["group"].values()): one["value"]
        for one in folder.finding("fairness.group-rates")["measurements"]
        if one["metric"] == "true_positive_rate" and list(one["group"]) == ["scanner"]
    }
    for kind in ("old", "new"):
        rows = [found[name] for name in severe if scanner[name] == kind]
        assert measured[kind,] == pytest.approx(sum(rows) / len(rows), abs=1e-12)
    assert measured["old",] < measured["new",]
    (row,) = [place for place, name in enumerate(sorted({*found, *cut}), start=1) if name in cut]
    assert f"row {row} (damaged" in folder.page()
    assert "1 of 900 images of the audit split cannot be used" in folder.page()
