"""What contradicts itself is refused where it is made, before a rule can be held against it."""

import numpy as np
import pytest
from pydantic import ValidationError

from auditkit import Case, ClassScores, Interval, Measurement
from auditkit.finding import LEVEL
from auditkit.testing import toy_case


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, level=0.95, method="by hand")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"value": 1.0, "n": 0, "exact": True}, "rests on no rows"),
        ({"value": 1.0, "n": -5, "exact": True}, "n is -5"),
        ({"value": 0.9, "n": 9, "interval": interval(0, 0.05)}, "outside its own interval"),
        ({"value": 0.5, "n": 9, "interval": interval(0, 1), "exact": True}, "has no interval"),
    ],
)
def test_a_measurement_does_not_contradict_itself(fields, said):
    with pytest.raises(ValidationError, match=said):
        Measurement(metric="x", **fields)


def test_a_share_takes_the_level_of_the_audit_that_runs_it():
    wide = LEVEL.set(0.99)
    try:
        assert Measurement.share("x", [True, False]).interval.level == 0.99
    finally:
        LEVEL.reset(wide)
    assert Measurement.share("x", [True, False]).interval.level == 0.95


@pytest.fixture
def case() -> Case[ClassScores]:
    scores = ClassScores(("no", "yes"), np.array([[0.2, 0.8], [0.6, 0.4]]))
    return toy_case(scores, ["yes", "no"], {"sex": ["f", "m"]}, positive="yes", weights=[1, 2], units=["a", "b"])


@pytest.mark.parametrize(
    "shared",
    [
        lambda case: case.predictions.scores,
        lambda case: case.decisions,
        lambda case: case.targets.codes,
        lambda case: case.groups["sex"].codes,
        lambda case: case.weights,
        lambda case: case.units.codes,
    ],
)
def test_no_check_can_write_into_what_the_next_one_reads(case, shared):
    with pytest.raises(ValueError, match=r"read-only|WRITEABLE"):
        shared(case).setflags(write=True)
    with pytest.raises(ValueError, match="read-only"):
        shared(case)[:] = 0


def test_no_check_can_take_an_attribute_away(case):
    with pytest.raises(AttributeError):
        case.groups.pop("sex")
