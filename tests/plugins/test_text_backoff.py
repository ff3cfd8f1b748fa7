"""A real BERT on a device that is too small: the batch is halved until it fits, and stays so when the audit resumes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from commands import as_csv
from tiny_bert import SENTENCES, notes_spec
from transformers import BertForSequenceClassification

from auditkit.checks.measuring import measure
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import read_spec


@pytest.fixture
def spec(tiny_bert, tmp_path):
    # No text twice: padded otherwise, it may score otherwise in the last bit, and break a tie of the ROC curve.
    rows = [(f"{SENTENCES[place % 6]} {SENTENCES[place // 6]}", ("no", "yes")[place % 2]) for place in range(30)]
    (tmp_path / "rows.csv").write_text(as_csv(("note", "outcome"), rows))
    (tmp_path / "audit.toml").write_text(notes_spec(str(tiny_bert), model='device = "cpu"'))
    return read_spec(tmp_path / "audit.toml")


def measured(spec, store):
    return measure(spec, Host.installed(spec), lambda _: None, store=EvidenceStore.open(store))


def small_device(monkeypatch, most):
    """Let BERT's forward fail above so many texts; return the sizes of the batches that it is asked for."""
    whole, asked = BertForSequenceClassification.forward, []

    def forward(self, input_ids=None, **rest):
        asked.append(len(input_ids))
        if len(input_ids) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return whole(self, input_ids=input_ids, **rest)

    monkeypatch.setattr(BertForSequenceClassification, "forward", forward)
    return asked


def test_the_size_that_fits_is_kept_and_the_numbers_are_those_of_a_large_device(spec, tmp_path, monkeypatch):
    large = measured(spec, tmp_path / "large")
    assert large.batch_plans[0].batch_size == 30
    asked = small_device(monkeypatch, most=8)
    small = measured(spec, tmp_path / "small")
    assert asked == [30, 15, 7, 7, 7, 7, 2]
    assert small.batch_plans[0].batch_size == 7
    values = [
        np.array([m.value for finding in one.findings for m in finding.measurements if m.value is not None])
        for one in (large, small)
    ]
    assert len(values[0]) > 3
    np.testing.assert_allclose(values[1], values[0], atol=1e-5)
    asked.clear()
    again = measured(spec, tmp_path / "small")
    assert asked == []
    assert (again.batch_plans, again.findings) == (small.batch_plans, small.findings)


def test_a_run_that_was_cut_short_goes_on_in_the_size_that_fitted(spec, tmp_path, monkeypatch):
    asked = small_device(monkeypatch, most=8)
    limited, calls = BertForSequenceClassification.forward, []

    def forward(self, **batch):
        calls.append(batch)
        if len(calls) == 5:  # 30 and 15 do not fit, 7 and 7 do
            raise KeyboardInterrupt
        return limited(self, **batch)

    monkeypatch.setattr(BertForSequenceClassification, "forward", forward)
    with pytest.raises(KeyboardInterrupt):
        measured(spec, tmp_path / "store")
    assert asked == [30, 15, 7, 7]
    asked.clear()
    resumed = measured(spec, tmp_path / "store")
    assert asked == [7, 7, 2]
    assert resumed.batch_plans[0].batch_size == 7
