"""The cases whose answer is known: small folders of records, in memory, with one thing wrong with them or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.governance import DUTIES, Counted, Kind, OverrideLog, Read, Record, Scene, gather, sheets
from auditkit.testing import above, every, near, not_above, toy_case

Factory = Callable[[np.random.Generator], Case[Any]]

TODAY = date(2026, 11, 1)
_OWNER: dict[str, Any] = {"owner": "Ana Ruiz", "date": date(2026, 10, 1)}
_SAID = "Read by the ward's physicians, who decide on their own."


def _case(records: tuple[Record, ...]) -> Case[ClassScores]:
    return toy_case(ClassScores(("no", "yes"), np.full((20, 2), 0.5)), ["no", "yes"] * 10, governance=records)


def _matrix(accountable: tuple[str, ...]) -> sheets.Responsibilities:
    rows = tuple(sheets.Duty(duty=one, accountable=("Ana Ruiz",), responsible=("Li Chen",)) for one in DUTIES)
    rows = (rows[0].model_copy(update={"accountable": accountable}), *rows[1:])
    return sheets.Responsibilities(**_OWNER, rows=rows)


def folder(**others: sheets.Sheet | None) -> tuple[Record, ...]:
    """The records of a folder with nothing wrong with it, but for those that are given by kind; None: it is not there.

    Args:
        **others: by kind with underscores, e.g. `change_log`.
    """
    contact = sheets.Contact(**_OWNER, person="Li Chen", answer_hours=24)
    people = (
        sheets.Named(name="Ana Ruiz", role="model owner", contact="ana.ruiz@hospital.example"),
        sheets.Named(name="Li Chen", role="safety lead", contact="+86 10 5550 1234"),
    )
    change = sheets.Release(
        version="1.0", date=date(2026, 9, 1), what="First release to the wards.", model="0" * 64, commit="0123abc"
    )
    own: dict[Kind, sheets.Sheet] = {
        "owners": sheets.Owners(**_OWNER, people=people),
        "responsibilities": _matrix(("Ana Ruiz",)),
        "intended-use": sheets.IntendedUse(**_OWNER, text=_SAID, users="physicians", not_intended="children"),
        "affected-people": sheets.AffectedPeople(**_OWNER, text=_SAID, groups=("patients",)),
        "human-oversight": sheets.HumanOversight(
            **_OWNER, text=_SAID, people=("Li Chen",), may_stop=("Ana Ruiz",), escalation_hours=4
        ),
        "incident-contact": contact,
        "complaint-channel": contact,
        "change-log": sheets.ChangeLog(**_OWNER, changes=(change,)),
        "licences": sheets.Licences(**_OWNER, licences=(sheets.Licence(of="model", licence="Apache-2.0"),)),
    }
    own |= dict.fromkeys(_OTHERS, sheets.Sheet(**_OWNER, not_applicable="Nothing of the kind is used in this release."))
    given: dict[Any, sheets.Sheet | None] = {name.replace("_", "-"): one for name, one in others.items()}
    all_of: dict[Kind, sheets.Sheet | None] = {**own, **given}
    found = [Read(kind, one, f"governance/{kind}.toml") for kind, one in all_of.items() if one is not None]
    return gather(found, Scene(Path("/nowhere"), TODAY, "toy"))


_OTHERS: tuple[Kind, ...] = (
    "override-log",
    "monitoring-plan",
    "third-party-parts",
    "protective-measures",
    "process-answers",
)


def of(**others: sheets.Sheet | None) -> Factory:
    """A case whose folder is in order but for these records."""
    return partial(_of, others=others)


def _of(_: np.random.Generator, *, others: dict[str, sheets.Sheet | None]) -> Case[Any]:
    return _case(folder(**others))


_FIXED = "nothing is drawn: records are words"


RECORD_CONTROLS = (
    planted(
        "a folder without a change log, whose record of owners has run out",
        of(change_log=None, owners=sheets.Owners(**_OWNER, expires=date(2026, 10, 31))),
        every(above("missing_records", 0.0), above("expired_records", 0.0)),
    ).not_redrawn(_FIXED),
    planted(
        "an intended use that says TODO",
        of(intended_use=sheets.IntendedUse(**_OWNER, text="TODO", users="physicians", not_intended="children")),
        above("faulty_records", 0.0),
    ).not_redrawn(_FIXED),
    clean(
        "a folder in order",
        of(),
        every(near("missing_records", 0.0), near("faulty_records", 0.0), near("expired_records", 0.0)),
    ).not_redrawn(_FIXED),
)

RESPONSIBILITY_CONTROLS = (
    planted(
        "a duty for which two people are accountable",
        of(responsibilities=_matrix(("Ana Ruiz", "Li Chen"))),
        near("responsibility_faults", 1.0),
    ).not_redrawn(_FIXED),
    planted(
        "oversight without anybody who may stop the model",
        of(human_oversight=sheets.HumanOversight(**_OWNER, text=_SAID, people=("Li Chen",), escalation_hours=4)),
        near("responsibility_faults", 1.0),
    ).not_redrawn(_FIXED),
    clean("one who answers for each duty", of(), near("responsibility_faults", 0.0)).not_redrawn(_FIXED),
)


def _plan(*evidence: str) -> sheets.Sheet:
    return sheets.Sheet(**_OWNER, statements=(sheets.Statement(text="Monitored monthly.", evidence=evidence),))


LINK_CONTROLS = (
    planted(
        "a statement that nothing shows",
        of(monitoring_plan=_plan()),
        near("unsupported_statements", 1.0),
    ).not_redrawn(_FIXED),
    planted(
        "a statement that points to a file that is not there",
        of(monitoring_plan=_plan("minutes.pdf")),
        every(near("broken_evidence_links", 1.0), near("unsupported_statements", 1.0)),
    ).not_redrawn(_FIXED),
    clean(
        "a statement that points to a check of the audit",
        of(monitoring_plan=_plan("check:performance.overall")),
        every(near("broken_evidence_links", 0.0), near("unsupported_statements", 0.0)),
    ).not_redrawn(_FIXED),
)


def _claims(*evidence: str) -> sheets.Sheet:
    one = sheets.Claimed(measure="encryption", text="Rows are encrypted where they lie.", evidence=evidence)
    return sheets.Measures(**_OWNER, measures=(one,))


MEASURE_CONTROLS = (
    planted(
        "encryption that is claimed, and nothing shows it",
        of(protective_measures=_claims()),
        near("unsupported_measures", 1.0),
    ).not_redrawn(_FIXED),
    clean(
        "encryption that a check of the audit stands for",
        of(protective_measures=_claims("check:performance.overall")),
        near("unsupported_measures", 0.0),
    ).not_redrawn(_FIXED),
)

PROVENANCE_CONTROLS = (
    planted(
        "a model of which nobody says the licence",
        of(licences=sheets.Licences(**_OWNER)),
        near("provenance_holes", 1.0),
    ).not_redrawn(_FIXED),
    clean("a model that is traced", of(), near("provenance_holes", 0.0)).not_redrawn(_FIXED),
)


def everything() -> tuple[Record, ...]:
    """A folder of which every check of accountability measures all that it can."""
    (log,) = _of_log(np.random.default_rng(), overridden=(40, 40)).settings.governance
    rest = folder(monitoring_plan=_plan("check:performance.overall"), protective_measures=_claims("check:any"))
    return tuple(log if one.kind == "override-log" else one for one in rest)


def _logged(first: int, second: int) -> Factory:
    return partial(_of_log, overridden=(first, second))


def _of_log(_: np.random.Generator, *, overridden: tuple[int, int]) -> Case[Any]:
    counts = (
        Counted(attribute="", label="", decisions=400, overridden=sum(overridden)),
        Counted(attribute="ward", label="east", decisions=200, overridden=overridden[0]),
        Counted(attribute="ward", label="west", decisions=200, overridden=overridden[1]),
    )
    log = OverrideLog(rows=400, sha256="0" * 64, operators=4, never=0, counts=counts)
    about: dict[str, Any] = {"title": "", "status": "present", "source": "governance/override-log.toml"}
    return _case((Record(kind="override-log", log=log, **about),))


OVERRIDE_CONTROLS = (
    planted(
        "decisions on one of two groups overridden four times as often",
        _logged(80, 20),
        every(above("override_rate_difference", 0.15), near("override_rate", 0.25, group={})),
    ).not_redrawn(_FIXED),
    clean(
        "two groups overridden alike",
        _logged(40, 40),
        every(not_above("override_rate_difference", 0.0), near("override_rate", 0.2, group={})),
    ).not_redrawn(_FIXED),
)
