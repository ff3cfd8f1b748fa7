"""Nothing on a Chinese page stays English but data, code and names, whatever kind of audit it is of."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from babel.messages.pofile import read_po
from chinese_pages import left_english

from auditkit import Measurement, Text
from auditkit.checks.asking import ask
from auditkit.finding import Finding, Interval
from auditkit.host import Host
from auditkit.report import page
from auditkit.report.catalogues import translator
from auditkit.report.spacing import fill_spaced
from auditkit.report.wording import Wording
from auditkit.testing.results import toy_result

ROOT = Path(__file__).parents[2]
LANGUAGE = "zh-CN"
SHIPPED = sorted((ROOT / "reports" / "templates" / "locale" / LANGUAGE).glob("*.po"))
CHINESE = Wording(translator(LANGUAGE), LANGUAGE)

QUICK = (
    "calibration.multicalibration", "calibration.remedies", "calibration.tests", "conversation.advice",
    "conversation.agreement", "conversation.emergencies", "conversation.facts", "conversation.stated-confidence",
    "explainability.drivers", "explainability.histories", "explainability.shortcuts", "explainability.stability",
    "fairness.benefit-inequality", "fairness.differential", "fairness.four-fifths", "fairness.gaps",
    "fairness.group-rates", "fairness.local-law-144", "fairness.multiclass", "fairness.other-rates",
    "fairness.protected-intervention", "fairness.score-balance", "fairness.similar-people", "fairness.strata",
    "fairness.tests", "fairness.value-errors", "fairness.value-parity", "fairness.variance", "fairness.worst-label",
    "performance.entities", "performance.error", "performance.overall", "performance.ranking", "performance.texts",
    "privacy.anonymity", "privacy.canaries", "privacy.output-disclosure",
    "privacy.personal-data", "privacy.recommendations",
)  # fmt: skip
"""Checks whose planted case is measured in a quarter of a second: of tables, texts, chats, lists and entities."""
LABELS = {"yes", "item", "cough", "fever"}
"""Of the planted cases, where a text quotes one."""
_BAND = re.compile(r"band \d+ of \d+")
"""Segments are named in one text, `F × band 2 of 5`, by which groups of few people are found and withheld."""


def planted(check_id):
    """What a check finds in the first case that it carries."""
    check = Host.installed().checks[check_id]
    known = check.controls[0]
    case = replace(known.case(np.random.default_rng(1)), identity=check_id)
    readings = ask(check, case, dict(known.options))
    return Finding(
        check=check.id,
        title=Text(msgid=check.title),
        text=Text(msgid=check.text),
        status="measured",
        cards=check.metrics,
        measurements=readings.measurements,
        evidence=tuple(one for one in readings if not isinstance(one, Measurement) and not hasattr(one, "passed")),
        controls=(*readings.controls, known.control(passed=True, observed=Text.of("the check found it"))),
    )


def chinese_page(*findings):
    result = toy_result(findings=findings)
    return result, page.render_page(result, None, language=LANGUAGE).decode()


@pytest.fixture(scope="module")
def of_the_toy():
    """What stays English since the toy result says it in words of its own."""
    return left_english(*reversed(chinese_page()))


@pytest.mark.parametrize("area", sorted({one.partition(".")[0] for one in QUICK}))
def test_no_check_says_anything_in_english_on_a_chinese_page(area, of_the_toy):
    said = {one.partition(" | ")[2] for one in of_the_toy}
    result, shown = chinese_page(*(planted(one) for one in QUICK if one.startswith(f"{area}.")))
    found = {one for one in left_english(shown, result) if one.partition(" | ")[2] not in said}
    assert sorted(one for one in found if not _BAND.search(one) and one.partition(" | ")[0] not in LABELS) == []


def test_what_is_written_as_a_name_of_a_line_is_a_text():
    strings = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (ROOT / "plugins").glob("auditkit_*/**/*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("Series", "Area")
        for given in call.keywords
        if given.arg == "name" and isinstance(given.value, ast.Constant | ast.JoinedStr)
    ]
    assert strings == [], "a catalogue finds Text.of(...), and not a string"


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("wilson", "Wilson 法"),
        ("clopper-pearson, all groups", "Clopper-Pearson 法，所有群体"),
        ("student, mean over units", "Student 法，单位均值"),
        ("beta-binomial law of 199 calibration rows", "199 个校准行的 beta-二项分布"),
        ("newcombe, all pairs, in steps of 0.2", "Newcombe 法，所有两两之间，以 0.2 为步长"),
        ("bands of Dvoretzky, Kiefer and Wolfowitz", "Dvoretzky、Kiefer 与 Wolfowitz 带"),
        ("ours, effective size", "ours，有效样本量"),
    ],
)
def test_the_name_of_an_interval_is_said_clause_by_clause(method, said):
    interval = Interval(low=0.1, high=0.3, level=0.95, method=method)
    one = Measurement(metric="accuracy", value=0.2, n=50, interval=interval)
    assert CHINESE.method(one) == said
    plain = method.replace("wilson", "Wilson").replace("newcombe", "Newcombe")
    assert Wording().method(one) == plain.replace("clopper-pearson", "Clopper-Pearson")


@pytest.mark.parametrize(
    ("pattern", "params", "said"),
    [
        ("{what}的分数", {"what": "age"}, "age 的分数"),
        ("{what}的分数", {"what": "胸痛"}, "胸痛的分数"),
        ("就 {what} 而言", {"what": "胸痛"}, "就胸痛而言"),
        ("{n} 条记录", {"n": 1204}, "1,204 条记录"),
        ("{one}{other}", {"one": "甲。", "other": "b"}, "甲。b"),
        ("{one}：{other}", {"one": "sex", "other": "F"}, "sex：F"),
        ("至{date}到期，{left}", {"date": "2026年5月1日"}, "至 2026年5月1日到期，{left}"),
        ("占 {share:percent}", {"share": 0.125}, "占 12.5%"),
    ],
)
def test_a_parameter_has_a_space_beside_chinese_when_it_is_latin_and_none_when_it_is_chinese(pattern, params, said):
    assert fill_spaced(pattern, params) == said


FIXED = (
    "planted defect", "clean twin", "waiver", "undefined", "deployment", "audit rows", "training rows",
    "protected attribute", "sensitive attribute", "bootstrap", "permutation test", "standard error", "median",
    "widest gap", "demographic parity", "equalized odds", "equal opportunity", "sufficiency", "four-fifths rule",
    "selection rate", "impact ratio", "counterfactual", "accuracy", "balanced accuracy", "recall", "sensitivity",
    "specificity", "false alarm", "ROC curve", "net benefit", "decision curve", "calibration", "Brier score",
    "log loss", "entropy", "coverage", "perturbation", "corruption", "explanation", "attribution", "stability",
    "personal data", "attacker", "leak", "k-anonymity", "quasi-identifier", "differential privacy", "prompt",
    "recommender", "item", "ledger", "provenance",
)  # fmt: skip
"""Terms of docs/translating.md that have one sense, and so one translation wherever they stand."""


def glossary():
    """Term -> its Chinese, as the page for translators has them."""
    table = (ROOT / "docs" / "translating.md").read_text(encoding="utf-8").partition("## Terms")[2]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    pairs = [(english.split("; "), chinese.split("；")) for english, chinese in rows[1:] if english != "---"]
    return {
        re.sub(r" \(.*\)", "", term): re.sub(r"（.*）", "", said)
        for english, chinese in pairs
        if len(english) == len(chinese)
        for term, said in zip(english, chinese, strict=True)
    }


def test_a_term_of_the_glossary_is_translated_as_the_glossary_says():
    said = glossary()
    wanted = {
        term: (re.compile(rf"(?<![\w`.\[\"-]){re.escape(term)}s?(?![\w`-]| =)", re.IGNORECASE), said[term])
        for term in FIXED
    }
    wrong = []
    for path in SHIPPED:
        with path.open("rb") as stream:
            messages = [one for one in read_po(stream) if isinstance(one.id, str) and one.id and one.string]
        for one in messages:
            wrong += [f"{term} is {chinese}: {one.string}" for term, (there, chinese) in wanted.items()
                      if there.search(one.id) and chinese not in one.string]  # fmt: skip
    assert wrong == []
