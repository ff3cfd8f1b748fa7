"""A model that misbehaves in this process: each fault is an error that names the adapter."""

from __future__ import annotations

import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, ModelError, Rankings, Values, adapter, hookimpl, loader
from auditkit.compute import Broker
from auditkit.data.reader import read_dataset
from auditkit.dataset import AuditDataset, Split
from auditkit.errors import AuditError, CrashError, DataError, PluginError
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.spec import AuditSpec, DataSpec, ModelSpec, read_spec

ROWS = 6


def host_of(open_model=None, load=None) -> Host:
    @adapter("toy")
    def toy(path):
        """A model."""
        return open_model(path)

    @loader("toy")
    def toy_loader(path):
        """A table."""
        return load(path)

    module = types.ModuleType("toy_plugin")
    module.auditkit_register_adapters = hookimpl(lambda: [toy])
    module.auditkit_register_loaders = hookimpl(lambda: [toy_loader])
    return Host([Plugin.of_module(module)])


def spec(batch_size: int | str = "auto") -> AuditSpec:
    return AuditSpec(
        name="x", model=ModelSpec(adapter="toy", batch_size=batch_size), data=DataSpec(loader="toy", audit="a.csv")
    )


def broker(predict, *, rows_a_batch: int | str = "auto", **attributes) -> Broker:
    model = types.SimpleNamespace(predict=predict, **attributes)
    split = Split(
        name="audit", inputs=np.arange(ROWS), targets=None, label_targets=None, groups={}, units=None, weights=None,
        digest="toy",
    )  # fmt: skip
    return Broker(spec(rows_a_batch), host_of(lambda _: model), AuditDataset("toy", split))


def predicted(tmp_path: Path, *given, **options):
    return broker(*given, **options).predict_split("audit", EvidenceStore.open(tmp_path), "key")


def raising(error):
    def raises(_):
        raise error

    return raises


@pytest.mark.parametrize("error", [ValueError("wet"), SystemExit(0), MemoryError()])
def test_a_model_that_raises_is_a_crash_that_names_its_adapter(tmp_path, error):
    with pytest.raises(CrashError, match="adapter 'toy': the model failed on rows 1 to 6: ") as caught:
        predicted(tmp_path, raising(error))
    assert type(error).__name__ in caught.value.message


def test_an_error_that_cannot_say_what_it_is_is_still_told(tmp_path):
    class MuteError(Exception):
        def __str__(self):
            raise ValueError

    with pytest.raises(CrashError, match="MuteError: it cannot say what went wrong"):
        predicted(tmp_path, raising(MuteError()))


def values(rows):
    return Values(rows * 1.0)


@pytest.mark.parametrize("said", ["x", 0, -1, 2.5, True])
def test_a_batch_size_that_is_none_names_the_adapter(tmp_path, said):
    with pytest.raises(ModelError, match="adapter 'toy': its model's batch_size is "):
        predicted(tmp_path, values, batch_size=said)


@pytest.mark.parametrize("said", [None, 1, np.int64(4), 1 << 62])
def test_a_model_may_say_how_large_its_batches_are(tmp_path, said):
    found = predicted(tmp_path, values, batch_size=said)
    assert list(vars(found)["values"]) == list(range(ROWS))


def test_what_the_next_batch_needs_is_begun_before_one_runs(tmp_path):
    calls = []

    def predict(rows):
        calls.append(("predict", *rows))
        return values(rows)

    found = predicted(tmp_path, predict, rows_a_batch=2, ahead=lambda rows: calls.append(("ahead", *rows)))
    assert list(vars(found)["values"]) == list(range(ROWS))
    later = [("ahead", 2, 3), ("ahead", 4, 5), ("predict", 2, 3), ("predict", 4, 5)]
    assert calls == [("predict", 0, 1), *later]
    calls.clear()
    model = broker(predict, rows_a_batch=2, ahead=lambda rows: calls.append(("ahead", *rows)))
    assert len(model.predict(np.arange(ROWS))) == ROWS
    assert calls == [("predict", 0, 1), *later]


def class_scores(rows):
    return ClassScores(("no", "yes"), np.full((len(rows), 2), 0.5))


def by_batch(first, second):
    return lambda rows: first(rows) if rows[0] == 0 else second(rows)


def rankings(width):
    return lambda rows: Rankings(("u",) * len(rows), np.full((len(rows), width), "x", dtype=object))


@pytest.mark.parametrize(
    ("predict", "words"),
    [
        (by_batch(class_scores, values), "in their type: ClassScores, then Values"),
        (by_batch(class_scores, lambda rows: ClassScores(("a", "b"), class_scores(rows).scores)), "in their classes"),
        (by_batch(rankings(1), rankings(2)), "in their columns"),
    ],
)
def test_batches_that_differ_name_the_adapter(tmp_path, predict, words):
    with pytest.raises(ModelError, match=f"adapter 'toy': the batches differ {words}"):
        predicted(tmp_path, predict, rows_a_batch=3)
    with pytest.raises(ModelError, match=f"adapter 'toy': the batches differ {words}"):
        broker(predict, rows_a_batch=3).predict(np.arange(ROWS))


def test_an_answer_that_is_not_sound_is_not_kept(tmp_path):
    with pytest.raises(ModelError, match="adapter 'toy': one of the values is missing, NaN or infinite in 1 rows"):
        predicted(tmp_path, lambda rows: Values(np.where(rows == 4, np.nan, 1.0)), rows_a_batch=3)


@pytest.mark.parametrize(
    ("open_model", "kind", "words"),
    [
        (raising(RuntimeError("shut")), CrashError, "adapter 'toy' could not open the model: RuntimeError: shut"),
        (raising(SystemExit(0)), CrashError, "adapter 'toy' could not open the model: SystemExit: 0"),
        (raising(ModelError("not mine", hint="look")), ModelError, "not mine"),
        (lambda _: None, PluginError, "adapter 'toy' gave a NoneType, which cannot predict"),
        (lambda _: types.SimpleNamespace(predict=3), PluginError, "which cannot predict"),
    ],
)
def test_a_model_that_does_not_open_names_the_adapter(open_model, kind, words):
    with pytest.raises(AuditError, match=words) as caught:
        host_of(open_model).open_model(spec())
    assert type(caught.value) is kind
    assert caught.value.hint


@pytest.mark.parametrize(
    ("load", "kind", "words"),
    [
        (raising(ValueError("wet")), CrashError, "loader 'toy' could not read 'a.csv': ValueError: wet"),
        (raising(SystemExit(0)), CrashError, "loader 'toy' could not read 'a.csv': SystemExit: 0"),
        (lambda _: None, PluginError, "loader 'toy' gave a NoneType for 'a.csv'"),
        (lambda _: [1, 2], PluginError, "loader 'toy' gave a list for 'a.csv'"),
    ],
)
def test_a_table_that_is_not_read_names_the_loader(load, kind, words):
    with pytest.raises(AuditError, match=words) as caught:
        host_of(load=load).read_table(spec(), Path("a.csv"))
    assert type(caught.value) is kind
    assert caught.value.hint


@pytest.mark.parametrize("columns", [["a", "a"], [("a", "b"), ("a", "c")]])
def test_columns_that_share_a_name_are_refused_by_the_loaders_name(tmp_path, columns):
    index = pd.MultiIndex.from_tuples(columns) if isinstance(columns[0], tuple) else columns
    (tmp_path / "a.csv").touch()
    (tmp_path / "audit.toml").write_text(
        'name = "x"\n[model]\nadapter = "toy"\n[data]\nloader = "toy"\naudit = "a.csv"\ninput = ["a"]\n'
    )
    host = host_of(load=lambda _: pd.DataFrame([[1, 2]], columns=index))
    with pytest.raises(DataError, match=r"loader 'toy': the name '.*' does not stand for one column"):
        read_dataset(read_spec(tmp_path / "audit.toml"), host)
