"""Batches that are made ready in the background are the batches that are made on the spot."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest
import torch
from tiny_bert import SENTENCES, build_as, opened, tokenizer_of

from auditkit.inputs import Encoder, at_once, padded, runs
from auditkit.prefetch import Prefetch, pinned, sent

TEXTS = [f"{SENTENCES[place % 6]} {SENTENCES[place // 6]}" for place in range(36)]
CPU = torch.device("cpu")


def test_what_was_begun_is_done_once_in_another_thread_and_in_order():
    prefetch, done = Prefetch(), []

    def work(name):
        done.append((name, threading.current_thread() is threading.main_thread()))
        return name

    for name in ("a", "b", "a"):
        prefetch.begin(name, lambda name=name: work(name))
    assert [prefetch.take(name, lambda: work("now")) for name in ("b", "a", "c")] == ["b", "a", "now"]
    assert done == [("a", False), ("b", False), ("now", True)]


def test_what_it_raises_is_raised_to_whoever_takes_it():
    prefetch = Prefetch()
    prefetch.begin("a", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        prefetch.take("a", lambda: None)
    assert prefetch.take("a", lambda: "anew") == "anew"


def test_what_nobody_takes_is_forgotten():
    prefetch = Prefetch()
    for place in range(40):
        prefetch.begin(place, lambda place=place: place)
    assert prefetch.take(0, lambda: "anew") == "anew"
    assert prefetch.take(39, lambda: "anew") == 39


def test_a_copy_begins_anew():
    prefetch = Prefetch()
    prefetch.begin("a", lambda: "begun")
    for other in (copy.deepcopy(prefetch), pickle.loads(pickle.dumps(prefetch))):
        assert other.take("a", lambda: "anew") == "anew"


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_that_of_transformers(side):
    tokenizer = tokenizer_of()
    tokenizer.padding_side = side
    encoded = tokenizer(TEXTS[:7])
    rows = [{name: encoded[name][place] for name in encoded} for place in range(7)]
    wanted = tokenizer.pad(encoded, padding="longest", return_tensors="pt")
    found = padded(tokenizer, rows)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) and found[name].dtype == torch.int64 for name in wanted)


def test_columns_of_another_kind_are_left_to_the_tokenizer():
    tokenizer = tokenizer_of()
    rows = [{"input_ids": [2, 7, 3]}, {"input_ids": np.array([2, 3])}]
    found = padded(tokenizer, rows)
    assert found["input_ids"].tolist() == [[2, 7, 3], [2, 3, 0]]
    assert found["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]


@pytest.mark.parametrize("limit", [None, 9])
def test_a_batch_is_the_same_however_it_came_about(limit):
    tokenizer = tokenizer_of()
    how = {"truncation": limit is not None, "max_length": limit, "padding": "longest", "return_tensors": "pt"}
    wanted = tokenizer(TEXTS[:5], **how)
    counted, bare, begun = (Encoder(copy.deepcopy(tokenizer), limit) for _ in range(3))
    assert counted.count(TEXTS) == [len(row) for row in tokenizer(TEXTS)["input_ids"]]
    begun.begin(TEXTS[:5], CPU)
    for encoder in (counted, bare, begun):
        found: list = []
        encoder.each(TEXTS[:5], CPU, lambda batch, found=found: found.append(batch) or np.zeros((5, 1)))
        for one in (*found, encoder.batch(TEXTS[:5], CPU)):
            assert all(torch.equal(one[name], wanted[name]) for name in wanted)


def test_rows_that_are_run_together_by_hand():
    # 3 x 30 tokens are within 100, a fourth row is not; 25 more make 2 x 25; one that is longer goes alone.
    assert list(runs([30, 30, 20, 25, 5, 200, 1], 100)) == [slice(0, 3), slice(3, 5), slice(5, 6), slice(6, 7)]
    assert list(runs([30, 30, 20], None)) == [slice(0, 3)]
    assert list(runs([], 100)) == []


def test_a_cpu_is_given_a_thousand_tokens_at_once_and_a_gpu_the_batch():
    encoder, texts = Encoder(tokenizer_of(), None), [" ".join(SENTENCES)] * 80
    seen: list[tuple[int, int]] = []

    def rows(batch):
        seen.append(tuple(batch["input_ids"].shape))
        return batch["input_ids"][:, 1:3].numpy()

    answers = encoder.each(texts, CPU, rows)
    assert len(seen) > 1
    assert all(count * width <= 1024 for count, width in seen)
    assert answers.shape == (80, 2)
    assert at_once(torch.device("cuda:0")) is None


def test_no_number_changes_when_batches_are_begun_before(tiny_bert):
    model, batches = opened(tiny_bert, max_length=14), [TEXTS[:13], TEXTS[13:26], TEXTS[26:]]
    bare = [opened(tiny_bert, max_length=14).predict(batch).scores for batch in batches]
    for sizes in (False, True):
        if sizes:
            model.sizes(TEXTS)
        for batch, after, wanted in zip(batches, [*batches[1:], []], bare, strict=True):
            model.ahead(batch)
            model.ahead(after)
            assert np.array_equal(model.predict(batch).scores, wanted)


def test_no_entity_changes_when_texts_are_begun_before(tmp_path):
    from auditkit_text import open_token_classifier

    folder = build_as(tmp_path / "model", "BertForTokenClassification")
    settings = {"device": "cpu", "labels": {}, "target_classes": ("DRUG", "AGE"), "max_length": 12}
    bare, model = (open_token_classifier(folder, **settings) for _ in range(2))
    model.ahead(TEXTS[:9])
    model.ahead(TEXTS[9:18])
    assert model.predict(TEXTS[:9]).spans == bare.predict(TEXTS[:9]).spans
    assert model.predict(TEXTS[9:18]).spans == bare.predict(TEXTS[9:18]).spans


class Pinnable:
    """Stands for a tensor: this machine may have no GPU that would pin one."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def pin_memory(self):
        self.asked.append("pinned")
        return self

    def to(self, device, *, non_blocking):
        self.asked.append((device, non_blocking))
        return self


def test_batches_for_a_gpu_are_pinned_and_copied_without_waiting():
    tensor, device = Pinnable(), torch.device("cuda:0")
    sent(pinned({"input_ids": tensor}, device), device)
    assert tensor.asked == ["pinned", (device, True)]
    tensor = Pinnable()
    sent(pinned({"input_ids": tensor}, CPU), CPU)
    assert tensor.asked == [(CPU, True)]
