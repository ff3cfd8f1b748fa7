"""The laws as tests of pytest: one item for each law of each check, adapter and exporter of the project under test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from auditkit.errors import AuditError
from auditkit.hookspecs import CONTRACT_VERSION
from auditkit.plugin import Adapter, Check, Exporter
from auditkit.testing.badge import Badge
from auditkit.testing.breaches import ContractBroken, hold_to, refuse_excuses
from auditkit.testing.contract import LAWS, Held, held_to
from auditkit.testing.project import Project, project_at

_LAW = "auditkit law"
_KINDS: dict[type, str] = {Check: "check", Adapter: "adapter", Exporter: "exporter"}


@dataclass
class OfferUnderTest:
    """An offer, with what the project's conftest.py says of how it is held to its laws; asked once, for all of them."""

    config: pytest.Config
    offer: Check | Adapter | Exporter

    @property
    def kind(self) -> str:
        """Check, adapter or exporter."""
        return _KINDS[type(self.offer)]

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        told = self.config.hook.pytest_auditkit_contract(offer=self.offer) or {}
        if self.kind == "adapter" and not {"path", "inputs"} <= set(told):
            raise AuditError(
                f"nothing says which model the adapter '{self.offer.id}' opens here, and with which rows",
                hint="in conftest.py: def pytest_auditkit_contract(offer): return dict(path=..., inputs=...)",
            )
        return told

    @cached_property
    def held(self) -> Held:
        """What its laws look at."""
        given = {name: value for name, value in self._told.items() if name != "except_"}
        loops = self.config.getoption("--auditkit-budget")
        if loops is not None and self.kind != "adapter":
            given["budget"] = loops
        return held_to(self.offer, **given)

    def excuse(self, law: str) -> str | None:
        """Why it need not obey a law; None: it must."""
        excuses: Mapping[str, str] = self._told.get("except_") or {}
        refuse_excuses(self.held.laws, excuses)
        return excuses.get(law)


class LawItem(pytest.Item):
    """One law, as a test."""

    def __init__(self, *, under_test: OfferUnderTest, law: str, of: int, **more: Any) -> None:
        super().__init__(**more)
        self.under_test, self.law = under_test, law
        self.user_properties.append((_LAW, [self.name, of]))

    def runtest(self) -> None:
        """Hold the offer to the law, or skip it where it is excused."""
        excuse = self.under_test.excuse(self.law)
        if excuse is not None:
            pytest.skip(f"excused: {excuse}")
        held = self.under_test.held
        hold_to(held.who, held.subject, {self.law: held.laws[self.law]}, {})

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any, **others: Any) -> Any:
        """Which law, what was seen and what to do; no traceback of the kit's own."""
        error = excinfo.value
        if isinstance(error, ContractBroken):
            return f"{error}\nthe law '{self.law}' is explained in docs/testing-plugins.md of auditkit"
        if isinstance(error, AuditError):
            return f"{error}\n  hint: {error.hint}"
        return super().repr_failure(excinfo, *more, **others)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it stands in pytest's list."""
        return self.path, None, self.name


class Laws(pytest.Collector):
    """All laws of the project."""

    def collect(self) -> list[LawItem]:
        """One item for each law of each offer."""
        offers = [OfferUnderTest(self.config, offer) for offer in _project(self.config).offers]
        pairs = [(one, law) for one in offers for law in LAWS[one.kind]]
        return [
            LawItem.from_parent(self, name=f"{one.kind} {one.offer.id}: {law}", under_test=one, law=law, of=len(pairs))
            for one, law in pairs
        ]


def _project(config: pytest.Config) -> Project:
    try:
        return project_at(config.rootpath)
    except AuditError as error:
        raise pytest.UsageError(f"--auditkit: {error}", f"hint: {error.hint}") from error


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Contract:
    """The plugin of pytest: it adds the laws to what was collected, and writes the badge."""

    badge: Path | None
    came: dict[str, str] = field(default_factory=dict)
    """Law of an offer -> passed, failed or skipped."""
    laws: int = 0
    """How many laws there are in all, of which some may have been left out."""
    lines: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, config: pytest.Config) -> Contract:
        """The plugin with what the command line says."""
        return cls(config.getoption("--auditkit-badge"))

    def pytest_report_header(self) -> str:
        """Name the version in the first lines."""
        return f"auditkit: contract {CONTRACT_VERSION}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Put the laws before everything else that the command line chooses from, so that -k chooses among them too."""
        laws = Laws.from_parent(session, name="auditkit", nodeid="auditkit", path=session.config.rootpath)
        items += laws.collect()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what came of each law; with xdist, of those that its workers ran too."""
        told: Any = dict(report.user_properties).get(_LAW)
        if told is not None and (report.when == "call" or report.outcome != "passed"):
            name, self.laws = told
            self.came[name] = report.outcome

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the badge, where all laws were held."""
        if self.badge is None or hasattr(session.config, "workerinput"):
            return
        came = list(self.came.values())
        if not came or len(came) < self.laws:
            held = f"of {self.laws or 'all'} laws {len(came)} were held"
            self.lines.append(f"no badge: {held}; leave out -k, -m, -x and --lf")
            return
        written = Badge(came.count("failed"), came.count("skipped")).write(self.badge)
        self.lines += [f"badge: {path}" for path in written]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the badge is, or why there is none."""
        for line in self.lines:
            terminalreporter.write_line(line)
