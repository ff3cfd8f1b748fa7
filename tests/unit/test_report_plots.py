"""The plots: the order of what they show, names that are too long for them, and their parts on paper."""

from __future__ import annotations

from itertools import count

import pytest
from pydantic import ValidationError

from auditkit.document import Text
from auditkit.finding import Area, Chart, Interval, Measurement, Series
from auditkit.report.curves import draw_curve
from auditkit.report.forests import LABEL_WIDTH, LINE_WIDTH, MOST_ROWS, MOST_ROWS_ON_PAPER, Family, draw_forest, fit
from auditkit.report.page import render_page, unbroken
from auditkit.report.scales import LogScale, Scale
from auditkit.report.wording import Wording
from auditkit.result import Attribute, AuditResult, GroupSize
from auditkit.testing.results import toy_result

WORDING = Wording(attributes=("sex", "age_band", "site"))
AND = " \N{MULTIPLICATION SIGN} "
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunt"


def rate(value: float = 0.5, **group: str) -> Measurement:
    return Measurement(metric="accuracy", value=value, n=100, group=group)


def drawn(*measurements: Measurement, reference: Measurement | None = None, most_rows: int | None = None):
    family = Family("performance.overall", "Accuracy", measurements, reference)
    return list(draw_forest(family, (), WORDING, numbers=count(1), small_below=30, most_rows=most_rows))


def test_a_gap_that_is_told_coarsely_keeps_its_interval():
    about = {"low": 0.0, "high": 0.2, "level": 0.95, "method": "newcombe, in steps of 0.2"}
    (forest,) = drawn(rate(0.0, sex="*").model_copy(update={"n": None, "interval": Interval(**about)}))
    assert forest.rows[0].text == "0 (0 to 0.200), in steps of 0.2"


def test_an_axis_of_nothing_but_zeros_has_ticks_that_differ():
    labels = [label for _, label in Scale.around([0.0, 0.0], left=0, right=100).ticks()]
    assert labels == ["0.00", "0.05", "0.10", "0.15", "0.20"]


def test_between_two_things_that_are_counted_no_tick_stands():
    assert [label for _, label in Scale.around(range(12), left=0, right=100, whole=True).ticks()] == [
        "0",
        "5",
        "10",
        "15",
    ]
    assert [label for _, label in Scale.around(range(3), left=0, right=100, whole=True).ticks()] == ["0", "1", "2"]


def test_a_line_over_time_lies_within_its_band():
    words, x = Text.of("t"), (0.0, 1.0, 2.0)
    band = Area(name="band", x=x, low=(-0.3, -0.2, -0.3), high=(0.4, 0.2, 0.4))
    line = Series(name="bias", x=x, y=(0.01, 0.0, 0.02))
    drawn = draw_curve(
        Chart(kind="line", title=words, x_label=words, y_label=words, series=(line,), areas=(band,)), WORDING, index=1
    )
    assert [tick.label for tick in drawn.x_ticks] == ["0", "1", "2"]
    assert (drawn.y_ticks[0].label, drawn.y_ticks[-1].label) == ("\N{MINUS SIGN}0.4", "0.4")


def test_attributes_stand_in_the_order_of_the_spec_wherever_they_are_named():
    one = rate(age_band="old", sex="F")
    (forest,) = drawn(one)
    assert forest.rows[0].label == "F" + AND + "old"
    assert WORDING.group(one) == "sex: F, age_band: old"
    assert WORDING.members({"age_band": "*", "sex": "*"}) == "between the groups of sex" + AND + "age_band"
    assert WORDING.crossed(("race", "site", "sex", "item.genre")) == AND.join(("sex", "site", "item.genre", "race"))


def shares(*points: tuple[float, float], kind: str = "log_roc") -> Chart:
    words, (x, y) = Text.of("t"), zip(*points, strict=True)
    return Chart(kind=kind, title=words, x_label=words, y_label=words, series=(Series(name="loss", x=x, y=y),))


def test_log_axes_are_equally_long_so_that_guessing_is_the_diagonal():
    drawn = draw_curve(shares((0.02, 0.1), (0.1, 0.1), (1.0, 1.0)), WORDING, index=1)
    assert [tick.label for tick in drawn.x_ticks] == ["2%", "5%", "10%", "20%", "50%", "100%"]
    assert [tick.label for tick in drawn.y_ticks] == [tick.label for tick in drawn.x_ticks]
    assert drawn.diagonal
    places = [tuple(map(float, point.split(","))) for point in drawn.lines[0].points.split()]
    # By hand: ln(0.1 / 0.02) / ln(1 / 0.02) = 0.4114 along an axis of 376 from 52, and of 320 from 330 upwards.
    assert places == [(52.0, 198.3), (206.7, 198.3), (428.0, 10.0)]


def test_log_axes_of_many_decades_are_marked_at_each():
    labels = [label for _, label in LogScale.around([0.00031], left=0, right=100).ticks()]
    assert labels == ["0.1%", "1%", "10%", "100%"]
    assert LogScale.around([0.00031], left=0, right=100).low == pytest.approx(0.0002)
    assert [label for _, label in LogScale.around([1.0], left=0, right=100).ticks()] == ["10%", "20%", "50%", "100%"]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5])
def test_a_chart_on_log_axes_has_no_share_without_a_logarithm(share):
    with pytest.raises(ValidationError, match="log axes hold shares above 0 and up to 1 alone"):
        shares((0.1, share), (1.0, 1.0))
    assert shares((0.1, share), (1.0, 1.0), kind="line").series[0].y[0] == share


def with_attributes(result: AuditResult, *attributes: Attribute, **changes: object) -> AuditResult:
    (audit,) = result.data.splits
    data = result.data.model_copy(update={"splits": (audit.model_copy(update={"attributes": attributes}),)})
    return result.model_copy(update={"data": data, **changes}).sealed()


def test_the_order_is_the_specs_though_canonical_json_sorts_it():
    result = toy_result()
    sex, site = result.data.splits[0].attributes
    rates = next(one for one in result.findings if one.check == "fairness.group-rates")
    gap = Measurement(metric="accuracy_difference", value=0.1, n=90, group={"sex": "*", "site": "*"})
    crossing = rates.model_copy(update={"measurements": (rate(sex="F", site="Zurich"), gap)})
    turned = with_attributes(result, site, sex, findings=(crossing,))
    page = render_page(AuditResult.from_json(turned.to_json()), None).decode()
    assert f", by site{AND}sex" in page
    assert f"Zurich{AND}F" in page
    assert f"sex{AND}site" not in page
    assert f"F{AND}Zurich" not in page


def test_gaps_are_listed_attribute_by_attribute_then_where_they_cross():
    names = [("age_band", "site"), ("site",), ("sex", "site"), ("age_band",), ("sex", "age_band"), ("sex",)]
    (forest,) = drawn(*(rate(**dict.fromkeys(some, "*")) for some in names))
    labels = ["sex", "age_band", "site", f"sex{AND}age_band", f"sex{AND}site", f"age_band{AND}site"]
    assert [row.label for row in forest.rows] == labels


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("F", "under 65"), f"F{AND}under 65"),
        (("F", LONG), f"F{AND}Donaudampfsch…bswerkbauunt"),
        ((LONG, "M"), f"Donaudampfsch…bswerkbauunt{AND}M"),
        ((LONG, LONG), f"Donaud…bauunt{AND}Donauda…bauunt"),
        ((LONG,), "Donaudampfschif…iebswerkbauunt"),
        (("六十岁以上的女性患者六十岁以上的女性患者",), "六十岁以上的女…以上的女性患者"),
    ],
)
def test_a_name_that_is_too_long_is_cut_in_the_middle_and_none_of_its_parts_is_lost(parts, shown):
    found = fit(parts)
    assert len(found) <= LABEL_WIDTH
    assert found == shown


def test_groups_that_differ_in_their_last_attribute_look_different():
    (forest,) = drawn(*(rate(sex=sex, site=LONG) for sex in ("F", "M", "<i>n/a</i>")))
    assert len({row.label for row in forest.rows}) == 3
    assert LONG in forest.description


def test_a_long_plot_comes_in_parts_of_one_scale_on_paper():
    groups = [rate(place / 30, site=f"site {place:02}") for place in range(18)]
    whole = drawn(*groups, reference=rate())
    parts = drawn(*groups, reference=rate(), most_rows=MOST_ROWS_ON_PAPER)
    assert [len(one.rows) for one in whole] == [19]
    assert [len(one.rows) for one in parts] == [10, 9]
    assert [one.title for one in parts] == ["Accuracy, part 1 of 2", "Accuracy, part 2 of 2"]
    assert [row.label for one in parts for row in one.rows] == [row.label for row in whole[0].rows]
    assert parts[0].ticks == parts[1].ticks == whole[0].ticks
    assert [row.mark.split()[0] for one in parts for row in one.rows] == [row.mark.split()[0] for row in whole[0].rows]
    assert len({one.id for one in parts}) == 2


def test_the_longest_plot_has_two_parts():
    folded = drawn(*(rate(site=str(place)) for place in range(60)), reference=rate(), most_rows=MOST_ROWS_ON_PAPER)
    assert sum(len(one.rows) for one in folded) == MOST_ROWS + 1
    assert len(folded) == 2
    assert all("The worst 24 of 60" in one.note for one in folded)


def test_a_word_without_an_end_may_be_broken_in_a_table_on_paper():
    assert unbroken(f"m{AND}{LONG}")
    assert not unbroken("false_negative_rate_difference between groups of many words, none of which is long")
    named = Attribute(name="site", groups=(GroupSize(label=LONG, rows=30),), missing=0)
    result = with_attributes(toy_result(), named)
    paper, screen = (render_page(result, None, paper=paper).decode() for paper in (True, False))
    assert f'<bdi class="unbroken">{LONG}</bdi>' in paper
    assert f"<bdi>{LONG}</bdi>" in screen


def test_a_name_too_long_to_stand_beside_the_numbers_has_a_line_of_its_own():
    name = "Native Hawaiian or other Pacific Islander, not Hispanic"
    groups = [rate(site=name), rate(site="Bern"), rate(site=LONG + LONG)]
    (forest,) = drawn(*groups)
    rows = {row.label: row for row in forest.rows}
    assert name in rows  # in full
    assert rows["Bern"].text_y == rows["Bern"].label_y
    assert float(rows[name].text_y) == float(rows[name].label_y) + 14
    (cut,) = rows.keys() - {name, "Bern"}
    assert len(cut) == LINE_WIDTH
    # No row reaches into the next: its track ends above the next name.
    ends = [float(row.track_y) + float(forest.track) for row in forest.rows]
    tops = [float(row.label_y) - 12 for row in forest.rows[1:]]
    assert all(end < top for end, top in zip(ends, tops, strict=False))
    assert float(forest.axis_y) >= ends[-1]
    # On paper a part has fewer such rows.
    long = [rate(place / 30, site=f"{name}, {place:02}") for place in range(18)]
    assert [len(one.rows) for one in drawn(*long, most_rows=MOST_ROWS_ON_PAPER)] == [9, 9]
