"""`fairness.variance`: a worked case, numpy as a witness, who takes part, and groups that are treated alike."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Measurement, NotApplicable
from auditkit.testing import toy_case
from auditkit_fairness import variance


def case_of(selected: dict[str, tuple[int, int]], **fields: Any) -> Case[ClassScores]:
    """Rows of each site, so many selected of so many, without targets."""
    yes = np.concatenate([np.arange(n) < hits for hits, n in selected.values()])
    sites = [site for site, (_, n) in selected.items() for _ in range(n)]
    predictions = ClassScores(("no", "yes"), np.column_stack([~yes, yes]).astype(float), "label")
    return toy_case(predictions, None, {"site": sites}, positive="yes", **fields)


def found(case: Case[ClassScores], metric: str = "selection_rate_variance") -> Measurement:
    (one,) = [one for one in variance(case) if isinstance(one, Measurement) and one.metric == metric]
    return one


def test_three_sites_by_hand() -> None:
    # .2, .4 and .6 vary by .04; of that go the thirds of .16 / 39, .24 / 49 and .24 / 99
    one = found(case_of({"a": (8, 40), "b": (20, 50), "c": (60, 100)}))
    assert one.value == pytest.approx(0.04 - (0.16 / 39 + 0.24 / 49 + 0.24 / 99) / 3)
    assert one.interval is not None
    assert 0 < one.interval.low < one.value < one.interval.high


def test_of_very_many_rows_it_is_numpys_variance() -> None:
    shares = np.array([0.1, 0.15, 0.3, 0.5])
    one = found(case_of({f"site {place}": (round(share * 20_000), 20_000) for place, share in enumerate(shares)}))
    assert one.value == pytest.approx(np.var(shares, ddof=1), rel=0.001)


def test_forty_sites_that_are_treated_alike_do_not_vary() -> None:
    hits = np.random.default_rng(0).binomial(40, 0.3, 40)
    one = found(case_of({f"site {place:02}": (int(hit), 40) for place, hit in enumerate(hits)}))
    assert np.var(hits / 40, ddof=1) > 0.003
    assert one.value is not None
    assert one.interval is not None
    assert one.value < 0.002
    assert one.interval.low == 0


def test_a_small_site_is_listed_and_not_compared() -> None:
    sites = {"a": (8, 40), "b": (20, 50), "c": (60, 100)}
    one = found(case_of({**sites, "d": (5, 5)}))
    assert [part.compared for part in one.compared] == [True, True, True, False]
    assert one.value == found(case_of(sites)).value


def test_of_two_sites_nothing_is_said() -> None:
    with pytest.raises(NotApplicable, match="three groups"):
        list(variance(case_of({"a": (8, 40), "b": (20, 50)})))
    one = found(case_of({"a": (8, 40), "b": (20, 50), "c": (5, 10)}))
    assert str(one.undefined) == "fewer than three groups have 30 rows to compare"


def test_rows_of_one_patient_tell_less() -> None:
    sites = {"a": (30, 120), "b": (60, 120), "c": (90, 120)}
    people = list(np.repeat(np.arange(120), 3))
    one, other = found(case_of(sites)), found(case_of(sites, units=people))
    assert one.value is not None
    assert other.value is not None
    assert 0 < other.value < one.value
