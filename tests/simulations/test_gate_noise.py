"""The gate fails equal models no more often than it may, and finds what it says: docs/gate.md, held smaller."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.policy_baseline import MARGIN
from benchmarks import gate

PAIRS = 200
PAGE = Path(__file__).parents[2] / "docs" / "gate.md"
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line[:1] == "|"
]


def error(share: float) -> float:
    return (share * (1 - share) / PAIRS) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("n", gate.SIZES)
@pytest.mark.parametrize("grouped", [False, True])
def test_equal_models_are_not_failed(n: int, grouped: bool) -> None:  # noqa: FBT001  a parameter of the test
    name = gate.BY_GROUP if grouped else gate.ALONE
    row = gate.simulate(name, gate.classes(grouped=grouped), n, pairs=PAIRS)
    assert row.fails <= gate.ALPHA + 2 * error(gate.ALPHA), row
    (line,) = [one for one in LINES if one[:2] == [name, f"{n:,}"] and "margin" not in one[0]][:1]
    assert float(line[7].rstrip("%")) / 100 == pytest.approx(row.passes, abs=0.03 + 3 * error(0.5)), row


@pytest.mark.slow
def test_models_on_the_margin_are_failed_and_passed_no_more_often_than_may_be() -> None:
    row = gate.simulate("on the margin", gate.classes(grouped=False), 1000, loss=MARGIN, pairs=PAIRS)
    assert row.fails <= gate.ALPHA + 3 * error(gate.ALPHA), row
    assert row.passes <= gate.ALPHA + 3 * error(gate.ALPHA), row


@pytest.mark.slow
def test_planted_losses_are_found_as_a_plan_promised() -> None:
    for row in gate.planted_losses(PAIRS):
        assert row.fails >= 0.8 - 3 * error(0.8), row
