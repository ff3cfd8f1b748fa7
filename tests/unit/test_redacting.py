"""Personal data found by what plugins offer, and taken out; a recogniser that misbehaves shows nothing."""

from __future__ import annotations

import pickle
import re
import types
from dataclasses import dataclass

import numpy as np
import pytest

from auditkit import Case, ClassScores, NotApplicable, hookimpl
from auditkit.errors import PluginError
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.redacting import Personal, personal_in, redacted
from auditkit.testing import toy_case


@dataclass(frozen=True)
class Span:
    start: int
    end: int


@dataclass(frozen=True)
class Finds:
    kind: str
    pattern: str

    def find(self, text):
        return [Span(*found.span()) for found in re.finditer(self.pattern, text)]


DIGITS, DATES = Finds("number", r"\d+"), Finds("date", r"\d+-\d+-\d+")


def case_with(*recognisers) -> Case[ClassScores]:
    return toy_case(ClassScores(("no", "yes"), np.array([[0.4, 0.6]])), recognisers=recognisers)


def test_places_that_overlap_are_one_of_the_first_ones_kind() -> None:
    assert personal_in("on 1-2-26 at 7", (DATES, DIGITS)) == (Personal("date", 3, 9), Personal("number", 13, 14))
    assert personal_in("on 1-2-26", (DIGITS, DATES)) == (Personal("number", 3, 9),)


def test_each_place_gives_way_to_its_kind() -> None:
    text = "on 1-2-26 at 7"
    assert redacted(text, personal_in(text, (DATES, DIGITS))) == "on [date] at [number]"
    assert case_with(DATES).redacted(text) == "on [date] at 7"
    assert case_with(DATES).redacted("nothing") == "nothing"


def test_without_recognisers_nobody_would_know() -> None:
    with pytest.raises(NotApplicable, match="not shown without"):
        case_with().redacted("nothing")


@pytest.mark.parametrize("span", [Span(-1, 2), Span(2, 2), Span(3, 99)])
def test_a_place_that_the_text_does_not_have_is_a_fault(span) -> None:
    wrong = types.SimpleNamespace(kind="wrong", find=lambda _: [span])
    with pytest.raises(PluginError, match="'wrong' says a place"):
        personal_in("a text", (wrong,))


def test_one_that_raises_is_named_and_nothing_is_shown() -> None:
    def find(_):
        raise RuntimeError("broken")

    with pytest.raises(PluginError, match="recogniser 'wrong' failed"):
        personal_in("a text", (types.SimpleNamespace(kind="wrong", find=find),))


def test_a_case_keeps_them_in_another_process() -> None:
    assert pickle.loads(pickle.dumps(case_with(DATES).broker)).recognisers == (DATES,)


def host_offering(offered) -> Host:
    module = types.ModuleType("offering")

    def auditkit_register_recognisers():
        return offered

    module.auditkit_register_recognisers = hookimpl(auditkit_register_recognisers)
    return Host([Plugin("offering", module, "offering", "1", "0" * 64)])


def test_a_host_has_what_its_plugins_offer() -> None:
    assert host_offering([DATES, DIGITS]).recognisers == (DATES, DIGITS)


@pytest.mark.parametrize("offered", ["date", types.SimpleNamespace(kind=3, find=len), types.SimpleNamespace(kind="a")])
def test_what_is_no_recogniser_is_refused_by_name(offered) -> None:
    with pytest.raises(PluginError, match="plugin 'offering' of 'offering' offered"):
        host_offering([offered])


def test_the_privacy_plugin_offers_its_own() -> None:
    host = Host.installed()
    assert {"e-mail address", "phone number"} <= {one.kind for one in host.recognisers}
    assert redacted("to a.b@example.org", personal_in("to a.b@example.org", host.recognisers)) == "to [e-mail address]"
