"""A template's code is kept, and is never older than its text; what lies beside a plugin's templates is never run."""

from __future__ import annotations

import marshal

import pytest
from jinja2 import Environment, FileSystemLoader

from auditkit.report import compiled
from auditkit.report.compiled import Compiled


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    """Says the page of a text, as another process would; with the folder where the templates lie."""
    monkeypatch.setattr(compiled, "_compiled", {})
    monkeypatch.setattr("sys.dont_write_bytecode", False)

    def render(text: str = "Seen {{ 1 + n }}") -> str:
        compiled._compiled.clear()
        (tmp_path / "page.html.j2").write_text(text)
        environment = Environment(loader=FileSystemLoader(tmp_path), autoescape=True, bytecode_cache=Compiled())
        return environment.get_template("page.html.j2").render(n=1)

    return render


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Where the code of the shipped templates is kept: those of this test count as shipped."""
    monkeypatch.setattr(compiled, "template_dir", lambda: tmp_path)
    return tmp_path / "__pycache__"


def kept_in(folder):
    (path,) = folder.iterdir()
    return path


@pytest.mark.usefixtures("shipped")
def test_the_next_process_runs_what_was_kept(rendered, monkeypatch):
    assert rendered() == "Seen 2"
    monkeypatch.setattr(Environment, "compile", None)
    assert rendered() == "Seen 2"


def test_a_changed_text_is_compiled_anew(rendered, shipped):
    rendered()
    before = kept_in(shipped).read_bytes()
    assert rendered("Now {{ n }}") == "Now 1"
    assert kept_in(shipped).read_bytes() != before


@pytest.mark.parametrize("spoilt", [lambda _: b"", lambda kept: kept[:40], lambda kept: b"0" * 32 + kept[32:]])
def test_half_a_file_and_code_of_another_text_are_not_run(rendered, shipped, spoilt):
    rendered()
    path = kept_in(shipped)
    path.write_bytes(spoilt(path.read_bytes()))
    assert rendered() == "Seen 2"


def test_a_folder_that_nobody_may_write_to_costs_time_alone(rendered, shipped):
    shipped.write_text("no folder")
    assert rendered() == "Seen 2"


def test_of_templates_that_are_not_shipped_nothing_is_kept_or_run(rendered, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "template_dir", lambda: tmp_path)
    rendered()
    path = kept_in(tmp_path / "__pycache__")
    made_of = path.read_bytes()[:32]
    evil = Environment(autoescape=True).compile("Evil", "page.html.j2", str(tmp_path / "page.html.j2"))
    path.write_bytes(made_of + marshal.dumps(evil))
    assert rendered() == "Evil"  # so it does run where it is trusted
    monkeypatch.setattr(compiled, "template_dir", lambda: tmp_path / "elsewhere")
    assert rendered() == "Seen 2"


def test_a_process_compiles_a_text_once_wherever_it_lies(rendered, tmp_path, monkeypatch):
    rendered()
    environment = Environment(loader=FileSystemLoader(tmp_path), autoescape=True, bytecode_cache=Compiled())
    monkeypatch.setattr(Environment, "compile", None)
    assert environment.get_template("page.html.j2").render(n=2) == "Seen 3"
