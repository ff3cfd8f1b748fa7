"""The opened model: rows of a table in, scores out; each row's note, image and numbers go in together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import ClassScores, DataError, LabelScores, ModelError, Text
from auditkit.checkpoints import (
    Kind,
    before_the_last_layer,
    of_classes,
    quiet,
    refuse_distributions,
    refuse_squashed,
    refuse_unsteady,
)
from auditkit.devices import OnTorch, Placed, Replica
from auditkit_multimodal.parts import Film, Flags, Note, Part

Given = Mapping[str, Any]
"""Keyword of `forward` -> a tensor [n, ...], or a dict of such."""


@dataclass(kw_only=True)
class Multimodal(OnTorch):
    """A torch module with an encoder for each kind of input, for evaluation."""

    place: Placed
    parts: tuple[Part, ...]
    tells_missing: bool
    """Whether `forward` is given `present`, too."""
    is_logits: bool
    classes: tuple[str, ...] = ()
    kind: Kind = "class"
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What the spec allowed to run on this machine."""

    @property
    def batch_size(self) -> int:
        """Rows a batch to begin with: the broker halves them when they do not fit."""
        return self.place.batch_size(cpu=32, gpu=128)

    def ahead(self, inputs: Any) -> None:
        """Begin to decode images in the background, so that `predict` finds them ready."""
        for part in self.parts:
            if isinstance(part, Film):
                part.ahead(inputs)

    def predict(self, inputs: Any) -> ClassScores | LabelScores:
        """Probabilities: softmax over classes, or a sigmoid for each of several labels.

        Raises:
            OutOfMemory: the batch does not fit on the device.
            DataError: something is missing that may not be, or is not what its column holds.
        """
        none = np.zeros((0, len(self.classes)), dtype=np.float32)
        scores = self._answers(inputs, self._scores) if len(inputs) else none
        return ClassScores(self.classes, scores) if self.kind == "class" else LabelScores(self.classes, scores)

    def embed(self, inputs: Any) -> Any:
        """[n, d]: what the last layer is given of each row, all its inputs fused.

        Raises:
            NotApplicable: the last layer is not linear.
            OutOfMemory: the batch does not fit on the device.
        """
        if len(inputs):
            return self._answers(inputs, self._vectors)
        with quiet():
            return self.place.answers(functools.partial(self._vectors, self.blank), np.arange(1), called="rows")[:0]

    @functools.cached_property
    def blank(self) -> Given:
        """A row of nothing in particular, as the module is given it."""
        return self._together({part.name: part.blank() for part in self.parts})

    def outputs(self) -> int:
        """How many numbers it gives of a row, by showing it a blank one.

        Raises:
            ModelError: it cannot take what the rows become, or answers with something else.
        """
        try:
            with quiet():
                work = functools.partial(self._numbers, self.blank)
                (found,) = self.place.each(work, np.arange(1), called="rows")
                (again,) = self.place.each(work, np.arange(1), called="rows")
                # In lower precision the order of sums alone makes a difference.
                beside = self._first_of_two() if self.place.precision == "float32" else found.cpu()
        except (ValueError, RuntimeError, IndexError, AssertionError, TypeError, AttributeError, KeyError) as error:
            said = str(error).partition("\n")[0][:200]
            raise ModelError(
                f"the module cannot take what the rows become, {_shapes(self.blank)}: {type(error).__name__}: {said}",
                hint="its forward takes these as keyword arguments, as docs/multimodal-models.md says",
            ) from error
        refuse_unsteady(found.cpu(), again.cpu())
        refuse_unsteady(beside, beside, found.cpu())
        return int(found.shape[1])

    def _first_of_two(self) -> Any:
        """[1, k]: the numbers of the blank row among others; all on one device, which is given one place for both."""
        given = self._together({part.name: part.beside() for part in self.parts})
        both = functools.partial(_on_two_rows, self._numbers, given)
        (found,) = self.place.each(both, np.arange(1), called="rows")
        return found[:1].cpu()

    def _answers(self, inputs: Any, work: Callable[[Given, Replica, Any], Any]) -> Any:
        given = self._given(inputs)
        with quiet():
            return self.place.answers(functools.partial(work, given), np.arange(len(inputs)), called="rows")

    def _given(self, inputs: Any) -> Given:
        _refuse_bare(inputs)
        with quiet():
            return self._together({part.name: part.given(inputs) for part in self.parts})

    def _together(self, found: Mapping[str, tuple[Any, Flags]]) -> Given:
        import torch

        there = {name: torch.from_numpy(flags) for name, (_, flags) in found.items()}
        return {name: one for name, (one, _) in found.items()} | ({"present": there} if self.tells_missing else {})

    def _numbers(self, given: Given, replica: Replica, rows: Any) -> Any:
        said = replica.module(**_some(given, rows, replica.device))
        return of_classes(said, len(rows), called="rows").float()

    def _scores(self, given: Given, replica: Replica, rows: Any) -> Any:
        found = self._numbers(given, replica, rows)
        if self.is_logits:
            if self.kind == "class" and len(found) > 1:
                refuse_distributions(found)
            if self.kind == "labels":
                refuse_squashed(found)
            found = found.softmax(-1) if self.kind == "class" else found.sigmoid()
        return found.cpu().numpy()

    def _vectors(self, given: Given, replica: Replica, rows: Any) -> Any:
        run = functools.partial(self._numbers, given, replica, rows)
        return before_the_last_layer(run, replica.module)


@dataclass(kw_only=True)
class WithTexts(Multimodal):
    """One with texts, whose rows are predicted longest first."""

    limit: int | None

    def sizes(self, inputs: Any) -> Any:
        """[n]: the tokens of each row's longest text, before any are cut off."""
        _refuse_bare(inputs)
        with quiet():
            counts = [part.encoder.count(part.texts(inputs)[0]) for part in self.parts if isinstance(part, Note)]
        return np.max(np.array(counts, dtype=np.int64).reshape(len(counts), len(inputs)), axis=0)


def _on_two_rows(numbers: Callable[[Given, Replica, Any], Any], given: Given, replica: Replica, _: Any) -> Any:
    return numbers(given, replica, np.arange(2))


def _refuse_bare(inputs: Any) -> None:
    if not hasattr(inputs, "columns"):
        raise DataError(
            f"the inputs are a {type(inputs).__name__}, not a table of several columns",
            hint='[data] input = ["note", "film", "age"], a list of columns',
        )


def _some(given: Any, rows: Any, device: Any) -> Any:
    """Some rows of tensors, in however many dicts, on a device."""
    if isinstance(given, Mapping):
        return {name: _some(one, rows, device) for name, one in given.items()}
    return given[rows[0] : rows[-1] + 1].to(device)


def _shapes(given: Any) -> str:
    if isinstance(given, Mapping):
        return ", ".join(f"{name} ({_shapes(one)})" for name, one in given.items())
    return " x ".join(map(str, given.shape))
