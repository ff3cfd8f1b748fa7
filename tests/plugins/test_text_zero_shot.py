"""Classes put to a model in words: what transformers' pipeline says of entailment, and a bare loop of vectors."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from commands import as_csv
from scipy.special import softmax
from tiny_bert import SENTENCES, build, build_as, change, notes_spec, opened, refusal

from auditkit import ClassScores, LabelScores, NotApplicable
from auditkit.spec import DataSpec

NLI = ("contradiction", "neutral", "entailment")
TEMPLATE = "this patient has {}."
ILLNESSES = ("rash", "cough", "stiff neck")
TEXTS = [*SENTENCES, f"{SENTENCES[0]} {SENTENCES[3]}", "cough"]


def pairs_too(folder):
    """Let the tokenizer of a tiny model put two texts together, as a BERT's does."""
    file = folder / "tokenizer.json"
    settings = json.loads(file.read_text())
    first, second = ({"Sequence": {"id": name, "type_id": place}} for place, name in enumerate("AB"))
    end = {"SpecialToken": {"id": "[SEP]", "type_id": 0}}
    settings["post_processor"]["pair"] = [
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        first,
        end,
        second,
        {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
    ]
    file.write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def nli(tmp_path_factory):
    return pairs_too(build(tmp_path_factory.mktemp("nli") / "model", NLI))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A folder as sentence-transformers writes it: mean pooling, then a normalisation."""
    folder = build_as(tmp_path_factory.mktemp("encoder") / "model", "BertModel")
    return sentence_folder(folder)


def sentence_folder(folder, pooling=("mean_tokens",), **settings):
    kinds = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (kind, path) in enumerate(zip(kinds, paths, strict=True))
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = {
        f"pooling_mode_{name}": name in pooling for name in ("mean_tokens", "cls_token", "max_tokens", "lasttoken")
    }
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32, **modes}))
    (folder / "sentence_bert_config.json").write_text(
        json.dumps({"max_seq_length": 40, "do_lower_case": False} | settings)
    )
    return folder


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "model")


def asked(folder, **options):
    settings = {"template": TEMPLATE, "candidates": ILLNESSES, "target_classes": ()}
    return opened(folder, **(settings | options))


def refused(folder, **options):
    settings = {"template": TEMPLATE, "candidates": ILLNESSES, "target_classes": ()}
    return refusal(folder, **(settings | options))


def pipelines(folder, *, multi_label):
    """The scores of transformers' pipeline, in the order of the classes' names."""
    from transformers import pipeline

    ask = pipeline("zero-shot-classification", model=str(folder), tokenizer=str(folder), device="cpu")
    found = ask(TEXTS, list(ILLNESSES), hypothesis_template=TEMPLATE, multi_label=multi_label)
    return np.array([[one["scores"][one["labels"].index(name)] for name in sorted(ILLNESSES)] for one in found])


def test_one_class_is_chosen_as_transformers_pipeline_does(nli):
    found = asked(nli).predict(pd.Series(TEXTS))
    assert isinstance(found, ClassScores)
    assert (found.classes, found.kind) == (tuple(sorted(ILLNESSES)), "probability")
    expected = pipelines(nli, multi_label=False)
    assert np.ptp(expected, axis=0).min() > 1e-3  # a hundred times the tolerance
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)


def test_several_labels_are_judged_as_transformers_pipeline_does(nli):
    data = DataSpec(audit="rows.csv", target=ILLNESSES)
    found = asked(nli, multi_label=True, data=data).predict(pd.Series(TEXTS))
    assert isinstance(found, LabelScores)
    assert found.labels == tuple(sorted(ILLNESSES))
    np.testing.assert_allclose(found.scores, pipelines(nli, multi_label=True), atol=1e-5)


@pytest.mark.parametrize("which", ["nli", "encoder"])
def test_the_order_of_candidates_changes_no_bit(which, request):
    folder, texts = request.getfixturevalue(which), pd.Series(TEXTS)
    one, other = (asked(folder, candidates=names).predict(texts) for names in (ILLNESSES, ILLNESSES[::-1]))
    assert one.classes == other.classes
    np.testing.assert_array_equal(one.scores, other.scores)


@pytest.mark.parametrize("which", ["nli", "encoder"])
def test_neither_batching_nor_order_of_texts_changes_a_score(which, request):
    model, texts = asked(request.getfixturevalue(which)), pd.Series(TEXTS)
    whole = model.predict(texts).scores
    one_by_one = np.concatenate([model.predict(texts[place : place + 1]).scores for place in range(len(texts))])
    np.testing.assert_allclose(one_by_one, whole, atol=1e-5)
    np.testing.assert_allclose(model.predict(texts[::-1]).scores[::-1], whole, atol=1e-5)
    assert model.predict(pd.Series([], dtype=object)).scores.shape == (0, 3)


def bare_vectors(folder, texts, pooling):
    """[n, d]: one text at a time, nothing padded, as the cards of sentence-transformers' models say."""
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        states = [
            model(**tokenizer(text, truncation=True, max_length=40, return_tensors="pt")).last_hidden_state[0]
            for text in texts
        ]
    pool = {"mean": lambda one: one.mean(0), "cls": lambda one: one[0], "max": lambda one: one.amax(0)}[pooling]
    return torch.stack([pool(one) for one in states])


@pytest.mark.parametrize(("pooling", "said"), [("mean", "mean_tokens"), ("cls", "cls_token"), ("max", "max_tokens")])
def test_texts_are_compared_by_the_cosine_of_their_vectors(encoder, tmp_path, pooling, said):
    folder = sentence_folder(copied(encoder, tmp_path), pooling=(said,))
    found = asked(folder).predict(pd.Series(TEXTS))
    texts = bare_vectors(folder, TEXTS, pooling)
    sentences = bare_vectors(folder, [TEMPLATE.replace("{}", name) for name in sorted(ILLNESSES)], pooling)
    expected = torch.nn.functional.cosine_similarity(texts[:, None], sentences[None], dim=-1).numpy()
    assert found.kind == "score"
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)


def test_a_temperature_makes_probabilities(encoder):
    cosines = asked(encoder).predict(pd.Series(TEXTS)).scores
    found = asked(encoder, temperature=0.05).predict(pd.Series(TEXTS))
    assert found.kind == "probability"
    np.testing.assert_allclose(found.scores, softmax(cosines / 0.05, axis=1), atol=1e-9)


def test_sentence_transformers_gives_the_same_vectors(encoder):
    library = pytest.importorskip("sentence_transformers", reason="pip install sentence-transformers")
    expected = library.SentenceTransformer(str(encoder), device="cpu").encode(TEXTS)
    found = asked(encoder).embed(pd.Series(TEXTS))
    np.testing.assert_allclose(found / np.linalg.norm(found, axis=1, keepdims=True), expected, atol=1e-5)


def test_a_pooler_that_nobody_trained_is_no_matter(encoder, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = copied(encoder, tmp_path)
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    save_file({name: one for name, one in tensors.items() if not name.startswith("pooler.")}, weights)
    whole, without = (asked(one).predict(pd.Series(TEXTS)).scores for one in (encoder, folder))
    np.testing.assert_array_equal(whole, without)
    save_file({name: one for name, one in tensors.items() if "layer.0" not in name}, weights)
    assert "not trained" in refused(folder)[0]


def test_the_folder_says_how_many_tokens_are_read(encoder):
    assert asked(encoder).limit == 40
    assert asked(encoder, max_length=12).limit == 12


def test_candidates_are_the_targets_classes_unless_said(nli):
    assert asked(nli, candidates=(), target_classes=("cough", "rash")).predict(pd.Series(TEXTS)).classes == (
        "cough",
        "rash",
    )
    labels = {"an itchy rash": "skin", "a cough": "lungs"}
    model = asked(nli, candidates=(), labels=labels, target_classes=("lungs", "skin"))
    assert model.candidates.sentences == ("this patient has a cough.", "this patient has an itchy rash.")
    assert model.predict(pd.Series(TEXTS)).classes == ("lungs", "skin")


def test_the_text_is_cut_and_never_the_sentence(nli):
    model, long = asked(nli, max_length=24), "cough " * 60
    sentence = len(model.tokenizer("this patient has stiff neck.", add_special_tokens=False)["input_ids"])
    assert model.sizes(pd.Series([long]))[0] == 60 + sentence + 3  # [CLS], [SEP], [SEP]
    other = asked(nli, max_length=24).predict(pd.Series(["cough " * 30])).scores
    np.testing.assert_allclose(model.predict(pd.Series([long])).scores, other, atol=1e-6)
    message, _ = refused(nli, max_length=11)
    assert "'stiff neck'" in message
    assert "looks at 11" in message


def test_an_output_of_another_name_is_named(nli, tmp_path):
    folder = copied(nli, tmp_path)
    change(
        folder, id2label={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, label2id={f"LABEL_{i}": i for i in range(3)}
    )
    message, hint = refused(folder)
    assert "none of the model's outputs, 'LABEL_0', 'LABEL_1', 'LABEL_2', is called entailment" in message
    assert 'entailment = "LABEL_2"' in hint
    found = asked(folder, entailment="LABEL_2").predict(pd.Series(TEXTS)).scores
    np.testing.assert_array_equal(found, asked(nli).predict(pd.Series(TEXTS)).scores)
    several = {"multi_label": True, "data": DataSpec(audit="rows.csv", target=ILLNESSES), "entailment": "LABEL_2"}
    assert "contradiction" in refused(folder, **several)[0]
    assert "is 'LABEL_9'" in refused(folder, entailment="LABEL_9")[0]


def test_a_negation_that_begins_alike_is_no_entailment(tmp_path):
    folder = pairs_too(build(tmp_path / "model", ("entailment", "not_entailment")))
    assert asked(folder).outputs.entailment == 0
    assert asked(folder).outputs.contradiction == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"template": "this patient is ill."}, "0 gaps"),
        ({"template": "{} and {}"}, "2 gaps"),
        ({"candidates": ("cough",)}, "nothing to choose from"),
        ({"candidates": ("cough", "cough")}, "'cough' twice"),
        ({"candidates": ("cough", " ")}, "empty"),
        ({"candidates": (), "target_classes": ()}, "nothing to choose from"),
        ({"target_classes": ("cough", "asthma")}, "the target holds 'asthma'"),
        ({"temperature": 0.1}, "temperature is of models of embeddings"),
        ({"multi_label": True, "data": DataSpec(audit="r.csv", target="illness")}, "one column, 'illness'"),
        ({"data": DataSpec(audit="r.csv", target=("cough", "rash"))}, "list of 2 columns"),
    ],
)  # fmt: skip
def test_a_question_that_is_none_is_refused(nli, options, words):
    assert words in refused(nli, **options)[0]


@pytest.mark.parametrize("option", [{"candidates": ("a", "b")}, {"entailment": "x"}, {"temperature": 2.0}])
def test_what_is_of_a_template_needs_one(tiny_bert, option):
    assert "there is no template" in refusal(tiny_bert, **option)[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": 0.0}, "temperature is 0"),
        ({"entailment": "yes"}, "makes vectors"),
        ({"multi_label": True, "data": DataSpec(audit="rows.csv", target=ILLNESSES)}, "nearest"),
    ],
)
def test_a_question_that_is_none_for_vectors_is_refused(encoder, options, words):
    assert words in refused(encoder, **options)[0]


def test_a_layout_that_is_not_done_here_is_refused(encoder, tmp_path):
    folder = copied(encoder, tmp_path)
    modules = json.loads((folder / "modules.json").read_text())
    sentence_folder(folder, do_lower_case=True)
    assert "lower case" in refused(folder)[0]
    sentence_folder(folder, pooling=("mean_tokens", "max_tokens"))
    assert "'mean', 'max'" in refused(folder)[0]
    sentence_folder(folder, pooling=("lasttoken",))
    assert "pooling_mode_lasttoken" in refused(folder)[0]
    sentence_folder(folder)
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": 5}')
    assert "the model's pooling is '5'" in refused(folder)[0]
    sentence_folder(folder)
    for path in ("../1_Pooling", "/etc", "", ".", "..", "p" * 3000):
        (folder / "modules.json").write_text(json.dumps([modules[0], modules[1] | {"path": path}]))
        assert "no folder of the model's" in refused(folder)[0]
    dense = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*modules[:2], dense]))
    assert "'Dense'" in refused(folder)[0]
    for wrong, words in (("{}", "'nothing'"), ("[1]", "no list of modules"), ("{", "no list of modules")):
        (folder / "modules.json").write_text(wrong)
        assert words in refused(folder)[0]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"default_prompt_name": "query"}))
    assert "prompt before every text, 'query'" in refused(folder)[0]


def test_without_a_layout_the_mean_is_taken_and_said(encoder, tmp_path):
    folder = copied(encoder, tmp_path)
    (folder / "modules.json").unlink()
    model = asked(folder)
    assert "the mean over tokens" in str(model.notes[-1])
    np.testing.assert_allclose(model.predict(pd.Series(TEXTS)).scores, asked(encoder).predict(pd.Series(TEXTS)).scores)


@pytest.mark.parametrize("which", ["nli", "encoder"])
def test_it_says_why_it_has_no_gradients(which, request):
    with pytest.raises(NotApplicable):
        asked(request.getfixturevalue(which)).encoded(pd.Series(TEXTS))


def test_the_report_prints_template_and_candidates(folder, nli):
    rows = [(text, ILLNESSES[place % 3]) for place, text in enumerate(SENTENCES)] * 10
    folder.write("rows.csv", as_csv(("note", "outcome"), rows))
    more = 'template = "this patient has {}."\ncandidates = ["rash", "stiff neck", "cough"]'
    folder.write("audit.toml", notes_spec(str(nli), model=more).replace('positive = "yes"\n', ""))
    answer = folder.run_here()
    assert answer.code == 0, answer
    page = folder.page().replace("<bdi>", "").replace("</bdi>", "")
    assert "this patient has {}." in page
    assert "stiff neck" in page
    assert folder.result()["subject"]["classes"] == sorted(ILLNESSES)
