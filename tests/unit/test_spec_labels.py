"""Labels compare as strings, whatever brought them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.labels import canonical_label


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (10**16, "10000000000000000"),
        (1e16, "10000000000000000"),
        (float("inf"), "inf"),
        (True, "true"),
        (False, "false"),
        ("02", "02"),
        ("None", "None"),
        ("nan", "nan"),
        ("", ""),
        (np.int64(3), "3"),
        (np.float32(3), "3"),
        (np.float32(0.1), "0.1"),
        (np.bool_(True), "true"),  # noqa: FBT003  the value under test
        (np.str_("a"), "a"),
        (pd.Timestamp("2020-01-01"), "2020-01-01 00:00:00"),
    ],
)
def test_label(value: object, label: str) -> None:
    assert canonical_label(value) == label


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT])
def test_missing(value: object) -> None:
    assert canonical_label(value) is None


@given(st.text())
def test_text_is_never_touched(text: str) -> None:
    assert canonical_label(text) == text


@given(st.integers(-(2**53), 2**53))
def test_a_number_has_one_label(number: int) -> None:
    assert canonical_label(number) == canonical_label(float(number)) == canonical_label(np.int64(number))
