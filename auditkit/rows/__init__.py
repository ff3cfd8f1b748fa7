"""The evidence of a bundle: what the measurements rest on, row by row or as counts. Never inputs, never texts.

`layout` says what a file of rows holds, `answers` how predictions become columns and columns predictions again,
`writing` and `reading` the files, `counts` the evidence of those who hand on no rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.case import Case


def evidence_files(case: Case[Any], kind: str) -> dict[str, bytes]:
    """Parquet files by name.

    Args:
        case: on the audit split.
        kind: the spec's `[report] evidence`: "rows", "aggregates" or "none".
    """
    if kind == "rows":
        from auditkit.rows.writing import row_files

        return row_files(case)
    if kind == "aggregates":
        from auditkit.rows.counts import counts_file

        return {"counts.parquet": counts_file(case)}
    return {}
