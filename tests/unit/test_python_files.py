"""A model in memory and rows in a file: it is given what it was trained on, and not the text of the cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit

INPUT = ["age", "stage", "smoker", "ward"]


@pytest.fixture(scope="module")
def patients():
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({"age": draw.normal(60, 12, 400).round(1), "stage": draw.integers(1, 4, 400)})
    frame["smoker"] = draw.random(400) < 0.4
    frame["ward"] = draw.choice(["north", "south"], 400)
    frame["sex"] = draw.choice(["F", "M"], 400)
    risk = frame["age"] / 12 + frame["stage"] + 2 * frame["smoker"] + draw.normal(0, 1, 400)
    return frame.assign(ill=np.where(risk > risk.median(), "yes", "no"))


@pytest.fixture(scope="module")
def model(patients):
    """Trained on whole numbers and booleans: it would take the text '2' for a stage that it has never seen."""
    encode = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("scale", StandardScaler(), ["age"]), ("encode", encode, ["stage", "smoker", "ward"])])
    return make_pipeline(columns, LogisticRegression()).fit(patients[INPUT], patients["ill"])


def audited(model, data, **more):
    return auditkit.audit(
        model, data, target="ill", positive="yes", groups="sex", checks=["performance", "fairness.group-rates"], **more
    )


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_file_gives_the_numbers_that_its_data_frame_gives(patients, model, tmp_path, ending):
    path = tmp_path / f"patients.{ending}"
    if ending == "jsonl":
        patients.to_json(path, orient="records", lines=True)
    else:
        getattr(patients, f"to_{ending}")(path, **({"index": False} if ending == "csv" else {}))
    from_file, in_memory = audited(model, path), audited(model, patients)
    pd.testing.assert_frame_equal(from_file.to_frame(), in_memory.to_frame())
    accuracy = (model.predict(patients[INPUT]) == patients["ill"]).mean()
    table = from_file.to_frame()
    assert set(table.loc[(table["metric"] == "accuracy") & (table["group"] == ""), "value"]) == {accuracy}


def test_columns_of_a_csv_file_are_typed_as_pandas_types_them(patients, tmp_path):
    path = tmp_path / "patients.csv"
    gaps = patients.assign(weight=[None, *range(60, 459)], code=["A1", *["02"] * 399], lab=["NA", *["7"] * 399])
    gaps.to_csv(path, index=False)
    seen = []

    def model(rows):
        seen.append(rows)
        return np.full(len(rows), 0.4)

    audited(model, path, input=["age", "stage", "smoker", "ward", "weight", "code", "lab"], missing=["NA"])
    read = pd.read_csv(path)
    for name in ("age", "stage", "smoker", "weight", "lab"):
        pd.testing.assert_series_equal(seen[0][name], read[name], check_names=False, check_index=False)
    assert seen[0]["ward"].tolist() == patients["ward"].tolist()
    assert seen[0]["code"].tolist()[:2] == ["A1", "02"]
