"""`recommender`: what a spec may say of it, and the way from a folder to a model that ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    History,
    ModelError,
    Rankings,
    RanksDeeper,
    RanksHistories,
    Text,
    Trainable,
    adapter,
)
from auditkit_recommender.folder import find_scores, refuse_strange_folder
from auditkit_recommender.ids import Ids, read_ids
from auditkit_recommender.model import ColdUsers, Recommender, cold_refusal
from auditkit_recommender.module import OpenedModule, open_module
from auditkit_recommender.recognise import recognise_recommender
from auditkit_recommender.scoring import users_at_once
from auditkit_recommender.seen import Seen

_CAN = {RanksHistories: "models of item similarities", RanksDeeper: ""}
_CANNOT = {
    Differentiable: "users and items are ids, which have no parts that a ranking could be traced to",
    Embeds: "a matrix of scores has no vectors, and those of factors are of use to the model alone",
    Trainable: "the folder holds what was learnt, and not how",
    Generates: "it ranks items, and writes nothing",
    GivesLikelihoods: "it writes nothing, and finds no text likely",
    Continues: "it writes nothing, and finds no text likely",
}


@adapter("recommender", gives=Rankings, can=_CAN, cannot=_CANNOT, recognises=recognise_recommender)
def open_recommender(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    k: int,
    device: str,
    history: History | None,
    spec_folder: Path,
    rankings: str | None = None,
    mask_seen: bool = True,
    cold_users: ColdUsers = "refuse",
    module: str | None = None,
    state_key: str | None = None,
    trust_pickle: bool = False,
) -> Any:
    """A recommender: a folder with factors or scores of users and items, and the lists of their ids.

    `factors.npz` or `.safetensors` holds user_factors and item_factors, and optionally user_biases and item_biases, as
    implicit and LightFM have them, or item_similarity, as EASE, SLIM and neighbourhoods of items learn it: the score of
    an item is the sum over those that a user had in the training table. `scores.npy`, or `.npz` as
    scipy.sparse.save_npz writes it, holds a score for each user and item. `users.json` and `items.json` list the ids of
    their rows and columns. `mask_seen`: what a user has in the training table is not recommended again. `cold_users`:
    what is done about users who are not in the model, or who have no training interaction: "refuse", "popularity" (the
    most frequent training items), or "model" (its own answer; none for users whom it does not know). The report counts
    them, and the items that the model does not know.
    `module = "net:build"`: a torch module that `build(users, items)`, in net.py beside the spec, makes for so many of
    both; its `forward(users, items)` gives a score for each pair of codes. Its weights lie in the folder: under
    `state_key` where their file holds several, and in a pickle only if `trust_pickle` allows it.
    """
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder of the factors or scores')
    if history is None:
        raise ModelError("a recommender is held against interactions", hint='[data] loader = "interactions"')
    if rankings is not None:
        raise ModelError(
            f"[data] rankings names '{rankings}', and the adapter 'recommender' ranks by itself",
            hint='leave rankings out; or, to audit the lists that were recorded: [model] adapter = "recorded"',
        )
    refuse_strange_folder(path)
    users, items = read_ids(path, "users"), read_ids(path, "items")
    _refuse_strangers(history, users, items)
    seen = Seen.of(history, items) if history.has_training else None
    if cold_users == "popularity" and seen is None:
        raise ModelError(
            'cold_users = "popularity" needs to know what is popular, and there is no training table',
            hint='[data] training = "train.csv"; or cold_users = "model"',
        )
    how: dict[str, Any] = {"seen": seen, "mask_seen": mask_seen, "cold_users": cold_users, "depth": k}
    if module is None:
        scorer = find_scores(path, users, items, seen)
        model = Recommender(scorer, users, items, at_once=users_at_once(len(items)), **how)
    else:
        opened = open_module(
            path,
            users,
            items,
            module=module,
            beside=spec_folder,
            device=device,
            state_key=state_key,
            trust_pickle=trust_pickle,
        )
        model = _of_module(opened, users, items, how)
    return _noted(model, history)


def _of_module(opened: OpenedModule, users: Ids, items: Ids, how: dict[str, Any]) -> Recommender:
    scorer = opened.scorer
    # In the broker's batches, which it halves where they do not fit.
    size = scorer.users_at_once
    about: dict[str, Any] = {"notes": opened.notes, "trusted": opened.trusted, "device": str(scorer.device)}
    return Recommender(scorer, users, items, at_once=size, is_filled=False, batch_size=size, **about, **how)


def _refuse_strangers(history: History, users: Ids, items: Ids) -> None:
    users.refuse_strangers(history.asked, users.places(history.asked), "the audit")
    items.refuse_strangers(history.wanted, items.places(history.wanted), "the audit")
    items.refuse_strangers(history.items, items.places(history.items), "the training")


def _noted(model: Recommender, history: History) -> Recommender:
    """The same model with what the report says of it.

    Raises:
        ModelError: an audited user has no history, and nothing says what to do then.
    """
    import dataclasses

    rows, _, cold = model.known(history.asked)
    if cold.any() and model.cold_users == "refuse":
        raise cold_refusal(history.asked, rows, cold)
    notes = (
        model.scorer.note,
        *model.notes,
        _masked(model),
        *_cold(model, rows, cold),
        *_unknown(model.items, history),
    )
    return dataclasses.replace(model, notes=notes)


def _masked(model: Recommender) -> Text:
    if model.seen is None:
        return Text.of("there is no training table: items that a user had before may be recommended again")
    if not model.mask_seen:
        return Text.of("items that a user has in the training table may be recommended again (mask_seen = false)")
    return Text.of("items that a user has in the training table are not recommended to that user (mask_seen = true)")


_COLD = {
    "popularity": "; they were shown the most frequent items of the training table",
    "model": "; the model ranked those whom it knows, and nothing was recommended to the others",
}


def _cold(model: Recommender, rows: Any, cold: Any) -> tuple[Text, ...]:
    if not cold.any():
        return ()
    message = (
        "{count} of {users} users have no history: {strangers} are not in the model, {idle} have no interaction in the "
        "training table"
    )
    count, strangers = int(cold.sum()), int(np.count_nonzero(rows < 0))
    about = {"count": count, "users": len(cold), "strangers": strangers, "idle": count - strangers}
    return (Text.of(message + _COLD[model.cold_users], **about),)


def _unknown(items: Ids, history: History) -> tuple[Text, ...]:
    """What the report says of items that the model does not know."""
    notes = []
    unknown = items.places(history.wanted) < 0
    if unknown.any():
        message = (
            "{count} of {items} items of the audit table are not in the model, with {rows} of {all} interactions: they "
            "count as never recommended"
        )
        rows = history.wanted_rows
        about = {"count": int(unknown.sum()), "items": len(unknown), "rows": int(rows[unknown].sum())}
        notes.append(Text.of(message, **about, all=int(rows.sum())))
    if count := int(np.count_nonzero(items.places(history.items) < 0)):
        message = "{count} of {items} items of the training table are not in the model"
        notes.append(Text.of(message, count=count, items=len(history.items)))
    return tuple(notes)
