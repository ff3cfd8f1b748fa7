"""A recommender of four users and five items, worked by hand, in a folder; and a history to go with it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from auditkit import History
from auditkit_recommender.adapter import open_recommender

USERS, ITEMS = ("u1", "u2", "u3", "u4"), ("a", "b", "c", "d", "e")
# Users are (1, 0), (0, 1), (1, 1), (2, -1); items a (3, 0), b (0, 3), c (1, 1), d (2, 2), e (1, 1).
USER_FACTORS = np.array([[1, 0], [0, 1], [1, 1], [2, -1]], dtype=np.float32)
ITEM_FACTORS = np.array([[3, 0], [0, 3], [1, 1], [2, 2], [1, 1]], dtype=np.float32)
SCORES = np.array([[3, 0, 1, 2, 1], [0, 3, 1, 2, 1], [3, 3, 2, 4, 2], [6, -3, 1, 2, 1]], dtype=np.float64)


def history(had=(), *, has_training=True, asked=USERS, wanted=("a",)):
    """A training table of (user, item) pairs."""
    users, items = list(dict.fromkeys(user for user, _ in had)), list(dict.fromkeys(item for _, item in had))
    place = {item: at for at, item in enumerate(items)}
    owned: dict[str, list[int]] = {user: [] for user in users}
    for user, item in had:
        owned[user].append(place[item])
    lists = list(owned.values())
    return History(
        has_training=has_training,
        users=tuple(users),
        items=tuple(items),
        starts=np.concatenate([[0], np.cumsum([len(row) for row in lists])]).astype(np.int64),
        codes=np.array([code for row in lists for code in row], dtype=np.int64),
        asked=tuple(asked),
        wanted=tuple(wanted),
        wanted_rows=np.ones(len(wanted), dtype=np.int64),
    )


ALL = tuple((user, "a") for user in USERS)


def folder_of(path, *, users=USERS, items=ITEMS, **arrays):
    path.mkdir(exist_ok=True)
    (path / "users.json").write_text(json.dumps(users))
    (path / "items.json").write_text(json.dumps(items))
    if arrays:
        np.savez(path / "factors.npz", **arrays)
    return path


def factors(path, **more):
    return folder_of(path, user_factors=USER_FACTORS, item_factors=ITEM_FACTORS, **more)


def asked(*users):
    return pd.DataFrame({"user": pd.Series(users, dtype=object)})


def opened(path, had=ALL, *, k=3, **options):
    given = {"mask_seen": False} | options
    told = history(had, **{name: given.pop(name) for name in ("has_training", "asked", "wanted") if name in given})
    return open_recommender(path, k=k, history=told, device="cpu", spec_folder=path.parent, **given)


def lists(answer):
    return {user: "".join(item or "" for item in row) for user, row in zip(answer.users, answer.items, strict=True)}


def words(model):
    return " | ".join(map(str, model.notes))
