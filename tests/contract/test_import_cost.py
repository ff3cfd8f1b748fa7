"""What an import costs and does: nothing heavy for help and verification, and no effects at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Folder

HEAVY = {"torch", "transformers", "pandas", "sklearn", "weasyprint", "scipy", "fairlearn", "pyarrow", "matplotlib"}

EXAMPLE = Path(__file__).parents[2] / "examples" / "heart_disease"

LISTED = """
import atexit, sys
atexit.register(lambda: print("modules:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr))
from auditkit.cli import main
main(sys.argv[1:])
"""


def modules_after(folder: Folder, *arguments: str, code: int = 0) -> set[str]:
    finished = subprocess.run(
        [sys.executable, "-c", LISTED, *arguments],
        cwd=folder.path,
        env=folder.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == code, finished.stderr
    return set(finished.stderr.split("modules:")[1].split())


@pytest.fixture(scope="module")
def audited(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    assert folder.run_here().code == 0
    return folder


def test_help_imports_nothing_heavy(folder):
    assert not modules_after(folder, "--help") & (HEAVY | {"numpy", "pydantic", "jinja2", "cryptography"})


HELPED = """
import contextlib, io, sys
from auditkit.cli import main
for verb in sys.argv[1:]:
    said = io.StringIO()
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(said):
        main([verb, "--help"])
    assert f" {verb} [OPTIONS]" in said.getvalue(), said.getvalue()
    print(verb, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_help_of_a_verb_imports_nothing_heavy(folder):
    """One process for all: what a verb brings stays, and is seen after it and those that follow."""
    verbs = ["init", "run", "verify", "plan", "gate", "demo", "policy"]
    done = subprocess.run(
        [sys.executable, "-c", HELPED, *verbs], cwd=folder.path, env=folder.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = {verb: set(modules) for verb, *modules in map(str.split, done.stdout.splitlines())}
    assert list(seen) == verbs
    assert {verb: heavy for verb, modules in seen.items() if (heavy := modules & (HEAVY | {"numpy"}))} == {}


def test_verify_imports_nothing_heavy(audited):
    assert not modules_after(audited, "verify", "audit-audit", "--allow-dev-key") & HEAVY


@pytest.mark.parametrize("of", ["audit-audit", "audit-audit/report.html"])
def test_verifying_what_is_no_pdf_imports_nothing_that_reads_or_makes_one(audited, of):
    assert not (audited.bundle / "report.pdf").exists()
    readers_of_pdf = {"pyhanko", "pikepdf", "asn1crypto"}
    assert not modules_after(audited, "verify", of, "--allow-dev-key") & (HEAVY | readers_of_pdf)


def test_plugins_are_listed_without_anything_heavy(folder):
    assert not modules_after(folder, "plugins") & HEAVY


def test_judging_a_bundle_by_another_policy_imports_nothing_heavy(audited):
    audited.write("other.toml", 'extends = ["baseline"]\n[[rules]]\nmetric = "accuracy"\nmin = 0.1\nbecause = "b"\n')
    arguments = ("gate", "audit-audit", "--allow-dev-key", "--policy", "other.toml")
    assert not modules_after(audited, *arguments, code=3) & HEAVY


def test_a_policy_is_looked_over_without_anything_heavy(folder):
    assert not modules_after(folder, "policy", "check", "audit.toml") & HEAVY


EFFECTS = """
import builtins, os, socket, sys

events = []
WATCHED = ("open", "socket.", "os.mkdir", "os.remove", "os.rename", "subprocess.", "os.system", "os.putenv", "shutil.")
def audit(event, arguments):
    if event.startswith(WATCHED):
        if event == "open" and (arguments[1] in (None, "r", "rb") or str(arguments[0]).endswith(".pyc")
                                or "__pycache__" in str(arguments[0])):
            return
        if event in ("os.mkdir", "os.rename") and "__pycache__" in str(arguments[0]):
            return
        if event == "os.putenv" and b"OPENBLAS" in arguments[0]:  # numpy's own
            return
        events.append((event, str(arguments)))
sys.addaudithook(audit)
before = dict(os.environ), dict(sys.modules["signal"].__dict__) if "signal" in sys.modules else None
import auditkit
for name in auditkit.__all__:
    getattr(auditkit, name)
assert dict(os.environ) == before[0]
import logging
assert logging.getLogger().handlers == [] and logging.getLogger("auditkit").handlers == []
assert sys.modules["auditkit"] is auditkit
print(events)
"""


def test_importing_auditkit_has_no_effects(folder):
    done = subprocess.run(
        [sys.executable, "-B", "-c", EFFECTS], cwd=folder.path, env=folder.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert {path.name for path in folder.path.iterdir()} == {"audit.toml", "rows.csv", "site"}
    assert {path.name for path in Path(folder.home).iterdir()} <= {"development-key"}


MEASURED = """
import sys
from auditkit.host import Host
from auditkit.checks.measuring import measure
from auditkit.spec import read_spec
found = measure(read_spec("audit.toml"), Host.installed(), lambda _: None)
assert not any(finding.status == "error" for finding in found.findings)
measured = sum(finding.status == "measured" for finding in found.findings)
print(measured, *sorted({".".join(name.split(".")[:2]) for name in sys.modules}))
"""


def test_measuring_does_not_wait_for_scipy_stats(folder):
    # Over a second in every worker. Only fairness.metric, which must be named, brings scikit-learn, which brings it.
    # What is withheld afterwards, once, is attacked with scipy.optimize: a third of a second, where any group is small.
    for name in ("predictions.csv", "model.safetensors", "audit.toml"):
        folder.write(name, (EXAMPLE / name).read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], cwd=folder.path, env=folder.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    count, *modules = done.stdout.split()
    assert int(count) >= 4
    assert "scipy.special" in modules
    assert not {"scipy.stats", "scipy.optimize", "sklearn.metrics", "fairlearn.metrics"} & set(modules)
