"""`data-quality.duplicates`: rows that are copies of others, and what is left when each counts once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Measurement, Quote, Table, Text, check
from auditkit.perturbation import Question, Rows
from auditkit_data_quality.alike import rows_of
from auditkit_data_quality.copy_cards import CONTRADICTIONS, COPY_CARDS, EXACT, INDEPENDENT, NEAR
from auditkit_data_quality.planted_copies import COPY_CONTROLS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]

TOLERANCE = 0.01
MOST_BY_CHANCE = 0.05
"""Of the rows: beyond it a copy says nothing, as so few values can be told apart."""
_SIZES = ((2, 2), (3, 5), (6, 10), (11, None))


def accept_tolerance(**options: Any) -> None:
    """Refuse a tolerance below which nothing lies, or within which everything does.

    Raises:
        AuditError: it is one.
    """
    if not 0 <= options.get("tolerance", TOLERANCE) <= 1:
        raise AuditError(f"option 'tolerance' is {options['tolerance']}", hint="from 0 to 1, e.g. tolerance = 0.01")


@check("data-quality.duplicates", on=None, metrics=COPY_CARDS, accepts=accept_tolerance, controls=COPY_CONTROLS)
def duplicates(case: Case[Any], *, tolerance: float = TOLERANCE) -> Iterator[Measurement | Table]:
    """Which audit rows are copies of others, and how many independent ones are left.

    A row is an exact copy where the model is given the same; a near copy where texts share eight in ten of their
    phrases, pictures look alike (perceptual hashes that differ in at most 4 of 64 bits, and grey that correlates by
    .95), numbers differ by at most `tolerance` standard deviations of their column, and all else is spelt alike. Of
    recommenders, users are compared by what they had to do with, from five items on. Copies count one observation many
    times, so that intervals are too short; copies with different targets contradict one another. Where columns hold so
    few different values that one row in twenty would have a copy by chance alone, nothing is said. No row is shown.
    """
    exact = case.compute(copies_of, tolerance=tolerance, nearly=False)
    near = case.compute(copies_of, tolerance=tolerance, nearly=True)
    rows = _rows(case, near)
    told: list[Measurement] = []
    for metric, clusters, nearly in ((EXACT, exact, False), (NEAR, near, True)):
        chance = float(case.compute(chance_of_copies, tolerance=tolerance, nearly=nearly).mean())
        question = Question(metric, f"{metric}_difference", _has_copy(clusters), Rows.share)
        told += _asked(case, rows, question, chance)
    contradicted = _contradicted(case, exact)
    if contradicted is not None:
        question = Question(CONTRADICTIONS, f"{CONTRADICTIONS}_difference", contradicted, Rows.share)
        told += _asked(case, rows, question, float(case.compute(chance_of_copies, tolerance=tolerance).mean()))
    left = len(np.unique(near))
    told.append(Measurement(metric=INDEPENDENT, value=left / len(near), n=len(near), exact=True, better="higher"))
    yield from told
    yield _overview(told, exact, near)
    yield _sizes(exact, near)


def copies_of(case: Case[Any], *, tolerance: float, nearly: bool) -> npt.NDArray[np.int64]:
    """[n]: the number of the cluster of copies that each row is in; rows of one number are copies."""
    found: npt.NDArray[np.int64] = case.compute(looked_at, tolerance=tolerance)["near" if nearly else "exact"]
    return found


def chance_of_copies(case: Case[Any], *, tolerance: float, nearly: bool = False) -> Floats:
    """[n], the same for each row: the share of rows that would have a copy if columns were independent."""
    found = case.compute(looked_at, tolerance=tolerance)["chances"]
    return np.full(len(case), found[int(nearly)])


def looked_at(case: Case[Any], *, tolerance: float) -> dict[str, npt.NDArray[Any]]:
    """Clusters of exact and of near copies, and how many rows would have either by chance, after one look at all."""
    found = rows_of(case, tolerance=tolerance)
    chances = [float(found.chance(nearly=nearly).mean()) for nearly in (False, True)]
    both = {name: found.clusters(nearly=nearly) for name, nearly in (("exact", False), ("near", True))}
    return both | {"chances": np.array(chances)}


def _has_copy(clusters: Integers) -> Floats:
    _, places, counts = np.unique(clusters, return_inverse=True, return_counts=True)
    return np.asarray(counts[places.ravel()] > 1, dtype=np.float64)


def _rows(case: Case[Any], clusters: Integers) -> Rows:
    """Copies are no independent observations: without units of the data's own they are those of one."""
    plain = Rows.of(case)
    if plain.units is not None or len(np.unique(clusters)) == len(clusters):
        return plain
    return Rows(plain.weights, np.unique(clusters, return_inverse=True)[1].ravel(), plain.level)


def _asked(case: Case[Any], rows: Rows, question: Question, chance: float) -> Iterator[Measurement]:
    if chance > MOST_BY_CHANCE:
        why = Text.of("the columns hold so few different values that {share} of the rows would have a copy by chance",
                      share=chance)  # fmt: skip
        yield Measurement(metric=question.metric, value=None, undefined=why, n=len(question.numbers))
        return
    yield question.overall(rows)
    yield from question.by_group(case, rows)


def _contradicted(case: Case[Any], clusters: Integers) -> Floats | None:
    """[n]: whether a copy of the row has another target; NaN where the row has none. None: no row has."""
    targets = _targets(case)
    if targets is None:
        return None
    known = targets >= 0
    pairs = np.unique(np.stack([clusters[known], targets[known]]), axis=1)
    found, counts = np.unique(pairs[0], return_counts=True)
    return np.where(known, np.isin(clusters, found[counts > 1]).astype(np.float64), np.nan)


def _targets(case: Case[Any]) -> npt.NDArray[np.int64] | None:
    """[n]: a number for each target, -1 for none; None: there are none that could be compared."""
    if hasattr(case.predictions, "values"):
        if not case.has_truth:
            return None
        values = case.truth.values
        return np.where(np.isnan(values), -1, np.unique(values, return_inverse=True)[1].ravel())
    if not case.has_targets:
        return None
    if hasattr(case.predictions, "labels"):
        return np.asarray(np.unique(case.label_targets, axis=0, return_inverse=True)[1]).ravel()
    return np.asarray(case.targets.codes)


def _overview(told: list[Measurement], exact: Integers, near: Integers) -> Table:
    known = {one.metric: one for one in told if not one.group and one.value is not None}
    heads = ("copies", "rows that have one", "interval", "clusters of copies", "largest cluster", "rows, each once")
    return Table(
        title=Text.of("Copies among the audit rows"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (
                words,
                Quote.of(known[metric]) if metric in known else None,
                Quote.of(known[metric], "interval") if metric in known else None,
                int(np.count_nonzero(sizes > 1)),
                int(sizes.max(initial=0)),
                len(sizes),
            )
            for words, metric, sizes in (
                (Text.of("exact"), EXACT, _cluster_sizes(exact)),
                (Text.of("exact or near"), NEAR, _cluster_sizes(near)),
            )
        ),
        prominent=True,
    )


def _cluster_sizes(clusters: Integers) -> Integers:
    return np.unique(clusters, return_counts=True)[1]


def _sizes(exact: Integers, near: Integers) -> Table:
    """How large clusters are, and as how many independent rows all of them count at the worst (Kish)."""
    both = _cluster_sizes(exact), _cluster_sizes(near)
    rows: list[tuple[Text, float, float]] = []
    for low, high in _SIZES:
        words = Text.of("clusters of {low} to {high} rows", low=low, high=high) if high else _MANY
        rows.append((words, _between(both[0], low, high), _between(both[1], low, high)))
    worth = [float(sizes.sum() ** 2 / np.square(sizes).sum()) for sizes in both]
    rows.append((Text.of("effective sample size, where copies say the same (Kish)"), worth[0], worth[1]))
    heads = (Text.of("what"), Text.of("exact copies"), Text.of("exact or near copies"))
    return Table(title=Text.of("Clusters of copies"), columns=heads, rows=tuple(rows))


_MANY = Text.of("clusters of more than 10 rows")


def _between(sizes: Integers, low: int, high: int | None) -> int:
    return int(np.count_nonzero((sizes >= low) & (sizes <= (high or sizes.max(initial=0)))))
