"""What two results say of model, data, plugins and machine, fact by fact; only what differs is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditkit.differing.told import Area, Changed
from auditkit.document import canonical_json
from auditkit.result import AuditResult, Provenance, SplitSummary, Subject
from auditkit.sealing.record import said_of

WITHHELD = "withheld"


def changed_facts(old: AuditResult, new: AuditResult) -> Iterator[Changed]:
    """Whatever differs of the subject, the data, the spec, the plugins and the environment, in this order."""
    yield from _between("subject", _subject(old.subject), _subject(new.subject))
    yield from _between("data", _data(old), _data(new))
    yield from _between("spec", _spec(old), _spec(new))
    yield from _between("plugins", _plugins(old.provenance), _plugins(new.provenance))
    yield from _between("environment", _environment(old), _environment(new))
    unseen = [{str(one.what): str(one.why) for one in result.not_looked_at} for result in (old, new)]
    yield from _between("not looked at", *unseen)


def _between(area: Area, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Changed]:
    for what in dict.fromkeys((*old, *new)):
        ours, theirs = (_said(side.get(what)) for side in (old, new))
        if ours != theirs:
            yield Changed(area=area, what=what, old=ours, new=theirs)


def _said(value: Any) -> str | None:
    """A value as one line; None where nothing is said: nothing, an empty text, an empty list."""
    if value is None or value == "" or (isinstance(value, Sequence | Mapping) and not value):
        return None
    return value if isinstance(value, str) else canonical_json(value).decode()


def _subject(subject: Subject) -> dict[str, Any]:
    reference = subject.reference_model
    return {
        "adapter": subject.adapter,
        "path": subject.path,
        "class": subject.class_name,
        "digest": subject.digest,
        "digest without names": subject.root_digest,
        "kind of predictions": subject.prediction_type,
        "classes": list(subject.classes),
        "signature": None if subject.signature is None else subject.signature.model_dump(mode="json"),
        "reference model": None if reference is None else reference.digest,
        **{f"file {one.name}": one.sha256 for one in subject.files},
        **{f"remote {name}": value for name, value in subject.remote.items()},
        **_facts(subject),
        **{f"trusted: {text}": "yes" for text in subject.trusted},
        **{f"note: {text}": "yes" for text in subject.notes},
    }


def _facts(subject: Subject) -> dict[str, Any]:
    if subject.facts is None:
        return {}
    return {name.replace("_", " "): value for name, value in subject.facts.model_dump(mode="json").items()}


def _data(result: AuditResult) -> dict[str, Any]:
    data = result.data
    found: dict[str, Any] = {"loader": data.loader, "available": sorted(data.available)}
    for split in data.splits:
        found |= {f"{split.name} split: {what}": value for what, value in _split(split).items()}
    return found | {f"note: {text}": "yes" for text in data.notes}


def _split(split: SplitSummary) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rows": split.rows,
        "digest": split.digest,
        "keyed": "yes" if split.keyed else "no",
        "missing targets": split.missing_targets,
        "classes": list(split.target_classes),
        "units": split.units,
        "sum of weights": split.weight_sum,
    }
    if split.file is not None:
        found |= {"file": split.file.name, "digest of the file": split.file.sha256}
    for attribute in split.attributes:
        found[f"rows without {attribute.name}"] = attribute.missing
        for group in attribute.groups:
            rows = WITHHELD if group.rows is None else group.rows
            found[f"rows of {attribute.name} {group.label}"] = rows
    return found


def _spec(result: AuditResult) -> dict[str, Any]:
    """What the spec says and the result tells; what else it says is in its digest alone."""
    data, provenance = result.data, result.provenance
    return {
        "digest": provenance.spec_digest,
        "name": result.name,
        "language": result.language,
        "seal": None if result.seal is None else str(said_of(result.seal)),
        "seed": provenance.seed,
        "level": provenance.level,
        "[data] target": data.target,
        "[data] positive": list(data.positive),
        "[data] threshold": data.threshold,
        "[data] weights": data.weights,
    }


def _plugins(provenance: Provenance) -> dict[str, Any]:
    """Distributions, since a digest is of all of one, then what plugins of it were there and which hooks they have."""
    found: dict[str, Any] = {}
    for one in provenance.plugins:
        found |= {f"{one.distribution}: version": one.version, f"{one.distribution}: digest": one.digest}
    return found | {f"{one.distribution}: plugin {one.name}": sorted(one.hooks) for one in provenance.plugins}


def _environment(result: AuditResult) -> dict[str, Any]:
    provenance = result.provenance
    computing = provenance.computing
    return {
        "auditkit": provenance.auditkit,
        "python": provenance.python,
        "platform": provenance.platform,
        "device": result.run.device,
        "executor": result.run.executor,
        "computing": None if computing is None else computing.model_dump(mode="json"),
        **{f"batches of the {one.split} rows": one.digest for one in provenance.batch_plans},
        **provenance.libraries,
    }
