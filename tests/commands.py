"""The command line as a stranger meets it: a folder with a spec and data, installed plugins, a subprocess."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# In every process that a test starts, this module is imported first.
NO_NETWORK = """
import os
import socket

def _refuse(self, address, *rest):
    is_own = os.environ.get("TEST_LOOPBACK") and address[0] in ("127.0.0.1", "::1")
    if self.family != socket.AF_UNIX and not is_own:
        raise RuntimeError(f"a test tried to reach {address}")
    return _connect(self, address, *rest)

_connect, socket.socket.connect = socket.socket.connect, _refuse
"""

HEADER = ("sex", "band", "outcome", "p_no", "p_yes")

SPEC = """\
name = "A small audit"
seed = 7

[model]
adapter = "recorded"

[data]
audit = "rows.csv"
target = "outcome"
positive = "yes"
scores = ["p_no", "p_yes"]
classes = ["no", "yes"]
groups = ["sex", "band"]

[report]
formats = ["html"]

[policy]
[[policy.rules]]
metric = "accuracy"
min = 0.5
because = "a test"
"""


QUICK = ("fairness.gaps", "performance.overall")
"""What the small audit measures, unless a test is about what is measured: two checks in place of all."""


def naming(checks: Iterable[str]) -> str:
    """The part of a spec that names checks; all that are installed run where none is named."""
    return "".join(f'\n[[checks]]\nuse = "{check}"\n' for check in checks)


def small_rows(count: int = 200, seed: int = 3) -> list[tuple[str, ...]]:
    """Rows of a made-up classifier that is right four times in five."""
    draw = random.Random(seed)
    rows = []
    for place in range(count):
        outcome = draw.random() < 0.4
        score = round(min(max(draw.gauss(0.65 if outcome else 0.3, 0.2), 0.01), 0.99), 3)
        rows.append(
            ("FM"[place % 2], ("young", "old")[draw.random() < 0.5], "yes" if outcome else "no",
             f"{1 - score:.3f}", f"{score:.3f}")
        )  # fmt: skip
    return rows


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Comma-separated text, quoted where it must be."""
    import csv
    import io

    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()


def write_module(path: Path, source: str) -> None:
    """Write a module so that the next process reads it.

    Python takes compiled code for current when its source has the same length and the same second of change, which two
    versions of a test's module often have.
    """
    path.write_text(source, encoding="utf-8")
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def install_plugin(site: Path, name: str, source: str, *, distribution: str | None = None) -> None:
    """Install a one-module plugin into a folder, with the metadata that pip would have written."""
    site.mkdir(parents=True, exist_ok=True)
    write_module(site / f"{name}.py", textwrap.dedent(source))
    folder = site / f"{(distribution or name).replace('-', '_')}-1.0.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution or name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[auditkit]\n{name} = {name}\n")
    (folder / "RECORD").write_text(f"{name}.py,,\n{folder.name}/METADATA,,\n{folder.name}/entry_points.txt,,\n")


@contextmanager
def plugins_of(site: Path) -> Iterator[None]:
    """Let this process find the plugins of a folder, and forget them again."""
    from auditkit.hosting import discovery, surroundings

    site.mkdir(exist_ok=True)
    if not list(site.glob("*.dist-info")):
        yield
        return
    before = set(sys.modules)
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(f"{site}{os.sep}"):
                del sys.modules[name]
        importlib.invalidate_caches()
        # A process that lives for one command reads each plugin once; the next command's has another one of its name.
        discovery._digest_of_top.cache_clear()
        discovery._digest_at.cache_clear()
        surroundings.forget()


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """The lines of its error: what is wrong, and the hint."""
        lines = self.err.splitlines()
        first = next((place for place, line in enumerate(lines) if line.startswith("error: ")), len(lines))
        return lines[first:]

    def uncrashed(self) -> Answer:
        """Assert that no check crashed, of those that an audit or a demo counts; return this answer."""
        counts = re.findall(r"\b(\d+) crashed", self.out)
        assert set(counts) <= {"0"}, self
        return self

    def refused(self, *words: str, code: int = 2) -> None:
        """Assert that it was a two-line error with these words in it."""
        assert self.code == code, self
        assert "Traceback" not in self.err, self.err
        assert len(self.error_lines) == 2, self.err
        assert self.error_lines[1].startswith("  hint: "), self.err
        for word in words:
            assert word in "\n".join(self.error_lines), (word, self.err)


@dataclass(frozen=True)
class Folder:
    """A spec, its data, and the plugins that are installed for it."""

    path: Path
    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> Path:
        """Where plugins are installed."""
        return self.path / "site"

    @property
    def bundle(self) -> Path:
        """Where a run without --out writes."""
        return self.path / "audit-audit"

    @property
    def store(self) -> Path:
        """Where a run keeps what it has computed."""
        return self.path / ".auditkit"

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file beside the spec."""
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def write_rows(self, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> None:
        """Write the data."""
        self.write("rows.csv", as_csv(header, rows))

    def spec(self, *changes: tuple[str, str], more: str = "", checks: Iterable[str] = QUICK) -> None:
        """Write the small spec with some of its text replaced, and more at its end; no `checks` means all."""
        text = SPEC
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.write("audit.toml", text + more + naming(checks))

    def install(self, name: str, source: str, *, distribution: str | None = None) -> None:
        """Install a plugin that this folder's commands find."""
        install_plugin(self.site, name, source, distribution=distribution)

    @property
    def environment(self) -> dict[str, str]:
        """What a command of this folder sees."""
        self.site.mkdir(exist_ok=True)
        (self.site / "sitecustomize.py").write_text(NO_NETWORK)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return kept | {"PYTHONPATH": str(self.site), "AUDITKIT_HOME": str(self.home), "COLUMNS": "200", **self.settings}

    def start(self, *arguments: str, prefix: Sequence[str] = (), **options: Any) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True} | options
        command = [*prefix, sys.executable, "-m", "auditkit", *arguments]
        return subprocess.Popen(command, cwd=self.path, env=self.environment, text=True, **streams)

    def run(self, *arguments: str, timeout: float = 120, **options: Any) -> Answer:
        """Run a command to its end."""
        process = self.start(*(arguments or ("run", "audit.toml")), **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        return self._looked_at(Answer(process.returncode, out or "", err or ""))

    def run_here(self, *arguments: str) -> Answer:
        """Run a command in this process, the worker's part too: for tests of what is said and written.

        It costs a second, where a process and its worker cost five.
        """
        import pytest

        from auditkit import pipeline
        from auditkit.checks.measuring import measure
        from auditkit.cli import main

        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err), plugins_of(self.site):
            patch.chdir(self.path)
            for name, value in ({"AUDITKIT_HOME": str(self.home), "COLUMNS": "200"} | self.settings).items():
                patch.setenv(name, value)
            patch.setattr(pipeline, "measure_supervised", measure)
            with pytest.raises(SystemExit) as left:
                main(list(arguments or ("run", "audit.toml")))
        assert isinstance(left.value.code, int)
        return self._looked_at(Answer(left.value.code, out.getvalue(), err.getvalue()))

    def _looked_at(self, answer: Answer) -> Answer:
        """Only somebody else's plugin may make checks crash: where none is installed, a crash is a defect of ours."""
        return answer if list(self.site.glob("*.dist-info")) else answer.uncrashed()

    def result(self) -> dict[str, Any]:
        """The result that the bundle holds."""
        found: dict[str, Any] = json.loads((self.bundle / "result.json").read_bytes())
        return found

    def finding(self, check: str) -> Mapping[str, Any]:
        """The one finding of a check."""
        (found,) = [finding for finding in self.result()["findings"] if finding["check"] == check]
        return found

    def page(self) -> str:
        """The report."""
        return (self.bundle / "report.html").read_text(encoding="utf-8")

    def nothing_written(self) -> None:
        """Assert that there is no bundle, no half of one and no store."""
        left = sorted(path.name for path in self.path.iterdir() if "audit-audit" in path.name or path == self.store)
        assert left == []


def workers_of(folder: Folder) -> list[int]:
    """The processes, zombies left out, whose environment is this folder's."""
    found = []
    mark = f"PYTHONPATH={folder.site}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true; fail when it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
