"""`performance.ranking`: how much of what users went for was recommended to them, and how far up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Rankings, Table, Text, check, clean, planted
from auditkit.testing import every, near, wanted_first, wanted_last
from auditkit_performance.cards_ranking import CARDS
from auditkit_performance.readings import Sample, undefined

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_DEPTH = 10  # ranks 9 and 10: (1 / log2(10) + 1 / log2(11)) / (1 + 1 / log2(3)) = 0.3618
"""Of the known cases, whose lists are as long."""

CONTROLS = (
    planted(
        "lists that put last what users went for",
        wanted_last(),
        every(near(f"ndcg_at_{_DEPTH}", 0.3618, 0.0001), near(f"reciprocal_rank_at_{_DEPTH}", 1 / 9)),
        gain="binary",
        relevant_from=None,
    ),
    clean(
        "lists that put first what users went for",
        wanted_first(),
        every(near(f"ndcg_at_{_DEPTH}", 1.0), near(f"precision_at_{_DEPTH}", 0.2)),
        gain="binary",
        relevant_from=None,
    ),
)


@check("performance.ranking", on=Rankings, metrics=CARDS, needs=("targets",), controls=CONTROLS)
def ranking(
    case: Case[Rankings], *, gain: Literal["binary", "rating"] = "binary", relevant_from: float | None = None
) -> Iterator[Measurement | Table]:
    """How well the recommendations meet what users then went for.

    Each user's own items in the audit table are the relevant ones; with `relevant_from` only those with at least that
    rating. With `gain = "rating"` an item counts by its rating in NDCG, and otherwise all relevant items count alike.
    Averages are over users who have a relevant item; one of them to whom nothing was recommended scores 0. Each is
    measured for all users and for each group of them. Where there is a training table, it is also counted how much of
    what was recommended the user had already.
    """
    found = Found.of(case, gain, relevant_from)
    values = _values(found, case.depth)
    for group, inside in _groups(case):
        sample = Sample.of(case, inside & (found.relevant > 0))
        for metric, of_user in values.items():
            name = f"{metric}_at_{case.depth}"
            if len(sample.rows):
                measured = sample.bounded_mean(name, of_user[sample.rows], "higher")
            else:
                measured = undefined(name, "no user has a relevant item", 0, "higher")
            yield measured.model_copy(update={"group": group})
        everyone = Sample.of(case, inside)
        unserved = everyone.share("unserved_rate", found.lengths[everyone.rows] == 0, "lower")
        yield unserved.model_copy(update={"group": group})
    yield _repeats(case, found, Sample.of(case, np.ones(len(case), dtype=bool)))
    yield _counted(found)


def _groups(case: Case[Rankings]) -> Iterator[tuple[dict[str, str], Flags]]:
    """All users, then each group of each attribute, with who belongs to it."""
    yield {}, np.ones(len(case), dtype=bool)
    for attribute, codes in (case.groups if case.has_groups else {}).items():
        for place, label in enumerate(codes.vocabulary):
            yield {attribute: label}, codes.codes == place


def _values(found: Found, depth: int) -> dict[str, Floats]:
    """Metric -> [users]; what stands there for a user without a relevant item means nothing."""
    hits, gains = found.hits, found.gains
    counts = hits.sum(axis=1)
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    perfect = found.ideal @ discounts[: found.ideal.shape[1]]
    first = np.where(counts > 0, 1 / (1 + np.argmax(hits, axis=1)), 0.0) if hits.shape[1] else np.zeros(len(hits))
    with np.errstate(divide="ignore", invalid="ignore"):
        ndcg = np.where(perfect > 0, gains @ discounts[: gains.shape[1]] / perfect, 0.0)
        recall = counts / found.relevant
    return {
        "ndcg": np.minimum(ndcg, 1.0),
        "recall": recall,
        "precision": counts / depth,
        "hit_rate": (counts > 0).astype(float),
        "reciprocal_rank": first,
    }


@dataclass(frozen=True)
class Found:
    """The recommended items of each user, down to the depth, held against those that the user went for."""

    hits: Flags
    """[users, depth]: whether the item at this rank is relevant."""
    gains: Floats
    """[users, depth]: what it is worth."""
    ideal: Floats
    """[users, depth]: what the best list would be worth, rank by rank."""
    relevant: Integers
    """[users]: how many relevant items there are."""
    lengths: Integers
    """[users]: how many items were recommended, down to the depth."""

    @classmethod
    def of(cls, case: Case[Rankings], gain: str, relevant_from: float | None) -> Found:
        """Raises NotApplicable where ratings are asked for, and there are none, or some below 0."""
        truth, depth = case.truth, case.depth
        worth = _worth(truth, gain, relevant_from)
        shown = case.predictions.items[:, :depth]
        wanted, places = _coded(truth.items, shown)
        position = _look_up(wanted, places, worth > 0)
        gained = np.append(worth.ravel(), 0.0)[position]
        best = -np.sort(-worth, axis=1)[:, :depth]
        lengths = np.count_nonzero(places >= 0, axis=1)
        return cls(gained > 0, gained, best, np.count_nonzero(worth > 0, axis=1), lengths)


def _worth(truth: Rankings, gain: str, relevant_from: float | None) -> Floats:
    """[users, items]: what each of a user's own items is worth; 0 for one that is not relevant."""
    there = truth.items != None  # noqa: E711  cell by cell
    if truth.scores is None:
        if gain == "rating" or relevant_from is not None:
            raise NotApplicable("the interactions have no ratings", hint='name the column: [data] rating = "stars"')
        return np.where(there, 1.0, 0.0)
    ratings = np.where(there, truth.scores, 0.0)
    chosen = there if relevant_from is None else there & (truth.scores >= relevant_from)
    if gain == "binary":
        return np.where(chosen, 1.0, 0.0)
    if np.any(ratings < 0):
        raise NotApplicable("a rating is below 0, which no gain can be", hint='gain = "binary", with relevant_from')
    return np.where(chosen, ratings, 0.0)


def _coded(*tables: npt.NDArray[np.object_]) -> list[Integers]:
    """Item names as numbers, the same in all tables; -1 for None."""
    import pandas as pd

    codes, _ = pd.factorize(np.concatenate([table.ravel() for table in tables]))
    ends = np.cumsum([table.size for table in tables])
    return [part.reshape(table.shape) for part, table in zip(np.split(codes, ends[:-1]), tables, strict=True)]


def _look_up(wanted: Integers, places: Integers, counts: Flags) -> Integers:
    """[users, depth]: where in the flat `wanted` each recommended item of the same user stands; -1: nowhere."""
    if wanted.size == 0 or places.size == 0:
        return np.full(places.shape, -1, dtype=np.int64)
    span = int(max(wanted.max(), places.max())) + 1
    rows = np.arange(len(wanted), dtype=np.int64)[:, None] * max(span, 1)
    own = np.flatnonzero(((wanted >= 0) & counts).ravel())
    keys = (rows + wanted).ravel()[own]
    order = np.argsort(keys)
    asked = (rows + places).ravel()
    if len(keys) == 0:
        return np.full(places.shape, -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, asked, sorter=order), len(keys) - 1)
    is_there = (keys[order[at]] == asked) & (places.ravel() >= 0)
    return np.where(is_there, own[order[at]], -1).reshape(places.shape)


def _repeats(case: Case[Rankings], found: Found, everyone: Sample) -> Measurement:
    """How much of what was recommended stands in the training table already, for the same user."""
    metric = f"repeat_rate_at_{case.depth}"
    try:
        before = case.training.truth
    except NotApplicable:
        return undefined(metric, "there is no table of training interactions", 0, "target")
    import pandas as pd

    users = pd.Index(before.users).get_indexer(pd.Index(case.predictions.users))
    shown = case.predictions.items[:, : case.depth]
    known = np.flatnonzero(users >= 0)
    if len(known) == 0:
        return undefined(metric, "no user of the audit is in the training table", 0, "target")
    repeated = np.zeros(len(shown), dtype=np.int64)
    had, places = _coded(before.items[users[known]], shown[known])
    repeated[known] = np.count_nonzero(_look_up(had, places, np.ones(had.shape, dtype=bool)) >= 0, axis=1)
    why = "nothing was recommended"
    return everyone.of_totals(metric, repeated[everyone.rows], found.lengths[everyone.rows], "target", why=why)


def _counted(found: Found) -> Table:
    served = found.lengths > 0
    columns = ("users", "with a relevant item", "with recommendations", "with both", "relevant items")
    has = found.relevant > 0
    counts = (len(has), int(has.sum()), int(served.sum()), int((has & served).sum()), int(found.relevant.sum()))
    return Table(
        title=Text.of("What the rankings are held against"),
        columns=tuple(Text.of(name) for name in columns),
        rows=(counts,),
    )
