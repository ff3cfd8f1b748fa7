"""Heat maps, slices, and the numbers of curves: fed by measurements, told in words, hand-worked."""

from __future__ import annotations

import itertools
import re

import pytest
from drawn_reports import charts, drawn_result

from auditkit.finding import Finding, Measurement, Text
from auditkit.policy import Policy
from auditkit.report import render_html
from auditkit.report.curves import MOST_LISTED, draw_curve
from auditkit.report.forests import Family, draw_forest
from auditkit.report.heats import MOST_COLUMNS, MOST_ROWS, depth_of, draw_heat, is_crossing
from auditkit.report.slices import worst_slices
from auditkit.report.wording import Wording
from auditkit.testing.results import measured


def rate(value: float, n: int = 100, **group: str) -> Measurement:
    return measured("accuracy", value, n, value - 0.1, value + 0.1, group=group, better="higher")


def withheld(**group: str) -> Measurement:
    why = Text.of("withheld: fewer than {limit} rows", limit=10)
    return Measurement(
        metric="accuracy", value=None, n=None, undefined=why, suppressed=True, group=group, better="higher"
    )


def crossing(*more: Measurement) -> Family:
    told = (
        rate(0.5, sex="F", ward="A"), rate(0.7, sex="F", ward="B"), rate(0.6, sex="F", ward="C"),
        rate(0.9, sex="M", ward="A"), rate(0.8, 12, sex="M", ward="B"),
    )  # fmt: skip
    return Family("fairness.group-rates", "Accuracy, by sex \N{MULTIPLICATION SIGN} ward", (*told, *more))


@pytest.mark.parametrize(("value", "depth"), [(0.0, 1), (0.19, 1), (0.21, 2), (0.5, 3), (0.61, 4), (0.81, 5), (1.0, 5)])
def test_five_equal_steps_of_colour(value: float, depth: int) -> None:
    assert depth_of(value, 0.0, 1.0) == depth


def test_where_all_are_equal_none_stands_out() -> None:
    assert depth_of(0.4, 0.4, 0.4) == 3


def test_the_attribute_of_fewer_groups_goes_across_and_every_cell_has_its_number() -> None:
    drawn = draw_heat(crossing(withheld(sex="M", ward="C")), Wording(), index=1, small_below=30)
    assert drawn is not None
    assert (drawn.across, drawn.down) == ("sex", "ward")
    assert [one.label for one in drawn.columns] == ["F", "M"]
    assert [one.label for one in drawn.rows] == ["A", "B", "C"]
    assert [one.value for one in drawn.cells] == ["0.500", "0.900", "0.700", "0.800", "0.600", "withheld"]
    assert [one.depth for one in drawn.cells] == ["1", "5", "3", "4", "2", ""]
    assert [one.n for one in drawn.cells][-2:] == ["n = 100", ""]


def test_a_small_group_is_marked_and_the_note_says_so() -> None:
    drawn = draw_heat(crossing(), Wording(), index=1, small_below=30)
    assert drawn is not None
    assert [one.state for one in drawn.cells] == ["plain", "plain", "plain", "small", "plain", "absent"]
    assert drawn.cells[-1].value == "no rows"
    assert "too few rows to be judged" in drawn.note


def test_a_map_tells_every_cell_in_words_and_in_a_table_with_its_interval() -> None:
    drawn = draw_heat(crossing(withheld(sex="M", ward="C")), Wording(), index=1, small_below=30)
    assert drawn is not None
    assert drawn.description.startswith(
        "F \N{MULTIPLICATION SIGN} A: 0.500, n = 100; M \N{MULTIPLICATION SIGN} A: 0.900, n = 100"
    )
    assert drawn.description.endswith("M \N{MULTIPLICATION SIGN} C: withheld")
    assert drawn.table.rows[0][:4] == ("sex: F, ward: A", "100", "0.500", "0.400 to 0.600")
    assert len(drawn.table.rows) == 6


def test_what_does_not_fit_a_page_is_no_map() -> None:
    def grid(columns: int, rows: int) -> Family:
        cells = itertools.product(range(columns), range(rows))
        return Family("c", "t", tuple(rate(0.5, a=f"a{one}", b=f"b{other}") for one, other in cells))

    assert draw_heat(grid(MOST_COLUMNS, MOST_ROWS), Wording(), index=1, small_below=30)
    assert draw_heat(grid(MOST_COLUMNS + 1, MOST_ROWS), Wording(), index=1, small_below=30) is None
    assert draw_heat(grid(2, MOST_ROWS + 1), Wording(), index=1, small_below=30) is None


def test_only_two_attributes_that_cross_make_a_map() -> None:
    assert is_crossing(crossing())
    assert not is_crossing(Family("c", "t", tuple(rate(0.5, sex=one) for one in "FMXYZ")))
    gaps = tuple(rate(0.5, sex="*", ward="*") for _ in range(5))
    assert not is_crossing(Family("c", "t", gaps))


def finding(*measurements: Measurement) -> Finding:
    title = Text.of("Rates")
    return Finding(check="fairness.rates", title=title, text=title, status="measured", measurements=measurements)


SLICED = (
    rate(0.8), rate(0.7, sex="F"), rate(0.9, sex="M"), rate(0.6, ward="A"), rate(0.85, ward="B"), rate(0.82, ward="C"),
    rate(0.3, sex="F", ward="A"), rate(0.75, sex="F", ward="B"), rate(0.1, 12, sex="M", ward="A"),
    withheld(sex="M", ward="B"),
)  # fmt: skip


def test_slices_are_ranked_worst_first_and_leave_small_and_withheld_groups_out() -> None:
    family = worst_slices(finding(*SLICED), Policy(), Wording())
    assert family is not None
    assert [one.value for one in family.measurements] == [0.3, 0.6, 0.7, 0.75, 0.82, 0.85, 0.9]
    assert family.reference is SLICED[0]
    assert "The worst 7 of 7 groups" in family.note


def test_the_worst_of_a_metric_for_which_less_is_better_is_the_highest() -> None:
    turned = [one.model_copy(update={"better": "lower"}) for one in SLICED]
    family = worst_slices(finding(*turned), Policy(), Wording())
    assert family is not None
    assert family.measurements[0].value == 0.9


def test_a_drawn_slice_says_of_which_attributes_it_is() -> None:
    family = worst_slices(finding(*SLICED), Policy(), Wording())
    assert family is not None
    (plot,) = draw_forest(family, (), Wording(), numbers=itertools.count(1), small_below=30)
    assert [row.label for row in plot.rows][:3] == ["All rows", "sex: F \N{MULTIPLICATION SIGN} ward: A", "ward: A"]
    assert "look worse than they are" in plot.note


def test_groups_of_one_attribute_alone_are_no_slices() -> None:
    alone = [rate(one / 10, site=f"s{one}") for one in range(1, 9)]
    assert worst_slices(finding(*alone), Policy(), Wording()) is None


def test_no_slice_is_worst_where_no_direction_is() -> None:
    neither = [one.model_copy(update={"better": None}) for one in SLICED]
    assert worst_slices(finding(*neither), Policy(), Wording()) is None


def test_a_curve_tells_its_ends_and_extremes_in_words() -> None:
    benefit = draw_curve(charts()[2], Wording(), index=1)
    assert (
        "this model (n = 500): from 0.200 at 0.050 to 0.010 at 0.950, 0.010 at its lowest and 0.200 at its highest"
        in benefit.description
    )


def test_a_curve_has_its_numbers_in_a_table_bands_too() -> None:
    drawn = draw_curve(charts()[0], Wording(), index=1)
    assert drawn.table.rows[0] == ("came true (n = 500)", "0.050", "0.100")
    assert drawn.table.rows[-1] == ("95% band", "0.950", "0.800 to 1")
    assert len(drawn.table.rows) == 10
    assert drawn.table.note == ""


def test_a_long_line_is_listed_by_points_that_are_spread_evenly() -> None:
    chart = charts()[2]
    many = chart.series[0].model_copy(
        update={"x": tuple(i / 120 for i in range(121)), "y": tuple(i / 240 for i in range(121))}
    )
    table = draw_curve(chart.model_copy(update={"series": (many,), "areas": ()}), Wording(), index=1).table
    assert len(table.rows) == MOST_LISTED
    assert [row[1] for row in table.rows] == [f"{i / 12:.3f}" if i % 12 else str(i // 12) for i in range(13)]
    assert "13 of 121 points" in table.note


def test_every_drawing_of_a_page_has_a_name_words_and_its_numbers_in_a_table() -> None:
    page = render_html(drawn_result(), None).decode()
    figures = re.findall(r"<figure>.*?</figure>", page, flags=re.DOTALL)
    drawn = [one for one in figures if 'class="fig"' in one]
    for kind in ("plot-", "map-", "curve-"):
        assert any(f'<title id="{kind}' in one for one in drawn)
    for figure in drawn:
        assert re.search(r'<svg [^>]*role="img" aria-labelledby="([\w-]+)-title \1-desc"', figure)
        assert re.search(r"<title [^>]*>[^<]+</title>\s*<desc [^>]*>[^<]+</desc>", figure)
        assert re.search(r"<details>.*<table>.*<th scope=\"row\"", figure, flags=re.DOTALL)


def test_a_chart_of_lines_is_lower_than_one_with_a_diagonal() -> None:
    reliability, roc, lines = (draw_curve(chart, Wording(), index=1) for chart in charts())
    assert (reliability.bottom, roc.bottom, lines.bottom) == ("330.0", "330.0", "230.0")
    assert all(float(tick.at) <= float(lines.bottom) for tick in lines.y_ticks)
    assert float(lines.lines[0].legend_y) > float(lines.label_y) > float(lines.ticks_y) > float(lines.bottom)
