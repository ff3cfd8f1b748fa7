"""Where torch runs a model: the devices that there are, and the ways in which it says that memory is full."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from auditkit import ModelError, OutOfMemory
from auditkit.devices import (
    OnTorch,
    Placed,
    Replica,
    deterministic,
    fitting,
    is_out_of_memory,
    pick_device,
    pick_devices,
    refuse_precision,
    takes_tf32,
)

CPU = torch.device("cpu")


def test_a_device_is_taken_by_its_name_or_is_the_best_there_is(monkeypatch):
    assert pick_device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")


def test_a_device_that_torch_does_not_know_is_refused_with_one_that_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ModelError, match="there is no device 'abacus'") as refused:
        pick_device("abacus")
    assert refused.value.hint == '[model] device = "cpu", or leave it at "auto"'


def test_a_full_memory_is_told_apart_from_other_errors():
    def too_much():
        return torch.empty(1 << 55)

    with pytest.raises(OutOfMemory, match=r"^2 films at once do not fit into the memory of 'cpu': ") as full:
        fitting(too_much, device=torch.device("cpu"), what="2 films at once")
    assert full.value.__context__ is None  # no traceback that keeps the tensors which did not fit
    with pytest.raises(RuntimeError, match="must match"):
        fitting(lambda: torch.zeros(2) + torch.zeros(3), device=torch.device("cpu"), what="it")
    assert fitting(lambda: 7, device=torch.device("cpu"), what="it") == 7
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"))
    assert not is_out_of_memory(MemoryError())


def test_what_was_set_before_is_set_again():
    before = torch.are_deterministic_algorithms_enabled()
    with deterministic():
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.are_deterministic_algorithms_enabled() == before


def test_float32_stays_whole_and_what_was_set_is_set_again():
    assert takes_tf32()  # cuDNN's convolutions, as torch comes
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    try:
        with deterministic():
            assert not takes_tf32()
            assert not torch.backends.cudnn.benchmark
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.benchmark
    finally:
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.benchmark = False
    assert torch.backends.cudnn.allow_tf32


@pytest.mark.skipif(not hasattr(torch.backends.cudnn, "conv"), reason="names of torch 2.9")
def test_float32_stays_whole_also_by_torchs_newer_names():
    before = torch.backends.cudnn.conv.fp32_precision
    torch.backends.cudnn.conv.fp32_precision = "ieee"  # no longer to be read by the old name
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    try:
        assert takes_tf32()
        with deterministic():
            assert not takes_tf32()
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    finally:
        torch.backends.cudnn.conv.fp32_precision = before
        torch.backends.cuda.matmul.fp32_precision = "none"


@pytest.fixture
def gpus(monkeypatch):
    """Two GPUs, as far as torch says what there is."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"Fake {device.index}")
    monkeypatch.setattr(torch, "zeros", lambda *_, **__: None)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")


@pytest.mark.usefixtures("gpus")
def test_several_devices_by_name_or_all_of_them():
    both = (torch.device("cuda:0"), torch.device("cuda:1"))
    assert pick_devices("cuda:all") == both
    assert pick_devices("cuda:1, cuda:0") == both[::-1]
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    with pytest.raises(ModelError, match="this adapter runs its model on one") as refused:
        pick_device("cuda:all")
    assert refused.value.hint == '[model] device = "cuda:0"'
    with pytest.raises(ModelError, match="names one device twice"):
        pick_devices("cuda,cuda:0")
    with pytest.raises(ModelError, match="devices of two kinds"):
        pick_devices("cuda:0,cpu")
    with pytest.raises(ModelError, match="there is no device 'abacus'"):
        pick_devices("cuda:0,abacus")


def test_all_gpus_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ModelError, match="there is no device 'cuda:0'"):
        pick_devices("cuda:all")


@pytest.mark.usefixtures("gpus")
def test_a_precision_that_a_device_lacks_is_refused(monkeypatch):
    with pytest.raises(ModelError, match="precision is 'float16', and the model runs on the CPU") as refused:
        Placed.of(torch.nn.Linear(2, 2), "cpu", "float16")
    assert refused.value.hint
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(ModelError, match="precision is 'bfloat16', which Fake 1 does not compute in"):
        refuse_precision("bfloat16", (torch.device("cuda:1"),))
    refuse_precision("float16", (torch.device("cuda:1"),))
    refuse_precision("bfloat16", (CPU,))


class Moved(torch.nn.Linear):
    """Notes where it is sent, and stays where it is."""

    sent = None

    def to(self, device):
        self.sent = device
        return self


@pytest.mark.usefixtures("gpus")
def test_a_module_is_copied_to_each_device_and_named_with_it():
    module = Moved(2, 2)
    place = Placed.of(module, "cuda:all", "float16")
    assert [replica.module.sent for replica in place.replicas] == [replica.device for replica in place.replicas]
    assert place.module is module
    assert place.replicas[1].module is not module
    assert torch.equal(place.replicas[1].module.weight, module.weight)
    assert place.device == "cuda:0,cuda:1"
    assert place.batch_size(cpu=32, gpu=256) == 512
    computing = place.computing
    assert computing.devices == ("cuda:0 (Fake 0)", "cuda:1 (Fake 1)")
    assert (computing.precision, computing.threads, computing.tf32) == ("float16", None, False)


def test_mps_is_a_device_like_others(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    place = Placed.of(Moved(2, 2), "auto", "float16")
    assert (place.device, place.module.sent) == ("mps", torch.device("mps"))
    assert place.computing.devices == ("mps",)
    assert place.batch_size(cpu=32, gpu=256) == 256


def two(module, **more):
    """The same module on two devices, both of which are the CPU."""
    return Placed((Replica(module, CPU), Replica(module, CPU)), **more)


def doubled(replica, rows):
    return replica.module(torch.from_numpy(rows)).numpy()


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8])
def test_shares_come_back_in_order_with_the_numbers_of_one_device(count):
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 2)
    rows = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    one = Placed((Replica(module, CPU),))
    found = two(module).answers(doubled, rows, called="rows")
    assert found.shape == (count, 2)
    np.testing.assert_allclose(found, one.answers(doubled, rows, called="rows"), rtol=1e-6, atol=1e-7)
    halves = [one.answers(doubled, part, called="rows") for part in (rows[: -(-count // 2)], rows[-(-count // 2) :])]
    assert np.array_equal(found, np.concatenate(halves))  # a share is what a batch of its size is on one device


def test_each_device_works_in_a_thread_of_its_own_under_the_same_rules():
    waits = threading.Barrier(2, timeout=60)

    def work(_, rows):
        waits.wait()  # neither ends before the other has begun
        flags = torch.is_inference_mode_enabled(), torch.are_deterministic_algorithms_enabled(), takes_tf32()
        return threading.get_ident(), len(rows), *flags, torch.is_autocast_enabled("cpu")

    first, second = two(None, precision="bfloat16").each(work, list(range(5)), called="rows")
    assert first[0] != second[0]
    assert first[1:] == (3, True, True, False, True)
    assert second[1:] == (2, True, True, False, True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (inside,) = Placed((Replica(None, CPU),)).each(lambda *_: torch.is_autocast_enabled("cpu"), [1], called="rows")
    assert not inside  # float32 is float32


def test_a_share_that_does_not_fit_is_told_with_its_own_size():
    def work(_, rows):
        if 4 in rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return len(rows)

    with pytest.raises(OutOfMemory, match="2 films at once do not fit"):
        two(None).each(work, [1, 2, 3, 4], called="films")


@dataclass(frozen=True)
class Model(OnTorch):
    place: Placed
    name: str = "it"


def test_a_model_says_how_it_computes_and_what_it_is_in_float32():
    module = torch.nn.Linear(2, 2)
    model = Model(Placed((Replica(module, CPU),), "bfloat16"))
    assert (model.device, model.module, model.computing.precision) == ("cpu", module, "bfloat16")
    exact = model.in_float32()
    assert (exact.place.precision, exact.place.replicas, exact.name) == ("float32", model.place.replicas, "it")
