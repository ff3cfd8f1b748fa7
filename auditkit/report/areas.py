"""The results, area by area: each check with its question, its controls, its plots and its tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from auditkit.document import Text
from auditkit.finding import Chart, Control, Finding, Table
from auditkit.options import said_options
from auditkit.policy import Policy, Rule
from auditkit.report.bounds import bounds_on
from auditkit.report.context import Area, CheckSection, ControlRow, Count, RuleLine, Shown
from auditkit.report.curves import draw_curve
from auditkit.report.examples import draw_example
from auditkit.report.families import chosen, families_of, unquoted
from auditkit.report.figures import Forest, Heat
from auditkit.report.forests import MOST_ROWS_ON_PAPER, Family, draw_forest
from auditkit.report.grids import MOST_TABLE_ROWS, evidence_grid, is_withheld, overall_grid
from auditkit.report.heats import draw_heat, is_crossing
from auditkit.report.known import told_of
from auditkit.report.slices import worst_slices
from auditkit.report.wording import OUTCOMES, SENTENCE_LIMIT, Wording
from auditkit.result import AuditResult
from auditkit.shown import Example

MOST_CHECKS = 60
MOST_WITHHELD_NAMED = 4
MOST_CONTROLS = 3
MOST_PLOTS = 36
MOST_MAPS = 2
"""Of each check."""
MOST_PLOTS_AT_ONCE = 12
"""On screen, where others are folded away; those that a rule is about come on top."""

# What an address can hold without escapes; anything else is numbered.
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")

STATUSES = {"measured": "Measured", "not_applicable": "Not applicable", "error": "Crashed"}


@dataclass(frozen=True)
class Placed:
    """A finding that has a section, and the section's place in the page."""

    finding: Finding
    anchor: str


def placed(result: AuditResult) -> dict[str, list[Placed]]:
    """The findings that are shown, by area; of more than `MOST_CHECKS`, those that rules rest on and crashes stay."""
    judged = {judgement.check for judgement in result.verdict.judgements}
    by_area: dict[str, list[Finding]] = {}
    for finding in sorted(result.findings, key=lambda one: (one.check not in judged, one.status != "error", one.check)):
        if finding.status != "not_applicable":  # listed among the checks without numbers, and nothing more to say of it
            by_area.setdefault(_area_of(finding), []).append(finding)
    taken: set[str] = set()
    return {
        area: [
            Placed(finding, anchor_of("check", finding.check, taken))
            for finding in sorted(findings[:MOST_CHECKS], key=lambda one: one.check)
        ]
        for area, findings in sorted(by_area.items())
    }


def anchor_of(kind: str, name: str, taken: set[str]) -> str:
    """Where a check or a rule stands: the same in every report that has it, so that others can link to it.

    A second one of a name, and one whose name no address can hold as it is, has a number instead.
    """
    anchor = f"{kind}-{name}"
    if anchor in taken or not _PLAIN_NAME.fullmatch(name):
        anchor = f"{kind}-{len(taken) + 1}"
    taken.add(anchor)
    return anchor


def _area_of(finding: Finding) -> str:
    return finding.check.partition(".")[0]


def compose_areas(result: AuditResult, wording: Wording, *, paper: bool = False) -> tuple[Area, ...]:
    """All findings, by area; on paper long plots come in parts."""
    numbers = count(1)
    taken: set[str] = set()
    planned = Counter(_area_of(finding) for finding in result.findings if finding.status != "not_applicable")
    return tuple(
        Area(
            anchor=anchor_of("area", area, taken),
            title=wording.sentence(Text(msgid=area.replace("-", " "))),
            outcome=(worst := _worst_of(_outcome(one.finding, result) for one in members)),
            word="" if worst == "unjudged" else wording.outcome(worst),
            checks=tuple(_section(one, result, wording, numbers=numbers, paper=paper) for one in members),
            note=_left_out(len(members), planned[area], wording),
        )
        for area, members in placed(result).items()
    )


def _left_out(shown: int, planned: int, wording: Wording) -> str:
    if shown == planned:
        return ""
    return wording.say(
        "{shown} of {count} checks are shown; all stand in the embedded result.", shown=shown, count=planned
    )


def status_word(finding: Finding) -> str:
    """What is said of a check as a whole."""
    return STATUSES[finding.status] if finding.controls_passed else "Control failed"


def _section(
    one: Placed, result: AuditResult, wording: Wording, *, numbers: Iterator[int], paper: bool
) -> CheckSection:
    finding, policy = one.finding, result.policy.policy
    families = unquoted(families_of(finding, wording), finding, policy.rules)
    controls = sorted(finding.controls, key=lambda control: control.passed)
    told, withheld, undefined = _told(families, policy.rules)
    evidence = [one for one in finding.evidence if isinstance(one, Table) and one.rows]
    tables = [one for one in evidence if not is_withheld(one, finding)]
    silent = [wording.text(one.title) for one in evidence if is_withheld(one, finding)]
    at_once, others = _divided(chosen(told, policy.rules, most=MOST_PLOTS), policy.rules)
    first = tuple(_drawn([*_slices(finding, policy, wording), *at_once], policy, wording, numbers=numbers, paper=paper))
    more = () if paper else tuple(_drawn(others, policy, wording, numbers=numbers, paper=paper))
    return CheckSection(
        anchor=one.anchor,
        check=wording.label(finding.check),
        title=wording.text(finding.title),
        asks=wording.introduction(finding.text),
        status=finding.status,
        word=wording.say(status_word(finding)),
        outcome=_outcome(finding, result),
        reason=wording.reason(finding.reason) if finding.reason else "",
        hint=wording.hint(finding.hint),
        options=_options(finding, wording),
        controls=tuple(_control(control, wording) for control in controls[:MOST_CONTROLS]),
        more_controls=tuple(_control(control, wording) for control in controls[MOST_CONTROLS:MOST_TABLE_ROWS]),
        controls_note=_controls_note(controls, wording),
        rules=_rule_lines(finding, result, wording),
        overall=overall_grid(finding, wording),
        forests=first,
        more_forests=more,
        heats=tuple(_maps(told, policy, wording, numbers=numbers)),
        more_note=_more_note(others, wording, paper=paper),
        withheld=wording.prose(
            (_withheld([*(family.title for family in withheld), *silent], wording), _undefined(undefined, wording))
        ),
        folded=_folded(len(told), wording),
        curves=tuple(
            draw_curve(chart, wording, index=next(numbers)) for chart in finding.evidence if isinstance(chart, Chart)
        ),
        examples=tuple(
            draw_example(one, wording, index=next(numbers)) for one in finding.evidence if isinstance(one, Example)
        ),
        tables=tuple(evidence_grid(table, finding, wording) for table in tables),
        notes=tuple(wording.sentence(note) for note in finding.notes),
    )


def _drawn(
    families: Sequence[Family], policy: Policy, wording: Wording, *, numbers: Iterator[int], paper: bool
) -> Iterator[Forest]:
    for family in families:
        yield from draw_forest(
            family,
            policy.rules,
            wording,
            numbers=numbers,
            small_below=policy.min_group_size,
            most_rows=MOST_ROWS_ON_PAPER if paper else None,
        )


def _slices(finding: Finding, policy: Policy, wording: Wording) -> list[Family]:
    worst = worst_slices(finding, policy, wording)
    return [worst] if worst else []


def _maps(families: Sequence[Family], policy: Policy, wording: Wording, *, numbers: Iterator[int]) -> Iterator[Heat]:
    """Where two attributes cross: those that a rule is about, and else the first few."""
    crossing = [family for family in families if is_crossing(family)]
    judged = [family for family in crossing if bounds_on(policy.rules, family.measurements, family.check)]
    pairs = {tuple(sorted(one.measurements[0].group)): one for one in reversed(crossing)}
    others = [one for one in pairs.values() if one not in judged]
    for family in [*judged, *reversed(others)][:MOST_MAPS]:
        drawn = draw_heat(family, wording, index=next(numbers), small_below=policy.min_group_size)
        if drawn:
            yield drawn


def _told(families: Sequence[Family], rules: Sequence[Rule]) -> tuple[list[Family], list[Family], list[Family]]:
    """Those with a value that is not withheld, those that are withheld, and those undefined that no rule is about."""
    told: list[Family] = []
    withheld: list[Family] = []
    undefined: list[Family] = []
    for family in families:
        if all(one.suppressed for one in family.measurements):
            withheld.append(family)
        elif any(one.value is not None for one in family.measurements) or bounds_on(
            rules, family.measurements, family.check
        ):
            told.append(family)
        else:
            undefined.append(family)
    return told, withheld, undefined


def _divided(families: Sequence[Family], rules: Sequence[Rule]) -> tuple[list[Family], list[Family]]:
    """What is seen at once, and what is folded away: crossed attributes and what follows the first plots, unjudged."""
    first: list[Family] = []
    more: list[Family] = []
    for family in families:
        is_judged = bool(bounds_on(rules, family.measurements, family.check))
        is_simple = len(family.measurements[0].group) <= 1
        (first if is_judged or (is_simple and len(first) < MOST_PLOTS_AT_ONCE) else more).append(family)
    return first, more


def _more_note(families: Sequence[Family], wording: Wording, *, paper: bool) -> str:
    if not families:
        return ""
    if not paper:
        return wording.say("More plots, which no rule is about: {count}", count=len(families))
    named = wording.clauses(family.title for family in families[:MOST_WITHHELD_NAMED])
    more = len(families) - MOST_WITHHELD_NAMED
    plots = wording.say("{labels}, and {count} more", labels=named, count=more) if more > 0 else named
    return wording.say(
        "Drawn in report.html and not here, since no rule is about them: {plots}. Their numbers are in the result.json "
        "that is attached to this file.",
        plots=plots,
    )


def _withheld(titles: Sequence[str], wording: Wording) -> str:
    """Which plots and tables tell nothing."""
    if not titles:
        return ""
    plots = wording.clauses(titles[:MOST_WITHHELD_NAMED])
    more = len(titles) - MOST_WITHHELD_NAMED
    if more > 0:
        return wording.say("Withheld for every group: {plots}; and {count} more.", plots=plots, count=more)
    return wording.say("Withheld for every group: {plots}.", plots=plots)


def _undefined(families: Sequence[Family], wording: Wording) -> str:
    """Which plots have nothing to draw, by the reason that they share."""
    by_reason: dict[str, list[str]] = {}
    for family in families:
        reasons = dict.fromkeys(wording.reason(one.undefined) for one in family.measurements if one.undefined)
        by_reason.setdefault(wording.clauses(list(reasons)[:MOST_WITHHELD_NAMED]), []).append(family.title)
    said = []
    for reason, titles in by_reason.items():
        plots, more = wording.clauses(titles[:MOST_WITHHELD_NAMED]), len(titles) - MOST_WITHHELD_NAMED
        if more > 0:
            plots = wording.say("{labels}, and {count} more", labels=plots, count=more)
        said.append(wording.say("Undefined for every group: {plots}. {reason}.", reason=reason, plots=plots))
    return wording.prose(said)


def _options(finding: Finding, wording: Wording) -> str:
    said = said_options(finding.options)
    return wording.label(said, limit=SENTENCE_LIMIT) if said else ""


def _control(control: Control, wording: Wording) -> ControlRow:
    kind = wording.say("Clean twin") if control.kind == "clean" else wording.say("Planted defect")
    return ControlRow(
        outcome="pass" if control.passed else "error",
        word=wording.say("As it should") if control.passed else wording.say("Control failed"),
        kind=kind,
        title=wording.text(control.title),
        expected=told_of(control.expected, wording),
        observed=told_of(control.observed, wording),
    )


def _controls_note(controls: list[Control], wording: Wording) -> str:
    passed = sum(control.passed for control in controls)
    return wording.say("Controls: {count}; as they should: {passed}", count=len(controls), passed=passed)


def _outcome(finding: Finding, result: AuditResult) -> Shown:
    """How a check came out: that it cannot be relied on comes before whatever the rules say."""
    if finding.status == "error" or not finding.controls_passed:
        return "error"
    return _worst_of(one.outcome for one in result.verdict.judgements if one.check == finding.check)


def _worst_of(outcomes: Iterable[Shown]) -> Shown:
    found = set(outcomes)
    return next((outcome for outcome in OUTCOMES if outcome in found), "unjudged")


def choices(areas: Sequence[Area], wording: Wording) -> tuple[Count, ...]:
    """The outcomes of the checks, worst first, as a reader may choose among them; none where all are alike."""
    found = Counter(check.outcome for area in areas for check in area.checks)
    if len(found) < 2:  # noqa: PLR2004  there is nothing to choose
        return ()
    judged = [Count(kind, wording.outcome(kind), wording.count(found[kind])) for kind in OUTCOMES if found[kind]]
    none = Count("unjudged", wording.say("No rule about it"), wording.count(found["unjudged"]))
    return (*judged, *([none] if found["unjudged"] else []))


def _rule_lines(finding: Finding, result: AuditResult, wording: Wording) -> tuple[RuleLine, ...]:
    """What the policy says about what this check measured."""
    rules = {rule.id: rule for rule in result.policy.policy.rules}
    lines = []
    order = list(OUTCOMES)
    for judgement in sorted(result.verdict.judgements, key=lambda one: order.index(one.outcome)):
        if judgement.check != finding.check or judgement.rule not in rules:
            continue
        said = (wording.requirement(rules[judgement.rule]), wording.reason(judgement.reason))
        text = wording.prose(wording.stopped(one) for one in said)
        lines.append(RuleLine(judgement.outcome, wording.outcome(judgement.outcome), text))
    return tuple(lines)


def _folded(families: int, wording: Wording) -> str:
    if families <= MOST_PLOTS:
        return ""
    return wording.say(
        "{shown} of {count} plots are drawn, first those that a rule is about; all numbers are in the embedded result.",
        shown=MOST_PLOTS,
        count=families,
    )
