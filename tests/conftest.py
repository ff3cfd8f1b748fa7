"""What holds for every test: no network, and no key or evidence of the person who runs them."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Folder, install_plugin, small_rows
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from auditkit.garbage import look_seldom

# What is imported while tests are collected stays: looking for garbage in it would take a third of that time.
gc.disable()

# How busy the machine is has no part in what is true. A release is not stopped by an example that nobody has seen
# before; whoever works here meets new ones at every run.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
if os.environ.get("CI"):
    # Hypothesis draws constants of all sources that a process has imported, so that examples would hang on which tests
    # came before; and it takes time to look for them in a thousand modules.
    providers._get_local_constants = lambda: providers._local_constants

# Each worker of `make test` has a core of its own: more threads than cores wait for each other. Read when numpy and
# torch are imported, here and in the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell lets what it starts in the background ignore Ctrl-C, and every child would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give those that take long the time that a busy machine needs for them."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1200))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what all tests share, some ten thousand of them and their modules, out of every search for garbage."""
    gc.collect()
    gc.freeze()
    look_seldom()
    gc.enable()


_connect = socket.socket.connect


def _local_only(self: socket.socket, address: Any) -> None:
    # A test that talks to a server of its own says so, with the fixture `loopback`.
    is_own = bool(os.environ.get("TEST_LOOPBACK")) and address[0] in {"127.0.0.1", "::1"}
    if self.family != socket.AF_UNIX and not is_own:
        raise RuntimeError(f"a test tried to reach {address}")
    _connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _local_only)
        patch.setattr(socket.socket, "connect_ex", _local_only)
        yield


@pytest.fixture(scope="session", autouse=True)
def _on_no_ci() -> Iterator[None]:
    """What the gate adds where it finds itself on GitHub is asked for by the tests that are about it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a test, and the commands that it starts, reach servers on this machine, and nobody else."""
    monkeypatch.setenv("TEST_LOOPBACK", "1")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the development key, one for all tests."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session", autouse=True)
def _own_home(home: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDITKIT_HOME", str(home))
        yield


@pytest.fixture(scope="session", autouse=True)
def _known_controls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    from known_controls import remembered_controls

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("auditkit.checks.checking.run_controls", remembered_controls(shared / "controls"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _known_children() -> Iterator[None]:
    from known_children import PLACES, answer_known

    with pytest.MonkeyPatch.context() as patch:
        for place in PLACES:
            patch.setattr(f"{place}.run_confined", answer_known)
        yield


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a text classifier of one layer. Copy it before you change a file of it."""
    from tiny_bert import build

    return build(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Callable[[], Folder]:
    """Makes folders with the small spec and its 200 rows."""

    def make() -> Folder:
        folder = Folder(tmp_path_factory.mktemp("audit"), home)
        folder.write_rows(small_rows())
        folder.spec()
        return folder

    return make


@pytest.fixture
def folder(make_folder: Callable[[], Folder]) -> Folder:
    """A folder with the small spec and its 200 rows."""
    return make_folder()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs a plugin that entry points find in this process."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def put(name: str, source: str, *, distribution: str | None = None) -> None:
        install_plugin(site, name, source, distribution=distribution)
        importlib.invalidate_caches()

    return put
