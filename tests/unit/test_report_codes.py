"""The square on the page holds the digest of what is signed, and is drawn as the standard says."""

from __future__ import annotations

import hashlib
import re

from auditkit.report import render_html
from auditkit.report.codes import QUIET, code_of, drawn
from auditkit.testing.results import toy_result

# The finder pattern of ISO/IEC 18004, 6.3.3: three squares one in the other, 7, 5 and 3 modules wide.
FINDER = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]


def modules(path: str, side: int) -> list[str]:
    """The square that the path draws, row by row."""
    rows = [["."] * side for _ in range(side)]
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        for place in range(int(x), int(x) + int(wide)):
            rows[int(y)][place] = "#"
    return ["".join(row) for row in rows]


def test_it_holds_the_digest_of_the_bytes_that_lie_in_the_bundle():
    assert code_of(toy_result()).text == f"sha256:{hashlib.sha256(toy_result().to_json()).hexdigest()}"


def test_finder_patterns_stand_in_three_corners_with_white_around():
    code = drawn("sha256:" + "0" * 64)
    assert code.side == 37 + 2 * 4  # version 5: 17 + 4 * 5 modules; in level M it holds 84 bytes
    rows = modules(code.path, code.side)
    blank = "." * code.side
    assert rows[:QUIET] == rows[-QUIET:] == [blank] * QUIET
    assert all(row[:QUIET] == row[-QUIET:] == "." * QUIET for row in rows)
    for top, left in ((QUIET, QUIET), (QUIET, code.side - QUIET - 7), (code.side - QUIET - 7, QUIET)):
        assert [row[left : left + 7] for row in rows[top : top + 7]] == FINDER


def test_its_format_says_level_m():
    # Bits 14 and 13 of the format, 00 for level M, are masked by 10 (ISO/IEC 18004, 7.9): row 8, the first two modules.
    rows = modules(*(drawn("sha256:" + "f" * 64).path, 45))
    assert rows[QUIET + 8][QUIET : QUIET + 2] == "#."


def test_another_text_gives_another_square_and_the_same_the_same():
    assert drawn("sha256:1") == drawn("sha256:1")
    assert drawn("sha256:1").path != drawn("sha256:2").path


def test_the_page_draws_it_with_a_name_and_writes_it_out():
    page = render_html(toy_result(), None).decode()
    (drawing,) = re.findall(r'<svg class="code".*?</svg>', page)
    assert '<title id="code-title">QR code of the digest of result.json</title>' in drawing
    assert "style=" not in drawing
    assert code_of(toy_result()).text in page
