"""Catalogues for translators: every text is found, nothing translated is lost, and no page is half English."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.document import Text
from auditkit.report import page
from auditkit.report.catalogues import Catalogue, translator
from auditkit.report.wording import Wording
from auditkit.translating.__main__ import LANGUAGE, main, of_a_plugin, own_texts
from auditkit.translating.catalogue import Count, mistakes_in, read, update
from auditkit.translating.texts import Texts, add_code

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "reports" / "templates" / "locale" / LANGUAGE

CODE = '''
from dataclasses import dataclass
from other import AWAY

NAMES = {"a": "from a table", "b": "from the same table"}


@dataclass(frozen=True)
class Kind:
    key: str
    words: str = "a default of a field"

    def said(self):
        return Text.of(self.words)


KIND = Kind("k", words="a field of a class")


def plain(yes, key):
    Text.of("as it stands, {n}", n=1)
    Text.of("if so" if yes else "if not")
    Text.of(NAMES[key])
    Text.of(AWAY)
    why = "a local name"
    if yes:
        why = "another value of it"
    Text.of(why)
    for said, count in (("of a loop", 1), ("of its next turn", 2)):
        wording.say(said, count=count)
    Text.of(f"put {'together' if yes else 'apart'}")
    given("of a call", head="by name")
    table("column one", "column two")
    Text.of(returned(yes))
    raise NotApplicable("why not", hint="what to do")


def given(first, *, head="by default"):
    return Text.of(first), Text.of(head)


def table(*names):
    return tuple(map(Text.of, names)), tuple(Text.of(name) for name in (*names, "column three"))


def returned(yes):
    if yes:
        return "returned"
    return "returned too"


def counted(n):
    return wording.plural("{n} bird", "{n} birds", n, n=n)


def unknowable(document):
    """A docstring that is no text of a report."""
    Text.of(document["name"])
    print("nor is this one")
    Text.of("{all}")
'''
FOUND = {
    "from a table", "from the same table", "a default of a field", "a field of a class", "as it stands, {n}", "if so",
    "if not", "from elsewhere", "a local name", "another value of it", "of a loop", "of its next turn", "put together",
    "put apart", "of a call", "by name", "by default", "column one", "column two", "column three", "returned",
    "returned too", "why not", "what to do", "{n} bird",
}  # fmt: skip


@pytest.fixture
def found(tmp_path):
    for name, code in (("plugin", CODE), ("other", 'AWAY = "from elsewhere"\n')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(code)
    texts = Texts()
    add_code(texts, tmp_path, [tmp_path / "plugin", tmp_path / "other"])
    return texts


def test_texts_are_followed_to_where_they_are_written(found):
    assert {text for texts in found.found.values() for text in texts} == FOUND
    assert found.found["other"] == {"from elsewhere": {"other/__init__.py"}}
    assert found.plurals == {"{n} bird": "{n} birds"}


def test_a_text_that_cannot_be_followed_is_named_with_its_line(found):
    line = CODE.splitlines().index('    Text.of(document["name"])') + 1
    assert ("plugin/__init__.py", line, "document['name']") in found.lost


def test_a_text_of_two_packages_is_shared_and_one_of_the_host_is_its_own():
    texts = Texts({"auditkit_a": {"x": {"a.py"}, "y": {"a.py"}}, "auditkit_b": {"x": {"b.py"}}, "auditkit": {}})
    texts.add("auditkit", "y", "host.py")
    assert texts.by_owner() == {"shared": {"x": ["a.py", "b.py"]}, "auditkit": {"y": ["a.py", "host.py"]}}


def write(path, texts, known=(), plurals=None):
    return update(path, LANGUAGE, texts, known, plurals or {})


def test_an_update_keeps_what_is_translated_and_marks_what_is_gone(tmp_path):
    path = tmp_path / "one.po"
    assert write(path, {"old": ["a.py"], "{n} row": ["b.py"]}, plurals={"{n} row": "{n} rows"}).all == 2
    text = path.read_text()
    text = text.replace('msgid "old"\nmsgstr ""', 'msgid "old"\nmsgstr "旧"')
    path.write_text(text.replace('msgstr[0] ""', 'msgstr[0] "{n} 行"'))
    count = write(path, {"new": ["a.py"], "{n} row": ["b.py"]}, plurals={"{n} row": "{n} rows"})
    assert (count.translated, count.all) == (1, 2)
    assert '#~ msgid "old"\n#~ msgstr "旧"' in path.read_text()
    assert 'msgid_plural "{n} rows"\nmsgstr[0] "{n} 行"' in path.read_text()
    before = path.read_bytes()
    write(path, {"{n} row": ["b.py"], "new": ["a.py"]}, plurals={"{n} row": "{n} rows"})
    assert path.read_bytes() == before
    # What has come back is translated again, and so is what went over to another file.
    assert write(path, {"old": ["a.py"]}).translated == 1
    assert write(tmp_path / "two.po", {"old": ["c.py"]}, [read(path)]).translated == 1


def test_the_catalogue_of_a_plugin_has_its_own_texts_and_none_of_auditkits(tmp_path):
    package = tmp_path / "ward"
    package.mkdir()
    (package / "__init__.py").write_text('SAID = Text.of("all rows"), Text.of("a text of the ward, {n}", n=1)\n')
    assert of_a_plugin(package) == Count(0, 1, "zh-CN.po")
    path = package / "templates" / "locale" / "zh-CN.po"
    assert [one.id for one in read(path) if one.id] == ["a text of the ward, {n}"]
    path.write_text(path.read_text().replace('{n}"\nmsgstr ""', '{n}"\nmsgstr "病区的文本，{n}"'))
    assert of_a_plugin(package).translated == 1
    assert translator("zh-CN", [package / "templates"])("a text of the ward, {n}") == "病区的文本，{n}"


@pytest.mark.parametrize(
    ("text", "said", "wrong"),
    [
        ("{n} rows", "行", "has not the names in braces"),
        ("a: b", "甲:乙", "half-width mark"),
        ("It is so.", "如此", "no 。 at its end"),
        ("so", "如此。", "ends in 。"),
        ("so", "如此 ", "begins or ends with a space"),
        ("it is so", "如此 ，是", "has a space beside"),
        ("a 2", "甲2", "has no space in"),
        ("{n} rows, by Wilson (1927)", "{n} 行：据 Wilson (1927)", None),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(tmp_path, capsys, monkeypatch, text, said, wrong):
    path = tmp_path / "one.po"
    path.write_text(
        f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{text}"\nmsgstr "{said}"\n'
    )
    found = list(mistakes_in(path))
    assert [wrong in one for one in found] == ([True] if wrong else [])
    monkeypatch.setattr("sys.argv", ["translating", str(path)])
    assert main() == (wrong is not None)
    assert "1 of     1 translated" in capsys.readouterr().out


def test_no_shipped_translation_has_a_mistake():
    assert [one for path in sorted(SHIPPED.glob("*.po")) for one in mistakes_in(path)] == []


def test_the_catalogues_have_every_text_of_code_templates_and_cards():
    known = translator(LANGUAGE)
    texts = {text for texts in own_texts(ROOT).found.values() for text in texts}
    assert len(texts) > 3000
    lacking = sorted(texts - known.known.keys() - known.plurals.keys())
    # Texts come in between two rounds of translation: `make catalogues` counts them.
    assert len(lacking) <= len(texts) // 50, f"run `make catalogues`, then translate: {lacking[:20]}"


@pytest.fixture(scope="module")
def measured():
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"sex": draw.choice(["F", "M"], 160), "band": draw.choice(["old", "young"], 160)})
    frame["ill"] = draw.choice(["no", "yes"], 160)
    frame["p_yes"] = np.clip(0.5 + 0.3 * (frame["ill"] == "yes") + draw.normal(0, 0.2, 160) - 0.15, 0.01, 0.99)
    frame["p_no"] = 1 - frame["p_yes"]
    scores = auditkit.ClassScores(("no", "yes"), frame[["p_no", "p_yes"]].to_numpy(), "probability")
    rules = [{"metric": name, "max": 0.1, "because": "a test"} for name in ("equalized_odds_difference", "no_metric")]
    return auditkit.audit(
        scores,
        frame,
        target="ill",
        positive="yes",
        groups=["sex", "band"],
        checks=[
            "performance.overall",
            "fairness.gaps",
            "fairness.group-rates",
            "calibration.error",
            "privacy.anonymity",
        ],
        policy={"rules": rules},
    )


def looked_up(result, monkeypatch):
    """The texts that the two pages of a result look up, and those of them that no catalogue has."""
    known = translator(LANGUAGE)
    recording = Recorder(known.known, known.plurals, known.numbered)
    monkeypatch.setattr(page, "translator", lambda *_: recording)
    ASKED.clear()
    for paper in (False, True):
        page.render_page(result, None, language=LANGUAGE, paper=paper)
    return set(ASKED), {text for text in ASKED if text not in known.known and any(map(str.isalpha, bare(text)))}


def main_of(page_):
    """The page without its head and the data that ride in it."""
    return page_.partition("<main>")[2].partition("<script")[0]


def bare(text):
    """Without names in braces: `{checks}` has no translation, for it stands for itself."""
    return re.sub(r"\{\w+(?::\w+)?\}", "", text)


ASKED: set[str] = set()


class Recorder(Catalogue):
    """Remembers what it was asked."""

    def __call__(self, text):
        ASKED.add(text)
        return super().__call__(text)


def test_a_page_in_chinese_looks_up_nothing_that_no_catalogue_has(measured, monkeypatch):
    asked, lacking = looked_up(measured, monkeypatch)
    assert len(asked) > 250
    assert lacking == set()


def test_a_page_in_chinese_has_the_numbers_of_the_english_one_and_no_english_sentence(measured):
    english, chinese = (page.render_page(measured, None, language=one).decode() for one in ("en", LANGUAGE))
    assert '<html lang="zh-CN">' in chinese

    def numbers(text):
        return sorted(re.findall(r"(?<![-A-Za-z\d.])\d\.\d{3}(?![A-Za-z\d]|\.\d)", main_of(text)))

    assert numbers(english) == numbers(chinese)
    assert len(numbers(chinese)) > 50
    shown = re.sub(r'<bdi lang="en">.*?</bdi>|<[^>]+>', " ", main_of(chinese))
    # Names of intervals and of estimators are looked for in the result, and stay.
    methods = {Wording().method(one) for finding in measured.findings for one in finding.measurements}
    for name in (*methods, "expected calibration error, bins of equal mass"):
        shown = shown.replace(name, "|")
    # Five words of Latin letters in a row are a sentence.
    assert re.findall(r"(?:[A-Za-z]{2,}[ ,]+){5,}", shown) == []


CHINESE = Wording(translator(LANGUAGE), LANGUAGE)


def test_chinese_joins_sentences_without_a_space_and_things_with_its_own_marks():
    assert CHINESE.prose(["一。", "", "二。"]) == "一。二。"
    assert CHINESE.listed(["甲", "乙", "丙"]) == "甲、乙、丙"
    assert CHINESE.apart(["准确率", "sex：F"]) == "准确率，sex：F"
    assert CHINESE.stopped(CHINESE.pair("甲", "乙")) == "甲：乙。"
    assert CHINESE.records(1204) == "1,204 条记录"
    assert CHINESE.moment("2026-11-21T10:05:00Z") == "2026年11月21日 10:05 UTC"
    assert Wording().prose(["One.", "", "Two."]) == "One. Two."
    assert Wording().moment("2026-11-21T10:05:00Z") == "2026-11-21 10:05 UTC"


def test_a_reason_inside_a_reason_is_translated_with_it_and_english_when_read_by_itself():
    inner = Text.of("the group has {n} rows to judge by, fewer than {least}", n=4, least=10)
    reason = Text.of("it is undefined: {why}", why=inner)
    assert str(reason) == "it is undefined: the group has 4 rows to judge by, fewer than 10"
    assert CHINESE.text(reason) == "它无定义：该群体有 4 行可供评判，少于 10"
    assert Text.from_json(reason.to_json()) == reason


def test_cards_of_gaps_and_of_other_depths_are_said_in_the_words_of_the_card_they_come_from():
    assert CHINESE.explained("Accuracy: widest gap") == "准确率：最大差距"
    assert CHINESE.explained("Precision at 10") == "前 10 精确率"
    assert CHINESE.explained("Precision at 3") == "前 3 精确率"
    assert CHINESE.explained("Nobody has heard of 3") == "Nobody has heard of 3"
