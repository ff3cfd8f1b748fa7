"""What every first-party check promises: words, cards, equal numbers at every run, and calm on degenerate data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auditkit import ClassScores, LabelScores, Measurement, Rankings, Texts, TokenLabels, Values
from auditkit.checking import run_check
from auditkit.host import Host
from auditkit.options import validate_options
from auditkit.planning import Planned
from auditkit.testing import toy_case

REQUIRED = {"fairness.metric": {"metric": "fairlearn.metrics:mean_prediction"}}
HOST = Host.installed()
CHECKS = list(HOST.checks.values())


def planned(check):
    return Planned(check, validate_options(check.run, REQUIRED.get(check.id, {}), owner=check.id))


def scores(rows=120, seed=1):
    draw = np.random.default_rng(seed)
    yes = draw.uniform(0.02, 0.98, rows)
    return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def targets(predictions, seed=2):
    draw = np.random.default_rng(seed)
    return ["yes" if draw.random() < score else "no" for score in predictions.scores[:, 1]]


def other_predictions(kind, rows=120):
    """What a model of another kind says, and what is true."""
    draw = np.random.default_rng(4)
    if kind is Values:
        true = draw.normal(50, 10, rows)
        said = true + draw.normal(0, 3, rows)
        wide = draw.uniform(2, 6, rows)
        return Values(said, None, np.column_stack([said - wide, said + wide]), (0.05, 0.95)), Values(true)
    if kind is Rankings:
        users = tuple(f"user {place}" for place in range(rows))
        lists = np.array([[f"item {i}" for i in draw.permutation(40)[:10]] for _ in users], dtype=object)
        return Rankings(users, lists), Rankings(users, np.array(draw.permuted(lists, axis=1)[:, :3]))
    if kind is TokenLabels:
        true = tuple(((0, 4, "DRUG", 1.0), (5, 9, "DOSE", 1.0)) for _ in range(rows))
        return TokenLabels(tuple(row[: draw.integers(0, 3)] for row in true)), TokenLabels(true)
    said = tuple((("I can't say.", "two words", "")[draw.integers(0, 3)],) for _ in range(rows))
    return Texts(said), Texts((("two words",),) * rows)


def ordinary(check=None, seed=0):
    groups = {"sex": ["F", "M", "M"] * 40, "band": ["old", "young"] * 60}
    kind = check.on[0] if check is not None and check.on else ClassScores
    if kind not in {ClassScores, LabelScores}:
        said, true = other_predictions(kind)
        return toy_case(said, None, groups, min_group_size=10, seed=seed, truth=true)
    predictions = scores()
    return toy_case(predictions, targets(predictions), groups, positive="yes", min_group_size=10, seed=seed)


def degenerate(name):
    predictions = scores()
    truth = targets(predictions)
    groups = {"sex": ["F", "M", "M"] * 40}
    one = ClassScores(("no", "yes"), np.array([[0.3, 0.7]]))
    flat = ClassScores(("no", "yes"), np.full((120, 2), 0.5))
    cases = {
        "no-positives": lambda: toy_case(predictions, ["no"] * 120, groups, positive="yes"),
        "only-positives": lambda: toy_case(predictions, ["yes"] * 120, groups, positive="yes"),
        "one-group": lambda: toy_case(predictions, truth, {"sex": ["F"] * 120}, positive="yes"),
        "a-group-of-one": lambda: toy_case(predictions, truth, {"sex": ["X"] + ["F"] * 119}, positive="yes"),
        "one-row": lambda: toy_case(one, ["yes"], {"sex": ["F"]}, positive="yes"),
        "constant": lambda: toy_case(flat, truth, groups, positive="yes"),
        "no-targets": lambda: toy_case(predictions, None, groups, positive="yes"),
        "no-groups": lambda: toy_case(predictions, truth, None, positive="yes"),
        "unknown-targets": lambda: toy_case(predictions, [None] * 120, groups, positive="yes"),
        "unknown-groups": lambda: toy_case(predictions, truth, {"sex": [None] * 120}, positive="yes"),
        "no-positive-named": lambda: toy_case(predictions, truth, groups),
        "labels-alone": lambda: toy_case(ClassScores(("no", "yes"), np.eye(2)[[0, 1] * 60], "label"), truth, groups),
        "several-labels": lambda: toy_case(
            LabelScores(("a", "b"), predictions.scores), np.array([[0, 1], [1, 1], [0, 0]] * 40), groups
        ),
        "units": lambda: toy_case(predictions, truth, groups, positive="yes", units=[row // 4 for row in range(120)]),
        "weights": lambda: toy_case(predictions, truth, groups, positive="yes", weights=[0.0] * 60 + [2.0] * 60),
    }
    return cases[name]()


ALL = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


@ALL
def test_a_check_has_words_and_cards(check):
    assert check.title
    assert len(check.title) < 80
    assert check.text
    assert check.metrics or check.id in REQUIRED  # the user names its metrics
    for card in check.metrics:
        assert all(getattr(card, name).strip() for name in type(card).model_fields)


@ALL
def test_every_metric_that_it_measures_has_a_card(check):
    finding = run_check(HOST, ordinary(check), planned(check), None).finding
    assert finding.status == "measured", finding.reason
    carded = {card.name for card in check.metrics}
    if check.id not in REQUIRED:
        assert {measurement.metric for measurement in finding.measurements} <= carded


@ALL
def test_every_number_carries_its_uncertainty(check):
    finding = run_check(HOST, ordinary(check), planned(check), None).finding
    for found in finding.measurements:
        # A metric that the user names is any function: no interval is known for it, and no rule is judged by it.
        assert found.value is None or found.exact or found.interval is not None or check.id in REQUIRED, found.metric
        if found.interval is not None and found.value is not None:
            assert found.interval.low <= found.value <= found.interval.high, found


@ALL
def test_two_runs_are_equal_and_the_order_of_checks_has_no_part_in_it(check):
    alone = run_check(HOST, ordinary(check), planned(check), None).finding
    case = ordinary(check)
    for other in reversed(CHECKS):
        if other is not check:
            run_check(HOST, case, planned(other), None)
    after = run_check(HOST, case, planned(check), None).finding
    assert after.to_json() == alone.to_json()


@ALL
def test_a_finding_is_kept_and_read_back_as_it_was(check):
    case = ordinary(check)
    answer = run_check(HOST, case, planned(check), None)
    first, resumed = answer.finding, answer.resumed
    assert not resumed
    answer = run_check(HOST, replace(case, _kept={}), planned(check), None)
    again, resumed = answer.finding, answer.resumed
    assert resumed
    assert again.to_json() == first.to_json()


@ALL
@pytest.mark.parametrize(
    "name",
    [
        "no-positives", "only-positives", "one-group", "a-group-of-one", "one-row", "constant", "no-targets",
        "no-groups", "unknown-targets", "unknown-groups", "no-positive-named", "labels-alone", "several-labels",
        "units", "weights",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("default")
def test_degenerate_data_give_a_measurement_or_a_reason_and_never_a_crash(check, name):
    finding = run_check(HOST, degenerate(name), planned(check), None).finding
    assert finding.status != "error", (finding.reason, finding.hint)
    for found in finding.measurements:
        assert isinstance(found, Measurement)
        assert found.value is None or np.isfinite(found.value)


def test_the_random_numbers_of_a_check_follow_the_seed_and_the_check_alone():
    case = replace(ordinary(seed=5), identity="a.b")
    again = replace(ordinary(seed=5), identity="a.b")
    other_check = replace(ordinary(seed=5), identity="a.c")
    other_seed = replace(ordinary(seed=6), identity="a.b")
    drawn = case.rng("x").random(4).tolist()
    case.rng("y").random(100)
    assert again.rng("x").random(4).tolist() == drawn
    for other in (other_check, other_seed):
        assert other.rng("x").random(4).tolist() != drawn
    assert case.rng("y").random(4).tolist() != drawn
