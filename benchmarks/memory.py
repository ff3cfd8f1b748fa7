"""How much memory an audit takes as its rows grow: of notes with the demo's model, and of recorded scores.

Recorded scores may have a patient, of whom there are ten rows in any place of the file, or weights that all differ.

Each size is audited in a process of its own, from the files to the evidence: reading, predicting, checking, counting.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

EXAMPLE = Path(__file__).parents[1] / "examples" / "triage"
_AT_ONCE = 1_000_000

NOTES = """\
name = "memory"
[model]
adapter = "text-classifier"
path = "model"
device = "cpu"
batch_size = 256
[data]
audit = "audit.csv"
input = "note"
target = "urgency"
positive = "urgent"
groups = ["sex", "age_band"]
"""
RECORDED = """\
name = "memory"
[model]
adapter = "recorded"
[data]
loader = "parquet"
audit = "audit.parquet"
target = "outcome"
positive = "1"
scores = ["score"]
groups = ["sex", "site"]
"""
ROLES = {"rows": "", "units": 'unit = "patient"\n', "weights": 'weights = "weight"\n'}
_ROWS_A_UNIT = 10
_STREAMS = tuple(f"fairness.{name}" for name in ("gaps", "group-rates", "four-fifths", "tests", "other-rates"))
_OTHERS = ("performance.overall", "calibration")


def _asking(*names: str) -> str:
    return "".join(f'[[checks]]\nuse = "{name}"\n' for name in names)


ASKED = {"streams": _asking(*_STREAMS), "all": _asking(*_STREAMS, *_OTHERS)}
"""The checks that are marked `streams`; and with them those that are given a sample above `[compute] max_rows`."""
END = '[report]\nevidence = "aggregates"\n'

AUDIT = """\
import json, resource, sys, time
from pathlib import Path
from auditkit.host import Host
from auditkit.checks.measuring import measure
from auditkit.pipeline import case_of
from auditkit.rows import evidence_files
from auditkit.spec import read_spec

began = time.monotonic()
spec = read_spec(Path(sys.argv[1]))
host = Host.installed(spec)
found = measure(spec, host, lambda event: None, fresh=True)
assert all(finding.status == "measured" for finding in found.findings), found.findings
files = evidence_files(case_of(spec, host, found), spec.report.evidence)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"mb": peak / 1024, "seconds": time.monotonic() - began, "files": sorted(files)}))
"""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__)
    parser.add_argument("--of", nargs="*", choices=("notes", "recorded"), default=("notes", "recorded"))
    parser.add_argument("--rows", nargs="*", type=float, default=(1e4, 1e5, 1e6), help="1e8 is for recorded scores")
    parser.add_argument("--checks", choices=sorted(ASKED), default="streams", help="which checks are asked")
    parser.add_argument("--having", choices=sorted(ROLES), default="rows", help="what recorded scores have beside them")
    parser.add_argument("--folder", type=Path, help="where rows and stores are made; beside the system's others")
    asked = parser.parse_args(arguments)
    print(f"checks: {asked.checks}; peak is the largest resident set of the process, mapped files included")
    print(f"{'rows':>12} {'peak MB':>8} {'seconds':>8}", flush=True)
    with tempfile.TemporaryDirectory(prefix="auditkit-memory-", dir=asked.folder) as name:
        for kind in asked.of:
            for rows in map(int, asked.rows):
                folder = Path(name) / f"{kind}-{rows}"
                folder.mkdir()
                if kind == "notes":
                    make_notes(folder, rows)
                else:
                    make_recorded(folder, rows, asked.having)
                spec = (NOTES if kind == "notes" else RECORDED + ROLES[asked.having]) + ASKED[asked.checks] + END
                (folder / "audit.toml").write_text(spec, encoding="utf-8")
                found = audited(folder / "audit.toml")
                print(f"{rows:12,} {found['mb']:8.0f} {found['seconds']:8.0f}   {kind}", flush=True)
                shutil.rmtree(folder)


def audited(spec: Path) -> dict[str, float]:
    """What an audit in a process of its own took."""
    done = subprocess.run([sys.executable, "-c", AUDIT, str(spec)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: the audit failed\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def make_notes(folder: Path, rows: int) -> None:
    """The demo's patients, and its model, which is trained once and copied."""
    model = folder.parent / "model"
    few = ["--audit-rows", "10", "--folder", str(folder.parent)]
    if not model.is_dir():
        _run(EXAMPLE / "prepare.py", *few)
        _run(EXAMPLE / "train.py", "--folder", str(folder.parent))
    shutil.copytree(model, folder / "model")
    _run(EXAMPLE / "prepare.py", "--audit-rows", str(rows), "--training-rows", "100", "--folder", str(folder))


def _run(script: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, str(script), *arguments], check=True, stdout=subprocess.DEVNULL)


def make_recorded(folder: Path, rows: int, having: str) -> None:
    """Scores that are calibrated, 32 bits each, with the outcome and two attributes: a million rows a row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, writer = np.random.default_rng(1), None
    for start in range(0, rows, _AT_ONCE):
        count = min(_AT_ONCE, rows - start)
        scores = draw.beta(1, 3, count).astype(np.float32)
        site = pa.DictionaryArray.from_arrays(draw.integers(0, 4, count).astype(np.int8), ["a", "b", "c", "d"])
        sex = pa.DictionaryArray.from_arrays(draw.integers(0, 2, count).astype(np.int8), ["F", "M"])
        outcome = (draw.random(count) < scores).astype(np.int8)
        columns = {"score": scores, "outcome": outcome, "sex": sex, "site": site}
        if having == "units":
            columns["patient"] = draw.integers(0, max(rows // _ROWS_A_UNIT, 1), count)
        elif having == "weights":
            columns["weight"] = draw.lognormal(0, 0.5, count)
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(folder / "audit.parquet", table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
