"""Fairness of a classifier from a data frame: points and bootstrap replicates, beside fairlearn's points alone.

Four metrics (selection rate, true and false positive rates, accuracy) of 60 groups, the intersections of three
attributes in columns of text. Each size is measured in a process of its own, and its answers are
held against other ones.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import side_by_side

LABELS: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "race": (
        ("White", "Hispanic or Latino", "Black or African American", "Asian", "Other"),
        (0.55, 0.2, 0.14, 0.07, 0.04),
    ),
    "sex": (("female", "male"), (0.5, 0.5)),
    "age": (("18-29", "30-39", "40-49", "50-59", "60-69", "70 and over"), (0.2, 0.2, 0.18, 0.17, 0.15, 0.1)),
}
"""The attributes: their labels, and the share of the rows that each has."""
TARGET, DECISION = "outcome", "decision"
NAMES = (*LABELS, TARGET, DECISION)
METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")
SHAPE = (*(len(labels) for labels, _ in LABELS.values()), 2, 2)

_AT_ONCE = 1_000_000
"""Rows of a row group."""
_BATCH = 1 << 18
"""Rows of a file that are read together."""
_WARM_UP = 1000


@dataclass(frozen=True)
class Answers:
    """What is wanted: every metric of every group, and where the replicates put its middle 95%."""

    points: dict[str, Any]
    """Metric -> [60], NaN where a group has no rows that it looks at."""
    limits: dict[str, Any]
    """Metric -> [2, 60]."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fairness", description=__doc__)
    parser.add_argument("--rows", nargs="*", type=float, default=(1e5, 1e6, 1e7), help="of data frames in memory")
    parser.add_argument("--streamed", nargs="*", type=float, default=(1e6, 1e7, 1e8), help="rows of Parquet files")
    parser.add_argument("--replicates", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--runs", type=int, default=5, help="of auditkit; the fastest counts. fairlearn runs once")
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True, help="run fairlearn too")
    parser.add_argument("--peer-rows", type=float, default=1e6, help="fairlearn runs up to so many rows")
    parser.add_argument("--folder", type=Path, help="where the files are made; beside the system's others")
    asked = parser.parse_args(arguments)
    print(
        f"{', '.join(METRICS)} of {np.prod(SHAPE[:-2])} groups; auditkit: points and {asked.replicates:,} replicates, "
        f"the fastest of {asked.runs} runs; fairlearn: points alone, once. Work: processor seconds\n"
    )
    if asked.rows:
        found = []
        for rows in map(int, asked.rows):
            has_peer = asked.peer and rows <= asked.peer_rows
            found.append(_apart("frame", rows=rows, replicates=asked.replicates, runs=asked.runs, has_peer=has_peer))
        print("\n".join(table_of_frames(found)), flush=True)
    if asked.streamed:
        with tempfile.TemporaryDirectory(prefix="auditkit-fairness-", dir=asked.folder) as folder:
            files = [_streamed(Path(folder), int(rows), asked.replicates) for rows in asked.streamed]
        print("\n" + "\n".join(table_of_files(files)))


def _streamed(folder: Path, rows: int, replicates: int) -> dict[str, Any]:
    path = folder / f"{rows}.parquet"
    counts = make_file(path, rows)
    found = _apart("file", path=str(path), replicates=replicates, counts=counts.ravel().tolist())
    path.unlink()
    return {"rows": rows} | found


def _apart(kind: str, **how: Any) -> dict[str, Any]:
    """What was measured in a process of its own: `of_frame` or `of_file`."""
    command = [sys.executable, "-m", "benchmarks.fairness", kind, json.dumps(how)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if done.returncode:
        sys.exit(f"error: the measurement failed\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def of_frame(*, rows: int, replicates: int, runs: int, has_peer: bool) -> dict[str, Any]:
    """Seconds and peak memory of a data frame of so many rows, in this process.

    Raises:
        AssertionError: somebody's answers are not those of the rows as they were made.
    """
    frame, counts = make_frame(rows)
    found: dict[str, Any] = {"rows": rows, "frame mb": _peak()}

    def work() -> Answers:
        return ours(frame, replicates)

    refuse_other_points(work().points, points_of(counts), "auditkit")
    found |= _seconds(work, runs, "auditkit") | {"auditkit mb": _peak()}
    if has_peer:
        peer(frame[:_WARM_UP])  # imports, and what is made once
        answers: list[Any] = []
        found |= _seconds(lambda: answers.append(peer(frame)), 1, "fairlearn") | {"fairlearn mb": _peak()}
        refuse_other_points(peer_points(answers[0]), points_of(counts), "fairlearn")
    return found


def of_file(*, path: str, replicates: int, counts: list[int]) -> dict[str, Any]:
    """Seconds and peak memory of a Parquet file that is read row group by row group, in this process.

    Raises:
        AssertionError: the answers are not those of the rows as they were made.
    """
    for module in ("pandas", "pyarrow.parquet", "auditkit.statistics"):
        importlib.import_module(module)  # what is loaded once is no part of a file's time
    found: list[Answers] = []
    seconds = _seconds(lambda: found.append(ours_of_file(path, replicates)), 1, "auditkit")
    refuse_other_points(found[0].points, points_of(np.reshape(counts, SHAPE)), "auditkit")
    return seconds | {"auditkit mb": _peak()}


def _seconds(work: Callable[[], Any], runs: int, name: str) -> dict[str, float]:
    taken = side_by_side({name: work}, runs)[name]
    return {f"{name} s": taken.fastest, f"{name} work s": taken.least_work}


def _peak() -> float:
    """The largest resident set of this process, in MB: not `ru_maxrss` of Linux, which a child has of its parent."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(frame: Any, replicates: int) -> Answers:
    """From columns of text to points and replicates."""
    from auditkit.statistics import count_cells

    return _answers(count_cells(frame, NAMES), replicates)


def ours_of_file(path: str, replicates: int) -> Answers:
    """The same from a Parquet file; text that it holds as a dictionary stays codes."""
    from pyarrow import parquet

    from auditkit.statistics import count_stream

    with parquet.ParquetFile(path, read_dictionary=list(LABELS)) as file:
        # One row group after the other: asked for all of them, Arrow would keep the bytes of the whole file.
        batches = (
            batch
            for group in range(file.num_row_groups)
            for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group], columns=NAMES)
        )
        return _answers(count_stream(batches, NAMES), replicates)


def _answers(cells: Any, count: int) -> Answers:
    from auditkit.statistics import RATES, outcomes_of, rate_values, resample_counts

    table = outcomes_of(cells, target=TARGET, decision=DECISION)
    rates = [RATES[name] for name in METRICS]
    points = rate_values(table.rows, rates)
    replicates = rate_values(resample_counts(table.rows, count, np.random.default_rng(1)), rates)
    limits = np.quantile(replicates, [0.025, 0.975], axis=1)
    return Answers(dict(zip(METRICS, points, strict=True)), dict(zip(METRICS, limits.swapaxes(0, 1), strict=True)))


def peer(frame: Any) -> Any:
    """Let fairlearn find its points of each group: a data frame."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score

    functions = (selection_rate, true_positive_rate, false_positive_rate, accuracy_score)
    found = MetricFrame(
        metrics=dict(zip(METRICS, functions, strict=True)),
        y_true=frame[TARGET],
        y_pred=frame[DECISION],
        sensitive_features=frame[list(LABELS)],
    )
    return found.by_group


def peer_points(by_group: Any) -> dict[str, Any]:
    """Put fairlearn's points in our order of groups."""
    import pandas as pd

    everyone = pd.MultiIndex.from_product([sorted(labels) for labels, _ in LABELS.values()])
    return {name: by_group[name].reindex(everyone).to_numpy(dtype=float) for name in METRICS}


def points_of(counts: Any) -> dict[str, Any]:
    """The metrics from counts [attributes..., target, decision], as their definitions have them.

    Labels are in the order of `LABELS`, and groups of the answer in the alphabet's.
    """
    places = np.ix_(*(np.argsort(labels) for labels, _ in LABELS.values()), [0, 1], [0, 1])
    cells = np.asarray(counts)[places].reshape(-1, 2, 2)
    with np.errstate(invalid="ignore"):
        return {
            "selection_rate": cells[:, :, 1].sum(axis=1) / cells.sum(axis=(1, 2)),
            "true_positive_rate": cells[:, 1, 1] / cells[:, 1].sum(axis=1),
            "false_positive_rate": cells[:, 0, 1] / cells[:, 0].sum(axis=1),
            "accuracy": (cells[:, 0, 0] + cells[:, 1, 1]) / cells.sum(axis=(1, 2)),
        }


def refuse_other_points(found: Mapping[str, Any], expected: Mapping[str, Any], who: str) -> None:
    """Stop where a point differs that both of them define; fairlearn calls some rates of nobody 0."""
    for name, values in expected.items():
        defined = ~np.isnan(values)
        if not np.allclose(found[name][defined], values[defined], rtol=0, atol=1e-12):
            raise AssertionError(f"'{who}' finds another '{name}'")


def make_frame(rows: int) -> tuple[Any, Any]:
    """A data frame with columns of text, and how many of its rows are of each kind."""
    import pyarrow as pa

    codes = _draw(rows, np.random.default_rng(1))
    columns = {
        name: pa.DictionaryArray.from_arrays(codes[name], LABELS[name][0]).dictionary_decode() for name in LABELS
    } | {name: codes[name].astype(np.int64) for name in (TARGET, DECISION)}
    frame = pa.table(columns).to_pandas(split_blocks=True)
    return frame, _counts(codes)


def make_file(path: Path, rows: int) -> Any:
    """A Parquet file of such rows, a million a row group; and how many of its rows are of each kind."""
    import pyarrow as pa
    from pyarrow import parquet

    draw, writer, counts = np.random.default_rng(1), None, np.zeros(SHAPE, dtype=np.int64)
    for start in range(0, rows, _AT_ONCE):
        codes = _draw(min(_AT_ONCE, rows - start), draw)
        counts += _counts(codes)
        columns = {name: pa.DictionaryArray.from_arrays(codes[name], LABELS[name][0]) for name in LABELS}
        table = pa.table(columns | {name: codes[name] for name in (TARGET, DECISION)})
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return counts


def _draw(rows: int, draw: np.random.Generator) -> dict[str, Any]:
    """Codes of each column: the outcome is rarer in some groups, and the decision is right more often than not."""
    codes: dict[str, Any] = {}
    for name, (_, shares) in LABELS.items():
        # By 16 random bits a row: shares to four digits, a few nanoseconds a row, and half the memory of a float.
        edges = np.round(np.cumsum(shares[:-1]) * 2**16).astype(np.uint16)
        codes[name] = np.searchsorted(edges, draw.integers(0, 2**16, rows, dtype=np.uint16), "right").astype(np.int8)
    chance = (0.2 + 0.03 * codes["race"] + 0.05 * codes["sex"]).astype(np.float32)
    codes[TARGET] = (draw.random(rows, dtype=np.float32) < chance).astype(np.int8)
    chosen = (0.15 + 0.5 * codes[TARGET] + 0.02 * codes["age"]).astype(np.float32)
    codes[DECISION] = (draw.random(rows, dtype=np.float32) < chosen).astype(np.int8)
    return codes


def _counts(codes: Mapping[str, Any]) -> Any:
    places = np.ravel_multi_index([codes[name] for name in NAMES], SHAPE)
    return np.bincount(places, minlength=int(np.prod(SHAPE))).reshape(SHAPE)


def table_of_frames(found: list[dict[str, Any]]) -> list[str]:
    """A Markdown table, a size a line; how many times the seconds grow stands beside the size before."""
    lines = [
        "| rows of a frame | auditkit, s | grown | work | fairlearn, s | work | ratio | MB: frame | auditkit | peer |",
        "|---:" * 10 + "|",
    ]
    for place, one in enumerate(found):
        before = found[place - 1]["auditkit s"] if place else None
        has_peer = "fairlearn s" in one
        cells = [
            f"{one['rows']:,}",
            f"{one['auditkit s']:.3f}",
            f"{one['auditkit s'] / before:.1f}" if before else "",
            f"{one['auditkit work s']:.3f}",
            f"{one['fairlearn s']:.2f}" if has_peer else "",
            f"{one['fairlearn work s']:.2f}" if has_peer else "",
            f"{one['fairlearn s'] / one['auditkit s']:.0f}" if has_peer else "",
            f"{one['frame mb']:.0f}",
            f"{one['auditkit mb']:.0f}",
            f"{one['fairlearn mb']:.0f}" if has_peer else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def table_of_files(found: list[dict[str, Any]]) -> list[str]:
    """A Markdown table, a size a line."""
    lines = ["| rows of a Parquet file | auditkit, s | grown | peak MB |", "|---:" * 4 + "|"]
    for place, one in enumerate(found):
        grown = f"{one['auditkit s'] / found[place - 1]['auditkit s']:.1f}" if place else ""
        lines.append(f"| {one['rows']:,} | {one['auditkit s']:.2f} | {grown} | {one['auditkit mb']:.0f} |")
    return lines


if __name__ == "__main__":
    measure: dict[str, Callable[..., dict[str, Any]]] = {"frame": of_frame, "file": of_file}
    print(json.dumps(measure[sys.argv[1]](**json.loads(sys.argv[2]))))
