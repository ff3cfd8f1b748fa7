"""`auditkit init`: what it recognises, what it guesses and what it only asks, and what it refuses."""

from __future__ import annotations

import json
import os
import pickle
import random
import tomllib
from pathlib import Path

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


@pytest.fixture
def notes(folder, tiny_bert):
    """A folder with a text classifier of no and yes, and notes to audit it on."""
    import shutil

    shutil.copytree(tiny_bert, folder.path / "model")
    draw = random.Random(1)
    rows = [
        (
            f"P{place:03}",
            "FM"[place % 2],
            str(20 + place % 60),
            "cough and fever since the day before " * draw.randint(1, 2) + str(place),
            ("no", "yes")[place % 3 == 0],
        )
        for place in range(120)
    ]
    folder.write("notes.csv", as_csv(("patient_id", "sex", "age", "note", "pneumonia"), rows))
    return folder


def test_recorded_predictions_alone_are_recognised_and_audited(folder):
    answer = init(folder, "rows.csv")
    assert answer.code == 0, answer
    said = spec(folder)
    assert said["model"] == {"adapter": "recorded"}
    data = said["data"]
    assert (data["target"], data["positive"]) == ("outcome", "yes")
    assert (data["scores"], data["classes"]) == (["p_no", "p_yes"], ["no", "yes"])
    assert "groups" not in data
    written = (folder.path / "new.toml").read_text()
    assert '# groups = ["sex"]' in written
    assert "band (2)" in written
    assert "auditkit plan new.toml" in answer.out
    assert "ClassScores" in planned(folder)
    assert folder.run_here("run", "new.toml", "--no-pdf", "--out", "out").code in {0, 1, 5}


def test_a_text_classifier_its_target_by_the_models_classes_and_ages_in_bands(notes):
    answer = init(notes, "model", "notes.csv")
    assert answer.code == 0, answer
    said = spec(notes)
    assert said["model"] == {"adapter": "text-classifier", "path": "model"}
    data = said["data"]
    assert (data["target"], data["positive"], data["input"]) == ("pneumonia", "yes", "note")
    assert not {"groups", "bands"} & data.keys()
    assert data["unit"] == "patient_id"


def test_who_is_compared_is_named_and_never_guessed(notes):
    """What is called like a protected attribute stands in comments, which need their marks taken off and no more."""
    answer = init(notes, "model", "notes.csv", "--yes")
    assert "nobody is compared until you name the columns" in answer.out
    assert "groups" not in spec(notes)["data"]
    written = (notes.path / "new.toml").read_text()
    said = tomllib.loads(written.replace("# groups = [", "groups = [").replace("# bands = {", "bands = {"))["data"]
    assert (said["groups"], said["bands"]) == (["sex", "age_band"], {"age": [40, 65]})
    named = [word for name in said["groups"] for word in ("--attribute", name)]
    assert init(notes, "model", "notes.csv", *named, "--force").code == 0
    assert (spec(notes)["data"]["groups"], spec(notes)["data"]["bands"]) == (said["groups"], said["bands"])
    assert "age_band (3)" in planned(notes)


def test_at_a_terminal_groups_are_asked_for_and_enter_is_no_answer(notes):
    from auditkit.host import Host
    from auditkit.initing.answers import Answers
    from auditkit.initing.asking import look, settle

    asked = {}

    def answer(question):
        asked[question.key] = question
        return ["age_band"] if question.key == "data.groups" else question.guess

    seen = look(Host.installed(), str(notes.path / "model"), str(notes.path / "notes.csv"), Answers())
    _, draft = settle(seen, Answers(), out=notes.path / "new.toml", ask=answer)
    assert asked["data.groups"].guess is None
    assert "sex, age_band" in asked["data.groups"].asks
    assert draft.data["groups"].value == ["age_band"]
    assert draft.data["bands"].value == {"age": [40, 65]}


@pytest.mark.parametrize("keys", ["", "yes\n"])
def test_who_leaves_at_a_question_is_not_told_that_something_was_kept(folder, monkeypatch, keys):
    """Ctrl-D at the first question, and at the second."""
    import io
    import sys

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("commands.io.StringIO", Terminal)  # what `run_here` prints into
    monkeypatch.setattr(sys, "stdin", Terminal(keys))
    answer = init(folder, "rows.csv")
    assert answer.code == 130
    assert answer.error_lines == ["error: interrupted", "  hint: run the same command again"]
    assert not (folder.path / "new.toml").exists()


def test_a_guess_says_so_and_what_was_said_is_no_guess(notes):
    answer = init(notes, "model", "notes.csv", "--positive", "no", "--attribute", "sex", "--unit", "patient_id")
    assert "guessed: by its name" not in answer.out
    assert spec(notes)["data"]["positive"] == "no"
    assert spec(notes)["data"]["groups"] == ["sex"]
    assert "bands" not in spec(notes)["data"]


def test_rows_are_never_shown(notes):
    answer = init(notes, "model", "notes.csv")
    written = (notes.path / "new.toml").read_text()
    for secret in ("P000", "P119", "cough and fever", "119"):
        assert secret not in answer.out + answer.err
        assert secret not in written


@pytest.mark.parametrize(
    ("classes", "open_key"), [(("cat", "dog"), "data.positive"), (("left", "right"), "data.positive")]
)
def test_a_positive_class_among_equals_is_asked_for(folder, classes, open_key):
    rows = [(sex, classes[outcome == "yes"], p_no, p_yes) for sex, _, outcome, p_no, p_yes in small_rows()]
    folder.write("equal.csv", as_csv(("sex", "outcome", f"p_{classes[0]}", f"p_{classes[1]}"), rows))
    answer = init(folder, "equal.csv", "--yes")
    answer.refused("one question is open", "--positive NAME")
    assert open_key in answer.err
    assert ", ".join(classes) in answer.err
    assert not (folder.path / "new.toml").exists()
    assert init(folder, "equal.csv", "--positive", classes[1]).code == 0
    planned(folder)
    init(folder, "equal.csv", "--positive", "owl", "--force").refused("'owl' is none of the classes")


def test_every_class_in_turn_is_an_answer(folder):
    rows = [(sex, {"yes": "cat", "no": "dog"}[outcome], no, yes) for sex, _, outcome, no, yes in small_rows()]
    folder.write("equal.csv", as_csv(("sex", "outcome", "p_dog", "p_cat"), rows))
    assert init(folder, "equal.csv", "--positive", "*").code == 0
    assert "positive" not in spec(folder)["data"]
    planned(folder)


def test_a_target_that_could_be_two_columns_is_asked_for(folder):
    rows = [(f"a longer note {place}", "ab"[place % 2], "cd"[place % 2], str(place / 200)) for place in range(200)]
    folder.write("two.csv", as_csv(("note", "left", "right", "score"), rows))
    answer = init(folder, "two.csv")
    answer.refused("--target NAME")
    assert "left, right" in answer.err


def test_one_score_needs_the_class_that_it_is_of(folder):
    rows = [(sex, outcome, p_yes) for sex, _, outcome, _, p_yes in small_rows()]
    folder.write("one.csv", as_csv(("sex", "outcome", "risk_score"), rows))
    assert init(folder, "one.csv").code == 0
    data = spec(folder)["data"]
    assert (data["scores"], data["positive"]) == (["risk_score"], "yes")
    planned(folder)


def test_recorded_values_with_their_interval(folder):
    rows = [(f"{90 + place / 3:.1f}", f"{92 + place / 3:.1f}", str(place), str(200 + place)) for place in range(100)]
    folder.write("values.csv", as_csv(("target", "predicted", "lower", "upper"), rows))
    init(folder, "values.csv").refused("one question is open", "--set data.level=VALUE")
    assert init(folder, "values.csv", "--set", "data.level=0.9").code == 0
    said = spec(folder)
    assert (said["task"], said["data"]["predicted"], said["data"]["level"]) == ("regression", "predicted", 0.9)
    assert "Values" in planned(folder)
    assert 'metric = "mean_absolute_error"' in (folder.path / "new.toml").read_text()


def test_a_pickle_is_never_unpickled_and_trust_is_never_guessed(folder):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(folder.path / "sprung"),)

    folder.write("model.pkl", pickle.dumps(Trap()))
    answer = init(folder, "model.pkl", "rows.csv", "--adapter", "tabular", "--target", "outcome", "--input", "band")
    answer.refused("--set model.trust_pickle=VALUE")
    assert "run code" in answer.err
    assert not (folder.path / "sprung").exists()


def test_a_state_needs_its_module_and_no_code_is_run_to_find_it(folder):
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"0.weight": np.zeros((2, 1), dtype=np.float32)}, str(folder.path / "net.safetensors"))
    folder.write("net.py", "raise SystemExit('run')\ndef build():\n    ...\n")
    folder.write(
        "ages.csv", as_csv(("age", "outcome"), [(str(place), ["no", "yes"][place % 2]) for place in range(99)])
    )
    given = ("net.safetensors", "ages.csv", "--target", "outcome", "--input", "age")
    answer = init(folder, *given)
    answer.refused(
        "--set model.module=net:build", "--set model.output=VALUE", '--set \'model.labels={0 = "no", 1 = "yes"}\''
    )
    settled = ("model.module=net:build", "model.output=logits", 'model.labels={0 = "no", 1 = "yes"}')
    assert init(folder, *given, *(word for one in settled for word in ("--set", one))).code == 0
    assert spec(folder)["model"] == {
        "adapter": "tabular", "path": "net.safetensors", "module": "net:build", "output": "logits",
        "labels": {"0": "no", "1": "yes"},
    }  # fmt: skip


REFUSED = {
    "no data": (("no.csv",), "there is no 'no.csv'"),
    "a hub's name": (("org/name", "rows.csv"), "nothing is fetched"),
    "an address of data": (("model", "https://example.org/rows.csv"), "nothing is fetched"),
    "an empty file": (("empty.csv",), "'empty.csv' is empty"),
    "a header alone": (("header.csv",), "has no rows"),
    "no header": (("numbers.csv",), "has no header"),
    "bytes": (("bytes.bin",), "not recognised as data"),
    "an address with a password": (("https://me:secret@example.org/v1", "rows.csv"), "may hold a secret"),
    "an empty folder": (("hollow",), "nothing in the folder 'hollow' is recognised"),
    "a loop of links": (("loop",), "there is no 'loop'"),
    "a pipe": (("pipe",), "not recognised as data"),
    "nothing said of predictions": (("plain.csv",), "no column of the data looks like predictions"),
    "an unknown model": (("bytes.bin", "plain.csv"), "'bytes.bin' is not recognised as a model"),
    "an unknown adapter": (("rows.csv", "--adapter", "recored"), "'recored' is not installed"),
    "a column that is not there": (("rows.csv", "--target", "outcom"), "has no column 'outcom'"),
    "a key of no table": (("rows.csv", "--set", "modul.x=1"), "sets no key of a spec"),
    "a ragged table": (("ragged.csv",), "line 3 has 3 cells"),
}


@pytest.fixture(scope="module")
def strange(make_folder):
    folder = make_folder()
    folder.write("empty.csv", "")
    folder.write("header.csv", "a,b\n")
    folder.write("numbers.csv", "1,2\n3,4\n")
    folder.write("bytes.bin", bytes(range(256)) * 40)
    folder.write("plain.csv", "a,b\n1,x\n2,y\n")
    folder.write("ragged.csv", "a,b\n1,2\n1,2,3\n")
    (folder.path / "hollow").mkdir()
    (folder.path / "loop").symlink_to(folder.path / "loop")
    os.mkfifo(folder.path / "pipe")
    return folder


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused_in_two_lines(strange, case):
    arguments, words = REFUSED[case]
    answer = init(strange, *arguments)
    answer.refused(words)
    assert "secret@" not in answer.err
    assert not (strange.path / "new.toml").exists()


def test_a_spec_that_is_there_stays_unless_forced(folder):
    before = (folder.path / "audit.toml").read_bytes()
    folder.run_here("init", "rows.csv").refused("'audit.toml' exists", "--force")
    assert (folder.path / "audit.toml").read_bytes() == before
    assert folder.run_here("init", "rows.csv", "--force").code == 0
    assert (folder.path / "audit.toml").read_bytes() != before
    assert [path.name for path in folder.path.iterdir() if path.name.startswith(".audit")] == []


def test_paths_are_relative_to_the_spec(folder):
    (folder.path / "specs").mkdir()
    assert folder.run_here("init", "rows.csv", "--out", "specs/new.toml").code == 0
    assert tomllib.loads((folder.path / "specs" / "new.toml").read_text())["data"]["audit"] == "../rows.csv"
    assert folder.run_here("plan", "specs/new.toml").code == 0


def test_a_third_partys_adapter_is_asked_too_and_its_crash_is_no_end(folder):
    folder.install(
        "sheets",
        '''
        from auditkit import adapter, hookimpl
        from auditkit.recognising import Recognised, Setting

        def recognise(seen):
            if seen.suffix == ".sheet":
                scale = Setting("scale", 10.0, "what most sheets use")
                return Recognised("sure", "its name ends in .sheet", (scale,), takes="columns", columns=("band",))

        def crash(seen):
            raise RuntimeError("boom")

        @adapter("score-sheet", recognises=recognise)
        def open_sheet(path, *, scale: float = 1.0):
            """A sheet of points."""

        @adapter("score-crash", recognises=crash)
        def open_crash(path):
            """Another."""

        @hookimpl
        def auditkit_register_adapters():
            return [open_sheet, open_crash]
        ''',
    )
    folder.write("wall.sheet", "")
    answer = folder.run("init", "wall.sheet", "rows.csv", "--out", "new.toml")
    assert answer.code == 0, answer
    said = spec(folder)
    assert said["model"] == {"adapter": "score-sheet", "path": "wall.sheet", "scale": 10.0}
    assert said["data"]["input"] == ["band"]
    assert "it could also be: recorded" in (folder.path / "new.toml").read_text()


def test_lora_weights_are_asked_for_their_base(folder):
    (folder.path / "lora").mkdir()
    lora = {"task_type": "SEQ_CLS", "base_model_name_or_path": "hub/name"}
    folder.write("lora/adapter_config.json", json.dumps(lora))
    folder.write(
        "n.csv",
        as_csv(("note", "label"), [(f"a rather long note {place}", ["no", "yes"][place % 2]) for place in range(40)]),
    )
    answer = init(folder, "lora", "n.csv")
    answer.refused("--set model.base=VALUE")
    assert "names 'hub/name'" in answer.err


def test_a_long_list_of_long_names_with_hyphens_is_broken_between_names_alone():
    from auditkit.initing.drafting import Draft, Line
    from auditkit.initing.layout import spec_text

    names = [f"{'heart-rate' * place} of - the day" for place in range(1, 15)]
    text = spec_text(Draft(data={"input": Line(names)}), spec="new.toml")
    assert tomllib.loads(text)["data"]["input"] == names


def test_a_guess_is_taken_with_commas_in_its_names(monkeypatch):
    import io
    import sys

    from auditkit.cli.init import _ask
    from auditkit.initing.answers import Question

    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    names = ["income, EUR", "sex\x1b[2J"]
    question = Question("data.groups", "which columns", names, (*names, "age"), is_many=True)
    assert _ask(question) == names


@pytest.mark.parametrize("named", ["x" * 5000, "a\0b"])
def test_a_base_that_no_file_can_be_called_is_asked_for(folder, named):
    (folder.path / "lora").mkdir()
    lora = {"task_type": "SEQ_CLS", "base_model_name_or_path": named}
    folder.write("lora/adapter_config.json", json.dumps(lora))
    folder.write("n.csv", as_csv(("note", "label"), [("a rather long note", "no"), ("another long note", "yes")]))
    init(folder, "lora", "n.csv").refused("--set model.base=VALUE")


def test_a_folder_that_cannot_be_written_to_is_refused(folder):
    if not Path("/proc").is_dir():
        pytest.skip("it has no folder in which nobody can write")
    folder.run_here("init", "rows.csv", "--yes", "--out", "/proc/new.toml").refused(
        "'/proc/new.toml' cannot be written"
    )
