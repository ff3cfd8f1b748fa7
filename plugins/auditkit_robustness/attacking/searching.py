"""Without gradients: noise, and a random search that keeps what brings an answer nearer to being wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit_robustness.attacking.rows import Flags, Integers, Rows

Floats = npt.NDArray[np.float32]


def noisy(rows: Rows, places: Integers, radius: float, draws: list[np.random.Generator]) -> Flags:
    """[k]: which rows noise breaks: every number `radius` up or down by a coin, as far as FGSM moves it."""
    shown = rows.near(rows.inputs[places] + rows.tensor(radius * _signs(rows, places, draws)), places, radius)
    return rows.broken(shown, places)


def searched(rows: Rows, places: Integers, radius: float, draws: list[np.random.Generator], *, queries: int) -> Flags:
    """[k]: which rows a random search breaks within so many questions.

    Every number is moved by `radius`, up or down. A run of neighbours is turned round at each question, shorter ones
    later, and the turn is kept where the margin falls: the random search of Andriushchenko et al. (2020), ECCV (Square
    Attack), with runs of positions for squares, since nothing says which positions lie beneath each other.
    """
    import torch

    if not len(places):
        return np.zeros(0, dtype=bool)
    signs = _signs(rows, places, draws)
    best: Floats = np.full(len(places), np.inf, dtype=np.float32)
    broken = np.zeros(len(places), dtype=bool)
    for question in range(queries):
        tried = signs if question == 0 else _turned(signs, places, draws, question / queries)
        shown = rows.near(rows.inputs[places] + rows.tensor(radius * tried), places, radius)
        with torch.no_grad():
            outputs = rows.outputs(shown, places)
            margin = rows.margin(outputs, places).float().cpu().numpy()
        broken |= ~rows.is_right(outputs, places)
        better = margin < best
        signs = np.where(better.reshape(-1, *[1] * (signs.ndim - 1)), tried, signs)
        best = np.where(better, margin, best)
        if broken.all():
            break
    return broken


def _signs(rows: Rows, places: Integers, draws: list[np.random.Generator]) -> Floats:
    shape = tuple(rows.inputs.shape[1:])
    return np.stack([draws[place].choice(np.array([-1.0, 1.0], np.float32), size=shape) for place in places])


def _turned(signs: Floats, places: Integers, draws: list[np.random.Generator], done: float) -> Floats:
    """The signs with a run of one column of numbers turned round in each row."""
    found = signs.copy()
    flat = found.reshape(len(found), found.shape[1], -1)
    long = max(1, round(found.shape[1] * 0.3 * (1 - done) ** 2))
    for place, row in enumerate(places):
        first = int(draws[row].integers(found.shape[1] - long + 1))
        column = int(draws[row].integers(flat.shape[2]))
        flat[place, first : first + long, column] *= -1
    return found
