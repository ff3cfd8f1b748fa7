"""What a result says of its data: which evidence rules may need."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditkit.checks.summaries import available_evidence, data_summary, number_notes
from auditkit.dataset import AuditDataset, Codes, Split
from auditkit.predictions import ClassScores, LabelScores
from auditkit.result import FileDigest
from auditkit.spec import AuditSpec, DataSpec, ModelSpec

SCORES = np.array([[0.2, 0.8], [0.6, 0.4]])
TARGETS = Codes.of(["no", "yes"])


def spec_of(**data: Any) -> AuditSpec:
    return AuditSpec(name="x", model=ModelSpec(adapter="recorded"), data=DataSpec(audit="d.csv", scores=("p",), **data))


def dataset_of(targets: Codes | None, weights: npt.NDArray[np.float64] | None = None) -> AuditDataset:
    split = Split("audit", [1, 2], targets, None, {}, None, weights, digest="d")
    return AuditDataset("d", split, files={"audit": FileDigest(name="d.csv", sha256="a", size=1)})


def available(predictions: Any, *, targets: Codes | None) -> tuple[str, ...]:
    spec = spec_of(target=None if targets is None else "t", positive="yes")
    return available_evidence(spec, dataset_of(targets), predictions)


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
    predictions = ClassScores(("no", "yes"), SCORES, "probability")
    dataset = dataset_of(TARGETS, np.array([0.5, 2.0]))
    summary = data_summary(spec_of(target="t", positive="yes", weights="w"), dataset, predictions, ())
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
    groups = {"age": Codes.of(cells), "sex": Codes.of(["F"] * len(cells))}
    split = Split("audit", cells, None, None, groups, None, None, digest="d")
    notes = [str(note) for note in number_notes(split)]
    said = (
        f"the attribute 'age' holds {count} different numbers, and each is a group of its own: put them into bands "
        "([data] bands makes a column 'age_band'), and name that column in [data] groups instead"
    )
    assert notes == [said] * bool(count)
