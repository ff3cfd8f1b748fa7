"""Values held against each other: exactly, but for the last bits, and where they differ."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from auditkit import Chart, Finding, GroupCount, Interval, Measurement, MetricCard, Series, Table, Text
from auditkit.replay.comparing import compare_findings


def measurement(value=0.5, **fields):
    interval = Interval(low=0.1, high=0.9, level=0.95, method="wilson")
    return Measurement(**{"metric": "accuracy", "value": value, "n": 40, "interval": interval, **fields})


def finding(*measurements, **fields):
    return Finding(
        check="a.check",
        title=Text(msgid="t"),
        text=Text(msgid="t"),
        status="measured",
        measurements=measurements,
        **fields,
    )


def compared(signed, recomputed, **how):
    return compare_findings(signed, recomputed, **{"words_count": True, **how})


def places(part):
    return {one.where: (one.signed, one.recomputed) for one in part.differences}


def test_the_same_finding_is_equal_and_its_numbers_are_counted():
    part = compared(finding(measurement()), finding(measurement()))
    assert part.state == "equal"
    assert part.values == 5  # value, n, low, high, level


def test_last_bits_are_told_apart_from_differences():
    close = compared(finding(measurement(0.5)), finding(measurement(0.5 + 1e-12)))
    assert (close.state, close.close) == ("close", 1)
    far = compared(finding(measurement(0.5)), finding(measurement(0.5 + 1e-8)))
    assert places(far) == {"accuracy: value": (0.5, 0.5 + 1e-8)}
    nothing = compared(finding(measurement(0.0, interval=None)), finding(measurement(1e-17, interval=None)))
    assert nothing.state == "close"


def card(tolerance=None, because="", metric="accuracy"):
    return MetricCard(
        name=metric, title="t", formula="f", source="s", better="lower", undefined="u", misleads="m",
        tolerance=tolerance, tolerance_because=because,
    )  # fmt: skip


HIDDEN = {
    "sums": (None, 1e-9),
    "a fit": (1e-6, 1e-6),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_planted_difference_just_above_the_tolerance_is_told_and_one_below_is_not(name):
    tolerance, within = HIDDEN[name]
    cards = (card(tolerance, "Newton's steps end there" if tolerance else ""),)
    above, below = (finding(measurement(0.5 * (1 - within * by)), cards=cards) for by in (1.01, 0.99))
    assert places(compared(finding(measurement()), above)).keys() == {"accuracy: value"}
    part = compared(finding(measurement()), below)
    assert (part.state, part.close) == ("close", 1)
    (told,) = (one for one in part.tolerances if one.metric == "accuracy")
    assert (told.within, told.close) == (within, 1)
    assert 0.98 * within < told.largest < within


def test_a_share_of_counts_agrees_to_the_last_bit_unless_rows_have_weights():
    next_one = finding(measurement(math.nextafter(0.5, 1)), cards=(card(0),))
    assert places(compared(finding(measurement()), next_one)).keys() == {"accuracy: value"}
    assert compared(finding(measurement()), next_one, weighted=True).state == "close"


def test_the_ends_of_the_interval_of_a_share_come_of_functions():
    interval = Interval(low=math.nextafter(0.1, 1), high=0.9, level=0.95, method="wilson")
    part = compared(finding(measurement()), finding(measurement(interval=interval), cards=(card(0),)))
    assert (part.state, part.close) == ("close", 1)
    assert {one.metric: (one.within, one.values) for one in part.tolerances} == {"accuracy": (0, 1), "": (1e-9, 4)}


def test_the_tolerance_is_that_of_the_check_here_and_not_of_the_bundle():
    """A forger who writes a wide tolerance into the signed cards hides nothing in it."""
    forged = finding(measurement(0.5), cards=(card(1e-4, "believe me"),))
    assert compared(forged, finding(measurement(0.5 * (1 + 1e-5)), cards=(card(),))).state == "differs"


def test_a_tolerance_has_a_reason_and_an_end():
    for bad in ({"tolerance": 1e-6}, {"tolerance": 0.01, "because": "wide"}, {"tolerance": -1.0, "because": "odd"}):
        with pytest.raises(ValidationError):
            card(**bad)


def test_a_card_that_says_nothing_of_a_tolerance_is_written_as_ever():
    assert "tolerance" not in card().model_dump_json()


def test_a_count_has_no_last_bits():
    part = compared(finding(measurement(n=10**12)), finding(measurement(n=10**12 + 1)))
    assert places(part) == {"accuracy: n": (10**12, 10**12 + 1)}


CHANGES = {
    "value": (measurement(0.6), {"accuracy: value": (0.5, 0.6)}),
    "interval": (
        measurement(interval=Interval(low=0.2, high=0.9, level=0.95, method="wilson")),
        {"accuracy: interval: low": (0.1, 0.2)},
    ),
    "no interval": (measurement(interval=None), {"accuracy: interval": ("(present)", None)}),
    "undefined": (
        measurement(None, interval=None, undefined=Text(msgid="none were chosen")),
        {
            "accuracy: value": (0.5, None),
            "accuracy: undefined": (None, "none were chosen"),
            "accuracy: interval": ("(present)", None),
        },
    ),
    "direction": (measurement(better="higher"), {"accuracy: better": ("lower", "higher")}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_each_difference_is_named_with_both_values(name):
    changed, wanted = CHANGES[name]
    part = compared(finding(measurement()), finding(changed))
    assert places(part) == wanted
    assert part.state == "differs"


def test_measurements_are_paired_by_what_they_are_about():
    women, men = measurement(0.4, group={"sex": "F"}), measurement(0.6, group={"sex": "M"})
    assert compared(finding(women, men), finding(men, women)).state == "equal"
    part = compared(finding(women, men), finding(men))
    assert places(part) == {"accuracy (sex: F)": ("(present)", "(absent)")}
    assert places(compared(finding(men), finding(men, women))) == {"accuracy (sex: F)": ("(absent)", "(present)")}


def test_sizes_of_groups_tables_and_charts_are_compared():
    parts = [(GroupCount(label="F", n=n, compared=True),) for n in (40, 41)]
    gaps = [finding(measurement(group={"sex": "*"}, compared=part)) for part in parts]
    assert places(compared(*gaps)) == {"accuracy (sex: *): compared, 'F': n": (40, 41)}
    words = Text(msgid="Bins")
    tables = [Table(title=words, columns=(words, words), rows=(("F", cell),)) for cell in (0.25, 0.5)]
    told = compared(*(finding(measurement(), evidence=(table,)) for table in tables))
    assert places(told) == {"table 'Bins': rows, row 'F', entry 2": (0.25, 0.5)}
    lines = [Series(name="yes", x=(0.0, 1.0), y=(0.0, y)) for y in (1.0, 0.9)]
    charts = [Chart(kind="line", title=words, x_label=words, y_label=words, series=(line,)) for line in lines]
    told = compared(*(finding(measurement(), evidence=(chart,)) for chart in charts))
    assert places(told) == {"chart 'Bins': series, 'yes': y, entry 2": (1.0, 0.9)}
    assert compared(finding(measurement(), evidence=(charts[0],)), finding(measurement())).state == "differs"


def test_what_is_withheld_is_counted_and_may_not_be_added_to():
    gone = measurement(None, interval=None, n=None, undefined=Text(msgid="withheld"), suppressed=True)
    part = compared(finding(gone), finding(gone))
    assert (part.state, part.withheld) == ("equal", 1)
    assert compared(finding(gone), finding(measurement())).state == "differs"
    assert compared(finding(gone), finding(measurement()), leniently=True).state == "equal"
    assert compared(finding(measurement()), finding(gone), leniently=True).state == "differs"


def test_words_of_other_code_are_no_difference_of_numbers():
    said = [
        measurement(None, interval=None, undefined=Text.of(words, n=3)) for words in ("there are {n} rows", "{n} rows")
    ]
    assert compared(*map(finding, said)).state == "differs"
    part = compared(*map(finding, said), words_count=False)
    assert (part.state, part.reworded) == ("equal", 1)


def test_other_numbers_in_the_same_sentence_are_a_difference_whoever_words_it():
    said = [measurement(None, interval=None, undefined=Text.of("{n} rows of {who}", n=n, who=f"{n} x")) for n in (3, 4)]
    part = compared(*map(finding, said), words_count=False)
    assert places(part) == {"accuracy: undefined: n": (3, 4)}
    assert part.reworded == 1


def test_another_status_is_a_difference():
    none = Finding(
        check="a.check", title=Text(msgid="t"), text=Text(msgid="t"), status="not_applicable", reason=Text(msgid="no")
    )
    assert "status" in places(compared(finding(measurement()), none))


def test_a_reason_that_was_not_there_is_shown_with_its_words_filled_in():
    reason = Text.of("this needs {name}, which is not installed", name="presidio_analyzer")
    failed = finding(measurement()).model_copy(update={"status": "error", "measurements": (), "reason": reason})
    part = compared(finding(measurement()), failed)
    assert places(part)["reason"] == (None, "this needs presidio_analyzer, which is not installed")
