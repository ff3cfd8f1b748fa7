"""The hooks of one audit's plugins: registered against the contract, called in order; a fault names whose it is."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pluggy

from auditkit import hookspecs
from auditkit.checks.stopping import STOPPED
from auditkit.errors import PluginError
from auditkit.hosting.contract import never_called
from auditkit.hosting.discovery import Plugin

logger = logging.getLogger(__name__)


@contextmanager
def blamed_on(who: str) -> Iterator[None]:
    """Make whatever a plugin raises in this block a PluginError that names it; only what stops the audit passes."""
    try:
        yield
    except STOPPED:
        raise
    except BaseException as error:  # also a sys.exit of the plugin's: it must not look like the end of an audit
        raise PluginError(
            f"plugin {who} failed: {type(error).__name__}: {error}",
            hint="mend the plugin, or leave it out with [plugins] allow = [...]",
        ) from error


class Hooks:
    """Plugins that keep the contract, and what each answers to a hook."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        """Register plugins; a misspelt, unmarked or uncallable hook is a PluginError."""
        self._manager = pluggy.PluginManager("auditkit")
        self._manager.add_hookspecs(hookspecs)
        self._plugins = {_full_name(plugin): plugin for plugin in plugins}
        for plugin in plugins:
            self._register(plugin)

    def answers(self, hook: str, **facts: Any) -> Iterator[tuple[str, Any]]:
        """What each plugin answers to a hook, with its `DISTRIBUTION:NAME`; None is no answer."""
        for implementation in self._implementations(hook):
            with blamed_on(f"'{implementation.plugin_name}': {hook}"):
                answer = _call(implementation, facts)
            if answer is not None:
                yield implementation.plugin_name, answer

    def offers(self, hook: str) -> Iterator[tuple[Plugin, list[Any]]]:
        """What each plugin returns from an offering hook, in the order in which the plugins were given."""
        order = list(self._plugins)
        for implementation in sorted(self._implementations(hook), key=lambda one: order.index(one.plugin_name)):
            plugin = self._plugins[implementation.plugin_name]
            with blamed_on(f"'{plugin.name}' of '{plugin.distribution}': {hook}"):
                answer: Any = implementation.function()
                offers = list(answer)
            yield plugin, offers

    def watch(self, hook: str, **facts: Any) -> Iterator[str]:
        """Tell every watcher; yield what went wrong with each. None of it ends anything."""
        for implementation in self._implementations(hook):
            try:
                _call(implementation, facts)
            except STOPPED:
                raise
            except BaseException as error:  # a watcher ends nothing: it is logged, and told in the result
                logger.exception("watcher %s of %s failed", hook, implementation.plugin_name)
                # Not what it says: that may quote the data, and this is written into the result.
                yield f"{implementation.plugin_name}: {hook}: {type(error).__name__}"

    def offering(self, plugin: Plugin) -> tuple[str, ...]:
        """The names of the offering hooks that a plugin has, sorted."""
        hooks = self._manager.get_hookcallers(plugin.module) or ()
        return tuple(sorted(hook.name for hook in hooks if hook.name.startswith("auditkit_register_")))

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()

    def _register(self, plugin: Plugin) -> None:
        try:
            self._manager.register(plugin.module, name=_full_name(plugin))
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(
                f"plugin '{plugin.name}' of '{plugin.distribution}' breaks the contract: {error}",
                hint="the hooks are listed in docs/hooks.md",
            ) from error
        self._refuse_uncalled(plugin)
        for name, value in vars(plugin.module).items():
            if name.startswith("auditkit_") and inspect.isfunction(value) and not hasattr(value, "auditkit_impl"):
                raise PluginError(
                    f"plugin '{plugin.name}' of '{plugin.distribution}': '{name}' is not marked as a hook",
                    hint="write @hookimpl above it",
                )

    def _refuse_uncalled(self, plugin: Plugin) -> None:
        for hook in self._manager.get_hookcallers(plugin.module) or ():
            for implementation in hook.get_hookimpls():
                fault = never_called(hook, implementation) if implementation.plugin is plugin.module else None
                if fault is not None:
                    name = implementation.function.__name__
                    raise PluginError(
                        f"plugin '{plugin.name}' of '{plugin.distribution}': '{name}' {fault}",
                        hint="a hook is a plain function under @hookimpl, see docs/hooks.md",
                    )


def _full_name(plugin: Plugin) -> str:
    return f"{plugin.distribution}:{plugin.name}"


def _call(implementation: pluggy.HookImpl, facts: dict[str, Any]) -> Any:
    return implementation.function(*(facts[name] for name in implementation.argnames))
