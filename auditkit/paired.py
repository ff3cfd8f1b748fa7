"""PairedCase: a candidate and a baseline on the same rows, for checks that ask whether a new model is worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.caserows import P_co
from auditkit.dataset import Codes
from auditkit.errors import NotApplicable


@dataclass(frozen=True)
class PairedCase(Generic[P_co]):
    """Two cases, row by row. Rows pair by their keyed digests; without a salt, by position on equal splits.

    What a model said of a row is no part of it: two recordings of the same rows pair.
    """

    candidate: Case[P_co]
    baseline: Case[P_co]

    @classmethod
    def of(cls, candidate: Case[P_co], baseline: Case[P_co]) -> PairedCase[P_co]:
        """Pair two cases on the rows that both have.

        Raises:
            NotApplicable: the rows cannot be paired: the splits differ and no salt file was used, or no row is in both.
        """
        left, right = pairing(candidate, baseline)
        return cls(candidate.narrowed(left), baseline.narrowed(right))

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self.candidate)

    @property
    def targets(self) -> Codes:
        """What is true of each row: the candidate's, which are the baseline's."""
        return self.candidate.targets

    @property
    def level(self) -> float:
        """The confidence of every interval."""
        return self.candidate.level

    def rng(self, name: str) -> np.random.Generator:
        """Random numbers of this check, as the candidate's case gives them."""
        return self.candidate.rng(name)


def pairing(candidate: Case[P_co], baseline: Case[P_co]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row numbers in either case that are the same row, in the candidate's order."""
    ours, theirs = candidate.row_digests, baseline.row_digests
    rows = np.arange(len(candidate), dtype=np.int64)
    if ours is not None and theirs is not None:
        # The same rows in the same order pair by position even where two people cannot be told apart.
        return (rows, rows) if ours == theirs else _by_digest(ours, theirs)
    if candidate.split_digest != baseline.split_digest or len(candidate) != len(baseline):
        raise NotApplicable(
            "the rows of the two audits differ and cannot be paired",
            hint="give both audits the same [data] salt_file, made with: openssl rand -out release.salt 32",
        )
    return rows, rows


def _by_digest(ours: Sequence[str], theirs: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows that both have once; a digest that occurs twice is two people who look the same, and nobody knows which."""
    once, also_once = _only_once(ours), _only_once(theirs)
    pairs = [(row, also_once[digest]) for digest, row in once.items() if digest in also_once]
    if pairs:
        left, right = zip(*pairs, strict=True)
        return np.array(left, dtype=np.int64), np.array(right, dtype=np.int64)
    if set(ours) & set(theirs):
        raise NotApplicable(
            "no row of the two audits can be told from all others",
            hint='name a column that tells rows apart: [data] unit = "patient_id"',
        )
    raise NotApplicable("no row is in both audits", hint="use the same [data] salt_file and the same rows")


def _only_once(digests: Sequence[str]) -> dict[str, int]:
    times = Counter(digests)
    return {digest: row for row, digest in enumerate(digests) if times[digest] == 1}
