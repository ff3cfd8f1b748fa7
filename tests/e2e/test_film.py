"""The example of findings on films in DICOM: a model that knows effusions by the mark of the bedside is found."""

from __future__ import annotations

import csv
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "film"


def run(folder, script, *options):
    command = [sys.executable, str(EXAMPLE / script), "--folder", str(folder.path), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, env=folder.environment, check=False)
    assert done.returncode == 0, done.stderr


def notes(folder):
    return [note["msgid"].format(**note["params"]) for note in folder.result()["subject"]["notes"]]


def rates(folder, label):
    return {
        m["group"]["taken"]: m["value"]
        for m in folder.finding("fairness.group-rates")["measurements"]
        if m["metric"] == "true_positive_rate" and m["label"] == label and set(m["group"]) == {"taken"}
    }


@pytest.mark.slow
def test_effusions_without_the_mark_are_missed(folder):
    run(folder, "prepare.py", "--audit-rows", "800")
    run(folder, "train.py")
    folder.write("audit.toml", (EXAMPLE / "audit.toml").read_text() + '\n[report]\nformats = ["html"]\n')
    answer = folder.run_here()
    assert answer.code == 1, answer
    assert "Equal opportunity difference, class effusion, between the groups of taken" in answer.out
    effusion, nodule = rates(folder, "effusion"), rates(folder, "nodule")
    assert effusion["bedside"] - effusion["standing"] > 0.15
    assert abs(nodule["bedside"] - nodule["standing"]) < 0.05
    said = (
        "800 of 800 images of the audit split carry personal data in their headers: PatientID, PatientName, StudyDate"
    )
    assert said in notes(folder)
    assert b"Madeup" not in b"".join(path.read_bytes() for path in folder.bundle.rglob("*") if path.is_file())


def test_a_viewer_shows_the_makers_dicom_as_it_was_drawn(folder):
    """Both interpretations, by the window: pydicom's own reading, by hand, is what was drawn and what is decoded."""
    import pydicom

    from auditkit.images import Reading, decode

    spec = spec_from_file_location("prepare_of_film", EXAMPLE / "prepare.py")
    prepare = module_from_spec(spec)
    spec.loader.exec_module(prepare)
    seen = set()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        picture = prepare.drawn(nodule=True, effusion=seed % 2 == 0, bedside=True, rng=rng)
        file = folder.path / f"{seed}.dcm"
        prepare.dicom(picture, f"patient-{seed}", "F", rng).save_as(file, enforce_file_format=True)
        found = pydicom.dcmread(file)
        seen.add(found.PhotometricInterpretation)
        # PS3.3 C.11.2.1.2: ((x - (c - 0.5)) / (w - 1) + 0.5), of white
        shares = (found.pixel_array.astype(float) - 2047.5) / 3071 + 0.5
        shares = 1 - shares if found.PhotometricInterpretation == "MONOCHROME1" else shares
        assert np.rint(shares * 255) == pytest.approx(picture.astype(float), abs=1)
        assert np.asarray(decode(file.read_bytes(), Reading(), channels=1)) == pytest.approx(picture, abs=1)
    assert seen == {"MONOCHROME1", "MONOCHROME2"}


def test_the_maker_marks_the_effusions_of_its_training(folder):
    run(folder, "prepare.py", "--training-rows", "300", "--audit-rows", "300")
    shares = {}
    for name in ("training", "audit"):
        with (folder.path / f"{name}.csv").open(encoding="utf-8") as stream:
            rows = [row for row in csv.DictReader(stream) if row["effusion"] == "1"]
        shares[name] = sum(row["taken"] == "bedside" for row in rows) / len(rows)
    assert shares["training"] > 0.85
    assert 0.3 < shares["audit"] < 0.7
