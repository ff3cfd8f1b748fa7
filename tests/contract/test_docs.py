"""The documentation cannot lie: every block in it is run or parsed, every hook is in it, every link leads somewhere."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auditkit import RuleMap, hookspecs
from auditkit.spec import read_policy, read_spec

CHECKOUT = Path(__file__).parents[2]
PLUGIN = CHECKOUT / "examples" / "third_party_plugin"

PAGES = sorted(
    [
        *CHECKOUT.glob("*.md"),
        *CHECKOUT.glob("docs/*.md"),
        *CHECKOUT.glob("docs/decisions/*.md"),
        CHECKOUT / "examples" / "README.md",
        *CHECKOUT.glob("examples/*/README.md"),
        *CHECKOUT.glob("plugins/README.md"),
    ]
)

NOT_RUN = re.compile(r"<!-- not run: \S.* -->\s*\Z")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# A spec that a fragment of one, such as a rule, is put into before it is read.
AROUND = """
name = "around a fragment"
[model]
adapter = "recorded"
[data]
audit = "rows.csv"
predicted = "said"
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    is_run: bool

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(CHECKOUT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in FENCE.finditer(text):
        before = text[: match.start()]
        yield Block(page, before.count("\n") + 1, match[1], match[2], is_run=not NOT_RUN.search(before))


BLOCKS = [block for page in PAGES for block in blocks(page)]


def every(language: str) -> Any:
    chosen = [block for block in BLOCKS if block.language == language and block.is_run]
    return pytest.mark.parametrize("block", chosen, ids=[block.place for block in chosen])


def every_page() -> Any:
    return pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(CHECKOUT)) for page in PAGES])


def test_there_are_blocks_of_every_kind() -> None:
    assert {"python", "toml", "sh"} <= {block.language for block in BLOCKS if block.is_run}


@every_page()
def test_python_blocks_run_from_the_top_of_the_page_to_its_end(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks(page):
        if block.language == "python" and block.is_run:
            # Line numbers of the page, so that a traceback points into it; none of the future imports of this file.
            code = compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102  our own documentation


@every("toml")
def test_toml_blocks_are_specs_policies_maps_or_parts_of_one(block: Block, tmp_path: Path) -> None:
    content = tomllib.loads(block.text)
    if "project" in content:
        return
    whole = block.text if content.keys() & {"model", "rules", "clauses"} else _put_into(AROUND, content, block.text)
    path = tmp_path / "block.toml"
    path.write_text(whole, "utf-8")
    if "clauses" in content:
        RuleMap.read_file(path)
        return
    read = read_policy if "rules" in content else read_spec
    read(path)


def _put_into(around: str, content: dict[str, Any], text: str) -> str:
    kept = around if "data" not in content else around.partition("[data]")[0]
    return f"{kept}\n{text}"


@every("sh")
def test_sh_blocks_hold_commands_that_exist(block: Block) -> None:
    checked = subprocess.run(["sh", "-n"], input=block.text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, f"{block.place}: {checked.stderr}"
    targets = set(re.findall(r"^(\w+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in block.text.splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program == "make":
            assert set(arguments) <= targets, block.place
        if program == "auditkit":
            assert not _mistakes(arguments), f"{block.place}: {line}"


def _mistakes(arguments: list[str]) -> set[str]:
    """What the command line would refuse: a verb or an option that it does not know, or one that it needs."""
    import typer

    from auditkit.cli import app

    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    if not arguments or arguments[0] not in verbs:
        return set(arguments[:1])
    verb = verbs[arguments[0]]
    if hasattr(verb, "commands"):  # `auditkit policy check`: a verb of verbs
        if len(arguments) == 1 or arguments[1] not in verb.commands:
            return set(arguments[1:2])
        verb = verb.commands[arguments[1]]
    parameters = verb.params
    known = {name for parameter in parameters for name in parameter.opts}
    needed = {
        parameter.opts[0] for parameter in parameters if parameter.required and parameter.opts[0].startswith("--")
    }
    given = {argument for argument in arguments[1:] if argument.startswith("--")}
    return (given - known) | (needed - given)


@every_page()
def test_links_to_other_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to '{target}'"
            # `make docs` takes a link out of its folder for a mistake.
            is_of_docs = page.is_relative_to(CHECKOUT / "docs")
            is_inside = (page.parent / target).resolve().is_relative_to(CHECKOUT / "docs")
            assert is_inside or not is_of_docs, f"{page.name} links to '{target}': write its path as code"


@every_page()
def test_paths_in_pages_exist(page: Path) -> None:
    roots = r"(?:auditkit|plugins|docs|examples|tests|benchmarks|scripts|reports)"
    for path in re.findall(rf"`({roots}/[\w./-]+)`", page.read_text("utf-8")):
        assert (CHECKOUT / path).exists(), f"{page.name} names '{path}'"


def _hooks() -> dict[str, str]:
    """Each hook's name, and its signature as it is written in hookspecs.py."""
    functions = inspect.getmembers(hookspecs, lambda member: hasattr(member, "auditkit_spec"))
    return {name: f"{name}{inspect.signature(function)}".replace("'", "") for name, function in functions}


def test_every_hook_is_documented_with_its_signature() -> None:
    headings = re.findall(r"^### `(.*)`$", (CHECKOUT / "docs" / "hooks.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(_hooks().values())


def test_hooks_are_documented_in_the_order_of_the_contract() -> None:
    page = (CHECKOUT / "docs" / "hooks.md").read_text("utf-8")
    places = [page.index(f"### `{name}(") for name in _in_order()]
    assert places == sorted(places)


def _in_order() -> list[str]:
    source = ast.parse(Path(hookspecs.__file__).read_text("utf-8"))
    return [node.name for node in source.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("module", ["manners_refusals", "manners_confidence"])
def test_the_smallest_checks_are_in_the_documentation_word_for_word(module: str) -> None:
    source = (PLUGIN / "src" / f"{module}.py").read_text("utf-8")
    shown = [block.text for block in blocks(CHECKOUT / "docs" / "write-a-check.md") if block.language == "python"]
    assert source in shown


@pytest.mark.parametrize("module", ["manners_refusals", "manners_confidence"])
def test_a_check_takes_no_more_than_twelve_lines(module: str) -> None:
    source = (PLUGIN / "src" / f"{module}.py").read_text("utf-8")
    assert len([line for line in source.splitlines() if line.strip()]) <= 12


def test_every_law_of_the_contract_is_explained_in_its_order() -> None:
    from auditkit.testing.contract import LAWS

    page = (CHECKOUT / "docs" / "testing-plugins.md").read_text("utf-8")
    for kind, laws in LAWS.items():
        (part,) = re.findall(rf"^## The laws of an? {kind}$(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
        headings = re.findall(r"^### (.*?)(?: of an \w+)?$", part, re.MULTILINE)
        assert tuple(headings) == laws
        for explained in part.split("\n### ")[1:]:
            assert "- Demands: " in explained, explained
            assert "- Looks like: " in explained, explained
            assert "- Mend it: " in explained or explained.startswith("words of"), explained


def test_the_documented_version_of_the_contract_is_the_version() -> None:
    from auditkit.hookspecs import CONTRACT_VERSION

    page = (CHECKOUT / "docs" / "hooks.md").read_text("utf-8")
    assert f"`auditkit.hookspecs.CONTRACT_VERSION` is a whole number, now {CONTRACT_VERSION}." in page


def test_the_exit_codes_in_the_readme_are_all_of_them() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    assert re.findall(r"^\| (\d) \|", readme, re.MULTILINE) == ["0", "1", "2", "3", "4", "5"]
