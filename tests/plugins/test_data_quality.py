"""The checks of data quality: what they say of cases that can be worked by hand, and of few and strange rows."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit import AuditError, ClassScores, NotApplicable, Rankings, Table
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_data_quality.impossible_values import far_from_rest, impossible_values
from auditkit_data_quality.missing_values import far_codes, missing_values
from auditkit_data_quality.provenance import described, provenance
from auditkit_data_quality.representativeness import population_test, representativeness
from auditkit_data_quality.sample_size import people_for, sample_size
from auditkit_data_quality.site_shortcut import Coin, site_shortcut

SIZES = {"half_width": 0.1, "depth": 2}


def coin(rows):
    return ClassScores(("no", "yes"), np.full((rows, 2), 0.5))


# Sample size.


def test_the_half_width_is_that_of_wilsons_interval_at_a_half():
    found = ask(sample_size, toy_case(coin(100)), SIZES)
    interval = stats.binomtest(50, 100).proportion_ci(method="wilson")
    assert found.value("rate_half_width") == pytest.approx((interval.high - interval.low) / 2)
    assert found.value("group_size") == 100
    low, high = stats.binomtest(people_for(0.1, 0.95) // 2, people_for(0.1, 0.95)).proportion_ci(method="wilson")
    assert (high - low) / 2 <= 0.1 < (high - low) / 2 + 0.002


def test_people_are_counted_and_not_their_rows():
    case = toy_case(coin(40), groups={"sex": ["F", "M"] * 20}, units=[row // 4 for row in range(40)])
    found = ask(sample_size, case, SIZES)
    (women,) = found.of("group_size", group={"sex": "F"})
    assert (women.value, women.n, women.people) == (10, 20, 10)


def test_heavy_rows_tell_less():
    weights = [9.0] + [1.0] * 9
    found = ask(sample_size, toy_case(coin(10), weights=weights), SIZES)
    kish = 18**2 / (81 + 9)
    z = stats.norm.isf(0.025)
    assert found.value("rate_half_width") == pytest.approx(z / (2 * np.sqrt(kish + z**2)))


def test_cells_that_nobody_is_in_are_counted_those_of_absent_intersections_too():
    groups = {"sex": ["F", "F", "M", "M"], "band": ["old", "young", "old", "old"]}
    found = ask(sample_size, toy_case(coin(4), ["yes", "no", "yes", "no"], groups), SIZES)
    assert found.value("empty_cell_count", group={"sex": "*"}) == 0
    assert found.value("empty_cell_count", group={"band": "*"}) == 1  # nobody young is ill
    assert found.value("empty_cell_count", group={"sex": "*", "band": "*"}) == 4


# Missing values.


def of_table(table, sexes=None, **about):
    return toy_case(coin(len(table)), None, None if sexes is None else {"sex": sexes}, inputs=table, **about)


def lactates(rows=80, *, women=20, men=4):
    """Of 40 women so many have no lactate, and of 40 men."""
    table = pd.DataFrame({"lactate": np.linspace(0.5, 4, rows), "age": np.arange(rows) + 20.0})
    table.loc[table.index[: 2 * women : 2], "lactate"] = np.nan
    table.loc[table.index[1 : 2 * men : 2], "lactate"] = np.nan
    return table, ["FM"[row % 2] for row in range(rows)]


def tables(found, words):
    return [one for one in found if isinstance(one, Table) and words in str(one.title)]


def test_missing_cells_are_counted_as_pandas_does():
    table, sexes = lactates()
    found = ask(missing_values, of_table(table, sexes), {})
    by_sex = table["lactate"].isna().groupby(sexes).mean()
    for sex, share in by_sex.items():
        about = {"group": {"sex": sex}, "conditions": {"column": "lactate"}}
        assert found.value("missing_rate", **about) == share
    assert found.value("missing_rate", group={}, conditions={"column": "age"}) == 0
    assert found.value("largest_missing_rate_gap", group={"sex": "*"}) == pytest.approx(by_sex["F"] - by_sex["M"])
    assert found.value("incomplete_row_rate", group={}) == table.isna().any(axis=1).mean()


def test_the_test_of_missing_cells_agrees_with_fishers():
    table, sexes = lactates(women=9, men=4)
    (tested,) = tables(ask(missing_values, of_table(table, sexes), {}), "Missing cells by")
    row = next(row for row in tested.rows if row[0] == "lactate")
    expected = stats.fisher_exact([[9, 31], [4, 36]]).pvalue
    assert row[1:3] == ("M", "F")
    assert row[5] == pytest.approx(expected, abs=0.04)
    assert row[6] == pytest.approx(min(row[5], 1.0))  # age is never missing, and there is nothing to test


def test_what_only_looks_missing_is_told_and_not_counted():
    ward = np.array(["north", "south"] * 40, dtype=object)
    ward[:5] = ["?", "unknown", "?", "Unknown", "?"]
    chol = np.concatenate([np.zeros(6), np.linspace(180, 320, 74)])
    table = pd.DataFrame({"ward": ward, "chol": chol, "lead": np.tile([-1.0, 0.0, 1.0, 2.0], 20)})
    found = ask(missing_values, of_table(table), {})
    assert found.value("suspected_missing_rate", conditions={"column": "ward"}) == 5 / 80
    assert found.value("suspected_missing_rate", conditions={"column": "chol"}) == 6 / 80
    assert found.value("suspected_missing_columns") == 2
    assert found.value("incomplete_row_rate") == 0
    (told,) = tables(found, "look as if")
    assert [row[1] for row in told.rows] == ["?, Unknown, unknown", "0"]


@pytest.mark.parametrize(
    ("code", "others", "is_far"),
    [(99, range(20, 95), False), (999, range(20, 95), True), (-1, range(75), True), (0, range(75), False)],
)
def test_a_code_for_nothing_stands_far_from_all_other_numbers(code, others, is_far):
    numbers = np.array([code, *(one for one in others if one != code)], dtype=float)
    found = far_codes(numbers, np.full(len(numbers), 3), np.zeros(len(numbers), dtype=bool))
    assert found.tolist() == [is_far] + [False] * (len(numbers) - 1)


def test_cells_that_are_missing_together_are_a_pattern_and_a_rare_one_is_not_told():
    table, _ = lactates(women=20, men=0)
    table["bilirubin"] = table["lactate"]
    table.loc[table.index[-1], "age"] = np.nan
    (told,) = tables(ask(missing_values, of_table(table), {}), "missing together")
    assert [(str(row[0]), row[1]) for row in told.rows] == [
        ("nothing", 60), ("lactate, bilirubin", 20), ("other combinations: 1", None),
    ]  # fmt: skip


def test_rows_without_a_target_are_compared_between_groups():
    targets = [None if row % 4 == 0 and row < 60 else "yes" for row in range(80)]
    case = toy_case(coin(80), targets, {"sex": ["FM"[row % 2] for row in range(80)]})
    found = ask(missing_values, case, {})
    assert found.value("missing_target_rate", group={}) == 15 / 80
    assert found.value("missing_target_rate_gap", group={"sex": "*"}) == 15 / 40


# Impossible values.

CAN_BE = {"ranges": None, "allowed": None, "order": (), "as_of": None}


def rows_with(found, column, fault):
    return [
        one.value for one in found.of("impossible_value_rate", group={}, conditions={"column": column, "fault": fault})
    ]


def stays():
    return pd.DataFrame(
        {
            "age": ["44", "430", "61", "old", None, "-3"],
            "ward": ["north", "south", "nroth", "north", " ", "n\ufffdrth"],
            "admitted": ["2025-03-01", "2025-03-02", "2025-03-09", "2031-01-01", "2025-01-01", None],
            "discharged": ["2025-03-04", "2025-03-02", "2025-03-08", "2031-01-02", None, "2025-01-01"],
        },
        dtype=object,
    )


def test_what_cannot_be_is_found_by_what_the_user_says_and_by_itself():
    said = {
        "ranges": {"age": (0.0, 120.0)}, "allowed": {"ward": ("north", "south")},
        "order": (("admitted", "discharged"),), "as_of": date(2025, 12, 31),
    }  # fmt: skip
    found = ask(impossible_values, of_table(stays()), said)
    assert rows_with(found, "age", "out of range") == [2 / 6]
    assert rows_with(found, "age", "no number") == [1 / 6]
    assert rows_with(found, "ward", "not allowed") == [3 / 6]
    assert rows_with(found, "ward", "blank") == rows_with(found, "ward", "broken letters") == [1 / 6]
    assert rows_with(found, "admitted", "out of order") == rows_with(found, "admitted", "in the future") == [1 / 6]
    assert found.value("impossible_row_count") == 5


def test_a_range_of_one_number_has_no_upper_end_and_infinity_needs_no_range():
    table = pd.DataFrame({"visits": [0.0, 5000.0, -1.0, float("inf")] + [3.0] * 36})
    found = ask(impossible_values, of_table(table), CAN_BE | {"ranges": {"visits": (0.0,)}})
    assert rows_with(found, "visits", "out of range") == rows_with(found, "visits", "infinite") == [1 / 40]


def test_robust_z_and_quartiles_are_scipys():
    values = np.concatenate([np.random.default_rng(4).normal(50, 9, 201), [430.0, -40.0, np.nan]])
    known = values[:-1]
    z = np.abs(values - np.median(known)) / stats.median_abs_deviation(known, scale="normal")
    found = far_from_rest(values)
    assert found["robust z"].tolist() == (z > 3.5).tolist()
    first, third = np.quantile(known, [0.25, 0.75], method="inverted_cdf")
    beyond = (values < first - 1.5 * (third - first)) | (values > third + 1.5 * (third - first))
    assert found["quartiles"].tolist() == beyond.tolist()
    assert far_from_rest(np.array([0.0] * 30 + [5.0]))["flat"].all()


def test_outliers_are_told_and_are_no_fault():
    table = pd.DataFrame({"age": [*np.arange(40.0), 430.0]})
    found = ask(impossible_values, of_table(table), CAN_BE)
    assert found.value("impossible_row_count") == 0
    assert found.value("outlier_rate", group={}, conditions={"column": "age", "by": "robust z"}) == 1 / 41


def test_texts_are_looked_at_for_letters_and_length():
    notes = [f"seen on day {row} with {'very ' * (row % 5)}high fever" for row in range(40)]
    notes[3], notes[4], notes[5] = "fiÃ¨vre, seen on day 3 with fever", "  ", "fever " * 400
    found = ask(impossible_values, of_table(pd.Series(notes, name="note", dtype=object)), CAN_BE)
    assert rows_with(found, "note", "broken letters") == rows_with(found, "note", "blank") == [1 / 40]
    assert found.value("outlier_rate", group={}, conditions={"column": "note", "by": "robust z"}) == 2 / 40


def test_pictures_are_looked_at_for_colour_and_size():
    draw = np.random.default_rng(1)
    cells = np.empty(40, dtype=object)
    cells[:] = [draw.integers(90, 110, (8, 8), dtype=np.uint8) for _ in range(40)]
    cells[1], cells[2] = np.full((8, 8), 100, dtype=np.uint8), draw.integers(90, 110, (9, 8), dtype=np.uint8)
    cells[3] = draw.integers(90, 110, (8, 8, 3), dtype=np.uint8)
    found = ask(impossible_values, of_table(pd.Series(cells, name="film")), CAN_BE)
    assert rows_with(found, "film", "one colour") == [1 / 40]
    for by in ("size", "colour"):
        assert found.value("outlier_rate", group={}, conditions={"column": "film", "by": by}) == 1 / 40


def test_interactions_are_held_against_the_items_and_the_ratings_that_can_be():
    items = np.array([["soup", "rice"], ["soup", None], ["stone", None]], dtype=object)
    truth = Rankings(("ann", "bo", "cy"), items, np.array([[5.0, 1.0], [9.0, np.nan], [2.0, np.nan]]))
    said = Rankings(truth.users, np.array([["rice"]] * 3, dtype=object))
    kinds = {"kind": {"soup": "hot", "rice": "dry"}}
    case = toy_case(said, truth=truth, item_groups=kinds)
    found = ask(impossible_values, case, CAN_BE | {"ranges": {"rating": (1.0, 5.0)}})
    for fault in ("no such item", "out of range"):
        assert rows_with(found, "interactions", fault) == [1 / 3]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ranges": {"aeg": (0.0, 120.0)}}, "'aeg'"),
        ({"ranges": {"age": (120.0, 0.0)}}, "120"),
        ({"order": (("age", "left"),)}, "'left'"),
    ],
)
def test_what_the_user_says_is_refused_where_it_cannot_be(options, said):
    data = SimpleNamespace(input=("age",), groups=("sex",), period=None)
    with pytest.raises(AuditError, match=said):
        impossible_values.accepts(data=data, **CAN_BE | options)


# Representativeness.


def of_sexes(women, men, **about):
    return toy_case(coin(women + men), groups={"sex": ["F"] * women + ["M"] * men}, **about)


def test_shares_have_the_intervals_of_statsmodels():
    oracle = pytest.importorskip("statsmodels.stats.proportion")
    counts = (12, 30, 58)
    labels = [name for name, count in zip("abc", counts, strict=True) for _ in range(count)]
    found = ask(representativeness, toy_case(coin(100), groups={"ward": labels}), {"population": None, "source": ""})
    expected = oracle.multinomial_proportions_confint(counts, method="goodman")
    for name, ends in zip("abc", expected, strict=True):
        (share,) = found.of("group_share", group={"ward": name})
        assert (share.interval.low, share.interval.high) == pytest.approx(ends)


def test_stated_shares_are_divided_by_and_absent_groups_are_told():
    stated = {"population": {"sex": {"F": 0.5, "M": 0.48, "X": 0.02}}, "source": "census 2020"}
    found = ask(representativeness, of_sexes(30, 70), stated)
    assert found.value("population_share_ratio", group={"sex": "F"}) == pytest.approx(0.6)
    assert found.value("population_share_ratio", group={"sex": "X"}) == 0
    assert found.value("population_share_ratio", group={"sex": "*"}) == 0
    (told,) = tables(found, "Shares of people by")
    assert [str(column) for column in told.columns][3] == "census 2020"


def test_a_group_that_the_population_has_nobody_of_has_no_ratio():
    stated = {"population": {"sex": {"F": 1.0}}, "source": "a register"}
    found = ask(representativeness, of_sexes(30, 70), stated)
    assert found.value("population_share_ratio", group={"sex": "M"}) is None
    assert population_test(np.array([0.3, 0.7]), 100, np.array([1.0, 0.0]), np.random.default_rng(0)) == 0


def test_the_tests_are_scipys():
    shares, expected = np.array([0.36, 0.64]), np.array([0.5, 0.5])
    large = population_test(shares, 100, expected, np.random.default_rng(0))
    assert large == pytest.approx(stats.chisquare([36, 64]).pvalue)
    small = population_test(np.array([0.5, 0.5]), 8, np.array([0.1, 0.9]), np.random.default_rng(0))
    assert small == pytest.approx(stats.binomtest(4, 8, 0.1).pvalue, abs=0.002)


def test_people_of_the_audit_and_of_the_reference_are_counted_once():
    audit = of_sexes(40, 40, units=[*range(10), *[10] * 30, *range(11, 51)])
    found = ask(
        representativeness, with_splits(audit, reference=of_sexes(100, 300)), {"population": None, "source": ""}
    )
    assert found.value("group_share", group={"sex": "F"}) == pytest.approx(11 / 51)
    assert found.value("reference_share_ratio", group={"sex": "F"}) == pytest.approx(11 / 51 / 0.25)


def of_wards(**counts: int):
    wards = [label for label, count in counts.items() for _ in range(count)]
    return toy_case(coin(len(wards)), None, {"ward": wards})


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ({"a": 100, "b": 50, "c": 12, "d": 11}, "abcd"),
        ({"a": 100, "b": 50, "c": 12, "d": 9}, "ab"),  # d alone could be had of the rest
        ({"a": 100, "b": 50, "c": 4, "d": 3}, "a"),  # seven of c and d together are few, too
        ({"a": 100, "b": 50, "c": 6, "d": 5}, "ab"),
        ({"a": 100, "b": 3}, ""),
    ],
)
def test_few_people_of_the_reference_are_withheld_and_cannot_be_had_of_the_rest(reference, told):
    audit = of_wards(**dict.fromkeys(reference, 40))
    found = ask(
        representativeness, with_splits(audit, reference=of_wards(**reference)), {"population": None, "source": ""}
    )
    values = {name: found.value("reference_share_ratio", group={"ward": name}) for name in reference}
    assert "".join(name for name, value in values.items() if value is not None) == told
    smallest = found.value("reference_share_ratio", group={"ward": "*"})
    assert smallest == (min(values[name] for name in told) if told else None)
    (gap,) = [one for one in found.measurements if (one.metric, one.group) == ("reference_share_ratio", {"ward": "*"})]
    assert not told or {one.label for one in gap.compared if not one.compared} == set(reference) - set(told)


def test_simpsons_paradox_is_found_and_its_clean_twin_is_not():
    # Bickel, Hammel and O'Connell (1975): of all applicants fewer women are admitted, in each department more.
    admitted = {
        ("M", "easy"): (620, 1000),
        ("F", "easy"): (82, 100),
        ("M", "hard"): (20, 200),
        ("F", "hard"): (240, 1000),
    }
    for swapped in (False, True):
        sexes, places, targets = [], [], []
        for (sex, place), (hits, rows) in admitted.items():
            sexes += [sex] * rows
            places += [("easy" if swapped else place)] * rows
            targets += ["no"] * (rows - hits) + ["yes"] * hits
        case = toy_case(coin(len(sexes)), targets, {"sex": sexes, "department": places})
        found = ask(representativeness, case, {"population": None, "source": ""})
        assert found.value("simpson_reversals") == (0 if swapped else 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"population": {"sex": {"F": 0.5, "M": 0.4}}, "source": "x"}, "add up to 0.9"),
        ({"population": {"age": {"old": 1.0}}, "source": "x"}, "no group"),
        ({"population": {"sex": {"F": 0.5, "M": 0.5}}}, "where its shares"),
    ],
)
def test_stated_shares_that_cannot_be_are_refused(options, said):
    with pytest.raises(AuditError, match=said):
        representativeness.accepts(data=SimpleNamespace(groups=("sex",)), **options)


# Sites.

AT = {"sites": ("hospital",), "most_rows": 200}


def of_hospitals(inputs, share, **about):
    """120 people of two hospitals: at the first so many of ten are ill, at the other so many are well."""
    ill = np.array([(row // 2 % 10 < share) == (row % 2 == 0) for row in range(120)])
    case = toy_case(
        coin(120), np.where(ill, "yes", "no").tolist(), {"hospital": ["north", "south"] * 60}, inputs=inputs,
        positive="yes", **about,
    )  # fmt: skip
    return with_model(case, Coin())


def test_a_hospital_that_tells_who_is_ill_is_found_and_a_balanced_one_is_not():
    plain = pd.DataFrame({"age": np.random.default_rng(3).normal(size=120)})
    (told,) = ask(site_shortcut, of_hospitals(plain, 9), AT).of("site_target_auc")
    # By hand: of ill and well in pairs, 9/10 ill at one and 1/10 at the other: .81 + half of the ties, .18.
    assert told.value == pytest.approx(0.9, abs=0.03)
    assert told.interval.low > 0.7
    (clean,) = ask(site_shortcut, of_hospitals(plain, 5), AT).of("site_target_auc")
    assert clean.interval.low <= 0.5


@pytest.mark.parametrize("kind", ["table", "texts", "pictures"])
def test_a_site_is_told_from_whatever_the_model_is_given(kind):
    draw, south = np.random.default_rng(6), np.arange(120) % 2 == 1
    for tells in (True, False):
        mark = south & tells
        if kind == "table":
            given = pd.DataFrame({"pressure": draw.normal(size=120) + 3 * mark})
        elif kind == "texts":
            words = [f"seen {['today', 'as agreed'][int(one)]} with {draw.integers(99)} of fever" for one in mark]
            given = pd.Series(words, name="note", dtype=object)
        else:
            cells = np.empty(120, dtype=object)
            cells[:] = [draw.integers(0, 150, (6, 6), dtype=np.uint8) + np.uint8(60 * one) for one in mark]
            given = pd.Series(cells, name="film")
        (told,) = ask(site_shortcut, of_hospitals(given, 5), AT).of("site_input_auc", group={"hospital": "*"})
        assert (told.interval.low > 0.5) is tells
        assert tells is False or told.value > 0.9


def test_the_site_itself_is_no_input_and_time_joins_the_sites():
    table = pd.DataFrame({"hospital": ["north", "south"] * 60, "age": np.random.default_rng(3).normal(size=120)})
    days = [f"2025-01-{1 + row // 4:02}" for row in range(120)]
    found = ask(site_shortcut, of_hospitals(table, 5, period=days), AT)
    assert found.of("site_input_auc")[0].interval.low <= 0.5
    assert {tuple(one.conditions.values()) for one in found.of("site_target_auc")} == {(), ("hospital",), ("period",)}


def test_rows_of_one_person_are_one():
    units = [row // 4 for row in range(120)]
    found = ask(site_shortcut, of_hospitals(pd.DataFrame({"age": np.arange(120.0)}), 5, units=units), AT)
    assert {one.n for one in found.measurements} == {30}


def test_without_a_site_or_a_period_nothing_is_asked():
    with pytest.raises(NotApplicable, match="no column is named as a site"):
        ask(site_shortcut, toy_case(coin(40)), {"sites": (), "most_rows": 200})


# Provenance.

CROISSANT = """{"@context": {"sc": "https://schema.org/"}, "@type": "sc:Dataset", "sc:name": "Ward notes",
"license": ["https://creativecommons.org/licenses/by/4.0/"], "distribution": [
{"@type": "cr:FileObject", "@id": "notes", "contentUrl": "data/audit.csv", "sha256": "AB12"},
{"@type": "cr:FileObject", "@id": "folder"}]}"""


def test_a_croissant_file_is_read_for_name_licence_and_hashes():
    found = described(CROISSANT)
    assert found["name"] == "Ward notes"
    assert found["licence"] == "https://creativecommons.org/licenses/by/4.0/"
    assert found["hashes"] == {"audit.csv": "AB12", "notes": "AB12"}


@pytest.mark.parametrize("text", ["no json", "[1]", "[" * 100_000])
def test_a_croissant_file_that_is_none_is_refused(text):
    with pytest.raises(AuditError, match="croissant"):
        described(text)


def test_what_nobody_states_is_counted_and_old_rows_are_found():
    days = ["2024-12-31T23:00:00", "2025-01-01", None, "2020-05-05"]
    about = {"croissant": None, "trained_until": date(2024, 12, 31)}
    found = ask(provenance, toy_case(coin(4), period=days), about)
    assert found.value("unstated_provenance_count") == 4  # source, collection, people, Croissant file
    assert found.value("before_training_cut_rate") == 2 / 4
    assert found.value("file_hash_mismatch_count") is None
