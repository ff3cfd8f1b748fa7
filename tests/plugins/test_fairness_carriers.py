"""`fairness.inputs`: what of a gap is gone with each input, against the answers to the very rows that were asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, NotApplicable, Table, Values
from auditkit.testing import toy_case, with_model
from auditkit_fairness.gap_carriers import accept_counts, inputs
from auditkit_fairness.planted_carriers import Reader, of_two_inputs

SELECTED = "carried_selection_rate_gap"


@dataclass(frozen=True)
class Watched:
    """A model that remembers what it was asked, and what it said."""

    model: Reader
    asked: list = field(default_factory=list)

    def predict(self, rows):
        said = self.model.predict(rows)
        self.asked.append((rows.copy(), said))
        return said


def measured(case, **options):
    """(metric, input) -> the measurement."""
    found = [one for one in inputs(case, **options) if not isinstance(one, Table)]
    return {(one.metric, one.conditions["column"]): one for one in found}


def test_what_an_input_carries_is_the_gap_less_that_of_the_rows_that_were_asked_about():
    model = Watched(Reader("apart"))
    case = with_model(of_two_inputs("apart", np.random.default_rng(0)), model)
    found = measured(case, shuffles=4)
    groups = np.array(case.groups["group"].vocabulary)[case.groups["group"].codes]
    wanted = case.targets.codes == 1
    own = case.predictions.scores[:, 1] > 0.5
    for metric, among in ((SELECTED, wanted | True), ("carried_true_positive_rate_gap", wanted)):
        gap = own[among & (groups == "A")].mean() - own[among & (groups == "B")].mean()
        left = []
        for rows, said in model.asked:
            if (rows["alike"] == case.inputs["alike"]).all() and len(rows) == len(own):
                chosen = said.scores[:, 1] > 0.5
                left.append(chosen[among & (groups == "A")].mean() - chosen[among & (groups == "B")].mean())
        assert len(left) == 4
        one = found[metric, "apart"]
        assert one.value == pytest.approx(gap - np.mean(left), abs=1e-12)
        assert one.group == {"group": "*"}
        assert one.n == np.count_nonzero(among)
    dealt = [rows["apart"] for rows, _ in model.asked if not (rows["apart"] == case.inputs["apart"]).all()]
    assert all(sorted(cells) == sorted(case.inputs["apart"]) for cells in dealt)
    assert found[SELECTED, "alike"].value == 0


def test_the_same_rows_in_another_order_are_dealt_the_same():
    case = of_two_inputs("apart", np.random.default_rng(1))
    turned = np.random.default_rng(2).permutation(len(case))
    said = ClassScores(("no", "yes"), case.predictions.scores[turned])
    targets = np.array(["no", "yes"])[case.targets.codes[turned]].tolist()
    groups = np.array(["A", "B"])[case.groups["group"].codes[turned]].tolist()
    table = case.inputs.iloc[turned].reset_index(drop=True)
    other = with_model(toy_case(said, targets, {"group": groups}, positive="yes", inputs=table), Reader("apart"))
    assert measured(other)[SELECTED, "apart"].value == pytest.approx(measured(case)[SELECTED, "apart"].value)


@dataclass(frozen=True)
class Adder:
    """Predicts the sum of its columns."""

    def predict(self, rows):
        return Values(rows.to_numpy(dtype=float).sum(axis=1))


def test_of_numbers_two_inputs_carry_what_each_adds():
    # A lies higher by 3 in one column and by 1 in the other; nothing else varies but for a little noise.
    rng = np.random.default_rng(3)
    group = np.arange(400) % 2
    table = pd.DataFrame({"three": 3.0 * (1 - group), "one": 1.0 * (1 - group)}) + rng.normal(0, 0.01, (400, 2))
    said = Adder().predict(table)
    case = with_model(toy_case(said, groups={"group": ["AB"[one] for one in group]}, inputs=table), Adder())
    found, spread = measured(case, shuffles=5), np.std(said.values)
    for column, size in (("three", 3.0), ("one", 1.0)):
        one = found["carried_prediction_gap", column]
        assert one.value * spread == pytest.approx(size, abs=0.15 * size)
        assert one.interval.low * spread <= size <= one.interval.high * spread


@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_goes_by_what_groups_have_alike_carries_nothing(seed):
    found = measured(of_two_inputs("alike", np.random.default_rng(seed)))
    assert found[SELECTED, "apart"].value == 0
    assert found[SELECTED, "alike"].interval.low <= 0 <= found[SELECTED, "alike"].interval.high


def test_one_input_carries_everything_and_nothing_is_asked():
    case = of_two_inputs("apart", np.random.default_rng(4))
    alone = with_model(
        toy_case(case.predictions, None, {"group": ["A", "B"] * 100}, positive="yes", inputs=case.inputs[["apart"]]),
        Reader("apart"),
    )
    with pytest.raises(NotApplicable, match="one input alone"):
        measured(alone)


def test_small_groups_are_not_compared():
    case = of_two_inputs("apart", np.random.default_rng(5), rows=50)
    one = measured(case)[SELECTED, "apart"]
    assert one.value is None
    assert "fewer than two groups" in str(one.undefined)


@pytest.mark.parametrize("option", ["most_rows", "shuffles", "most_columns"])
def test_none_of_anything_is_refused(option):
    with pytest.raises(AuditError, match=option):
        accept_counts(**{option: 0})


def test_inputs_are_those_that_the_spec_names_since_a_replay_has_no_rows_to_look_at():
    case = of_two_inputs("apart", np.random.default_rng(6))
    first = replace(case, settings=replace(case.settings, given=("alike", "apart")))
    assert {column for _, column in measured(first, most_columns=2)} == {"alike", "apart"}
    # What was asked is in the store: without rows the same is found.
    again = replace(first, broker=replace(first.broker, _model=None), _kept={}, _whole={})
    assert {key: one.value for key, one in measured(again).items()} == {
        key: one.value for key, one in measured(first).items()
    }
    with pytest.raises(NotApplicable, match="one input alone"):
        measured(replace(case, settings=replace(case.settings, given=("apart",))))
