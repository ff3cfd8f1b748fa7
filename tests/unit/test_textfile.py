"""An option that names a text file beside the spec: what is read, what is kept of it, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from auditkit import AuditError, TextFile
from auditkit.options import said_options, text_file_options, validate_options
from auditkit.textfile import LARGEST, read_text_files


def run(case, *, templates: TextFile, more: TextFile | None = None, name: str = ""):
    """A check's function."""


def test_the_options_that_name_files_are_known_by_their_type():
    assert text_file_options(run) == ("templates", "more")


def test_a_file_is_read_and_known_by_its_digest(tmp_path):
    (tmp_path / "a.toml").write_bytes("\ufeff患者 = 1\r\n".encode())
    given = read_text_files(["templates"], {"templates": "a.toml", "name": "a.toml"}, tmp_path)
    found = validate_options(run, given, owner="it")
    text = "患者 = 1\r\n"
    assert (found["templates"].text, found["name"]) == (text, "a.toml")
    assert found["templates"].sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert found["templates"].model_dump(mode="json") == {"name": "a.toml", "sha256": found["templates"].sha256}
    assert said_options(found) == 'name = "a.toml", templates = "a.toml"'
    assert "患者" not in repr(found["templates"])


def test_another_text_of_one_name_is_another_option():
    one, other = TextFile.of("a.toml", "b"), TextFile.of("a.toml", "c")
    assert str(one) != str(other)
    assert one.sha256 in str(one)


def test_what_a_result_holds_is_an_option_again():
    kept = TextFile.of("a.toml", "b").model_dump(mode="json")
    again = validate_options(run, {"templates": kept}, owner="it")["templates"]
    assert (again.name, again.sha256, again.text) == ("a.toml", kept["sha256"], None)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("b.toml", "there is no such file beside the spec", "did you mean 'a.toml'?"),
        ("folder", "there is no such file beside the spec", "a file beside the spec"),
        ("latin.toml", "is not UTF-8", "save it as UTF-8"),
        ("large.toml", "has more than 1,048,576 bytes", "a smaller file"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, name, message, hint):
    (tmp_path / "a.toml").write_text("a = 1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.toml").write_bytes("é".encode("latin-1"))
    (tmp_path / "large.toml").write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(AuditError, match=f"option 'templates' is '{name}'") as caught:
        read_text_files(["templates"], {"templates": name}, tmp_path)
    assert message in caught.value.message
    assert caught.value.hint == hint
