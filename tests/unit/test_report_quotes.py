"""Tables that quote measurements: shown as these are told, and not drawn a second time, unless a rule is about them."""

from __future__ import annotations

from judgements import card

from auditkit.document import Text
from auditkit.finding import WITHHELD, Finding, Interval, Measurement, Quote, Table
from auditkit.policy import Rule
from auditkit.report.families import families_of, unquoted
from auditkit.report.grids import MOST_TWICE, evidence_grid, is_withheld, overall_grid
from auditkit.report.wording import Wording

WORDING = Wording()


def share(label, value, n, **more):
    interval = Interval(low=value - 0.1, high=value + 0.1, level=0.95, method="wilson")
    return Measurement(metric="selection_rate", value=value, n=n, interval=interval, group={"sex": label}, **more)


def withheld(label):
    why = Text.of("withheld")
    return Measurement(
        metric="selection_rate", value=None, n=None, undefined=why, group={"sex": label}, suppressed=True
    )


def finding(measurements, rows, *, prominent=True):
    columns = tuple(Text.of(f"column {place}") for place in range(len(rows[0])))
    table = Table(title=Text.of("a table"), columns=columns, rows=tuple(rows), prominent=prominent)
    words = {"title": Text.of("t"), "text": Text.of("t"), "status": "measured"}
    return Finding(check="a.b", measurements=tuple(measurements), evidence=(table,), **words)


def row(one):
    label = one.group["sex"]
    return (label, *(Quote.of(one, shows) for shows in ("n", "hits", "value", "interval")), Text.of("said"))


def test_cells_are_told_as_the_measurements_are():
    told = [share("F", 0.25, 1200), withheld("X")]
    found = finding(told, [row(one) for one in told])
    grid = evidence_grid(found.evidence[0], found, WORDING)
    assert grid.rows[0] == ("F", "1,200", "300", "0.250", "0.150 to 0.350", "said")
    assert grid.rows[1] == ("X", "withheld", "withheld", "withheld", "withheld", "said")
    assert grid.note.startswith("Rows with numbers withheld: 1 of 2.")
    assert [column.numeric for column in grid.columns] == [False, True, True, True, True, False]
    assert grid.prominent


def test_a_quote_of_nothing_that_was_measured_shows_nothing():
    found = finding([], [("F", Quote(metric="selection_rate", group={"sex": "F"}))])
    assert evidence_grid(found.evidence[0], found, WORDING).rows == (("F", "none"),)


def test_what_a_table_quotes_is_drawn_only_for_a_rule():
    one = share("F", 0.25, 1200)
    other = one.model_copy(update={"metric": "accuracy"})
    found = finding([one, other], [row(one)])
    families = families_of(found, WORDING)
    assert [family.measurements[0].metric for family in unquoted(families, found, ())] == ["accuracy"]
    rule = Rule(id="r", metric="selection_rate", group="sex", min=0.2, because="a test").identified()
    assert [family.measurements[0].metric for family in unquoted(families, found, (rule,))] == [
        "selection_rate",
        "accuracy",
    ]


def test_long_tables_name_rows_that_tell_nothing_below_them():
    told = [share(f"ward {place}", 0.25, 1200) for place in range(16)]
    found = finding([*told, withheld("X")], [*(row(one) for one in told), (*row(withheld("X"))[:-1], WITHHELD)])
    grid = evidence_grid(found.evidence[0], found, WORDING)
    assert len(grid.rows) == 16
    assert grid.note.endswith("Withheld: X.")
    assert grid.note.startswith("Rows with numbers withheld: 1 of 17.")


def test_so_does_a_short_table_of_several_such_rows():
    told, gone = share("F", 0.25, 1200), [withheld(name) for name in "XYZ"]
    rows = [row(told), *((*row(one)[:-1], WITHHELD) for one in gone)]
    found = finding([told, *gone], rows)
    grid = evidence_grid(found.evidence[0], found, WORDING)
    assert len(grid.rows) == 1
    assert grid.note.endswith("Withheld: X; Y; Z.")


def test_a_table_that_tells_nothing_is_named_and_not_shown():
    found = finding([withheld("X")], [(*row(withheld("X"))[:-1], WITHHELD)])
    assert is_withheld(found.evidence[0], found)
    one = share("F", 0.25, 1200)
    both = finding([one, withheld("X")], [row(one), (*row(withheld("X"))[:-1], WITHHELD)])
    assert not is_withheld(both.evidence[0], both)
    assert len(evidence_grid(both.evidence[0], both, WORDING).rows) == 2


def test_a_name_that_stands_in_every_row_is_said_once():
    rows = [(label, "the largest ward", place) for place, label in enumerate("ABC")]
    found = finding([], rows)
    grid = evidence_grid(found.evidence[0], found, WORDING)
    assert [column.title for column in grid.columns] == ["column 0", "column 2"]
    assert grid.rows == (("A", "0"), ("B", "1"), ("C", "2"))
    assert grid.note == "The same in every row, column 1: the largest ward."
    short = finding([], rows[:2])
    assert len(evidence_grid(short.evidence[0], short, WORDING).columns) == 3


def test_a_table_keeps_its_columns_where_all_but_the_first_say_one_thing():
    found = finding([], [(label, "lowest", "highest") for label in "ABC"])
    grid = evidence_grid(found.evidence[0], found, WORDING)
    assert [len(row) for row in grid.rows] == [3, 3, 3]
    assert grid.note == ""


def test_names_of_metrics_are_told_as_people_call_them():
    rows = [("accuracy", "accuracy"), ("selection_rate", "a ward")]
    found = finding([], rows)
    wording = Wording(cards={name: card(name) for name in ("accuracy", "selection_rate")})
    shown = evidence_grid(found.evidence[0], found, wording).rows
    assert shown == ((wording.metric("accuracy"), "accuracy"), (wording.metric("selection_rate"), "a ward"))


def test_a_long_table_is_folded_away_though_it_is_prominent():
    rows = [(f"ward {place}", place) for place in range(17)]
    assert not evidence_grid(finding([], rows).evidence[0], finding([], rows), WORDING).prominent
    assert evidence_grid(finding([], rows[:16]).evidence[0], finding([], rows[:16]), WORDING).prominent


def test_what_is_withheld_undefined_and_absent_reads_differently():
    rows = [("a", 1.5, 2), ("b", WITHHELD, Text.of("undefined")), ("c", None, None)]
    found = finding([], rows)
    assert evidence_grid(found.evidence[0], found, WORDING).rows[1:] == (
        ("b", "withheld", "undefined"),
        ("c", "none", "none"),
    )
    # A row of names and nothing is not one of which something is withheld.
    absent = finding([], [("c", None, None)])
    assert not is_withheld(absent.evidence[0], absent)


def test_of_many_numbers_over_all_rows_those_that_a_table_shows_are_not_shown_twice():
    under = [
        Measurement.share("selection_rate", [True, False], conditions={"corruption": f"noise {place}"})
        for place in range(MOST_TWICE)
    ]
    mean = Measurement.share("selection_rate", [True, True, False])
    found = finding([mean, *under], [(one.conditions["corruption"], Quote.of(one)) for one in under[1:]])
    (grid,) = overall_grid(found, WORDING)
    assert [row[1] for row in grid.rows] == ["3", "2"]
    (short,) = overall_grid(finding([mean, *under[1:]], found.evidence[0].rows), WORDING)
    assert len(short.rows) == MOST_TWICE


def test_plots_by_class_that_differ_in_a_condition_are_told_apart():
    one = share("F", 0.25, 1200).model_copy(update={"group": {}, "label": "telephone"})
    other = one.model_copy(update={"conditions": {"split": "training"}})
    families = families_of(finding([one, other], [("a", "b")]), WORDING)
    assert [family.title for family in families] == [
        "Selection rate, by class",
        "Selection rate, by class, split = training",
    ]


def test_metrics_without_a_number_for_one_reason_share_a_row():
    told = share("F", 0.25, 1200).model_copy(update={"group": {}})
    why = {"value": None, "interval": None, "undefined": Text.of("the attack was confounded")}
    gone = [told.model_copy(update={**why, "metric": name}) for name in ("auc", "advantage", "reach")]
    (grid,) = overall_grid(finding([told, *gone], [("a", "b")]), WORDING)
    assert [row[0] for row in grid.rows] == ["Selection rate", "Auc; Advantage; Reach"]
    assert grid.rows[1][1:] == ("1,200", "undefined", "\N{EN DASH}", "the attack was confounded")
    (short,) = overall_grid(finding([told, *gone[:2]], [("a", "b")]), WORDING)
    assert len(short.rows) == 3
