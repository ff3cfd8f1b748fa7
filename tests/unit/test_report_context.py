"""The context of the templates: its documentation, its words and what it chooses to show."""

from __future__ import annotations

import dataclasses
import re
import typing
from datetime import date
from pathlib import Path

import pytest

from auditkit.document import Text
from auditkit.finding import ANOTHER_TYPE, Control, Finding, Interval, Measurement, MetricCard
from auditkit.judging import judge
from auditkit.numerals import bound_number, number
from auditkit.policy import Policy, Rule
from auditkit.report import brief_context, context, figures
from auditkit.report.brief_context import Brief
from auditkit.report.cards import card_for, cards_of
from auditkit.report.compose import compose
from auditkit.report.context import ReportContext
from auditkit.report.wording import Wording, visible
from auditkit.result import AuditResult, JudgedPolicy, NotLookedAt
from auditkit.testing.cards import toy_cards
from auditkit.testing.results import measured, toy_result

DOCUMENT = Path(__file__).parents[2] / "docs" / "templates.md"
WORDING = Wording()


def composed(result: AuditResult) -> ReportContext:
    return compose(result, None, Wording.of(result))


def parts_of(kind: type, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Every dataclass that can be reached from one, with its fields."""
    if kind.__name__ in found:
        return found
    found[kind.__name__] = {field.name for field in dataclasses.fields(kind)}
    for hint in typing.get_type_hints(kind).values():
        for part in (hint, *typing.get_args(hint)):
            if dataclasses.is_dataclass(part):
                parts_of(typing.cast("type", part), found)
    return found


def documented() -> dict[str, set[str]]:
    sections = DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]
    return {section.split("\n")[0]: set(re.findall(r"^- `(\w+)`", section, flags=re.MULTILINE)) for section in sections}


def test_documentation_names_exactly_the_fields_of_the_context() -> None:
    assert documented() == parts_of(Brief, parts_of(ReportContext, {}))


def test_documentation_names_every_dataclass_of_the_module() -> None:
    named = vars(context) | vars(brief_context) | vars(figures)
    kinds = [kind for kind in named.values() if dataclasses.is_dataclass(kind)]
    # What several drawings share is documented with each of them.
    shared = {base.__name__ for kind in kinds for base in kind.__mro__[1:]}
    assert set(documented()) == {kind.__name__ for kind in kinds} - shared


def test_rules_are_listed_worst_first_and_page_one_tells_about_three() -> None:
    report = composed(toy_result())
    outcomes = [rule.outcome for rule in report.rules]
    assert outcomes == ["fail", "error", "no_evidence", "inconclusive", "warn", "waived", "not_applicable", "pass"]
    assert [finding.outcome for finding in report.front.worst] == ["fail", "error", "no_evidence"]


def test_page_one_sentence_holds_number_interval_n_and_bound() -> None:
    first = composed(toy_result()).front.worst[0]
    assert first.title == "Equalized odds difference, between the groups of sex"
    measured = "Measured: 0.332, 95% interval 0.142 to 0.510, n = 324. The rule: at most 0.10."
    assert first.sentence == f"{measured} The waiver of R. Okafor expired on 2026-06-30."


def test_counts_on_page_one_add_up_and_are_never_left_out() -> None:
    counts = {count.word: count.number for count in composed(toy_result()).front.checks}
    assert counts == {
        "planned": "5",
        "measured": "2",
        "not applicable": "1",
        "crashed": "1",
        "failed their control": "1",
    }
    calm = tuple(finding for finding in toy_result().findings if finding.check == "performance.overall")
    counts = {count.word: count.number for count in composed(toy_result(findings=calm)).front.checks}
    assert counts["crashed"] == "0"


def test_small_and_withheld_groups_are_listed_on_page_one() -> None:
    listed = composed(toy_result()).front.small_groups
    assert listed == ("site: Zurich, 27 rows", "site: Long Beach, size withheld: fewer than 10 rows, or beside so few")


def test_rows_without_a_target_or_a_group_are_counted_on_page_one() -> None:
    assert composed(toy_result()).front.missing == (
        "Rows without a target: 2 (0.6%); without sex: 4 (1.2%). They take no part in what needs it."
    )


def test_weighted_audit_says_so_on_page_one_and_beside_the_data() -> None:
    toy = toy_result()
    split = toy.data.splits[0].model_copy(update={"weight_sum": 1234.56})
    report = composed(toy_result(data=toy.data.model_copy(update={"weights": "w", "splits": (split,)})))
    assert report.front.scope.endswith("target: num. Rows are weighted by w.")
    assert {fact.term: fact.value for fact in report.data}["Weights"] == "w"
    assert {fact.term: fact.value for fact in report.splits[0].facts}["Sum of the weights"] == "1,234.560"


def test_audit_without_weights_says_that_rows_weigh_the_same() -> None:
    report = composed(toy_result())
    assert "weighted" not in report.front.scope
    assert {fact.term: fact.value for fact in report.data}["Weights"] == "none: every row weighs the same"


def test_waiver_that_no_judgement_names_is_not_in_force_on_page_one() -> None:
    toy = toy_result()
    typo = toy.policy.policy.waivers[0].model_copy(update={"metric": "", "rule": "typo-in-rule", "group": None})
    policy = toy.policy.policy.model_copy(update={"waivers": (*toy.policy.policy.waivers, typo)})
    front = composed(toy_result(policy=toy.policy.model_copy(update={"policy": policy}))).front
    assert [said.partition(":")[0] for said in front.waivers] == ["Equal opportunity difference, sex"]
    assert [said.partition(":")[0] for said in front.waivers_unused] == ["typo-in-rule"]
    assert composed(toy).front.waivers_unused == ()


def test_rows_that_all_have_everything_need_no_line() -> None:
    toy = toy_result()
    split = toy.data.splits[0]
    whole = tuple(one.model_copy(update={"missing": 0}) for one in split.attributes)
    split = split.model_copy(update={"missing_targets": 0, "attributes": whole})
    result = toy_result(data=toy.data.model_copy(update={"splits": (split,)}))
    assert composed(result).front.missing == ""


def test_undefined_and_withheld_rows_say_so_in_words() -> None:
    plots = forests(toy_result())
    by_site = plots["False positive rate (false alarms), by site"]
    said = {row.label: (row.text, row.mark) for row in by_site.rows}
    assert said["Zurich"] == ("undefined, n = 0", "")
    assert "Long Beach" not in said  # named below the plot, where it takes no room
    assert by_site.note == "Withheld: Long Beach."


def silent(check: str, reason: Text) -> Finding:
    words = {"title": Text.of(f"What {check} asks"), "text": Text.of("a question")}
    return Finding(check=check, status="not_applicable", reason=reason, cards=toy_cards("membership_auc"), **words)


def test_what_does_not_apply_is_said_in_one_place() -> None:
    others = Text.of(ANOTHER_TYPE, wanted="Values", given="ClassScores")
    findings = (
        finding(measured("accuracy", 0.5, 90, 0.4, 0.6)),
        silent("other.unasked", Text.of("there is no training split")),
        silent("other.values", others),
    )
    report = composed(toy_result(findings=findings))
    assert [area.title for area in report.areas] == ["Area"]
    assert [check.check for check in report.silent] == ["other.unasked"]
    assert report.silent_note == "Not listed, since they look at other predictions than ClassScores: other.values."


def test_one_reason_for_many_things_is_said_once_on_page_one() -> None:
    result = toy_result()
    what = [NotLookedAt(what=Text.of(name), why=Text.of("no plugin does")) for name in ("privacy", "data quality")]
    both = result.model_copy(update={"not_looked_at": (*what, NotLookedAt(what=Text.of("rest"), why=Text.of("late")))})
    told = [(fact.term, fact.value) for fact in composed(both).front.not_looked_at]
    assert told == [("Privacy; Data quality", "no plugin does"), ("Rest", "late")]


def test_of_many_things_that_one_reason_hides_page_one_names_three_and_counts_the_others() -> None:
    for many, term in ((4, "A; B; C; D"), (6, "A; B; C; 3 more")):
        hidden = tuple(NotLookedAt(what=Text.of(name), why=Text.of("recorded")) for name in "abcdef"[:many])
        front = composed(toy_result().model_copy(update={"not_looked_at": hidden})).front
        assert [(fact.term, fact.value) for fact in front.not_looked_at] == [(term, "recorded")]


def forests(result: AuditResult) -> dict[str, figures.Forest]:
    report = composed(result)
    return {plot.title: plot for area in report.areas for check in area.checks for plot in check.forests}


def finding(*measurements: Measurement) -> Finding:
    title = Text.of("A check")
    return Finding(check="area.check", title=title, text=title, status="measured", measurements=measurements)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.33174, "0.332"),
        (1.0, "1"),
        (0.0, "0"),
        (0.9999, "1.000"),
        (3, "3"),
        (-1234, "\N{MINUS SIGN}1,234"),
        (12_345, "12,345"),
        (1e-9, "< 0.001"),
        (-1e-9, "> \N{MINUS SIGN}0.001"),
        (-0.25, "\N{MINUS SIGN}0.250"),
    ],
)
def test_numbers_have_three_decimals_and_no_false_zero(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1, "0.10"), (0.8, "0.80"), (0.025, "0.025"), (0.0, "0"), (3.0, "3"), (1e-7, "0.0000001"), (1500.5, "1,500.50")],
)
def test_bounds_are_shown_as_they_were_written(value: float, shown: str) -> None:
    assert bound_number(value) == shown


def test_a_text_prints_numbers_as_tables_do_before_and_after_it_was_written() -> None:
    said = Text.of("{low} to {high}, bound {bound:bound}", low=0.0, high=1 / 3, bound=0.1)
    assert str(said) == "0 to 0.333, bound 0.10"
    assert str(Text.from_json(said.to_json())) == str(said)


def test_a_rule_says_its_numbers_as_its_row_in_the_table_does() -> None:
    found = measured("accuracy", 0.0, 90, 0.0, 0.035)
    rule = Rule(metric="accuracy", max=0.05, because="test").identified()
    policy = Policy(rules=(rule,))
    told = finding(found)
    verdict = judge(policy, (told,), (), date(2026, 11, 22))
    judged = JudgedPolicy(policy=policy, digest=policy.digest, source="spec")
    (row,) = composed(toy_result(policy=judged, verdict=verdict, findings=(told,))).rules
    assert (row.value, row.interval) == ("0", "0 to 0.035")
    assert row.reason == "The whole interval, 0 to 0.035, keeps the bound 0.05"


def test_page_one_says_of_a_failed_control_what_was_expected_and_what_to_do() -> None:
    front = composed(toy_result()).front
    (fact,) = front.controls_failed
    assert fact.value == "5 rows written twice; expected: 5 duplicates are found; observed: 4 duplicates"
    assert front.controls_hint == "mend the check, or leave it out"
    (worst,) = [one for one in front.worst if one.outcome == "error"]
    assert (worst.check, worst.hint) == ("data-quality.duplicates", "mend the check, or leave it out")
    assert not [one.hint for one in front.worst if one.outcome == "fail" and one.hint]


def test_a_reason_that_a_rule_quotes_is_not_cut_in_the_middle() -> None:
    rule = Rule(metric="patience", max=0.05, because="test").identified()
    policy = Policy(rules=(rule,))
    words = Text.of("w")
    failed = Control(kind="clean", title=words, expected=words, observed=words, passed=False)
    why = " ".join(f"word{place}" for place in range(60))
    told = Finding(
        check="a.check", title=words, text=words, status="error", controls=(failed,), reason=Text.of("{why}", why=why)
    )
    judged = JudgedPolicy(policy=policy, digest=policy.digest, source="spec")
    verdict = judge(policy, (told,), (), date(2026, 11, 22))
    page = composed(toy_result(policy=judged, verdict=verdict, findings=(told,)))
    assert why in page.front.worst[0].sentence
    assert why in page.rules[0].reason


def test_deceitful_characters_are_spelt_out() -> None:
    assert visible("a\x1b[31mb\u202ec\u200bd\ud800") == "a⟨U+001B⟩[31mb⟨U+202E⟩c⟨U+200B⟩d⟨U+D800⟩"
    assert visible("naïve 女 👩\u200d🔬") == "naïve 女 👩\u200d🔬"


def test_an_endless_label_is_cut_and_says_how_long_it_was() -> None:
    shown = WORDING.label("x" * 5000)
    assert shown == "x" * 120 + "… (5,000 characters)"


def test_translation_reaches_texts_and_leaves_data_alone() -> None:
    french = Wording({"{count} rows of {name}": "{count} lignes de {name}"}.get)  # type: ignore[arg-type]
    assert french.text(Text.of("{count} rows of {name}", count=1200, name="rows")) == "1,200 lignes de rows"


def test_gap_without_a_card_is_explained_by_the_metric_compared() -> None:
    cards = cards_of(toy_result().findings)
    widest, smallest = card_for("accuracy_difference", cards), card_for("accuracy_ratio", cards)
    assert widest is not None
    assert smallest is not None
    assert (widest.title, widest.better) == ("Accuracy: widest gap", "lower")
    assert (smallest.title, smallest.better) == ("Accuracy: smallest against largest", "higher")
    assert widest.asks == "How far apart are the groups? How often is the model right?"
    assert card_for("unheard_of_rate", cards) is None
    assert card_for("unheard_of_difference", cards) is None


def test_metric_without_a_card_is_spelt_out() -> None:
    assert WORDING.metric("unheard_of_rate") == "Unheard of rate"
    assert WORDING.asked("unheard_of_rate") == ""


def test_page_one_asks_what_the_card_asks() -> None:
    first = composed(toy_result()).front.worst[0]
    (card,) = toy_cards("equalized_odds_difference")
    assert first.meaning == card.asks


def stranger(check: str, **fields: str) -> Finding:
    """A finding of somebody else's check, with a card for a metric that auditkit has never heard of."""
    words = {"title": "Patience", "formula": "`calm` / all", "source": "own", "undefined": "", "misleads": "always"}
    card = MetricCard.model_validate({"name": "patience_rate", "better": "target", **words, **fields})
    one = measured("patience_rate", 0.5, 40, 0.3, 0.7)
    return finding(one).model_copy(update={"check": check, "cards": (card,)})


def test_card_of_a_third_party_reaches_plots_and_glossary() -> None:
    report = composed(toy_result(findings=(stranger("manners.patience", asks="How long does it wait?"),)))
    entry = next(entry for entry in report.glossary if entry.metric == "patience_rate")
    assert entry.name == "Patience"
    assert {fact.term: fact.value for fact in entry.facts} == {
        "It asks": "How long does it wait?",
        "Formula": "calm / all",
        "Best": "neither low nor high is better in itself",
        "Misleads": "always",
        "Source": "own",
    }
    assert report.areas[0].checks[0].overall[0].rows[0][0] == "Patience"


def test_where_two_checks_explain_a_metric_the_card_of_the_first_is_printed() -> None:
    both = (stranger("a.patience", title="Patience"), stranger("b.patience", title="Endurance"))
    entries = [entry for entry in composed(toy_result(findings=both)).glossary if entry.metric == "patience_rate"]
    assert [entry.name for entry in entries] == ["Patience"]


def test_long_glossary_is_folded_keeps_what_a_rule_names_and_says_so() -> None:
    many = stranger("area.check")
    cards = tuple(many.cards[0].model_copy(update={"name": f"a_{place:02}"}) for place in range(70))
    report = composed(toy_result(findings=(many.model_copy(update={"cards": cards + toy_cards("roc_auc")}),)))
    shown = [entry.metric for entry in report.glossary]
    assert shown == sorted(shown)
    assert len(shown) == 60
    assert "roc_auc" in shown
    assert report.glossary_note.startswith("60 of 71 metrics are explained here")
    assert composed(toy_result()).glossary_note == ""


def test_interval_that_holds_for_a_family_says_so() -> None:
    interval = Interval(low=0, high=1, level=0.9, method="newcombe", simultaneous=True)
    one = Measurement(metric="x", value=0.5, n=10, interval=interval)
    assert WORDING.method(one) == "Newcombe, simultaneous"


def test_group_left_out_of_a_judged_gap_is_listed_on_page_one() -> None:
    toy = toy_result()
    few = tuple(
        count.model_copy(update={"compared": count.label != "F"}) for count in toy.verdict.judgements[2].worst.compared
    )
    worst = toy.verdict.judgements[2].worst.model_copy(update={"compared": few})
    judgement = toy.verdict.judgements[2].model_copy(update={"worst": worst})
    result = toy_result(verdict=toy.verdict.model_copy(update={"judgements": (judgement,)}))
    assert "sex: F, in Equalized odds difference, n = 42" in composed(result).front.small_groups


def test_failed_controls_come_first_and_the_many_that_passed_are_folded() -> None:
    toy = toy_result()
    failed, passed = toy.findings[0].controls[0], toy.findings[1].controls[0]
    many = finding(measured("accuracy", 0.5, 40, 0, 1)).model_copy(update={"controls": (*[passed] * 9, failed)})
    (section,) = composed(toy_result(findings=(many,))).areas[0].checks
    assert [control.outcome for control in section.controls] == ["error", "pass", "pass"]
    assert len(section.more_controls) == 7
    assert section.controls_note == "Controls: 10; as they should: 9"


def test_what_a_control_expected_and_saw_is_printed_whole() -> None:
    long = Text.of("{all}", all="; ".join(["true_positive_rate: 0.8 (0.711 to 0.867)"] * 6))
    control = toy_result().findings[1].controls[0].model_copy(update={"expected": long, "observed": long})
    one = finding(measured("accuracy", 0.5, 40, 0, 1)).model_copy(update={"controls": (control,)})
    (section,) = composed(toy_result(findings=(one,))).areas[0].checks
    assert section.controls[0].expected == section.controls[0].observed == str(long)
    assert len(str(long)) > 240
