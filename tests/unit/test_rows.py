"""The evidence of a bundle: rows without inputs, or counts of which none is small."""

import io

import numpy as np
import pyarrow.parquet as pq

from auditkit import ClassScores
from auditkit.rows import evidence_files
from auditkit.testing import toy_case


def case_of(sizes: dict[str, tuple[int, int]]):
    """Rows by group: how many are chosen rightly, how many are left out rightly."""
    rows = [(group, yes) for group, counts in sizes.items() for yes in (1, 0) for _ in range(counts[1 - yes])]
    chosen = np.array([yes for _, yes in rows])
    predictions = ClassScores(("no", "yes"), np.column_stack([1 - chosen, chosen]).astype(float), "label")
    targets = ["yes" if yes else "no" for yes in chosen]
    inputs = np.array(["a secret note"] * len(rows))
    return toy_case(predictions, targets, {"sex": [group for group, _ in rows]}, positive="yes", inputs=inputs)


def counts(sizes: dict[str, tuple[int, int]]) -> list[dict]:
    (raw,) = evidence_files(case_of(sizes), "aggregates").values()
    return pq.read_table(io.BytesIO(raw)).to_pylist()


def test_rows_carry_groups_targets_decisions_and_scores_and_no_input():
    (raw,) = evidence_files(case_of({"F": (10, 20), "M": (30, 40)}), "rows").values()
    table = pq.read_table(io.BytesIO(raw))
    assert table.column_names == ["row", "group:sex", "target", "decision", "score:no", "score:yes"]
    assert table.num_rows == 100
    assert b"secret" not in raw


def test_counts_are_told_where_none_is_small():
    found = {(row["group"], row["target"]): row["rows"] for row in counts({"F": (10, 20), "M": (30, 40)})}
    assert found == {
        ("", "yes"): 40,
        ("", "no"): 60,
        ("F", "yes"): 10,
        ("F", "no"): 20,
        ("M", "yes"): 30,
        ("M", "no"): 40,
    }


def test_one_small_count_empties_the_attribute():
    told = [row["rows"] for row in counts({"F": (9, 20), "M": (30, 40)}) if row["attribute"] == "sex"]
    assert told == [None] * 4


def test_same_rows_are_the_same_bytes():
    case = case_of({"F": (10, 20)})
    for kind in ("rows", "aggregates"):
        first, second = (evidence_files(case, kind) for _ in range(2))
        assert first == second
    assert evidence_files(case_of({"F": (10, 20)}), "none") == {}
