"""What a result needs to be written as a bundle: its evidence, for as long as the result is there."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.errors import AuditError
from auditkit.host import Host
from auditkit.inmemory.saying import in_python
from auditkit.pipeline import clock_for, refuse_pdf, refuse_place, write_audited
from auditkit.signers.addresses import absolute
from auditkit.signers.choosing import signer_for
from auditkit.spec import AuditSpec, make_spec
from auditkit.specs.source import Source

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.result import AuditResult


class Held:
    """The evidence that a result rests on. It holds neither the model nor the data; its store goes with it."""

    def __init__(self, spec: AuditSpec, case: Case[Any], temporary: Path | None) -> None:
        """Keep the case; `temporary` is the folder to remove when nobody holds this any more."""
        self.spec = spec
        self.case = case
        if temporary is not None:
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """Nothing: a result that was pickled or deeply copied is the document alone."""
        return _nothing, ()


def write_result(
    result: AuditResult,
    held: Held | None,
    folder: Path,
    *,
    force: bool,
    report: Mapping[str, Any],
    signing: Mapping[str, Any],
) -> Path:
    """Write the bundle of a result into a folder; `report` and `signing` are those sections of a spec.

    Raises:
        AuditError: nobody holds the result's evidence, or the bundle cannot be made or written.
    """
    with in_python():
        if held is None:
            raise AuditError(
                "this result has no evidence at hand: it was read from a file, copied or pickled",
                hint="write the result that auditkit.audit returned",
            )
        spec = _with(held.spec, report, signing)
        host = Host.installed()
        refuse_place(folder, force=force)
        host.exports_of(spec)
        signer = signer_for(spec, host)
        refuse_pdf(spec, signer)
        clock = clock_for(spec)
        return write_audited(result, held.case, spec, host, out=folder, signer=signer, clock=clock, force=force)


def _with(spec: AuditSpec, report: Mapping[str, Any], signing: Mapping[str, Any]) -> AuditSpec:
    """The spec of the audit with other sections on writing: its digest is in the result already, and stays."""
    key = signing.get("key")
    said = {
        "report": _given(
            {"evidence": spec.report.evidence, "formats": spec.report.formats, "exports": spec.report.exports}
        )
        | _given(report),
        # Absolute: the folder of the audit's spec need not be where this is called.
        "signing": {**_given(signing), **({} if key is None else {"key": absolute(str(key))})},
    }
    content = {"name": spec.name, "model": {"adapter": "said before"}, "data": {"audit": "said before"}, **said}
    read = make_spec(Source(content=content))
    return spec.model_copy(update={"report": read.report, "signing": read.signing})


def _given(section: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in section.items() if value is not None
    }


def _nothing() -> None:
    return None
