"""The contract with plugins: hooks, entry points and public names change only on purpose."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from pathlib import Path

import pytest

import auditkit
from auditkit import hookspecs

CHECKOUT = Path(__file__).parents[2]

PUBLIC = {
    "audit",
    "hookimpl", "check", "adapter", "loader", "exporter", "needs_extra", "MetricCard",
    "planted", "clean", "Trainings", "TextFile",
    "Case", "PairedCase",
    "Predictions", "ClassScores", "LabelScores", "Values", "Rankings", "TokenLabels", "Texts",
    "History",
    "Differentiable", "Encoded", "Unit", "Embeds", "Trainable", "Generates",
    "GivesLikelihoods", "Likelihoods", "Continues", "RanksDeeper", "RanksHistories", "Sampling",
    "Measurement", "Quote", "Interval", "GroupCount", "Table", "Chart", "Series", "Area", "Control", "Finding", "Text",
    "Passage", "Piece", "Squares", "Pixels",
    "Rule", "Waiver", "Policy", "PolicyPack", "RuleMap", "Clause", "ClauseWords", "MapWords", "SamplingPlan",
    "Judgement", "AuditResult",
    "AuditError", "CrashError", "DataError", "ModelError", "NotApplicable", "OutOfMemory",
    "canonical_label", "parse_numbers", "parse_spans", "SoundRows", "translator",
}  # fmt: skip


def live_hookspecs() -> str:
    lines = []
    for name, function in vars(hookspecs).items():
        options = getattr(function, "auditkit_spec", None)
        if options is not None:
            first = "  first result" if options["firstresult"] else ""
            historic = "  historic" if options["historic"] else ""
            lines.append(f"{name}{inspect.signature(function)}{first}{historic}")
    return "\n".join(lines) + "\n"


def test_the_hooks_are_those_that_plugins_were_promised():
    assert live_hookspecs() == (Path(__file__).parent / "hookspecs.txt").read_text()


def test_every_hook_says_when_it_is_called():
    for name, function in vars(hookspecs).items():
        if hasattr(function, "auditkit_spec"):
            assert name.startswith("auditkit_")
            assert inspect.getdoc(function)


def test_the_entry_points_are_the_folders_of_plugins():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    offered = project["entry-points"]["auditkit"]
    folders = {path.parent.name for path in (CHECKOUT / "plugins").glob("*/__init__.py")}
    assert set(offered.values()) == folders
    assert all(module == f"auditkit_{name.replace('-', '_')}" for name, module in offered.items())


def test_the_public_names_are_the_promised_ones():
    assert set(auditkit.__all__) == PUBLIC
    assert len(auditkit.__all__) == len(PUBLIC)
    assert set(dir(auditkit)) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_resolves(name):
    assert getattr(auditkit, name) is getattr(importlib.import_module(auditkit._HOME[name]), name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = auditkit.nonsense


def test_plugins_import_nothing_of_the_host_but_its_public_names():
    import ast

    allowed = {"auditkit", "auditkit.testing", "auditkit.perturbation", "auditkit.segments", "auditkit.governance"}
    allowed |= {f"auditkit.statistics{part}" for part in ("", ".calibration", ".shift")}
    # what adapters share
    allowed |= {
        "auditkit.devices",
        "auditkit.checkpoints",
        "auditkit.files",
        "auditkit.kept",
        "auditkit.images",
        "auditkit.inputs",
        "auditkit.prefetch",
        "auditkit.recognising",
    }
    # what checks of texts share
    allowed |= {"auditkit.refusals", "auditkit.perturbation.editing", "auditkit.perturbation.lexicon"}
    for path in (CHECKOUT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "auditkit":
                assert node.module in allowed, f"{path}: {node.module}"
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("auditkit_"):
                # No plugin leans on another's inside: either may be left out.
                own = path.relative_to(CHECKOUT / "plugins").parts[0]
                assert (node.module or "").partition(".")[0] == own, f"{path}: {node.module}"
