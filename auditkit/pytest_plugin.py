"""`pytest --auditkit`: the options and the hook of the plugin for pytest, which cost a run that asks for none nothing.

What it does is in `auditkit.testing.as_tests`, which is imported where the option is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditkit.offers import Offer


class ContractHooks:
    """What a project's conftest.py may say of its own checks, adapters and exporters."""

    @pytest.hookspec(firstresult=True)
    def pytest_auditkit_contract(self, offer: Offer) -> Mapping[str, Any] | None:
        """Say how one of the project's offers is held to its contract; asked once an offer, before its first law.

        Return the keyword arguments of `auditkit.testing.obey_contract`: of a check `options`, `recipes`, `time_limit`,
        `budget`; of an adapter `path`, `inputs`, `tolerance` and what else it asks for; of each `except_`, the laws
        that it cannot obey, with the reasons. None: there is nothing to say.
        """


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without `--auditkit` the others do nothing."""
    group = parser.getgroup("auditkit", "the contract of auditkit's plugins")
    group.addoption(
        "--auditkit",
        action="store_true",
        help="Hold every check, adapter and exporter of this project to its contract: one test a law.",
    )
    group.addoption(
        "--auditkit-badge",
        type=Path,
        metavar="FILE.svg",
        help="Write a badge with the version of the contract that was passed, and FILE.json for shields.io.",
    )
    group.addoption(
        "--auditkit-budget",
        type=float,
        metavar="LOOPS",
        help="What a check may cost on the kit's case, in bare loops of a million steps.",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hook known, so that a conftest.py that has it is no error where `--auditkit` is not given."""
    pluginmanager.add_hookspecs(ContractHooks)


def pytest_configure(config: pytest.Config) -> None:
    """Load the laws where they are asked for."""
    badge = config.getoption("--auditkit-badge")
    if badge is not None and (not config.getoption("--auditkit") or badge.suffix != ".svg"):
        raise pytest.UsageError(f"--auditkit-badge {badge}: give --auditkit too, and a file that ends in .svg")
    if config.getoption("--auditkit"):
        from auditkit.testing.as_tests import Contract

        config.pluginmanager.register(Contract.of(config), "auditkit-contract")
