"""Options of the fairness checks: refused when they cannot be meant, and no control may be lost by those that can."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from auditkit import AuditError, ClassScores, NotApplicable
from auditkit.checks.asking import ask
from auditkit.checks.controls import run_controls
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.options import validate_options
from auditkit.testing import toy_case

CHECKS = Host.installed().checks
DATA = SimpleNamespace(groups=("sex", "race"), input=("ward", "age"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("strata", {"strata": "ward", "against": {"race": "White"}}),
        ("other-rates", {"against": {"race": "White"}, "depth": 3}),
        ("score-balance", {"against": {"race": "White"}}),
        ("similar-people", {"neighbours": 40, "slope": 30.0}),
        ("gaps", {"depth": 3}),
        ("tests", {"depth": 1}),
        ("four-fifths", {"depth": 3}),
        ("protected-intervention", {"most_rows": 100}),
    ],
)
def test_controls_hold_whatever_columns_and_groups_the_options_name(name, options, tmp_path):
    check = CHECKS[f"fairness.{name}"]
    given = validate_options(check.run, options, owner=check.id)
    found = run_controls(check, given, level=0.95, store=EvidenceStore(tmp_path), code=())
    assert len(found.controls) == len(check.controls)
    assert [control.title for control in found.controls if not control.passed] == []


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("gaps", {"depth": 0}, "option 'depth' is '0'"),
        ("multiclass", {"depth": 0}, "option 'depth' is '0'"),
        ("variance", {"depth": 0}, "option 'depth' is '0'"),
        ("differential", {"depth": 0}, "option 'depth' is '0'"),
        ("tests", {"depth": -1}, "option 'depth' is '-1'"),
        ("other-rates", {"against": {"sx": "F"}}, "'sx' is no protected attribute"),
        ("strata", {"strata": "wrd"}, "no column 'wrd'"),
        ("local-law-144", {"sex": "gender", "race": "race"}, "'gender' is no protected attribute"),
    ],
)
def test_options_that_no_column_fits_are_refused_when_planning(name, options, said):
    with pytest.raises(AuditError, match=said) as caught:
        CHECKS[f"fairness.{name}"].accepts(data=DATA, **options)
    assert caught.value.hint


def test_every_check_with_a_depth_or_a_reference_refuses_what_cannot_be_meant():
    named = [one for one in CHECKS.values() if {"depth", "against"} & {option.name for option in one.options}]
    assert [one.id for one in named if one.area == "fairness" and one.accepts is None] == []


@pytest.mark.parametrize("strata", ["", "ward", "sex"])
def test_strata_of_an_input_or_a_protected_attribute_are_accepted(strata):
    CHECKS["fairness.strata"].accepts(data=DATA, strata=strata, against={"sex": "F"})


def test_an_only_attribute_cannot_be_its_own_stratum():
    case = toy_case(ClassScores(("no", "yes"), np.eye(2)[[0, 1] * 40], "label"), None, {"sex": ["F", "M"] * 40})
    with pytest.raises(NotApplicable, match="cannot be compared within"):
        list(ask(CHECKS["fairness.strata"], case, {"strata": "sex", "against": {}}).measurements)


def test_a_group_that_is_not_there_is_refused_when_the_data_are_read():
    accepts = CHECKS["fairness.other-rates"].accepts
    accepts(data=DATA, against={"race": "Whit"})
    accepts(data=DATA, against={"race": "White"}, groups={"race": ("Black", "White")})
    for label, hint in (("Whit", "did you mean 'White'?"), ("x", "it has: 'Black', 'White'")):
        with pytest.raises(AuditError, match=f"'race' has no group '{label}'") as caught:
            accepts(data=DATA, against={"race": label}, groups={"race": ("Black", "White")})
        assert caught.value.hint == hint
