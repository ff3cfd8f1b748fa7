"""`explainability.surrogate`: rules grown on one half of the rows, and their fidelity on the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from auditkit import AuditError, ClassScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.testing import toy_case
from auditkit_explainability.global_view import rules
from auditkit_explainability.planted.surrogate import of_rules
from auditkit_explainability.surrogate import accept_surrogate, surrogate


def of(table, said, **fields):
    about = {"positive": "yes"} if isinstance(said, ClassScores) else {}
    case = toy_case(said, inputs=table, **(about | fields))
    return replace(case, settings=replace(case.settings, given=tuple(table.columns)))


def chances(yes):
    return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def wards(n):
    return pd.Series([("north", "south", "east")[row % 3] for row in range(n)], dtype=object)


def tables(said):
    return [one for one in said if isinstance(one, Table)]


def test_a_model_that_is_a_tree_is_said_to_the_letter():
    table = pd.DataFrame({"ward": wards(240), "age": np.tile([30, 60], 120)})
    north = (table["ward"] == "north").to_numpy()
    yes = np.where(north, np.where(table["age"] > 50, 0.9, 0.4), 0.1)
    said = ask(surrogate, of(table, chances(yes)), {})
    assert said.value("surrogate_fidelity") == pytest.approx(1.0)
    assert said.value("surrogate_agreement") == 1.0
    belief, shown = tables(said)
    assert str(belief.rows[0][1]) == "yes, for rows like these"
    told = {row[0]: row[1:] for row in shown.rows}
    assert told["ward is north and age > 30"] == (pytest.approx(1 / 6, abs=1e-3), "yes, 0.90", 1.0)
    assert sum(row[1] for row in shown.rows) == pytest.approx(1.0, abs=0.005)


def test_the_fidelity_is_scikit_learns_r2_of_the_rows_that_the_tree_has_not_seen():
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"a": draw.uniform(0, 1, 400).round(3), "b": draw.normal(size=400).round(3)})
    values = np.asarray(table["a"] * 2 + table["b"] + draw.normal(0, 0.3, 400))
    case = of(table, Values(values))
    (fidelity,) = ask(surrogate, case, {}).of("surrogate_fidelity")
    about = {"columns": ["a", "b"], "depth": 3}
    judged = rules.judged(case, **about)
    assert 150 < judged.sum() < 250
    # Another identity draws other halves; the check's own has none here.
    assert fidelity.n == judged.sum()
    said = rules.said(case, place=0, **about)
    assert fidelity.value == pytest.approx(r2_score(values[judged], said[judged]))
    assert fidelity.interval.low < fidelity.value < fidelity.interval.high


def test_the_agreement_is_of_the_rows_that_the_tree_has_not_seen():
    case = of_rules(erratic=("south",))(np.random.default_rng(0))
    said = ask(surrogate, case, {})
    about = {"columns": ["need", "ward"], "depth": 3}
    judged, yes = rules.judged(case, **about), rules.said(case, place=1, **about)
    alike = (yes > 0.5) == (case.predictions.scores[:, 1] > 0.5)
    assert said.value("surrogate_agreement", group={}) == pytest.approx(alike[judged].mean())
    south = np.array(case.groups["ward"].labels()) == "south"
    by_ward = said.value("surrogate_agreement", group={"ward": "south"})
    assert by_ward == pytest.approx(alike[judged & south].mean())


def test_the_rows_of_a_person_are_in_one_half():
    table = pd.DataFrame({"a": np.tile(np.arange(60), 4), "b": np.tile(np.arange(60) % 7, 4)})
    units = np.repeat(np.arange(80), 3)
    own = rules.judged(of(table, Values(np.arange(240.0)), units=units), columns=["a", "b"], depth=2)
    assert (own.reshape(80, 3) == own.reshape(80, 3)[:, :1]).all()
    assert 25 < own[::3].sum() < 55  # half of the people, however many rows they have


def test_no_threshold_is_the_value_of_one_person():
    draw = np.random.default_rng(3)
    numbers = draw.normal(50, 17.3, 300)
    said = ask(surrogate, of(pd.DataFrame({"a": numbers}), chances((numbers > 47.123).astype(float))), {})
    shown = tables(said)[1]
    for row in shown.rows:
        for word in row[0].split():
            if word.replace(".", "").isdigit():
                assert float(word) not in set(numbers)


def test_a_missing_cell_is_a_question_of_its_own():
    numbers = np.where(np.arange(200) % 4 == 0, np.nan, np.arange(200.0))
    said = ask(surrogate, of(pd.DataFrame({"a": numbers}), chances(np.isnan(numbers) * 0.8 + 0.1)), {})
    assert {row[0] for row in tables(said)[1].rows} >= {"a is missing"}


def test_of_a_model_that_says_the_same_of_all_nothing_is_known():
    said = ask(surrogate, of(pd.DataFrame({"a": np.arange(100.0)}), chances(np.full(100, 0.3))), {})
    assert said.value("surrogate_fidelity") is None
    assert str(tables(said)[0].rows[0][1]).startswith("not known")


def test_what_cannot_be_told_is_refused():
    case = of(pd.DataFrame({"a": np.arange(100.0)}), Values(np.arange(100.0)))
    with pytest.raises(NotApplicable, match="names no columns"):
        ask(surrogate, replace(case, settings=replace(case.settings, given=())), {})
    with pytest.raises(NotApplicable, match="too few rows"):
        ask(surrogate, of(pd.DataFrame({"a": np.arange(12.0)}), Values(np.arange(12.0))), {})
    for bad in ({"depth": 0}, {"depth": 7}, {"most_rows": 0}):
        with pytest.raises(AuditError, match="option"):
            accept_surrogate(**bad)


def test_recorded_predictions_will_do():
    case = of(pd.DataFrame({"a": np.arange(100.0), "p": np.arange(100.0)}), Values(np.arange(100.0)))
    case = replace(case, settings=replace(case.settings, given=("a",), recorded=("p",)))
    assert ask(surrogate, case, {}).value("surrogate_fidelity") > 0.5
