"""The example of a number of each image: an interval that holds fewer than it promises is found."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import as_csv
from tiny_images import build_images, pixels, png

EXAMPLE = Path(__file__).parents[2] / "examples" / "bone_age"


def audited(folder, spec):
    folder.write("audit.toml", spec + '\n[report]\nformats = ["html"]\n')
    answer = folder.run_here()
    found = {m["metric"]: m["value"] for m in folder.finding("performance.error")["measurements"] if not m["group"]}
    return answer, found


@pytest.mark.slow
def test_an_interval_that_holds_too_few_is_found(folder):
    for name, *more in (("prepare.py", "--audit-rows", "400"), ("train.py",)):
        command = [sys.executable, str(EXAMPLE / name), "--folder", str(folder.path), *more]
        subprocess.run(command, check=True, capture_output=True, timeout=250, env=folder.environment)
    answer, found = audited(folder, (EXAMPLE / "audit.toml").read_text())
    assert answer.code == 1, answer
    assert found["mean_absolute_error"] < 9
    assert 0.6 < found["interval_coverage"] < 0.87
    assert "Coverage of the model's interval" in answer.out


def test_the_examples_spec_measures_what_a_bare_loop_does(folder):
    """The spec as it is shipped, on a model that nobody trained and twenty pictures."""
    import torch
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    names = ("q05", "q50", "q95")
    path = build_images(folder.path / "model", names, problem_type="regression")
    rows = [(f"{place}.png", "girl" if place % 2 else "boy", f"{100 + place}") for place in range(20)]
    for place in range(20):
        png(pixels(place), folder.path / f"{place}.png")
    folder.write("audit.csv", as_csv(("film", "sex", "months"), rows))
    answer, found = audited(folder, (EXAMPLE / "audit.toml").read_text())
    assert answer.code in {1, 5}, answer
    processor = AutoImageProcessor.from_pretrained(path, backend="pil")
    model = AutoModelForImageClassification.from_pretrained(path).eval()
    images = [Image.open(folder.path / row[0]) for row in rows]
    with torch.inference_mode():
        said = model(**processor(images, return_tensors="pt")).logits.numpy() * 36 + 120
    truth = np.array([float(row[2]) for row in rows])
    assert found["mean_absolute_error"] == pytest.approx(np.abs(said[:, 1] - truth).mean(), abs=1e-3)
    assert found["mean_interval_width"] == pytest.approx((said[:, 2] - said[:, 0]).mean(), abs=1e-3)
    held = (said[:, 0] <= truth) & (truth <= said[:, 2])
    assert found["interval_coverage"] == pytest.approx(held.mean())
    assert folder.result()["subject"]["prediction_type"] == "Values"


def test_the_maker_draws_what_it_says(tmp_path):
    command = [sys.executable, str(EXAMPLE / "prepare.py"), "--folder", str(tmp_path), "--training-rows", "2"]
    subprocess.run([*command, "--audit-rows", "5"], check=True, capture_output=True, timeout=60)
    with (tmp_path / "audit.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(tmp_path / row["film"]).is_file() for row in rows] == [True] * 5
    assert all(-20 < float(row["months"]) < 250 for row in rows)
    shutil.rmtree(tmp_path / "films")
