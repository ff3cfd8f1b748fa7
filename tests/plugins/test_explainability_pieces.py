"""What rows are made of: words of two languages, runs of them, and columns with their typical cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import NotApplicable, Unit, Values
from auditkit.testing import toy_case
from auditkit_explainability.pieces import pieces_of
from auditkit_explainability.pieces.words import Words, words_in


def test_words_of_english_and_chinese_texts():
    text = "Mr. O'Neil's BP 150/95, re-tested; 患者发热 3.5 days"
    assert [text[start:end] for start, end in words_in(text)] == [
        "Mr", "O'Neil's", "BP", "150", "95", "re-tested", "患", "者", "发", "热", "3.5", "days"
    ]  # fmt: skip


def test_a_pictograph_is_a_word_with_all_that_is_joined_to_it():
    nurse, flag = "\U0001f469\U0001f3fd\u200d\u2695\ufe0f", "\U0001f3f3\ufe0f\u200d\U0001f308"
    text = f"pain \U0001f912{nurse} {flag}!"
    assert [text[start:end] for start, end in words_in(text)] == ["pain", "\U0001f912", nurse, flag]


def test_taking_words_out_leaves_the_rest():
    words = Words.of(pd.Series(["He has a fever.", "咳嗽三天"], dtype=object), "", 64)
    assert [list(names) for names in words.names] == [["He", "has", "a", "fever"], list("咳嗽三天")]
    gone = [np.array([False, True, True, False]), np.array([True, True, False, False])]
    assert list(words.without(np.array([0, 1]), gone)) == ["He fever.", "三天"]
    assert list(words.without(np.array([1, 0]), [np.ones(4, bool), np.ones(4, bool)])) == [".", "."]
    assert list(words.without(np.array([0]), [np.zeros(4, bool)])) == ["He has a fever."]


def test_a_text_that_is_missing_has_no_words_and_stays_missing():
    table = pd.DataFrame({"note": pd.Series(["mild cough", None], dtype=object), "age": [1.0, 2.0]})
    words = pieces_of(toy_case(Values(np.zeros(2)), inputs=table), column="note")
    assert [list(names) for names in words.names] == [["mild", "cough"], []]
    left = words.without(np.array([0, 1]), [np.array([True, False]), np.zeros(0, bool)])
    assert left["note"].tolist() == ["cough", None]


@pytest.mark.parametrize("column", ["age", "aeg", "nobody"])
def test_a_column_that_holds_no_texts_is_refused(column):
    table = pd.DataFrame({"note": ["mild cough", "fever"], "age": [1.0, 2.0], "nobody": [None, None]})
    with pytest.raises(NotApplicable, match="of texts") as refused:
        pieces_of(toy_case(Values(np.zeros(2)), inputs=table), column=column)
    assert refused.value.params == {"column": column}


def test_what_a_model_of_texts_is_given_are_words_however_few():
    given = pd.Series(["fever", "sore throat"], dtype=object)
    assert pieces_of(toy_case(Values(np.zeros(2)), inputs=given)).kind == "words"
    codes = pd.DataFrame({"ward": ["A", "B"]})
    assert pieces_of(toy_case(Values(np.zeros(2)), inputs=codes)).kind == "columns"


def test_a_long_text_is_cut_into_runs():
    words = Words.of(pd.Series([" ".join(f"w{place}" for place in range(10))]), "", 4)
    assert [list(names) for names in words.names] == [["w0 w1", "w2 w3 w4", "w5 w6 w7", "w8 w9"]]
    assert list(words.without(np.array([0]), [np.array([True, False, True, False])])) == ["w2 w3 w4 w8 w9"]


def test_tokens_belong_to_the_word_that_they_begin_in():
    words = Words.of(pd.Series(["A fever, again"]), "", 64)
    units = [None, Unit("A", 0, 1), Unit(" fev", 1, 5), Unit("er", 5, 7), Unit(",", 7, 8), Unit(" again", 8, 14)]
    np.testing.assert_array_equal(words.of_units(0, units), [-1, 0, 1, 1, -1, 2])


def test_of_numbers_that_a_file_holds_as_texts_the_median_is_typical():
    """Cells of a CSV file are texts: by name the first of them would be -0.5, and by how often each is as common."""
    cells = [f"{one:g}" for one in np.linspace(-20.0, 20.5, 82)]
    columns = pieces_of(toy_case(Values(np.zeros(82)), inputs=pd.DataFrame({"a": cells, "b": ["1", "0"] * 41})))
    assert columns.typical == {"a": "0", "b": "0"}


def test_no_persons_own_words_are_typical_of_others():
    notes = pd.DataFrame(
        {"note": [f"mild cough for {row} days" for row in range(40)], "pain": ["atypical angina"] * 40}
    )
    columns = pieces_of(toy_case(Values(np.zeros(40)), inputs=notes))
    assert columns.typical == {"note": ".", "pain": "atypical angina"}


def test_a_column_gives_way_to_its_typical_cell():
    rows = pd.DataFrame({"age": np.arange(31), "sex": ["F"] * 16 + ["M"] * 15, "smokes": [1, 0, 0] * 10 + [0]})
    case = toy_case(Values(np.zeros(31)), inputs=rows)
    pieces = pieces_of(case)
    assert pieces.kind == "columns"
    assert pieces.typical == {"age": 15, "sex": "F", "smokes": 0}
    made = pieces.without(np.array([30, 0]), [np.array([True, True, False]), np.array([False, False, True])])
    assert made.to_dict("list") == {"age": [15, 0], "sex": ["F", "F"], "smokes": [0, 0]}
    assert made.dtypes.tolist() == rows.dtypes.tolist()
