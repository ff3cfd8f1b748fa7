"""What else a text classifier is asked for and cannot do: devices, lengths, rows without a text, a full memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import opened, refusal

from auditkit import AuditError, DataError, OutOfMemory


def test_a_device_that_is_not_there(tiny_bert):
    for name in ("nonsense", "cuda:7"):
        said, hint = refusal(tiny_bert, device=name)
        assert said.startswith(f"there is no device '{name}': torch says: ")
        assert hint.startswith("[model] device = ")


def test_lengths_that_the_model_cannot_take(tiny_bert):
    assert refusal(tiny_bert, max_length=49) == (
        "[model] max_length is 49, and this model takes at least 3 and at most 48",
        "max_length = 48, or leave it out",
    )
    assert refusal(tiny_bert, max_length=2)[0].startswith("[model] max_length is 2, ")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (["a", None], "the text in row 2 is missing or empty"),
        ([float("nan")], "the text in row 1 is missing or empty"),
        (["a", pd.NA], "the text in row 2 is missing or empty"),
        (["a", "  "], "the text in row 2 is missing or empty"),
        (["a", 3], "the input in row 2 is a int, not a text: 3"),
        (
            pd.DataFrame({"a": ["x"], "b": ["y"]}),
            "a text classifier reads one column, and [data] input names 2: 'a', 'b'",
        ),
    ],
)
def test_rows_without_a_text(tiny_bert, inputs, said):
    model = opened(tiny_bert)
    for ask in (model.sizes, model.predict):
        with pytest.raises(DataError) as caught:
            ask(inputs if isinstance(inputs, pd.DataFrame) else pd.Series(inputs, dtype=object))
        assert caught.value.message == said
        assert caught.value.hint


def test_a_table_of_one_column_is_texts(tiny_bert):
    texts = ["mild cough", "severe headache"]
    model = opened(tiny_bert)
    np.testing.assert_array_equal(
        model.predict(pd.DataFrame({"note": texts})).scores, model.predict(pd.Series(texts)).scores
    )


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory")])
def test_a_full_device_is_told_to_the_host(tiny_bert, error):
    model = opened(tiny_bert)

    def full(**_):
        raise error

    model.module.forward = full
    with pytest.raises(OutOfMemory, match="2 texts at once do not fit into the memory of 'cpu'"):
        model.predict(pd.Series(["mild cough", "rash"]))


def test_any_other_trouble_stays_what_it_is(tiny_bert):
    model = opened(tiny_bert)

    def wet(**_):
        raise RuntimeError("wet")

    model.module.forward = wet
    with pytest.raises(RuntimeError, match="wet"):
        model.predict(pd.Series(["mild cough"]))
    assert issubclass(OutOfMemory, AuditError)
