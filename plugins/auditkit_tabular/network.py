"""A torch module on a table: float32 rows go in, numbers for each class or value come out."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from auditkit import AuditError, Encoded, ModelError, Predictions, Text, Unit
from auditkit.checkpoints import Code, fit_state, read_state, refuse_unsteady
from auditkit.devices import OnTorch, Placed, Precision, Replica
from auditkit.inputs import Columns
from auditkit_tabular.meaning import Meaning, Output
from auditkit_tabular.stacked import Recipe, can_be_stacked, take_constants, train_one, train_stacked
from auditkit_tabular.training import known_truth

logger = logging.getLogger(__name__)

BATCH = 65_536
"""Rows a batch to begin with: a table's rows are small, and the broker halves them when they do not fit."""
_LARGEST_SEED = 2**31 - 1
_AT_ONCE = 4096
"""Of a batch's rows, on a CPU: its cache holds what one layer hands to the next. The same for every call."""


@dataclass(frozen=True)
class Network(OnTorch):
    """A torch module, for evaluation."""

    place: Placed
    columns: Columns
    meaning: Meaning
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    batch_size: int = BATCH
    build: Callable[[], Any] | None = None
    """Makes the module with new weights."""
    recipe: Recipe | None = None
    """How it was trained; None: nobody says."""

    def predict(self, inputs: Any) -> Predictions:
        """What it says of the rows of a table.

        Raises:
            DataError: a cell is not what its column holds.
            OutOfMemory: the batch does not fit on the device.
        """
        matrix = self.columns.matrix(inputs)
        if not len(matrix):
            return self.meaning.predictions(np.zeros((0, self.meaning.outputs)))
        return self.meaning.predictions(self.numbers(matrix))

    @property
    def cannot(self) -> Mapping[str, str]:
        """Why it has not what other models of tables have."""
        if self.recipe is None:
            return {"Trainable": "its files hold what a module learnt, and not how it was trained: [model] recipe"}
        if self.meaning.several or not (self.meaning.classes or self.meaning.output == "values"):
            return {"Trainable": "networks are trained anew for one class a row, or for one value"}
        return {}

    def fit(self, split: Any, rng: np.random.Generator) -> Network:
        """The module with new weights, trained by its recipe on the rows of a split that have a target.

        Raises:
            ModelError: the rows have no target, or the module does not learn.
        """
        return self.fit_many(split, np.ones((1, len(split)), dtype=bool), [int(rng.integers(_LARGEST_SEED))])[0]

    def fit_many(self, split: Any, masks: Any, seeds: Sequence[int]) -> list[Network]:
        """As many modules as masks [k, n] of rows, each as `fit` would make it; side by side where they allow it.

        Raises:
            ModelError: the rows have no target, or the module does not learn.
        """
        inputs, true, is_known = self._lessons(split)
        taught = [np.flatnonzero(mask & is_known) for mask in masks]
        modules = [self._new_module(seed).to(inputs.device) for seed in seeds]
        return [self._with(module) for module in self._trained(modules, inputs, true, taught, seeds)]

    def fit_privately(self, split: Any, rng: np.random.Generator, *, epsilon: float, delta: float) -> Network:
        """The module with new weights, trained as by `fit`, but with differential privacy.

        Raises:
            AuditError: opacus is not installed.
            NotApplicable: the module has layers that do not allow it.
            ModelError: the rows have no target.
        """
        from auditkit_tabular.private import Budget, train_privately

        assert self.recipe is not None  # noqa: S101  asked for by `cannot`
        inputs, true, is_known = self._lessons(split)
        seed = int(rng.integers(_LARGEST_SEED))
        module, rows = self._new_module(seed).to(inputs.device), np.flatnonzero(is_known)
        budget = Budget(epsilon, delta)
        return self._with(train_privately(module, inputs, true, rows, self.recipe, seed, self._loss, budget=budget))

    def _with(self, module: Any) -> Network:
        device = self.place.replicas[0].device
        return replace(self, place=Placed((Replica(module, device),), self.place.precision), trusted=())

    def _lessons(self, split: Any) -> tuple[Any, Any, Any]:
        """All rows of a split as tensors: inputs [n, width], what is true [n]; and of which that is known."""
        import torch

        known, truth = known_truth(split, self.meaning.classes, np.arange(len(self.meaning.classes)), several=False)
        device = self.place.replicas[0].device
        inputs = torch.from_numpy(self.columns.matrix(split.inputs)).to(device)
        of_all = np.zeros(len(split), dtype=truth.dtype)
        of_all[known] = truth
        true = torch.from_numpy(of_all).to(device)
        return inputs, true, np.isin(np.arange(len(split)), known)

    def _new_module(self, seed: int) -> Any:
        import torch

        assert self.build is not None  # noqa: S101  a network with a recipe has it
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fresh = self.build()
        take_constants(fresh, self.module)
        return fresh

    def _trained(
        self, modules: list[Any], inputs: Any, true: Any, taught: list[Any], seeds: Sequence[int]
    ) -> list[Any]:
        assert self.recipe is not None  # noqa: S101  asked for by `cannot`
        sizes = {len(rows) for rows in taught}
        if len(modules) > 1 and len(sizes) == 1 and can_be_stacked(modules[0]):
            try:
                return train_stacked(modules, inputs, true, taught, self.recipe, seeds, self._loss)
            except RuntimeError as error:  # how torch says that a forward cannot be run for many at once
                logger.info("trained one after another: %s", str(error).partition("\n")[0])
        return [
            train_one(module, inputs, true, rows, self.recipe, seed, self._loss)
            for module, rows, seed in zip(modules, taught, seeds, strict=True)
        ]

    def _loss(self, said: Any, true: Any) -> Any:
        """Cross-entropy of classes, squared error of values."""
        from torch.nn import functional

        logits = self.meaning.logits(getattr(said, "logits", said))
        if self.meaning.classes:
            return functional.cross_entropy(logits, true)
        return functional.mse_loss(logits.reshape(-1), true.to(logits.dtype))

    def encoded(self, inputs: Any) -> Encoded:
        """The numbers that go in, and what the module makes of them before any softmax; of values, the value.

        A number is a unit by its column's name, and so is each number of a category: they belong together. The baseline
        has 0 in the place of every number, and categories that are missing. All is in float32.
        """
        import torch

        matrix = torch.from_numpy(self.columns.matrix(inputs)).to(self.place.replicas[0].device)
        units = tuple(Unit(name) for name in self.columns.positions)
        baseline = torch.zeros_like(matrix)
        return Encoded(self._scores, matrix, (), baseline, (units,) * len(matrix), network=self.module)

    def _scores(self, rows: Any) -> Any:
        said = self.module(rows)
        return self.meaning.logits(getattr(said, "logits", said))

    def numbers(self, matrix: Any) -> Any:
        """[n, k] or [n]: the module's own numbers of rows [n, width]."""
        return self.place.answers(self._forward, matrix, called="rows")

    def _forward(self, replica: Replica, matrix: Any) -> Any:
        if replica.device.type != "cpu" or len(matrix) <= _AT_ONCE:
            return self._said(replica, matrix)
        parts = [self._said(replica, matrix[start : start + _AT_ONCE]) for start in range(0, len(matrix), _AT_ONCE)]
        return np.concatenate(parts)

    def _said(self, replica: Replica, matrix: Any) -> Any:
        import torch

        said = replica.module(torch.from_numpy(matrix).to(replica.device))
        said = getattr(said, "logits", said)
        if not isinstance(said, torch.Tensor) or said.ndim not in {1, 2} or len(said) != len(matrix):
            shape = f" of shape {tuple(said.shape)}" if isinstance(said, torch.Tensor) else ""
            raise ModelError(
                f"the module gave a {type(said).__name__}{shape} for {len(matrix):,} rows",
                hint="it returns one tensor [rows, numbers]",
            )
        return said.cpu().double().numpy()


@dataclass(frozen=True)
class Weights:
    """How the files of one network are read, and where it then runs."""

    state_key: str | None
    trust_pickle: bool
    device: str
    precision: Precision
    recipe: Recipe | None = None


def open_network(
    path: Path,
    code: Code,
    columns: Columns,
    weights: Weights,
    meaning: Callable[[Output | None], Meaning],
) -> Network:
    """Build the module, put its state into it, and see what it makes of a row.

    Args:
        path: of the state.
        code: what builds the module; it takes nothing.
        columns: what goes in.
        weights: how the state is read, and where the module runs.
        meaning: of its numbers, given what its last layer tells for certain.

    Raises:
        ModelError: it cannot be built, its state does not fit, or it does not take such rows.
    """
    columns.refuse_unlisted()
    # Read first: a file that is refused is refused before any code runs.
    state = read_state(path, state_key=weights.state_key, trust_pickle=weights.trust_pickle)
    module = _built(code)
    notes = fit_state(module, state)
    network = Network(
        Placed.of(module, weights.device, weights.precision),
        columns,
        meaning(_certain(module)),
        notes=(*state.notes, *notes),
        trusted=(code.trusted, *state.trusted),
        build=functools.partial(_built, code),
        recipe=weights.recipe,
    )
    try_out(network)
    return network


def _built(code: Code) -> Any:
    import torch

    try:
        # Its first weights are drawn, and mostly replaced: nobody else's draws may depend on them.
        with torch.random.fork_rng(devices=[]):
            return code.function()
    except Exception as error:  # the user's code may raise anything: it is told
        raise ModelError(
            f"{code.function.__name__}() failed: {type(error).__name__}: {str(error)[:300]}",
            hint="it takes nothing and returns the module, as it was built for the training",
        ) from error


def _certain(module: Any) -> Output | None:
    """What the last layer of a Sequential makes, or a layer alone; None: only the user knows."""
    import torch

    last = module
    # Of these types exactly: a child of theirs may do something else in its forward.
    while type(last) is torch.nn.Sequential and len(last):
        last = last[-1]
    if type(last) in {torch.nn.Sigmoid, torch.nn.Softmax}:
        return "probabilities"
    return "logits" if type(last) in {torch.nn.Linear, torch.nn.LogSoftmax} else None


_TRIED = 8


def try_out(network: Network) -> None:
    """Run rows between zeros and ones, so that a wrong number of columns or classes is told before the data are."""
    width = network.columns.width
    rows = np.linspace(np.zeros(width), np.ones(width), _TRIED, dtype=np.float32)
    try:
        said = network.numbers(rows)
        refuse_unsteady(said, network.numbers(rows), network.numbers(rows[:1]))
    except (AuditError, MemoryError):
        raise
    except Exception as error:  # whatever a module raises at rows that it does not take
        said_first = str(error).partition("\n")[0][:300]
        raise ModelError(
            f"the module failed on rows of {width} numbers: {type(error).__name__}: {said_first}",
            hint=f"[data] input names {len(network.columns.names)} columns, in the order of the training; "
            "[model] categories and encoding say what each becomes",
        ) from error
    outputs = said.reshape(_TRIED, -1).shape[1]
    wanted = network.meaning.outputs
    is_binary = outputs == 1 and len(network.meaning.classes) == 2 and not network.meaning.several  # noqa: PLR2004
    if outputs != wanted and not is_binary:
        named = ", ".join(f"'{name}'" for name in network.meaning.classes[:8])
        raise ModelError(
            f"the module gives {outputs} numbers a row, and there are {wanted}{f' classes: {named}' if named else ''}",
            hint="name every class: [model] labels, or [data] classes" if named else "see [model] output and levels",
        )
