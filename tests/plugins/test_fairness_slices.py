"""`fairness.worst-slices`: which slices are searched, what is told of them, and on whom it is measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, Measurement, NotApplicable, Rankings, Table, TokenLabels, Values
from auditkit.checks.asking import ask
from auditkit.statistics import bounded_mean
from auditkit.testing import recipe, toy_case
from auditkit_fairness.worst.dividing import Divisions, accept_search
from auditkit_fairness.worst.halves import Effect, Halves, dealt, mean_of_halves
from auditkit_fairness.worst.losses import losses_of
from auditkit_fairness.worst.planted import with_a_bad_slice
from auditkit_fairness.worst_slices import worst_slices

METRIC = "worst_slice_loss_difference"


def said(case: Any, **options: Any) -> tuple[list[Measurement], list[Table], list[Measurement]]:
    readings = ask(worst_slices, case, options)
    tables = [one for one in readings if isinstance(one, Table)]
    return readings.of(METRIC), tables, readings.of("slice_loss_difference")


def of_table(table: pd.DataFrame, wrong: Any, **fields: Any) -> Any:
    """Decisions about the rows of a table, some of which are wrong."""
    truth = np.arange(len(table)) % 2 == 0
    score = np.where(truth ^ np.asarray(wrong, dtype=bool), 0.8, 0.2) + np.linspace(0, 0.1, len(table))
    targets = ["yes" if one else "no" for one in truth]
    given = ClassScores(("no", "yes"), np.column_stack([1 - score, score]))
    case = toy_case(given, targets, inputs=table, positive="yes", **fields)
    return replace(case, settings=replace(case.settings, given=tuple(table.columns)))


def wards(rows: int, *, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    letters = pd.Series(np.array(["came with", None], dtype=object)[rng.integers(0, 2, rows)], dtype=object)
    return pd.DataFrame({"age": rng.integers(20, 95, rows), "referral": letters})


@pytest.fixture(scope="module")
def planted():
    return said(with_a_bad_slice(0.5)(np.random.default_rng(3)))


def test_a_bad_slice_is_named_in_words_and_by_its_groups_with_an_adjusted_p(planted):
    _, (found, *_), slices = planted
    (line,) = found.rows
    assert str(line[0]) == "ward is a, and site is north"
    assert line[1:3] == (100, 0.001)
    assert line[7] == 2, "the site, and the slice of one sex, say the same less surely"
    assert [one.group for one in slices] == [{"ward": "a", "site": "north"}]


def test_what_is_measured_is_what_the_halves_say_that_did_not_pick_it(planted):
    (measured,), (found, *_), (own,) = planted
    assert measured.interval is not None
    assert own.interval == measured.interval
    assert (own.value, own.n) == (measured.value, 100), "both halves measured it, on all of its rows"
    assert found.rows[0][3].is_of(own)
    assert 0.2 < measured.value < 0.5


def test_a_halfs_effect_by_hand():
    """On the half that did not pick it 6 of 20 in the slice are wrong, and 5 of 50 outside."""
    group = ["a"] * 40 + ["b"] * 100
    wrong = np.zeros(140, dtype=bool)
    wrong[:6] = wrong[40:45] = True
    truth = ["yes"] * 140
    score = np.where(wrong, 0.2, 0.8)
    case = toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - score, score])), truth, {"g": group}, positive="yes"
    )
    (losses,) = losses_of(case, "own")

    slices = Divisions.of(case, losses.rows).slices(losses, least=30, depth=1)
    inside = slices.inside(0)
    half = np.ones(140, dtype=np.int64)
    right = np.asarray(losses.values) == 0
    half[np.flatnonzero(inside & right)[:20]] = 0
    half[np.flatnonzero(~inside & right)[:50]] = 0
    effect = Halves(losses, slices, half, 0.95).measured(0, 0)
    assert effect is not None
    assert (effect.value, effect.n) == (pytest.approx(6 / 20 - 5 / 50), 20)
    (low, high), (under, over) = (bounded_mean(np.repeat([1.0, 0.0], n)).limits for n in ((6, 14), (5, 45)))
    assert effect.low == pytest.approx(0.2 - np.hypot(0.3 - low, over - 0.1))
    assert effect.high == pytest.approx(0.2 + np.hypot(high - 0.3, 0.1 - under))


def test_both_halves_count_alike():
    found = mean_of_halves([Effect(0.2, 0.1, 0.3, 20, 20), Effect(0.4, 0.2, 0.7, 30, 25)])
    assert found == Effect(pytest.approx(0.3), pytest.approx(0.15), pytest.approx(0.5), 50, 45)
    assert mean_of_halves([None, None]) is None


def test_people_are_dealt_and_not_their_rows():
    half = dealt(np.arange(60) // 3, np.random.default_rng(0))
    assert (half.reshape(20, 3) == half.reshape(20, 3)[:, :1]).all()
    assert half.sum() == 30


def test_columns_of_a_table_are_cut_into_parts_and_missing_cells_are_one():
    table = wards(2000)
    bad = (table["age"] > 78) & table["referral"].isna()
    wrong = np.random.default_rng(1).random(2000) < np.where(bad, 0.6, 0.1)
    _, (found, _, searched), (own,) = said(of_table(table, wrong))
    words = str(found.rows[0][0])
    assert words.startswith("age is above 7")
    assert words.endswith(", and referral is missing")
    assert searched.rows[0][1] == "age, referral"
    assert own.group == {}, "no protected group names it"
    assert own.conditions["slice"].startswith("age > 7")
    assert own.conditions["slice"].endswith(", referral = ?")


def test_two_slices_that_share_no_row_are_told_of_both():
    table = wards(3000)
    bad = (table["age"] > 64) & table["referral"].isna()
    wrong = np.random.default_rng(1).random(3000) < np.where(bad, 0.6, 0.1)
    _, (found, *_), _ = said(of_table(table, wrong))
    words = [str(row[0]) for row in found.rows]
    assert len(words) == 2
    assert all(one.startswith("age is above ") and one.endswith(", and referral is missing") for one in words)


def test_the_columns_that_an_option_names_are_those_searched():
    table = wards(800)
    _, (_, _, searched), _ = said(of_table(table, np.arange(800) % 5 == 0), columns=("age",))
    assert searched.rows[0][1] == "age"


def test_few_people_are_never_told_of():
    table = wards(400)
    table["referral"] = pd.Series((["x"] * 9 + [None] * 391), dtype=object)
    _, tables, _ = said(of_table(table, np.arange(400) < 9))
    words = {str(row[0]) for one in tables[:2] for row in one.rows}
    assert not any("referral" in one for one in words), "of 400 less 391 there are nine"


def test_a_tiny_audit_is_undefined_and_says_why():
    (measured,), tables, _ = said(of_table(wards(40), np.arange(40) % 4 == 0))
    assert measured.value is None
    assert "30 people" in str(measured.undefined)
    assert tables == []


def test_nothing_to_go_by_does_not_apply():
    case = of_table(pd.DataFrame({"name": [f"patient {row}" for row in range(100)]}), np.arange(100) % 4 == 0)
    with pytest.raises(NotApplicable, match="to go by"):
        ask(worst_slices, case, {})


def test_a_model_that_is_never_wrong_has_no_worst_slice():
    (measured,), tables, _ = said(of_table(wards(600), np.zeros(600)))
    assert measured.value == 0
    assert str(tables[0].rows[0][0]) == "none was found"


@pytest.mark.parametrize(
    ("loss", "value"),
    [("own", [1.0, 0.0, 0.0]), ("log", [-np.log(0.25), -np.log(0.6), -np.log(0.9)]), ("brier", [0.5625, 0.16, 0.01])],
)
def test_losses_of_classes_by_hand(loss, value):
    given = ClassScores(("no", "yes"), np.array([[0.75, 0.25], [0.4, 0.6], [0.9, 0.1]]))
    (found,) = losses_of(toy_case(given, ["yes", "yes", "no"], positive="yes"), loss)
    assert sorted(found.values) == pytest.approx(sorted(value))


def test_losses_of_numbers_entities_and_lists_by_hand():
    numbers = toy_case(Values(np.array([3.0, 5.0])), truth=Values(np.array([1.0, 6.0])))
    assert sorted(next(losses_of(numbers, "own")).values) == [1.0, 2.0]
    assert sorted(next(losses_of(numbers, "squared")).values) == [1.0, 4.0]
    spans = TokenLabels((((0, 4, "DRUG", 0.9),), ((0, 4, "DOSE", 0.9),)))
    truth = TokenLabels((((0, 4, "DRUG", 1.0),), ((0, 4, "DRUG", 1.0),)))
    assert sorted(next(losses_of(toy_case(spans, truth=truth), "own")).values) == [0.0, 1.0]
    lists = Rankings(("u", "v"), np.array([["a", "b"], ["c", "d"]], dtype=object))
    own = Rankings(("u", "v"), np.array([["a", "z"], ["c", "d"]], dtype=object))
    assert sorted(next(losses_of(toy_case(lists, truth=own), "own")).values) == [0.0, 0.5]


def test_a_loss_that_the_model_cannot_have_does_not_apply():
    with pytest.raises(NotApplicable, match="there is no loss"):
        ask(worst_slices, recipe(ClassScores).case(), {"loss": "squared"})


class Spec:
    input = ("age", "referral")
    groups = ("sex",)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"depth": 4}, "depth"), ({"bins": 1}, "bins"), ({"columns": ("agee",)}, "'agee'")],
)
def test_options_that_cannot_be_meant_are_refused(options, words):
    with pytest.raises(AuditError, match=words):
        accept_search(data=Spec(), **options)


def found_at(seed: int, rate: float) -> tuple[bool, bool]:
    """Whether a slice of 3% is found, and whether what is judged lies above 0 with its interval."""
    rng = np.random.default_rng([81, seed])
    rows = 4000
    site, ward = rng.choice(4, rows, p=[0.15, 0.3, 0.3, 0.25]), rng.choice(4, rows, p=[0.2, 0.3, 0.3, 0.2])
    bad = (site == 0) & (ward == 0)
    wrong = rng.random(rows) < np.where(bad, rate, 0.15)
    truth = rng.random(rows) < 0.5
    score = np.where(truth ^ wrong, 0.8, 0.2) + rng.uniform(-0.1, 0.1, rows)
    groups = {"site": [f"s{one}" for one in site], "ward": [f"w{one}" for one in ward],
              "sex": [f"g{one}" for one in rng.integers(0, 2, rows)]}  # fmt: skip
    given = ClassScores(("no", "yes"), np.column_stack([1 - score, score]))
    case = toy_case(given, ["yes" if one else "no" for one in truth], groups, positive="yes", seed=seed)
    (measured,), (found, *_), _ = said(case)
    assert measured.interval is not None
    names = [str(row[0]) for row in found.rows]
    return any("s0" in one or "w0" in one for one in names), measured.interval.low > 0


def test_a_slice_of_three_in_a_hundred_is_found_and_its_twin_is_not():
    planted, clean = ([found_at(seed, rate) for seed in range(4)] for rate in (0.4, 0.15))
    assert sum(found for found, _ in planted) >= 3
    assert sum(judged for _, judged in clean) <= 1


@pytest.mark.slow
def test_over_twenty_seeds_a_slice_of_three_in_a_hundred_is_found_and_its_twins_are_silent():
    planted, clean = ([found_at(seed, rate) for seed in range(20)] for rate in (0.4, 0.15))
    assert sum(found for found, _ in planted) >= 16
    assert sum(judged for _, judged in planted) >= 16
    assert sum(found for found, _ in clean) <= 4, "at 5%, more than 4 of 20 are had in 3 of 1,000"
    assert sum(judged for _, judged in clean) <= 4
