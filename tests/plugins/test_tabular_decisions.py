"""Estimators whose answers would be read as something else than they say."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC
from tables import settings, table, typed

from auditkit import LabelScores, ModelError
from auditkit_tabular import open_tabular

ROWS = table(90)
X = typed(ROWS)[["age", "pressure"]]
ILL = np.where(X["age"] > 55, "yes", "no")


def opened(folder, model, name="model.joblib", **changes):
    joblib.dump(model, folder / name)
    how = {"data": {"input": ("age", "pressure")}, "trust_pickle": True} | changes
    return open_tabular(folder / name, **settings(folder, **how))


def refusal(folder, model, **changes):
    with pytest.raises(ModelError) as caught:
        opened(folder, model, **changes).predict(ROWS)
    assert caught.value.hint
    return caught.value.message


def test_scores_of_pairs_of_three_classes_are_not_taken_for_scores_of_classes(tmp_path):
    three = np.where(X["age"] < 40, "b", np.where(X["age"] < 65, "a", "c"))
    how = {"target_classes": ("a", "b", "c")}
    pairs = SVC(decision_function_shape="ovo").fit(X, three)
    assert pairs.decision_function(X).shape == (90, 3)
    assert "scores pairs of classes" in refusal(tmp_path, make_pipeline(pairs).fit(X, three), **how)
    # As its hint says.
    pairs.set_params(decision_function_shape="ovr")
    found = opened(tmp_path, pairs, **how).predict(ROWS)
    assert (np.array(found.classes)[found.decide()] == pairs.predict(X)).mean() > 0.95
    # Two classes have one pair.
    assert opened(tmp_path, SVC(decision_function_shape="ovo").fit(X, ILL)).predict(ROWS).kind == "score"


def test_an_estimator_with_a_threshold_of_its_own_is_judged_at_it(tmp_path):
    fitted = FixedThresholdClassifier(LogisticRegression(), threshold=0.9, response_method="predict_proba")
    fitted.fit(X, ILL)
    assert refusal(tmp_path, fitted) == (
        "the FixedThresholdClassifier decides at 0.9, and the audit for the larger of two probabilities"
    )
    at = {"input": ("age", "pressure"), "positive": "yes"}
    assert "threshold = 0.5" in refusal(tmp_path, fitted, data=at | {"threshold": 0.5})
    found = opened(tmp_path, fitted, data=at | {"threshold": 0.9}).predict(ROWS)
    assert np.array_equal(np.array(found.classes)[found.decide("yes", 0.9)], fitted.predict(X))
    assert not np.array_equal(np.array(found.classes)[found.decide()], fitted.predict(X))


def test_what_predicts_and_is_no_classifier(tmp_path):
    assert refusal(tmp_path, KMeans(2, random_state=0).fit(X)).startswith("the KMeans knows no classes")
    outliers = IsolationForest(n_estimators=5, random_state=0).fit(X)
    assert refusal(tmp_path, outliers).startswith("the IsolationForest knows no classes")
    two = RandomForestClassifier(3, random_state=0).fit(X, np.c_[ILL, ILL])
    assert refusal(tmp_path, two) == (
        "the RandomForestClassifier was fitted on 2 targets, and [data] target names one"
    )  # fmt: skip
    values = LinearRegression().fit(X, X)
    how = {"task": "regression", "target_classes": ()}
    assert refusal(tmp_path, values, **how) == "the model gives 2 values a row, and one is audited"


def test_cells_that_an_estimator_does_not_take(tmp_path):
    fitted = LogisticRegression().fit(X, ILL)
    model = opened(tmp_path, fitted)
    with pytest.raises(ModelError, match="the LogisticRegression does not take these rows: Input X contains NaN") as no:
        model.predict(ROWS.assign(pressure=""))
    assert "impute it in the pipeline" in no.value.hint


def test_a_label_that_was_never_seen_is_never_said(tmp_path):
    flags = np.c_[ILL == "yes", np.zeros(90)].astype(int)
    fitted = RandomForestClassifier(5, random_state=0).fit(X, flags)
    how = {"data": {"input": ("age", "pressure"), "target": ("ill", "rare")}, "target_classes": ()}
    found = opened(tmp_path, fitted, **how).predict(ROWS)
    assert isinstance(found, LabelScores)
    assert np.array_equal(found.scores[:, 0], fitted.predict_proba(X)[0][:, 1])
    assert not found.scores[:, 1].any()
    always = RandomForestClassifier(5, random_state=0).fit(X, 1 - flags)
    assert opened(tmp_path, always, **how).predict(ROWS).scores[:, 1].all()


def test_classes_of_one_target_are_not_taken_for_labels(tmp_path):
    # Its classes come in the order of the alphabet, and the columns in any.
    fitted = RandomForestClassifier(5, random_state=0).fit(X, np.where(ILL == "yes", "zz", "aa"))
    how = {"data": {"input": ("age", "pressure"), "target": ("zz", "aa")}, "target_classes": ()}
    assert refusal(tmp_path, fitted, **how) == (
        "the RandomForestClassifier gives one class a row, and [data] target names 2 columns"
    )


@pytest.mark.parametrize("kind", [int, bool])
def test_texts_are_not_given_to_an_encoder_that_knows_numbers(tmp_path, kind):
    rows = pd.DataFrame({"age": X["age"], "sex": (ROWS["sex"] == "F").astype(kind)})
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["sex"]), remainder="passthrough")
    fitted = make_pipeline(encoder, LogisticRegression()).fit(rows, ILL)
    how = {"data": {"input": ("age", "sex")}}
    cells = ROWS.assign(sex=np.where(ROWS["sex"] == "F", "1", "0"))
    with pytest.raises(ModelError, match="was fitted on numbers in 'sex'"):
        opened(tmp_path, fitted, categories=("sex",), **how)
    assert np.array_equal(opened(tmp_path, fitted, **how).predict(cells).scores, fitted.predict_proba(rows))
    texts = rows.assign(sex=cells["sex"])
    fitted = make_pipeline(encoder, LogisticRegression()).fit(texts, ILL)
    with pytest.raises(ModelError, match="was fitted on texts in 'sex', 0, 1, and is given numbers"):
        opened(tmp_path, fitted, **how)
    found = opened(tmp_path, fitted, categories=("sex",), **how).predict(cells)
    assert np.array_equal(found.scores, fitted.predict_proba(texts))


def test_members_of_an_ensemble_that_know_other_classes(tmp_path):
    for place, third in enumerate(("maybe", "rarely")):
        fitted = LogisticRegression().fit(X, np.where(X["age"] > 80, third, ILL))
        joblib.dump(fitted, tmp_path / f"{place}.joblib")
    how = settings(tmp_path, data={"input": ("age", "pressure")}, trust_pickle=True)
    with pytest.raises(ModelError, match="members of the ensemble differ in their classes: 'maybe', 'no', 'yes'; and"):
        open_tabular(tmp_path, **how).predict(ROWS)
