"""A model that says how long its rows are is given the longest first; what does not fit is halved, then fixed."""

from __future__ import annotations

import dataclasses
import hashlib
import types
from pathlib import Path

import numpy as np
import pytest

from auditkit import AuditError, ModelError, OutOfMemory, Values, adapter, hookimpl
from auditkit.batches import Work, longest_first, narrow, plan_key, plan_of
from auditkit.checks.summaries import cut_notes
from auditkit.compute import Broker
from auditkit.data.mapped import PIECE
from auditkit.dataset import AuditDataset, Split
from auditkit.errors import CrashError
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.spec import AuditSpec, DataSpec, ModelSpec

LENGTHS = np.array([3, 9, 1, 9, 5, 7, 2])
BY_LENGTH = [1, 3, 5, 4, 0, 6, 2]  # by hand: 9, 9, 7, 5, 3, 2, 1; the two nines stay in their order


class Lengths:
    """Answers each row's place; remembers what it was asked, and refuses batches above `fits`."""

    batch_size = 4

    def __init__(self, fits: int = 100, limit: int | None = None) -> None:
        self.fits, self.limit = fits, limit
        self.asked: list[list[int]] = []

    def sizes(self, inputs):
        return LENGTHS[inputs]

    def predict(self, inputs):
        self.asked.append([int(row) for row in inputs])
        if len(inputs) > self.fits:
            raise OutOfMemory(f"{len(inputs)} rows are too many")
        return Values(inputs * 1.0)


def broker(model, batch_size: int | str = "auto") -> Broker:
    split = Split(
        name="audit", inputs=np.arange(len(LENGTHS)), targets=None, label_targets=None, groups={}, units=None,
        weights=None, digest="toy",
    )  # fmt: skip
    spec = AuditSpec(name="x", model=ModelSpec(adapter="toy", batch_size=batch_size), data=DataSpec(audit="a.csv"))

    @adapter("toy")
    def toy(path):  # noqa: ARG001  the contract's
        """A model."""
        return model

    plugin = types.ModuleType("toy_plugin")
    plugin.auditkit_register_adapters = hookimpl(lambda: [toy])
    return Broker(spec, Host([Plugin.of_module(plugin)]), AuditDataset("toy", split))


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore.open(tmp_path)


def plan_in(store):
    return store.get(plan_key("key"))


def test_the_longest_rows_come_first_and_answers_in_the_order_of_the_rows(store):
    model = Lengths()
    found = broker(model).predict_split("audit", store, "key")
    assert model.asked == [BY_LENGTH[:4], BY_LENGTH[4:]]
    assert found.values.tolist() == [0, 1, 2, 3, 4, 5, 6]
    plan = plan_in(store)
    assert (plan.order, plan.rows, plan.batch_size) == ("by length", 7, 4)


def test_one_batch_is_put_back_in_order_too(store):
    assert broker(Lengths(), 7).predict_split("audit", store, "key").values.tolist() == list(range(7))
    assert broker(Lengths(), 7).predict_split("audit", store, "key").values.tolist() == list(range(7))


def test_rows_of_no_split_are_sorted_too():
    model = Lengths()
    assert broker(model).predict(np.array([2, 1, 0])).values.tolist() == [2, 1, 0]
    assert model.asked == [[1, 0, 2]]
    assert broker(model).predict(np.arange(7), batch_size=3).values.tolist() == list(range(7))
    assert model.asked[1:] == [BY_LENGTH[:3], BY_LENGTH[3:6], BY_LENGTH[6:]]


def test_a_resumed_split_is_not_sized_again_and_runs_only_what_is_missing(store):
    class Tired(Lengths):
        def predict(self, inputs):
            if self.asked:
                raise RuntimeError("tired")
            return super().predict(inputs)

    with pytest.raises(CrashError, match="the model failed on rows 1, 7, 3: RuntimeError: tired"):
        broker(Tired()).predict_split("audit", store, "key")
    fresh = Lengths()
    fresh.sizes = None
    assert broker(fresh).predict_split("audit", store, "key").values.tolist() == list(range(7))
    assert fresh.asked == [BY_LENGTH[4:]]


def test_a_batch_that_does_not_fit_is_halved_and_the_size_is_fixed(store):
    model = Lengths(fits=1)
    assert broker(model).predict_split("audit", store, "key").values.tolist() == list(range(7))
    assert [len(batch) for batch in model.asked] == [4, 2, *[1] * 7]
    assert plan_in(store).batch_size == 1
    roomy = Lengths()
    broker(roomy).predict_split("audit", store, "key")
    assert roomy.asked == []


def test_a_first_batch_of_an_audit_that_was_killed_is_not_taken_for_one_of_another_size(store, monkeypatch):
    def killed(_, key, value, put=EvidenceStore.put):
        if key == plan_key("key"):
            raise KeyboardInterrupt
        put(store, key, value)

    with monkeypatch.context() as patch:
        patch.setattr(EvidenceStore, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            broker(Lengths()).predict_split("audit", store, "key")
    # The device has less memory this time: batches of 2 beside a kept one of 4 would be nine answers to seven rows.
    assert broker(Lengths(fits=2)).predict_split("audit", store, "key").values.tolist() == list(range(7))


class Many(Lengths):
    """400 rows, all as long; batches may grow to 64."""

    largest_batch = 64

    def sizes(self, inputs):
        return np.ones(len(inputs), dtype=np.int64)


def sizes_of(store, model, batch_size="auto"):
    """The batches that 400 rows were predicted in, and the size that the plan keeps."""
    made = broker(model, batch_size)
    split = dataclasses.replace(made.dataset.audit, inputs=np.arange(400))
    found = Broker(made.spec, made.host, AuditDataset("toy", split)).predict_split("audit", store, "key")
    assert found.values.tolist() == list(range(400))
    return [len(rows) for rows in model.asked], plan_in(store).batch_size


def test_a_batch_is_doubled_while_there_are_many_more_and_the_size_is_kept(store):
    # 16 would be more than a 32nd of the rows.
    assert sizes_of(store, Many()) == ([4, 8, *[8] * 49], 8)
    assert sizes_of(store, Many()) == ([], 8)


def test_a_batch_is_doubled_until_memory_refuses(store):
    assert sizes_of(store, Many(fits=6)) == ([4, 8, *[4] * 99], 4)


def test_what_did_not_fit_is_not_tried_again(store):
    assert sizes_of(store, Many(fits=3)) == ([4, 2, *[2] * 199], 2)


def test_a_size_that_the_user_set_is_not_doubled(store):
    assert sizes_of(store, Many(), 4) == ([4] * 100, 4)


def test_a_model_that_does_not_ask_for_it_is_not_doubled(store):
    model = Many()
    model.largest_batch = None
    assert sizes_of(store, model) == ([4] * 100, 4)


def test_a_largest_batch_that_is_none_names_the_adapter(store):
    model = Many()
    model.largest_batch = 0
    with pytest.raises(ModelError, match="adapter 'toy': its model's largest_batch is 0"):
        sizes_of(store, model)


def test_batches_of_torch_grow_on_a_gpu_alone():
    import torch

    from auditkit.devices import OnTorch, Placed, Replica

    class OfTorch(OnTorch):
        batch_size = 256

    made = OfTorch()
    for name, wanted in (("cpu", None), ("cuda:0", 4096)):
        made.place = Placed((Replica(None, torch.device(name)),))
        assert made.largest_batch == wanted


def test_a_size_that_the_user_set_is_not_halved(store):
    with pytest.raises(ModelError, match="adapter 'toy': batch_size = 6 is too large: 6 rows are too many") as caught:
        broker(Lengths(fits=2), 6).predict_split("audit", store, "key")
    assert caught.value.hint == '[model] batch_size = 3, or "auto", which tries smaller ones by itself'
    assert caught.value.exit_code == 2
    assert plan_key("key") not in store


def test_a_row_that_does_not_fit_alone_ends_the_audit(store):
    with pytest.raises(OutOfMemory, match="adapter 'toy': not even one row fits: 1 rows are too many") as caught:
        broker(Lengths(fits=0)).predict_split("audit", store, "key")
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_memory_that_is_lost_on_the_way_does_not_change_the_plan(store):
    class Shrinking(Lengths):
        def predict(self, inputs):
            self.fits = 4 if not self.asked else 2
            return super().predict(inputs)

    with pytest.raises(OutOfMemory, match="3 rows are too many; a batch as large fitted before") as caught:
        broker(Shrinking()).predict_split("audit", store, "key")
    assert caught.value.hint.endswith("[model] batch_size = 2")
    assert broker(Lengths()).predict_split("audit", store, "key").values.tolist() == list(range(7))


def test_rows_that_are_cut_are_counted_by_the_plan(store):
    broker(Lengths(limit=5)).predict_split("audit", store, "key")
    plan = plan_in(store)
    assert (plan.limit, plan.cut) == (5, 3)  # 9, 9 and 7 are longer than 5
    (note,) = cut_notes([plan])
    assert str(note) == "3 of 7 texts of the audit split were longer than 5 tokens and were cut"
    assert cut_notes([plan_of("audit", 7, 4, Work(LENGTHS, 9)), plan_of("audit", 7, 4, None)]) == ()


def test_rows_that_are_cut_to_one_length_stay_in_their_order():
    assert Work(LENGTHS, 5).order.tolist() == [1, 3, 4, 5, 0, 6, 2]


def test_the_digest_tells_orders_and_sizes_apart():
    def digest(sizes, batch=4, limit=None):
        return plan_of("audit", 3, batch, Work(np.array(sizes), limit)).digest

    digests = {digest([1, 2, 3]), digest([1, 3, 2]), digest([1, 2, 4]), digest([1, 2, 3], 2), digest([1, 2, 3], 4, 2)}
    assert len(digests) == 5
    assert plan_of("audit", 3, 4, None).digest not in digests


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (lambda _: [1, 2], r"its model's sizes have the shape \(2,\) and the type int64 for 7 rows"),
        (lambda _: LENGTHS * 1.0, "the type float64"),
        (lambda _: -LENGTHS, "the type int64 for 7 rows"),
    ],
)
def test_sizes_that_are_none_name_the_adapter(store, sizes, said):
    model = Lengths()
    model.sizes = sizes
    with pytest.raises(ModelError, match=f"adapter 'toy': .*{said}"):
        broker(model).predict_split("audit", store, "key")


def test_a_limit_that_is_none_names_the_adapter(store):
    with pytest.raises(ModelError, match="adapter 'toy': its model's limit is 0"):
        broker(Lengths(limit=0)).predict_split("audit", store, "key")


def test_a_model_that_cannot_tell_its_sizes_names_its_adapter(store):
    model = Lengths()
    model.sizes = lambda _: 1 / 0
    with pytest.raises(AuditError, match="adapter 'toy': the model failed to tell its rows' sizes: ZeroDivisionError"):
        broker(model).predict_split("audit", store, "key")


def test_an_unsound_answer_is_told_by_the_rows_own_number(store):
    model = Lengths()
    model.predict = lambda inputs: Values(np.where(inputs == 5, np.nan, 1.0))
    with pytest.raises(ModelError, match="in 1 rows, first in row 6"):
        broker(model).predict_split("audit", store, "key")


def test_each_batch_that_is_run_tells_how_far_predicting_is(tmp_path):
    told = []
    made = broker(Lengths(), batch_size=3)
    made.listen = told.append
    made.predict_split("audit", EvidenceStore.open(tmp_path), "key")
    # The first batch fixes the plan, and warms up: it is not counted. 9 9 7, then 5 3 2, then 1.
    assert [(one.split, one.done, one.of) for one in told] == [("audit", 2, 3), ("audit", 3, 3)]
    assert told[0].seconds_left > 0
    assert told[1].seconds_left == 0


def test_sizes_and_order_are_kept_in_half_the_memory_and_named_by_the_same_digest():
    """There are as many as rows; the digest is over 64 bits each, as it was when they were kept so."""
    work = Work(narrow(LENGTHS), None)
    assert work.sizes.dtype == work.order.dtype == work.done.dtype == np.int32
    assert work.order is work.order  # sorted once
    said = hashlib.sha256(b"by length:7:4:None")
    for numbers in (BY_LENGTH, LENGTHS):
        said.update(np.array(numbers, dtype="<i8").tobytes())
    assert plan_of("audit", len(LENGTHS), 4, work).digest == said.hexdigest()


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (np.array([2**31 - 1, 0], dtype=np.uint64), np.int32),
        (np.array([2**31, 0], dtype=np.uint64), np.int64),
        (np.array([], dtype=np.int64), np.int32),
        (np.array([3, -4], dtype=np.int8), np.int32),
        (np.array([-(2**40)]), np.int64),
        (np.array([1.5]), np.float64),
    ],
)
def test_whole_numbers_have_as_many_bits_as_they_need(numbers, kind):
    found = narrow(numbers)
    assert found.dtype == kind
    assert np.array_equal(found, numbers)


@pytest.mark.parametrize("most", [0, 3, 700, 10**6])
def test_rows_of_a_long_table_are_sorted_as_numpy_sorts_them(most):
    lengths = np.random.default_rng(4).integers(0, most + 1, 2 * PIECE + 77, dtype=np.int32)
    found = longest_first(lengths)
    assert found.dtype == np.int32
    assert np.array_equal(found, np.argsort(-lengths, kind="stable"))
    assert longest_first(lengths[:0]).tolist() == []
