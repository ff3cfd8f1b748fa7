"""Counts in place of rows: how many rows each group has for each target and decision, and none that is small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.dataset import Codes
from auditkit.predictions import ClassScores
from auditkit.rows.writing import parquet
from auditkit.suppression import THRESHOLD

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
        decisions = Codes(case.decisions, case.predictions.classes)
        targets = case.targets if case.has_targets else Codes(np.full(len(case), -1), ())
        groups = {"": Codes(np.zeros(len(case), dtype=np.int64), ("",)), **(case.groups if case.has_groups else {})}
        for attribute, codes in groups.items():
            stacked = np.column_stack([codes.codes, targets.codes, decisions.codes])
            cells, counts = np.unique(stacked[codes.codes >= 0], axis=0, return_counts=True)
            least = THRESHOLD if attribute == "" or counts.min(initial=THRESHOLD) >= THRESHOLD else len(case) + 1
            for (group, target, decision), count in zip(cells, counts, strict=True):
                rows.append(
                    {
                        "attribute": attribute,
                        "group": codes.vocabulary[group],
                        "target": targets.vocabulary[target] if target >= 0 else None,
                        "decision": decisions.vocabulary[decision],
                        "rows": int(count) if count >= least else None,
                    }
                )
    names = ("attribute", "group", "target", "decision", "rows")
    kinds = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
    return pa.table({n: pa.array([row[n] for row in rows], type=k) for n, k in zip(names, kinds, strict=True)})
