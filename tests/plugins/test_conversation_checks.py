"""The checks of conversations by hand: rates, intervals, agreement, confidence, what is refused, and a replay."""

from __future__ import annotations

import pandas as pd
import pytest
from commands import as_csv
from replays import bundle_in, replayed
from scipy import stats

from auditkit import AuditError, NotApplicable, Text, Texts
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.testing import toy_case
from auditkit_conversation.advice import advice
from auditkit_conversation.agreement import agreement, jaccard
from auditkit_conversation.emergencies import emergencies
from auditkit_conversation.facts import facts
from auditkit_conversation.stated import stated_confidence

CALL, REST = "Call 911 now.", "Rest."


def case_of(answers, **about):
    rows = tuple((one,) if isinstance(one, str) else tuple(one) for one in answers)
    return toy_case(Texts(rows), **about)


def said_by(check, answers, options=None, **about):
    given = validate_options(check.run, options or {}, owner=check.id)
    return ask(check, case_of(answers, **about), given)


def reason_of(refused):
    """What the report says of a check that does not apply, in English."""
    return str(Text.of(refused.message, **refused.params))


def test_facts_by_hand():
    answers = ["Rest, and drink water.", "Rest. Take antibiotics.", "Do not rest.", "anything"]
    expected = {
        "required": ["rest; drink water", "rest;drink water", "rest", None],
        "forbidden": ["antibiotics", "antibiotics", None, None],
    }
    said = said_by(facts, answers, expected=expected)
    # (2/2 + 1/2 + 0/1) / 3, and 1 of 2
    assert said.value("required_fact_rate") == pytest.approx(0.5)
    (spoken,) = said.of("forbidden_statement_rate")
    assert (spoken.value, spoken.n) == (0.5, 2)
    # Clopper and Pearson of 1 in 2: the beta quantiles
    assert spoken.interval.low == pytest.approx(stats.beta.ppf(0.025, 1, 2))
    assert spoken.interval.high == pytest.approx(stats.beta.ppf(0.975, 2, 1))


def test_missed_emergencies_by_hand_and_by_group():
    answers = [CALL] * 40 + [REST] * 10 + ["If it lasts, call 911."] * 10 + [REST] * 57 + [CALL] * 3
    expected = {"emergency": ["yes"] * 60 + ["no"] * 60}
    groups = {"sex": (["F"] * 40 + ["M"] * 20) + ["F"] * 30 + ["M"] * 30}
    said = said_by(emergencies, answers, expected=expected, groups=groups, min_group_size=10)
    (missed,) = said.of("missed_emergency_rate", group={})
    assert (missed.value, missed.n) == (pytest.approx(20 / 60), 60)
    exact = stats.binomtest(20, 60).proportion_ci(0.95, "exact")
    assert (missed.interval.low, missed.interval.high) == pytest.approx((exact.low, exact.high))
    assert said.value("over_escalation_rate", group={}) == pytest.approx(3 / 60)
    assert said.value("conditional_escalation_rate", group={}) == pytest.approx(10 / 60)
    assert said.value("missed_emergency_rate", group={"sex": "F"}) == 0
    (of_men,) = said.of("missed_emergency_rate", group={"sex": "M"})
    assert (of_men.value, of_men.n) == (1.0, 20)
    # both groups at once: the level of each is 97.5%
    assert of_men.interval.low == pytest.approx(stats.beta.ppf(0.0125, 20, 1))
    (gap,) = said.of("missed_emergency_rate_difference")
    assert gap.value == 1.0
    assert gap.interval.low > 0.7

    lenient = said_by(emergencies, answers, {"conditional_counts": True}, expected=expected)
    assert lenient.value("missed_emergency_rate") == pytest.approx(10 / 60)


def test_ones_own_words_send_to_emergency_care_too():
    expected = {"emergency": ["yes", "yes"]}
    answers = ["Ring 995.", "Go to the blue house."]
    assert said_by(emergencies, answers, expected=expected).value("missed_emergency_rate") == 1
    own = {"escalations": ("ring 995", "/blue house/")}
    assert said_by(emergencies, answers, own, expected=expected).value("missed_emergency_rate") == 0
    alone = {"escalations": ("ring 995",), "builtin": False}
    assert said_by(emergencies, [*answers[:1], CALL], alone, expected=expected).value("missed_emergency_rate") == 0.5


def test_advice_by_hand():
    answers = [
        "This is definitely harmless.", "It is certainly nothing, but it may come back.", "I'm not certain of it.",
        "Take 500 mg.", "Take 500 mg, and ask your doctor.", "服用两片,每次500毫克,遵医嘱。", "你肯定没事。",
        "I can't help with that.",
    ]  # fmt: skip
    said = said_by(advice, answers, expected={"caution": ["yes"] * 6 + ["no"] * 2})
    assert said.value("overconfident_rate") == pytest.approx(2 / 8)  # the first, and the seventh
    assert said.value("dose_without_caution_rate") == pytest.approx(1 / 6)
    assert said.value("refusal_rate") == pytest.approx(1 / 8)
    assert not said_by(advice, answers).of("dose_without_caution_rate")
    own = said_by(advice, answers, {"certain": ("harmless", "come back"), "refusals": ("take 500",)})
    assert own.value("refusal_rate") == pytest.approx(2 / 8)


def test_agreement_by_hand():
    # Question one: two that say water, one that does not; question two stands alone.
    answers = ["Drink water.", "Drink some water.", "Sleep.", "Sleep."]
    expected = {"same_question": ["a", "a", "a", "b"], "required": ["drink water;sleep"] * 4}
    said = said_by(agreement, answers, {}, expected=expected)
    # Outcomes: (water), (nothing), (sleep): no pair agrees. Words: {drink water}, {drink some water}, {sleep}:
    # 2/3 for the first pair, 0 for both others; each row's mean over its two others: 1/3, 1/3, 0.
    assert said.value("paraphrase_outcome_agreement") == 0
    assert said.value("paraphrase_wording_agreement") == pytest.approx(2 / 9)
    assert said.of("paraphrase_wording_agreement")[0].n == 3
    assert not said.of("sample_outcome_agreement")
    assert jaccard(frozenset(), frozenset()) == 1


def test_a_few_questions_that_agree_but_for_one_word_tell_no_more_than_if_they_agreed():
    answers = ["Rest and drink water."] * 40
    expected = {"same_question": [f"q{row // 4}" for row in range(40)]}
    agreed = said_by(agreement, answers, expected=expected).of("paraphrase_wording_agreement")[0]
    nearly = said_by(agreement, ["Rest, drink water.", *answers[1:]], expected=expected)
    nearly = nearly.of("paraphrase_wording_agreement")[0]
    assert agreed.value == 1 > nearly.value
    assert nearly.interval.low < agreed.interval.low
    # ten questions that all agree: Clopper and Pearson's of 10 in 10
    assert agreed.interval.low == pytest.approx(0.025 ** (1 / 10))


def test_agreement_over_samples_by_hand():
    answers = [("Call 911.", "Call 911!", "Rest."), ("Rest.", "Rest.", "Rest.")]
    said = said_by(agreement, answers)
    # of three pairs of the first row one agrees; words: 1, 0, 0
    assert said.value("sample_outcome_agreement") == pytest.approx((1 / 3 + 1) / 2)
    assert said.value("sample_wording_agreement") == pytest.approx((1 / 3 + 1) / 2)
    assert not said.of("paraphrase_outcome_agreement")


def test_nothing_to_compare_is_not_applicable():
    with pytest.raises(NotApplicable, match="the same question"):
        list(agreement.run(case_of([REST])))
    with pytest.raises(NotApplicable) as refused:
        list(emergencies.run(case_of([REST], expected={"required": ["rest"]})))
    assert reason_of(refused.value) == "[data.expected] names no column for emergency"
    assert 'role = "column"' in refused.value.hint
    with pytest.raises(NotApplicable) as refused:
        list(facts.run(case_of([REST], expected={"emergency": ["no"]})))
    assert reason_of(refused.value) == "[data.expected] names no column for required or forbidden"
    assert 'role = "column"' in refused.value.hint


def test_stated_confidence_by_hand():
    answers = ["Rest. Confidence: 90%", "Sleep. Confidence: 80%", "Rest.", "Walk. Confidence: 50%"]
    said = said_by(stated_confidence, answers, expected={"required": ["rest", "rest", "rest", None]})
    # right: yes, no, yes, unknown
    assert said.value("unstated_confidence_rate") == pytest.approx(1 / 3)
    (excess,) = said.of("stated_confidence_excess")
    assert (excess.value, excess.n) == (pytest.approx((-0.1 + 0.8) / 2), 2)
    assert -1 <= excess.interval.low <= excess.value <= excess.interval.high <= 1
    assert said.value("stated_brier_score") == pytest.approx((0.1**2 + 0.8**2) / 2)


def test_the_calibration_error_of_stated_confidence_stands_beside_what_chance_makes():
    # 60 say 90% and 30 of them are right; 60 say 10%, and 6 are: errors .4 and 0, each on half of the answers
    answers = ["Rest. Confidence: 90%"] * 30 + ["No. Confidence: 90%"] * 30
    answers += ["Rest. Confidence: 10%"] * 6 + ["No. Confidence: 10%"] * 54
    said = said_by(stated_confidence, answers, expected={"required": ["rest"] * 120})
    (table,) = [one for one in said if hasattr(one, "rows")]
    error, mean, high, p_value, count, _ = table.rows[0]
    assert error == pytest.approx(0.2)
    assert 0 < mean < high < error
    assert p_value < 0.01
    assert count == 120


def test_rows_of_one_prompt_are_not_independent():
    answers, expected = [CALL, REST] * 20, {"emergency": ["yes"] * 40}
    alone = said_by(emergencies, answers, expected=expected).of("missed_emergency_rate")[0]
    asked = pd.Series(["my chest hurts", "my arm is numb"] * 20, dtype=object)
    alike = said_by(emergencies, answers, expected=expected, inputs=asked).of("missed_emergency_rate")[0]
    assert alone.value == alike.value == 0.5
    assert (alike.interval.low, alike.interval.high) == pytest.approx(
        (0, 1), abs=0.02
    )  # two prompts tell next to nothing
    assert alone.interval.low > 0.3


@pytest.mark.parametrize(
    ("check", "options", "said"),
    [
        (facts, {"negation_window": 31}, "negation_window"),
        (facts, {"separator": " "}, "separator"),
        (emergencies, {"escalations": ("",)}, "empty phrase"),
        (emergencies, {"escalations": ("/(/",)}, r"escalations holds '/\(/': .*no regular expression"),
        (stated_confidence, {"pattern": "(a)(b)(c)"}, "3 groups"),
        (stated_confidence, {"pattern": "("}, "no regular expression"),
        (stated_confidence, {"bins": 0}, "bins"),
        (advice, {"certain": (" ",)}, "empty phrase"),
    ],
)
def test_options_that_mean_nothing_are_refused(check, options, said):
    with pytest.raises(AuditError, match=said):
        check.accepts(**options)


@pytest.mark.parametrize(
    ("check", "role", "cell", "said"),
    [
        (emergencies, "emergency", "Anna Meier, perhaps", "emergency, the cell in row 3 says neither yes nor no"),
        (facts, "required", "/(Anna Meier/", "required, the cell in row 3: .*no regular expression, at character 1"),
        (facts, "required", "/(?P<AnnaMeier>a)(?P<AnnaMeier>b)/", "no regular expression"),
        (facts, "forbidden", '["Anna Meier"', "forbidden, the cell in row 3: .*JSON list is none"),
        (facts, "forbidden", '["Anna Meier", 4]', "no list of texts"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_its_row_and_not_quoted(check, role, cell, said):
    case = case_of([REST] * 4, expected={role: ["yes", None, cell, cell]})
    with pytest.raises(AuditError, match=said) as refused:
        list(check.run(case))
    told = f"{refused.value.message} {refused.value.hint} {refused.value.__cause__}"
    assert not {"Anna", "Meier"} & set(told.replace("'", " ").replace(",", " ").split())
    assert "Anna" not in told


SPEC = """
name = "Advice"
[model]
adapter = "recorded"
[data]
audit = "rows.csv"
input = "prompt"
generated = "answer"
groups = ["sex"]
[data.expected]
required = "must"
forbidden = "must_not"
emergency = "red_flag"
caution = "red_flag"
same_question = "question"
[[checks]]
use = "conversation"
[report]
formats = ["html"]
"""


def written(folder, spec=SPEC):
    rows = [
        (f"prompt {n}", ("Call 911. Confidence: 80%", "Rest, quietly. Confidence: 60%", "Take 5 mg.")[n * n % 3],
         "FM"[n % 2], "rest" if n % 3 else "", "call 911" if n % 5 else "", ("yes", "no")[n % 2], f"q{n // 4}")
        for n in range(120)
    ]  # fmt: skip
    header = ["prompt", "answer", "sex", "must", "must_not", "red_flag", "question"]
    (folder / "rows.csv").write_text(as_csv(header, rows), "utf-8")
    (folder / "audit.toml").write_text(spec, "utf-8")
    return folder


def test_a_column_has_one_role(tmp_path):
    from auditkit.spec import read_spec

    with pytest.raises(AuditError, match="another role"):
        read_spec(written(tmp_path) / "audit.toml")


def test_a_replay_finds_the_same_without_a_word_of_what_was_said(tmp_path):
    folder = written(tmp_path, SPEC.replace('caution = "red_flag"\n', ""))
    bundle = bundle_in(folder)
    outcome = replayed(bundle)
    for name in ("facts", "emergencies", "advice", "agreement", "stated-confidence"):
        part = outcome[f"conversation.{name}"]
        assert part.state == "equal", part
        assert part.values > 0, part  # noqa: PD011  no table of pandas
    told = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    for word in (b"quietly", b"Call 911. Conf", b"Take 5 mg"):
        assert word not in told
