"""Counts in place of rows: how many rows each group has for each target and decision, and none that is small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.cells import distinct_rows
from auditkit.dataset import MISSING, Codes
from auditkit.disclosure.few import THRESHOLD
from auditkit.predictions import ClassScores
from auditkit.rows.writing import parquet

if TYPE_CHECKING:
    import pyarrow as pa

    from auditkit.case import Case


def counts_file(case: Case[Any]) -> bytes:
    """The counts as a Parquet file."""
    return parquet(_counts(case))


def _counts(case: Case[Any]) -> pa.Table:
    """How many rows each group has for each target and decision; counts under the threshold are left empty.

    Where one group of an attribute has such a count, all counts of that attribute are left empty: beside the rates of
    the result, the other groups' counts would give it away.
    """
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    if isinstance(case.predictions, ClassScores):
        for attribute, (labels, counts) in _by_attribute(case).items():
            smallest = min(counts.values(), default=THRESHOLD)
            least = THRESHOLD if attribute == "" or smallest >= THRESHOLD else len(case) + 1
            for cell in sorted(counts):
                group, target, decision = (
                    one[code] if code >= 0 else None for one, code in zip(labels, cell, strict=True)
                )
                count = counts[cell] if counts[cell] >= least else None
                rows.append(
                    {"attribute": attribute, "group": group, "target": target, "decision": decision, "rows": count}
                )
    names = ("attribute", "group", "target", "decision", "rows")
    kinds = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
    return pa.table({n: pa.array([row[n] for row in rows], type=k) for n, k in zip(names, kinds, strict=True)})


def _by_attribute(case: Case[Any]) -> dict[str, tuple[tuple[tuple[str, ...], ...], dict[tuple[int, ...], int]]]:
    """For each attribute, and "" for everybody: the labels of group, target and decision, and rows by their codes."""
    found: dict[str, tuple[tuple[tuple[str, ...], ...], dict[tuple[int, ...], int]]] = {}
    for chunk in case.chunks():
        targets = chunk.targets if chunk.has_targets else Codes(np.full(len(chunk), MISSING), ())
        everybody = Codes(np.zeros(len(chunk), dtype=np.int64), ("",))
        for attribute, codes in {"": everybody, **(chunk.groups if chunk.has_groups else {})}.items():
            inside = codes.codes >= 0
            cells, _, counts = distinct_rows([one[inside] for one in (codes.codes, targets.codes, chunk.decisions)])
            labels = (codes.vocabulary, targets.vocabulary, chunk.predictions.classes)
            total = found.setdefault(attribute, (labels, {}))[1]
            for cell, count in zip(map(tuple, cells.tolist()), counts.tolist(), strict=True):
                total[cell] = total.get(cell, 0) + count
    return found
