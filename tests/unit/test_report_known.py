"""What controls expected and saw, and under which conditions: names for people, in English and Chinese."""

from __future__ import annotations

import pytest

from auditkit.document import Text
from auditkit.finding import Finding, Measurement, Table
from auditkit.report.catalogues import translator
from auditkit.report.conditions import FROM_DATA, NAMES, VALUES
from auditkit.report.grids import evidence_grid
from auditkit.report.known import told_of
from auditkit.report.page import wordy
from auditkit.report.wording import Wording
from auditkit.testing.cards import toy_cards

ENGLISH = Wording(cards={card.name: card for card in toy_cards("selection_rate", "accuracy")})
CHINESE = Wording(translator("zh-CN"), "zh-CN")


def seen(*values: float) -> Text:
    said = [Text.of("{value} ({low} to {high})", value=one, low=one - 0.5, high=one + 0.5) for one in values]
    return Text.of("{metric}: {said}", metric="selection_rate", said=Text.joined(said))


def test_a_control_names_a_metric_as_its_card_does() -> None:
    expected = Text.of("{metric} is above {bound:bound}", metric="selection_rate", bound=0.1)
    assert told_of(expected, ENGLISH) == f"{ENGLISH.metric('selection_rate')} is above 0.10"


def test_of_many_values_three_are_said_and_none_twice() -> None:
    name = ENGLISH.metric("selection_rate")
    assert told_of(seen(1, 1), ENGLISH) == f"{name}: 1 (0.500 to 1.500)"
    told = told_of(seen(1, 2, 3, 4, 5), ENGLISH)
    assert told.startswith(f"{name}: 1 (0.500 to 1.500); 2 (")
    assert told.endswith("3 (2.500 to 3.500), and 2 more")


def test_metrics_that_are_joined_are_all_said() -> None:
    one = Text.of("{metric} is above {bound:bound}", metric="accuracy", bound=0.1)
    other = Text.of("{metric} is below {bound:bound}", metric="accuracy", bound=0.9)
    joined = Text.joined([one, other, Text.of("four"), Text.of("five"), Text.of("six")])
    assert told_of(joined, ENGLISH).count(";") == 4


@pytest.mark.parametrize(
    ("name", "value", "english", "chinese"),
    [
        ("method", "occlusion", "method = occlusion", "方法 = 遮挡法"),
        ("word", "noise", "word = noise", "词 = noise"),
        ("corruption", "noise", "corruption = noise", "损坏 = 噪声"),
        (
            "remedy",
            "platt by noise",
            "remedy = platt by noise",
            "补救办法 = Platt\N{FULLWIDTH LEFT PARENTHESIS}按 noise\N{FULLWIDTH RIGHT PARENTHESIS}",
        ),
        ("methods", "occlusion and kernel shap", "methods = occlusion and kernel shap", "方法 = 遮挡法与 KernelShap"),
        (
            "region",
            "row 4, column 2 of 6 x 6",
            "region = row 4, column 2 of 6 x 6",
            "区域 = 6 x 6 格中第 4 行第 2 列",
        ),
        ("strata", "ward", "strata = ward", "分层依据 = ward"),
        ("k", "10", "k = 10", "k = 10"),
    ],
)
def test_conditions_are_said_in_the_language_of_the_page(name: str, value: str, english: str, chinese: str) -> None:
    assert ENGLISH.conditions({name: value}) == [english]
    assert CHINESE.conditions({name: value}) == [chinese]


def test_every_name_of_ours_is_translated() -> None:
    known = CHINESE.translate
    assert not [one for one in (*NAMES, *VALUES) if known(one) == one and one not in ("FGSM", "PGD")]
    assert set(NAMES) >= FROM_DATA - {"items", "strata"}


def table_of(*rows: tuple[object, ...], columns: tuple[str, ...], conditions: dict[str, str]) -> tuple[Finding, Table]:
    table = Table(title=Text.of("A table"), columns=tuple(map(Text.of, columns)), rows=rows)
    measured = Measurement(metric="accuracy", value=0.5, n=40, conditions=conditions)
    return Finding.model_construct(measurements=(measured,), evidence=(table,)), table


def test_a_column_of_methods_is_translated_and_one_of_groups_is_not() -> None:
    finding, table = table_of(
        ("noise", "noise", 1), ("noise", "frost", 2), columns=("kind", "group", "n"), conditions={"corruption": "noise"}
    )
    rows = evidence_grid(table, finding, CHINESE).rows
    assert [row[:2] for row in rows] == [("噪声", "noise"), ("噪声", "frost")]


def test_metrics_of_which_a_table_says_the_same_in_words_share_a_row() -> None:
    finding, table = table_of(
        ("accuracy", "F", "M"), ("selection_rate", "F", "M"), ("accuracy", "M", "F"), columns=("metric", "a", "b"),
        conditions={},
    )  # fmt: skip
    one, other = ENGLISH.metric("accuracy"), ENGLISH.metric("selection_rate")
    assert evidence_grid(table, finding, ENGLISH).rows == ((f"{one}; {other}", "F", "M"), (one, "M", "F"))


def test_a_sentence_among_numbers_may_take_several_lines() -> None:
    assert wordy("the probabilities separate what came true from what did not")
    assert wordy("概率把成真者与未成真者完全分开而没有一条线最有可能")
    assert not wordy("1,215.515 to 1,543.543 mmHg")
    assert not wordy("0.123 至 0.456 mmHg")
