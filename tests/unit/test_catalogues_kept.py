"""The shipped catalogues are read from their text once, are never older than it, and no other folder's are kept."""

from __future__ import annotations

import marshal

import pytest

from auditkit.errors import PluginError
from auditkit.report import catalogues
from auditkit.report.catalogues import translator

ONE = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\nmsgid "yes"\nmsgstr "{}"\n'
MANY = '\nmsgid "{n} row"\nmsgid_plural "{n} rows"\nmsgstr[0] "{n} ligne"\nmsgstr[1] "{n} lignes"\n'


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of templates that counts as the shipped one, with two catalogues of a language."""
    monkeypatch.setattr(catalogues, "template_dir", lambda: tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    (tmp_path / "locale" / "fr").mkdir(parents=True)
    (tmp_path / "locale" / "fr" / "a.po").write_text(ONE.format("oui") + MANY)
    (tmp_path / "locale" / "fr" / "b.po").write_text(ONE.format("si"))
    return tmp_path / "locale"


def kept_in(folder):
    (path,) = (folder / "__pycache__").iterdir()
    return path


def said(folders=()):
    known = translator("fr", folders)
    return known("yes"), known.plural("{n} row", "{n} rows", 1), known.plural("{n} row", "{n} rows", 2)


def test_the_next_process_says_the_same_without_reading_the_text(shipped, monkeypatch):
    assert said() == ("si", "{n} ligne", "{n} lignes")
    assert kept_in(shipped).is_file()
    monkeypatch.setattr(catalogues, "read_catalogue", None)
    assert said() == ("si", "{n} ligne", "{n} lignes")


def test_a_changed_an_added_and_a_removed_catalogue_are_read_anew(shipped):
    said()
    (shipped / "fr" / "b.po").write_text(ONE.format("mais si"))
    assert said()[0] == "mais si"
    (shipped / "fr.po").write_text(ONE.format("oui, oui"))
    assert said()[0] == "oui, oui"
    (shipped / "fr.po").unlink()
    (shipped / "fr" / "b.po").unlink()
    assert said()[0] == "oui"


def test_catalogues_that_changed_their_order_are_read_anew(shipped):
    said()
    (shipped / "fr" / "b.po").rename(shipped / "fr" / "0.po")
    assert said()[0] == "oui"


@pytest.mark.parametrize("spoilt", [lambda _: b"", lambda kept: kept[:40], lambda kept: b"0" * 32 + kept[32:]])
def test_half_a_file_and_what_was_kept_of_other_texts_are_not_taken(shipped, spoilt):
    said()
    path = kept_in(shipped)
    path.write_bytes(spoilt(path.read_bytes()))
    assert said()[0] == "si"


def test_a_folder_that_nobody_may_write_to_costs_time_alone(shipped):
    (shipped / "__pycache__").write_text("no folder")
    assert said()[0] == "si"


def test_nothing_is_kept_where_python_is_told_to_keep_nothing(shipped, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert said()[0] == "si"
    assert not (shipped / "__pycache__").exists()


def test_what_lies_beside_the_catalogues_of_a_plugin_is_never_taken(shipped, tmp_path, monkeypatch):
    said()
    kept = kept_in(shipped)
    lie = kept.read_bytes()[:32] + marshal.dumps(({"yes": "a lie"}, {}, "0"))
    kept.write_bytes(lie)
    assert said()[0] == "a lie"  # so it is taken where it is trusted
    monkeypatch.setattr(catalogues, "template_dir", lambda: tmp_path / "elsewhere")
    assert said([tmp_path])[0] == "si"
    assert kept.read_bytes() == lie


@pytest.mark.usefixtures("shipped")
def test_a_plugin_has_its_say_before_what_is_shipped(tmp_path):
    plugins = tmp_path / "plugins"
    (plugins / "locale").mkdir(parents=True)
    (plugins / "locale" / "fr.po").write_text(ONE.format("ouais"))
    assert said([plugins]) == ("ouais", "{n} ligne", "{n} lignes")
    assert not (plugins / "locale" / "__pycache__").exists()


def test_a_catalogue_that_cannot_be_read_is_not_kept(shipped):
    (shipped / "fr" / "b.po").write_text('msgid "{n} rows"\nmsgstr "lignes"\n')
    for _ in range(2):
        with pytest.raises(PluginError, match=r"b\.po"):
            said()
    assert not (shipped / "__pycache__").exists()
