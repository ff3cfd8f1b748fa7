"""Whether explanations of what a model writes deserve belief: by hand, turned, and drawn by lot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import NotApplicable, Texts
from auditkit.checks.asking import ask
from auditkit.checks.controls import run_control
from auditkit.options import validate_options
from auditkit.testing import toy_case, with_model
from auditkit_explainability.agreement import methods_agreement
from auditkit_explainability.attributing import KERNEL_SHAP, OCCLUSION, attributions
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.judged.qualities import OWN, qualities
from auditkit_explainability.planted.written import ANSWER, BY_DOSE, BY_DRUG, DRUG, NEITHER, WILD, Writer, of_prompts

QUICK = {"methods": (OCCLUSION,), "orders": 3, "draws": 6}
DO_NOT = "do not rely on this"


def case_of(asked, model=None):
    given, model = pd.Series(list(asked), dtype=object), model or Writer()
    return with_model(toy_case(model.predict(given), inputs=given, min_group_size=10), model)


def verdict_of(found):
    table = next(one for one in found if hasattr(one, "rows") and one.prominent)
    (line,) = table.rows
    return str(line[-1])


def test_the_tests_of_a_prompt_of_two_words_by_hand():
    """ln of the chance: -2 with both words, -5 without the drug, -3 without the other, -6 with neither."""
    assert (NEITHER, BY_DRUG, BY_DOSE) == (-6, 3, 1)
    case = case_of(["warfarin tablets", "hello there"])
    np.testing.assert_allclose(attributions(case, OCCLUSION).of(0), [3, 1])
    found = qualities(case, method=OCCLUSION, named=True, effort={"orders": 2, "draws": 4, "column": ""})[OWN]
    # Of two words, up to a half is one: the drug goes first, and comes first.
    deletion = (-2 - 5) / 2 * 0.01 - 5 * 0.49 + (-5 - 6) / 2 * 0.25 - 6 * 0.25
    insertion = (-6 - 3) / 2 * 0.01 - 3 * 0.49 + (-3 - 2) / 2 * 0.25 - 2 * 0.25
    np.testing.assert_allclose(found[:, 0], [deletion, insertion, 3, 1, 0], atol=1e-12)
    # The other prompt holds neither word: nothing moves, and nothing has to be accounted for.
    np.testing.assert_allclose(found[:, 1], [-6, -6, 0, 0, np.nan])


def test_an_answer_that_hangs_on_words_openly_is_explained_faithfully():
    found = ask(faithfulness, of_prompts("openly")(np.random.default_rng(0)), QUICK)
    (said,) = found.of("faithfulness_over_random", conditions={"method": OCCLUSION})
    assert said.n == 40
    assert said.interval.low > 0
    assert verdict_of(found) == "better than a random one"


@pytest.mark.parametrize("hangs", ["turned", "wild"])
def test_an_explanation_that_is_turned_or_drawn_by_lot_is_marked(hangs):
    case = of_prompts(hangs)(np.random.default_rng(0))
    values = attributions(case, OCCLUSION)
    own = [dict(zip(text.split(), values.of(row), strict=True)) for row, text in enumerate(case.inputs)]
    if hangs == "turned":
        assert all(one[DRUG] == min(one.values()) == -1 for one in own)
    else:
        assert all(0 <= value <= WILD for one in own for value in one.values())
    found = ask(faithfulness, case, QUICK)
    assert found.of("faithfulness_over_random", conditions={"method": OCCLUSION})[0].interval.low <= 0
    assert verdict_of(found) == DO_NOT


def test_an_answer_that_hangs_on_nothing_has_no_explanation_to_rely_on():
    found = ask(faithfulness, case_of([f"hello there number {row}" for row in range(30)]), QUICK)
    assert found.of("faithfulness_over_random")[0].value == 0
    assert verdict_of(found) == DO_NOT


PLANTED = [known for known in faithfulness.controls if "that writes" in known.title]


@pytest.mark.parametrize("known", PLANTED, ids=lambda known: known.title)
def test_planted_cases_are_known(known):
    assert len(PLANTED) == 2
    control, _ = run_control(faithfulness, known, {}, level=0.9)
    assert control.passed, control.observed


def test_left_to_itself_it_tries_what_is_attributed_and_kernel_shap_if_named():
    case = of_prompts("openly", 20)(np.random.default_rng(1))
    how = {"orders": 2, "draws": 4}
    assert {one.conditions["method"] for one in ask(faithfulness, case, how).of("comprehensiveness")} == {OCCLUSION}
    found = ask(faithfulness, case, how | {"methods": (KERNEL_SHAP,)})
    assert found.of("faithfulness_over_random")[0].interval.low > 0


class Silent:
    """Writes, and does not tell how likely it was to."""

    def predict(self, inputs):
        return Texts(tuple((ANSWER,) for _ in inputs))


def test_without_likelihoods_it_does_not_apply_and_says_why():
    with pytest.raises(NotApplicable) as refused:
        ask(faithfulness, case_of(["take warfarin today"] * 12, Silent()), QUICK)
    assert refused.value.params["capability"] == "Continues"
    assert "has no such method" in refused.value.params["why"]


class Counting(Writer):
    """Counts the chances that it tells."""

    asked = 0

    def log_chances(self, inputs, texts, sampling):
        Counting.asked += len(texts)
        return super().log_chances(inputs, texts, sampling)


@pytest.mark.parametrize(
    ("check", "methods"),
    [(faithfulness, ()), (faithfulness, (KERNEL_SHAP,)), (methods_agreement, (OCCLUSION, KERNEL_SHAP))],
)
def test_they_ask_no_more_than_the_plan_says(check, methods):
    case = with_model(of_prompts("openly", 10)(np.random.default_rng(1)), Counting())
    given = validate_options(check.run, {"methods": methods}, owner=check.id)
    Counting.asked = 0
    ask(check, case, given)
    assert 0 < Counting.asked <= check.asks(**given, rows=10)


def test_two_methods_of_what_is_written_agree_where_each_word_counts_for_itself():
    case = of_prompts("openly", 20)(np.random.default_rng(1))
    with pytest.raises(NotApplicable, match="one method alone") as refused:
        ask(methods_agreement, case, {})
    assert "kernel shap" in refused.value.hint
    found = ask(methods_agreement, case, {"methods": (OCCLUSION, KERNEL_SHAP), "top": 2})
    # Of 13 words the same two, in the same order: without chance's 2 / 13, and 1 / 13.
    assert found.of("feature_agreement_over_chance")[0].value == pytest.approx(1 - 2 / 13)
    assert found.of("rank_agreement_over_chance")[0].value == pytest.approx(1 - 1 / 13)
