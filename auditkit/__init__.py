"""auditkit audits a trained model and signs what it found.

The way of the data, and the room of each module on it (a folder's own docstring names what is in it):

    1  spec        what to audit, in TOML or YAML: `specs` reads it, `spec` and `policy` type it, `stated` what
                   its author says of use and people, `governance` what records say of who answers for the model;
                   `forecasts` says what a run would do, what it could find and how long it takes
    2  plugins     `hookspecs` is the contract, `plugin` what an author imports (`offers` under a name), `options` their
                   settings, `textfile` a file that one names; `hosting` finds them and calls their hooks, `host`
                   answers to names
    3  case        `opening` calls loader and adapter; `data` makes an AuditDataset (`dataset`) of the `files`:
                   `labels`, `numbers` and `spans` are the one way in which cells become these. `subject` names the
                   model, `compute` runs it once (`batching`, in `batches`; `soundness`, `predictions`, `capabilities`;
                   of given texts `likelihoods` and `continuing`), `evidence` keeps what it said (`columns`), and
                   `kept` single answers that were paid for; `case` with `caserows`, `case_items`, `case_settings`
                   and `paired` hands it out; `looking` notes what a check asked for, `other_models` are held beside
                   the model, and rows that a coin put into the training are `canaries`. What adapters share:
                   `checkpoints` reads other people's weights, `images` and `inputs` what a row holds, `devices` runs
                   torch in the `precision` that is asked for, `prefetch` readies the next batch
    4  checks      plugins yield `finding.Measurement`s, and examples (`shown`) out of which `redacting` has taken
                   whatever is personal, where the spec releases any; `checks` plans, tries and asks them, and
                   `supervisor` does it in a process of its own, so that each crash is an honest finding, and
                   watches the `memory` that it holds, and `interrupts` keeps Ctrl-C from it; in
                   `isolation` plugins that are not trusted get another one
    5  policy      `resolving` puts the packs in, `judging` applies the rules, `deciding` says how many more rows would
                   decide it, and `waiving` what people decided to live with; `frameworks` is the clauses of a law, and
                   `clause_states` says of which there is evidence; `disclosure` withholds what tells of few people,
                   `result` freezes, `rule_places` knows the lines of the rules. `auditing` is stages 1 to 5 on one
                   screen, `regate` judges a result again, `gating` holds it against a baseline as `policy_baseline`
                   says, and knows what was `earlier`, `differing` says what changed between two bundles, `history`
                   follows many, and `linting` looks a policy over beforehand; what was to be judged, and by what, is
                   signed before stage 3 by `sealing`
    6  report      `report` renders the result; templates format, they never compute; `confined` keeps the PDF in
                   limits, and `translating` finds what a report can print for those who translate it
    7  bundle      `looking_over` refuses a report that tells of a person, `rows` writes and reads the evidence,
                   `bundle` signs, writes and verifies, with whom `signers` finds; `replay` recomputes

Before 1, `initing` writes a first spec; `recognising` is what plugins tell it of a file without opening it. `newplugin`
writes a package that offers something, to begin with, and `pytest_plugin` has pytest hold it to its contract.
`pipeline` is stages 1 to 7 for the command line (`cli`, `terminal`, `health`); `inmemory` is the same way from Python,
and `showing` shows its result there. `statistics` computes for checks, `segments` divides rows into parts,
`perturbation` asks about changed rows for them, and `refusals` knows answers that decline. Authors begin with
`newplugin`, and `testing` holds what they wrote to the contract, by `pytest_plugin`. `errors`, `document` with its
`plain_json` and `numerals` are everywhere, `garbage` says how often a process looks for its own, `secret_names` what of
the environment is kept from those that are started, and `abandoned` clears up after a writer that was killed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.capabilities import (
        Continues,
        Differentiable,
        Embeds,
        Encoded,
        Generates,
        GivesLikelihoods,
        RanksDeeper,
        RanksHistories,
        Sampling,
        Trainable,
        Unit,
    )
    from auditkit.case import Case
    from auditkit.data.history import History
    from auditkit.document import Text
    from auditkit.errors import AuditError, CrashError, DataError, ModelError, NotApplicable, OutOfMemory
    from auditkit.finding import Area, Chart, Control, Finding, GroupCount, Interval, Measurement, Quote, Series, Table
    from auditkit.frameworks import Clause, ClauseWords, MapWords, RuleMap, SamplingPlan
    from auditkit.inmemory.entry import audit
    from auditkit.labels import canonical_label
    from auditkit.likelihoods import Likelihoods
    from auditkit.numbers import parse_numbers
    from auditkit.paired import PairedCase
    from auditkit.plugin import (
        MetricCard,
        Trainings,
        adapter,
        check,
        clean,
        exporter,
        hookimpl,
        loader,
        needs_extra,
        planted,
    )
    from auditkit.policy import Policy, PolicyPack, Rule, Waiver
    from auditkit.predictions import ClassScores, LabelScores, Predictions, Rankings, Texts, TokenLabels, Values
    from auditkit.report.catalogues import translator
    from auditkit.result import AuditResult, Judgement
    from auditkit.shown import Passage, Piece, Pixels, Squares
    from auditkit.soundness import SoundRows
    from auditkit.spans import parse_spans
    from auditkit.textfile import TextFile

_PUBLIC = {
    "auditkit.capabilities": (
        "Continues", "Differentiable", "Embeds", "Encoded", "Generates", "GivesLikelihoods", "RanksDeeper",
        "RanksHistories", "Sampling", "Trainable", "Unit",
    ),
    "auditkit.case": ("Case",),
    "auditkit.document": ("Text",),
    "auditkit.errors": ("AuditError", "CrashError", "DataError", "ModelError", "NotApplicable", "OutOfMemory"),
    "auditkit.finding": (
        "Area", "Chart", "Control", "Finding", "GroupCount", "Interval", "Measurement", "Quote", "Series", "Table",
    ),
    "auditkit.data.history": ("History",),
    "auditkit.frameworks": ("Clause", "ClauseWords", "MapWords", "RuleMap", "SamplingPlan"),
    "auditkit.inmemory.entry": ("audit",),
    "auditkit.labels": ("canonical_label",),
    "auditkit.likelihoods": ("Likelihoods",),
    "auditkit.numbers": ("parse_numbers",),
    "auditkit.paired": ("PairedCase",),
    "auditkit.plugin": (
        "MetricCard", "Trainings", "adapter", "check", "clean", "exporter", "hookimpl", "loader", "needs_extra",
        "planted",
    ),
    "auditkit.policy": ("Policy", "PolicyPack", "Rule", "Waiver"),
    "auditkit.predictions": (
        "ClassScores", "LabelScores", "Predictions", "Rankings", "Texts", "TokenLabels", "Values",
    ),
    "auditkit.report.catalogues": ("translator",),
    "auditkit.result": ("AuditResult", "Judgement"),
    "auditkit.shown": ("Passage", "Piece", "Pixels", "Squares"),
    "auditkit.soundness": ("SoundRows",),
    "auditkit.spans": ("parse_spans",),
    "auditkit.textfile": ("TextFile",),
}  # fmt: skip
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = [  # noqa: RUF022  in the order of the flow
    "audit",
    "hookimpl", "check", "adapter", "loader", "exporter", "needs_extra", "MetricCard",
    "planted", "clean", "Trainings", "TextFile",
    "Case", "PairedCase",
    "Predictions", "ClassScores", "LabelScores", "Values", "Rankings", "TokenLabels", "Texts",
    "History",
    "Differentiable", "Encoded", "Unit", "Embeds", "Trainable", "Generates",
    "GivesLikelihoods", "Likelihoods", "Continues", "RanksDeeper", "RanksHistories", "Sampling",
    "Measurement", "Interval", "GroupCount", "Table", "Quote", "Chart", "Series", "Area", "Control", "Finding", "Text",
    "Passage", "Piece", "Squares", "Pixels",
    "Rule", "Waiver", "Policy", "PolicyPack", "RuleMap", "Clause", "ClauseWords", "MapWords", "SamplingPlan",
    "Judgement", "AuditResult",
    "AuditError", "CrashError", "DataError", "ModelError", "NotApplicable", "OutOfMemory",
    "canonical_label", "parse_numbers", "parse_spans", "SoundRows", "translator",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # Public names are imported when they are asked for: `auditkit --help` needs none of them.
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'auditkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
