"""`explainability.histories`: which of the things that people had decide what they are recommended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Quote, Rankings, RanksHistories, Table, Text, check
from auditkit.perturbation import Question, Rows, marks, refuse_none, sampled
from auditkit_explainability.cards.histories import HISTORY_CARDS
from auditkit_explainability.planted.histories import HISTORY_CONTROLS

Floats = npt.NDArray[np.floating]

DECIDED, DECIDED_GAP, CHANGE, DOMINANT = (card.name for card in HISTORY_CARDS)
HALF = 0.5
"""Of a list, that is another one: then the one item decided it."""
FEWEST, AT_LEAST_TWO = 10, 2
"""Users of each half who must have had an item for it to be tried, and told."""


def accept_users(**options: Any) -> None:
    """Refuse no users, and no items.

    Raises:
        AuditError: an option is below 1.
    """
    refuse_none(options, "most_rows", "most_items")


def asks_without_one(*, rows: int, most_rows: int, most_items: int, **_: Any) -> int:
    """Rankings beside those of the rows."""
    return min(rows, most_rows) * (most_items + 1)


@check(
    "explainability.histories",
    on=Rankings,
    metrics=HISTORY_CARDS,
    accepts=accept_users,
    controls=HISTORY_CONTROLS,
    asks=asks_without_one,
)
def histories(case: Case[Rankings], *, most_rows: int = 500, most_items: int = 50) -> Iterator[Measurement | Table]:
    """Which of the things that people had decide what they are recommended.

    The model ranks anew for each user and each item that they had, as if they had not had it; what they had is not
    recommended again all the same. That is one ranking a user and item, of at most `most_rows` users and `most_items`
    of each one's items, drawn at random. Whether one item decides for everybody who had it is chosen on one half of the
    users and told of the other.
    """
    case = sampled(case, most_rows)
    about = {"most_items": most_items}
    change = case.compute(changes, what="mean", **about)
    if not np.isfinite(change).any():
        raise NotApplicable("no user had two items that the model knows")
    rows = Rows.of(case)
    most = case.compute(changes, what="most", **about)
    decided = np.where(np.isfinite(most), most >= HALF, np.nan)
    question = Question(DECIDED, DECIDED_GAP, decided, Rows.share)
    yield question.overall(rows)
    yield from question.by_group(case, rows)
    yield rows.share(change).measurement(CHANGE, rows.level)
    excess = case.compute(changes, what="excess", **about)
    why = Text.of("no item was had by {least} users of either half", least=FEWEST)
    yield rows.loss(excess).measurement(DOMINANT, rows.level, why=why)
    if np.isfinite(excess).any():
        yield _table(_word(case.compute(changes, what="letters", **about)))


def changes(case: Case[Rankings], *, what: str, most_items: int) -> npt.NDArray[np.float32]:
    """[n]: of each user the `mean` and the `most` of what forgetting one item changes, see `everything`."""
    return np.asarray(case.compute(everything, most_items=most_items)[what], dtype=np.float32)


def everything(case: Case[Rankings], *, most_items: int) -> dict[str, Floats]:
    """What forgetting one item does, a number a user: NaN where a user had fewer than two.

    `mean` and `most` of the share of the list that is another one; `excess` of the item that was chosen on the half of
    users that is not told, NaN of who has it not; `letters` of its name, one a user, as far as there are users.

    Raises:
        NotApplicable: the model does not rank by what somebody had.
    """
    model = case.model_that(RanksHistories)  # type: ignore[type-abstract]  # a protocol is what is asked for
    names = marks(case.inputs)
    had = [
        _drawn(case, mark, items, most_items) for mark, items in zip(names, model.histories(case.inputs), strict=True)
    ]
    users = np.repeat(np.arange(len(had)), [len(items) if len(items) >= AT_LEAST_TWO else 0 for items in had])
    forgotten = [item for items in had if len(items) >= AT_LEAST_TWO for item in items]
    left = [[one for one in had[user] if one != item] for user, item in zip(users, forgotten, strict=True)]
    whole = _sets(model.from_histories(case.inputs, had))
    without = _sets(model.from_histories(_taken(case.inputs, users), left))
    share = np.array(
        [1 - len(whole[user] & other) / max(1, len(whole[user])) for user, other in zip(users, without, strict=True)]
    )
    found = {name: np.full(len(had), np.nan) for name in ("mean", "most", "excess", "letters")}
    for user in np.unique(users):
        own = share[users == user]
        found["mean"][user], found["most"][user] = own.mean(), own.max()
    over = _over(users, share)
    chooses = np.array([case.rng(f"half of {mark}").random() < HALF for mark in names])[users]
    item = _chosen(forgotten, over, chooses)
    if item is not None:
        told = (np.array(forgotten, dtype=object) == item) & ~chooses
        found["excess"][users[told]] = over[told]
        letters = [float(ord(one)) for one in item[: len(had)]]
        found["letters"][: len(letters)] = letters
    return found


def _drawn(case: Case[Any], mark: str, items: Sequence[str], most: int) -> tuple[str, ...]:
    """At most so many of somebody's items, in their order."""
    if len(items) <= most:
        return tuple(items)
    return tuple(items[place] for place in np.sort(case.rng(f"items of {mark}").permutation(len(items))[:most]))


def _taken(inputs: Any, rows: npt.NDArray[np.integer]) -> Any:
    return inputs.iloc[rows]


def _sets(said: Rankings) -> list[set[str]]:
    return [{item for item in row if item is not None} for row in said.items]


def _over(users: npt.NDArray[np.integer], share: Floats) -> Floats:
    """[m]: each change less the mean of what else the same user had."""
    count, total = np.bincount(users), np.bincount(users, share)
    return share - (total[users] - share) / (count[users] - 1) if len(users) else share


def _chosen(items: Sequence[str], over: Floats, chooses: npt.NDArray[np.bool_]) -> str | None:
    """The item with the largest mean excess on the choosing half, of those that enough users of both halves had."""
    names, codes = np.unique(np.array(items, dtype=object).astype(str), return_inverse=True)
    if not len(names):
        return None
    halves = [np.bincount(codes[flags], minlength=len(names)) for flags in (chooses, ~chooses)]
    enough = np.minimum(*halves) >= FEWEST
    if not enough.any():
        return None
    means = np.bincount(codes[chooses], over[chooses], minlength=len(names)) / np.maximum(halves[0], 1)
    return str(names[np.where(enough, means, -np.inf).argmax()])


def _word(letters: Floats) -> str:
    return "".join(chr(int(one)) for one in letters[np.isfinite(letters)])


def _table(item: str) -> Table:
    names = ("item", "users who had it, other half", "excess", "interval")
    line = (item, *(Quote(metric=DOMINANT, shows=shows) for shows in ("n", "value", "interval")))
    title = Text.of("The item that decides most, chosen on one half of the users and told of the other")
    return Table(title=title, columns=tuple(map(Text.of, names)), rows=(line,), prominent=True)
