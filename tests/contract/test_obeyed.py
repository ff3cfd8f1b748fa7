"""Every first-party check is held to the contract that `auditkit.testing` holds a stranger's to."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from first_party_recipes import RECIPES, ROWS

from auditkit.host import Host
from auditkit.testing import obey_contract
from auditkit.testing.breaches import hold_to
from auditkit.testing.contract import held_to
from auditkit.testing.recipes import recipes_for

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
    "explainability.agreement": {"methods": ("gradient x input", "gradient"), "most_rows": 500},
    "explainability.randomisation": {"methods": ("gradient x input",), "randomisations": 2, "most_rows": 500},
    "explainability.stability": {"methods": ("gradient x input",), "neighbours": 2, "most_rows": 500},
    "explainability.examples": {"most_rows": 2, "judged_rows": 500, "orders": 2, "draws": 4},
    "explainability.faithfulness": {"methods": ("occlusion",), "orders": 2, "draws": 4, "most_rows": 500},
    "explainability.drivers": {"most_rows": 500, "most_pieces": 12},
    "explainability.recourse": {"most_rows": 500, "most_words": 3},
    "explainability.effects": {"most_rows": 500, "bins": 4, "shuffles": 1},
    "explainability.attributions": {"most_rows": 500},
    "explainability.shortcuts": {"most_rows": 500, "most_words": 6, "most_regions": 3},
    "explainability.reliance": {"attributes": ("sex", "age"), "most_rows": 500, "illustrated_rows": 500},
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
    "data-quality.impossible-values": {"ranges": {"age": (0.0, 120.0)}},
    "data-quality.site-shortcut": {"sites": ("band",), "most_rows": 60},
    "shift.joint": {"most_rows": 60},
    "fairness.term-swaps": {"attributes": ("sex", "age"), "most_rows": 500},
    "fairness.name-swaps": {"lists": ("english",), "most_rows": 500, "swaps": 1},
    "fairness.metric": {"metric": "fairlearn.metrics:mean_prediction"},
    "fairness.sites": {"site": "band"},
    "fairness.local-law-144": {"sex": "sex", "race": "band", "data_kind": "test", "version": "both"},
}
EXCUSED = {
    "explainability.drivers": {
        "duplicating data": "which words may be told hangs on how many people's texts hold them",
        "counting weights": "which words may be told hangs on how many people's texts hold them, whatever they weigh",
    },
    "explainability.surrogate": {
        "duplicating data": "a leaf has at least ten rows, and with every row twice half as many kinds",
        "counting weights": "a leaf has at least ten rows, whatever they weigh",
    },
    "conversation.agreement": {
        "duplicating data": "a row's copy is one more row of its question, and agrees with it",
        "counting weights": "a row's copies are more rows of its question, and agree with it",
    },
    "conversation.pairs": {"counting weights": "a prompt is asked as it is, however much its row weighs"},
    "conversation.judge": {"counting weights": "an answer is labelled once, whatever it weighs"},
    "data-quality.impossible-values": {
        "duplicating data": "every row twice is twice as many rows with a fault",
        "counting weights": "a row with a fault is one, whatever it weighs",
    },
    "data-quality.duplicates": {
        "duplicating data": "every row twice is a copy each",
        "counting weights": "a row that stands there twice is a copy, and one of weight 2 is not",
    },
    "data-quality.leakage": {"counting weights": "a row is in the training or not, whatever it weighs"},
    "data-quality.target-leakage": {
        "duplicating data": "with every row twice a category's other row tells of it",
        "counting weights": "with a row twice a category's other row tells of it",
    },
    "data-quality.label-noise": {
        "duplicating data": "targets are drawn from the model's probabilities anew",
        "counting weights": "the mean probability of a class is of rows, whatever they weigh",
    },
    "data-quality.sample-size": {
        "duplicating data": "everybody twice is twice as many people",
        "counting weights": "a row is one person's, whatever it weighs",
    },
    "data-quality.site-shortcut": {
        "duplicating data": "a classifier that has seen a row in one fold knows its double in another",
        "counting weights": "whether a row could be of a site is about the row, whatever it weighs",
    },
    "explainability.shortcuts": {"duplicating data": "of twice the pictures others are drawn to choose the places on"},
    "fairness.metric": {
        "metric cards": "the user names the metric, and its library documents it",
        "uncertainty": "no interval is known for a metric that can be any function",
    },
    "fairness.linear-groups": {
        "duplicating data": "the halves of the people that pick a line and measure it are dealt anew",
        "counting weights": "the halves of the people that pick a line and measure it are dealt anew",
    },
    "fairness.multiaccuracy": {
        "duplicating data": "the halves of the people that teach and judge are dealt anew",
        "counting weights": "the halves of the people that teach and judge are dealt anew",
    },
    "fairness.worst-slices": {
        "duplicating data": "the halves of the people that pick a slice and measure it are dealt anew",
        "counting weights": "the halves of the people that pick a slice and measure it are dealt anew",
    },
    "fairness.differential": {"duplicating data": "one row is added to each group, however many it has"},
    "fairness.sites": {
        "duplicating data": "less is taken off the association for sampling of twice the rows",
        "counting weights": "more is taken off the association for sampling of rows that weigh differently",
    },
    "fairness.variance": {
        "duplicating data": "less is taken off for sampling of twice the rows",
        "counting weights": "more is taken off for sampling of rows that weigh differently",
    },
    "fairness.inputs": {
        "duplicating data": "inputs are dealt anew among twice the rows",
        "counting weights": "inputs are dealt among rows, whatever they weigh",
    },
    "fairness.remedies": {
        "duplicating data": "the folds are dealt anew",
        "counting weights": "the folds are dealt anew: a row of weight 2 is in one of them, two rows may be in two",
    },
    "fairness.exposure-remedies": {
        "duplicating data": "the halves are dealt, and lots are drawn, anew",
        "counting weights": "the halves are dealt anew: a row of weight 2 is in one of them, two rows may be in both",
    },
    "fairness.popularity": {
        "duplicating data": "as many users are drawn as half of the smallest group: with every row twice, more",
        "counting weights": "no number of users is equal where rows have weights, and then nothing is drawn",
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
HOST = Host.installed()
CHECKS = HOST.checks.values()

APART = {"another process": "all checks are put to one other process, in the test below"}


def recipes_of(check):
    return recipes_for(check.on, ROWS[check.id]) if check.id in ROWS else RECIPES.get(check.id, recipes_for(check.on))


DEAREST = {
    "calibration.curve", "calibration.error", "calibration.groups", "calibration.remedies",
    "explainability.attributions", "explainability.drivers", "explainability.effects", "explainability.examples",
    "explainability.faithfulness", "explainability.recourse", "explainability.reliance", "explainability.shortcuts",
    "fairness.mention-aucs", "fairness.name-swaps", "fairness.score-balance", "privacy.attribute-inference",
    "privacy.embeddings", "privacy.membership", "privacy.memorisation", "privacy.remedies",
    "robustness.out-of-distribution", "robustness.texts", "shift.joint", "shift.periods",
}  # fmt: skip
"""Checks that take from 6 seconds to a minute for all laws and recipes: `make slow` holds them to these."""
QUICKER = {"explainability.reliance": {"attributes": ("sex",), "illustrated_rows": 0}}
"""Options under which a dear check is quicker: another attribute is another round of the same."""
LATER = dict.fromkeys(
    ("no state", "scaling weights", "degenerate inputs", "controls", "controls that it yields", "time", "time budget"),
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
    if check.id in DEAREST:
        obey_contract(check, options=OPTIONS.get(check.id), except_=excused, recipes=recipes_of(check))
    else:
        held = quick(check.id)
        hold_to(held.who, held.subject, held.laws, excused)


@functools.cache
def quick(name):
    """A check as the tests that are not slow hold it to its contract; two of them go by what it says."""
    is_dear = name in DEAREST
    options = OPTIONS.get(name, {}) | (QUICKER.get(name, {}) if is_dear else {})
    return held_to(HOST.checks[name], options=options, recipes=recipes_of(HOST.checks[name])[: 1 if is_dear else None])


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("check", [check for check in CHECKS if check.id in DEAREST], ids=lambda check: check.id)
def test_a_dear_check_obeys_the_cheaper_laws_on_its_first_recipe(check):
    held = quick(check.id)
    hold_to(held.who, held.subject, held.laws, EXCUSED.get(check.id, {}) | APART | LATER)


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
    subjects = {check.id: quick(check.id).subject for check in CHECKS}
    asked = {name: (subject.options, next(iter(subject.each()))) for name, subject in subjects.items()}
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
