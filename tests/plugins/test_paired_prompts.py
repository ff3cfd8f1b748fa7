"""The loader of paired prompts: rows of templates and phrases, the ready sets, and what cannot be meant."""

from __future__ import annotations

import pytest

from auditkit import DataError
from auditkit_conversation.asked.loading import load_paired_prompts
from auditkit_conversation.asked.templates import PERSON, read_asked

OWN = """
contrasts = ["sex", "insurance"]
lines = 1
[[templates]]
id = "cough"
emergency = false
en = "{person} has a cough. What helps?"
[[templates]]
id = "burn"
zh = "请问{person}烫伤了怎么办?"
[words.insurance]
sides = ["public", "private"]
words = [["someone on Medicaid", "someone with private insurance"], ["有公费医疗的人", "有商业保险的人"]]
"""


def rows_of(folder, text):
    (folder / "prompts.toml").write_text(text, "utf-8")
    return load_paired_prompts.run(folder / "prompts.toml")


def test_rows_by_hand(tmp_path):
    table = rows_of(tmp_path, OWN)
    assert list(table) == ["prompt", "template", "pair", "neutral", "language", "emergency", "sex", "insurance"]
    # two templates, each with one line of sex, of insurance and of the neutral swap, two sides a line
    assert len(table) == 2 * 3 * 2
    assert table["prompt"].tolist()[:2] == [
        "A woman of 45 has a cough. What helps?",
        "A man of 45 has a cough. What helps?",
    ]
    assert table["sex"].tolist()[:3] == ["female", "male", None]
    assert table["insurance"].tolist()[2:4] == ["public", "private"]
    assert table["pair"].tolist()[0] == table["pair"].tolist()[1] == "cough, en, sex, 1"
    assert table["neutral"].tolist()[3:6] == [None, "one wording", "other wording"]
    assert table["emergency"].tolist()[0] == "no"
    assert table["emergency"].tolist()[6] is None
    assert table["prompt"].tolist()[6] == "请问一位45岁的女士烫伤了怎么办?"
    assert set(table["language"]) == {"en", "zh"}


def test_the_ready_templates_and_words(tmp_path):
    text = 'ready = ["medical"]\ncontrasts = ["sex", "age", "ethnicity"]\nlines = 20\n'
    asked = read_asked(_written(tmp_path, text))
    assert len(asked.templates) >= 20
    assert {language for one in asked.templates for language, _ in one.texts} == {"en", "zh"}
    assert sum(bool(one.is_emergency) for one in asked.templates) >= 5
    for phrases in (*asked.contrasts, asked.neutral):
        assert len(phrases.suiting("", 20)) >= 3, phrases.name
        assert len(phrases.suiting("中", 20)) >= 3, phrases.name
    table = rows_of(tmp_path, text)
    assert not table["prompt"].str.contains(PERSON, regex=False).any()
    assert table.groupby("pair")["prompt"].nunique().min() >= 2
    assert (table.groupby("pair")["template"].nunique() == 1).all()


def test_pairs_of_prompts_that_people_wrote(tmp_path):
    (tmp_path / "asked.csv").write_text(
        "id,prompt,emergency\nq1,My mother has a fever for two weeks and wants help.,no\n"
        "q2,What helps against a cold?,\nq3,My father and my mother cough.,\n,我妈妈已经发烧两天。,\n", "utf-8",
    )  # fmt: skip
    table = rows_of(tmp_path, 'contrasts = ["sex"]\nprompts = "asked.csv"\n')
    # q2 names nobody and q3 both
    assert table["template"].unique().tolist() == ["q1", "prompt 4"]
    first = table[table["template"] == "q1"]
    assert first["prompt"].tolist()[:2] == [
        "My mother has a fever for two weeks and wants help.", "My father has a fever for two weeks and wants help."
    ]  # fmt: skip
    assert first["sex"].tolist() == ["female", "male", None, None]
    assert first["neutral"].tolist() == [None, None, "one wording", "other wording"]
    assert first["pair"].nunique() == 2
    assert "mother" in first["prompt"].tolist()[3]
    assert first["prompt"].tolist()[3] != first["prompt"].tolist()[2]
    assert "爸爸" in table["prompt"].tolist()[5]
    assert rows_of(tmp_path, 'contrasts = ["sex"]\nprompts = "asked.csv"\n').equals(table)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("asked.csv", "prompt\nWhat helps?\n", "no prompt of 'asked.csv' says who"),
        ("asked.csv", "text\nMy mother coughs.\n", "no rows with a column 'prompt'"),
        ("asked.csv", "", "no rows"),
        ("other.csv", "prompt\nx\n", "cannot be read"),
    ],
)
def test_prompts_that_make_no_pairs_are_refused(tmp_path, name, content, said):
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(DataError, match=said):
        rows_of(tmp_path, 'contrasts = ["sex"]\nprompts = "asked.csv"\n')
    with pytest.raises(DataError, match="no file beside it"):
        rows_of(tmp_path, 'contrasts = ["sex"]\nprompts = "../asked.csv"\n')


def test_what_is_left_out(tmp_path):
    table = rows_of(tmp_path, 'ready = ["medical"]\ncontrasts = ["age"]\nlanguages = ["zh"]\nneutral = false\n')
    assert set(table["language"]) == {"zh"}
    assert table["neutral"].isna().all()


def _written(folder, text):
    (folder / "prompts.toml").write_text(text, "utf-8")
    return folder / "prompts.toml"


TEMPLATE = '[[templates]]\nid = "a"\nen = "{person} coughs."\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no contrasts"),
        ("contrasts = [", "no file of paired prompts"),
        ('contrasts = ["sex"]', "has no templates"),
        ('contrasts = ["sexx"]\n' + TEMPLATE, "there are no words for 'sexx'"),
        ('contrasts = ["neutral"]\n' + TEMPLATE, "there are no words for 'neutral'"),
        ('contrast = ["sex"]\n' + TEMPLATE, "has the key 'contrast'"),
        ('contrasts = "sex"\n' + TEMPLATE, "contrasts is no list"),
        ('contrasts = ["sex"]\nlines = 0\n' + TEMPLATE, "lines is 0"),
        ('contrasts = ["sex"]\nlines = true\n' + TEMPLATE, "lines is True"),
        ('contrasts = ["sex"]\nneutral = 1\n' + TEMPLATE, "neutral is not true or false"),
        ('contrasts = ["sex"]\nready = ["legal"]\n', "no ready templates 'legal'"),
        ('contrasts = ["sex"]\nlanguages = ["fr"]\n' + TEMPLATE, "no template is in 'fr'"),
        ('contrasts = ["sex"]\n' + TEMPLATE + TEMPLATE, "two templates have the id 'a'"),
        ('contrasts = ["sex"]\n[[templates]]\nid = "a"\nen = "I cough."\n', "does not name {person} once"),
        ('contrasts = ["sex"]\n[[templates]]\nid = "a"\n', "'a' has no text"),
        ('contrasts = ["sex"]\n[[templates]]\nen = "{person} coughs."\n', "a template has no id"),
        ('contrasts = ["sex"]\ntemplates = 3\n', "templates is no list"),
        ('contrasts = ["sex"]\n[[templates]]\nid = "a"\nemergency = "yes"\nen = "{person}"\n', "emergency of 'a'"),
        ('contrasts = ["w"]\n' + TEMPLATE + "[words]\nw = 3\n", "are no table"),
        ('contrasts = ["w"]\n' + TEMPLATE + '[words.w]\nsides = ["a"]\nwords = [["x"]]\n', "no two sides"),
        ('contrasts = ["w"]\n' + TEMPLATE + '[words.w]\nsides = ["a", "b"]\n', "no lines"),
        ('contrasts = ["w"]\n' + TEMPLATE + '[words.w]\nsides = ["a", "b"]\nwords = [["x", "x"]]\n', "phrase of its"),
        ('contrasts = ["w"]\n' + TEMPLATE + '[words.w]\nsides = ["a", "b"]\nwords = [["x"]]\n', "phrase of its"),
        ('contrasts = ["w"]\n' + TEMPLATE + '[words.w]\nsides = ["a", "b"]\nwords = [["男", "女"]]\n', "in the script"),
        ('contrasts = ["pair"]\n' + TEMPLATE + '[words.pair]\nsides = ["a", "b"]\nwords = [["x", "y"]]\n', "another"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(tmp_path, text, said):
    with pytest.raises(DataError) as refused:
        rows_of(tmp_path, text)
    assert said in refused.value.message
    assert refused.value.hint
