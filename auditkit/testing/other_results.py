"""Finished results at the edge of what an exporter, or a template, must cope with; see also `results.toy_result`."""

from __future__ import annotations

from auditkit.document import Text
from auditkit.policy import Policy
from auditkit.result import AuditResult, JudgedPolicy, Verdict
from auditkit.testing.results import toy_result

HOSTILE = '"quoted", <b>bold</b> & \\ ; \'\n=1+1\u202e 患者'
"""A name that is markup, a formula, several cells and several lines, for whoever pastes it where names go."""


def silent_result() -> AuditResult:
    """A result without a finding and without a rule: nothing was measured, and nothing is judged."""
    policy = Policy()
    judged = JudgedPolicy(policy=policy, digest=policy.digest, source="spec")
    verdict = Verdict(outcome="inconclusive", judgements=())
    return toy_result(findings=(), policy=judged, verdict=verdict, not_looked_at=())


def hostile_result() -> AuditResult:
    """A result whose name, groups, titles and reasons hold quotes, commas, line breaks, markup and a formula."""
    plain = toy_result()
    said = Text.of("{what}", what=HOSTILE)
    findings = tuple(
        one.model_copy(
            update={
                "title": said,
                "text": said,
                "measurements": tuple(
                    found.model_copy(update={"group": dict.fromkeys(found.group, HOSTILE)})
                    for found in one.measurements
                ),
            }
        )
        for one in plain.findings
    )
    judgements = tuple(one.model_copy(update={"reason": said}) for one in plain.verdict.judgements)
    verdict = plain.verdict.model_copy(update={"judgements": judgements})
    return toy_result(name=HOSTILE, findings=findings, verdict=verdict)
