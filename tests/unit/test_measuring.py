"""Running checks in this process: whatever one of them does, the others' findings are there and unchanged."""

from __future__ import annotations

import pickle
import types
from dataclasses import replace

import numpy as np
import pytest

from auditkit import (
    Chart,
    ClassScores,
    Control,
    Measurement,
    NotApplicable,
    Series,
    Table,
    Text,
    Texts,
    check,
    hookimpl,
)
from auditkit.checks import checking
from auditkit.checks.checking import run_checks
from auditkit.checks.events import CheckFinished, CheckStarted
from auditkit.checks.planning import Planned
from auditkit.checks.summaries import group_sizes
from auditkit.errors import words_of
from auditkit.finding import Finding
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.options import validate_options
from auditkit.testing import toy_case

ROWS = 40


def case():
    yes = np.linspace(0.01, 0.99, ROWS)
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), ["no", "yes"] * 20)


def made(name, function, **options):
    function.__doc__ = "A question."
    return check(f"a.{name}", on=ClassScores, **options)(function)


def good(case):
    yield Measurement.share("good", case.predictions.scores[:, 1] > 0.5)


def found(*checks, max_rows=None, lost=None, given=None):
    module = types.ModuleType("toy_plugin")
    module.auditkit_register_checks = hookimpl(lambda: list(checks))
    host = Host([Plugin.of_module(module)])
    plan = tuple(Planned(one, validate_options(one.run, {}, owner=one.id)) for one in checks)
    heard = []
    findings, times = run_checks(host, given or case(), plan, heard.append, lost or {}, max_rows)
    assert [type(event) for event in heard] == [CheckStarted, CheckFinished] * len(checks)
    assert [time.check for time in times] == [one.id for one in checks]
    return findings


def raising(error):
    def raises(_):
        raise error

    return raises


@pytest.mark.parametrize(
    "function",
    [
        raising(ValueError("no")),
        raising(SystemExit(0)),
        raising(MemoryError()),
        raising(RecursionError()),
        lambda _: None,
        lambda _: 3,
        lambda _: [3],
        lambda _: [{"value": 1.0}],
        lambda _: [],
        lambda _: [Measurement(metric="x", value=float("inf"), n=1)],
        lambda _: [Measurement(metric="x", value=1.0, n=2**60)],
        lambda _: [Table(title=Text.of("\ud800"), columns=(), rows=())],
    ],
)
def test_a_check_that_fails_is_an_error_and_the_others_go_on(function):
    first, bad, last = found(made("first", good), made("bad", function), made("last", good))
    assert bad.status == "error"
    assert bad.reason is not None
    assert bad.measurements == ()
    assert bad.to_json()
    assert first.status == last.status == "measured"
    assert first.measurements == last.measurements


def test_a_genuine_interruption_is_passed_on():
    with pytest.raises(KeyboardInterrupt):
        found(made("bad", raising(KeyboardInterrupt())))


def test_a_check_that_does_not_apply_says_why():
    (finding,) = found(made("shy", raising(NotApplicable("no {what}", hint="name it", what="units"))))
    assert finding.status == "not_applicable"
    assert str(finding.reason) == "no units"
    assert finding.hint == "name it"


def test_a_check_for_other_predictions_does_not_apply():
    def read(_):
        """A question about texts."""
        raise AssertionError("it was run")

    (finding,) = found(check("a.read", on=Texts)(read))
    assert finding.status == "not_applicable"
    assert str(finding.reason) == "it looks at Texts, and this model gives ClassScores"


def test_tables_charts_and_controls_are_kept_apart():
    def all_kinds(_):
        yield Measurement.share("x", [True])
        yield Table(title=Text.of("t"), columns=(Text.of("a"),), rows=((1,),))
        line = Series(name="s", x=(0.0, 1.0), y=(0.0, 1.0))
        yield Chart(kind="line", title=Text.of("c"), x_label=Text.of("x"), y_label=Text.of("y"), series=(line,))
        words = Text.of("w")
        yield Control(kind="clean", title=words, expected=words, observed=words, passed=True)

    (finding,) = found(made("all", all_kinds))
    assert [type(one).__name__ for one in finding.evidence] == ["Table", "Chart"]
    assert [one.passed for one in finding.controls] == [True]


def test_a_reading_of_a_checks_own_class_is_kept_as_the_class_that_it_is():
    class MyText(Text):
        tone: str = "grave"

    class MyMeasurement(Measurement):
        extra: int = 1

    class MyTable(Table):
        extra: int = 1

    def own(_):
        yield MyMeasurement(metric="x", value=None, n=0, undefined=MyText.of("none of {n}", n=0))
        yield MyTable(title=Text.of("t"), columns=(MyText.of("a"),), rows=((1,), (2.5,), ("z",), (None,)))

    (finding,) = found(made("own", own))
    assert finding.measurements == (Measurement(metric="x", value=None, n=0, undefined=Text.of("none of {n}", n=0)),)
    assert finding.evidence == (
        Table(title=Text.of("t"), columns=(Text.of("a"),), rows=((1,), (2.5,), ("z",), (None,))),
    )
    # It goes from the worker to its supervisor, and comes back from the evidence store.
    assert pickle.loads(pickle.dumps(finding)) == finding
    assert Finding.from_json(finding.to_json()) == finding


def test_a_reading_that_was_never_validated_is_that_checks_error():
    def unchecked(_):
        yield Measurement.model_construct(metric="x", value=None, n=1, undefined=None)

    bad, last = found(made("bad", unchecked), made("last", good))
    assert (bad.status, last.status) == ("error", "measured")


def test_a_control_alone_is_no_measurement():
    def control(_):
        words = Text.of("w")
        yield Control(kind="clean", title=words, expected=words, observed=words, passed=True)

    (finding,) = found(made("control", control))
    assert finding.status == "error"


def test_above_max_rows_a_check_gets_a_seeded_sample_and_says_so():
    def size(case):
        yield Measurement(metric="rows", value=float(len(case)), n=len(case), exact=True)
        yield Measurement(metric="sum", value=float(case.predictions.scores[:, 1].sum()), n=len(case), exact=True)

    def chunks(case):
        total = case.reduce(len, lambda a, b: a + b, size=7)
        yield Measurement(metric="rows", value=float(total), n=total, exact=True)

    sampled, streamed = found(made("size", size), made("chunks", chunks, streams=True), max_rows=10)
    assert sampled.measurements[0].value == 10
    assert "random sample of 10 of 40 rows" in str(sampled.notes[0])
    assert streamed.measurements[0].value == ROWS
    assert streamed.notes == ()
    again, _ = found(made("size", size), made("chunks", chunks, streams=True), max_rows=10)
    assert again == sampled


def test_a_check_that_streams_sees_all_rows_of_units_and_of_weights():
    def rows(case):
        yield Measurement(metric="rows", value=float(len(case)), n=len(case), exact=True)

    half = ROWS // 2
    for about in ({"units": ["a", "b"] * half}, {"weights": [1.0, 2.0] * half}):
        given = toy_case(case().predictions, ["no", "yes"] * half, **about)
        (finding,) = found(made("rows", rows, streams=True), given=given, max_rows=10)
        assert finding.measurements[0].value == ROWS


@pytest.mark.parametrize(("rows", "size"), [(5, 5), (65_536, 3), (200_000, 1), (200_000, 199_999), (131_072, 70_000)])
def test_a_sample_is_drawn_piece_after_piece(rows, size):
    chosen = checking._sample(rows, size, np.random.default_rng(1))
    assert len(chosen) == size
    assert np.all(np.diff(chosen) > 0)
    assert chosen[0] >= 0
    assert chosen[-1] < rows


def test_every_piece_has_its_share_of_a_sample():
    draws = [checking._sample(3 * 65_536, 3000, np.random.default_rng(seed)) for seed in range(40)]
    shares = np.mean([np.bincount(chosen // 65_536, minlength=3) for chosen in draws], axis=0)
    assert shares == pytest.approx([1000, 1000, 1000], abs=20)  # four standard errors are 16


def test_a_check_that_killed_its_process_is_not_run_again():
    lost, after = found(
        made("killer", raising(AssertionError("it was run again"))),
        made("after", good),
        lost={0: found(made("killer", raising(ValueError("killed"))))[0]},
    )
    assert str(lost.reason).startswith("ValueError in test_measuring.py, line ")
    assert after.status == "measured"


def test_an_error_is_not_kept_so_that_a_mended_check_runs():
    given = case()
    state = {"broken": True}

    def mended(_):
        if state["broken"]:
            raise ValueError("broken")
        yield Measurement.share("x", [True])

    one = made("mended", mended)
    assert found(one, given=given)[0].status == "error"
    state["broken"] = False
    assert found(one, given=replace(given, _kept={}))[0].status == "measured"


def test_the_words_of_an_exception_can_always_be_written_down():
    class MuteError(Exception):
        def __str__(self):
            raise ValueError("no words")

    assert words_of(MuteError()) == "it cannot say what went wrong"
    assert words_of(ValueError("x" * 10_000)) == "x" * 500
    words_of(ValueError("\ud800")).encode()


def test_many_rows_of_few_patients_make_a_small_cell():
    scores = ClassScores(("no", "yes"), np.tile([[0.2, 0.8]], (60, 1)))
    patients = [f"p{row}" for row in range(40)] + ["q1"] * 20
    case = toy_case(scores, ["yes"] * 60, {"sex": ["f"] * 40 + ["m"] * 20}, positive="yes", units=patients)
    assert group_sizes(case, []) == {(): 60, (("sex", "f"),): 40, (("sex", "m"),): 1}
