"""`gl-code-quality.json`: GitLab's Code Quality report, a problem a rule that is not met.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json

from auditkit import AuditResult, exporter
from auditkit_exports.lines import Line, lines_of, worst_first


@exporter("gl-code-quality.json", on_request=True)
def gitlab(result: AuditResult) -> bytes:
    """A Code Quality report for GitLab's merge requests."""
    problems = [_problem(line) for line in worst_first(lines_of(result)) if line.is_problem]
    return json.dumps(problems, indent=1, ensure_ascii=False).encode()


def _problem(line: Line) -> dict[str, object]:
    return {
        "description": f"{line.rule}: {line.message}",
        "check_name": line.rule,
        "fingerprint": line.fingerprint,
        "severity": _severity(line),
        "location": {"path": line.file, "lines": {"begin": line.line}},
    }


def _severity(line: Line) -> str:
    if line.bars:
        return "blocker" if line.blocker else "critical" if line.outcome == "fail" else "major"
    return "info" if line.waiver is not None or not line.required else "minor"
