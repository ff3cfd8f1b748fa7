"""What the host adds for each first-party check to what `obey_contract` holds: its store, the order, random numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditkit import ClassScores
from auditkit.checks.checking import run_check
from auditkit.checks.planning import Planned
from auditkit.host import Host
from auditkit.options import validate_options
from auditkit.report.wording import SENTENCE_LIMIT
from auditkit.testing import CannedModel, recipe

BEHAVIOUR = '[[tests]]\nname = "a"\nkind = "MFT"\ntemplates = ["She has a fever."]\nexpect = "yes"'
REQUIRED = {
    "fairness.metric": {"metric": "fairlearn.metrics:mean_prediction"},
    "fairness.local-law-144": {"sex": "sex", "race": "band", "data_kind": "test"},
    "robustness.negation": {"label": "yes", "must": "fall"},
    "robustness.behaviour": {"templates": {"name": "b.toml", "text": BEHAVIOUR}},
}
HOST = Host.installed()
CHECKS = list(HOST.checks.values())


def planned(check):
    return Planned(check, validate_options(check.run, REQUIRED.get(check.id, {}), owner=check.id))


def of_kind(kind=ClassScores, seed=0):
    made = recipe(kind, 120)
    return replace(made, settings={**made.settings, "seed": seed}).case(CannedModel(made.predictions))


ALL = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


KINDS = tuple(dict.fromkeys(check.on[0] if check.on else ClassScores for check in CHECKS))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_two_runs_are_equal_and_the_order_of_checks_has_no_part_in_it(kind):
    """Each check after all that precede it, and each after all that follow it: the first and the last are alone too."""
    told = []
    for order in (CHECKS, CHECKS[::-1]):
        case = of_kind(kind)
        told.append({check.id: run_check(HOST, case, planned(check), None).finding.to_json() for check in order})
    assert set(told[0]) == {check.id for check in CHECKS}
    for check in CHECKS:
        assert told[0][check.id] == told[1][check.id], check.id


@ALL
def test_a_finding_is_kept_and_read_back_as_it_was(check):
    case = of_kind(check.on[0] if check.on else ClassScores)
    answer = run_check(HOST, case, planned(check), None)
    first, resumed = answer.finding, answer.resumed
    assert not resumed
    answer = run_check(HOST, replace(case, _kept={}), planned(check), None)
    again, resumed = answer.finding, answer.resumed
    assert resumed
    assert again.to_json() == first.to_json()


def test_the_random_numbers_of_a_check_follow_the_seed_and_the_check_alone():
    case = replace(of_kind(seed=5), identity="a.b")
    again = replace(of_kind(seed=5), identity="a.b")
    other_check = replace(of_kind(seed=5), identity="a.c")
    other_seed = replace(of_kind(seed=6), identity="a.b")
    drawn = case.rng("x").random(4).tolist()
    case.rng("y").random(100)
    assert again.rng("x").random(4).tolist() == drawn
    for other in (other_check, other_seed):
        assert other.rng("x").random(4).tolist() != drawn
    assert case.rng("y").random(4).tolist() != drawn


@ALL
def test_what_a_check_says_of_itself_is_not_cut_in_the_report(check):
    for part in check.text.split("\n\n"):
        assert len(" ".join(part.split())) <= SENTENCE_LIMIT, f"shorten the docstring of {check.id}: the report cuts it"
