"""A hub id as a path: the cached snapshot is opened, digests are over the real files, and nothing is fetched."""

from __future__ import annotations

import hashlib
import socket

import pytest
from commands import as_csv
from huggingface_hub import constants
from tiny_bert import notes_spec

from auditkit import ModelError
from auditkit.checkpoints import offline
from auditkit.subject import model_files
from auditkit_text.adapter import locate

COMMIT = "0123456789abcdef0123456789abcdef01234567"

SPEC = notes_spec("someone/triage")


def fill(cache, model, hub_id="someone/triage"):
    """Put a model into a cache as the hub's client does: blobs by their digest, and links to them by their names."""
    repository = cache / f"models--{hub_id.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    for folder in (snapshot, repository / "blobs", repository / "refs"):
        folder.mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    for file in sorted(model.iterdir()):
        blob = hashlib.sha256(file.read_bytes()).hexdigest()
        (repository / "blobs" / blob).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(f"../../blobs/{blob}")
    return snapshot


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_a_cached_model_is_audited_and_its_real_files_are_digested(folder, tiny_bert):
    fill(folder.path / "hf" / "hub", tiny_bert)
    folder.settings["HF_HOME"] = str(folder.path / "hf")
    folder.write("rows.csv", as_csv(("note", "outcome"), [("mild cough", "no"), ("chest pain", "yes")] * 20))
    folder.write("audit.toml", SPEC)
    assert folder.run().code in {0, 5}
    subject = folder.result()["subject"]
    assert subject["path"] == "someone/triage"
    assert {file["name"]: file["sha256"] for file in subject["files"]} == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tiny_bert.iterdir()
    }
    assert "&#39;someone/triage&#39;, commit 0123456789abcdef" in folder.page().replace("<bdi>", "").replace(
        "</bdi>", ""
    )


def test_a_folder_beside_the_spec_wins_over_the_cache(cache, tiny_bert, tmp_path):
    snapshot = fill(cache, tiny_bert)
    assert locate("someone/triage", tmp_path) == snapshot
    beside = tmp_path / "someone" / "triage"
    beside.mkdir(parents=True)
    assert locate("someone/triage", tmp_path, allow_download=True) == beside


@pytest.mark.parametrize("name", ["someone/triage", "triage"])
def test_an_id_that_is_nowhere_says_how_to_get_it(cache, tmp_path, name):
    assert not cache.exists()
    with pytest.raises(ModelError) as caught:
        locate(name, tmp_path)
    assert caught.value.message == (
        f"there is no model at '{tmp_path / name}', and none called '{name}' in this machine's Hugging Face cache"
    )
    assert f"hf download {name}, or [model] allow_download = true" in caught.value.hint


def test_what_is_no_hub_id_is_a_path(tmp_path):
    for name in ("../model", "a/b/c", "/nowhere/model", "my model"):
        assert locate(name, tmp_path, allow_download=True) == tmp_path / name


def test_a_whole_snapshot_is_not_asked_for_again_and_a_part_of_one_is(cache, tiny_bert, tmp_path, monkeypatch):
    asked = []

    def no_network(_, address):
        asked.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: no_network(None, "a name"))
    snapshot = fill(cache, tiny_bert)
    assert locate("someone/triage", tmp_path, allow_download=True) == snapshot
    assert asked == []
    (snapshot / "model.safetensors").unlink()
    assert locate("someone/triage", tmp_path) == snapshot  # the adapter says what is lacking
    assert asked == []
    assert locate("someone/triage", tmp_path, allow_download=True) == snapshot
    assert asked != []


def test_a_download_that_fails_is_an_error_with_its_cause(cache, tmp_path):
    with offline(), pytest.raises(ModelError) as caught:
        locate("someone/triage", tmp_path, allow_download=True)
    assert caught.value.message.startswith("the model 'someone/triage' could not be fetched from the hub: ")
    assert not cache.exists()


def test_a_link_out_of_the_cache_is_refused(cache, tiny_bert, tmp_path):
    snapshot = fill(cache, tiny_bert)
    assert len(model_files(snapshot)) == len(list(tiny_bert.iterdir()))
    (tmp_path / "secret").write_text("not the model's")
    (snapshot / "notes.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelError, match=r"the model holds a symbolic link: 'notes\.txt'"):
        model_files(snapshot)
