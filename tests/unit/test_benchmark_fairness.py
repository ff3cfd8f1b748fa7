"""The benchmark of fairness: all who are timed give the same answers, and its tables say what was measured."""

import numpy as np
import pytest

from benchmarks import fairness


def test_a_frame_is_measured_where_fairlearn_agrees():
    found = fairness.of_frame(rows=2000, replicates=50, runs=1, has_peer=True)
    assert found["rows"] == 2000
    assert 0 < found["frame mb"] <= found["auditkit mb"] <= found["fairlearn mb"]
    assert all(found[f"{name} {of}"] > 0 for name in ("auditkit", "fairlearn") for of in ("s", "work s"))


def test_the_rows_that_were_made_are_in_frame_and_file(tmp_path):
    frame, counts = fairness.make_frame(2000)
    assert [str(kind) for kind in frame.dtypes[-2:]] == ["int64", "int64"]
    by_pandas = frame.groupby(list(fairness.NAMES)).size()
    names = [labels for labels, _ in fairness.LABELS.values()]
    for (*labels, target, decision), count in by_pandas.items():
        place = tuple(own.index(label) for own, label in zip(names, labels, strict=True))
        assert counts[place][target][decision] == count
    assert by_pandas.sum() == counts.sum() == 2000

    of_file = fairness.make_file(tmp_path / "rows.parquet", 3000)
    found = fairness.ours_of_file(str(tmp_path / "rows.parquet"), 20)
    fairness.refuse_other_points(found.points, fairness.points_of(of_file), "ours")
    with pytest.raises(AssertionError, match="'ours' finds another 'selection_rate'"):
        fairness.refuse_other_points(found.points, fairness.points_of(counts), "ours")


def test_replicates_lie_around_the_points():
    frame, counts = fairness.make_frame(20_000)
    found = fairness.ours(frame, 400)
    for name, points in fairness.points_of(counts).items():
        low, high = found.limits[name]
        inside = (low <= points) & (points <= high)
        assert np.count_nonzero(inside) >= 58  # a point may be 0 of few, and the replicates then are too
        assert ((high - low)[inside] < 1).all()


def test_the_command_prints_a_line_for_each_size(capsys):
    fairness.main(["--rows", "2000", "--streamed", "3000", "--replicates", "20", "--runs", "1", "--no-peer"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines if line.startswith("| ")] == [
        "rows of a frame",
        "2,000",
        "rows of a Parquet file",
        "3,000",
    ]


def test_the_tables_by_hand():
    sizes = {"frame mb": 200.4, "auditkit mb": 250.0, "fairlearn mb": 900.0}
    small = {"rows": 1000, "auditkit s": 0.05, "auditkit work s": 0.08, "fairlearn s": 12.5, "fairlearn work s": 12.0}
    large = {"rows": 10_000, "auditkit s": 0.2, "auditkit work s": 0.3, "frame mb": 300, "auditkit mb": 310}
    *_, one, other = fairness.table_of_frames([small | sizes, large])
    assert one == "| 1,000 | 0.050 |  | 0.080 | 12.50 | 12.00 | 250 | 200 | 250 | 900 |"
    assert other == "| 10,000 | 0.200 | 4.0 | 0.300 |  |  |  | 300 | 310 |  |"
    *_, first, second = fairness.table_of_files([small | sizes, large])
    assert first == "| 1,000 | 0.05 |  | 250 |"
    assert second == "| 10,000 | 0.20 | 4.0 | 310 |"
