"""What a result has for each clause of a rule map, worked out by hand."""

from __future__ import annotations

import pytest
from judgements import crashed, finding, judged, measured, rule
from scipy.stats import binomtest

from auditkit.clause_states import judge_sample, states_of
from auditkit.document import Text
from auditkit.errors import PluginError, SpecError
from auditkit.finding import ANOTHER_TYPE, Control
from auditkit.frameworks import STATES, Clause, RuleMap, SamplingPlan, maps_of
from auditkit.governance.record import Detail, Record
from auditkit.policy import Policy, PolicyPack
from auditkit.report.frameworks import MOST_ON_PAPER, frameworks, frameworks_notes
from auditkit.report.wording import Wording
from auditkit.resolving import resolve_policy
from auditkit.result import JudgedPolicy, Judgement, Verdict
from auditkit.spec import make_spec
from auditkit.specs.source import Source
from auditkit.stated import Stated, Tally
from auditkit.testing import toy_result

NUMBER = measured(0.5, 0.4, 0.6)


def a_map(*clauses, **fields):
    said = {"id": "house", "title": "House", "version": "1", "date": "2026-11-23", "source": "ours", "read": "primary"}
    return RuleMap(**(said | {"clauses": clauses} | fields))


def clause(name="1", **bears):
    return Clause(id=name, clause=f"Art. {name}", text="Something is asked for.", **bears)


def state(bears, *findings, judgements=(), rules=(), **fields):
    policy = Policy(rules=rules)
    changed = {
        "findings": findings,
        "verdict": Verdict(outcome="pass", judgements=judgements),
        "policy": JudgedPolicy(policy=policy, digest=policy.digest, source="spec"),
    }
    result = toy_result().model_copy(update=changed | fields)
    return states_of(result, [a_map(clause(**bears))])[0].clauses[0]


FAIRNESS = {"checks": ("fairness",)}


def test_an_area_without_a_finding_is_a_gap_and_one_that_is_only_measured_is_no_more_than_that():
    assert state(FAIRNESS).state == "nothing"
    assert [one.name for one in state(FAIRNESS).missing] == ["fairness"]
    one = state(FAIRNESS, finding(NUMBER), finding(NUMBER, check="fairness.tests"))
    assert (one.state, one.evidence[0].count) == ("measured", 2)
    assert state({"checks": ("fairness.tests",)}, finding(NUMBER)).state == "nothing"


@pytest.mark.parametrize(
    ("bound", "said"), [({"max": 0.7}, "met"), ({"max": 0.3}, "not_met"), ({"max": 0.5}, "undecided")]
)
def test_a_rule_that_judges_what_bears_on_a_clause_decides_its_state(bound, said):
    one = rule(**bound).identified()
    judgement = judged(one, finding(NUMBER))
    assert state(FAIRNESS, finding(NUMBER), judgements=(judgement,)).state == said
    by_metric = state({"metrics": ("gap",)}, finding(NUMBER), judgements=(judgement,), rules=(one,))
    assert by_metric.state == said


def test_of_several_things_the_worst_that_was_judged_counts_and_else_the_most_that_is_there():
    bad, good = rule(max=0.3).identified(), rule(max=0.7, metric="rate").identified()
    rate = finding(measured(0.5, 0.4, 0.6, metric="rate"), check="privacy.membership")
    both = (judged(bad, finding(NUMBER)), judged(good, rate))
    assert state({"checks": ("privacy", "fairness")}, finding(NUMBER), rate, judgements=both).state == "not_met"
    kept = (judged(good, rate),)
    assert state({"checks": ("privacy",)}, finding(NUMBER), rate, judgements=both).state == "met"
    assert state({"checks": ("privacy", "shift")}, finding(NUMBER), rate, judgements=kept).state == "measured"
    assert state({"checks": ("privacy",), "records": ("owners",)}, rate, judgements=kept).state == "measured"
    unanswered = Judgement(rule="other", outcome="no_evidence", check="privacy.membership", reason=Text.of("none"))
    assert state({"checks": ("privacy",)}, rate, judgements=(*kept, unanswered)).state == "measured"
    stated = Stated(intended_use="triage")
    assert state({"stated": ("intended_use",)}, stated=stated).state == "attested"
    assert state(FAIRNESS | {"stated": ("intended_use",)}, finding(NUMBER), stated=stated).state == "measured"


def test_a_crash_a_failed_control_and_a_rule_without_evidence_are_evidence_of_nothing():
    failed = Control(kind="planted", title=Text.of("t"), expected=Text.of("e"), observed=Text.of("o"), passed=False)
    broken = finding(NUMBER, controls=(failed,))
    other = finding(status="not_applicable", reason=Text(msgid=ANOTHER_TYPE))
    one = rule().identified()
    for found in (crashed(), broken, other):
        assert state(FAIRNESS, found, judgements=(judged(one, found),)).state == "nothing"


def test_a_number_over_all_rows_that_fairness_has_for_comparing_groups_is_no_rule_about_fairness():
    error = {"metric": "mean_absolute_error"}
    whole, of_women = measured(0.5, 0.4, 0.6, **error), measured(0.9, 0.8, 1.0, group={"sex": "F"}, **error)
    by_group, overall = (
        finding(whole, of_women, check="fairness.value-errors"),
        finding(whole, check="performance.error"),
    )
    kept = rule(max=0.7, **error).identified()
    both = {"judgements": (judged(kept, by_group, overall),), "rules": (kept,)}
    assert state(FAIRNESS, by_group, overall, **both).state == "measured"
    assert state({"checks": ("performance",)}, by_group, overall, **both).state == "met"
    assert state({"checks": ("fairness.value-errors",)}, by_group, overall, **both).state == "measured"
    missed = rule(max=0.7, group="sex", **error).identified()
    both = {"judgements": (judged(missed, by_group, overall),), "rules": (missed,)}
    assert state(FAIRNESS, by_group, overall, **both).state == "not_met"
    assert state({"checks": ("performance",)}, by_group, overall, **both).state == "measured"
    slices = finding(measured(0.1, 0.0, 0.2, metric="worst_slice_loss_difference"), check="fairness.worst-slices")
    worst = rule(max=0.7, metric="worst_slice_loss_difference").identified()
    assert state(FAIRNESS, slices, judgements=(judged(worst, slices),), rules=(worst,)).state == "met"


def record(status, kind="owners", **fields):
    said = {"title": "t", "owner": None, "date": None, "expires": None, "source": "owners.toml"}
    return Record(kind=kind, status=status, **(said | fields))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("present", "record"),
        ("partial", "faulty"),
        ("expired", "faulty"),
        ("missing", "nothing"),
        ("not-applicable", "not_applicable"),
    ],
)
def test_a_record_counts_as_far_as_it_is_there_and_has_no_fault(status, said):
    assert state({"records": ("owners",)}, governance=(record(status),)).state == said


def test_an_answer_is_somebodys_word():
    answered = record("present", "process-answers", details=(Detail(name="energy.answer", value="2 kWh"),))
    assert state({"questions": ("energy",)}, governance=(answered,)).state == "attested"
    assert state({"questions": ("work",)}, governance=(answered,)).state == "nothing"


def test_one_label_of_a_metric_bears_on_a_clause_by_itself():
    rate = measured(0.0, metric="personal_data_rate", label="phone number")
    found = finding(rate, check="privacy.personal-data")
    assert state({"metrics": ("personal_data_rate[phone number]",)}, found).state == "measured"
    assert state({"metrics": ("personal_data_rate[IP address]",)}, found).state == "nothing"


PLAN = SamplingPlan(name="corpus", least=4000, min=0.96)


@pytest.mark.parametrize(
    ("count", "of", "said"),
    [(3880, 4000, "met"), (3840, 4000, "undecided"), (3600, 4000, "not_met"), (300, 300, "undecided")],
)
def test_a_sampling_plan_is_judged_by_the_exact_interval_and_never_kept_by_too_few(count, of, said):
    # 97 % of 4,000 lies from 0.9642 to 0.9751, 96 % on both sides of the bound: scipy's binomtest, by the same method.
    assert judge_sample(PLAN, Tally(count=count, of=of), 0.95) == said
    stated = Stated(samples={"corpus": Tally(count=count, of=of)})
    found = state({"sample": PLAN}, stated=stated)
    ends = binomtest(count, of).proportion_ci(0.95, method="exact")
    assert (found.evidence[0].low, found.evidence[0].high) == pytest.approx((ends.low, ends.high), abs=1e-9)
    assert found.state == {"met": "attested"}.get(said, said)


def test_a_share_that_was_measured_is_a_tally_of_the_plan():
    plan = SamplingPlan(name="generated", metrics=("gap",), least=400, max=0.05)
    assert state({"sample": plan}, finding(measured(0.01, n=400))).state == "met"
    assert state({"sample": plan}, finding(measured(0.01, n=399))).state == "undecided"
    assert state({"sample": plan}, finding(measured(0.5, n=400))).state == "not_met"
    assert state({"sample": plan}, finding(measured(0.01, n=400, group={"sex": "F"}))).state == "nothing"


def spec_of(policy=None, **governance):
    content = {
        "name": "n",
        "model": {"adapter": "recorded"},
        "data": {"audit": "rows.csv", "loader": "csv", "predicted": "p"},
    }
    return make_spec(Source("audit.toml", content=content | {"policy": policy or {}, "governance": governance}))


def test_a_tally_that_no_map_asks_for_is_refused_with_what_was_meant():
    packs = {"house": PolicyPack(name="house", title="t", rule_map=a_map(clause(sample=PLAN)))}
    spec = spec_of({"extends": ["house"]}, samples={"corpus": {"count": 1, "of": 2}})
    assert [one.id for one in maps_of(spec, packs)] == ["house"]
    with pytest.raises(SpecError, match="'corpse' is no sample") as caught:
        maps_of(spec_of({"extends": ["house"]}, samples={"corpse": {"count": 1, "of": 2}}), packs)
    assert "corpus" in (caught.value.hint or "")
    with pytest.raises(SpecError, match="3 of 2 is more than all"):
        spec_of(samples={"corpus": {"count": 3, "of": 2}})
    assert maps_of(spec_of(), packs) == ()


def test_maps_alone_are_judged_by_the_baseline_and_with_rules_by_those():
    packs = {
        "baseline": PolicyPack(name="baseline", title="t", rules=(rule(),)),
        "house": PolicyPack(name="house", title="t", rule_map=a_map(clause())),
    }
    assert resolve_policy(Policy(extends=("house",)), packs, {}).extends == ("baseline", "house")
    own = Policy(extends=("house",), rules=(rule(max=0.5),))
    assert resolve_policy(own, packs, {}).extends == ("house",)
    assert resolve_policy(Policy(extends=()), packs, {}).rules == ()


def test_a_file_that_is_no_map_is_refused_with_its_place(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text("id = 3")
    with pytest.raises(PluginError, match=r"odd\.toml"):
        RuleMap.read_file(path)
    path.write_text("id = ")
    with pytest.raises(PluginError, match="cannot be read"):
        RuleMap.read_file(path)
    with pytest.raises(ValueError, match="stands there twice"):
        a_map(clause(), clause())


def shown(one_map, *findings, paper=False, wording=None, **fields):
    result = toy_result().model_copy(update={"findings": findings} | fields)
    result = result.model_copy(update={"frameworks": states_of(result, [one_map])})
    (section,) = frameworks(result, wording or Wording(), paper=paper)
    return section


def test_the_report_lists_gaps_first_and_paper_gaps_and_counts_alone():
    clauses = [clause("1", stated=("intended_use",)), clause("2", checks=("shift",)), clause("3")]
    section = shown(a_map(*clauses), stated=Stated(intended_use="triage"))
    assert [row[0] for row in section.clauses.rows] == ["Art. 2", "Art. 3", "Art. 1"]
    assert section.facts[0].value == "3; No evidence: 2; Somebody's word alone: 1"
    paper = shown(a_map(*clauses), stated=Stated(intended_use="triage"), paper=True)
    assert [row[0] for row in paper.clauses.rows] == ["Art. 2", "Art. 3"]
    assert paper.clauses.note.startswith("Clauses with evidence")
    many = shown(a_map(*(clause(str(place)) for place in range(300))), paper=True)
    assert len(many.clauses.rows) == MOST_ON_PAPER
    assert "260" in many.clauses.note


def test_hostile_words_of_a_map_are_made_visible_and_cut():
    odd = a_map(clause("1\u202e", checks=("x\x07",)), title="A\u202eB <script>", notes=("{boom} {0}",))
    section = shown(odd)
    assert section.title == "A⟨U+202E⟩B <script>"
    assert section.clauses.rows[0][0] == "Art. 1⟨U+202E⟩"
    assert section.facts[-1].value == "{boom} {0}"


def test_no_report_without_a_map_speaks_of_one_and_none_says_that_a_clause_is_met():
    result = toy_result()
    assert frameworks(result, Wording(), paper=False) == frameworks_notes(result, Wording()) == ()
    assert b"frameworks" not in result.to_json()
    section = shown(a_map(clause()))
    words = " ".join([*(" ".join(row) for row in section.clauses.rows), *(one.value for one in section.facts)])
    assert "compl" not in words.lower()
    assert set(STATES) == {"nothing", "not_met", "undecided", "faulty", "attested", "record", "measured", "met",
                           "not_applicable"}  # fmt: skip


def told(text, **more):
    return {"zh-CN": {"text": text} | more}


SAID = {"zh-CN": {"title": "院规", "version": "第一版", "notes": ["须知。"]}}


def test_a_map_is_read_in_the_language_of_the_report_as_far_as_it_says_itself_in_it():
    clauses = (clause("1", said=told("要求某事。", clause="第一条")), clause("2", said=told("另一事。")), clause("3"))
    one = a_map(*clauses, notes=("To be known.",), said=SAID)
    chinese = shown(one, wording=Wording(language="zh-CN"))
    assert chinese.title == "院规"
    said = {fact.term: fact for fact in chinese.facts}
    assert said["Text"].value == "version 第一版, mapped on 2026-11-23"
    assert (said["Note"].value, said["Source"].value, said["Source"].english) == ("须知。", "ours", True)
    rows = [row[:2] for row in chinese.clauses.rows]
    assert rows == [("第一条", "要求某事。"), ("Art. 2", "另一事。"), ("Art. 3", "Something is asked for.")]
    assert not chinese.clauses.columns[1].english
    english = shown(one)
    assert (english.title, english.clauses.rows[0][:2]) == ("House", ("Art. 1", "Something is asked for."))
    assert [fact.value for fact in english.facts if fact.term == "Note"] == ["To be known."]


def test_a_map_without_another_language_stays_as_it_was_written_and_says_that_it_is_english():
    one = a_map(clause())
    assert "said" not in one.model_dump(mode="json")
    section = shown(one, wording=Wording(language="zh-CN"))
    assert section.clauses.rows[0][:2] == ("Art. 1", "Something is asked for.")
    assert section.clauses.columns[1].english
    assert b"said" not in toy_result().model_copy(update={"frameworks": states_of(toy_result(), [one])}).to_json()


def test_what_a_map_says_in_another_language_loses_no_note_and_has_a_tag_of_a_language():
    with pytest.raises(ValueError, match="2 notes in English are 1 in zh-CN"):
        a_map(clause(), notes=("One.", "Two."), said=SAID)
    with pytest.raises(ValueError, match="said"):
        clause(said={"Chinese": {"text": "要求某事。"}})
