"""`robustness.behaviour`: what a file of templates may say, what is filled in, and which cases fail, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit import AuditError, ClassScores, LabelScores, NotApplicable, Text, TextFile
from auditkit.checks.asking import ask
from auditkit.options import said_options, validate_options
from auditkit.perturbation import Rows
from auditkit.testing import toy_case, with_model
from auditkit_robustness.behaving.failing import wrong_way
from auditkit_robustness.behaving.filling import fillings
from auditkit_robustness.behaving.reading import read_behaviour
from auditkit_robustness.behaviour import accept_templates, behaviour

RATE, GAP = "behaviour_failure_rate", "behaviour_failure_rate_difference"


class Words:
    """The chance of yes is that of the first of some words that a text holds; else 0.2."""

    def __init__(self, chances, kind=ClassScores):
        self.chances, self.kind, self.asked = chances, kind, []

    def predict(self, inputs):
        texts = list(inputs["note"]) if hasattr(inputs, "columns") else list(inputs)
        self.asked += texts
        yes = np.array([next((p for word, p in self.chances.items() if word in text), 0.2) for text in texts])
        scores = np.column_stack([1 - yes, yes])
        return ClassScores(("no", "yes"), scores) if self.kind is ClassScores else LabelScores(("well", "ill"), scores)


def noted(model, *, table=False, rows=5):
    notes = pd.Series([f"a longish note about row {row}" for row in range(rows)], dtype=object)
    given = pd.DataFrame({"note": notes}) if table else notes
    said = model.predict(given)
    targets = ["no"] * rows if isinstance(said, ClassScores) else None
    case = toy_case(said, targets, positive="yes" if isinstance(said, ClassScores) else None, inputs=given)
    model.asked.clear()
    return with_model(case, model)


def asked_of(model, text, **how):
    case = noted(model, **how.pop("case", {}))
    return ask(behaviour, case, {"templates": TextFile.of("b.toml", text), "most_cases": 100, "examples": 0} | how)


LEXICONS = """
[lexicons]
pain = ["chest pain", "a cough", "a rash"]
day = ["today", "on Monday"]
[lexicons.name]
women = ["Anna", "Maria"]
men = ["Peter"]
"""

EXPECTED = """
[[tests]]
name = "pain is ill"
kind = "MFT"
templates = ["{name} has {pain} {day}.", "There is {pain}."]
expect = "yes"
"""


def test_expected_labels_by_hand():
    # 3 names x 3 pains x 2 days, and 3 pains: of a rash no model knows, so 6 of 18 and 1 of 3 fail.
    said = asked_of(Words({"chest": 0.9, "cough": 0.6}), LEXICONS + EXPECTED)
    (one,) = said.of(RATE, conditions={"test": "pain is ill"})
    assert (one.value, one.n) == (pytest.approx(7 / 21), 21)
    exact = stats.binomtest(7, 21).proportion_ci(0.95, "exact")
    assert (one.interval.low, one.interval.high) == pytest.approx((exact.low, exact.high))
    (kind,) = said.of(RATE, conditions={"kind": "MFT"})
    (everything,) = said.of(RATE, conditions={})
    assert kind.value == everything.value == one.value
    # Two templates that fail equally often are two, however many words they have.
    assert kind.interval.high - kind.interval.low > 0.5
    assert "templates" in kind.interval.method


def test_over_templates_nothing_that_fails_is_as_much_as_so_many_templates():
    # Six templates of three fillings each: Wilson's interval of none of six, not of none of eighteen.
    texts = ", ".join(f'"{{pain}} since {hour} am"' for hour in range(6))
    text = f'{LEXICONS}[[tests]]\nname = "a"\nkind = "MFT"\ntemplates = [{texts}]\nexpect = "no"'
    (one,) = asked_of(Words({}), text).of(RATE, conditions={})
    wanted = stats.binomtest(0, 6).proportion_ci(0.95, "wilson")
    assert (one.value, one.n) == (0.0, 18)
    assert (one.interval.low, one.interval.high) == pytest.approx((wanted.low, wanted.high))


def test_over_templates_the_interval_holds_the_rate_of_all_templates():
    # Each template fails at a rate of its own, a quarter on average; of 15 of them 20 fillings each are asked.
    draw, held = np.random.default_rng(5), 0
    units = np.repeat(np.arange(15), 20)
    for _ in range(400):
        rates = draw.beta(0.5, 1.5, 15)
        found = Rows(None, units, 0.95).share((draw.random(300) < rates[units]).astype(float))
        held += found.limits.low <= 0.25 <= found.limits.high
    assert held / 400 > 0.91  # 0.95 less two standard errors is 0.93; with so few templates a little is lost


def test_the_parts_of_a_lexicon_are_compared():
    said = asked_of(Words({"Peter": 0.1, "chest": 0.9, "cough": 0.6, "rash": 0.7}), LEXICONS + EXPECTED)
    (women,) = said.of(RATE, conditions={"slot": "name", "part": "women"})
    (men,) = said.of(RATE, conditions={"slot": "name", "part": "men"})
    (gap,) = said.of(GAP, conditions={"slot": "name"})
    assert (women.value, women.n, men.value, men.n) == (0.0, 12, 1.0, 6)
    assert (gap.value, gap.n) == (1.0, 18)
    assert gap.interval.low < 0.2  # it is seen in one template alone


@pytest.mark.parametrize(("by", "failing"), [(0.35, 0.0), (0.25, 1.0)])
def test_what_must_not_matter_by_hand(by, failing):
    # The decisions agree; the scores of Anna and Peter are 0.3 apart.
    text = f"""{LEXICONS}
[[tests]]
name = "who"
kind = "INV"
templates = ["{{name}} has {{pain}}."]
vary = "name"
by = {by}
"""
    model = Words({"Anna": 0.9, "Peter": 0.6, "Maria": 0.7})
    said = asked_of(model, text)
    (one,) = said.of(RATE, conditions={"test": "who"})
    assert (one.value, one.n) == (failing, 3)
    assert len(model.asked) == 9
    assert not said.of(GAP)  # its names are held against each other, not counted apart


def test_another_decision_fails_however_near_the_scores():
    text = """
[[tests]]
name = "capitals"
kind = "INV"
templates = ["She has a fever.", "He has a rash."]
changed = ["SHE HAS A FEVER.", "He has a rash"]
"""
    said = asked_of(Words({"FEVER": 0.51, "fever": 0.49, "rash": 0.8}), text)
    (one,) = said.of(RATE, conditions={"test": "capitals"})
    assert (one.value, one.n) == (0.5, 2)


def direction(must, by=0.1, changed='["No {pain} today."]'):
    return f"""{LEXICONS}
[[tests]]
name = "denied"
kind = "DIR"
templates = ["She has {{pain}} today."]
changed = {changed}
label = "yes"
must = "{must}"
by = {by}
"""


@pytest.mark.parametrize(
    ("must", "value", "n"),
    # Denied, chest pain falls from 0.9 to 0.5, a cough from 0.6 to 0.55, and a rash rises from 0.05 to 0.5.
    [("fall", 1 / 2, 2), ("not rise", 1 / 3, 3), ("not fall", 1 / 3, 3), ("rise", 1 / 2, 2)],
)
def test_directions_by_hand(must, value, n):
    chances = {"No chest": 0.5, "No a cough": 0.55, "No a rash": 0.5, "chest": 0.9, "cough": 0.6, "rash": 0.05}
    said = asked_of(Words(chances), direction(must))
    (one,) = said.of(RATE, conditions={"test": "denied"})
    if must == "rise":  # only 0.9 + 0.1 has no room to rise; the cough fell, and the rash rose
        assert (one.value, one.n) == (pytest.approx(1 / 2), 2)
    assert (one.value, one.n) == (pytest.approx(value), n)


def test_directions_at_their_edges():
    before, after = np.array([0.5, 0.5, 0.1, 0.95]), np.array([0.4, 0.3, 0.0, 0.99])
    assert wrong_way(before, after, "fall", 0.1).tolist()[:2] == [1.0, 0.0]
    assert np.isnan(wrong_way(before, after, "fall", 0.1)[2])
    assert np.isnan(wrong_way(before, after, "rise", 0.1)[3])
    assert wrong_way(before, after, "not fall", 0.1).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_a_score_without_room_is_no_evidence():
    said = asked_of(Words({}), direction("fall", by=0.3))
    (one,) = said.of(RATE, conditions={"test": "denied"})
    assert one.value is None
    assert "too near to 0 or 1" in str(one.undefined)


def test_what_is_built_in_denies_in_english_and_chinese():
    text = direction("fall", changed='"negation"').replace("She has {pain} today.", "She has severe chest pain.")
    assert asked_of(Words({"no severe": 0.1, "severe": 0.9}), text).of(RATE, conditions={"kind": "DIR"})[0].value == 0
    chinese = text.replace("She has severe chest pain.", "患者诉剧烈胸痛。")
    assert asked_of(Words({"否认": 0.1, "胸痛": 0.9}), chinese).of(RATE, conditions={"kind": "DIR"})[0].value == 0
    assert asked_of(Words({"胸痛": 0.9}), chinese).of(RATE, conditions={"kind": "DIR"})[0].value == 1
    with pytest.raises(AuditError, match="can be negated by what is built in"):
        asked_of(Words({}), text.replace("She has severe chest pain.", "Nothing to see here."))


def test_labels_and_tables_of_one_column_are_asked_too():
    text = LEXICONS + EXPECTED.replace('"yes"', '"ill"')
    said = asked_of(Words({"chest": 0.9}, LabelScores), text, case={"table": True})
    assert said.of(RATE, conditions={"test": "pain is ill"})[0].value == pytest.approx(14 / 21)


def test_many_fillings_are_drawn_by_the_seed_and_evenly_over_templates():
    case, spoken = noted(Words({})), read_behaviour(LEXICONS + EXPECTED)
    (drawn,) = fillings(case, spoken, 10)
    (again,) = fillings(case, spoken, 10)
    assert drawn == again
    assert drawn.possible == 21
    # The second template has three fillings and gives them all; the first gives the other seven.
    assert [sum(one.template == place for one in drawn.cases) for place in (0, 1)] == [7, 3]
    assert len({one.sentences for one in drawn.cases}) == 10
    huge = read_behaviour(
        "[lexicons]\n" + "\n".join(f"s{n} = {[str(one) for one in range(40)]}" for n in range(20))
        + '\n[[tests]]\nname = "a"\nkind = "MFT"\nexpect = "yes"\ntemplates = ["'
        + " ".join(f"{{s{n}}}" for n in range(20)) + '"]'
    )  # fmt: skip
    (few,) = fillings(case, huge, 30)
    assert (len(few.cases), few.possible) == (30, 40**20)
    said = ask(behaviour, case, {"templates": TextFile.of("b", LEXICONS + EXPECTED), "most_cases": 10, "examples": 0})
    assert said.of(RATE, conditions={"kind": "MFT"})[0].n == 10


def test_failing_sentences_are_written_down_only_where_they_are_asked_for():
    text = LEXICONS + EXPECTED
    assert "Maria" not in "".join(one.to_json().decode() for one in asked_of(Words({}), text))
    shown = "".join(one.to_json().decode() for one in asked_of(Words({}), text, examples=1))
    assert shown.count("Anna has chest pain today.") == 1
    assert "Maria" not in shown


def test_a_label_that_the_model_has_not_is_said():
    with pytest.raises(NotApplicable, match="is none that the model has") as caught:
        asked_of(Words({}), LEXICONS + EXPECTED.replace('"yes"', '"urgent"'))
    said = str(Text.of(caught.value.message, **caught.value.params))
    assert said == "the label 'urgent' is none that the model has; its labels are: no, yes"


def test_a_model_of_several_columns_is_not_asked():
    rows = pd.DataFrame({"note": ["a longish note"] * 3, "age": [1, 2, 3]})
    case = toy_case(ClassScores(("no", "yes"), np.full((3, 2), 0.5)), ["no"] * 3, inputs=rows)
    with pytest.raises(NotApplicable, match="several columns"):
        ask(behaviour, case, {"templates": TextFile.of("b", LEXICONS + EXPECTED), "most_cases": 9, "examples": 0})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "no TOML"),
        ("", "has no \\[\\[tests\\]\\]"),
        ("checks = 1", "has no key 'checks'"),
        ("[lexicons]\na = []\n" + EXPECTED, "lexicon 'a' has no words"),
        ("[lexicons.a]\nb = []\nc = ['d']\n" + EXPECTED, "lexicon 'a' has no words"),
        ("[lexicons]\na = ['b', 'b']\n" + EXPECTED, "holds 'b' twice"),
        ("[lexicons]\na = ['b', 3]\n" + EXPECTED, "holds something that is no text"),
        (EXPECTED, "has a slot 'name' without a lexicon"),
        (LEXICONS + EXPECTED + EXPECTED, "two tests are called 'pain is ill'"),
        (LEXICONS + EXPECTED.replace("MFT", "MTF"), "of the kind 'MTF'"),
        (LEXICONS + EXPECTED.replace('expect = "yes"', ""), "which label it expects"),
        (LEXICONS + EXPECTED + "by = 0.1", "has no key 'by'"),
        (LEXICONS + EXPECTED.replace("{pain}", "{pain"), "cannot be read"),
        (LEXICONS + EXPECTED.replace("{pain}", "{pain.x}"), "a slot that is no name"),
        (LEXICONS + EXPECTED.replace("{pain}", "{pain:3}"), "a slot that is no name"),
        (LEXICONS + EXPECTED.replace('name = "pain is ill"', ""), "test 1 has no name"),
        (LEXICONS + direction("grow")[len(LEXICONS) :], "must 'grow'"),
        (LEXICONS + direction("fall", by=-1)[len(LEXICONS) :], "by is -1"),
        (direction("fall", changed='["a", "b"]'), "1 templates and 2 changed ones"),
        (direction("fall", changed='"negation"').replace("She has", "She feels"), "can be negated by what is built in"),
        (direction("fall").replace("changed", "expect"), "has no key 'expect'"),
        (direction("fall").replace("changed = [", "templates = ["), "no TOML"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text, message):
    with pytest.raises(AuditError, match=message):
        accept_templates(templates=TextFile.of("b.toml", text))


@pytest.mark.parametrize("options", [{"most_cases": 0}, {"examples": -1}])
def test_numbers_that_cannot_be_meant_are_refused(options):
    with pytest.raises(AuditError, match=next(iter(options))):
        accept_templates(templates=TextFile.of("b.toml", LEXICONS + EXPECTED), **options)


def test_a_brace_that_is_no_slot():
    text = '[[tests]]\nname = "a"\nkind = "MFT"\ntemplates = ["a set {{1, 2}} of fevers"]\nexpect = "yes"'
    model = Words({})
    asked_of(model, text)
    assert model.asked == ["a set {1, 2} of fevers"]


def test_a_result_names_the_file_and_its_digest_and_holds_none_of_it():
    given = {"templates": {"name": "b.toml", "text": LEXICONS + EXPECTED}}
    options = validate_options(behaviour.run, given, owner="it")
    kept = options["templates"].model_dump(mode="json")
    assert set(kept) == {"name", "sha256"}
    again = validate_options(behaviour.run, {"templates": kept}, owner="it")["templates"]
    assert (again.sha256, again.text) == (options["templates"].sha256, None)
    assert said_options(options).endswith('templates = "b.toml"')
    assert "Anna" not in repr(options["templates"])


def test_the_templates_of_the_example_can_be_meant():
    text = (Path(__file__).parents[2] / "examples/triage/templates.toml").read_text(encoding="utf-8")
    accept_templates(templates=TextFile.of("templates.toml", text))
    spoken = read_behaviour(text)
    assert set(spoken.labels) == {"urgent"} | {"routine"}
    assert {test.kind for test in spoken.tests} == {"MFT", "INV", "DIR"}
