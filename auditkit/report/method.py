"""How the numbers were made, and what they cannot show."""

from __future__ import annotations

from auditkit.disclosure.few import THRESHOLD
from auditkit.report.context import Fact
from auditkit.report.wording import Wording
from auditkit.result import AuditResult

_METHODS = {
    "Intervals": "Every number stands with an interval at the {level:percent} level and the method that made it. "
    "Rates have Wilson's interval (Wilson 1927), differences of rates Newcombe's (Newcombe 1998), areas under a ROC "
    "DeLong's (DeLong, DeLong and Clarke-Pearson 1988), unless the tables say otherwise.",
    "Gaps over several groups": "The widest gap is picked after looking, so its interval holds for all pairs of groups "
    "at once (simultaneous): it is wider than that of a pair chosen beforehand.",
    "Rules": "A rule is met when the whole interval keeps its bound, not met when the whole interval breaks it, and "
    "inconclusive otherwise. What was not measured is never a pass.",
    "Small groups": "A group with fewer than {least} rows in the denominator of a number is not judged.",
    "Suppression": "Numbers about fewer than {limit} rows are withheld, and so are those that would give them away. "
    "They are judged before they are withheld, and are nowhere in this file.",
    "Controls": "Checks may carry controls, cases whose answer is known: a clean twin, such as a random grouping of "
    "the same sizes, in which nothing may be found, and a planted defect, which must be found. A check whose "
    "control fails is not relied on. How often each finds its defect, and alarms at its twin, when their rows are "
    "drawn anew is measured by auditkit selftest, and published for this version in docs/selftest.md.",
    "Undefined": "A rate without a denominator is undefined, and said to be so; it is never counted as 0.",
}


def method_facts(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """How numbers, intervals and verdicts are made."""
    known = {
        "level": result.provenance.level,
        "least": result.policy.policy.min_group_size,
        "limit": THRESHOLD,
    }
    facts = tuple(Fact(wording.say(term), wording.say(text, **known)) for term, text in _METHODS.items())
    plan = result.policy.policy.reaudit
    if plan is None:
        return facts
    said = {"look": plan.look, "looks": plan.looks or 0, "spending": plan.spending, "level": result.provenance.level}
    return (*facts, Fact(wording.say("Re-audits"), wording.say(_OPEN if plan.looks is None else _PLANNED, **said)))


_PLANNED = (
    "This is look {look} of {looks} that the policy plans. What may err is divided among them ({spending}), so that "
    "all of them together give a false alarm no more often than one audit may; this look's confidence is {level}."
)
_OPEN = (
    "This is look {look} of audits without a planned end. What may err is divided among them, look k has "
    "1 / (k (k + 1)) of it, so that all together give a false alarm no more often than one audit may; this look's "
    "confidence is {level}."
)


_TRANSLATED = (
    "This report is in the language {language} as far as the catalogues of the installed plugins go, and in English "
    "where they have nothing. Where the two may differ, the English texts in result.json are what is signed."
)
_LIMITS = (
    "The audit speaks about the rows it was given. Whether those whom the model will meet are like them is not known.",
    "A gap says that groups fare differently, not why, and not whether that is lawful.",
    "Groups that were not named were not compared.",
    "Numbers that no rule judges are not corrected for being many: one in twenty 95% intervals misses its true value.",
    "No conclusion of law is drawn here.",
)


def limits(wording: Wording) -> tuple[str, ...]:
    """What no audit of this kind can show."""
    said = tuple(wording.say(limit) for limit in _LIMITS)
    return said if wording.language == "en" else (*said, wording.say(_TRANSLATED, language=wording.language))
