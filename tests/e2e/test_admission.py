"""The example of several inputs together: those who speak through an interpreter are sent home, and that is found."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "admission"


def made(folder, *options):
    shutil.copy(EXAMPLE / "net.py", folder.path)
    for name, *more in (("prepare.py", *options), ("train.py",)):
        command = [sys.executable, str(EXAMPLE / name), "--folder", str(folder.path), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250, env=folder.environment, check=False)
        assert done.returncode == 0, done.stderr
    folder.write("audit.toml", (EXAMPLE / "audit.toml").read_text() + '\n[report]\nformats = ["html"]\n')
    return folder


def bare(folder):
    """The patient's number -> whether the network admits, by a loop over one patient at a time."""
    import torch
    from PIL import Image
    from safetensors.torch import load_file
    from transformers import AutoImageProcessor, AutoTokenizer

    spec = spec_from_file_location("net_of_admission", folder / "net.py")
    net = module_from_spec(spec)
    spec.loader.exec_module(net)
    network = net.build().eval()
    network.load_state_dict(load_file(folder / "model" / "model.safetensors"))
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    processor = AutoImageProcessor.from_pretrained(folder / "model", backend="pil")
    found = {}
    with (folder / "audit.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            tokens = tokenizer([row["note"]], return_tensors="pt")
            film = torch.zeros(1, 1, 24, 24)
            if row["film"]:
                film = processor(Image.open(folder / row["film"]), return_tensors="pt")["pixel_values"]
            numbers = [float(row["age"]), float(row["saturation"]), row["sex"] == "F", row["sex"] == "M"]
            there = {"note": torch.tensor([True]), "film": torch.tensor([bool(row["film"])])}
            with torch.inference_mode():
                said = network(
                    note=dict(tokens),
                    film=film,
                    table=torch.tensor([numbers]),
                    present=there | {"table": torch.ones(1, 4, dtype=torch.bool)},
                )
            found[row["patient_id"]] = (row["language"], row["outcome"], bool(said.argmax()))
    return found


@pytest.mark.slow
def test_those_with_an_interpreter_are_sent_home_and_a_bare_loop_agrees(folder):
    answer = made(folder, "--audit-rows", "1000").run_here()
    assert answer.code == 1, answer
    assert "Equal opportunity difference, between the groups of language" in answer.out
    loop = bare(folder.path).values()
    measured = folder.finding("fairness.group-rates")["measurements"]
    for language in ("local", "interpreter"):
        admitted = [said for spoken, outcome, said in loop if (spoken, outcome) == (language, "ward")]
        (rate,) = [
            m["value"] for m in measured if m["metric"] == "true_positive_rate" and m["group"] == {"language": language}
        ]
        assert rate == pytest.approx(sum(admitted) / len(admitted), abs=1e-12)
    subject = folder.result()["subject"]
    assert any("net:build" in str(one) for one in subject["trusted"])


def test_the_spec_as_shipped_opens_an_untrained_network(folder):
    """Four patients of the maker's; nothing is learnt, and all of them are scored."""
    import torch
    from patients import tokenizer_of
    from safetensors.torch import save_file
    from transformers import ViTImageProcessorPil

    from auditkit.host import Host
    from auditkit.spec import read_spec

    command = [sys.executable, str(EXAMPLE / "prepare.py"), "--folder", str(folder.path), "--training-rows", "1"]
    subprocess.run([*command, "--audit-rows", "40"], check=True, capture_output=True, timeout=100)
    for name in ("net.py", "audit.toml"):
        shutil.copy(EXAMPLE / name, folder.path)
    spec = spec_from_file_location("net_untrained", EXAMPLE / "net.py")
    net = module_from_spec(spec)
    spec.loader.exec_module(net)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        state = net.build().state_dict()
    (folder.path / "model").mkdir()
    save_file(state, folder.path / "model" / "model.safetensors")
    tokenizer_of(["seen at the desk"]).save_pretrained(folder.path / "model")
    processor = ViTImageProcessorPil(size={"height": 24, "width": 24}, image_mean=[0.45], image_std=[0.25])
    processor.save_pretrained(folder.path / "model")
    read = read_spec(folder.path / "audit.toml")
    model = Host.installed().open_model(read, target_classes=("home", "ward"))
    assert model.classes == ("home", "ward")
    assert model.outputs() == 2
