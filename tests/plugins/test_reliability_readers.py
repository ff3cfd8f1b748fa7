"""`reliability.readers`: kappa by hand, the panel by its statistics, what is refused, and a replay."""

from __future__ import annotations

import json

import numpy as np
import pytest

from auditkit import AuditError, ClassScores
from auditkit.checks.asking import ask
from auditkit.statistics import model_against_readers, share_merit
from auditkit.testing import toy_case
from auditkit_reliability.planted_readers import panel
from auditkit_reliability.reading import against_readers, readings

CLASSES = ("no", "yes")

SPEC = """
name = "Readers"
[model]
adapter = "recorded"
[data]
audit = "rows.csv"
target = "ill"
predicted = "p"
readers = ["dr_a", "dr_b"]
positive = "1"
[[checks]]
use = "reliability.readers"
[report]
formats = ["html"]
"""


def case_of(model, readers, targets=None, **about):
    scores = np.column_stack([1 - np.asarray(model), model]).astype(float)
    named = {name: [None if one is None else CLASSES[one] for one in said] for name, said in readers.items()}
    true = None if targets is None else [CLASSES[one] for one in targets]
    return toy_case(ClassScores(CLASSES, scores), true, positive="yes", readers=named, **about)


def value(said, metric, **conditions):
    (one,) = said.of(metric, conditions=conditions)
    return one


def test_kappa_of_a_table_by_hand():
    # 20 both yes, 5 the model alone, 10 the reader alone, 15 neither: (.7 - .5) / .5
    model, reader = np.repeat([1, 1, 0, 0], [20, 5, 10, 15]), np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    said = ask(against_readers, case_of(model, {"dr_a": reader}), {})
    assert value(said, "reader_kappa", reader="dr_a").value == pytest.approx(0.4)
    assert not said.of("panel_kappa")
    assert not said.of("reader_sensitivity")  # no targets


def test_rows_that_a_reader_did_not_read_are_left_out():
    said = ask(against_readers, case_of([1, 0, 1, 0], {"a": [1, 0, None, None], "b": [None] * 4}, [1, 0, 1, 0]), {})
    assert (value(said, "reader_kappa", reader="a").value, value(said, "reader_kappa", reader="a").n) == (1.0, 2)
    assert value(said, "reader_kappa", reader="b").value is None
    assert value(said, "reader_sensitivity", reader="a").n == 1
    assert value(said, "interchange_excess").value is None
    assert "fewer than two such rows" in str(value(said, "sensitivity_against_readers").undefined)


def test_the_panel_is_that_of_the_multi_reader_method():
    said = ask(against_readers, panel("by turns")(np.random.default_rng(0)), {})
    rows = np.arange(240)
    truth = rows // 16 % 2
    ill = truth == 1
    right = [share_merit(np.where(rows % 8 == place, 1 - truth, truth) == 1, ill) for place in range(3)]
    found = model_against_readers(share_merit(rows % 2 == 1, ill), right)
    one = value(said, "sensitivity_against_readers")
    assert (one.value, one.interval.low, one.interval.high) == pytest.approx((found.value, found.low, found.high))
    assert one.value == pytest.approx(0.5 - 0.875)
    assert value(said, "reader_specificity", reader="B").value == pytest.approx(0.875)


def test_ordered_classes_weigh_how_far_readers_are_apart():
    scores = np.eye(3)[[0, 1, 2, 2, 0, 1]]
    near = ["mild", "mild", "severe", "none", "none", "mild"]
    case = toy_case(ClassScores(("none", "mild", "severe"), scores), readers={"a": near})
    plain, squared = (
        value(ask(against_readers, case, {"distance": one}), "reader_kappa", reader="a").value
        for one in ("nominal", "quadratic")
    )
    assert plain == pytest.approx((4 / 6 - 1 / 3) / (2 / 3))
    # Nearness is 1, 3/4 and 0: seen (4 + .75 + 0) / 6; by chance, of columns 2 3 1 against rows 2 2 2,
    # (1.75 x 2 + 2.5 x 3 + 1.75 x 1) x 2 / 36.
    assert squared == pytest.approx((4.75 / 6 - 12.75 * 2 / 36) / (1 - 12.75 * 2 / 36))


def test_a_reading_that_is_no_class_is_refused():
    scores = ClassScores(CLASSES, np.full((2, 2), 0.5))
    with pytest.raises(AuditError, match="holds 'unsure'") as refused:
        toy_case(scores, readers={"dr_a": ["yes", "unsure"]}).compute(readings, reader="dr_a")
    assert 'missing = ["unsure"]' in refused.value.hint
    assert "('no', 'yes')" in refused.value.hint  # readings of 1 and 0 are no missing ones, but spelt otherwise


def test_an_audit_with_readers_from_the_spec_to_the_replay(folder):
    rows = np.arange(120)
    truth = rows // 8 % 2
    said = {place: np.where(rows % 6 == place, 1 - truth, truth) for place in (0, 1, 5)}
    columns = {"ill": truth, "p": said[5], "dr_a": said[0], "dr_b": said[1]}
    folder.write_rows(zip(*(map(str, column.tolist()) for column in columns.values()), strict=True), tuple(columns))
    folder.write("audit.toml", SPEC)
    assert folder.run_here("run", "audit.toml", "--out", "bundle", "--force").code != 2
    finding = json.loads((folder.path / "bundle" / "result.json").read_text())["findings"][0]
    kappas = [one["value"] for one in finding["measurements"] if one["metric"] == "reader_kappa"]
    assert kappas == pytest.approx([1 / 3, 1 / 3], abs=0.01)
    replayed = folder.run_here("replay", "bundle", "--allow-dev-key")
    assert "every number follows from the evidence" in replayed.out
