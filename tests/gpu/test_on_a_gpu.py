"""What only a GPU shows: its numbers beside the CPU's, lower precisions, a memory that is full, several devices.

`make gpu` runs these where torch sees a CUDA device; with one of them the test of two is skipped.
"""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tables import table
from tiny_bert import SENTENCES, opened
from tiny_images import build_images, pixels

from auditkit.checkpoints import read_state
from auditkit.checks.measuring import measure
from auditkit.devices import deterministic, pick_device, pick_devices
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import DataSpec, read_spec
from auditkit_image import open_image_classifier

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here"),
]

TEXTS = pd.Series([f"{one} {other}" for one in SENTENCES for other in SENTENCES])


def image_classifier(folder, device, **options):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    given = {"device": device, "labels": {}, "spec_folder": Path(), "target_classes": ("benign", "malignant")}
    return open_image_classifier(folder, data=data, **given, **options)


def test_auto_is_a_gpu_and_its_numbers_are_the_cpus(tiny_bert):
    assert pick_device("auto").type == "cuda"
    model = opened(tiny_bert, device="auto")
    found = model.predict(TEXTS).scores
    np.testing.assert_allclose(found, opened(tiny_bert, device="cpu").predict(TEXTS).scores, atol=1e-4)
    assert np.array_equal(model.predict(TEXTS).scores, found)  # the same bits twice
    assert torch.cuda.get_device_name() in model.computing.devices[0]
    assert (model.computing.deterministic, model.computing.tf32, model.computing.threads) == (True, False, None)


def test_images_go_by_pinned_memory_and_give_the_cpus_numbers(tmp_path):
    folder, images = build_images(tmp_path / "model", kind="resnet"), [pixels(seed) for seed in range(9)]
    found = image_classifier(folder, "cuda").predict(images).scores
    np.testing.assert_allclose(found, image_classifier(folder, "cpu").predict(images).scores, atol=1e-4)


def test_products_and_convolutions_are_those_of_whole_float32():
    draw = torch.Generator().manual_seed(0)
    one, other = (torch.randn(512, 512, generator=draw) for _ in range(2))
    films, kernels = torch.randn(4, 32, 32, 32, generator=draw), torch.randn(32, 32, 3, 3, generator=draw)
    with deterministic():
        product = (one.cuda() @ other.cuda()).cpu().double()
        folded = torch.nn.functional.conv2d(films.cuda(), kernels.cuda()).cpu().double()
    # TF32 keeps ten bits of a number, which shows in the third digit: a thousand times as far apart.
    assert (product - one.double() @ other.double()).abs().max() < 5e-4
    assert (folded - torch.nn.functional.conv2d(films.double(), kernels.double())).abs().max() < 5e-4


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_lower_precision_is_that_of_autocast(tiny_bert, precision):
    model = opened(tiny_bert, device="cuda", precision=precision)
    rows = list(TEXTS[:8])
    tokens = model.encoder.tokenizer(rows, padding=True, truncation=True, max_length=48, return_tensors="pt").to("cuda")
    with torch.inference_mode(), deterministic(), torch.autocast("cuda", dtype=getattr(torch, precision)):
        wanted = model.module(**tokens).logits.float().softmax(-1).cpu().numpy()
    found = model.predict(pd.Series(rows)).scores
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    exact = model.in_float32().predict(pd.Series(rows)).scores
    assert 0 < np.abs(found - exact).max() < 0.05


WIDE = 100_000
NET = f"""
from torch import nn

def build():
    return nn.Sequential(nn.Linear(4, {WIDE}), nn.Tanh(), nn.Linear({WIDE}, 2))
"""
SPEC = """\
name = "a"
[model]
adapter = "tabular"
path = "state.pt"
module = "net:build"
categories = {sex = ["F", "M"]}
labels = {0 = "no", 1 = "yes"}
device = "DEVICE"
[data]
audit = "rows.csv"
input = ["age", "sex", "pressure"]
target = "ill"
[[checks]]
use = "performance.overall"
"""
ROWS = 20_000


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A network that makes 8 GB of its rows on the way."""
    folder = tmp_path_factory.mktemp("wide")
    (folder / "net.py").write_text(NET)
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, WIDE), torch.nn.Tanh(), torch.nn.Linear(WIDE, 2))
    torch.save(module.state_dict(), folder / "state.pt")
    table(ROWS).assign(ill=["no", "yes"] * (ROWS // 2)).to_csv(folder / "rows.csv", index=False)
    return folder


def measured(folder, device, **changes):
    text = SPEC.replace("DEVICE", device)
    for old, new in changes.items():
        text = text.replace(old, new)
    path = folder / f"{device.replace(':', '-').replace(',', '-')}.toml"
    path.write_text(text)
    spec = read_spec(path)
    return measure(spec, Host.installed(spec), lambda _: None, store=EvidenceStore.open(folder / path.stem))


def test_a_batch_that_does_not_fit_is_halved_and_gives_the_cpus_numbers(wide):
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(min(1.0, 3e9 / total))
    try:
        found = measured(wide, "cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
    assert 0 < found.batch_plans[0].batch_size < ROWS
    whole = measured(wide, "cpu")
    (one,), (other,) = found.findings, whole.findings
    for mine, theirs in zip(one.measurements, other.measurements, strict=True):
        assert (mine.metric, mine.n) == (theirs.metric, theirs.n)
        assert mine.value == pytest.approx(theirs.value, abs=2e-3)


def test_the_effect_of_a_precision_is_measured_on_the_gpu(wide):
    computing = measured(wide, "cuda:0", **{"[data]": 'precision = "bfloat16"\nbatch_size = 1000\n[data]'}).computing
    assert computing.devices[0].startswith("cuda:0 (")
    assert (computing.precision, computing.effect.rows, computing.effect.of) == ("bfloat16", 256, ROWS)
    assert 0 < computing.effect.mean <= computing.effect.largest < 0.5


def test_tensors_of_a_gpu_that_is_not_there_are_read(tmp_path):
    module = torch.nn.Linear(3, 2).to("cuda:0")
    torch.save(module.state_dict(), tmp_path / "whole.pt")
    with zipfile.ZipFile(tmp_path / "whole.pt") as source, zipfile.ZipFile(tmp_path / "moved.pt", "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"cuda:0", b"cuda:3"))
    tensors = read_state(tmp_path / "moved.pt").tensors
    assert {str(tensor.device) for tensor in tensors.values()} == {"cpu"}
    assert torch.equal(tensors["weight"], module.weight.detach().cpu())


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one CUDA device at most")
def test_two_devices_answer_as_one(tiny_bert):
    one, two = opened(tiny_bert, device="cuda:0"), opened(tiny_bert, device="cuda:0,cuda:1")
    assert pick_devices("cuda:all")[:2] == (torch.device("cuda:0"), torch.device("cuda:1"))
    assert [str(replica.device) for replica in two.place.replicas] == ["cuda:0", "cuda:1"]
    np.testing.assert_allclose(two.predict(TEXTS).scores, one.predict(TEXTS).scores, atol=1e-5)
    half = dataclasses.replace(two.place, replicas=two.place.replicas[1:])
    other = dataclasses.replace(two, place=half)
    assert np.array_equal(other.predict(TEXTS).scores, one.predict(TEXTS).scores)
