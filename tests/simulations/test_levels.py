"""Tests reject what is true no more often than docs/statistics.md says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

import pytest
from simulation_tables import agree_with_the_page

from benchmarks import coverage, levels
from benchmarks.coverage import Row

PROMISED = {"Fisher's mid-p": 0.06}
"""The highest level of tests that hold theirs on average alone."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "family", [*coverage.FAMILIES["Tests at 5%: how often they reject what is true"], *levels.FAMILIES]
)
def test_tests_reject_the_truth_no_more_often_than_they_promise(family: Callable[[], Iterator[Row]]) -> None:
    for row in family():
        assert row.mean <= coverage.LEVEL + 2 * row.error, row
        # of dozens of settings one lies three standard errors high by chance
        noise = sqrt(0.05 * 0.95 / row.draws) if row.draws else 0.0
        assert row.worst <= PROMISED.get(row.what, coverage.LEVEL) + 3.5 * noise, row
        agree_with_the_page(row)
