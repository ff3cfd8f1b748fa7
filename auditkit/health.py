"""What a machine has and lacks, for `auditkit doctor`."""

from __future__ import annotations

import ctypes.util
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

EXTRAS = {
    "models": ("torch", "transformers", "captum", "safetensors"),
    "images": ("PIL", "pydicom"),
    "keys": ("pkcs11",),
    "scale": ("ray",),
}
_PANGO = {"pango-1.0": "libpango-1.0-0", "pangoft2-1.0": "libpangoft2-1.0-0", "harfbuzz-subset": "libharfbuzz-subset0"}


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked for."""

    what: str
    how: str
    """What was found, or how to get it."""
    ok: bool = False
    needed: bool = False
    """Whether an audit cannot do without it."""


def look() -> tuple[Symptom, ...]:
    """Everything that an audit may need, and whether it is here."""
    return (*_python(), *_plugins(), *_libraries(), *_fonts(), *_extras(), *_gpu())


def _python() -> Iterator[Symptom]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Symptom(f"Python {version}", "3.11 or newer is needed", ok=sys.version_info >= (3, 11), needed=True)


def _plugins() -> Iterator[Symptom]:
    from auditkit.hosting.discovery import find_plugins

    loaded, failed = find_plugins()
    yield Symptom(f"{len(loaded)} plugins", "pip install auditkit", ok=bool(loaded), needed=True)
    for failure in failed:
        yield Symptom(f"plugin {failure.name}", f"{failure.distribution}: {failure.reason}", needed=True)


def _libraries() -> Iterator[Symptom]:
    from auditkit.errors import AuditError
    from auditkit.report.pdf import require_pdf

    for library, package in _PANGO.items():
        found = ctypes.util.find_library(library) is not None
        yield Symptom(f"lib{library}", f"for PDF: apt-get install {package}", ok=found)
    try:
        require_pdf()
    except AuditError as error:
        yield Symptom("PDF reports", f'{error.message}; until then: --no-pdf, or formats = ["html"]')
    else:
        yield Symptom("PDF reports", "WeasyPrint and Pango load", ok=True)


def _fonts() -> Iterator[Symptom]:
    from auditkit.report.fonts import PACKAGE, lacks_chinese

    command = shutil.which("fc-list")
    if command is None:
        yield Symptom("fontconfig", "for PDF: apt-get install fontconfig fonts-dejavu-core fonts-liberation")
        return
    for what, pattern, package in (
        ("a Latin font", ":lang=en", "fonts-dejavu-core"),
        ("a font with emoji", ":charset=1f600", "fonts-noto-color-emoji, or fonts-symbola"),
    ):
        found = subprocess.run([command, pattern, "family"], capture_output=True, text=True, check=False)  # noqa: S603  a fixed command
        yield Symptom(
            what,
            f"for PDF, where boxes stand for what no font has: apt-get install {package}",
            ok=bool(found.stdout.strip()),
        )
    absent = lacks_chinese()
    how = f"for a PDF in Chinese, which is refused without: apt-get install {PACKAGE}"
    yield Symptom("a Chinese font", how + (f"  (no {absent[:8]})" if absent else ""), ok=not absent)


def _extras() -> Iterator[Symptom]:
    for extra, modules in EXTRAS.items():
        absent = [module for module in modules if importlib.util.find_spec(module) is None]
        how = f"pip install 'auditkit[{extra}]'" + (f"  (no {', '.join(absent)})" if absent else "")
        yield Symptom(f"extra {extra}", how, ok=not absent)


def _gpu() -> Iterator[Symptom]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return
    listed = subprocess.run([command, "-L"], capture_output=True, text=True, check=False)  # noqa: S603  a fixed command
    if listed.returncode != 0 or not listed.stdout.strip():
        return
    if importlib.util.find_spec("torch") is None:
        yield Symptom("GPU", "pip install 'auditkit[models]'")
        return
    import torch

    how = "there is one that torch cannot see: install a CUDA build of torch"
    yield Symptom("GPU", how, ok=torch.cuda.is_available())
