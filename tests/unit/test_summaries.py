"""What a result says of its data: which evidence rules may need."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from auditkit.checks.summaries import available_evidence, data_summary, number_notes
from auditkit.dataset import AuditDataset, Codes, Split
from auditkit.predictions import ClassScores, LabelScores
from auditkit.result import FileDigest

SCORES = np.array([[0.2, 0.8], [0.6, 0.4]])
TARGETS = Codes.of(["no", "yes"])
NOTHING = SimpleNamespace(columns={})


def available(predictions: Any, *, targets: Codes | None) -> tuple[str, ...]:
    target = None if targets is None else "t"
    data = SimpleNamespace(
        target=target, groups={}, protected_inputs=(), quasi_identifiers=(), readers=(), expected=NOTHING, period=None
    )
    dataset = SimpleNamespace(
        audit=SimpleNamespace(targets=targets, truth=None), training=None, reference=None, canaries=None
    )
    return available_evidence(cast("Any", SimpleNamespace(data=data)), cast("Any", dataset), predictions)


def test_probabilities_with_a_target_are_scores_that_a_rule_may_need() -> None:
    assert available(ClassScores(("no", "yes"), SCORES, "probability"), targets=TARGETS) == (
        "decisions",
        "targets",
        "scores",
    )


@pytest.mark.parametrize(
    ("predictions", "targets"),
    [
        (ClassScores(("no", "yes"), SCORES, "probability"), None),
        (ClassScores(("no", "yes"), SCORES, "score"), TARGETS),
        (LabelScores(("a", "b"), SCORES), None),
    ],
)
def test_scores_that_no_calibration_can_judge_are_not_available(predictions: Any, targets: Codes | None) -> None:
    assert "scores" not in available(predictions, targets=targets)


def test_weights_are_named_and_summed() -> None:
    weights = np.array([0.5, 2.0])
    split = Split("audit", [1, 2], TARGETS, None, {}, None, weights, digest="d")
    dataset = AuditDataset("d", split, files={"audit": FileDigest(name="d.csv", sha256="a", size=1)})
    data = SimpleNamespace(
        loader="csv",
        target="t",
        groups={},
        protected_inputs=(),
        quasi_identifiers=(),
        readers=(),
        expected=NOTHING,
        period=None,
        threshold=None,
        weights="w",
        salt_file=None,
    )
    predictions = ClassScores(("no", "yes"), SCORES, "probability")
    summary = data_summary(cast("Any", SimpleNamespace(data=data)), dataset, predictions, ())
    assert (summary.weights, summary.splits[0].weight_sum) == ("w", 2.5)


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        ([str(age) for age in range(21)], 21),
        ([*(f"{place / 7:.3f}" for place in range(40)), None], 40),
        ([str(age) for age in range(20)], 0),
        ([f"ward {place}" for place in range(40)], 0),
        ([*map(str, range(40)), "unknown"], 0),
    ],
)
def test_an_attribute_of_many_numbers_is_warned_of_with_what_to_do(cells: list[str | None], count: int) -> None:
    split = SimpleNamespace(groups={"age": Codes.of(cells), "sex": Codes.of(["F", "M"])})
    notes = [str(note) for note in number_notes(cast("Any", split))]
    said = (
        f"the attribute 'age' holds {count} different numbers, and each is a group of its own: put them into bands "
        "([data] bands makes a column 'age_band'), and name that column in [data] groups instead"
    )
    assert notes == [said] * bool(count)
