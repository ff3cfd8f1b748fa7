"""`auditkit init` on models that only the data beside them tell: rankings, vectors of sentences, bare states."""

from __future__ import annotations

import json
import shutil
import tomllib

import numpy as np
import pytest
from commands import as_csv
from safetensors.numpy import save_file
from tiny_bert import build

from auditkit.errors import DataError


def init(folder, *arguments):
    return folder.run_here("init", *arguments, "--out", "new.toml", "--force")


def spec(folder):
    return tomllib.loads((folder.path / "new.toml").read_text("utf-8"))


@pytest.fixture
def shop(folder):
    """What forty patients went for, what was recommended to them, and who they are."""
    users = [f"u{place}" for place in range(40)]
    went = [(user, f"i{(place + step) % 9}") for place, user in enumerate(users) for step in range(3)]
    shown = [(user, f"i{(place + step) % 9}", step + 1) for place, user in enumerate(users) for step in range(4)]
    folder.write("test.csv", as_csv(("user_id", "item_id"), went))
    folder.write("topk.csv", as_csv(("user_id", "item_id", "rank"), shown))
    folder.write("users.csv", as_csv(("user_id", "sex"), [(user, "FM"[at % 2]) for at, user in enumerate(users)]))
    return folder


def test_recorded_rankings_in_the_place_of_a_model(shop):
    answer = init(shop, "topk.csv", "test.csv", "--attribute", "sex")
    assert answer.code == 0, answer
    said = spec(shop)
    assert said["model"] == {"adapter": "recorded"}
    wanted = {"loader": "interactions", "audit": "test.csv", "rankings": "topk.csv", "users": "users.csv",
              "user": "user_id", "item": "item_id", "groups": ["sex"]}  # fmt: skip
    assert said["data"] == wanted
    assert shop.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit").code == 5  # no rule yet
    found = {one["metric"]: one["value"] for one in shop.finding("performance.ranking")["measurements"]}
    assert found["recall_at_10"] == 1.0


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_rankings_in_other_tables(shop, kind):
    import pandas as pd

    frame = pd.read_csv(shop.path / "topk.csv").rename(columns={"rank": "score"})
    if kind == "jsonl":
        frame.to_json(shop.path / "topk.jsonl", orient="records", lines=True)
    else:
        frame.to_parquet(shop.path / "topk.parquet")
    assert init(shop, f"topk.{kind}", "test.csv").code == 0
    assert spec(shop)["data"]["rankings"] == f"topk.{kind}"


def test_a_table_with_a_score_that_shares_no_users_is_no_rankings(shop):
    shop.write("scores.csv", as_csv(("row", "score"), [(place, 0.5) for place in range(40)]))
    init(shop, "scores.csv", "test.csv").refused("'scores.csv' is not recognised as a model")


NOTES = [(f"a cough since the day before, number {place}", ("lung", "heart")[place % 2]) for place in range(40)]


def test_a_model_of_sentence_vectors_is_asked_in_words(folder):
    build(folder.path / "model", head=False)
    folder.write("notes.csv", as_csv(("note", "diagnosis"), NOTES))
    answer = init(folder, "model", "notes.csv", "--positive", "heart")
    answer.refused("one question is open", "--set 'model.template=This text is about {}.'")
    given = ("--positive", "heart", "--set", "model.template=This text is about {}.")
    assert init(folder, "model", "notes.csv", *given).code == 0
    said = spec(folder)
    assert said["model"] == {"adapter": "text-classifier", "path": "model", "template": "This text is about {}."}
    assert (said["data"]["target"], said["data"]["input"]) == ("diagnosis", "note")
    assert "makes vectors" in (folder.path / "new.toml").read_text()
    answer = folder.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit")
    assert answer.code in {0, 1, 5}, answer
    assert folder.result()["subject"]["prediction_type"] == "ClassScores"


def test_the_layout_of_sentence_transformers_is_sure_and_an_image_encoder_is_none(folder):
    from auditkit.host import Host
    from auditkit.recognising import Glimpse

    build(folder.path / "model", head=False)
    (folder.path / "model" / "modules.json").write_text("[]")
    recognise = Host.installed().adapters["text-classifier"].recognises
    found = recognise(Glimpse("model", folder.path / "model"))
    assert (found.certainty, found.takes, found.gives) == ("sure", "text", "ClassScores")
    shutil.rmtree(folder.path / "model")
    (folder.path / "model").mkdir()
    folder.write("model/config.json", json.dumps({"architectures": ["ViTModel"]}))
    assert recognise(Glimpse("model", folder.path / "model")) is None


@pytest.fixture
def films(folder):
    """The state of a network with convolutions, and films with the age and the finding of each."""
    save_file({"0.weight": np.zeros((2, 1, 3, 3), dtype=np.float32)}, str(folder.path / "net.safetensors"))
    folder.write("net.py", "def build():\n    ...\n")
    rows = [(f"{place}.png", ("no", "yes")[place % 2], 30 + place) for place in range(40)]
    folder.write("films.csv", as_csv(("film", "finding", "months"), rows))
    folder.write("found.csv", as_csv(("film", "finding"), [row[:2] for row in rows]))
    return folder


PREPARED = ("--input", "film", "--set", "model.resize=32", "--set", "model.mean=[0.5]", "--set", "model.std=[0.2]")
BUILT = ("--set", "model.module=net:build", *PREPARED)


def test_a_state_with_convolutions_may_give_values_and_is_asked_about(films):
    init(films, "net.safetensors", "films.csv").refused("one question is open", "--adapter NAME")
    given = ("--adapter", "image-regressor", "--target", "months", *BUILT)
    init(films, "net.safetensors", "films.csv", *given).refused("--set model.output=VALUE")
    assert init(films, "net.safetensors", "films.csv", *given, "--set", "model.output=values").code == 0
    said = spec(films)
    assert (said["task"], said["model"]["adapter"], said["data"]["target"]) == (
        "regression",
        "image-regressor",
        "months",
    )
    assert said["data"]["input"] == "film"


def test_without_a_column_of_many_numbers_it_gives_classes(films):
    given = (*BUILT, "--set", "model.output=logits", "--positive", "yes")
    labels = ("--set", 'model.labels={0 = "no", 1 = "yes"}')
    assert init(films, "net.safetensors", "found.csv", *given, *labels).code == 0
    assert spec(films)["model"]["adapter"] == "image-classifier"


def test_rankings_alone_need_the_interactions(shop):
    from auditkit.host import Host
    from auditkit.initing.answers import Answers
    from auditkit.initing.asking import look

    with pytest.raises(DataError, match="no column of the data looks like predictions") as caught:
        look(Host.installed(), str(shop.path / "test.csv"), None, Answers())
    assert "auditkit init MODEL DATA" in caught.value.hint
