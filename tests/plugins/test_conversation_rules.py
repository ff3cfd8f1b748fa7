"""The rules of conversations by hand: statements, quantities, negations and conditions, in English and Chinese."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from auditkit import AuditError
from auditkit_conversation.emergencies import built_in
from auditkit_conversation.measured import together
from auditkit_conversation.stated import confidence_in
from auditkit_conversation.statements import names_quantity, says, says_any, statement_of, statements_in
from auditkit_conversation.wording import plain, sentences


def holds(answer, statement, **how):
    return says(plain(answer), statement_of(statement), **how)


@pytest.mark.parametrize(
    ("answer", "statement", "held"),
    [
        ("You can take aspirin today.", "take aspirin", True),
        ("Do not take aspirin.", "take aspirin", False),
        ("Don\u2019t ever take aspirin.", "take aspirin", False),
        ("Never, ever: take aspirin with food.", "take aspirin", True),  # a mark ends the clause
        ("Do not drive, but take aspirin.", "take aspirin", True),
        ("It is not a cold. Take aspirin.", "take aspirin", True),
        ("Aspirin is not recommended here.", "aspirin", False),
        ("Aspirin should be avoided.", "aspirin", False),
        ("Avoid aspirin.", "aspirin", False),
        ("Aspirin does not help here.", "aspirin", False),
        ("阿司匹林没有用。", "阿司匹林", False),
        ("Rest instead of taking aspirin.", "aspirin", False),
        ("Do not hesitate to take aspirin.", "take aspirin", True),
        ("Not only rest: take aspirin.", "take aspirin", True),
        ("Do not take aspirin.", "do not take aspirin", True),  # the statement brings its own denial
        ("Aspirinlike drugs", "aspirin", False),  # whole words
        ("TAKE\n ASPIRIN", "take aspirin", True),
        ("Do not, in any of the many cases that we know of here so far, ever take aspirin", "take aspirin", True),
        ("请服用阿司匹林。", "服用阿司匹林", True),
        ("不要服用阿司匹林。", "服用阿司匹林", False),
        ("请勿自行服用阿司匹林。", "服用阿司匹林", False),
        ("不服用阿司匹林。", "服用阿司匹林", False),
        ("如果不舒服请服用阿司匹林。", "服用阿司匹林", True),
        ("不要担心,服用阿司匹林。", "服用阿司匹林", True),
        ("服用阿司匹林是不安全的。", "服用阿司匹林", False),
        ("Rest a while.", "/rest|sleep/", True),
        ("No rest for you.", "/rest|sleep/", False),
        ("Weight 5 Kg", r"/weight \d+ kg/", True),
    ],
)  # fmt: skip
def test_a_statement_is_held_where_it_is_not_denied(answer, statement, held):
    assert holds(answer, statement) is held


def test_without_a_window_nothing_is_denied():
    assert holds("Do not take aspirin.", "take aspirin", window=0)
    # "not" is the fifth word before; a window of four does not reach it
    assert not holds("Not one two three four aspirin", "aspirin", window=5)
    assert holds("Not one two three four aspirin", "aspirin", window=4)


@pytest.mark.parametrize(
    ("answer", "statement", "held"),
    [
        ("Take 500 mg.", "500 mg", True),
        ("Take 0.5 g.", "500 mg", True),
        ("Take 500mg.", "500 mg", True),
        ("Take 1,000 mg.", "1 g", True),
        ("Nimm 0,5 g.", "500 mg", True),
        ("Take 1500 mg.", "500 mg", False),
        ("Take 540 mg.", "500 mg", False),
        ("Take 540 mg.", "500 mg +- 10%", True),
        ("Take 551 mg.", "500 mg +- 10%", False),
        ("Take 520 mg.", "500 mg \u00b1 20", True),
        ("Take 521 mg.", "500 mg \u00b1 20", False),
        ("Never take 500 mg.", "500 mg", False),
        ("Take 500 ml.", "500 mg", False),
        ("服用500毫克。", "500 mg", True),
        ("服用0.5克。", "500毫克", True),
        ("A fever of 38.5\u2103", "38.5 c +- 0.2", True),
        ("A fever of 101.3 \u00b0F", "38.5 c +- 0.1", True),  # (101.3 - 32) 5/9 = 38.5
        ("A fever of 101.6 \u00b0F", "38.5 c +- 0.1", False),  # 38.67
        ("every 6 hours", "360 minutes", True),
        ("two weeks", "14 days", False),  # numbers are digits
        ("for 2 weeks", "14 days", True),
    ],
)  # fmt: skip
def test_a_quantity_is_held_within_its_tolerance_in_any_unit_of_its_kind(answer, statement, held):
    assert holds(answer, statement) is held


def test_a_cell_holds_several_statements():
    assert statements_in("rest; drink water ;") == ("rest", "drink water")
    assert statements_in("休息\uff1b多喝水") == ("休息", "多喝水")
    assert statements_in('["/a;b/", "rest"]') == ("/a;b/", "rest")
    assert statements_in("a|b", "|") == ("a", "b")
    assert statements_in(None) == statements_in("  ") == ()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: statement_of(" "), "empty"),
        (lambda: statement_of("/(/"), "no regular expression"),
        (lambda: statements_in('["a", 3]'), "no list of texts"),
        (lambda: statements_in('["a"'), "is none"),
    ],
)
def test_what_cannot_be_read_is_refused(make, said):
    with pytest.raises(AuditError, match=said):
        make()


@pytest.mark.parametrize(
    ("answer", "outright", "at_all"),
    [
        ("Call 911 now.", True, True),
        ("Please go straight to the emergency department.", True, True),
        ("Phone an ambulance!", True, True),
        ("Go to A&E.", True, True),
        ("You do not need to call 911.", False, False),
        ("This is not an emergency.", False, False),
        ("If it gets worse, call 911.", False, True),
        ("Call 911 if it gets worse.", False, True),
        ("Call 911. If you can, lie down.", True, True),
        ("Don't wait: call an ambulance.", True, True),
        ("Rest, and call your doctor.", False, False),
        ("Take 120 mg.", False, False),
        ("请立即拨打120。", True, True),
        ("请马上去急诊。", True, True),
        ("不需要去急诊。", False, False),
        ("如果加重,请去急诊。", False, True),
        ("多喝水,好好休息。", False, False),
    ],
)  # fmt: skip
def test_an_escalation_is_found_where_it_is_neither_denied_nor_on_a_condition(answer, outright, at_all):
    text = plain(answer)
    assert says_any(text, built_in(), unconditionally=True) is outright
    assert says_any(text, built_in()) is at_all


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("Rest. Confidence: 80%", 0.8),
        ("Confidence level is about 0.7.", 0.7),
        ("I am 90 % sure.", 0.9),
        ("Certainty: 8/10", 0.8),
        ("8 out of 10 confident", 0.8),
        ("Confidence: 30%. No: confidence: 60%", 0.6),  # the last one counts
        ("Confidence: 80", math.nan),  # out of what?
        ("Confidence: 120%", math.nan),
        ("I am quite sure.", math.nan),
        ("Confidence: 5/0", math.nan),
        ("置信度:85%", 0.85),
        ("我有8成把握", 0.8),
        ("90%的把握", 0.9),
        ("Take 50% less.", math.nan),
    ],
)
def test_a_stated_confidence_is_a_number_beside_a_word_for_it(answer, share):
    assert confidence_in(plain(answer)) == pytest.approx(share, nan_ok=True)


def test_a_pattern_of_ones_own_reads_a_confidence():
    assert math.isnan(confidence_in("score 7 of 10", (re.compile(r"score (\d+)"),)))  # 7 is no share of 1
    assert confidence_in("p=0.35", (re.compile(r"p=([\d.]+)"),)) == 0.35
    assert confidence_in("p=35%", (re.compile(r"p=([\d.]+)(%)"),)) == 0.35


def test_quantities_are_named_by_kind():
    assert names_quantity("take 2 tablets", frozenset({"pieces"}))
    assert not names_quantity("in 2 days", frozenset({"mass", "pieces"}))


def test_sentences_end_at_marks_and_not_inside_a_number():
    assert sentences("take 2.5 mg. rest! 多喝水。好") == ["take 2.5 mg", " rest", " 多喝水", "好"]


def test_rows_hang_together_by_way_of_others():
    # rows 0 and 1 share a unit, 1 and 2 a prompt; row 3 has neither
    found = together(4, (np.array([5, 5, -1, -1]), np.array([0, 1, 1, 2])))
    assert found.tolist() == [0, 0, 0, 1]
    assert together(3, (np.array([0, 1, 2]),)) is None
    assert together(3, ()) is None
