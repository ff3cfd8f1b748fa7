"""Rows on which the first-party checks that want more than the common recipes measure everything they can."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from auditkit import ClassScores, Encoded, LabelScores, Rankings, Texts, TokenLabels, Unit, Values
from auditkit.testing import Recipe, recipe
from auditkit.testing.other_defects import TableModel
from auditkit_accountability.planted import everything
from auditkit_data_quality.site_shortcut import Coin
from auditkit_explainability.planted.entities import Tagger
from auditkit_explainability.planted.entities import notes as drug_notes
from auditkit_explainability.planted.examples import Addresses
from auditkit_explainability.planted.histories import Neighbours
from auditkit_explainability.planted.written import Writer, prompts
from auditkit_fairness.naming.planted import finder
from auditkit_fairness.naming.planted import notes as naming_notes

ROWS = {"fairness.local-law-144": 241}
"""Of two groups of one size and one rate, the first by name is the one compared with: rows that do not halve."""
TRAINED = 100
"""Rows a side where there are training rows: with fewer not everything is measured, and more only cost time."""


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


def of_a_table_with_gaps():
    """A table with missing cells, codes for nothing and one age that cannot be; its rows do not halve."""
    made, draw = recipe(ClassScores, 121), np.random.default_rng(8)
    age = draw.integers(20, 90, 121).astype(float)
    age[:9], age[60] = np.nan, 430.0
    ward = np.array([("north", "south", "?", None)[place] for place in draw.integers(0, 4, 121)], dtype=object)
    return (made.but(name="a table with gaps", inputs=pd.DataFrame({"age": age, "ward": ward}), model=Coin()),)


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


def of_read_notes(kind, rows=40):
    """Notes that a model reads, and can be asked about again."""
    made = recipe(kind, rows)
    words = ("fever", "cough, 3 weeks", "seen with headache", "without pain, BP 111/71", "tender belly")
    given = [f"{words[row % 5]} and {words[row * 7 % 4]} in bed {row}" for row in range(rows)]
    model, notes = Weigher(kind), pd.Series(given, dtype=object)
    return made.but(name=f"notes for {kind.__name__}", predictions=model.predict(notes), inputs=notes, model=model)


def of_drugs_in_notes():
    """Notes in which a model finds drugs, and can be asked about again."""
    notes, model = pd.Series(drug_notes(np.random.default_rng(4), 40), dtype=object), Tagger()
    said = model.predict(notes)
    return recipe(TokenLabels, 40).but(name="drugs in notes", predictions=said, truth=said, inputs=notes, model=model)


def of_named_people():
    """Notes that name people, of whom a model overlooks some."""
    texts, spans = naming_notes(np.random.default_rng(4), 40)
    given, model = pd.Series(texts, dtype=object), finder(missing=0.1, kind="Black", more=0.3)
    made = recipe(TokenLabels, 40).but(name="named people", predictions=model.predict(given), model=model)
    return made.but(inputs=given, truth=TokenLabels(spans))


def of_written_answers():
    """Prompts of a model that writes, and tells how likely it is to."""
    asked, model = pd.Series(prompts(np.random.default_rng(4), 40), dtype=object), Writer()
    said = model.predict(asked)
    return recipe(Texts, 40).but(name="written answers", predictions=said, truth=said, inputs=asked, model=model)


def of_released_notes(kind):
    """The same notes, which a spec releases, and somebody who finds addresses in them."""
    made = of_read_notes(kind)
    settings = made.settings | {"examples": "released", "recognisers": (Addresses(),)}
    return made.but(name=f"released notes for {kind.__name__}", settings=settings)


def of_named_notes(kind, rows=40):
    """The same notes, of people whose sex and age most of them say."""
    made = of_read_notes(kind, rows)
    who = ("a woman and her son", "a 72-year-old man", "nobody", "an elderly lady", "a boy with his father")
    given = pd.Series([f"{note}, of {who[row % 5]} today" for row, note in enumerate(made.inputs)], dtype=object)
    said = made.model.predict(given)
    return made.but(name=f"named notes for {kind.__name__}", predictions=said, inputs=given)


def of_common_words(kind):
    """Notes that are made of a dozen words, each of which many people's hold."""
    made, draw, model = recipe(kind, 100), np.random.default_rng(4), Weigher(kind)
    words = ("fever", "cough", "seen", "headache", "pale", "tender", "rested", "asleep", "weak", "dizzy")
    given = [" ".join([*draw.permutation(words)[:5], f"bed{row}"]) for row in range(100)]
    notes = pd.Series(given, dtype=object)
    made = made.but(settings=made.settings | {"min_group_size": 10})
    return made.but(name=f"words for {kind.__name__}", predictions=model.predict(notes), inputs=notes, model=model)


def of_given_columns():
    """The table, with its columns named as what the model is given."""
    made = of_a_table()
    return Given(**vars(made))


class Given(Recipe):
    """A recipe whose spec names the model's columns."""

    def case(self, model=None):
        made = super().case(model)
        return replace(made, settings=replace(made.settings, given=("need", "age", "sex_code")))


def of_weighed_columns(kind, rows=120):
    """A table of numbers and categories, and a model that weighs them and can be asked about others."""
    made, draw = recipe(kind, rows), np.random.default_rng(14)
    table = pd.DataFrame({"need": draw.uniform(0, 0.6, rows).round(3), "age": draw.integers(20, 90, rows)})
    table["ward"] = pd.Series(
        np.array(["north", "south", "east"], dtype=object)[draw.integers(0, 3, rows)], dtype=object
    )
    table["sex_code"] = pd.Series(["1" if row % 2 else "2" for row in range(rows)], dtype=object)
    model = ColumnWeigher(kind)
    fields = vars(made.but(name=f"columns for {kind.__name__}", predictions=model.predict(table), inputs=table))
    return Weighed(**fields | {"model": model, "groups": {"sex": table["sex_code"].tolist()}})


class Weighed(Recipe):
    """A recipe whose spec names the model's columns."""

    def case(self, model=None):
        made = super().case(model)
        return replace(made, settings=replace(made.settings, given=("need", "age", "ward", "sex_code")))


class ColumnWeigher:
    """Answers by need, age and ward."""

    def __init__(self, kind):
        self.kind = kind

    def predict(self, inputs):
        need, age = (inputs[name].to_numpy(dtype=float) for name in ("need", "age"))
        north = np.array([str(cell) == "north" for cell in inputs["ward"]])
        scores = np.clip(need + age / 400 + 0.1 * north * need, 0.0, 1.0)
        if self.kind is Values:
            return Values(scores)
        if self.kind is LabelScores:
            return LabelScores(("fever", "cough"), np.column_stack([scores, 1 - need]))
        return ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))


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


def of_a_shown_network():
    """Small pictures, and a network of one layer, whose parameters can be exchanged."""
    made = of_seen_pictures()
    model = Shown(("no", "yes"))
    return made.but(name="a network of pictures", predictions=model.predict(made.inputs), model=model)


class Shown(Lighter):
    """Scores pictures by a network."""

    batch_size = 16

    def __init__(self, classes):
        import torch

        super().__init__(classes)
        self.network = torch.nn.Linear(144, 2, bias=False).double()
        draw = np.random.default_rng(11).normal(size=(2, 144)) * (np.arange(144) % 12 < 4)
        with torch.no_grad():
            self.network.weight.copy_(torch.from_numpy(draw))

    def predict(self, inputs):
        import torch

        with torch.no_grad():
            said = self.encoded(inputs)
            return ClassScores(self.classes, said.module(said.inputs).double().softmax(1).numpy())

    def encoded(self, inputs):
        grey = [cell if cell.ndim == 2 else cell.mean(axis=2) for cell in inputs]
        found = super().encoded(grey)
        ends = {name: getattr(found, name).double() for name in ("inputs", "baseline", "least", "most")}
        return replace(found, network=self.network, **ends)

    def logits(self, shown):
        return self.network(shown.flatten(1))


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


def of_choices():
    """Questions with three lettered answers, of which a letter is picked; where it is said who it was, a person."""
    key = {"right": 2, "unknown": 2, "biased": 0, "answers": ["the woman", "the man", "nobody knows"]}
    made, draw = recipe(Texts, 240), np.random.default_rng(12)
    told = [{"condition": "disambiguated", "right": 0}, {"condition": "ambiguous"}]
    letters = [draw.choice(["A", "B)", "C: nobody knows"][: 2 + row % 2]) for row in range(240)]
    expected = {
        "choices": [json.dumps(key | told[row % 2]) for row in range(240)],
        "same_question": [f"q{row // 4}" for row in range(240)],
    }
    return (made.but(name="choices", predictions=Texts(tuple((str(one),) for one in letters)), expected=expected),)


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
        "pair": [f"p{row // 4}" for row in range(240)],
        "neutral": [(None, "one", "other")[row % 3] if row // 4 % 3 == 0 else None for row in range(240)],
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


def of_copied_rows(*kinds):
    """Rows of which ten stand there twice, and ten more in the training, of people who have rows on both sides."""
    made = []
    for audit in with_training(*kinds):
        given, training = audit.inputs.copy(), audit.training
        given.iloc[90:] = given.iloc[:10]
        given.iloc[10:20] = training.inputs.iloc[:10]
        given["ward"] = pd.Series(["north", "south", "west", "east"] * 25, dtype=object)
        training = training.but(inputs=training.inputs.assign(ward="north"), units=list(range(80, 180)))
        made.append(audit.but(name=f"copies for {audit.name}", inputs=given, units=list(range(100)), training=training))
    return tuple(made)


def of_repeated_interactions():
    """Users half of whom are told of what is to be foretold."""
    made = recipe(Rankings, 60)
    truth = made.truth.take(np.arange(30))
    return made.but(training=recipe(Rankings, 30, seed=1).but(predictions=truth, truth=truth))


def of_what_users_had():
    """Users with what they had, and a model that listens to one item more than to others."""
    users, model = 240, Neighbours(tuple((0, 3 + user % 30, 35) for user in range(240)), 0)
    rows = pd.DataFrame({"user": [f"user {user}" for user in range(users)]})
    made = recipe(Rankings, users)
    said = model.predict(rows)
    return made.but(name="histories", predictions=said, truth=said, inputs=rows, model=model)


def of_barred_items():
    """Users of whom two in three must not be shown one of the items."""
    made = recipe(Rankings, 240)
    barred = [[f"item {user % 20:02}"] if user % 3 else [] for user in range(240)]
    return made.but(name="barred items", barred=barred)


def of_grouped_items():
    """Lists of items of three kinds, two of which are rarer than the third."""
    made = recipe(Rankings, 240)
    kinds = {f"item {place:02}": "common" if place < 12 else ("rare", "old")[place % 2] for place in range(20)}
    return made.but(name="grouped items", settings=made.settings | {"item_groups": {"kind": kinds}})


def of_items_further_down():
    """Lists of thirty items of two kinds, one of which stands lower, with the users' sex."""
    made = recipe(Rankings, 240)
    draw, names = np.random.default_rng(12), np.array([f"item {place:02}" for place in range(40)], dtype=object)
    scores = draw.normal(size=(240, 40)) - (np.arange(40) % 2)
    lists = Rankings(made.predictions.users, names[np.argsort(-scores, axis=1)[:, :30]])
    truth = Rankings(made.predictions.users, names[draw.permuted(np.tile(np.arange(40), (240, 1)), axis=1)[:, :3]])
    kinds = {name: "AB"[place % 2] for place, name in enumerate(names)}
    settings = made.settings | {"item_groups": {"kind": kinds}}
    sexes = {"sex": ["FM"[user % 2] for user in range(240)]}
    return made.but(name="items further down", predictions=lists, truth=truth, groups=sexes, settings=settings)


def of_used_items():
    """Lists of items that other users had the more often, the lower their number is."""
    made = recipe(Rankings, 240)
    draw = np.random.default_rng(11)
    chances = np.linspace(2, 0.2, 20) / np.linspace(2, 0.2, 20).sum()
    had = [[f"item {place:02}" for place in draw.choice(20, 4, replace=False, p=chances)] for _ in range(240)]
    before = Rankings(made.predictions.users, np.array(had, dtype=object))
    sexes = {"sex": ["FM"[user % 2] for user in range(240)]}
    training = made.but(predictions=before, truth=before)
    return made.but(name="used items", groups=sexes, training=training)


def of_a_governed_model():
    """Ordinary scores of a model for which every kind of record answers."""
    made = recipe(ClassScores)
    return made.but(name="records", settings=made.settings | {"governance": everything()})


RECIPES = {
    **dict.fromkeys(
        (
            "accountability.records",
            "accountability.responsibilities",
            "accountability.evidence-links",
            "accountability.protective-measures",
            "accountability.overrides",
            "accountability.provenance",
        ),
        (of_a_governed_model(),),
    ),
    "fairness.popularity": (of_used_items(),),
    **dict.fromkeys(("fairness.item-exposure", "fairness.slate-calibration"), (of_grouped_items(),)),
    "fairness.exposure-remedies": (of_items_further_down(),),
    "fairness.contraindicated-items": (of_barred_items(),),
    "explainability.histories": (of_what_users_had(),),
    "explainability.agreement": (of_a_shown_network(),),
    "explainability.randomisation": (of_a_shown_network(),),
    "explainability.stability": (of_a_shown_network(),),
    "explainability.faithfulness": (
        of_read_notes(ClassScores),
        of_read_notes(Values),
        of_drugs_in_notes(),
        of_written_answers(),
    ),
    "explainability.examples": tuple(map(of_released_notes, (ClassScores, LabelScores, Values))),
    **dict.fromkeys(
        (
            "conversation.advice",
            "conversation.agreement",
            "conversation.emergencies",
            "conversation.facts",
            "conversation.judge",
            "conversation.pairs",
            "conversation.stated-confidence",
        ),
        of_advice(),
    ),
    "conversation.stereotypes": of_choices(),
    "explainability.attributions": (
        of_given_columns(),
        of_read_notes(ClassScores),
        of_read_notes(Values),
        of_drugs_in_notes(),
    ),
    "data-quality.duplicates": of_copied_rows(ClassScores, LabelScores, Values),
    "data-quality.leakage": (*of_copied_rows(ClassScores, LabelScores), of_repeated_interactions()),
    "data-quality.target-leakage": of_copied_rows(ClassScores, LabelScores, Values),
    "data-quality.label-noise": of_copied_rows(ClassScores),
    "privacy.anonymity": of_people(ClassScores, Values),
    "reliability.readers": of_readers(),
    "privacy.personal-data": of_notes(),
    "explainability.reliance": (
        of_named_notes(ClassScores),
        of_named_notes(Values),
        of_seen_pictures(),
    ),
    "explainability.shortcuts": (
        of_common_words(ClassScores),
        of_common_words(LabelScores),
        of_common_words(Values),
        of_seen_pictures(),
    ),
    "fairness.inputs": (of_a_table(),),
    "fairness.protected-intervention": (of_a_table(),),
    "fairness.name-swaps": (of_named_people(),),
    "fairness.term-swaps": (of_named_notes(ClassScores), of_named_notes(Values)),
    "fairness.mention-aucs": (of_named_notes(ClassScores, 240), of_named_notes(LabelScores, 240)),
    "fairness.similar-people": (of_a_table(),),
    "privacy.memorisation": of_remembered_notes(),
    "robustness.adversarial": (of_seen_pictures(),),
    "robustness.images": (of_seen_pictures(),),
    "robustness.tables": (of_given_columns(),),
    **dict.fromkeys(
        ("explainability.effects", "explainability.surrogate"),
        tuple(map(of_weighed_columns, (ClassScores, LabelScores, Values))),
    ),
    "explainability.drivers": (
        of_weighed_columns(ClassScores, rows=60),
        of_weighed_columns(Values, rows=60),
        of_read_notes(LabelScores),
    ),
    "explainability.recourse": (of_weighed_columns(ClassScores, rows=60), of_read_notes(ClassScores)),
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
    "data-quality.impossible-values": of_a_table_with_gaps(),
    "data-quality.missing-values": of_a_table_with_gaps(),
    "data-quality.representativeness": with_reference(ClassScores),
    "data-quality.site-shortcut": of_a_table_with_gaps(),
    "shift.columns": with_reference(ClassScores),
    "shift.joint": with_compared_vectors(),
    "shift.predictions": with_reference(ClassScores, LabelScores, Values),
    "shift.periods": of_times(ClassScores, LabelScores, Values),
}
