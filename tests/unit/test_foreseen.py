"""What `auditkit plan` says that an audit could find, from the groups' sizes alone."""

import numpy as np
import pytest

from auditkit.dataset import Codes, Split
from auditkit.forecasts.foreseen import foreseen_gaps
from auditkit.predictions import ClassScores, Values
from auditkit.spec import AuditSpec, DataSpec, ModelSpec
from auditkit.statistics import detectable_gaps

SPEC = AuditSpec(
    name="n",
    model=ModelSpec(adapter="recorded"),
    data=DataSpec(loader="csv", audit="a.csv", predicted="p", target="t", positive="yes"),
)
SIZES = {"a": 400, "b": 150, "c": 12}


def split(sizes: dict[str, int] = SIZES, **fields: object) -> Split:
    labels = [name for name, n in sizes.items() for _ in range(n)]
    targets = Codes.of(np.where(np.arange(len(labels)) % 4 == 0, "yes", "no").tolist())
    about = {"targets": targets, "label_targets": None, "units": None, "weights": None} | fields
    return Split(name="audit", inputs=labels, groups={"site": Codes.of(labels)}, digest="", **about)  # type: ignore[arg-type]


def test_each_group_has_the_gap_that_would_be_found_at_the_worst_rate() -> None:
    found = foreseen_gaps(SPEC, split(), 30, ClassScores)
    assert found[0] == ("attribute", "group", "selection rate", "true positive rate")
    assert [line[:2] for line in found[1:]] == [("site", "a"), ("site", "b"), ("site", "c")]
    exact = detectable_gaps(np.array([400.0, 150.0]), 0.5).value
    assert [float(line[2]) for line in found[1:3]] == pytest.approx(exact, abs=0.001)
    positives = detectable_gaps(np.array([100.0, 38.0]), 0.5, comparisons=2).value
    assert [float(line[3]) for line in found[1:3]] == pytest.approx(positives, abs=0.001)
    assert found[3][2:] == ("not compared", "not compared")


def test_rows_of_one_unit_count_as_one_and_weights_by_kish() -> None:
    units = Codes(np.arange(562) // 2, tuple(map(str, range(281))))
    halved = detectable_gaps(np.array([200.0, 75.0]), 0.5).value
    found = foreseen_gaps(SPEC, split(units=units), 30, ClassScores)
    assert [float(line[2]) for line in found[1:3]] == pytest.approx(halved, abs=0.001)
    weights = np.where(np.arange(562) % 2, 1.0, 3.0)  # (1 + 3)^2 / (2 (1 + 9)): 0.8 of the rows
    found = foreseen_gaps(SPEC, split(weights=weights), 30, ClassScores)
    kish = detectable_gaps(np.array([320.0, 120.0]), 0.5).value
    assert [float(line[2]) for line in found[1:3]] == pytest.approx(kish, abs=0.001)


def test_without_a_positive_class_only_the_selection_rate_is_told() -> None:
    found = foreseen_gaps(SPEC, split(targets=None), 30, None)
    assert {len(line) for line in found} == {3}


def test_of_many_groups_the_hardest_are_told() -> None:
    found = foreseen_gaps(SPEC, split({f"g{place:02}": 40 + place for place in range(20)}), 30, ClassScores)
    assert [line[1] for line in found[1:13]] == [f"g{place:02}" for place in range(12)]
    assert found[13][1] == "and 8 groups in which smaller ones are found"


@pytest.mark.parametrize("sizes", [{"a": 400}, {"a": 400, "b": 12}], ids=str)
def test_nothing_is_told_where_nothing_is_compared(sizes: dict[str, int]) -> None:
    assert foreseen_gaps(SPEC, split(sizes), 30, ClassScores) == ()
    assert foreseen_gaps(SPEC, split(), 30, Values) == ()
