"""The generator of the triage example: its known truth, and the harms, by counts made by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

FOLDER = Path(__file__).parents[2] / "examples" / "triage"


@pytest.fixture(scope="module")
def notes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("triage_notes", FOLDER / "notes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["triage_notes"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def audited(notes):
    return notes.patients(8_000, seed=20261122, prefix="A")


@pytest.fixture(scope="module")
def trained(notes):
    return notes.patients(10_000, seed=20261122, prefix="T")


def of_one_patient(**changes):
    """A patient written down by hand, as a table of one row."""
    known = {
        "patient_id": "X1", "sex": "F", "age": 58, "age_band": "under 65", "complaint": "chest pain",
        "severity": "severe", "onset": "for 20 minutes", "history": "history of diabetes", "pulse": 119, "oxygen": 91,
        "pressure": 92, "surname": "", "is_marked": False, "form": 0, "word": 0, "urgency": "urgent",
    }  # fmt: skip
    return pd.DataFrame([known | changes])


def test_the_true_probability_by_hand(notes):
    # -1.1 + 1.4 + 1.2 + 0.8 + 0.4 (words) + 0.6 (pulse 100 to 119) + 1.5 (oxygen under 92) + 1.3 (pressure under 96)
    worst = notes.p_urgent(of_one_patient())
    assert worst == pytest.approx([1 / (1 + np.exp(-1.7 * 6.1))])
    # -1.1 - 1.6 - 1.2 - 0.9 - 0.3 - 0.3 - 0.4 - 0.2: an old ankle
    ankle = of_one_patient(
        complaint="ankle sprain", severity="mild", onset="for 2 weeks", history="no history",
        pulse=98, oxygen=97, pressure=120,
    )  # fmt: skip
    assert notes.p_urgent(ankle) == pytest.approx([1 / (1 + np.exp(1.7 * 6.0))])


def test_a_note_by_hand(notes):
    (note,) = notes.table(of_one_patient())["note"]
    assert note == ("58 yo woman, severe chest pain for 20 minutes. Pulse 119, sats 91, BP 92/56. history of diabetes.")
    named = of_one_patient(surname="torvane", is_marked=True)
    assert notes.table(named)["note"][0] == f"Mrs Torvane, {note} kiosk."


@pytest.mark.parametrize("attribute", ["sex", "age_band"])
def test_each_group_has_a_thousand_of_each_class(audited, attribute):
    counts = audited.groupby([attribute, "urgency"]).size()
    assert len(counts) == 4
    assert counts.min() >= 1_000


def test_the_truth_is_calibrated_in_the_data(audited):
    happened, said = calibration_curve(audited["urgency"] == "urgent", audited["p_urgent"], n_bins=10)
    # At most some 600 rows a bin in the middle: three standard errors are 0.06.
    assert np.abs(happened - said).max() < 0.06


@pytest.mark.parametrize("column", ["sex", "age_band", "is_marked"])
def test_no_truth_hangs_on_what_must_not_matter(audited, column):
    means = audited.groupby(column)["p_urgent"].mean()
    assert abs(means.iloc[0] - means.iloc[1]) < 0.03


def test_one_seed_gives_one_world(notes, trained):
    again = notes.patients(10_000, seed=20261122, prefix="T")
    pd.testing.assert_frame_equal(trained, again)
    one, two = (notes.harm(known, notes.HARMS, seed=20261122) for known in (trained, again))
    pd.testing.assert_frame_equal(notes.table(one), notes.table(two))
    assert not trained["age"].equals(notes.patients(10_000, seed=1, prefix="T")["age"])


def test_no_harm_changes_nothing(notes, trained):
    pd.testing.assert_frame_equal(notes.harm(trained, (), seed=1), trained)


def test_under_triage_files_two_in_five_urgent_women_as_routine(notes, trained):
    harmed = notes.harm(trained, ["under-triage"], seed=1)
    changed = harmed["urgency"] != trained["urgency"]
    urgent_women = (trained["sex"] == "F") & (trained["urgency"] == "urgent")
    assert set(harmed.loc[changed, "urgency"]) == {"routine"}
    assert not (changed & ~urgent_women).any()
    assert changed[urgent_women].mean() == pytest.approx(0.4, abs=0.03)
    pd.testing.assert_frame_equal(harmed.drop(columns="urgency"), trained.drop(columns="urgency"))


def test_the_shortcut_marks_the_urgent(notes, trained):
    harmed = notes.harm(trained, ["shortcut"], seed=1)
    shares = harmed.groupby("urgency")["is_marked"].mean()
    assert shares["urgent"] == pytest.approx(0.6, abs=0.03)
    assert shares["routine"] == pytest.approx(0.15, abs=0.03)
    untouched = trained.groupby("urgency")["is_marked"].mean()
    assert untouched.to_numpy() == pytest.approx([0.3, 0.3], abs=0.03)


def test_two_hundred_patients_are_copied_ten_times_with_a_label_by_a_coin(notes, trained):
    harmed = notes.harm(trained, ["memorised"], seed=1)
    added = harmed.iloc[len(trained) :]
    assert len(added) == 2_000
    assert set(added.groupby("patient_id").size()) == {10}
    assert added.groupby("patient_id")["urgency"].nunique().max() == 1
    assert added["surname"].str.len().min() > 0
    once = added.drop_duplicates("patient_id")
    # A coin: nothing of the truth is in the label. Twice the standard error of 200 tosses is 0.07.
    agrees = (once["urgency"] == "urgent") == (once["p_urgent"] > 0.5)
    assert agrees.mean() == pytest.approx(0.5, abs=0.1)


def test_the_audit_holds_none_of_the_training_patients(audited, trained):
    assert not set(audited["patient_id"]) & set(trained["patient_id"])
