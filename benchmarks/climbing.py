"""Small trained models whose answers are attributed by integrated gradients: by auditkit, and by a loop of captum's."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SAME = 63
"""Steps of either, where both take as many."""
RAISED = (50, 100, 200, 300)
"""Steps of captum's loop until a row adds up; 50 is its default."""
TOLERANCE, FLOOR = 0.05, 0.01


@dataclass(frozen=True)
class Subject:
    """Rows, and a torch module of them."""

    name: str
    module: Any
    inputs: Any
    """[n, u, ...]"""

    def predict(self, inputs: Any) -> Any:
        """Probabilities of two classes."""
        import torch

        from auditkit import ClassScores

        with torch.no_grad():
            said = self.module(self._of(inputs)).softmax(-1).numpy()
        return ClassScores(("no", "yes"), said)

    def encoded(self, inputs: Any) -> Any:
        """The numbers as they are, beside zeros."""
        import torch

        from auditkit import Encoded, Unit

        at = self._of(inputs)
        units = (tuple(Unit(f"x{place}") for place in range(at.shape[1])),) * len(at)
        return Encoded(self.module, at, (), torch.zeros_like(at), units)

    def _of(self, inputs: Any) -> Any:
        return self.inputs[inputs["row"].to_numpy().copy()]


@dataclass(frozen=True)
class Found:
    """What a contestant attributed."""

    by_place: Any
    """[n, u]"""
    gap: Any
    """[n]: how far the sum is off, as a share of what it must be."""
    steps: Any
    """[n]: gradients that were taken of each row."""


def by_loop(subject: Subject, ladder: Sequence[int]) -> Found:
    """As a notebook does it: row by row, each with all its steps at once, which is captum's default."""
    import torch
    from captum.attr import IntegratedGradients  # type: ignore[import-untyped]  # it ships no types

    method, parts, gaps, steps = IntegratedGradients(subject.module), [], [], []
    with torch.no_grad():
        targets = subject.module(subject.inputs).argmax(1)
    for row, target in zip(subject.inputs, targets.tolist(), strict=True):
        pair = torch.stack([row, torch.zeros_like(row)])
        with torch.no_grad():
            said = subject.module(pair)[:, target]
        wanted, taken, gap = float(said[0] - said[1]), 0, np.inf
        for count in ladder:
            found = method.attribute(pair[:1], pair[1:], target=target, n_steps=count).detach()
            taken, gap = taken + count, abs(float(found.sum()) - wanted) / max(abs(wanted), FLOOR)
            if gap <= TOLERANCE:
                break
        parts.append(found.flatten(2).sum(2) if found.ndim > 2 else found)  # noqa: PLR2004
        gaps.append(gap)
        steps.append(taken)
    return Found(torch.cat(parts).numpy(), np.array(gaps), np.array(steps))


def by_auditkit(subject: Subject, ladder: Sequence[int]) -> Found:
    """As the checks do it."""
    import pandas as pd

    from auditkit.testing import toy_case, with_model
    from auditkit_explainability.attributing.gradients import climbed, integrated
    from auditkit_explainability.attributing.targets import targets_of

    rows = pd.DataFrame({"row": np.arange(len(subject.inputs))})
    case = with_model(toy_case(subject.predict(rows), inputs=rows), subject)
    places, targets = _Places(subject.inputs.shape[1], len(rows)), targets_of(case, case.predictions)
    found = climbed(case, places, targets, functools.partial(integrated, ladder=tuple(ladder)))
    return Found(found.by_piece, found.gap, found.steps)


@dataclass(frozen=True)
class _Places:
    """Each place is a piece of its own."""

    count: int
    rows: int
    kind = "places"
    removal = "none is taken out"
    keeps_places = False

    @property
    def names(self) -> Any:
        """[n][p], by their numbers."""
        return [tuple(map(str, range(self.count)))] * self.rows

    def without(self, rows: Any, gone: Any) -> Any:
        """Nothing is asked about."""
        raise NotImplementedError

    def of_units(self, _: int, units: Any) -> Any:
        """[u]: itself."""
        return np.arange(len(units))


def subjects(rows: int) -> Iterator[Subject]:
    """A table, and texts and pictures of two sizes: the first that of the models in examples/."""
    import torch

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    yield _trained("table, 13 columns, 2 layers", net, net, (13,), rows)
    for tokens, wide, layers, part in ((24, 64, 2, 4), (64, 256, 4, 32)):
        bert = _bert(wide, layers)
        name = f"text, {tokens} tokens, a BERT of {layers} layers of {wide}"
        yield _trained(name, bert, functools.partial(_of_tokens, bert), (tokens, wide), rows // part)
    for side, stages, part in ((32, (16, 32), 4), (64, (32, 64, 128), 32)):
        resnet = _resnet(stages)
        name = f"picture, {side} x {side}, a ResNet of {len(stages)} stages"
        yield _trained(name, resnet, functools.partial(_of_pixels, resnet, side), (side * side, 1), rows // part)


def _trained(name: str, module: Any, outputs: Callable[[Any], Any], shape: tuple[int, ...], rows: int) -> Subject:
    """Taught for a moment to tell whether the first eighth of a row is above the rest."""
    import torch

    module.train()
    optimiser = torch.optim.Adam(module.parameters(), lr=0.003)
    first = max(1, shape[0] // 8)
    for _ in range(40):
        shown = torch.randn(32, *shape)
        shown[::2, :first] += 1
        true = (shown[:, :first].flatten(1).mean(1) > shown[:, first:].flatten(1).mean(1) + 0.5).long()
        loss = torch.nn.functional.cross_entropy(outputs(shown), true)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    module.eval()
    shown = torch.randn(max(4, rows), *shape)
    shown[::2, :first] += 1
    return Subject(name, outputs, shown)


def _bert(wide: int, layers: int) -> Any:
    from transformers import BertConfig, BertForSequenceClassification

    shape = {"hidden_size": wide, "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": wide}
    return BertForSequenceClassification(BertConfig(vocab_size=100, **shape))


def _resnet(stages: tuple[int, ...]) -> Any:
    from transformers import ResNetConfig, ResNetForImageClassification

    config = ResNetConfig(
        num_channels=1, embedding_size=stages[0], hidden_sizes=list(stages), depths=[1] * len(stages),
        layer_type="basic", num_labels=2,
    )  # fmt: skip
    return ResNetForImageClassification(config)


def _of_tokens(bert: Any, embeddings: Any) -> Any:
    return bert(inputs_embeds=embeddings).logits


def _of_pixels(resnet: Any, side: int, shown: Any) -> Any:
    return resnet(pixel_values=shown.reshape(len(shown), side, side, 1).permute(0, 3, 1, 2)).logits
