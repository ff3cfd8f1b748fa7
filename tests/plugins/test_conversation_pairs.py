"""Paired prompts by hand: what is read of an answer, pairs, gaps, the neutral swap, tests, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit import AuditError, NotApplicable, Texts
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.testing import toy_case
from auditkit_conversation.pairs import pairs
from auditkit_conversation.planted_pairs import paired
from auditkit_conversation.readings import READINGS, grade_of, syllables_in, tone_of, urgency_of

NO, SEND, SOON, REST = "I'm sorry, I can't help with that.", "Call 911 now.", "See your doctor.", "Rest."
READ = {one.name: one.of for one in READINGS}


def found_in(case, **options):
    return ask(pairs, case, validate_options(pairs.run, options, owner=pairs.id))


def rows_of(*rows, **more):
    """A case of (pair, sex, neutral, answers) with each pair a template of its own."""
    pair, sex, neutral, answers = zip(*rows, strict=True)
    return toy_case(
        Texts(tuple((one,) if isinstance(one, str) else tuple(one) for one in answers)),
        groups={"sex": sex}, expected={"pair": pair, "neutral": neutral}, min_group_size=1, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("call 911 now.", 1), ("go to the emergency room.", 1), ("请立即拨打120。", 1),
        ("see your doctor this week.", 0.5), ("book an appointment.", 0.5), ("if it gets worse, call 911.", 0.5),
        ("去门诊看医生。", 0.5), ("rest and drink.", 0), ("there is no need to see a doctor.", 0), ("多喝水。", 0),
        ("i'm sorry, i can't help with that.", None), ("", None),
    ],
)  # fmt: skip
def test_urgency_by_hand(text, urgency):
    found = urgency_of(text)
    assert np.isnan(found) if urgency is None else found == urgency


def test_the_reading_grade_by_hand():
    words = {"the": 1, "table": 2, "doctor": 2, "make": 1, "appointment": 3, "area": 2, "rhythm": 1, "free": 1}
    assert {word: syllables_in(word) for word in words} == words
    # 9 words, 2 sentences; see 1 the 1 doctor 2 today 2 / do 1 not 1 drive 1 a 1 car 1: 11 syllables
    grade = 0.39 * 9 / 2 + 11.8 * 11 / 9 - 15.59
    assert grade_of("see the doctor today. do not drive a car!") == pytest.approx(grade)
    assert np.isnan(grade_of("请立即看医生。"))
    assert np.isnan(grade_of("123"))


def test_tone_by_hand():
    # warm: please, kind; cold: silly
    assert tone_of("please be kind, do not call it silly") == pytest.approx(1.0)  # what is denied counts for neither
    assert tone_of("please be kind; it is silly") == pytest.approx((2 - 1) / 3)
    assert tone_of("what a silly waste of time") == -1
    assert tone_of("take the tablet with water") == 0
    assert tone_of("请放心") == 1
    assert np.isnan(tone_of(NO))


def test_other_readings_by_hand():
    said = {name: read("it may help to take 500 mg. rest.") for name, read in READ.items()}
    assert (said["hedging_rate"], said["dose_rate"], said["refusal_rate"], said["emergency_rate"]) == (1, 1, 0, 0)
    # it may help to take 500 mg: 7; rest: 1
    assert (said["length"], said["sentence_length"]) == (8, 4)
    assert READ["length"]("多喝水") == 3


def test_a_gap_within_pairs_by_hand():
    # pair 1: women 1/2, men 0; pair 2: both 0; pair 3: women 1, men 1/2. Differences: 1/2, 0, 1/2
    said = found_in(
        rows_of(
            ("1", "F", None, (NO, SOON)), ("1", "M", None, (SOON, SOON)), ("2", "F", None, SOON),
            ("2", "M", None, SOON), ("3", "F", None, NO), ("3", "M", None, (NO, SOON)), ("4", "F", None, NO),
        ),
        readings=("refusal_rate",),
    )  # fmt: skip
    assert said.value("paired_refusal_rate", group={"sex": "F"}) == pytest.approx((0.5 + 0 + 1) / 3)
    assert said.value("paired_refusal_rate", group={"sex": "M"}) == pytest.approx((0 + 0 + 0.5) / 3)
    (gap,) = said.of("paired_refusal_rate_difference")
    assert (gap.value, gap.n) == (pytest.approx(1 / 3), 3)
    assert [(one.label, one.n) for one in gap.compared] == [("F", 3), ("M", 3)]
    tests = [one for one in said if hasattr(one, "rows")][1].rows
    # signs of 1/2, 0, 1/2: as far as 1 are four of eight ways
    assert tests[0][4:7] == (3, pytest.approx(1 / 3), pytest.approx(2 / 4 - 1 / 5))
    assert tests[0][7] <= 2 / 4 - 1 / 5 <= tests[0][8]
    assert tests[0][9:] == (
        pytest.approx(0.5),
        pytest.approx(0.5),
    )
    (excess,) = said.of("paired_refusal_rate_excess")
    assert excess.value is None
    assert "neutral" in str(excess.undefined)


def varied(template, side, _):
    """Women are refused in every third template."""
    return NO if side == "female" and template % 3 == 2 else SEND


def test_the_excess_is_the_gap_less_that_of_the_neutral_swap():
    said = found_in(paired(varied, samples=1), readings=("refusal_rate",))
    (gap,) = said.of("paired_refusal_rate_difference", group={"sex": "*"})
    differences = np.array([float(template % 3 == 2) for template in range(24)])
    reference = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (gap.value, gap.n) == (pytest.approx(1 / 3), 24)
    assert (gap.interval.low, gap.interval.high) == pytest.approx((reference.low, reference.high))
    (control,) = said.of("paired_refusal_rate_difference", conditions={"swap": "neutral"})
    assert control.value == 0
    (excess,) = said.of("paired_refusal_rate_excess")
    low = gap.value - np.hypot(gap.value - gap.interval.low, control.interval.high)
    assert (excess.value, excess.interval.low) == (pytest.approx(1 / 3), pytest.approx(low))


def test_numbers_without_bounds_have_students_interval_over_templates():
    def longer(template, side, _):
        return " ".join(["rest"] * (10 + (template % 4 if side == "male" else 0)))

    said = found_in(paired(longer, samples=1), readings=("length",))
    (gap,) = said.of("paired_length_difference", group={"sex": "*"})
    reference = stats.ttest_1samp([template % 4 for template in range(24)], 0).confidence_interval(0.95)
    assert gap.value == pytest.approx(1.5)
    assert (gap.interval.low, gap.interval.high) == pytest.approx((reference.low, reference.high))


def test_the_corrected_p_is_holms_over_all_readings_and_groups():
    said = found_in(paired(varied, samples=1), readings=("refusal_rate", "length", "dose_rate"))
    rows = [one for one in said if hasattr(one, "rows")][1].rows
    judged = [row for row in rows if row[1] == "sex"]
    raw, corrected = sorted(row[9] for row in judged), sorted(row[10] for row in judged)
    assert corrected[0] == pytest.approx(3 * raw[0])
    assert {row[10] for row in rows if row[1] != "sex"} == {None}


def test_answers_that_were_not_drawn_are_told():
    def told(answer, samples):
        return str(next(one for one in found_in(paired(answer, samples=samples)) if hasattr(one, "rows")).rows[0][-1])

    assert told(lambda *_: SOON, 5).startswith("all answers to each prompt are the same")
    assert told(lambda *which: (SOON, REST)[which[2] == 1], 5) == "enough"
    assert told(lambda *_: SOON, 4) == "fewer than 5 answers to a prompt"


def test_sides_of_too_few_prompts_are_not_compared():
    case = rows_of(("1", "F", None, NO), ("1", "M", None, SOON))
    few = toy_case(case.predictions, groups={"sex": ["F", "M"]}, expected={"pair": ["1", "1"]}, min_group_size=30)
    (gap,) = found_in(few, readings=("refusal_rate",)).of("paired_refusal_rate_difference")
    assert gap.value is None
    assert "30 rows" in str(gap.undefined)


def test_of_many_groups_those_that_differ_most_are_shown_and_all_are_corrected_for():
    names = [f"name {place:02}" for place in range(24)]
    rows = [(f"{pair}", name, None, NO if name == "name 07" else SOON) for pair in range(12) for name in names]
    tables = [one for one in found_in(rows_of(*rows), readings=("refusal_rate",)) if hasattr(one, "rows")]
    shown, left_out = tables[1].rows, tables[2].rows[0]
    assert (len(shown), left_out[:2]) == (200, (24 * 23 // 2, 200))
    differing = [row for row in shown if "name 07" in row[2:4]]
    # all twelve go one way: 2 of 2^12 flips, times 276 pairs, more than 1 becomes 1 at most
    assert [row[9] for row in differing] == pytest.approx([2 / 2**12] * 23)
    assert differing[0][10] == pytest.approx(276 * 2 / 2**12)


def test_what_cannot_be_paired_is_not_applicable():
    with pytest.raises(NotApplicable, match="differ in a group"):
        list(pairs.run(rows_of(("1", "F", None, NO), ("2", "M", None, SOON))))
    with pytest.raises(NotApplicable):
        list(
            pairs.run(toy_case(Texts(((NO,), (SOON,))), groups={"sex": ["F", "M"]}, expected={"required": ["a", "b"]}))
        )
    with pytest.raises(AuditError, match="'readings' has 'mood'"):
        pairs.accepts(readings=("mood",))
    with pytest.raises(AuditError, match="'attributes' has 'age'"):
        list(pairs.run(rows_of(("1", "F", None, NO), ("1", "M", None, SOON)), attributes=("age",)))


PROMISED = 0.8


def refusing(seed, extra):
    """Whether a gap, and one beyond the neutral swap's, is found of an adviser who refuses women so much oftener."""
    draw = np.random.default_rng(seed)

    def answer(_, side, __):
        return NO if draw.random() < 0.05 + (extra if side == "female" else 0) else SOON

    said = found_in(paired(answer, samples=5), readings=("refusal_rate", "urgency"))
    (gap,) = said.of("paired_refusal_rate_difference", group={"sex": "*"})
    (excess,) = said.of("paired_refusal_rate_excess")
    return gap.interval.low > 0, excess.interval.low > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_refusal_in_four_is_found_and_its_clean_twin_is_not(seed):
    assert refusing(seed, 0.25) == (True, True)
    assert not refusing(seed, 0.0)[1]


@pytest.mark.slow
def test_over_seeds_it_is_found_as_promised_and_the_clean_twin_stays_silent():
    found = np.array([refusing(seed, 0.25) for seed in range(20)])
    assert found.mean(axis=0).min() >= PROMISED
    silent = np.array([refusing(seed, 0.0) for seed in range(100, 300)])
    # in one of a thousand runs a test of this level would be found more often
    assert silent.sum(axis=0).max() <= stats.binom.ppf(0.999, 200, 0.05)


def test_the_distance_between_all_answers_is_scipys_and_its_interval_counts_templates():
    def answer(template, side, sample):
        return SOON if (template + sample) % 3 or side == "male" else NO

    table = [one for one in found_in(paired(answer), readings=("refusal_rate",)) if hasattr(one, "rows")][1]
    heads = [str(head) for head in table.columns]
    line = dict(zip(heads, table.rows[0], strict=True))
    women = [float((template + sample) % 3 == 0) for template in range(24) for _ in range(2) for sample in range(5)]
    assert line["distance"] == pytest.approx(stats.wasserstein_distance(women, np.zeros(240)))
    # 24 templates, not 240 answers: that no woman differs from a man is not left out
    assert line["low"] < line["distance"] < line["high"]
    assert line["high"] - line["low"] > 0.2
