"""The recipes of docs/recorded-predictions.md, each audited from its spec as it is printed, on small data."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from commands import Folder, as_csv

PAGE = (Path(__file__).parents[2] / "docs" / "recorded-predictions.md").read_text("utf-8")
SPECS = {
    tomllib.loads(text)["name"]: text for text in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
ROWS = 60


def stays(folder: Folder) -> None:
    days = [(n % 9 + 0.5, n % 9 + 0.5 + (n % 5 - 2) / 4) for n in range(ROWS)]
    header = ("days", "predicted_days", "low", "high")
    folder.write("stays.csv", as_csv(header, [(str(y), str(p), str(p - 1), str(p + 1)) for y, p in days]))


def diets(folder: Folder) -> None:
    people = range(ROWS)
    folder.write("test.csv", as_csv(("user", "item"), [(f"u{n}", f"diet {n % 6}") for n in people]))
    folder.write("train.csv", as_csv(("user", "item"), [(f"u{n}", f"diet {(n + 1) % 6}") for n in people]))
    listed = [(f"u{n}", f"diet {(n + rank) % 6}", str(1 / (1 + rank))) for n in people for rank in range(5)]
    folder.write("topk.csv", as_csv(("user", "item", "score"), listed))
    folder.write("users.csv", as_csv(("user", "sex"), [(f"u{n}", "FM"[n % 2]) for n in people]))


def notes(folder: Folder) -> None:
    said = ("B-DRUG", "B-DRUG", "O")
    lines = [f"-DOCSTART- O O\n\nTake O O\naspirin B-DRUG {said[n % 3]}\n\n" for n in range(ROWS)]
    folder.write("notes.conll", "".join(lines))


def answers(folder: Folder) -> None:
    rows = [(("Take two.", "I can't say.", "")[n % 3], ("Take two.", "")[n % 2]) for n in range(ROWS)]
    folder.write("answers.csv", as_csv(("answer", "reference"), rows))


WANTED = {
    # name -> its data, the check, the verdict's exit code, and numbers that follow from the data by hand.
    "Length of stay": (stays, "performance.error", 0, {"mean_absolute_error": (0.5 + 0.25 + 0 + 0.25 + 0.5) / 5}),
    "Diets": (diets, "performance.ranking", 0, {"ndcg_at_10": 1.0, "repeat_rate_at_10": 1 / 5, "unserved_rate": 0.0}),
    "Drug names": (notes, "performance.entities", 5, {"entity_recall": 2 / 3, "entity_precision": 1.0}),
    "Answers to patients": (answers, "performance.texts", 5, {"refusal_rate": 1 / 3, "empty_rate": 1 / 3}),
}


def test_every_recipe_of_the_page_is_tried():
    assert set(SPECS) == set(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_a_recipe_is_audited_as_it_is_printed(folder: Folder, name: str):
    write, check, code, wanted = WANTED[name]
    write(folder)
    folder.write("audit.toml", SPECS[name] + '\n[report]\nformats = ["html"]\n')
    answer = folder.run_here()
    assert answer.code == code, answer
    shown = {m["metric"]: m["value"] for m in folder.finding(check)["measurements"] if not m.get("label")}
    assert {metric: shown[metric] for metric in wanted} == pytest.approx(wanted)
    assert name in folder.page()


def test_the_list_of_spans_in_the_page_is_read_as_printed(folder: Folder):
    (printed,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    row = {"note": "Give aspirin 5mg", "gold": json.loads(printed), "found": printed.strip()}
    folder.write("notes.jsonl", f"{json.dumps(row)}\n" * ROWS)
    data = 'loader = "jsonl"\naudit = "notes.jsonl"\ninput = "note"\ntarget = "gold"\npredicted = "found"'
    head = f'name = "Spans"\n[model]\nadapter = "recorded"\n[data]\n{data}\n[report]\nformats = ["html"]\n'
    folder.write("audit.toml", head)
    assert folder.run_here().code == 5  # the baseline has no rule for entities
    shown = {m["metric"]: m["value"] for m in folder.finding("performance.entities")["measurements"]}
    assert shown["entity_f1"] == 1.0
