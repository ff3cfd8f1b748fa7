"""The Host: knows every plugin's offers by name, opens what a spec asks for. An object, never a global."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from auditkit import hookspecs
from auditkit.contract import never_called
from auditkit.discovery import Plugin, find_plugins, refuse_failures, unknown_distributions
from auditkit.errors import AuditError, CrashError, PluginError, did_you_mean, words_of
from auditkit.options import OptionError, given_by_host, validate_options
from auditkit.plugin import Adapter, Check, Exporter, Loader, Offer
from auditkit.policy import PolicyPack
from auditkit.result import AuditResult, PluginRecord
from auditkit.stopping import STOPPED

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.spec import AuditSpec, CheckSpec

logger = logging.getLogger(__name__)

Offered = TypeVar("Offered", bound=Offer)


@dataclass(frozen=True)
class Planned:
    """One check that will run, with its options. Two uses of a check with other options are two of these."""

    check: Check
    options: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from any other: the check's id, and its options as canonical JSON."""
        from auditkit.document import canonical_json

        return self.check.id, canonical_json(_plain(self.options)).decode()


class Host:
    """All plugins of one audit, and what they offer."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        """Register plugins; a misspelt hook, a clash of names or a wrong offer is a PluginError."""
        self.plugins = tuple(plugins)
        self._manager = pluggy.PluginManager("auditkit")
        self._manager.add_hookspecs(hookspecs)
        self._owners: dict[tuple[type[Offer], str], Plugin] = {}
        for plugin in self.plugins:
            self._register(plugin)
        self.adapters = self._collect("auditkit_register_adapters", Adapter)
        self.loaders = self._collect("auditkit_register_loaders", Loader)
        self.checks = self._collect("auditkit_register_checks", Check)
        self.exporters = self._collect("auditkit_register_exporters", Exporter)
        for exporter in self.exporters.values():
            _refuse_file_name(exporter.id, self.owner_of(exporter))
        self.policies = {pack.name: pack for pack in self._policies()}

    @classmethod
    def installed(cls, spec: AuditSpec | None = None) -> Host:
        """All plugins that are installed and that the spec allows.

        Raises:
            PluginError: one of them cannot be imported, is not the pinned one, or breaks the contract.
            SpecError: the spec allows or pins a distribution that is not installed.
        """
        if spec is not None:
            _refuse_unknown(spec)
        rules = spec.plugins if spec else None
        loaded, failed = find_plugins(rules.allow if rules else None, rules.pin if rules else None)
        refuse_failures(failed)
        if not loaded:
            raise PluginError("no plugin is loaded", hint="pip install auditkit, or name it in [plugins] allow")
        return cls(loaded)

    def ask(self, hook: str, **facts: Any) -> list[Any]:
        """What each plugin answers to a hook that is not collected when the Host is built; None is no answer."""
        return [answer for _, answer in self.answers(hook, **facts)]

    def answers(self, hook: str, **facts: Any) -> list[tuple[str, Any]]:
        """The same, each with the plugin whose it is, as `DISTRIBUTION:NAME`.

        Raises:
            PluginError: one of them raised.
        """
        answers = []
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            try:
                answer = implementation.function(*(facts[name] for name in implementation.argnames))
            except STOPPED:
                raise
            except BaseException as error:
                raise _failed(f"'{implementation.plugin_name}': {hook}", error) from error
            if answer is not None:
                answers.append((implementation.plugin_name, answer))
        return answers

    def template_dirs(self) -> list[Path]:
        """The folders of templates that plugins offer.

        Raises:
            PluginError: one of them is no path, or no folder.
        """
        folders = []
        for plugin, offered in self.answers("auditkit_template_dirs"):
            try:
                folders += [Path(folder) for folder in offered]
            except STOPPED:
                raise
            except BaseException as error:
                raise _failed(f"'{plugin}': auditkit_template_dirs", error) from error
            for folder in folders:
                if not folder.is_dir():
                    raise PluginError(
                        f"plugin '{plugin}': auditkit_template_dirs: there is no folder '{folder}'",
                        hint="it returns a list of paths of folders",
                    )
        return folders

    def export(self, result: AuditResult) -> dict[str, bytes]:
        """The result in every format that plugins offer: file name -> content.

        Raises:
            PluginError: an exporter raised, or gave something else than bytes.
        """
        files = {}
        for name, exporter in self.exporters.items():
            who = f"'{self.owner_of(exporter).distribution}': exporter '{name}'"
            try:
                files[name] = exporter.run(result)
            except STOPPED:
                raise
            except BaseException as error:
                raise _failed(who, error) from error
            if not isinstance(files[name], bytes):
                raise PluginError(f"plugin {who} gave a {type(files[name]).__name__}", hint="it returns bytes")
        return files

    def watch(self, hook: str, **facts: Any) -> list[str]:
        """Tell every watcher; return what went wrong with them. A watcher can neither break nor change an audit."""
        troubles = []
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            try:
                implementation.function(*(facts[name] for name in implementation.argnames))
            except STOPPED:
                raise
            except BaseException as error:
                logger.exception("watcher %s of %s failed", hook, implementation.plugin_name)
                # Not what it says: that may quote the data, and this is written into the result.
                troubles.append(f"{implementation.plugin_name}: {hook}: {type(error).__name__}")
        return troubles

    def _register(self, plugin: Plugin) -> None:
        try:
            self._manager.register(plugin.module, name=f"{plugin.distribution}:{plugin.name}")
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

    def _offers(self, hook: str) -> Iterator[tuple[Plugin, Any]]:
        """What each plugin returns from an offering hook, with whose it is."""
        owners = {f"{plugin.distribution}:{plugin.name}": plugin for plugin in self.plugins}
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for implementation in sorted(implementations, key=lambda one: list(owners).index(one.plugin_name)):
            plugin = owners[implementation.plugin_name]
            try:
                offers = list(implementation.function())
            except STOPPED:
                raise
            except BaseException as error:
                raise _failed(f"'{plugin.name}' of '{plugin.distribution}': {hook}", error) from error
            yield plugin, offers

    def _collect(self, hook: str, kind: type[Offered]) -> dict[str, Offered]:
        found: dict[str, Offered] = {}
        for plugin, offers in self._offers(hook):
            for offer in offers:
                if not isinstance(offer, kind):
                    raise PluginError(
                        f"plugin '{plugin.name}' of '{plugin.distribution}': {hook} returned {offer!r}",
                        hint=f"it returns a list of what @{kind.__name__.lower()} makes",
                    )
                _refuse_clash(offer.id, plugin, self._owners.get((kind, offer.id)))
                found[offer.id] = offer
                self._owners[kind, offer.id] = plugin
        return dict(sorted(found.items()))

    def _policies(self) -> Iterator[PolicyPack]:
        owners: dict[str, Plugin] = {}
        for plugin, packs in self._offers("auditkit_register_policies"):
            for pack in packs:
                if not isinstance(pack, PolicyPack):
                    raise PluginError(f"plugin '{plugin.name}' of '{plugin.distribution}' offered {pack!r} as a policy")
                _refuse_clash(pack.name, plugin, owners.get(pack.name))
                owners[pack.name] = plugin
                yield pack

    def owner_of(self, offer: Offer) -> Plugin:
        """The plugin that offered it."""
        kind = next(kind for kind in (Adapter, Loader, Check, Exporter) if isinstance(offer, kind))
        return self._owners[kind, offer.id]

    def records(self) -> tuple[PluginRecord, ...]:
        """What was loaded, for the result."""
        return tuple(
            PluginRecord(
                name=plugin.name,
                distribution=plugin.distribution,
                version=plugin.version,
                digest=plugin.digest,
                hooks=self._offering_hooks(plugin),
            )
            for plugin in self.plugins
        )

    def _offering_hooks(self, plugin: Plugin) -> tuple[str, ...]:
        hooks = self._manager.get_hookcallers(plugin.module) or ()
        return tuple(sorted(hook.name for hook in hooks if hook.name.startswith("auditkit_register_")))

    def adapter_for(self, spec: AuditSpec) -> tuple[Adapter, dict[str, Any]]:
        """The adapter that the spec names, with its options validated; loads nothing."""
        adapter = _named(spec, ("model", "adapter"), spec.model.adapter, self.adapters)
        return adapter, _options(spec, ("model",), adapter, spec.model.options, f"adapter '{adapter.id}'")

    def open_model(self, spec: AuditSpec, *, target_classes: tuple[str, ...] = ()) -> Any:
        """Open the model: call the adapter with its path, its options, and what else its signature asks for.

        Args:
            spec: the audit's.
            target_classes: the labels that the audit rows' target takes, for adapters that name classes by them.
        """
        adapter, options = self.adapter_for(spec)
        asked = {
            name: target_classes if name == "target_classes" else _spec_value(spec, name)
            for name in given_by_host(adapter.run)
        }
        path = None if spec.model.path is None else spec.folder / spec.model.path
        model = _answer_of(adapter, "could not open the model", path, asked | options)
        if not callable(getattr(model, "predict", None)):
            raise PluginError(
                f"adapter '{adapter.id}' gave a {type(model).__name__}, which cannot predict",
                hint="it returns an object with predict(inputs)",
            )
        return model

    def loader_for(self, spec: AuditSpec) -> tuple[Loader, dict[str, Any]]:
        """The loader that the spec names, with its options validated; reads nothing."""
        loader = _named(spec, ("data", "loader"), spec.data.loader, self.loaders)
        return loader, _options(spec, ("data",), loader, spec.data.options, f"loader '{loader.id}'")

    def read_table(self, spec: AuditSpec, path: Path) -> pd.DataFrame:
        """Read one data file with the spec's loader."""
        loader, options = self.loader_for(spec)
        asked = {name: _spec_value(spec, name) for name in given_by_host(loader.run)}
        import pandas as pd

        frame = _answer_of(loader, f"could not read '{path.name}'", path, asked | options)
        if not isinstance(frame, pd.DataFrame):
            raise PluginError(
                f"loader '{loader.id}' gave a {type(frame).__name__} for '{path.name}'",
                hint="it returns a pandas DataFrame, one row an example",
            )
        return frame

    def plan(self, spec: AuditSpec) -> tuple[Planned, ...]:
        """The checks that the spec asks for, by area or by id; all that are installed when it names none."""
        if not spec.checks:
            return tuple(
                Planned(check, validate_options(check.run, {}, owner=f"check '{check.id}'"))
                for check in self.checks.values()
                if all(not option.required for option in check.options)
            )
        planned = [item for place, use in enumerate(spec.checks) for item in self._planned(spec, place, use)]
        named_alone = {use.use for use in spec.checks if "." in use.use}
        unique: dict[tuple[str, str], Planned] = {}
        for item, from_area in planned:
            # A check that is named by itself, with its options, is not run a second time by its area's entry.
            if not (from_area and item.check.id in named_alone):
                unique[item.identity] = item
        return tuple(unique.values())

    def _planned(self, spec: AuditSpec, place: int, use: CheckSpec) -> Iterator[tuple[Planned, bool]]:
        keys = ("checks", place, "use")
        if "." in use.use:
            check = _named(spec, keys, use.use, self.checks)
            yield Planned(check, _options(spec, ("checks", place), check, use.options, f"check '{check.id}'")), False
            return
        area = [check for check in self.checks.values() if check.area == use.use]
        if not area:
            areas = {check.area for check in self.checks.values()}
            raise spec.source.error(keys, f"no check or area named '{use.use}'", did_you_mean(use.use, areas))
        if use.options:
            key = next(iter(use.options))
            raise spec.source.error(
                ("checks", place, key),
                f"option '{key}' is given to the area '{use.use}'",
                f"give it to one check: use = '{area[0].id}'",
            )
        for check in area:
            if all(not option.required for option in check.options):
                yield Planned(check, validate_options(check.run, {}, owner=f"check '{check.id}'")), True


def _answer_of(offer: Adapter | Loader, failed: str, path: Path | None, options: dict[str, Any]) -> Any:
    """What an adapter or a loader returns; what it did not expect is an error that names it."""
    try:
        return offer.run(path, **options)
    except AuditError:
        raise
    except (Exception, SystemExit) as error:
        kind = type(offer).__name__.lower()
        logger.exception("%s %s failed", kind, offer.id)
        raise CrashError(
            f"{kind} '{offer.id}' {failed}: {type(error).__name__}: {words_of(error)}",
            hint="run again with --debug for its traceback",
        ) from error


def _failed(who: str, error: BaseException) -> PluginError:
    return PluginError(
        f"plugin {who} failed: {type(error).__name__}: {error}",
        hint="mend the plugin, or leave it out with [plugins] allow = [...]",
    )


def _refuse_unknown(spec: AuditSpec) -> None:
    """A list that names nobody protects nobody."""
    for key, names in (("allow", spec.plugins.allow or ()), ("pin", spec.plugins.pin)):
        for name, hint in unknown_distributions(names).items():
            raise spec.source.error(("plugins", key), f"no plugin of '{name}' is installed", hint)


def _refuse_file_name(name: str, plugin: Plugin) -> None:
    from auditkit.bundle.layout import is_plain_name

    if not is_plain_name(name):
        raise PluginError(
            f"plugin '{plugin.name}' of '{plugin.distribution}': exporter '{name}' is no name for a file",
            hint="e.g. @exporter('summary.md'): letters, digits, '.', '_' and '-' alone",
        )


def _refuse_clash(name: str, plugin: Plugin, owner: Plugin | None) -> None:
    if owner is not None:
        both = f"by '{owner.distribution}' ({owner.name}) and by '{plugin.distribution}' ({plugin.name})"
        raise PluginError(
            f"'{name}' is offered {both}",
            hint=f"uninstall one of them, or leave it out with [plugins] allow = ['{owner.distribution}', ...]",
        )


def _named(spec: AuditSpec, keys: tuple[str | int, ...], name: str, known: dict[str, Offered]) -> Offered:
    if name in known:
        return known[name]
    raise spec.source.error(keys, f"'{name}' is not installed", did_you_mean(name, known))


def _options(
    spec: AuditSpec, keys: tuple[str | int, ...], offer: Offer, given: dict[str, Any], owner: str
) -> dict[str, Any]:
    # A misspelt key of the spec's own arrives here too: `treshold` is no option of the loader.
    table = getattr(spec, str(keys[0])) if len(keys) == 1 else None
    beside = type(table).model_fields if table is not None else ()
    try:
        options = validate_options(offer.run, given, owner=owner, beside=beside)
    except OptionError as error:
        raise spec.source.error((*keys, error.key), f"is {error.problem}: {error.message}", error.hint) from None
    if isinstance(offer, Check) and offer.accepts is not None:
        try:
            offer.accepts(**options)
        except AuditError as error:
            raise spec.source.error((*keys, *list(options)[:1]), f"is refused: {error.message}", error.hint) from None
    return options


def _spec_value(spec: AuditSpec, name: str) -> Any:
    """The spec's own value for a name that an adapter or a loader asks for in its signature."""
    if name == "data":
        return spec.data
    if name == "task":
        return spec.task
    for part in (spec.model, spec.data):
        if name in type(part).model_fields:
            return getattr(part, name)
    raise PluginError(f"a plugin asks for '{name}', which this version's spec does not carry")


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | float | str | type(None)) else str(value)
        for name, value in options.items()
    }
