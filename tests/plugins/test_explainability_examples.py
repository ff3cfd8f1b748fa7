"""Rows as examples: shown only as the spec says, without personal data, and marked where no explanation is worth it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from tiny_images import files_of, pixels

from auditkit import ClassScores, Encoded, LabelScores, NotApplicable, Passage, Squares, Text, TextFile, Unit, Values
from auditkit.checks.asking import ask
from auditkit.errors import AuditError
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import INTEGRATED
from auditkit_explainability.examples import accept_examples, examples
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.planted.examples import Addresses, of_notes
from auditkit_explainability.planted.reliance import of_pictures
from auditkit_explainability.randomisation import randomisation
from auditkit_explainability.showing.laying_out import shares, stretches
from auditkit_explainability.showing.made_up import read_rows
from auditkit_privacy.recognisers import RECOGNISERS

QUICK = {"most_rows": 2, "rows": None, "judged_rows": 32, "orders": 2, "draws": 4, "column": ""}
NAMES = ("need", "ward", "age", "who")


def made(maker, **settings):
    case = maker(np.random.default_rng(0))
    return replace(case, settings=replace(case.settings, **settings)) if settings else case


def shown(case, **options):
    return [one for one in ask(examples, case, QUICK | options) if isinstance(one, Passage | Squares)]


def words(example):
    return [piece.says for piece in example.pieces]


def test_without_a_word_in_the_spec_no_row_is_shown() -> None:
    with pytest.raises(NotApplicable, match="lets no row be shown") as refused:
        shown(made(of_notes(personal=False, examples="none")))
    assert "[report] examples" in refused.value.hint


def test_a_setting_that_nobody_knows_shows_nothing() -> None:
    with pytest.raises(NotApplicable, match="lets no row be shown"):
        shown(made(of_notes(personal=False, examples="everything")))


def test_made_up_rows_have_to_be_named() -> None:
    with pytest.raises(NotApplicable, match="no made-up rows are named"):
        shown(made(of_notes(personal=False, examples="synthetic")))


def test_without_recognisers_nothing_is_shown() -> None:
    case = made(of_notes(personal=True))
    with pytest.raises(NotApplicable, match="no plugin that is loaded recognises personal data"):
        shown(replace(case, broker=replace(case.broker, _recognisers=())))


def test_released_rows_are_a_few_of_each_class_with_what_decides_marked() -> None:
    found = shown(made(of_notes(personal=True)))
    assert [one.title.params["decided"] for one in found] == ["no", "no", "yes", "yes"]
    assert all(not one.made_up and one.relied for one in found)
    for one in found[2:]:
        assert {piece.says: piece.adds for piece in one.pieces}["pain"] == 1.0
        assert max(abs(piece.adds) for piece in one.pieces if piece.adds is not None and piece.says != "pain") == 0
    assert all("jo@example.org" not in one.to_json().decode() for one in found)
    assert all("[e-mail address]" in words(one) for one in found)


def test_the_same_rows_in_another_order_show_the_same() -> None:
    case = made(of_notes(personal=False))
    order = np.random.default_rng(3).permutation(len(case))
    given, said = case.inputs.iloc[order].reset_index(drop=True), case.predictions.take(order)
    other = toy_case(
        said, positive="yes", inputs=given, min_group_size=10, examples="released", recognisers=(Addresses(),)
    )
    again = with_model(other, case.broker.model)
    assert [words(one) for one in shown(case)] == [words(one) for one in shown(again)]


def test_numbers_that_cross_words_are_taken_out_as_one() -> None:
    """Of privacy's own recognisers: a phone number is several words to the model, and one thing to a person."""
    notes = ["call +1 202 555 0143 about pain", "no pain, mail al@example.org"] * 16
    model = made(of_notes(personal=False)).broker.model
    given = pd.Series(notes, dtype=object)
    case = with_model(
        toy_case(
            model.predict(given), positive="yes", inputs=given, min_group_size=10, examples="released",
            recognisers=RECOGNISERS,
        ),
        model,
    )  # fmt: skip
    found = shown(case)
    said = sorted("".join(words(one)) for one in found)
    assert said == ["call [phone number] about pain", "no pain, mail [e-mail address]"]


def test_a_text_is_cut_at_its_pieces_by_hand() -> None:
    text = "ring 55 66, now"
    pieces = [((0, 4),), ((5, 7),), ((8, 10),), ((12, 15),)]
    found = stretches(text, pieces, [0.5, 0.25, -1.0, 0.0], [(5, 10)])
    assert [(text[one.start : one.end], one.adds) for one in found] == [
        ("ring", 0.5), (" ", None), ("55 66", -0.75), (", ", None), ("now", 0.0),
    ]  # fmt: skip


def test_what_is_personal_and_no_piece_is_a_stretch_of_its_own() -> None:
    found = stretches("a ++ b", [((0, 1),), ((5, 6),)], [1, -1], [(2, 4)])
    assert [(one.start, one.end, one.adds) for one in found] == [
        (0, 1, 1), (1, 2, None), (2, 4, None), (4, 5, None), (5, 6, -1),
    ]  # fmt: skip


def test_shares_are_of_the_largest_in_size() -> None:
    assert shares(np.array([2.0, -4.0, 1.0])) == [0.5, -1.0, 0.25]
    assert shares(np.zeros(2)) == [0.0, 0.0]
    assert shares(np.zeros(0)) == []


@dataclass(frozen=True)
class Needs:
    """Scores a row by its need."""

    def predict(self, inputs):
        yes = inputs["need"].to_numpy(dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def table(rows=40):
    rng = np.random.default_rng(5)
    return pd.DataFrame({
        "need": rng.uniform(0.05, 0.95, rows).round(2),
        "ward": pd.Series([("north", "south")[row % 2] for row in range(rows)], dtype=object),
        "age": rng.integers(20, 90, rows),
        "who": pd.Series([f"jo{row}@example.org" for row in range(rows)], dtype=object),
    })  # fmt: skip


def of_table(given=None, **settings):
    given, model = table() if given is None else given, Needs()
    fields = {"examples": "released", "kept_back": ("age",), "recognisers": (Addresses(),)} | settings
    case = toy_case(
        model.predict(given), groups={"ward": given["ward"].tolist()}, positive="yes", inputs=given,
        min_group_size=10, **fields,
    )  # fmt: skip
    return with_model(case, model)


def test_columns_that_say_who_somebody_is_are_named_and_not_shown() -> None:
    (first, *_) = shown(of_table())
    held = {piece.says: piece.value for piece in first.pieces}
    assert tuple(held) == NAMES
    assert held["age"] == held["ward"] == Text.of("not shown")  # kept back by the spec, and a group
    assert held["who"] == "[e-mail address]"
    assert 0 < float(held["need"]) < 1
    assert {piece.says: abs(piece.adds or 0.0) for piece in first.pieces} == {"need": 1, "ward": 0, "age": 0, "who": 0}


def test_quasi_identifiers_are_not_shown_either() -> None:
    (first, *_) = shown(of_table(kept_back=(), quasi_identifiers={"age": ["1"] * 40}))
    assert {piece.says: piece.value for piece in first.pieces}["age"] == Text.of("not shown")


def test_a_picture_beside_other_columns_is_not_told_by_its_digest(tmp_path) -> None:
    given = table()
    given["film"] = files_of(tmp_path, [pixels(row) for row in range(len(given))]).to_numpy()
    for one in shown(of_table(given)):
        assert {piece.says: piece.value for piece in one.pieces}["film"] == Text.of("a picture, not shown")


def test_made_up_rows_of_a_table_are_asked_about_in_the_columns_own_types() -> None:
    rows = TextFile.of("rows.csv", "who,age,ward,need\nnobody,40,north,0.8\nme@example.org,50,south,0.1\n")
    first, other = shown(of_table(examples="synthetic"), rows=rows)
    assert first.made_up
    assert other.made_up
    assert first.answer.params == {"label": "yes", "score": 0.8}
    assert other.answer.params == {"label": "no", "score": 0.9}
    assert {piece.says: piece.value for piece in other.pieces}["who"] == "[e-mail address]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,ward,need\nx,north,0.3\n", "no column '{column}'"),
        ("who,age,ward,need\nx,old,north,0.3\n", "a cell of '{column}' that is no number"),
    ],
)
def test_made_up_rows_that_the_model_cannot_be_given_are_refused(text, said) -> None:
    with pytest.raises(NotApplicable) as refused:
        shown(of_table(examples="synthetic"), rows=TextFile.of("rows.csv", text))
    assert said in refused.value.message


@pytest.mark.parametrize("text", ["", "note\n", "a,a\n1,2\n", "a,b\n1\n", 'a\n"x', "a\n" + "1\n" * 31])
def test_a_file_that_is_no_table_of_a_few_rows_is_refused(text) -> None:
    with pytest.raises(AuditError, match="option 'rows'"):
        read_rows(text)


@pytest.mark.parametrize("options", [{"most_rows": 0}, {"most_rows": 11}, {"orders": 0}, {"judged_rows": 0}])
def test_numbers_of_rows_that_cannot_be_meant_are_refused(options) -> None:
    with pytest.raises(AuditError):
        accept_examples(**options)


class Same:
    """Says the same of everybody: no piece has a part in it."""

    def predict(self, inputs):
        return ClassScores(("no", "yes"), np.tile([0.3, 0.7], (len(inputs), 1)))


def test_what_is_no_better_than_random_is_marked_beside_each_example() -> None:
    case = made(of_notes(personal=False))
    model = Same()
    other = toy_case(
        model.predict(case.inputs), positive="yes", inputs=case.inputs, min_group_size=10, examples="released",
        recognisers=(Addresses(),),
    )  # fmt: skip
    found = shown(with_model(other, model), orders=5)
    assert found
    assert all(not one.relied and "was not shown to be better" in one.trust.msgid for one in found)


COLUMNS = [f"x{place}" for place in range(20)]


@dataclass(frozen=True)
class Either:
    """Either of the first two columns decides, which occlusion cannot see: taking out one of them changes nothing."""

    follows: bool
    batch_size: int = 64

    def predict(self, inputs):
        import torch

        said = self.outputs(Either.network(), torch.tensor(inputs[COLUMNS].to_numpy(dtype=np.float32)))
        return ClassScores(("no", "yes"), said.softmax(dim=1).double().detach().numpy())

    @staticmethod
    def network():
        import torch

        network = torch.nn.Linear(len(COLUMNS), 1, bias=False)
        with torch.no_grad():
            network.weight.copy_(torch.tensor([[1.0, 1.0, *[0.001] * (len(COLUMNS) - 2)]]))
        return network

    def outputs(self, network, at):
        import torch

        # Or by the same sum, in which no parameter has a part.
        total = network(at)[:, 0] if self.follows else at[:, :2].sum(dim=1) + 0.001 * at[:, 2:].sum(dim=1)
        odds = 4 * total.clamp(-0.5, 1) - 2
        return torch.stack([-odds / 2, odds / 2], dim=1)

    def encoded(self, inputs):
        import torch

        at, network = torch.tensor(inputs[COLUMNS].to_numpy(dtype=np.float32)), Either.network()
        units = (tuple(Unit(name) for name in COLUMNS),) * len(at)
        return Encoded(partial(self.outputs, network), at, (), torch.zeros_like(at), units, network=network)


@pytest.mark.parametrize("follows", [True, False])
def test_what_does_not_follow_the_model_is_marked_however_it_does_elsewhere(follows) -> None:
    draw = np.random.default_rng(5)
    given = pd.DataFrame(draw.normal(size=(40, len(COLUMNS))).round(3), columns=COLUMNS)
    # Of most rows 0, which all are compared with.
    given["x0"] = given["x1"] = [1.0 if row % 5 < 2 else 0.0 for row in range(40)]
    model = Either(follows)
    case = toy_case(
        model.predict(given), positive="yes", inputs=given, min_group_size=10, examples="released",
        recognisers=(Addresses(),),
    )  # fmt: skip
    case = with_model(case, model)
    found = shown(case, orders=3, draws=8, judged_rows=40)
    assert {str(one.method) for one in found} == {INTEGRATED}
    assert {one.relied for one in found} == {follows}
    assert all(("not shown to follow" in one.trust.msgid) != follows for one in found)
    said = ask(randomisation, case, {"most_rows": 40}).of("randomisation_entropy_rise")
    (rise,) = [one for one in said if one.conditions == {"method": INTEGRATED}]
    assert (rise.value > 0 and (rise.interval is None or rise.interval.low > 0)) == follows


def test_of_too_few_rows_no_explanation_is_relied_on() -> None:
    found = shown(made(of_notes(personal=False), min_group_size=33))
    assert found
    assert not any(one.relied for one in found)


@dataclass(frozen=True)
class Counting:
    """Notes how many rows are asked about."""

    inner: object
    asked: list = field(default_factory=list)

    def predict(self, inputs):
        self.asked.append(len(inputs))
        return self.inner.predict(inputs)


def test_what_faithfulness_has_computed_is_not_computed_again() -> None:
    case = made(of_notes(personal=False))
    counting = Counting(case.broker.model)
    case = with_model(case, counting)
    ask(faithfulness, case, {"most_rows": 32, "orders": 2, "draws": 4})
    before = sum(counting.asked)
    assert before
    assert shown(case)
    assert sum(counting.asked) == before


def test_pictures_are_shown_small_with_a_square_for_each_region() -> None:
    case = of_pictures(marker=True)(np.random.default_rng(1))
    settings = replace(case.settings, examples="released")
    case = replace(case, settings=settings, broker=replace(case.broker, _recognisers=(Addresses(),)))
    found = shown(case, most_rows=1)
    assert [one.title.params["decided"] for one in found] == ["no", "yes"]
    yes = found[1]
    assert isinstance(yes, Squares)
    assert yes.side == 8
    assert yes.adds[0] == 1.0  # the marker in the upper left corner
    assert yes.picture is not None
    assert (yes.picture.width, yes.picture.height) == (20, 20)
    seen = np.frombuffer(base64.b64decode(yes.picture.rgb), dtype=np.uint8).reshape(20, 20, 3)
    assert (seen[:2, :2] == 255).all()


def test_where_no_label_holds_none_is_said_to_be_decided() -> None:
    @dataclass(frozen=True)
    class Labels:
        def predict(self, inputs):
            need = inputs["need"].to_numpy(dtype=float)
            return LabelScores(("rash", "fever"), np.column_stack([need, need / 2]))

    given = table()
    case = toy_case(
        Labels().predict(given), inputs=given, min_group_size=10, examples="released", recognisers=(Addresses(),)
    )
    found = shown(with_model(case, Labels()), most_rows=10)
    for one in found:
        holds = float({piece.says: piece.value for piece in one.pieces}["need"]) >= 0.5
        assert one.title.msgid.startswith(
            "Example {number}: {decided}" if holds else "Example {number}: no label holds"
        )
    assert len({one.title.msgid for one in found}) == 2


def test_of_pictures_nothing_can_be_made_up_in_a_table() -> None:
    case = of_pictures(marker=True)(np.random.default_rng(1))
    case = replace(case, settings=replace(case.settings, examples="synthetic"))
    with pytest.raises(NotApplicable, match="texts or a table"):
        shown(case, rows=TextFile.of("rows.csv", "image\nx.png\n"))


def test_predicted_numbers_are_shown_too() -> None:
    given = table()

    class Stay:
        def predict(self, inputs):
            return Values(inputs["need"].to_numpy(dtype=float) * 10)

    model = Stay()
    case = toy_case(
        model.predict(given), inputs=given, min_group_size=10, examples="released", recognisers=(Addresses(),)
    )
    (first, _) = shown(with_model(case, model))
    assert first.answer.msgid == "the model says {value}"


def test_of_a_person_one_row_of_a_class_is_shown() -> None:
    whose = ["ann", "bob"] * 10 + ["cy", "di"] * 10  # every second row needs much: ann and cy, or bob and di
    given, model = table().assign(need=[0.1, 0.9] * 20), Needs()
    case = toy_case(
        model.predict(given), positive="yes", inputs=given, units=whose, min_group_size=2, examples="released",
        recognisers=(Addresses(),),
    )  # fmt: skip
    found = shown(with_model(case, model), most_rows=3)
    assert [one.title.params["decided"] for one in found] == ["no", "no", "yes", "yes"]
