"""What every adapter promises: each law is a function that says what it saw; its docstring says what to do."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from auditkit.batches import take_inputs
from auditkit.capabilities import (
    CAPABILITIES,
    Differentiable,
    Embeds,
    Encoded,
    GivesLikelihoods,
    sound_vectors,
    why_not,
)
from auditkit.errors import AuditError, ModelError, NotApplicable, words_of
from auditkit.likelihoods import sound_likelihoods
from auditkit.plugin import Adapter
from auditkit.predictions import ClassScores, Predictions
from auditkit.soundness import sound_predictions

_SMALL = 4_000_000
"""Bytes of a file that is damaged in a copy; the copies of larger ones would cost more than they teach."""


@dataclass
class AdapterSubject:
    """An adapter, and a model that it can open, with rows that the model can answer."""

    adapter: Adapter
    path: Path | None
    inputs: Any
    given: Mapping[str, Any]
    tolerance: float
    _model: Any = None

    def open(self, path: Path | None) -> Any:
        """Open a model as the host does."""
        return self.adapter.run(path, **self.given)

    @property
    def model(self) -> Any:
        """The model, opened once."""
        if self._model is None:
            self._model = self.open(self.path)
        return self._model

    def predict(self, rows: Any = None) -> Predictions:
        """A sound answer for some rows; for all of them when none are named."""
        inputs = self.inputs if rows is None else take_inputs(self.inputs, rows)
        return sound_predictions(
            self.model.predict(inputs), rows=range(len(inputs)), who=f"adapter '{self.adapter.id}'"
        )


def _words(subject: AdapterSubject) -> Iterator[str]:
    """Write a docstring: its first line is printed by `auditkit adapters`."""
    if not subject.adapter.title:
        yield "there is no docstring"


def _soundness(subject: AdapterSubject) -> Iterator[str]:
    """Return one of auditkit's prediction types with a row for each input; probabilities lie in [0, 1] and sum to 1."""
    if not callable(getattr(subject.model, "predict", None)):
        yield f"it opened a {type(subject.model).__name__}, which has no predict(inputs)"
        return
    answer = subject.predict()
    if subject.adapter.gives is not None and not isinstance(answer, subject.adapter.gives):
        yield f"it gives {subject.adapter.gives.__name__} by its decorator, and answered {type(answer).__name__}"


def _repeated(subject: AdapterSubject) -> Iterator[str]:
    """Put the model into its evaluation mode and draw nothing: dropout and sampling make each call another one."""
    if (seen := _apart(subject.predict(), subject.predict(), 0.0)) is not None:
        yield f"the same rows twice: {seen}"


def _reopened(subject: AdapterSubject) -> Iterator[str]:
    """Load every weight from the file; one that is newly made at each opening is random, and must be refused."""
    other = AdapterSubject(subject.adapter, subject.path, subject.inputs, subject.given, subject.tolerance)
    if (seen := _apart(subject.predict(), other.predict(), 0.0)) is not None:
        yield f"opened twice: {seen}"


def _batching(subject: AdapterSubject) -> Iterator[str]:
    """Let no row's answer depend on the rows beside it: no statistics or ranks of the batch, and padding masked."""
    whole = subject.predict()
    for size in (1, 3):
        slices = [slice(start, start + size) for start in range(0, len(subject.inputs), size)]
        parts = [subject.predict(part) for part in slices]
        if (seen := _apart(whole, type(whole).concat(parts), subject.tolerance)) is not None:
            yield f"in batches of {size}: {seen}"


def _order(subject: AdapterSubject) -> Iterator[str]:
    """Return answers in the order of the inputs: if you sort by length, put them back."""
    order = np.random.default_rng(1).permutation(len(subject.inputs))
    whole = subject.predict()
    if (seen := _apart(whole.take(order), subject.predict(order), subject.tolerance)) is not None:
        yield f"inputs in another order: {seen}"


def _empty(subject: AdapterSubject) -> Iterator[str]:
    """Answer no rows with no rows: the same type and classes, arrays of length 0."""
    nothing = subject.model.predict(take_inputs(subject.inputs, slice(0, 0)))
    if not isinstance(nothing, Predictions) or len(nothing):
        yield f"no rows were answered with {nothing!r:.80}"
    elif (seen := _apart(subject.predict().take(slice(0, 0)), nothing, 0.0)) is not None:
        yield f"no rows: {seen}"


def _untouched(subject: AdapterSubject) -> Iterator[str]:
    """Work on a copy: the host hands the same rows to every check."""
    before = copy.deepcopy(subject.inputs)
    subject.predict()
    same = before.equals(subject.inputs) if hasattr(before, "equals") else np.array_equal(before, subject.inputs)
    if not same:
        yield "predict changed its inputs"


def _capabilities(subject: AdapterSubject) -> Iterator[str]:
    """Give a model the method of each capability that the adapter says it `can`, and of none that it `cannot`.

    A model that is an exception says why in its own `cannot`.
    """
    model = subject.model
    for name, kind in CAPABILITIES.items():
        if name in subject.adapter.can and not isinstance(model, kind) and why_not(model, name) is None:
            yield f"it can be {name} by its decorator, and the model has no such method"
        if name in subject.adapter.cannot and isinstance(model, kind):
            yield f"it cannot be {name} by its decorator, and the model has its method"
    has = {name for name in subject.adapter.can if why_not(model, name) is None}
    if "Embeds" in has and isinstance(model, Embeds):
        yield from _embedding(subject, model)
    if "Differentiable" in has and isinstance(model, Differentiable):
        yield from _encoding(subject, model)
    if "GivesLikelihoods" in has and isinstance(model, GivesLikelihoods):
        yield from _weighing(subject, model)


def _embedding(subject: AdapterSubject, model: Embeds) -> Iterator[str]:
    try:
        whole = sound_vectors(model.embed(subject.inputs), rows=len(subject.inputs), who="the adapter")
        turned = model.embed(take_inputs(subject.inputs, np.arange(len(whole))[::-1]))
        alone = [model.embed(take_inputs(subject.inputs, slice(row, row + 1))) for row in range(len(whole))]
    except NotApplicable:
        return  # this model is an exception, and says so
    except ModelError as error:
        yield error.message
        return
    for what, other in (("in another order", turned[::-1]), ("one by one", np.concatenate(alone))):
        if other.shape != whole.shape or not np.allclose(other, whole, rtol=subject.tolerance, atol=subject.tolerance):
            yield f"embeddings of the rows {what} differ"


_ROUNDED = 1e-3
_TEXTS = ("a first text, which is weighed", "another one", "")


def _weighing(subject: AdapterSubject, model: GivesLikelihoods) -> Iterator[str]:
    try:
        whole = sound_likelihoods(model.likelihoods(_TEXTS), texts=len(_TEXTS), who="the adapter")
        alone = [sound_likelihoods(model.likelihoods([text]), texts=1, who="the adapter") for text in _TEXTS]
        after = sound_likelihoods(model.likelihoods(_TEXTS[:1], [_TEXTS[1]]), texts=1, who="the adapter")
    except NotApplicable:
        return  # same
    except ModelError as error:
        yield error.message
        return
    together = type(whole).concat(alone)
    far = subject.tolerance * (1 + np.abs(whole.logs))
    same_tokens = together.starts.tolist() == whole.starts.tolist()
    if not same_tokens or bool((np.abs(together.logs - whole.logs) > far).any()):
        yield "likelihoods of texts one by one differ"
    if not len(after.logs):
        yield "a text has no likelihoods when another comes before it"


def _encoding(subject: AdapterSubject, model: Differentiable) -> Iterator[str]:
    try:
        encoded = model.encoded(subject.inputs)
    except NotApplicable:
        return  # same
    inputs = encoded.inputs.detach().clone().requires_grad_()
    outputs = encoded.module(inputs, *encoded.alongside)
    if len(encoded.units) != len(subject.inputs) or {len(row) for row in encoded.units} != {inputs.shape[1]}:
        yield "encoded rows have not a unit, or None, for each position"
    if encoded.baseline.shape != inputs.shape:
        yield f"the baseline has the shape {tuple(encoded.baseline.shape)}, and the inputs {tuple(inputs.shape)}"
    if encoded.least is not None and not _between(encoded):
        yield "encoded inputs lie beyond what they are said to be at the least and at the most"
    outputs[:, 0].sum().backward()
    if inputs.grad is None or not bool(inputs.grad.abs().sum() > 0):
        yield "no gradient arrives at the encoded inputs"
    if encoded.network is not None:
        yield from _resting(encoded)
    answer = subject.predict()
    if isinstance(answer, ClassScores) and outputs.argmax(1).tolist() != answer.scores.argmax(1).tolist():
        yield "the outputs of encoded rows decide otherwise than predict"


def _resting(encoded: Encoded) -> Iterator[str]:
    """Whether the outputs follow the network's parameters: they are all halved for a while, and put back."""
    import torch

    with torch.no_grad():
        own = [(one, one.clone()) for one in encoded.network.parameters() if one.is_floating_point()]
        before = encoded.module(encoded.inputs.clone(), *encoded.alongside)
        try:
            for parameter, value in own:
                parameter.copy_(value / 2)
            halved = encoded.module(encoded.inputs.clone(), *encoded.alongside)
        finally:
            for parameter, value in own:
                parameter.copy_(value)
        after = encoded.module(encoded.inputs.clone(), *encoded.alongside)
    if torch.equal(before, halved):
        yield "the outputs do not rest on the parameters of the network that it names"
    if not torch.equal(before, after):
        yield "the outputs are others once the network's parameters are put back"


def _between(encoded: Encoded) -> bool:
    """Whether the inputs lie between their ends, but for rounding."""
    share = (encoded.inputs - encoded.least) / (encoded.most - encoded.least)
    return bool(((share > -_ROUNDED) & (share < 1 + _ROUNDED)).all())


def _refusal(subject: AdapterSubject) -> Iterator[str]:
    """Raise an AuditError, e.g. ModelError, with a hint that says what to do, and never load a pickle unasked."""
    if subject.path is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, path in _bad_files(subject.path, Path(folder)):
            marker = Path(folder) / "pickle-was-run"
            try:
                model = subject.open(path)
                model.predict(take_inputs(subject.inputs, slice(0, 1)))
            except AuditError as error:
                if not error.hint:
                    yield f"{name}: {type(error).__name__} without a hint: {error.message}"
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it raises is what was seen
                yield f"{name}: {type(error).__name__}: {words_of(error)}"
            else:
                yield f"{name}: it was opened and predicted"
            if marker.exists():
                yield f"{name}: the pickle was loaded, and its code ran"
                marker.unlink()


class _Trap:
    """A pickle that leaves a mark where it is loaded."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.marker,)


def _bad_files(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """A path that is missing, an empty one, and copies of a model each with one of its files damaged."""
    yield "a missing path", folder / "missing"
    trap = pickle.dumps(_Trap(str(folder / "pickle-was-run")))
    if path.is_dir():
        (folder / "empty").mkdir()
        yield "an empty folder", folder / "empty"
    else:
        (folder / f"empty{path.suffix}").touch()
        yield "an empty file", folder / f"empty{path.suffix}"
    files = [path] if path.is_file() else sorted(one for one in path.iterdir() if one.is_file())
    for file in files:
        if _is_weights(file, alone=path.is_file()):
            content = file.read_bytes()
            for name, damaged in (("cut in half", content[: len(content) // 2]), ("a pickle", trap)):
                copied = folder / f"{file.stem}-{name.replace(' ', '-')}" / path.name
                copied.parent.mkdir()
                shutil.copytree(path, copied) if path.is_dir() else shutil.copy(path, copied)
                (copied / file.name if path.is_dir() else copied).write_bytes(damaged)
                yield f"'{file.name}' {name}" if name != "a pickle" else f"a pickle as '{file.name}'", copied


def _is_weights(file: Path, *, alone: bool) -> bool:
    is_weights = alone or file.suffix in {".safetensors", ".pt", ".pth", ".bin", ".npz", ".npy", ".onnx", ".h5"}
    return is_weights and file.stat().st_size <= _SMALL


def _apart(one: Predictions, other: Predictions, tolerance: float) -> str | None:
    """How two predictions of the same rows differ."""
    if type(one) is not type(other):
        return f"{type(one).__name__}, then {type(other).__name__}"
    if len(one) != len(other):
        return f"{len(one)} rows, then {len(other)}"
    for field in fields(one):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, np.ndarray) and first.dtype.kind == "f":
            if first.shape != np.shape(second):
                return f"{field.name} of shape {first.shape}, then {np.shape(second)}"
            # A place without a value is NaN in both; against a number it differs, and no tolerance allows that.
            valued = ~(np.isnan(first) & np.isnan(second)) & (first != second)
            gap = float(np.max(np.abs(first[valued] - np.asarray(second)[valued]), initial=0.0))
            if not gap <= tolerance:
                return f"{field.name} differ by {gap:.3g}, and {tolerance:g} is allowed"
        elif not _same(first, second, tolerance):
            return f"{field.name} differ"
    return None


def _same(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two values are the same, but for floats within them, e.g. the score of a span."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(_same(*pair, tolerance) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= tolerance
    return np.array_equal(np.asarray(one, dtype=object), np.asarray(other, dtype=object))


ADAPTER_LAWS: dict[str, Callable[[AdapterSubject], Iterator[str]]] = {
    "words": _words,
    "soundness": _soundness,
    "repeated call": _repeated,
    "opening again": _reopened,
    "batching and padding": _batching,
    "order": _order,
    "empty input": _empty,
    "inputs untouched": _untouched,
    "capabilities": _capabilities,
    "refusal of bad files": _refusal,
}
