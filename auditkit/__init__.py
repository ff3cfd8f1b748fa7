"""auditkit audits a trained model and signs what it found.

The way of the data, a module a stage:

    1  spec        what to audit: TOML or YAML, read by `spec` and `specfile`
    2  plugins     `hookspecs` is the contract, `plugin` what an author imports, `host` finds and names them
    3  case        `datareader` makes an AuditDataset, `compute` runs the model once, `evidence` keeps it,
                   `case` hands it out
    4  checks      plugins yield `finding.Measurement`s; `measuring` runs them, under the `supervisor`:
                   each crash is an honest finding
    5  policy      `policy` holds the rules, `resolving` adds the packs, `judging` applies them,
                   `suppression` withholds small cells, `result` freezes; `auditing` is stages 1 to 5 on one screen
    6  report      `report` renders the result; templates format, they never compute
    7  bundle      `bundle` signs, writes and verifies
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.document import Text
    from auditkit.errors import AuditError, DataError, ModelError, NotApplicable, OutOfMemory
    from auditkit.finding import Chart, Control, Finding, GroupCount, Interval, Measurement, Series, Table
    from auditkit.inmemory.entry import audit
    from auditkit.labels import canonical_label
    from auditkit.numbers import parse_numbers
    from auditkit.paired import PairedCase
    from auditkit.plugin import MetricCard, adapter, check, clean, exporter, hookimpl, loader, needs_extra, planted
    from auditkit.policy import Policy, PolicyPack, Rule
    from auditkit.predictions import ClassScores, LabelScores, Predictions, Rankings, Texts, TokenLabels, Values
    from auditkit.result import AuditResult
    from auditkit.spans import parse_spans

_PUBLIC = {
    "auditkit.case": ("Case",),
    "auditkit.document": ("Text",),
    "auditkit.errors": ("AuditError", "DataError", "ModelError", "NotApplicable", "OutOfMemory"),
    "auditkit.finding": ("Chart", "Control", "Finding", "GroupCount", "Interval", "Measurement", "Series", "Table"),
    "auditkit.inmemory.entry": ("audit",),
    "auditkit.labels": ("canonical_label",),
    "auditkit.numbers": ("parse_numbers",),
    "auditkit.paired": ("PairedCase",),
    "auditkit.plugin": (
        "MetricCard", "adapter", "check", "clean", "exporter", "hookimpl", "loader", "needs_extra", "planted",
    ),
    "auditkit.policy": ("Policy", "PolicyPack", "Rule"),
    "auditkit.predictions": (
        "ClassScores", "LabelScores", "Predictions", "Rankings", "Texts", "TokenLabels", "Values",
    ),
    "auditkit.result": ("AuditResult",),
    "auditkit.spans": ("parse_spans",),
}  # fmt: skip
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = [  # noqa: RUF022  in the order of the flow
    "audit",
    "hookimpl", "check", "adapter", "loader", "exporter", "needs_extra", "MetricCard",
    "planted", "clean",
    "Case", "PairedCase",
    "Predictions", "ClassScores", "LabelScores", "Values", "Rankings", "TokenLabels", "Texts",
    "Measurement", "Interval", "GroupCount", "Table", "Chart", "Series", "Control", "Finding", "Text",
    "Rule", "Policy", "PolicyPack", "AuditResult",
    "AuditError", "DataError", "ModelError", "NotApplicable", "OutOfMemory",
    "canonical_label", "parse_numbers", "parse_spans",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # Public names are imported when they are asked for: `auditkit --help` needs none of them.
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'auditkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
