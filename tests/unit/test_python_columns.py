"""Which numbers are whose: scores by the names of their classes, and cells by what they were before they were kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import auditkit
from auditkit import ClassScores, ModelError
from auditkit.inmemory.estimator import Estimator
from auditkit.inmemory.identity import BY_ITS_ANSWERS, estimator_identity
from auditkit.inmemory.naming import Naming
from auditkit.inmemory.types import restored

YES = np.linspace(0.01, 0.99, 60)
SCORES = np.column_stack([1 - YES, YES])
DATA = pd.DataFrame({"age": np.linspace(20, 80, 60), "ill": np.where(YES > 0.5, "yes", "no")})
SWAPPED = {"no": "yes", "yes": "no"}


def accuracy(model, **more):
    result = auditkit.audit(model, DATA, target="ill", positive="yes", checks="performance.overall", **more)
    table = result.to_frame()
    return table.loc[(table["metric"] == "accuracy") & table["label"].isna(), "value"].item()


GIVEN = {
    "scores of named classes": ClassScores(("no", "yes"), SCORES),
    "labels of named classes": ClassScores(("no", "yes"), np.round(SCORES), "label"),
    "columns with names": pd.DataFrame(SCORES, columns=["no", "yes"]),
    "labels": np.where(YES > 0.5, "yes", "no"),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_names_are_mapped_once(given):
    assert accuracy(given) == 1.0
    assert accuracy(given, labels=SWAPPED) == 0.0


def test_classes_in_another_order_than_the_models_own_are_refused():
    model = LogisticRegression().fit(DATA[["age"]], DATA["ill"])
    right = accuracy(model)
    assert accuracy(model, classes=["no", "yes"]) == right > 0.9
    for given in (model, GIVEN["scores of named classes"], GIVEN["columns with names"]):
        with pytest.raises(ModelError, match=r"classes are \['yes', 'no'\], and the columns") as told:
            accuracy(given, classes=["yes", "no"])
        assert "classes=['no', 'yes']" in told.value.hint
    # Labels are told apart by their names, whatever order the classes are listed in.
    assert accuracy(GIVEN["labels"], classes=["yes", "no"]) == 1.0


@pytest.mark.parametrize("kind", [int, bool, str])
def test_a_label_that_no_row_had_when_the_model_was_fitted_has_no_probability(kind):
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(200, 2))
    flags = np.column_stack([np.zeros(200, int), np.ones(200, int), rows[:, 0] > 0]).astype(int).astype(kind)
    forest = RandomForestClassifier(5, random_state=0).fit(rows, flags)
    found = Estimator(forest, Naming(several=("never", "always", "often")), {}).predict(pd.DataFrame(rows))
    assert found.labels == ("never", "always", "often")
    assert set(found.scores[:, 0]) == {0.0}
    assert set(found.scores[:, 1]) == {1.0}
    np.testing.assert_array_equal(found.scores[:, 2], forest.predict_proba(rows)[2][:, 1])


def test_an_output_of_three_classes_is_no_label():
    rows = np.arange(30.0).reshape(-1, 1)
    forest = RandomForestClassifier(3, random_state=0).fit(
        rows, np.column_stack([np.arange(30) % 3, np.arange(30) % 2])
    )
    with pytest.raises(ModelError, match="the estimator's output 1 has 3 classes"):
        Estimator(forest, Naming(several=("a", "b")), {}).predict(pd.DataFrame(rows))


def test_one_column_that_is_named_reaches_a_model_that_knows_it_by_its_name():
    columns = make_column_transformer((OneHotEncoder(), ["band"]))
    rows = DATA.assign(band=np.where(DATA["age"] > 50, "old", "young"))
    model = make_pipeline(columns, LogisticRegression()).fit(rows[["band"]], rows["ill"])
    told = auditkit.audit(model, rows, target="ill", positive="yes", input="band", checks="performance.overall")
    table = told.to_frame()
    assert table.loc[table["metric"] == "accuracy", "value"].iloc[0] == model.score(rows[["band"]], rows["ill"])


def one_column(cells, kind):
    return restored(pd.DataFrame({"x": pd.Series(cells, dtype=object)}), {"x": kind})["x"]


@pytest.mark.parametrize(
    ("cells", "kind", "kept", "dtype"),
    [
        ([1, 2], "int64", [1, 2], "int64"),
        ([45, 45.5], "int64", [45.0, 45.5], "float64"),
        (["45", "45.5"], "int64", [45.0, 45.5], "float64"),
        (["1", "2"], "int64", [1, 2], "int64"),
        (["0.1"], "float64", [0.1], "float64"),
        ([0.5, 0.25], "float32", [0.5, 0.25], "float32"),
        ([float(np.float32(0.1))], "float32", [float(np.float32(0.1))], "float32"),
        ([True, "false"], "bool", [True, False], "bool"),
        (["true", "maybe"], "bool", [True, "maybe"], "object"),
        ([0.5], "bool", [0.5], "float64"),
        (["x", "y"], pd.CategoricalDtype(["x", "y"]), ["x", "y"], "category"),
        (["x", "new"], pd.CategoricalDtype(["x", "y"]), ["x", "new"], None),
        ([pd.Timestamp("2026-01-01")], "datetime64[ns]", [pd.Timestamp("2026-01-01")], "datetime64[ns]"),
    ],
)
def test_a_cell_is_cast_only_where_it_stays_what_it_is(cells, kind, kept, dtype):
    found = one_column(cells, pd.api.types.pandas_dtype(kind))
    assert found.tolist() == kept
    assert dtype is None or found.dtype == dtype


def test_missing_cells_stay_missing():
    whole = one_column([1, None], pd.Int64Dtype())
    assert (whole.dtype, whole[0], whole.isna().tolist()) == (pd.Int64Dtype(), 1, [False, True])
    assert one_column([1, None], np.dtype("int64")).tolist()[0] == 1
    words = one_column(["x", None], pd.CategoricalDtype(["x"]))
    assert (str(words.dtype), words.isna().tolist()) == ("category", [False, True])


def test_what_refuses_to_be_pickled_in_any_way_is_known_by_its_answers():
    class Handle(LogisticRegression):
        def __getstate__(self):
            raise ValueError("ctypes objects containing pointers cannot be pickled")

    found = estimator_identity(Handle())
    assert (found.digest, found.made) == (None, BY_ITS_ANSWERS)
