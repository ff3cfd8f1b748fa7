"""Rates in Python against fairlearn and scikit-learn; spans that were given in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score

import auditkit


def test_rates_are_those_of_fairlearn_and_scikit_learn():
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"sex": draw.choice(["F", "M"], 500), "ill": draw.integers(0, 2, 500)})
    score = np.clip(0.3 * frame["ill"] + draw.random(500) * 0.7, 0, 1)
    checks = ["performance", "fairness.group-rates"]
    result = auditkit.audit(score, frame, target="ill", positive=1, groups="sex", checks=checks)
    table, said = result.to_frame(), (score >= 0.5).astype(int)
    metrics = {"accuracy": accuracy_score, "selection_rate": selection_rate, "true_positive_rate": true_positive_rate}
    reference = MetricFrame(metrics=metrics, y_true=frame["ill"], y_pred=said, sensitive_features=frame["sex"])
    for metric in metrics:
        for sex in ("F", "M"):
            ours = table[(table["metric"] == metric) & (table["group"] == f"sex={sex}")]["value"]
            assert len(ours)
            np.testing.assert_allclose(ours, reference.by_group.loc[sex, metric], rtol=1e-12)


def test_spans_are_audited_as_they_are_given():
    found = auditkit.TokenLabels((((0, 4, "NAME", 0.9),), ((5, 9, "NAME", 0.8),), ()) * 20)
    name = [{"start": 0, "end": 4, "label": "NAME"}]
    true = [name, name, []] * 20
    data = pd.DataFrame({"note": ["Anna fell"] * 60, "names": true})
    result = auditkit.audit(found, data, target="names", checks="performance")
    table = result.to_frame()
    assert result.subject.prediction_type == result.subject.class_name == "TokenLabels"
    # 20 of 40 found are right, and 20 of 40 true ones are found.
    assert set(table.loc[table["metric"] == "entity_f1", "value"]) == {0.5}


@pytest.mark.parametrize("model", ["frame", "type"])
def test_rankings_are_refused_with_the_way_to_audit_them(model):
    listed = pd.DataFrame({"user": ["a", "b"], "item": ["x", "y"], "score": [2.0, 1.0]})
    given = listed if model == "frame" else auditkit.Rankings(("a", "b"), np.array([["x"], ["y"]], dtype=object))
    with pytest.raises(auditkit.ModelError, match="held against a table of interactions") as refused:
        auditkit.audit(given, listed[["user", "item"]], task="ranking")
    assert 'loader = "interactions"' in refused.value.hint
