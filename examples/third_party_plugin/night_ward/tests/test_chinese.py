"""The report in Chinese: every text of this package has a translation, and the page shows them."""

from pathlib import Path

import numpy as np
from auditkit import ClassScores
from auditkit.report import render_html
from auditkit.report.catalogues import read_catalogue
from auditkit.testing import toy_case, toy_result

import auditkit_night_ward
from auditkit_night_ward.close_calls import CLOSE_CALL_RATE, close_calls

TEMPLATES = Path(auditkit_night_ward.__file__).parent / "templates"
KNOWN = read_catalogue(TEMPLATES / "locale" / "zh-CN.po").known


def test_what_the_check_and_its_card_say_is_translated():
    card = CLOSE_CALL_RATE
    said = [card.title, card.asks, card.formula, card.undefined, card.misleads, close_calls.title, close_calls.text]
    said += [known.title for known in close_calls.controls]
    assert [text for text in said if text not in KNOWN] == []
    assert len(list(close_calls(toy_case(ClassScores(("no", "yes"), np.array([[0.5, 0.5]])))))) == 1


def test_the_page_is_in_chinese_where_a_catalogue_has_words():
    page = render_html(toy_result(), None, template_dirs=[TEMPLATES], language="zh-CN").decode()
    assert '<html lang="zh-CN">' in page
    for said in ("模型审计报告", "致决定是否发布的人", "术语表", "0.265 至 0.522"):
        assert said in page


def test_in_english_nothing_is_translated():
    page = render_html(toy_result(), None, template_dirs=[TEMPLATES]).decode()
    assert '<html lang="en">' in page
    assert "术语表" not in page
