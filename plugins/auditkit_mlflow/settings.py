"""Whether and where to log: by the environment, which differs between a laptop and CI while the spec does not."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass

from auditkit import AuditError

_WANTED = "AUDITKIT_MLFLOW"
_EXPERIMENT = "auditkit"


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    wanted: str
    tracking_uri: str
    experiment: str
    """Its name; of runs that are made here."""
    run_id: str | None
    """Of a run that is there already, such as the training's; None: one is made."""

    @classmethod
    def said(cls) -> Settings | None:
        """What `AUDITKIT_MLFLOW` and MLflow's own variables say; None: nothing is to be logged."""
        wanted = os.environ.get(_WANTED, "")
        if not wanted:
            return None
        return cls(
            wanted=wanted,
            tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", ""),
            experiment=os.environ.get("MLFLOW_EXPERIMENT_NAME") or _EXPERIMENT,
            run_id=os.environ.get("MLFLOW_RUN_ID") or None,
        )

    @property
    def with_bundle(self) -> bool:
        """Whether the bundle is logged beside the numbers."""
        return self.wanted == "bundle"

    def refuse_unusable(self) -> None:
        """Raise an AuditError that says what is missing, without importing MLflow."""
        if self.wanted not in {"numbers", "bundle"}:
            raise AuditError(f"{_WANTED} is '{self.wanted[:40]}'", hint=f"{_WANTED}=numbers or {_WANTED}=bundle")
        if not self.tracking_uri:
            # MLflow would begin a store of its own in whatever folder this is.
            raise AuditError(f"{_WANTED} is set, and MLFLOW_TRACKING_URI is not", hint="export MLFLOW_TRACKING_URI=...")
        if importlib.util.find_spec("mlflow") is None:
            raise AuditError(f"{_WANTED} is set, and mlflow is not installed", hint="pip install 'auditkit[mlflow]'")
