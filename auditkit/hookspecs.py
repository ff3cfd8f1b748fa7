"""The whole contract between the host and plugins, in the order in which hooks are called.

Offering hooks return lists, and the spec chooses by name, never by plugin order. Watchers return nothing and can change
nothing: there is no hook that may edit a finding, a verdict or a number. An implementation may take fewer arguments
than its specification names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from auditkit.bundle.keys import Signer
    from auditkit.finding import Finding
    from auditkit.plugin import Adapter, Check, Exporter, Loader
    from auditkit.policy import PolicyPack
    from auditkit.redacting import Recogniser
    from auditkit.result import AuditResult
    from auditkit.spec import AuditSpec

CONTRACT_VERSION = 1
"""What a plugin's author can rely on, as a whole number: the hooks with their arguments, and the laws of
`auditkit.testing`. It rises when a plugin that kept all of it may have to change; docs/hooks.md says when that is."""

hookspec = pluggy.HookspecMarker("auditkit")

# A hook's body is its docstring, and what it returns is declared for the implementations.
# mypy: disable-error-code="empty-body"


@hookspec
def auditkit_register_adapters() -> Iterable[Adapter]:
    """Offer ways to open models. Called once, when a Host is built."""


@hookspec
def auditkit_register_loaders() -> Iterable[Loader]:
    """Offer ways to read data files. Called once, when a Host is built."""


@hookspec
def auditkit_register_checks() -> Iterable[Check]:
    """Offer checks. Called once, when a Host is built."""


@hookspec
def auditkit_register_policies() -> Iterable[PolicyPack]:
    """Offer policy packs, for `extends`. Called once, when a Host is built."""


@hookspec
def auditkit_register_exporters() -> Iterable[Exporter]:
    """Offer formats for `exports/`. Called once, when a Host is built."""


@hookspec
def auditkit_register_recognisers() -> Iterable[Recogniser]:
    """Offer what finds personal data in texts, by kind. Called once, when a Host is built."""


@hookspec
def auditkit_audit_started(spec: AuditSpec, plan: tuple[str, ...]) -> None:
    """Watch: an audit begins; `plan` holds the ids of the checks that will run."""


@hookspec
def auditkit_check_started(check: str) -> None:
    """Watch: a check begins."""


@hookspec
def auditkit_check_finished(finding: Finding) -> None:
    """Watch: a check has ended, with a measurement, a reason or an error."""


@hookspec
def auditkit_template_dirs() -> Iterable[Path]:
    """Offer folders of templates, searched before the shipped ones. Called once, before rendering."""


@hookspec(firstresult=True)
def auditkit_make_signer(options: Mapping[str, Any]) -> Signer | None:
    """Make the signer that `[signing]` asks for, or return None to leave it to others. Called once, before signing."""


@hookspec
def auditkit_audit_finished(result: AuditResult, bundle: Path | None) -> None:
    """Watch: the audit is over; `bundle` is the folder, or None when none was written."""
