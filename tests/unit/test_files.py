"""Files that rows name: found below their table, digested, looked at; a row whose file is of no use is left out."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pandas as pd
import pytest

from auditkit.data.digests import digest_of_path
from auditkit.errors import DataError
from auditkit.files import FileInputs, FileLook, InputFile, find_files

REMARK = "{count} of {rows} notes of the {split} split are long"


TAGS = {"patient": "PatientName", "ward": "InstitutionName", "born": "PatientBirthDate", "day": "StudyDate"}


def look(raw):
    """A film is whole when it ends with a full stop; `patient` in it is personal; a long one is remarked on."""
    text = raw.decode()
    if text.startswith("%PDF"):
        raise DataError("it is a PDF", hint="export it as PNG")
    return FileLook(
        problem="" if text.endswith(".") else "cut short",
        personal=tuple(name for word, name in TAGS.items() if word in text),
        remarks=(REMARK,) if len(text) > 20 else (),
    )


def write(folder, **files):
    for name, content in files.items():
        (folder / f"{name}.txt").write_text(content)
    return pd.DataFrame(
        {"film": [f"{name}.txt" for name in files], "sex": list("FMFMFMFM")[: len(files)]}, dtype=object
    )


def find(folder, frame, *, max_corrupt=0.0, columns=("film",)):
    wanted = FileInputs(columns, look, called="films", max_corrupt=max_corrupt)
    return find_files(wanted, frame, folder, split="audit", where="rows.csv")


def refusal(folder, name, **options):
    with pytest.raises(DataError) as caught:
        find(folder, pd.DataFrame({"film": [name]}, dtype=object), **options)
    return caught.value


def test_a_cell_becomes_its_file_and_its_label_the_digest_of_its_bytes(tmp_path):
    found = find(tmp_path, write(tmp_path, a="one.", b="two."))
    first = found.frame["film"][0]
    assert first == InputFile(tmp_path, "a.txt", hashlib.sha256(b"one.").hexdigest())
    assert str(first) == f"sha256:{hashlib.sha256(b'one.').hexdigest()}"
    assert first.read() == b"one."
    assert list(found.frame["sex"]) == ["F", "M"]
    assert found.notes == ()


def test_a_row_whose_file_is_of_no_use_is_left_out_and_named(tmp_path):
    found = find(tmp_path, write(tmp_path, a="one.", b="two", c="three.", d="four."), max_corrupt=0.25)
    assert [file.name for file in found.frame["film"]] == ["a.txt", "c.txt", "d.txt"]
    assert list(found.frame["sex"]) == ["F", "F", "M"]
    assert list(found.frame.index) == [0, 1, 2]
    assert [str(note) for note in found.notes] == [
        "1 of 4 films of the audit split cannot be used, and their rows were left out: row 2 (cut short)"
    ]
    assert set(found.digests) == {"a.txt", "b.txt", "c.txt", "d.txt"}


def test_more_than_the_limit_are_refused_and_five_are_named(tmp_path):
    frame = write(tmp_path, **{name: "." if name == "a" else "x" for name in "abcdefgh"})
    with pytest.raises(DataError) as caught:
        find(tmp_path, frame, max_corrupt=0.5)
    assert caught.value.message == (
        "7 of 8 films in 'rows.csv' cannot be used: row 2 (cut short), row 3 (cut short), row 4 (cut short), "
        "row 5 (cut short), row 6 (cut short) and 2 more"
    )
    assert caught.value.hint == "mend them, or leave out as many: [model] max_corrupt = 0.88"


def test_none_that_can_be_used_is_no_matter_of_a_limit(tmp_path):
    with pytest.raises(DataError, match="2 of 2 films") as caught:
        find(tmp_path, write(tmp_path, a="x", b="y"), max_corrupt=0.99)
    assert "max_corrupt" not in caught.value.hint


def test_personal_data_are_counted_by_file_and_named_by_tag(tmp_path):
    found = find(tmp_path, write(tmp_path, a="patient A.", b="patient B.", c="nobody."))
    assert [str(note) for note in found.notes] == [
        "2 of 3 films of the audit split carry personal data in their headers: PatientName"
    ]


def test_the_most_frequent_tag_comes_first_and_then_the_alphabet(tmp_path):
    # Four names in a set: were their order the set's, it would be another one in each process.
    texts = write(tmp_path, a="patient born ward day.", b="day.")
    said = [str(note) for note in find(tmp_path, texts).notes if "headers" in str(note)]
    assert [one.partition("headers: ")[2] for one in said] == [
        "StudyDate, InstitutionName, PatientBirthDate, PatientName"
    ]


def test_what_is_done_to_files_is_counted(tmp_path):
    found = find(tmp_path, write(tmp_path, a="short.", b="a very long one indeed."))
    assert [str(note) for note in found.notes] == ["1 of 2 notes of the audit split are long"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../a.txt", "row 1 of 'rows.csv': '../a.txt' leads out of the table's folder"),
        ("x/../../a.txt", "'x/../../a.txt' leads out"),
        ("..\\a.txt", "leads out"),
        ("/etc/passwd", "row 1 of 'rows.csv': '/etc/passwd' leads out"),
        ("a\0.txt", "leads out"),
        ("x" * 300, "is no path of a file"),
        ("é" * 200, "is no path of a file"),
        ("x/" * 3000 + "a.txt", "is no path of a file"),
        ("", "row 1 of 'rows.csv': it names no file"),
        (None, "it names no file"),
        (float("nan"), "it names no file"),
        (7, "7 is no path of a file"),
        ("absent.txt", "row 1 of 'rows.csv': 'absent.txt' cannot be read: No such file"),
        (".", "is no file"),
    ],
)
def test_a_path_that_leads_nowhere_or_elsewhere_is_refused(tmp_path, name, said):
    error = refusal(tmp_path, name, max_corrupt=0.9)
    assert said in error.message
    assert error.hint


def test_a_link_is_refused_as_a_file_and_as_a_folder_on_the_way(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.txt").write_text("key.")
    (tmp_path / "data" / "a.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "data" / "beside").symlink_to(tmp_path)
    assert "goes through a link, 'a.txt'" in refusal(tmp_path / "data", "a.txt").message
    assert "goes through a link, 'beside'" in refusal(tmp_path / "data", "beside/secret.txt").message


def test_a_pipe_does_not_keep_the_audit_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    assert "'pipe.txt' is no file" in refusal(tmp_path, "pipe.txt").message


def test_a_format_that_is_refused_names_its_row_and_no_limit_excuses_it(tmp_path):
    frame = write(tmp_path, a="one.", b="%PDF")
    with pytest.raises(DataError) as caught:
        find(tmp_path, frame, max_corrupt=0.9)
    assert (caught.value.message, caught.value.hint) == ("row 2 of 'rows.csv': it is a PDF", "export it as PNG")


def test_a_file_that_changes_after_it_was_digested_is_refused(tmp_path):
    file = find(tmp_path, write(tmp_path, a="one.")).frame["film"][0]
    (tmp_path / "a.txt").write_text("two.")
    with pytest.raises(DataError, match="has changed since the audit read it"):
        file.read()


def test_a_column_that_is_not_there_is_left_to_the_reader(tmp_path):
    frame = write(tmp_path, a="one.")
    assert find(tmp_path, frame, columns=("image",)).frame is frame


def test_the_digest_of_a_folder_is_that_of_sha256sums_lines(tmp_path):
    folder = tmp_path / "films"
    for name in ("b/2.txt", "a/1.txt", "a.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    command = "LC_ALL=C find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    listed = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = digest_of_path(folder, "films")
    assert found.sha256 == listed.stdout.split()[0]
    assert found.size == len("b/2.txta/1.txta.txt")
    known = digest_of_path(folder, "films", {"a.txt": "0" * 64})
    assert known.sha256 != found.sha256
