"""`fairness.multiclass`: holisticai's rows, worked counts, who takes part, and the level of its tests."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Measurement, NotApplicable, Table
from auditkit.statistics import holm
from auditkit.testing import toy_case
from auditkit_fairness import multiclass
from auditkit_fairness.decisions import decided
from auditkit_fairness.groupings import groupings

CLASSES = ("0", "1", "2")


def case_of(given: Any, targets: Any, groups: Any, **fields: Any) -> Case[ClassScores]:
    wanted = None if targets is None else [str(one) for one in targets]
    return toy_case(ClassScores(CLASSES, np.eye(3)[np.array(given)], "label"), wanted, {"site": groups}, **fields)


def read(case: Case[ClassScores]) -> tuple[Measurement, list[dict[str, Any]]]:
    """The distance, and the lines of the table."""
    readings = list(multiclass(case))
    (found,) = [one for one in readings if isinstance(one, Measurement)]
    tables = [one for one in readings if isinstance(one, Table)]
    names = [str(name) for table in tables for name in table.columns]
    return found, [dict(zip(names, row, strict=True)) for table in tables for row in table.rows]


# holisticai at 96b084f, tests/bias/metrics/test_bias_multiclass.py
GIVEN, WANTED = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0], [0, 1, 1, 0, 1, 0, 2, 1, 2, 1]


def test_holisticais_rows_have_its_frequencies_and_their_widest_distance() -> None:
    case = case_of(GIVEN, WANTED, list("AAAABBBBCC"), min_group_size=2)
    shares = decided(case, groupings(case.groups, depth=1)[0]).shares
    np.testing.assert_allclose(shares, [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.0, 0.5]])
    found, _ = read(case)
    assert found.value == pytest.approx(0.5)
    assert {part.label: part.n for part in found.compared} == {"A": 4, "B": 4, "C": 2}


def test_a_small_group_is_listed_and_not_compared() -> None:
    found, _ = read(case_of([*GIVEN * 20, 2], [*WANTED * 20, 2], ["a"] * 100 + ["b"] * 100 + ["c"]))
    assert {part.label: part.compared for part in found.compared} == {"a": True, "b": True, "c": False}
    assert found.value == pytest.approx(0)


def test_what_the_target_explains_is_told_from_what_it_does_not() -> None:
    # Every row is given its target; the groups differ in their targets alone.
    wanted = [0] * 60 + [1] * 20 + [2] * 20 + [0] * 20 + [1] * 20 + [2] * 60
    given = [*wanted]
    given[55:60] = given[195:200] = [1] * 5
    found, lines = read(case_of(given, wanted, ["a"] * 100 + ["b"] * 100))
    assert found.value == pytest.approx(0.35)  # .55, .25, .20 against .20, .25, .55
    plain, given_target = lines
    # A chi-square of 31 on 2 degrees of freedom, p 2e-7: the tail of the deals is short of 1 in 10,000, and above that.
    assert 2e-7 < plain["p"] < 1 / 10_000
    assert given_target["p"] > 0.05
    np.testing.assert_allclose([line["adjusted p"] for line in lines], holm([line["p"] for line in lines]))


def test_without_targets_one_test_is_left() -> None:
    _, lines = read(case_of([0, 1, 2] * 40, None, ["a", "b"] * 60))
    assert [str(line["independent of the group"]) for line in lines] == ["predicted class"]


def test_two_classes_are_left_to_other_checks() -> None:
    two = toy_case(ClassScores(("n", "y"), np.eye(2)[[0, 1]], "label"), None, {"site": ["a", "b"]})
    with pytest.raises(NotApplicable, match=r"fairness\.gaps says it all of two") as refused:
        list(multiclass(two))
    assert refused.value.params == {"classes": 2}


def test_rows_told_thrice_are_no_more_certain_when_they_share_a_patient() -> None:
    rng = np.random.default_rng(0)
    given, groups, people = rng.integers(0, 3, 150), rng.choice(["a", "b"], 150), np.arange(150)
    once, _ = read(case_of(given, given, list(groups)))
    found, _ = read(case_of(np.repeat(given, 3), np.repeat(given, 3), list(np.repeat(groups, 3)),
                            units=list(np.repeat(people, 3))))  # fmt: skip
    assert found.interval is not None
    assert once.interval is not None
    assert found.interval.method == "newcombe, all sets of classes, kish's size"
    assert (found.value, found.interval.low, found.interval.high) == pytest.approx(
        (once.value, once.interval.low, once.interval.high)
    )


@pytest.mark.parametrize("shared", [False, True], ids=["rows", "patients"])
def test_equal_groups_are_rarely_called_unequal(shared: bool) -> None:  # noqa: FBT001  a parameter
    rng, least = np.random.default_rng(5), []
    for seed in range(30):
        people = np.repeat(np.arange(60), 3) if shared else np.arange(180)
        habit, groups = rng.integers(0, 3, 180), rng.choice(["a", "b", "c"], 180)
        more = {"units": list(people), "min_group_size": 5} if shared else {}
        given = habit[people] if shared else habit
        _, lines = read(case_of(given, rng.integers(0, 3, 180), list(groups[people]), seed=seed, **more))
        least.append(min(line["adjusted p"] for line in lines))
    assert np.mean(np.array(least) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 30)
