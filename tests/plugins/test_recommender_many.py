"""A recommender of 100,000 users and 2,000 items ranks as numpy does by hand; `benchmarks` has its time."""

from __future__ import annotations

import numpy as np
import pytest
from recommenders import asked, folder_of, opened

USERS, ITEMS, DIMENSIONS, DEPTH, HAD = 100_000, 2_000, 32, 10, 20


@pytest.mark.slow
def test_the_rankings_of_many_users_are_those_of_numpy(tmp_path):
    draw = np.random.default_rng(0)
    users, items = (draw.normal(size=(size, DIMENSIONS)).astype(np.float32) for size in (USERS, ITEMS))
    had = draw.integers(0, ITEMS // HAD, (USERS, HAD)) + np.arange(HAD) * (ITEMS // HAD)
    names, things = [f"u{n}" for n in range(USERS)], [f"i{n}" for n in range(ITEMS)]
    folder = folder_of(tmp_path / "m", users=names, items=things, user_factors=users, item_factors=items)
    pairs = [(name, things[item]) for name, row in zip(names, had.tolist(), strict=True) for item in row]
    model = opened(folder, pairs, k=DEPTH, mask_seen=True, asked=names, wanted=things)

    def by_hand():
        best = np.empty((USERS, DEPTH), dtype=np.int64)
        for start in range(0, USERS, 500):
            part = slice(start, start + 500)
            scores = users[part] @ items.T
            scores[np.arange(len(scores))[:, None], had[part]] = -np.inf
            chosen = np.argpartition(scores, ITEMS - DEPTH, axis=1)[:, ITEMS - DEPTH :]
            order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1)
            best[part] = np.take_along_axis(chosen, order, axis=1)
        return best

    inputs = asked(*names)
    answer = model.predict(inputs)
    assert (answer.items == np.array(things, dtype=object)[by_hand()]).all()
