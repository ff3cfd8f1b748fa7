"""`privacy.recommendations`: whether the lists that a recommender shows tell an attribute of the user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, MetricCard, Quote, Rankings, Table, Text, check, clean, planted
from auditkit.statistics import family_level
from auditkit.testing import above, every, not_above, toy_case
from auditkit_privacy.inference.guessing import guess
from auditkit_privacy.inference.halved import Halved, area_of_halves, dealt_halves, gain_of_halves
from auditkit_privacy.people.together import one_thread
from auditkit_privacy.reach.choosing import FEWEST, owners_of

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

MOST_USERS = 5_000
"""Users who are learnt from and told of."""
LISTS, HISTORIES = "lists", "histories"
_DIGITS = 9

_SOURCE = (
    "Calandrino et al. (2011), IEEE S&P, and Weinsberg et al. (2012), RecSys, for the question; interval: DeLong, "
    "DeLong and Clarke-Pearson (1988), over units Obuchowski (1997), the mean of both halves' ends"
)
_UNDEFINED = "Where fewer than 10 users have the value, or have it not"
_OF_WHOM = "The group is the value, and the intervals of one attribute hold together. "

CARDS = (
    MetricCard(
        name="list_attribute_auc",
        title="Attribute told from the lists",
        asks="Can somebody who sees nothing but what is recommended to a user tell the user's attribute?",
        formula="area under the ROC of a linear classifier of the items on the list, against having the value or not; "
        "learnt on one half of the users and judged on the other, the mean of both halves",
        source=_SOURCE,
        better="lower",
        undefined=f"{_UNDEFINED}.",
        misleads=f"{_OF_WHOM}Chance is 0.5. Lists that suit people who differ will differ: whether they tell more than "
        "what the users did themselves is said by list_attribute_auc_gain. It is about a linear classifier.",
    ),
    MetricCard(
        name="history_attribute_auc",
        title="Attribute told from the users' own histories",
        asks="Could the attribute be told from what the users had before, without any model?",
        formula="the same of the items that each user has in the training; users without one are alike",
        source=_SOURCE,
        better="lower",
        undefined=f"{_UNDEFINED}; without training interactions it is not measured.",
        misleads=f"{_OF_WHOM}It is about the data, and no rule for the model.",
    ),
    MetricCard(
        name="list_attribute_auc_gain",
        title="Attribute told from the lists rather than from the histories",
        asks="Do the lists give away more of the users than what they did themselves?",
        formula="list_attribute_auc - history_attribute_auc, of the same users",
        source=_SOURCE,
        better="lower",
        undefined=f"{_UNDEFINED}; without training interactions it is not measured.",
        misleads=f"{_OF_WHOM}Below 0 the lists tell less than the histories. They may still tell it to those who see "
        "the lists and have no access to the histories.",
    ),
)
LIST, HISTORY, GAIN = (card.name for card in CARDS)


def _toy(_: np.random.Generator, *, tells: bool) -> Case[Any]:
    """A hundred users whose lists of five are of their own kind, or of a kind that has nothing to do with them."""
    rng = np.random.default_rng(7)
    users = 100
    sex = rng.permutation(users) % 2
    kind = sex if tells else rng.permutation(users) % 2
    lists = np.array([[f"item {10 * of + place}" for place in rng.permutation(10)[:5]] for of in kind], dtype=object)
    names = tuple(f"user {user}" for user in range(users))
    return toy_case(Rankings(names, lists), groups={"sex": [("F", "M")[code] for code in sex]})


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, tells=True)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, tells=False)


CONTROLS = (
    planted("women and men are shown different items", _planted, every(above(LIST, 0.8))),
    clean("what is shown has nothing to do with the sex", _clean, every(not_above(LIST, 0.6))),
)


@check("privacy.recommendations", on=Rankings, needs=("groups",), metrics=CARDS, controls=CONTROLS)
def recommendations(case: Case[Rankings]) -> Iterator[Measurement | Table]:
    """Whether the lists that a recommender shows tell an attribute of the user.

    A linear classifier learns from one half of the users which items go with a group, and tells the group of the other
    half from their lists alone. Chance is an area of 0.5. With training interactions the same is tried from what each
    user had before, without the model: lists can hardly help telling what the histories tell, and what counts against
    the recommender is what they tell beyond. Of more than 5,000 users a random part is asked; weights have no part.
    """
    chosen = _sample(case)
    asked = case if chosen is None else case.narrowed(chosen)
    sources = (LISTS, HISTORIES) if "training" in case.keys else (LISTS,)
    rows: list[tuple[Any, ...]] = []
    for attribute, codes in asked.groups.items():
        likely = {
            source: [asked.compute(likely_from, source=source, attribute=attribute, value=value)
                     for value in range(len(codes.vocabulary))]
            for source in sources
        }  # fmt: skip
        for value, name in enumerate(codes.vocabulary):
            known = codes.codes >= 0
            has = codes.codes[known] == value
            scores = {source: found[value][known] for source, found in likely.items()}
            yield from _of_value(asked, {attribute: name}, scores, has, known)
            rows.append(_row(attribute, name, sources))
    yield _table(rows, sources)


def _sample(case: Case[Rankings]) -> npt.NDArray[np.int64] | None:
    if len(case) <= MOST_USERS:
        return None
    drawn = case.rng("users told of").permutation(len(case))[:MOST_USERS]
    return np.asarray(np.sort(_order(case)[drawn]), dtype=np.int64)


def _of_value(
    case: Case[Rankings], group: dict[str, str], scores: dict[str, Floats], has: Flags, known: Flags
) -> Iterator[Measurement]:
    (attribute,) = group
    values = len(case.groups[attribute].vocabulary)
    n = int(np.count_nonzero(has))
    about: dict[str, Any] = {"group": group, "n": n, "better": "lower"}
    names = (LIST, HISTORY, GAIN) if HISTORIES in scores else (LIST,)
    half = case.compute(half_of, attribute=attribute)[known]
    how = (has, half, None if case.units is None else case.units.codes[known], family_level(case.level, values))
    enough = min(n, len(has) - n) >= FEWEST
    found = [area_of_halves(scores[source], *how) if enough else None for source in scores]
    if HISTORIES in scores:
        found.append(gain_of_halves((scores[LISTS], scores[HISTORIES]), *how) if enough else None)
    for metric, one in zip(names, found, strict=True):
        yield _measured(case, metric, one, about)


def _measured(case: Case[Rankings], metric: str, found: Halved | None, about: dict[str, Any]) -> Measurement:
    if found is None:
        why = Text.of("fewer than {count} users have it, or have it not", count=FEWEST)
        return Measurement(metric=metric, value=None, undefined=why, **about)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method, simultaneous=True)
    return Measurement(metric=metric, value=found.value, interval=interval, **about)


def likely_from(case: Case[Rankings], *, source: str, attribute: str, value: int) -> Floats:
    """[n]: how likely the lists, or the histories, make one value of an attribute, as places among those told alike."""
    return np.asarray(case.compute(likely_values, source=source, attribute=attribute)[:, value])


def likely_values(case: Case[Rankings], *, source: str, attribute: str) -> Floats:
    """[n, values]: places of the same for all values; each half is told of by what was learnt from the other."""
    codes = case.groups[attribute]
    order = _order(case)
    half = case.compute(half_of, attribute=attribute)
    matrix = _indicators(case.predictions.items if source == LISTS else _histories(case))
    nothing = np.zeros((len(case), 0))
    found = np.zeros((len(case), len(codes.vocabulary)))
    with one_thread():
        for one in (0, 1):
            learns, judged = order[half[order] != one], np.flatnonzero(half == one)
            if len(learns) and len(judged):
                said = guess(nothing, matrix, codes.codes, learns, judged)
                found[judged, : said.shape[1]] = _ranks(said)
    return found


def half_of(case: Case[Rankings], *, attribute: str) -> Integers:
    """[n]: which half each user is in, 0 or 1; those who have a value are in both, as nearly as can be."""
    order = _order(case)
    units = None if case.units is None else case.units.codes
    owners = owners_of(units, len(case))
    return dealt_halves(owners, case.groups[attribute].codes, order, case.rng("halves of users"))


def _ranks(likely: Floats) -> Floats:
    """[n, values]: each column as its places among the n, within 0 and 1; equal ones share the middle of theirs.

    Where one half has more of a value than the other, what learns from it finds the value likelier of everybody: of
    lists that say nothing the two halves together would say less than nothing, an area below 0.5.
    """
    from scipy.stats import rankdata

    return np.asarray((rankdata(np.round(likely, _DIGITS), axis=0) - 0.5) / len(likely))


def _order(case: Case[Rankings]) -> Integers:
    """[n]: users as their lists order them, whatever they are called; those of equal lists as they come."""
    codes = _coded(case.predictions.items)
    return np.lexsort(codes.T[::-1]) if codes.shape[1] else np.arange(len(case))


def _coded(items: npt.NDArray[np.object_]) -> Integers:
    """[n, k]: items as numbers in the order of their names; -1 where there is none."""
    import pandas as pd

    codes, _ = pd.factorize(items.ravel(), sort=True)
    return np.asarray(codes).reshape(items.shape)


def _indicators(items: npt.NDArray[np.object_]) -> Any:
    """[n, items], sparse: which are on a user's list, each row of length 1."""
    from scipy import sparse

    codes = _coded(items)
    users, _ = np.nonzero(codes >= 0)
    places = codes[codes >= 0]
    sizes = np.bincount(users, minlength=len(codes))
    values = 1 / np.sqrt(sizes[users])
    shape = (len(codes), max(int(places.max(initial=-1)) + 1, 1))
    return sparse.csr_matrix((values, (users, places)), shape=shape)


def _histories(case: Case[Rankings]) -> npt.NDArray[np.object_]:
    """[n, most]: the items that each of the case's users has in the training; None where there is no more.

    Users are found by the name in the inputs: a bundle's evidence names them anew in each split, and a replay, which
    has no inputs, takes what was told here.
    """
    import pandas as pd

    theirs, ours = ([*_names(one)] for one in (case.training, case))
    truth = case.training.truth
    places = pd.Index(theirs).get_indexer(pd.Index(ours))
    none = np.full((1, truth.items.shape[1]), None, dtype=object)
    return np.concatenate([truth.items, none])[places]


def _names(case: Case[Rankings]) -> tuple[str, ...]:
    inputs = case.inputs
    return tuple(map(str, inputs["user"])) if "user" in getattr(inputs, "columns", ()) else case.predictions.users


def _row(attribute: str, name: str, sources: tuple[str, ...]) -> tuple[Any, ...]:
    about: dict[str, Any] = {"group": {attribute: name}}
    told = (attribute, name, Quote(metric=LIST, **about), Quote(metric=LIST, shows="interval", **about))
    if HISTORIES not in sources:
        return told
    return (*told, *(Quote(metric=metric, **about) for metric in (HISTORY, GAIN)),
            Quote(metric=GAIN, shows="interval", **about))  # fmt: skip


def _table(rows: list[tuple[Any, ...]], sources: tuple[str, ...]) -> Table:
    names: tuple[str, ...] = ("attribute", "group", "area, from the lists", "interval")
    if HISTORIES in sources:
        names += ("area, from the histories", "lists less histories", "interval of that")
    title = "What the lists tell of the users, and what they did themselves"
    if HISTORIES not in sources:
        title = "What the lists tell of the users; what they had before is not known, for there are no training rows"
    return Table(title=Text.of(title), columns=tuple(Text.of(name) for name in names), rows=tuple(rows), prominent=True)
