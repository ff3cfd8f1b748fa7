"""Every first-party check carries a planted defect and a clean twin, passes both, and fails them when it is broken."""

from __future__ import annotations

import functools
import importlib

import numpy as np
import pytest

from auditkit import ClassScores, Measurement
from auditkit.checks.controls import run_control
from auditkit.finding import Reading
from auditkit.host import Host
from auditkit.options import validate_options
from auditkit.plugin import Check
from auditkit.statistics import Gap, one_against_rest
from auditkit.testing import label_missed
from auditkit_performance.overall import overall

REQUIRED = {
    "fairness.metric": {"metric": "fairlearn.metrics:mean_prediction"},
    "fairness.local-law-144": {"sex": "sex", "race": "band", "data_kind": "test"},
    "robustness.negation": {"label": "yes", "must": "fall"},
    "robustness.behaviour": {"templates": {"name": "b.toml", "text": ""}},
}
CHECKS = Host.installed().checks
ALL = pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)


READ: dict[tuple[str, str], list[Reading]] = {}
"""A check and its control -> the readings at the level of 0.95, which three tests look at."""


def controls(check, *, level=0.95, **options):
    given = validate_options(CHECKS[check.id].run, REQUIRED.get(check.id, {}) | options, owner=check.id)
    return [run_control(check, known, given, level=level)[0] for known in check.controls]


def changing(check, change):
    """The check whose readings are changed; it reads each of its controls once, however often it is put to it."""

    @functools.wraps(check.run)
    def run(case, **options):
        assert (case.is_control, case.settings.level) == (True, 0.95)
        if (key := (check.id, case.identity)) not in READ:
            READ[key] = list(check.run(case, **options))
        return map(change, READ[key])

    return with_run(check, run)


@ALL
def test_no_first_party_check_is_without_a_planted_defect_and_a_clean_twin(check):
    assert {known.kind for known in check.controls} == {"planted", "clean"}


@ALL
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_every_first_party_check_passes_its_controls(check, level):
    for control in controls(changing(check, as_read) if level == 0.95 else check, level=level):
        assert control.passed, control


@pytest.mark.parametrize(
    "metric",
    [
        "fairlearn.metrics:selection_rate", "fairlearn.metrics:count", "fairlearn.metrics:false_positive_rate",
        "sklearn.metrics:accuracy_score", "sklearn.metrics:matthews_corrcoef", "sklearn.metrics:f1_score",
        "sklearn.metrics:precision_score", "sklearn.metrics:balanced_accuracy_score",
        "sklearn.metrics:mean_squared_error", "sklearn.metrics:roc_auc_score", "sklearn.metrics:cohen_kappa_score",
        "sklearn.metrics:zero_one_loss", "sklearn.metrics:jaccard_score", "sklearn.metrics:log_loss",
    ],
)  # fmt: skip
def test_the_controls_of_the_named_metric_hold_for_any_metric(metric):
    for control in controls(CHECKS["fairness.metric"], metric=metric):
        assert control.passed, control


@pytest.mark.parametrize("bins", [1, 5, 100])
def test_the_controls_of_calibration_hold_for_any_number_of_bins(bins):
    for control in controls(CHECKS["calibration.error"], bins=bins):
        assert control.passed, control


def as_read(reading):
    return reading


def saying(reading, value):
    told = isinstance(reading, Measurement) and reading.value is not None
    return reading.model_copy(update={"value": value, "interval": None, "exact": True}) if told else reading


def blind(reading):
    """Nothing is ever wrong."""
    return saying(reading, 0.0)


def alarmed(reading):
    """Everything is always wrong."""
    return saying(reading, 0.9)


@ALL
@pytest.mark.parametrize(("change", "kind"), [(blind, "planted"), (alarmed, "clean")])
def test_a_check_that_says_the_same_of_everything_fails(check, change, kind):
    failed = [control for control in controls(changing(check, change)) if not control.passed]
    assert kind in {control.kind for control in failed}


def with_run(check, run):
    return Check(check.id, run, on=check.on, metrics=check.metrics, controls=check.controls)


@pytest.mark.parametrize(
    ("check", "module", "name", "broken"),
    [
        ("fairness.gaps", "auditkit_fairness.gaps", "widest_difference",
         lambda *_, **__: Gap(value=0.0, low=0.0, high=0.1, lowest=0, highest=1)),
        ("fairness.group-rates", "auditkit_fairness.tallying", "one_against_rest",
         lambda answers, target, _: one_against_rest(answers.sum(axis=2, keepdims=True), target, 0)),
        ("fairness.metric", "auditkit_fairness.named_metric", "_by_group",
         lambda _function, _answers, grouping: np.zeros(len(grouping.members))),
        ("calibration.error", "auditkit_calibration.questions", "Question.residuals", None),
        ("performance.overall", "auditkit_performance.overall", "delong", lambda *_, **__: None),
    ],
)  # fmt: skip
def test_a_broken_statistic_makes_a_control_fail(check, module, name, broken, monkeypatch):
    home = importlib.import_module(module)
    if name == "Question.residuals":
        monkeypatch.setattr(home.Question, "residuals", property(lambda self: np.zeros(len(self))))
    else:
        monkeypatch.setattr(home, name, broken)
    assert [control for control in controls(CHECKS[check]) if not control.passed]


@pytest.mark.parametrize(("size", "found"), [(0.25, 0.75), (1.0, 0.0), (0.0, 1.0)])
def test_a_missed_label_is_missed_by_so_much(size, found):
    case = label_missed(size, rows=80)(np.random.default_rng(0))
    true, chosen = case.label_targets, case.predictions.scores >= 0.5
    assert true.sum(axis=0).tolist() == [40, 40]
    assert chosen[true[:, 1], 1].mean() == found
    np.testing.assert_array_equal(chosen[:, 0], true[:, 0])
    assert not chosen[~true[:, 1], 1].any()
    shown = {(m.metric, m.label): m.value for m in overall.run(case) if isinstance(m, Measurement)}
    assert shown["true_positive_rate", "cough"] == found
    assert shown["true_positive_rate", "fever"] == 1.0


def test_class_scores_are_what_the_controls_are_made_of():
    for check in CHECKS.values():
        if check.on is not None and ClassScores in check.on:
            case = check.controls[0].case(np.random.default_rng(0))
            assert isinstance(case.predictions, ClassScores)
