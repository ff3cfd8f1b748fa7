"""Checks that count what the host found wrong with governance records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from auditkit import Case, Measurement, NotApplicable, Table, Text, check
from auditkit.governance import NEEDS_RECORDS, Fault, Kind, Link, Record
from auditkit_accountability import cards, planted

Reading = Iterator[Measurement | Table]

OF_PEOPLE: tuple[Kind, ...] = (
    "owners",
    "responsibilities",
    "human-oversight",
    "incident-contact",
    "complaint-channel",
)
"""The records that say who answers for what."""

_STATUS = {
    "present": Text.of("present"),
    "partial": Text.of("partial"),
    "missing": Text.of("missing"),
    "expired": Text.of("expired"),
    "not-applicable": Text.of("not applicable"),
}


def records_of(case: Case[Any]) -> tuple[Record, ...]:
    """The records.

    Raises:
        NotApplicable: the spec names none.
    """
    if not case.settings.governance:
        hint = 'name the folder that says who answers for the model: [governance] records = "governance"'
        raise NotApplicable("the spec names no governance records", hint=hint)
    return case.settings.governance


def _count(metric: str, count: int, n: int, empty: Text | None = None) -> Measurement:
    if n == 0 and empty is not None:
        return Measurement(metric=metric, value=None, n=0, undefined=empty)
    return Measurement(metric=metric, value=float(count), n=n, exact=True, better="lower")


def _faults(title: Text, faults: Iterable[tuple[Record, Fault]]) -> Iterator[Table]:
    rows = tuple((one.source, one.title or one.kind, fault.text) for one, fault in faults)
    if rows:
        columns = (Text.of("File"), Text.of("Record"), Text.of("Fault"))
        yield Table(title=title, columns=columns, rows=rows, prominent=True)


@check(
    "accountability.records",
    on=None,
    metrics=cards.RECORD_CARDS,
    needs=(NEEDS_RECORDS,),
    controls=planted.RECORD_CONTROLS,
)
def records(case: Case[Any]) -> Reading:
    """Whether the records of who answers for the model are there and in order.

    Fourteen kinds are looked for. Each is present, partial where something is wrong with it, missing, expired, or not
    applicable for a reason that it gives.
    """
    found = records_of(case)
    by_status = {status: [one for one in found if one.status == status] for status in _STATUS}
    yield _count("missing_records", len(by_status["missing"]), len(found))
    yield _count("faulty_records", len(by_status["partial"]), len(found))
    yield _count("expired_records", len(by_status["expired"]), len(found))
    columns = (Text.of("Kind"), Text.of("Status"), Text.of("Faults"))
    order = ("missing", "expired", "partial", "not-applicable", "present")
    rows = tuple((one.kind, _STATUS[status], len(one.faults)) for status in order for one in by_status[status])
    yield Table(title=Text.of("Records by status"), columns=columns, rows=rows, prominent=True)


@check(
    "accountability.responsibilities",
    on=None,
    metrics=cards.RESPONSIBILITY_CARDS,
    needs=(NEEDS_RECORDS,),
    controls=planted.RESPONSIBILITY_CONTROLS,
)
def responsibilities(case: Case[Any]) -> Reading:
    """Whether exactly one person answers for each duty.

    Whether those who are named can be reached, and whether a human may stop the model.
    """
    own = [one for one in records_of(case) if one.kind in OF_PEOPLE]
    faults = [(one, fault) for one in own for fault in one.faults]
    absent = sum(one.status in ("missing", "expired") for one in own)
    yield _count("responsibility_faults", len(faults) + absent, len(own))
    yield from _faults(Text.of("What is wrong with responsibilities"), faults)


@check(
    "accountability.evidence-links",
    on=None,
    metrics=cards.LINK_CARDS,
    needs=(NEEDS_RECORDS,),
    controls=planted.LINK_CONTROLS,
)
def evidence_links(case: Case[Any]) -> Reading:
    """Whether what the records state is borne out by their evidence.

    A bundle is verified, a ledger's chain is checked, a file must be there with the digest that is named, a check of
    this audit must have numbers. Something that is said to be done monthly has evidence that is a month old at most.
    """
    found = records_of(case)
    links = [(one, link) for one in found for link in one.evidence if not link.measure]
    named = [link for _, link in links if link.kind != "none"]
    stated: dict[tuple[str, str], list[Link]] = {}
    for one, link in links:
        if link.statement:
            stated.setdefault((one.source, link.statement), []).append(link)
    bare = sum(all(link.state == "broken" for link in some) for some in stated.values())
    old = sum(fault.id in ("evidence.stale", "evidence.no-date") for one in found for fault in one.faults)
    yield _count("unsupported_statements", bare + old, len(stated), Text.of("the records make no statement"))
    broken = sum(link.state == "broken" for link in named)
    yield _count("broken_evidence_links", broken, len(named), Text.of("the records name no evidence"))
    yield from _links(Text.of("Evidence of what is stated"), [link for _, link in links])


@check(
    "accountability.protective-measures",
    on=None,
    metrics=cards.MEASURE_CARDS,
    needs=(NEEDS_RECORDS,),
    controls=planted.MEASURE_CONTROLS,
)
def measures(case: Case[Any]) -> Reading:
    """Whether protective measures that are claimed are borne out.

    Such as encryption, access control, federated learning, differential privacy and de-identification. A claimed
    epsilon and de-identification are held against what this audit measures; of all others a machine can say no more
    than that the named evidence is there.
    """
    found = [one for one in records_of(case) if one.kind == "protective-measures"]
    links = [link for one in found for link in one.evidence if link.measure]
    claims = {
        name: [link for link in links if link.measure == name] for name in dict.fromkeys(x.measure for x in links)
    }
    wrong = {
        name
        for name, some in claims.items()
        if all(link.state == "broken" for link in some)
        or any(link.state == "broken" and link.kind == "check" for link in some)
    }
    told = {"measure.no-epsilon", "measure.untested", "measure.other-claim"}
    if any(fault.id in told for one in found for fault in one.faults):
        wrong.add("differential-privacy")
    yield _count("unsupported_measures", len(wrong), len(claims), Text.of("the records claim no protective measure"))
    yield from _links(Text.of("Evidence of protective measures"), links)


def _links(title: Text, links: list[Link]) -> Iterator[Table]:
    state = {"holds": Text.of("holds"), "broken": Text.of("does not hold"), "unchecked": Text.of("claimed")}
    rows = tuple(
        (link.statement, link.path, state[link.state], link.said)
        for link in sorted(links, key=lambda one: one.state != "broken")
    )
    if rows:
        columns = (Text.of("Statement"), Text.of("Evidence"), Text.of("State"), Text.of("What was found"))
        yield Table(title=title, columns=columns, rows=rows, prominent=True)


_QUESTIONS: tuple[tuple[Text, Kind, tuple[str, ...]], ...] = (
    (Text.of("which weights were audited"), "change-log", ("provenance.weights", "change-log.other-model")),
    (Text.of("which commit trained them"), "change-log", ("provenance.commit",)),
    (Text.of("which model they were made from"), "third-party-parts", ("provenance.base-model",)),
    (Text.of("under which licence the model is"), "licences", ("provenance.licence",)),
    (Text.of("which file pins the parts"), "third-party-parts", ("provenance.lock", "evidence.broken")),
)


@check(
    "accountability.provenance",
    on=None,
    metrics=cards.PROVENANCE_CARDS,
    needs=(NEEDS_RECORDS,),
    controls=planted.PROVENANCE_CONTROLS,
)
def provenance(case: Case[Any]) -> Reading:
    """Whether the records say where the model comes from.

    Its weights, the code that trained it, its base model, its licence, and a file that pins what others made.
    """
    found = records_of(case)
    rows: list[tuple[Text, Text]] = []
    for question, kind, ids in _QUESTIONS:
        own = [one for one in found if one.kind == kind]
        if all(one.status == "not-applicable" for one in own):
            continue
        fault = next((fault.text for one in own for fault in one.faults if fault.id in ids), None)
        if any(one.status == "missing" for one in own):
            fault = Text.of("there is no such record")
        rows += [] if fault is None else [(question, fault)]
    yield _count("provenance_holes", len(rows), len(_QUESTIONS))
    if rows:
        columns = (Text.of("Question"), Text.of("What is missing"))
        yield Table(title=Text.of("Holes in the provenance"), columns=columns, rows=tuple(rows), prominent=True)
