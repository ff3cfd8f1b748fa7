"""Rows as their model prepares them, with pieces taken out there: a picture is not made, and prepared, anew each time.

Only where nobody can tell the difference. Of each row one version without some of its pieces is made and prepared in
full, and answered: what is put together here must be prepared to the same numbers, and answered alike. Where a
preparation mixes neighbouring pixels, as scaling does, it is not, and the row is asked about as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Differentiable, LabelScores, NotApplicable, Values
from auditkit.perturbation import Answers
from auditkit_explainability.attributing.targets import scores_of
from auditkit_explainability.pieces import Pieces

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_ON_CPU, _ON_DEVICE = 131_072, 2_000_000
"""Prepared numbers that are answered at once: on a CPU so many that what a layer hands to the next is still near."""
_MOST_KEPT = 25_000_000
"""Prepared numbers of all rows: 100 MB, twice."""
_TRIED = 32
"""Rows that are prepared at once."""
_ALIKE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5, "equal_nan": True}
"""Numbers that only the order of sums sets apart."""


@dataclass(frozen=True)
class Prepared:
    """A case's rows, and the same with nothing left of them."""

    module: Any
    whole: Any
    """[n, u, ...]"""
    nothing: Any
    """[n, u, ...]"""
    owner: Any
    """[n, u]: to which piece each place belongs; the last one, which is never taken out, where to none."""
    fits: Flags
    """[n]: whether a row may be asked about so."""
    said: Answers
    """To the rows as they are."""

    @classmethod
    def of(cls, case: Case[Any], pieces: Pieces, pieces_each: int) -> Prepared | None:
        """Of a case's rows; None: its model does not say how it prepares them, or they would not fit in memory.

        Args:
            case: the rows.
            pieces: theirs, which keep their places.
            pieces_each: how many every row has.
        """
        said = case.predictions
        if not (len(case) and pieces_each and isinstance(said, ClassScores | LabelScores | Values)):
            return None
        try:
            model = case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for
            first = _made(case, model, pieces, pieces_each, np.zeros(1, dtype=np.int64))
            if first is None or not first.fits.all() or first.whole.numel() * len(case) > _MOST_KEPT:
                return None
            return _made(case, model, pieces, pieces_each, np.arange(len(case), dtype=np.int64))
        except NotApplicable:
            return None

    def scores(
        self, rows: Integers, gone: Sequence[Flags], targets: Integers, *, as_probability: bool = False
    ) -> Floats:
        """[m]: the scores of rows without some of their pieces; NaN where the model's answer is none.

        Args:
            rows: [m], that fit; one may come often.
            gone: [m], of each which of its pieces are taken out.
            targets: [m], whose number.
            as_probability: as `targets.scores_of` has it.
        """
        found = np.full(len(rows), np.nan)
        numbers = _ON_CPU if self.whole.device.type == "cpu" else _ON_DEVICE
        size = max(8, numbers // max(1, self.whole[0].numel()))
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            said = _said(self.said, self.module, self.shown(rows[part], np.array(gone[part], dtype=bool)))
            if said is not None:
                found[part] = scores_of(said, targets[part], as_probability=as_probability)
        return np.where(np.isfinite(found), found, np.nan)

    def shown(self, rows: Integers, gone: Flags) -> Any:
        """[m, u, ...]: prepared rows without some of their pieces."""
        import torch

        at = torch.from_numpy(np.asarray(rows, dtype=np.int64)).to(self.whole.device)
        flags = torch.from_numpy(np.pad(gone, ((0, 0), (0, 1)))).to(self.whole.device)
        hidden = flags.gather(1, self.owner[at])
        whole = self.whole[at]
        return torch.where(hidden.reshape(*hidden.shape, *(1 for _ in whole.shape[2:])), self.nothing[at], whole)


def _made(case: Case[Any], model: Any, pieces: Pieces, count: int, rows: Integers) -> Prepared | None:
    """Of some rows; None: they are prepared to different sizes, or with something beside them."""
    import torch

    flags = np.random.default_rng(0).random((len(case), count)) < 0.5  # noqa: PLR2004  half of them
    nobody, everybody = (np.full((len(rows), count), gone) for gone in (False, True))
    asked = [pieces.without(rows, list(gone)) for gone in (nobody, everybody, flags[rows])]
    parts = [_encoded(model, inputs) for inputs in asked]
    encoded = [one for part in parts for one in part]
    if any(one.alongside for one in encoded) or len({tuple(one.inputs.shape[1:]) for one in encoded}) > 1:
        return None
    whole, nothing, some = (torch.cat([one.inputs for one in part]) for part in parts)
    units = [unit for one in parts[0] for unit in one.units]
    owner = np.array([pieces.of_units(row, unit) for row, unit in zip(rows.tolist(), units, strict=True)])
    places = torch.from_numpy(np.where(owner < 0, count, owner)).to(whole.device)
    said = case.predictions.take(rows)
    found = Prepared(encoded[0].module, whole, nothing, places, np.zeros(len(rows), dtype=bool), said)
    shown = found.shown(np.arange(len(rows)), flags[rows])
    alike = torch.isclose(shown, some, **_ALIKE).flatten(1).all(dim=1).cpu().numpy()
    sound = case.predict_sound(asked[2], {"taken out": pieces.kind})
    answered = np.zeros(len(rows), dtype=bool)
    answered[sound.rows] = _alike(sound.predictions, _said(said, found.module, shown), sound.rows)
    return Prepared(found.module, whole, nothing, places, alike & answered, said)


def _encoded(model: Any, inputs: Any) -> list[Any]:
    """In as many rows at once as the model takes."""
    from auditkit.perturbation import taken

    size = int(getattr(model, "batch_size", None) or _TRIED)
    return [
        model.encoded(taken(inputs, np.arange(start, min(start + size, len(inputs)))))
        for start in range(0, len(inputs), size)
    ]


def _alike(said: Answers, here: Answers | None, rows: Integers) -> Flags:
    """[m]: whether answers to `rows` are those that are given here."""
    if here is None:
        return np.zeros(len(rows), dtype=bool)
    one, other = (_numbers(each) for each in (said, here.take(rows)))
    return np.asarray(np.isclose(one, other, **_ALIKE).all(axis=1))


def _numbers(said: Answers) -> Floats:
    return np.asarray(said.values[:, None] if isinstance(said, Values) else said.scores, dtype=np.float64)


def _said(like: Answers, module: Any, shown: Any) -> Answers | None:
    """What a module's outputs say, in the form of other answers; None: they are not as many.

    Args:
        like: answers of the same model.
        module: of `Encoded`.
        shown: [m, u, ...].
    """
    import torch

    size = max(8, (_ON_CPU if shown.device.type == "cpu" else _ON_DEVICE) // max(1, shown[0].numel()))
    with torch.no_grad():
        said = torch.cat([module(part) for part in shown.split(size)]).float()
    if isinstance(like, Values):
        return Values(said[:, 0].cpu().numpy()) if said.shape[1] == 1 else None
    if said.shape[1] != like.scores.shape[1]:
        return None
    if isinstance(like, LabelScores):
        return LabelScores(like.labels, said.sigmoid().cpu().numpy())
    scores = said.softmax(dim=1) if like.kind == "probability" else said
    return ClassScores(like.classes, scores.cpu().numpy(), like.kind)
