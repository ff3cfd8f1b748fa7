"""The same result is the same page and the same PDF, byte for byte, whichever process draws them and wherever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditkit.errors import AuditError
from auditkit.report.fonts import require_letters

DRAW = """\
import hashlib, json, sys
from auditkit.report import render_html
from auditkit.report.pdf import render_pdf
from auditkit.testing.results import toy_result
result, language = toy_result(), sys.argv[1]
drawn = {"html": render_html(result, None, language=language)}
if sys.argv[2] == "pdf":
    paper = render_pdf(result, None, language=language)
    drawn |= {"pdf": paper.pdf, "pdf's page": paper.page}
print(json.dumps({name: hashlib.sha256(raw).hexdigest() for name, raw in drawn.items()}))
"""
HERE = {
    "PYTHONHASHSEED": "1",
    "OMP_NUM_THREADS": "1",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "en",
}
ELSEWHERE = {
    "PYTHONHASHSEED": "4711", "OMP_NUM_THREADS": "2", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8",
    "LANGUAGE": "tr", "OPENBLAS_CORETYPE": "Prescott", "PYTHONUTF8": "0", "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


def drawn(folder: Path, settings: Mapping[str, str], language: str, *, pdf: bool) -> dict[str, str]:
    """The digests of what a process of its own draws."""
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}
    command = [sys.executable, "-c", DRAW, language, "pdf" if pdf else "html"]
    done = subprocess.run(command, cwd=folder, env=kept | dict(settings), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_two_processes_draw_the_same_page_and_pdf(tmp_path):
    one = drawn(tmp_path / "one", HERE, "en", pdf=True)
    assert one == drawn(tmp_path / "another folder", ELSEWHERE, "en", pdf=True)
    assert one.keys() == {"html", "pdf", "pdf's page"}


@pytest.mark.slow
def test_and_in_chinese(tmp_path):
    try:
        require_letters("zh-CN")
    except AuditError as error:
        pytest.skip(error.message)
    one = drawn(tmp_path / "one", HERE, "zh-CN", pdf=True)
    assert one == drawn(tmp_path / "another folder", ELSEWHERE, "zh-CN", pdf=True)
    assert one["html"] != drawn(tmp_path / "third", HERE, "en", pdf=False)["html"]
