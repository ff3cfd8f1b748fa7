"""Counts of governance records by hand, the rates of a log, and the leak scan that lets owners be named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, NotApplicable
from auditkit.checks.asking import ask
from auditkit.dataset import AuditDataset, Codes, Split
from auditkit.disclosure.leaks import Spoken, find_leaks
from auditkit.document import Text
from auditkit.governance import KINDS, Counted, Fault, Link, OverrideLog, Record
from auditkit.statistics import newcombe, wilson
from auditkit.testing import toy_case
from auditkit_accountability import evidence_links, measures, overrides, provenance, records, responsibilities
from auditkit_accountability.planted import folder


def case(*governance):
    return toy_case(ClassScores(("no", "yes"), np.full((20, 2), 0.5)), governance=governance)


def values(check, *governance):
    found = ask(check, case(*governance), {}).measurements
    return {one.metric: one.value for one in found if not one.group}


def record(kind, status="present", faults=(), links=(), log=None):
    told = tuple(Fault(id=one, text=Text.of("x")) for one in faults)
    return Record(
        kind=kind, title="", status=status, source=f"{kind}.toml", faults=told, evidence=tuple(links), log=log
    )


def link(state, statement="Monitored.", kind="file", measure=""):
    return Link(statement=statement, kind=kind, path="x", state=state, said=Text.of("x"), measure=measure)


def test_records_are_counted_by_status():
    some = [record(kind, "missing") for kind in KINDS[:3]]
    some += [record(kind, "partial", ["record.no-date", "record.no-owner"]) for kind in KINDS[3:5]]
    some += [record(KINDS[5], "expired")]
    some += [record(kind) for kind in KINDS[6:]]
    assert values(records, *some) == {"missing_records": 3, "faulty_records": 2, "expired_records": 1}


def test_faults_of_responsibility_are_those_of_its_records_and_what_is_missing():
    some = [
        record("owners", "partial", ["record.no-contact", "record.twice"]),  # 2
        record("responsibilities", "missing"),  # 1
        record("licences", "partial", ["licences.none"]),  # of no duty
    ]
    assert values(responsibilities, *some) == {"responsibility_faults": 3}


def test_statements_and_links_are_counted_once_each():
    links = [
        link("holds", "A"),
        link("broken", "A"),  # A has another that holds
        link("broken", "B"),
        link("broken", "C", kind="none"),  # names nothing: no link
        link("broken", "D", measure="encryption"),  # a measure's
    ]
    plan = record("monitoring-plan", "partial", ["evidence.stale"], links)
    assert values(evidence_links, plan) == {"unsupported_statements": 3, "broken_evidence_links": 2}


def test_a_measure_that_the_audit_speaks_against_is_unsupported_whatever_else_it_names():
    links = [
        link("unchecked", "A", measure="de-identification"),
        link("broken", "A", kind="check", measure="de-identification"),
        link("unchecked", "B", measure="encryption"),
        link("broken", "C", measure="access-control"),
    ]
    plan = record("protective-measures", links=links)
    assert values(measures, plan) == {"unsupported_measures": 2}


def test_holes_of_the_provenance():
    some = [
        record("change-log", "partial", ["provenance.weights", "provenance.commit"]),
        record("third-party-parts", "not-applicable"),
        record("licences", "missing"),
    ]
    assert values(provenance, *some) == {"provenance_holes": 3}


def test_without_records_and_without_statements_nothing_is_measured():
    with pytest.raises(NotApplicable, match="names no governance records"):
        ask(records, case(), {})
    assert values(evidence_links, record("owners")) == {
        "unsupported_statements": None, "broken_evidence_links": None,
    }  # fmt: skip


def counted(label, decisions, overridden, attribute="ward"):
    return Counted(attribute=attribute, label=label, decisions=decisions, overridden=overridden)


def test_override_rates_by_group_with_their_gap():
    counts = (counted("", 200, 50, ""), counted("east", 100, 40), counted("west", 90, 9), counted("x", None, None))
    log = OverrideLog(rows=200, sha256="0" * 64, without_reason=7, operators=3, never=1, counts=counts)
    found = ask(overrides, case(record("override-log", log=log)), {}).measurements
    told = {(one.metric, *one.group.values()): one for one in found}
    assert told["override_rate",].value == 50 / 200
    assert told["override_rate", "east"].value == 0.4
    assert (told["override_rate", "east"].interval.low, told["override_rate", "east"].interval.high) == pytest.approx(
        wilson(40, 100)
    )
    assert told["override_rate", "x"].value is None
    gap = told["override_rate_difference", "*"]
    assert gap.value == pytest.approx(0.4 - 0.1)
    assert (gap.interval.low, gap.interval.high) == pytest.approx(newcombe(40, 100, 9, 90))
    assert [(one.label, one.compared) for one in gap.compared] == [("east", True), ("west", True), ("x", False)]
    assert told["unexplained_overrides",].value == 7
    assert told["silent_operators",].value == 1


def test_owners_may_be_named_and_patients_may_not():
    rows = pd.DataFrame({"note": [f"cough {place}" for place in range(20)]})
    names = ["Ana Ruiz", "Ruiz Chen", *[f"patient {place:05d}" for place in range(18)]]
    split = Split(
        name="audit",
        inputs=rows,
        targets=None,
        label_targets=None,
        groups={},
        weights=None,
        units=Codes.of(names),
        digest="x",
    )
    dataset = AuditDataset("toy", split)
    page = ["Ana Ruiz answers for it: ana@hospital.example"]

    def leaks(said, **published):
        return [one.words for one in find_leaks(said, dataset, Spoken(printed=(), **published))]

    assert leaks(page) == [("ana", "ruiz")]
    named = ("Ana Ruiz", "Li Chen", "ana@hospital.example")
    assert leaks(page, published=named) == []
    # a patient whose name is made of parts of two owners' is none of them
    assert leaks([*page, "Ruiz Chen was ill"], published=named) == [("ruiz", "chen")]


def test_a_folder_in_order_is_silent():
    told = folder()
    assert [fault.id for one in told for fault in one.faults] == []
