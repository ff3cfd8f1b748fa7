"""Where torch runs a model: the devices that there are, and the ways in which it says that memory is full."""

from __future__ import annotations

import pytest
import torch

from auditkit import ModelError, OutOfMemory
from auditkit.devices import deterministic, fitting, is_out_of_memory, pick_device


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
