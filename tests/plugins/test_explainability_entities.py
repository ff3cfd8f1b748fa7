"""Which words made a word's label: scores of entities by hand, blanks that keep places, captum's own, a real tagger."""

from __future__ import annotations

import captum.attr
import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import SENTENCES, build_as

from auditkit import NotApplicable, TokenLabels
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.agreement import methods_agreement
from auditkit_explainability.attributing import KERNEL_SHAP, OCCLUSION, Asker, attributions, methods_of, targets_of
from auditkit_explainability.attributing.entities import entity_scores
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.pieces import pieces_of
from auditkit_explainability.planted.entities import Tagger, of_drugs
from auditkit_text import open_token_classifier


def case_of(texts, model=None):
    given, model = pd.Series(list(texts), dtype=object), model or Tagger()
    return with_model(toy_case(model.predict(given), inputs=given, min_group_size=10), model)


def test_the_score_of_an_entity_is_the_mean_over_its_words_of_what_is_found_there():
    """ "acute renal failure": found as "renal" (0.8) and as another label; then as a whole (0.6); then not at all."""
    words = [(0, 5), (6, 11), (12, 19)]
    said = TokenLabels((
        ((6, 11, "ILLNESS", 0.8), (12, 19, "DRUG", 0.9)),
        ((0, 19, "ILLNESS", 0.6), (6, 11, "ILLNESS", 0.3)),
        ((20, 25, "ILLNESS", 0.9),),
    ))  # fmt: skip
    found = entity_scores(said, ["ILLNESS"] * 3, [words] * 3)
    np.testing.assert_allclose(found, [0.8 / 3, 0.6, 0.0])


def test_a_blank_stands_where_the_word_was_and_all_else_stays():
    pieces = pieces_of(case_of(["took aspirin, 5 mg."]))
    assert pieces.names[0] == ["took", "aspirin", "5", "mg"]
    (made,) = pieces.without(np.array([0]), [np.array([False, True, False, True])])
    assert made == "took _      , 5 _ ."
    (same,) = pieces.without(np.array([0]), [np.zeros(4, dtype=bool)])
    assert same == "took aspirin, 5 mg."


def test_taking_out_a_word_by_hand():
    """0.3 by itself, 0.4 more after `took` and 0.2 more with `mg`; without the drug there is nothing to be sure of."""
    case = case_of(["she took aspirin with water 5 mg", "aspirin at home"])
    found = attributions(case, OCCLUSION)
    np.testing.assert_allclose(found.by_piece[0], [0, 0.4, 0.9, 0, 0, 0, 0.2], atol=1e-9)
    np.testing.assert_allclose(found.of(1), [0.3, 0, 0], atol=1e-9)
    # Together they fall by 1.5, and all of it is 0.9.
    np.testing.assert_allclose(found.gap, [0.6 / 0.9, 0.0], atol=1e-9)


def test_shares_of_the_label_by_hand():
    """`took` says nothing without the drug: half of its 0.4 is the drug's; so with `mg`. Together 0.9."""
    found = attributions(case_of(["took aspirin 5 mg"]), KERNEL_SHAP)
    np.testing.assert_allclose(found.of(0), [0.2, 0.3 + 0.2 + 0.1, 0.0, 0.1], atol=1e-9)


def asked(case):
    """The score of the first row's entity as captum asks for it, by flags of its words."""
    asker = Asker(case, pieces_of(case))

    def forward(flags):
        gone = [one == 0 for one in flags.numpy()]
        return torch.tensor(asker.scores(np.zeros(len(gone), dtype=np.int64), gone))

    return forward, torch.ones(1, int(asker.counts[0]))


@pytest.mark.parametrize(("method", "own"), [(OCCLUSION, "FeatureAblation"), (KERNEL_SHAP, "ShapleyValues")])
def test_both_are_captums_asked_about_the_same_words(method, own):
    case = case_of(["took aspirin and 5 mg"])
    forward, whole = asked(case)
    expected = getattr(captum.attr, own)(forward).attribute(whole).numpy()[0]
    np.testing.assert_allclose(attributions(case, method).of(0), expected, atol=1e-6)


def test_one_entity_of_a_row_is_drawn_by_what_the_row_holds():
    texts = [f"took aspirin and heparin and insulin, bed {row}" for row in range(60)]
    case = case_of(texts)
    chosen = targets_of(case, case.predictions)
    assert set(chosen.tolist()) == {0, 1, 2}
    turned = case_of(texts[::-1])
    np.testing.assert_array_equal(targets_of(turned, turned.predictions), chosen[::-1])


def test_the_checks_run_on_rows_with_an_entity():
    case = case_of([*(f"took aspirin {row} mg at home" for row in range(20)), "nothing to see here", "well"])
    assert methods_of(case) == (OCCLUSION, KERNEL_SHAP)
    found = ask(attributed_answers, case, {})
    said = found.of("attribution_completeness")
    assert [one.n for one in said] == [20, 20]
    (table,) = (one for one in found if hasattr(one, "rows"))
    assert str(table.rows[0][3]) == "with a blank in the word's place"
    assert str(table.rows[0][2]).startswith("how sure the model is of one entity")
    found = ask(faithfulness, case, {})
    for method in (OCCLUSION, KERNEL_SHAP):
        said = found.of("faithfulness_over_random", conditions={"method": method})[0]
        assert said.n == 20
        assert said.interval.low > 0
    found = ask(methods_agreement, case, {})
    assert found.of("feature_agreement_over_chance")[0].interval.low > 0


def test_where_nothing_is_found_there_is_nothing_to_explain():
    with pytest.raises(NotApplicable, match="no entity in any row"):
        ask(faithfulness, case_of(["well", "at home"]), {})


def test_attributions_of_the_rows_as_planted_add_up():
    case = of_drugs(np.random.default_rng(1))
    assert np.nanmax(attributions(case, KERNEL_SHAP).gap) < 1e-6


def test_a_real_tagger_is_asked_about_its_own_words(tmp_path):
    model = open_token_classifier(
        build_as(tmp_path / "model", "BertForTokenClassification"),
        device="cpu", labels={}, target_classes=("AGE", "DRUG"),
    )  # fmt: skip
    case = case_of(SENTENCES, model)
    found = attributions(case, OCCLUSION)
    targets = targets_of(case, case.predictions)
    for row in np.flatnonzero(targets >= 0).tolist():
        start, end, label, _ = case.predictions.spans[row][targets[row]]
        text = SENTENCES[row]
        words = [(at, at + len(word)) for at, word in _words(text)]
        own = [place for place, (first, last) in enumerate(words) if first < end and start < last]
        first, last = words[0]
        (blank,) = model.predict(pd.Series([text[:first] + "_".ljust(last - first) + text[last:]])).spans
        after = np.mean([_best(blank, label, *words[place]) for place in own])
        before = np.mean([_best(case.predictions.spans[row], label, *words[place]) for place in own])
        assert found.of(row)[0] == pytest.approx(before - after, abs=1e-5)


def _words(text):
    at = 0
    for word in text.split(" "):
        yield at, word
        at += len(word) + 1


def _best(spans, label, first, last):
    return max(
        (score for start, end, name, score in spans if name == label and start < last and first < end), default=0
    )
