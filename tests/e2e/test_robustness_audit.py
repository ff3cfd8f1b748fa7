"""Attacks on an image model and its strange pictures, from the command line to the report and its replay."""

from __future__ import annotations

import pytest
from commands import as_csv
from tiny_images import build_images, files_of, pixels

from auditkit.spec import DataSpec
from auditkit_image import open_image_classifier

SPEC = """\
name = "Films under attack"
[model]
adapter = "image-classifier"
path = "model"
[data]
audit = "films/rows.csv"
reference = "films/others.csv"
input = "film"
target = "finding"
positive = "yes"
groups = ["sex"]
[[checks]]
use = "robustness.adversarial"
epsilons = [1, 64]
steps = 4
restarts = 2
queries = 4
most_rows = 12
[[checks]]
use = "robustness.out-of-distribution"
[policy]
min_group_size = 5
[[policy.rules]]
metric = "robust_accuracy"
conditions = {epsilon = "64/255"}
min = 0.99
because = "a test"
[[policy.rules]]
metric = "unfamiliar_share"
conditions = {score = "mahalanobis", beyond = "95th"}
max = 0.99
because = "a test"
[report]
formats = ["html"]
evidence = "rows"
"""
ROWS = 60


@pytest.fixture
def films(folder):
    """Sixty films of either split, with the label that the model gives most of them."""
    place = folder.path / "films"
    place.mkdir()
    cells = files_of(place, [pixels(seed) for seed in range(2 * ROWS)])
    data = DataSpec(audit="rows.csv", input="film", target="finding")
    path = build_images(folder.path / "model", ("no", "yes"), kind="resnet")
    how = {"device": "cpu", "labels": {}, "spec_folder": folder.path, "target_classes": ("no", "yes")}
    model = open_image_classifier(path, data=data, **how)
    said = model.predict(cells).scores.argmax(axis=1)
    rows = [(f"{row}.png", ("no", "yes")[said[row] ^ (row % 9 == 0)], "FM"[row % 2]) for row in range(2 * ROWS)]
    for name, part in (("rows.csv", rows[:ROWS]), ("others.csv", rows[ROWS:])):
        (place / name).write_text(as_csv(("film", "finding", "sex"), part))
    folder.write("audit.toml", SPEC)
    return folder


def values(folder, check, metric, **conditions):
    return {
        tuple(m["group"].values()): m["value"]
        for m in folder.finding(check)["measurements"]
        if m["metric"] == metric and m["conditions"] == conditions
    }


def test_attacks_and_strange_films_are_audited_reported_and_replayed(films):
    answer = films.run_here()
    assert answer.code in {1, 5}, answer
    attacked = "robustness.adversarial"
    assert films.finding(attacked)["status"] == "measured"
    small, large = (values(films, attacked, "robust_accuracy", epsilon=f"{one}/255")[()] for one in (1, 64))
    assert small > large
    assert set(values(films, attacked, "robust_accuracy_loss", epsilon="1/255")) == {(), ("F",), ("M",)}
    strange = values(films, "robustness.out-of-distribution", "unfamiliar_share", score="neighbours", beyond="95th")
    assert set(strange) == {(), ("F",), ("M",)}
    energy = values(films, "robustness.out-of-distribution", "unfamiliarity_auc", score="energy")
    assert 0.2 < energy[()] < 0.8
    page = films.page()
    for words in ("signs of a masked gradient", "held against those of the reference", "64/255"):
        assert words in page
    again = films.run_here("replay", str(films.bundle), "--allow-dev-key")
    assert again.code == 0, again
