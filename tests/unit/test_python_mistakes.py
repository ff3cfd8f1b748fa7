"""What goes wrong in Python is said in Python's words, with what to write instead, and leaves nothing behind."""

from __future__ import annotations

import traceback

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit import AuditError, ClassScores
from auditkit.inmemory.saying import as_python

DATA = pd.DataFrame(
    {
        "age": np.linspace(20, 80, 60),
        "sex": ["F", "M"] * 30,
        "ill": ["no"] * 30 + ["yes"] * 30,
        "told": pd.array([True, None] * 30, dtype="boolean"),
    }
)
SCORES = np.linspace(0.05, 0.95, 60)
SAID = {"target": "ill", "positive": "yes", "checks": "performance"}


def refused(model, data, *words, hint, **more):
    with pytest.raises(AuditError) as told:
        auditkit.audit(model, data, **{**SAID, **more})
    said = "".join(traceback.format_exception_only(told.value))
    assert f"hint: {told.value.hint}" in said
    assert hint in told.value.hint, told.value.hint
    for word in words:
        assert word in told.value.message, told.value.message
    assert "[data]" not in said
    assert "[model]" not in said


def fitted():
    return LogisticRegression().fit(DATA[["age"]], DATA["ill"])


@pytest.mark.parametrize(
    ("more", "words", "hint"),
    [
        ({"target": "il"}, "'data' has no column 'il'", "did you mean 'ill'?"),
        ({"groups": ["sx"]}, "'data' has no column 'sx'", "did you mean 'sex'?"),
        ({"groups": "ill"}, "names 'ill', which is the target", "before the outcome"),
        ({"positive": "ye"}, "the positive class 'ye' is none of the target's", "did you mean 'yes'?"),
        ({"positive": None}, "needs to know whose score it is", 'positive = "yes"'),
        ({"seed": 1.5}, "seed is 1.5; wanted a whole number", "seed = "),
        ({"checks": ["fairnes"]}, "no check or area named 'fairnes'", "did you mean 'fairness'?"),
        ({"checks": [{"use": "calibration.error", "bims": 3}]}, "no option 'bims'", "did you mean 'bins'?"),
        ({"policy": "baselin"}, "no policy named 'baselin'", "did you mean 'baseline'?"),
        ({"policy": [{"metric": "accuracy", "min": 0.5}]}, "because is missing", 'because = "'),
        ({"threshold": 2}, "threshold is '2', which no probability is", "score_kind"),
        ({"classes": ["yes", "yes"]}, "classes names 'yes' twice", "one name a column"),
        ({"target": np.zeros((60, 2))}, "'target' is an array of the shape [60, 2]", '["a", "b"]'),
        ({"unit": [1, 2]}, "unit has 2 values, and data has 60 rows", "an index is not looked at"),
        ({"groups": {"band": ["a"] * 59}}, "band has 59 values", "one value a row"),
        ({"groups": np.array(["a"] * 60)}, "values without a name", 'groups={"sex": values}'),
        ({"target": pd.Series(["no", "yes"] * 30, name="sex")}, "has another column of this name", 'target="sex"'),
        ({"adapter": "text-classifier"}, "the model is in memory", "leave out adapter"),
        ({"training_predictions": SCORES}, "need the rows that they are about", "training="),
    ],
)  # fmt: skip
def test_a_wrong_argument(more, words, hint):
    refused(SCORES, DATA, words, hint=hint, **more)


@pytest.mark.parametrize(
    ("model", "more", "words", "hint"),
    [
        (SCORES[:50], {}, "there are 50 predictions, and data has 60 rows", "an index is not looked at"),
        (SCORES + 0.5, {}, "a probability is below 0 or above 1", 'score_kind = "score"'),
        (SCORES + 0.5, {"score_kind": "score"}, "nothing says from which", "threshold = "),
        (np.where(SCORES > 0.9, np.nan, SCORES), {}, "missing, NaN or infinite", "needs a finite"),
        (pd.Series([0.5, pd.NA] * 30, dtype="Float64"), {}, "missing, NaN or infinite", "needs a finite"),
        (np.column_stack([1 - SCORES, SCORES]), {}, "nothing says which class", "classes=['no', 'yes']"),
        (np.column_stack([SCORES] * 3), {"classes": ["no", "yes"]}, "[60, 3]", "one class a column"),
        (np.zeros((60, 2, 2)), {}, "array of the shape [60, 2, 2]", "scores [n] or [n, k]"),
        (np.column_stack([SCORES, SCORES]), {"classes": ["no", "yes"]}, "do not sum to 1", "for every class"),
        (["Yes", "No"] * 30, {}, "holds 'No', and the target holds 'no'", 'labels = {"No": "no", "Yes": "yes"}'),
        (["no", None] * 30, {}, "has no prediction in 30 rows", "does not belong in the data"),
        (ClassScores(("no", "maybe"), np.column_stack([1 - SCORES, SCORES])), {}, "'yes'", ""),
        ([], {}, "there are no predictions", "one prediction a row"),
        (LogisticRegression(), {"input": ["age"]}, "the LogisticRegression is not fitted", "call its fit"),
        (LogisticRegression, {"input": ["age"]}, "the class 'LogisticRegression', not an", "LogisticRegression("),
        (fitted(), {"input": ["sex"]}, "leaves out 'age', which the LogisticRegression was fitted on", "input=['age']"),
        (object(), {"input": ["age"]}, "a object is no model", "a fitted estimator"),
        (lambda _: {"no": 1}, {"input": ["age"]}, "the model said a dict", "an array of scores"),
        (lambda _: SCORES[:7], {"input": ["age"]}, "predict returned 7 rows for 60", "in order"),
        (lambda rows: ["maybe"] * len(rows), {"input": ["age"], "classes": ["no", "yes"]}, "'maybe'", "labels="),
        (lambda _: 1 / 0, {"input": ["age"]}, "ZeroDivisionError", "stands above this one"),
        (lambda _: SCORES, {}, "which columns the model is given", "input=['age', 'sex', 'told']"),
        ("no/such/model", {}, "there is no model at 'no/such/model'", "check the path"),
    ],
)  # fmt: skip
def test_a_wrong_model(model, more, words, hint):
    refused(model, DATA, words, hint=hint, **more)


def twice():
    return pd.concat([DATA, DATA[["age"]]], axis=1)


@pytest.mark.parametrize(
    ("data", "words", "hint"),
    [
        (twice(), "two columns named 'age'", "rename one"),
        (DATA.to_numpy(), "data is a ndarray; wanted a table", "pandas.DataFrame(array"),
        ({"ill": ["no", "yes"], "age": [1, 2, 3]}, "'ill' has 2 values and 'age' 3", "one value a row"),
        ({"ill": np.zeros((60, 2))}, "'ill' is an array of the shape [60, 2]", "an array [n]"),
        (DATA.iloc[:0], "data has 0 rows", "one prediction a row"),
        ("no-such.csv", "there is no file 'no-such.csv'", ""),
        (DATA.set_axis(pd.MultiIndex.from_product([["a"], DATA.columns]), axis=1), "in 2 levels", "join them"),
        (DATA.assign(ill=[["no"]] * 60), "holds a list or an object in row 1", "one column for each part"),
    ],
)  # fmt: skip
def test_wrong_data(data, words, hint):
    refused(SCORES, data, words, hint=hint)


def test_a_file_that_is_no_table(tmp_path):
    path = tmp_path / "data.xlsx"
    path.write_bytes(b"PK")
    refused(SCORES, path, "'data.xlsx' is no table by its name", hint="read it into a DataFrame")
    folder = tmp_path / "model"
    folder.mkdir()
    refused(folder, DATA, "nothing in 'model' tells which adapter opens it", hint='adapter="..."')


def test_rows_go_by_their_order_and_missing_cells_stay_missing():
    shuffled = DATA.set_axis(np.arange(60)[::-1])
    plain = auditkit.audit(SCORES, DATA, **SAID, groups=["sex", "told"])
    other = auditkit.audit(pd.Series(SCORES), shuffled, **SAID, groups=["sex", "told"])
    assert plain.findings == other.findings
    assert plain.data == other.data
    (split,) = plain.data.splits
    assert [(one.name, [g.label for g in one.groups], one.missing) for one in split.attributes] == [
        ("sex", ["F", "M"], 0), ("told", ["true"], 30),
    ]  # fmt: skip


def test_keys_of_a_spec_become_arguments():
    said = (
        '[data] target = "..."; [model] labels = {"No" = "no", "Yes" = "yes"}; run again with --debug for its traceback'
    )
    assert as_python(said) == (
        'target = "..."; labels = {"No": "no", "Yes": "yes"}; the exception that it raised stands above this one'
    )


def test_a_model_that_is_not_fitted_is_told_of_before_its_columns():
    refused(LogisticRegression(), DATA, "the LogisticRegression is not fitted", hint="call its fit")


def test_predicted_numbers_are_not_taken_for_the_scores_of_a_class():
    doses = DATA.assign(dose=DATA["age"] * 1.5 + 0.25)
    numbers = {"target": "dose", "positive": None, "hint": 'task="regression"'}
    refused(SCORES * 100, doses, "60 different numbers", **numbers)
    refused(lambda rows: rows["age"] * 1.4, doses, "one number a row", input=["age"], **numbers)
