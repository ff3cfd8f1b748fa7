"""The watcher for MLflow without MLflow: when it is silent, what it refuses, and the names that it makes."""

from __future__ import annotations

import re
import sys

import pytest

from auditkit.errors import AuditError
from auditkit.testing.results import measured, toy_result
from auditkit_mlflow import auditkit_audit_finished, auditkit_audit_started
from auditkit_mlflow.naming import name_of
from auditkit_mlflow.settings import Settings

# mlflow.utils.validation: what a metric may be called
TAKEN = re.compile(r"[\w\-. :/]{1,250}", re.ASCII)
VARIABLES = ("AUDITKIT_MLFLOW", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def named(**fields):
    return name_of(measured("rate", 0.5, 40, 0.4, 0.6, **fields))


def test_nothing_is_logged_unless_the_environment_asks(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///nowhere.db")
    before = set(sys.modules)
    auditkit_audit_started()
    auditkit_audit_finished(toy_result(), None)
    assert Settings.said() is None
    assert not any(name.partition(".")[0] == "mlflow" for name in set(sys.modules) - before)


@pytest.mark.parametrize(
    ("variables", "words", "hint"),
    [
        ({"AUDITKIT_MLFLOW": "yes", "MLFLOW_TRACKING_URI": "x"}, "AUDITKIT_MLFLOW is 'yes'", "AUDITKIT_MLFLOW=numbers"),
        ({"AUDITKIT_MLFLOW": "numbers"}, "MLFLOW_TRACKING_URI is not", "export MLFLOW_TRACKING_URI"),
    ],
)
def test_what_the_environment_lacks_is_said_when_the_audit_begins(monkeypatch, variables, words, hint):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AuditError, match=words) as caught:
        auditkit_audit_started()
    assert hint in caught.value.hint


def test_the_names_say_of_whom_the_number_is():
    assert named() == "rate"
    assert named(group={"sex": "F"}) == "rate/sex/F"
    assert named(group={"sex": "*"}) == "rate/sex/_gap"
    assert named(group={"sex": "F", "site": "Long Beach"}) == "rate/sex/F/site/Long Beach"
    assert named(label="dental", conditions={"blur": "3"}) == "rate/class/dental/where/blur/3"
    assert named(versus={"period": "2025-11"}) == "rate/against/period/2025-11"


def test_different_measurements_keep_different_names():
    groups: list[dict[str, str]] = [
        {"sex": "*"},
        {"sex": "_gap"},
        {"sex": "a/b"},
        {"sex": "a", "b": ""},
        {"sex": "a_b"},
        {"sex": "a:b"},
        {"sex": "W" * 300},
        {"sex": "W" * 301},
        {"sex": "\u00e9"},
        {"sex": "e"},
        {"sex": "\n"},
        {"sex": " "},
    ]
    names = [named(group=group) for group in groups]
    assert len(set(names)) == len(groups)
    assert all(TAKEN.fullmatch(f"{name}.high") for name in names)
