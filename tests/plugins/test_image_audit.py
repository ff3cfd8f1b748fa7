"""Images audited through the command line: paths in a table, DICOM beside PNG, files that change, files of no use."""

from __future__ import annotations

import numpy as np
import pytest
from commands import as_csv
from tiny_dicom import dicom
from tiny_images import build_images, pixels, png

SPEC = """\
name = "Films"
[model]
adapter = "image-classifier"
path = "model"
batch_size = 16
[data]
audit = "tables/rows.csv"
input = "film"
target = "finding"
positive = "yes"
groups = ["sex"]
[[checks]]
use = "performance.overall"
[policy]
[[policy.rules]]
metric = "accuracy"
min = 0.01
because = "a test"
[report]
formats = ["html"]
evidence = "rows"
"""


@pytest.fixture
def films(folder):
    """Forty films in a table of a folder of its own, four of them DICOM."""
    build_images(folder.path / "model", ("no", "yes"))
    rows = []
    for number in range(40):
        name = f"films/{number}.dcm" if number < 4 else f"films/{number}.png"
        if number >= 4:
            png(pixels(number), folder.path / "tables" / name)
        rows.append((name, "no" if number % 3 else "yes", "FM"[number % 2]))
    for number in range(4):
        raw = dicom(
            pixels(number, shape=(20, 24)).astype(np.uint16) * 16,
            PatientName="Doe^Jane",
            WindowCenter=2000,
            WindowWidth=4000,
        )
        (folder.path / "tables" / f"films/{number}.dcm").write_bytes(raw)
    (folder.path / "rows.csv").unlink()
    (folder.path / "tables" / "rows.csv").write_text(as_csv(("film", "finding", "sex"), rows))
    folder.write("audit.toml", SPEC)
    return folder


def notes(folder):
    return [note["msgid"].format(**note["params"]) for note in folder.result()["subject"]["notes"]]


def test_a_column_of_paths_is_audited_and_personal_data_are_told(films):
    answer = films.run_here()
    assert answer.code == 0, answer
    assert films.finding("performance.overall")["measurements"][0]["n"] == 40
    assert "4 of 40 images of the audit split carry personal data in their headers: PatientName" in notes(films)
    assert "PatientName" in films.page()
    everything = b"".join(path.read_bytes() for path in films.bundle.rglob("*") if path.is_file())
    assert b"Doe" not in everything


def test_a_file_that_changed_is_predicted_anew_and_another_name_is_not(films):
    def digest():
        return films.result()["data"]["splits"][0]["digest"]

    def entries():
        return {path.name for path in films.store.glob("*/*")}

    assert films.run_here().code == 0
    first, kept = digest(), entries()
    assert films.run_here("run", "audit.toml", "--force").code == 0
    assert (digest(), entries()) == (first, kept)
    png(pixels(777), films.path / "tables" / "films/9.png")
    assert films.run_here("run", "audit.toml", "--force").code == 0
    assert digest() != first
    assert entries() > kept


def test_a_damaged_film_is_left_out_under_the_limit_and_refused_above_it(films):
    path = films.path / "tables" / "films/20.png"
    path.write_bytes(path.read_bytes()[:-30])
    answer = films.run_here()
    answer.refused("1 of 40 images in 'rows.csv' cannot be used: row 21 (damaged: ", "max_corrupt = 0.03")
    films.nothing_written()
    films.write("audit.toml", SPEC.replace("batch_size = 16", "batch_size = 16\nmax_corrupt = 0.03"))
    assert films.run_here().code == 0
    assert films.finding("performance.overall")["measurements"][0]["n"] == 39
    front = films.page().partition('<p class="missing">')[2].partition("</p>")[0]
    assert "1 of 40 images of the audit split cannot be used, and their rows were left out" in front
    assert any(
        note.startswith(
            "1 of 40 images of the audit split cannot be used, and their rows were left out: row 21 (damaged"
        )
        for note in notes(films)
    )


def swapped(films, name):
    table = films.path / "tables" / "rows.csv"
    table.write_text(table.read_text().replace("films/7.png", name))
    return films.run_here()


@pytest.mark.parametrize("name", ["../tables/films/7.png", "/etc/hostname"])
def test_a_path_that_leads_out_of_the_tables_folder_is_refused(films, name):
    swapped(films, name).refused(f"row 8 of 'rows.csv': '{name}' leads out of the table's folder")
    films.nothing_written()


def test_a_film_that_is_not_there_is_refused(films):
    swapped(films, "films/seven.png").refused("row 8 of 'rows.csv': 'seven.png' cannot be read: No such file")


def test_a_dicom_of_several_frames_is_refused_with_its_row(films):
    (films.path / "tables" / "films/2.dcm").write_bytes(dicom(np.zeros((4, 4), np.uint16), NumberOfFrames=3))
    films.run_here().refused("row 3 of 'rows.csv': the DICOM file holds 3 frames")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('input = "film"', 'input = ["film", "sex"]', "an image model reads one column, and [data] input names 2"),
        ('input = "film"\n', "", "an image model reads one column, and [data] input names 0"),
        ("batch_size = 16", "max_corrupt = 1.5", "[model] max_corrupt is 1.5"),
        ("batch_size = 16", "grey_range = [9, 9]", "[model] grey_range is [9, 9]"),
        (
            'loader = "csv"\n',
            'loader = "image-folder"\n',
            "is a file, and this loader reads a folder",
        ),
        ('audit = "tables/rows.csv"', 'audit = "tables"', "'tables' is a folder"),
    ],
)
def test_a_mistake_in_the_spec_is_named(films, old, new, said):
    spec = SPEC.replace("[data]\n", '[data]\nloader = "csv"\n')
    assert old in spec
    films.write("audit.toml", spec.replace(old, new))
    films.run_here().refused(said)
