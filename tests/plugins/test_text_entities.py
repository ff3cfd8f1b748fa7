"""A token classifier's entities are those of transformers' own pipeline, in characters, whatever the batches."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from commands import as_csv
from tiny_bert import SENTENCES, TAGS, build_as, change, notes_spec
from tiny_bert import refusal as text_refusal

from auditkit import ModelError, TokenLabels
from auditkit.testing import obey_contract
from auditkit_text import open_token_classifier
from auditkit_text.tags import Tag, Word, read_tags, spans_of
from auditkit_text.windows import best_window


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    return build_as(tmp_path_factory.mktemp("tagger") / "model", "BertForTokenClassification")


def opened(folder, **options):
    settings = {"device": "cpu", "labels": {}, "target_classes": ("AGE", "DRUG")}
    return open_token_classifier(folder, **(settings | options))


def refusal(folder, **options):
    with pytest.raises(ModelError) as caught:
        opened(folder, **options)
    assert caught.value.hint
    return caught.value.message, caught.value.hint


def texts_of(count=30, most=2):
    # With a word that the tokenizer has never seen, punctuation, and spaces that no tokenizer keeps.
    draw = random.Random(3)
    more = (*SENTENCES, "Aspirin 100mg,  then rest.", "xylo-phone\tplayer of 54")
    return [" ".join(draw.choice(more) for _ in range(draw.randint(1, most))) for _ in range(count)]


def pipeline_spans(folder, texts, strategy):
    from transformers import AutoModelForTokenClassification, AutoTokenizer, TokenClassificationPipeline

    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pipe = TokenClassificationPipeline(model=model, tokenizer=tokenizer, aggregation_strategy=strategy, device="cpu")
    return [[(e["start"], e["end"], e["entity_group"], float(e["score"])) for e in pipe(text)] for text in texts]


def assert_same(found, expected):
    assert [[span[:3] for span in row] for row in found] == [[span[:3] for span in row] for row in expected]
    for row, other in zip(found, expected, strict=True):
        np.testing.assert_allclose([s[3] for s in row], [s[3] for s in other], atol=1e-5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("strategy", ["first", "simple"])
def test_its_entities_are_those_of_transformers_pipeline(tagger, strategy):
    texts = texts_of()
    found = opened(tagger, aggregation=strategy).predict(pd.Series(texts))
    assert isinstance(found, TokenLabels)
    expected = pipeline_spans(tagger, texts, strategy)
    assert sum(map(len, expected)) > 60
    assert {span[2] for row in expected for span in row} == {"DRUG", "AGE"}
    assert_same(found.spans, expected)


def test_first_and_simple_are_not_the_same(tagger):
    texts = pd.Series(texts_of())
    first, simple = (opened(tagger, aggregation=name).predict(texts).spans for name in ("first", "simple"))
    assert [[span[:3] for span in row] for row in first] != [[span[:3] for span in row] for row in simple]


def bare_windows(folder, text, size, stride):
    """The tag of every token of a long text by a loop written anew: windows by hand, one at a time."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    room, best, most = size - 2, {}, {}
    start = 0
    while True:
        part = ids[start : start + room]
        with torch.no_grad():
            given = torch.tensor([[tokenizer.cls_token_id, *part, tokenizer.sep_token_id]])
            tags = model(input_ids=given).logits[0, 1:-1].argmax(-1).tolist()
        for place, tag in enumerate(tags):
            left = place if start else 10**6
            right = len(part) - 1 - place if start + len(part) < len(ids) else 10**6
            if min(left, right) > most.get(start + place, -1):
                best[start + place], most[start + place] = tag, min(left, right)
        if start + len(part) >= len(ids):
            return [best[place] for place in range(len(ids))]
        start += room - stride


@pytest.mark.parametrize(("size", "stride"), [(16, None), (16, 0), (12, 7), (48, 5)])
def test_a_long_text_is_read_in_windows(tagger, size, stride):
    model = opened(tagger, max_length=size, stride=stride, aggregation="simple")
    assert model.windows.stride == ((size - 2) // 4 if stride is None else stride)
    text = " ".join(texts_of(12))
    (tokens,) = model.windows.tokens([text])
    assert len(tokens) > 3 * size
    tags, _ = model._said([tokens])[0]
    assert tags.tolist() == bare_windows(tagger, text, size, model.windows.stride)
    (spans,) = model.predict(pd.Series([text])).spans
    assert max(span[1] for span in spans) > len(text) * 0.9  # the end of the text has been read
    assert all(text[start:end] == text[start:end].strip() != "" for start, end, _, _ in spans)


def test_neither_batching_nor_order_changes_an_entity(tagger):
    texts = pd.Series([*texts_of(10), " ".join(texts_of(9))])
    model = opened(tagger)
    whole = model.predict(texts).spans
    assert_same([model.predict(texts[place : place + 1]).spans[0] for place in range(len(texts))], whole)
    assert_same(model.predict(texts[::-1]).spans[::-1], whole)
    assert model.predict(pd.Series([], dtype=object)).spans == ()
    assert model.sizes(texts).max() > 48


def test_which_window_a_token_is_judged_in():
    parts = [slice(0, 6), slice(4, 10), slice(8, 12)]
    # Token 4 has one token after it in the first window, none before it in the second; a text's own ends are no edge.
    assert best_window(parts, 12).tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]


def words(*tags):
    return [Word(4 * at, 4 * at + 3, tag, 0.5 + 0.1 * at) for at, tag in enumerate(tags)]


B, I, E, S, O = (Tag(mark, "X") if mark != "O" else Tag("O") for mark in "BIESO")  # noqa: E741
OTHER = Tag("I", "Y")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((O, O), []),
        ((B, I, O), [(0, 7, "X")]),
        ((B, B), [(0, 3, "X"), (4, 7, "X")]),
        ((I, I), [(0, 7, "X")]),
        ((I, O, I), [(0, 3, "X"), (8, 11, "X")]),
        ((B, OTHER), [(0, 3, "X"), (4, 7, "Y")]),
        ((B, I, E, I), [(0, 11, "X"), (12, 15, "X")]),
        ((S, S), [(0, 3, "X"), (4, 7, "X")]),
        ((S, E), [(0, 3, "X"), (4, 7, "X")]),
    ],
)
def test_the_entities_that_tags_spell(tags, expected):
    assert [span[:3] for span in spans_of(words(*tags))] == expected


def test_an_entitys_score_is_the_mean_of_its_words():
    ((_, _, _, score),) = spans_of(words(B, I, I))
    assert score == pytest.approx((0.5 + 0.6 + 0.7) / 3)


def test_the_loader_of_conll_reads_the_same_tags_alike():
    from auditkit_loaders.conll import spans_of as read

    draw = random.Random(5)
    for _ in range(300):
        tags = [draw.choice((B, I, E, S, O, OTHER)) for _ in range(6)]
        written = ["O" if tag == O else f"{tag.mark}-{tag.label}" for tag in tags]
        theirs = [(s["start"], s["end"], s["label"]) for s in read(["abc"] * 6, written)]
        assert [span[:3] for span in spans_of(words(*tags))] == theirs, written


def test_names_of_tags():
    assert read_tags(["O", "U-X", "L-X", "B-X", "I-X"], labels={}, targets=("X",)) == (O, S, E, B, I)
    assert read_tags(["O", "X"], labels={}, targets=("X",)) == (O, I)
    assert read_tags(["O", "B-drug", "I-drug"], labels={"drug": "X"}, targets=("X",)) == (O, B, I)
    numbered = {"LABEL_0": "O", "LABEL_1": "B-X", "LABEL_2": "I-X"}
    assert read_tags(["LABEL_0", "LABEL_1", "LABEL_2"], labels=numbered, targets=("X",)) == (O, B, I)


@pytest.mark.parametrize(
    ("given", "labels", "said", "hint"),
    [
        (["LABEL_0", "LABEL_1"], {}, "no output of the model is 'O'", 'LABEL_0 = "O"'),
        (["O", "B-X", "I-X", "PAD"], {}, "some outputs of the model carry a mark, and 'PAD' none", '{"PAD" = "O"}'),
        (["O", "B-X", "I-X"], {"Y": "X"}, "[model] labels maps 'Y', which is none of the model's classes", "'X'"),
        (["O", "B-Drug", "I-Drug"], {}, "the target holds 'drug', which is none", 'labels = {Drug = "drug"}'),
        (["O", "LABEL_1"], {"LABEL_1": "O"}, "the target holds 'drug'", "no class is left"),
        (["O", "LABEL_1", "I-drug"], {"LABEL_1": "I-drug"}, "two outputs of the model are 'I-drug'", "another name"),
    ],
)
def test_names_that_are_refused(given, labels, said, hint):
    targets = ("X",) if "Y" in labels else ("drug",)
    with pytest.raises(ModelError) as caught:
        read_tags(given, labels=labels, targets=targets)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_what_the_model_finds_and_the_target_never_holds(tagger):
    model = opened(tagger, target_classes=("DRUG",))
    said = "the model also looks for 'AGE', which the target never holds: each one found counts as wrong"
    assert said in [str(note) for note in model.notes]
    quieter = opened(tagger, target_classes=("DRUG",), ignore=("AGE",))
    texts = pd.Series(texts_of())
    both, one = model.predict(texts).spans, quieter.predict(texts).spans
    assert one == tuple(tuple(span for span in row if span[2] == "DRUG") for row in both)
    assert "entities that the model calls 'AGE' were left out of its answers, as the spec says" in [
        str(note) for note in quieter.notes
    ]


def test_options_that_are_refused(tagger):
    assert refusal(tagger, ignore=("AGES",)) == (
        "[model] ignore names 'AGES', which is no label of the model",
        "did you mean 'AGE'?",
    )
    assert refusal(tagger, ignore=("AGE",))[0].startswith("[model] ignore names 'AGE', which the target holds")
    assert refusal(tagger, stride=46)[0] == "[model] stride is 46, and a window has room for 46 tokens of the text"
    assert refusal(tagger, max_length=49)[0].startswith("[model] max_length is 49")


def test_folders_that_are_refused(tagger, tiny_bert, tmp_path):
    assert refusal(None)[0] == "no model is named"
    assert refusal(tiny_bert) == (
        "the model in 'model' was saved as a 'BertForSequenceClassification', which is no token classifier",
        "name the adapter that opens it: token-classifier opens what ends in ForTokenClassification",
    )
    assert text_refusal(tagger)[0].endswith("was saved as a 'BertForTokenClassification', which is no text classifier")
    bare = build_as(tmp_path / "bare", "BertModel")
    assert refusal(bare)[0].startswith("the model is not trained: 'classifier.bias', 'classifier.weight'")


def test_names_in_config_json_decide(tagger, tmp_path):
    import shutil

    copied = shutil.copytree(tagger, tmp_path / "model")
    change(copied, id2label={str(place): name.replace("AGE", "Age") for place, name in enumerate(TAGS)})
    assert refusal(copied)[1] == "did you mean 'Age'? [model] labels = {Age = \"AGE\"}"
    assert opened(copied, labels={"Age": "AGE"}).tags[3] == Tag("B", "AGE")


def test_a_task_that_the_adapter_is_not_for(folder):
    spec = notes_spec().replace('positive = "yes"\n', "").replace("text-classifier", "token-classifier")
    folder.write("rows.csv", as_csv(("note", "outcome"), [("a cough", '[{"start": 2, "end": 7, "label": "X"}]')] * 3))
    folder.write("audit.toml", 'task = "regression"\n' + spec)
    folder.run_here("plan", "audit.toml").refused(
        "task is 'regression', and the adapter 'token-classifier' always gives TokenLabels",
        'task = "tokens", or leave it out',
    )


def test_it_obeys_the_contract_of_adapters(tagger):
    notes = pd.Series([*SENTENCES, "cough " * 60, " ".join(SENTENCES * 3)])
    how = {"labels": {}, "target_classes": ("AGE", "DRUG"), "device": "cpu", "stride": 10}
    obey_contract(open_token_classifier, path=tagger, inputs=notes, **how)
