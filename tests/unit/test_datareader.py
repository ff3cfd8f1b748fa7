"""From a file to a split: labels stay what they are, nothing is dropped, and errors name file, column and row."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
from datadesk import PLAIN, Desk, jsonl, parquet

from auditkit.errors import AuditError, ModelError
from auditkit_loaders import tables
from auditkit_loaders.tables import load_csv


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("last", ['"a\nb"', '"a\n"', '"a\n"""', '"""\n"""', '"a\r\nb"', 'a"'])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_last_cell_of_several_lines_that_is_closed_is_a_cell(tmp_path, last, end):
    path = tmp_path / "a.csv"
    path.write_bytes(f"y,g\n1,x\n0,{last}{end}".encode())
    meant = last[1:-1].replace('""', '"') if last.startswith('"') else last
    assert load_csv(path)["g"].tolist() == ["x", meant]
    assert pa.concat_tables(tables.csv_pieces(path))["g"].to_pylist() == ["x", meant]


def test_csv_keeps_every_cell_as_it_is_written(desk):
    cells = ["02", "None", "NA", "nan", "null", "1.0", "true", "-inf", "N/A", '"a, b"', '"two\nlines"', '"a ""quote"""']
    desk.write("a.csv", "y,p,g\n" + "".join(f"1,1,{cell}\n" for cell in cells) + "1,1,\n")
    groups = desk.read().audit.groups["g"]
    written = ["02", "None", "NA", "nan", "null", "1.0", "true", "-inf", "N/A", "a, b", "two\nlines", 'a "quote"']
    assert groups.labels() == [*written, None]
    assert groups.missing == 1


@pytest.mark.parametrize("loader", ["csv", "jsonl", "parquet"])
def test_labels_of_one_meaning_are_one_label_and_one_digest_whatever_the_loader(desk, loader):
    ints, flags, words, shares = (
        [1, 2, 1, 10],
        [True, False, True, None],
        ["02", "b", None, "é"],
        [0.25, 1e-7, 3.5, 2.5],
    )
    names = {"y": ints, "p": ints, "flag": flags, "word": words, "share": shares}
    if loader == "csv":
        lines = ["1,1,true,02,0.25", "2,2,false,b,1e-07", "1,1,true,,3.5", "10,10,,é,2.5"]
        desk.write("a.csv", "y,p,flag,word,share\n" + "\n".join(lines) + "\n")
    elif loader == "jsonl":
        desk.write("a.csv", jsonl([dict(zip(names, row, strict=True)) for row in zip(*names.values(), strict=True)]))
    else:
        desk.write("a.csv", parquet(**names))
    spec = f'loader = "{loader}"\ntarget = "y"\npredicted = "p"\ngroups = ["flag", "word", "share"]'
    found = desk.read(spec).audit
    assert found.targets is not None
    assert found.targets.vocabulary == ("1", "2", "10")
    assert found.groups["flag"].labels() == ["true", "false", "true", None]
    assert found.groups["word"].labels() == ["02", "b", None, "é"]
    assert found.groups["share"].labels() == ["0.25", "1e-07", "3.5", "2.5"]
    desk.write("same.csv", "y,p,flag,word,share\n1,1,true,02,0.25\n2,2,false,b,1e-07\n1,1,true,,3.5\n10,10,,é,2.5\n")
    same = desk.read('target = "y"\npredicted = "p"\ngroups = ["flag", "word", "share"]', audit="same.csv").audit
    assert found.digest == same.digest


def test_true_and_one_are_two_labels_in_one_column(desk):
    desk.write("a.jsonl", jsonl([{"y": y, "p": "1", "g": "x"} for y in (True, 1, "1", 1.0, False, 0)]))
    targets = desk.read('loader = "jsonl"\n' + PLAIN, audit="a.jsonl").audit.targets
    assert targets is not None
    assert targets.labels() == ["true", "1", "1", "1", "false", "0"]


@pytest.mark.parametrize("first", ["utf-8", "utf-8-sig"])
def test_byte_order_mark_is_no_part_of_the_first_column(desk, first):
    desk.write("a.csv", "y,p,g\n1,1,é\n".encode(first))
    assert desk.read().audit.groups["g"].labels() == ["é"]
    desk.write("a.jsonl", '{"y": 1, "p": 1, "g": "é"}\n'.encode(first))
    assert desk.read('loader = "jsonl"\n' + PLAIN, audit="a.jsonl").audit.groups["g"].labels() == ["é"]


@pytest.mark.parametrize("loader", ["csv", "jsonl"])
def test_latin_1_is_read_when_said_and_refused_when_not(desk, loader):
    text = "y,p,g\n1,1,é\n" if loader == "csv" else '{"y": 1, "p": 1, "g": "é"}\n'
    desk.write("a", text.encode("latin-1"))
    said = f'loader = "{loader}"\n{PLAIN}\n'
    assert desk.read(said + 'encoding = "latin-1"', audit="a").audit.groups["g"].labels() == ["é"]
    assert "is not utf-8" in desk.refused(said, audit="a")
    assert "no encoding 'klingon'" in desk.refused(said + 'encoding = "klingon"', audit="a")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "'a.csv' is empty"),
        ("y,p,g\n", "'a.csv' has no rows"),
        ("y,p,g\n1,1,a\n1,1\n", "'a.csv' line 3 has 2 cells, and the header 3"),
        ("y,p,g\n1,1,a,9\n2,2,b,9\n", "'a.csv' line 2 has 4 cells, and the header 3"),
        ("y,p,p\n1,1,a\n", "two columns named 'p'"),
        ("y,q,g\n1,1,a\n", "'a.csv' has no column 'p'"),
        ('y,p,g\n"1,1,a\n', "'a.csv' line 2 has"),
        ('y,p,g\n1,1,"two\nlines"\n0,1,"b\n1,1,a\n0,0,b\n', "'a.csv' line 4 opens a quotation mark that nothing"),
        ("y;p;g\n1;1;a\n", "'a.csv' has no column"),
    ],
)
def test_broken_csv_is_refused_by_file_and_line(desk, content, said):
    desk.write("a.csv", content)
    assert said in desk.refused()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_no_cell_rests_on_where_a_block_of_the_file_ends(tmp_path, monkeypatch, encoding):
    """Line ends within quotation marks stand at every place of a block; Arrow itself loses half of one at its end."""
    note = "a\r\n肺\r\r\n\n"
    notes = [note[at:] + "x" * (at % 3) for at in range(len(note))] * 9
    path = tmp_path / "a.csv"
    path.write_bytes(("k,note\r\n" + "".join(f'1,"{note}"\r\n' for note in notes)).encode(encoding))
    assert load_csv(path, encoding=encoding)["note"].tolist() == notes
    for block in range(16, 40):
        monkeypatch.setattr(tables, "_BLOCK", block)
        read = pa.concat_tables(tables.csv_pieces(path, encoding=encoding))
        assert read["note"].to_pylist() == notes, block
        monkeypatch.setattr(tables, "BLOCK", block)
        assert load_csv(path, encoding=encoding)["note"].tolist() == notes, block
        monkeypatch.undo()


def test_other_separators_are_options(desk):
    desk.write("a.csv", "y;p;g\n1;1;a\n")
    assert desk.read(PLAIN + '\nseparator = ";"').audit.groups["g"].labels() == ["a"]
    desk.write("a.csv", "y;p;p\n1;1;a\n")
    assert "two columns named 'p'" in desk.refused(PLAIN + '\nseparator = ";"')
    for separator in ("", "||", "\\n"):
        assert "is not one character" in desk.refused(PLAIN + f'\nseparator = "{separator}"')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ('{"y": 1}\n[1]\n', "line 2 is not an object"),
        ('{"y": 1}\n{"y": 1,}\n', "line 2 is not JSON"),
        ('{"y": 1, "p": 1, "g": "\\ud800"}\n', "line 1 holds no text"),
        ('{"y": 1, "p": 1, "g": {"a": 1}}\n', "column 'g' holds a list or an object in row 1"),
        ("[" * 100_000 + "\n", "line 1"),
    ],
)
def test_broken_jsonl_is_refused_by_file_and_line(desk, content, said):
    desk.write("a.jsonl", content)
    assert said in desk.refused('loader = "jsonl"\n' + PLAIN, audit="a.jsonl")


def test_broken_parquet_is_refused(desk):
    desk.write("a.parquet", "y,p,g\n1,1,a\n")
    assert "is not a Parquet file" in desk.refused('loader = "parquet"\n' + PLAIN, audit="a.parquet")


def test_misspelt_column_is_named_with_the_nearest(desk):
    desk.write("a.csv", "outcome,p,g\n1,1,a\n")
    with pytest.raises(AuditError) as caught:
        desk.read('target = "outcom"\npredicted = "p"')
    assert "outcome" in caught.value.hint
    assert re.search(r"spec\.toml:\d+", caught.value.message)


def test_missing_marks_hold_for_every_column(desk):
    desk.write("a.csv", "y,p,g,w\n1,1,NA,1\nNA,0,a,1\n0,?,b,1\n")
    audit = desk.read(PLAIN + '\nmissing = ["NA", "?"]\nweights = "w"').audit
    assert audit.targets is not None
    assert audit.targets.labels() == ["1", None, "0"]
    assert audit.groups["g"].labels() == [None, "a", "b"]
    assert audit.inputs["p"].tolist() == ["1", "0", None]
    assert len(audit) == 3


def test_marked_cell_has_the_digest_of_an_empty_one(desk):
    desk.write("a.csv", "y,p,g\n1,1,NA\n1,1,b\n")
    desk.write("b.csv", "y,p,g\n1,1,\n1,1,b\n")
    assert desk.read(PLAIN + '\nmissing = ["NA"]').audit.digest == desk.read(audit="b.csv").audit.digest
    assert desk.read(PLAIN).audit.digest != desk.read(audit="b.csv").audit.digest


def test_reference_needs_no_prediction_and_no_target(desk):
    desk.write("a.csv", "y,p,g\n1,1,a\n0,1,b\n")
    desk.write("pop.csv", "g\na\nb\nb\n")
    reference = desk.read(PLAIN + '\nreference = "pop.csv"').reference
    assert reference is not None
    assert reference.groups["g"].counts().tolist() == [1, 2]


def test_reference_has_what_else_its_table_holds(desk):
    desk.write("a.csv", "y,p,g,u,w\n1,1,a,7,1\n0,1,b,7,2\n")
    desk.write("pop.csv", "g,y,more,u,w,p\na,1,x,1,1,0\nb,0,z,1,3,1\nb,,z,2,1,1\n")
    reference = desk.read(PLAIN + '\nreference = "pop.csv"\nunit = "u"\nweights = "w"').reference
    assert reference is not None
    assert list(reference.inputs.columns) == ["g", "y", "more", "u", "w", "p"]
    assert reference.targets is not None
    assert reference.targets.labels() == ["1", "0", None]
    assert reference.units is not None
    assert reference.units.labels() == ["1", "1", "2"]
    assert reference.weights is not None
    assert reference.weights.tolist() == [1.0, 3.0, 1.0]
    assert list(reference.given.columns) == ["p"]


def test_period_is_the_audit_rows_alone_and_part_of_their_digest(desk):
    desk.write("a.csv", "y,p,g,when\n1,1,a,2025-01-02\n0,1,b,\n")
    desk.write("t.csv", "y,p,g\n1,1,a\n0,1,b\n")
    data = desk.read(PLAIN + '\nperiod = "when"\ntraining = "t.csv"')
    assert data.audit.period is not None
    assert data.audit.period.labels() == ["2025-01-02", None]
    assert data.training is not None
    assert data.training.period is None
    assert data.audit.digest != desk.read(PLAIN).audit.digest
    assert "column 'wen'" in desk.refused(PLAIN + '\nperiod = "wen"')


def test_quasi_identifiers_are_read_of_every_split_and_are_part_of_its_digest(desk):
    for name, last in (("a", "1"), ("b", "2")):
        desk.write(f"{name}.csv", f"y,p,g,zip\n1,1,a,01\n0,1,b,{last}\n")
    desk.write("pop.csv", "g,zip\na,1\nb,1\nb,02\n")
    named = PLAIN + '\nquasi_identifiers = ["zip", "g"]'
    data = desk.read(named + '\nreference = "pop.csv"\ntraining = "b.csv"')
    found = [{n: codes.labels() for n, codes in split.quasi_identifiers.items()} for split in data.splits]
    assert [one["zip"] for one in found] == [["01", "1"], ["01", "2"], ["1", "1", "02"]]
    assert [list(one) for one in found] == [["zip", "g"]] * 3
    assert desk.read(audit="a.csv").audit.digest == desk.read(audit="b.csv").audit.digest
    assert desk.read(named).audit.digest != desk.read(named, audit="b.csv").audit.digest
    assert "column 'zap'" in desk.refused(PLAIN + '\nquasi_identifiers = ["zap"]')


def test_what_answers_are_to_hold_is_read_of_the_audit_rows_and_is_part_of_their_digest(desk):
    desk.write("a.csv", "y,p,g,must,flag\n1,1,a,rest,yes\n0,1,b,,no\n")
    desk.write("b.csv", "y,p,g,must,flag\n1,1,a,rest,yes\n0,1,b,,yes\n")
    desk.write("t.csv", "y,p,g\n1,1,a\n0,1,b\n")  # nobody says it of training rows
    named = PLAIN + '\ntraining = "t.csv"\n[data.expected]\nrequired = "must"\nemergency = "flag"'
    data = desk.read(named)
    found = {role: codes.labels() for role, codes in data.audit.expected.items()}
    assert found == {"required": ["rest", None], "emergency": ["yes", "no"]}
    assert data.training.expected == {}
    assert desk.read(named, audit="b.csv").audit.digest != data.audit.digest
    assert desk.read(audit="a.csv").audit.digest == desk.read(audit="b.csv").audit.digest
    assert "column 'mast'" in desk.refused(PLAIN + '\n[data.expected]\nrequired = "mast"')
    assert "another role" in desk.refused(PLAIN + '\n[data.expected]\nrequired = "must"\nforbidden = "must"')
    assert "requird" in desk.refused(PLAIN + '\n[data.expected]\nrequird = "must"')


def test_units_and_weights(desk):
    desk.write("a.csv", "y,p,g,u,w\n1,1,a,7,1\n0,1,b,7,2.5\n0,1,b,8,0\n")
    audit = desk.read(PLAIN + '\nunit = "u"\nweights = "w"').audit
    assert audit.units is not None
    assert audit.units.labels() == ["7", "7", "8"]
    assert audit.weights is not None
    assert audit.weights.tolist() == [1.0, 2.5, 0.0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0,1,b,,1", "column 'u' is empty in 1 rows"),
        ("0,1,b,8,-1", "weights that are missing, negative or all zero"),
        ("0,1,b,8,", "weights that are missing"),
        ("0,1,b,8,1e-101", "weights from 1e-101 to 1, which cannot be added up"),
        ("0,1,b,8,heavy", "'a.csv' column 'w' holds 'heavy' in row 2"),
    ],
)
def test_units_and_weights_that_cannot_be_are_refused(desk, row, said):
    desk.write("a.csv", f"y,p,g,u,w\n1,1,a,7,1\n{row}\n")
    assert said in desk.refused(PLAIN + '\nunit = "u"\nweights = "w"')


def test_weights_that_one_table_lacks_are_asked_for_in_every_table(desk):
    desk.write("a.csv", "y,p,g,w\n1,1,a,1\n0,1,b,2\n")
    desk.write("b.csv", "y,p,g\n1,1,a\n0,1,b\n")
    with pytest.raises(AuditError, match=r"'b\.csv' has no column 'w'") as caught:
        desk.read(PLAIN + '\nweights = "w"\ntraining = "b.csv"')
    assert caught.value.hint.endswith("that of the training too; where all rows count alike, write 1 in each")


SALTED = PLAIN + '\nsalt_file = "s.salt"\ninput = "x"'


def test_rows_have_keyed_digests_only_under_a_salt(desk):
    desk.write("s.salt", b"0123456789abcdef")
    desk.write("a.csv", "x,y,p,g\nann,1,1,a\nbob,0,1,b\nann,1,0,a\n")
    assert desk.read().audit.row_digests is None
    first = desk.read(SALTED).audit
    assert first.row_digests is not None
    # What the model said is no part of who the row is.
    assert first.row_digests[0] == first.row_digests[2]
    assert len(set(first.row_digests)) == 2
    # The next release: rows in another order, a column more, other predictions.
    desk.write("b.csv", "p,new,g,y,x\n0,9,b,0,bob\n0,9,a,1,ann\n")
    second = desk.read(SALTED, audit="b.csv").audit
    assert second.row_digests == (first.row_digests[1], first.row_digests[0])
    desk.write("s.salt", b"another salt, 22 bytes")
    other = desk.read(SALTED).audit
    assert other.row_digests is not None
    assert not set(other.row_digests) & set(first.row_digests)
    assert other.digest != first.digest


def test_short_salt_is_refused(desk):
    desk.write("s.salt", b"short")
    desk.write("a.csv", "x,y,p,g\nann,1,1,a\n")
    assert "has 5 bytes; at least 16" in desk.refused(SALTED)


def test_digest_tells_rows_order_and_roles_apart(desk):
    digests = set()
    for text in ("1,1,a\n0,1,b\n", "0,1,b\n1,1,a\n", "1,1,a\n", "1,1,a\n0,1,\n", "1,1,ab\n0,1,\n", "0,1,a\n1,1,b\n"):
        desk.write("a.csv", "y,p,g\n" + text)
        digests.add(desk.read().audit.digest)
    assert len(digests) == 6


def test_group_column_of_names_is_refused(desk):
    desk.write("a.csv", "y,p,g\n" + "".join(f"1,1,name {row}\n" for row in range(1001)))
    assert "column 'g' has 1,001 different values" in desk.refused()


def test_scores_that_do_not_sum_to_one_are_refused(desk):
    desk.write("a.csv", "y,a,b\na,0.5,0.5\nb,0.9,0.9\n")
    with pytest.raises(ModelError, match=r"do not sum to 1 in 1 rows, first in row 2"):
        desk.case('target = "y"\nscores = ["a", "b"]')
