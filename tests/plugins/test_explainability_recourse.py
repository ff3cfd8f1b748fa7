"""`explainability.recourse`: the smallest change that flips a decision, against distances that are known."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from auditkit import AuditError, ClassScores, NotApplicable, Table
from auditkit.checks.asking import ask
from auditkit.perturbation import Rows
from auditkit.testing import toy_case, with_model
from auditkit_explainability.changing import asking
from auditkit_explainability.changing.medians import mean_count, median_up_to
from auditkit_explainability.planted.recourse import of_bars
from auditkit_explainability.recourse import accept_search, recourse


class Rule:
    """Says yes where a formula of the columns is not negative."""

    def __init__(self, formula):
        self.formula = formula
        self.asked = 0

    def predict(self, inputs):
        self.asked += len(inputs)
        found = np.asarray(self.formula(inputs), dtype=float) >= 0
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))


def of(table, formula, **fields):
    model = Rule(formula)
    case = toy_case(model.predict(table), inputs=table, **({"positive": "yes"} | fields))
    return with_model(replace(case, settings=replace(case.settings, given=tuple(map(str, table.columns)))), model)


def found_in(case, fixed=(), most_rows=1000):
    about = {"columns": list(case.settings.given), "fixed": list(fixed), "most_rows": most_rows}
    return asking.changed(case, **about)


def deviation(numbers):
    """The lower median of distances from the lower median, as the formula has it."""
    ordered = np.sort(numbers)
    middle = ordered[(len(ordered) - 1) // 2]
    return np.sort(np.abs(numbers - middle))[(len(numbers) - 1) // 2]


def test_of_a_linear_model_the_distance_is_that_to_its_boundary():
    """The least sum of |changes| / deviation moves one column alone: that with the steepest slope per deviation."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"a": draw.normal(0, 1, 300), "b": draw.normal(0, 5, 300), "c": draw.normal(0, 0.2, 300)})
    slopes = {"a": 1.0, "b": 0.3, "c": -2.0}
    case = of(table, lambda rows: sum(slope * rows[name] for name, slope in slopes.items()) - 0.7)
    found = found_in(case, most_rows=60)
    rows = np.flatnonzero(np.isfinite(found["distance"]))
    margin = 0.7 - sum(slope * table[name].to_numpy() for name, slope in slopes.items())[rows]
    # What is left of the margin is taken from the column that gives most per deviation, as far as it reaches.
    true, single = np.zeros(len(rows)), np.zeros(len(rows))
    for name in sorted(slopes, key=lambda one: -abs(slopes[one]) * deviation(table[one].to_numpy())):
        cells, slope = table[name].to_numpy(), slopes[name]
        room = abs(slope) * (cells.max() - cells[rows] if slope > 0 else cells[rows] - cells.min())
        step = np.minimum(room, margin)
        true, margin, single = true + step / abs(slope) / deviation(cells), margin - step, single + (step > 0)
    assert (margin < 1e-9).all()
    ours = found["distance"][rows]
    assert (ours >= true - 1e-6).all()  # an upper bound
    alone = single == 1
    assert alone.sum() > 40
    np.testing.assert_allclose(ours[alone], true[alone], rtol=0.02, atol=0.01)
    assert (found["count"][rows][alone] == 1).all()
    assert (ours <= 1.5 * true).all()


def test_by_hand_a_category_costs_one_and_a_number_its_deviations():
    # Deviations of `a`: middle 5, distances 5 5 4 3 1 0 1 3 4 5 -> in order 0 1 1 3 3 4 4 5 5 5, the lower middle 3.
    table = pd.DataFrame({"a": [0, 0, 1, 2, 4, 5, 6, 8, 9, 10], "w": pd.Series(["x", "y"] * 5, dtype=object)})
    case = of(table, lambda rows: rows["a"] + 4 * (rows["w"] == "y") - 7)
    found = found_in(case)
    # x: 0 needs 7 (2.33), or y and 3 (2); 1: 6 (2) or y and 2 (1.67); 4: 3 (1) or y (1); 6: 1 (0.33).
    # y: 0 needs 3 (1); 2 needs 1 (0.33).
    wanted = {0: 2.0, 1: 1.0, 2: 1 + 2 / 3, 3: 1 / 3, 4: 1.0, 6: 1 / 3}
    for row, distance in wanted.items():
        assert found["distance"][row] == pytest.approx(distance, abs=1e-6), row
    assert set(np.flatnonzero(np.isfinite(found["distance"]))) == set(wanted)
    assert found["count"][[0, 1, 2, 3, 4, 6]].tolist() == [1, 1, 1, 1, 1, 1]
    assert found["touches"][:, 0].tolist() == [1, 1]
    assert found["most"] == pytest.approx(10 / 3 + 1)


def test_what_may_not_change_stays():
    table = pd.DataFrame({"a": np.arange(40.0), "w": pd.Series(["x", "y"] * 20, dtype=object)})
    case = of(table, lambda rows: (rows["w"] == "y") * 1.0 - 0.5)
    assert np.isfinite(found_in(case)["distance"][::2]).all()
    assert np.isinf(found_in(case, fixed=["w"])["distance"][::2]).all()
    protected = of(table, lambda rows: (rows["w"] == "y") * 1.0 - 0.5, protected_inputs={"ward": "w"})
    said = ask(recourse, protected, {})
    assert said.value("recourse_found_rate") == 0.0
    # Nobody has a way: the median is the largest change that the table allows, from 0 to 39 in deviations of 10.
    assert said.value("recourse_distance") == pytest.approx(39 / deviation(np.arange(40.0)))
    assert said.value("recourse_columns") is None


def test_no_smaller_change_of_a_small_table_is_overlooked_often():
    """Against all changes there are, of a crooked model of three columns of five values each."""
    draw = np.random.default_rng(5)
    grid = np.array(list(itertools.product(range(5), repeat=3)), dtype=float)
    names = ["a", "b", "c"]
    table = pd.DataFrame(grid[draw.permutation(125)[:80]], columns=names)

    def formula(rows):
        a, b, c = (rows[name].to_numpy(dtype=float) for name in names)
        return a * b - 0.5 * c**2 + np.where(c > 3, 6, 0) - 5.5

    case = of(table, formula)
    found = found_in(case)
    deviations = np.array([deviation(table[name].to_numpy()) for name in names])
    yes = formula(pd.DataFrame(grid, columns=names)) >= 0
    rows = np.flatnonzero(~np.isnan(found["distance"]))
    costs = np.abs(grid[yes][None] - table.to_numpy()[rows][:, None]) / deviations
    true, fewest = costs.sum(axis=2).min(axis=1), (costs > 0).sum(axis=2).min(axis=1)
    assert (found["distance"][rows] >= true - 1e-9).all()
    assert (found["count"][rows] >= fewest).all()
    assert np.mean(found["distance"][rows] <= true + 1e-9) > 0.85
    assert np.mean(found["count"][rows] == fewest) > 0.95


def test_whole_numbers_stay_whole_and_missing_cells_are_nobodys_advice():
    seen = []

    def formula(rows):
        seen.append(rows["a"].tolist())
        return rows["a"].fillna(0).to_numpy() - 10.5

    table = pd.DataFrame({"a": pd.Series([*range(20), None], dtype="float64"), "b": np.arange(21)})
    found = found_in(of(table, formula))
    deviations = deviation(np.arange(20.0))
    np.testing.assert_allclose(found["distance"][:11], (11 - np.arange(11)) / deviations)
    assert found["distance"][20] == 1.0  # a cell that was missing is filled
    asked = [cell for cells in seen[1:] for cell in cells]
    assert all(np.isnan(cell) or cell == int(cell) for cell in asked)


def test_rows_in_another_order_are_found_the_same():
    draw = np.random.default_rng(6)
    table = pd.DataFrame({"a": draw.normal(size=60), "b": draw.normal(size=60), "w": list("xyz") * 20})
    table["w"] = table["w"].astype(object)
    order = draw.permutation(60)

    def formula(rows):
        return rows["a"] * rows["b"] + (rows["w"] == "z") - 0.8

    one, other = found_in(of(table, formula)), found_in(of(table.iloc[order].reset_index(drop=True), formula))
    np.testing.assert_allclose(one["distance"][order], other["distance"])


def test_predictions_are_as_many_as_the_docstring_says():
    draw = np.random.default_rng(7)
    table = pd.DataFrame(draw.normal(size=(400, 8)).round(3), columns=list("abcdefgh"))
    case = of(table, lambda rows: rows.to_numpy(dtype=float) @ np.arange(1, 9) - 15)
    case.broker.model.asked = 0
    found_in(case, most_rows=60)
    assert case.broker.model.asked < 60 * 60 * 8


def test_the_ward_that_has_to_change_more_is_told():
    said = ask(recourse, of_bars(south=32.0)(np.random.default_rng(0)), {})
    by_ward = {one.group["ward"]: one.value for one in said.of("recourse_distance") if one.group}
    (gap,) = said.of("recourse_distance_difference")
    assert by_ward["south"] > by_ward["north"]
    assert gap.value == pytest.approx(by_ward["south"] - by_ward["north"])
    assert gap.interval.low > 0
    shown = [one for one in said if isinstance(one, Table)][1]
    assert [row[0] for row in shown.rows] == ["points", "extra", "ward"]
    assert str(shown.rows[2][1]) == "stays as it is"
    # 2 points + extra to 20 or 32: from about 7 points and 1 more by 2.5 or 8.5, all of them up.
    assert 2 < shown.rows[0][2] < 9
    few = [one for one in ask(recourse, of_bars(rows=10)(np.random.default_rng(0)), {}) if isinstance(one, Table)][1]
    assert "fewer than ten" in str(few.rows[0][1])
    assert "fewer than ten" in str(few.rows[0][2])


class Words:
    """A score by how often words come."""

    def predict(self, inputs):
        said = [str(text).lower().split() for text in inputs]
        yes = np.array([0.45 + 0.1 * one.count("fever") + 0.04 * one.count("cough") for one in said])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def test_of_texts_the_fewest_words_are_counted():
    texts = [
        "seen with fever today again",
        "cough and cough and fever too",
        "nothing at all this day",
        "fever fever here",
    ]
    given = pd.Series(texts, dtype=object)
    case = with_model(toy_case(Words().predict(given), positive="yes", inputs=given), Words())
    found = asking.words(case, column="", most_rows=10, most_words=5)
    # 0.55: without fever 0.45. 0.63: without fever 0.53, without a cough too 0.49. 0.45: nothing adds. 0.65: both.
    assert found.tolist() == [1.0, 2.0, np.inf, 2.0]
    said = ask(recourse, case, {"most_words": 5})
    assert said.value("recourse_words") == 2.0
    assert said.value("recourse_found_rate") == 0.75


def test_words_that_need_not_go_are_put_back():
    """The first of the ranking is not needed once both of a pair are gone."""

    class Pair:
        def predict(self, inputs):
            said = [set(str(text).split()) for text in inputs]
            yes = np.array([0.9 - 0.3 * ("alpha" not in one) - 0.5 * (not one & {"beta", "gamma"}) for one in said])
            return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    given = pd.Series(["alpha beta gamma delta epsilon"] * 3, dtype=object)
    case = with_model(toy_case(Pair().predict(given), positive="yes", inputs=given), Pair())
    assert asking.words(case, column="", most_rows=3, most_words=5).tolist() == [2.0] * 3


def test_the_median_is_between_its_order_statistics():
    rows = Rows(None, None, 0.95)
    numbers = np.arange(1.0, 42.0)
    found = median_up_to(100.0)(rows, numbers)
    assert found.value == 21.0
    low, high = (int(one) for one in found.limits)
    # That of all order statistics is exact: these two hold the median at least nearly as often as they say.
    assert binom.cdf(high - 1, 41, 0.5) - binom.cdf(low - 1, 41, 0.5) > 0.93
    lost = median_up_to(100.0)(rows, np.where(numbers > 15, 100.0, numbers))
    assert lost.value == 100.0
    assert lost.limits.high == 100.0
    few = median_up_to(100.0)(rows, np.array([1.0, 2.0, 3.0]))
    assert few.limits == (0.0, 100.0)  # of three numbers neither end is known
    people = median_up_to(100.0)(Rows(None, np.repeat(np.arange(10), 4), 0.95), np.repeat(np.arange(10.0), 4))
    assert people.people == 10
    assert people.limits.high > 6


def test_counts_that_are_all_alike_have_an_interval():
    """Of 20 ones among counts from 1 to 5: 1 + 4 times Wilson's limits of 0 of 20."""
    rows, mean = Rows(None, None, 0.95), mean_count(5)
    found = mean(rows, np.ones(20))
    z = 1.959963984540054
    assert found.value == 1.0
    assert tuple(found.limits) == pytest.approx((1.0, 1 + 4 * z**2 / (20 + z**2)))
    assert mean(rows, np.array([1.0, 2.0, np.nan, 3.0])).value == pytest.approx(2.0)
    assert mean(rows, np.full(3, np.nan)).value is None


def test_what_cannot_be_searched_is_refused():
    table = pd.DataFrame({"a": np.arange(20.0)})
    case = of(table, lambda rows: rows["a"] - 10)
    with pytest.raises(NotApplicable, match="recorded"):
        ask(recourse, replace(case, settings=replace(case.settings, recorded=("p",))), {})
    with pytest.raises(NotApplicable, match="may change"):
        ask(recourse, case, {"fixed": ("a",)})
    with pytest.raises(NotApplicable, match="which the model is not given"):
        ask(recourse, case, {"fixed": ("aeg",)})  # what is spelt wrong would be changed all the same
    with pytest.raises(NotApplicable, match="no row is decided"):
        ask(recourse, of(table, lambda rows: rows["a"] + 1), {})
    with pytest.raises(AuditError, match="most_words"):
        accept_search(most_words=0)


@pytest.mark.slow
def test_twice_as_much_is_found_over_seeds_and_the_same_passed():
    """The difference between wards: found when the bar is higher, and held to be 0 as often as the level says."""
    found, alarms = 0, 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        table = pd.DataFrame({"points": draw.uniform(0, 20, 200).round(3), "extra": draw.uniform(0, 2, 200).round(3)})
        wards = draw.choice(["north", "south"], 200)
        table["ward"] = pd.Series(wards, dtype=object)
        for bar in (30.0, 20.0):

            def formula(rows, bar=bar):
                return 2 * rows["points"] + rows["extra"] - np.where(rows["ward"] == "south", bar, 20.0)

            about = {"groups": {"ward": wards.tolist()}, "protected_inputs": {"ward": "ward"}, "min_group_size": 10}
            (gap,) = ask(recourse, of(table, formula, **about), {"most_rows": 120}).of("recourse_distance_difference")
            if bar > 20:
                found += gap.interval.low > 0
            else:
                alarms += gap.interval.low > 0
    assert alarms <= 6
    assert found >= 12
