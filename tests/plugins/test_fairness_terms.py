"""Words about people swapped for others: what becomes of texts, numbers by hand, and models that any edit moves."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, LabelScores, NotApplicable, TextFile, Values
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.perturbation.editing import told_of_side
from auditkit.perturbation.lexicon import read_terms
from auditkit.testing import toy_case, with_model
from auditkit_fairness.swapping.planted import of_notes
from auditkit_fairness.term_swaps import term_swaps

SEX, ETHNICITY, AGE = (read_terms()[name] for name in ("sex", "ethnicity", "age"))


def drawn(_what):
    return np.random.default_rng(0)


def to(text, attribute, side):
    made = told_of_side(text, attribute, attribute.sides.index(side), drawn)
    return made and made.protected


def test_texts_speak_of_each_side_in_turn():
    assert to("She was seen with her pain.", SEX, "male") == "He was seen with his pain."
    assert to("She was seen with her pain.", SEX, "female") is None
    assert to("An Asian man with pain.", ETHNICITY, "Black") == "A Black man with pain."
    assert to("A 72-year-old with pain.", AGE, "young") == "A 37-year-old with pain."
    assert to("这位女士今天入院", SEX, "male") == "这位先生今天入院"
    assert to("She is pregnant, with pain.", SEX, "male") is None  # the other side would make no sense
    assert to("No word of it.", SEX, "male") is None


def test_the_control_keeps_words_about_people():
    made = told_of_side("She was seen with her pain today.", SEX, 1, drawn)
    assert made.neutral != "She was seen with her pain today."
    assert SEX.found(made.neutral)[0].side == 0


def asked(case, **options):
    given = {"attributes": ("sex",), **options}
    return ask(term_swaps, case, validate_options(term_swaps.run, given, owner="fairness.term-swaps"))


def one(readings, metric, label=None, **conditions):
    (found,) = [found for found in readings.of(metric) if found.conditions == conditions and found.label == label]
    return found


def test_numbers_of_a_known_shift_by_hand():
    """Every note has the score 0.2 lower with a woman's words, and no neutral word moves it."""
    readings = asked(of_notes(by_sex=0.2)(np.random.default_rng(0)))
    sex = {"attribute": "sex"}
    for metric, value in (
        ("counterfactual_token_gap", 0.2),
        ("counterfactual_control_gap", 0.0),
        ("counterfactual_excess_gap", 0.2),
        ("counterfactual_range", 0.2),
        ("counterfactual_deviation", 0.1),
        ("counterfactual_distance", 0.2),
    ):
        assert one(readings, metric, **sex).value == pytest.approx(value, abs=1e-6), metric
    # 20 notes of women rise by 0.2, and 20 of men fall by it: of 0.7 and 0.5, and of 0.4 and 0.2, the first pair turns.
    assert one(readings, "counterfactual_shift", **sex, to="female").value == pytest.approx(-0.2, abs=1e-6)
    assert one(readings, "counterfactual_excess_shift", **sex, to="male").value == pytest.approx(0.2, abs=1e-6)
    assert one(readings, "counterfactual_excess_gap").interval.low > 0


def test_a_distance_between_sides_of_two_texts_by_hand():
    """Scores of women's texts 0.1 and 0.4, of men's 0.3 and 0.8: sorted pairs lie 0.2 and 0.4 apart, 0.3 on average."""

    class Known:
        def predict(self, inputs):
            yes = np.array([SCORES["She" in text, "pain" in text] for text in inputs])
            return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    scores = {(True, True): 0.4, (True, False): 0.1, (False, True): 0.8, (False, False): 0.3}
    SCORES.update(scores)
    texts = pd.Series(["She has pain today", "He has a cough today"] * 20, dtype=object)
    case = with_model(toy_case(Known().predict(texts), positive="yes", inputs=texts), Known())
    readings = asked(case)
    assert one(readings, "counterfactual_distance", attribute="sex").value == pytest.approx(0.3)
    # |0.4 - 0.8| and |0.3 - 0.1|
    assert one(readings, "counterfactual_token_gap").value == pytest.approx(0.3)
    assert one(readings, "counterfactual_flip_rate").value == pytest.approx(0.5)


SCORES: dict[tuple[bool, bool], float] = {}


class Fragile:
    """Scores texts by a coin for each, whatever they say; and, where it reads sex, women's lower."""

    def __init__(self, by_sex=0.0, kind=ClassScores):
        self.by_sex, self.kind = by_sex, kind

    def predict(self, inputs):
        coins = np.array([zlib.crc32(str(text).encode()) % 100 / 250 for text in inputs])
        yes = (
            0.5
            + coins
            - self.by_sex * np.array([bool(SEX.found(text)[:1]) and SEX.found(text)[0].side == 0 for text in inputs])
        )
        if self.kind is Values:
            return Values(10 * yes)
        if self.kind is LabelScores:
            return LabelScores(("fever", "cough"), np.column_stack([yes, 1 - yes]))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def fragile(seed, scorer=Fragile, **how):
    given = of_notes(by_sex=0.0, rows=80)(np.random.default_rng(seed)).inputs
    texts = pd.Series([f"{text} Visit {seed}." for text in given], dtype=object)
    model = scorer(**how)
    positive = "yes" if model.kind is ClassScores else None
    return with_model(toy_case(model.predict(texts), positive=positive, inputs=texts), model)


def beyond(seed, **how):
    found = one(asked(fragile(seed, **how)), "counterfactual_excess_gap")
    return found.interval.low > 0


def test_a_model_that_any_edit_moves_shows_no_more_than_its_control():
    readings = asked(fragile(1))
    gap, control = (one(readings, f"counterfactual_{what}_gap").value for what in ("token", "control"))
    assert min(gap, control) > 0.05
    assert one(readings, "counterfactual_excess_gap").interval.low <= 0


@pytest.mark.slow
def test_a_shortcut_term_is_found_and_clean_twins_silent_over_twenty_seeds():
    """Of 20 fragile models at most 3 alarm; one that also reads sex, by 0.3, is found in at least 16."""
    assert sum(beyond(seed) for seed in range(20)) <= 3
    assert sum(beyond(seed, by_sex=0.3) for seed in range(20)) >= 16


@pytest.mark.slow
@pytest.mark.parametrize("side", ["female", "male"])
def test_a_shift_beyond_neutral_swaps_over_twenty_seeds(side):
    """Of 20 models that neutral swaps alone lower at most 3 alarm; one that also reads sex is found in at least 16.

    3 of 20 at a level of 0.05: more has a probability of 0.016. Women's scores fall by 0.4, men's rise by as much.
    """
    assert sum(abs(leaves_none(seed, side)) for seed in range(20)) <= 3
    planted = [leaves_none(seed, side, by_sex=0.4) for seed in range(20)]
    assert sum(found == {"female": -1, "male": 1}[side] for found in planted) >= 16
    assert planted.count({"female": 1, "male": -1}[side]) == 0


class Narrow(Fragile):
    """Scores a text lower where a neutral swap has brought in a word that the notes do not have."""

    def predict(self, inputs):
        said = super().predict(inputs).scores[:, 1]
        yes = said - 0.1 * np.array([len(re.findall("Examined|having|since a week", str(text))) for text in inputs])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def leaves_none(seed, side, **how):
    """1 and -1 where notes told of this side are said to be scored higher and lower beyond neutral swaps, else 0."""
    given = one(asked(fragile(seed, Narrow, **how)), "counterfactual_excess_shift", attribute="sex", to=side).interval
    return int(given.low > 0) - int(given.high < 0)


def test_neutral_swaps_that_lower_all_scores_make_no_shift():
    readings = asked(fragile(1, Narrow))
    for side in ("female", "male"):
        plain, beyond = (
            one(readings, f"counterfactual_{what}", attribute="sex", to=side) for what in ("shift", "excess_shift")
        )
        assert plain.interval.low <= 0 <= plain.interval.high
        assert beyond.value > 0.1
        assert beyond.interval.low == 0


def test_values_and_labels():
    readings = asked(fragile(0, by_sex=0.3, kind=LabelScores))
    fever, cough = (
        one(readings, "counterfactual_shift", name, attribute="sex", to="male") for name in ("fever", "cough")
    )
    assert fever.value == pytest.approx(-cough.value)
    readings = asked(fragile(0, by_sex=0.3, kind=Values))
    assert not readings.of("counterfactual_flip_rate")
    assert one(readings, "counterfactual_shift", attribute="sex", to="male").interval.low > 0.5  # standard deviations


def test_ones_own_words_and_wrong_ones():
    terms = {"name": "t.toml", "text": '[ward]\nsides = ["north", "south"]\nwords = [["north", "south"]]'}
    texts = pd.Series([f"Seen in the {('north', 'south')[row % 2]} ward today, bed {row}" for row in range(40)])
    case = with_model(toy_case(Fragile().predict(texts), positive="yes", inputs=texts), Fragile())
    readings = asked(case, attributes=("ward",), terms=terms)
    assert one(readings, "counterfactual_token_gap", attribute="ward").n == 40
    with pytest.raises(AuditError, match="names 'ward'"):
        term_swaps.accepts(attributes=("ward",))
    with pytest.raises(AuditError, match="'most_rows' is 0"):
        term_swaps.accepts(most_rows=0)
    with pytest.raises(NotApplicable, match="no text says"):
        asked(case)


def test_a_broken_file_of_terms_is_what_the_spec_is_told_of():
    broken = TextFile(name="t.toml", text="[ward]\n")
    with pytest.raises(AuditError, match="option 'terms': the file of terms: 'ward' has no words"):
        term_swaps.accepts(attributes=("ward",), terms=broken)


@pytest.mark.parametrize(
    ("text", "says"), [("", "is empty"), ("# none\n", "is empty"), ("[ward]\n", "no words"), ("[x\n", "no TOML")]
)
def test_a_file_that_names_no_terms_is_refused(text, says):
    with pytest.raises(AuditError, match=says) as refused:
        read_terms(text)
    assert "sides" in refused.value.hint
