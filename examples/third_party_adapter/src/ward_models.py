from pathlib import Path

import numpy as np
from auditkit import ClassScores, ModelError, Trainable, adapter, hookimpl, needs_extra
from auditkit.checkpoints import refuse_strange_archive


class Classifier:
    def __init__(self, estimator):
        self.estimator = estimator
        self.classes = tuple(str(name) for name in estimator.classes_)

    def predict(self, inputs):
        rows = np.asarray(inputs, dtype=float)  # the cells of a CSV are text
        scores = self.estimator.predict_proba(rows) if len(rows) else np.empty((0, len(self.classes)))
        return ClassScores(self.classes, scores)


@adapter("sklearn", cannot={Trainable: "a saved estimator does not say on which rows it was fitted"})
def open_sklearn(path: Path, *, trust_pickle: bool = False):
    """A scikit-learn classifier saved with skops, or with joblib when trusted."""
    with needs_extra("models"):
        import joblib
        import skops.io
    if path.suffix == ".skops":
        refuse_strange_archive(path)
        try:
            return Classifier(skops.io.load(path))
        except (skops.io.exceptions.UntrustedTypesFoundException, KeyError, ValueError) as error:
            raise ModelError(
                f"'{path.name}' is no estimator: {error}", hint="skops.io.dump(estimator, path)"
            ) from error
    if not trust_pickle:
        raise ModelError(f"'{path.name}' is a pickle, which can run code", hint="[model] trust_pickle = true")
    return Classifier(joblib.load(path))


@hookimpl
def auditkit_register_adapters():
    return [open_sklearn]
