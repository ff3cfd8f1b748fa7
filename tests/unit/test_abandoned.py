"""Half-written folders are removed when their writer is gone, and only then."""

import os

import pytest

from auditkit.abandoned import remove_abandoned
from auditkit.bundle.placing import place_folder
from auditkit.errors import AuditError


def test_only_the_folders_of_dead_processes_go(tmp_path):
    names = [f".w-{os.getpid()}-a", ".w-99999999999999-b", ".w-nonsense-c", ".other-1-d"]
    for name in names:
        (tmp_path / name).mkdir()
    remove_abandoned((path for path in tmp_path.iterdir() if path.name.startswith(".w-")), ".w-")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([names[0], names[3]])


def test_a_bundle_that_was_killed_while_written_is_swept_by_the_next(tmp_path):
    left = tmp_path / ".out.partial.99999999999999-aa"
    left.mkdir()
    (left / "report.html").write_text("half")
    place_folder({"a.txt": b"a"}, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_bundle_is_not_put_inside_a_bundle_or_a_store(tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.dsse.json").write_text("{}")
    (tmp_path / ".auditkit").mkdir()
    for inside in ("bundle", ".auditkit"):
        with pytest.raises(AuditError, match="auditkit's own"):
            place_folder({"a.txt": b"a"}, tmp_path / inside / "out")
