"""What ran on trust stands on page one, and nothing stands there when nothing did."""

from __future__ import annotations

from auditkit import Text
from auditkit.report import render_html
from auditkit.testing.results import toy_result


def test_page_one_says_what_the_spec_let_run():
    result = toy_result()
    said = Text.of("the weights were read from a pickle, '{file}', which the spec allows", file="<b>.pkl")
    trusting = result.model_copy(update={"subject": result.subject.model_copy(update={"trusted": (said,)})})
    page = render_html(trusting, None).decode()
    front = page.partition("How to verify this report")[0]
    assert "Run on trust" in front
    assert "The weights were read from a pickle, &#39;&lt;b&gt;.pkl&#39;" in front
    assert "Run on trust" not in render_html(result, None).decode()
