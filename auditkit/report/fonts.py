"""Whether this machine has letters for the language of a PDF: a page of boxes is no report."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from auditkit.errors import AuditError

PACKAGE = "fonts-wqy-microhei"
"""Of Debian; small, and has every letter of GB 18030's basic plane that the reports use."""
LETTERS = "审计报告结论检查发现公平性隐私鲁棒校准解释置信区间群体阈值豁免摘要签名"
"""Of the reports' own words: a font of Japanese or of traditional Chinese alone lacks some."""
_SECONDS = 30


def lacks_chinese() -> str:
    """Which of `LETTERS` no font has that fontconfig offers for simplified Chinese; empty: there are all of them.

    A letter that the first font lacks is drawn in the next one that has it, as Pango does. Read from the fonts' own
    tables of characters, for fontconfig names some font whether it fits or not.
    """
    command = shutil.which("fc-match")
    if command is None:
        return LETTERS
    asked = [command, "--sort", "--format", "%{file}\n%{index}\n", "sans-serif:lang=zh-cn"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603  a fixed command
    lines = found.stdout.splitlines() if found.returncode == 0 else []
    absent = LETTERS
    for path, index in zip(lines[::2], lines[1::2], strict=False):
        if not absent:
            break
        if Path(path).is_file():
            known = _characters(Path(path), int(index) if index.isdigit() else 0)
            absent = "".join(one for one in absent if ord(one) not in known)
    return absent


def _characters(path: Path, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        # The low half names the font in its file; the high half an instance of a variable one.
        with path.open("rb") as stream, TTFont(stream, fontNumber=index & 0xFFFF, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError):
        return frozenset()


def require_letters(language: str) -> None:
    """Refuse a PDF whose words this machine cannot draw.

    Raises:
        AuditError: the language is Chinese, and no font has its letters.
    """
    if language.partition("-")[0] == "zh" and (absent := lacks_chinese()):
        raise AuditError(
            f"no PDF in Chinese can be made here: no font has {absent[:8]}",
            hint=f"apt-get install {PACKAGE}, or fonts-noto-cjk; --no-pdf leaves the PDF out",
        )
