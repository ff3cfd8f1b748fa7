"""Documents read back as they were written; texts fill in what they are given, and reach for nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auditkit.document import Text, canonical_json, digest_of, fill
from auditkit.finding import Interval, Measurement

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
# Above 2**53 a whole double is written as an integer that RFC 8785 refuses to write again.
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=10,
)


@given(values)
def test_canonical_json_is_json_and_a_fixed_point(value):
    raw = canonical_json(value)
    assert json.loads(raw) == value
    assert canonical_json(json.loads(raw)) == raw


@given(st.dictionaries(words, numbers, min_size=1))
def test_order_of_keys_does_not_change_a_digest(value):
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)


@given(words, st.dictionaries(words, words | numbers))
def test_text_reads_back_as_it_was_written(msgid, params):
    text = Text(msgid=msgid, params=params)
    assert Text.from_json(text.to_json()).to_json() == text.to_json()


@given(words)
def test_what_a_parameter_says_is_never_filled_in_again(hostile):
    assert fill("<{name}>", {"name": hostile, hostile: "second"}) == f"<{hostile}>"


@pytest.mark.parametrize(
    "pattern", ["{name.__class__}", "{name[0]}", "{name!r}", "{0}", "{}", "{{name}", "{name:>10000}", "{other}"]
)
def test_text_reaches_into_nothing(pattern):
    shown = fill(pattern, {"name": "value"})
    assert shown in {pattern, "{value"}
    assert "class 'str'" not in shown


@pytest.mark.parametrize("hostile", ["{name}", "{other}", "\\1", "\\g<0>", "%s", "{{7*7}}", "<script>", "\x1b[31m"])
def test_hostile_parameter_stays_as_it_is(hostile):
    assert fill("{name} and {other}", {"name": hostile, "other": "x"}) == f"{hostile} and x"


@pytest.mark.parametrize(
    ("pattern", "value", "shown"),
    [
        ("{n}", 1234567, "1,234,567"),
        ("{n}", 0.12345, "0.123"),
        ("{n:percent}", 0.125, "12.5%"),
        ("{n:percent}", 0.1, "10%"),
        ("{n:percent}", "half", "half"),
    ],
)
def test_numbers_are_shown_as_people_read_them(pattern, value, shown):
    assert fill(pattern, {"n": value}) == shown


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_documents_hold_no_nan_and_no_infinity(bad):
    with pytest.raises(ValidationError):
        Measurement(metric="x", value=bad, n=1)
    with pytest.raises(ValidationError):
        Interval(low=0, high=bad, level=0.95, method="m")
    with pytest.raises(ValueError, match="not representable"):
        canonical_json({"x": bad})
