"""Rule maps in words: of each clause what there is evidence for, the gaps first. Nothing here says that one is met."""

from __future__ import annotations

from collections.abc import Mapping

from auditkit.document import Text
from auditkit.frameworks import (
    NOT_ADVICE,
    STATES,
    ClauseState,
    ClauseWords,
    Evidence,
    Framework,
    MapWords,
    State,
    Strength,
)
from auditkit.numerals import number
from auditkit.report.areas import anchor_of
from auditkit.report.context import Fact, FrameworkSection
from auditkit.report.figures import Column, Grid
from auditkit.report.recorded import KINDS
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.result import AuditResult

MOST_CLAUSES = 400
"""Of one map, on screen; the result has all."""
MOST_ON_PAPER = 40
"""Of one map."""
FEWEST_ON_PAPER = 4
"""Of each of many maps."""

_ON_PAPER: frozenset[State] = frozenset({"nothing", "not_met", "undecided", "faulty"})

STATE_WORDS: dict[State, str] = {
    "nothing": "No evidence",
    "not_met": "Measured, and a rule is missed",
    "undecided": "Measured, and a rule is undecided",
    "faulty": "A record with faults",
    "attested": "Somebody's word alone",
    "record": "A record",
    "measured": "Measured, without a rule, or with something missing",
    "met": "Measured, and its rules are kept",
    "not_applicable": "Said not to apply",
}
_STRENGTH_WORDS: dict[Strength, str] = {
    "not_met": "rules judge it: {count}, not all are kept",
    "undecided": "rules judge it: {count}, not all are decided",
    "met": "rules judge it: {count}, all kept",
    "measured": "measured, without a rule",
    "record": "there",
    "faulty": "there, with faults",
    "attested": "stated, and not tested",
    "not_applicable": "said not to apply",
}
_SAMPLES: dict[Strength, str] = {
    "not_met": "{share} of {n} ({low} to {high}), beyond the plan's bound",
    "undecided": "{share} of {n} ({low} to {high}), too few, or on both sides of the plan's bound",
    "attested": "{share} of {n} ({low} to {high}), within the plan's bound by the word of whoever counted",
    "met": "{share} of {n} ({low} to {high}), within the plan's bound",
}
_READ = {
    "primary": "Its text was read.",
    "secondary": "Not its text, but what others write of it was read.",
    "from notes": "Neither its text nor a copy of it was read: the mapping was made from notes. Hold it against the "
    "published text before you rely on it.",
}
_NOTES = (
    (
        "Each table names the evidence relevant to the clauses of a law, a standard or a guidance. It says of no "
        "clause that it is fulfilled: a clause asks for more than an audit can see."
    ),
    (
        "No evidence: nothing that bears on the clause is in this audit. Somebody's word alone: a statement or an "
        "answer, which nobody tested. A rule is a rule of this audit's policy, and not the clause."
    ),
)
_FACTS = {
    "signed-report": "this audit's report, dated and made to be signed",
    "sealed-criteria": "criteria that were sealed before the run",
    "model-signature": "a verified signature of the model",
}

_RECORDS: Mapping[str, Text] = {str(kind): said for kind, said in KINDS.items()}


def frameworks_notes(result: AuditResult, wording: Wording) -> tuple[str, ...]:
    """What the tables are, and what they are not."""
    return (wording.say(NOT_ADVICE), *(wording.say(note) for note in _NOTES)) if result.frameworks else ()


def frameworks(result: AuditResult, wording: Wording, *, paper: bool) -> tuple[FrameworkSection, ...]:
    """A section for each rule map that the policy extends; on paper the gaps and counts alone."""
    taken: set[str] = set()
    # Shorter than in proportion: what stands above each table takes room too.
    share = 200 // max(len(result.frameworks), 1) ** 2
    most = min(MOST_ON_PAPER, max(FEWEST_ON_PAPER, share)) if paper else MOST_CLAUSES
    return tuple(
        FrameworkSection(
            anchor=anchor_of("framework", one.id, taken),
            title=wording.label(_words(one, wording).title),
            facts=_facts(one, wording),
            clauses=_clauses(one, wording, most, paper=paper),
        )
        for one in result.frameworks
    )


def _words(one: Framework, wording: Wording) -> MapWords:
    """What a map says of itself, in the language of the report where it has that."""
    own = one.said.get(wording.language, MapWords(title=wording.translate(one.title)))
    return MapWords(
        title=own.title,
        version=own.version or one.version,
        source=own.source,
        notes=own.notes or tuple(wording.translate(note) for note in one.notes),
    )


def _facts(one: Framework, wording: Wording) -> tuple[Fact, ...]:
    words = _words(one, wording)
    counts = [
        wording.pair(wording.say(STATE_WORDS[state]), f"{one.count(state):,}") for state in STATES if one.count(state)
    ]
    mapped = wording.say(
        "version {version}, mapped on {date}", version=wording.label(words.version or ""), date=one.date
    )
    return (
        Fact(wording.say("Clauses"), wording.clauses((f"{len(one.clauses):,}", *counts))),
        Fact(wording.say("Text"), mapped),
        Fact(
            wording.say("Source"),
            wording.label(words.source or one.source, limit=SENTENCE_LIMIT),
            english=words.source is None,
        ),
        Fact(wording.say("How it was read"), wording.say(_READ[one.read])),
        *(Fact(wording.say("Note"), wording.label(note, limit=SENTENCE_LIMIT)) for note in words.notes),
    )


def _clauses(one: Framework, wording: Wording, most: int, *, paper: bool) -> Grid:
    ranked = sorted(one.clauses, key=lambda clause: STATES.index(clause.state))
    chosen = [clause for clause in ranked if not paper or clause.state in _ON_PAPER]
    shown = chosen[:most]
    left_out = len(one.clauses) - len(shown)
    note = ""
    if left_out and paper:
        note = wording.say(
            "Clauses with evidence, or beyond the {most} worst, are not on paper: {count}. The HTML report and the "
            "attached result.json have them.",
            most=most,
            count=left_out,
        )
    elif left_out:
        note = wording.say("Clauses that are not shown: {count}. result.json has them.", count=left_out)

    def in_words(clause: ClauseState) -> bool:
        return wording.language in clause.said

    columns = (
        Column(wording.say("Clause")),
        Column(wording.say("What it asks for, in the map's words"), english=not any(map(in_words, one.clauses))),
        Column(wording.say("Evidence relevant to it")),
        Column(wording.say("What is not there")),
    )
    rows = tuple(_row(clause, wording) for clause in shown)
    return Grid(wording.say("Clauses, the gaps first"), columns, rows, note=note, prominent=True)


def _row(clause: ClauseState, wording: Wording) -> tuple[str, ...]:
    there = [_said(one, wording) for one in clause.evidence if one.strength != "none"]
    absent = [_named(one, wording) for one in clause.missing]
    state = wording.say(STATE_WORDS[clause.state])
    if not clause.evidence:
        absent = [wording.say("people answer for it: nothing that an audit measures bears on it")]
    own = clause.said.get(wording.language, ClauseWords(text=wording.translate(clause.text)))
    return (
        wording.label(own.clause or clause.clause),
        wording.label(own.text, limit=SENTENCE_LIMIT),
        wording.pair(state, wording.clauses(there)) if there else state,
        wording.clauses(absent) or "\N{EN DASH}",
    )


def _said(one: Evidence, wording: Wording) -> str:
    if one.kind == "sample" and one.value is not None and one.strength in _SAMPLES:
        said = wording.say(
            _SAMPLES[one.strength],
            share=number(one.value),
            n=f"{one.count:,}",
            low=number(one.low or 0.0),
            high=number(1.0 if one.high is None else one.high),
        )
    else:
        said = wording.say(_STRENGTH_WORDS[one.strength], count=one.count)
    return wording.pair(_named(one, wording), said)


def _named(one: Evidence, wording: Wording) -> str:
    """An area in the words of the report, a metric by its title, all else as whoever made the map calls it."""
    if one.kind == "metric":
        metric, _, label = one.name.partition("[")
        said = wording.metric(metric)
        return wording.apart((said, wording.label(label.removesuffix("]")))) if label else said
    if one.kind == "fact":
        return wording.say(_FACTS.get(one.name, one.name))
    kinds = {
        "record": "record: {name}",
        "question": "answer: {name}",
        "statement": "statement: {name}",
        "sample": "sample: {name}",
    }
    if one.kind in kinds:
        known = _RECORDS.get(one.name) if one.kind == "record" else None
        return wording.say(kinds[one.kind], name=wording.text(known) if known else wording.label(one.name))
    return wording.label(one.name) if "." in one.name else wording.sentence(Text(msgid=one.name.replace("-", " ")))
