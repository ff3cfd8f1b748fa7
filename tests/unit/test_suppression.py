"""Withholding by hand: who goes, who goes with them, and what a gap may still tell."""

from auditkit.disclosure.suppression import (
    Cell,
    SmallCells,
    find_small_cells,
    suppress,
    suppress_findings,
    suppress_judgements,
    suppress_split,
)
from auditkit.document import Text
from auditkit.finding import WITHHELD, Chart, Finding, GroupCount, Interval, Measurement, Quote, Series, Table
from auditkit.result import Attribute, FileDigest, GroupSize, Judgement, SplitSummary

EVERYBODY: Cell = ()
F: Cell = (("sex", "F"),)
M: Cell = (("sex", "M"),)
X: Cell = (("sex", "X"),)


def rate(metric: str, count: int, n: int, **group: str) -> Measurement:
    return Measurement.rate(metric, count, n, group=group)


def finding(*measurements: Measurement) -> Finding:
    return Finding(
        check="a.b", title=Text.of("t"), text=Text.of("t"), status="measured", measurements=tuple(measurements)
    )


def gap(metric: str, value: float, n: int, parts: dict[str, tuple[int, bool]], *attributes: str) -> Measurement:
    return Measurement(
        metric=metric,
        value=value,
        n=n,
        interval=Interval(low=value - 0.033, high=value + 0.033, level=0.95, method="newcombe"),
        group=dict.fromkeys(attributes or ("sex",), "*"),
        compared=tuple(GroupCount(label=label, n=rows, compared=part) for label, (rows, part) in parts.items()),
    )


def test_one_small_group_takes_its_smallest_sibling_with_it():
    cells = find_small_cells({EVERYBODY: 384, F: 180, M: 200, X: 4}, [])
    assert cells.groups == {X, F}  # 384 - 200 = 184 = F + X: 4 is one of many answers


def test_two_small_groups_that_are_few_together_take_a_third():
    y: Cell = (("sex", "Y"),)
    assert find_small_cells({EVERYBODY: 385, F: 180, M: 200, X: 4, y: 1}, []).groups == {X, y, F}
    assert find_small_cells({EVERYBODY: 394, F: 180, M: 200, X: 6, y: 8}, []).groups == {X, y}


def test_large_groups_are_left_alone():
    assert find_small_cells({EVERYBODY: 20, F: 10, M: 10}, []) == SmallCells(frozenset(), frozenset())


def test_few_positives_withhold_every_rate_but_how_often_the_group_was_chosen():
    sizes = {EVERYBODY: 300, F: 40, M: 160, X: 100}
    found = finding(
        rate("selection_rate", 12, 40, sex="F"),
        rate("accuracy", 30, 40, sex="F"),
        rate("true_positive_rate", 3, 5, sex="F"),
        rate("false_positive_rate", 9, 35, sex="F"),
        rate("true_positive_rate", 20, 60, sex="M"),
        rate("true_positive_rate", 20, 30, sex="X"),
    )
    cells = find_small_cells(sizes, [found])
    assert cells.groups == frozenset()
    assert cells.parts == {F, X}
    (after,) = suppress_findings([found], cells, sizes)
    told = [(m.metric, m.group["sex"]) for m in after.measurements if not m.suppressed]
    assert told == [("selection_rate", "F"), ("true_positive_rate", "M")]
    assert all(m.n is None and m.interval is None for m in after.measurements if m.suppressed)


def test_accuracy_goes_too_because_with_nobody_chosen_it_is_the_number_of_negatives():
    # 0 of 40 chosen and 35 right: the 5 wrong ones are the positives.
    sizes = {EVERYBODY: 240, F: 40, M: 200}
    accuracy = rate("accuracy", 35, 40, sex="F")
    found = finding(accuracy, rate("selection_rate", 0, 40, sex="F"), rate("true_positive_rate", 0, 5, sex="F"))
    assert suppress(accuracy, find_small_cells(sizes, [found]), sizes).suppressed


def test_sizes_in_a_gap_alone_are_small_cells_too():
    sizes = {EVERYBODY: 384, F: 180, M: 200, X: 40}
    found = finding(gap("equalized_odds_difference", 0.2, 300, {"F": (80, True), "M": (90, True), "X": (4, False)}))
    assert find_small_cells(sizes, [found]).parts == {X, F}


def test_gap_with_a_withheld_end_is_told_coarsely_and_without_its_sum():
    # 380 - 200 would be the 180 of F, and 384 - 380 the 4 of X.
    sizes = {EVERYBODY: 384, F: 180, M: 200, X: 4}
    measured = gap(
        "demographic_parity_difference", 0.234567, 380, {"F": (180, True), "M": (200, True), "X": (4, False)}
    )
    told = suppress(measured, find_small_cells(sizes, [finding(measured)]), sizes)
    assert [part.n for part in told.compared] == [None, 200, None]
    assert told.n is None
    # 10 people of 180 are 0.056: steps of 0.1.
    assert told.value == 0.2
    assert told.interval is not None
    assert (told.interval.low, told.interval.high) == (0.2, 0.3)
    assert told.interval.method == "newcombe, in steps of 0.1"


def test_gap_that_one_person_can_move_by_more_than_a_step_is_withheld():
    """Of 60 F nobody is chosen, or one: Cohen's h to a half of M is 1.571 or 1.312, the ratio to .02 of M 0 or .83.

    To the nearest .2, which is told of a difference of shares, these are four other numbers.
    """
    sizes = {EVERYBODY: 264, F: 60, M: 200, X: 4}
    parts = {"F": (60, True), "M": (200, True), "X": (4, False)}
    cells = find_small_cells(sizes, [])
    for metric in (
        "selection_rate_effect_size",
        "demographic_parity_ratio",
        "treatment_equality_ratio",
        "f1_score_difference",
    ):
        assert suppress(gap(metric, 0.4, 260, parts), cells, sizes).suppressed, metric
    assert suppress(gap("demographic_parity_difference", 0.4, 260, parts), cells, sizes).value == 0.4
    all_told = find_small_cells({EVERYBODY: 260, F: 60, M: 200}, [])
    assert suppress(gap("demographic_parity_ratio", 0.4, 260, parts), all_told, sizes).value == 0.4


def test_gap_whose_withheld_end_is_too_small_is_withheld():
    sizes = {EVERYBODY: 244, F: 40, M: 200, X: 4}
    measured = gap("demographic_parity_difference", 0.2, 240, {"F": (40, True), "M": (200, True), "X": (4, False)})
    told = suppress(measured, find_small_cells(sizes, [finding(measured)]), sizes)
    assert told.suppressed
    assert told.value is None


def test_gap_between_groups_that_are_told_stays_as_it_is():
    y: Cell = (("sex", "Y"),)
    sizes = {EVERYBODY: 394, F: 180, M: 200, X: 6, y: 8}
    parts = {"F": (180, True), "M": (200, True), "X": (6, False), "Y": (8, False)}
    measured = gap("demographic_parity_difference", 0.234567, 380, parts)
    told = suppress(measured, find_small_cells(sizes, [finding(measured)]), sizes)
    assert (told.value, told.n) == (0.234567, 380)
    assert [part.n for part in told.compared] == [180, 200, None, None]


def test_gap_of_how_often_stays_exact_beside_withheld_error_rates():
    sizes = {EVERYBODY: 200, F: 40, M: 160}
    parity = gap("demographic_parity_difference", 0.234567, 200, {"F": (40, True), "M": (160, True)})
    odds = gap("equalized_odds_difference", 0.234567, 100, {"F": (35, True), "M": (60, True)})
    found = finding(parity, odds, rate("true_positive_rate", 2, 5, sex="F"))
    cells = find_small_cells(sizes, [found])
    assert suppress(parity, cells, sizes) == parity
    assert suppress(odds, cells, sizes).suppressed


def test_intersections_in_a_gap_follow_the_cells():
    def both(sex: str, race: str) -> Cell:
        return (("race", race), ("sex", sex))

    sizes = {
        EVERYBODY: 344,
        F: 104,
        M: 240,
        (("race", "b"),): 124,
        (("race", "c"),): 220,
        both("F", "b"): 4,
        both("F", "c"): 100,
        both("M", "b"): 120,
        both("M", "c"): 120,
    }
    parts = {"F \N{MULTIPLICATION SIGN} b": (4, False), "F \N{MULTIPLICATION SIGN} c": (100, True)}
    parts |= {"M \N{MULTIPLICATION SIGN} b": (120, True), "M \N{MULTIPLICATION SIGN} c": (120, True)}
    measured = gap("demographic_parity_difference", 0.3, 340, parts, "sex", "race")
    told = suppress(measured, find_small_cells(sizes, [finding(measured)]), sizes)
    # 104 - 100 would be 4, and so would 124 - 120.
    assert [part.n for part in told.compared] == [None, None, None, None]


def test_gap_that_does_not_say_who_took_part_is_withheld_beside_a_withheld_group():
    sizes = {EVERYBODY: 384, F: 180, M: 200, X: 4}
    silent = gap("their_gap", 0.2, 380, {})
    cells = find_small_cells(sizes, [])
    assert suppress(silent, cells, sizes).suppressed
    other = silent.model_copy(update={"group": {"site": "*"}})
    assert suppress(other, cells, sizes) == other


def test_a_bridge_between_two_tables_is_solved_for_and_closed():
    # Every line has two unknowns, and yet rows 1-2 less columns 1-2 leave exactly the bridge (2, 3).
    small = {(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 3), (3, 4), (4, 3), (4, 4)}
    sizes: dict[Cell, int] = {EVERYBODY: 0}
    for row in range(1, 5):
        for column in range(1, 5):
            rows = 6 if (row, column) in small else 50
            sizes[(("a", str(row)), ("b", str(column)))] = rows
            for margin in ((("a", str(row)),), (("b", str(column)),), EVERYBODY):
                sizes[margin] = sizes.get(margin, 0) + rows
    withheld = find_small_cells(sizes, []).groups
    assert len(withheld) > len(small)
    assert len(withheld) < 16


def test_judgement_keeps_its_outcome_and_loses_its_numbers():
    sizes = {EVERYBODY: 384, F: 180, M: 200, X: 4}
    worst = rate("selection_rate", 1, 4, sex="X")
    reason = Text.of("the whole interval, {low} to {high}, is beyond", low=0.0456, high=0.699)
    before = Judgement(rule="r", outcome="fail", worst=worst, check="a.b", reason=reason, listed=(worst,))
    (after,) = suppress_judgements([before], find_small_cells(sizes, []), sizes)
    assert after.outcome == "fail"
    assert after.worst is not None
    assert after.worst.suppressed
    assert after.listed[0].suppressed
    assert b"0.0456" not in after.to_json()


def test_group_sizes_of_every_split_are_withheld_by_their_own_sizes_and_the_audits():
    def split(**rows: int) -> SplitSummary:
        sizes = tuple(GroupSize(label=label, rows=count) for label, count in rows.items())
        return SplitSummary(
            name="training",
            file=FileDigest(name="t", sha256="0" * 64, size=1),
            rows=sum(rows.values()),
            digest="0" * 64,
            keyed=False,
            missing_targets=0,
            attributes=(Attribute(name="sex", groups=sizes, missing=0),),
        )

    def told(found: SplitSummary) -> list[int | None]:
        return [group.rows for group in found.attributes[0].groups]

    none = find_small_cells({}, [])
    assert told(suppress_split(split(F=180, M=200, X=4), none)) == [None, 200, None]
    assert told(suppress_split(split(F=180, M=200), none)) == [180, 200]
    audit = find_small_cells({EVERYBODY: 384, F: 180, M: 200, X: 4}, [])
    assert told(suppress_split(split(F=180, M=200), audit)) == [None, None]


def test_a_class_of_few_people_is_withheld_over_all_rows_too():
    findings = [finding(rate("true_positive_rate", 2, 3), rate("accuracy", 80, 100))]
    sizes = {(): 100}
    (told,) = suppress_findings(findings, find_small_cells(sizes, findings), sizes)
    assert [one.suppressed for one in told.measurements] == [True, False]
    assert told.measurements[0].n is None


def test_an_audit_of_few_rows_is_told_as_a_whole():
    findings = [finding(rate("accuracy", 4, 8))]
    sizes = {(): 8}
    (told,) = suppress_findings(findings, find_small_cells(sizes, findings), sizes)
    assert told.measurements[0].value == 0.5


def test_tables_charts_and_comparisons_do_not_name_a_withheld_group_beside_a_number():
    table = Table(title=Text.of("t"), columns=(Text.of("g"), Text.of("n")), rows=(("X", 2), ("M", 80)))
    line = Chart(
        kind="line",
        title=Text.of("t"),
        x_label=Text.of("x"),
        y_label=Text.of("y"),
        series=(Series(name="X", x=(0.0,), y=(1.0,), n=2), Series(name="M", x=(0.0,), y=(1.0,), n=80)),
    )
    against = Measurement(metric="gap", value=0.5, n=82, group={"sex": "M"}, versus={"sex": "X"})
    found = finding(against).model_copy(update={"evidence": (table, line)})
    sizes = {(): 132, F: 50, M: 80, X: 2}
    (told,) = suppress_findings([found], find_small_cells(sizes, [found]), sizes)
    assert told.evidence[0].rows == (("X", WITHHELD), ("M", 80))
    assert [one.name for one in told.evidence[1].series] == ["M"]
    assert told.measurements[0].suppressed


def test_row_that_rests_on_a_withheld_gap_loses_its_numbers_whoever_it_names():
    """F and M lie furthest apart, and p would tell of X, whose rates are withheld."""
    parts = {"F": (80, True), "M": (90, True), "X": (40, True)}
    effect = gap("true_positive_rate_effect_size", 0.3, 210, parts)
    other = gap("selection_rate_effect_size", 0.3, 420, {"F": (180, True), "M": (200, True), "X": (40, True)})
    rows = (("true_positive_rate", "F", "M", 0.04), ("selection_rate", "F", "M", 0.05))
    rests = ((Quote.of(effect),), (Quote.of(other),))
    words = Text.of("t")
    table = Table(title=words, columns=(words,) * 4, rows=rows, attributes=("sex",), rests_on=rests)
    found = finding(effect, other).model_copy(update={"evidence": (table,)})
    cells = SmallCells(frozenset(), frozenset({X}))
    (told,) = suppress_findings([found], cells, {EVERYBODY: 420, F: 180, M: 200, X: 40})
    assert told.evidence[0].rows == (("true_positive_rate", "F", "M", WITHHELD), ("selection_rate", "F", "M", 0.05))


_CROSSED = (("F", "A", 1), ("F", "B", 50), ("M", "A", 80), ("M", "B", 100))


def test_row_that_quotes_goes_by_what_it_quotes_and_not_by_the_names_in_it():
    """The one X of race A: its own row loses its number, those of its sex and of its race keep theirs."""
    rates = [
        Measurement(metric="selection_rate", value=0.5, n=n, group=group)
        for group, n in (({"sex": "F"}, 51), ({"sex": "M"}, 180), ({"sex": "F", "race": "A"}, 1))
    ]
    words = Text.of("t")
    rows = tuple((one.group["sex"], 7, Text.of("seven"), Quote.of(one), Quote.of(one, "hits")) for one in rates)
    found = finding(*rates).model_copy(update={"evidence": (Table(title=words, columns=(words,) * 5, rows=rows),)})
    cells = {(("race", race), ("sex", sex)): n for sex, race, n in _CROSSED}
    sizes = {(): 231, F: 51, M: 180, (("race", "A"),): 81, (("race", "B"),): 150, **cells}
    (told,) = suppress_findings([found], find_small_cells(sizes, [found]), sizes)
    assert told.evidence[0].rows[:2] == rows[:2]
    assert told.evidence[0].rows[2] == ("F", WITHHELD, WITHHELD, rows[2][3], rows[2][4])
    assert [one.suppressed for one in told.measurements] == [False, False, True]


def test_comparison_with_a_group_whose_errors_alone_are_withheld_is_told_where_it_rests_on_decisions():
    found = finding(
        Measurement(metric="true_positive_rate", value=0.5, n=4, group={"sex": "M"}),
        Measurement(metric="impact_ratio", value=0.5, n=50, group={"sex": "F"}, versus={"sex": "M"}),
        Measurement(metric="other_ratio", value=0.5, n=50, group={"sex": "F"}, versus={"sex": "M"}),
    )
    sizes = {(): 130, F: 50, M: 80}
    (told,) = suppress_findings([found], find_small_cells(sizes, [found]), sizes)
    assert [one.suppressed for one in told.measurements] == [True, False, True]


def test_many_rows_of_few_people_are_few_people():
    few = rate("accuracy", 30, 40, sex="F").model_copy(update={"people": 4})
    many = few.model_copy(update={"people": 40})
    sizes = {EVERYBODY: 300, F: 40, M: 160, X: 100}
    cells = find_small_cells(sizes, [finding(few, rate("accuracy", 90, 160, sex="M"))])
    assert F in cells.parts
    told = suppress(few, cells, sizes)
    assert (told.value, told.n, told.people) == (None, None, None)
    assert not suppress(many, find_small_cells(sizes, [finding(many)]), sizes).suppressed


def test_a_row_that_goes_does_not_say_which_withheld_group_is_the_lowest() -> None:
    few, told = rate("selection_rate", 0, 7, sex="X"), rate("selection_rate", 2, 100, sex="F")
    columns = tuple(Text.of(name) for name in ("equal", "lowest", "highest", "p"))
    rows = (("selection_rate", "X", "F", 0.7), ("true_positive_rate", "F", "M", 0.2))
    table = Table(title=Text.of("t"), columns=columns, rows=rows, attributes=("sex",))
    cells = SmallCells(frozenset({X}), frozenset())
    one = finding(few, told).model_copy(update={"evidence": (table,)})
    (after,) = suppress_findings([one], cells, {EVERYBODY: 207, F: 100, M: 100, X: 7})
    (shown,) = after.evidence
    assert isinstance(shown, Table)
    assert shown.rows == (("selection_rate", WITHHELD, "F", WITHHELD), ("true_positive_rate", "F", "M", 0.2))


def test_it_is_not_told_that_a_withheld_group_is_the_one_that_others_are_held_against() -> None:
    about = Measurement(metric="selection_rate_ratio", value=0.9, n=100, group={"sex": "F"}, versus={"sex": "X"})
    told = suppress(about, SmallCells(frozenset({X}), frozenset()), {EVERYBODY: 107, F: 100, X: 7})
    assert (told.suppressed, told.versus) == (True, None)


def test_that_a_number_of_a_withheld_group_is_absent_is_not_told_either() -> None:
    """Odds are undefined where nobody of the few was chosen."""
    rows = (("X", None, Text.of("undefined")), ("M", None, 80))
    table = Table(title=Text.of("t"), columns=(Text.of("t"),) * 3, rows=rows)
    found = finding(Measurement(metric="m", value=0.5, n=4, group=dict(X))).model_copy(update={"evidence": (table,)})
    sizes = {(): 184, X: 4, M: 180}
    (told,) = suppress_findings([found], find_small_cells(sizes, [found]), sizes)
    assert told.evidence[0].rows[0] == ("X", WITHHELD, WITHHELD)
