"""The packs and rule maps that auditkit brings: what they name exists, and known people pass or fail a pack."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import install_plugin, plugins_of
from judgements import TODAY, finding, measured

import auditkit
from auditkit.clause_states import states_of
from auditkit.finding import GroupCount
from auditkit.frameworks import unknown_names
from auditkit.governance.answering import questions
from auditkit.host import Host
from auditkit.judging import judge
from auditkit.linting import remarks_on
from auditkit.policy import Policy
from auditkit.report.frameworks import FEWEST_ON_PAPER, frameworks
from auditkit.report.page import render_page
from auditkit.report.wording import Wording
from auditkit.resolving import resolve_policy
from auditkit.testing import toy_result

PACKS = ("baseline", "clinical-diagnosis", "clinical-recommendation", "hiring", "credit", "privacy-release")
CLAUSES = {
    "eu-ai-act": 68,
    "nist-ai-rmf": 31,
    "iso-42001": 38,
    "who-lmm": 18,
    "onc-hti-1": 31,
    "fda-gmlp": 10,
    "cn-genai-measures": 19,
    "gb-t-45654-2025": 15,
    "gdpr-35": 10,
    "nyc-ll144": 8,
    "hipaa-deidentification": 18,
}


@pytest.fixture(scope="module")
def packs():
    return Host.installed().policies


@pytest.fixture(scope="module")
def metrics():
    return {check.id: [card.name for card in check.metrics] for check in Host.installed().checks.values()}


@pytest.mark.parametrize("name", CLAUSES)
def test_a_map_names_only_what_exists_and_says_that_its_text_was_not_read(packs, metrics, name):
    one = packs[name].rule_map
    assert len(one.clauses) == CLAUSES[name]
    assert list(unknown_names(one, metrics)) == []
    asked = {question.id for question in questions()}
    assert {each for clause in one.clauses for each in clause.questions} <= asked
    assert one.read in {"secondary", "from notes"}
    assert not re.search(r"\bcompl(y|ies|iant|iance)\b", " ".join(clause.text for clause in one.clauses))


@pytest.mark.parametrize("name", CLAUSES)
def test_a_map_says_each_of_its_clauses_in_chinese_too(packs, name):
    one = packs[name].rule_map
    assert one.said["zh-CN"].title != one.title
    assert len(one.said["zh-CN"].notes) == len(one.notes)
    for clause in one.clauses:
        said = clause.said["zh-CN"].text
        assert re.search("[\u4e00-\u9fff]", said)
        assert not re.search("[\u4e00-\u9fff][,;:?.]", said), "marks among Chinese are full-width"
        assert said.endswith("。") == clause.text.endswith(".")
        assert (
            re.findall(r"\d+", said) == re.findall(r"\d+", clause.text) or "one" in clause.text or "ten" in clause.text
        )
    texts = [clause.said["zh-CN"].text for clause in one.clauses]
    assert [texts.count(said) for said in texts] == [
        [other.text for other in one.clauses].count(clause.text) for clause in one.clauses
    ]


def test_a_chinese_page_says_nothing_of_a_map_in_english(packs):
    result = toy_result()
    maps = [packs[name].rule_map for name in CLAUSES]
    page = render_page(result.model_copy(update={"frameworks": states_of(result, maps)}), None, language="zh-CN")
    section = page.decode().partition('<section id="frameworks">')[2].partition("</section>")[0]
    texts = [clause.text for one in maps for clause in one.clauses] + [one.title for one in maps]
    assert [text for text in texts if f">{text}<" in section] == []
    assert "第四条第" in section
    assert "第 10 条第 2 款 (f) 项" in section


def test_the_numbered_lists_are_whole(packs):
    nist = [clause.clause for clause in packs["nist-ai-rmf"].rule_map.clauses]
    assert {f"MEASURE 2.{place}" for place in range(1, 14)} <= set(nist)
    onc = [clause.clause[len("(b)(11)(iv)(B)(") :][0] for clause in packs["onc-hti-1"].rule_map.clauses]
    assert [onc.count(str(place)) for place in range(1, 10)] == [4, 4, 2, 4, 2, 4, 5, 4, 2]
    assert [clause.id for clause in packs["hipaa-deidentification"].rule_map.clauses] == list("abcdefghijklmnopqr")


def test_the_identifiers_are_those_that_the_recognisers_know(packs):
    from auditkit_privacy.personal.scanning import ALL_KINDS

    named = [name for clause in packs["hipaa-deidentification"].rule_map.clauses for name in clause.metrics]
    kinds = {name.partition("[")[2].removesuffix("]") for name in named if "[" in name}
    assert kinds
    assert kinds <= set(ALL_KINDS)


@pytest.mark.parametrize("name", PACKS)
def test_the_rules_of_a_pack_can_be_measured_kept_and_missed(packs, tmp_path, name):
    lines = [f'[[rules]]\nmetric = "{one.metric}"' for one in packs[name].rules]
    for place, one in enumerate(packs[name].rules):
        bound = f"max = {one.max}" if one.min is None else f"min = {one.min}"
        check = f'check = "{one.check}"\n' if one.check else ""
        group = f'group = "{one.group}"\n' if one.group else ""
        lines[place] += f'\n{check}{group}{bound}\nbecause = "of the pack"'
    path = tmp_path / "pack.toml"
    path.write_text("\n".join(lines))
    assert [str(remark.message) for remark in remarks_on(path, TODAY)] == []
    assert packs[name].version
    dated = [bool(re.search(r"\d{4}|\d+ CFR|20-870", one.because)) for one in packs[name].rules]
    assert all(dated) or name == "baseline"


def told(one, beyond):
    """A measurement that lies wholly on one side of a rule's bound."""
    off = 0.02 if beyond == (one.min is None) else -0.02
    value = (one.max if one.min is None else one.min) + off
    counts = tuple(GroupCount(label=name, n=5000, compared=True) for name in "ab")
    number = measured(
        value, value - 0.001, value + 0.001, metric=one.metric, n=5000, group={"sex": "*"}, compared=counts
    )
    return finding(number, check=one.check or "fairness.gaps")


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_passes_what_keeps_each_rule_and_fails_each_single_miss(packs, name):
    policy = resolve_policy(Policy(extends=(name,)), packs, {})
    needs = {need for one in policy.rules for need in one.needs}
    good = {one.id: told(one, beyond=False) for one in policy.rules}
    assert judge(policy, list(good.values()), needs, TODAY).outcome == "pass"
    for one in policy.rules:
        said = judge(policy, list((good | {one.id: told(one, beyond=True)}).values()), needs, TODAY)
        outcomes = {each.rule: each.outcome for each in said.judgements}
        assert outcomes[one.id] == one.otherwise
        assert said.outcome == ("fail" if one.otherwise == "fail" and one.required else "pass")


ODD = """
from auditkit import Clause, PolicyPack, RuleMap, SamplingPlan, hookimpl

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_policies():
    clauses = (
        Clause(id="1", clause="<b>1</b>", text="{boom} </style><script>alert(1)</script>", checks=("fairness",)),
        Clause(id="2", clause="2\\u202e", text="A person can stop it.", records=("human-oversight",)),
        Clause(id="3", clause="3", text="Nothing is measured.", checks=("shift",)),
    )
    one = RuleMap(
        id="ward-code", title="Ward <i>code</i>", version="4", date="2026-11-23", source="Ours", read="primary",
        clauses=clauses,
    )
    return [PolicyPack(name="ward-code", title=one.title, rule_map=one)]
"""


def people(unfair: float) -> pd.DataFrame:
    """4,000 applicants, half of either sex; of women that many fewer are chosen, of those who would do well too."""
    rng = np.random.default_rng(7)
    sex = np.repeat(["F", "M"], 2000)
    good = rng.random(4000) < 0.5
    right = rng.random(4000) < np.where(sex == "F", 0.95 - unfair, 0.95)
    return pd.DataFrame({"sex": sex, "hired": np.where(good, "yes", "no"), "p": np.where(good & right, "yes", "no")})


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    site: Path = tmp_path_factory.mktemp("site")
    install_plugin(site, "odd_ward", ODD)
    with plugins_of(site):
        return {
            unfair: auditkit.audit(
                people(unfair)["p"], people(unfair), target="hired", positive="yes", groups=["sex"],
                checks=["fairness.gaps", "data-quality.impossible-values"],
                policy={"extends": ["hiring", "nyc-ll144", "ward-code"]},
            )
            for unfair in (0.0, 0.4)
        }  # fmt: skip


def test_a_fair_choice_of_applicants_passes_hiring_and_an_unfair_one_fails(applied):
    assert {unfair: result.verdict.outcome for unfair, result in applied.items()} == {0.0: "pass", 0.4: "fail"}
    assert applied[0.0].policy.versions["hiring"] == "2026.2"


def test_a_map_of_a_plugin_comes_with_its_states_and_its_words_stay_words(applied):
    law, own = applied[0.0].frameworks
    assert (law.id, own.id) == ("nyc-ll144", "ward-code")
    assert [clause.state for clause in own.clauses] == ["met", "nothing", "nothing"]
    assert [clause.state for clause in applied[0.4].frameworks[1].clauses] == ["not_met", "nothing", "nothing"]
    # 5-301: the check was not asked for. 5-303 and 20-870: the report is there. The rest is stated by nobody.
    assert {clause.id: clause.state for clause in law.clauses} == {
        "5-301-b": "nothing", "5-301-c": "nothing", "5-301-d": "nothing", "5-302": "nothing",
        "5-303": "record", "5-304": "nothing", "20-870": "record", "20-871": "record",
    }  # fmt: skip
    for language in ("en", "zh-CN"):
        page = render_page(applied[0.0], None, language=language).decode()
        section = page[page.index('<section id="frameworks">') : page.index('<section id="provisions">')]
        assert "<script>" not in section
        assert "{boom} &lt;/style&gt;&lt;script&gt;" in section
        assert "Ward &lt;i&gt;code&lt;/i&gt;" in section
        assert "2⟨U+202E⟩" in section


def test_a_map_that_names_what_is_nowhere_is_warned_of(tmp_path):
    install_plugin(tmp_path / "site", "odd_ward", ODD.replace('("shift",)', '("shfit",)'))
    path = tmp_path / "policy.toml"
    path.write_text('extends = ["ward-code"]')
    with plugins_of(tmp_path / "site"):
        (remark,) = remarks_on(path, TODAY)
    assert (remark.level, remark.line) == ("warning", 1)
    assert "'shfit', which no installed plugin has" in remark.message


def test_paper_shows_the_gaps_of_many_maps_within_its_share(packs):
    result = toy_result()
    result = result.model_copy(update={"frameworks": states_of(result, [packs[name].rule_map for name in CLAUSES])})
    shown = frameworks(result, Wording(), paper=True)
    assert len(shown) == len(CLAUSES)
    assert {len(one.clauses.rows) for one in shown} <= set(range(FEWEST_ON_PAPER + 1))
    assert sum(len(one.clauses.rows) for one in frameworks(result, Wording(), paper=False)) == sum(CLAUSES.values())


def test_a_misspelt_pack_is_refused_with_what_was_meant():
    with pytest.raises(auditkit.AuditError, match="no policy named 'eu-ai-akt'") as caught:
        auditkit.audit(people(0.0)["p"], people(0.0), target="hired", groups=["sex"], policy={"extends": ["eu-ai-akt"]})
    assert "eu-ai-act" in str(caught.value.hint)
