"""Examples in the report: escaped, marked without colour, told in a table too; and the questions in plain words."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from pydantic import ValidationError

from auditkit import ClassScores, Passage, Piece, Pixels, Squares, Text, check
from auditkit.checks.checking import run_check
from auditkit.checks.planning import Planned
from auditkit.disclosure.smallcells import find_small_cells
from auditkit.disclosure.suppression import suppress_findings
from auditkit.document import canonical_json
from auditkit.finding import ANOTHER_TYPE, Finding, Measurement
from auditkit.report import render_html
from auditkit.report.compose import compose
from auditkit.report.examples import draw_example, png
from auditkit.report.wording import Wording
from auditkit.result import AuditResult
from auditkit.testing import toy_case
from auditkit.testing.results import measured, toy_result

ABOUT = {"answer": Text.of("it says yes"), "method": Text.of("occlusion"), "trust": Text.of("tested")}
HOSTILE = ("</p><script>alert(1)</script>", "\u202egnp.exe\u202c", "\x00\x1b[31m", "\u200b", "{{ 7 * 7 }}", "<b>")


def passage(*pieces: Piece, relied: bool = True, made_up: bool = False) -> Passage:
    return Passage(title=Text.of("Example 1"), pieces=pieces, relied=relied, made_up=made_up, **ABOUT)


def squares(*adds: float, picture: Pixels | None = None) -> Squares:
    side = round(len(adds) ** 0.5)
    return Squares(
        title=Text.of("Example 1"), side=side, adds=adds, picture=picture, relied=True, made_up=False, **ABOUT
    )


def finding(*evidence, check="explainability.examples", measurements=()) -> Finding:
    title = Text.of("Examples")
    return Finding(
        check=check, title=title, text=title, status="measured", evidence=evidence, measurements=measurements
    )


def result_with(*findings: Finding) -> AuditResult:
    return toy_result(findings=(*toy_result().findings, *findings))


def page(*findings: Finding) -> str:
    text = render_html(result_with(*findings), None).decode()
    return re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL)


def pixels(height: int = 3, width: int = 2) -> Pixels:
    rgb = np.arange(height * width * 3, dtype=np.uint8).tobytes()
    return Pixels(width=width, height=height, rgb=base64.b64encode(rgb).decode())


def test_a_finding_with_examples_is_written_and_read_again() -> None:
    one = finding(passage(Piece(says="a", adds=1.0), Piece(says="b")), squares(1.0, picture=pixels(1, 1)))
    assert Finding.from_json(one.to_json()) == one
    assert canonical_json(one.model_dump(mode="json"))


def test_words_have_marks_and_lines_of_their_sign_and_no_need_of_colour() -> None:
    shown = draw_example(
        passage(
            Piece(says="most", adds=1.0),
            Piece(says="less", adds=-0.3),
            Piece(says="hardly", adds=0.04),
            Piece(says=","),
        ),
        Wording(),
        index=1,
    )
    assert [(one.sign, one.depth, one.mark) for one in shown.words] == [
        ("for", "4", "+"), ("against", "2", "\N{MINUS SIGN}"), ("none", "", ""), ("none", "", ""),
    ]  # fmt: skip
    assert shown.description == "Speaks for the answer, the strongest first: most. Speaks against it: less."
    assert [row[0] for row in shown.table.rows] == ["most", "less", "hardly"]
    text = page(finding(passage(Piece(says="most", adds=1.0), Piece(says="less", adds=-0.3))))
    assert 'most<span class="sign">+</span>' in text
    assert 'less<span class="sign">\N{MINUS SIGN}</span>' in text
    assert "Speaks against it: less" in text
    style = render_html(result_with(), None).decode()
    assert ".for { border-bottom-style: solid; } .against { border-top-style: dashed; }" in style


def test_columns_stand_beside_what_the_row_holds() -> None:
    shown = draw_example(
        passage(Piece(says="age", adds=0.5, value=Text.of("not shown")), Piece(says="dose", adds=-1.0, value="3")),
        Wording(),
        index=1,
    )
    assert [(one.says, one.value, one.mark) for one in shown.columns] == [
        ("age", "not shown", "+"), ("dose", "3", "\N{MINUS SIGN}"),
    ]  # fmt: skip
    assert shown.words == ()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_of_a_row_are_never_markup_and_never_turn_the_page_round(hostile) -> None:
    text = page(finding(passage(Piece(says=hostile, adds=1.0), Piece(says="b", adds=-1.0, value=hostile))))
    assert "<script>alert" not in text
    assert "49" not in re.findall(r"<bdi>\s*(\d+)\s*</bdi>", text)
    assert not set(text) & set("\u202e\u202c\x00\x1b\u200b")


def test_what_failed_its_tests_says_so_beside_the_example() -> None:
    text = page(finding(passage(Piece(says="a", adds=1.0), relied=False)))
    assert "Do not rely on this: tested" in text
    assert "Do not rely on this" not in page(finding(passage(Piece(says="a", adds=1.0))))


def test_a_square_that_speaks_against_has_a_minus() -> None:
    shown = draw_example(squares(1.0, -1.0, 0.0, 0.3), Wording(), index=1)
    assert "written in a picture is not recognised" in shown.origin
    assert [one.sign for one in shown.squares] == ["for", "against", "none", "for"]
    plus, minus, none, _ = (one.mark for one in shown.squares)
    assert "v" in plus
    assert "v" not in minus
    assert none == ""
    assert "row 1, column 1" in shown.description
    assert "<desc" in page(finding(squares(1.0)))


def test_a_picture_is_made_of_its_pixels_alone() -> None:
    from PIL import Image

    given = pixels()
    address = png(given)
    raw = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    image = Image.open(io.BytesIO(raw))
    assert image.size == (2, 3)
    assert image.info == {}
    assert image.tobytes() == given.content
    assert png(given) == address


def test_a_large_picture_is_stored_in_several_blocks() -> None:
    from PIL import Image

    raw = base64.b64decode(png(pixels(96, 96)).partition(",")[2])
    assert Image.open(io.BytesIO(raw)).tobytes() == pixels(96, 96).content


def test_images_are_let_in_only_where_some_are_shown() -> None:
    assert "img-src" not in page(finding(squares(1.0)))
    assert "img-src data:;" in page(finding(squares(1.0, picture=pixels())))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Pixels(width=2, height=2, rgb="AAAA"),
        lambda: Pixels(width=1, height=1, rgb="not base64"),
        lambda: Pixels(width=97, height=1, rgb="AAAA"),
        lambda: squares(1.0, 2.0, 0.0, 0.0),
        lambda: Squares(title=Text.of("x"), side=2, adds=(1.0,), relied=True, made_up=True, **ABOUT),
        lambda: Piece(says="x" * 901),
        lambda: Piece(says="x", adds=1.5),
        passage,
    ],
)
def test_what_cannot_be_drawn_is_no_example(wrong) -> None:
    with pytest.raises(ValidationError):
        wrong()


def test_suppression_leaves_released_examples_as_they_are() -> None:
    one = finding(passage(Piece(says="F", adds=1.0)))
    cells = {(): 100, (("sex", "F"),): 2, (("sex", "M"),): 98}
    assert suppress_findings((one,), find_small_cells(cells, (one,)), cells)[0].evidence == one.evidence


def yielding(*, made_up: bool):
    @check("toy.examples", on=ClassScores)
    def shows(_):
        """Shows what it must not."""
        yield passage(Piece(says="a row", adds=1.0), made_up=made_up)

    return shows


class Offering:
    def owner_of(self, _):
        return self

    digest = "0"
    plugins = ()


@pytest.mark.parametrize(
    ("setting", "made_up", "status"),
    [
        ("none", False, "error"),
        ("none", True, "error"),
        ("synthetic", False, "error"),
        ("synthetic", True, "measured"),
        ("released", False, "measured"),
    ],
)
def test_no_check_shows_what_the_spec_does_not_release(setting, made_up, status) -> None:
    case = toy_case(ClassScores(("no", "yes"), np.array([[0.4, 0.6]])), examples=setting)
    answer = run_check(Offering(), case, Planned(yielding(made_up=made_up), {}), None)
    assert answer.finding.status == status
    assert bool(answer.finding.evidence) == (status == "measured")


def plain(*findings: Finding):
    result = result_with(*findings)
    return {one.question: one for one in compose(result, None, Wording.of(result)).plain}


def reliance(*measurements: Measurement) -> Finding:
    return finding(check="explainability.reliance", measurements=measurements)


WHO, BELIEF, DRIVES = "Did it decide on who I am?", "May its explanations be believed?", "What drives its answers?"


def test_what_was_not_measured_is_said_to_be_so() -> None:
    for one in plain().values():
        assert one.sentences == ()
        assert one.unmeasured == "Not measured: the audit did not ask."
    title = Text.of("x")
    refused = Finding(
        check="explainability.reliance", title=title, text=title, status="not_applicable", reason=Text.of("no texts")
    )
    assert plain(refused)[WHO].unmeasured == "Not measured: no texts."


def test_why_nothing_was_measured_is_told_without_the_names_of_types() -> None:
    title = Text.of("x")
    other = Text.of(ANOTHER_TYPE, wanted="ClassScores", given="Rankings")
    factors = Text.of("the model is not {capability}: {why}", capability="RanksHistories", why="it holds factors")
    about = {"title": title, "text": title, "status": "not_applicable"}
    shortcuts = Finding(check="explainability.shortcuts", reason=other, **about)
    assert plain(shortcuts)[DRIVES].unmeasured == "Not measured: no check of this looks at what such a model answers."
    histories = Finding(check="explainability.histories", reason=factors, **about)
    assert plain(shortcuts, histories)[DRIVES].unmeasured == "Not measured: it holds factors."


def test_who_somebody_is_is_told_from_the_interval() -> None:
    about = {"conditions": {"attribute": "sex"}}
    (yes,) = plain(reliance(measured("protected_excess_effect", 0.12, 90, 0.08, 0.16, **about)))[WHO].sentences
    assert yes.startswith("Yes, on sex: ")
    assert "by 0.120 more" in yes
    assert "(0.080 to 0.160; 90 records)" in yes
    (hardly,) = plain(reliance(measured("protected_excess_effect", 0.0004, 90, 0.0001, 0.0007, **about)))[WHO].sentences
    assert hardly.startswith("By next to nothing, on sex: ")
    (no,) = plain(reliance(measured("protected_excess_effect", 0.02, 90, -0.01, 0.05, **about)))[WHO].sentences
    assert no.startswith("Not shown for sex: ")
    assert "no proof" in no


@pytest.mark.parametrize("low", [0.2, -0.2])
def test_attention_is_not_told_of_without_its_caveat(low) -> None:
    about = {"conditions": {"method": "attention"}}
    fits = measured("faithfulness_over_random", 0.3, 90, low, 0.4, **about)
    follows = measured("randomisation_entropy_rise", 0.3, 90, low, 0.4, **about)
    said = plain(
        finding(check="explainability.faithfulness", measurements=(fits,)),
        finding(check="explainability.randomisation", measurements=(follows,)),
    )[BELIEF].sentences
    assert said
    assert all("attention, which is no explanation (Jain and Wallace 2019)," in one for one in said)


def test_a_suppressed_number_is_told_by_nobody() -> None:
    gone = Measurement(
        metric="protected_excess_effect", value=None, n=None, undefined=Text.of("withheld"), suppressed=True,
        conditions={"attribute": "sex"},
    )  # fmt: skip
    assert plain(reliance(gone))[WHO].unmeasured == "Not measured: there are too few records to tell."


def test_an_explanation_no_better_than_chance_is_not_to_be_relied_on() -> None:
    metric = "faithfulness_over_random"
    said = plain(
        finding(
            check="explainability.faithfulness",
            measurements=(
                measured(metric, 0.01, 90, -0.02, 0.04, conditions={"method": "occlusion"}),
                measured(metric, 0.3, 90, 0.2, 0.4, conditions={"method": "kernel shap"}),
            ),
        )
    )[BELIEF].sentences
    assert said[0].startswith("Explanations by kernel shap name what the answer hangs on")
    assert said[1].startswith("Do not rely on explanations by occlusion")


def of_random_models(*measurements: Measurement) -> Finding:
    return finding(check="explainability.randomisation", measurements=measurements)


def test_an_explanation_that_does_not_follow_the_model_is_not_to_be_relied_on_however_it_does_elsewhere() -> None:
    fits = measured("faithfulness_over_random", 0.3, 90, 0.2, 0.4, conditions={"method": "occlusion"})
    metric = "randomisation_entropy_rise"
    still = measured(metric, 0.01, 90, -0.02, 0.04, conditions={"method": "occlusion"})
    rises = measured(metric, 0.5, 90, 0.3, 0.7, conditions={"method": "integrated gradients"})
    compared = measured(metric, 0.0, 90, -0.1, 0.1, conditions={"method": "gradient"})
    about = finding(check="explainability.faithfulness", measurements=(fits,))
    said = plain(about, of_random_models(still, rises, compared))[BELIEF].sentences
    assert said[0].startswith("Do not rely on explanations by occlusion: ")
    assert said[1].startswith("Explanations by occlusion name what the answer hangs on")
    assert len(said) == 2
    (follows,) = plain(of_random_models(rises, compared))[BELIEF].sentences
    assert follows.startswith("Explanations by integrated gradients follow what the model has learnt")


def test_single_words_that_decide_are_told_or_that_none_was_found() -> None:
    one = measured("shortcut_effect", 0.3, 90, 0.2, 0.4, conditions={"word": "kiosk", "towards": "urgent"})
    largest = measured("shortcut_effect", 0.3, 90, 0.2, 0.4)
    none = measured("shortcuts_found", 0.0, 90, 0.0, 2.0)
    found = finding(check="explainability.shortcuts", measurements=(largest, none, one))
    (said,) = plain(found)[DRIVES].sentences
    assert said == (
        "kiosk decides by itself: whatever else stands there, it moves the score by 0.300 (0.200 to 0.400; 90 records)."
    )
    (quiet,) = plain(finding(check="explainability.shortcuts", measurements=(largest, none)))[DRIVES].sentences
    assert quiet.startswith("No single word, and no single place of pictures, was found")


def test_what_people_had_and_what_would_have_to_be_different_is_told_in_plain_words() -> None:
    had = measured("history_decided_by_one_rate", 0.25, 90, 0.2, 0.3)
    (said,) = plain(finding(check="explainability.histories", measurements=(had,)))[DRIVES].sentences
    assert "For a share of 0.250 of people" in said
    numbers = (
        measured("recourse_words", 2.0, 90, 1.0, 3.0),
        measured("recourse_found_rate", 0.9, 90, 0.8, 0.95),
        measured("recourse_found_rate", 0.5, 40, 0.3, 0.7, group={"sex": "F"}),
    )
    said = plain(finding(check="explainability.recourse", measurements=numbers))["What would have to be different?"]
    assert [one.partition(" ")[0] for one in said.sentences] == ["For", "Of"]


def test_what_drives_the_answers_is_named_by_what_it_is_worth() -> None:
    metric = "permutation_importance"
    dose, age, ward = (
        measured(metric, value, 90, value - 0.05, value + 0.05, conditions={"column": name})
        for name, value in (("dose", 0.2), ("age", 0.3), ("ward", 0.01))
    )
    said = plain(finding(check="explainability.effects", measurements=(dose, age, ward)))[DRIVES].sentences
    assert [one.partition(":")[0] for one in said] == ["age", "dose"]
    (none,) = plain(finding(check="explainability.effects", measurements=(ward,)))[DRIVES].sentences
    assert none.startswith("No entry was shown to matter by itself; the nearest is ward")


def test_words_that_drive_a_class_are_told_with_the_class() -> None:
    said = plain(
        finding(
            check="explainability.drivers",
            measurements=(
                measured("driver_effect", 0.2, 90, 0.1, 0.3, conditions={"piece": "pain"}, label="urgent"),
                measured("driver_effect", 0.01, 90, -0.1, 0.1, conditions={"piece": "the"}, label="urgent"),
                measured("driver_effect", 0.4, 90, 0.3, 0.5, conditions={"piece": "pain"}, group={"sex": "F"}),
            ),
        )
    )[DRIVES].sentences
    assert said == ("pain: without it the score of 'urgent' falls by 0.200 (0.100 to 0.300; 90 records).",)
