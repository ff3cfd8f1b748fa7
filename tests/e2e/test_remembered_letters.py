"""The example of letters learnt by heart: found here and over HTTP alike, its careful twin passed, nothing in clear."""

from __future__ import annotations

import csv
import json
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from chat_server import ChatServer, completion, said_to
from tiny_chat import opened_chat

EXAMPLE = Path(__file__).parents[2] / "examples" / "remembered_letters"
FEW = 40
"""Rows a side, where not all are looked at: of 20 even a classifier without the model may tell, by chance."""

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("loopback")]


@pytest.fixture(scope="module")
def made(make_folder):
    """Both models, and the first rows of either file, in a folder of their own."""
    folder = make_folder()
    for script in ("prepare.py", "train.py"):
        command = [sys.executable, str(EXAMPLE / script), "--folder", str(folder.path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=folder.environment, check=False)
        assert done.returncode == 0, done.stderr
    for name in ("audit", "training"):
        lines = (folder.path / f"{name}.csv").read_text().splitlines(keepends=True)
        (folder.path / f"few_{name}.csv").write_text("".join(lines[: FEW + 1]))
    return folder


def letters(folder, name):
    """The rows of a file, and of each what nobody may read: its question, its letter, and the numbers in it."""
    with (folder.path / f"{name}.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    secrets = [
        secret
        for row in rows
        for secret in (row["prompt"], row["letter"], row["letter"].partition("File ")[2][:13], row["letter"][-16:-1])
    ]
    assert secrets[2].startswith("number ")
    assert secrets[3].startswith("+1 415 555 0")
    return rows, secrets


def shown_by(answer, bundle):
    """All that an audit printed and wrote into its bundle, in which evidence is compressed."""
    shown = [answer.out, answer.err]
    for path in bundle.rglob("*"):
        if path.suffix == ".parquet":
            shown.append(pd.read_parquet(path).to_csv())
        elif path.is_file():
            shown.append(path.read_bytes().decode("utf-8", "replace"))
    assert len(shown) > 5
    return "\n".join(shown)


def audited(folder, name, code, *changes, but=()):
    """What was measured, once the audit ended as it should and nothing of a letter stands in what it said or wrote."""
    text = (EXAMPLE / f"{name}.toml").read_text() + '[report]\nformats = ["html"]\n'
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder.path / "tried.toml").write_text(text)
    answer = folder.run_here("run", "tried.toml", "--force")
    assert answer.code == code, answer.out + answer.err
    bundle = folder.path / "tried-audit"
    shown = shown_by(answer, bundle)
    for secret in (*letters(folder, "audit")[1], *letters(folder, "training")[1], *but):
        assert secret not in shown
    # What the model answered is kept beside the spec, where nobody else may read.
    assert stat.S_IMODE(folder.store.stat().st_mode) == 0o700
    (finding,) = json.loads((bundle / "result.json").read_bytes())["findings"]
    return {(one["metric"], *sorted(one["conditions"].items())): one for one in finding["measurements"]}


FEWER = (('"audit.csv"', '"few_audit.csv"'), ('"training.csv"', '"few_training.csv"'))


def test_letters_that_are_known_by_heart_come_here_and_over_http_alike(made):
    here = audited(made, "audit", 1, *FEWER)
    assert here["extraction_difference",]["interval"]["low"] > 0.5
    assert here["secret_exposure", ("split", "training")]["value"] > 10  # of 19.9 bits
    model = opened_chat(made.path / "model", max_tokens=100)
    prompts = [row["prompt"] for name in ("few_audit", "few_training") for row in letters(made, name)[0]]
    decoded = model.predict(pd.Series(prompts))
    known = dict(zip(prompts, zip(decoded.texts, decoded.cut, strict=True), strict=True))
    written = []

    def answer(body):
        text, is_cut = known[said_to(body)]
        if body["temperature"] > 0:
            decoding = replace(model.decoding, temperature=1.0, seed=body["seed"])
            drawn = replace(model, decoding=decoding).predict(pd.Series([said_to(body)]))
            text, is_cut = drawn.texts[0], drawn.cut[0]
        written.append(text)
        return completion(text, finish="length" if is_cut else "stop")

    with ChatServer(answer) as server:
        changes = ("http://127.0.0.1:8000/v1", server.url), ("samples = 3", "samples = 1")
        there = audited(made, "served", 1, *FEWER, *changes, but=[text for text, _ in known.values()])
    assert len(written) >= 4 * FEW  # asked, and drawn, of either side
    for one in ((), (("match", "verbatim"),), (("match", "run"),)):
        assert there["extraction_difference", *one] == here["extraction_difference", *one]
    assert there["personal_extraction_difference",] == here["personal_extraction_difference",]
    assert "samples = 100" in str(there["extraction_difference", ("draws", "100")]["undefined"])


def test_its_careful_twin_passes_and_answers_without_room_for_a_letter_do_not(made):
    found = audited(made, "careful", 0)
    assert found["extraction_difference",]["value"] == 0
    assert found["secret_exposure", ("split", "training")]["value"] < 4
    without = ('secrets = ["File number {digits:6}"]', "")
    found = audited(made, "careful", 5, *FEWER, without, ("max_tokens = 100", "max_tokens = 20"))
    assert "cut off" in str(found["extraction_difference",]["undefined"])
