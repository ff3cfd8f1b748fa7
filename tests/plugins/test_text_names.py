"""Names of classes that a text classifier is refused for, and what to type instead."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import pytest

from auditkit import ModelError, checkpoints

class_names = functools.partial(checkpoints.class_names, adapter="text-classifier")


def config(names, problem_type=None):
    return SimpleNamespace(id2label=dict(enumerate(names)), num_labels=len(names), problem_type=problem_type)


def name_refusal(names, targets, labels=None, problem_type=None):
    with pytest.raises(ModelError) as caught:
        class_names(config(names, problem_type), labels=labels or {}, targets=targets)
    return caught.value.message, caught.value.hint


def test_names_are_the_configs_or_what_labels_makes_of_them():
    assert class_names(config(["a", "b"]), labels={}, targets=("a",)) == ("class", ("a", "b"))
    assert class_names(config(["LABEL_0", "LABEL_1"]), labels={"LABEL_1": "b", "LABEL_0": "a"}, targets=("b", "a")) == (
        "class",
        ("a", "b"),
    )
    assert class_names(config(["x", "y"], "multi_label_classification"), labels={}, targets=()) == (
        "labels",
        ("x", "y"),
    )


UNNAMED = "which is none of the model's classes, 'LABEL_0', 'LABEL_1' (its config.json gives them no names)"


@pytest.mark.parametrize(
    ("names", "targets", "said", "hint"),
    [
        (
            ["LABEL_0", "LABEL_1"], ("no", "yes"),
            f"the target holds 'no', {UNNAMED}",
            '[model] labels = {LABEL_0 = "...", LABEL_1 = "..."}',
        ),
        (
            ["LABEL_0", "LABEL_1"], ("0", "1"),
            f"the target holds '0', {UNNAMED}",
            "did you mean 'LABEL_0'? [model] labels = {LABEL_0 = \"0\", LABEL_1 = \"1\"}",
        ),
        (
            ["No", "YES!"], ("no", "yes"),
            "the target holds 'no', which is none of the model's classes, 'No', 'YES!'",
            "did you mean 'No'? [model] labels = {No = \"no\", \"YES!\" = \"...\"}",
        ),
        (
            ["dental", "eyes"], ("dental", "skin"),
            "the target holds 'skin', which is none of the model's classes, 'dental', 'eyes'",
            '[model] labels = {eyes = "..."}',
        ),
        (
            ["no", "yes"], ("maybe", "no", "yes"),
            "the target holds 'maybe', which is none of the model's classes, 'no', 'yes'",
            "no class is left to map to it: leave its rows out of the data, or audit a model that was trained with it",
        ),
    ],
)  # fmt: skip
def test_targets_that_are_none_of_the_models_classes(names, targets, said, hint):
    assert name_refusal(names, targets) == (said, hint)


def test_labels_that_name_no_class_or_one_twice():
    assert name_refusal(["no", "yes"], (), {"yess": "y"}) == (
        "[model] labels maps 'yess', which is none of the model's classes",
        "did you mean 'yes'?",
    )
    assert name_refusal(["no", "yes"], (), {"zzz": "y"})[1] == "they are 'no', 'yes'"
    assert name_refusal(["no", "yes"], (), {"no": "yes"}) == (
        "two classes of the model are called 'yes': 'no', 'yes'",
        "[model] labels gives each of them another name",
    )


@pytest.mark.parametrize(("names", "problem"), [(["a"], None), (["a", "b"], "regression")])
def test_a_model_that_gives_numbers(names, problem):
    assert name_refusal(names, (), problem_type=problem)[0].startswith("the model gives a number, not a class: ")
