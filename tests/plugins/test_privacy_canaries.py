"""`privacy.canaries`: the bound by hand, the claim, and what keeps it from being believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from auditkit import ClassScores, Interval, LabelScores, Measurement, NotApplicable, Values
from auditkit.statistics import largest_bound, one_run
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.canaries import canaries
from auditkit_privacy.people.members import Members
from auditkit_privacy.reach.rates import heuristic_epsilon

COUNT = 200
INCLUDED = np.arange(COUNT) % 2 == 0


def scores_of(known):
    """Probabilities of the class 'yes', which is true of all: as much as is known of each."""
    yes = np.asarray(known, dtype=float)
    return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def planted(known, included=INCLUDED, inputs=None):
    return toy_case(scores_of(known), ["yes"] * len(known), included=included, inputs=inputs)


def audit(canary_case, training=None, **settings):
    base = toy_case(scores_of(np.full(40, 0.5)), ["yes"] * 40, **settings)
    return with_splits(base, canaries=canary_case, training=training)


def ask(case):
    said = list(canaries.run(case))
    measured = {one.metric: one for one in said if hasattr(one, "metric")}
    return measured, [one for one in said if not hasattr(one, "metric")]


def test_a_model_that_knows_each_canary_shows_all_that_they_can_show():
    (measured, tables) = ask(audit(planted(np.where(INCLUDED, 0.9, 0.1)), claimed_epsilon=1.0))
    largest = special.logit(0.005 ** (1 / COUNT))
    bound = measured["epsilon_lower_bound"]
    assert bound.value == bound.interval.low == pytest.approx(largest)
    assert bound.n == COUNT
    above = measured["epsilon_above_claim"]
    assert above.value == above.interval.low == pytest.approx(largest - 1)
    assert above.interval.high == pytest.approx(bound.interval.high - 1)
    rows = {str(name): said for name, said in tables[0].rows}
    assert rows["canaries"] == COUNT
    assert rows["that the coins put into the training data"] == COUNT // 2
    assert rows["the largest bound that so many canaries can show"] == pytest.approx(largest)
    assert "nobody could look" in str(rows["whether the training rows hold these, and no others"])


def test_a_model_that_knows_none_shows_nothing():
    known = np.linspace(0.1, 0.9, COUNT)  # included and not in turn
    measured, _ = ask(audit(planted(known), claimed_epsilon=1.0))
    assert measured["epsilon_lower_bound"].value == 0
    assert measured["epsilon_above_claim"].value == -1


def test_the_bound_is_that_of_the_statistics_at_the_claimed_delta():
    rng = np.random.default_rng(3)
    logits = rng.normal(size=COUNT) + INCLUDED
    measured, _ = ask(audit(planted(special.expit(logits)), claimed_epsilon=0.1, claimed_delta=1e-3, level=0.9))
    found = one_run(logits, INCLUDED, delta=1e-3, level=0.9)
    assert measured["epsilon_lower_bound"].value == pytest.approx(found.epsilon)
    assert measured["epsilon_lower_bound"].interval.high == pytest.approx(found.high)
    assert measured["epsilon_lower_bound"].interval.level == 0.9


def test_without_a_claim_none_is_judged_and_a_claim_beyond_what_can_be_shown_is_undefined():
    known = np.where(INCLUDED, 0.9, 0.1)
    assert set(ask(audit(planted(known)))[0]) == {"epsilon_lower_bound"}
    measured, _ = ask(audit(planted(known), claimed_epsilon=8.0))
    assert measured["epsilon_lower_bound"].value == pytest.approx(largest_bound(COUNT))
    above = measured["epsilon_above_claim"]
    assert above.value is None
    assert "200 canaries show no epsilon above 3.618, and 8 is claimed" in str(above.undefined)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (INCLUDED, None),
        (INCLUDED & (np.arange(COUNT) != 4), "of the canaries that its coins put in 1 are not there"),
        (INCLUDED | (np.arange(COUNT) < 6), "of those that they left out 3 are"),
    ],
)
def test_training_rows_that_are_not_those_of_the_key_bound_nothing(held, said):
    rows = pd.DataFrame({"age": [f"{20 + place / 7:.3f}" for place in range(COUNT)], "sex": ["F", "M"] * (COUNT // 2)})
    others = pd.DataFrame({"age": [f"{80 + place}" for place in range(30)], "sex": ["F"] * 30})
    inside = pd.concat([others, rows[held]], ignore_index=True)
    training = toy_case(scores_of(np.full(len(inside), 0.5)), ["yes"] * len(inside), inputs=inside)
    case = audit(planted(np.where(INCLUDED, 0.9, 0.1), inputs=rows), training=training, claimed_epsilon=1.0)
    measured, tables = ask(case)
    looked = str(
        {str(name): one for name, one in tables[0].rows}["whether the training rows hold these, and no others"]
    )
    if said is None:
        assert measured["epsilon_above_claim"].value > 0
        assert looked == "yes, each"
    else:
        assert all(one.value is None and said in str(one.undefined) for one in measured.values())
        assert looked.startswith("no")


def test_few_canaries_bound_nothing():
    measured, _ = ask(audit(planted(np.full(19, 0.5), INCLUDED[:19])))
    assert "19 canaries are fewer than 20" in str(measured["epsilon_lower_bound"].undefined)


def test_values_and_labels_are_ranked_by_their_loss():
    truth = np.linspace(0, 10, COUNT)
    said = Values(truth + np.where(INCLUDED, 0.1, 3.0))
    case = toy_case(said, truth=Values(truth), included=INCLUDED)
    base = toy_case(Values(np.zeros(40)), truth=Values(np.zeros(40)))
    measured, _ = ask(with_splits(base, canaries=case))
    assert measured["epsilon_lower_bound"].value == pytest.approx(largest_bound(COUNT))
    flags = np.tile([[True, False]], (COUNT, 1))
    surely = np.where(INCLUDED, 0.95, 0.6)[:, None]
    labels = LabelScores(("fever", "cough"), np.where(flags, surely, 1 - surely))
    base = toy_case(LabelScores(("fever", "cough"), np.full((40, 2), 0.5)), np.tile([[True, False]], (40, 1)))
    measured, _ = ask(with_splits(base, canaries=toy_case(labels, flags, included=INCLUDED)))
    assert measured["epsilon_lower_bound"].value == pytest.approx(largest_bound(COUNT))


def test_it_says_how_canaries_are_made_where_there_are_none():
    with pytest.raises(NotApplicable, match="the data have no") as refused:
        ask(toy_case(scores_of([0.5, 0.4]), ["yes", "no"]))
    assert "auditkit canaries SPEC" in refused.value.hint


def test_canaries_are_no_members():
    weights = np.random.default_rng(8).permutation(np.arange(100, 100 + 100 + COUNT))
    ages, made = (pd.DataFrame({"weight": part}) for part in (weights[:100], weights[100:]))
    inside = pd.concat([ages[:50], made[INCLUDED]], ignore_index=True)
    training = toy_case(scores_of(np.full(len(inside), 0.5)), ["yes"] * len(inside), inputs=inside)
    base = toy_case(scores_of(np.full(50, 0.5)), ["yes"] * 50, inputs=ages[50:].reset_index(drop=True))
    case = with_splits(base, training=training, canaries=planted(np.full(COUNT, 0.5), inputs=made))
    members = Members.of(case)
    assert len(members.members) == len(members.others) == 50
    assert members.left_out["the row is a canary, and nobody"] == (COUNT // 2, 0)


def test_an_advantage_without_coins_is_worth_an_epsilon_that_is_called_heuristic():
    def reached(low, value, high):
        interval = Interval(low=low, high=high, level=0.95, method="halves")
        return Measurement(metric="membership_advantage", value=value, n=99, interval=interval, better="lower")

    # e^epsilon = 3 allows (3 - 1) / (3 + 1) = 1 / 2, and 9 allows 8 / 10.
    found = heuristic_epsilon(reached(-0.1, 0.5, 0.8))
    assert (found.metric, found.n, found.interval.low) == ("heuristic_epsilon", 99, 0)
    assert found.value == pytest.approx(np.log(3))
    assert found.interval.high == pytest.approx(np.log(9))
    assert heuristic_epsilon(reached(0.0, 1.0, 1.0)).value == pytest.approx(np.log(1.99 / 0.01))
