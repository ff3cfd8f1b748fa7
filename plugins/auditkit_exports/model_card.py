"""`model-card.md`: a model card as the Hugging Face Hub reads it: YAML with a `model-index`, then words.

Source: https://huggingface.co/docs/hub/model-cards. It is a `README.md` to begin from: what the audit does not know,
such as what the model is for, its makers add.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit import AuditResult, Measurement, exporter
from auditkit_exports.lines import Line, lines_of, outcome_in_words, worst_first
from auditkit_exports.markdown import shown
from auditkit_exports.measured import how_much, of_whom
from auditkit_exports.plain import plain, plain_name

_MOST = 100
"""Measurements and rules that are listed; the report has them all."""

_EVIDENCE = "The signed bundle is the evidence; these are its words and numbers."

_TASKS = {
    "Values": "tabular-regression",
    "TokenLabels": "token-classification",
    "Texts": "text-generation",
    "Rankings": "other",
}
_OF_CLASSES = {"text": "text-classification", "image": "image-classification", "tabular": "tabular-classification"}


@exporter("model-card.md", on_request=True)
def model_card(result: AuditResult) -> bytes:
    """A model card for the Hugging Face Hub."""
    import yaml

    head = yaml.safe_dump(dict(_metadata(result)), sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{head}---\n\n{_body(result)}".encode()


def _metadata(result: AuditResult) -> Iterator[tuple[str, Any]]:
    facts = result.subject.facts
    if facts is not None and facts.licence:
        yield "license", plain(facts.licence)
    if facts is not None and facts.base_models:
        yield "base_model", [plain(name) for name in facts.base_models]
    if facts is not None and facts.datasets:
        yield "datasets", [plain(name) for name in facts.datasets]
    yield "tags", ["auditkit"]
    metrics = [_metric(one) for one in _told(result)[:_MOST]]
    if not metrics:
        return
    split = result.data.splits[0]
    name = plain_name(split.file.name if split.file else "rows given in memory")
    data = {"type": "audit-rows", "name": name, "split": split.name, "revision": split.digest}
    index = {"task": {"type": _task(result)}, "dataset": data, "metrics": metrics}
    yield "model-index", [{"name": plain_name(result.name), "results": [index]}]


def _told(result: AuditResult) -> list[Measurement]:
    """What is said of all rows, and of the gaps between groups, as the rows are: no group and no changed rows."""
    return [
        measurement
        for finding in result.findings
        for measurement in finding.measurements
        if measurement.value is not None
        and not measurement.conditions
        and all(label == "*" for label in measurement.group.values())
    ]


def _metric(measurement: Measurement) -> dict[str, Any]:
    words = plain(measurement.metric.replace("_", " "))
    whom = of_whom(measurement)
    return {
        "type": plain(measurement.metric),
        "value": measurement.value,
        "name": f"{words} ({whom})" if whom else words,
    }


def _task(result: AuditResult) -> str:
    kind = result.subject.prediction_type
    if kind in _TASKS:
        return _TASKS[kind]
    return next((task for word, task in _OF_CLASSES.items() if word in result.subject.adapter), "other")


def _body(result: AuditResult) -> str:
    lines = worst_first(lines_of(result))
    parts = [
        f"# {shown(result.name)}",
        "## Bias, risks and limitations",
        f"An audit by auditkit came to the verdict **{result.verdict.outcome}**. {_EVIDENCE}",
        "\n".join(_rules(lines[:_MOST])),
        f"{len(lines) - _MOST} more are in the report." if len(lines) > _MOST else "",
        "\n".join(_unseen(result)),
        "## Evaluation",
        "\n".join(_measured(_told(result)[:_MOST])),
        f"Model `sha256:{result.subject.digest}`, result `sha256:{result.result_digest}`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _rules(lines: tuple[Line, ...]) -> Iterator[str]:
    for line in lines:
        optional = "" if line.required else " (not required)"
        because = f" Because: {shown(line.because)}" if line.because else ""
        yield f"- **{outcome_in_words(line.outcome)}**{optional}: {shown(line.rule)}. {shown(line.why)}.{because}"


def _unseen(result: AuditResult) -> Iterator[str]:
    if result.not_looked_at:
        yield "Not looked at:"
        yield ""
    for one in result.not_looked_at:
        yield f"- {shown(str(one.what))}: {shown(str(one.why))}"


def _measured(measurements: list[Measurement]) -> Iterator[str]:
    if measurements:
        yield "| metric | of | measured |"
        yield "|---|---|---|"
    for one in measurements:
        yield f"| {shown(one.metric)} | {shown(of_whom(one) or 'all rows')} | {shown(how_much(one))} |"
