"""What attributions cost, beside a loop of captum's over single rows: same rows, models and steps, one run."""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import deletion

LEAST = 3.0
"""Times the rows a second of captum's loop."""


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


def main(arguments: list[str]) -> None:
    """Measure and print."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m benchmarks explainability", description=__doc__)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2, help="torch's")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    print(f"integrated gradients, 50 steps, {asked.threads} thread(s) of the CPU; rows a second")
    print(f"{'model':34}{'rows':>6}{'one by one':>12}{'together':>12}{'ratio':>8}{'furthest apart':>16}")
    for subject in _subjects(asked.rows):
        alone, single = _timed(lambda subject=subject: _by_loop(subject))
        together, all_at_once = _timed(lambda subject=subject: _by_auditkit(subject))
        count = len(subject.inputs)
        apart = float(np.abs(single - all_at_once).max())
        ratio = alone / together
        met = "met" if ratio >= LEAST else f"NOT MET: at least {LEAST:g}"
        print(
            f"{subject.name:34}{count:6}{count / alone:12,.0f}{count / together:12,.0f}{ratio:8.1f}{apart:16.1e}  {met}"
        )
    _deletions(max(8, asked.rows // 8))


def _deletions(rows: int) -> None:
    """A line of deletion curves, 64 steps a picture."""
    subject = deletion.pictures(rows)
    draw = np.random.default_rng(0)
    orders = np.stack([draw.permutation(deletion.GRID**2) for _ in range(rows)])
    own, ours = _timed(lambda: deletion.ours(subject, orders))
    steps = ours.size
    print(f"\ndeletion curves of {rows} pictures of {deletion.SIDE} x {deletion.SIDE}, {steps:,} steps; steps a second")
    try:
        other, theirs = _timed(lambda: deletion.theirs(subject, orders))
    except ModuleNotFoundError:
        print(f"auditkit{steps / own:12,.0f}\nQuantus is not installed: see benchmarks/peers.toml")
        return
    ratio, apart = other / own, float(np.abs(ours - theirs).max())
    met = "met" if ratio >= deletion.LEAST else f"NOT MET: at least {deletion.LEAST:g}"
    print(f"{'auditkit':34}{steps / own:12,.0f}\n{'Quantus, PixelFlipping':34}{steps / other:12,.0f}")
    print(f"ratio {ratio:.1f}, furthest apart {apart:.1e}  {met}")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The best of three, after one that is not timed."""
    found, spent = work(), []
    for _ in range(3):
        began = time.perf_counter()
        found = work()
        spent.append(time.perf_counter() - began)
    return min(spent), found


def _by_loop(subject: Subject) -> Any:
    """As a notebook does it: row by row, each with all its steps at once, which is captum's default."""
    import torch
    from captum.attr import IntegratedGradients  # type: ignore[import-untyped]  # it ships no types

    method = IntegratedGradients(subject.module)
    with torch.no_grad():
        targets = subject.module(subject.inputs).argmax(1)
    found = [
        method.attribute(row[None], torch.zeros_like(row[None]), target=int(target), n_steps=50)
        for row, target in zip(subject.inputs, targets, strict=True)
    ]
    return torch.cat(found).flatten(2).sum(2).numpy() if found[0].ndim > 2 else torch.cat(found).numpy()  # noqa: PLR2004


def _by_auditkit(subject: Subject) -> Any:
    import pandas as pd

    from auditkit.testing import toy_case, with_model
    from auditkit_explainability.attributing.gradients import climbed, integrated
    from auditkit_explainability.attributing.targets import targets_of

    rows = pd.DataFrame({"row": np.arange(len(subject.inputs))})
    case = with_model(toy_case(subject.predict(rows), inputs=rows), subject)
    places, targets = _Places(subject.inputs.shape[1], len(rows)), targets_of(case, case.predictions)
    return climbed(case, places, targets, functools.partial(integrated, ladder=(50,))).by_piece


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


def _subjects(rows: int) -> list[Subject]:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, ResNetConfig, ResNetForImageClassification

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2)).eval()
    shape = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    config = BertConfig(vocab_size=100, **shape)
    bert = BertForSequenceClassification(config).eval()
    small = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=2)
    resnet = ResNetForImageClassification(small).eval()

    def of_tokens(embeddings: Any) -> Any:
        return bert(inputs_embeds=embeddings).logits

    def of_pixels(shown: Any) -> Any:
        return resnet(pixel_values=shown.reshape(len(shown), 32, 32, 3).permute(0, 3, 1, 2)).logits

    return [
        Subject("table, 13 columns, 2 layers", net, torch.randn(rows, 13)),
        Subject("text, 24 tokens, a BERT of 2 layers", of_tokens, torch.randn(max(1, rows // 4), 24, 64)),
        Subject("picture, 32 x 32, a small ResNet", of_pixels, torch.randn(max(1, rows // 4), 1024, 3)),
    ]
