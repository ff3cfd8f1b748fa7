"""`auditkit demo`: an example that comes with auditkit, made from its own scripts and audited."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditkit.errors import AuditError, CrashError, PluginError, did_you_mean

UNFINISHED = ".unfinished"
"""A file in a demo's folder until its bundle is written; it holds the demo's name, and lets the same command go on."""


@dataclass(frozen=True)
class Step:
    """One script of an example, and what it leaves when it is done."""

    says: str
    command: tuple[str, ...]
    leaves: str
    """A file or folder that appears whole or not at all: a step that left it is not taken again."""


@dataclass(frozen=True)
class Example:
    """A folder of `examples/`, and how to get from it to an audit."""

    folder: str
    spec: str = "audit.toml"
    steps: tuple[Step, ...] = ()
    modules: tuple[str, ...] = ()
    """What the steps import and the base install lacks."""


def _triage(spec: str, model: str, *options: str) -> Example:
    return Example(
        folder="triage",
        spec=spec,
        steps=(
            Step("writing the notes of 18,200 patients who never were", ("prepare.py",), "training.csv"),
            Step("training a small BERT on them, less than a minute", ("train.py", *options), model),
        ),
        modules=("torch", "transformers", "safetensors"),
    )


EXAMPLES = {
    "triage": _triage("audit.toml", "model"),
    "triage-clean": _triage("clean.toml", "clean-model", "--clean"),
    "heart-disease": Example(folder="heart_disease"),
}


def demo(
    name: Annotated[str, typer.Argument(help=f"Which example: {', '.join(EXAMPLES)}.")] = "triage",
    out: Annotated[
        Path, typer.Option(help="The folder to work in; one that an interrupted demo left is gone on with.")
    ] = Path("auditkit-demo"),
) -> None:
    """Build a small model, audit it, and write its bundle. Exit 0 when the bundle is written, whatever its verdict."""
    from auditkit.cli.console import progress
    from auditkit.cli.failing import termination
    from auditkit.cli.run import summary
    from auditkit.judging import EXIT_CODES
    from auditkit.pipeline import audit_and_write

    if name not in EXAMPLES:
        raise AuditError(f"there is no demo '{name}'", hint=did_you_mean(name, EXAMPLES))
    example = EXAMPLES[name]
    _must_have(name, example)
    with termination():
        _make_folder(name, example, out)
        for step in example.steps:
            if not (out / step.leaves).exists():
                with _shown(step.says) as show:
                    _take(step, out, show)
        with progress() as listen:
            result, bundle = audit_and_write(
                out / example.spec, out=out / "bundle", force=False, fresh=False, listen=listen
            )
        (out / UNFINISHED).unlink()
    typer.echo(summary(result, bundle, EXIT_CODES[result.verdict.outcome]))
    typer.echo(f"spec     {out / example.spec}: change it, and run: auditkit run {out / example.spec}")
    typer.echo(f"about    {out / 'README.md'}: what this example is, and what its audit should find")


def _must_have(name: str, example: Example) -> None:
    from importlib.util import find_spec

    missing = next((module for module in example.modules if find_spec(module) is None), None)
    if missing is not None:
        raise PluginError(
            f"the demo '{name}' trains a model and needs {missing}, which is not installed",
            hint="pip install 'auditkit[models]'  (or, without torch: auditkit demo heart-disease)",
        )


def _make_folder(name: str, example: Example, out: Path) -> None:
    """Copy the example, or find what an interrupted run of the same demo has left."""
    import shutil

    from auditkit.bundle.placing import explained

    mark = out / UNFINISHED
    is_left = mark.is_file() and mark.read_text(encoding="utf-8") == name
    # A kill between the bundle and the mark leaves both: then the bundle is there, and nothing is to be gone on with.
    if out.exists() and (not is_left or (out / "bundle").exists()):
        raise AuditError(f"'{out}' exists", hint=f"remove it, or: auditkit demo {name} --out {out}-2")
    left_by_runs = shutil.ignore_patterns("*-audit", ".*", "__pycache__", *_made(example))
    with explained(out):
        out.mkdir(parents=True, exist_ok=True)
        mark.write_text(name, encoding="utf-8")
        shutil.copytree(_source(example.folder), out, ignore=left_by_runs, dirs_exist_ok=True)


def _made(example: Example) -> Iterator[str]:
    """What the scripts of an example's folder leave in it when they are run there by hand."""
    for other in EXAMPLES.values():
        if other.folder == example.folder and other.steps:
            yield from ("*.csv", *(step.leaves for step in other.steps))


def _source(folder: str) -> Path:
    """The example's folder: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).parent.parent
    inside = package / "examples" / folder
    return inside if inside.is_dir() else package.parent / "examples" / folder


def _take(step: Step, folder: Path, show: Callable[[str], None]) -> None:
    """Run a script in the folder, showing each line that it prints.

    Raises:
        CrashError: the script failed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        # In a session of its own, so that Ctrl-C reaches this process alone, which then ends the script.
        process = subprocess.Popen(  # noqa: S603  our own script
            [sys.executable, *step.command], cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True,
            start_new_session=True,
        )  # fmt: skip
        with process:
            try:
                for line in process.stdout or ():
                    show(line.strip())
            except BaseException:  # Ctrl-C too: the script must not go on by itself
                process.kill()
                raise
        errors.seek(0)
        said = errors.read().strip()
    if process.returncode != 0:
        last = (said.splitlines() or [f"exit {process.returncode}"])[-1]
        raise CrashError(
            f"the demo's {step.command[0]} failed: '{last}'", hint=f"cd {folder} && python {' '.join(step.command)}"
        )


@contextmanager
def _shown(says: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is done; on a terminal it turns, and shows how far it is."""
    if not sys.stderr.isatty():
        typer.echo(says, err=True)
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True)
    with console.status(says) as status:
        yield lambda line: status.update(escape(f"{says}: {line}"))
    console.print(says, markup=False, highlight=False)
