"""`summary.md`: the verdict and the worst rules in Markdown, for a step's summary or a comment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditkit import AuditResult, exporter
from auditkit_exports.lines import Line, lines_of, outcome_in_words, waived_in_words, worst_first
from auditkit_exports.markdown import shown
from auditkit_exports.measured import how_much, of_whom

_MOST_ROWS = 30
"""GitHub takes 1 MiB a step, and a person less."""

_LONGEST = 2_000

_SAYS = {
    "pass": "Every rule that is required is met.",
    "fail": "A rule that is required is not met.",
    "error": "A check that a required rule needs could not say anything. That is neither a pass nor a fail.",
    "inconclusive": "The data cannot decide a rule that is required. That is neither a pass nor a fail.",
}


@exporter("summary.md", on_request=True)
def summary(result: AuditResult) -> bytes:
    """The verdict and its reasons in Markdown."""
    lines = worst_first(lines_of(result))
    parts = [
        f"## {result.verdict.outcome.upper()}: {shown(result.name)}",
        _SAYS[result.verdict.outcome],
        _counted(lines),
        _against(result),
        "\n".join(_table(lines[:_MOST_ROWS])),
        _rest(len(lines) - _MOST_ROWS),
        "\n".join(_waived(lines)),
        _expired(result),
        _facts(result),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _counted(lines: tuple[Line, ...]) -> str:
    counts = Counter(line.outcome for line in lines)
    said = ", ".join(f"{count} {outcome_in_words(outcome)}" for outcome, count in counts.items())
    return f"{len(lines)} {'rule' if len(lines) == 1 else 'rules'}: {said}." if lines else "There are no rules."


def _table(lines: tuple[Line, ...]) -> Iterator[str]:
    if not lines:
        return
    yield "| outcome | rule | of | measured | why |"
    yield "|---|---|---|---|---|"
    for line in lines:
        worst = line.judgement.worst if line.judgement else None
        whom, much = (of_whom(worst) or "all rows", how_much(worst)) if worst else ("", "")
        reason = str(line.judgement.reason) if line.judgement else line.why
        if line.is_problem and line.waiver is None:
            reason = "; ".join((reason, *(f"{name}: {said}" for name, said in line.answers.items())))
        optional = "" if line.required else " (not required)"
        outcome = f"**{outcome_in_words(line.outcome)}**" if line.bars else outcome_in_words(line.outcome)
        yield f"| {outcome}{optional} | {shown(line.rule)} | {shown(whom)} | {shown(much)} | {shown(reason)} |"


def _against(result: AuditResult) -> str:
    """Which release it was held against, and how; of an audit that was held against none, nothing."""
    said = [str(one.text) for one in result.findings if one.check == "gate.baseline"]
    return shown(said[0], _LONGEST) if said else ""


def _rest(count: int) -> str:
    return f"{count} more are in the report." if count > 0 else ""


def _waived(lines: tuple[Line, ...]) -> Iterator[str]:
    waived = [line for line in lines if line.waiver is not None]
    if not waived:
        return
    yield "Waivers in force:"
    yield ""
    for line in waived[:_MOST_ROWS]:
        yield f"- {shown(line.rule)}: {shown(waived_in_words(line.waiver)) if line.waiver else ''}"
    if len(waived) > _MOST_ROWS:
        yield f"- {len(waived) - _MOST_ROWS} more"


def _expired(result: AuditResult) -> str:
    count = len(result.verdict.waivers_expired)
    return f"Waivers that have expired and excuse nothing: {count}." if count else ""


def _facts(result: AuditResult) -> str:
    return (
        f"Model `sha256:{result.subject.digest[:16]}`, result `sha256:{result.result_digest[:16]}`, "
        f"{shown(result.run.created)}. This page is a summary; the signed bundle is the evidence."
    )
