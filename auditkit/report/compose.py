"""From a result to the context of the templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditkit.report import appendix, method
from auditkit.report.areas import choices, compose_areas
from auditkit.report.codes import code_of
from auditkit.report.context import ReportContext
from auditkit.report.frameworks import frameworks, frameworks_notes
from auditkit.report.frontpage import compose_front
from auditkit.report.glossary import glossary, glossary_note, linked
from auditkit.report.headlines import headline
from auditkit.report.judgements import rule_rows, rules_note, waiver_rows
from auditkit.report.plainly import plain_answers
from auditkit.report.provisions import provisions, provisions_notes
from auditkit.report.recorded import named_people, record_rows, records_note
from auditkit.report.register import register, register_note
from auditkit.report.responsible import responsibilities
from auditkit.report.sealed import moved_tables
from auditkit.report.seals import read_seal, signoff
from auditkit.report.since import since
from auditkit.report.statements import data_statements, use_facts
from auditkit.report.wording import Wording
from auditkit.result import AuditResult

if TYPE_CHECKING:
    from auditkit.bundle.countersigning import Disposition


def compose(
    result: AuditResult,
    attestation: bytes | None,
    wording: Wording,
    *,
    paper: bool = False,
    signoffs: Sequence[Disposition] = (),
    raw: bytes | None = None,
) -> ReportContext:
    """Everything that the report shows, in words; raises IntegrityError when the attestation cannot be read.

    `paper`: for the PDF, which is what the reader holds and is told to verify.
    `signoffs`: what others decided of the bundle. `raw`: the bytes of result.json, where they are at hand.
    """
    areas = compose_areas(result, wording, paper=paper)
    seal = read_seal(attestation, wording, file="report.pdf" if paper else "report.html")
    entries = glossary(result, wording)
    decided = tuple(signoff(one, wording) for one in signoffs)
    return ReportContext(
        language=wording.language,
        title=wording.label(result.name),
        subtitle=wording.say("Model audit report"),
        seal=seal,
        verdict=headline(result, wording),
        front=compose_front(result, seal, wording),
        signoffs=decided,
        plain=plain_answers(result, wording),
        subject=appendix.subject_facts(result, wording),
        use=use_facts(result, wording),
        subject_files=appendix.subject_files(result, wording),
        no_subject_files=appendix.no_subject_files(result, wording),
        policy=appendix.policy_facts(result, wording),
        rules=rule_rows(result, wording),
        rules_note=rules_note(result, wording),
        register=register(result, wording),
        register_note=register_note(result, wording),
        code=code_of(result, raw),
        areas=linked(areas, entries, result, wording),
        choices=choices(areas, wording),
        silent=appendix.silent_checks(result, wording),
        silent_note=appendix.silent_note(result, wording),
        waivers=waiver_rows(result, wording),
        since=since(result, wording),
        data=(*data_statements(result, wording), *appendix.data_facts(result, wording)),
        splits=appendix.split_sections(result, wording),
        method=method.method_facts(result, wording),
        limits=method.limits(wording),
        frameworks=frameworks(result, wording, paper=paper),
        frameworks_notes=frameworks_notes(result, wording),
        provisions=provisions(result, wording),
        provisions_notes=provisions_notes(wording),
        records=record_rows(result, wording),
        records_note=records_note(result, wording),
        named_people=named_people(result, wording),
        responsibilities=responsibilities(result, seal, decided, wording),
        provenance=appendix.provenance_facts(result, wording),
        provenance_tables=(*moved_tables(result.seal, wording), *appendix.provenance_tables(result, wording)),
        glossary=entries,
        glossary_note=glossary_note(result, wording),
        disclaimer=wording.say(
            "This report is evidence, not a certificate. It says what was measured on the named rows, with the named "
            "versions, and how that compares with the named rules. It does not say that the model is lawful, safe or "
            "fit for a purpose, and it replaces nobody's judgement or responsibility."
        ),
    )
