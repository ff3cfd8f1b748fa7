"""What can be worked out from told counts, by hand: Frechet's bounds, a crossing of three, and whole tables."""

import numpy as np
import pytest

from auditkit.disclosure.bounding import Bound, Reader, blocks_of, is_tree
from auditkit.disclosure.smallcells import find_small_cells
from auditkit.disclosure.told import OUTCOMES, Cell, Counts, Known, Sum
from auditkit.document import Text
from auditkit.finding import Finding, Measurement

ALL = tuple(OUTCOMES)


def cell(**labels: str) -> Cell:
    return tuple(sorted(labels.items()))


def known(rows: dict[Cell, int]) -> list[Known]:
    return [Known(Sum(one, None, ALL), n) for one, n in rows.items()]


def bounds(rows: dict[Cell, int], hidden: Cell) -> tuple[float, float]:
    """The bounds of a group's size when all others are told."""
    counts = Counts.of(rows, [])
    blocks = blocks_of(counts)
    assert blocks is not None
    told = known({one: n for one, n in rows.items() if one != hidden and len(one) < 2})
    ((_, found),) = Reader(counts, blocks).bounds([Sum(hidden, None, ALL)], [10**6], told)
    return found.low, found.high


def test_crossing_of_two_told_attributes_has_frechets_bounds():
    """Of 100, 90 are F and 85 of race b: at least 75 are both, and at most 85; each crossing has somebody."""
    rows = {
        (): 100, cell(sex="F"): 90, cell(sex="M"): 10, cell(race="b"): 85, cell(race="c"): 15,
        cell(sex="F", race="b"): 78, cell(sex="F", race="c"): 12, cell(sex="M", race="b"): 7,
        cell(sex="M", race="c"): 3,
    }  # fmt: skip
    low, high = bounds(rows, cell(sex="F", race="b"))
    assert (low, high) == pytest.approx((76, 84))  # 75 and 85 would leave M of race c, or M of race b, without anybody
    assert bounds(rows, cell(sex="M", race="c")) == pytest.approx((1, 9))


def test_crossing_that_is_not_named_has_nobody():
    """No M of race c: the 10 M are of race b, and 85 - 10 of race b are F."""
    rows = {
        (): 100, cell(sex="F"): 90, cell(sex="M"): 10, cell(race="b"): 85, cell(race="c"): 15,
        cell(sex="F", race="b"): 75, cell(sex="F", race="c"): 15, cell(sex="M", race="b"): 10,
    }  # fmt: skip
    assert bounds(rows, cell(sex="F", race="b")) == pytest.approx((75, 75))


def test_rows_that_lack_an_attribute_are_counted_out():
    """10 of 100 do not say their sex, which is told: 90 - 80 are M, and not up to 20."""
    rows = {(): 100, cell(sex="F"): 80, cell(sex="M"): 10}
    assert bounds(rows, cell(sex="M")) == pytest.approx((10, 10))


def test_three_pairs_of_attributes_are_looked_at_together_and_a_chain_is_not():
    assert not is_tree([frozenset("ab"), frozenset("bc"), frozenset("ca")])
    assert is_tree([frozenset("ab"), frozenset("bc"), frozenset("cd"), frozenset("e")])
    assert is_tree([frozenset("abc"), frozenset("bcd")])
    names = {(): 8} | {cell(**{name: label}): 4 for name in "abc" for label in "01"}
    pairs = {cell(**{x: i, y: j}): 2 for x, y in ("ab", "bc", "ac") for i in "01" for j in "01"}
    together = blocks_of(Counts.of({**names, **pairs}, []))
    assert together is not None
    assert [one.attributes for one in together] == [("a", "b", "c")]
    chain = {one: n for one, n in pairs.items() if {name for name, _ in one} != {"a", "c"}}
    apart = blocks_of(Counts.of({**names, **chain}, []))
    assert apart is not None
    assert [one.attributes for one in apart] == [("a", "b"), ("b", "c")]


def test_told_pairs_bound_a_third_pair_over_what_they_share():
    """b copies a in all rows, so that pairs of a and c are pairs of b and c."""
    a_and_b = {cell(a="0", b="0"): 40, cell(a="1", b="1"): 60}
    rows: dict[Cell, int] = {
        (): 100, cell(a="0"): 40, cell(a="1"): 60, cell(b="0"): 40, cell(b="1"): 60, cell(c="0"): 50, cell(c="1"): 50,
        **a_and_b, **{cell(a=a, c=c): n for a, c, n in (("0", "0", 4), ("0", "1", 36), ("1", "0", 46), ("1", "1", 14))},
        **{cell(b=b, c=c): n for b, c, n in (("0", "0", 4), ("0", "1", 36), ("1", "0", 46), ("1", "1", 14))},
    }  # fmt: skip
    counts = Counts.of(rows, [])
    blocks = blocks_of(counts)
    assert blocks is not None
    told = known({one: n for one, n in rows.items() if {name for name, _ in one} != {"a", "c"}})
    secret = Sum(cell(a="0", c="0"), None, ALL)
    assert dict(Reader(counts, blocks).bounds([secret], [1], told))[secret].doubt == 0


def test_doubt_is_how_many_further_whole_numbers_lie_within():
    assert [Bound(*ends).doubt for ends in ((3, 3), (3, 4), (2.2, 2.8), (2.9999999, 5.5), (0, np.inf))] == [
        0, 1, -1, 2, np.inf,
    ]  # fmt: skip


def rate(metric: str, hits: int, n: int, label: str | None = None, **group: str) -> Measurement:
    return Measurement.rate(metric, hits, n, group=group, label=label)


def finding(*measurements: Measurement) -> Finding:
    words = Text.of("t")
    return Finding(check="a.b", title=words, text=words, status="measured", measurements=measurements)


def test_decisions_of_a_model_that_is_always_right_are_withheld_of_a_group_with_few_positives():
    found = finding(
        *(rate("selection_rate", hits, n, **group) for hits, n, group in ((43, 140, {}), (3, 40, {"sex": "F"}))),
        *(rate("true_positive_rate", hits, hits, **group) for hits, group in ((43, {}), (3, {"sex": "F"}))),
        rate("selection_rate", 40, 100, sex="M"),
        rate("true_positive_rate", 40, 40, sex="M"),
        rate("accuracy", 140, 140),
    )
    cells = find_small_cells({(): 140, cell(sex="F"): 40, cell(sex="M"): 100}, [found])
    assert cell(sex="F") in cells.groups


def test_positives_of_one_class_are_not_what_the_other_classes_leave():
    """Of 40 F 20 are a, 17 b and 3 c; all rates of F are withheld, and M's too: 120 less 100 would be F's 20."""
    of = {(): (120, 117, 63), ("F",): (20, 17, 3), ("M",): (100, 100, 60)}
    measured = []
    for group, positives in of.items():
        named = {"sex": group[0]} if group else {}
        for label, n in zip("abc", positives, strict=True):
            measured.append(rate("selection_rate", n, sum(positives), label, **named))
            measured.append(rate("true_positive_rate", n - 1, n, label, **named))
    sizes = {(): 300, cell(sex="F"): 40, cell(sex="M"): 260}
    cells = find_small_cells(sizes, [finding(*measured)])
    assert cells.groups | cells.parts == {cell(sex="F"), cell(sex="M")}


def test_few_errors_hide_nothing_beside_them():
    sizes = {(): 400, cell(sex="F"): 200, cell(sex="M"): 200}
    rates = [rate("true_positive_rate", 99, 100, sex=sex) for sex in "FM"]
    errors = [Measurement(metric="treatment_equality", value=1.0, n=2, group={"sex": sex}) for sex in "FM"]
    cells = find_small_cells(sizes, [finding(*rates, *errors)])
    assert not cells.groups
    assert not cells.parts


def test_tables_too_large_to_attack_lose_their_crossings():
    rng = np.random.default_rng(0)
    wards, races = 900, 4
    table = rng.integers(1, 30, (wards, races))
    rows: dict[Cell, int] = {(): int(table.sum())}
    rows |= {cell(ward=f"{w}"): int(table[w].sum()) for w in range(wards)}
    rows |= {cell(race=f"{r}"): int(table[:, r].sum()) for r in range(races)}
    rows |= {cell(ward=f"{w}", race=f"{r}"): int(table[w, r]) for w in range(wards) for r in range(races)}
    hits = [rate("true_positive_rate", 5, 20, race=f"{r}") for r in range(races)]
    cells = find_small_cells(rows, [finding(*hits)])
    assert {one for one in rows if len(one) == 2} <= cells.groups
    assert not {one for one in rows if len(one) < 2 and rows[one] >= 40} & cells.groups
