"""What a recommender ranks: by hand on four users and five items, and against numpy and scikit-learn by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numbers
from recommenders import (
    ALL,
    ITEM_FACTORS,
    SCORES,
    USER_FACTORS,
    USERS,
    asked,
    factors,
    folder_of,
    lists,
    opened,
    words,
)
from scipy import sparse
from sklearn.metrics import ndcg_score

from auditkit import ModelError, Rankings
from auditkit.testing import toy_case
from auditkit_performance.ranking import ranking
from auditkit_recommender.ranking import NotANumberError, best


def test_factors_by_hand(tmp_path):
    answer = opened(factors(tmp_path / "m"), k=5).predict(asked(*USERS))
    # c and e are the same item to everybody: c stands first in items.json; so does a before b to u3.
    assert lists(answer) == {"u1": "adceb", "u2": "bdcea", "u3": "dabce", "u4": "adceb"}
    np.testing.assert_array_equal(answer.scores, -np.sort(-SCORES, axis=1))


def test_biases_by_hand(tmp_path):
    folder = factors(tmp_path / "m", user_biases=np.array([0.0, 10, 0, 0]), item_biases=np.array([-4.0, 0, 0, 0, 0.5]))
    answer = opened(folder, k=5).predict(asked("u1", "u2"))
    assert lists(answer) == {"u1": "decba", "u2": "bdeca"}
    assert answer.scores.tolist() == [[2, 1.5, 1, 0, -1], [13, 12, 11.5, 11, 6]]


@pytest.mark.parametrize("form", ["npz", "npy", "scores.npz", "safetensors", "sparse"])
def test_every_form_of_a_model_says_the_same(tmp_path, form):
    path = folder_of(tmp_path / "m")
    if form == "npz":
        factors(path)
    elif form == "npy":
        np.save(path / "scores.npy", SCORES)
    elif form == "scores.npz":
        np.savez_compressed(path / "scores.npz", scores=SCORES.astype(np.float16))
    elif form == "safetensors":
        from safetensors.numpy import save_file

        save_file({"user_factors": USER_FACTORS, "item_factors": ITEM_FACTORS}, path / "factors.safetensors")
    else:
        matrix = sparse.csr_array(SCORES + 10.0)  # no score is 0, which a sparse matrix would drop
        sparse.save_npz(path / "scores.npz", matrix)
    answer = opened(path).predict(asked(*USERS))
    assert lists(answer) == {"u1": "adc", "u2": "bdc", "u3": "dab", "u4": "adc"}


def test_an_item_without_an_entry_is_not_recommended(tmp_path):
    matrix = sparse.csr_array((np.array([-1.0, 0.0, 2.0]), ([0, 0, 2], [1, 4, 3])), shape=(4, 5))
    sparse.save_npz(folder_of(tmp_path / "m") / "scores.npz", matrix)
    answer = opened(tmp_path / "m").predict(asked(*USERS))
    assert lists(answer) == {"u1": "eb", "u2": "", "u3": "d", "u4": ""}
    np.testing.assert_array_equal(answer.scores[0], [0, -1, np.nan])


def test_minus_infinity_is_not_recommended(tmp_path):
    scores = np.where(SCORES == 2, -np.inf, SCORES)
    np.save(folder_of(tmp_path / "m") / "scores.npy", scores)
    assert lists(opened(tmp_path / "m", k=5).predict(asked("u1", "u3"))) == {"u1": "aceb", "u3": "dab"}


def test_what_a_user_had_is_masked(tmp_path):
    had = (("u1", "d"), ("u1", "a"), ("u3", "d"), ("u2", "x"), ("u4", "c"), ("u9", "b"))
    folder = factors(tmp_path / "m")
    masked = opened(folder, had, mask_seen=True)
    assert lists(masked.predict(asked("u4", "u1", "u3", "u2"))) == {"u4": "ade", "u1": "ceb", "u3": "abc", "u2": "bdc"}
    assert "(mask_seen = true)" in words(masked)
    assert "1 of 5 items of the training table are not in the model" in words(masked)
    again = opened(folder, had, mask_seen=False)
    assert lists(again.predict(asked("u1"))) == {"u1": "adc"}
    assert "(mask_seen = false)" in words(again)
    without = opened(folder, (), has_training=False, mask_seen=True)
    assert lists(without.predict(asked("u1"))) == {"u1": "adc"}
    assert "there is no training table" in words(without)


def test_a_user_who_had_everything_gets_nothing(tmp_path):
    had = (*ALL, *(("u2", item) for item in "bcde"))
    assert lists(opened(factors(tmp_path / "m"), had, mask_seen=True).predict(asked("u2", "u3"))) == {
        "u2": "",
        "u3": "dbc",
    }


# Users without history: u5 is not in the model, u4 has no training interaction.
HAD = (("u1", "b"), ("u2", "b"), ("u3", "b"), ("u1", "e"), ("u2", "e"), ("u1", "c"), ("u7", "b"))
COLD = {"asked": ("u1", "u4", "u5")}


def test_users_without_history_are_refused_unless_the_spec_says_what_to_do(tmp_path):
    with pytest.raises(ModelError, match=r"2 of 3 users have no history \('u4', 'u5'\): 1 are not in the") as refused:
        opened(factors(tmp_path / "m"), HAD, **COLD)
    assert "cold_users" in refused.value.hint
    model = opened(factors(tmp_path / "m"), HAD, asked=("u1", "u2"))
    with pytest.raises(ModelError, match=r"1 of 2 users have no history \('new'\)"):
        model.predict(asked("new", "u1"))


@pytest.mark.parametrize(
    ("how", "expected", "said"),
    [
        ("popularity", {"u5": "bec", "u4": "bec", "u1": "adc"}, "they were shown the most frequent items"),
        ("model", {"u5": "", "u4": "adc", "u1": "adc"}, "nothing was recommended to the others"),
    ],
)
def test_users_without_history_are_ranked_as_the_spec_says(tmp_path, how, expected, said):
    model = opened(factors(tmp_path / "m"), HAD, cold_users=how, **COLD)
    assert lists(model.predict(asked("u5", "u4", "u1"))) == expected
    assert "2 of 3 users have no history: 1 are not in the model, 1 have no interaction in the training" in words(model)
    assert said in words(model)


def test_popularity_masks_too_and_ends_where_nobody_had_more(tmp_path):
    model = opened(factors(tmp_path / "m"), HAD, cold_users="popularity", mask_seen=True, k=5, asked=("u7", "u4"))
    answer = model.predict(asked("u7", "u4"))
    assert lists(answer) == {"u7": "ec", "u4": "bec"}  # u7 is not in the model, and had b
    np.testing.assert_array_equal(answer.scores[1], [4, 2, 1, np.nan, np.nan])


def test_popularity_needs_a_training_table(tmp_path):
    with pytest.raises(ModelError, match="there is no training table"):
        opened(factors(tmp_path / "m"), (), has_training=False, cold_users="popularity")


def test_without_a_training_table_only_strangers_are_cold(tmp_path):
    model = opened(factors(tmp_path / "m"), (), has_training=False, cold_users="model", asked=("u1", "u5"))
    assert "1 of 2 users have no history: 1 are not in the model, 0 have" in words(model)
    assert lists(model.predict(asked("u1"))) == {"u1": "adc"}


def test_items_that_the_model_does_not_know_are_counted(tmp_path):
    model = opened(factors(tmp_path / "m"), wanted=("a", "x", "y"))
    assert "2 of 3 items of the audit table are not in the model, with 2 of 3 interactions" in words(model)


def test_fewer_items_than_places(tmp_path):
    answer = opened(factors(tmp_path / "m"), k=9).predict(asked("u1", "u2"))
    assert answer.items.shape == (2, 5)
    assert opened(factors(tmp_path / "m"), k=9).predict(asked()).items.shape == (0, 5)


def test_numbers_name_users_as_texts_do(tmp_path):
    folder = folder_of(tmp_path / "m", users=[1, 2, 3, 4], user_factors=USER_FACTORS, item_factors=ITEM_FACTORS)
    model = opened(folder, tuple((str(n), "a") for n in range(1, 5)), asked=("1", "2"))
    assert lists(model.predict(asked("2", 1))) == {"2": "bdc", "1": "adc"}


# Against brute force.

TABLES = numbers.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 9)),
    elements=st.sampled_from([-np.inf, -2.0, -0.5, 0.0, 0.5, 1.0, 7.0]),
)


@given(TABLES, st.integers(1, 10))
def test_the_best_are_those_of_a_stable_sort(scores, depth):
    places, values = best(scores, depth)
    width = min(depth, scores.shape[1])
    for row, said, worth in zip(scores, places, values, strict=True):
        order = [place for place in sorted(range(len(row)), key=lambda at: -row[at]) if row[place] != -np.inf][:width]
        assert said.tolist() == order + [-1] * (width - len(order))
        np.testing.assert_array_equal(worth, [*row[order], *[np.nan] * (width - len(order))])


@given(TABLES, st.integers(1, 10), st.data())
def test_what_is_no_number_is_never_ranked(scores, depth, data):
    scores = scores.copy()
    row, column = (data.draw(st.integers(0, size - 1)) for size in scores.shape)
    scores[row, column] = data.draw(st.sampled_from([np.nan, np.inf]))
    with pytest.raises(NotANumberError) as refused:
        best(scores, depth)
    assert refused.value.row == row


def drawn(tmp_path, users=70, items=90, dimensions=8, seed=0):
    """Random factors, and three in ten of the pairs as training."""
    draw = np.random.default_rng(seed)
    u, v = draw.normal(size=(users, dimensions)), draw.normal(size=(items, dimensions))
    names, things = [f"u{n}" for n in range(users)], [f"i{n}" for n in range(items)]
    had = draw.random((users, items)) < 0.3
    had[np.arange(users), draw.integers(0, items, users)] = True
    folder = folder_of(
        tmp_path / "m",
        users=names,
        items=things,
        user_factors=u.astype(np.float32),
        item_factors=v.astype(np.float32),
    )
    pairs = [(names[row], things[column]) for row, column in zip(*np.nonzero(had), strict=True)]
    return folder, names, things, np.float32(u) @ np.float32(v).T, had, pairs


def test_random_factors_agree_with_a_full_sort(tmp_path):
    folder, names, things, scores, had, pairs = drawn(tmp_path)
    model = opened(folder, pairs, k=10, mask_seen=True, asked=names, wanted=things)
    answer = model.predict(asked(*names))
    order = np.argsort(np.where(had, np.inf, -scores), axis=1, kind="stable")[:, :10]
    assert answer.items.tolist() == [[things[place] for place in row] for row in order]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_what_a_user_gets_does_not_depend_on_who_else_is_asked_about(tmp_path, size):
    folder, names, things, _, _, pairs = drawn(tmp_path, users=70, items=1500)
    model = opened(folder, pairs, k=10, mask_seen=True, asked=names, wanted=things)
    whole = model.predict(asked(*names))
    parts = [model.predict(asked(*names[start : start + size])) for start in range(0, len(names), size)]
    joined = Rankings.concat(parts)
    assert joined.items.tolist() == whole.items.tolist()
    np.testing.assert_array_equal(joined.scores, whole.scores)


def test_ndcg_of_the_recommended_is_scikit_learns(tmp_path):
    folder, names, things, scores, had, pairs = drawn(tmp_path, users=40, items=30)
    draw = np.random.default_rng(3)
    wanted = (draw.random(scores.shape) < 0.2) & ~had
    wanted[:, 0] |= ~wanted.any(axis=1) & ~had[:, 0]
    wanted, rows = wanted[wanted.any(axis=1)], np.flatnonzero(wanted.any(axis=1))
    model = opened(folder, pairs, k=10, mask_seen=True, asked=names, wanted=things)
    chosen = tuple(names[row] for row in rows)
    width = int(wanted.sum(axis=1).max())
    truth = np.full((len(rows), width), None, dtype=object)
    for place, row in enumerate(wanted):
        truth[place, : row.sum()] = [things[at] for at in np.flatnonzero(row)]
    case = toy_case(model.predict(asked(*chosen)), truth=Rankings(chosen, truth))
    (found,) = [one for one in ranking.run(case) if getattr(one, "metric", "") == "ndcg_at_10"]
    masked = np.where(had, scores.min() - 1, scores)[rows]
    assert found.value == pytest.approx(ndcg_score(wanted.astype(float), masked, k=10), abs=1e-9)


def test_implicit_says_the_same_of_a_model_that_it_saved(tmp_path):
    als = pytest.importorskip("implicit.als", reason="needs implicit: pip install --no-deps implicit tqdm")
    had = sparse.csr_matrix((np.random.default_rng(5).random((60, 40)) < 0.2).astype(np.float32))
    model = als.AlternatingLeastSquares(factors=8, iterations=5, random_state=1, num_threads=1)
    model.fit(had, show_progress=False)
    names, things = [f"u{n}" for n in range(60)], [f"i{n}" for n in range(40)]
    folder = folder_of(tmp_path / "m", users=names, items=things)
    model.save(str(folder / "factors.npz"))
    theirs, scores = model.recommend(np.arange(60), had, N=10, filter_already_liked_items=True)
    pairs = [(names[row], things[column]) for row, column in zip(*had.nonzero(), strict=True)]
    ours = opened(folder, pairs, k=10, mask_seen=True, asked=names, wanted=things).predict(asked(*names))
    assert ours.items.tolist() == [[things[place] for place in row] for row in theirs]
    np.testing.assert_allclose(ours.scores, scores, atol=1e-5)
