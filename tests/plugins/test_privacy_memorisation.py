"""The check on cases that are made: the gates, what is left out, and the formats of secrets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import Measurement, NotApplicable, Table, Texts
from auditkit.errors import DataError
from auditkit.statistics import clopper_pearson
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_privacy.memorisation import memorisation
from auditkit_privacy.memory.secret_formats import SecretFormat


def side(seed, *, rows=40, known=0.0, kind="patient", answers=None, prompts=None):
    """Prompts, the answers that go with them, and what is written: these for so many rows, and another's else."""
    draw = np.random.default_rng([seed, 4])
    asked = [f"what of {kind} {number}?" for number in draw.permutation(9000)[:rows] * 2 + 10_000 + seed]
    true = [f"sees doctor {a} about finding {b} in room {c}" for a, b, c in draw.integers(100, 999, (rows, 3))]
    true = answers or true
    said = [text if row < known * rows else "nothing is known of it" for row, text in enumerate(true)]
    inputs = pd.Series(prompts or asked, dtype=object)
    texts, truth = (Texts(tuple((one,) for one in texts)) for texts in (said, true))
    return toy_case(texts, truth=truth, inputs=inputs)


def asked(audit, training, **options):
    case = replace(with_model(with_splits(audit, training=training), Knows(())), is_control=True)
    readings = list(memorisation.run(case, **options))
    found = {(one.metric, *sorted(one.conditions.items())): one for one in readings if isinstance(one, Measurement)}
    return found, {str(one.title): one for one in readings if isinstance(one, Table)}


def gates(tables):
    rows = tables["Whether a difference between the sides is the model's doing"].rows
    return {str(name): str(outcome) for name, _, outcome in rows}


def left_out(tables):
    rows = tables["Who is a member, and who is not"].rows
    return {str(name).removeprefix("left out: "): (inside, outside) for name, inside, outside in rows}


def test_the_difference_is_of_the_sides_rates_by_hand():
    found, _ = asked(side(0, known=0.1), side(1, known=0.5))
    one = found["extraction_difference",]
    assert one.value == pytest.approx(0.4)  # 20 of 40 less 4 of 40
    assert one.n == 40
    (a, b), (c, d) = (clopper_pearson(count, 40, 0.95) for count in (20, 4))
    assert one.interval.low == pytest.approx(0.4 - np.hypot(0.5 - float(a), float(d) - 0.1))
    assert one.interval.high == pytest.approx(0.4 + np.hypot(float(b) - 0.5, 0.1 - float(c)))
    assert found["extraction_difference", ("match", "verbatim")].value == pytest.approx(0.4)


def test_what_anybody_could_guess_is_no_memory():
    found, _ = asked(side(0, known=1.0), side(1, known=1.0))
    assert found["extraction_rate", ("split", "training")].value == 1
    assert found["extraction_difference",].interval.low <= 0 <= found["extraction_difference",].interval.high


def test_sides_that_differ_without_the_model_are_confounded():
    found, _ = asked(side(0, kind="infant"), side(1, kind="veteran", known=1.0))
    one = found["extraction_difference",]
    assert one.value is None
    assert "confounded" in str(one.undefined)
    assert found["extraction_rate", ("split", "training")].value == 1  # the rates stay, and are no evidence


def test_sides_that_differ_in_what_is_hidden_alone_are_confounded_too():
    refused = [f"ask somebody else about case number {row * 7919 % 1000}" for row in range(40)]
    found, _ = asked(side(0), side(1, answers=refused, known=1.0))
    assert "confounded" in str(found["extraction_difference",].undefined)


def test_too_few_rows_say_nothing():
    found, tables = asked(side(0), side(1, rows=9, known=1.0))
    assert "fewer than 10" in str(found["extraction_difference",].undefined)
    assert gates(tables)["at least 10 rows a side"] == "NOT PASSED"


def test_rows_on_both_sides_short_ones_repeated_ones_and_those_beyond_the_cap_are_left_out():
    shared = ["what of patient 77777?", "what of patient 88888?"]
    audit = side(0, prompts=[*shared, *(f"what of patient {row + 100}?" for row in range(0, 76, 2))])
    answers = ["yes", *["sees doctor 555 about finding 666 in room 777"] * 2]
    answers += [f"sees doctor {row + 100} about finding {row + 300} in room {row + 500}" for row in range(37)]
    mine = ["what of patient 1?", *["what of patient 2?"] * 2, *shared]
    training = side(1, prompts=[*mine, *(f"what of patient {row + 101}?" for row in range(0, 70, 2))], answers=answers)
    _, tables = asked(audit, training, rows=30)
    told = left_out(tables)
    assert told["the same row is on both sides"] == (2, 2)
    assert told["what is to be reproduced is shorter than 20 characters, or not there"] == (1, 0)
    assert told["the same text as another row of its side"] == (1, 0)
    assert told["take part"] == (30, 30)
    assert told["not drawn: so many are looked at a side at most"] == (40 - 2 - 1 - 1 - 30, 38 - 30)


def test_inputs_that_are_no_texts_are_nothing_to_go_on_from():
    numbers = toy_case(Texts((("a",),) * 12), truth=Texts((("b",),) * 12))
    with pytest.raises(NotApplicable, match="not texts in one column"):
        asked(numbers, numbers)


class Knows:
    """Finds one room the likeliest wherever it is asked; the others in the order of their numbers."""

    def __init__(self, rooms):
        self.rooms = set(rooms)

    def predict(self, inputs):
        return Texts((("",),) * len(inputs))

    def log_chances(self, _inputs, texts, _sampling):
        rooms = [text.rpartition(" ")[2] for text in texts]
        return np.array([-1.0 if room in self.rooms else -100.0 - float(f"0{room}") for room in rooms])


def test_a_secret_that_the_model_knows_is_the_first_of_all_that_fit():
    cases = [
        side(seed, rows=16, answers=[f"sleeps under supervision in bed {row + low}" for row in range(16)])
        for seed, low in ((0, 40), (1, 60))
    ]
    case = with_model(with_splits(cases[0], training=cases[1]), Knows(str(room) for room in range(60, 76)))
    readings = list(memorisation.run(case, secrets=("bed {digits:2}",)))
    found = {(one.metric, *sorted(one.conditions.items())): one for one in readings if isinstance(one, Measurement)}
    # The known ones tie, and a tie ranks the secret behind: 16th of 100.
    assert found["secret_exposure", ("split", "training")].value == pytest.approx(np.log2(100 / 16))
    # 16 known ones and 40 lower numbers come first: bed 40 is 57th, and so on.
    expected = np.mean([np.log2(100 / (57 + row)) for row in range(16)])
    assert found["secret_exposure", ("split", "audit")].value == pytest.approx(expected)
    # Of a chance of 1/e each, all that it knows come in 100 draws, and nothing else does.
    for split, share in (("training", 1.0), ("audit", 0.0)):
        assert found["extraction_rate", ("draws", "100"), ("split", split)].value == share


class Excludes(Knows):
    """Holds every other room for impossible."""

    def log_chances(self, inputs, texts, sampling):
        logs = super().log_chances(inputs, texts, sampling)
        return np.where(logs == -1.0, logs, -np.inf)


def test_a_secret_beside_which_nothing_is_possible_is_exposed_wholly():
    cases = [
        side(seed, rows=12, answers=[f"sleeps under supervision in bed {row + low}" for row in range(12)])
        for seed, low in ((0, 400), (1, 600))
    ]
    case = with_model(with_splits(cases[0], training=cases[1]), Excludes(str(room) for room in range(600, 612)))
    readings = memorisation.run(case, secrets=("bed {digits:3}",))
    found = {(one.metric, *sorted(one.conditions.items())): one for one in readings if isinstance(one, Measurement)}
    assert found["secret_exposure", ("split", "training")].value > 5
    assert found["secret_exposure", ("split", "audit")].value < 2


@pytest.mark.parametrize(
    ("written", "space", "text", "held"),
    [
        ("room {digits:3}", 1000, "in room 123 now", "room 123"),
        ("room {digits:3}", 1000, "in room 1234", None),
        ("{capitals:2}-{digits:1}", 6760, "code AB-7.", "AB-7"),
        ("a+b {letters:1}", 26, "a+b c", "a+b c"),
    ],
)
def test_a_format_finds_what_fits_it(written, space, text, held):
    known = SecretFormat.of(written)
    assert known.space == space
    match = known.pattern.search(text)
    assert (match and match[0]) == held


def test_others_that_fit_are_all_of_few_and_a_sample_of_many():
    two = SecretFormat.of("bed {digits:2}").others("bed 07", 100, np.random.default_rng(1))
    assert sorted(two) == [f"bed {number:02d}" for number in range(100) if number != 7]
    mixed = SecretFormat.of("{letters:1}{digits:1}").others("a0", 1000, np.random.default_rng(1))
    assert len(set(mixed)) == 259
    many = SecretFormat.of("no {digits:9}").others("no 123456789", 100, np.random.default_rng(1))
    assert len(set(many)) == 100
    assert all(SecretFormat.of("no {digits:9}").pattern.fullmatch(one) for one in many)


@pytest.mark.parametrize("written", ["room", "room {digit:3}", "room {digits:0}", "{digits:3} {", "{digits:99}"])
def test_a_format_that_nothing_fits_is_refused(written):
    with pytest.raises(DataError) as caught:
        SecretFormat.of(written)
    assert "{digits:N}" in caught.value.hint
