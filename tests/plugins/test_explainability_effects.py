"""`explainability.effects`: accumulated local effects and permutation importance, by hand and against scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, Chart, ClassScores, NotApplicable, Table, Text, Values
from auditkit.checks.asking import ask
from auditkit.segments import People, bins_of, column_in, edges_of, levels_of, read_spelled, spelled
from auditkit.testing import toy_case, with_model
from auditkit_explainability.effects import accept_effects, effects
from auditkit_explainability.global_view.curves import accumulated, pairwise
from auditkit_explainability.global_view.telling import places
from auditkit_explainability.planted.effects import of_ramps


class Formula:
    """A number by a formula of the columns."""

    def __init__(self, formula):
        self.formula = formula

    def predict(self, inputs):
        return Values(np.asarray(self.formula(inputs), dtype=float))


class Chances:
    """A probability by a formula of the columns."""

    def __init__(self, formula):
        self.formula = formula

    def predict(self, inputs):
        yes = np.asarray(self.formula(inputs), dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of(table, model, **fields):
    said = model.predict(table)
    about = {"positive": "yes"} if isinstance(said, ClassScores) else {}
    case = toy_case(said, inputs=table, **(about | fields))
    return with_model(replace(case, settings=replace(case.settings, given=tuple(table.columns))), model)


def alone(n):
    return People(np.arange(n), np.ones(n))


def about(name):
    return {"conditions": {"column": name}}


def test_of_a_linear_model_the_curve_is_its_slope_times_the_way_from_the_mean():
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"a": draw.uniform(0, 1, 400).round(4), "b": draw.normal(size=400).round(4)})
    model = Formula(lambda rows: 3 * rows["a"] - 0.5 * rows["b"])
    case = of(table, model)
    said = ask(effects, case, {"most_rows": 400, "bins": 5})
    spread = np.std(model.predict(table).values)
    for name, slope in (("a", 3.0), ("b", -0.5)):
        edges = edges_of(table[name].to_numpy(), alone(400), np.ones(400, bool), bins=5, is_whole=False)
        assert said.value("effect_range", group={}, **about(name)) == pytest.approx(
            abs(slope) * (edges[-1] - edges[0]) / spread
        )
        (found,) = said.of("effect_range", group={}, **about(name))
        assert found.exact  # all rows of a bin move alike
        (drawn,) = [one for one in said if isinstance(one, Chart) and one.x_label.params["column"] == name]
        x, y = np.array(drawn.series[0].x), np.array(drawn.series[0].y)
        inside = bins_of(table[name].to_numpy(), edges)
        middle = ((edges[:-1] + edges[1:]) / 2)[inside].mean()
        np.testing.assert_allclose(y, slope * (x - middle) / spread, atol=1e-5)


def test_of_a_product_the_curve_of_one_factor_has_the_mean_of_the_other_as_its_slope():
    # In every bin of a the same two values of b: the mean step is the mean of b times the bin's width, by hand.
    table = pd.DataFrame({"a": np.repeat(np.arange(8.0), 20), "b": np.tile([1.0, 3.0], 80)})
    model = Formula(lambda rows: rows["a"] * rows["b"])
    said = ask(effects, of(table, model), {"most_rows": 160, "bins": 7})
    spread = np.std(model.predict(table).values)
    # From 0 to 7 with a mean of b of 2; from 1 to 3 with a mean of a of 3.5.
    (of_a,) = said.of("effect_range", group={}, **about("a"))
    assert of_a.value == pytest.approx(2 * 7 / spread)
    assert of_a.interval.low < of_a.value < of_a.interval.high
    assert said.value("effect_range", group={}, **about("b")) == pytest.approx(3.5 * 2 / spread)


def test_of_yes_and_no_the_curve_is_scikit_learns_partial_dependence():
    """With two values there is one bin, and every row is asked at both ends of it, as partial dependence asks."""
    from sklearn.inspection import partial_dependence
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(8)
    table = pd.DataFrame({"a": draw.integers(0, 2, 200).astype(float), "b": draw.normal(size=200)})
    truth = draw.random(200) < 1 / (1 + np.exp(-2 * table["a"] * table["b"] - table["b"]))
    model = LogisticRegression().fit(table.assign(ab=table["a"] * table["b"]).to_numpy(), truth)

    class Other(LogisticRegression):
        def predict_proba(self, rows):
            rows = np.asarray(rows)
            return model.predict_proba(np.column_stack([rows, rows[:, 0] * rows[:, 1]]))

    other = Other().fit(table.to_numpy(), truth)
    theirs = partial_dependence(other, table.to_numpy(), [0], response_method="predict_proba", method="brute")
    low, high = theirs["average"][0]
    said = ask(effects, of(table, Chances(lambda rows: other.predict_proba(rows)[:, 1])), {"shuffles": 1})
    assert said.value("effect_range", group={}, **about("a")) == pytest.approx(abs(high - low))


def test_correlated_columns_do_not_lend_each_other_their_effects():
    """Where the other column follows, partial dependence of x1 + x2 - x1 is right too, a plot of means is not."""
    draw = np.random.default_rng(1)
    a = draw.normal(size=300).round(3)
    table = pd.DataFrame({"a": a, "twin": (a + 0.01 * draw.normal(size=300)).round(3)})
    said = ask(effects, of(table, Formula(lambda rows: rows["a"])), {"most_rows": 300})
    assert said.value("effect_range", group={}, **about("twin")) == 0.0
    assert said.value("effect_range", group={}, **about("a")) > 2


def test_categories_are_compared_in_the_same_rows():
    table = pd.DataFrame({"ward": pd.Series(["north", "south", "east"] * 20, dtype=object), "b": np.arange(60.0)})
    worth = {"north": 0.5, "south": 0.1, "east": 0.3}
    case = of(table, Chances(lambda rows: [worth[ward] for ward in rows["ward"]]))
    said = ask(effects, case, {"most_rows": 60})
    assert said.value("effect_range", group={}, **about("ward")) == pytest.approx(0.4)
    shown = next(one for one in said if isinstance(one, Table))
    (line,) = [row for row in shown.rows if row[0] == "ward"]
    assert line[3:5] == ("south", "north")


def test_a_column_of_sentences_has_no_curve_and_is_worth_something():
    notes = [f"a note of {row} words about somebody" for row in range(60)]
    table = pd.DataFrame({"note": pd.Series(notes, dtype=object), "b": np.arange(60.0)})
    model = Chances(lambda rows: [0.2 + 0.6 * (int(note.split()[3]) > 30) for note in rows["note"]])
    true = np.where(np.arange(60) > 30, "yes", "no")
    said = ask(effects, of(table, model, targets=true), {})
    assert said.value("permutation_importance", group={}, **about("note")) > 0.1
    lines = {row[0]: row for row in next(one for one in said if isinstance(one, Table)).rows}
    assert str(lines["note"][5]) == "no curve"
    assert lines["note"][-2] == 1


def test_the_worth_of_a_column_is_scikit_learns_permutation_importance():
    from sklearn.base import BaseEstimator
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import brier_score_loss

    draw = np.random.default_rng(2)
    table = pd.DataFrame({"a": draw.uniform(0, 1, 300), "b": draw.uniform(0, 1, 300)})
    model = Chances(lambda rows: np.clip(0.7 * rows["a"] + 0.2 * rows["b"] + 0.05, 0, 1))
    true = draw.random(300) < model.predict(table).scores[:, 1]
    said = ask(effects, of(table, model, targets=np.where(true, "yes", "no")), {"most_rows": 300, "shuffles": 40})

    class Other(BaseEstimator):
        def fit(self, *_):
            return self

    def score(_, rows, known):
        return -brier_score_loss(known, model.predict(rows).scores[:, 1])

    theirs = permutation_importance(Other(), table, true, scoring=score, n_repeats=40, random_state=0)
    for name, wanted, around in zip(table.columns, theirs.importances_mean, theirs.importances_std, strict=True):
        ours = said.value("permutation_importance", group={}, **about(name))
        assert abs(ours - wanted) < 5 * around / np.sqrt(40) * np.sqrt(2) + 1e-9, name


def test_a_column_that_the_model_does_not_read_is_worth_nothing_and_flat():
    said = ask(effects, of_ramps(slope=0.4)(np.random.default_rng(0)), {})
    assert said.value("effect_range", group={}, **about("noise")) == 0.0
    assert said.value("permutation_importance", group={}, **about("noise")) == 0.0


def test_the_ward_that_a_column_decides_for_is_told():
    said = ask(effects, of_ramps(slope=0.45, other=0.0)(np.random.default_rng(0)), {})
    assert said.value("effect_range", group={"ward": "south"}, **about("need")) == 0.0
    assert said.value("effect_range", group={"ward": "north"}, **about("need")) > 0.7
    (gap,) = said.of("effect_range_difference", group={"ward": "*"}, **about("need"))
    assert gap.interval.low > 0.7


@pytest.mark.parametrize("least", [24, 25])
def test_a_group_without_a_number_has_no_line(least):
    """Of wards of 60 and of 24 people: where 25 are the fewest to be compared, there is no difference to tell."""
    wards = ["north"] * 60 + ["south"] * 24
    table = pd.DataFrame({"b": np.tile([0.0, 1.0], 42)})
    model = Chances(lambda rows: 0.2 + 0.5 * rows["b"])
    case = of(table, model, targets=["no", "yes"] * 42, groups={"ward": wards}, min_group_size=least)
    said = ask(effects, case, {"most_rows": 84, "shuffles": 1})
    wanted = ["north", "south", *(["widest difference"] if least == 24 else [])]
    shown = {str(one.title): one for one in said if isinstance(one, Table) and "group" in map(str, one.columns)}
    assert len(shown) == 2
    for one in shown.values():
        assert [str(row[-3]) for row in one.rows] == wanted
    undefined = [one for one in said.of("effect_range_difference", **about("b")) if one.value is None]
    assert len(undefined) == (least == 25)  # the measurement is there, and says why


def test_where_no_group_has_a_number_there_is_no_table_of_groups():
    table = pd.DataFrame({"b": np.tile([0.0, 1.0], 20)})
    wards = {"ward": [f"ward {row // 8}" for row in range(40)]}
    said = ask(effects, of(table, Chances(lambda rows: 0.2 + 0.5 * rows["b"]), groups=wards), {})
    assert not [one for one in said if isinstance(one, Table) and "group" in map(str, one.columns)]


def test_no_edge_is_the_value_of_one_person_and_every_bin_has_ten():
    draw = np.random.default_rng(3)
    numbers = draw.normal(50, 17.3, 137)
    edges = edges_of(numbers, alone(137), np.ones(137, bool), bins=8, is_whole=False)
    assert not set(edges) & set(numbers)
    assert edges[0] > numbers.min()
    assert edges[-1] < numbers.max()
    assert np.bincount(bins_of(numbers, edges)).min() >= 10
    around = edges_of(np.linspace(-0.5, 0.5, 137) - 0.0005, alone(137), np.ones(137, bool), bins=2, is_whole=False)
    assert f"{around[1]:g}" == "0"  # and not -0
    few = edges_of(np.repeat([1.0, 2.0, 3.0], [30, 9, 30]), alone(69), np.ones(69, bool), bins=8, is_whole=True)
    np.testing.assert_array_equal(few, [1.0, 3.0])  # nine people are too few to be told of
    same = People(np.zeros(69, dtype=int), np.ones(69))
    assert len(edges_of(np.repeat([1.0, 2.0, 3.0], 23), same, np.ones(69, bool), bins=8, is_whole=True)) == 0


def test_a_category_that_few_have_is_not_told():
    column = column_in(pd.DataFrame({"w": pd.Series(["a"] * 20 + ["b"] * 9 + ["c"] * 15, dtype=object)}), "w")
    assert column.kind == "categories"
    assert levels_of(column, alone(44)) == ["a", "c"]


def test_rows_of_one_person_are_worth_one():
    """Four rows each of one person, all alike: the interval is that of the persons."""
    draw = np.random.default_rng(4)
    lower, upper = np.repeat([0.0, 1.0], 30), np.repeat([1.0, 2.0], 30)
    steps = draw.normal(1, 0.5, 60)
    single = accumulated(lower, upper, steps, alone(60), np.ones(60, bool))
    four = [np.repeat(one, 4) for one in (lower, upper, steps)]
    owners = People(np.repeat(np.arange(60), 4), np.ones(240))
    many = accumulated(*four, owners, np.ones(240, bool))
    np.testing.assert_allclose(single.span(0.95).limits, many.span(0.95).limits)
    assert (many.n, many.people) == (240, 60)
    # By hand: each bin's mean has the standard error of a mean, and the bins are independent.
    errors = [np.std(steps[half], ddof=1) / np.sqrt(30) for half in (slice(0, 30), slice(30, 60))]
    np.testing.assert_allclose(np.square(single.influence).sum(axis=0), [0, errors[0] ** 2, np.hypot(*errors) ** 2])


def test_weights_count_as_rows():
    draw = np.random.default_rng(5)
    scores, weights = draw.random((3, 40)), np.tile([1.0, 2.0], 20)
    weighted = pairwise(scores, People(np.arange(40), weights), np.ones(40, bool))
    again = np.repeat(scores, weights.astype(int), axis=1)
    np.testing.assert_allclose(weighted.y, pairwise(again, alone(60), np.ones(60, bool)).y)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [80, 300])
def test_the_interval_holds_the_true_range(rows):
    """f = a (1 + b), b of mean 0, a little skewed: the slope of a is 1 on average, the range the way between edges."""
    held, low = 0, 0
    for seed in range(400):
        draw = np.random.default_rng(seed)
        a, b = draw.uniform(0, 1, rows), (draw.gamma(4, 1, rows) - 4) / 2
        edges = edges_of(a, alone(rows), np.ones(rows, bool), bins=6, is_whole=False)
        inside = bins_of(a, edges)
        ends = edges[inside], edges[inside + 1]
        found = accumulated(*ends, (ends[1] - ends[0]) * (1 + b), alone(rows), np.ones(rows, bool)).span(0.95)
        held += found.limits.low <= edges[-1] - edges[0] <= found.limits.high
        flat = accumulated(*ends, (ends[1] - ends[0]) * b, alone(rows), np.ones(rows, bool)).span(0.95)
        low += flat.limits.low <= 0
    assert held / 400 > 0.93
    assert low / 400 > 0.93


@pytest.mark.slow
def test_a_model_that_uses_sex_is_found_over_seeds_and_its_twin_passed():
    """A score that is higher by 0.05 for one sex, whatever else moves it, against one that does not look."""
    for seed in range(20):
        draw = np.random.default_rng(seed)
        table = pd.DataFrame({"need": draw.uniform(0.2, 0.7, 120).round(3)})
        table["sex"] = pd.Series(draw.choice(["F", "M"], 120), dtype=object)
        for size in (0.05, 0.0):
            model = Chances(lambda rows, size=size: rows["need"] + size * (rows["sex"] == "F") * (1 + rows["need"]))
            (found,) = ask(effects, of(table, model), {"shuffles": 1}).of("effect_range", group={}, **about("sex"))
            low = found.value if found.interval is None else found.interval.low
            assert low > 0.05 if size else found.value == 0.0


def test_the_places_of_columns_that_are_worth_the_same_are_not_sure():
    draw = np.random.default_rng(6)
    costs = {"much": draw.normal(1, 0.1, 200), "some": draw.normal(0.2, 1, 200), "as some": draw.normal(0.2, 1, 200)}
    found = places(costs, alone(200), np.random.default_rng(0), 0.95)
    assert found["much"] == (1, Text.of("{low} to {high}", low=1, high=1))
    assert {str(found["some"][1]), str(found["as some"][1])} == {"2 to 3"}


def test_words_are_kept_as_numbers():
    for text in ("", "north", "高血压, stage 2", "x" * 120):
        assert read_spelled(spelled(text, 60)) == text
    assert read_spelled(spelled("too long for it", 2)) == "too lo"


def test_who_can_be_asked_nothing_is_refused():
    case = of(pd.DataFrame({"a": np.arange(40.0)}), Formula(lambda rows: rows["a"]))
    with pytest.raises(NotApplicable, match="names no columns"):
        ask(effects, replace(case, settings=replace(case.settings, given=())), {})
    with pytest.raises(NotApplicable, match="recorded"):
        ask(effects, replace(case, settings=replace(case.settings, recorded=("p",))), {})
    few = of(pd.DataFrame({"a": np.arange(9.0)}), Formula(lambda rows: rows["a"]))
    assert all(one.value is None for one in ask(effects, few, {}).of("effect_range"))
    with pytest.raises(AuditError, match="bins"):
        accept_effects(bins=0)
