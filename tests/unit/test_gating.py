"""A release against the one before it, from bundle to exit code."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from commands import HEADER, SPEC, Answer, Folder, as_csv, naming, small_rows

from auditkit.gating import Gated
from auditkit.gating.ledger import read_ledger

RELEASES = ("old", "good", "bad", "apart", "counts", "men")


def noisy(rows: Sequence[tuple[str, ...]], *, of: str = "FM", often: float, seed: int) -> list[tuple[str, ...]]:
    """The same rows, of which so many of a sex get the opposite answer."""
    draw = random.Random(seed)
    flip = [row[0] in of and draw.random() < often for row in rows]
    return [(*row[:3], row[4], row[3]) if turned else row for row, turned in zip(rows, flip, strict=True)]


def spec_of(name: str, *changes: tuple[str, str], checks: tuple[str, ...] = ("performance.overall",)) -> str:
    text = SPEC.replace("rows.csv", f"{name}.csv")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text + naming(checks)


@pytest.fixture(scope="module")
def releases(make_folder: Callable[[], Folder]) -> Folder:
    """A baseline, and audits as good, worse for women, of other rows, without rows, and without women."""
    folder = make_folder()
    rows = small_rows(1200)
    tables = {
        "old": rows,
        "good": noisy(rows, often=0.01, seed=1),
        "bad": noisy(rows, of="F", often=0.2, seed=2),
        "apart": small_rows(1200, seed=9),
        "counts": noisy(rows, often=0.01, seed=3),
        "men": [row for row in rows if row[0] == "M"],
    }
    for name, table in tables.items():
        folder.write(f"{name}.csv", as_csv(HEADER, table))
        evidence = [('formats = ["html"]', 'formats = ["html"]\nevidence = "none"')] if name == "counts" else []
        folder.write(f"{name}.toml", spec_of(name, *evidence))
        assert folder.run_here("run", f"{name}.toml", "--out", name).code == 0
    return folder


def gate(folder: Folder, bundle: str, *options: str) -> Answer:
    return folder.run_here("gate", bundle, "--allow-dev-key", *options)


def told(folder: Folder, bundle: str, *options: str) -> Gated:
    return Gated.from_json(gate(folder, bundle, "--json", *options).out)


def outcomes(found: Gated) -> dict[str, str]:
    return {one.rule.removeprefix("baseline:"): one.outcome for one in found.comparisons}


LENIENT = (
    '[baseline]\nmargin = 0.05\nbecause = "a test"\n[[rules]]\nmetric = "accuracy"\nmin = 0.5\nbecause = "a test"\n'
)


def test_a_release_that_is_as_good_passes(releases):
    releases.write("lenient.toml", LENIENT)
    answer = gate(releases, "good", "--baseline", "old", "--policy", "lenient.toml")
    assert answer.code == 0, answer
    assert "paired, row by row: 1,200 rows are in both" in answer.out
    assert "who now gets another answer" in answer.out


def test_a_release_that_is_worse_for_one_group_fails_for_it(releases):
    answer = gate(releases, "bad", "--baseline", "old")
    assert answer.code == 1, answer
    found = outcomes(told(releases, "bad", "--baseline", "old"))
    assert found["accuracy[sex=F]>=-0.02"] == "fail"
    assert found["accuracy[sex=M]>=-0.02"] == "pass"  # nobody's answer changed
    assert found["accuracy>=-0.02"] == "fail"


def test_the_verdict_is_the_one_that_is_told(releases):
    found = told(releases, "bad", "--baseline", "old")
    judged = {one.rule: one.outcome for one in found.verdict.judgements}
    assert found.verdict.outcome == "fail"
    assert judged["accuracy>=0.5"] == "pass"
    assert {one.rule: one.outcome for one in found.comparisons} == {k: v for k, v in judged.items() if "baseline:" in k}


def test_what_is_undecided_says_how_many_rows_would_decide_it(releases):
    releases.write("strict.toml", LENIENT.replace("0.05", "0.001"))
    found = told(releases, "good", "--baseline", "old", "--policy", "strict.toml")
    assert found.verdict.outcome == "inconclusive"
    undecided = [one for one in found.comparisons if one.outcome == "inconclusive"]
    assert any(one.wanted is not None and one.wanted > (one.n or 0) for one in undecided)
    assert gate(releases, "good", "--baseline", "old", "--policy", "strict.toml").code == 5


def test_other_rows_are_compared_as_two_samples_and_said_to_be(releases):
    found = told(releases, "apart", "--baseline", "old")
    assert not found.paired
    assert "as of different rows" in str(found.pairing)
    assert "salt_file" in str(found.pairing)
    assert found.churn == ()
    paired = told(releases, "good", "--baseline", "old")
    widths = [
        one.interval.high - one.interval.low for one in (found.comparisons[0], paired.comparisons[0]) if one.interval
    ]
    assert widths[0] > 2 * widths[1]


def test_without_rows_what_both_results_tell_is_compared(releases):
    found = told(releases, "counts", "--baseline", "old")
    assert "no rows are kept of the candidate" in str(found.pairing)
    whole, *groups = found.comparisons
    assert whole.interval is not None
    assert {one.outcome for one in groups} == {"inconclusive"}
    assert "evidence = 'rows'" in str(groups[0].reason)


def test_a_group_that_the_audit_left_out_keeps_the_release_from_passing(releases):
    releases.write("lenient.toml", LENIENT)
    for evidence in ("old", "counts"):
        found = told(releases, "men", "--baseline", evidence, "--policy", "lenient.toml")
        lost = next(one for one in found.comparisons if one.group == {"sex": "F"})
        assert (lost.outcome, lost.change) == ("inconclusive", None)
        assert "the candidate was not" in str(lost.reason)
        assert found.verdict.outcome == "inconclusive"
    named = LENIENT.replace("margin = 0.05", 'margin = 0.05\ngroup = "sex"')
    releases.write("by_sex.toml", named)
    assert outcomes(told(releases, "men", "--baseline", "old", "--policy", "by_sex.toml")) == {
        "accuracy[sex=M]>=-0.05": "pass",
        "accuracy[sex=F]>=-0.05": "inconclusive",
    }
    releases.write("whole.toml", LENIENT.replace("margin = 0.05", "margin = 0\ngroup = []"))
    assert list(outcomes(told(releases, "good", "--baseline", "old", "--policy", "whole.toml"))) == ["accuracy>=0"]


def test_churn_counts_who_gets_another_answer(releases):
    rows, turned = small_rows(1200), noisy(small_rows(1200), of="F", often=0.2, seed=2)
    changed = [
        before[:3] for before, after in zip(rows, turned, strict=True) if (before[4] >= "0.5") != (after[4] >= "0.5")
    ]
    found = {
        tuple(one.group.values()): one.value
        for one in told(releases, "bad", "--baseline", "old").churn
        if one.metric == "decision_churn"
    }
    assert found[()] == pytest.approx(len(changed) / 1200, abs=0.002)
    assert found[("F",)] == pytest.approx(len(changed) / 600, abs=0.004)
    assert found[("M",)] == 0


def test_it_prints_canonical_json(releases):
    out = gate(releases, "good", "--baseline", "old", "--json").out
    assert Gated.from_json(out).to_json().decode() == out.strip()
    assert json.loads(out)["baseline"]["name"] == "A small audit"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('metric = "happiness"', ("'happiness' cannot be compared", "accuracy, true_positive_rate")),
        ('group = "race"', ("'race' is not one of the candidate's",)),
        ('metric = "accuracy"\nlabel = "yes"', ("not about one class",)),
        ("margin = -1", ("margin",)),
        ('metric = "precision"\nlabel = "maybe"', ("no class 'maybe'", "'no', 'yes'")),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(releases, table, words):
    releases.write("wrong.toml", f"[baseline]\n{table}\n")
    gate(releases, "good", "--baseline", "old", "--policy", "wrong.toml").refused(*words)


def test_several_metrics_make_one_family(releases):
    tables = "".join(f'[[baseline]]\nmetric = "{name}"\ngroup = []\nmargin = 0.1\n' for name in ("accuracy", "roc_auc"))
    releases.write(
        "two.toml", "extends = []\n" + tables + '[[baseline]]\nmetric = "false_positive_rate"\ngroup = "sex"\n'
    )
    found = told(releases, "bad", "--baseline", "old", "--policy", "two.toml")
    assert list(outcomes(found)) == [
        "accuracy>=-0.1",
        "roc_auc>=-0.1",
        "false_positive_rate[sex=F]<=0.02",
        "false_positive_rate[sex=M]<=0.02",
    ]
    assert found.comparisons[2].outcome == "fail"
    assert {one.high_error for one in found.comparisons[:2]} <= {0.05 / 4, 0.05 / 3}


def test_a_group_that_is_too_small_is_not_judged(make_folder):
    folder = make_folder()
    rows = small_rows(400)
    few = [
        ("X", *row[1:]) if place % 20 == 0 else ("Y", *row[1:]) if place % 80 == 1 else row
        for place, row in enumerate(rows)
    ]
    for name, table in {"old": few, "new": noisy(few, of="Y", often=0.5, seed=4)}.items():
        folder.write(f"{name}.csv", as_csv(HEADER, table))
        folder.write(f"{name}.toml", spec_of(name))
        assert folder.run_here("run", f"{name}.toml", "--out", name).code == 0
    found = told(folder, "new", "--baseline", "old")
    by_group = {one.group.get("sex"): one for one in found.comparisons}
    assert by_group["X"].outcome == "inconclusive"  # 20 rows, of the 30 that it takes to be judged
    assert by_group["Y"].outcome == "inconclusive"  # 5 rows: nothing is told of them
    assert (by_group["Y"].n, by_group["Y"].new, by_group["Y"].change, by_group["Y"].p_value) == (None,) * 4
    answer = gate(folder, "new", "--baseline", "old")
    assert answer.code == 5
    withheld = [one for one in found.churn if one.group == {"sex": "Y"}]
    assert withheld
    assert all(one.suppressed for one in withheld)


def test_a_baseline_of_another_task_is_refused(releases, make_folder):
    folder = make_folder()
    folder.write("rows.csv", as_csv(HEADER, small_rows()).replace("yes", "ja").replace("p_ja", "p_yes"))
    folder.spec(
        ('["no", "yes"]', '["no", "ja"]'), ('positive = "yes"', 'positive = "ja"'), checks=("performance.overall",)
    )
    assert folder.run_here().code == 0
    other = str(folder.bundle)
    gate(releases, "good", "--baseline", other).refused("other classes", "'ja'")
    gate(releases, "good", "--baseline", "nowhere").refused("there is no baseline 'nowhere'")
    gate(releases, "good", "--baseline", "old", "--baseline-from", ".").refused("keep one")


def test_a_baseline_that_cannot_be_trusted_is_named(releases, tmp_path):
    copy = tmp_path / "old"
    shutil.copytree(releases.path / "old", copy)
    result = copy / "result.json"
    result.write_bytes(result.read_bytes().replace(b'"pass"', b'"fail"', 1))
    gate(releases, "good", "--baseline", str(copy)).refused("the baseline: the bundle", "cannot be trusted", code=4)


def test_the_newest_bundle_of_a_folder_that_verifies_is_the_baseline(releases, tmp_path):
    for name in ("old", "apart", "bad"):
        shutil.copytree(releases.path / name, tmp_path / name)
        broken = tmp_path / name / "result.json"
        if name == "bad":  # the newest of the three, and it does not verify
            broken.write_bytes(broken.read_bytes().replace(b"A small audit", b"A small audit", 1) + b" ")
    when = {
        name: json.loads((tmp_path / name / "result.json").read_bytes())["run"]["created"] for name in ("old", "apart")
    }
    found = told(releases, "good", "--baseline-from", str(tmp_path))
    assert found.baseline is not None
    assert found.baseline.created == max(when.values())
    assert Path(found.baseline.path).name in {"old", "apart"}


def test_a_folder_without_another_bundle_is_no_baseline(releases, tmp_path):
    shutil.copytree(releases.path / "good", tmp_path / "a copy")
    answer = gate(releases, "good", "--baseline-from", str(tmp_path))
    assert answer.code == 5, answer
    assert "there is no baseline" in answer.out


def test_a_policy_that_asks_for_a_baseline_does_not_pass_without_one(releases):
    releases.write("lenient.toml", LENIENT)
    answer = gate(releases, "good", "--policy", "lenient.toml")
    assert answer.code == 5
    assert "none is named: --baseline" in answer.out


def test_a_ledger_remembers_what_was_accepted(releases, tmp_path):
    ledger = tmp_path / "releases.jsonl"
    gate(releases, "old", "--ledger", str(ledger)).refused("there is no ledger", "touch")
    ledger.touch()
    assert gate(releases, "old", "--ledger", str(ledger)).code == 0
    assert gate(releases, "bad", "--ledger", str(ledger)).code == 1
    releases.write("lenient.toml", LENIENT)
    assert gate(releases, "good", "--ledger", str(ledger), "--policy", "lenient.toml").code == 0
    assert gate(releases, "good", "--ledger", str(ledger), "--policy", "lenient.toml").code == 0
    first, second = read_ledger(ledger)
    assert (first.seq, first.baseline, second.seq) == (1, None, 2)
    assert second.baseline == first.result_digest
    assert second.prev == first.hash
    assert (ledger.parent / second.bundle).resolve() == (releases.path / "good").resolve()


@pytest.fixture(scope="module")
def renamed(releases: Folder) -> str:
    """The worse release, under another name."""
    releases.write("renamed.toml", spec_of("bad", ('name = "A small audit"', 'name = "A small audit, new"')))
    assert releases.run_here("run", "renamed.toml", "--out", "renamed").code == 0
    return "renamed"


def test_another_name_is_no_way_past_a_ledger(releases, renamed, tmp_path):
    ledger = tmp_path / "releases.jsonl"
    ledger.touch()
    assert gate(releases, "old", "--ledger", str(ledger)).code == 0
    answer = gate(releases, renamed, "--ledger", str(ledger))
    assert answer.code == 5
    assert "none of 'A small audit, new' that gives ClassScores" in answer.out
    assert "(--first)" in answer.out
    assert gate(releases, renamed, "--ledger", str(ledger), "--baseline", "old").code == 1
    assert len(read_ledger(ledger)) == 1


def test_the_first_release_of_another_audit_says_so_once(releases, renamed, tmp_path):
    ledger = tmp_path / "releases.jsonl"
    ledger.touch()
    assert gate(releases, "old", "--ledger", str(ledger)).code == 0
    assert gate(releases, renamed, "--ledger", str(ledger), "--first").code == 0
    assert [one.name for one in read_ledger(ledger)] == ["A small audit", "A small audit, new"]
    # what is accepted already is judged again as it was
    assert gate(releases, renamed, "--ledger", str(ledger)).code == 0
    assert gate(releases, renamed, "--ledger", str(ledger), "--first").code == 0
    gate(releases, "good", "--ledger", str(ledger), "--first").refused(
        "so that this is not its first", "leave --first out"
    )
    assert len(read_ledger(ledger)) == 2


@pytest.mark.parametrize("options", [(), ("--baseline", "old"), ("--baseline-from", ".")])
def test_first_is_said_of_a_ledger_alone(releases, tmp_path, options):
    ledger = tmp_path / "releases.jsonl"
    ledger.touch()
    named = ("--ledger", str(ledger)) if options else ()
    gate(releases, "good", "--first", *named, *options).refused("--first says that a ledger", "--ledger FILE --first")


@pytest.mark.parametrize("change", ["edited", "removed", "no entry"])
def test_a_ledger_that_was_changed_is_not_believed(releases, tmp_path, change):
    ledger = tmp_path / "releases.jsonl"
    ledger.touch()
    releases.write("lenient.toml", LENIENT)
    for name in ("old", "good"):
        assert gate(releases, name, "--ledger", str(ledger), "--policy", "lenient.toml").code == 0
    lines = ledger.read_text().splitlines()
    changed = {
        "edited": [lines[0].replace("A small", "A nice"), lines[1]],
        "removed": lines[1:],
        "no entry": [lines[0], "{}"],
    }
    ledger.write_text("\n".join(changed[change]) + "\n")
    gate(releases, "bad", "--ledger", str(ledger)).refused("ledger", code=4)


def test_rows_in_another_order_pair_by_their_keyed_digests(make_folder):
    folder = make_folder()
    header = ("id", *HEADER)
    rows = [(str(place), *row) for place, row in enumerate(small_rows(700))]
    shared = [row for row in rows if int(row[0]) < 600]
    later = random.Random(5).sample([row for row in rows if int(row[0]) >= 80], 620)
    folder.write("release.salt", bytes(range(32)))
    salted = ('target = "outcome"', 'target = "outcome"\nunit = "id"\nsalt_file = "release.salt"')
    for name, table in {"old": shared, "new": later}.items():
        folder.write(f"{name}.csv", as_csv(header, table))
        folder.write(f"{name}.toml", spec_of(name, salted))
        assert folder.run_here("run", f"{name}.toml", "--out", name).code == 0
    found = told(folder, "new", "--baseline", "old")
    assert found.paired
    assert "520 rows are in both; left out are 100 that the candidate alone has, and 80" in str(found.pairing)
    whole = found.comparisons[0]
    assert (whole.n, whole.change) == (520, 0)  # the same answers to the same people
    assert {one.value for one in found.churn} == {0}


def test_a_ledger_whose_last_line_lost_its_end_goes_on(releases, tmp_path):
    ledger = tmp_path / "releases.jsonl"
    ledger.touch()
    releases.write("lenient.toml", LENIENT)
    assert gate(releases, "old", "--ledger", str(ledger)).code == 0
    ledger.write_text(ledger.read_text().rstrip())
    assert gate(releases, "good", "--ledger", str(ledger), "--policy", "lenient.toml").code == 0
    assert [one.seq for one in read_ledger(ledger)] == [1, 2]


def test_a_ledger_is_looked_at_before_anything_is_said(releases, tmp_path):
    named = ("good", "--baseline", "old", "--ledger")
    for ledger, wrong in ((tmp_path / "none.jsonl", "there is no ledger"), (tmp_path, "is not a file")):
        answer = gate(releases, *named, str(ledger))
        answer.refused(wrong)
        assert answer.out == ""
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    assert gate(releases, *named, str(broken)).code == 4


def test_a_ledger_whose_last_release_was_moved_says_so(releases, tmp_path):
    ledger, bundle = tmp_path / "releases.jsonl", tmp_path / "old"
    ledger.touch()
    shutil.copytree(releases.path / "old", bundle)
    assert gate(releases, str(bundle), "--ledger", str(ledger)).code == 0
    bundle.rename(tmp_path / "elsewhere")
    gate(releases, "good", "--ledger", str(ledger)).refused("the ledger's last release", "--baseline BUNDLE")


def test_an_audit_that_names_the_one_before_tells_what_the_gate_would(releases):
    now = [('formats = ["html"]', 'formats = ["html"]\nprevious = "old"')]
    releases.write("again.toml", spec_of("bad", *now))
    assert releases.run_here("run", "again.toml", "--out", "again").code == 0
    change = json.loads((releases.path / "again" / "result.json").read_text(encoding="utf-8"))["change"]
    gated = json.loads(gate(releases, "again", "--baseline", "old", "--json").out)
    assert change["comparisons"] == gated["comparisons"]
    assert change["churn"] == gated["churn"]
    assert change["earlier"]["result_digest"] == gated["baseline"]["result_digest"]
    assert not change["trusted"]
    verified = releases.run_here("verify", "again", "--allow-dev-key")
    assert verified.code == 0, verified.out


@pytest.mark.parametrize(
    ("named", "words", "code"),
    [('previous = "nowhere"', "there is no bundle 'nowhere'", 2), ('previous_key = "k.pub"', "without previous", 2)],
)
def test_an_audit_before_that_is_not_there_is_refused_before_the_run(releases, named, words, code):
    releases.write("again.toml", spec_of("bad", ('formats = ["html"]', f'formats = ["html"]\n{named}')))
    releases.run_here("run", "again.toml", "--out", "never").refused(words, code=code)


def test_an_audit_before_that_was_changed_is_refused_before_the_run(releases, tmp_path):
    shutil.copytree(releases.path / "old", tmp_path / "old")
    report = tmp_path / "old" / "result.json"
    report.write_bytes(report.read_bytes().replace(b"accuracy", b"accurasy", 1))
    named = f'formats = ["html"]\nprevious = "{tmp_path / "old"}"'
    releases.write("again.toml", spec_of("bad", ('formats = ["html"]', named)))
    releases.run_here("run", "again.toml", "--out", "never").refused("cannot be compared with", code=4)
