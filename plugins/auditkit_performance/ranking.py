"""`performance.ranking`: how much of what users went for was recommended to them, and how far up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Rankings, Table, Text, check, clean, planted
from auditkit.statistics import Served, code_items, look_up, served
from auditkit.testing import every, near, wanted_first, wanted_last
from auditkit_performance.cards_ranking import CARDS
from auditkit_performance.readings import Sample, undefined

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
    truth = case.truth
    found = served(case.predictions.items, truth.items, truth.worth(gain, relevant_from), case.depth)
    values = found.scores()
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


def _repeats(case: Case[Rankings], found: Served, everyone: Sample) -> Measurement:
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
    had, places = code_items(before.items[users[known]], shown[known])
    repeated[known] = np.count_nonzero(look_up(had, np.ones(had.shape), places), axis=1)
    why = "nothing was recommended"
    return everyone.of_totals(metric, repeated[everyone.rows], found.lengths[everyone.rows], "target", why=why)


def _counted(found: Served) -> Table:
    served = found.lengths > 0
    columns = ("users", "with a relevant item", "with recommendations", "with both", "relevant items")
    has = found.relevant > 0
    counts = (len(has), int(has.sum()), int(served.sum()), int((has & served).sum()), int(found.relevant.sum()))
    return Table(
        title=Text.of("What the rankings are held against"),
        columns=tuple(Text.of(name) for name in columns),
        rows=(counts,),
    )
