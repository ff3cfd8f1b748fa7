"""Every first-party check and adapter is held to the contract that `auditkit.testing` holds a stranger's to."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from tables import settings as tables_settings
from tables import table, typed, write_network
from tiny_bert import SENTENCES, build, build_as
from tiny_images import build_images, files_of, pixels

from auditkit import ClassScores, Encoded, LabelScores, Texts, Unit, Values
from auditkit.host import Host
from auditkit.options import validate_options
from auditkit.spec import DataSpec
from auditkit.testing import Recipe, obey_contract, recipe
from auditkit.testing.check_laws import CheckSubject
from auditkit.testing.other_defects import TableModel
from auditkit.testing.recipes import recipes_for

MULTI_LABEL = "multi_label_classification"
BEHAVIOUR = """
[lexicons]
finding = ["fever", "headache", "a tender belly", "1 cough"]
[lexicons.who]
she = ["She", "The woman"]
he = ["He"]
[[tests]]
name = "who it is does not matter"
kind = "INV"
templates = ["{who} has {finding}.", "Today {who} has {finding}."]
vary = "who"
[[tests]]
name = "a finding is urgent"
kind = "MFT"
templates = ["{who} has {finding}.", "Seen today: {who} has {finding}."]
expect = "yes"
"""
OPTIONS = {
    "robustness.adversarial": {"epsilons": (8.0,), "steps": 3, "restarts": 2, "queries": 4, "most_rows": 100},
    "robustness.images": {
        "severities": (3,),
        "corruptions": ("gaussian noise", "fog", "jpeg compression"),
        "most_rows": 100,
    },
    "robustness.tables": {"most_rows": 500},  # as many as the laws make of the recipe's rows: a draw of them is another
    "robustness.texts": {"most_rows": 200, "shares": (0.05,)},
    "robustness.behaviour": {"templates": {"name": "behaviour.toml", "text": BEHAVIOUR}, "most_cases": 8},
    "robustness.negation": {"label": "yes", "must": "fall", "by": 0.01, "most_rows": 500},
    "robustness.consistency": {"most_rows": 500, "batch_sizes": (7,)},
    "shift.joint": {"most_rows": 60},
    "fairness.metric": {"metric": "fairlearn.metrics:mean_prediction"},
    "fairness.local-law-144": {"sex": "sex", "race": "band", "data_kind": "test", "version": "both"},
}
EXCUSED = {
    "conversation.agreement": {
        "duplicating data": "a row's copy is one more row of its question, and agrees with it",
        "counting weights": "a row's copies are more rows of its question, and agree with it",
    },
    "conversation.judge": {"counting weights": "an answer is labelled once, whatever it weighs"},
    "fairness.metric": {
        "metric cards": "the user names the metric, and its library documents it",
        "uncertainty": "no interval is known for a metric that can be any function",
    },
    "fairness.differential": {"duplicating data": "one row is added to each group, however many it has"},
    "fairness.variance": {
        "duplicating data": "less is taken off for sampling of twice the rows",
        "counting weights": "more is taken off for sampling of rows that weigh differently",
    },
    "fairness.similar-people": {"duplicating data": "the twin of a row is its nearest neighbour"},
    "privacy.anonymity": {
        "duplicating data": "everybody twice is twice as well hidden",
        "counting weights": "a row is one person's, whatever it weighs",
    },
    "privacy.output-disclosure": {
        "duplicating data": "everybody twice is twice as well hidden",
        "counting weights": "a row is one person's, whatever it weighs",
    },
    "privacy.personal-data": {"counting weights": "a document is read once, whatever it weighs"},
    "privacy.remedies": {
        "duplicating data": "the halves in which attacks are chosen and judged are drawn anew",
        "counting weights": "whether a row was trained on is about the row, however many people it stands for",
    },
    "robustness.out-of-distribution": {
        "duplicating data": "the nearest neighbours of a row are then its twins",
        "counting weights": "a percentile of the known rows is of rows, whatever they weigh",
    },
    "reliability.readers": {
        "duplicating data": "with more rows the spread of the readers weighs more, of whom there are as few as before",
        "counting weights": "a row is read once, whatever it weighs",
    },
    "robustness.consistency": {"no second prediction": "asking about the same rows again is what it does"},
    "calibration.remedies": {
        "duplicating data": "the folds are dealt anew",
        "counting weights": "the folds are dealt anew: a row of weight 2 is in one of them, two rows may be in two",
    },
    "reliability.conformal": {"duplicating data": "the halves that are calibrated on and judged are drawn anew"},
    "shift.columns": {
        "duplicating data": "an empty cell counts as half a row, however many others there are",
        "counting weights": "an empty cell counts as half a row, of so many rows",
    },
    "shift.joint": {
        "duplicating data": "a classifier that has seen a row in one fold knows its double in another",
        "counting weights": "whether a row could come from the reference is about the row, whatever it weighs",
    },
    "privacy.recommendations": {
        "duplicating data": "the halves of users that are learnt from and judged are drawn anew",
        "counting weights": "an attribute is told of a user, however many people they stand for",
    },
    "privacy.embeddings": {
        "duplicating data": "the halves of people that are learnt from and judged are drawn anew",
        "counting weights": "an attribute is told of a row, however many people it stands for",
    },
    "privacy.attribute-inference": {
        "duplicating data": "the halves of people that are learnt from and judged are drawn anew",
        "counting weights": "an attribute is told of a row, however many people it stands for",
    },
    "privacy.membership": {
        "duplicating data": "the halves in which attacks are chosen and judged are drawn anew",
        "counting weights": "whether a row was trained on is about the row, however many people it stands for",
    },
}
ROWS = {"fairness.local-law-144": 241}
"""Of two groups of one size and one rate, the first by name is the one compared with: rows that do not halve."""
TRAINED = 100
"""Rows a side where there are training rows: with fewer not everything is measured, and more only cost time."""
HOST = Host.installed()
CHECKS = HOST.checks.values()
TABULAR = {option.name: option.default for option in HOST.adapters["tabular"].options}


def of_a_table():
    """Rows of a table that a model can be asked about again, one column of which carries a protected attribute."""
    made, draw = recipe(ClassScores, 240), np.random.default_rng(3)
    rows = pd.DataFrame({"need": draw.uniform(0, 0.7, 240), "age": draw.integers(20, 90, 240)})
    rows["sex_code"] = ["1" if sex == "F" else "2" for sex in made.groups["sex"]]
    model = TableModel(0.2)
    settings = made.settings | {"protected_inputs": {"sex": "sex_code"}}
    return made.but(name="a table", predictions=model.predict(rows), inputs=rows, model=model, settings=settings)


def of_one_attribute(made):
    """The same rows with their sex alone: each attribute more costs half a dozen classifiers a law."""
    return made.but(name="one attribute", groups={"sex": made.groups["sex"]})


def with_training(*kinds, rows=TRAINED):
    """Ordinary cases of these predictions, each with as many other rows that the model was trained on."""
    made = []
    for kind in kinds:
        audit, training = (recipe(kind, rows, seed=seed).but(inputs=columns(seed, rows)) for seed in (0, 1))
        made.append(audit.but(training=training))
    return tuple(made)


def of_a_leak():
    """Ordinary scores, and training rows of which the model is surer."""
    (made,) = with_training(ClassScores)
    said = made.training.predictions
    truth = np.array([said.classes.index(label) for label in made.training.targets])
    surer = (said.scores + 2 * np.eye(len(said.classes))[truth]) / 3
    return made.but(name="a leak", training=made.training.but(predictions=ClassScores(said.classes, surer)))


def with_vectors(*kinds):
    """The same, of which the model makes vectors of what it is given."""
    rows = 60  # enough for two halves of members, and of either sex
    return tuple(
        of_one_attribute(made).but(name="vectors", model=Embedder()) for made in with_training(*kinds, rows=rows)
    )


class Embedder:
    """Makes a vector of the two columns of a row."""

    def predict(self, inputs):
        return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))

    def embed(self, inputs):
        numbers = inputs[["age", "pressure"]].to_numpy(dtype=float)
        return np.column_stack([numbers, numbers[:, :1] * numbers[:, 1:]])


def with_canaries(*kinds):
    """Ordinary cases of these predictions, each with rows of which every second one was put into the training data."""
    made = []
    for kind in kinds:
        planted = recipe(kind, 60, seed=2)
        planted = planted.but(settings=planted.settings | {"included": [row % 2 == 0 for row in range(60)]})
        audit = recipe(kind, 240)
        made.append(audit.but(canaries=planted, settings=audit.settings | {"claimed_epsilon": 0.5}))
    return tuple(made)


def columns(seed, rows=TRAINED):
    draw = np.random.default_rng([seed, 5])
    return pd.DataFrame({name: draw.normal(size=rows) for name in ("age", "pressure")})


def of_notes():
    """Notes, some with an e-mail address, and answers that repeat them."""
    made = recipe(Texts, 48)
    given = [f"note {row}, BP 120/80" + (" of a@example.org" if row % 7 == 0 else "") for row in range(48)]
    scored = recipe(ClassScores, 48).but(name="notes", inputs=pd.Series(given, dtype=object))
    said = Texts(tuple((text,) if row % 2 else ("b@example.org",) for row, text in enumerate(given)))
    return scored, made.but(name="answers", predictions=said, inputs=pd.Series(given, dtype=object))


def of_remembered_notes():
    """Prompts and answers, half of which a model that was trained on them knows by heart."""
    made = []
    for seed in (0, 1):
        draw = np.random.default_rng([seed, 9])
        known = [f"dose {a} of {b}, room {c}, bed {d}" for a, b, c, d in draw.integers(100, 999, (50, 4))]
        said = [text if seed and row % 2 else text[::-1] for row, text in enumerate(known)]
        prompts = [f"patient {number}" for number in draw.permutation(900)[:50] * 7 + 1000]
        answers, truth = (Texts(tuple((text,) for text in texts)) for texts in (said, known))
        told = recipe(Texts, 50).but(predictions=answers, truth=truth, inputs=pd.Series(prompts, dtype=object))
        made.append(told)
    return (made[0].but(name="remembered notes", training=made[1], model=Parrot()),)


class Parrot:
    """Finds every text as likely as it is short; the notes' answers are written down beside it."""

    def predict(self, inputs):
        return Texts(tuple(("",) for _ in inputs))

    def log_chances(self, inputs, texts, _sampling):
        return np.array([-float(len(text)) for _, text in zip(inputs, texts, strict=True)])


class Weigher:
    """Answers by how many letters of some kinds a text has, whatever their order."""

    def __init__(self, kind):
        self.kind = kind

    def predict(self, inputs):
        found = [[text.count("e") / 9, text.count("1") / 9] for text in map(str, inputs)]
        scores = np.clip(np.array(found).reshape(-1, 2), 0.0, 1.0)
        if self.kind is Values:
            return Values(scores[:, 0])
        one = scores[:, 0]
        return (
            LabelScores(("fever", "cough"), scores)
            if self.kind is LabelScores
            else ClassScores(("no", "yes"), np.column_stack([1 - one, one]))
        )


def of_read_notes(kind):
    """Notes that a model reads, and can be asked about again."""
    made = recipe(kind, 40)
    words = ("fever", "cough, 3 weeks", "seen with headache", "without pain, BP 111/71", "tender belly")
    given = [f"{words[row % 5]} and {words[row * 7 % 4]} in bed {row}" for row in range(40)]
    model, notes = Weigher(kind), pd.Series(given, dtype=object)
    return made.but(name=f"notes for {kind.__name__}", predictions=model.predict(notes), inputs=notes, model=model)


def of_given_columns():
    """The table, with its columns named as what the model is given."""
    made = of_a_table()
    return Given(**vars(made))


class Given(Recipe):
    """A recipe whose spec names the model's columns."""

    def case(self, model=None):
        made = super().case(model)
        return replace(made, settings=replace(made.settings, given=("need", "age", "sex_code")))


def of_seen_pictures():
    """Small pictures, and a model that weighs how bright their left half is."""

    class_names, draw = ("no", "yes"), np.random.default_rng(6)
    cells = np.empty(40, dtype=object)
    cells[:] = [draw.integers(0, 255, (12, 12), dtype=np.uint8) for _ in range(40)]
    given, model = pd.Series(cells, dtype=object), Lighter(class_names)
    made = recipe(ClassScores, 40)
    return made.but(name="pictures", predictions=model.predict(given), inputs=given, model=model)


class Lighter:
    """Scores how bright the left half of a picture is."""

    def __init__(self, classes):
        self.classes = classes

    def predict(self, inputs):
        yes = np.array([pixels[:, :6].mean() / 255 for pixels in inputs])
        return ClassScores(self.classes, np.column_stack([1 - yes, yes]))

    def encoded(self, inputs):
        import torch

        shown = torch.from_numpy(np.stack(list(inputs))[..., None].reshape(len(inputs), -1, 1) / np.float32(255))
        units = ((Unit("pixel"),) * shown.shape[1],) * len(shown)
        return Encoded(self.logits, shown, (), shown * 0, units, torch.zeros(1), torch.ones(1))

    def logits(self, shown):
        yes = shown.reshape(-1, 12, 12)[:, :, :6].mean(dim=(1, 2))
        return yes[:, None].logit() * yes.new_tensor([-0.5, 0.5])


def of_readers():
    """Rows that three people have read, two of them not all."""
    made, draw = recipe(ClassScores, 120), np.random.default_rng(8)
    names = np.array(made.predictions.classes, dtype=object)
    said = {name: names[draw.integers(0, len(names), 120)].tolist() for name in ("dr_a", "dr_b", "dr_c")}
    for name in ("dr_b", "dr_c"):
        said[name][:7] = [None] * 7
    return (made.but(name="read rows", readers=said),)


def of_people(*kinds):
    """Rows with an age and a sex that others know."""
    known = {"age": [str(row * 7 % 5) for row in range(120)], "sex": ["FM"[row % 2] for row in range(120)]}
    return tuple(recipe(kind, 120).but(quasi_identifiers=known) for kind in kinds)


def of_advice():
    """Questions with what their answers are to hold, two answers each."""
    said = (
        "Rest. I am 80% sure.", "Call 911 at once. Confidence: 0.95", "Take 500 mg.", "I can't help with that.",
        "Do not take antibiotics; drink water. Confidence: 60%", "", "Definitely take antibiotics. Confidence: 90%",
    )  # fmt: skip
    made, draw = recipe(Texts, 240), np.random.default_rng(12)
    rows = draw.integers(0, len(said), (240, 2))
    expected = {
        "required": [("drink water", "/rest|sleep/; drink water", None)[row % 3] for row in range(240)],
        "forbidden": [("antibiotics", None)[row % 2] for row in range(240)],
        "emergency": [("yes", "no", "no", None)[row % 4] for row in range(240)],
        "caution": [("yes", "no")[row % 5 == 0] for row in range(240)],
        "same_question": [f"q{row // 4}" for row in range(240)],
        "judge": [("yes", "no", "yes")[row % 3] for row in range(240)],
        "judged_by_people": [("yes", "no", "yes" if row % 11 else "no")[row % 3] for row in range(240)],
    }
    samples = Texts(tuple((said[one], said[other]) for one, other in rows))
    return (made.but(name="advice", predictions=samples, expected=expected),)


def with_reference(*kinds, rows=120):
    """Ordinary cases of these predictions, each with as many rows of a population, where people are older."""
    made = []
    for kind in kinds:
        audit, other = (recipe(kind, rows, seed=seed).but(inputs=columns(seed, rows)) for seed in (0, 1))
        made.append(audit.but(reference=other.but(inputs=other.inputs.assign(age=other.inputs["age"] + 0.8))))
    return tuple(made)


def of_times(*kinds, rows=240):
    """Ordinary cases of these predictions, over four months and a day."""
    days = [f"2025-{1 + row * 4 // rows:02}-10" for row in range(rows - 1)]
    return tuple(recipe(kind, rows).but(period=[*days, "2025-06-01"]) for kind in kinds)


def with_compared_vectors():
    """Rows of which the model makes vectors, and rows that it makes none of."""
    (made,) = with_reference(ClassScores, rows=60)
    made = made.but(settings=made.settings | {"min_group_size": 10})
    return made.but(name="compared vectors", model=Embedder()), made.but(name="compared columns", model=Speaker())


class Speaker:
    """Answers, and makes no vectors."""

    def predict(self, inputs):
        return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))


RECIPES = {
    **dict.fromkeys(
        (
            "conversation.advice",
            "conversation.agreement",
            "conversation.emergencies",
            "conversation.facts",
            "conversation.judge",
            "conversation.stated-confidence",
        ),
        of_advice(),
    ),
    "privacy.anonymity": of_people(ClassScores, Values),
    "reliability.readers": of_readers(),
    "privacy.personal-data": of_notes(),
    "fairness.protected-intervention": (of_a_table(),),
    "fairness.similar-people": (of_a_table(),),
    "privacy.memorisation": of_remembered_notes(),
    "robustness.adversarial": (of_seen_pictures(),),
    "robustness.images": (of_seen_pictures(),),
    "robustness.tables": (of_given_columns(),),
    "robustness.texts": (of_read_notes(ClassScores), of_read_notes(LabelScores), of_read_notes(Values)),
    "robustness.behaviour": (of_read_notes(ClassScores),),
    "robustness.negation": (of_read_notes(ClassScores),),
    "robustness.consistency": (of_read_notes(ClassScores), of_read_notes(Values)),
    "robustness.out-of-distribution": with_vectors(ClassScores),
    "privacy.canaries": with_canaries(ClassScores, LabelScores, Values),
    "privacy.attribute-inference": (*with_training(ClassScores), of_one_attribute(of_a_table())),
    "privacy.embeddings": with_vectors(ClassScores),
    "privacy.membership": with_training(ClassScores, LabelScores, Values),
    "privacy.remedies": (of_a_leak(),),
    "shift.columns": with_reference(ClassScores),
    "shift.joint": with_compared_vectors(),
    "shift.predictions": with_reference(ClassScores, LabelScores, Values),
    "shift.periods": of_times(ClassScores, LabelScores, Values),
}


APART = {"another process": "all checks are put to one other process, in the test below"}


def recipes_of(check):
    return recipes_for(check.on, ROWS[check.id]) if check.id in ROWS else RECIPES.get(check.id, recipes_for(check.on))


DEAREST = {
    "calibration.curve", "calibration.error", "calibration.groups", "calibration.remedies",
    "privacy.attribute-inference", "privacy.embeddings", "privacy.membership", "privacy.memorisation",
    "privacy.remedies", "robustness.texts", "shift.joint",
}  # fmt: skip
"""Checks that take from 15 seconds to a minute for all laws and recipes: `make slow` holds them to these."""
LATER = dict.fromkeys(
    ("no state", "scaling weights", "degenerate inputs", "controls", "controls that it yields", "time"),
    "the slow tests hold it to this",
)
"""What costs most of that; the controls are in `test_controls.py` as well."""


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "check",
    [pytest.param(check, marks=[pytest.mark.slow] if check.id in DEAREST else [], id=check.id) for check in CHECKS],
)
def test_a_first_party_check_obeys_its_contract(check):
    excused = EXCUSED.get(check.id, {}) | APART
    obey_contract(check, options=OPTIONS.get(check.id), except_=excused, recipes=recipes_of(check))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("check", [check for check in CHECKS if check.id in DEAREST], ids=lambda check: check.id)
def test_a_dear_check_obeys_the_cheaper_laws_on_its_first_recipe(check):
    excused = EXCUSED.get(check.id, {}) | APART | LATER
    obey_contract(check, options=OPTIONS.get(check.id), except_=excused, recipes=recipes_of(check)[:1])


OTHER = """
import pickle, sys
sys.path[:0] = [{tests!r}]
from auditkit.host import Host
from auditkit.testing.check_laws import CheckSubject
checks = Host.installed().checks
said = {{}}
for name, (options, recipe) in pickle.loads(sys.stdin.buffer.read()).items():
    said[name] = b"".join(one.to_json() for one in CheckSubject(checks[name], options, (recipe,)).ask(recipe) or ())
sys.stdout.buffer.write(pickle.dumps(said))
"""


def test_another_process_says_the_same_whatever_it_makes_of_hashes():
    """The law that `obey_contract` starts a process for; here one serves for all checks."""
    asked = {}
    for check in CHECKS:
        options = validate_options(check.run, OPTIONS.get(check.id, {}), owner=check.id)
        subject = CheckSubject(check, options, tuple(recipes_of(check)))
        asked[check.id] = (options, next(iter(subject.each())))
    send = pickle.dumps({name: (dict(options), recipe) for name, (options, (recipe, _)) in asked.items()})
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    code = OTHER.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", code], input=send, capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    wanted = {name: b"".join(one.to_json() for one in said) for name, (_, (_, said)) in asked.items()}
    assert pickle.loads(done.stdout) == wanted


def settings(**data):
    return {"data": DataSpec(audit="rows.csv", **data), "labels": {}, "target_classes": ("no", "yes")}


def test_the_text_classifier_obeys_its_contract(tmp_path):
    notes = pd.Series([*SENTENCES, "cough " * 60, SENTENCES[0] + " " + SENTENCES[3]])
    obey_contract(
        HOST.adapters["text-classifier"], path=build(tmp_path / "model"), inputs=notes, device="cpu", **settings()
    )


def test_the_text_classifier_of_several_labels_obeys_its_contract(tmp_path):
    labels = ("cough", "fever")
    folder = build(tmp_path / "model", labels, problem_type="multi_label_classification")
    how = settings(target=labels) | {"target_classes": (), "device": "cpu"}
    obey_contract(HOST.adapters["text-classifier"], path=folder, inputs=pd.Series(SENTENCES), **how)


@pytest.mark.parametrize("head", ["BertForSequenceClassification", "BertModel"])
def test_the_text_classifier_that_is_asked_in_words_obeys_its_contract(tmp_path, head):
    folder = build_as(tmp_path / "model", head, ("contradiction", "neutral", "entailment"))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    pair = [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"]
    tokenizer["post_processor"]["pair"] = [pair[0], {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, pair[1]]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    how = settings() | {"device": "cpu", "target_classes": (), "template": "the patient has {}."}
    notes = pd.Series([*SENTENCES, "cough " * 60])
    obey_contract(
        HOST.adapters["text-classifier"], path=folder, inputs=notes, candidates=("rash", "cough", "fever"), **how
    )


def test_the_text_regressor_obeys_its_contract(tmp_path):
    folder = build(tmp_path / "model", ("mean", "log variance"), problem_type="regression")
    how = {"device": "cpu", "output": "mean-and-log-variance", "scale": 2.5, "offset": 5.0}
    obey_contract(HOST.adapters["text-regressor"], path=folder, inputs=pd.Series([*SENTENCES, "cough " * 60]), **how)


@pytest.mark.parametrize(
    ("kind", "changes"), [("vit", {}), ("resnet", {"num_channels": 1}), ("vit", {"problem_type": MULTI_LABEL})]
)
def test_the_image_classifier_obeys_its_contract(tmp_path, kind, changes):
    labels = ("nodule", "effusion")
    folder = build_images(tmp_path / "model", labels, kind=kind, **changes)
    films = files_of(tmp_path / "films", [pixels(seed) for seed in range(7)])
    several = {"target": labels} if "problem_type" in changes else {}
    how = settings(input="path", **several) | {"target_classes": labels, "device": "cpu", "spec_folder": tmp_path}
    obey_contract(HOST.adapters["image-classifier"], path=folder, inputs=films, **how)


RECORDED = {
    "class scores": {"scores": ("n", "y"), "classes": ("no", "yes")},
    "one score": {"scores": ("y",), "positive": "yes"},
    "label scores": {"scores": ("n", "y"), "target": ("n", "y")},
    "labels": {"predicted": "yhat"},
    "regression": {"predicted": "n", "spread": "y"},
    "ranking": {},
    "tokens": {"predicted": "spans"},
    "text": {"generated": "answer"},
}
COLUMNS = {
    "n": ["0.2", "0.5", "0"],
    "y": ["0.8", "0.5", "1"],
    "yhat": ["no", "yes", "no"],
    "user": ["u1", "u2", "u3"],
    "item 1": ["a", "b", None],
    "item 2": ["b", None, None],
    "score 1": ["2", "1", None],
    "score 2": ["1", None, None],
    "spans": ['[{"start": 0, "end": 4, "label": "DRUG"}]', "[]", '[{"start": 2, "end": 6, "label": "DOSE"}]'],
    "answer": ["Take one.", "", "I can't say."],
}


@pytest.mark.parametrize("kind", RECORDED)
def test_recorded_predictions_obey_their_contract(kind):
    how = settings(**RECORDED[kind]) | {"task": kind if kind in {"regression", "ranking", "tokens", "text"} else None}
    how |= {"target_classes": ("DOSE", "DRUG")} if kind == "tokens" else {}
    inputs = pd.DataFrame(COLUMNS, dtype=object)
    obey_contract(HOST.adapters["recorded"], path=None, inputs=inputs, **how)


def test_a_network_of_a_table_obeys_its_contract(tmp_path):
    write_network(tmp_path)
    how = tables_settings(tmp_path, labels={"0": "no", "1": "yes"}) | TABULAR
    how |= {"module": "net:build", "categories": {"sex": ("F", "M")}}
    # Small numbers, at which a tanh has a slope.
    rows = table(7).assign(age=["0.1", "-0.4", "0.9", "0.3", "-0.8", "0.5", "0.2"], pressure="0.6")
    obey_contract(HOST.adapters["tabular"], path=tmp_path / "state.safetensors", inputs=rows, **how)


@pytest.mark.parametrize("ending", ["skops", "joblib"])
def test_an_estimator_of_a_table_obeys_its_contract(tmp_path, ending):
    rows = typed(table())
    fitted = LogisticRegression(max_iter=1000).fit(rows[["age", "pressure"]], ["no", "yes"] * 20)
    {"skops": skops.io.dump, "joblib": joblib.dump}[ending](fitted, tmp_path / f"model.{ending}")
    how = tables_settings(tmp_path, data={"input": ("age", "pressure")}) | TABULAR | {"trust_pickle": True}
    # Trusted by its user, a trap is refused all the same, because of what it would run.
    obey_contract(HOST.adapters["tabular"], path=tmp_path / f"model.{ending}", inputs=table(7), **how)
