"""Canonical JSON is written as the reference implementation writes it, whatever is in it."""

from __future__ import annotations

import math

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from auditkit.document import canonical_json
from auditkit.plain_json import written

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
@example({"\U0001f600": 1, "\uff61": 2})  # UTF-16 puts the first before the second, code points after it
@example([0.0, -0.0, 1.0, -1e15, 1e16, 1e21, 1e-4, 9.99e-5, 1e-6, 1e-7, 5e-324, 1.7976931348623157e308, 2.0**53, 1e300])
@example({"": [[], {}, ()], '\x7f\x1f"\\/\b\f\n\r\t\u2028': "é"})
def test_it_is_what_the_reference_writes(value):
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**53, "\ud800", {1: 2}, {"a": {1, 2}}, {None: 1}, b"x"], ids=repr
)
def test_what_has_no_canonical_form_is_refused_as_the_reference_does(value):
    assert written(value) is None
    with pytest.raises(Exception) as theirs:  # noqa: PT011  which it is, it alone says
        rfc8785.dumps(value)
    with pytest.raises(type(theirs.value)):
        canonical_json(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_each_number_is_read_back_as_it_was(value):
    assert float(canonical_json(value)) == value
