"""`explainability.shortcuts`: which words are tried and told, what putting them in does by hand; places of pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, LabelScores, NotApplicable, Values
from auditkit.checks.asking import ask
from auditkit.perturbation import Rows
from auditkit.statistics import family_level
from auditkit.testing import toy_case, with_model
from auditkit_explainability.planted.reliance import of_pictures
from auditkit_explainability.planted.shortcuts import of_words
from auditkit_explainability.relying.halves import Halves
from auditkit_explainability.relying.patches import boxes, said_place, swapped
from auditkit_explainability.relying.words import Word, candidates, choose, search, toggled, words_of
from auditkit_explainability.shortcuts import accept_search, shortcuts

EFFECT, FLIPS, COUNT = "shortcut_effect", "shortcut_flip_rate", "shortcuts_found"
PLAIN = {"least": 0.1, "most_words": 8, "most_regions": 4, "most_rows": 100, "may_decide": (), "column": ""}


def test_words_of_a_text_by_hand():
    assert words_of("A Chest-pain of 3 days, 2x; it's X-ray2 day") == {
        "chest-pain",
        "of",
        "days",
        "it's",
        "it",
        "day",
    } - {"it"}
    assert words_of("胸痛三天,无") == {"胸痛", "痛三", "三天"}


def test_only_words_of_many_people_and_not_of_all_are_tried():
    texts = ["fever and rash"] * 3 + ["fever and cough"] * 3 + ["fever or nothing"] * 2
    found, held = candidates(texts, np.arange(8), 3)
    assert [word.word for word in found] == ["cough", "rash"]  # "fever" is everybody's, "and" that of all but two
    assert held.sum(axis=0).tolist() == [3, 3]
    # Three texts of one person are one person's.
    found, _ = candidates(texts, np.array([0, 0, 0, 3, 4, 5, 6, 7]), 3)
    assert [word.word for word in found] == ["cough"]


@pytest.mark.parametrize(
    ("texts", "word", "is_told"),
    [
        (["Seen by Smith today", "Smith was told"], "smith", False),
        (["Fever today", "no fever then"], "fever", True),
        (["seen by dr wong today", "wong was told"], "wong", False),
        (["an ECG was made", "the ECG shows it"], "ecg", False),  # nobody knows that it is no LEE
        (["由李明医生接诊", "李明已告知"], "李明", False),
        (["今天胸痛", "胸痛加重"], "胸痛", True),
    ],
)
def test_what_looks_like_a_name_is_not_told(texts, word, is_told):
    others = ["nothing of this is here"] * 2
    found, _ = candidates(texts + others, np.arange(4), 2)
    assert {one.word: one.is_told for one in found}[word] == is_told


def test_a_word_goes_out_with_its_space_and_in_between_two_others():
    rng = np.random.default_rng(0)
    fever = Word("fever", "fever", is_told=True)
    assert toggled("A fever, then Fever again", fever, rng) == "A, then again"
    assert toggled("feverish", fever, rng) in {"fever feverish", "feverish fever"}
    made = {toggled("A bad cough.", fever, rng) for _ in range(40)}
    assert made == {"A fever bad cough.", "A bad fever cough.", "A bad cough fever."}
    pain = Word("胸痛", "胸痛", is_told=True)
    assert toggled("患者胸痛三天", pain, rng) == "患者三天"
    assert {toggled("患者发热,三天。", pain, rng) for _ in range(40)} == {"患者发热胸痛,三天。", "患者发热,三天胸痛。"}
    assert toggled("fever", fever, rng) == "."


def test_words_are_chosen_by_their_correlation_with_the_score():
    draw = np.random.default_rng(3)
    held = draw.random((60, 7)) < 0.5
    scores = (0.3 * held[:, 2] - 0.2 * held[:, 5] + draw.normal(0, 0.05, 60))[:, None]
    words = [Word(name, name, is_told=True) for name in "abcdefg"]
    chosen = choose(words, held, scores, np.ones(60), 2)
    tells = [abs(np.corrcoef(held[:, place], scores[:, 0])[0, 1]) for place in range(7)]
    order = np.argsort(tells)[::-1]
    assert [word.word for word in chosen.tried] == ["abcdefg"[place] for place in order[:2]] == ["c", "f"]
    assert chosen.sign.tolist() == [1, -1]
    assert {word.word for word in chosen.controls} == {"abcdefg"[place] for place in order[-3:]}  # half of seven
    # A row of weight 2 is two rows.
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    rows = np.r_[np.arange(20), np.arange(60)]
    twice = choose(words, held[rows], scores[rows], np.ones(80), 2)
    assert choose(words, held, scores, weights, 2).tried == twice.tried


class Spotter:
    """0.3, and 0.5 more where a word is in the text; every word but the first ten adds 0.01."""

    def __init__(self, word, kind=ClassScores):
        self.word, self.kind = word, kind

    def predict(self, inputs):
        texts = list(inputs["note"]) if hasattr(inputs, "columns") else list(inputs)
        yes = np.array([0.3 + 0.5 * (self.word in text.split()) + 0.01 * len(text.split()) for text in texts])
        if self.kind is Values:
            return Values(yes)
        if self.kind is LabelScores:
            return LabelScores(("ill", "old"), np.column_stack([np.full(len(yes), 0.2), 1 - yes]))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


WORDS = ("fever", "cough", "rash", "pale", "weak", "calm")


def spotted(word="rash", kind=ClassScores, rows=80, extra="", **fields):
    draw, model = np.random.default_rng(1), Spotter(word, kind)
    notes = []
    for row in range(rows):
        held = [one for one in WORDS if draw.random() < 0.5]
        notes.append(f"note{row} of a day {' '.join([*held, extra if row % 2 else ''])}".strip())
    given = pd.Series(notes, dtype=object)
    positive = "yes" if kind is ClassScores else None
    case = toy_case(model.predict(given), positive=positive, inputs=given, min_group_size=10, **fields)
    return with_model(case, model)


def test_the_effect_is_that_of_the_word_less_that_of_any_word():
    # With the word the score is 0.5 + 0.01 higher, with any other 0.01: 0.5 remains, in every row.
    case = spotted(rows=200)
    said = ask(shortcuts, case, PLAIN | {"most_rows": 200})
    (largest,) = said.of(EFFECT, conditions={})
    (one,) = said.of(EFFECT, conditions={"word": "rash", "towards": "yes"})
    (count,) = said.of(COUNT)
    tested = int((~Halves.of(case).first).sum())
    assert (largest.value, one.value) == (pytest.approx(0.5), pytest.approx(0.5))
    assert largest.n == one.n == tested
    assert (count.value, count.interval.low, count.interval.high) == (1.0, 1.0, 1.0)
    (flips,) = said.of(FLIPS)
    assert flips.value == 1.0  # 0.35 or less without it, 0.84 or more with it
    # Of six words three are controls, and the interval is one of three that hold together.
    wide = Rows(None, None, family_level(0.95, 3)).change(np.full(tested, 0.5), is_bounded=True)
    assert (one.interval.low, one.interval.high) == pytest.approx((float(wide.limits.low), float(wide.limits.high)))
    assert one.interval.simultaneous


def test_the_direction_is_that_of_who_holds_it():
    class Against(Spotter):
        def predict(self, inputs):
            said = super().predict(inputs)
            return ClassScores(("no", "yes"), said.scores[:, ::-1])

    case = spotted()
    model = Against("rash")
    given = case.inputs
    case = with_model(toy_case(model.predict(given), positive="yes", inputs=given, min_group_size=10), model)
    (one,) = ask(shortcuts, case, PLAIN).of(EFFECT, conditions={"word": "rash", "towards": "no"})
    assert one.value == pytest.approx(0.5)


@pytest.mark.parametrize(("kind", "towards"), [(LabelScores, "not old"), (Values, "higher")])
def test_labels_and_numbers(kind, towards):
    case = spotted(kind=kind)
    (one,) = ask(shortcuts, case, PLAIN).of(EFFECT, conditions={"word": "rash", "towards": towards})
    spread = np.std(case.predictions.values) if kind is Values else 1.0
    assert one.value == pytest.approx(0.5 / spread)


def test_a_name_that_decides_is_found_and_not_told():
    said = ask(shortcuts, spotted("Wintergreen", extra="Wintergreen"), PLAIN)
    found = [one for one in said.of(EFFECT) if one.conditions]
    assert [one.conditions["word"] for one in found] == ["not told, 1"]
    assert found[0].value == pytest.approx(0.5)
    assert "wintergreen" not in repr(said).lower()


def test_a_word_after_which_there_is_no_answer_moves_as_far_as_can_be():
    class Broken(Spotter):
        def predict(self, inputs):
            said = super().predict(inputs)
            none = np.array([text.count("rash") > 1 or ("rash" in text.split() and "calm" in text) for text in inputs])
            return ClassScores(("no", "yes"), np.where(none[:, None], np.nan, said.scores))

    notes = [text.replace("calm", "") if "rash" in text else text for text in spotted().inputs]
    model, given = Broken("rash"), pd.Series(notes, dtype=object)
    case = with_model(toy_case(model.predict(given), positive="yes", inputs=given, min_group_size=10), model)
    (one,) = ask(shortcuts, case, PLAIN).of(EFFECT, conditions={"word": "rash", "towards": "yes"})
    assert 0.5 < one.value < 1.0


def test_what_may_decide_is_not_tried():
    said = ask(shortcuts, spotted(), PLAIN | {"may_decide": ("Rash",)})
    assert not [one for one in said.of(EFFECT) if one.conditions]
    assert said.of(EFFECT, conditions={})[0].value == pytest.approx(0.0, abs=1e-9)
    case, corner = of_pictures(marker=True, rows=48)(np.random.default_rng(0)), "row 1, column 1 of 6 x 6"
    said = ask(shortcuts, case, PLAIN | {"may_decide": (corner,)})
    assert not [one for one in said.of(EFFECT) if one.conditions]


def test_halves_are_of_people():
    units = [f"p{row // 2}" for row in range(80)]
    halves = Halves.of(spotted(units=units))
    assert (halves.first[::2] == halves.first[1::2]).all()
    assert 20 < halves.first.sum() < 60


def test_rows_that_are_not_tested_on_have_no_number():
    case = spotted()
    found = search(case, column="", most_words=8, most_rows=15, people=10)
    asked = np.isfinite(found["effects"][0])
    assert asked.sum() == 15
    assert not (asked & Halves.of(case).first).any()
    told = found["letters"][0]
    assert "".join(chr(int(one)) for one in told[told >= 0]) == "rash"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (lambda: spotted(rows=12), "no word is held"),
        (lambda: spotted(units=["one"] * 80), "no word is held"),
        (
            lambda: toy_case(Values(np.arange(40.0)), inputs=pd.DataFrame({"a": range(40), "b": range(40)})),
            "several columns",
        ),
    ],
)
def test_too_little_to_search_does_not_apply(case, words):
    with pytest.raises(NotApplicable, match=words):
        ask(shortcuts, case(), PLAIN)


@pytest.mark.parametrize("options", [{"least": 1.0}, {"least": -0.1}, {"most_words": 0}, {"most_rows": 0}])
def test_a_search_for_nothing_is_refused(options):
    with pytest.raises(AuditError, match=next(iter(options))):
        accept_search(**options)


def test_patches_by_hand():
    assert len(boxes()) == 36
    assert said_place(7) == "row 2, column 2 of 6 x 6"
    own, other = np.zeros((12, 12), dtype=np.uint8), np.full((24, 24, 3), 90, dtype=np.uint8)
    made = swapped(own, other, boxes()[7])
    assert made[2:4, 2:4].tolist() == [[90, 90], [90, 90]]
    assert made.sum() == 4 * 90
    other[4:6, 4:6] = 10  # the quarter of that patch's place, of a picture twice as large
    assert swapped(own, other, boxes()[7])[2:4, 2:4].tolist() == [[10, 90], [90, 90]]
    assert swapped(np.zeros((12, 12, 3), np.uint8), own + 7, boxes()[0])[0, 0].tolist() == [7, 7, 7]


def test_the_corner_that_decides_by_hand():
    # Filled, the marker's corner moves the half that has it by 0.8; another's, every row: (0.4 + 0.8) / 2 on average.
    said = ask(shortcuts, of_pictures(marker=True, rows=48)(np.random.default_rng(0)), PLAIN)
    (one,) = said.of(EFFECT, conditions={"region": "row 1, column 1 of 6 x 6"})
    (count,) = said.of(COUNT)
    assert 0.5 < one.value < 0.7
    assert count.value == 1.0


@pytest.mark.slow
def test_over_twenty_seeds_each_is_found_and_each_twin_passes():
    for seed in range(20):
        for by_shortcut in (True, False):
            said = ask(shortcuts, of_words(by_shortcut=by_shortcut)(np.random.default_rng(seed)), PLAIN)
            found = [one.conditions["word"] for one in said.of(EFFECT) if one.conditions]
            assert found == ["portable"] * by_shortcut, seed
            assert (said.of(EFFECT, conditions={})[0].interval.low > 0.1) == by_shortcut, seed
        for marker in (True, False):
            said = ask(shortcuts, of_pictures(marker=marker, rows=48)(np.random.default_rng(seed)), PLAIN)
            found = [one.conditions["region"] for one in said.of(EFFECT) if one.conditions]
            assert found == ["row 1, column 1 of 6 x 6"] * marker, seed


class Fickle:
    """A score that no word moves one way: it is drawn anew for every text."""

    def __init__(self, seed):
        self.seed = seed

    def predict(self, inputs):
        import hashlib

        marks = (hashlib.sha256(f"{self.seed} {text}".encode()).digest()[:4] for text in inputs)
        yes = np.array([int.from_bytes(mark, "big") / 2**32 for mark in marks])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


@pytest.mark.slow
def test_of_models_that_no_word_moves_at_most_one_in_twenty_is_accused():
    # At least = 0 the bound is the truth: the hardest clean model there is.
    audits, accused = 200, 0
    for seed in range(audits):
        draw, model = np.random.default_rng([9, seed]), Fickle(seed)
        notes = [" ".join([f"n{row}", *(word for word in WORDS if draw.random() < 0.5)]) for row in range(80)]
        given = pd.Series([f"{note} of this day" for note in notes], dtype=object)
        case = toy_case(model.predict(given), positive="yes", inputs=given, min_group_size=10, seed=seed)
        (count,) = ask(shortcuts, with_model(case, model), PLAIN | {"least": 0.0}).of(COUNT)
        accused += count.value > 0
    assert accused / audits <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / audits), accused


def test_a_chinese_word_that_decides_is_found():
    class Reader:
        def predict(self, inputs):
            yes = np.array([0.2 + 0.6 * ("急诊" in text) for text in inputs])
            return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    draw, model = np.random.default_rng(3), Reader()
    parts = ("发热", "咳嗽", "头晕", "乏力", "急诊", "皮疹")
    notes = [",".join(["患者", *(part for part in parts if draw.random() < 0.5)]) + f"。{row}" for row in range(120)]
    given = pd.Series(notes, dtype=object)
    case = with_model(toy_case(model.predict(given), positive="yes", inputs=given, min_group_size=10), model)
    found = [one for one in ask(shortcuts, case, PLAIN).of(EFFECT) if one.conditions]
    assert [(one.conditions["word"], one.conditions["towards"]) for one in found] == [("急诊", "yes")]
    assert found[0].value == pytest.approx(0.6)


class FickleViewer(Fickle):
    """The same of pictures."""

    def predict(self, inputs):
        return super().predict([pixels.tobytes().hex() for pixels in inputs])


@pytest.mark.slow
def test_of_models_that_no_place_moves_more_than_others_at_most_one_in_twenty_is_accused():
    audits, accused = 100, 0
    for seed in range(audits):
        draw, model = np.random.default_rng([8, seed]), FickleViewer(seed)
        cells = np.empty(48, dtype=object)
        cells[:] = [draw.integers(0, 255, (12, 12), dtype=np.uint8) for _ in range(48)]
        given = pd.Series(cells, dtype=object)
        case = toy_case(model.predict(given), positive="yes", inputs=given, min_group_size=10, seed=seed)
        (count,) = ask(shortcuts, with_model(case, model), PLAIN | {"least": 0.0}).of(COUNT)
        accused += count.value > 0
    assert accused / audits <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / audits), accused
