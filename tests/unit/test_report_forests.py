"""Plots of groups in the report: what is drawn, what is folded away, and where a rule's bound lies."""

from __future__ import annotations

import pytest

from auditkit.document import Text
from auditkit.finding import Finding, Measurement
from auditkit.policy import Rule
from auditkit.report import figures
from auditkit.report.bounds import speaks_about
from auditkit.report.compose import compose
from auditkit.report.context import ReportContext
from auditkit.report.scales import Scale
from auditkit.report.wording import Wording
from auditkit.result import AuditResult
from auditkit.testing.results import measured, toy_result


def composed(result: AuditResult) -> ReportContext:
    return compose(result, None, Wording.of(result))


def withheld(**group: str) -> Measurement:
    few = Text.of("too few")
    return Measurement(metric="precision", value=None, n=None, undefined=few, group=group, suppressed=True)


def test_many_withheld_groups_are_counted_and_a_plot_of_nothing_else_is_not_drawn() -> None:
    some = [measured("precision", 0.5, 90, 0.4, 0.6, group={"site": "A"})]
    some += [withheld(site=f"S{place:02}") for place in range(14)]
    whole = [withheld(sex="F"), withheld(sex="M")]
    (section,) = composed(toy_result(findings=(finding(*some, *whole),))).areas[0].checks
    (plot,) = section.forests
    named = "; ".join(f"S{place:02}" for place in range(12))
    assert plot.note == f"Withheld: {named}; and 2 more."
    assert [row.label for row in plot.rows] == ["A"]
    assert section.withheld == "Withheld for every group: Precision, by sex."


def undefined(metric: str, **group: str) -> Measurement:
    return Measurement(metric=metric, value=None, n=0, undefined=Text.of("one group is left"), group=group)


def test_a_plot_of_nothing_but_the_undefined_is_named_with_its_reason_and_drawn_for_a_rule_alone() -> None:
    gaps = [undefined("accuracy_difference", sex="*"), undefined("accuracy_difference", site="*")]
    found = finding(
        *gaps, undefined("precision", sex="F"), measured("precision", 0.5, 90, 0.4, 0.6, group={"sex": "M"})
    )
    (section,) = composed(toy_result(findings=(found,))).areas[0].checks
    assert [plot.machine for plot in section.forests] == ["precision"]
    assert section.withheld == "Undefined for every group: Accuracy difference, by attribute. One group is left."


def test_of_many_plots_that_are_withheld_the_first_are_named() -> None:
    whole = [withheld(**{f"attribute{place}": "F"}) for place in range(7)]
    (section,) = composed(toy_result(findings=(finding(*whole),))).areas[0].checks
    assert section.withheld.endswith("Precision, by attribute3; and 3 more.")


def test_plots_of_crossed_attributes_are_folded_away_unless_a_rule_is_about_them() -> None:
    one, other = {"sex": "F", "site": "A"}, {"sex": "*", "site": "*"}
    parts = [
        measured("precision", 0.5, 90, 0.4, 0.6, group={"sex": "F"}),
        measured("precision", 0.5, 90, 0.4, 0.6, group=one),
        measured("equalized_odds_difference", 0.3, 90, 0.2, 0.4, group={"sex": "*"}),
        measured("accuracy_difference", 0.3, 90, 0.2, 0.4, group=other),
    ]
    (section,) = composed(toy_result(findings=(finding(*parts),))).areas[0].checks
    assert [plot.machine for plot in section.forests] == ["precision", "equalized_odds_difference"]
    assert [plot.machine for plot in section.more_forests] == ["precision", "accuracy_difference"]
    assert section.more_note == "More plots, which no rule is about: 2"
    (printed,) = on_paper(toy_result(findings=(finding(*parts),))).areas[0].checks
    assert (len(printed.forests), printed.more_forests) == (2, ())
    assert printed.more_note.startswith("Drawn in report.html and not here")
    assert "Precision, by sex \N{MULTIPLICATION SIGN} site; " in printed.more_note


def test_small_group_is_drawn_and_named_as_such() -> None:
    rows = forests(toy_result())["Selection rate, by site"].rows
    zurich = next(row for row in rows if row.label == "Zurich")
    assert zurich.state == "small"
    assert zurich.text == "0.741 (0.553 to 0.868), n = 27, small"


def test_bound_is_drawn_only_where_a_rule_speaks() -> None:
    chance = forests(toy_result())["Equal opportunity difference, by attribute"]
    assert {row.label: [line.label for line in row.bounds] for row in chance.rows} == {
        "sex": ["rule: at most 0.05"],
        "site": [],
    }


def test_long_families_are_folded_to_the_worst_and_say_how_many_there_are() -> None:
    groups = [measured("selection_rate", i / 100, 40, 0, 1, group={"code": f"{i:02}"}) for i in range(60)]
    plot = forests(toy_result(findings=(finding(*groups),)))["Selection rate, by code"]
    assert [row.label for row in plot.rows[:2]] == ["59", "58"]
    assert plot.note == "The worst 24 of 60 are shown; all stand in the embedded result."


def on_paper(result: AuditResult) -> ReportContext:
    return compose(result, None, Wording.of(result), paper=True)


def forests(result: AuditResult) -> dict[str, figures.Forest]:
    report = composed(result)
    return {plot.title: plot for area in report.areas for check in area.checks for plot in check.forests}


def finding(*measurements: Measurement) -> Finding:
    title = Text.of("A check")
    return Finding(check="area.check", title=title, text=title, status="measured", measurements=measurements)


def test_axis_starts_at_zero_and_ends_round() -> None:
    scale = Scale.around([0.142, 0.51], left=0, right=100)
    assert (scale.low, scale.high) == (0, pytest.approx(0.6))
    assert [label for _, label in scale.ticks()] == ["0.0", "0.2", "0.4", "0.6"]


def test_axis_of_equal_zeros_still_has_a_length() -> None:
    scale = Scale.around([0.0], left=0, right=100)
    assert scale.low < scale.high
    assert scale.at(0.0) == 0


@pytest.mark.parametrize(
    ("rule", "group", "expected"),
    [
        ({}, {}, True),
        ({}, {"sex": "*"}, True),
        ({}, {"sex": "F"}, False),
        ({"group": "sex"}, {"sex": "F"}, True),
        ({"group": "sex"}, {"sex": "*"}, True),
        ({"group": "sex"}, {"site": "*"}, False),
        ({"group": "any"}, {"site": "A"}, True),
        ({"group": ("sex", "site")}, {"sex": "F", "site": "A"}, True),
        ({"check": "performance"}, {}, False),
    ],
)
def test_rule_speaks_about_what_the_contract_says(rule: dict[str, str], group: dict[str, str], expected: bool) -> None:  # noqa: FBT001  a table of cases
    bound = Rule.model_validate({"metric": "accuracy", "max": 1, "because": "test", **rule})
    one = Measurement(metric="accuracy", value=0.5, n=10, group=group)
    assert speaks_about(bound, one, "fairness.group-rates") is expected


def test_a_plot_that_a_rule_is_about_is_never_folded_away() -> None:
    many = [measured("precision", 0.5, 90, 0.4, 0.6, group={f"attribute {place}": "x"}) for place in range(60)]
    judged = measured("equalized_odds_difference", 0.3, 90, 0.2, 0.4, group={"sex": "*"})
    (section,) = composed(toy_result(findings=(finding(*many, judged),))).areas[0].checks
    slices = [plot for plot in section.forests if plot.title == "Precision: where it is worst"]
    assert len(section.forests) == 12 + 1 + len(slices)
    assert len(section.forests) + len(section.more_forests) == 36 + len(slices)
    assert "Equalized odds difference, by attribute" in {plot.title for plot in section.forests}
