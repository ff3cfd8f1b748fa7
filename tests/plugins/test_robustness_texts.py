"""`robustness.texts`: what is done to texts, and what a model that is thrown by it is found to lose."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.statistics import paired_difference, wilson
from auditkit.statistics.paired import Pairs
from auditkit.testing import toy_case, with_model
from auditkit_robustness.noise import SHARES, WHOLE
from auditkit_robustness.noise.looks import ALIKE, INVISIBLE, SIMILAR
from auditkit_robustness.noise.mistyped import NEAR
from auditkit_robustness.planted import of_texts
from auditkit_robustness.texts import accept_shares, texts

NOTE = "Patient complains of chest pain, BP was 150/95; she does not smoke."


def rng(seed=0):
    return np.random.default_rng(seed)


class Shouting:
    """Yes, with 0.8, where a text is all capitals; else 0.3."""

    def predict(self, inputs):
        yes = np.array([0.8 if str(text).isupper() else 0.3 for text in inputs])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def shouted(rows=10, *, model=None, **fields):
    """Texts of which every second is lower case already; what is true is no."""
    model = model or Shouting()
    notes = pd.Series(
        [f"a note about row {row}, in bed" if row % 2 else f"A Note in Row {row}!" for row in range(rows)]
    )
    case = toy_case(model.predict(notes), ["no"] * rows, positive="yes", inputs=notes.astype(object), **fields)
    return with_model(case, model)


def of(readings, metric, perturbation, share="all"):
    return readings.of(metric, conditions={"perturbation": perturbation, "share": share})


def test_the_numbers_of_one_change_by_hand():
    said = ask(texts, shouted(), {})
    (flips,) = of(said, "perturbed_flip_rate", "upper case")
    (shift,) = of(said, "perturbed_score_shift", "upper case")
    (after,) = of(said, "perturbed_accuracy", "upper case")
    (lost,) = of(said, "perturbed_accuracy_loss", "upper case")
    assert (flips.value, flips.n, after.value, lost.value) == (1.0, 10, 0.0, 1.0)
    assert shift.value == pytest.approx(0.5, abs=1e-6)
    assert (flips.interval.low, flips.interval.high) == pytest.approx(tuple(wilson(10, 10)))
    assert (lost.interval.low, lost.interval.high) == pytest.approx(tuple(paired_difference(Pairs(0, 10, 0, 0))))
    (lower,) = of(said, "perturbed_flip_rate", "lower case")
    assert (lower.value, lower.n) == (0.0, 5)  # the others are lower case already


def test_the_mean_over_changes_is_of_those_that_touch_a_row():
    said = ask(texts, shouted(), {"shares": (0.05,)})
    touching = {str(row[0]) for row in said[-1].rows}
    assert "full-width digits" in touching
    assert not touching & {"similar Chinese characters", "abbreviations", "contractions"}
    # Upper case alone flips; a row with its capitals is touched by lower case too.
    counts = {m.conditions["perturbation"]: m.n for m in said.of("perturbed_flip_rate")}
    partly = [name for name, n in counts.items() if n == 5]
    assert partly == ["lower case"]
    every = len(counts) - 1
    assert said.value("mean_flip_rate", group={}) == pytest.approx((1 / every + 1 / (every + 1)) / 2)


def test_mcnemar_of_ten_that_turn_wrong_is_adjusted_over_the_lines():
    said = ask(texts, shouted(), {"shares": (0.05,)})
    lines = {str(row[0]): row[-1] for row in said[-1].rows}
    # 2 x 0.5^10, times as many lines as there are: all others have a p of 1.
    assert lines["upper case"] == pytest.approx(2 * 0.5**10 * len(lines), rel=1e-2)
    assert lines["white space"] == 1.0


def test_noise_that_hurts_one_ward_is_found_there():
    said = ask(texts, of_texts(fragile=True, hurts="north")(rng()), {"shares": (0.05,)})
    by_ward = {m.group["ward"]: m.value for m in said.of("mean_accuracy_loss") if m.group}
    assert by_ward["south"] == 0.0
    assert by_ward["north"] > 0.8
    (gap,) = said.of("accuracy_loss_difference")
    assert gap.value == pytest.approx(by_ward["north"])
    assert gap.interval.low > 0.4


@pytest.mark.parametrize("name", [*SHARES, *WHOLE])
def test_a_change_is_the_same_for_the_same_random_numbers_and_leaves_an_empty_text_empty(name):
    change = (SHARES | WHOLE)[name]
    assert change(NOTE, 0.05, rng(1)) == change(NOTE, 0.05, rng(1))
    assert change("", 0.05, rng()).strip() == ""
    assert change("。", 0.05, rng()).strip() in {"。", ""}


@pytest.mark.parametrize(("share", "changed"), [(0.01, 1), (0.05, 2), (0.1, 5)])
def test_so_large_a_share_of_the_letters_is_mistyped(share, changed):
    typed = SHARES["neighbouring keys"](NOTE, share, rng(3))
    apart = [(one, other) for one, other in zip(NOTE, typed, strict=True) if one != other]
    assert len(apart) == changed
    assert all(other.lower() in NEAR[one.lower()] and one.isupper() == other.isupper() for one, other in apart)
    assert len(SHARES["dropped letters"](NOTE, share, rng(3))) == len(NOTE) - changed
    assert len(SHARES["doubled letters"](NOTE, share, rng(3))) == len(NOTE) + changed
    assert sorted(SHARES["swapped letters"](NOTE, share, rng(3))) == sorted(NOTE)


def test_the_keys_around_g_are_those_of_a_keyboard():
    assert set(NEAR["g"]) == {"f", "h", "t", "y", "v", "b"}
    assert set(NEAR["q"]) == {"w", "a"}
    assert all(key in NEAR[other] for key, near in NEAR.items() for other in near)


def test_look_alikes_look_alike_and_are_others():
    made = WHOLE["look-alike letters"](NOTE, 0.5, rng())
    assert made != NOTE
    assert len(made) == len(NOTE)
    assert all("CYRILLIC" in unicodedata.name(one) for one in ALIKE.values())
    assert all("LATIN" in unicodedata.name(one) for one in ALIKE)
    hidden = WHOLE["invisible characters"](NOTE, 0.2, rng())
    assert "".join(one for one in hidden if one not in INVISIBLE) == NOTE


def test_chinese_texts_are_changed_by_characters_that_look_like_theirs():
    note = "患者发热3天，咳嗽，胃部疼痛。"  # noqa: RUF001  as it is written
    made = WHOLE["similar Chinese characters"](note, 0.3, rng(2))
    apart = [(one, other) for one, other in zip(note, made, strict=True) if one != other]
    assert apart
    assert all(other in SIMILAR[one] for one, other in apart)
    assert WHOLE["full-width digits"](note, 0, rng()) == note.replace("3", "\uff13")
    assert WHOLE["no punctuation"](note, 0, rng()) == "患者发热3天咳嗽胃部疼痛"
    assert sorted(SHARES["swapped letters"](note, 0.1, rng())) == sorted(note)


def test_charts_are_shortened_and_numbers_keep_their_marks():
    assert WHOLE["abbreviations"]("Patient without shortness of breath, blood pressure 150/95", 0, rng()) == (
        "pt w/o SOB, BP 150/95"
    )
    assert WHOLE["abbreviations"]("withhold", 0, rng()) == "withhold"
    assert WHOLE["contractions"]("It is late; she does not sleep.", 0, rng()) == "It's late; she doesn't sleep."
    assert WHOLE["no punctuation"]("BP 150/95, temp. 38.5 (x-ray)!", 0, rng()) == "BP 150/95 temp 38.5 x-ray"


def test_of_many_rows_as_many_are_asked_about_as_may_be_in_any_order():
    case = shouted(60)
    said = ask(texts, case, {"most_rows": 20, "shares": (0.05,)})
    assert {m.n for m in said.of("perturbed_flip_rate") if m.conditions["perturbation"] == "upper case"} == {20}
    order = rng(4).permutation(60)
    notes = case.inputs.iloc[order].reset_index(drop=True)
    other = toy_case(Shouting().predict(notes), ["no"] * 60, positive="yes", inputs=notes)
    again = ask(texts, with_model(other, Shouting()), {"most_rows": 20, "shares": (0.05,)})
    assert again.value("mean_flip_rate", group={}) == pytest.approx(said.value("mean_flip_rate", group={}))


def test_numbers_move_in_standard_deviations_of_the_predictions():
    class Long:
        def predict(self, inputs):
            return Values(np.array([float(len(text)) for text in inputs]))

    notes = pd.Series(["short of breath", "short of breath, and coughs"] * 10, dtype=object)
    case = with_model(toy_case(Long().predict(notes), inputs=notes), Long())
    said = ask(texts, case, {"shares": (0.01,)})
    (moved,) = of(said, "perturbed_score_shift", "dropped letters", "0.01")
    assert moved.value == pytest.approx(1 / np.std([15.0, 27.0] * 10))
    assert not said.of("mean_flip_rate")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (pd.Series([1.0, 2.0]), "no texts"),
        (pd.Series(["F", "M"], dtype=object), "names or codes"),
        (pd.DataFrame({"a": ["a long note here"] * 2, "b": ["x"] * 2}), "several columns"),
    ],
)
def test_what_is_no_text_is_not_mistyped(inputs, words):
    said = ClassScores(("no", "yes"), np.array([[0.5, 0.5]] * 2))
    with pytest.raises(NotApplicable, match=words):
        ask(texts, toy_case(said, inputs=inputs), {})


def test_one_column_of_several_can_be_named():
    class OfTwo(Shouting):
        def predict(self, inputs):
            return super().predict(inputs["note"])

    table = pd.DataFrame({"age": [1, 2] * 5, "note": [f"a note in row {row}" for row in range(10)]})
    case = with_model(toy_case(OfTwo().predict(table), ["no"] * 10, positive="yes", inputs=table), OfTwo())
    said = ask(texts, case, {"column": "note", "shares": (0.05,)})
    assert of(said, "perturbed_flip_rate", "upper case")[0].value == 1.0
    assert isinstance(said[-1], Table)


@pytest.mark.parametrize("given", [{"shares": [0.0]}, {"shares": [1.5]}, {"most_rows": 0}])
def test_shares_and_rows_that_are_none_are_refused(given):
    options = validate_options(texts.run, given, owner="robustness.texts")
    with pytest.raises(AuditError, match="option"):
        accept_shares(**options)
