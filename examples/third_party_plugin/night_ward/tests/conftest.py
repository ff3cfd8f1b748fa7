"""How what this package offers is held to auditkit's contract; `pytest` adds a test for each law."""

from pathlib import Path

import pandas as pd

EXAMPLES = Path(__file__).parents[1] / "examples"


def pytest_auditkit_contract(offer):
    if offer.id == "night-ward-sheet":
        rows = pd.read_csv(EXAMPLES / "rows.csv", dtype=str).head(8)
        return {"path": EXAMPLES / "sheet.toml", "inputs": rows, "scale": 10.0}
    # A law that cannot be obeyed is excused by name: {"except_": {"LAW": "the reason"}}
    return None
