"""Message catalogues in folders of templates: which are found, what they may say, and what a page makes of them."""

from __future__ import annotations

import pytest

from auditkit.errors import PluginError, SpecError
from auditkit.report import render_html, templates_digest
from auditkit.report.catalogues import languages, read_catalogue, refuse_language, translator
from auditkit.report.wording import Wording
from auditkit.spec import read_spec
from auditkit.testing import toy_result

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def folder(home, name, *pairs, language="zh-CN", before=""):
    made = home / name
    (made / "locale").mkdir(parents=True, exist_ok=True)
    entries = "\n".join(f'msgid "{text}"\nmsgstr "{said}"\n' for text, said in pairs)
    (made / "locale" / f"{language}.po").write_text(HEAD + before + entries, encoding="utf-8")
    return made


def test_a_text_is_said_as_the_first_catalogue_that_has_it_says_it(tmp_path):
    one = folder(tmp_path, "one", ("Glossary", "术语表"))
    two = folder(tmp_path, "two", ("Glossary", "词汇"), ("Rules", "规则"))
    say = translator("zh-CN", [one, two])
    assert [say(text) for text in ("Glossary", "Rules", "No such text")] == ["术语表", "规则", "No such text"]
    assert translator("zh-CN", [two, one])("Glossary") == "词汇"
    assert translator("en", [one, two]) is str
    assert languages([one, two]) == ("en", "zh-CN")
    assert languages() == ("en", "zh-CN")
    assert languages([folder(tmp_path, "three", language="fr")]) == ("en", "fr", "zh-CN")


def test_what_is_fuzzy_or_empty_is_left_in_english(tmp_path):
    made = folder(tmp_path, "one", ("Rules", ""), before='#, fuzzy\nmsgid "Data"\nmsgstr "数据"\n\n')
    assert read_catalogue(made / "locale" / "zh-CN.po").known == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [("{low} to {high}", "{low} 至"), ("{low} to {high}", "{low} {high} {n}"), ("all", "{x}"), ("{n:percent}", "{n}")],
)
def test_a_translation_that_loses_or_makes_up_a_number_is_refused(tmp_path, text, said):
    made = folder(tmp_path, "one", (text, said))
    with pytest.raises(PluginError, match=r"zh-CN\.po") as refused:
        translator("zh-CN", [made])
    assert "the same names in braces" in refused.value.hint


def test_what_is_no_catalogue_is_refused(tmp_path):
    with pytest.raises(PluginError, match="cannot be read"):
        translator("zh-CN", [folder(tmp_path, "two", before="this is no catalogue\n")])


def test_plural_forms_are_chosen_as_the_catalogue_says(tmp_path):
    # Polish: 1, 2 to 4 but for 12 to 14, and the rest.
    rule = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {rule}\\n"\n\n'
    forms = "".join(f'msgstr[{place}] "{{n}} {said}"\n' for place, said in enumerate(("wiersz", "wiersze", "wierszy")))
    made = folder(tmp_path, "one", language="pl")
    (made / "locale" / "pl.po").write_text(f'{head}msgid "{{n}} row"\nmsgid_plural "{{n}} rows"\n{forms}')
    wording = Wording(translator("pl", [made]), "pl")
    said = [wording.plural("{n} row", "{n} rows", n, n=n) for n in (1, 2, 5, 12, 22)]
    assert said == ["1 wiersz", "2 wiersze", "5 wierszy", "12 wierszy", "22 wiersze"]
    assert [Wording().plural("{n} row", "{n} rows", n, n=n) for n in (1, 2)] == ["1 row", "2 rows"]
    assert Wording().records(1) == "1 record"
    assert Wording().records(1204) == "1,204 records"


def test_a_page_in_another_language_says_how_far_the_catalogues_go(tmp_path):
    made = folder(tmp_path, "one", ("Glossary", "术语表"), ("{low} to {high}", "{low} 至 {high}"))
    page = render_html(toy_result(language="zh-CN"), None, template_dirs=[made]).decode()
    assert '<html lang="zh-CN">' in page
    assert "<h2>术语表</h2>" in page or "术语表" in page
    # a number of the toy result, with its interval
    assert "0.265 至 0.522" in page
    # of the toy result's own texts, some are in no catalogue; the page says so in the words that it has
    assert "以已安装插件的译文所及为限" in page
    english = render_html(toy_result(language="zh-CN"), None, template_dirs=[made], language="en").decode()
    assert '<html lang="en">' in english
    assert "术语表" not in english
    assert "以已安装插件的译文所及为限" not in english
    assert "as far as the catalogues" not in english


def test_a_catalogue_counts_to_what_the_page_was_made_with(tmp_path):
    before = templates_digest([folder(tmp_path, "one", ("Glossary", "术语表"))])
    assert before != templates_digest([folder(tmp_path, "one", ("Glossary", "词汇"))])


def test_a_language_without_a_catalogue_is_refused_with_its_line(tmp_path):
    spec = tmp_path / "audit.toml"
    spec.write_text(
        'name = "a"\n[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\npredicted = "said"\n'
        '[report]\nlanguage = "zh-CN"\n'
    )
    chinese = read_spec(spec)
    refuse_language(chinese, [])
    french = chinese.model_copy(update={"report": chinese.report.model_copy(update={"language": "fr"})})
    with pytest.raises(SpecError, match=r"8: \[report\] language is 'fr', which no installed plugin") as refused:
        refuse_language(french, [])
    assert refused.value.hint.startswith('language = "en", or install a plugin with')
    refuse_language(french, [folder(tmp_path, "one", ("Glossary", "Glossaire"), language="fr")])


def test_a_catalogue_may_be_several_files(tmp_path):
    made = folder(tmp_path, "one", ("Rules", "规则"))
    (made / "locale" / "zh-CN").mkdir()
    part = folder(tmp_path, "two", ("Glossary", "术语表"), ("Rules", "条例")) / "locale" / "zh-CN.po"
    part.rename(made / "locale" / "zh-CN" / "glossary.po")
    say = translator("zh-CN", [made])
    assert [say(text) for text in ("Glossary", "Rules")] == ["术语表", "规则"]
