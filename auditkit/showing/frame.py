"""A result as a tidy table: one row a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from auditkit.document import canonical_json
from auditkit.finding import Finding, Measurement

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.result import AuditResult

GROUP = "group:"
"""What stands before an attribute's name in the name of its column, as in the evidence of a bundle."""

TYPES: dict[str, str] = {
    "check": "str",
    "options": "str",
    "status": "str",
    "metric": "str",
    "group": "str",
    "label": "str",
    "value": "float64",
    "n": "Int64",
    "low": "float64",
    "high": "float64",
    "level": "float64",
    "method": "str",
    "simultaneous": "boolean",
    "exact": "boolean",
    "undefined": "str",
    "withheld": "boolean",
    "conditions": "str",
    "versus": "str",
    "better": "str",
    "unit": "str",
}
"""Column -> type, in order; a column for each attribute comes after `group`."""


def frame_of(result: AuditResult) -> pd.DataFrame:
    """Every measurement as a row; of a check that measured nothing, one row with its status and the reason."""
    import pandas as pd

    rows = [row for finding in result.findings for row in _rows(finding)]
    attributes = sorted({name for row in rows for name in row["_group"]})
    columns = list(TYPES)
    place = columns.index("group") + 1
    columns[place:place] = [f"{GROUP}{name}" for name in attributes]
    table = {
        name: pd.Series(
            [row["_group"].get(name.removeprefix(GROUP)) if name not in TYPES else row.get(name) for row in rows],
            dtype=object,
        )
        for name in columns
    }
    frame = pd.DataFrame(table, columns=columns)
    return frame.astype({name: kind for name, kind in TYPES.items() if kind != "str"})


def _rows(finding: Finding) -> Iterator[dict[str, Any]]:
    options = canonical_json(finding.model_dump(mode="json")["options"]).decode() if finding.options else ""
    of_check = {"check": finding.check, "options": options, "status": finding.status}
    if finding.status != "measured":
        yield {**of_check, "_group": {}, "undefined": str(finding.reason)}
    for measurement in finding.measurements:
        yield {**of_check, **_row(measurement)}


def _row(one: Measurement) -> dict[str, Any]:
    interval = one.interval
    return {
        "_group": one.group,
        "metric": one.metric,
        "group": _named(one.group),
        "label": one.label,
        "value": one.value,
        "n": one.n,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "level": interval.level if interval else None,
        "method": interval.method if interval else None,
        "simultaneous": interval.simultaneous if interval else None,
        "exact": one.exact,
        "undefined": str(one.undefined) if one.undefined else None,
        "withheld": one.suppressed,
        "conditions": _named(one.conditions),
        "versus": None if one.versus is None else _named(one.versus),
        "better": one.better,
        "unit": one.unit,
    }


def _named(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(pairs.items()))
