"""PairedCase: a candidate and a baseline on the same rows, for checks that ask whether a new model is worse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

import numpy as np
import numpy.typing as npt

from auditkit.case import Case, P_co
from auditkit.dataset import Codes
from auditkit.errors import NotApplicable


@dataclass(frozen=True)
class PairedCase(Generic[P_co]):
    """Two cases, row by row. Rows pair by their keyed digests; without a salt, by position on equal splits."""

    candidate: Case[P_co]
    baseline: Case[P_co]

    @classmethod
    def of(cls, candidate: Case[P_co], baseline: Case[P_co]) -> PairedCase[P_co]:
        """Pair two cases on the rows that both have.

        Raises:
            NotApplicable: the rows cannot be paired: the splits differ and no salt file was used.
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
    if ours is not None and theirs is not None:
        place = {digest: row for row, digest in enumerate(theirs)}
        pairs = [(row, place[digest]) for row, digest in enumerate(ours) if digest in place]
        if not pairs:
            raise NotApplicable("no row is in both audits", hint="use the same [data] salt_file and the same rows")
        left, right = zip(*pairs, strict=True)
        return np.array(left, dtype=np.int64), np.array(right, dtype=np.int64)
    if candidate.split_digest != baseline.split_digest:
        raise NotApplicable(
            "the rows of the two audits differ and cannot be paired",
            hint="give both audits the same [data] salt_file, made with: openssl rand -out release.salt 32",
        )
    rows = np.arange(len(candidate), dtype=np.int64)
    return rows, rows
