"""A result as lines of text: one for a prompt, a few for `print`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.report.judgements import count_outcomes, rule_rows, worst_findings
from auditkit.report.wording import Wording
from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.report.context import RuleRow
    from auditkit.result import AuditResult

_MOST_RULES = 12


def line_of(result: AuditResult) -> str:
    """`<AuditResult 'Triage': FAIL, 2 rules met, 1 not met; 6 checks measured; sha256:0a1b2c3d…>`."""
    wording = Wording.of(result)
    counts = [f"{count.number} {count.word.lower()}" for count in count_outcomes(result, wording)]
    rules = f"; rules: {', '.join(counts)}" if counts else ""
    measured = sum(finding.status == "measured" for finding in result.findings)
    checks = f"; {measured} of {len(result.findings)} checks measured"
    verdict = result.verdict.outcome.upper()
    return printable(
        f"<AuditResult '{wording.label(result.name)}': {verdict}{rules}{checks}; sha256:{result.result_digest[:12]}>"
    )


def lines_of(result: AuditResult) -> str:
    """The verdict, each rule with its number, and the worst findings."""
    wording = Wording.of(result)
    rows = rule_rows(result, wording)
    lines = [f"{wording.label(result.name)}: {result.verdict.outcome.upper()}"]
    lines += [f"  {row.word}: {row.requirement}{_measured(row)}{_waived(row)}" for row in rows[:_MOST_RULES]]
    if len(rows) > _MOST_RULES:
        lines.append(f"  and {len(rows) - _MOST_RULES} more rules")
    for worst in worst_findings(result, wording):
        lines.append(f"  worst: {worst.title}. {worst.sentence}")
        lines += [f"    hint: {worst.hint}"] if worst.hint else []
    return "\n".join(map(printable, lines))


def _waived(row: RuleRow) -> str:
    """`; waived by A. Name until 2027-01-31: ...`; or why a waiver covers it no more."""
    return f"; {row.waiver}" if row.waiver else ""


def _measured(row: RuleRow) -> str:
    """`; sex: F: 0.714 (0.620 to 0.793)`; nothing where nothing was measured."""
    return f"; {row.about}: {row.value} ({row.interval})" if row.value != "\N{EN DASH}" else ""
