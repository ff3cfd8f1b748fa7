"""How large the report of a large audit is, how long it takes to make, and how long to verify.

A recorded case with three attributes that cross to 40 groups is audited as `auditkit run` audits it. Its result is
rendered, and signed into bundles with and without a PDF, in each language; the command verifies those. Each step is a
process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MEBIBYTE = 1 << 20
LABELS = {"sex": ("F", "M"), "age_band": ("18-39", "40-59", "60-74", "75+"), "site": tuple("abcde")}
"""2 x 4 x 5 = 40 groups where all three cross."""
_SHARES = (0.4, 0.3, 0.2, 0.09, 0.01)
_DEEP = ("gaps", "group-rates", "variance", "differential")
_OTHERS = ("fairness.four-fifths", "fairness.tests", "fairness.other-rates", "fairness.score-balance", "performance",
           "calibration", "reliability", "privacy.output-disclosure")  # fmt: skip
AIMS = {"html B": 2e6, "pages": 40, "pdf s": 20.0, "pdf MiB": 1024, "verify s": 0.7, "verify with PDF s": 2.5}

SPEC = """\
name = "report"
[model]
adapter = "recorded"
[data]
loader = "parquet"
audit = "audit.parquet"
target = "outcome"
positive = "1"
scores = ["score"]
groups = ["sex", "age_band", "site"]
[report]
evidence = "aggregates"
formats = ["html"]
"""

RENDER = """\
import json, sys, time
from pathlib import Path
from auditkit.host import Host
from auditkit.report import render_html
from auditkit.report.pdf import render_pdf
from auditkit.result import AuditResult
bundle, out, language = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
result = AuditResult.from_json((bundle / "result.json").read_bytes())
attestation = (bundle / "attestation.dsse.json").read_bytes()
asked = {"template_dirs": Host.installed().template_dirs(), "language": language}
render_html(result, attestation, **asked)
began = time.perf_counter(), time.process_time()
html = render_html(result, attestation, **asked)
ended = time.perf_counter(), time.process_time()
paper = render_pdf(result, attestation, **asked, full=sys.argv[4] == "full")
out.write_bytes(paper.pdf)
print(json.dumps({"html": len(html), "wall": ended[0] - began[0], "processor": ended[1] - began[1]}))
"""

SIGN = """\
import functools, sys
from pathlib import Path
from auditkit.bundle.key_files import development_signer
from auditkit.bundle.write import Reports, write_bundle
from auditkit.report import render_html, templates_digest
from auditkit.report.pdf import render_pdf
from auditkit.result import AuditResult
bundle, out, language, full = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[5] == "full"
result = AuditResult.from_json((bundle / "result.json").read_bytes())
result = result.model_copy(update={"language": language, "result_digest": ""}).sealed()
pdf = {"pdf": lambda *about: render_pdf(*about, full=full).pdf}.get(sys.argv[4])
reports = Reports(render=render_html, templates_digest=templates_digest(), render_pdf=pdf)
write_bundle(result, out=out, signer=development_signer(), reports=reports)
"""


@dataclass(frozen=True)
class Spent:
    """What a process took."""

    wall: float
    processor: float
    """Seconds of it and its children."""
    peak: float
    """MiB of the largest of them."""
    said: str


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report", description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--languages", nargs="*", default=("en", "zh-CN"))
    parser.add_argument("--full", action="store_true", help="the PDF with everything, as --full-pdf makes it")
    parser.add_argument("--runs", type=int, default=5, help="of verify; the fastest counts")
    parser.add_argument("--bundle", type=Path, help="render and verify this one, instead of an audit of its own")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="auditkit-report-") as name:
        folder = Path(name)
        bundle = asked.bundle or audited(folder, int(asked.rows))
        result = json.loads((bundle / "result.json").read_bytes())
        counts = len(result["findings"]), sum(len(one["measurements"]) for one in result["findings"])
        print(
            f"checks {counts[0]}, measurements {counts[1]}, result.json {(bundle / 'result.json').stat().st_size:,} B"
        )
        for language in asked.languages:
            _tell_rendering(bundle, folder / f"{language}.pdf", language, full=asked.full)
        for language in asked.languages:
            for pdf in ("without", "pdf"):
                signed = folder / f"{language}-{pdf}"
                run([sys.executable, "-c", SIGN, str(bundle), str(signed), language, pdf, "full" if asked.full else ""])
                _tell_verifying(signed, language, asked.runs)
    print("aims: " + ", ".join(f"{name} {aim:,g}" for name, aim in AIMS.items()))


def audited(folder: Path, rows: int) -> Path:
    """The bundle of an audit with 40 crossed groups, made by the command."""
    make_rows(folder / "audit.parquet", rows)
    deep = "".join(f'[[checks]]\nuse = "fairness.{name}"\ndepth = 3\n' for name in _DEEP)
    others = "".join(f'[[checks]]\nuse = "{name}"\n' for name in _OTHERS)
    (folder / "audit.toml").write_text(SPEC + deep + others, encoding="utf-8")
    spent = run([sys.executable, "-m", "auditkit", "run", str(folder / "audit.toml"), "--out", str(folder / "bundle")],
                fine=(0, 1, 5))  # fmt: skip
    print(f"audit of {rows:,} rows: {spent.wall:.0f} s, peak {spent.peak:.0f} MiB", flush=True)
    return folder / "bundle"


def make_rows(path: Path, rows: int) -> None:
    """Scores that are a little wrong about one sex and the oldest, with three attributes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = np.random.default_rng(1)
    sex, age = draw.integers(0, 2, rows), draw.integers(0, 4, rows)
    site = draw.choice(5, rows, p=_SHARES)
    score = draw.beta(1, 3, rows).astype(np.float32)
    outcome = (draw.random(rows) < np.clip(score + 0.02 * sex + 0.03 * (age == 3), 0, 1)).astype(np.int8)  # noqa: PLR2004
    columns = {"score": score, "outcome": outcome}
    for (name, labels), codes in zip(LABELS.items(), (sex, age, site), strict=True):
        columns[name] = pa.DictionaryArray.from_arrays(codes.astype(np.int8), list(labels))
    pq.write_table(pa.table(columns), path)


def _tell_rendering(bundle: Path, out: Path, language: str, *, full: bool) -> None:
    made = run([sys.executable, "-c", RENDER, str(bundle), str(out), language, "full" if full else "short"])
    page = json.loads(made.said.splitlines()[-1])
    pages = _pages(out)
    print(f"{language} html {page['html']:,} B in {page['wall']:.2f} s ({page['processor']:.2f} of processor);"
          f" pdf {pages} pages, {out.stat().st_size / 1e6:.2f} MB; both and the start {made.wall:.1f} s"
          f" ({made.processor:.1f} of processor), peak of a process {made.peak:.0f} MiB", flush=True)  # fmt: skip


def _pages(pdf: Path) -> int:
    from pyhanko.pdf_utils.reader import PdfFileReader

    with pdf.open("rb") as file:
        return int(PdfFileReader(file).root["/Pages"]["/Count"])


def _tell_verifying(bundle: Path, language: str, runs: int) -> None:
    command = [sys.executable, "-m", "auditkit", "verify", str(bundle), "--allow-dev-key"]
    spent = [run(command) for _ in range(runs)]
    rendered = any(line.split()[:2] == ["RENDERING", "OK"] for line in spent[0].said.splitlines())
    if not rendered:
        sys.exit(f"error: the page was not rendered again\n{spent[0].said}")
    shown = "with" if (bundle / "report.pdf").is_file() else "without"
    wall, processor = min(one.wall for one in spent), min(one.processor for one in spent)
    said = f"{wall:.2f} s ({processor:.2f} s of processor), peak {spent[0].peak:.0f} MiB"
    print(f"{language} verify {shown} PDF: {said}", flush=True)


def run(command: Sequence[str], *, fine: Sequence[int] = (0,)) -> Spent:
    """A process, and what it and its children took.

    Raises:
        SystemExit: it failed.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = said.read().decode(errors="replace")
    wall = time.perf_counter() - began
    if child.returncode not in fine:
        sys.exit(f"error: {' '.join(command[:5])} failed\n{told[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall, processor, usage.ru_maxrss / 1024, told)
