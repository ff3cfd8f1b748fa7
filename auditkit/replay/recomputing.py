"""The same checks, put to a case that was rebuilt from the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.checks.checking import run_check
from auditkit.checks.planning import Planned
from auditkit.errors import AuditError
from auditkit.host import Host
from auditkit.hosting.discovery import find_plugins, refuse_failures
from auditkit.options import validate_options
from auditkit.replay.rebuilding import NoModel

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.finding import Finding
    from auditkit.result import AuditResult


@dataclass(frozen=True)
class Recomputed:
    """One signed finding, and what came of its check here."""

    signed: Finding
    finding: Finding | None
    """Nothing withheld yet; None: it was not replayed."""
    why: str = ""
    """Why it was not replayed."""
    needed: bool = True
    """Whether the signed finding says something that a replay should have recomputed."""
    taken: tuple[str, ...] = ()
    """The functions whose numbers a row were taken from the evidence, since it lacks what they are computed from."""


def host_of(result: AuditResult) -> Host:
    """The plugins of the audit, so far as they are installed here; no others are loaded.

    Raises:
        PluginError: one of them cannot be imported.
    """
    allowed = {plugin.distribution for plugin in result.provenance.plugins} | {"auditkit"}
    loaded, failed = find_plugins(allowed)
    refuse_failures(failed)
    return Host(loaded)


def recompute(host: Host, case: Case[Any], result: AuditResult, max_rows: int | None) -> Iterator[Recomputed]:
    """Put every check of the result to the case again, in its order."""
    for signed in result.findings:
        if signed.status == "error":
            yield Recomputed(signed, None, f"the audit measured nothing: {signed.reason}", needed=False)
        elif (item := _planned(host, signed)) is None:
            yield Recomputed(signed, None, _not_installed(host, signed, result), needed=_says_something(signed))
        else:
            yield _recomputed(host, case, item, signed, max_rows)


def _recomputed(host: Host, case: Case[Any], item: Planned, signed: Finding, max_rows: int | None) -> Recomputed:
    broker = case.broker
    assert isinstance(broker, NoModel)  # noqa: S101  `rebuilt_case` made it
    broker.asked.clear()
    broker.taken.clear()
    answer = run_check(host, case, item, max_rows)
    if broker.asked and (answer.finding.status == "error" or _says_something(signed)):
        return Recomputed(signed, None, f"the evidence holds no {broker.asked[0]}", needed=_says_something(signed))
    return Recomputed(signed, answer.finding, taken=tuple(dict.fromkeys(broker.taken)))


def _planned(host: Host, signed: Finding) -> Planned | None:
    check = host.checks.get(signed.check)
    if check is None:
        return None
    try:
        return Planned(check, validate_options(check.run, signed.options, owner=f"check '{check.id}'"))
    except AuditError:
        return None


def _not_installed(host: Host, signed: Finding, result: AuditResult) -> str:
    if signed.check in host.checks:
        return f"the installed {signed.check} does not take its options"
    here = {plugin.distribution for plugin in host.plugins}
    absent = ", ".join(sorted({plugin.distribution for plugin in result.provenance.plugins} - here))
    return f"the check is not installed, nor is {absent}" if absent else "the check is not installed"


def _says_something(signed: Finding) -> bool:
    return signed.status == "measured"
