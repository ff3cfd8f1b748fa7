"""The adapter for models of tables: torch modules, scikit-learn estimators, ONNX files, and several of one kind.

`adapter` reads the spec and opens what it names. Of torch: `network`, which `stacked` trains anew and `private` trains
by DP-SGD. Of Keras: `keras_file`, once `keras_looking` has looked into the file. Of scikit-learn: `estimator_files`
loads, `estimator` predicts, `decisions` refuses what would be misread, and `training` trains a clone. Of ONNX:
`onnx_file`. Several together: `ensemble`. `meaning` says what a model's numbers mean, and `recognise` is what
`auditkit init` is told of such files.
"""

from auditkit import hookimpl
from auditkit_tabular.adapter import open_tabular

AUDITKIT_NEEDS = ("gpu",)


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `tabular`."""
    return [open_tabular]
