"""Recorded numbers, rankings, entities and texts as users write them, and what is said of their mistakes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from auditkit import AuditError, Rankings, Texts, TokenLabels, Values
from auditkit.compute import Broker
from auditkit.data.tasks import contradiction
from auditkit.host import Host
from auditkit.spec import read_spec

HOST = Host.installed()


def audit(folder, data, files, *, task=""):
    """The audit split and its recorded predictions."""
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    path = folder / "audit.toml"
    path.write_text(f'name = "a"\n{task}\n[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\n{data}\n')
    spec = read_spec(path)
    if (mistake := contradiction(spec)) is not None:
        raise mistake
    broker = Broker(spec, HOST)
    split = broker.dataset.audit
    return SimpleNamespace(split=split, said=broker.model.predict(split.inputs), model=broker.model, all=broker.dataset)


NUMBERS = 'target = "y"\npredicted = "yhat"'
REGRESSION = 'task = "regression"'


def numbers(*rows, header="y,yhat"):
    return {"rows.csv": "\n".join([header, *rows]) + "\n"}


def test_numbers_are_read_with_their_interval(tmp_path):
    found = audit(
        tmp_path,
        NUMBERS + '\nlower = "lo"\nupper = "hi"\nlevel = 0.9',
        numbers("1.5,2,1,3", ",4,3,5", header="y,yhat,lo,hi"),
    )
    assert isinstance(found.said, Values)
    assert found.said.quantiles.tolist() == [[1, 3], [3, 5]]
    assert found.said.levels == pytest.approx((0.05, 0.95))
    np.testing.assert_array_equal(found.split.truth.values, [1.5, np.nan])
    assert found.split.truth_known.tolist() == [True, False]
    assert found.split.targets is None


def test_many_numbers_with_fractions_are_values(tmp_path):
    found = audit(tmp_path, NUMBERS, numbers(*(f"{n}.5,{n}.25" for n in range(30))))
    assert found.all.task == "regression"
    assert isinstance(found.said, Values)


@pytest.mark.parametrize("rows", [["1,0", "0,0", "1,1"], ["yes,no", "no,no"]])
def test_few_whole_numbers_and_words_are_classes(tmp_path, rows):
    assert audit(tmp_path, NUMBERS, numbers(*rows)).all.task is None


@pytest.mark.parametrize("rows", [[f"{n},{n}" for n in range(30)], ["0.5,1.5", "1.5,0.5"]])
def test_what_could_be_either_is_asked(tmp_path, rows):
    with pytest.raises(AuditError, match="could be values, or classes") as refused:
        audit(tmp_path, NUMBERS, numbers(*rows))
    assert 'task = "regression"' in refused.value.hint
    assert isinstance(audit(tmp_path, NUMBERS, numbers(*rows), task=REGRESSION).said, Values)


INTERVAL = NUMBERS + '\nlower = "lo"\nupper = "hi"\nlevel = 0.9'


@pytest.mark.parametrize(
    ("data", "content", "said"),
    [
        (NUMBERS, numbers("1,2", "2,x"), "'rows.csv' column 'yhat' holds 'x' in row 2; wanted a number"),
        (NUMBERS, numbers("1,2", "2,"), "'rows.csv' column 'yhat' is empty, NaN or infinite in 1 rows, first in row 2"),
        (NUMBERS, numbers("1,2", "high,2"), "'rows.csv' column 'y' holds 'high' in row 2; wanted a number"),
        (NUMBERS, numbers("inf,2"), "'rows.csv' column 'y' is infinite in 1 rows, first in row 1"),
        (NUMBERS, numbers("1,1e308"), "'rows.csv' column 'yhat' holds '1e308' in row 1; wanted at most 1e+100"),
        (NUMBERS.replace("yhat", "y"), numbers("1,2"), "predicted is 'y', which is the target"),
        (NUMBERS.replace("yhat", "yht"), numbers("1,2"), "'rows.csv' has no column 'yht'"),
        (
            NUMBERS + '\nspread = "s"',
            numbers("1,2,-1", header="y,yhat,s"),
            "'rows.csv' column 's' is negative in 1 rows",
        ),
        (
            INTERVAL,
            numbers("1,2,3,1", header="y,yhat,lo,hi"),
            "'rows.csv' column 'lo' is above 'hi' in 1 rows, first in row 1",
        ),
        (
            INTERVAL[:-11],
            numbers("1,2,1,3", header="y,yhat,lo,hi"),
            "lower is given without level",
        ),
    ],
)
def test_mistakes_of_numbers_are_told(tmp_path, data, content, said):
    with pytest.raises(AuditError) as refused:
        audit(tmp_path, data, content, task=REGRESSION)
    assert said in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("2,5", "write them like 1234.5"),
        ("1,234", "write them like 1234.5"),
        ("12%", "write them without '%'"),
        ("about 3", "check the column's name"),
    ],
)
def test_what_to_write_for_a_number_is_told(tmp_path, cell, hint):
    with pytest.raises(AuditError, match="wanted a number") as refused:
        audit(tmp_path, NUMBERS, numbers("1,2", f'1,"{cell}"'), task=REGRESSION)
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        ("y,yhat\n1,2\n".encode("utf-16"), "'rows.csv' is UTF-16, not utf-8 text", 'encoding = "utf-16"'),
        (b"PK\x03\x04" + bytes(80), "'rows.csv' is a zip archive, as .xlsx", "save it as CSV"),
        (b"PAR1" + bytes(80), "'rows.csv' is Parquet", 'loader = "parquet"'),
    ],
)
@pytest.mark.parametrize("loader", ["csv", "jsonl", "conll"])
def test_a_file_of_another_kind_is_named(tmp_path, content, said, hint, loader):
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(AuditError) as refused:
        audit(tmp_path, f'loader = "{loader}"\ntarget = "target"\npredicted = "predicted"', {})
    assert said in refused.value.message
    assert hint in refused.value.hint


def test_a_file_in_an_encoding_that_is_said_is_read(tmp_path):
    (tmp_path / "rows.csv").write_bytes("y,yhat\n1,2\n".encode("utf-16"))
    found = audit(tmp_path, f'encoding = "utf-16"\n{NUMBERS}', {}, task=REGRESSION)
    assert found.said.values.tolist() == [2.0]


RANKED = 'loader = "interactions"\nrankings = "topk.csv"\nusers = "users.csv"\ngroups = ["sex"]\nk = 2'
TABLES = {
    "rows.csv": "user,item,rating\nu2,a,3\nu1,b,5\nu1,a,\n",
    "topk.csv": "user,item,score\nu1,c,0.1\nu1,a,0.9\nu1,b,0.5\nu9,a,1\n",
    "users.csv": "user,sex\nu1,F\nu3,M\n",
}


def test_interactions_become_one_row_a_user(tmp_path):
    found = audit(tmp_path, RANKED, TABLES | {"rows.csv": "user,item,rating\nu2,a,3\nu1,b,2\nu1,a,4\nu5,,\n"})
    truth = found.split.truth
    assert truth.users == ("u2", "u1", "u5")
    assert truth.items.tolist() == [["a", None], ["a", "b"], [None, None]]  # best rated first
    np.testing.assert_array_equal(truth.scores, [[3, np.nan], [4, 2], [np.nan, np.nan]])
    assert found.split.truth_known.tolist() == [True, True, False]
    assert isinstance(found.said, Rankings)
    assert found.said.items.tolist() == [[None, None], ["a", "b"], [None, None]]  # cut at k
    assert found.split.groups["sex"].labels() == [None, "F", None]
    assert [note.params["count"] for note in found.model.notes] == [1]  # u9


def test_ranks_need_not_be_sorted_and_columns_may_be_called_otherwise(tmp_path):
    tables = {"rows.csv": "who,film\nu1,a\n", "topk.csv": "who,film,rank\nu1,b,2\nu1,a,1\n"}
    found = audit(tmp_path, 'loader = "interactions"\nrankings = "topk.csv"\nuser = "who"\nitem = "film"', tables)
    assert found.said.items.tolist() == [["a", "b"]]
    assert found.said.scores is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows.csv": "user,thing\nu1,a\n"}, "'rows.csv' has no column 'item'"),
        ({"rows.csv": "user,item\nu1,a\n,b\n"}, "'rows.csv' column 'user' is empty in 1 rows, first in row 2"),
        ({"rows.csv": "user,item\nu1,a\nu2,a\nu1,a\n"}, "has user 'u1' with item 'a' in row 1 and again in row 3"),
        ({}, "column 'rating' has no finite number in 1 rows, first in row 3"),
        ({"rows.csv": "user,item\nu7,a\n"}, "names none of the users of the audit, but 'u1', where they are 'u7'"),
        ({"topk.csv": "user,item\nu1,a\n"}, "has neither a column 'rank' nor a column 'score'"),
        ({"topk.csv": "user,item,rank\nu1,a,1\nu1,b,1\n"}, "has user 'u1' with rank 1 in row 1 and again in row 2"),
        ({"topk.csv": "user,item,score\nu1,a,1\nu1,a,2\n"}, "has user 'u1' with item 'a' in row 1 and again in row 2"),
        ({"topk.csv": "user,item,score\nu1,a,high\n"}, "column 'score' holds 'high' in row 1; wanted a number"),
        ({"topk.csv": "user,item,score\nu1,a,nan\n"}, "column 'score' has no finite number in 1 rows, first in row 1"),
        ({"users.csv": "user,sex\nu1,F\nu1,M\n"}, "'users.csv' has user 'u1' twice, again in row 2"),
        ({"users.csv": "user,sex\nx1,F\n"}, "'users.csv' names none of the users of the audit, but 'x1'"),
        ({"users.csv": "user,sex\n"}, "'users.csv' has no rows"),
        ({"topk.csv": "user,item,score\n"}, "'topk.csv' has no rows"),
        ({"topk.csv": "user;item;score\nu1;a;1\n"}, "'topk.csv' has no column 'user'"),
        ({"topk.csv": "user,item,rank\nu1,A,1\n"}, "'topk.csv' names none of the items of the audit, but 'A'"),
        ({"users.csv": "user,age\nu1,9\n"}, "'users.csv' has no column 'sex'"),
    ],
)
def test_mistakes_of_rankings_are_told(tmp_path, changed, said):
    rows = {} if said.startswith("column 'rating'") else {"rows.csv": "user,item\nu2,a\nu1,b\n"}
    with pytest.raises(AuditError) as refused:
        audit(tmp_path, RANKED, TABLES | rows | changed)
    assert said in refused.value.message
    assert refused.value.hint


def test_recommended_items_that_nobody_had_are_counted(tmp_path):
    tables = TABLES | {"rows.csv": "user,item\nu1,a\n", "topk.csv": "user,item,rank\nu1,a,1\nu1,b,2\nu1,c,3\n"}
    found = audit(tmp_path, RANKED.replace("k = 2", "k = 3"), tables)
    (note,) = found.model.notes
    assert note.params["count"] == 2  # b and c
    assert "in no table of interactions" in str(note)
    (tmp_path / "train.csv").write_text("user,item\nu1,b\nu7,c\n")
    assert audit(tmp_path, RANKED + '\ntraining = "train.csv"', tables).model.notes == []


def test_training_users_may_be_others(tmp_path):
    (tmp_path / "train.csv").write_text("user,item\nt1,a\n")
    found = audit(tmp_path, RANKED + '\ntraining = "train.csv"', TABLES | {"rows.csv": "user,item\nu1,a\n"})
    assert [note.params["count"] for note in found.model.notes] == [1, 1]  # u9; the item b
    assert found.model.predict(found.all.training.inputs).items.shape == (1, 0)
    assert len(found.model.notes) == 2


SPANS = 'loader = "jsonl"\ninput = "note"\ntarget = "gold"\npredicted = "found"'


def note(found, gold='[{"start": 0, "end": 4, "label": "DRUG"}]'):
    return {"rows.csv": f'{{"note": "abcdefgh", "gold": {gold}, "found": {found}}}\n'}


def test_spans_are_read_from_lists_and_from_their_json(tmp_path):
    written = '"[{\\"start\\": 5, \\"end\\": 8, \\"label\\": \\"DOSE\\", \\"score\\": 0.5}]"'
    found = audit(tmp_path, SPANS, note(written, f"[{span(0, 4, 'DOSE')}]"), task='task = "tokens"')
    assert isinstance(found.said, TokenLabels)
    assert found.said.spans == (((5, 8, "DOSE", 0.5),),)
    assert found.split.truth.spans == (((0, 4, "DOSE", 1.0),),)


def test_a_column_of_lists_is_of_tokens(tmp_path):
    assert audit(tmp_path, SPANS, note("[]")).all.task == "tokens"


def span(start, end, label="DRUG"):
    return f'{{"start": {start}, "end": {end}, "label": "{label}"}}'


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("null", "column 'found' has no list of spans in 1 rows, first in row 1"),
        ('"[oops"', "column 'found' in row 1 holds '[oops', which is no JSON"),
        (f"[{span(4, 9)}]", "the span 4 to 9 of 'DRUG' reaches beyond its text of 8 characters"),
        (f"[{span(4, 4)}]", "is empty or upside down"),
        (f"[{span(0, 4)}, {span(2, 6)}]", "the span 0 to 4 of 'DRUG' overlaps 2 to 6"),
        (f"[{span(0, 4)}, {span(0, 4)}]", "the span 0 to 4 of 'DRUG' stands twice"),
        ("[[0, 4]]", "'rows.csv' column 'found' in row 1 holds [0, 4] for a span"),
        ('{"start": 0}', "which is no list"),
        (f"[{span(0, '1' + '0' * 400)}]", "is empty or upside down"),
        ('[{"start": 0, "end": 4, "label": {"a": 1}}]', "is no text"),
        (f"[{span(0, 4, 'drug')}]", "'rows.csv' column 'found' holds 'drug', and the target holds 'DRUG'"),
        (f"[{span(0, 4, 'LABEL_1')}]", "holds none of the target's labels, but 'LABEL_1'"),
    ],
)
def test_mistakes_of_spans_are_told(tmp_path, found, said):
    with pytest.raises(AuditError) as refused:
        audit(tmp_path, SPANS, note(found), task='task = "tokens"')
    assert said in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize("other", ["DRUG", "drug"])
def test_labels_of_entities_are_mapped_or_meant(tmp_path, other):
    data = f'{SPANS}\n[model.labels]\ndrug = "{other}"'
    assert audit(tmp_path, data, note(f"[{span(0, 4, 'drug')}]")).said.spans == (((0, 4, other, 1.0),),)


def test_one_span_may_lie_inside_another(tmp_path):
    found = audit(tmp_path, SPANS, note(f"[{span(0, 8)}, {span(2, 4)}]"))
    assert len(found.said.spans[0]) == 2


CONLL = 'loader = "conll"\ntarget = "target"\npredicted = "predicted"\nunit = "document"\ngroups = ["sex"]'


def test_sentences_become_rows(tmp_path):
    lines = "-DOCSTART- O O\n\n# sex = F\nGive O O\nco B-DRUG B-DRUG\nX I-DRUG O\n\n-DOCSTART- O O\n\nNo O B-DRUG\n"
    found = audit(tmp_path, CONLL, {"rows.csv": lines})
    assert found.split.truth.spans == (((5, 9, "DRUG", 1.0),), ())
    assert found.said.spans == (((5, 7, "DRUG", 1.0),), ((0, 2, "DRUG", 1.0),))
    assert found.split.units.labels() == ["1", "2"]
    assert found.split.groups["sex"].labels() == ["F", None]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("Give O\n", "line 1 has 2 columns, where there are 3"),
        ("Give O O\nX O DRUG\n", "'rows.csv' line 2: 'DRUG' in the column 'predicted' is no tag"),
        ("\n", "holds no token"),
    ],
)
def test_mistakes_of_sentences_are_told(tmp_path, lines, said):
    with pytest.raises(AuditError) as refused:
        audit(tmp_path, CONLL, {"rows.csv": lines})
    assert said in refused.value.message


def test_answers_and_their_references(tmp_path):
    found = audit(tmp_path, 'generated = "said"\ntarget = "wanted"', numbers("a,b", ",c", header="said,wanted"))
    assert isinstance(found.said, Texts)
    assert found.said.texts == ("a", "")
    assert found.split.truth.texts == ("b", "c")
    nothing = audit(tmp_path, 'generated = "said"', numbers("a", header="said"))
    assert nothing.split.truth is None
