"""`robustness.negation`: which notes are denied, and how; and what a model that overlooks it is found to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, NotApplicable
from auditkit.checks.asking import ask
from auditkit.statistics import wilson
from auditkit.testing import toy_case, with_model
from auditkit_robustness.negation import accept_move, negation
from auditkit_robustness.noise.negating import negated

RATE, GAP = "negation_failure_rate", "negation_failure_rate_difference"
HOW = {"label": "yes", "must": "fall", "by": 0.1, "findings": (), "most_rows": 200, "column": ""}


@pytest.mark.parametrize(
    ("note", "denied"),
    [
        ("She has chest pain.", "She has no chest pain."),
        ("52 yo man has a severe cough today", "52 yo man has no severe cough today"),
        ("Complains of sudden onset", None),
        ("Complains of sudden chest pain since 9", "Denies sudden chest pain since 9"),
        ("Presents with a fever.", "Presents without fever."),
        ("Seen with headache; reports dizziness.", "Seen without headache; denies dizziness."),
        ("No cough, but has fever.", "No cough, but has no fever."),
        ("患者诉胸痛3天。", "患者否认胸痛3天。"),
        ("患者有剧烈腹痛,昨日出现呕吐。", "患者无剧烈腹痛,昨日未出现呕吐。"),
        ("咳嗽伴发热。", "咳嗽不伴发热。"),
    ],
)
def test_what_is_affirmed_is_denied(note, denied):
    assert negated(note) == denied


@pytest.mark.parametrize(
    "note",
    [
        "She has no chest pain.",
        "He denies chest pain.",
        "She has been well.",
        "has fever and cough",  # what the second belongs to would be a guess
        "Has chest pain with sweating",
        "has a fever, chills",
        "If she has fever, call.",
        "Her mother has chest pain.",
        "Needs help with pain relief.",
        "He no longer has fever.",
        "Denies that she has a fever.",
        "She never has headache",
        "Reports fever resolved since.",
        "昨日没有诉胸痛。",
        "患者诉胸痛已缓解。",
        "Sent with painkillers, with pain medication",
        "患者没有胸痛。",
        "无胸痛,否认发热。",
        "有发热、咳嗽。",
        "如有胸痛请复诊。",
        "母亲有胸痛。",
        "有疼痛史。",
        "",
    ],
)
def test_what_is_not_clearly_affirmed_is_left_alone(note):
    assert negated(note) is None


def test_words_of_the_users_own():
    assert negated("She has hiccups.") is None
    assert negated("She has hiccups.", ["Hiccups"]) == "She has no hiccups."
    assert negated("患者诉嗳气。", ["嗳气"]) == "患者否认嗳气。"


class Reader:
    """0.9 where pain is spoken of; 0.1 where it is not, or, at the odd beds, is denied; 0.05 in a room."""

    def predict(self, inputs):
        yes = np.array([self.says(str(text)) for text in inputs])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def says(self, text):
        if "room" in text:
            return 0.05
        reads = "odd" in text
        return 0.1 if "pain" not in text or (reads and "no chest" in text) else 0.9


def noted(rows=40, **more):
    said = ["has chest pain", "is well today, sleeping", "has chest pain", "has chest pain in this room"]
    notes = pd.Series(
        [f"bed {row}, {'odd' if row % 8 < 4 else 'even'}: {said[row % 4]}" for row in range(rows)], dtype=object
    )
    model, sides = Reader(), ["odd" if row % 8 < 4 else "even" for row in range(rows)]
    case = toy_case(
        model.predict(notes), ["yes"] * rows, {"side": sides}, positive="yes", inputs=notes, min_group_size=5, **more
    )
    return with_model(case, model)


def test_the_rates_by_hand():
    # Of 40 notes 20 affirm a pain that can fall; the 10 odd ones do. Ten more affirm one at 0.05, without room.
    said = ask(negation, noted(), HOW)
    (one,) = said.of(RATE, group={})
    assert (one.value, one.n) == (0.5, 20)
    assert (one.interval.low, one.interval.high) == pytest.approx(tuple(wilson(10, 20)))
    rates = {side: said.of(RATE, group={"side": side})[0] for side in ("odd", "even")}
    assert {side: (rate.value, rate.n) for side, rate in rates.items()} == {"odd": (0.0, 10), "even": (1.0, 10)}
    (gap,) = said.of(GAP)
    assert gap.value == 1.0
    assert gap.interval.low > 0.5


@pytest.mark.parametrize(("must", "value", "n"), [("not rise", 0.0, 30), ("not fall", 1 / 3, 30), ("rise", 1.0, 10)])
def test_other_directions_by_hand(must, value, n):
    # 0.9 has no room to rise by more than 0.1; the ten rows at 0.05 have, and stay.
    (one,) = ask(negation, noted(), HOW | {"must": must}).of(RATE, group={})
    assert (one.value, one.n) == (pytest.approx(value), n)


def test_few_rows_are_drawn_whatever_their_order():
    (few,) = ask(negation, noted(), HOW | {"must": "not fall", "most_rows": 6}).of(RATE, group={})
    assert few.n == 6


def test_people_with_several_notes_count_once():
    (one,) = ask(negation, noted(units=[row // 8 for row in range(40)]), HOW).of(RATE, group={})
    assert (one.value, one.people) == (0.5, 5)


def test_notes_that_affirm_nothing_known_are_no_evidence():
    notes = pd.Series(["the patient feels well"] * 9, dtype=object)
    case = with_model(toy_case(Reader().predict(notes), ["no"] * 9, inputs=notes), Reader())
    with pytest.raises(NotApplicable, match="affirms what is known how to deny"):
        ask(negation, case, HOW)
    with pytest.raises(NotApplicable, match="is none that the model has"):
        ask(negation, case, HOW | {"label": "urgent"})


@pytest.mark.parametrize("options", [{"by": -0.1}, {"by": 1.0}, {"most_rows": 0}])
def test_options_that_cannot_be_meant(options):
    with pytest.raises(AuditError, match=next(iter(options))):
        accept_move(**options)
