"""Shadow models: trained as the audited one was, on random halves of the rows, and what they then say of every row.

A few at a time are trained inside what the case keeps, so that an audit that was cut off goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, ModelError, NotApplicable
from auditkit_privacy.attacks.budget import AT_ONCE, rows_taught
from auditkit_privacy.attacks.scores import log_probabilities, scaled_logit
from auditkit_privacy.people.members import Members

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shadows:
    """What shadow models say of the rows that take part: members first, then the others."""

    scores: Floats
    """[k, m + n]: scaled logits of the true class."""
    taught: Flags
    """[k, m + n]: whether the shadow was taught the row."""
    own: Floats
    """[m + n]: the audited model's."""
    member: Flags
    """[m + n]."""

    @property
    def chances(self) -> Floats:
        """[k, m + n]: the shadows' probabilities of the true class."""
        from scipy import special

        return np.asarray(special.expit(self.scores))

    def first(self, count: int) -> Shadows:
        """The first so many of them."""
        return replace(self, scores=self.scores[:count], taught=self.taught[:count])

    @classmethod
    def of(cls, case: Case[Any], models: int) -> Shadows:
        """Of the audit rows' case and the training rows beside it.

        Raises:
            NotApplicable: the predictions are no scores of classes, or the model cannot be trained anew.
        """
        sides = Members.of(case)
        both = sides.members, sides.others
        own = np.concatenate([_of_case(side) for side in both])
        scores, taught = [], []
        for first in range(0, models, AT_ONCE):
            kept = case.compute(answers_of_shadows, first=first, count=min(AT_ONCE, models - first))
            scores.append(kept["scores"])
            taught.append(kept["taught"])
        member = np.arange(len(own)) < len(sides.members)
        return cls(np.concatenate(scores).astype(np.float64), np.concatenate(taught), own, member)


def answers_of_shadows(case: Case[Any], *, first: int, count: int) -> dict[str, Any]:
    """What shadows number `first` to `first + count - 1` say of the rows that take part, and which they were taught.

    Each is taught as many rows as the model was, of those that take part, but not so many that few are left without.
    """
    sides = Members.of(case)
    both = sides.members, sides.others
    sizes = [len(side) for side in both]
    places = [_places(side) for side in both]
    whole = len(case.training), len(case.audit)
    # Where the rows that take part lie among all training rows and then all audit rows.
    at = np.concatenate([places[0], whole[0] + places[1]])
    size = rows_taught(sizes[0], sizes[1])
    taught = np.zeros((count, sum(sizes)), dtype=bool)
    seeds = []
    for place in range(count):
        rng = case.rng(f"shadow {first + place}")
        taught[place, rng.permutation(sum(sizes))[:size]] = True
        seeds.append(int(rng.integers(2**31)))
    given = np.zeros((count, sum(whole)), dtype=bool)
    given[:, at] = taught
    scores = np.zeros((count, sum(sizes)), dtype=np.float32)
    own = sides.members.predictions
    classes = own.classes
    for place, said in enumerate(case.retrained(given, seeds)):
        _refuse_another_scale(own.kind, said.audit)
        answers = [part.take(rows) for part, rows in zip((said.training, said.audit), places, strict=True)]
        codes = [side.targets.codes for side in both]
        scores[place] = np.concatenate([_scores(a, classes, c) for a, c in zip(answers, codes, strict=True)])
    return {"scores": scores, "taught": taught}


def _refuse_another_scale(kind: str, said: Any) -> None:
    """Refuse a model whose numbers cannot be held against the audited one's.

    Raises:
        ModelError: one gives probabilities, and the other scores on a scale of its own, or no scores of classes.
    """
    given = said.kind if isinstance(said, ClassScores) else type(said).__name__
    if given == kind:
        return
    names = {"probability": "probabilities", "score": "scores on a scale of their own", "label": "bare labels"}
    raise ModelError(
        f"models that were trained anew give {names.get(given, given)}, and the audited model gives {names[kind]}: "
        "they cannot be compared",
        hint="have [model] train return the path of a model that the same adapter opens; or audit the probabilities: "
        'adapter = "recorded", score_kind = "probability"',
    )


def _of_case(case: Case[Any]) -> Floats:
    if not isinstance(case.predictions, ClassScores) or case.predictions.kind == "label":
        raise NotApplicable("shadow models are compared by their scores of classes, and there are none")
    return _scores(case.predictions, case.predictions.classes, case.targets.codes)


def _scores(said: Any, classes: tuple[str, ...], targets: npt.NDArray[np.integer]) -> Floats:
    """[r]: scaled logits; a class that a shadow was never shown has the probability 0."""
    scores = np.zeros((len(said.scores), len(classes)))
    if said.kind == "score":
        scores[:] = said.scores.min(axis=1, keepdims=True)
    if unknown := [name for name in said.classes if name not in classes]:
        raise ModelError(
            f"a model that was trained anew has the class '{unknown[0]}', which is none of the audited model's",
            hint=f"classes are named as the target names them: {', '.join(classes)}",
        )
    for place, name in enumerate(said.classes):
        scores[:, classes.index(name)] = said.scores[:, place]
    return scaled_logit(scores if said.kind == "score" else log_probabilities(scores), targets)


def _places(case: Case[Any]) -> npt.NDArray[np.int64]:
    if case.rows is None:
        return np.arange(len(case), dtype=np.int64)
    return np.asarray(case.rows)
