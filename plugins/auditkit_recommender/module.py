"""A torch module of the user's own that scores pairs of users and items, built by code that the spec names."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, ModelError, Text, needs_extra
from auditkit.checkpoints import fit_state, load_code, read_state, refuse_oversized
from auditkit.devices import computing_on, deterministic, fitting, pick_device

if TYPE_CHECKING:
    from auditkit_recommender.ids import Ids

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

_WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
_PAIRS_AT_ONCE = 1 << 18
"""Of users and items: with embeddings of 64 numbers, 64 MB for each of the two."""
_BUILD = "def build(users, items): return an nn.Module for so many users and items, whose forward(users, items) scores"


@dataclass(frozen=True)
class ModuleScores:
    """A module in float32 and for evaluation: `scores(users)` where it has that, else `forward(users, items)`."""

    module: Any
    items: int
    device: Any
    note: Text

    @property
    def users_at_once(self) -> int:
        """How many users make a batch."""
        return max(1, min(1024, _PAIRS_AT_ONCE // self.items))

    @property
    def computing(self) -> Any:
        """How it computes, for the result."""
        with deterministic():
            return computing_on(self.device)

    def scores(self, rows: Integers) -> Floats:
        """Give [rows, items].

        Raises:
            OutOfMemory: so many users do not fit on the device.
        """
        work = functools.partial(self._forward, rows)
        return fitting(work, device=self.device, what=f"{len(rows):,} users x {self.items:,} items at once")

    def _forward(self, rows: Integers) -> Floats:
        import torch

        with torch.inference_mode(), deterministic():
            wanted: set[tuple[int, ...]]
            users = torch.as_tensor(rows, dtype=torch.int64, device=self.device)
            if callable(getattr(self.module, "scores", None)):
                found, wanted = self.module.scores(users), {(len(rows), self.items)}
            else:
                items = torch.arange(self.items, device=self.device).repeat(len(rows))
                found = self.module(users.repeat_interleave(self.items), items)
                wanted = {(len(items),), (len(items), 1)}
            if not isinstance(found, torch.Tensor) or tuple(found.shape) not in wanted:
                raise _misshapen(found, wanted)
            # A copy: what is masked here may be the module's own memory.
            return np.array(found.float().reshape(len(rows), self.items).cpu().numpy())


def _misshapen(found: Any, wanted: set[tuple[int, ...]]) -> ModelError:
    shape, shapes = tuple(getattr(found, "shape", ())), " or ".join(map(str, sorted(wanted)))
    return ModelError(
        f"the module gives a {type(found).__name__} of the shape {shape}, where {shapes} is wanted",
        hint="forward(users, items) takes two lists of codes and gives one score a pair; scores(users) [users, items]",
    )


@dataclass(frozen=True)
class OpenedModule:
    """A module's scores, and what the report says of how they were come by."""

    scorer: ModuleScores
    notes: tuple[Text, ...]
    trusted: tuple[Text, ...]


def open_module(  # noqa: PLR0913  each is a key of the spec
    folder: Path,
    users: Ids,
    items: Ids,
    *,
    module: str,
    beside: Path,
    device: str,
    state_key: str | None,
    trust_pickle: bool,
) -> OpenedModule:
    """Build a module by the code that the spec names, and put its weights into it.

    Args:
        folder: the model's, with one file of weights.
        users: whose codes are their places in `users.json`.
        items: the same.
        module: `net:build`, a function in `net.py` beside the spec, or in an installed package.
        beside: the spec's folder.
        device: where it runs.
        state_key: where in the file the weights lie.
        trust_pickle: whether the file may be a pickle.

    Raises:
        ModelError: there is no such code, no such weights, or they do not fit each other.
    """
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything runs
    weights = _weights(folder)
    state = read_state(weights, state_key=state_key, trust_pickle=trust_pickle)
    code = load_code(module, beside)
    build = functools.partial(_built, code.function, module, len(users), len(items))
    refuse_oversized(build, [weights], said_by=f"'{module}'")
    built = build()
    notes = fit_state(built, state)
    where = pick_device(device)
    note = Text.of(
        "the model is the torch module '{name}' for {users} users and {items} items",
        name=type(built).__name__,
        users=len(users),
        items=len(items),
    )
    scorer = ModuleScores(built.to(where), len(items), where, note)
    return OpenedModule(scorer, (*state.notes, *notes), (code.trusted, *state.trusted))


def _built(function: Any, name: str, users: int, items: int) -> Any:
    try:
        return function(users, items)
    except AuditError:
        raise
    except TypeError as error:
        raise ModelError(f"'{name}' could not build the module: {str(error)[:200]}", hint=_BUILD) from error


def _weights(folder: Path) -> Path:
    files = sorted(file for file in folder.iterdir() if file.suffix in _WEIGHTS)
    if len(files) != 1:
        held = f"several: {', '.join(repr(file.name) for file in files[:4])}" if files else "none"
        raise ModelError(
            f"the folder '{folder.name}' should hold one file with the weights of the module, and holds {held}",
            hint="safetensors.torch.save_model(module, 'model/model.safetensors'); factors and scores need no module",
        )
    return files[0]
