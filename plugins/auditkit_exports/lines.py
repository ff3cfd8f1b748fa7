"""What was decided, a line a rule, as every format tells it. Nothing here decides: outcomes are the verdict's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditkit import AuditResult, Judgement, Rule, Waiver
from auditkit_exports.measured import in_words
from auditkit_exports.plain import plain, plain_name, sha256

_WORST_FIRST: Final = ("fail", "error", "no_evidence", "inconclusive", "warn", "waived", "not_applicable", "pass")
_BARS: Final = frozenset({"fail", "error", "no_evidence", "inconclusive"})
"""Outcomes of a required rule that keep a verdict from being a pass."""

NOWHERE: Final = ("result.json", 1)
"""Where a rule is said to stand when it was read from no file: in the bundle's own result."""


@dataclass(frozen=True)
class Line:
    """One rule and what was decided of it."""

    rule: str
    """Its id on one line, and no other rule's."""
    outcome: str
    bars: bool
    """Whether it keeps the verdict from being a pass."""
    required: bool
    blocker: bool
    """Whether nobody may waive it."""
    why: str
    """What was found, in one line."""
    because: str
    """What the rule carries out; empty where no rule of the policy bears this id."""
    owner: str
    """Who answers for a miss; empty: the policy names nobody."""
    due: str
    """The day by which a miss is to be mended, in ISO 8601; empty: the policy names none."""
    check: str
    """Which measured it; empty when none did."""
    file: str
    line: int
    fingerprint: str
    """The same in every audit of this name, however the policy's lines move."""
    judgement: Judgement | None
    """None: the line is about the verdict as a whole."""
    waiver: Waiver | None
    """The one that is in force."""

    @property
    def is_problem(self) -> bool:
        """Whether a person should look at it: everything but what passed or was not asked."""
        return self.outcome not in {"pass", "not_applicable"}

    @property
    def answers(self) -> dict[str, str]:
        """Who answers for a miss and by when it is to be mended, as far as the policy says."""
        return {name: said for name, said in (("owner", self.owner), ("due", self.due)) if said}

    @property
    def message(self) -> str:
        """The outcome and why, in one line."""
        if self.waiver is not None:
            return f"{waived_in_words(self.waiver)}; {self.why}"
        return f"{outcome_in_words(self.outcome)}{'' if self.required else ' (not required)'}: {self.why}"


def lines_of(result: AuditResult) -> tuple[Line, ...]:
    """The rules in the order of the verdict; one line about the verdict itself, when no rule explains it."""
    lines = tuple(_lines(result))
    if result.verdict.outcome != "pass" and not any(line.bars for line in lines):
        return (*lines, _verdict_line(result))
    return lines


def worst_first(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """What bars a pass first, then by outcome; else in the order of the policy."""
    return tuple(sorted(lines, key=lambda line: (not line.bars, _WORST_FIRST.index(line.outcome))))


def outcome_in_words(outcome: str) -> str:
    """E.g. `no evidence`."""
    return outcome.replace("_", " ")


def waived_in_words(waiver: Waiver) -> str:
    """Who waived what, who agreed, until when and why."""
    agreed = f", approved by {waiver.approved_by}," if waiver.approved_by else ""
    return plain(f"waived by {waiver.owner}{agreed} until {waiver.expires.isoformat()}: {waiver.reason}")


def _lines(result: AuditResult) -> Iterator[Line]:
    rules = {rule.id: rule for rule in result.policy.policy.rules}
    places = {place.rule: (place.file, place.line) for place in result.run.places}
    # What stands on no line of its own stands in the policy's file, or in no file.
    nowhere = next(((file, 1) for file, _ in places.values()), NOWHERE)
    barred = result.verdict.outcome != "pass"
    for judgement in result.verdict.judgements:
        rule = rules.get(judgement.rule)
        required = rule is None or rule.required
        # Comparisons with a baseline are `baseline:...`, and what asks for them stands once.
        file, line = places.get(judgement.rule) or places.get(judgement.rule.partition(":")[0], nowhere)
        yield Line(
            rule=plain_name(judgement.rule),
            outcome=judgement.outcome,
            bars=barred and required and judgement.outcome in _BARS,
            required=required,
            blocker=rule is not None and rule.blocker,
            why=_why(judgement),
            because=_because(rule),
            owner=plain(rule.owner) if rule is not None else "",
            due=rule.due.isoformat() if rule is not None and rule.due is not None else "",
            check=plain(judgement.check or ""),
            file=plain(file),
            line=line,
            fingerprint=sha256(result.name, judgement.rule),
            judgement=judgement,
            waiver=None if judgement.waiver is None else result.policy.policy.waivers[judgement.waiver],
        )


def _verdict_line(result: AuditResult) -> Line:
    return Line(
        rule="verdict",
        outcome=result.verdict.outcome,
        bars=True,
        required=True,
        blocker=False,
        why="no required rule was judged",
        because="",
        owner="",
        due="",
        check="",
        file=NOWHERE[0],
        line=NOWHERE[1],
        fingerprint=sha256(result.name, "", "verdict"),
        judgement=None,
        waiver=None,
    )


def _why(judgement: Judgement) -> str:
    said = [plain(str(judgement.reason))]
    if judgement.worst is not None:
        said.append(in_words(judgement.worst))
    return "; ".join([*said, *(plain(str(one.why)) for one in judgement.ended)])


def _because(rule: Rule | None) -> str:
    return "" if rule is None else plain(rule.because)
