"""What `auditkit new-plugin` may call a package, what it refuses, and what it writes."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from itertools import combinations

import pytest

from auditkit.cli import main
from auditkit.errors import AuditError
from auditkit.newplugin.naming import Names, refuse_taken
from auditkit.newplugin.writing import package_files

KINDS = ("check", "adapter", "exporter", "report")
EVERY = [some for size in range(1, 5) for some in combinations(KINDS, size)]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("auditkit-ward", Names("auditkit-ward", "auditkit_ward", "ward")),
        ("night.ward_2", Names("night-ward-2", "night_ward_2", "night-ward-2")),
        ("ward", Names("ward", "ward", "ward")),
    ],
)
def test_the_names_that_follow_from_one(given, names):
    assert Names.of(given) == names


@pytest.mark.parametrize("name", ["", "Ward", "-ward", "ward-", "a b", "wärd", "ward/x", "..", "../ward", "a'b"])
def test_what_no_package_can_be_called_is_refused_with_one_that_can(name):
    with pytest.raises(AuditError, match="is no name for a package") as refused:
        Names.of(name)
    suggested = refused.value.hint.rpartition(" ")[2]
    assert Names.of(suggested).distribution == suggested


def test_a_name_that_no_file_could_have_is_refused():
    assert Names.of("w" * 64).short == "w" * 64
    with pytest.raises(AuditError, match="has 65 characters"):
        Names.of("w" * 65)


@pytest.mark.parametrize("name", ["class", "import", "9lives"])
def test_what_python_cannot_import_is_refused(name):
    with pytest.raises(AuditError) as refused:
        Names.of(name)
    assert refused.value.hint == f"auditkit new-plugin auditkit-{name}"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("json", "standard library"),
        ("auditkit", "auditkit itself"),
        ("auditkit-fairness", "has a plugin 'fairness' already"),
        ("fairness", "has a plugin 'fairness' already"),
        ("numpy", "a module 'numpy' is installed"),
    ],
)
def test_a_name_that_somebody_has_is_refused(name, says):
    with pytest.raises(AuditError, match=says) as refused:
        refuse_taken(Names.of(name))
    assert refused.value.hint


@pytest.mark.parametrize("kinds", EVERY, ids="-".join)
@pytest.mark.parametrize("licence", ["Apache-2.0", "MIT", "none"])
def test_every_choice_of_kinds_makes_files_that_can_be_read(kinds, licence):
    files = package_files(Names.of("auditkit-night-ward"), kinds, licence=licence, holder="N. N.")
    for path, text in files.items():
        assert "<%" not in text
        assert "<<" not in text
        assert text.endswith("\n")
        if path.endswith(".py"):
            ast.parse(text)
        if path.endswith(".toml"):
            tomllib.loads(text)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["entry-points"]["auditkit"] == {"night-ward": "auditkit_night_ward"}
    assert ("LICENSE" in files, project.get("license")) == ((True, licence) if licence != "none" else (False, None))
    assert ("N. N." in files.get("LICENSE", "")) == (licence == "MIT")


@pytest.mark.parametrize("kinds", [(kind,) for kind in KINDS] + [KINDS], ids="-".join)
def test_what_is_written_is_formatted_and_without_a_finding_of_ruff(kinds, tmp_path):
    files = package_files(Names.of("auditkit-night-ward"), kinds, licence="none", holder="")
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for how in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        command = [sys.executable, "-m", "ruff", *how, "--isolated", "--line-length", "120"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["new-plugin", *arguments])
    return left.value.code


def test_a_folder_that_is_there_is_written_anew_by_leave_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("night-ward") == 0
    assert "wrote  night-ward: check; " in capsys.readouterr().out
    mine = tmp_path / "night-ward" / "mine.txt"
    mine.write_text("mine")
    (tmp_path / "night-ward" / "README.md").write_text("changed")
    assert run("night-ward") == 2
    assert "the folder 'night-ward' exists\n  hint: choose another name, or --force" in capsys.readouterr().err
    assert (tmp_path / "night-ward" / "README.md").read_text() == "changed"
    assert run("night-ward", "--exporter", "--force") == 0
    assert mine.read_text() == "mine"
    assert (tmp_path / "night-ward" / "README.md").read_text().startswith("# night-ward")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["night-ward"]


def test_a_folder_or_a_licence_that_is_none_is_refused_in_two_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for arguments in (("file",), ("ward", "--out", "no/where"), ("ward", "--license", "mit")):
        assert run(*arguments, "--force") == 2
        error, hint = capsys.readouterr().err.splitlines()
        assert error.startswith("error: ")
        assert hint.startswith("  hint: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
