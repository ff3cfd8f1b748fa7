"""`results.sarif`: what is not met, at the rule's line, in SARIF 2.1.0 (OASIS, 2020 with errata 01 of 2023).

Code scanning shows whatever is listed as an alert, passes too (it does not read `kind`), and only the first 5,000; so
what passed is counted and not listed, and the worst come first.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from auditkit import AuditResult, exporter
from auditkit_exports.lines import Line, lines_of, waived_in_words, worst_first
from auditkit_exports.plain import plain

_MOST_RESULTS = 5_000
_LONGEST_TITLE = 1_000


@exporter("results.sarif", on_request=True)
def sarif(result: AuditResult) -> bytes:
    """What is not met, for code scanning."""
    lines = lines_of(result)
    problems = [line for line in worst_first(lines) if line.is_problem]
    listed = problems[:_MOST_RESULTS]
    version = result.provenance.auditkit.partition(" ")[0]
    run = {
        "tool": {"driver": {"name": "auditkit", "version": version, "rules": [_rule(line) for line in listed]}},
        "automationDetails": {"id": f"auditkit/{quote(plain(result.name), safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                # Whether the tool ran, not whether the model passed.
                "executionSuccessful": True,
                "endTimeUtc": result.run.created,
                "toolExecutionNotifications": _left_out(len(problems) - len(listed)),
            }
        ],
        "results": [_result(place, line) for place, line in enumerate(listed)],
        "properties": {
            "verdict": result.verdict.outcome,
            "outcomes": dict(sorted(Counter(line.outcome for line in lines).items())),
            "modelSha256": result.subject.digest,
            "resultSha256": result.result_digest,
        },
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False).encode()


def _rule(line: Line) -> dict[str, Any]:
    return {
        "id": line.rule,
        "shortDescription": {"text": plain(line.rule, _LONGEST_TITLE)},
        "fullDescription": {"text": plain(line.because or line.rule, _LONGEST_TITLE)},
        "help": {"text": line.because or line.rule},
        "defaultConfiguration": {"level": _level(line)},
        "properties": {"tags": ["model-audit", *([line.check] if line.check else [])]},
    }


def _result(place: int, line: Line) -> dict[str, Any]:
    where = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(line.file)},
            "region": {"startLine": line.line},
        },
        "logicalLocations": [{"name": line.rule, "kind": "rule"}],
    }
    found: dict[str, Any] = {
        "ruleId": line.rule,
        "ruleIndex": place,
        "level": _level(line),
        "message": {"text": f"{line.rule}: {line.message}"},
        "locations": [where],
        # The key that code scanning reads: an alert stays the same alert when the policy's lines move.
        "partialFingerprints": {"primaryLocationLineHash": f"{line.fingerprint}:1"},
        "properties": {"outcome": line.outcome, "required": line.required, **line.answers},
    }
    if line.waiver is not None:
        found["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": waived_in_words(line.waiver)}
        ]
    return found


def _level(line: Line) -> str:
    """`error` exactly for what keeps the verdict from being a pass: code scanning fails a pull request on an error."""
    if line.bars:
        return "error"
    return "note" if line.waiver is not None or not line.required else "warning"


def _left_out(count: int) -> list[dict[str, Any]]:
    if count <= 0:
        return []
    said = f"{count} more rules are not met or not decided than code scanning shows; the report has them all"
    return [{"level": "warning", "message": {"text": said}}]
