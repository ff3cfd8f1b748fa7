"""What a plugin's author meets: decorators that refuse what the report could not print, and errors that help."""

from __future__ import annotations

import pytest

from auditkit import ClassScores, LabelScores, Measurement, PolicyPack, adapter, check, exporter, loader, needs_extra
from auditkit.errors import PluginError


def documented(case):
    """How often. And more.

    The rest of the text.
    """
    yield Measurement.share("often", [case is None])


def test_a_check_is_named_by_its_docstring():
    made = check("area.thing", on=ClassScores)(documented)
    assert made.area == "area"
    assert made.title.startswith("How often")
    assert made.text == "The rest of the text."
    assert made.function == f"{__name__}:documented"
    assert made.on == (ClassScores,)


def test_a_check_can_be_called_like_the_function_that_it_was():
    (found,) = check("area.thing", on=ClassScores)(documented)(None)
    assert found.value == 1.0


def test_a_check_may_take_several_types_or_none():
    assert check("a.b", on=[ClassScores, LabelScores])(documented).on == (ClassScores, LabelScores)
    assert check("a.b", on=None)(documented).on is None


@pytest.mark.parametrize(
    "decorate",
    [check("area.thing", on=None), adapter("x"), loader("x"), exporter("x.txt")],
    ids=["check", "adapter", "loader", "exporter"],
)
def test_an_offer_without_a_docstring_is_refused(decorate):
    def mute(given):
        return given

    with pytest.raises(PluginError, match="has no docstring") as caught:
        decorate(mute)
    assert "title" in caught.value.hint


@pytest.mark.parametrize("name", ["nothing", "", "Area.thing", "area.", ".thing", "area.two words", "area.thing\n"])
def test_a_check_id_is_an_area_and_words_with_hyphens(name):
    with pytest.raises(PluginError, match="check id") as caught:
        check(name, on=None)(documented)
    assert "area.thing-in-words" in caught.value.hint


@pytest.mark.parametrize("on", [int, "ClassScores", [ClassScores, str], [3], Measurement])
def test_a_check_on_something_else_than_predictions_is_refused(on):
    with pytest.raises(PluginError, match="is not a prediction type"):
        check("area.thing", on=on)(documented)


def test_an_adapter_may_ask_for_keys_of_the_spec():
    @adapter("x", gives=ClassScores)
    def open_x(path, *, device: str, warm: bool = False):
        """A model."""
        return path, device, warm

    assert [option.name for option in open_x.options] == ["warm"]
    assert open_x.gives is ClassScores


def test_a_missing_library_says_what_to_install():
    with pytest.raises(PluginError, match="this needs a_library_that_is_not_there") as caught, needs_extra("models"):
        __import__("a_library_that_is_not_there.inside")
    assert caught.value.hint == "pip install 'auditkit[models]'"


def test_other_errors_pass_through_needs_extra():
    with pytest.raises(ValueError, match="my own"), needs_extra("models"):
        raise ValueError("my own")


def test_a_policy_pack_is_a_document():
    pack = PolicyPack(name="p", title="t", rules=())
    assert PolicyPack.from_json(pack.to_json()) == pack
