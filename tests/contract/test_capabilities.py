"""What adapters say that their models can do: declared in one way, held to it, and printed."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import ClassScores, Differentiable, Embeds, Encoded, Generates, Trainable, Unit, adapter
from auditkit.cli import main
from auditkit.errors import ModelError, PluginError
from auditkit.testing import ContractBroken, obey_contract

INPUTS = np.linspace(-2.0, 2.0, 10)
NO_FILE = {"refusal of bad files": "it reads no file"}


class Line:
    """Scores by one number a row."""

    def predict(self, inputs):
        yes = 1 / (1 + np.exp(-np.asarray(inputs, dtype=float)))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


class Embedding(Line):
    def __init__(self, twist=""):
        self.twist = twist

    def embed(self, inputs):
        vectors = np.column_stack([np.asarray(inputs, dtype=float)] * 2)
        if self.twist == "centred" and len(vectors):
            return vectors - vectors.mean(0)
        if self.twist == "flat":
            return vectors[:, 0]
        return vectors.astype(int) if self.twist == "whole numbers" else vectors


class Sloped(Line):
    def __init__(self, twist=""):
        self.twist = twist

    def encoded(self, inputs):
        import torch

        values = torch.tensor(np.asarray(inputs, dtype=float))[:, None]
        way = -1.0 if self.twist == "turned" else 1.0

        def module(at):
            outputs = torch.cat([-at * way, at * way], dim=1)
            return outputs * 0 + torch.tensor([0.0, 1.0]) * (at * 0) if self.twist == "flat" else outputs

        units = tuple((Unit("x"),) for _ in inputs)
        ends = values.min() - 1, values.max() + (-0.5 if self.twist == "beyond" else 1)
        return Encoded(module, values, (), values * 0, units[1:] if self.twist == "short" else units, *ends)


class Weighed(Line):
    """Its outputs rest on the parameters of a network; by its twist it names another one, or cannot go back."""

    def __init__(self, twist=""):
        import torch

        self.twist, self.network, self.asked = twist, torch.nn.Linear(1, 1, bias=False), 0
        with torch.no_grad():
            self.network.weight.fill_(1.0)

    def encoded(self, inputs):
        import torch

        values = torch.tensor(np.asarray(inputs, dtype=float)[:, None], dtype=torch.float32)

        def module(at):
            self.asked += 1
            said = self.network(at) * (1 + self.asked if self.twist == "drifting" else 1)
            return torch.cat([-said, said], dim=1)

        network = torch.nn.Linear(1, 1) if self.twist == "another" else self.network
        return Encoded(module, values, (), values * 0, ((Unit("x"),),) * len(values), network=network)


def opening(model, **says):
    @adapter("line", gives=ClassScores, **says)
    def open_line(_):
        """A line."""
        return model

    return open_line


def held(made):
    obey_contract(made, path=None, inputs=INPUTS[INPUTS != 0], except_=NO_FILE)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Line(), {}),
        (Line(), {"cannot": {Embeds: "it has no inside", Trainable: "nobody knows how"}}),
        (Embedding(), {"can": (Embeds,)}),
        (Sloped(), {"can": (Differentiable,)}),
        (Weighed(), {"can": (Differentiable,)}),
        (Embedding("centred"), {}),  # it promises nothing
    ],
)
def test_a_model_that_is_what_its_adapter_says_obeys(model, says):
    held(opening(model, **says))


@pytest.mark.parametrize(
    ("model", "says", "seen"),
    [
        (Line(), {"can": (Embeds,)}, "the model has no such method"),
        (Embedding(), {"cannot": {Embeds: "why"}}, "the model has its method"),
        (Embedding("centred"), {"can": (Embeds,)}, "one by one differ"),
        (Embedding("flat"), {"can": (Embeds,)}, r"of the shape \(10,\)"),
        (Embedding("whole numbers"), {"can": (Embeds,)}, "as int64"),
        (Sloped("turned"), {"can": (Differentiable,)}, "decide otherwise than predict"),
        (Sloped("short"), {"can": (Differentiable,)}, "a unit, or None, for each position"),
        (Sloped("flat"), {"can": (Differentiable,)}, "no gradient arrives"),
        (Sloped("beyond"), {"can": (Differentiable,)}, "lie beyond what they are said to be"),
        (Weighed("another"), {"can": (Differentiable,)}, "do not rest on the parameters of the network"),
        (Weighed("drifting"), {"can": (Differentiable,)}, "are others once the network's parameters are put back"),
    ],
)
def test_a_model_that_is_not_is_told(model, says, seen):
    with pytest.raises(ContractBroken, match=seen):
        held(opening(model, **says))


def test_vectors_that_are_no_numbers_are_refused():
    from auditkit.capabilities import sound_vectors

    with pytest.raises(ModelError, match="NaN or infinity"):
        sound_vectors(np.full((2, 3), np.nan), rows=2, who="adapter 'line'")


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ({"can": (ClassScores,)}, "'ClassScores' is no capability"),
        ({"can": (Embeds,), "cannot": {Embeds: "why"}}, "both can and cannot: Embeds"),
        ({"cannot": {Generates: ""}}, "no reason why it is not Generates"),
    ],
)
def test_a_decorator_that_contradicts_itself_is_refused(says, wrong):
    with pytest.raises(PluginError, match=wrong) as caught:
        opening(Line(), **says)
    assert caught.value.hint


def printed(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["adapters", *arguments])
    return left.value.code, capsys.readouterr()


def test_an_adapters_page_says_what_its_models_can_do_and_why_not(capsys):
    code, said = printed(capsys, "text-classifier")
    assert code == 0
    lines = said.out.splitlines()
    assert "option trust_pickle: bool, False unless said" in lines
    assert "Differentiable: yes" in lines
    assert "Embeds: yes" in lines
    assert "Trainable: no: a folder does not say how its model was trained" in lines


def test_recorded_predictions_can_do_nothing_more(capsys):
    _, said = printed(capsys, "recorded")
    assert said.out.count("no: recorded predictions stand for a model that is not run") == 7


def test_no_such_adapter(capsys):
    code, said = printed(capsys, "text-clasifier")
    assert code == 2
    assert "did you mean 'text-classifier'?" in said.err
