"""On paper a thin space stands where Chinese meets Latin letters or figures, and nowhere else."""

from __future__ import annotations

import pytest

from auditkit.report.scripts import parted


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("<p>按sex分组</p>", "<p>按\u2009sex\u2009分组</p>"),
        ("<p>按<bdi>sex</bdi>分组</p>", "<p>按<bdi>\u2009sex</bdi>\u2009分组</p>"),
        ("<p>前10行。95%区间</p>", "<p>前\u200910\u2009行。95%\u2009区间</p>"),
        ("<p>按 sex 分</p>", "<p>按 sex 分</p>"),
        ("<p>按</p><p>sex</p>", "<p>按</p><p>sex</p>"),
        ('<img alt="按sex"><p>n = 3</p>', '<img alt="按sex"><p>n = 3</p>'),
        (
            "<style>a:lang(zh) > b{} /* 按a */</style><p>甲b</p>",
            "<style>a:lang(zh) > b{} /* 按a */</style><p>甲\u2009b</p>",
        ),
        ("<p>plain words</p>", "<p>plain words</p>"),
    ],
)
def test_the_scripts_are_parted(page, printed):
    assert parted(page) == printed


def test_what_is_parted_is_not_parted_again():
    once = parted("<p>按sex分<b>3</b>组</p>")
    assert parted(once) == once
