"""`fairness.item-exposure`: how users' attention falls on groups of items, and whether what they go for earns it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import AuditError, Case, Measurement, NotApplicable, Rankings, Table, Text, check, clean, planted
from auditkit.statistics import Attention, attention
from auditkit.testing import above, below, every, near, toy_case
from auditkit_fairness.cards.exposure import CARDS
from auditkit_fairness.rankings.exposed import (
    ABOVE,
    ELIGIBLE,
    FRESH,
    FURTHER_ABOVE,
    FURTHER_PAIRS,
    HITS,
    NEW,
    PAIRS,
    SHOWN,
    TARGET,
    WANTED,
    by_label,
)
from auditkit_fairness.rankings.exposure_of_catalogue import of_catalogue
from auditkit_fairness.rankings.exposure_of_groups import Exposed
from auditkit_fairness.rankings.offered import EXPECTED, RATES, shared_spread

_OF_TRUTH = (WANTED, ABOVE, PAIRS, FURTHER_ABOVE, FURTHER_PAIRS, TARGET, NEW, HITS)
_DEPTH = 10
_USERS = 200


def _toy(_: np.random.Generator, *, is_last: bool) -> Case[Any]:
    """Lists of five breads and five fish, of which the user went for one each; fish stand last, or in turn."""
    ranks = np.arange(_DEPTH)
    names = tuple(f"user {user}" for user in range(_USERS))
    rows, wanted = [], []
    for user in range(_USERS):
        order = ranks >= _DEPTH // 2 if is_last else (ranks + user) % 2 == 1
        kinds = [("bread", "fish")[int(fish)] for fish in order]
        seen = {"bread": 0, "fish": 0}
        row = []
        for kind in kinds:
            row.append(f"{kind} {(user + seen[kind]) % 10}")
            seen[kind] += 1
        rows.append(row)
        wanted.append([f"bread {user % 10}", f"fish {user % 10}"])
    kinds_of = {f"{kind} {place}": kind for kind in ("bread", "fish") for place in range(10)}
    lists, own = np.array(rows, dtype=object), np.array(wanted, dtype=object)
    return toy_case(Rankings(names, lists), truth=Rankings(names, own), item_groups={"kind": kinds_of})


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_last=True)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_last=False)


_AS_KNOWN: dict[str, Any] = {"relevant_from": None, "attention_by": "logarithmic", "cut": None}
CONTROLS = (
    planted(
        "one of two groups of items stands in the lower half of every list, and is gone for as often",
        _planted,
        every(
            near(f"exposure_per_merit_at_{_DEPTH}_ratio", 0.5409, 0.0001),
            near(f"exposure_per_item_at_{_DEPTH}_ratio", 0.5409, 0.0001),
            above(f"pairwise_accuracy_at_{_DEPTH}_difference", 0.4),
        ),
        **_AS_KNOWN,
    ),
    clean(
        "two groups of items take turns at the top of the lists, and are gone for as often",
        _clean,
        every(
            near(f"exposure_per_merit_at_{_DEPTH}_ratio", 1.0),
            near(f"attention_fairness_at_{_DEPTH}", 1.0),
            below(f"pairwise_accuracy_at_{_DEPTH}_difference", 0.2),
        ),
        **_AS_KNOWN,
    ),
)


def accept_attention(*, data: Any, patience: float = 0.8, cut: int | None = None, **_: Any) -> None:
    """Refuse a patience that is no chance, and a cut outside of the lists.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if not 0 < patience < 1:
        raise AuditError(f"option 'patience' is {patience:g}", hint="above 0 and below 1, e.g. 0.8: one in five stops")
    if cut is not None and not 1 <= cut <= data.k:
        raise AuditError(f"option 'cut' is {cut}, and lists hold {data.k}", hint=f"a rank from 1 to {data.k}")


@check(
    "fairness.item-exposure",
    on=Rankings,
    metrics=CARDS,
    needs=("item_groups",),
    accepts=accept_attention,
    controls=CONTROLS,
)
def item_exposure(
    case: Case[Rankings],
    *,
    relevant_from: float | None = None,
    attention_by: Attention = "logarithmic",
    patience: float = 0.8,
    cut: int | None = None,
) -> Iterator[Measurement | Table]:
    """How users' attention falls on groups of items, and whether they earn it.

    Attention falls with the rank, as `attention_by` says: logarithmic, 1 / log2(1 + rank); rbp, `patience`^(rank - 1),
    of users who go on from any rank with the chance `patience`; or uniform, 1 for each rank, for lists that are seen
    whole. Ranks below `cut` get none. For each attribute of `[data] item_groups`: what share of it
    each group of items gets, how many times less an item of the least shown group gets than one of the most shown,
    and, where the audit says what users went for, the same for its merit: what of the group users went for. Then how
    much of the catalogue anybody sees at all, and how unevenly attention falls on its items. Groups of items that
    fewer users went for than the policy's smallest group are not compared by merit. Where the model ranks deeper than
    is shown, what users went for and were not shown is compared too, with up to 100 candidates.
    """
    if not case.settings.item_groups:
        hint = 'name the table and its columns: [data] items = "items.csv", item_groups = ["kind"]'
        raise NotApplicable("the spec names no attributes of items", hint=hint)
    kept = np.ones(len(case), dtype=bool) if case.weights is None else case.weights > 0
    about = {
        "weights": None if case.weights is None else case.weights[kept],
        "units": None if case.units is None else case.units.codes[kept],
    }
    given = None
    if attention_by != "logarithmic" or cut is not None:
        given = [float(one) for one in attention(case.depth, attention_by, patience=patience, cut=cut)]
        yield Table(
            title=Text.of("Attention that each rank is taken to get"),
            columns=(Text.of("rank"), Text.of("attention")),
            rows=tuple((str(rank), f"{one:.4f}") for rank, one in enumerate(given, start=1)),
        )
    for attribute, labels, sizes, _ in case.settings.item_groups:
        kinds = (SHOWN, ELIGIBLE, FRESH, *(_OF_TRUTH if case.has_truth else ()))
        numbers = {kind: by_label(case, kind, attribute, relevant_from, given)[kept] for kind in kinds}
        pairs = (*RATES, EXPECTED) if case.has_truth else RATES[:1]
        asked = case, attribute, len(labels), relevant_from
        shared, of_pairs = (
            shared_spread(*asked, given=given),
            {kinds: shared_spread(*asked, kinds=kinds, given=given) for kinds in pairs},
        )
        exposed = Exposed(case, attribute, labels, np.array(sizes), numbers, about, shared, case.level, of_pairs)
        yield from exposed.shown()
        if case.has_truth:
            yield from exposed.by_merit()
    yield from of_catalogue(case, kept, about, given)
