"""The adapter on a sheet whose points one can add up."""

import pandas as pd
import pytest
from auditkit import ModelError

from auditkit_night_ward.score_sheet import open_score_sheet


def test_points_by_hand(tmp_path):
    sheet = tmp_path / "sheet.toml"
    sheet.write_text("base = -40\n[points]\nage = 0.5\npressure = 0.1\n")
    rows = pd.DataFrame({"age": ["40", "80"], "pressure": ["200", "200"]})
    answer = open_score_sheet(sheet, scale=10.0).predict(rows)
    # -40 + 20 + 20 = 0 is a tie, which the first class wins; -40 + 40 + 20 > 0
    assert answer.decide().tolist() == [0, 1]


def test_what_is_no_sheet_is_refused(tmp_path):
    (tmp_path / "sheet.toml").write_text("points = 3\n")
    with pytest.raises(ModelError, match=r"'sheet.toml' is no score sheet"):
        open_score_sheet(tmp_path / "sheet.toml")
