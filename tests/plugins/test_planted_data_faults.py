"""Faults planted in data, of tables, texts, pictures and interactions: each is found, and its clean twin is silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, Rankings
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_data_quality.copies import duplicates
from auditkit_data_quality.impossible_values import impossible_values
from auditkit_data_quality.label_noise import label_noise
from auditkit_data_quality.leakage import leakage
from auditkit_data_quality.missing_values import missing_values
from auditkit_data_quality.planted_copies import mislabelled, telling
from auditkit_data_quality.provenance import provenance
from auditkit_data_quality.representativeness import representativeness
from auditkit_data_quality.sample_size import sample_size
from auditkit_data_quality.site_shortcut import Coin, site_shortcut
from auditkit_data_quality.target_leakage import target_leakage

ROWS = 120
SEXES = ["F", "M"] * (ROWS // 2)
CAN_BE = {"ranges": None, "allowed": None, "order": (), "as_of": None}
NEAR = {"tolerance": 0.01}
LEAKS = NEAR | {"site": ""}
EVERYBODY: dict[str, Any] = {"group": {}}


@dataclass(frozen=True)
class Fault:
    """What is wrong, by which measurement it is found, and what makes the rows with and without it."""

    kind: str
    words: str
    check: Any
    options: dict[str, Any]
    make: Callable[[bool], Any]
    metric: str
    about: dict[str, Any] = field(default_factory=lambda: EVERYBODY)
    bound: float = 0.0
    """The interval, or an exact number, lies above it where the fault is, and not where it is not."""
    is_below: bool = False

    def is_found(self, *, is_faulty: bool) -> bool:
        """Whether the check says so; what it leaves out is not found."""
        measured = ask(self.check, self.make(is_faulty), self.options).of(self.metric, **self.about)
        assert len(measured) <= 1
        for one in measured:
            if one.value is None:
                return False
            low, high = (one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
            return high < self.bound if self.is_below else low > self.bound
        return False


def said(rows: int) -> ClassScores:
    return ClassScores(("no", "yes"), np.full((rows, 2), 0.5))


def of(inputs: Any, targets: Any = None, groups: Any = None, **about: Any) -> Any:
    return toy_case(said(len(inputs)), targets, groups, inputs=inputs, positive="yes", **about)


def table(seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng([8, seed])
    spans = {"age": (20, 90), "lactate": (0.5, 4), "pulse": (50, 120)}
    return pd.DataFrame({name: draw.uniform(low, high, ROWS) for name, (low, high) in spans.items()})


def column(name: str, usual: list[Any], strange: Any, count: int = 8) -> Callable[[bool], Any]:
    """A table with a column, of which the first cells are strange."""

    def make(is_faulty):
        cells = np.empty(ROWS, dtype=object)
        cells[:] = [usual[row % len(usual)] for row in range(ROWS)]
        cells[: count * is_faulty] = strange
        found = pd.Series(cells, name=name)
        return of(table().assign(**{name: found.infer_objects() if isinstance(usual[0], float) else found}))

    return make


def lacking(is_faulty):
    found = table()
    gone = (np.arange(ROWS) % 12 < 2) | (is_faulty & (np.arange(ROWS) % 2 == 0) & (np.arange(ROWS) % 3 > 0))
    return of(found.assign(lactate=found["lactate"].mask(gone)), groups={"sex": SEXES})


def untested(is_faulty):
    targets = [None if (row % 2 == 0 and row % 3 and is_faulty) or row % 12 < 2 else "yes" for row in range(ROWS)]
    return of(table(), targets, {"sex": SEXES})


def stays(is_faulty):
    found = pd.DataFrame({"came": ["2025-03-02"] * ROWS, "left": ["2025-03-04"] * ROWS}, dtype=object)
    if is_faulty:
        found.loc[:4, "left"] = "2025-03-01"
        found.loc[10:14, "came"] = "2031-01-01"
        found.loc[10:14, "left"] = "2031-01-02"
    return of(found)


def notes(seed: int = 0) -> list[str]:
    draw = np.random.default_rng([9, seed])
    return [" ".join(f"w{word}" for word in draw.integers(1000, 5000, 11 + row % 5)) for row in range(ROWS)]


def films(seed: int = 0) -> np.ndarray:
    x, y = np.meshgrid(np.arange(24), np.arange(24))
    draw = np.random.default_rng([10, seed])
    cells = np.empty(ROWS, dtype=object)
    cells[:] = [
        np.uint8(127 + 120 * sum(np.sin(a * x + b * y + c) for a, b, c in draw.normal(0, 0.4, (5, 3)) * [1, 1, 9]) / 5)
        for _ in range(ROWS)
    ]
    return cells


def series(cells: Any, name: str) -> pd.Series:
    held = np.empty(len(cells), dtype=object)
    held[:] = list(cells)
    return pd.Series(held, name=name)


ALMOST: dict[str, Callable[[Any], Any]] = {
    "tables": lambda row: row + 1e-4,
    "texts": lambda note: note.upper() + "!",
    "images": lambda film: np.uint8(film * 0.9 + 5),
}


def cells_of_kind(kind: str, seed: int) -> list[Any]:
    if kind == "tables":
        return list(table(seed).to_numpy())
    return notes(seed) if kind == "texts" else list(films(seed))


def inputs_of_kind(kind: str, cells: list[Any]) -> Any:
    if kind == "tables":
        return pd.DataFrame(np.array(cells), columns=["age", "lactate", "pulse"])
    return series(cells, "note" if kind == "texts" else "film")


def copied(kind: str, *, nearly: bool) -> Callable[[bool], Any]:
    """Rows of which twenty are others once more, or nearly, under another target."""

    def make(is_faulty):
        cells = cells_of_kind(kind, 1)
        for row in range(20 * is_faulty):
            cells[ROWS - 1 - row] = ALMOST[kind](cells[row]) if nearly else cells[row]
        return of(inputs_of_kind(kind, cells), ["no"] * 60 + ["yes"] * 60)

    return make


def leaked(kind: str, *, nearly: bool) -> Callable[[bool], Any]:
    """Audit rows of which twenty are in the training, or nearly."""

    def make(is_faulty):
        inside, outside = cells_of_kind(kind, 2), cells_of_kind(kind, 3)
        for row in range(20 * is_faulty):
            outside[row] = ALMOST[kind](inside[row]) if nearly else inside[row]
        return with_splits(of(inputs_of_kind(kind, outside)), training=of(inputs_of_kind(kind, inside)))

    return make


def shared(what: str) -> Callable[[bool], Any]:
    """Two tables that share people, a site or time."""

    def make(is_faulty):
        people = [f"p{row + (ROWS if not is_faulty else ROWS - 20)}" for row in range(ROWS)]
        abouts: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "people": ({"units": people}, {"units": [f"p{row}" for row in range(ROWS)]}),
            "sites": ({"groups": {"site": ["south"] * 90 + [["east", "north"][is_faulty]] * 30}},
                      {"groups": {"site": ["north"] * ROWS}}),
            "time": ({"period": ["2025-01-05"] * 20 + ["2025-03-01"] * 100},
                     {"period": [["2025-01-01", "2025-02-01"][is_faulty]] * ROWS}),
        }  # fmt: skip
        outside, inside = abouts[what]
        return with_splits(of(table(4), **outside), training=of(table(5), **inside))

    return make


def of_women(women: int, men: int = ROWS) -> Any:
    rows = women + men
    return of(np.zeros((rows, 1)), ["no", "yes"] * (rows // 2), {"sex": ["F"] * women + ["M"] * men})


def beside_the_reference(is_faulty):
    return with_splits(of_women(30 if is_faulty else ROWS), reference=of_women(ROWS))


def unfilled(is_faulty):
    targets = ["yes" if row % 4 < 2 and not (is_faulty and row % 2 == 0) else "no" for row in range(ROWS)]
    return of(table(), targets, {"sex": SEXES})


def paradox(is_faulty):
    """The new drug heals more of the mild and of the severe, and is given to the severe (Charig and others, 1986)."""
    counts = {("A", "small"): (81, 6), ("A", "large"): (192, 71), ("B", "small"): (234, 36), ("B", "large"): (55, 25)}
    if not is_faulty:
        counts |= {("A", "small"): (243, 18), ("A", "large"): (64, 24)}
    rows = [(drug, size, word) for (drug, size), both in counts.items()
            for word, count in zip(("yes", "no"), both, strict=True) for _ in range(3 * count)]  # fmt: skip
    drugs, sizes, targets = (list(part) for part in zip(*rows, strict=True))
    return of(np.zeros((len(rows), 1)), targets, {"drug": drugs, "stone": sizes})


def of_sites(is_faulty):
    draw, south = np.random.default_rng(3), np.arange(ROWS) % 2 == 1
    inputs = pd.DataFrame({"mark": draw.normal(size=ROWS) + 3 * (south & is_faulty)})
    ill = (np.arange(ROWS) // 2 % 10 < (9 if is_faulty else 5)) ^ south
    case = of(inputs, np.where(ill, "yes", "no").tolist(), {"site": np.where(south, "s", "n").tolist()})
    return with_model(case, Coin())


def old(is_faulty):
    return of(table(), period=["2024-06-01" if is_faulty and row < 20 else "2025-06-01" for row in range(ROWS)])


def empty_texts(is_faulty):
    gone = [None if is_faulty and row % 2 == 0 and row % 3 else note for row, note in enumerate(notes())]
    return of(series(gone, "note"), groups={"sex": SEXES})


def strange_text(text: str) -> Callable[[bool], Any]:
    return lambda is_faulty: of(series([text] * 8 * is_faulty + notes()[8 * is_faulty :], "note"))


def strange_film(film: Any) -> Callable[[bool], Any]:
    return lambda is_faulty: of(series([film] * 8 * is_faulty + list(films())[8 * is_faulty :], "film"))


def rankings(items: list[list[str | None]], ratings: Any = None) -> Rankings:
    scores = None if ratings is None else np.array(ratings, dtype=float)
    return Rankings(tuple(f"u{row}" for row in range(len(items))), np.array(items, dtype=object), scores)


def baskets(seed: int) -> list[list[str | None]]:
    draw = np.random.default_rng([11, seed])
    return [[f"i{one}" for one in draw.choice(200, 6, replace=False)] for _ in range(40)]


def of_users(items: list[list[str | None]], ratings: Any = None, **about: Any) -> Any:
    truth = rankings(items, ratings)
    return toy_case(rankings(items), truth=truth, **about)


def catalogued(*, item: bool) -> Callable[[bool], Any]:
    def make(is_faulty):
        items, ratings = baskets(0), np.full((40, 6), 3.0)
        for row in range(8 * is_faulty):
            items[row][0], ratings[row, 0] = ("stone", 3.0) if item else (items[row][0], 9.0)
        return of_users(items, ratings, item_groups={"kind": {f"i{one}": "food" for one in range(200)}})

    return make


def doubled(is_faulty):
    items = baskets(0)
    items[30:] = items[:10] if is_faulty else items[30:]
    return of_users(items)


def foretold(*, users: bool) -> Callable[[bool], Any]:
    """Audited interactions that are trained on: one of six of each user, or all of some under other names."""

    def make(is_faulty):
        inside, outside = baskets(1), baskets(2)
        inside = [[one for one in row if one not in outside[place]] for place, row in enumerate(inside)]
        inside = [[*row, *[None] * (6 - len(row))] for row in inside]
        if is_faulty and users:
            inside[20:] = outside[:20]
        for place in range(40 * (is_faulty and not users)):
            inside[place][0] = outside[place][0]
        return with_splits(of_users(outside), training=of_users(inside))

    return make


SEX = {"group": {"sex": "*"}}


def fault(column_name: str, words: str) -> dict[str, Any]:
    return EVERYBODY | {"conditions": {"column": column_name, "fault": words}}


def far(column_name: str, by: str) -> dict[str, Any]:
    return EVERYBODY | {"conditions": {"column": column_name, "by": by}}


SAID = CAN_BE | {"ranges": {"dose": (0.0, 120.0)}}
WARDS = CAN_BE | {"allowed": {"ward": ("north", "south")}}
DAYS = CAN_BE | {"order": (("came", "left"),), "as_of": date(2025, 12, 31)}
RATED = CAN_BE | {"ranges": {"rating": (1.0, 5.0)}}
RATE = "impossible_value_rate"
NUMBERS = [float(one) for one in range(40, 80)]
PEOPLE = {"population": {"sex": {"F": 0.5, "M": 0.5}}, "source": "a census"}
SIZES = {"half_width": 0.1, "depth": 1}
SITES = {"sites": ("site",), "most_rows": 200}
NO_PEOPLE = {"population": None, "source": ""}

OF_ALL_KINDS = [
    Fault(kind, f"{words}, {kind}", check, options, make(kind, nearly=nearly), metric)
    for kind in ("tables", "texts", "images")
    for words, check, options, make, nearly, metric in (
        ("copies", duplicates, NEAR, copied, False, "duplicate_rate"),
        ("near copies", duplicates, NEAR, copied, True, "near_duplicate_rate"),
        ("copies with another target", duplicates, NEAR, copied, False, "contradiction_rate"),
        ("training rows in the audit", leakage, LEAKS, leaked, False, "exact_leakage_rate"),
        ("rows nearly of the training", leakage, LEAKS, leaked, True, "near_leakage_rate"),
    )
]
PLANTED = [
    Fault("tables", "women lack a lactate", missing_values, {}, lacking, "largest_missing_rate_gap", SEX),
    Fault("tables", "women lack a target", missing_values, {}, untested, "missing_target_rate_gap", SEX),
    Fault("tables", "unknown is a word", missing_values, {}, column("ward", ["north", "south"], "?"),
          "suspected_missing_columns"),
    Fault("tables", "unknown is 999", missing_values, {}, column("dose", NUMBERS, 999.0), "suspected_missing_columns"),
    Fault("tables", "out of range", impossible_values, SAID, column("dose", NUMBERS, 430.0), RATE,
          fault("dose", "out of range")),
    Fault("tables", "no number", impossible_values, SAID, column("dose", ["40", "50"], "much"), RATE,
          fault("dose", "no number")),
    Fault("tables", "infinite", impossible_values, CAN_BE, column("dose", NUMBERS, float("inf")), RATE,
          fault("dose", "infinite")),
    Fault("tables", "not allowed", impossible_values, WARDS, column("ward", ["north", "south"], "nroth"), RATE,
          fault("ward", "not allowed")),
    Fault("tables", "blank", impossible_values, CAN_BE, column("ward", ["north", "south"], "  "), RATE,
          fault("ward", "blank")),
    Fault("tables", "left before coming", impossible_values, DAYS, stays, RATE, fault("came", "out of order")),
    Fault("tables", "not yet", impossible_values, DAYS, stays, RATE, fault("came", "in the future")),
    Fault("tables", "far from the rest", impossible_values, CAN_BE, column("dose", NUMBERS, 400.0), "outlier_rate",
          far("dose", "robust z")),
    Fault("tables", "people in both", leakage, LEAKS, shared("people"), "unit_leakage_rate"),
    Fault("tables", "sites in both", leakage, LEAKS | {"site": "site"}, shared("sites"), "site_leakage_rate"),
    Fault("tables", "trained on what came later", leakage, LEAKS, shared("time"), "earlier_row_rate"),
    Fault("tables", "a ward of the dead", target_leakage, {}, lambda bad: telling(tells=bad)(np.random.default_rng(0)),
          "largest_single_column_auc", EVERYBODY, 0.9),
    Fault("tables", "three in ten targets wrong", label_noise, {},
          lambda bad: mislabelled(0.3 * bad)(np.random.default_rng(0)), "excess_wrong_label_rate", EVERYBODY, 0.05),
    Fault("tables", "twelve women", sample_size, SIZES, lambda bad: of_women(12 if bad else ROWS),
          "rate_half_width", SEX, 0.15),
    Fault("tables", "no woman is ill", sample_size, SIZES, unfilled, "empty_cell_count", SEX),
    Fault("tables", "fewer women than in the census", representativeness, PEOPLE,
          lambda bad: of_women(30 if bad else ROWS), "population_share_ratio", SEX, 0.8, is_below=True),
    Fault("tables", "fewer women than in the reference", representativeness, NO_PEOPLE, beside_the_reference,
          "reference_share_ratio", SEX, 0.8, is_below=True),
    Fault("tables", "Simpson's paradox", representativeness, NO_PEOPLE, paradox, "simpson_reversals"),
    Fault("tables", "the site tells the target", site_shortcut, SITES, of_sites, "site_target_auc", {}, 0.5),
    Fault("tables", "the inputs tell the site", site_shortcut, SITES, of_sites, "site_input_auc", {}, 0.5),
    Fault("tables", "older than the training", provenance, {"croissant": None, "trained_until": date(2024, 12, 31)},
          old, "before_training_cut_rate"),
    Fault("texts", "women without a note", missing_values, {}, empty_texts, "largest_missing_rate_gap", SEX),
    Fault("texts", "read in the wrong encoding", impossible_values, CAN_BE, strange_text("fiÃ¨vre since monday"), RATE,
          fault("note", "broken letters")),
    Fault("texts", "nothing but spaces", impossible_values, CAN_BE, strange_text("   "), RATE, fault("note", "blank")),
    Fault("texts", "very long", impossible_values, CAN_BE, strange_text("fever again " * 300), "outlier_rate",
          far("note", "robust z")),
    Fault("images", "of one colour", impossible_values, CAN_BE, strange_film(np.full((24, 24), 90, np.uint8)), RATE,
          fault("film", "one colour")),
    Fault("images", "of another size", impossible_values, CAN_BE, strange_film(films(7)[0][:, :20]), "outlier_rate",
          far("film", "size")),
    Fault("images", "in colour", impossible_values, CAN_BE,
          strange_film(np.dstack([films(7)[0], films(7)[1], films(7)[2]])), "outlier_rate", far("film", "colour")),
    Fault("interactions", "no such item", impossible_values, CAN_BE, catalogued(item=True), RATE,
          fault("interactions", "no such item")),
    Fault("interactions", "a rating that cannot be", impossible_values, RATED, catalogued(item=False), RATE,
          fault("interactions", "out of range")),
    Fault("interactions", "users twice", duplicates, NEAR, doubled, "duplicate_rate"),
    Fault("interactions", "what is to be foretold was told", leakage, LEAKS, foretold(users=False),
          "leaked_interaction_rate"),
    Fault("interactions", "users of the training", leakage, LEAKS, foretold(users=True), "exact_leakage_rate"),
    *OF_ALL_KINDS,
]  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: f"{one.kind}: {one.words}")
def test_each_planted_fault_is_found_and_its_clean_twin_is_silent(planted):
    assert planted.is_found(is_faulty=True)
    assert not planted.is_found(is_faulty=False)


def test_every_kind_of_data_has_its_faults():
    assert len(PLANTED) >= 50
    assert {one.kind for one in PLANTED} == {"tables", "texts", "images", "interactions"}
