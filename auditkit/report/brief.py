"""The summary that stands alone: two pages for whoever decides, with nothing in it that leads away.

Verdict, scope, the three findings that matter most, what is not decided, limits, who signed, and how to check it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from auditkit.finding import Finding
from auditkit.policy import Rule
from auditkit.report.brief_context import Brief, BriefFinding
from auditkit.report.context import Fact, ReportContext
from auditkit.report.headlines import headline
from auditkit.report.judgements import BAD, MOST_WORST, because, measured_sentence, ranked, would_decide
from auditkit.report.sealed import moved_sentence
from auditkit.report.since import since_in_short
from auditkit.report.statements import use_facts
from auditkit.report.wording import Wording
from auditkit.result import AuditResult, Judgement

if TYPE_CHECKING:
    from auditkit.report.context import Seal

MOST_LISTED = 6
MOST_FACTS = 3
"""Of what others decided."""
LONG, SHORT = 260, 110
"""Characters of a sentence, and of a name."""
_WIDE = "\u2e80"
"""From here on letters are Chinese ones, twice as wide."""


def brief(report: ReportContext, signed: Seal, result: AuditResult, wording: Wording) -> Brief:
    """The summary of a report.

    Args:
        report: with everything.
        signed: who signed the bundle that the summary is made from, as its attestation says.
        result: of the audit.
        wording: the language.
    """
    return Brief(
        scope=cut(report.front.scope, LONG),
        verdict=_verdict(result, wording),
        facts=tuple(Fact(one.term, cut(one.value, SHORT), one.machine) for one in _facts(report, signed, wording)),
        use=tuple(Fact(one.term, cut(one.value, LONG)) for one in use_facts(result, wording)),
        worst=tuple(_worst(one, rule, wording) for one, rule in _bad(result)[:MOST_WORST]),
        sure=tuple(cut(one, LONG) for one in _sure(result, wording)),
        since=cut(since_in_short(result, wording), LONG),
        unseen=_few([f"{one.term}: {one.value}" for one in _unseen(result, wording)], wording),
        small=_few(report.front.small_groups, wording),
        waivers=_few(report.front.waivers, wording),
        limits=report.limits,
        signoffs=tuple(Fact(cut(one.term, SHORT), cut(one.value, LONG)) for one in report.signoffs[:MOST_FACTS]),
        command=signed.command.replace("report.html", "BUNDLE").replace("report.pdf", "BUNDLE"),
    )


def cut(text: str, most: int) -> str:
    """The beginning of a text, as much as fits in so many letters."""
    room, kept = float(most), 0
    for kept, letter in enumerate(text):
        room -= 2 if letter >= _WIDE else 1
        if room < 0:
            return f"{text[:kept].rstrip()}…"
    return text


def _verdict(result: AuditResult, wording: Wording) -> tuple[str, ...]:
    """What the verdict means and what must be read with it, but for what leads to a section that is not here."""
    found = headline(result, wording)
    elsewhere = moved_sentence(result.seal, wording)
    moved = wording.say(_MOVED, count=len(result.seal.moved)) if result.seal is not None and elsewhere else ""
    besides = (moved if one == elsewhere else one for one in found.besides)
    return tuple(cut(one, LONG) for one in (found.sentence, *besides))


_MOVED = "The bar moved: values that were sealed before the run and are not what they were: {count}."


def _facts(report: ReportContext, signed: Seal, wording: Wording) -> Iterator[Fact]:
    by = wording.say("Signed by")
    told = {one.term: one for one in signed.facts}
    terms = (by, wording.say("Assurance"), wording.say("Valid until"))
    yield from (one for one in report.front.facts if one.term not in terms)
    for term in terms:
        if term in told:
            yield told[term]


def _bad(result: AuditResult) -> list[tuple[Judgement, Rule | None]]:
    return [(one, rule) for one, rule in ranked(result) if one.outcome in BAD]


def _worst(judgement: Judgement, rule: Rule | None, wording: Wording) -> BriefFinding:
    title = wording.requirement(rule) if rule else wording.label(judgement.rule)
    if judgement.worst is not None and judgement.worst.group:
        title = wording.apart((title, wording.group(judgement.worst)))
    return BriefFinding(
        outcome=judgement.outcome,
        word=wording.outcome(judgement.outcome),
        title=cut(title, 2 * SHORT),
        sentence=cut(measured_sentence(judgement, wording), LONG),
        meaning=cut(wording.asked(rule.metric), LONG) if rule else "",
        because=cut(because(rule, wording), LONG) if rule else "",
    )


def _sure(result: AuditResult, wording: Wording) -> Iterator[str]:
    """How far the numbers carry: the level, how many rules are not decided, and what would decide them."""
    yield wording.say(
        "Numbers stand with intervals at the {level:percent} level; a rule is met, or not met, only where the whole "
        "interval says so.",
        level=result.provenance.level,
    )
    judged = result.verdict.judgements
    open_ = [(one, rule) for one, rule in _bad(result) if one.outcome == "inconclusive"]
    yield wording.say("Rules that the data leave undecided: {count} of {all}.", count=len(open_), all=len(judged))
    for one, rule in open_[:MOST_WORST]:
        name = wording.requirement(rule) if rule else wording.label(one.rule)
        said = would_decide(result, one, rule, wording) or wording.stopped(wording.reason(one.reason))
        yield wording.pair(cut(name, SHORT), said)


def _unseen(result: AuditResult, wording: Wording) -> Iterator[Fact]:
    """What was not looked at, each reason once: whole areas and what nobody stated before single checks."""
    single = {str(one.title) for one in result.findings if isinstance(one, Finding)}
    by_reason: dict[str, list[str]] = {}
    for one in sorted(result.not_looked_at, key=lambda one: str(one.what) in single):
        by_reason.setdefault(wording.text(one.why), []).append(wording.sentence(one.what))
    for why, whats in by_reason.items():
        yield Fact(cut(wording.clauses(whats), SHORT), cut(why, SHORT))


def _few(items: Sequence[str], wording: Wording) -> tuple[str, ...]:
    kept = tuple(cut(one, 2 * SHORT) for one in items[:MOST_LISTED])
    return kept if len(items) <= MOST_LISTED else (*kept, wording.say("and more, which the signed report names"))
