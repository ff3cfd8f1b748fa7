"""Confined processes whose job is the same in many tests: tried in this process, or asked once and remembered.

What they answer follows from the job alone, and each costs half a second or more. That such work is confined, and what
becomes of a hostile job, is tested with the processes themselves. Pages are printed each time: that two printings are
alike is tested.
"""

from __future__ import annotations

import hashlib

from auditkit.confined import Limits, Refused, run_confined
from auditkit.errors import AuditError
from auditkit.rows import trying

PLACES = ("auditkit.confined", "auditkit.bundle.pades_reading", "auditkit.report.pdf")
"""Where `run_confined` is called from, or imported when it is called."""

_WRITER = "auditkit.report.pdf_writer"
_ANSWERS: dict[tuple[str, bytes, Limits], bytes] = {}


def answer_known(module: str, job: bytes, limits: Limits) -> bytes:
    """`run_confined`: rows are tried here; else once for each job, but that one which died or was refused is put again.

    Raises:
        Refused: the work raised an AuditError.
        Died: there is no answer, and why.
    """
    if module == trying.__name__:
        try:
            return trying._try(job)
        except AuditError as error:
            raise Refused(error.message, error.hint) from error
    if module == _WRITER and job:
        return run_confined(module, job, limits)
    key = (module, hashlib.sha256(job).digest(), limits)
    if key not in _ANSWERS:
        _ANSWERS[key] = run_confined(module, job, limits)
    return _ANSWERS[key]
