"""What people had: a matrix of four items worked by hand, through the real adapter; one loud item over twenty seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from recommenders import asked, factors, folder_of, history

from auditkit import AuditError, ModelError, NotApplicable, Rankings, RanksHistories
from auditkit.capabilities import why_not
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.histories import accept_users, everything, histories
from auditkit_explainability.planted.histories import of_neighbours
from auditkit_recommender.adapter import open_recommender

ITEMS = ("a", "b", "c", "d", "e")
# Whoever had a is recommended c; whoever had b, d more than e.
SIMILAR = np.array(
    [[0, 0, 3, 0, 0], [0, 0, 0, 2, 1], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=np.float32
)
HAD = (("u1", "a"), ("u1", "b"), ("u2", "a"), ("u3", "b"), ("u4", "e"))


def similar(path, matrix=SIMILAR):
    folder_of(path, items=ITEMS)
    np.savez(path / "factors.npz", item_similarity=matrix)
    return path


def opened(path, had=HAD, k=2, **options):
    how = {"k": k, "device": "cpu", "history": history(had), "spec_folder": path, "cold_users": "refuse"}
    return open_recommender(path, **(how | options))


def test_scores_are_sums_over_what_a_user_had(tmp_path):
    model = opened(similar(tmp_path))
    said = model.predict(asked("u1", "u2", "u3"))
    assert [list(row) for row in said.items] == [["c", "d"], ["c", "b"], ["d", "e"]]
    np.testing.assert_allclose(said.scores[:, 0], [3, 3, 2])


def test_what_a_user_had_twice_they_had(tmp_path):
    once, twice = (opened(similar(tmp_path), had) for had in (HAD, (*HAD, ("u1", "b"), ("u1", "b"))))
    np.testing.assert_array_equal(once.predict(asked("u1")).scores, twice.predict(asked("u1")).scores)
    assert twice.histories(asked("u1")) == [("a", "b")]


def test_what_is_forgotten_does_not_come_back(tmp_path):
    model = opened(similar(tmp_path))
    assert isinstance(model, RanksHistories)
    assert model.histories(asked("u1", "u4")) == [("a", "b"), ("e",)]
    said = model.from_histories(asked("u1", "u1", "u1"), [("a", "b"), ("b",), ("a",)])
    assert [list(row) for row in said.items] == [["c", "d"], ["d", "e"], ["c", "d"]]
    whole = model.from_histories(asked("u1"), model.histories(asked("u1")))
    np.testing.assert_array_equal(whole.items, model.predict(asked("u1")).items)


def test_of_two_items_each_changes_what_it_recommends(tmp_path):
    """u1's list is c, d: without a it is d, e, and half is another one; without b it is c and the first of the rest."""
    model = opened(similar(tmp_path))
    rows = asked("u1", "u2")
    case = with_model(toy_case(model.predict(rows), truth=model.predict(rows), inputs=rows), model)
    found = everything(case, most_items=50)
    np.testing.assert_allclose(found["mean"], [0.25, np.nan])
    np.testing.assert_allclose(found["most"], [0.5, np.nan])
    said = ask(histories, case, {})
    assert said.value("history_decided_by_one_rate") == 1.0
    assert said.value("history_list_change") == 0.25
    (excess,) = said.of("history_item_excess")
    assert "10 users" in str(excess.undefined)


@pytest.mark.parametrize("seed", range(20))
def test_one_loud_item_is_found_and_its_twin_passed(seed):
    loud, even = (ask(histories, of_neighbours(loud=one)(np.random.default_rng(seed)), {}) for one in (0, None))
    (found,) = loud.of("history_item_excess")
    assert found.interval.low > 0.3
    (table,) = (one for one in loud if hasattr(one, "rows"))
    assert table.rows[0][0] == "item 0"
    (found,) = even.of("history_item_excess")
    assert found.interval.high < 0.2
    assert even.value("history_decided_by_one_rate", group={}) < 0.1


def test_factors_cannot_be_asked_what_somebody_had(tmp_path):
    model = open_recommender(
        factors(tmp_path / "model"), k=2, device="cpu", history=history((("u1", "a"),)), spec_folder=tmp_path,
        cold_users="model",
    )  # fmt: skip
    assert "what they had" in str(why_not(model, "RanksHistories"))
    with pytest.raises(ModelError):
        model.from_histories(asked("u1"), [("a",)])
    rows = asked("u1", "u2")
    case = with_model(toy_case(model.predict(rows), truth=model.predict(rows), inputs=rows), model)
    with pytest.raises(NotApplicable):
        ask(histories, case, {})


def test_users_with_one_item_say_nothing():
    class One:
        def predict(self, inputs):
            return Rankings(tuple(inputs["user"]), np.array([["x"]] * len(inputs), dtype=object))

        def histories(self, inputs):
            return [("a",)] * len(inputs)

        def from_histories(self, inputs, _):
            return self.predict(inputs)

    rows = pd.DataFrame({"user": ["u", "v"]})
    case = with_model(toy_case(One().predict(rows), truth=One().predict(rows), inputs=rows), One())
    with pytest.raises(NotApplicable, match="two items"):
        ask(histories, case, {})


@pytest.mark.parametrize("matrix", [SIMILAR[:3], SIMILAR[:, :2]])
def test_a_matrix_that_is_not_of_items_by_items_is_refused(tmp_path, matrix):
    with pytest.raises(ModelError, match=r"items\.json"):
        opened(similar(tmp_path, matrix))


def test_without_a_training_table_nobody_had_anything(tmp_path):
    with pytest.raises(ModelError, match="no training table"):
        opened(similar(tmp_path), history=history(has_training=False))


@pytest.mark.parametrize("option", ["most_rows", "most_items"])
def test_no_users_and_no_items_are_refused(option):
    with pytest.raises(AuditError, match=option):
        accept_users(**{option: 0})
