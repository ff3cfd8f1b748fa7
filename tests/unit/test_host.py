"""The Host: clashes, misspelt hooks and broken plugins are errors that name whose they are; watchers only watch."""

from __future__ import annotations

import types
from asyncio import CancelledError
from typing import Any

import pytest

from auditkit import ClassScores, Measurement, PolicyPack, Rule, adapter, check, exporter, hookimpl, loader
from auditkit.checks.stopping import Terminated
from auditkit.errors import AuditError, PluginError
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.spec import AuditSpec, CheckSpec, DataSpec, ModelSpec


def made_check(name: str):
    @check(name, on=ClassScores)
    def one(case, *, depth: int = 2):
        """A question."""
        yield Measurement.share("x", [bool(case), bool(depth)])

    return one


def needy_check(name: str):
    @check(name, on=ClassScores)
    def one(case, *, metric: str):
        """A question that needs an option."""
        yield Measurement.share(metric, [bool(case)])

    return one


@adapter("toy")
def open_toy(path):
    """A model."""
    return path


@loader("toy")
def load_toy(path):
    """A table."""
    return path


def plugin(name: str, **hooks: Any) -> Plugin:
    """A plugin whose hooks return what is given, or are the functions that are given."""
    module = types.ModuleType(name)
    for hook, given in hooks.items():
        full = hook if hook.startswith("auditkit_") else f"auditkit_register_{hook}"
        function = given if callable(given) else _returning(given)
        setattr(module, full, hookimpl(function))
    return Plugin(name, module, f"{name}-distribution", "1.0", "0" * 64)


def _returning(value: Any):
    def hook():
        return value

    return hook


def spec(*checks: CheckSpec) -> AuditSpec:
    return AuditSpec(name="x", model=ModelSpec(adapter="toy"), data=DataSpec(loader="toy", audit="a"), checks=checks)


def ids(host: Host, *uses: CheckSpec) -> list[str]:
    return [item.check.id for item in host.plan(spec(*uses))]


def test_two_plugins_with_one_name_are_an_error_that_names_both():
    with pytest.raises(PluginError) as caught:
        Host([plugin("one", checks=[made_check("a.b")]), plugin("two", checks=[made_check("a.b")])])
    assert "'a.b'" in caught.value.message
    assert "one-distribution" in caught.value.message
    assert "two-distribution" in caught.value.message
    assert "allow" in caught.value.hint


@pytest.mark.parametrize(("kind", "offer"), [("adapters", open_toy), ("loaders", load_toy)])
def test_adapters_and_loaders_clash_too(kind, offer):
    with pytest.raises(PluginError, match="'toy' is offered by 'one-distribution'"):
        Host([plugin("one", **{kind: [offer]}), plugin("two", **{kind: [offer]})])


def test_an_adapter_and_a_loader_may_have_the_same_name():
    host = Host([plugin("one", adapters=[open_toy]), plugin("two", loaders=[load_toy])])
    assert host.owner_of(open_toy).name == "one"
    assert host.owner_of(load_toy).name == "two"


def test_policies_clash_too():
    pack = PolicyPack(name="strict", title="Strict", rules=(Rule(metric="x", max=1, because="y"),))
    with pytest.raises(PluginError, match="'strict' is offered by"):
        Host([plugin("one", policies=[pack]), plugin("two", policies=[pack])])


def test_a_misspelt_hook_names_the_plugin():
    with pytest.raises(PluginError) as caught:
        Host([plugin("one", auditkit_register_chekcs=[made_check("a.b")])])
    assert "'one-distribution'" in caught.value.message
    assert "auditkit_register_chekcs" in caught.value.message


def test_a_hook_that_is_not_marked_is_an_error_and_not_silence():
    module = types.ModuleType("forgetful")
    module.auditkit_register_checks = _returning([made_check("a.b")])
    with pytest.raises(PluginError, match="'auditkit_register_checks' is not marked as a hook") as caught:
        Host([Plugin.of_module(module)])
    assert "@hookimpl" in caught.value.hint


def marked(function, **options) -> Plugin:
    """A plugin with one function, marked as it says."""
    module = types.ModuleType("one")
    setattr(module, function.__name__, hookimpl(**options)(function))
    return Plugin("one", module, "one-distribution", "1.0", "0" * 64)


def test_a_hook_under_another_name_is_called():
    host = Host([marked(_returning([made_check("a.b")]), specname="auditkit_register_checks")])
    assert list(host.checks) == ["a.b"]
    assert host.owner_of(host.checks["a.b"]).name == "one"
    assert host.records()[0].hooks == ("auditkit_register_checks",)


def test_a_list_may_be_given_by_a_generator():
    def auditkit_register_checks():
        yield made_check("a.b")

    assert list(Host([marked(auditkit_register_checks)]).checks) == ["a.b"]


def yielding(check):
    yield check


async def awaiting(check):
    return check


async def awaiting_and_yielding(check):
    yield check


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        (yielding, {"wrapper": True}, "'yielding' is a wrapper"),
        (yielding, {"hookwrapper": True}, "'yielding' is a wrapper"),
        (yielding, {}, "'yielding' yields"),
        (awaiting, {}, "'awaiting' is asynchronous"),
        (awaiting_and_yielding, {}, "'awaiting_and_yielding' is asynchronous"),
        (awaiting, {"specname": "auditkit_check_strated", "optionalhook": True}, "which is no hook"),
    ],
)
def test_a_hook_that_would_never_run_is_an_error_that_names_the_plugin(function, options, words):
    with pytest.raises(PluginError, match=f"'one' of 'one-distribution': .*{words}"):
        Host([marked(function, **({"specname": "auditkit_check_started"} | options))])


def test_a_hook_that_asks_for_what_there_is_not_names_the_plugin():
    def auditkit_check_started(check, colour):
        return check, colour

    with pytest.raises(PluginError, match="colour"):
        Host([plugin("one", auditkit_check_started=auditkit_check_started)])


@pytest.mark.parametrize("offer", [["a string"], [open_toy], [None], 3, None])
def test_an_offer_of_the_wrong_kind_names_the_plugin(offer):
    with pytest.raises(PluginError, match="'one' of 'one-distribution'"):
        Host([plugin("one", checks=offer)])


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(0), KeyError("x"), CancelledError()])
def test_a_hook_that_raises_names_the_plugin(error):
    def auditkit_register_checks():
        raise error

    with pytest.raises(PluginError, match="'one-distribution': auditkit_register_checks failed"):
        Host([plugin("one", checks=auditkit_register_checks)])


def test_offers_do_not_depend_on_the_order_of_plugins():
    plugins = [plugin(name, checks=[made_check(f"{name}.x")]) for name in ("b", "a", "c")]
    assert list(Host(plugins).checks) == list(Host(plugins[::-1]).checks) == ["a.x", "b.x", "c.x"]


def test_watchers_that_raise_neither_stop_the_audit_nor_the_others():
    heard = []

    def raises(check):
        heard.append("first")
        raise ValueError(check)

    def leaves():
        heard.append("second")
        raise SystemExit(0)

    def listens(check):
        heard.append(check)

    names = ("one", "two", "three")
    watchers = zip(names, (raises, leaves, listens), strict=True)
    host = Host([plugin(name, auditkit_check_started=function) for name, function in watchers])
    troubles = host.watch("auditkit_check_started", check="a.b")
    assert sorted(heard) == ["a.b", "first", "second"]
    assert len(troubles) == 2
    assert any("ValueError" in trouble and "one" in trouble for trouble in troubles)


def raising(error):
    def hook():
        raise error

    return hook


@pytest.mark.parametrize("error", [CancelledError(), GeneratorExit(), BaseExceptionGroup("x", [ValueError()])])
def test_nothing_that_a_watcher_raises_ends_the_audit(error):
    host = Host([plugin("one", auditkit_check_finished=raising(error))])
    (trouble,) = host.watch("auditkit_check_finished", finding=None)
    assert trouble.endswith(type(error).__name__)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Terminated()])
@pytest.mark.parametrize("tell", [Host.watch, Host.ask])
def test_the_users_own_stop_goes_through_a_plugin(stop, tell):
    host = Host([plugin("one", auditkit_template_dirs=raising(stop))])
    with pytest.raises(type(stop)):
        tell(host, "auditkit_template_dirs")


def test_without_checks_in_the_spec_everything_that_needs_no_option_is_planned():
    host = Host([plugin("one", checks=[made_check("a.x"), needy_check("a.needy"), made_check("b.x")])])
    assert ids(host) == ["a.x", "b.x"]


def test_an_area_stands_for_its_checks_and_one_named_apart_is_not_run_twice():
    host = Host([plugin("one", checks=[made_check("a.x"), made_check("a.y"), made_check("b.x")])])
    assert ids(host, CheckSpec(use="a")) == ["a.x", "a.y"]
    planned = host.plan(spec(CheckSpec(use="a"), CheckSpec(use="a.x", options={"depth": 5})))
    assert [(item.check.id, item.options) for item in planned] == [("a.y", {"depth": 2}), ("a.x", {"depth": 5})]


def test_options_that_a_check_does_not_accept_are_refused_when_planning():
    def even(*, depth: int):
        if depth % 2:
            raise AuditError(f"depth '{depth}' is odd", hint="depth = 2")

    @check("a.picky", on=ClassScores, accepts=even)
    def picky(case, *, depth: int = 2):
        """A question of even depth."""
        yield Measurement.share("x", [bool(case), bool(depth)])

    host = Host([plugin("one", checks=[picky])])
    assert ids(host, CheckSpec(use="a.picky", options={"depth": 4})) == ["a.picky"]
    with pytest.raises(AuditError, match="depth is refused: depth '3' is odd") as caught:
        host.plan(spec(CheckSpec(use="a.picky", options={"depth": 3})))
    assert caught.value.hint == "depth = 2"


def test_an_option_that_is_refused_is_the_one_that_the_message_quotes():
    def fits(*, depth: int, least: int):
        raise AuditError(f"option 'least' is '{least}', beside {depth}", hint="least = 1")

    @check("a.picky", on=ClassScores, accepts=fits)
    def picky(case, *, depth: int = 2, least: int = 1):
        """A question of two options."""
        yield Measurement.share("x", [bool(case), bool(depth), bool(least)])

    host = Host([plugin("one", checks=[picky])])
    with pytest.raises(AuditError, match="least is refused"):
        host.plan(spec(CheckSpec(use="a.picky", options={"depth": 3, "least": 0})))


def test_the_same_check_with_other_options_is_another_check():
    host = Host([plugin("one", checks=[made_check("a.x")])])
    uses = [CheckSpec(use="a.x", options={"depth": depth}) for depth in (1, 3, 1)]
    planned = host.plan(spec(*uses))
    assert [item.options["depth"] for item in planned] == [1, 3]
    assert planned[0].identity != planned[1].identity


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (CheckSpec(use="a.xx"), ("'a.xx' is not installed", "did you mean 'a.x'?")),
        (CheckSpec(use="aa"), ("no check or area named 'aa'", "a")),
        (CheckSpec(use="a", options={"depth": 3}), ("option 'depth' is given to the area 'a'", "use = 'a.")),
        (CheckSpec(use="a.x", options={"dpeth": 3}), ("has no option 'dpeth'", "did you mean 'depth'?")),
        (CheckSpec(use="a.x", options={"depth": "3"}), ("option 'depth' is '3', wanted a whole number", "depth = 2")),
        (CheckSpec(use="a.needy"), ("needs the option 'metric'", 'metric = "..."')),
    ],
)
def test_a_check_that_cannot_be_planned_is_refused(use, words):
    host = Host([plugin("one", checks=[made_check("a.x"), needy_check("a.needy")])])
    with pytest.raises(AuditError) as caught:
        host.plan(spec(use))
    assert words[0] in caught.value.message
    assert words[1] in caught.value.hint


def test_an_adapter_that_is_not_installed_is_refused():
    host = Host([plugin("one", adapters=[open_toy])])
    asked = spec().model_copy(update={"model": ModelSpec(adapter="toyy")})
    with pytest.raises(AuditError, match="adapter 'toyy' is not installed"):
        host.adapter_for(asked)


def test_the_record_of_a_plugin_says_where_it_came_from():
    (record,) = Host([plugin("one", checks=[made_check("a.x")])]).records()
    assert (record.name, record.distribution, record.version) == ("one", "one-distribution", "1.0")
    assert record.digest == "0" * 64
    assert record.hooks == ("auditkit_register_checks",)


def test_a_hook_that_is_asked_later_and_raises_names_the_plugin():
    def auditkit_make_signer():
        raise SystemExit(0)

    host = Host([plugin("one", auditkit_make_signer=auditkit_make_signer)])
    with pytest.raises(PluginError, match="one-distribution:one': auditkit_make_signer failed"):
        host.ask("auditkit_make_signer", options={})


def test_a_hook_that_is_asked_later_may_leave_it_to_others():
    answers = {"one": None, "two": "the answer"}
    host = Host([plugin(name, auditkit_make_signer=_returning(answer)) for name, answer in answers.items()])
    assert host.ask("auditkit_make_signer", options={}) == ["the answer"]


@pytest.mark.parametrize(("gives", "words"), [("text", "gave a str"), (None, "gave a NoneType")])
def test_an_exporter_that_gives_no_bytes_names_the_plugin(gives, words):
    @exporter("x.txt")
    def export(result):
        """A format."""
        assert result == "the result"
        return gives

    with pytest.raises(PluginError, match=f"'one-distribution': exporter 'x.txt' {words}"):
        Host([plugin("one", exporters=[export])]).export("the result")
