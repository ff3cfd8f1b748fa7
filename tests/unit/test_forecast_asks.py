"""How many predictions checks say that they want beside the rows', held against how many they ask for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from commands import Folder

from auditkit import ClassScores
from auditkit.checks.asking import ask
from auditkit.forecasts.forecast import forecast
from auditkit.host import Host
from auditkit.hosting.discovery import find_plugins
from auditkit.options import validate_options
from auditkit.spec import read_spec
from auditkit.testing import toy_case, with_model

HOST = Host.installed()
ASKING = '''
from auditkit import ClassScores, adapter, hookimpl

@adapter("silent", gives=ClassScores)
def open_silent(path):
    """A model that is not opened."""
    raise AssertionError("the model was opened")

@hookimpl
def auditkit_register_adapters():
    return [open_silent]
'''
ROWS = 40


@dataclass
class Counting:
    """Scores one column, and counts the rows that it is asked about."""

    asked: list[int] = field(default_factory=list)

    def predict(self, inputs):
        self.asked.append(len(inputs))
        yes = 1 / (1 + np.exp(-inputs["dose"].to_numpy(dtype=float) - (inputs["ward"] == "east").to_numpy()))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_a_table(model):
    draw = np.random.default_rng(1)
    wards = draw.choice(["east", "west"], ROWS)
    rows = pd.DataFrame({"dose": draw.normal(size=ROWS), "ward": wards, "age": range(ROWS)})
    sex = ["F" if row % 2 else "M" for row in range(ROWS)]
    case = toy_case(
        model.predict(rows), ["yes", "no"] * (ROWS // 2), {"sex": sex}, positive="yes", inputs=rows, min_group_size=10
    )
    case = replace(case, settings=replace(case.settings, given=("dose", "ward", "age")))
    return with_model(case, model)


@pytest.mark.parametrize(
    ("check", "options"),
    [
        ("explainability.drivers", {"most_rows": 30}),
        ("explainability.effects", {"most_columns": 3}),
        ("explainability.attributions", {"most_rows": 20}),
        ("explainability.faithfulness", {"most_rows": 20}),
        ("explainability.stability", {"most_rows": 20}),
        ("robustness.tables", {"most_rows": 25, "most_columns": 3}),
    ],
)
def test_a_check_asks_no_more_than_it_says(check, options):
    model = Counting()
    case = of_a_table(model)
    check = HOST.checks[check]
    given = validate_options(check.run, options, owner=check.id)
    model.asked.clear()
    ask(check, case, given)
    asked, said = sum(model.asked), check.asks(**given, rows=ROWS)
    # Of a model without gradients a check of explanations asks KernelShap's coalitions in their place.
    assert 0 < asked <= said


def test_a_plan_tells_nothing_of_recorded_predictions_that_nobody_can_be_asked_about(folder: Folder):
    folder.spec(checks=("explainability.drivers",))
    (line,) = forecast(read_spec(folder.path / "audit.toml"), HOST).checks
    assert "predictions more" not in line.says


def test_a_plan_tells_what_is_asked_beside_the_rows(install, folder: Folder):
    install("forecast_asking", ASKING)
    folder.spec(('adapter = "recorded"', 'adapter = "silent"'), checks=("explainability.drivers",))
    (line,) = forecast(read_spec(folder.path / "audit.toml"), Host(find_plugins()[0])).checks
    assert line.says == "would run with most_pieces = 48, most_rows = 200: up to about 9,800 predictions more"


def test_what_is_asked_of_few_rows_is_of_these():
    drivers = HOST.checks["explainability.drivers"]
    assert drivers.asks(rows=10, most_rows=200, most_pieces=48) == 490
    assert drivers.asks(rows=1000, most_rows=200, most_pieces=48) == 9800
    # 174 by taking out, of 5 methods; 3 of each of 20 gradients, 64 pieces and 2 more.
    faithfulness = HOST.checks["explainability.faithfulness"]
    assert faithfulness.asks(rows=1, most_rows=50, orders=5, draws=32) == 174 + 3 * 20 + 66
