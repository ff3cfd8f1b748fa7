"""`explainability.drivers`: what the answer does without a word, a region or a column, and which words may be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.segments import People
from auditkit.testing import toy_case, with_model
from auditkit_explainability.drivers import accept_pieces, drivers
from auditkit_explainability.global_view import driven
from auditkit_explainability.global_view.tellable import begins, tellable
from auditkit_explainability.pieces.words import words_in
from auditkit_explainability.planted.drivers import of_listeners


class Listens:
    """Probabilities by words."""

    def __init__(self, **worth):
        self.worth = worth

    def predict(self, inputs):
        said = [str(text).lower().replace(".", " ").split() for text in inputs]
        yes = np.array([0.5 + sum(self.worth.get(word, 0.0) for word in set(one)) for one in said])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_notes(notes, model, **fields):
    given = pd.Series(notes, dtype=object)
    case = toy_case(model.predict(given), inputs=given, **({"positive": "yes", "min_group_size": 10} | fields))
    return with_model(case, model)


def alone(n):
    return People(np.arange(n), np.ones(n))


def about(piece):
    return {"conditions": {"piece": piece}}


def told(notes, least=10, people=None):
    names = [[text[start:end] for start, end in words_in(text)] for text in notes]
    return tellable(notes, names, people or alone(len(notes)), least=least)


def test_by_hand_the_score_falls_by_what_a_word_is_worth():
    notes = ["seen with fever and cough today"] * 12 + ["seen with fever today"] * 12
    notes = [f"{text} bed {row}" for row, text in enumerate(notes)]
    said = ask(drivers, of_notes(notes, Listens(fever=0.2, cough=0.1)), {})
    assert said.value("driver_effect", group={}, label="yes", **about("fever")) == pytest.approx(0.2)
    (cough,) = said.of("driver_effect", group={}, label="yes", **about("cough"))
    assert cough.value == pytest.approx(0.1)
    assert cough.n == 12  # those that have the word
    assert said.value("driver_effect", group={}, label="yes", **about("seen")) == pytest.approx(0.0)
    shown = next(one for one in said if isinstance(one, Table))
    assert [row[1] for row in shown.rows][:2] == ["fever", "cough"]
    assert tuple(map(str, shown.rows[0][-2:])) == ("1", "1 to 1")


def test_what_speaks_against_a_decision_makes_it_rise():
    notes = [f"no fever but pain bed {row}" for row in range(24)]
    said = ask(drivers, of_notes(notes, Listens(fever=0.3, no=-0.1)), {})
    assert said.value("driver_effect", group={}, label="yes", **about("no")) == pytest.approx(-0.1)


def test_all_occurrences_of_a_word_go_at_once():
    notes = [f"Fever, and again fever and FEVER in bed {row}" for row in range(20)]
    falls = driven.driven(of_notes(notes, Listens(fever=0.3)), column="", most_rows=20, most_pieces=10)
    place = falls["names"].index("fever")
    np.testing.assert_allclose(falls["falls"][place], 0.3)


def test_a_word_is_told_only_of_many_and_is_no_name_and_no_number():
    notes = [f"Seen by Meier today. Fever in bed {row}, room 12, BP high" for row in range(20)]
    notes += ["Seen by nobody today. Rare thing"] * 9
    found = told(notes)
    assert {"seen", "by", "today", "in", "bed", "room", "bp", "high"} - set(found) == {"seen"}  # only begins sentences
    assert not {"meier", "12", "nobody", "rare", "thing", "fever"} & set(found)
    assert "fever" in told([text.replace("Fever", "with fever") for text in notes])
    assert told(notes, least=25) == ["by", "today"]  # nobody else is in 25 texts
    assert told(notes, people=People(np.zeros(29, dtype=int), np.ones(29))) == []  # one person wrote all


def test_han_characters_are_words_of_their_own():
    assert set(told(["病人发烧三天"] * 12)) == set("病人发烧三天")


def test_a_sentence_begins_after_its_end():
    assert begins("Fever", 0)
    assert begins("Seen. Fever", 6)
    assert not begins("Seen Fever", 5)


def test_how_many_have_a_word_is_found_among_all_rows_and_the_model_asked_about_some():
    notes = [f"with fever in bed {row}" for row in range(60)]
    case = of_notes(notes, Listens(fever=0.2), min_group_size=50)
    said = ask(drivers, case, {"most_rows": 20})
    assert said.of("driver_effect", group={}, label="yes", **about("fever"))[0].n == 20


def test_of_a_table_columns_are_set_to_their_typical_cell():
    class Sum:
        def predict(self, inputs):
            return Values(2.0 * inputs["a"].to_numpy(dtype=float) + 0.0 * inputs["b"].to_numpy(dtype=float))

    table = pd.DataFrame({"a": np.arange(41.0), "b": np.arange(41.0)[::-1]})
    case = toy_case(Sum().predict(table), inputs=table)
    case = with_model(replace(case, settings=replace(case.settings, given=("a", "b"))), Sum())
    falls = driven.driven(case, column="", most_rows=41, most_pieces=5)
    assert falls["names"] == ["a", "b"]
    # The median is 20: the value falls by 2 (a - 20), in standard deviations of 2 a.
    np.testing.assert_allclose(falls["falls"][0], (np.arange(41) - 20) / np.std(np.arange(41)))
    np.testing.assert_allclose(falls["falls"][1], 0)
    said = ask(drivers, case, {})
    shown = next(one for one in said if isinstance(one, Table))
    assert shown.rows[0][5] == pytest.approx(np.mean(np.abs(falls["falls"][0])), abs=1e-4)


def test_of_pictures_the_region_that_decides_comes_first():
    class Corner:
        def predict(self, inputs):
            yes = np.array([pixels[:6, :6].mean() / 255 for pixels in inputs])
            return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    cells = np.empty(12, dtype=object)
    draw = np.random.default_rng(0)
    for row in range(12):
        cells[row] = draw.integers(0, 60, (12, 12), dtype=np.uint8)
        cells[row][:6, :6] = 250
    given = pd.Series(cells, dtype=object)
    case = with_model(toy_case(Corner().predict(given), positive="yes", inputs=given), Corner())
    said = ask(drivers, case, {"most_pieces": 4})
    shown = next(one for one in said if isinstance(one, Table))
    assert shown.rows[0][1] == "row 1, column 1 of 2"
    assert said.value("driver_effect", label="yes", **about("row 2, column 2 of 2")) == 0.0


def test_the_ward_that_a_word_decides_about_is_told():
    case = of_listeners("north")(np.random.default_rng(0))
    said = ask(drivers, case, {})
    of_wards = {one.group["ward"]: one.value for one in said.of("driver_effect", **about("bleeding")) if one.group}
    assert of_wards["south"] == 0.0
    assert of_wards["north"] == pytest.approx(0.4)


def by_group(said):
    return [row for one in said if isinstance(one, Table) and "group" in map(str, one.columns) for row in one.rows]


def test_a_group_without_a_number_has_no_line():
    wards = {"ward": ["north"] * 30 + ["south"] * 12}
    notes = [f"with fever in bed {row}" for row in range(42)]
    model = Listens(fever=0.2)
    given = pd.Series(notes, dtype=object)

    def lines(least, groups=wards):
        case = toy_case(model.predict(given), None, groups, positive="yes", inputs=given, min_group_size=least)
        return [row for row in by_group(ask(drivers, with_model(case, model), {})) if row[1] == "fever"]

    assert [str(row[3]) for row in lines(12)] == ["north", "south", "widest difference"]
    # Of wards of 30 and of 12 people one alone has 13: there is no difference to tell.
    assert [str(row[3]) for row in lines(13)] == ["north", "south"]
    # And of wards of fewer than ten nothing is told, in no table.
    assert lines(12, {"ward": [f"ward {row // 6}" for row in range(42)]}) == []


@pytest.mark.slow
def test_words_that_do_nothing_are_passed_over_seeds_and_one_that_does_is_found():
    """Of twelve words that come by chance none drives, but `fever`: the family's level holds over all of them."""
    words = [f"w{letter}" for letter in "abcdefghijkl"]

    class Noisy:
        def __init__(self, size):
            self.size = size

        def predict(self, inputs):
            # What each word does differs from text to text, and is nothing on average.
            yes = []
            for text in map(str, inputs):
                said, mark = set(text.split()), text.rsplit(" ", 1)[-1]
                drawn = np.random.default_rng(int(mark)).normal(0, 0.05, len(words))
                yes.append(
                    0.6 + self.size * ("fever" in said) + sum(drawn[at] for at, one in enumerate(words) if one in said)
                )
            yes = np.clip(yes, 0.51, 1)
            return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    wrong, found = 0, 0
    for seed in range(40):
        draw = np.random.default_rng(seed)
        notes = []
        for _ in range(100):
            said = [*draw.choice(words, 4, replace=False), *(["fever"] if draw.random() < 0.5 else [])]
            notes.append(f"a {' '.join(said)} bed {draw.integers(10**8)}")
        said = ask(drivers, of_notes(notes, Noisy(0.2)), {"most_rows": 100})
        for one in said.of("driver_effect", group={}):
            sure = one.interval is not None and (one.interval.low > 0 or one.interval.high < 0)
            if one.conditions["piece"] == "fever":
                found += sure
            else:
                wrong += sure
    assert found >= 38
    assert wrong <= 4


def test_who_cannot_be_asked_is_refused():
    case = of_notes([f"with fever in bed {row}" for row in range(20)], Listens(fever=0.2))
    with pytest.raises(NotApplicable, match="recorded"):
        ask(drivers, replace(case, settings=replace(case.settings, recorded=("p",))), {})
    with pytest.raises(NotApplicable, match="enough people"):
        ask(drivers, of_notes(["with fever in bed"] * 9, Listens()), {})
    with pytest.raises(AuditError, match="most_pieces"):
        accept_pieces(most_pieces=0)
