"""A PDF in Chinese is refused where no font has its letters, and the doctor says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph

from auditkit.errors import AuditError
from auditkit.health import _fonts
from auditkit.report.fonts import LETTERS, lacks_chinese, require_letters


def font_of(path: Path, letters: str) -> Path:
    """A font that has these letters alone, all of them empty."""
    names = [".notdef", *(f"uni{ord(one):04X}" for one in letters)]
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({ord(one): f"uni{ord(one):04X}" for one in letters})
    made.setupGlyf({name: Glyph() for name in names})
    made.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    made.setupHorizontalHeader()
    made.setupNameTable({"familyName": "Made up", "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    made.save(path)
    return path


@pytest.fixture
def picked(tmp_path, monkeypatch):
    """Lets fontconfig offer font files, by an `fc-match` of our own."""

    def pick(*paths: Path) -> None:
        command = tmp_path / "fc-match"
        command.write_text("#!/bin/sh\n" + "".join(f"printf '%s\\n0\\n' '{path}'\n" for path in paths))
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return pick


def test_a_font_with_all_letters_will_do(tmp_path, picked):
    picked(font_of(tmp_path / "whole.ttf", LETTERS))
    assert lacks_chinese() == ""
    require_letters("zh-CN")
    (seen,) = [one for one in _fonts() if one.what == "a Chinese font"]
    assert seen.ok


def test_a_font_that_lacks_some_is_refused_with_what_to_install(tmp_path, picked):
    picked(font_of(tmp_path / "part.ttf", LETTERS[5:] + "abc"))
    assert lacks_chinese() == LETTERS[:5]
    with pytest.raises(AuditError, match=f"no font has {LETTERS[:5]}") as refused:
        require_letters("zh-CN")
    assert "apt-get install fonts-wqy-microhei" in refused.value.hint
    assert "--no-pdf" in refused.value.hint
    require_letters("en")
    (seen,) = [one for one in _fonts() if one.what == "a Chinese font"]
    assert not seen.ok
    assert LETTERS[:5] in seen.how


def test_what_the_first_font_lacks_another_may_have(tmp_path, picked):
    first, second = font_of(tmp_path / "latin.ttf", "abc" + LETTERS[:5]), font_of(tmp_path / "cjk.ttf", LETTERS[5:])
    picked(first, second)
    assert lacks_chinese() == ""
    picked(first, tmp_path / "gone.ttf")
    assert lacks_chinese() == LETTERS[5:]


@pytest.mark.parametrize("content", [b"", b"no font at all"])
def test_what_is_no_font_has_no_letters(tmp_path, picked, content):
    (tmp_path / "none.ttf").write_bytes(content)
    picked(tmp_path / "none.ttf")
    assert lacks_chinese() == LETTERS


def test_without_fontconfig_nothing_is_known_to_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lacks_chinese() == LETTERS
