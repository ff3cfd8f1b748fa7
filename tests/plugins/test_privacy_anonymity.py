"""`privacy.anonymity`: by hand, against pycanon, in units, against a population, and nobody's values told."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import AuditError, ClassScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.anonymity import anonymity, classes, matches
from auditkit_privacy.crowds.classes import number_classes, people_of, sizes_of
from auditkit_privacy.crowds.diversity import (
    Cells,
    closeness,
    disclosure,
    distinct_values,
    entropy_diversity,
    largest_share,
    likeness,
    recursive_ratio,
)

AGE = ["30"] * 3 + ["40"] * 4 + ["50"] * 3
SEX = list("FFFMMMMFFF")
ILL = ["flu", "flu", "gout", "flu", "gout", "gout", "ache", "flu", "ache", "ache"]
COST = [3.0, 5.0, 6.0, 11.0, 8.0, 3.0, 9.0, 4.0, 7.0, 5.0]
KINDS = ("ache", "flu", "gout")


def people(targets=ILL, *, known=None, **about):
    rows = len(targets)
    said = ClassScores(KINDS, np.full((rows, 3), 1 / 3))
    return toy_case(said, targets, quasi_identifiers=known or {"age": AGE, "sex": SEX}, **about)


def values(case, **options):
    return {
        m.metric: m.value for m in ask(anonymity, case, options).measurements if not m.conditions and m.label is None
    }


def test_names_by_hand_and_as_pycanon_says():
    """Pycanon 1.3.6 (Apache-2.0) of the same table; by hand, the class of 50 is 1 flu and 2 ache, of 4 and 3."""
    found = values(people())
    assert found["k_anonymity"] == 3
    assert found["uniqueness_rate"] == 0
    assert found["distinct_l_diversity"] == 2
    # Entropy of thirds 1 and 2: ln 3 - 2/3 ln 2; pycanon rounds it down to 1.
    assert found["entropy_l_diversity"] == pytest.approx(3 / 2 ** (2 / 3))
    assert found["recursive_c_diversity"] == 2.0  # 2 to 1
    assert found["t_closeness"] == pytest.approx(0.3666666666666667)  # (|1/3 - .4| + |2/3 - .3| + .3) / 2
    assert found["alpha_anonymity"] == pytest.approx(0.6666666666666666)
    assert found["basic_beta_likeness"] == pytest.approx(1.222222222222222)
    assert found["enhanced_beta_likeness"] == pytest.approx(1.2039728043259361)
    assert found["delta_disclosure"] == pytest.approx(0.7985076962177716)


def test_four_numbers_come_first_with_what_they_mean():
    readings = ask(anonymity, with_splits(people(), training=people()), {})
    first = ["k_anonymity", "uniqueness_rate", "distinct_l_diversity", "t_closeness"]
    assert [one.metric for one in readings.measurements if not one.conditions][:4] == first
    tables = [one for one in readings if isinstance(one, Table) and one.prominent]
    assert [str(one.title).rpartition(": ")[2] for one in tables] == ["audit rows", "training rows"]
    for shown, conditions in zip(tables, ({}, {"split": "training"}), strict=True):
        assert [row[0].metric for row in shown.rows] == first
        assert all(row[0].conditions == conditions for row in shown.rows)
        assert all(any(row[0].is_of(one) for one in readings.measurements) for row in shown.rows)
        assert [str(row[1]) for row in shown.rows] == ["k-anonymity", "people alone", "l-diversity", "t-closeness"]


def test_numbers_are_apart_by_rank_as_pycanon_says():
    case = toy_case(Values(np.zeros(10)), truth=Values(np.array(COST)), quasi_identifiers={"age": AGE, "sex": SEX})
    found = values(case)
    assert found["t_closeness"] == pytest.approx(0.2285714285714285)
    assert found["basic_beta_likeness"] == pytest.approx(2.333333333333333)
    assert found["enhanced_beta_likeness"] == pytest.approx(2.3025850929940455)
    assert found["delta_disclosure"] == pytest.approx(1.203972804325936)
    assert found["distinct_l_diversity"] == 3


def test_the_largest_likeness_of_pycanons_table_of_grades():
    """Raw, it has beta 71, enhanced 5.375278 and delta 4.276666: a value of 1 in 216 is a third of a class."""
    shares = Cells(np.array([0, 0]), np.array([0, 1]), np.array([1 / 3, 2 / 3]), np.array([1 / 216, 215 / 216]))
    assert likeness(shares) == pytest.approx((71.0, 5.375278407684165))
    assert disclosure(shares) == pytest.approx(4.276666119016055)


@pytest.mark.parametrize("seed", range(20))
def test_sparse_sums_are_those_of_the_whole_table(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    rows, held, weights = rng.integers(0, 5, n), rng.integers(0, rng.integers(1, 9), n), rng.random(n) + 0.1
    cells = Cells.of(number_classes((rows,), n), held, weights)
    names = np.unique(held)
    table = np.array([[weights[(rows == e) & (held == v)].sum() for v in names] for e in np.unique(rows)])
    overall, shares = table.sum(axis=0) / table.sum(), table / table.sum(axis=1, keepdims=True)
    apart = np.abs(np.cumsum(shares, axis=1) - np.cumsum(overall)).sum(axis=1).max() / max(1, len(names) - 1)
    assert closeness(cells, ordered=True) == pytest.approx(apart, abs=1e-12)
    assert closeness(cells, ordered=False) == pytest.approx(np.abs(shares - overall).sum(axis=1).max() / 2, abs=1e-12)
    assert largest_share(cells) == pytest.approx(shares.max())
    assert likeness(cells)[0] == pytest.approx(max(0.0, (shares / overall - 1).max()))
    assert distinct_values(cells) == (shares > 0).sum(axis=1).min()
    logs = np.where(shares > 0, shares, 1.0)
    assert entropy_diversity(cells) == pytest.approx(np.exp((-shares * np.log(logs)).sum(axis=1).min()))
    falling = -np.sort(-shares, axis=1)
    tails = falling[:, 1:].sum(axis=1)
    assert recursive_ratio(cells, 2) == (None if (tails == 0).any() else pytest.approx((falling[:, 0] / tails).max()))


def test_a_missing_cell_is_a_value_of_its_own():
    assert values(people(["flu"] * 4, known={"age": ["30", None, "30", None]}))["k_anonymity"] == 2
    assert values(people(["flu"] * 3, known={"age": ["30", "30", None]}))["uniqueness_rate"] == pytest.approx(1 / 3)


def test_rows_of_one_person_hide_nobody():
    case = people(["flu"] * 6, known={"age": ["30"] * 4 + ["40"] * 2}, units=["a", "a", "a", "b", "c", "c"])
    found = values(case)
    assert found["k_anonymity"] == 1  # c alone is 40
    assert found["uniqueness_rate"] == pytest.approx(1 / 3)
    parts = people_of(np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 2, 2]))
    assert parts.tolist() == pytest.approx([1 / 3] * 3 + [1.0] + [0.5] * 2)
    assert sizes_of(np.array([0, 0, 0, 0, 1, 1]), parts).tolist() == [2, 1]


def test_a_population_hides_who_is_alone_in_the_sample():
    case = people(["flu"] * 3, known={"age": ["30", "40", "50"], "sex": ["F", "M", "F"]})
    there = {"age": ["30"] * 4 + ["40", "60"], "sex": list("FFFMMF")}
    case = with_splits(case, reference=people(["flu"] * 6, known=there))
    assert case.compute(matches).tolist() == [3, 1, 0]
    found = values(case)
    assert (found["k_map"], found["population_uniqueness_rate"]) == (0, pytest.approx(2 / 3))


def test_groups_that_are_named_are_sensitive_too():
    case = people(groups={"faith": list("aabbaabbaa")})
    said = ask(anonymity, case, {"sensitive": ("faith",)})
    (one,) = [m for m in said.of("distinct_l_diversity") if m.label == "faith"]
    assert one.value == 2  # a, a, b; b, a, a, b; b, a, a
    with pytest.raises(AuditError, match="faiths"):
        ask(anonymity, case, {"sensitive": ("faiths",)})


def test_training_rows_are_measured_too():
    said = ask(
        anonymity, with_splits(people(), training=people(["flu"] * 2, known={"age": ["1", "2"], "sex": ["F", "F"]})), {}
    )
    assert [m.value for m in said.of("k_anonymity")] == [3.0, 1.0]
    assert said.of("k_anonymity")[1].conditions == {"split": "training"}


def test_nobodys_values_are_told():
    ages = [f"born in {1900 + row}" for row in range(10)]
    case = people(known={"age": ages, "sex": SEX})
    said = ask(anonymity, case, {})
    assert said.value("uniqueness_rate") == 1.0
    told = " ".join(reading.to_json().decode() for reading in said)
    assert "born" not in told
    (table,) = [one for one in said if isinstance(one, Table) and not one.prominent]
    assert table.rows[0] == (1, 10, 10)
    # Nor do the numbers that the bundle carries say who is older.
    assert sorted(case.compute(classes).tolist()) == list(range(10))
    assert case.compute(classes).tolist() != list(range(10))


def test_many_columns_of_many_values_are_still_told_apart():
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 2**40, 50) for _ in range(4)]
    columns = [np.concatenate([column, column]) for column in columns]
    numbers = number_classes(columns, 100)
    assert numbers[:50].tolist() == numbers[50:].tolist()
    assert len(np.unique(numbers)) == 50


def test_it_needs_quasi_identifiers():
    with pytest.raises(NotApplicable, match="quasi_identifiers"):
        ask(anonymity, toy_case(ClassScores(KINDS, np.full((2, 3), 1 / 3))), {})
