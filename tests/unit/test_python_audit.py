"""`auditkit.audit`: what is in memory gives the numbers that the command line gives, and is identified honestly."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import commands
import numpy as np
import pandas as pd
import pytest
from commands import small_rows
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

import auditkit
from auditkit import AuditError, ClassScores, Policy, Rankings, Rule, Texts, Values
from auditkit.auditing import run_audit
from auditkit.host import Host
from auditkit.result import AuditResult
from auditkit.spec import read_spec

POLICY = {"rules": [{"metric": "accuracy", "min": 0.5, "because": "a test"}]}
FAIR = {"checks": "fairness.four-fifths", "policy": POLICY}
QUICK = {"checks": "performance", "policy": POLICY}
ASKED = {"checks": list(commands.QUICK), "policy": POLICY}
"""What the small spec asks for."""
OF_ANSWERS = ["calibration", "fairness.gaps", "fairness.score-balance", "fairness.tests", "performance", "reliability"]
"""Checks that look at the answers alone, and ask the model nothing more."""


@pytest.fixture(scope="module")
def rows():
    """200 rows as the small spec has them, under an index that is no order."""
    frame = pd.DataFrame(small_rows(), columns=["sex", "band", "outcome", "p_no", "p_yes"])
    frame = frame.astype({"p_no": float, "p_yes": float})
    return frame.set_axis(np.random.default_rng(1).permutation(len(frame)) + 7)


@pytest.fixture(scope="module")
def patients():
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({"age": draw.normal(55, 12, 240), "bmi": draw.normal(26, 4, 240)})
    frame["sex"] = pd.Categorical(draw.choice(["F", "M"], 240))
    frame["ill"] = np.where(frame.age + frame.bmi + draw.normal(0, 9, 240) > 82, "yes", "no")
    return frame.set_axis(draw.permutation(240) * 3)


def numbers(result):
    return [finding.model_dump(mode="json")["measurements"] for finding in result.findings]


def asked(model, data, **more):
    return auditkit.audit(model, data, **{"target": "ill", "positive": "yes", "input": ["age", "bmi"]} | QUICK | more)


# The same machinery.


def test_scores_in_memory_give_what_recorded_columns_give(folder, rows):
    recorded = run_audit(read_spec(folder.path / "audit.toml"), Host.installed())
    named = {"target": "outcome", "positive": "yes", "groups": ["sex", "band"], "seed": 7, **ASKED}
    one = auditkit.audit(rows["p_yes"], rows.drop(columns=["p_no", "p_yes"]), **named)
    two = auditkit.audit(rows[["p_no", "p_yes"]].to_numpy(), rows, classes=["no", "yes"], **named)
    typed = auditkit.audit(ClassScores(("no", "yes"), rows[["p_no", "p_yes"]].to_numpy()), rows, **named)
    assert numbers(two) == numbers(typed) == numbers(recorded)
    # One column leaves the other to be made from it, which in three decimals is not what was written.
    frames = [one.to_frame(), recorded.to_frame()]
    assert len(frames[0]) > 20
    pd.testing.assert_frame_equal(*frames, rtol=1e-9)
    assert two.verdict == recorded.verdict


def test_labels_in_memory_give_what_a_recorded_column_gives(folder, rows):
    said = np.where(rows["p_yes"] > 0.5, "yes", "no")
    folder.write_rows([[*row, label] for row, label in zip(small_rows(), said, strict=True)],
                      header=("sex", "band", "outcome", "p_no", "p_yes", "said"))  # fmt: skip
    folder.spec(('scores = ["p_no", "p_yes"]\nclasses = ["no", "yes"]', 'predicted = "said"'))
    recorded = run_audit(read_spec(folder.path / "audit.toml"), Host.installed())
    named = {"target": "outcome", "positive": "yes", "groups": ["sex", "band"], "seed": 7, **ASKED}
    for given in (said, list(said), pd.Series(said, index=rows.index[::-1]), pd.Categorical(said)):
        assert numbers(auditkit.audit(given, rows, **named)) == numbers(recorded)


def test_a_file_is_read_as_the_command_line_reads_it(folder):
    scores = [[float(row[3]), float(row[4])] for row in small_rows()]
    recorded = run_audit(read_spec(folder.path / "audit.toml"), Host.installed())
    result = auditkit.audit(
        scores, folder.path / "rows.csv", target="outcome", positive="yes", groups=["sex", "band"],
        classes=["no", "yes"], seed=7, **ASKED,
    )  # fmt: skip
    assert numbers(result) == numbers(recorded)
    assert result.data.splits[0].file == recorded.data.splits[0].file
    assert result.data.loader == "csv"


# Estimators.


def test_an_estimator_gives_what_its_recorded_probabilities_give(patients):
    forest = RandomForestClassifier(20, random_state=0).fit(patients[["age", "bmi"]], patients["ill"])
    scores = forest.predict_proba(patients[["age", "bmi"]])
    by_model = asked(forest, patients, input=None, checks=OF_ANSWERS, groups="sex")
    by_scores = asked(scores, patients, classes=forest.classes_, checks=OF_ANSWERS, groups="sex")
    assert numbers(by_model) == numbers(by_scores)
    assert by_model.subject.adapter == "python"
    assert by_model.subject.path is None
    assert by_model.subject.class_name == "sklearn.ensemble._forest.RandomForestClassifier"
    assert by_scores.subject.class_name is None
    assert str(by_model.subject.notes[0]) == "the model was given in memory: no file of it was read"


def test_an_estimator_fitted_on_arrays_and_numbers_of_classes(patients):
    table = patients[["age", "bmi"]].to_numpy()
    model = LogisticRegression().fit(table, (patients["ill"] == "yes").astype(int))
    result = asked(model, patients, labels={0: "no", 1: "yes"})
    expected = model.score(table, (patients["ill"] == "yes").astype(int))
    assert value(result, "accuracy") == pytest.approx(expected, abs=1e-12)
    assert result.subject.classes == ("no", "yes")


def value(result, metric):
    frame = result.to_frame()
    (found,) = frame[(frame["metric"] == metric) & (frame["group"] == "")]["value"]
    return found


def test_features_and_target_apart(patients):
    features, truth = patients[["age", "bmi"]], patients["ill"].to_numpy()
    model = LogisticRegression().fit(features.to_numpy(), truth)
    result = auditkit.audit(model, features, target=truth, positive="yes", groups={"sex": patients["sex"]}, **QUICK)
    assert value(result, "accuracy") == pytest.approx(model.score(features.to_numpy(), truth), abs=1e-12)
    assert [attribute.name for attribute in result.data.splits[0].attributes] == ["sex"]


def test_a_decision_function_is_a_score_and_no_probability(patients):
    model = LinearSVC().fit(patients[["age", "bmi"]], patients["ill"])
    result = asked(model, patients, input=None)
    assert value(result, "accuracy") == pytest.approx(model.score(patients[["age", "bmi"]], patients["ill"]), abs=1e-12)
    assert "scores" not in result.data.available


def test_types_of_columns_reach_the_model(patients):
    seen = []

    def model(inputs):
        seen.append(inputs.dtypes.astype(str).to_dict())
        return (inputs["age"] > 55).map({True: "yes", False: "no"}).to_numpy()

    data = patients.assign(
        age=patients["age"].round().astype("Int64"), day=pd.Timestamp("2026-01-02"), told=pd.array([True] * 240)
    )
    data.iloc[3, data.columns.get_loc("bmi")] = np.nan
    asked(model, data, input=["age", "bmi", "sex", "day", "told"])
    (types,) = seen
    assert types == {"age": "Int64", "bmi": "float64", "sex": "category", "day": "datetime64[us]", "told": "boolean"}


def test_texts_go_through_a_vectoriser():
    texts, truth = ["chest pain", "a cold", "pain", "cold cold"] * 15, ["yes", "no", "yes", "no"] * 15
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, truth)
    data = {"note": texts, "truth": truth}
    result = auditkit.audit(model, data, target="truth", input="note", positive="yes", **QUICK)
    assert value(result, "accuracy") == 1.0


def test_a_regression_is_measured_as_values(patients):
    truth = patients["age"].to_numpy() * 0.5 + 3
    model = LinearRegression().fit(patients[["bmi"]], truth)
    data = patients.assign(days=truth)
    said = model.predict(patients[["bmi"]])
    by_model = auditkit.audit(model, data, target="days", checks="performance")
    by_values = auditkit.audit(Values(said), data, target="days", checks="performance")
    by_array = auditkit.audit(said, data, target="days", task="regression", checks="performance")
    assert by_model.subject.prediction_type == "Values"
    assert numbers(by_model) == numbers(by_values) == numbers(by_array)


def test_several_labels_at_once(patients):
    flags = np.column_stack([patients["age"] > 50, patients["bmi"] > 26]).astype(int)
    scores = np.clip(flags * 0.6 + 0.2, 0, 1)
    data = patients.assign(old=flags[:, 0], heavy=flags[:, 1])
    result = auditkit.audit(scores, data, target=["old", "heavy"], **QUICK)
    assert result.subject.prediction_type == "LabelScores"
    assert result.subject.classes == ("old", "heavy")


# Who it was.


def test_a_digest_names_this_fit_and_no_other(patients):
    table = patients[["age", "bmi"]]
    first = asked(LogisticRegression().fit(table, patients["ill"]), patients).subject
    same = asked(LogisticRegression().fit(table, patients["ill"]), patients).subject
    other = asked(LogisticRegression(C=0.01).fit(table, patients["ill"]), patients).subject
    assert first.digest == same.digest != other.digest


def test_what_cannot_be_pickled_is_known_by_what_it_says(patients):
    def model(inputs):
        return (inputs["age"].to_numpy() > 55) * 0.8 + 0.1

    first, second = asked(model, patients), asked(lambda inputs: 0 + model(inputs), patients)
    other = asked(lambda inputs: 1 - model(inputs), patients)
    unpicklable = make_pipeline(FunctionTransformer(lambda table: table), LogisticRegression())
    fitted = asked(unpicklable.fit(patients[["age", "bmi"]], patients["ill"]), patients)
    assert first.subject.digest == second.subject.digest != other.subject.digest
    assert "over what it said of the audit rows" in str(fitted.subject.notes[1])
    assert fitted.subject.digest != "0" * 64


def test_predictions_are_recorded_and_said_to_be(rows):
    result = auditkit.audit(rows["p_yes"], rows, target="outcome", positive="yes", **QUICK)
    assert result.subject.adapter == "recorded"
    assert result.subject.digest == result.data.splits[0].digest
    assert result.data.splits[0].file is None
    assert "the model itself was not run" in " ".join(str(one.why) for one in result.not_looked_at)


def test_checks_that_must_be_named_take_one_line_where_they_were_not(rows):
    result = auditkit.audit(rows["p_yes"], rows, target="outcome", positive="yes", groups=["sex"], **FAIR)
    silent = {str(one.what): str(one.why) for one in result.not_looked_at}
    told = silent["what is measured only when a spec names it, with its options"]
    assert told == "fairness.local-law-144, fairness.metric"
    assert not any("Local Law" in what for what in silent)
    of_rankings = {one.title for one in Host.installed().checks.values() if one.on == (Rankings,)}
    assert of_rankings
    assert not of_rankings & silent.keys()


def test_given_texts_are_no_model_that_ran():
    said = Texts(tuple((f"answer {row}",) for row in range(60)))
    result = auditkit.audit(said, {"question": [f"q{row}" for row in range(60)]}, checks="performance")
    assert result.subject.prediction_type == "Texts"
    assert result.subject.adapter == "given"
    assert "the model itself was not run" in " ".join(str(one.why) for one in result.not_looked_at)


# The result.


def test_the_bundle_is_written_and_verified(patients, folder):
    model = LogisticRegression().fit(patients[["age", "bmi"]], patients["ill"])
    result = asked(model, patients, groups="sex")
    written = result.write(folder.path / "bundle", formats=["html"])
    answer = folder.run("verify", "bundle", "--allow-dev-key")
    assert answer.code == 0, answer
    assert "evidence files match" in answer.out
    assert AuditResult.from_json((written / "result.json").read_bytes()) == result
    page = (written / "report.html").read_text("utf-8")
    assert "LogisticRegression, given in memory" in page
    assert "No file of the model was read." in page
    with pytest.raises(AuditError, match="exists") as told:
        result.write(written)
    assert "force=True" in told.value.hint
    assert result.write(written, force=True, formats=["html"], evidence="none") == written


def test_the_evidence_goes_with_the_result(rows, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = auditkit.audit(rows["p_yes"], rows, target="outcome", positive="yes", **QUICK)
    (folder,) = tmp_path.glob("auditkit-*")
    copied = pickle.loads(pickle.dumps(result))
    assert copied == result == copy.deepcopy(result)
    with pytest.raises(AuditError, match="no evidence at hand"):
        copied.write(tmp_path / "bundle")
    del result
    assert not folder.exists()
    with pytest.raises(AuditError):
        auditkit.audit(rows["p_yes"], rows, target="outcom", positive="yes", **QUICK)
    assert list(tmp_path.glob("auditkit-*")) == []


def test_a_store_that_is_named_is_kept(rows, tmp_path):
    auditkit.audit(rows["p_yes"], rows, target="outcome", positive="yes", store=tmp_path / "store", **QUICK)
    assert len(list((tmp_path / "store").glob("audit-*/.auditkit/*/*/tree.json"))) >= 3


def test_a_policy_is_said_in_any_way(rows, tmp_path):
    rule = Rule(metric="accuracy", min=0.99, because="a test")
    path = tmp_path / "rules.toml"
    path.write_text('[[rules]]\nmetric = "accuracy"\nmin = 0.99\nbecause = "a test"\n', "utf-8")
    for policy in (Policy(rules=(rule,)), [rule], {"rules": [rule.model_dump(exclude_defaults=True)]}, path):
        result = auditkit.audit(
            rows["p_yes"], rows, target="outcome", positive="yes", checks=["performance"], policy=policy
        )
        assert [judgement.outcome for judgement in result.verdict.judgements] == ["fail"], policy
    packed = auditkit.audit(
        rows["p_yes"], rows, target="outcome", positive="yes", policy="baseline", groups="sex",
        checks=[*commands.QUICK, "calibration.error"],
    )  # fmt: skip
    assert len(packed.verdict.judgements) == 5


def test_training_rows_have_predictions_of_their_own(rows):
    first, rest = rows.iloc[:80], rows.iloc[80:]
    result = auditkit.audit(
        rest["p_yes"], rest, target="outcome", positive="yes", training=first, training_predictions=first["p_yes"],
        **QUICK,
    )  # fmt: skip
    assert {split.name: split.rows for split in result.data.splits} == {"audit": 120, "training": 80}


def test_units_and_weights_may_be_arrays(rows):
    result = auditkit.audit(
        rows["p_yes"], rows, target="outcome", positive="yes", unit=[row // 2 for row in range(200)],
        weights=np.full(200, 0.5), **QUICK,
    )  # fmt: skip
    (split,) = result.data.splits
    assert (split.units, split.weight_sum) == (100, 100.0)


def test_columns_of_answers_periods_and_readers_are_named_as_in_a_spec(rows):
    asked = {"data": pd.DataFrame({"q": ["a pain in the chest", "a cold"] * 40, "flag": ["yes", "no"] * 40})}
    said = Texts((("Call 911.",), ("Rest.",)) * 20 + (("Rest.",), ("Rest.",)) * 20)
    result = auditkit.audit(
        said, **asked, input="q", expected={"emergency": "flag"}, checks="conversation.emergencies", policy=POLICY
    )
    (missed,) = [
        one for one in result.findings[0].measurements if one.metric == "missed_emergency_rate" and not one.group
    ]
    assert (missed.value, missed.n) == (0.5, 40)

    when = pd.date_range("2026-01-01", periods=200, freq="D")
    result = auditkit.audit(
        rows["p_yes"], rows.assign(reader=rows["outcome"]), target="outcome", positive="yes", period=when,
        readers=["reader"], checks=["shift.periods", "reliability.readers"], policy=POLICY,
    )  # fmt: skip
    found = {one.check: one for one in result.findings}
    assert {str(one.status) for one in found.values()} == {"measured"}, found
    months = {one.conditions.get("period") for one in found["shift.periods"].measurements}
    assert {"2026-01", "2026-06"} <= months


def test_nothing_of_the_process_is_changed(rows, capfd):
    import logging
    import random

    def model(inputs):
        random.random()
        np.random.rand(3)  # noqa: NPY002  the global state is what a careless model draws from
        return np.full(len(inputs), 0.5)

    before = random.getstate(), np.random.get_state()[1].tolist(), list(logging.getLogger().handlers)  # noqa: NPY002
    auditkit.audit(model, rows, target="outcome", positive="yes", input=["p_yes"], **QUICK)
    assert before == (
        random.getstate(), np.random.get_state()[1].tolist(), list(logging.getLogger().handlers),  # noqa: NPY002
    )  # fmt: skip
    assert capfd.readouterr() == ("", "")


def test_the_same_question_has_the_same_digest(rows):
    named = {"target": "outcome", "positive": "yes", "groups": ["sex"], "seed": 3, **ASKED}
    one, two = (auditkit.audit(rows["p_yes"], rows, **named) for _ in range(2))
    assert one.result_digest == two.result_digest
    assert one == two or one.run != two.run
    assert not Path.cwd().joinpath(".auditkit").exists()
