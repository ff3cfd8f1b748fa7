"""Other states of the audited model, such as checkpoints of its training: opened as it is, and asked the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditkit.dataset import labels_of
from auditkit.errors import ModelError
from auditkit.predictions import Predictions

if TYPE_CHECKING:
    from auditkit.compute import Broker
    from auditkit.host import Host
    from auditkit.spec import AuditSpec


def digests_of_states(spec: AuditSpec, host: Host) -> tuple[tuple[str, str], ...]:
    """Each of `[model] checkpoints` with the digest of its files, in the spec's order.

    Raises:
        ModelError: there is none at a path, or it holds links.
        IntegrityError: the spec names a key that has to have signed the model, and it has not signed this one.
    """
    return tuple((name, _digest(spec, host, name)) for name in spec.model.checkpoints)


def _digest(spec: AuditSpec, host: Host, name: str) -> str:
    from auditkit.subject import check_signature, manifest_digest, model_files

    path = host.model_path(_as_model(spec, name))
    if path is None or not path.exists():
        raise ModelError(f"there is no checkpoint at '{name}'", hint="[model] checkpoints are beside the spec file")
    files, key = model_files(path), spec.model.signature_key
    if key is not None:
        check_signature(path, files, spec.folder / key)
    return manifest_digest(files)


def answers_at(broker: Broker, name: str, inputs: Any) -> Predictions:
    """What one of `[model] checkpoints` says of rows; the same adapter opens it, with the same options and trust.

    Raises:
        ModelError: the spec names no such checkpoint, or the adapter cannot open it.
    """
    dataset = broker.dataset
    if name not in broker.spec.model.checkpoints:
        raise ModelError(f"the spec names no checkpoint '{name}'", hint="list it: [model] checkpoints = [...]")
    spec = _as_model(broker.spec, name).model_copy(update={"task": dataset.task or broker.spec.task})
    model = broker.host.open_model(spec, target_classes=labels_of(dataset.audit), history=dataset.history)
    return replace(broker, spec=spec, _model=model, listen=None).predict(inputs)


def _as_model(spec: AuditSpec, name: str) -> AuditSpec:
    """The spec with the checkpoint in the model's place."""
    return spec.model_copy(update={"model": spec.model.model_copy(update={"path": name, "checkpoints": ()})})
