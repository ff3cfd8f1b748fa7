"""What auditkit expects of every adapter."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from auditkit import ModelError
from auditkit.testing import obey_contract
from sklearn.linear_model import LogisticRegression

from ward_models import open_sklearn

ROWS = pd.DataFrame({"age": ["40", "50", "60", "70", "80"], "white_cells": ["4.5", "11.0", "6.1", "12.9", "9.0"]})


@pytest.fixture
def fitted() -> LogisticRegression:
    draw = np.random.default_rng(0)
    numbers = draw.normal((60, 8), (10, 3), (200, 2))
    return LogisticRegression(max_iter=1000).fit(numbers, np.where(numbers[:, 1] > 9, "yes", "no"))


def test_the_adapter_obeys_its_contract(tmp_path: Path, fitted: LogisticRegression) -> None:
    skops.io.dump(fitted, tmp_path / "model.skops")
    obey_contract(open_sklearn, path=tmp_path / "model.skops", inputs=ROWS)


def test_its_answers_are_those_of_scikit_learn(tmp_path: Path, fitted: LogisticRegression) -> None:
    skops.io.dump(fitted, tmp_path / "model.skops")
    answer = open_sklearn(tmp_path / "model.skops").predict(ROWS)
    assert answer.classes == ("no", "yes")
    np.testing.assert_array_equal(answer.scores, fitted.predict_proba(ROWS.astype(float).to_numpy()))


def test_a_pickle_is_loaded_by_leave_alone(tmp_path: Path, fitted: LogisticRegression) -> None:
    joblib.dump(fitted, tmp_path / "model.joblib")
    with pytest.raises(ModelError, match="is a pickle, which can run code"):
        open_sklearn(tmp_path / "model.joblib")
    answer = open_sklearn(tmp_path / "model.joblib", trust_pickle=True).predict(ROWS)
    np.testing.assert_array_equal(answer.scores, fitted.predict_proba(ROWS.astype(float).to_numpy()))
