"""The adapter for models of tables: torch modules, scikit-learn estimators, ONNX files, and several of one kind."""

from auditkit import hookimpl
from auditkit_tabular.adapter import open_tabular


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `tabular`."""
    return [open_tabular]
