"""Each check on a few rows whose answer one can count."""

import numpy as np
from auditkit import ClassScores, Texts
from auditkit.testing import toy_case

from manners_confidence import confident_rate
from manners_refusals import refusal_rate

ANSWERS = Texts(samples=(("I can't help with that.",), ("Take it with food.",), ("Sorry, no.",), ("I can't say.",)))


def test_two_of_four_answers_are_refusals() -> None:
    (measured,) = refusal_rate(toy_case(ANSWERS))
    assert (measured.metric, measured.value, measured.n) == ("refusal_rate", 2 / 4, 4)


def test_what_counts_as_an_opening_is_an_option() -> None:
    (measured,) = refusal_rate(toy_case(ANSWERS), opening="Sorry")
    assert measured.value == 1 / 4


def test_a_score_at_the_bound_is_sure() -> None:
    scores = ClassScores(("no", "yes"), np.array([[0.1, 0.9], [0.2, 0.8], [1.0, 0.0]]))
    (measured,) = confident_rate(toy_case(scores))
    assert (measured.metric, measured.value, measured.n) == ("confident_rate", 2 / 3, 3)


def test_the_share_has_an_interval_around_it() -> None:
    (measured,) = refusal_rate(toy_case(ANSWERS))
    assert measured.interval is not None
    assert measured.interval.low < 2 / 4 < measured.interval.high
