"""Every verb of the command line, with the real command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from commands import Folder, small_rows

VERBS = {
    "run": ["--out", "--fresh", "--resume", "--force", "--no-pdf", "--json"],
    "verify": ["--key", "--trust", "--allow-dev-key", "--json"],
    "init": ["--out", "--force", "--yes", "--target", "--positive", "--input", "--attribute"],
    "plan": ["--measure"],
    "gate": ["--policy", "--export", "--sign", "--ci", "--allow-dev-key"],
    "diff": ["--key", "--trust", "--allow-dev-key", "--json"],
    "history": ["--out", "--index", "--metric", "--within", "--key", "--trust", "--allow-dev-key", "--json"],
    "seal": ["--out", "--key", "--force"],
    "sign": ["--role", "--decision", "--reason", "--expires"],
    "timestamp": [],
    "sigstore": ["--out", "--tsa"],
    "replay": [],
    "render": ["--out", "--language", "--templates", "--no-pdf", "--summary"],
    "canaries": ["--count", "--stem", "--candidates"],
    "ask": ["--author", "--answer", "--list", "--language"],
    "demo": ["--out"],
    "keygen": ["--key", "--issuer", "--crl-url", "--authority", "--encrypt"],
    "plugins": [],
    "revoke": ["--issuer"],
    "checks": [],
    "adapters": [],
    "policies": [],
    "policy": [],
    "selftest": ["--seeds", "--level", "--seconds", "--json", "--markdown"],
    "new-plugin": ["--check", "--adapter", "--exporter", "--report", "--license", "--holder", "--out", "--force"],
    "doctor": [],
}


@pytest.fixture(scope="module")
def audited(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    assert folder.run().code == 0
    return folder


def test_it_says_which_version_it_is(folder):
    from importlib.metadata import version

    answer = folder.run_here("--version")
    assert (answer.code, answer.out) == (0, f"auditkit {version('auditkit')}\n")


@pytest.mark.parametrize("arguments", [(), ("policy",)])
def test_a_command_without_a_verb_shows_its_help_as_it_is(folder, arguments):
    answer = folder.run(*arguments) if arguments else folder.run("--debug")
    assert answer.code == 2
    assert "error:" not in answer.err
    assert re.search(r"^Commands:\n  \w", answer.err, re.MULTILINE), answer


def test_help_names_every_verb_and_the_exit_codes(folder):
    answer = folder.run("--help")
    assert answer.code == 0
    for verb in VERBS:
        assert f"  {verb} " in answer.out
    assert "Exit codes: 0 pass, 1 fail, 2" in " ".join(answer.out.split())
    assert "3 a crash, or a required rule without evidence" in " ".join(answer.out.split())
    assert "3 a crash, or a required rule without evidence" in " ".join(folder.run_here("run", "--help").out.split())


def test_every_verb_has_its_options():
    import typer.main

    from auditkit.cli import app

    commands = typer.main.get_command(app).commands
    assert set(commands) == set(VERBS)
    for verb, options in VERBS.items():
        has = {name for parameter in commands[verb].params for name in parameter.opts}
        assert set(options) <= has, verb
        assert commands[verb].help, verb


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "No such command 'rnu'"),
        (["run"], "Missing argument 'spec'"),
        (["run", "audit.toml", "--outt", "x"], "No such option"),
        (["run", "nowhere.toml"], "nowhere.toml"),
        (["run", "rows.csv"], "rows.csv"),
        (["run", "audit.toml", "--out", "no/such/folder"], "there is no folder 'no/such'"),
        (["plan", "nowhere.yaml"], "nowhere.yaml"),
        (["render", "site", "--out", "x"], "'site' is no bundle"),
        (["checks", "fairness.gasp"], "no check 'fairness.gasp' is installed"),
        (["demo", "heart-disaese"], "there is no demo 'heart-disaese'"),
    ],
)
def test_a_wrong_command_line_is_two_lines_and_exit_2(folder, arguments, said):
    folder.run_here(*arguments).refused(said)
    folder.nothing_written()


@pytest.mark.parametrize("place", ["rows.csv/out", "/proc/out"])
def test_a_folder_that_nobody_can_write_to_is_refused_before_any_work(folder, place):
    why = "rows.csv" if place.startswith("rows") else "'/proc/out' cannot be written"
    folder.run_here("run", "audit.toml", "--out", place).refused(why)
    folder.run_here("demo", "heart-disease", "--out", place).refused(f"'{place}' cannot be written", "--out")
    folder.nothing_written()


def test_numbers_as_groups_are_warned_of_by_plan_run_and_report(folder):
    rows = [(*row[:1], str(place % 40), *row[2:]) for place, row in enumerate(small_rows())]
    folder.write_rows(rows)
    said = "the attribute 'band' holds 40 different numbers"
    assert said in folder.run_here("plan", "audit.toml").out
    assert f"warning: {said}" in folder.run_here().err
    assert "The attribute &#39;band&#39; holds 40 different numbers" in folder.page()


def test_a_bundle_that_is_there_is_not_replaced_unless_forced(audited):
    before = (audited.bundle / "result.json").read_bytes()
    audited.run_here().refused("'audit-audit' exists", "--force")
    assert (audited.bundle / "result.json").read_bytes() == before


def test_run_says_the_verdict_and_where_the_report_is(audited):
    answer = audited.run("run", "audit.toml", "--out", "again")
    assert answer.code == 0
    assert "verdict  PASS  (exit 0)" in answer.out
    assert "report   again/report.html" in answer.out
    assert "kept from before" in answer.err


def test_run_as_json_is_json_and_nothing_else(audited):
    answer = audited.run_here("run", "audit.toml", "--json", "--out", "as-json")
    said = json.loads(answer.out)
    assert answer.err == ""
    assert (said["verdict"], said["exit_code"], said["bundle"]) == ("pass", 0, "as-json")
    assert said["result_digest"] == audited.result()["result_digest"]


def test_a_group_that_no_row_has_is_a_mistake_in_the_spec(folder):
    """Named by an option of a check: told with its line by plan and run, and nothing is written."""
    folder.spec(("[report]", '[[checks]]\nuse = "fairness.other-rates"\nagainst = {sex = "Q"}\n\n[report]'))
    for verb in ("plan", "run"):
        refused = folder.run_here(verb, "audit.toml")
        assert refused.code == 2
        assert "audit.toml:17: [checks.against] is refused: option 'against': 'sex' has no group 'Q'" in refused.err
        assert "hint: it has: '" in refused.err
    assert not folder.bundle.exists()
    assert not folder.store.exists()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('metric = "accuracy"\nmin = 0.999', 1),
        ('metric = "happiness"\nmin = 0', 3),
    ],
)
def test_the_exit_code_is_the_verdict(folder, rule, code):
    folder.spec(('metric = "accuracy"\nmin = 0.5', rule))
    assert folder.run_here().code == code


def test_a_bound_inside_the_interval_is_inconclusive(audited, folder):
    (accuracy,) = [
        one["value"] for one in audited.finding("performance.overall")["measurements"] if one["metric"] == "accuracy"
    ]
    folder.spec(("min = 0.5", f"min = {accuracy}"))
    assert folder.run_here().code == 5


def test_render_writes_an_unsigned_page_beside(audited):
    answer = audited.run_here("render", "audit-audit", "--no-pdf", "--out", "rendered")
    assert answer.code == 0
    assert "UNSIGNED RENDERING" in answer.out
    assert "UNSIGNED RENDERING" in (audited.path / "rendered" / "report.html").read_text()
    assert [path.name for path in (audited.path / "rendered").iterdir()] == ["report.html"]


def test_what_is_installed_is_listed_with_its_distribution(folder):
    assert "auditkit 0" in folder.run_here("plugins").out
    assert "fairness.gaps" in folder.run_here("checks").out
    assert "accuracy" in folder.run_here("checks", "performance.overall").out
    assert "recorded" in folder.run_here("adapters").out
    assert "baseline 2026.1:" in folder.run_here("policies").out
    assert "Art. 10(2)(f): " in folder.run_here("policies", "eu-ai-act").out
    assert "did you mean 'hiring'" in folder.run_here("policies", "hirring").err


def test_plugins_and_doctor_name_what_cannot_be_used(folder):
    folder.install("broken_plugin", "raise ValueError('not today')", distribution="somebody-elses")
    listed = folder.run_here("plugins")
    assert listed.code == 2
    assert "somebody-elses 1.0" in listed.out
    assert "CANNOT BE USED: ValueError: not today" in listed.out
    doctor = folder.run_here("doctor")
    assert doctor.code == 2
    assert "somebody-elses: ValueError: not today" in doctor.out


def test_doctor_is_content_with_this_machine(folder):
    answer = folder.run("doctor")
    assert answer.code == 0
    assert answer.out.splitlines()[0].split()[:2] == ["ok", "Python"]


def test_an_allow_list_leaves_a_broken_plugin_out(folder):
    folder.install("broken_plugin", "raise ValueError('not today')", distribution="somebody-elses")
    folder.spec(more='\n[plugins]\nallow = ["auditkit"]\n')
    assert folder.run_here().code == 0


def test_a_pinned_plugin_must_be_the_pinned_one(folder):
    folder.spec(more='\n[plugins.pin]\nauditkit = "sha256:' + "0" * 64 + '"\n')
    folder.run_here().refused("is not the pinned one")
    folder.nothing_written()


def shell(folder: Folder, words: str) -> subprocess.CompletedProcess[str]:
    command = f"{sys.executable} -m auditkit {words}"
    return subprocess.run(
        ["sh", "-c", command], cwd=folder.path, env=folder.environment, capture_output=True, text=True, check=False
    )


def test_a_reader_who_stops_listening_gets_no_traceback(folder):
    assert "Traceback" not in shell(folder, "checks fairness.gaps | true").stderr


def test_a_run_without_standard_streams_still_writes_its_bundle(folder):
    assert shell(folder, "run audit.toml <&- >&- 2>&-").returncode == 0
    assert folder.page()
