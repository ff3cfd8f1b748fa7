"""`robustness.tables`: one column changed at a time, and what a model that hangs on its last digit is found to lose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, NotApplicable
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_robustness.planted_tables import of_ages
from auditkit_robustness.tables import Cells, accept_noise, tables


class Sum:
    """Scores the first column, of 0 to 100, whatever else there is; a missing cell is 0."""

    def predict(self, inputs):
        yes = np.array([0.0 if pd.isna(cell) else float(cell) / 100 for cell in inputs["a"]])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of(table, given=("a", "b"), **fields):
    case = toy_case(Sum().predict(table), positive="yes", inputs=table, **fields)
    return with_model(replace(case, settings=replace(case.settings, given=given)), Sum())


def frame():
    return pd.DataFrame({"a": np.linspace(5, 95, 40), "b": pd.Series(["x", "y", None, "z"] * 10, dtype=object)})


def about(column, change):
    return {"conditions": {"column": column, "change": change}}


def test_a_column_that_the_model_does_not_read_moves_nothing():
    said = ask(tables, of(frame()), {})
    assert said.value("perturbed_score_shift", **about("b", "missing")) == 0.0
    assert said.value("perturbed_score_shift", **about("b", "another's cell")) == 0.0
    assert not said.of("perturbed_score_shift", **about("b", "noise"))  # letters have none
    assert not said.of("perturbed_score_shift", **about("a", "missing"))  # it has no missing cell
    assert said.of("perturbed_flip_rate", **about("b", "missing"))[0].n == 30  # ten miss it already


def test_noise_is_a_share_of_the_columns_spread():
    table = pd.DataFrame({"a": np.linspace(40, 60, 400)})
    said = ask(tables, of(table, given=("a",)), {"noise": 0.2})
    # The mean of |N(0, s)| is s sqrt(2 / pi); a little less, for noise stays within what was seen.
    wanted = 0.2 * table["a"].std(ddof=0) / 100 * np.sqrt(2 / np.pi)
    assert said.value("perturbed_score_shift", **about("a", "noise")) == pytest.approx(wanted, rel=0.12)


def test_another_cell_is_one_of_the_same_column_and_whole_numbers_stay_whole():
    table = pd.DataFrame({"a": [10, 20, 30, 40] * 10, "b": np.arange(40) + 0.5})
    cells = Cells(of(table), 0.5)
    swapped = cells.changed({"column": "a", "change": "another's cell"})
    assert set(swapped.inputs["a"]) <= {10, 20, 30, 40}
    assert (swapped.inputs["a"].to_numpy() != table["a"].to_numpy()[swapped.rows]).all()
    np.testing.assert_array_equal(swapped.inputs["b"], table["b"].to_numpy()[swapped.rows])
    noisy = cells.changed({"column": "a", "change": "noise"})
    assert set(noisy.inputs["a"]) <= {10, 20, 30, 40}  # few values may be codes
    assert noisy.inputs["a"].dtype == table["a"].dtype


def test_a_model_that_hangs_on_a_digit_is_found_in_its_ward():
    said = ask(tables, of_ages(fragile=True, ward="north")(np.random.default_rng(0)), {})
    by_ward = {one.group["ward"]: one.value for one in said.of("mean_flip_rate") if one.group}
    assert by_ward["north"] > by_ward["south"]


def test_what_is_no_table_is_not_changed():
    said = ClassScores(("no", "yes"), np.array([[0.5, 0.5]] * 2))
    case = toy_case(said, inputs=pd.Series(["a", "b"], dtype=object))
    with pytest.raises(NotApplicable, match="names no columns"):
        ask(tables, case, {})
    with pytest.raises(NotApplicable, match="not given a table"):
        ask(tables, replace(case, settings=replace(case.settings, given=("note",))), {})
    recorded = replace(case, settings=replace(case.settings, recorded=("p",)))
    with pytest.raises(NotApplicable, match="recorded"):
        ask(tables, recorded, {})


@pytest.mark.parametrize("given", [{"noise": 0.0}, {"most_rows": 0}, {"most_columns": 0}])
def test_no_noise_and_no_rows_are_refused(given):
    with pytest.raises(AuditError, match="option"):
        accept_noise(**given)
