"""`auditkit init` and tables of every kind: names, separators, endings, and the rows that a guess rests on."""

from __future__ import annotations

import tomllib

import pytest
from commands import as_csv, small_rows

PLAN = ("plan", "new.toml")


def init(folder, *arguments):
    return folder.run_here("init", *arguments, "--out", "new.toml")


def spec(folder):
    return tomllib.loads((folder.path / "new.toml").read_text("utf-8"))


def planned(folder):
    answer = folder.run_here(*PLAN)
    assert answer.code == 0, answer
    return answer.out


def test_chinese_columns(folder):
    rows = [
        (
            f"Z{place:05}",
            "女男"[place % 2],
            str(18 + place % 70),
            "患者主诉头痛三天伴有恶心呕吐加重" + str(place),
            "是否"[place % 2],
            f"{(place % 10) / 10}",
        )
        for place in range(100)
    ]
    folder.write("病历.csv", as_csv(("病历号", "性别", "年龄", "主诉", "诊断", "概率"), rows).encode("gb18030"))
    init(folder, "病历.csv").refused("one question is open", "data.encoding=gb18030")
    assert init(folder, "病历.csv", "--set", "data.encoding=gb18030").code == 0
    data = spec(folder)["data"]
    assert (data["target"], data["positive"], data["scores"]) == ("诊断", "是", ["概率"])
    assert data["unit"] == "病历号"
    assert '# groups = ["性别", "年龄_band"]' in (folder.path / "new.toml").read_text("utf-8")
    planned(folder)


def test_columns_with_quotes_dots_and_line_breaks(folder):
    names = ('what "the" sex\\is', "out.come label", "p_ no", "p_ yes")
    rows = [(sex, outcome, p_no, p_yes) for sex, _, outcome, p_no, p_yes in small_rows()]
    folder.write("odd.csv", as_csv(names, rows))
    answer = init(folder, "odd.csv", "--target", names[1], "--attribute", names[0])
    assert answer.code == 0, answer
    assert spec(folder)["data"]["groups"] == [names[0]]
    planned(folder)


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_another_separator(folder, separator):
    folder.write("rows.tsv", (folder.path / "rows.csv").read_text().replace(",", separator))
    assert init(folder, "rows.tsv").code == 0
    assert spec(folder)["data"]["separator"] == separator
    planned(folder)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_other_tables(folder, kind):
    import pandas as pd

    frame = pd.read_csv(folder.path / "rows.csv")
    if kind == "parquet":
        frame.to_parquet(folder.path / "rows.parquet")
    else:
        frame.to_json(folder.path / "rows.jsonl", orient="records", lines=True)
    assert init(folder, f"rows.{kind}").code == 0
    assert spec(folder)["data"]["loader"] == kind
    planned(folder)


def test_labelled_sentences(folder):
    folder.write("said.conll", "Give O\naspirin B-DRUG\n.  O\n\nNo O\nfever B-SIGN\n" * 30)
    answer = init(folder, "said.conll", "--set", "data.predicted=target", "--task", "tokens")
    # What is true would be held against itself: refused by the reader of specs, before anything is written.
    answer.refused("predictions would be held against themselves")
    assert not (folder.path / "new.toml").exists()


def test_of_a_large_table_the_first_rows_alone_are_read(folder):
    header, *rows = (folder.path / "rows.csv").read_text().splitlines()
    body = "\n".join(rows) + "\n"
    with (folder.path / "large.csv").open("w") as stream:
        stream.write(header + "\n" + body * 5000)
        stream.write("this line, is, ragged\n")
        stream.truncate(2 << 30)  # zeros behind: whoever reads them finds no table
    answer = init(folder, "large.csv")
    assert answer.code == 0, answer
    assert "by the first 1,000 rows" in answer.out


def test_ages_beside_bands_of_them_are_not_banded_again(folder):
    rows = [(("no", "yes")[place % 2], 0.3, 0.7, 20 + place % 60, place % 3 + 1) for place in range(100)]
    folder.write("rows.csv", as_csv(("truth", "p_no", "p_yes", "age", "age_band"), rows))
    assert init(folder, "rows.csv", "--yes").code == 0
    assert "bands" not in spec(folder)["data"]
    planned(folder)


def test_rows_in_the_order_of_their_classes_may_be_audited_by_a_class_that_comes_later(folder):
    rows = [("yes" if place > 1100 else "no", 0.3, "FM"[place % 2]) for place in range(1200)]
    folder.write("rows.csv", as_csv(("truth", "score", "sex"), rows))
    open_one = init(folder, "rows.csv", "--yes")
    open_one.refused("--target NAME")
    assert "truth" in open_one.err.split("error:")[0]
    assert init(folder, "rows.csv", "--target", "truth", "--positive", "yes").code == 0
    assert spec(folder)["data"]["positive"] == "yes"


def test_lines_that_end_as_on_an_old_mac_are_read(folder):
    rows = [(("no", "yes")[place % 2], 0.3, 0.7, "FM"[place % 2]) for place in range(60)]
    folder.write("rows.csv", as_csv(("truth", "p_no", "p_yes", "sex"), rows).replace("\n", "\r"))
    assert init(folder, "rows.csv", "--yes").code == 0
    assert spec(folder)["data"]["target"] == "truth"


def test_json_lines_that_are_no_text_behind_their_beginning_are_refused_in_words(folder):
    line = b'{"text": "' + b"cough " * 60 + b'", "label": "no"}\n'
    (folder.path / "late.jsonl").write_bytes(line * 300 + b'{"text": "\xff", "label": "no"}\n')
    init(folder, "late.jsonl", "--set", "data.predicted=label").refused("'late.jsonl' is not utf-8")


def test_a_one_beside_a_two_is_not_proposed_as_the_class_that_counts(folder):
    rows = [("12"[place % 2], 0.3, "FM"[place % 2]) for place in range(60)]
    folder.write("rows.csv", as_csv(("truth", "score", "sex"), rows))
    init(folder, "rows.csv", "--yes").refused("--positive NAME")
