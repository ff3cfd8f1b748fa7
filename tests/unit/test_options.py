"""Keyword-only parameters become options: validated, explained, and never silently taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from auditkit.errors import PluginError
from auditkit.options import OptionError, TextFile, describe_options, given_by_host, said_options, validate_options
from auditkit.plugin import check

if TYPE_CHECKING:
    from decimal import Decimal


def open_model(
    path: Path, *, device: str, depth: int = 3, ratio: float = 0.5, way: Literal["fast", "slow"] = "fast", name: str
):
    """A function with options."""
    return path, device, depth, ratio, way, name


def given(**options: Any) -> dict[str, Any]:
    return validate_options(open_model, options, owner="adapter 'x'", beside=("batch_size", "path"))


def refused(**options: Any) -> OptionError:
    with pytest.raises(OptionError) as caught:
        given(**options)
    return caught.value


def test_defaults_are_filled_in_and_keys_of_the_spec_left_to_the_host():
    assert given(name="a") == {"depth": 3, "ratio": 0.5, "way": "fast", "name": "a"}
    assert given_by_host(open_model) == ("device",)


def test_options_are_described_with_types_and_defaults():
    described = {option.name: (option.type, option.default, option.required) for option in describe_options(open_model)}
    assert described == {
        "depth": ("int", 3, False),
        "ratio": ("float", 0.5, False),
        "way": ("Literal['fast', 'slow']", "fast", False),
        "name": ("str", None, True),
    }


def test_an_unknown_option_is_refused_with_the_nearest_one():
    error = refused(name="a", dpeth=3)
    assert error.message == "adapter 'x' has no option 'dpeth'"
    assert error.hint == "did you mean 'depth'?"
    assert error.key == "dpeth"


def test_a_misspelt_key_of_the_spec_is_recognised_among_the_options():
    assert refused(name="a", batchsize=3).hint == "did you mean 'batch_size'?"


def test_an_option_unlike_any_other_is_answered_with_all_of_them():
    assert refused(name="a", zzz=1).hint == "its options are: depth, name, ratio, way"


def test_a_missing_option_is_refused():
    error = refused()
    assert error.message == "adapter 'x' needs the option 'name'"
    assert error.hint == 'add: name = "..."'


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("depth", "3", "a whole number"),
        ("depth", 3.5, "a whole number"),
        ("depth", True, "a whole number"),
        ("ratio", "0.5", "a number"),
        ("way", "medium", "one of 'fast', 'slow'"),
        ("name", 3, "a text"),
        ("name", None, "a text"),
    ],
)
def test_a_value_of_another_type_is_never_converted(option, value, wanted):
    error = refused(**{"name": "a", option: value})
    assert f"option '{option}' is {value!r}, wanted {wanted}" in error.message
    assert error.key == option
    assert error.hint


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ({"names": "a"}, "option 'names' is 'a', wanted a list of texts", 'for example: names = ["..."]'),
        (
            {"file": 3},
            "option 'file' is 3, wanted the name of a file beside the spec",
            'for example: file = "FILE", a text file beside the spec',
        ),
        ({"most": "x"}, "option 'most' is 'x', wanted a whole number", "for example: most = 1"),
    ],
)
def test_what_may_be_left_out_is_told_in_words_and_as_toml(value, message, hint):
    def check(case, *, names: tuple[str, ...] = (), file: TextFile | None = None, most: int | None = None):
        """Nothing."""

    with pytest.raises(OptionError) as refused_:
        validate_options(check, value, owner="it")
    assert refused_.value.message == f"it: {message}"
    assert refused_.value.hint == hint


def test_a_whole_number_is_a_float():
    assert given(name="a", ratio=1)["ratio"] == 1.0


def test_an_option_whose_type_cannot_be_read_is_the_plugins_mistake():
    def hidden(case, *, amount: Decimal):
        """A check whose option's type is imported for type checkers alone."""
        return case, amount

    with pytest.raises(PluginError, match=r"the options of '.*hidden' cannot be read") as caught:
        validate_options(hidden, {}, owner="check 'a.b'")
    assert "TYPE_CHECKING" in caught.value.hint


def test_a_check_may_not_name_an_option_like_a_key_of_the_spec():
    def clashing(case, *, threshold: float = 0.5):
        """A check that takes the name of a key."""
        return case, threshold

    with pytest.raises(PluginError, match="option 'threshold' is a key of the spec"):
        check("a.b", on=None)(clashing)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_option_that_is_no_finite_number_is_refused(value):
    error = refused(name="a", ratio=value)
    assert error.key == "ratio"


def test_options_are_said_as_a_spec_writes_them_and_empty_ones_are_not():
    options = {"strata": "", "against": {"sex": "F"}, "audited": None, "depth": 2, "both": True, "labels": []}
    assert said_options(options) == 'against = {sex = "F"}, both = true, depth = 2'
    assert not said_options({"audited": None})


def test_a_hint_is_something_to_type():
    def question(*, kind: Literal["old", "new"], when: date | None = None):
        return kind, when

    for options, hint in [({}, 'write kind = "old" or "new"'), ({"kind": "x"}, 'write kind = "old" or "new"')]:
        with pytest.raises(OptionError) as caught:
            validate_options(question, options, owner="it")
        assert caught.value.hint == hint
    with pytest.raises(OptionError) as caught:
        validate_options(question, {"kind": "old", "when": "yesterday"}, owner="it")
    assert caught.value.hint == "for example: when = 2026-11-22"


def test_a_missing_option_is_told_as_it_is_written():
    def needy(case, *, label: str, file: TextFile, count: int):
        """Nothing."""

    for given, wanted in (
        ({}, 'add: label = "..."'),
        ({"label": "a"}, 'add: file = "FILE", a text file beside the spec'),
    ):
        with pytest.raises(OptionError) as refused:
            validate_options(needy, given, owner="it")
        assert refused.value.hint == wanted
