"""`fairness.sites` and Cramér's V: by hand, scipy and numpy as witnesses, how often intervals hold, few people."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import stats

from auditkit import AuditError, Case, ClassScores, Measurement, NotApplicable, Table
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import find_small_cells, suppress_findings
from auditkit.finding import Finding
from auditkit.statistics import cramers_v
from auditkit.testing import toy_case
from auditkit_fairness import sites

SHARES = np.array([0.4, 0.35, 0.25])
WOMEN = np.array([0.3, 0.5, 0.8])
CHOSEN = np.array([[0.7, 0.6], [0.4, 0.3], [0.2, 0.1]])


def case_of(cells, **fields) -> Case[ClassScores]:
    """Rows of each (hospital, sex): so many, of whom so many are ill, of whom so many are found and nobody else."""
    rows = [(*key, i < ill, i < found) for key, (n, ill, found) in cells.items() for i in range(n)]
    chosen = np.array([row[3] for row in rows])
    groups = {"sex": [row[1] for row in rows], "hospital": [row[0] for row in rows]}
    said = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    return toy_case(said, ["yes" if row[2] else "no" for row in rows], groups, positive="yes", **fields)


TWO = {("A", "M"): (80, 40, 40), ("A", "F"): (20, 10, 5), ("B", "M"): (40, 4, 4), ("B", "F"): (60, 6, 3)}


def measured(case, site="hospital"):
    return {(one.metric, *one.group.values()): one for one in sites(case, site=site) if isinstance(one, Measurement)}


def test_two_hospitals_by_hand():
    found = measured(case_of(TWO))
    assert found["target_prevalence", "A"].value == 0.5
    assert found["target_prevalence", "B", "F"].value == pytest.approx(0.1)
    assert found["group_share_at_site", "A", "F"].value == pytest.approx(0.2)
    # men are chosen 44 of 120 times, women 8 of 80; at A 40/80 and 5/20, at B 4/40 and 3/60
    pooled, equal = 44 / 120 - 8 / 80, (0.25 + 0.05) / 2
    assert found["pooled_selection_rate_difference", "*"].value == pytest.approx(pooled)
    assert found["standardised_selection_rate_difference", "*"].value == pytest.approx(equal)
    assert found["site_carried_selection_rate_difference", "*"].value == pytest.approx(pooled - equal)
    # of the ill women half are found, at either; six at B are fewer than ten people
    assert found["standardised_true_positive_rate_difference", "*"].undefined is not None


def test_v_by_hand_and_by_scipy():
    table = np.array([[80.0, 20.0], [40.0, 60.0]])
    found = cramers_v(table)
    assert found is not None
    # chi^2 = 200 (80 * 60 - 20 * 40)^2 / (120 * 80 * 100 * 100) = 33.3; less 1 / 199, over 1 - 1 / 199
    assert found.value == pytest.approx(np.sqrt((1 / 6 - 1 / 199) / (1 - 1 / 199)))
    assert found.crude == pytest.approx(stats.contingency.association(table.astype(int), method="cramer"))
    one = measured(case_of(TWO))["site_group_association", "*"]
    assert one.value == pytest.approx(found.value)
    assert [(part.label, part.n) for part in one.compared] == [("F", 80), ("M", 120)]


def test_the_interval_of_v_is_that_of_the_noncentral_chi_square():
    found = cramers_v(np.array([[45.0, 5.0], [5.0, 45.0]]))  # where its ends lie beyond those of the linearised V
    assert found is not None
    chi2 = found.crude**2 * 100
    assert stats.ncx2.sf(chi2, 1, found.low**2 * 100) == pytest.approx(0.025, abs=1e-6)
    assert stats.ncx2.cdf(chi2, 1, found.high**2 * 100) == pytest.approx(0.025, abs=1e-6)


def test_v_is_0_of_alike_rows_and_1_of_one_that_tells_the_other():
    even, whole = cramers_v(np.full((2, 2), 25.0)), cramers_v(np.diag([50.0, 50.0]))
    assert even is not None
    assert whole is not None
    assert (even.value, even.low) == (0.0, 0.0)
    assert 0.1 < even.high < 0.4
    assert whole.value == pytest.approx(1.0)
    assert cramers_v(np.array([[5.0, 0.0], [9.0, 0.0]])) is None
    assert cramers_v(np.zeros((2, 2))) is None


@pytest.mark.parametrize(
    ("shares", "n"),
    [
        (np.outer([0.5, 0.3, 0.2], [0.6, 0.4]), 300),
        (np.array([[0.375, 0.125], [0.125, 0.375]]), 60),
        (np.array([[0.02, 0.08], [0.02, 0.88]]), 300),
        (np.array([[0.09, 0.01], [0.01, 0.89]]), 300),
    ],
    ids=["independent", "even", "rare", "rare and strong"],
)
def test_the_interval_of_v_holds_the_truth(shares, n):
    expected = shares.sum(axis=1, keepdims=True) * shares.sum(axis=0, keepdims=True)
    truth = np.sqrt(((shares - expected) ** 2 / expected).sum() / (min(shares.shape) - 1))
    rng = np.random.default_rng(0)
    found = [cramers_v(rng.multinomial(n, shares.ravel()).reshape(shares.shape).astype(float)) for _ in range(400)]
    assert np.mean([one.low <= truth <= one.high for one in found if one is not None]) > 0.9


def drawn(seed, n=400):
    rng = np.random.default_rng(seed)
    site = rng.choice(3, n, p=SHARES)
    sex = (rng.random(n) < WOMEN[site]).astype(int)
    chosen = rng.random(n) < CHOSEN[site, sex]
    said = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    groups = {"sex": sex.astype(str).tolist(), "hospital": site.astype(str).tolist()}
    return toy_case(said, None, groups, positive="yes", seed=seed)


@functools.cache
def _draws(count=60):
    return [measured(drawn(seed)) for seed in range(count)]


def test_intervals_of_gaps_hold_what_the_sites_make_of_them():
    of = [SHARES * (1 - WOMEN), SHARES * WOMEN]
    pooled = float(np.subtract(*(np.average(CHOSEN[:, sex], weights=of[sex]) for sex in (0, 1))))
    equal = float(SHARES @ (CHOSEN[:, 0] - CHOSEN[:, 1]))
    truths = {"pooled": pooled, "standardised": equal, "site_carried": pooled - equal}
    for name, truth in truths.items():
        found = [one[f"{name}_selection_rate_difference", "*"].interval for one in _draws()]
        assert np.mean([ends is not None and ends.low <= truth <= ends.high for ends in found]) > 0.85


def test_rows_of_one_patient_tell_less():
    cells = {key: tuple(3 * n for n in counts) for key, counts in TWO.items()}
    thrice = case_of(cells)
    units = [f"{hospital}, {sex}, {i // 3}" for (hospital, sex), (n, *_) in cells.items() for i in range(n)]
    once, shared, apart = (measured(one) for one in (case_of(TWO), case_of(cells, units=units), thrice))
    key = ("site_group_association", "*")
    assert shared[key].value == pytest.approx(once[key].value)
    assert apart[key].interval.high < shared[key].interval.high
    key = ("site_carried_selection_rate_difference", "*")
    assert apart[key].interval.high < shared[key].interval.high


def test_what_could_be_solved_for_few_people_is_withheld():
    few = TWO | {("A", "F"): (4, 2, 2)}
    case = case_of(few)
    readings = list(sites(case, site="hospital"))
    told = Finding.model_validate(
        {
            "measurements": [one for one in readings if isinstance(one, Measurement)],
            "evidence": [one for one in readings if isinstance(one, Table)],
            "title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured", "check": "a.b",
        }
    )  # fmt: skip
    sizes = group_sizes(case, [told])
    (told,) = suppress_findings([told], find_small_cells(sizes, [told]), sizes)
    left = {one.metric for one in told.measurements if one.value is not None}
    assert left <= {"target_prevalence", "site_target_association"}, left
    assert all(one.value is None for one in told.measurements if len(one.group) > 1)


def test_what_is_no_site_is_said():
    case = case_of(TWO)
    with pytest.raises(NotApplicable, match="no site is named"):
        list(sites(case))
    with pytest.raises(NotApplicable, match="no protected attribute is named"):
        list(sites(case, site="ward"))
    only = case_of({key: counts for key, counts in TWO.items() if key[0] == "A"})
    with pytest.raises(NotApplicable, match="one site"):
        list(sites(only, site="hospital"))
    from auditkit.host import Host
    from auditkit.spec import DataSpec

    data = DataSpec.model_validate({"audit": "a.csv", "groups": ["sex", "hospital"]})
    with pytest.raises(AuditError, match="'ward' is no protected attribute"):
        Host.installed().checks["fairness.sites"].accepts(data=data, site="ward")
