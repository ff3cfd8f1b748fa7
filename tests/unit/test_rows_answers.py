"""Every prediction type goes into columns and comes back to the bit, without a text and without a user's name."""

from __future__ import annotations

import io

import numpy as np
import pyarrow.parquet as pq
import pytest

from auditkit import ClassScores, LabelScores, Predictions, Rankings, Texts, TokenLabels, Values
from auditkit.case_settings import SIGNED, CaseSettings
from auditkit.columns import split_columns
from auditkit.dataset import Codes, Split
from auditkit.replay.rebuilding import WithheldTexts
from auditkit.rows import evidence_files
from auditkit.rows.reading import SplitRows, read_rows
from auditkit.rows.writing import KEPT
from auditkit.testing import toy_case

THIRDS = np.array([[1 / 3, 2 / 3], [0.1, 0.9], [1.0, 0.0]])
ITEMS = np.array([["rice", "beans", None], [None, None, None], ["figs", None, None]], dtype=object)
ANSWERS = {
    "ClassScores": ClassScores(("no", "yes"), THIRDS),
    "ClassScores, raw": ClassScores(("no", "yes"), THIRDS * 7 - 3, "score"),
    "ClassScores, float32 by column": ClassScores(("no", "yes"), np.asfortranarray(THIRDS.astype(np.float32))),
    "ClassScores, float16": ClassScores(("no", "yes"), THIRDS.astype(np.float16), "score"),
    "LabelScores": LabelScores(("cough", "fever"), THIRDS.astype(np.float32)),
    "Values": Values(np.array([1.5, -0.1, 1e99])),
    "Values with all": Values(
        np.array([1, 2, 3], dtype=np.float32), np.array([0.1, 0.2, 0.3]), np.asfortranarray(THIRDS.cumsum(axis=1)),
        (0.1, 0.9),
    ),
    "Rankings": Rankings(("u2", "u10", "u1"), ITEMS),
    "Rankings with scores": Rankings(
        ("u2", "u10", "u1"), ITEMS, np.array([[3, 2, np.nan], [np.nan] * 3, [1 / 3, np.nan, np.nan]])
    ),
    "TokenLabels": TokenLabels((((0, 4, "NAME", 1 / 3), (7, 9, "AGE", 0.5)), (), ((1, 2, "NAME", 1.0),))),
}  # fmt: skip


def kept(predictions: Predictions, *columns, **fields) -> SplitRows:
    files = evidence_files(toy_case(predictions, *columns, **fields), "rows")
    return read_rows(files["audit.parquet"], name="audit.parquet", rows=len(predictions))


def same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and one.dtype != object:
        assert isinstance(other, np.ndarray)
        lies_alike = one.ndim < 2 or one.flags.c_contiguous == other.flags.c_contiguous
        return one.dtype == other.dtype and one.tobytes() == other.tobytes() and lies_alike
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_come_back_to_the_bit(name):
    wanted = ANSWERS[name]
    found = kept(wanted).predictions
    assert type(found) is type(wanted)
    for field in set(wanted.__dataclass_fields__) - {"users"}:
        assert same(getattr(wanted, field), getattr(found, field)), field


def test_users_are_numbers_in_the_order_of_their_names():
    found = kept(ANSWERS["Rankings"]).predictions
    assert isinstance(found, Rankings)
    assert found.users == ("user 2", "user 1", "user 0")  # u2, u10, u1


def test_many_users_sort_as_their_names_do():
    names = tuple(f"{name:x}" for name in np.random.default_rng(1).permutation(120))
    found = kept(Rankings(names, np.full((120, 1), "rice", dtype=object))).predictions
    assert isinstance(found, Rankings)
    assert np.array_equal(np.argsort(names), np.argsort(found.users))


def test_nothing_is_kept_of_texts():
    predictions = Texts((("Mrs Mary Jones has a fever",), ("no",)))
    case = toy_case(predictions, groups={"sex": ["F", "M"]})
    (raw,) = evidence_files(case, "rows").values()
    table = pq.read_table(io.BytesIO(raw), use_threads=False)
    assert table.column_names == ["row", "group:sex"]
    assert b"Jones" not in raw
    assert kept(predictions).predictions is None
    withheld = WithheldTexts((), rows=2)
    assert len(withheld) == 2
    assert len(withheld.take(np.array([1]))) == 1
    for name in ("samples", "texts", "logprobs"):
        with pytest.raises(Exception, match="holds no generated texts"):
            getattr(withheld, name)


def test_targets_groups_units_and_weights_come_back():
    predictions = ClassScores(("no", "maybe", "yes"), np.full((4, 3), 1 / 3))
    found = kept(
        predictions, ["yes", None, "no", "yes"], {"sex": ["F", None, "M", "10"], "age": [None] * 4},
        units=["b", "a", "b", "c"], weights=[0.1, 2, 0, 1 / 3],
    )  # fmt: skip
    codes, vocabulary = found.columns["targets"]
    assert (codes.tolist(), vocabulary) == ([1, -1, 0, 1], ("no", "yes"))
    assert [(name, pair[0].tolist(), pair[1]) for name, pair in found.columns["groups"].items()] == [
        ("sex", [1, -1, 2, 0], ("10", "F", "M")),
        ("age", [-1, -1, -1, -1], ()),
    ]
    assert found.columns["units"][0].tolist() == [1, 0, 1, 2]
    assert found.columns["weights"].tolist() == [0.1, 2, 0, 1 / 3]
    assert found.decisions is not None
    assert found.decisions.tolist() == [0, 0, 0, 0]


def test_flags_of_several_labels_come_back():
    flags = np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)
    found = kept(ANSWERS["LabelScores"], flags)
    assert np.array_equal(found.columns["label_targets"], flags)


def test_all_that_a_split_has_is_kept_or_left_out_on_purpose():
    split = Split("audit", [0], Codes.of(["a"]), None, {}, None, None, "digest")
    left_out = {
        "quasi_identifiers",
        "readers",
        "expected",
        "period",
        "item_groups",  # settings hold the labels
    }  # whoever knows a person, or a reader's list, would find their row
    assert split_columns(split).keys() - left_out == KEPT, (
        "keep it in auditkit/rows, or replay cannot rebuild what checks see"
    )


def test_all_settings_are_kept():
    found = kept(ANSWERS["ClassScores"], seed=9, level=0.9, threshold=0.3, positive="yes", min_group_size=7)
    assert found.layout.settings == {
        **{name: one for name, one in CaseSettings().__dict__.items() if name not in SIGNED},
        "seed": 9, "level": 0.9, "min_group_size": 7, "positive": ["yes"], "threshold": 0.3,
        "protected_inputs": [], "recorded": [], "given": [], "quasi_identifiers": [], "readers": [],
        "expected": [], "periods": [], "checkpoints": [], "reference_model": "", "train": "", "kept_back": [],
        "item_groups": [],
    }  # fmt: skip
