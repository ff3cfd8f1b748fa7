"""What docs/statistics.md says that a simulation found, for the simulations to be held to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.coverage import Row

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"


def agree_with_the_page(row: Row) -> None:
    """The page has the row, with figures that are no further off than another version of numpy may be."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = {line[0]: line for line in lines}[row.what]
    assert re.sub(r"\D", "", cells[1]) == str(row.settings)
    assert float(cells[3]) == pytest.approx(row.mean, abs=0.01)
    assert float(cells[4]) == pytest.approx(row.worst, abs=0.03)
