"""A law that nothing can break says nothing: for each there is something that breaks it, and is told so by its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from broken_offers import ADAPTERS, CHECKS, EXPORTERS

from auditkit import ClassScores
from auditkit.hookspecs import CONTRACT_VERSION
from auditkit.testing import ContractBroken, recipe
from auditkit.testing.breaches import hold_to
from auditkit.testing.contract import LAWS, held_to

CASE = recipe(ClassScores, 60)
TABLES = {"check": CHECKS, "adapter": ADAPTERS, "exporter": EXPORTERS}


def broken_laws(thing, law, **how):
    held = held_to(thing, **how)
    with pytest.raises(ContractBroken) as raised:
        hold_to(held.who, held.subject, {law: held.laws[law]}, {})
    (breach,) = raised.value.breaches
    assert breach.seen
    assert len(breach.remedy.split()) > 3
    return raised.value.laws


@pytest.mark.parametrize("law", CHECKS)
def test_a_check_that_breaks_a_law_is_told_so(law):
    budget = 2.0 if law == "time budget" else 100.0
    assert broken_laws(CHECKS[law], law, recipes=[CASE], budget=budget) == (law,)


@pytest.mark.parametrize("law", ADAPTERS)
def test_an_adapter_that_breaks_a_law_is_told_so(law, tmp_path):
    np.savez(tmp_path / "model.npz", weight=1.5)
    rows = np.linspace(-2.0, 2.0, 10)
    assert broken_laws(ADAPTERS[law], law, path=tmp_path / "model.npz", inputs=rows) == (law,)


@pytest.mark.parametrize("law", EXPORTERS)
def test_an_exporter_that_breaks_a_law_is_told_so(law):
    budget = 2.0 if law == "time budget" else 20.0
    assert broken_laws(EXPORTERS[law], law, budget=budget) == (law,)


def test_every_law_has_something_that_breaks_it():
    assert {kind: set(table) for kind, table in TABLES.items()} == {kind: set(laws) for kind, laws in LAWS.items()}


def test_the_laws_are_those_of_the_version_of_the_contract():
    """Whoever adds a law, or makes one stricter, raises CONTRACT_VERSION: docs/hooks.md says when."""
    lines = [f"contract {CONTRACT_VERSION}", *(f"{kind}: {law}" for kind, laws in LAWS.items() for law in laws)]
    assert "\n".join(lines) + "\n" == (Path(__file__).parent / "laws.txt").read_text()
