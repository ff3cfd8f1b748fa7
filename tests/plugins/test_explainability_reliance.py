"""`explainability.reliance`: what edits make of texts and pictures, by hand; effects beside their controls."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit import AuditError, ClassScores, NotApplicable, TextFile, Values
from auditkit.checks.asking import ask
from auditkit.perturbation import Rows
from auditkit.perturbation.editing import edited
from auditkit.perturbation.lexicon import read_terms
from auditkit.testing import toy_case, with_model
from auditkit_explainability.planted.reliance import of_notes, of_pictures
from auditkit_explainability.reliance import accept_terms, reliance
from auditkit_explainability.relying.regions import BUILT_IN, elsewhere, masked, pixels_in, regions_of

EFFECT, FLIPS, EXCESS = "protected_intervention_effect", "protected_flip_rate", "protected_excess_effect"
BUILT = read_terms()
PLAIN = {"attributes": (), "terms": None, "regions": None, "column": "", "most_rows": 100}


def edit(text, attribute, how, terms=BUILT, seed=0):
    others = [one for name, one in terms.items() if name != attribute]
    return edited(text, terms[attribute], how, lambda name: np.random.default_rng([seed, len(name)]), others)


@pytest.mark.parametrize(
    ("attribute", "text", "wanted"),
    [
        ("sex", "She says her mother saw him today.", "He says his father saw her today."),
        ("sex", "I examined her today; the bag is hers.", "I examined him today; the bag is his."),
        ("sex", "I gave her the drug, and the bag is his.", "I gave him the drug, and the bag is hers."),
        ("sex", "A WOMAN is seen; Mrs A and the boy.", "A MAN is seen; Mr A and the girl."),
        ("sex", "The theme of mangoes is there, and she is well.", "The theme of mangoes is there, and he is well."),
        ("sex", "患者女,45岁,其他无,她的母亲在场,予阿托伐他汀。", "患者男,45岁,其他无,他的父亲在场,予阿托伐他汀。"),
        ("age", "A 72-year-old man, aged 30, in the ward.", "A 37-year-old man, aged 65, in the ward."),
        ("age", "A woman of 59 is seen, male of 30.", "A woman of 24 is seen, male of 65."),
        ("age", "An elderly patient is seen.", "A youthful patient is seen."),
        ("age", "患者男,72岁,今天就诊。", "患者男,37岁,今天就诊。"),
    ],
)
def test_swaps_keep_grammar_and_case(attribute, text, wanted):
    assert edit(text, attribute, "swap").protected == wanted


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        ("sex", "The patient is seen with a cough in the ward."),
        ("sex", "MR of the head shows HE in the ward."),
        ("sex", "其他人在场,服用他汀,今天入院。"),
        ("ethnicity", "A white cell count of 5, black stool, and a White coat in the ward."),
        ("age", "A child, 7 years old, with an old fracture in the ward."),
    ],
)
def test_words_that_only_look_like_it_are_left(attribute, text):
    assert edit(text, attribute, "swap") is None


def test_words_that_fit_one_side_are_masked_and_removed_but_not_swapped():
    text = "A pregnant woman is seen in the ward."
    assert edit(text, "sex", "swap") is None
    assert edit(text, "sex", "mask").protected == "A pregnant ___ is seen in the ward."
    assert edit(text, "sex", "remove").protected == "A pregnant is seen in the ward."


def test_ethnicity_is_swapped_beside_people_for_another_side():
    found = {edit("A white man is seen in the ward.", "ethnicity", "swap", seed=seed).protected for seed in range(30)}
    assert found == {"A Black man is seen in the ward.", "An Asian man is seen in the ward.",
                     "A Hispanic man is seen in the ward."}  # fmt: skip


def test_neutral_edits_are_as_many_and_touch_nobody():
    text = "She says her sleep is poor in the ward, and a 72-year-old man with a cough was seen."
    for how, seed in itertools.product(("swap", "mask", "remove"), range(20)):
        made = edit(text, "sex", how, seed=seed)
        kept = re.findall(r"\b(?:She|her|72-year-old|man)\b", made.neutral)
        assert kept == ["She", "her", "72-year-old", "man"]
        assert made.neutral != text
        if how == "mask":
            assert made.protected.count("___") == made.neutral.count("___") == 3
    assert edit("She. Her. Him!", "sex", "mask") is None  # there is no other word to compare with


TERMS = '[insurance]\nsides = ["public", "private"]\nwords = [["Medicaid", "BUPA"], ["publicly insured", "insured"]]'


def test_words_of_the_users_own():
    known = read_terms(TERMS)
    assert list(known) == [*BUILT, "insurance"]
    text = "Publicly insured, has Medicaid, and is seen in the ward."
    assert edit(text, "insurance", "swap", known).protected == "Insured, has BUPA, and is seen in the ward."
    assert list(read_terms('[sex]\nwords = [["f", "m"]]')["sex"].places) == ["f", "m"]  # in place of what is built in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no toml", "no TOML"),
        ("sex = 3", "'sex' is no table"),
        ('[a]\nwordz = [["x", "y"]]', "'wordz'"),
        ("[a]", "no words"),
        ('[a]\nwords = [["x", "y"], ["z"]]', "one word a side"),
        ('[a]\nwords = [["x"]]', "one word a side"),
        ('[a]\nwords = [["x", 3]]', "no list of texts"),
        ('[a]\nwords = [["x", "y"]]\nages = 3', "'ages'"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text, words):
    with pytest.raises(AuditError, match=re.escape(words)):
        accept_terms(terms=TextFile.of("t.toml", text))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attributes": ("creed",)}, "'creed'"),
        ({"most_rows": 0}, "most_rows"),
        ({"regions": {"tag": (0.0, 0.0, 1.2, 0.1)}}, "'tag' is"),
        ({"regions": {"tag": (0.0, 0.0, 0.9, 0.9)}}, "no room"),
        ({"regions": {"tag": (0.0, 0.5)}}, "'tag' is"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, words):
    with pytest.raises(AuditError, match=re.escape(words)):
        accept_terms(**options)


class BySex:
    """0.3 for who is said to be a woman, and 0.9 for anybody else; 0.2 less where no ward is named."""

    def predict(self, inputs):
        texts = list(inputs["note"]) if hasattr(inputs, "columns") else list(inputs)
        yes = np.array([0.9 - 0.6 * ("woman" in text) - 0.2 * ("ward" not in text) for text in texts])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def noted(notes, model=None, **fields):
    model, given = model or BySex(), pd.Series(notes, dtype=object)
    return with_model(toy_case(model.predict(given), positive="yes", inputs=given, **fields), model)


def test_effects_and_their_control_by_hand():
    # A swap moves 0.6 of a woman's and of a man's note; the ward's is the one neutral word that there is: 0.2.
    notes = [f"{who} {1000 + row} ward" for row in range(20) for who in ("woman", "man")]
    said = ask(reliance, noted(notes + ["nobody at all here"] * 10), PLAIN | {"attributes": ("sex",)})
    about = {"attribute": "sex", "edit": "swap"}
    (effect,), (flips,) = said.of(EFFECT, conditions=about), said.of(FLIPS, conditions=about)
    (beyond,), (control,) = said.of(EXCESS, conditions=about), said.of("neutral_edit_effect", conditions=about)
    assert (effect.value, effect.n) == (pytest.approx(0.6), 40)
    assert (flips.value, control.value, beyond.value) == (1.0, pytest.approx(0.2), pytest.approx(0.4))
    assert beyond.interval.low > 0.2
    (mentions,) = said.of("protected_mention_rate")
    assert (mentions.value, mentions.n) == (pytest.approx(0.8), 50)
    # Masked, a woman's note moves up by 0.6 and a man's not at all; its control takes the ward away.
    about = {"attribute": "sex", "edit": "mask"}
    assert said.of(EFFECT, conditions=about)[0].value == pytest.approx(0.3)
    assert said.of(EXCESS, conditions=about)[0].value == pytest.approx(0.1)
    # All edits together: a woman's (0.6 + 0.6 + 0.6) / 3, a man's (0.6 + 0 + 0) / 3.
    (overall,) = said.of(EFFECT, conditions={}, group={})
    assert overall.value == pytest.approx(0.4)


def test_an_answer_that_is_none_any_more_has_moved_as_far_as_it_can():
    class Broken(BySex):
        def predict(self, inputs):
            said = super().predict(inputs)
            none = np.array(["man" not in text for text in inputs])  # a woman is one too
            return ClassScores(("no", "yes"), np.where(none[:, None], np.nan, said.scores))

    said = ask(
        reliance, noted([f"woman {1000 + row} ward" for row in range(30)], Broken()), PLAIN | {"attributes": ("sex",)}
    )
    about = {"attribute": "sex", "edit": "remove"}
    assert said.of(EFFECT, conditions=about)[0].value == said.of(FLIPS, conditions=about)[0].value == 1.0
    assert said.of(EXCESS, conditions=about)[0].value == pytest.approx(0.8)


def test_by_group_and_apart():
    notes = [f"{who} {1000 + row} ward" for row in range(40) for who in ("woman", "man")]
    case = noted(notes, groups={"sex": ["F", "M"] * 40})
    said = ask(reliance, case, PLAIN | {"attributes": ("sex",)})
    assert said.of(EFFECT, group={"sex": "F"})[0].value == pytest.approx(0.6)
    assert said.of(EFFECT, group={"sex": "M"})[0].value == pytest.approx(0.2)
    (gap,) = said.of(f"{EFFECT}_difference", group={"sex": "*"})
    assert gap.value == pytest.approx(0.4)
    assert gap.interval.low > 0.1


def test_numbers_move_in_standard_deviations_and_decide_nothing():
    class Longing:
        def predict(self, inputs):
            return Values(np.array([len(text) + 5.0 * ("woman" in text) for text in inputs]))

    notes = [f"{who} {'x' * (row % 7)} ward" for row in range(20) for who in ("woman", "man")]
    model, given = Longing(), pd.Series(notes, dtype=object)
    case = with_model(toy_case(model.predict(given), inputs=given), model)
    said = ask(reliance, case, PLAIN | {"attributes": ("sex",)})
    (effect,) = said.of(EFFECT, conditions={"attribute": "sex", "edit": "swap"})
    assert effect.value == pytest.approx(
        7.0 / np.std(model.predict(given).values), rel=1e-5
    )  # woman: 5, and two letters
    assert not said.of(FLIPS)


def test_the_mean_of_signed_differences_is_students_where_scores_have_no_bound():
    numbers = np.array([0.4, -0.2, 1.7, np.nan, 0.3] * 3)
    found = Rows(None, None, 0.95).change(numbers, is_bounded=False)
    known = numbers[np.isfinite(numbers)]
    wanted = stats.t.interval(0.95, 11, loc=known.mean(), scale=stats.sem(known))
    assert (found.value, found.n) == (pytest.approx(known.mean()), 12)
    assert tuple(found.limits) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (lambda rng: rng.random(40) - rng.random(40), 0.0),  # much is more, and as much is less
        (lambda rng: rng.choice([-1.0, 1.0], 40), 0.0),
        (lambda rng: 0.6 * (rng.random(40) < 0.05), 0.03),  # hardly any row moves
        (lambda rng: rng.choice([-0.5, 0.0, 0.5], 40, p=[0.02, 0.9, 0.08]), 0.03),
    ],
)
def test_the_interval_of_signed_differences_holds_their_mean(draw, truth):
    rng, held = np.random.default_rng(2), 0
    for _ in range(400):
        limits = Rows(None, None, 0.95).change(draw(rng), is_bounded=True).limits
        held += limits.low <= truth <= limits.high
    assert held / 400 > 0.95 - 2 * np.sqrt(0.95 * 0.05 / 400)


def test_where_no_row_moves_the_interval_is_that_of_so_many_that_did_not():
    found = Rows(None, None, 0.95).change(np.zeros(30), is_bounded=True)
    wanted = stats.binomtest(0, 30).proportion_ci(0.95, "wilson")
    assert (found.value, found.limits.high) == (0.0, pytest.approx(wanted.high))
    assert found.limits.low == pytest.approx(-wanted.high)


def test_texts_that_name_nobody_and_tables_do_not_apply():
    with pytest.raises(NotApplicable, match="no text holds"):
        ask(reliance, noted(["nobody is here at all"] * 12), PLAIN)
    table = pd.DataFrame({"note": ["woman in a ward now"] * 12, "age": [30] * 12})
    case = with_model(toy_case(BySex().predict(table), inputs=table), BySex())
    with pytest.raises(NotApplicable, match="several columns"):
        ask(reliance, case, PLAIN)
    said = ask(reliance, case, PLAIN | {"column": "note", "attributes": ("sex",)})
    assert said.of(EFFECT, conditions={"attribute": "sex", "edit": "swap"})[0].value == pytest.approx(0.6)


def test_regions_by_hand():
    ring = BUILT_IN["border"]
    assert len(ring) == 76
    assert sum((box[2] - box[0]) * (box[3] - box[1]) for box in ring) == pytest.approx(0.19)
    pixels = np.zeros((40, 20), dtype=np.uint8)
    pixels[:, 10:] = 100
    left = masked(pixels, [(0, 0, 0.5, 0.25)])
    assert left[:10, :10].tolist() == [[50] * 10] * 10
    assert (left[10:] == pixels[10:]).all()
    assert pixels.max() == 100  # the picture itself is as it was
    assert pixels_in((0, 0, 0.01, 0.01), 8, 8) == (slice(0, 1), slice(0, 1))


@pytest.mark.parametrize("name", ["border", "corners", "tag"])
def test_what_is_masked_elsewhere_is_as_large_and_overlaps_nothing(name):
    boxes = regions_of({"tag": (0.1, 0.2, 0.4, 0.4)})[name]
    for seed in range(10):
        others = elsewhere(boxes, np.random.default_rng(seed))
        assert len(others) == len(boxes)
        for one, other in zip(boxes, others, strict=True):
            assert (other[2] - other[0], other[3] - other[1]) == pytest.approx((one[2] - one[0], one[3] - one[1]))
        everything = [*boxes, *others]
        for one, other in itertools.combinations(everything, 2):
            apart = one[2] <= other[0] + 1e-9 or other[2] <= one[0] + 1e-9
            assert apart or one[3] <= other[1] + 1e-9 or other[3] <= one[1] + 1e-9


def test_a_region_of_the_users_own_and_the_corner_that_decides():
    case = of_pictures(marker=True)(np.random.default_rng(0))
    said = ask(reliance, case, PLAIN | {"regions": {"middle": (0.4, 0.4, 0.6, 0.6)}})
    (corners,) = said.of(EFFECT, conditions={"region": "corners"})
    (middle,) = said.of(EFFECT, conditions={"region": "middle"})
    assert (corners.value, middle.value) == (pytest.approx(0.4), 0.0)  # half the pictures have the marker
    assert said.of(FLIPS, conditions={"region": "corners"})[0].value == 0.5


@pytest.mark.slow
def test_over_twenty_seeds_each_is_found_and_each_twin_passes():
    options = PLAIN | {"attributes": ("sex",)}
    for seed in range(20):
        for made, bad in ((of_notes(by_sex=0.2), True), (of_notes(by_sex=0.0), False)):
            (beyond,) = ask(reliance, made(np.random.default_rng(seed)), options).of(EXCESS, conditions={}, group={})
            assert (beyond.interval.low > 0.05) == bad, seed
            assert bad or beyond.interval.high < 0.1, seed
        for marker in (True, False):
            case = of_pictures(marker=marker)(np.random.default_rng(seed))
            (beyond,) = ask(reliance, case, PLAIN).of(EXCESS, conditions={"region": "corners"})
            assert (beyond.interval.low > 0.1) == marker, seed
            assert marker or beyond.interval.high < 0.1, seed
