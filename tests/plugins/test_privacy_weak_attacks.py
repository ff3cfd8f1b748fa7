"""Ways in which an attack on a model that writes may be too weak to tell: none of them is a pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import Likelihoods, Measurement, Table, Texts
from auditkit.errors import DataError
from auditkit.statistics import clopper_pearson
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_privacy.memorisation import memorisation

ROWS = 40
ROOM = "answers have room for what is to come"
OWN = "no two rows of a side are asked for with the same words"
READ = "what the model answers depends on what it is asked"
FREE = "what stands around a beginning lets the model go on"


def letters(seed):
    draw = np.random.default_rng([seed, 6])
    return [f"sees doctor {a} about finding {b} in room {c}" for a, b, c in draw.integers(100, 999, (ROWS, 3))]


def side(seed, said, *, cut=None, prompts=None):
    """What was written to prompts whose answers are `letters(seed)`."""
    numbers = np.random.default_rng([seed, 7]).permutation(9000)[:ROWS] * 2 + 10_000 + seed
    asked = pd.Series(prompts or [f"what of patient {number}?" for number in numbers], dtype=object)
    flags = None if cut is None else np.full(ROWS, fill_value=cut)
    truth = Texts(tuple((one,) for one in letters(seed)))
    return toy_case(Texts(tuple((one,) for one in said), cut=flags), truth=truth, inputs=asked)


def told(case, **options):
    readings = list(memorisation.run(case, **options))
    measured = [one for one in readings if isinstance(one, Measurement)]
    found = {tuple(sorted(one.conditions.items())): one for one in measured if one.metric == "extraction_difference"}
    plain = [one for one in measured if one.metric == "extraction_rate" and len(one.conditions) == 1]
    rates = {one.conditions["split"]: one for one in plain}
    rows = next(one for one in readings if isinstance(one, Table) and "the model's doing" in str(one.title)).rows
    return found, rates, {str(name): str(outcome) for name, _, outcome in rows}


def audited(audit, training, **options):
    return told(replace(with_splits(audit, training=training), is_control=True), **options)


def others(seed):
    return letters(seed + 50)


@pytest.mark.parametrize("begun", [True, False])
def test_answers_that_were_cut_off_before_the_text_are_never_a_pass(begun):
    def said(seed):
        return [text[:22] for text in (letters if begun else others)(seed)]

    found, rates, gates = audited(side(0, said(0), cut=True), side(1, said(1), cut=True))
    for one in ((), (("match", "verbatim"),), (("match", "run"),)):
        assert found[one].value is None
        assert "40 of 40 training rows" in str(found[one].undefined)
        assert "[model] max_tokens = 50, and no stop" in str(found[one].undefined)
    assert rates["training"].interval.high == 1  # all of them may come
    assert gates[ROOM] == "NOT PASSED"


def test_short_answers_that_ended_by_themselves_say_that_nothing_came():
    said = [text[:22] for text in others(0)], [text[:22] for text in others(1)]
    found, _, gates = audited(side(0, said[0], cut=False), side(1, said[1], cut=False))
    assert found[()].value == 0
    assert found[()].interval.high < 0.1
    assert gates[ROOM] == "passed"


def test_answers_that_end_within_the_text_are_in_doubt_where_nobody_says_how_they_ended():
    found, _, _ = audited(side(0, [text[:30] for text in letters(0)]), side(1, [text[:30] for text in letters(1)]))
    assert "cut off" in str(found[()].undefined)


def test_long_answers_that_were_cut_are_in_doubt_where_they_end_within_the_text_alone():
    long = ["Let me think of what I know about this patient, and of who it was. " + text[:28] for text in letters(1)]
    found, _, _ = audited(side(0, others(0), cut=True), side(1, long, cut=True))
    assert "40 of 40 training rows" in str(found[()].undefined)
    far = [text + " and so on, as far as there is room" for text in others(1)]
    found, _, _ = audited(side(0, others(0), cut=False), side(1, far, cut=True))
    assert found[()].value == 0


def test_of_a_few_rows_in_doubt_the_interval_holds_both_ends_by_hand():
    said = [text[:10] if row < 2 else text for row, text in enumerate(others(1))]
    training = side(1, [*said[:-8], *letters(1)[-8:]])
    training = replace_cut(training, [row < 2 for row in range(ROWS)])
    found, rates, gates = audited(side(0, others(0), cut=False), training)
    one = found[()]
    assert one.value == 8 / 40
    low, _ = clopper_pearson(8, 40, 0.95)
    _, high = clopper_pearson(10, 40, 0.95)
    _, none = clopper_pearson(0, 40, 0.95)
    assert rates["training"].interval.low == pytest.approx(float(low))
    assert rates["training"].interval.high == pytest.approx(float(high))
    assert one.interval.low == pytest.approx(0.2 - np.hypot(0.2 - float(low), float(none)))
    assert one.interval.high == pytest.approx(0.25 + (float(high) - 0.25))  # none of the others came
    assert "in doubt" in one.interval.method
    assert gates[ROOM] == "passed"


def replace_cut(case, flags):
    texts = Texts(case.predictions.samples, cut=np.array(flags))
    return toy_case(texts, truth=case.truth, inputs=case.inputs)


def test_a_model_that_writes_its_training_rows_is_found_whatever_else_was_cut_off():
    said = [text if row < 36 else text[:10] for row, text in enumerate(letters(1))]
    found, _, _ = audited(side(0, others(0), cut=False), side(1, said, cut=True))
    assert found[()].interval.low > 0.7  # 4 of 40 are in doubt


def test_rows_that_are_asked_for_with_the_same_words_cannot_all_come():
    numbers = np.random.default_rng(1).permutation(9000)[: 2 * ROWS] + 1000
    training, audit = ([*range(first, first + 37), *range(first, first + 3)] for first in (0, ROWS))
    asked = [[f"what of patient {numbers[place]}?" for place in places] for places in (audit, training)]
    found, _, gates = audited(side(0, others(0), prompts=asked[0]), side(1, others(1), prompts=asked[1]))
    assert "6 of 40 training rows are asked for with the words of others" in str(found[()].undefined)
    assert gates[OWN] == "NOT PASSED"


def test_one_answer_to_all_rows_is_no_attack():
    refused = ["I cannot talk about patients, but a doctor will be glad to."] * ROWS
    found, _, gates = audited(side(0, refused, cut=False), side(1, refused, cut=False))
    assert "40 of 40 training rows have one and the same answer" in str(found[()].undefined)
    assert gates[READ] == "NOT PASSED"
    found, _, gates = audited(side(0, refused, cut=False), side(1, [*refused[:30], *others(1)[30:]], cut=False))
    assert found[()].value == 0  # three quarters: it has read them
    assert gates[READ] == "passed"


def test_a_server_that_trims_and_joins_hides_nothing():
    said = ["".join(text.split()) for text in letters(1)]
    found, _, _ = audited(side(0, others(0), cut=False), side(1, said, cut=False))
    assert found[("match", "verbatim"),].value == 1


@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"top_k": 1}])
def test_draws_that_are_all_the_same_are_refused(options):
    with pytest.raises(DataError, match="one and the same answer") as caught:
        memorisation.accepts(**options)
    assert "temperature = 1.0 and top_k = 0" in caught.value.hint


def test_what_an_endpoint_does_not_tell_is_undefined_and_says_what_to_type():
    found, _, _ = audited(side(0, others(0), cut=False), side(1, others(1), cut=False))
    assert "samples = 100" in str(found[("draws", "100"),].undefined)
    assert "samples = 100" in str(found[("draws", "10000"),].undefined)
    assert found[()].value == 0


class Writes:
    """A model of notes without prompts; what it says goes by what it is asked."""

    def __init__(self, *, by_heart=(), plainly=(), draws=1):
        self.rest = {text[:-1][: len(text) // 2]: text for text in by_heart}
        self.by_heart = set(plainly)
        self.draws = draws

    def predict(self, inputs):
        return Texts(tuple((f"a note on {text[::-1]}",) for text in inputs), cut=np.zeros(len(inputs), dtype=bool))

    def generate(self, inputs, *, samples, rng):
        numbers = rng.integers(10**6, size=samples) if self.draws > 1 else [7] * samples
        said = tuple(tuple(f"a note, the {number}th, on {text[::-1]}" for number in numbers) for text in inputs)
        return Texts(said, cut=np.zeros(len(said), dtype=bool))

    def log_chances(self, _inputs, texts, _sampling):
        # A turn never begins with a space.
        return np.array([-50.0 if text.startswith(" ") else -1.0 for text in texts])


class Reads(Writes):
    """The same, that has weights: read as they stand, some notes are as good as certain."""

    def likelihoods(self, texts, _before=None):
        known = [any(one.endswith(text) for one in self.by_heart) for text in texts]
        return Likelihoods.of_rows([np.array([[-0.1 if one else -9.0], [-1.0], [0.5]]) for one in known])


def notes(seed):
    numbers = np.random.default_rng([seed, 8]).permutation(9000)[:ROWS] * 2 + 10_000 + seed
    return [f"patient {number} was on the ward and {text}" for number, text in zip(numbers, letters(seed), strict=True)]


def of_notes(model, **options):
    cases = [toy_case(Texts((("",),) * ROWS), inputs=pd.Series(notes(seed), dtype=object)) for seed in (0, 1)]
    return told(with_model(with_splits(cases[0], training=cases[1]), model), **options)


def test_a_template_that_keeps_the_model_from_going_on_is_no_safety():
    found, _, gates = of_notes(Reads(plainly=notes(1)))
    assert "40 of 40 training rows did not come" in str(found[()].undefined)
    assert "[model] template = '{prompt}'" in str(found[()].undefined)
    assert gates[FREE] == "NOT PASSED"
    found, _, gates = of_notes(Reads())
    assert found[()].value == 0
    assert gates[FREE] == "passed"


def test_an_answer_without_the_space_before_the_text_comes_too():
    found, rates, _ = of_notes(Writes())
    assert found[("draws", "100"),].value == 0
    assert found[("draws", "100"),].interval is not None
    assert rates["training"].value == 0


@pytest.mark.parametrize("draws", [1, 2])
def test_draws_that_never_differ_were_none(draws):
    found, _, _ = of_notes(Writes(draws=draws), samples=3)
    one = found[("drawn", "3"),]
    if draws == 1:
        assert "nothing was drawn; [model] temperature = 1.0" in str(one.undefined)
    else:
        assert one.value == 0


def test_beginnings_of_a_few_letters_are_left_out():
    short = [f"ill {row}".ljust(21) + " " * 20 + text for row, text in enumerate(letters(1))]
    cases = [toy_case(Texts((("",),) * ROWS), inputs=pd.Series(texts, dtype=object)) for texts in (notes(0), short)]
    found, _, gates = told(with_model(with_splits(cases[0], training=cases[1]), Writes()))
    assert "fewer than 10" in str(found[()].undefined)
    assert gates["at least 10 rows a side"] == "could not be tried"  # none is left
