"""`privacy.personal-data`: rates by hand, leaks of training rows, files, and that nothing found is ever told."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tiny_dicom import dicom

from auditkit import ClassScores, NotApplicable, Texts
from auditkit.checks.asking import ask
from auditkit.files import InputFile
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.personal.proportions import effective_rows, share
from auditkit_privacy.personal.scanning import hits, leaks, new_hits
from auditkit_privacy.personal_data import personal_data

PRIVATE = "zoe.quill@mail.example.org"
PHONE = "+86 139 1234 5678"


def scored(inputs, **about):
    rows = len(inputs)
    return toy_case(ClassScores(("no", "yes"), np.full((rows, 2), 0.5)), inputs=inputs, **about)


def notes(*texts):
    return pd.Series(list(texts), dtype=object)


def value(said, metric, label=None, **conditions):
    (one,) = [m for m in said.of(metric, conditions=conditions) if m.label == label]
    return one


def test_rates_by_hand():
    given = notes(f"{PRIVATE} and {PHONE}", f"again {PRIVATE}, {PRIVATE}", "BP 120/80", "temp 38.4")
    said = ask(personal_data, scored(given), {})
    assert value(said, "personal_data_rate").value == 0.5
    assert value(said, "personal_data_rate", "e-mail address").value == 0.5
    assert value(said, "personal_data_rate", "phone number").value == 0.25
    assert value(said, "personal_data_rate", "IBAN").value == 0.0
    interval = value(said, "personal_data_rate").interval
    assert interval is not None
    exact = stats.binomtest(2, 4).proportion_ci(method="exact")
    assert (interval.low, interval.high) == pytest.approx((exact.low, exact.high))
    table = next(one for one in said if type(one).__name__ == "Table")
    assert [(str(row[0]), row[4], row[5]) for row in table.rows] == [
        ("e-mail address", 3, 750.0),
        ("phone number", 1, 250.0),
    ]


def test_training_rows_are_measured_apart_and_by_no_model():
    case = with_splits(scored(notes("a", "b")), training=scored(notes(PRIVATE, "c", "d", "e")))
    said = ask(personal_data, case, {})
    assert value(said, "personal_data_rate").value == 0.0
    assert value(said, "personal_data_rate", split="training").value == 0.25
    assert value(said, "personal_data_rate", split="training").n == 4


def test_a_leak_is_in_training_and_not_in_the_question():
    asked = notes("who?", f"is it {PHONE}?", "who?", "who?")
    answers = Texts((("ask 139-1234-5678", "no"), ("yes, 13912345678",), (PRIVATE,), ("nobody",)))
    training = toy_case(Texts((("",),)), inputs=notes(f"the son, 13912345678, {PHONE}"))
    said = ask(personal_data, with_splits(toy_case(answers, inputs=asked), training=training), {})
    assert value(said, "new_personal_data_rate").value == 0.5  # rows 0 and 2
    assert value(said, "personal_data_leak_rate").value == 0.25  # row 0: the address of row 2 is in no training row


def test_what_training_answers_hold_is_known_to_the_model_too():
    said_in_training = toy_case(Texts((("",),)), inputs=notes("who?"), truth=Texts(((PRIVATE,),)))
    case = with_splits(toy_case(Texts(((PRIVATE,),)), inputs=notes("who?")), training=said_in_training)
    assert value(ask(personal_data, case, {}), "personal_data_leak_rate").value == 1.0


def test_without_training_rows_a_leak_is_undefined():
    one = value(ask(personal_data, toy_case(Texts((("a",),)), inputs=notes("b")), {}), "personal_data_leak_rate")
    assert one.value is None
    assert "training" in str(one.undefined)


def test_columns_of_tables_say_what_their_numbers_are_and_recorded_answers_are_no_inputs():
    frame = pd.DataFrame({"ssn": ["536904399", "1"], "age": [41, 13812345678], "yhat": [PRIVATE, PRIVATE]})
    case = scored(frame)
    case = replace(case, settings=replace(case.settings, recorded=("yhat",), given=("ssn", "age")))
    said = ask(personal_data, case, {})
    assert value(said, "personal_data_rate", "US social security number").value == 0.5
    assert value(said, "personal_data_rate", "phone number").value == 0.5
    assert value(said, "personal_data_rate", "e-mail address").value == 0.0
    assert (value(said, "direct_identifier_columns").value, value(said, "direct_identifier_columns").n) == (1.0, 2)


def test_dicom_headers_are_counted_by_element(tmp_path):
    import hashlib

    files = []
    for place, named in enumerate(({"PatientName": "QUILL^ZOE"}, {})):
        raw = dicom(np.zeros((4, 4), dtype=np.uint16), **named)
        (tmp_path / f"{place}.dcm").write_bytes(raw)
        files.append(InputFile(tmp_path, f"{place}.dcm", hashlib.sha256(raw).hexdigest()))
    case = scored(pd.Series(files, dtype=object))
    found = hits(case)[:, -1]
    assert found[0] == found[1] + 1


def test_nothing_that_is_found_is_told(caplog):
    caplog.set_level(logging.DEBUG)
    asked, answers = notes(f"{PRIVATE} {PHONE}", "11010519491231002X"), Texts(((PHONE,), (PRIVATE,)))
    case = with_splits(toy_case(answers, inputs=asked), training=toy_case(answers, inputs=asked))
    said = ask(personal_data, case, {})
    told = " ".join([*(reading.to_json().decode() for reading in said), repr(said), caplog.text])
    for secret in ("quill", "1234", "5678", "19491231", "example.org"):
        assert secret not in told
    computed = [case.compute(hits), case.training.compute(hits), case.compute(new_hits), case.compute(leaks)]
    assert all(one.dtype.kind in "bi" for one in computed)  # what goes into store and bundle: counts


def test_numbers_alone_are_nothing_to_scan():
    with pytest.raises(NotApplicable):
        ask(personal_data, scored(np.arange(5)), {})


def test_rows_of_one_unit_tell_less():
    flags = np.array([True, True, False, False] * 5)
    alone, tied = (
        share(scored(np.arange(20)), "x", flags),
        share(scored(np.arange(20), units=np.arange(20) // 2), "x", flags),
    )
    assert (alone.value, tied.value, tied.people) == (0.5, 0.5, 10)
    assert alone.interval is not None
    assert tied.interval is not None
    assert tied.interval.low < alone.interval.low
    # Pairs that are the same throughout count half: n / 2, times the two quantiles of Student, less the lost degree.
    wanted = 20 / 2 * (9 / 10) * (stats.t.ppf(0.975, 19) / stats.t.ppf(0.975, 9)) ** 2
    assert effective_rows(flags, np.arange(20) // 2) == pytest.approx(wanted)
    assert effective_rows(np.zeros(20, dtype=bool), np.arange(20) // 2) == 10


def test_twenty_thousand_cells_are_scanned_once_each_spelling():
    frame = pd.DataFrame({"note": ["temp 38.4 on 2024-03-17, call 202-555-0143"] * 20_000})
    assert hits(scored(frame)).sum() == 20_000
