"""`auditkit plugins`, `checks`, `adapters`, `policies`: what is installed, and from which distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditkit.finding import MetricCard
    from auditkit.hosting.discovery import Plugin
    from auditkit.offers import Offer
    from auditkit.plugin import Adapter, Check
    from auditkit.policy import PolicyPack


def plugins() -> None:
    """List the plugins: name, distribution, version, digest, needs; those that cannot be used, with the reason."""
    from auditkit.cli.console import columns
    from auditkit.hosting.discovery import find_plugins

    loaded, failed = find_plugins()
    rows = [(p.name, f"{p.distribution} {p.version}", f"sha256:{p.digest}", "loaded", _needs(p)) for p in loaded]
    rows += [(f.name, f"{f.distribution} {f.version}", "", f"CANNOT BE USED: {f.reason}", "") for f in failed]
    typer.echo(columns(rows) if rows else "none")
    raise typer.Exit(2 if failed else 0)


def _needs(plugin: Plugin) -> str:
    if plugin.needs is None:
        return "does not say what it needs"
    return f"needs {', '.join(plugin.needs)}" if plugin.needs else "needs nothing"


def checks(id: Annotated[str | None, typer.Argument(help="A check's id, for its metric cards.")] = None) -> None:
    """List the checks; with an id, what it asks, its options, and a card for each metric."""
    from auditkit.cli.console import columns, printable_lines
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.host import Host

    host = Host.installed()
    if id is None:
        rows = [(c.id, _takes(c), host.owner_of(c).distribution, c.title) for c in host.checks.values()]
        typer.echo(columns(rows) if rows else "none")
        return
    if id not in host.checks:
        raise AuditError(f"no check '{id}' is installed", hint=did_you_mean(id, host.checks))
    typer.echo(printable_lines(_card(host.checks[id])))


def adapters(
    id: Annotated[str | None, typer.Argument(help="An adapter's id, for its options and capabilities.")] = None,
) -> None:
    """List the adapters; with an id, what it opens, its options, and what its models can do beyond predicting."""
    from auditkit.cli.console import columns, printable_lines
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.host import Host

    host = Host.installed()
    if id is not None:
        if id not in host.adapters:
            raise AuditError(f"no adapter '{id}' is installed", hint=did_you_mean(id, host.adapters))
        typer.echo(printable_lines(_page(host.adapters[id])))
        return
    rows = [
        (a.id, host.owner_of(a).distribution, ", ".join(o.name for o in a.options) or "no options", a.title)
        for a in host.adapters.values()
    ]
    typer.echo(columns(rows) if rows else "none")


def policies(
    name: Annotated[str | None, typer.Argument(help="A pack's name, for its rules, or the clauses of its map.")] = None,
) -> None:
    """List the policy packs and their rules; with a name, all that one says, and the clauses of its rule map."""
    from auditkit.cli.console import printable_lines
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.host import Host

    packs = Host.installed().policies
    if name is not None and name not in packs:
        raise AuditError(f"no policy named '{name}'", hint=did_you_mean(name, packs))
    chosen = packs.values() if name is None else [packs[name]]
    typer.echo(printable_lines(line for pack in chosen for line in _pack(pack, whole=name is not None)))


def _pack(pack: PolicyPack, *, whole: bool) -> Iterator[str]:
    yield f"{pack.name}{f' {pack.version}' if pack.version else ''}: {pack.title}"
    for rule in pack.rules:
        yield f"  {rule.identified().id}  because {rule.because}"
        if whole:
            needs = f"; needs {', '.join(rule.needs)}" if rule.needs else ""
            yield f"    {'required' if rule.required else 'not required'}, otherwise {rule.otherwise}{needs}"
    if pack.rule_map is None:
        return
    yield f"  a rule map of {len(pack.rule_map.clauses)} clauses; extended alone, it is judged by baseline"
    if whole:
        from auditkit.frameworks import NOT_ADVICE

        one = pack.rule_map
        yield from (f"  {said}" for said in (NOT_ADVICE, f"maps {one.version}", f"source: {one.source}"))
        yield f"  its text was read: {one.read}"
        yield from (f"  {note}" for note in one.notes)
        for clause in one.clauses:
            yield f"  {clause.clause}: {clause.text}"
            if names := clause.names:
                yield f"    {', '.join(names)}"


def _page(adapter: Adapter) -> list[str]:
    gives = adapter.gives.__name__ if adapter.gives else "known when the model is opened"
    return [
        f"{adapter.id}: {adapter.title}",
        "",
        *adapter.text.splitlines(),
        "",
        f"predictions: {gives}",
        *_options(adapter),
        "",
        *_capabilities(adapter),
    ]


def _capabilities(adapter: Adapter) -> list[str]:
    """What its models can do beyond predicting, and why they cannot do the rest."""
    from auditkit.capabilities import CAPABILITIES

    says = {name: f"yes: {which}" if which else "yes" for name, which in adapter.can.items()}
    says |= {name: f"no: {why}" for name, why in adapter.cannot.items()}
    return [f"{name}: {says.get(name, 'the adapter does not say')}" for name in CAPABILITIES]


def _options(offer: Offer) -> list[str]:
    return [
        f"option {option.name}: {option.type}, {'required' if option.required else f'{option.default!r} unless said'}"
        for option in offer.options
    ]


def _takes(check: Check) -> str:
    return "data" if check.on is None else ", ".join(kind.__name__ for kind in check.on)


def _card(check: Check) -> list[str]:
    lines = [f"{check.id}: {check.title}", "", *check.text.splitlines(), "", f"looks at: {_takes(check)}"]
    lines += _options(check)
    for card in check.metrics:
        better = {"lower": "lower is better", "higher": "higher is better", "target": "better near a target"}[
            card.better
        ]
        lines += [
            "",
            f"{card.name}: {card.title} ({better})",
            *([f"  asks       {card.asks}"] if card.asks else []),
            f"  formula    {card.formula}",
            f"  source     {card.source}",
            f"  undefined  {card.undefined}",
            f"  misleads   {card.misleads}",
            f"  replayed   {_replayed(card)}",
        ]
    return lines


def _replayed(card: MetricCard) -> str:
    """How far its value may lie apart on two machines."""
    if card.tolerance is None:
        return "within 1e-9 of its size: sums, whose order another machine changes"
    if card.tolerance == 0:
        return "to the last bit, where rows have no weights"
    return f"within {card.tolerance:g} of its size: {card.tolerance_because}"
