"""The rows that canaries are: of notes, of typed tables, of values and labels; and the key that commits to them."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from auditkit.canaries.key import CanaryKey, commitment_of, make_key, read_key
from auditkit.canaries.making import NONSENSE, RESAMPLED, make_canaries
from auditkit.canaries.placing import place_canaries
from auditkit.canaries.prose import told_apart_by
from auditkit.dataset import frame_digest
from auditkit.document import canonical_json
from auditkit.errors import DataError
from auditkit.host import Host
from auditkit.spec import AuditSpec, DataSpec, ModelSpec, read_spec

NOW = pd.Timestamp("2026-11-22T20:00:00Z").to_pydatetime()


def spec_of(**data):
    return AuditSpec(name="a", model=ModelSpec(adapter="tabular"), data=DataSpec(audit="audit.csv", **data))


def rng():
    return np.random.default_rng(5)


def test_notes_are_words_of_other_notes_as_long_as_one_of_them():
    notes = [f"patient {name} slept well in room {room}" for name in ("Ada", "Ben", "Cleo") for room in range(20)]
    frame = pd.DataFrame({"note": notes, "urgent": ["yes", "no"] * 30}, dtype=object)
    made = make_canaries(spec_of(input="note", target="urgent"), frame, 40, rng())
    assert made.kind == NONSENSE
    words = {word for note in notes for word in note.split()}
    assert all(len(note.split()) == 7 and set(note.split()) <= words for note in made.frame["note"])
    assert made.frame["note"].nunique() == 40
    assert not set(made.frame["note"]) & set(notes)
    assert set(made.frame["urgent"]) == {"yes", "no"}


def test_notes_without_spaces_are_made_of_characters():
    notes = ["患者夜间咳嗽发热胸痛" + chr(0x4E00 + place) for place in range(40)]
    made = make_canaries(
        spec_of(input="note", target="urgent"), pd.DataFrame({"note": notes, "urgent": ["a", "b"] * 20}), 30, rng()
    )
    assert made.kind == NONSENSE
    assert all(len(note) == 11 and " " not in note for note in made.frame["note"])


def test_notes_with_spaces_and_without_are_not_mixed_and_none_is_of_one_word():
    spaced = [f"patient {name} slept well in room {room}" for name in ("Ada", "Ben") for room in range(20)]
    unspaced = ["患者夜间咳嗽发热胸痛" + chr(0x4E00 + place) for place in range(20)]
    notes = [*unspaced, *spaced, *(["cough", "fever"] * 10)]
    frame = pd.DataFrame({"note": notes, "urgent": ["a", "b"] * 40})
    made = make_canaries(spec_of(input="note", target="urgent"), frame, 200, rng()).frame["note"]
    words, letters = {word for note in spaced for word in note.split()}, set("".join(unspaced))
    with_spaces = [note for note in made if " " in note]
    without = [note for note in made if " " not in note]
    assert with_spaces
    assert without
    # Of words that stand alone in a note too a canary may be made; of nothing else.
    assert all(len(note.split()) == 7 and set(note.split()) <= words | {"cough", "fever"} for note in with_spaces)
    assert all(len(note) == 11 and set(note) <= letters for note in without)


def test_notes_of_the_same_words_are_one_whatever_their_order_case_and_punctuation():
    notes = ["chest pain tonight", "Tonight, chest pain.", "pain TONIGHT fever", "chest fever today", "fever pain pain"]
    assert told_apart_by(notes[0]) == told_apart_by(notes[1]) == "chest pain tonight"
    assert told_apart_by("患者咳嗽发热三日。今") == told_apart_by("今日三热发嗽咳者患")
    frame = pd.DataFrame({"note": notes, "urgent": ["yes", "no"] * 2 + ["no"]})
    made = make_canaries(spec_of(input="note", target="urgent"), frame, 20, rng()).frame["note"]
    keys = [told_apart_by(note) for note in made]
    assert len(set(keys)) == 20
    assert not set(keys) & {told_apart_by(note) for note in notes}
    # Of the five words 35 bags of three can be made, and four of them are notes already.
    with pytest.raises(DataError, match="canaries can be made that are no training rows"):
        make_canaries(spec_of(input="note", target="urgent"), frame, 32, rng())


def test_letters_that_a_model_writes_are_nobodys_label_and_other_texts_are_made_up_too():
    letters = [f"Dear Dr {name}, {number} came with a cough" for name in ("Ada", "Ben") for number in range(30)]
    frame = pd.DataFrame({"age": np.arange(60), "sex": ["F", "M"] * 30, "letter": letters, "ill": ["a", "b"] * 30})
    with pytest.raises(DataError, match="the target 'letter' is a text") as refused:
        make_canaries(spec_of(input=["age", "sex"], target="letter"), frame, 20, rng())
    assert "privacy.memorisation" in refused.value.hint
    made = make_canaries(spec_of(input=["age", "sex"], target="ill"), frame, 20, rng())
    assert made.kind == RESAMPLED
    assert not set(made.frame["letter"]) & set(letters)


def test_a_table_keeps_its_types_and_labels_are_drawn_evenly():
    draw = rng()
    frame = pd.DataFrame(
        {
            "id": np.arange(200),
            "age": draw.integers(20, 90, 200),
            "pressure": draw.normal(130, 15, 200),
            "ill": ["yes"] * 5 + ["no"] * 195,
        }
    )
    made = make_canaries(spec_of(input=["age", "pressure"], target="ill", unit="id"), frame, 300, draw)
    assert made.kind == RESAMPLED
    assert list(made.frame.dtypes) == list(frame.dtypes)
    assert made.frame["id"].tolist() == list(range(200, 500))
    assert 110 < (made.frame["ill"] == "yes").sum() < 190  # one half, however rare it is among the rows
    assert set(made.frame["pressure"]) <= set(frame["pressure"])


def test_values_are_drawn_as_they_come_and_labels_each_by_itself():
    draw = rng()
    frame = pd.DataFrame({"age": draw.normal(size=80), "sex": ["F", "M"] * 40, "dose": draw.normal(size=80)})
    made = make_canaries(spec_of(input=["age", "sex"], target="dose"), frame, 30, draw)
    assert set(made.frame["dose"]) <= set(frame["dose"])
    assert made.frame["dose"].nunique() > 15
    frame = frame.assign(cough=["0", "1"] * 40, fever=["0"] * 79 + ["1"])
    made = make_canaries(spec_of(input=["age", "sex"], target=["cough", "fever"]), frame, 30, draw)
    assert set(zip(made.frame["cough"], made.frame["fever"], strict=True)) == {(a, b) for a in "01" for b in "01"}


def test_where_no_new_rows_can_be_made_it_says_how_many_can():
    frame = pd.DataFrame({"sex": ["F", "M"] * 20, "smokes": ["no", "no", "no", "yes"] * 10, "ill": ["a", "b"] * 20})
    # F no, M no and M yes are there: F yes alone is new.
    with pytest.raises(DataError, match="only 1 canaries can be made") as refused:
        make_canaries(spec_of(input=["sex", "smokes"], target="ill"), frame, 30, rng())
    assert "--candidates" in refused.value.hint


def test_the_commitment_is_a_digest_of_all_that_the_key_says():
    frame = pd.DataFrame({"age": [1.0, 2.5, np.nan], "sex": ["F", None, "M"], "old": [True, False, True]})
    key = make_key(frame, "rows that were given", now=NOW)
    said = json.loads(key.to_json())
    assert said["rows"] == [[1, "F", True], [2.5, None, False], [None, "M", True]]
    assert said["made"] == "2026-11-22T20:00:00+00:00"
    del said["commitment"]
    assert key.commitment == hashlib.sha256(canonical_json(said)).hexdigest()
    assert commitment_of(CanaryKey.from_json(key.to_json())) == key.commitment
    assert frame_digest(key.frame(), None) == frame_digest(frame, None)
    again = make_key(frame, "rows that were given", now=NOW)
    assert again.salt != key.salt
    assert again.commitment != key.commitment


def test_coins_are_fair():
    key = make_key(pd.DataFrame({"row": np.arange(4000)}), "rows", now=NOW)
    assert abs(sum(key.included) - 2000) < 160  # five standard deviations


@pytest.mark.parametrize("loader", ["csv", "parquet", "jsonl"])
def test_what_is_to_be_added_reads_as_the_training_rows_do(tmp_path, loader):
    draw = rng()
    frame = pd.DataFrame(
        {"age": draw.integers(20, 90, 60), "pressure": draw.normal(130, 15, 60), "ill": ["a", "b"] * 30}
    )
    frame["note"] = [None, 'with "quotes", and a\nline'] * 30
    write = {
        "csv": lambda path: frame.to_csv(path, index=False, sep=";"),
        "parquet": lambda path: frame.to_parquet(path, index=False),
        "jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
    }
    write[loader](tmp_path / f"rows.{loader}")
    separator = 'separator = ";"\n' if loader == "csv" else ""
    (tmp_path / "audit.toml").write_text(
        f'name = "a"\n[model]\nadapter = "tabular"\npath = "m.skops"\n[data]\nloader = "{loader}"\n{separator}'
        f'audit = "rows.{loader}"\ntraining = "rows.{loader}"\ninput = ["age", "pressure"]\ntarget = "ill"\n'
    )
    spec = read_spec(tmp_path / "audit.toml")
    host = Host.installed(spec)
    placed = place_canaries(spec, host, count=40)
    added = host.read_table(spec, placed.added)
    whole = read_key(placed.key).frame()
    assert frame_digest(added, None) == frame_digest(whole[np.array(placed.made.included)], None)
    assert list(added.columns) == list(frame.columns)
    assert list(added.dtypes) == list(host.read_table(spec, tmp_path / f"rows.{loader}").dtypes)
