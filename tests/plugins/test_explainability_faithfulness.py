"""`explainability.faithfulness`: by hand, on models whose reasons are known, and on explanations that are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.checks.controls import run_control
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import INTEGRATED, KERNEL_SHAP, OCCLUSION, attributions
from auditkit_explainability.faithfulness import faithfulness, told_of
from auditkit_explainability.judged.options import TRIED, accept_effort, tried
from auditkit_explainability.judged.qualities import BY_CHANCE, OWN, TESTS, qualities
from auditkit_explainability.judged.taking import Taking
from auditkit_explainability.judged.telling import verdict
from auditkit_explainability.planted.faithfulness import of_slope

QUICK = {"orders": 4, "draws": 8}


@dataclass(frozen=True)
class Two:
    """Yes with 0.2, half more for the first column, a tenth more for the second."""

    def predict(self, inputs):
        yes = 0.2 + 0.5 * inputs["a"].to_numpy(float) + 0.1 * inputs["b"].to_numpy(float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_two():
    """The first of five rows has both; the typical cell of either column is 0."""
    table = pd.DataFrame({"a": [1, 0, 0, 0, 0], "b": [1, 0, 0, 0, 0]})
    model = Two()
    return with_model(toy_case(model.predict(table), inputs=table, positive="yes"), model)


def judged(case, method=OCCLUSION, **how):
    return qualities(case, method=method, named=True, effort={"orders": 4, "draws": 8, "column": "", **how})


def test_the_four_orders_of_a_row_by_hand():
    found = judged(of_two())[OWN][:, 0]
    # Of two pieces, up to a half is one: the first column is taken out at 1 to 50 %, and both are at 75 %.
    deletion = (0.8 + 0.3) / 2 * 0.01 + 0.3 * 0.49 + (0.3 + 0.2) / 2 * 0.25 + 0.2 * 0.25
    insertion = (0.2 + 0.7) / 2 * 0.01 + 0.7 * 0.49 + (0.7 + 0.8) / 2 * 0.25 + 0.8 * 0.25
    assert found[:4] == pytest.approx([deletion, insertion, 0.8 - 0.3, 0.8 - 0.7])


def test_random_attributions_take_one_or_the_other_first_by_hand():
    case = of_two()
    orders = Taking.of(case, "").orders(0, 4)
    first = np.mean([order[0] == 0 for order in orders])
    found = judged(case)[BY_CHANCE][:, 0]
    assert found[2] == pytest.approx(first * 0.5 + (1 - first) * 0.1)
    assert found[3] == pytest.approx(first * 0.1 + (1 - first) * 0.5)


def test_the_infidelity_of_a_row_by_hand():
    """Log-odds of 0.8, 0.3, 0.7 and 0.2; of two pieces one is taken out each time, and each alone is as attributed."""
    found = judged(of_two())
    assert found[OWN][4, 0] == pytest.approx(0.0, abs=1e-12)
    assert found[BY_CHANCE][4, 0] > 0


def test_where_nothing_changes_nothing_is_accounted_for():
    assert np.isnan(judged(of_two())[OWN][4, 1:]).all()


class Triggered:
    """Yes where a text holds the one word."""

    asked = 0

    def predict(self, inputs):
        Triggered.asked += len(inputs)
        yes = np.array([0.9 if "sepsis" in str(text) else 0.2 for text in inputs])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def notes(rows=40, seed=3):
    draw = np.random.default_rng(seed)
    words = ["seen", "today", "with", "some", "pain", "and", "fever", "on", "the", "ward", "again", "since"]
    made = []
    for row in range(rows):
        text = [*draw.permutation(words)[:9], str(row)]
        made.append(" ".join([*text[: row % 9], "sepsis", *text[row % 9 :]]))
    return pd.Series(made, dtype=object)


def of_trigger(**fields):
    model, given = Triggered(), notes()
    return with_model(toy_case(model.predict(given), inputs=given, positive="yes", **fields), model)


@pytest.mark.parametrize("method", [OCCLUSION, KERNEL_SHAP])
def test_the_one_word_that_decides_is_named_first_in_every_row(method):
    found, given = attributions(of_trigger(), method), notes()
    for row, text in enumerate(given):
        assert text.split()[int(np.argmax(found.of(row)))] == "sepsis"


def test_an_explanation_that_names_the_word_is_better_than_chance():
    said = ask(faithfulness, of_trigger(), QUICK)
    for method in (OCCLUSION, KERNEL_SHAP):
        (over,) = said.of("faithfulness_over_random", conditions={"method": method})
        assert over.interval.low > 0.1
        assert over.interval.simultaneous
        # Whatever share is taken out, it holds the word; and the word alone is enough.
        assert said.value("comprehensiveness", conditions={"method": method}) == pytest.approx(0.7)
        assert said.value("sufficiency", conditions={"method": method}) == pytest.approx(0.0)
        assert said.value("infidelity", conditions={"method": method}) == pytest.approx(0.0, abs=1e-9)
    assert verdicts(said) == dict.fromkeys((OCCLUSION, KERNEL_SHAP), "better than a random one")


def test_what_is_wanted_twice_is_asked_once():
    case = of_trigger()
    taking, before = Taking.of(case, ""), Triggered.asked
    flags = np.eye(int(taking.asker.counts[0]), dtype=bool)[0]
    assert len(set(taking.scores([(0, flags), (0, flags), (0, ~flags), (0, flags)]).tolist())) == 2
    assert Triggered.asked == before + 2


def wrong(slope):
    return of_slope(slope)(np.random.default_rng(2))


def verdicts(said):
    first = next(one for one in said if isinstance(one, Table))
    return {str(row[0]): str(row[-1]) for row in first.rows}


def test_explanations_that_are_turned_round_are_not_to_be_relied_on():
    said = ask(faithfulness, wrong("turned"), QUICK | {"methods": ("gradient x input", "occlusion")})
    assert verdicts(said) == {"gradient x input": "do not rely on this", "occlusion": "better than a random one"}
    for test in TESTS:
        about = {"method": "gradient x input", "test": test}
        assert said.value("explanation_test_over_random", conditions=about) < 0


def test_another_check_can_ask_whether_what_it_shows_is_better_than_chance():
    effort = {"orders": 4, "draws": 8, "column": ""}
    told = told_of(wrong("turned"), {"gradient x input": False, "occlusion": False, KERNEL_SHAP: False}, effort)
    words = {method: str(verdict(said)) for method, said in told.together.items()}
    assert words == {"gradient x input": "do not rely on this", "occlusion": "better than a random one"}


def test_a_groups_explanations_that_are_worse_are_told():
    said = ask(faithfulness, wrong("turned in the north"), QUICK | {"methods": ("gradient x input",)})
    by = {one.group["region"]: one for one in said.of("faithfulness_over_random") if one.group}
    assert by["north"].interval.high < 0 < by["south"].interval.low
    assert all(one.better == "higher" for one in by.values())
    (gap,) = said.of("faithfulness_over_random_difference")
    assert gap.interval.low > 0.1


def test_without_gradients_methods_are_those_that_ask():
    said = ask(faithfulness, of_trigger(), QUICK)
    assert {one.conditions["method"] for one in said.of("infidelity")} == {OCCLUSION, KERNEL_SHAP}
    with pytest.raises(NotApplicable):
        ask(faithfulness, of_trigger(), QUICK | {"methods": (INTEGRATED,)})


def test_the_size_of_the_gradient_is_a_line_to_compare_with_and_judges_nothing():
    said = ask(faithfulness, wrong("right"), QUICK)
    assert "gradient" in {one.conditions["method"] for one in said.of("deletion_area")}
    assert "gradient" not in {one.conditions["method"] for one in said.of("faithfulness_over_random")}


class Number:
    """A value: ten times the first column."""

    def __init__(self, times):
        self.times = times

    def predict(self, inputs):
        return Values(self.times * (inputs["a"].to_numpy(float) + 0.1 * inputs["b"].to_numpy(float)))


def of_number(times, rows=24):
    draw = np.random.default_rng(5)
    table = pd.DataFrame({name: draw.normal(size=rows) for name in ("a", "b", "c")})
    model = Number(times)
    return with_model(toy_case(model.predict(table), inputs=table), model)


def test_numbers_are_judged_in_their_standard_deviations():
    one, thousand = (ask(faithfulness, of_number(times), QUICK) for times in (1.0, 1000.0))
    for name in ("comprehensiveness", "deletion_area", "faithfulness_over_random"):
        values = [[each.value for each in said.of(name)] for said in (one, thousand)]
        assert values[0] == pytest.approx(values[1])


def test_too_few_numbers_without_bounds_tell_nothing():
    said = ask(faithfulness, of_number(1.0, rows=6), QUICK)
    (over, _) = said.of("faithfulness_over_random")
    assert over.value is None
    assert set(verdicts(said).values()) == {"cannot be told: do not rely on this"}


def test_a_few_rows_are_never_enough_where_scores_are_bounded():
    model, given = Triggered(), notes(3)
    said = ask(faithfulness, with_model(toy_case(model.predict(given), inputs=given, positive="yes"), model), QUICK)
    assert set(verdicts(said).values()) == {"do not rely on this"}


def test_rows_of_one_piece_cannot_be_judged():
    given = pd.DataFrame({"a": [0.0, 1.0, 1.0]})
    model = Number(1.0)
    model.predict = lambda inputs: Values(inputs["a"].to_numpy(float))
    case = with_model(toy_case(model.predict(given), inputs=given), model)
    with pytest.raises(NotApplicable, match="two pieces"):
        ask(faithfulness, case, QUICK | {"methods": (OCCLUSION,)})


@pytest.mark.parametrize(
    "options", [{"methods": ("lime",)}, {"orders": 0}, {"draws": 0}, {"most_rows": 0}, {"radius": 2.0}]
)
def test_options_that_are_none_are_refused(options):
    with pytest.raises(AuditError):
        accept_effort(**options)


def test_methods_are_those_asked_for_or_all_that_suit():
    assert tried(("occlusion",)) == {"occlusion": True}
    assert tried(()) == dict.fromkeys(TRIED, False)


@pytest.mark.parametrize("known", faithfulness.controls, ids=lambda known: known.title)
def test_controls_are_seen_at_another_level(known):
    control, _ = run_control(faithfulness, known, {}, level=0.9)
    assert control.passed, control.observed
