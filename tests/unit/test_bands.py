"""Bands of numbers: where each begins and ends, what has none, and that an audit compares groups by them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from datadesk import Desk
from hypothesis import given
from hypothesis import strategies as st

from auditkit.data.bands import band_names, with_bands
from auditkit.errors import DataError, SpecError


def test_a_band_holds_where_it_begins_and_not_where_the_next_one_does():
    frame = pd.DataFrame({"age": ["39.9", "40", "64", "65", None, "NA"]}, dtype=object)
    banded = with_bands(frame, {"age": (40, 65)}, where="rows.csv", missing=("NA",))
    below, middle, above = "under 40", "40 to under 65", "65 and over"
    assert banded["age_band"].tolist() == [below, middle, middle, above, None, None]
    assert banded["age"].tolist() == frame["age"].tolist()


@given(
    begins=st.lists(st.integers(-50, 150), min_size=1, max_size=5, unique=True).map(sorted),
    ages=st.lists(st.integers(-99, 199), min_size=1),
)
def test_bands_are_those_of_pandas(begins, ages):
    banded = with_bands(pd.DataFrame({"age": ages}), {"age": begins}, where="rows.csv")
    cut = pd.cut(pd.Series(ages), [-np.inf, *begins, np.inf], right=False, labels=list(band_names(begins)))
    assert banded["age_band"].tolist() == cut.tolist()


def test_a_table_without_the_column_stays_as_it_is():
    frame = pd.DataFrame({"user": ["a"]})
    assert with_bands(frame, {"age": (40,)}, where="rows.csv") is frame


def test_what_is_no_number_and_a_column_that_is_there_are_refused():
    with pytest.raises(DataError, match=r"'rows\.csv' column 'age' holds 'old' in row 1"):
        with_bands(pd.DataFrame({"age": ["old"]}), {"age": (40,)}, where="rows.csv")
    with pytest.raises(DataError, match=r"would make a column 'age_band', and 'rows\.csv' has one"):
        with_bands(pd.DataFrame({"age": [1], "age_band": ["x"]}), {"age": (40,)}, where="rows.csv")


def test_an_audit_compares_by_bands(folder):
    rows = [(str(20 + place % 60), "yes" if place % 3 else "no", "yes" if place % 4 else "no") for place in range(240)]
    folder.write_rows(rows, ("age", "outcome", "said"))
    folder.spec(
        ('scores = ["p_no", "p_yes"]\nclasses = ["no", "yes"]\n', 'predicted = "said"\nbands = {age = [40, 65]}\n'),
        ('groups = ["sex", "band"]', 'groups = ["age_band"]'),
        checks=["fairness.gaps", "fairness.group-rates"],
    )
    assert folder.run_here().code == 0
    found = folder.finding("fairness.group-rates")["measurements"]
    counts = {one["group"]["age_band"]: one["n"] for one in found if one["metric"] == "selection_rate" and one["group"]}
    assert counts == {"under 40": 80, "40 to under 65": 100, "65 and over": 60}


def test_bands_that_do_not_rise_are_refused(folder):
    folder.spec(("groups =", "bands = {age = [65, 40]}\ngroups ="))
    folder.run_here().refused("[data.bands] age has bands that do not rise")


def test_bands_that_begin_close_together_have_names_of_their_own():
    assert band_names((1_234_567, 1_234_568)) == (
        "under 1234567",
        "1234567 to under 1234568",
        "1234568 and over",
    )
    assert band_names((0.1, 1e6)) == ("under 0.1", "0.1 to under 1000000", "1000000 and over")


def test_an_infinite_number_is_in_no_band_and_may_be_marked_as_missing():
    frame = pd.DataFrame({"age": ["40", "inf", "-inf"]}, dtype=object)
    with pytest.raises(DataError, match=r"column 'age' holds 'inf' in row 2; wanted a finite number"):
        with_bands(frame, {"age": (40,)}, where="rows.csv")
    banded = with_bands(frame, {"age": (40,)}, where="rows.csv", missing=("inf", "-inf"))
    assert banded["age_band"].tolist() == ["40 and over", None, None]


def test_a_column_that_is_not_there_is_no_band_that_is_passed_over(folder):
    folder.spec(("groups =", "bands = {outcom = [40]}\ngroups ="))
    answer = folder.run_here()
    answer.refused("audit.toml:13: [data.bands] outcom names a column that is not there", "did you mean 'outcome'?")
    assert "'rows.csv' has no column 'outcom'" in answer.err


def test_a_column_of_users_is_looked_for_in_every_table(tmp_path):
    desk = Desk(tmp_path)
    desk.write("rows.csv", "user,item\nu1,a\nu2,b\n")
    desk.write("users.csv", "user,age\nu1,30\nu2,70\n")
    desk.write("topk.csv", "user,item,rank\nu1,a,1\nu2,b,1\n")
    keys = 'loader = "interactions"\nusers = "users.csv"\nrankings = "topk.csv"\ngroups = ["age_band"]\nk = 1\n'
    read = desk.read(f"{keys}bands = {{age = [65]}}", audit="rows.csv")
    assert read.audit.groups["age_band"].vocabulary == ("65 and over", "under 65")
    told = desk.refused(f"{keys}bands = {{aeg = [65]}}", audit="rows.csv")
    assert "[data.bands] aeg names a column that is not there: 'rows.csv' or 'users.csv' or 'topk.csv' has no" in told


RIGHT = {
    "bands = {age = 40}": "age = [40]",
    'bands = {age = ["40", "65"]}': "age = [40, 65]",
    "bands = {age = []}": "age = [40, 65]",
    'bands = {age = "under 40"}': "age = [40, 65]",
    "bands = [40, 65]": "bands = {age = [40, 65]}",
}


@pytest.mark.parametrize(("written", "hint"), RIGHT.items())
def test_bands_that_are_written_wrongly_are_shown_as_they_are_written(tmp_path, written, hint):
    with pytest.raises(SpecError) as caught:
        Desk(tmp_path).spec(f'predicted = "p"\n{written}')
    assert caught.value.hint == hint
    assert Desk(tmp_path).spec(f'predicted = "p"\n{hint if "bands" in hint else f"bands = {{{hint}}}"}').data.bands


def test_a_column_of_ages_is_told_of_the_bands(tmp_path):
    desk = Desk(tmp_path)
    desk.write("a.csv", "y,p,age in days\n" + "".join(f"1,1,{place}\n" for place in range(1001)))
    keys = 'target = "y"\npredicted = "p"\ngroups = ["{}"]'
    with pytest.raises(SpecError) as caught:
        desk.read(keys.format("age in days"))
    assert "bands = {\"age in days\" = [40, 65]} under [data], and 'age in days_band' in groups" in caught.value.hint
    desk.read(keys.format("age in days_band") + '\nbands = {"age in days" = [40, 65]}')
