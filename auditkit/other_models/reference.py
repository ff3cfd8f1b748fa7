"""The reference model: one of the same kind that was trained on other rows, which attacks hold the audited one against.

That it was trained on no training and no audit row is the word of whoever wrote the spec: nothing here can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec


def reference_spec(spec: AuditSpec) -> AuditSpec:
    """The spec of the reference model: it is opened as the model is, where it lies; nobody says who signed it."""
    changes = {"path": spec.model.reference_model, "reference_model": None, "signature_key": None, "checkpoints": ()}
    return spec.model_copy(update={"model": spec.model.model_copy(update=changes)})
