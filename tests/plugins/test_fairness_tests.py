"""`fairness.tests`: scipy and statsmodels as witnesses, the level of the tests, and whose p is adjusted for what."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_effectsize, proportions_ztest

from auditkit import Case, ClassScores, LabelScores, Measurement, Table
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import find_small_cells, suppress_findings
from auditkit.finding import JOINED, Finding
from auditkit.statistics import Shares, holm, widest_effect
from auditkit.testing import toy_case
from auditkit_fairness import equality_tests

# ProPublica's COMPAS scores, two-year recidivism: TN, FP, FN, TP of high against low risk (n = 7,214). Counts alone.
COMPAS = {
    "African-American": (990, 805, 532, 1369),
    "Caucasian": (1139, 349, 461, 505),
    "Hispanic": (318, 87, 129, 103),
    "Other": (208, 36, 90, 43),
    "Asian": (21, 2, 3, 6),
    "Native American": (5, 3, 1, 9),
}


def case_of(counts: dict[str, tuple[int, int, int, int]], **fields: Any) -> Case[ClassScores]:
    """Rows with so many true negatives, false positives, false negatives and true positives by group."""
    cells = [(group, outcome) for group, parts in counts.items() for outcome, n in enumerate(parts) for _ in range(n)]
    outcomes = np.array([outcome for _, outcome in cells])
    chosen, wanted = outcomes % 2 == 1, outcomes >= 2
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    groups = {"race": [group for group, _ in cells]}
    return toy_case(predictions, np.where(wanted, "yes", "no"), groups, positive="yes", **fields)


def lines(readings: list[Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The tables' lines by attribute and hypothesis."""
    found = {}
    for table in (one for one in readings if isinstance(one, Table)):
        names = [str(name) for name in table.columns]
        for row in table.rows:
            line = dict(zip(names, row, strict=True))
            found[JOINED.join(table.attributes), line["equal"]] = line
    return found


def random_case(rng: np.random.Generator, rows: int = 400, **fields: Any) -> Case[ClassScores]:
    chosen = rng.random(rows) < 0.3
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    targets = np.where(rng.random(rows) < 0.5, "yes", "no")
    return toy_case(predictions, targets, {"site": rng.choice(list("abc"), rows)}, positive="yes", **fields)


def test_compas_is_not_equal_and_its_extreme_pair_is_propublicas() -> None:
    readings = list(equality_tests(case_of({name: COMPAS[name] for name in ("African-American", "Caucasian")})))
    line = lines(readings)["race", "false_positive_rate"]
    assert (line["lowest"], line["highest"]) == ("Caucasian", "African-American")
    assert line["difference"] == pytest.approx(0.213925, abs=1e-6)
    # Miettinen and Nurminen's score, 12.7783, has n - 1 in the place of n under the root.
    assert line["z of the difference"] * np.sqrt(3282 / 3283) == pytest.approx(12.7783, abs=1e-4)
    z, _ = proportions_ztest([805, 349], [1795, 1488])
    assert line["z of the difference"] == pytest.approx(z)
    assert line["Cohen's h"] == pytest.approx(proportion_effectsize(805 / 1795, 349 / 1488))
    # z is 12.8, far beyond 9,999 deals: their tail goes on to the least that so many can tell, 1 in 10,000 squared.
    assert line["p"] == pytest.approx(1 / 10_000**2)
    assert line["adjusted p"] == pytest.approx(4 / 10_000**2)


def test_small_groups_take_no_part_and_are_listed() -> None:
    readings = list(equality_tests(case_of(COMPAS)))
    (found,) = [
        one for one in readings if isinstance(one, Measurement) and one.metric == "true_positive_rate_effect_size"
    ]
    assert {part.label: part.compared for part in found.compared} == {
        name: name not in ("Asian", "Native American") for name in COMPAS
    }


def test_two_groups_have_nearly_fishers_p() -> None:
    readings = list(equality_tests(case_of({"a": (30, 10, 0, 0), "b": (22, 18, 0, 0)})))
    exact = fisher_exact([[30, 10], [22, 18]]).pvalue
    # Fisher's two-sided p orders tables by their probability, ours by the gap: of equal groups the same tables.
    assert lines(readings)["race", "selection_rate"]["p"] == pytest.approx(exact, abs=0.03)


def test_several_groups_have_about_the_p_of_chi_square() -> None:
    counts = {"a": (60, 30, 0, 0), "b": (55, 35, 0, 0), "c": (45, 45, 0, 0)}
    p = lines(list(equality_tests(case_of(counts))))["race", "selection_rate"]["p"]
    assert p == pytest.approx(chi2_contingency([row[:2] for row in counts.values()], correction=False)[1], abs=0.03)


def test_holm_is_statsmodels() -> None:
    p = np.random.default_rng(0).random(20) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


def test_p_is_adjusted_for_every_line_of_the_table() -> None:
    case = random_case(np.random.default_rng(1))
    two = {"site": case.groups["site"].labels(), "sex": list("fm") * 200}
    found = lines(list(equality_tests(toy_case(case.predictions, ["yes", "no"] * 200, two, positive="yes"))))
    assert {by for by, _ in found} == {"site", "sex", f"site{JOINED}sex"}
    p = np.array([line["p"] for line in found.values()])
    np.testing.assert_allclose([line["adjusted p"] for line in found.values()], holm(p))


def test_the_effect_size_is_the_widest_and_its_interval_holds_it() -> None:
    shares = Shares(np.array([0.1, 0.4, 0.25]), np.array([50, 80, 60]), np.array([50.0, 80.0, 60.0]))
    gap = widest_effect(shares)
    assert gap.value == pytest.approx(proportion_effectsize(0.4, 0.1))
    assert gap.low < gap.value < gap.high
    assert (gap.lowest, gap.highest) == (0, 1)


def test_the_interval_of_the_effect_size_covers() -> None:
    rng = np.random.default_rng(4)
    truth, n = np.array([0.1, 0.3, 0.3, 0.2]), np.array([60, 40, 200, 90])
    h = 2 * np.arcsin(np.sqrt(0.3)) - 2 * np.arcsin(np.sqrt(0.1))
    held = 0
    for _ in range(400):
        gap = widest_effect(Shares(rng.binomial(n, truth) / n, n, n.astype(float)))
        held += gap.low <= h <= gap.high
    assert held / 400 >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize("shared", [False, True], ids=["rows", "patients"])
def test_equal_groups_are_rarely_called_unequal(shared: bool) -> None:  # noqa: FBT001  a parameter
    rng = np.random.default_rng(5)
    rejected = 0
    for _ in range(40):
        case = random_case(rng, 150, min_group_size=5, units=np.arange(150) // 2 if shared else None)
        p = lines(list(equality_tests(case)))["site", "selection_rate"]["p"]
        rejected += p <= 0.05
    assert rejected <= 7  # 40 cases at 5%: more happens once in a thousand times


def test_without_targets_only_selection_is_tested_and_without_a_second_group_nothing() -> None:
    case = random_case(np.random.default_rng(2))
    untold = toy_case(case.predictions, None, {"site": case.groups["site"].labels()}, positive="yes")
    assert set(lines(list(equality_tests(untold)))) == {("site", "selection_rate")}
    alone = toy_case(case.predictions, None, {"site": ["a"] * 400}, positive="yes")
    (found,) = equality_tests(alone)
    assert isinstance(found, Measurement)
    assert str(found.undefined) == "fewer than two groups have 30 rows to compare"


def test_every_class_has_its_lines() -> None:
    scores = np.eye(3)[np.random.default_rng(0).integers(0, 3, 300)]
    case = toy_case(ClassScores(("a", "b", "c"), scores, "label"), None, {"sex": list("fm") * 150})
    (table,) = [one for one in equality_tests(case) if isinstance(one, Table)]
    assert [row[1] for row in table.rows] == ["a", "b", "c"]


def test_a_small_crossing_takes_no_lines_of_the_attributes_alone() -> None:
    """Few men live in b, which is told of neither sex nor town; the table of both has no line with them."""
    sexes, towns = (["f"] * 100 + ["m"] * 100), (["a"] * 50 + ["b"] * 50 + ["a"] * 96 + ["b"] * 4)
    chosen = np.arange(200) % 3 == 0
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    case = toy_case(predictions, None, {"sex": sexes, "town": towns}, positive="yes", min_group_size=1)
    readings = list(equality_tests(case))
    blank = {"title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured", "check": "a.b"}
    parts = {"measurements": [one for one in readings if isinstance(one, Measurement)]}
    parts["evidence"] = [one for one in readings if isinstance(one, Table)]
    finding = Finding.model_validate({**blank, **parts})
    sizes = group_sizes(case, [finding])
    (told,) = suppress_findings([finding], find_small_cells(sizes, [finding]), sizes)
    numbers = {
        table.attributes: [[cell for cell in row if isinstance(cell, float)] for row in table.rows]
        for table in told.evidence
        if isinstance(table, Table)
    }
    assert [len(row) for row in numbers["sex",]] == [6]
    assert [len(row) for row in numbers["town",]] == [6]
    assert numbers["sex", "town"] == [[]]


def test_a_long_table_over_patients_can_reject() -> None:
    """Of 30 labels one is given to half of one sex and to a tenth of the other: 60 lines or more, 999 deals each."""
    rng = np.random.default_rng(6)
    women = np.repeat([True, False], 200)
    scores = (rng.random((400, 30)) < 0.3).astype(float)
    scores[:, 0] = rng.random(400) < np.where(women, 0.5, 0.1)
    flags = list(rng.random((400, 30)) < 0.5)
    names = tuple(f"l{place:02}" for place in range(30))
    units = np.arange(400) // 2
    case = toy_case(LabelScores(names, scores), flags, {"sex": np.where(women, "F", "M")}, units=units)
    (table,) = [one for one in equality_tests(case) if isinstance(one, Table)]
    columns = [str(name) for name in table.columns]
    found = {(row[columns.index("class")], row[columns.index("equal")]): row[-1] for row in table.rows}
    assert len(found) >= 60
    assert found["l00", "selection_rate"] <= 0.01
    assert np.mean([p <= 0.05 for (label, _), p in found.items() if label != "l00"]) <= 0.05
