"""A group of whom few rows were drawn: it is told nothing of, and nothing else of it is withheld for that."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit import ClassScores, Finding, Text
from auditkit.disclosure.smallcells import find_small_cells
from auditkit.perturbation import Question, Rows
from auditkit.perturbation.groups import dealt_out
from auditkit.testing import toy_case


def told(sizes, **about):
    """What is said of groups of so many rows each, of which every second one is 1."""
    labels = np.repeat([f"g{place}" for place in range(len(sizes))], sizes)
    count = len(labels)
    case = toy_case(ClassScores(("no", "yes"), np.full((count, 2), 0.5)), groups={"site": labels.tolist()}, **about)
    question = Question("flip_rate", "flip_rate_difference", np.arange(count) % 2 * 1.0, Rows.share)
    return list(question.by_group(case, Rows.of(case)))


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        # Two groups: less the other one, all rows would tell of the nine.
        ((9, 23), []),
        # Two small ones of twelve together hide each other.
        ((6, 6, 40), [2]),
        # A single one, and two of eight together: the smallest of the others goes too.
        ((9, 23, 40), [2]),
        ((4, 4, 23, 40), [3]),
        # Nobody is no small group.
        ((0, 12, 40), [1, 2]),
        ((10, 22), [0, 1]),
    ],
)
def test_what_few_rows_would_tell_is_not_told(sizes, kept):
    *groups, gap = told(sizes, min_group_size=1)
    values = {one.group["site"]: one.value for one in groups}
    known = [f"g{place}" for place in kept]
    assert [label for label, value in values.items() if value is not None] == known
    assert [one.n for one in groups if one.group["site"] in known] == [sizes[place] for place in kept]
    assert [part.label for part in gap.compared if part.compared] == known
    assert gap.n == sum(sizes[place] for place in kept)
    assert (gap.value is None) == (len(kept) < 2)


def test_it_takes_no_other_number_of_the_group_with_it():
    """Of 441 and 458 rows 9 and 23 were drawn: nothing about few people is said, so the host withholds nothing."""
    said = told((9, 23))
    found = Finding(
        check="robustness.x", title=Text.of("x"), text=Text.of("x"), status="measured", measurements=tuple(said)
    )
    sizes = {(): 899, (("site", "g0"),): 441, (("site", "g1"),): 458}
    cells = find_small_cells(sizes, [found])
    assert (cells.groups, cells.parts) == (frozenset(), frozenset())
    assert all("asked about" in str(one.undefined.msgid) for one in said[:-1])


def test_dealing_rows_out_anew_is_fishers_exact_test_of_two_groups():
    # 5 of 6 and 0 of 6: the sum of all tables as extreme, by hand 2 x (6 choose 5 x 6 choose 0) / (12 choose 5).
    flags = [np.array([1.0] * 5 + [0.0]), np.zeros(6)]
    wanted = stats.fisher_exact([[5, 1], [0, 6]]).pvalue
    assert wanted == pytest.approx(2 * 6 / 792)
    found = dealt_out(flags, np.random.default_rng(1), level=0.9999)  # 20,000 draws
    assert found == pytest.approx(wanted, abs=5 * np.sqrt(wanted / 20_000))
    assert found == dealt_out([flags[1][::-1], flags[0][::-1]], np.random.default_rng(1), level=0.9999)
    assert dealt_out([np.ones(4), np.ones(5)], np.random.default_rng(1), level=0.95) == 1.0
