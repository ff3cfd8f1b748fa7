"""A report that would tell something of a person in the data is refused: where it stands is said, and never what."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.dataset import AuditDataset, Codes, Split
from auditkit.disclosure.leaks import LeakError, Spoken, find_leaks, refuse_leaks
from auditkit.disclosure.spoken import own_words, texts_of, words_of
from auditkit.document import Text
from auditkit.host import Host

ROWS = 200
SURNAMES = [f"{first}{second}" for first in ("Okon", "Ivar", "Tess", "Mbal", "Quir") for second in ("wuri", "ssonek")]


def notes() -> pd.Series:
    usual = [f"Seen at night with pain in the chest for {n % 7} days, sent home after review." for n in range(ROWS)]
    usual[3] = "Jane Okonkwo came in with a cough that would not settle after the walk."
    usual[4] = "Write to jane.doe@clinic.example about the scan; pain in the chest."
    return pd.Series(usual, name="note")


def split(inputs=None, **more) -> Split:
    given = notes() if inputs is None else inputs
    groups = {"sex": Codes.of(["F", "M"] * (len(given) // 2))}
    targets = Codes.of(["urgent", "routine"] * (len(given) // 2))
    known = {"units": None, "label_targets": None, "weights": None, "digest": "0" * 64} | more
    return Split(name="audit", inputs=given, targets=targets, groups=groups, **known)


def found(said, inputs=None, *, spoken=None, recognisers=(), **more):
    data = AuditDataset("toy", split(inputs, **more))
    return find_leaks([said], data, spoken or Spoken(printed=("The rule is met by all groups.",)), recognisers)


def people(count=ROWS):
    return pd.DataFrame(
        {
            "surname": [SURNAMES[n // 20] if n else "Abernathy-Quill" for n in range(count)],
            "mrn": [f"MRN-{100200 + n}" for n in range(count)],
            "pain": np.arange(count) % 10,
            "ward": ["General medicine"] * count,
        }
    )


@pytest.mark.parametrize(
    ("said", "kind", "column"),
    [
        ("the worst case was okonkwo's", "rare word", "note"),
        ("row 3: Jane  OKONKWO came in, with a cough that...", "rare word", "note"),
        ("came in with a cough that", "run of words", "note"),
    ],
)
def test_a_word_that_few_rows_have_and_a_piece_of_a_text_are_found(said, kind, column):
    leaks = found(said)
    assert (kind, column, "audit") in {(one.kind, one.column, one.split) for one in leaks}


@pytest.mark.parametrize(
    "said",
    [
        "pain in the chest for 3 days, sent home after review",
        "urgent routine sex F M night review chest",
        "The rule is met by all groups.",
        "n = 200; 0.142 to 0.510; 2026-11-23 10:05 UTC; sha256:" + "ab12" * 16,
        "",
    ],
)
def test_what_many_rows_say_and_what_a_report_says_itself_is_no_leak(said):
    assert found(said) == []


@pytest.mark.parametrize(
    ("said", "column"),
    [("patient Abernathy-Quill", "surname"), ("see MRN-100217.", "mrn"), ("see mrn 100217", "mrn")],
)
def test_names_and_numbers_of_rows_are_found(said, column):
    assert {one.column for one in found(said, people())} == {column}


@pytest.mark.parametrize("said", ["Okonwuri", "General medicine", "pain 7", "ward"])
def test_cells_that_ten_rows_share_columns_and_short_numbers_are_no_leak(said):
    assert found(said, people()) == []


def test_a_unit_is_a_person_however_many_rows_it_has():
    units = Codes.of(["patient-77120", "patient-77121"] * (ROWS // 2))
    assert [one.kind for one in found("the worst is patient-77121", units=units)] == ["identifier"]
    assert found("the worst is patient-77199", units=units) == []


def test_what_a_recogniser_finds_in_the_report_is_looked_for_in_the_rows():
    recognisers = Host.installed().recognisers
    said = "write to JANE.DOE@clinic.example"
    assert "e-mail address" in {one.kind for one in found(said, recognisers=recognisers)}
    assert found("ask at somebody@else.org", recognisers=recognisers) == []


def test_chinese_is_looked_for_sign_by_sign():
    usual = ["夜间胸痛三天、复查后回家。"] * (ROWS - 2)
    inputs = pd.Series([*usual, "患者欧阳明月因咳嗽不止前来就诊。", "复查"], name="note")
    assert {one.kind for one in found("欧阳明月因咳嗽不止", inputs)} == {"run of words"}
    assert found("夜间胸痛三天复查后回家", inputs) == []


def test_released_columns_and_titles_are_let_through_and_a_name_in_a_title_is_not():
    spoken = Spoken(printed=(), released=frozenset({"surname"}))
    assert found("Abernathy-Quill", people(), spoken=spoken) == []
    titled = Spoken(printed=(), titles=("Model of Abernathy-Quill",))
    assert [one.column for one in found("Model of Abernathy-Quill", people(), spoken=titled)] == ["surname"]
    assert found("Okonkwo", spoken=Spoken(printed=(), titles=("Okonkwo",))) == []


def test_a_word_of_a_plugins_code_is_no_leak_and_a_name_of_two_words_is():
    spoken = Spoken(printed=(), sources=('note("an okonkwo was Abernathy, Quill")',))
    assert found("okonkwo", spoken=spoken) == []
    assert {one.kind for one in found("Abernathy-Quill", people(), spoken=spoken)} == {"cell"}


def test_released_rows_may_be_shown_but_for_who_they_are_of():
    spoken = Spoken(printed=(), are_released=True)
    units = Codes.of([f"patient-{77120 + n}" for n in range(ROWS)])
    said = "Jane Okonkwo came in with a cough that would not settle; patient-77121; jane.doe@clinic.example"
    leaks = found(said, spoken=spoken, recognisers=Host.installed().recognisers, units=units)
    assert {one.kind for one in leaks} == {"identifier", "e-mail address"}


def test_what_a_released_example_shows_may_stand_in_it_and_an_identifier_may_not():
    said = "Jane Okonkwo came in with a cough that would not settle; patient-77121"
    units = Codes.of([f"patient-{77120 + n}" for n in range(ROWS)])
    leaks = found(said, spoken=Spoken(printed=(), shown=(said,)), units=units)
    assert {one.kind for one in leaks} == {"identifier"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.html", "<p>It was <b>Okon</b>kwo.</p>"),
        ("report.html", '<img alt="Okonkwo" src="x">'),
        ("report.html", "<!-- Okonkwo -->"),
        ("report.html", '<script type="application/json">{"a":"Okonkw\\u006f"}</script>'),
        ("page.html", '<img src="data:image/svg+xml;base64,PHN2Zz48dGl0bGU+T2tvbmt3bzwvdGl0bGU+PC9zdmc+">'),
        ("result.json", '{"Okonkwo": 1}'),
        ("a.dsse.json", '{"payload":"eyJhIjoiT2tvbmt3byJ9","payloadType":"x","signatures":[]}'),
        ("junit.xml", "<a><![CDATA[Okonkwo]]></a>"),
        ("summary.md", "**Okonkwo**"),
        ("results.sarif", '{"runs":[{"a":["Okonkwo"]}]}'),
    ],
)
def test_nothing_hides_from_the_scan_in_what_wraps_it(name, content):
    assert "okonkwo" in {word for text in texts_of(name, content.encode()) for word in words_of(text)}


def test_the_error_says_where_and_what_to_type_and_not_what():
    files = {"report.html": b"<p>the worst was Okonkwo</p>", "result.json": b'{"name":"x"}'}
    with pytest.raises(LeakError) as refused:
        refuse_leaks(files, AuditDataset("toy", split()), Spoken(printed=("the worst was",)))
    assert "report.html" in refused.value.message
    assert "rare word of the column 'note' of the audit rows" in refused.value.message
    assert '[report] released = ["note"]' in refused.value.hint
    assert "okonkwo" not in f"{refused.value.message}{refused.value.hint}".casefold()


def test_many_rows_take_one_pass():
    """The rows are gone through once, whatever the report holds."""
    seen = []
    rows = people(ROWS)

    class Table:
        columns = rows.columns

        def __len__(self):
            return ROWS

        @property
        def iloc(self):
            return self

        def __getitem__(self, wanted):
            seen.append(wanted)
            return rows.iloc[wanted]

    found(" ".join(f"word{n}" for n in range(5000)), Table())
    assert len(seen) == 2, "once for the names of the columns, once for the cells"


# A whole audit, whose result a plugin could have written so.

TABLE = pd.DataFrame(
    {
        "note": notes(),
        "sex": ["F", "M"] * (ROWS // 2),
        "ill": np.where(np.random.default_rng(3).random(ROWS) < 0.5, "yes", "no"),
    }
)


@pytest.fixture(scope="module")
def audited():
    def model(texts):
        return np.clip([len(text) / 100 for text in texts], 0, 1)

    return auditkit.audit(
        model, TABLE, target="ill", positive="yes", input="note", groups="sex", checks=["performance.overall"]
    )


LEAK = "Jane Okonkwo came in with a cough that would not settle"


def leaking(result, where):
    finding = result.findings[0]
    if where == "message":
        finding = finding.model_copy(update={"notes": (Text.of(f"worst: {LEAK}"),)})
    elif where == "parameter":
        finding = finding.model_copy(update={"notes": (Text.of("worst: {row}", row=LEAK),)})
    elif where == "label":
        measured = finding.measurements[0].model_copy(update={"label": "Okonkwo"})
        finding = finding.model_copy(update={"measurements": (measured, *finding.measurements[1:])})
    elif where == "option":
        finding = finding.model_copy(update={"options": {"rows": ["Okonkwo"]}})
    elif where == "model":
        return result.model_copy(
            update={"subject": result.subject.model_copy(update={"class_name": "OfOkonkwo Okonkwo"})}
        )
    elif where == "note":
        subject = result.subject.model_copy(update={"notes": (Text.of("seen: {who}", who="jane.doe@clinic.example"),)})
        return result.model_copy(update={"subject": subject})
    return result.model_copy(update={"findings": (finding, *result.findings[1:])})


@pytest.mark.parametrize("where", ["message", "parameter", "label", "option", "model", "note"])
def test_a_planted_leak_is_refused_and_nothing_is_written(audited, tmp_path, where, monkeypatch):
    from auditkit import pipeline
    from auditkit.inmemory import writing

    planted = leaking(audited, where).sealed()
    monkeypatch.setattr(
        writing, "write_audited", lambda _, *args, **more: pipeline.write_audited(planted, *args, **more)
    )
    with pytest.raises(LeakError, match="would tell personal data") as refused:
        audited.write(tmp_path / "bundle", formats=["html"])
    assert not (tmp_path / "bundle").exists()
    said = f"{refused.value.message} {refused.value.hint}"
    assert not {"okonkwo", "jane", "doe"} & set(words_of(said))
    assert "note" in said
    place = {"model": "subject", "note": "subject"}.get(where, "check 'performance.overall'")
    assert f"It stands in {place}" in said


def test_the_report_of_an_honest_audit_is_written(audited, tmp_path):
    written = audited.write(tmp_path / "bundle", formats=["html"])
    assert json.loads((written / "result.json").read_bytes())["findings"]


def test_the_words_of_a_catalogue_are_the_reports_own_in_its_language_alone(tmp_path):
    folder = tmp_path / "locale" / "zh-CN"
    folder.mkdir(parents=True)
    (folder / "own.po").write_text(
        'msgid "the \\"worst\\" of "\n"all"\nmsgstr "最差"\n\n'
        'msgid "{n} row"\nmsgid_plural "{n} rows"\nmsgstr[0] "{n} 行"\n'
    )
    (tmp_path / "page.html.j2").write_text('<h2>{{ _("What was found") }}</h2>')
    english = {"What was found", 'the "worst" of all', "{n} row", "{n} rows"}
    assert set(own_words([tmp_path], "en")) == english
    assert set(own_words([tmp_path], "zh-CN")) == english | {"最差", "{n} 行"}
