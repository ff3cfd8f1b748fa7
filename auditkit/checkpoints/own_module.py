"""A torch module of the user's own, built by code that the spec names, with its state read from beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from auditkit.checkpoints.class_names import Kind, class_names
from auditkit.checkpoints.fitted import fit_state
from auditkit.checkpoints.state import read_state
from auditkit.checkpoints.user_code import load_code
from auditkit.document import Text
from auditkit.errors import AuditError, ModelError


@dataclass(frozen=True)
class OwnModule:
    """The module in float32 and for evaluation, and what the report says of how it was come by."""

    module: Any
    notes: tuple[Text, ...]
    trusted: tuple[Text, ...]


def open_own(path: Path, reference: str, folder: Path, *, state_key: str | None, trust_pickle: bool) -> OwnModule:
    """Build the module that `FILE:FUNCTION` makes, and put its state into it.

    Args:
        path: of the state.
        reference: e.g. `net:build`; it takes nothing.
        folder: the spec's.
        state_key: where in a torch file the state lies, when it holds more than that.
        trust_pickle: whether a torch file may be a pickle that runs code.

    Raises:
        ModelError: it cannot be built, or its state does not fit.
    """
    # Read first: a file that is refused is refused before any code runs.
    state = read_state(path, state_key=state_key, trust_pickle=trust_pickle)
    code = load_code(reference, folder)
    import torch

    try:
        # Its first weights are drawn, and then replaced: nobody else's draws may depend on them.
        with torch.random.fork_rng(devices=[]):
            module = code.function()
    except (AuditError, MemoryError):
        raise
    except Exception as error:
        # It is the user's own code, which may raise anything: it is told, with its own words.
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise ModelError(
            f"'{reference}' fails: {type(error).__name__}: {said[:200]}",
            hint="it is called without arguments, and returns the module as it was trained",
        ) from error
    notes = fit_state(module, state)
    return OwnModule(module, (*state.notes, *notes), (code.trusted, *state.trusted))


def of_classes(said: Any, rows: int, *, called: str) -> Any:
    """What a classifier said of some rows: [n, k] numbers.

    Args:
        said: by its module.
        rows: how many it was given.
        called: what they are, in the plural.

    Raises:
        ModelError: it is something else.
    """
    found = _numbers(said, rows, called)
    if found.ndim != 2 or found.shape[1] < 2:  # noqa: PLR2004  a table of two columns or more
        raise _no_answer(found, rows, called, "classes], of two classes or more")
    return found


def of_values(said: Any, rows: int, *, called: str) -> Any:
    """What a regression said of some rows: [n, k] numbers, also where it gives one without an axis for it.

    Args:
        said: by its module.
        rows: how many it was given.
        called: what they are, in the plural.

    Raises:
        ModelError: it is something else.
    """
    found = _numbers(said, rows, called)
    return found[:, None] if found.ndim == 1 else found


def _numbers(said: Any, rows: int, called: str) -> Any:
    import torch

    said = getattr(said, "logits", said)
    if not isinstance(said, torch.Tensor) or said.ndim not in {1, 2} or len(said) != rows:
        raise _no_answer(said, rows, called, "numbers]")
    return said


def _no_answer(said: Any, rows: int, called: str, wanted: str) -> ModelError:
    shape = f" of shape {tuple(said.shape)}" if hasattr(said, "shape") else ""
    return ModelError(
        f"the module gave a {type(said).__name__}{shape} for {rows:,} {called}",
        hint=f"it returns one tensor [{called}, {wanted}",
    )


def refuse_distributions(numbers: Any) -> None:
    """Refuse the softmax of what is a distribution in every row already: it would flatten all of them.

    Args:
        numbers: [n, k], said to be logits; an array, or a tensor on any device.

    Raises:
        ModelError: each row sums to 1, and no number is below 0.
    """
    if len(numbers) and bool((numbers >= 0).all()) and bool((abs(numbers.sum(1) - 1.0) <= _ROUNDING).all()):
        raise ModelError(
            "the model gives numbers that sum to 1 in every row: probabilities, no logits",
            hint='[model] output = "probabilities"',
        )


def refuse_squashed(numbers: Any) -> None:
    """Refuse the sigmoid of what went through one: many numbers, all between 0 and 1, and up to both ends.

    Args:
        numbers: of any shape, said to be logits.

    Raises:
        ModelError: they are such numbers. Logits of a weak model can lie there too, but not reach both ends.
    """
    count = math.prod(numbers.shape)
    low, high = (float(numbers.min()), float(numbers.max())) if count >= _MANY else (-1.0, 0.0)
    if 0.0 <= low < 0.1 and 0.9 < high <= 1.0:  # noqa: PLR2004  near both ends
        raise ModelError(
            f"the model gives {len(numbers):,} rows numbers between {low:.3g} and {high:.3g}: probabilities, no logits",
            hint='[model] output = "probabilities"',
        )


_ROUNDING = 1e-4
_MANY = 50


def numbered_names(
    count: int, classes: Sequence[str], *, multi_label: bool, labels: Mapping[str, str], targets: Sequence[str]
) -> tuple[Kind, tuple[str, ...]]:
    """What the outputs stand for: `[data] classes` in their order, or `[model] labels` by their numbers.

    Raises:
        ModelError: neither says, and the target's names are not the numbers themselves; or there are not as many.
    """
    if classes and len(classes) != count:
        raise ModelError(
            f"[data] classes names {len(classes)}, and the module gives {count} numbers a row",
            hint="one class a number, in the order of the training",
        )
    numbers = tuple(map(str, range(count)))
    if not classes and set(labels) != set(numbers) and not set(targets) <= set(numbers):
        shown = ", ".join(f'{number} = "{name}"' for number, name in enumerate(targets or ("no", "yes")))
        raise ModelError(
            f"nothing says which class each of the module's {count} numbers stands for",
            hint=f"[model] labels = {{{shown}}}, the numbers from 0, in the order of the training",
        )
    config = SimpleNamespace(
        num_labels=count,
        id2label=dict(enumerate(classes or numbers)),
        problem_type="multi_label_classification" if multi_label else None,
    )
    return class_names(config, adapter="an adapter of classes", labels={} if classes else labels, targets=targets)
