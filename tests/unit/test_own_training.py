"""`[model] train`: the user's own function makes shadow models, of recorded predictions too, and is told of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from auditkit import ClassScores, LabelScores, ModelError, Values
from auditkit.checks.measuring import open_case
from auditkit.compute import Broker
from auditkit.errors import CrashError
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.other_models.own_training import trusted_training
from auditkit.spec import read_spec
from auditkit_privacy.attacks.shadows import Shadows

COLUMNS = ["x0", "x1", "x2", "ward"]
RECIPE = '''
from pathlib import Path
import numpy as np

CALLS = Path(__file__).parent / "calls"

class Rate:
    """Says of everybody how many were ill where they lay."""
    def __init__(self, rows):
        self.of = {ward: part["ill"].eq("yes").mean() for ward, part in rows.groupby("ward")}
        self.classes_ = ["yes", "no"]
    def predict_proba(self, rows):
        ill = rows["ward"].map(self.of).fillna(0.5).to_numpy()
        return np.column_stack([ill, 1 - ill])

def fit(rows, seed):
    CALLS.write_text(f"{list(rows.columns)} {rows['x0'].dtype} {rows['ward'].iloc[0]} {seed}")
    return Rate(rows)

def to_file(rows, seed):
    import skops.io
    from sklearn.linear_model import LogisticRegression
    path = Path(__file__).parent / f"{seed}.skops"
    skops.io.dump(LogisticRegression(C=10).fit(rows[["x0", "x1", "x2"]], rows["ill"]), path)
    return path

class Same:
    classes_ = ["no", "yes"]
    def __init__(self, value, columns):
        self.value, self.columns = value, columns
    def predict(self, rows):
        return np.full(len(rows), self.value)
    def predict_proba(self, rows):
        return np.full((len(rows), self.columns), self.value)

def numbers(rows, seed):
    return Same(rows["ill"].mean(), 1)

def labels(rows, seed):
    return Same(rows[["x1", "x2"]].to_numpy().mean(), 2)

def nothing(rows, seed):
    return None

def misshapen(rows, seed):
    return Same(0.5, 3)

class Coded(Same):
    classes_ = [0, 1]

def coded(rows, seed):
    return Coded(0.5, 2)

def broken(rows, seed):
    raise ValueError("no rows like these")
'''


def people(rng, rows):
    frame = pd.DataFrame(rng.normal(size=(rows, 3)).round(3), columns=COLUMNS[:3])
    ill = np.where(rng.random(rows) < 0.3 + 0.4 * (frame["x0"] > 0), "yes", "no")
    return frame.assign(ward=rng.choice(["A", "B"], rows), ill=ill, yhat=rng.random(rows).round(3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(1)
    people(rng, 40).to_csv(where / "train.csv", index=False)
    people(rng, 50).to_csv(where / "audit.csv", index=False)
    (where / "recipe.py").write_text(RECIPE)
    return where


SCORES = 'scores = ["yhat"]\npositive = "yes"\ninput = ["x0", "x1", "x2", "ward"]'


def case_of(folder, function, *, model='adapter = "recorded"', data=SCORES, target="'ill'", files=""):
    (folder / "audit.toml").write_text(
        f"""name = "own"
[model]
{model}
train = "recipe:{function}"
[data]
audit = "audit{files}.csv"
training = "train{files}.csv"
target = {target}
{data}
""",
        encoding="utf-8",
    )
    spec = read_spec(folder / "audit.toml")
    return open_case(spec, Broker(spec, Host.installed(spec)), EvidenceStore.open(folder))[0]


def answers(case, *, models=1):
    rows = len(case.training), len(case)
    taught = np.zeros((models, sum(rows)), dtype=bool)
    taught[:, ::2] = True
    return list(case.retrained(taught, list(range(models))))


def test_a_function_trains_models_for_recorded_predictions(folder):
    case = case_of(folder, "fit")
    (said,) = answers(case)
    assert isinstance(said.audit, ClassScores)
    both = pd.concat([pd.read_csv(folder / f"{name}.csv") for name in ("train", "audit")], ignore_index=True)
    taught = both[::2]
    rate = taught["ill"].eq("yes").groupby(taught["ward"]).mean()
    chances = said.audit.scores[:, said.audit.classes.index("yes")]
    assert chances == pytest.approx(both["ward"][40:].map(rate).to_numpy())
    columns, kind, ward, seed = (folder / "calls").read_text().rsplit(" ", 3)
    assert columns == "['x0', 'x1', 'x2', 'ward', 'ill']"
    assert (kind, ward) == ("float64", both["ward"][0])
    assert int(seed) >= 0
    shadows = Shadows.of(case, 4)
    assert shadows.scores.shape == (4, 90)
    assert np.isfinite(shadows.scores).all()


def test_a_path_is_opened_by_the_adapter_of_the_spec(folder):
    rows = pd.read_csv(folder / "train.csv")
    skops.io.dump(LogisticRegression().fit(rows[COLUMNS[:3]], rows["ill"]), folder / "model.skops")
    named = 'adapter = "tabular"\npath = "model.skops"'
    case = case_of(folder, "to_file", model=named, data="input = ['x0', 'x1', 'x2']")
    (said,) = answers(case)
    both = pd.concat([rows, pd.read_csv(folder / "audit.csv")], ignore_index=True)
    wanted = LogisticRegression(C=10).fit(both[::2][COLUMNS[:3]], both[::2]["ill"])
    chances = said.training.scores[:, said.training.classes.index("yes")]
    assert chances == pytest.approx(wanted.predict_proba(rows[COLUMNS[:3]])[:, 1], abs=1e-6)


def test_numbers_and_several_labels_are_taught_as_they_are(folder):
    for name in ("train", "audit"):
        frame = pd.read_csv(folder / f"{name}.csv")
        frame = frame.assign(ill=np.arange(len(frame)) / 10, x1=np.arange(len(frame)) % 2, x2=1)
        frame.to_csv(folder / f"{name}_n.csv", index=False)
    case = case_of(folder, "numbers", data='predicted = "yhat"\ninput = ["x0"]', files="_n")
    found = answers(case)[0].audit
    assert isinstance(found, Values)
    taught = np.r_[np.arange(40), np.arange(50)][::2] / 10
    assert found.take(slice(0, 1)).values.tolist() == pytest.approx([taught.mean()])  # noqa: PD011  no frame
    data = 'scores = ["yhat", "x0"]\ninput = ["ward"]'
    found = answers(case_of(folder, "labels", data=data, target="['x1', 'x2']", files="_n"))[0].audit
    assert isinstance(found, LabelScores)
    assert found.scores[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        ("nothing", ModelError, "gave a NoneType"),
        ("misshapen", ModelError, "with the shape"),
        ("to_file", ModelError, "adapter 'recorded' opens no model"),
        ("broken", CrashError, "no rows like these"),
        ("absent", ModelError, "has no function 'absent'"),
    ],
)
def test_what_goes_wrong_in_the_function_is_told(folder, function, error, words):
    with pytest.raises(error, match=words):
        answers(case_of(folder, function))


def test_another_function_of_the_file_asks_anew_and_other_classes_are_told(folder):
    assert case_of(folder, "fit").key != case_of(folder, "coded").key
    with pytest.raises(ModelError, match="has the class '0', which is none of the audited model's"):
        Shadows.of(case_of(folder, "coded"), 2)


def test_scores_are_not_held_against_probabilities(folder):
    case = case_of(folder, "fit", data=SCORES + '\nscore_kind = "score"')
    with pytest.raises(
        ModelError, match="give probabilities, and the audited model gives scores on a scale"
    ) as refused:
        Shadows.of(case, 2)
    assert "return the path of a model that the same adapter opens" in refused.value.hint
    # of probabilities the same models are compared
    assert Shadows.of(case_of(folder, "fit"), 2).scores.shape == (2, 90)


def test_code_that_is_not_there_ends_the_audit_and_other_code_asks_anew(folder):
    (folder / "audit.toml").write_text("")
    one = case_of(folder, "fit")
    (folder / "recipe.py").write_text(RECIPE + "\n")
    other = case_of(folder, "fit")
    assert one.key != other.key
    assert one.keys == other.keys
    spec = read_spec(folder / "audit.toml")
    (told,) = trusted_training(spec)
    assert told.params["reference"] == "recipe:fit"
    assert len(told.params["digest"]) == 64
    gone = spec.model_copy(update={"model": spec.model.model_copy(update={"train": "gone:fit"})})
    with pytest.raises(ModelError, match="gone:fit"):
        open_case(gone, Broker(gone, Host.installed(gone)), EvidenceStore.open(folder))
