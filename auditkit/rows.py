"""The evidence that goes into a bundle: predictions, targets and groups row by row, or their counts. Never inputs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.dataset import Codes
from auditkit.predictions import ClassScores, LabelScores
from auditkit.suppression import THRESHOLD

if TYPE_CHECKING:
    import pyarrow as pa

    from auditkit.case import Case


def evidence_files(case: Case[Any], kind: str) -> dict[str, bytes]:
    """Parquet files by name.

    Args:
        case: on the audit split.
        kind: the spec's `[report] evidence`: "rows", "aggregates" or "none".
    """
    if kind == "rows":
        return {"audit.parquet": _parquet(_rows(case))}
    if kind == "aggregates":
        return {"counts.parquet": _parquet(_counts(case))}
    return {}


def _rows(case: Case[Any]) -> pa.Table:
    """One row an audit row: its keyed digest or its position, groups, target, decision, scores."""
    import pyarrow as pa

    digests = case.row_digests
    columns: dict[str, Any] = {"row": list(digests) if digests else pa.array(np.arange(len(case)), pa.int64())}
    for name, codes in (case.groups if case.has_groups else {}).items():
        columns[f"group:{name}"] = _dictionary(codes)
    if case.has_targets and isinstance(case.predictions, ClassScores):
        columns["target"] = _dictionary(case.targets)
    if case.units is not None:
        # Whose row it is, by number: enough to resample units together, and no name.
        columns["unit"] = pa.array(case.units.codes)
    if case.weights is not None:
        columns["weight"] = pa.array(np.asarray(case.weights))
    columns |= _prediction_columns(case)
    return pa.table(columns)


def _prediction_columns(case: Case[Any]) -> dict[str, Any]:
    predictions = case.predictions
    if isinstance(predictions, ClassScores):
        scores = {f"score:{name}": np.asarray(predictions.scores[:, k]) for k, name in enumerate(predictions.classes)}
        return {"decision": _dictionary(Codes(case.decisions, predictions.classes)), **scores}
    if isinstance(predictions, LabelScores):
        columns: dict[str, Any] = {}
        for k, name in enumerate(predictions.labels):
            columns[f"score:{name}"] = np.asarray(predictions.scores[:, k])
            if case.has_targets:
                columns[f"target:{name}"] = case.label_targets[:, k]
        return columns
    return {}


def _dictionary(codes: Codes) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(
        pa.array(codes.codes, type=pa.int32(), mask=codes.codes < 0), pa.array(codes.vocabulary, type=pa.string())
    )


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


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    # No statistics and no writer's date: the same rows give the same bytes.
    pq.write_table(table, stream, compression="zstd", write_statistics=False)
    return stream.getvalue()
