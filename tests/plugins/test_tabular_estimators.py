"""scikit-learn estimators in files: their own answers, by leave of what they would run."""

from __future__ import annotations

import os
import pickle
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import BayesianRidge, LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from tables import settings, table, typed

from auditkit import ClassScores, LabelScores, ModelError
from auditkit_tabular import open_tabular

ROWS = table()
ILL = np.where(typed(ROWS)["age"] + 5 * (ROWS["sex"] == "M") > 55, "yes", "no")


def pipeline(last=None):
    columns = make_column_transformer((OneHotEncoder(), ["sex"]), (StandardScaler(), ["age", "pressure"]))
    return make_pipeline(columns, last or LogisticRegression())


def saved(folder, model, name="model.skops"):
    path = folder / name
    {".skops": skops.io.dump, ".joblib": joblib.dump}.get(path.suffix, lambda m, p: p.write_bytes(pickle.dumps(m)))(
        model, path
    )
    return path


def opened(path, **changes):
    return open_tabular(path, **settings(path.parent, **({"categories": ("sex",)} | changes)))


def refusal(path, **changes):
    with pytest.raises(ModelError) as caught:
        opened(path, **changes).predict(ROWS)
    assert caught.value.hint
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize("name", ["model.skops", "model.joblib", "model.pkl"])
def test_a_pipeline_says_what_it_says(tmp_path, name):
    fitted = pipeline().fit(typed(ROWS), ILL)
    model = opened(saved(tmp_path, fitted, name), trust_pickle=name != "model.skops")
    found = model.predict(ROWS)
    assert isinstance(found, ClassScores)
    assert found.classes == ("no", "yes")
    assert np.array_equal(found.scores, fitted.predict_proba(typed(ROWS)))
    assert len(model.predict(ROWS[:0])) == 0
    trusted = [str(text) for text in model.trusted]
    if name == "model.skops":
        assert trusted == []
    else:
        assert trusted[0].startswith(f"the model was read from a pickle, '{name}', which the spec allows; it ran ")


def test_scores_and_labels_of_those_without_probabilities(tmp_path):
    rows = typed(ROWS)
    svm = pipeline(LinearSVC()).fit(rows, ILL)
    found = opened(saved(tmp_path, svm)).predict(ROWS)
    assert found.kind == "score"
    assert np.array_equal(found.scores[:, 1], svm.decision_function(rows))
    three = np.where(rows["age"] > 70, "old", ILL)
    ridge = pipeline(RidgeClassifier()).fit(rows, three)
    found = opened(saved(tmp_path, ridge), target_classes=("no", "old", "yes")).predict(ROWS)
    assert np.array_equal(found.scores, ridge.decision_function(rows))


def test_several_labels(tmp_path):
    rows, flags = typed(ROWS), np.column_stack([ILL == "yes", ROWS["sex"] == "M"]).astype(int)
    many = pipeline(MultiOutputClassifier(BernoulliNB())).fit(rows, flags)
    how = {"data": {"target": ("ill", "man")}, "target_classes": ()}
    found = opened(saved(tmp_path, many), **how).predict(ROWS)
    assert isinstance(found, LabelScores)
    assert found.labels == ("ill", "man")
    assert np.array_equal(found.scores, np.column_stack([one[:, 1] for one in many.predict_proba(rows)]))


def test_values_and_their_spread(tmp_path):
    rows = typed(ROWS)
    how = {"task": "regression", "target_classes": ()}
    line = pipeline(LinearRegression()).fit(rows, rows["pressure"] * 2)
    found = opened(saved(tmp_path, line), **how).predict(ROWS)
    assert np.array_equal(found.values, line.predict(rows))
    assert found.spread is None
    bayes = pipeline(BayesianRidge()).fit(rows, rows["age"] + np.arange(40) % 7)
    mean, spread = bayes.predict(rows, return_std=True)
    model = opened(saved(tmp_path, bayes), **how)
    found = model.predict(ROWS)
    assert np.array_equal(found.values, mean)
    assert np.array_equal(found.spread, spread)
    assert len(model.predict(ROWS[:0]).spread) == 0


def test_an_ensemble_of_estimators(tmp_path):
    rows = typed(ROWS)
    members = [pipeline(LogisticRegression(C=c)).fit(rows, ILL) for c in (0.1, 1.0, 10.0)]
    for place, member in enumerate(members):
        saved(tmp_path, member, f"{place}.skops")
    found = opened(tmp_path).predict(ROWS)
    assert np.allclose(found.scores, np.mean([member.predict_proba(rows) for member in members], axis=0))


def test_an_estimator_that_was_fitted_on_a_matrix(tmp_path):
    rows = typed(ROWS)[["age", "pressure"]]
    near = KNeighborsClassifier(3).fit(rows.to_numpy(), ILL)
    how = {"data": {"input": ("age", "pressure")}, "categories": ()}
    path = saved(tmp_path, near)
    assert np.array_equal(opened(path, **how, trust_types=types(path)).predict(ROWS).scores, near.predict_proba(
        rows.to_numpy())
    )  # fmt: skip
    said = refusal(path, trust_types=types(path))[0]
    assert said == "the model was fitted on 2 columns, and [data] input names 3"


def types(path):
    return tuple(skops.io.get_untrusted_types(file=path))


def test_classes_are_held_against_the_target(tmp_path):
    rows = typed(ROWS)
    numbers = pipeline().fit(rows, (ILL == "yes").astype(int))
    path = saved(tmp_path, numbers)
    assert opened(path, labels={"0": "no", "1": "yes"}).predict(ROWS).classes == ("no", "yes")
    assert opened(path, target_classes=("0", "1")).predict(ROWS).classes == ("0", "1")
    said, hint = refusal(path)
    assert said == "the target holds 'no', which is none of the model's classes, '0', '1'"
    assert hint == '[model] labels = {0 = "...", 1 = "..."}'
    flags = pipeline().fit(rows, ILL == "yes")
    assert opened(saved(tmp_path, flags), target_classes=("false", "true")).predict(ROWS).classes == ("false", "true")


class Strange(LogisticRegression):
    """A type of the user's own."""


def test_a_type_of_the_users_own(tmp_path):
    rows = typed(ROWS)
    path = saved(tmp_path, pipeline(Strange()).fit(rows, ILL))
    (name,) = types(path)
    said, hint = refusal(path)
    assert said == f"'model.skops' holds types that skops does not know as harmless: \"{name}\""
    assert hint == f'if you know them, [model] trust_types = ["{name}"]'
    model = opened(path, trust_types=(name,))
    assert np.array_equal(model.predict(ROWS).scores, skops.io.load(path, trusted=[name]).predict_proba(rows))
    assert str(model.trusted[0]).endswith(f"were made, which the spec allows: {name}")


def test_a_type_that_a_pickle_would_be_refused_for_is_no_type_to_trust(tmp_path):
    path = saved(tmp_path, pipeline().fit(typed(ROWS), ILL))
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    schema = held["schema.json"].decode().replace("sklearn.linear_model._logistic", "os")
    held["schema.json"] = schema.replace('"LogisticRegression"', '"system"').encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    assert types(path) == ("os.system",)
    for trusted in ((), ("os.system",)):
        said, hint = refusal(path, trust_types=trusted)
        assert said == "'model.skops' would run 'os.system', which no model needs: it is refused, trusted or not"
        assert "trust_types" not in hint


class Planted:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl"])
def test_a_pickle_needs_trust_and_danger_is_refused_under_it(tmp_path, name):
    path = saved(tmp_path, pipeline().fit(typed(ROWS), ILL), name)
    said, hint = refusal(path)
    assert said.startswith(f"'{name}' is a pickle, which can run code; this one makes ")
    assert "sklearn." in said
    assert hint.endswith("[model] trust_pickle = true")
    path = saved(tmp_path, [pipeline(), Planted(f"touch {tmp_path / 'it-ran'}")], name)
    for trust in (False, True):
        assert refusal(path, trust_pickle=trust)[0].startswith(f"'{name}' would run 'posix.system'")
    assert not (tmp_path / "it-ran").exists()


def test_trees_with_categories_are_read_from_a_pickle_that_is_trusted(tmp_path):
    """They hold a function of scikit-learn's own, wrapped: no danger, and the report names it."""
    rows = typed(ROWS).assign(sex=ROWS["sex"].astype("category"))
    trees = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=5).fit(rows, ILL)
    path = saved(tmp_path, trees, "model.joblib")
    assert "is a pickle, which can run code" in refusal(path)[0]
    model = opened(path, trust_pickle=True)
    assert np.array_equal(model.predict(ROWS).scores, trees.predict_proba(rows))
    path = saved(tmp_path, trees)
    assert np.array_equal(opened(path, trust_types=types(path)).predict(ROWS).scores, trees.predict_proba(rows))


def test_estimators_that_cannot_be_audited(tmp_path):
    rows = typed(ROWS)
    assert refusal(saved(tmp_path, pipeline()))[0] == "the Pipeline is not fitted"
    assert (
        refusal(saved(tmp_path, {"model": 1}))[0]
        == "the file holds a dict, and no scikit-learn estimator that predicts"
    )
    fitted = saved(tmp_path, pipeline().fit(rows, ILL))
    assert refusal(fitted, task="regression")[0] == "the Pipeline gives classes, and the task is regression"
    line = saved(tmp_path, pipeline(LinearRegression()).fit(rows, rows["age"]), "line.skops")
    assert refusal(line) == (
        "the Pipeline gives values, and the task is one of classes",
        'task = "regression", above [model]; or audit another model',
    )
    said, hint = refusal(fitted, data={"input": ("age", "sexes", "pressure")}, categories=("sexes",))
    assert said == "the model was fitted on the column 'sex', which [data] input does not name"
    assert hint == "did you mean 'sexes'?"
    assert refusal(fitted, data={"input": ("age", "sex", "pressure", "site")})[0] == (
        "[data] input names 'site', which the model was not fitted on"
    )
    (tmp_path / "bad.skops").write_bytes(fitted.read_bytes()[:-30])
    assert refusal(tmp_path / "bad.skops")[0].startswith("'bad.skops' is no whole zip archive: ")
    (tmp_path / "model.csv").touch()
    assert refusal(tmp_path / "model.csv")[0] == "'model.csv' is no model of a table that is read"


def test_another_version_of_scikit_learn_is_noted(tmp_path):
    fitted = pipeline().fit(typed(ROWS), ILL)
    for step in (fitted, fitted[-1]):
        vars(step)["_sklearn_version"] = "1.0"
    raw = pickle.dumps(fitted)
    import sklearn

    now = sklearn.__version__.encode()
    old = b"1.0.2"[: len(now)]
    assert raw.count(now)
    (tmp_path / "model.pkl").write_bytes(raw.replace(now, old))
    notes = [str(note) for note in opened(tmp_path / "model.pkl", trust_pickle=True).notes]
    assert notes == [
        f"the model was saved with scikit-learn {old.decode()}, and run with {now.decode()}: its answers can differ"
    ]
