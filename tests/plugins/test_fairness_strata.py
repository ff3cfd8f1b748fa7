"""`fairness.strata`: Berkeley's admissions through the whole check, strata from a column; statsmodels as witness."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from auditkit import AuditError, Case, ClassScores, Measurement, NotApplicable, Quote, Table, Text
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import find_small_cells, suppress_findings
from auditkit.finding import Finding
from auditkit.testing import toy_case
from auditkit_fairness import within_strata

# Bickel, Hammel and O'Connell (1975), Science 187: men admitted and rejected, women admitted and rejected.
BERKELEY = {
    "A": (512, 313, 89, 19), "B": (353, 207, 17, 8), "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244), "E": (53, 138, 94, 299), "F": (22, 351, 24, 317),
}  # fmt: skip


def berkeley(times: int = 1, **fields: Any) -> Case[ClassScores]:
    rows = [
        (department, sex, chosen)
        for department, counts in BERKELEY.items()
        for (sex, chosen), n in zip((("M", 1), ("M", 0), ("F", 1), ("F", 0)), counts, strict=True)
        for _ in range(n)
    ] * times
    chosen = np.array([row[2] for row in rows], dtype=bool)
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    groups = {"sex": [row[1] for row in rows], "department": [row[0] for row in rows]}
    return toy_case(predictions, None, groups, positive="yes", **fields)


def found(readings: list[Any], metric: str, sex: str = "F") -> Measurement:
    (one,) = [
        one for one in readings if isinstance(one, Measurement) and one.metric == metric and one.group == {"sex": sex}
    ]
    return one


def test_simpsons_paradox_is_shown() -> None:
    readings = list(within_strata(berkeley(), strata="department"))
    odds = found(readings, "common_odds_ratio")
    # R: mantelhaen.test(UCBAdmissions) estimates 0.9046968, men over women.
    assert odds.value == pytest.approx(1 / 0.9046968, abs=1e-6)
    assert (odds.versus, odds.conditions) == ({"sex": "M"}, {"strata": "department"})
    (table,) = [one for one in readings if isinstance(one, Table)]
    line = dict(zip(map(str, table.columns), table.rows[0], strict=True))
    assert line["odds ratio over all"] == pytest.approx(0.5431, abs=1e-4)
    assert line["within strata"].is_of(odds)
    assert str(line["turns round"]) == "yes"
    assert line["p"] == pytest.approx(0.21692, abs=1e-5)
    assert line["p of one ratio in all strata"] == pytest.approx(0.0020714, abs=1e-6)
    assert (line["strata"], line["of these opposed"]) == (6, 4)


def test_conditional_disparity_by_counting() -> None:
    value = 0.0
    for admitted_m, rejected_m, admitted_f, rejected_f in BERKELEY.values():
        n = admitted_m + rejected_m + admitted_f + rejected_f
        value += n / 4526 * (rejected_f / (rejected_f + rejected_m) - admitted_f / (admitted_f + admitted_m))
    readings = list(within_strata(berkeley(), strata="department"))
    women = found(readings, "conditional_demographic_disparity")
    assert women.value == pytest.approx(value)
    assert found(readings, "conditional_demographic_disparity", "M").value == pytest.approx(-value)
    assert women.interval is not None
    assert women.interval.low <= value <= women.interval.high


def test_strata_can_be_a_column_of_the_inputs() -> None:
    case = berkeley()
    groups = {"sex": case.groups["sex"].labels()}
    inputs = pd.DataFrame({"department": case.groups["department"].labels(), "score": 1.0})
    told = toy_case(case.predictions, None, groups, positive="yes", inputs=inputs)
    one = found(list(within_strata(told, strata="department")), "common_odds_ratio")
    other = found(list(within_strata(case, strata="department")), "common_odds_ratio")
    assert one == other
    with pytest.raises(AuditError, match="no column 'ward'") as caught:
        list(within_strata(told, strata="ward"))
    assert "department, score" in caught.value.hint


def test_without_strata_every_other_attribute_is_taken() -> None:
    names = [(next(iter(one.group)), one.conditions["strata"]) for one in within_strata(berkeley()) if isinstance(one, Measurement)]  # fmt: skip  # noqa: E501
    assert set(names) == {("sex", "department"), ("department", "sex")}
    alone = toy_case(berkeley().predictions, None, {"sex": berkeley().groups["sex"].labels()}, positive="yes")
    with pytest.raises(NotApplicable, match="nothing to compare within"):
        list(within_strata(alone))


def test_rows_of_one_person_widen_the_interval() -> None:
    once = found(list(within_strata(berkeley(), strata="department")), "common_odds_ratio").interval
    units = [str(place % 4526) for place in range(3 * 4526)]
    thrice = found(list(within_strata(berkeley(3, units=units), strata="department")), "common_odds_ratio").interval
    assert once is not None
    assert thrice is not None
    assert (thrice.low, thrice.high) == (pytest.approx(once.low, rel=0.01), pytest.approx(once.high, rel=0.01))
    assert "linearised over units" in thrice.method


def test_the_reference_can_be_named() -> None:
    readings = list(within_strata(berkeley(), strata="department", against={"sex": "F"}))
    men = found(readings, "common_odds_ratio", "M")
    assert men.value == pytest.approx(0.9046968, abs=1e-6)
    assert men.versus == {"sex": "F"}


def test_every_stratum_is_counted_as_statsmodels_counts_it() -> None:
    rng = np.random.default_rng(0)
    chosen, sex, ward = rng.random(700) < 0.4, rng.choice(["F", "M", "M"], 700), rng.choice(list("abcd"), 700)
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    case = toy_case(predictions, None, {"sex": list(sex), "ward": list(ward)}, positive="yes")
    counts = Counter(zip(ward, sex, chosen, strict=True))
    tables = [np.array([[counts[w, s, c] for c in (True, False)] for s in "FM"]) for w in "abcd"]
    ours = found(list(within_strata(case, strata="ward")), "common_odds_ratio").value
    assert ours == pytest.approx(StratifiedTable(tables).oddsratio_pooled)


def _hired(cells: dict[tuple[str, str], tuple[int, int]]) -> Case[ClassScores]:
    rows = [(sex, shop, place < hits) for (sex, shop), (n, hits) in cells.items() for place in range(n)]
    chosen = np.array([hit for *_, hit in rows])
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    groups = {"sex": [sex for sex, *_ in rows], "shop": [shop for _, shop, _ in rows]}
    return toy_case(predictions, None, groups, positive="yes")


def _told(readings: list[Any], case: Case[ClassScores]) -> Finding:
    blank = {"title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured", "check": "a.b"}
    measurements = [one for one in readings if isinstance(one, Measurement)]
    tables = [one for one in readings if isinstance(one, Table)]
    finding = Finding.model_validate({"measurements": measurements, "evidence": tables, **blank})
    sizes = group_sizes(case, [finding])
    return suppress_findings([finding], find_small_cells(sizes, [finding]), sizes)[0]


def test_few_people_in_a_stratum_cannot_be_solved_for() -> None:
    """Both margins are told, and the odds ratio within strata fits one number of women in the small shop alone."""
    case = _hired({("F", "A"): (5, 3), ("F", "B"): (60, 20), ("M", "A"): (80, 40), ("M", "B"): (70, 20)})
    told = _told(list(within_strata(case)), case)
    assert {one.suppressed for one in told.measurements} == {True}
    assert {one.value for one in told.measurements} == {None}
    assert all(
        cell == Text.of("withheld") or isinstance(cell, str | Quote)
        for table in told.evidence
        for row in table.rows
        for cell in row
    )


def test_groups_that_share_no_stratum_with_few_people_are_told() -> None:
    """X and D are few in a shop, or withheld beside them; women against men rest on neither."""
    cells = {("F", "A"): (90, 30), ("F", "B"): (60, 20), ("M", "A"): (80, 40), ("M", "B"): (70, 20)}
    cells |= {("X", "A"): (40, 3), ("X", "B"): (4, 2), ("D", "A"): (35, 3), ("D", "B"): (35, 2)}
    case = _hired(cells)
    told = _told(list(within_strata(case, strata="shop")), case)
    odds = {one.group["sex"]: one.suppressed for one in told.measurements if one.metric == "common_odds_ratio"}
    assert odds == {"F": False, "X": True, "D": True}


def test_rows_of_one_person_are_no_group() -> None:
    sexes = [sex for counts in BERKELEY.values() for sex, n in zip("MMFF", counts, strict=True) for _ in range(n)]
    units = ["one woman" if sex == "F" else f"man {place}" for place, sex in enumerate(sexes)]
    readings = list(within_strata(berkeley(units=units), strata="department"))
    assert not [one for one in readings if isinstance(one, Measurement) and one.group.get("sex") and one.value]


def test_a_withheld_cell_takes_the_disparities_of_all_groups_within_its_stratum() -> None:
    """The young are in no withheld cell, but their share of those chosen rests on how many of X were."""
    cells = {("F", "A"): (60, 20), ("F", "B"): (60, 20), ("M", "A"): (80, 40), ("M", "B"): (70, 20)}
    cells |= {("X", "A"): (3, 3), ("X", "B"): (20, 22), ("D", "A"): (35, 3), ("D", "B"): (35, 2)}
    case = _hired(cells)
    told = _told(list(within_strata(case, strata="shop")), case)
    disparity = [one for one in told.measurements if one.metric == "conditional_demographic_disparity"]
    assert {"F", "M"} <= {one.group["sex"] for one in disparity}
    assert all(one.suppressed and one.interval is None for one in disparity)
