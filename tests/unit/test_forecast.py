"""`plan` tells what would run from the spec, the plugins and the data alone: no model is opened."""

from __future__ import annotations

import pytest
from commands import Folder

from auditkit.errors import AuditError
from auditkit.forecasts.forecast import Forecast, expected_type, forecast
from auditkit.host import Host
from auditkit.hosting.discovery import find_plugins
from auditkit.predictions import ClassScores, LabelScores, Values
from auditkit.spec import AuditSpec, DataSpec, ModelSpec, read_spec

BOMB = '''
from auditkit import Case, ClassScores, Measurement, Texts, adapter, check, hookimpl

@adapter("bomb", gives=ClassScores)
def open_bomb(path, *, fuse: int = 1):
    """A model that must not be opened."""
    raise AssertionError("the model was opened")

@check("words.count", on=Texts)
def words(case):
    """How many words."""
    raise AssertionError("the check was run")

@check("members.gap", on=None, needs=("training",))
def members(case):
    """Needs members."""
    raise AssertionError("the check was run")

@hookimpl
def auditkit_register_adapters():
    return [open_bomb]

@hookimpl
def auditkit_register_checks():
    return [words, members]
'''


@pytest.fixture
def host(install) -> Host:
    install("forecast_bomb", BOMB)
    loaded, failed = find_plugins()
    assert failed == []
    return Host(loaded)


def looked(folder: Folder, host: Host, *changes: tuple[str, str]) -> Forecast:
    folder.spec(*changes, checks=())
    return forecast(read_spec(folder.path / "audit.toml"), host)


def test_a_plan_opens_no_model(folder, host):
    found = looked(folder, host, ('adapter = "recorded"', 'adapter = "bomb"'))
    assert "adapter bomb" in found.subject
    assert found.cost.startswith("200 predictions with the model")
    assert found.rows == "200 audit"
    assert found.groups == "sex (2), band (2)"
    assert not folder.store.exists()


def test_a_plan_warns_of_groups_whose_numbers_are_withheld_and_that_are_compared(folder, host):
    def warned(least):
        folder.spec(("[policy]", f"[policy]\nmin_group_size = {least}"))
        return [one for one in forecast(read_spec(folder.path / "audit.toml"), host).warnings if "few" in one]

    assert warned(10) == []
    (said,) = warned(5)
    assert said.startswith("Groups of fewer than 10 people are compared and judged, since min_group_size is 5.")


def test_a_plan_says_what_would_not_apply_and_why(folder, host):
    says = {check.id: check.says for check in looked(folder, host).checks}
    assert says["performance.overall"] == "would run"
    assert says["words.count"] == "would not apply: it looks at Texts"
    assert says["members.gap"] == "would not apply: the data have no training"


def test_a_plan_says_which_rules_nothing_would_measure(folder, host):
    rule = '\n[[policy.rules]]\nmetric = "happiness"\nmin = 0.5\nbecause = "a test"\n'
    folder.spec(more=rule)
    found = forecast(read_spec(folder.path / "audit.toml"), host)
    assert dict(found.rules) == {
        "accuracy>=0.5": "",
        "happiness>=0.5": "no installed check measures it: the verdict would be an error",
    }


def test_a_plan_says_which_rules_are_not_about_this_model(tmp_path):
    (tmp_path / "rows.csv").write_text("y,yhat,sex\n1.5,2,f\n2.5,2,m\n")
    (tmp_path / "audit.toml").write_text(
        'name = "a"\ntask = "regression"\n[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\ntarget = "y"\n'
        'predicted = "yhat"\ngroups = ["sex"]\ntraining = "rows.csv"\n'
    )
    rules = dict(forecast(read_spec(tmp_path / "audit.toml"), Host.installed()).rules)
    assert rules["equalized_odds_difference<=0.1"].startswith("would not apply: this model makes no decisions")
    assert rules["smooth_calibration_error<=0.05"] == "would not apply: the data have no scores"
    assert rules["protected_intervention_effect<=0.05"] == "would not apply: the data have no protected_inputs"
    assert rules["membership_auc<=0.6"] == ""


def test_a_plan_says_whether_protected_inputs_are_named(folder, host):
    def says():
        found = forecast(read_spec(folder.path / "audit.toml"), host)
        return next(one.says for one in found.checks if one.id == "fairness.protected-intervention")

    folder.spec(checks=())
    assert says() == "would not apply: the data have no protected_inputs"
    spec = folder.path / "audit.toml"
    spec.write_text(spec.read_text().replace("[data]", '[data]\nprotected_inputs = {sex = "sex"}'))
    assert says().startswith("would run")


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("hospital", "would not apply: all rows are of one site"),
        ("", "would not apply: no site is named: where, or with which device, a row was taken"),
        ("sex", 'would run with site = "sex"'),
    ],
)
def test_a_plan_says_what_sites_the_rows_have(tmp_path, site, says):
    (tmp_path / "rows.csv").write_text("y,yhat,sex,hospital\n" + "yes,no,f,A\nno,no,m,A\n" * 20)
    (tmp_path / "audit.toml").write_text(
        'name = "a"\n[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\ntarget = "y"\npositive = "yes"\n'
        'predicted = "yhat"\ngroups = ["sex", "hospital"]\n[[checks]]\nuse = "fairness.sites"\n'
        + (f'site = "{site}"\n' if site else "")
    )
    with (tmp_path / "audit.toml").open("a") as spec:
        spec.write(
            '[policy]\nextends = []\n[[policy.rules]]\nmetric = "site_target_association"\nmax = 1\nbecause = "a"\n'
        )
    found = forecast(read_spec(tmp_path / "audit.toml"), Host.installed())
    assert [check.says for check in found.checks] == [says]
    missing = "no planned check measures it: the verdict would be an error"
    assert [says for _, says in found.rules] == ["" if site == "sex" else missing]


def test_recorded_predictions_cost_nothing(folder, host):
    assert looked(folder, host).cost == "nothing to predict: seconds"


def test_what_run_would_refuse_plan_refuses(folder, host):
    folder.write_rows([("F", "old", "yes", "0.5", "0.5")], ("sex", "band", "result", "p_no", "p_yes"))
    with pytest.raises(AuditError, match="no column 'outcome'"):
        looked(folder, host)
    with pytest.raises(AuditError, match="no option 'fues'"):
        looked(folder, host, ('adapter = "recorded"', 'adapter = "bomb"\nfues = 3'))


@pytest.mark.parametrize(
    ("data", "task", "expected"),
    [
        ({"scores": ("a", "b"), "target": "t"}, None, ClassScores),
        ({"scores": ("a", "b"), "target": ("t", "u")}, None, LabelScores),
        ({"predicted": "y"}, None, ClassScores),
        ({"predicted": "y"}, "regression", Values),
    ],
)
def test_the_prediction_type_follows_the_spec(host, data, task, expected):
    spec = AuditSpec(name="x", task=task, model=ModelSpec(adapter="recorded"), data=DataSpec(audit="a", **data))
    assert expected_type(spec, host) is expected
