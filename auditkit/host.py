"""The Host: knows every plugin's offers by name, opens what a spec asks for. An object, never a global."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.checks.planning import Planned, plan
from auditkit.data.bands import with_bands
from auditkit.errors import NotApplicable, PluginError
from auditkit.files import FileInputs
from auditkit.hosting.choosing import Offered, named, options_for
from auditkit.hosting.discovery import Plugin, find_plugins, refuse_failures, unknown_distributions
from auditkit.hosting.hooks import Hooks, blamed_on
from auditkit.offers import Offer
from auditkit.opening import base_path_of, costs_of, files_of, open_with, path_of, pieces_with, read_with, remote_of
from auditkit.plugin import Adapter, Check, Exporter, Loader
from auditkit.policy import PolicyPack
from auditkit.redacting import Recogniser
from auditkit.result import AuditResult, PluginRecord

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from auditkit.data.history import History
    from auditkit.kept import Kept
    from auditkit.spec import AuditSpec


class Host:
    """All plugins of one audit, and what they offer."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        """Register plugins; a misspelt hook, a clash of names or a wrong offer is a PluginError."""
        self.plugins = tuple(plugins)
        self._hooks = Hooks(self.plugins)
        self._owners: dict[tuple[type[Offer], str], Plugin] = {}
        self.adapters = self._collect("auditkit_register_adapters", Adapter)
        self.loaders = self._collect("auditkit_register_loaders", Loader)
        self.checks = self._collect("auditkit_register_checks", Check)
        self.exporters = self._collect("auditkit_register_exporters", Exporter)
        for exporter in self.exporters.values():
            _refuse_file_name(exporter.id, self.owner_of(exporter))
        self.policies = {pack.name: pack for pack in self._policies()}
        self.recognisers = tuple(self._recognisers())

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

    def _collect(self, hook: str, kind: type[Offered]) -> dict[str, Offered]:
        found: dict[str, Offered] = {}
        for plugin, offers in self._hooks.offers(hook):
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
        for plugin, packs in self._hooks.offers("auditkit_register_policies"):
            for pack in packs:
                if not isinstance(pack, PolicyPack):
                    raise PluginError(f"plugin '{plugin.name}' of '{plugin.distribution}' offered {pack!r} as a policy")
                _refuse_clash(pack.name, plugin, owners.get(pack.name))
                owners[pack.name] = plugin
                yield pack

    def _recognisers(self) -> Iterator[Recogniser]:
        for plugin, offered in self._hooks.offers("auditkit_register_recognisers"):
            for one in offered:
                if not isinstance(one, Recogniser) or not isinstance(one.kind, str) or not callable(one.find):
                    raise PluginError(
                        f"plugin '{plugin.name}' of '{plugin.distribution}' offered {one!r} as a recogniser",
                        hint="it has a `kind` in words, and `find(text)` gives spans with `start` and `end`",
                    )
                yield one

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
                hooks=self._hooks.offering(plugin),
            )
            for plugin in self.plugins
        )

    def ask(self, hook: str, **facts: Any) -> list[Any]:
        """What each plugin answers to a hook that is not collected when the Host is built; None is no answer."""
        return [answer for _, answer in self.answers(hook, **facts)]

    def answers(self, hook: str, **facts: Any) -> list[tuple[str, Any]]:
        """The same, each with the plugin whose it is, as `DISTRIBUTION:NAME`.

        Raises:
            PluginError: one of them raised.
        """
        return list(self._hooks.answers(hook, **facts))

    def watch(self, hook: str, **facts: Any) -> list[str]:
        """Tell every watcher; return what went wrong with them. A watcher can neither break nor change an audit."""
        return list(self._hooks.watch(hook, **facts))

    def template_dirs(self) -> list[Path]:
        """The folders of templates that plugins offer.

        Raises:
            PluginError: one of them is no path, or no folder.
        """
        folders = []
        for plugin, offered in self.answers("auditkit_template_dirs"):
            with blamed_on(f"'{plugin}': auditkit_template_dirs"):
                own = [Path(folder) for folder in offered]
            for folder in own:
                if not folder.is_dir():
                    raise PluginError(
                        f"plugin '{plugin}': auditkit_template_dirs: there is no folder '{folder}'",
                        hint="it returns a list of paths of folders",
                    )
            folders += own
        return folders

    def exports_of(self, spec: AuditSpec) -> tuple[str, ...]:
        """The exporters that `[report] exports` names; when it is absent, all that do not wait to be named.

        Raises:
            SpecError: it names one that is not installed.
        """
        if spec.report.exports is None:
            return tuple(name for name, exporter in self.exporters.items() if not exporter.on_request)
        for place, name in enumerate(spec.report.exports):
            if name not in self.exporters:
                hint = f"installed are: {', '.join(self.exporters) or 'none'}"
                raise spec.source.error(("report", "exports", place), f"'{name}' is not installed", hint)
        return spec.report.exports

    def export(self, result: AuditResult, names: Iterable[str] | None = None) -> dict[str, bytes]:
        """The result in other formats: exporter -> content; one that does not apply to this result is left out.

        Args:
            result: what was decided.
            names: of exporters that are installed; None: all of them.

        Raises:
            PluginError: an exporter raised, or gave something else than bytes.
        """
        files = {}
        for name in self.exporters if names is None else names:
            exporter = self.exporters[name]
            who = f"'{self.owner_of(exporter).distribution}': exporter '{name}'"
            with blamed_on(who):
                written = _written(exporter, result)
            for content in written:
                if not isinstance(content, bytes):
                    raise PluginError(f"plugin {who} gave a {type(content).__name__}", hint="it returns bytes")
                files[name] = content
        return files

    def adapter_for(self, spec: AuditSpec) -> tuple[Adapter, dict[str, Any]]:
        """The adapter that the spec names, with its options validated; loads nothing."""
        adapter = named(spec, ("model", "adapter"), spec.model.adapter, self.adapters)
        return adapter, options_for(spec, ("model",), adapter, spec.model.options, f"adapter '{adapter.id}'")

    def open_model(
        self,
        spec: AuditSpec,
        *,
        target_classes: tuple[str, ...] = (),
        history: History | None = None,
        kept: Kept | None = None,
    ) -> Any:
        """Open the model: call the adapter with its path, its options, and what else its signature asks for.

        Args:
            spec: the audit's.
            target_classes: the labels that the audit rows' target takes, for adapters that name classes, or entities,
                by them.
            history: who had what, for adapters of recommenders.
            kept: single answers from before, for adapters that pay for each.
        """
        adapter, options = self.adapter_for(spec)
        return open_with(adapter, options, spec, target_classes=target_classes, history=history, kept=kept)

    def model_path(self, spec: AuditSpec) -> Path | None:
        """Where the model's files lie; None: the spec names none."""
        adapter, options = self.adapter_for(spec)
        return path_of(adapter, options, spec)

    def base_path(self, spec: AuditSpec) -> Path | None:
        """Where another folder lies that the model is made of, as the base of a LoRA adapter; None: it is of one."""
        adapter, options = self.adapter_for(spec)
        return base_path_of(adapter, options, spec)

    def model_elsewhere(self, spec: AuditSpec) -> dict[str, str] | None:
        """What names the model, when it runs elsewhere; None: it lies here, or there is none."""
        adapter, options = self.adapter_for(spec)
        return remote_of(adapter, options, spec)

    def costs(self, spec: AuditSpec, inputs: Any) -> tuple[str, ...]:
        """What asking the model for some rows would cost, a line each; empty: time alone."""
        adapter, options = self.adapter_for(spec)
        return costs_of(adapter, options, inputs)

    def file_inputs(self, spec: AuditSpec) -> FileInputs | None:
        """Which of the spec's input columns name files; None: none does."""
        adapter, options = self.adapter_for(spec)
        named = spec.data.input
        return files_of(adapter, options, (named,) if isinstance(named, str) else tuple(named or ()))

    def loader_for(self, spec: AuditSpec) -> tuple[Loader, dict[str, Any]]:
        """The loader that the spec names, with its options validated; reads nothing."""
        loader = named(spec, ("data", "loader"), spec.data.loader, self.loaders)
        return loader, options_for(spec, ("data",), loader, spec.data.options, f"loader '{loader.id}'")

    def read_table(self, spec: AuditSpec, path: Path) -> pd.DataFrame:
        """Read one data file with the spec's loader, and put the spec's bands beside its columns."""
        loader, options = self.loader_for(spec)
        data = spec.data
        return with_bands(read_with(loader, options, spec, path), data.bands, where=path.name, missing=data.missing)

    def read_pieces(self, spec: AuditSpec, path: Path) -> Iterator[pa.Table]:
        """Read one data file in pieces, with the spec's loader, which can, and put the bands beside its columns."""
        from auditkit.data.long_tables import with_band_columns

        loader, options = self.loader_for(spec)
        first = 0
        for piece in pieces_with(loader, options, spec, path):
            yield with_band_columns(piece, spec.data, where=path.name, first=first)
            first += len(piece)

    def plan(self, spec: AuditSpec) -> tuple[Planned, ...]:
        """The checks that the spec asks for, by area or by id; all that are installed when it names none."""
        return plan(spec, self.checks)


def _written(exporter: Exporter, result: AuditResult) -> tuple[Any, ...]:
    """What it gives; nothing, when it says that it does not apply."""
    try:
        return (exporter.run(result),)
    except NotApplicable:
        return ()


def _refuse_unknown(spec: AuditSpec) -> None:
    """A list that names nobody protects nobody."""
    isolated = () if isinstance(spec.plugins.isolate, bool) else spec.plugins.isolate
    for key, names in (("allow", spec.plugins.allow or ()), ("pin", spec.plugins.pin), ("isolate", isolated)):
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
