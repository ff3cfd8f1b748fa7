"""The numbers of a result as rows of a form's tables, in the language of the report; what is withheld stays so."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit import AuditResult, Finding, Measurement, MetricCard, Text
from auditkit_exports.form import Form
from auditkit_exports.measured import number
from auditkit_exports.plain import plain

COLUMNS = (Text.of("metric"), Text.of("group"), Text.of("value"), Text.of("interval"), Text.of("rows"))
"""Of `measured_rows`."""

_WITHHELD = Text.of("withheld")


def sound(result: AuditResult) -> Iterator[tuple[Finding, Measurement]]:
    """What was measured on the rows as they are, by checks that gave their known answers; all rows and gaps first."""
    every = [
        (finding, one)
        for finding in result.findings
        if finding.status == "measured" and finding.controls_passed
        for one in finding.measurements
        if not one.conditions
    ]
    return iter(sorted(every, key=lambda pair: any(label != "*" for label in pair[1].group.values())))


def of_metric(result: AuditResult, name: str) -> MetricCard | None:
    """The card of a metric; None: it has none."""
    return next((card for finding in result.findings for card in finding.cards if card.name == name), None)


def measured_rows(form: Form, most: int, area: str | None = None) -> tuple[list[tuple[str, ...]], int]:
    """Metric, of whom, value, interval and rows of the first so many; and how many more there are."""
    every = [one for finding, one in sound(form.result) if area is None or finding.check.partition(".")[0] == area]
    return [_row(form, one) for one in every[:most]], max(0, len(every) - most)


def _row(form: Form, one: Measurement) -> tuple[str, ...]:
    card = of_metric(form.result, one.metric)
    title = form.say(Text(msgid=card.title)) if card is not None else plain(one.metric)
    value = number(one.value) if one.value is not None else form.say(one.undefined or _WITHHELD)
    ends = (
        ""
        if one.interval is None
        else form.say(
            Text.of(
                "{low} to {high} ({level:percent})",
                low=one.interval.low,
                high=one.interval.high,
                level=one.interval.level,
            )
        )
    )
    return title, _of_whom(form, one), value, ends, form.say(_WITHHELD) if one.n is None else f"{one.n:,}"


def _of_whom(form: Form, one: Measurement) -> str:
    said = [
        form.say(Text.of("between groups by {attribute}", attribute=name)) if label == "*" else f"{name} = {label}"
        for name, label in one.group.items()
    ]
    if one.label is not None:
        said.append(one.label)
    return plain(", ".join(said)) or form.say(Text.of("all rows"))


def split_rows(form: Form) -> list[tuple[str, ...]]:
    """Each split with its rows, its file and the digest of its rows."""
    return [
        (
            form.say(Text.of(split.name)),
            f"{split.rows:,}",
            plain(split.file.name) if split.file else "",
            f"sha256:{split.digest}",
        )
        for split in form.result.data.splits
    ]


def group_rows(form: Form, most: int) -> list[tuple[str, ...]]:
    """Each group of the audit rows with how many there are; too few to tell are withheld."""
    rows: list[tuple[str, ...]] = [
        (plain(attribute.name), plain(one.label), form.say(_WITHHELD) if one.rows is None else f"{one.rows:,}")
        for attribute in form.result.data.splits[0].attributes
        for one in attribute.groups
    ]
    return rows[:most]
