"""Models whose answer is none once something is taken out: the row is left out, and how many is said."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, Values
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.agreement import methods_agreement
from auditkit_explainability.attributing import KERNEL_SHAP, OCCLUSION, attributions
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.drivers import drivers
from auditkit_explainability.effects import effects
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.global_view.shuffled import lost
from auditkit_explainability.recourse import recourse

LEFT_OUT = "Rows left out"


@dataclass(frozen=True)
class Needy:
    """Counts words of pain; a note of the north must say its ward, or the answer is no number."""

    def predict(self, inputs):
        yes = np.array([self._score(str(text)) for text in inputs])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def _score(self, text):
        if "ward" in text and "north" not in text and "south" not in text:
            return np.nan
        return 0.2 + 0.4 * ("pain" in text) + 0.2 * ("fever" in text)


def notes(count=24):
    """Every fourth note is from the north."""
    some = [
        f"{'north ward ' if row % 4 == 0 else ''}{'pain' if row % 2 else 'fever'} since {row} days"
        for row in range(count)
    ]
    given = pd.Series(some, dtype=object)
    said = Needy().predict(given)
    return with_model(toy_case(said, ["yes"] * count, positive="yes", inputs=given, min_group_size=10), Needy())


def table_of(found):
    """Of the rows left out: name, and how many."""
    tables = [one for one in found if hasattr(one, "rows") and str(one.title).startswith(LEFT_OUT)]
    return {str(line[0]): line[1] for one in tables for line in one.rows}


@pytest.mark.parametrize("method", [OCCLUSION, KERNEL_SHAP])
def test_a_row_with_an_answer_that_is_none_has_no_attributions(method):
    found = attributions(notes(), method)
    north = np.arange(24) % 4 == 0
    assert np.isnan(found.by_piece[north]).all()
    assert np.isnan(found.gap[north]).all()
    assert np.isfinite(found.gap[~north]).all()
    assert [len(found.of(row)) for row in (0, 1)] == [0, 4]


def test_the_checks_go_on_with_the_other_rows_and_say_how_many_are_left():
    found = ask(attributed_answers, notes(), {})
    (said,) = found.of("attribution_completeness")[:1]
    assert said.n == 18
    assert table_of(found) == {OCCLUSION: 6, KERNEL_SHAP: 6}
    found = ask(faithfulness, notes(), {"methods": (OCCLUSION,)})
    assert found.of("faithfulness_over_random")[0].n == 18
    assert table_of(found) == {OCCLUSION: 6}
    found = ask(methods_agreement, notes(), {})
    assert found.of("feature_agreement_over_chance")[0].n == 18


def test_a_word_without_which_there_is_no_answer_drives_nothing():
    found = ask(drivers, notes(48), {})
    pieces = {one.conditions["piece"] for one in found if hasattr(one, "metric") and "piece" in one.conditions}
    assert {"pain", "fever"} <= pieces
    assert "north" not in pieces
    assert table_of(found) == {"words": 12}


def test_no_answer_is_no_other_decision():
    """Of the notes of pain the decision falls with the word; those of the north lose their answer, and not it."""
    found = ask(recourse, notes(), {})
    (rate, *_) = found.of("recourse_found_rate")
    assert rate.value == 0.5


@dataclass(frozen=True)
class Roots:
    """The square root of dose: none below 0; and a number by unit, which of one unit is none in the dark."""

    def predict(self, inputs):
        with np.errstate(invalid="ignore"):
            found = np.sqrt(inputs["dose"].to_numpy(dtype=float))
        lost = (inputs["unit"] == "drops").to_numpy() & (inputs["light"] == 0).to_numpy()
        return Values(np.where(lost, np.nan, found + 1.0 * (inputs["unit"] == "drops")))


def doses(count=80):
    draw = np.random.default_rng(3)
    rows = pd.DataFrame({
        "dose": draw.uniform(1, 9, count).round(3),
        "unit": np.where(np.arange(count) % 2, "grams", "drops"),
        "light": np.where(np.arange(count) % 8 == 1, 0, 1),
    })  # fmt: skip
    said = Roots().predict(rows)
    truth = Values(np.asarray(said.values) + draw.normal(size=count))
    case = toy_case(said, inputs=rows, truth=truth, min_group_size=10)
    return with_model(replace(case, settings=replace(case.settings, given=tuple(rows))), Roots())


def test_a_column_is_told_of_the_rows_that_have_answers():
    """In the dark there is no answer about drops: 10 rows in grams and the dark cannot be set to them."""
    case = doses()
    found = ask(effects, case, {})
    assert table_of(found)["unit"] == 10
    assert "dose" not in table_of(found)
    (unit,) = [one for one in found.of("effect_range") if one.conditions.get("column") == "unit"]
    assert unit.n == 70
    spread = np.asarray(case.predictions.values).std()
    assert unit.value == pytest.approx(1.0 / spread)


def test_what_a_column_is_worth_is_told_of_the_rows_that_have_answers():
    """The variance of the truth, of which losses are a share, is that of all rows all the same."""
    case = doses()
    found = lost(case, column="unit", shuffles=3)
    assert 0 < np.isnan(found).sum() <= 10
    grams = np.isfinite(found) & (case.inputs["unit"] == "grams").to_numpy()
    true = np.asarray(case.truth.values)
    before = (np.asarray(case.predictions.values) - true) ** 2
    after = (np.asarray(case.predictions.values) + 1 - true) ** 2
    step = (after - before) / true.var() / 3
    times = found[grams] / step[grams]
    np.testing.assert_allclose(times, times.round(), atol=1e-6)
    assert times.max() > 0
