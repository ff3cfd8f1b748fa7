"""Single answers that are kept: under what was asked, whole or not at all, in memory where there is no store."""

from __future__ import annotations

import pytest

from auditkit.evidence import EvidenceStore
from auditkit.kept import Kept, holds_answers

ASKED = {"prompt": "How are you?", "temperature": 0.0}


@pytest.fixture(params=["on disk", "in memory"])
def kept(request, tmp_path):
    return Kept.beside(EvidenceStore.open(tmp_path) if request.param == "on disk" else None)


def test_an_answer_is_found_under_what_was_asked_and_nothing_else(kept):
    assert kept.get(**ASKED) is None
    kept.put({"text": "Well.", "tokens": 2}, **ASKED)
    assert kept.get(**ASKED) == {"text": "Well.", "tokens": 2}
    assert kept.get(**ASKED | {"temperature": 1.0}) is None
    kept.put("Better.", **ASKED | {"temperature": 1.0})
    assert sorted(map(str, kept.values())) == ["Better.", "{'text': 'Well.', 'tokens': 2}"]


def test_another_process_finds_it_and_fresh_forgets_it(tmp_path):
    store = EvidenceStore.open(tmp_path)
    assert not holds_answers(store.root)
    Kept.beside(store).put("Well.", **ASKED)
    assert Kept.beside(EvidenceStore.open(tmp_path)).get(**ASKED) == "Well."
    assert holds_answers(store.root)
    assert Kept.beside(EvidenceStore.open(tmp_path, fresh=True)).get(**ASKED) is None


def test_a_damaged_answer_is_asked_for_again(tmp_path):
    kept = Kept.beside(EvidenceStore.open(tmp_path))
    kept.put("Well.", **ASKED)
    (tree,) = tmp_path.rglob("tree.json")
    tree.write_text("{")
    assert kept.get(**ASKED) is None
    kept.put("Well again.", **ASKED)
    assert kept.get(**ASKED) == "Well again."
