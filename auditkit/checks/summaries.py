"""What a result says of its subject and its data, without a row of them: names, digests, sizes, versions."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.case import Case
from auditkit.data.cells import CellCounts
from auditkit.dataset import AuditDataset, Codes, Split
from auditkit.disclosure.few import THRESHOLD
from auditkit.disclosure.smallcells import STRATA
from auditkit.disclosure.suppression import Cell
from auditkit.document import Text
from auditkit.evidence import evidence_key
from auditkit.finding import Finding, Measurement
from auditkit.precision import measure_effect
from auditkit.predictions import ClassScores, LabelScores, Predictions
from auditkit.result import Attribute, BatchPlan, Computing, DataSummary, GroupSize, SplitSummary, Subject

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec
    from auditkit.subject import Identified

GIVEN_CLASS = "auditkit_class_name"
"""The attribute by which a model that was given in memory says its class."""


def subject_of(spec: AuditSpec, case: Case[Any], identified: Identified) -> Subject:
    """What was audited: adapter, files, classes, and what opening the model had to tell."""
    predictions = case.predictions
    facts = load_facts(case)
    return Subject(
        adapter=spec.model.adapter,
        path=spec.model.path,
        class_name=facts.get("class_name"),
        digest=identified.digest,
        root_digest=identified.root_digest,
        files=identified.files,
        remote=identified.remote,
        facts=identified.facts,
        signature=identified.signature,
        prediction_type=type(predictions).__name__,
        classes=tuple(getattr(predictions, "classes", getattr(predictions, "labels", ()))),
        notes=tuple(facts["notes"]),
        trusted=tuple(facts["trusted"]),
    )


def load_facts(case: Case[Any]) -> dict[str, Any]:
    """The `notes` that the model has to tell, and the `device` that it ran on: kept with its predictions.

    Also what of it was `trusted`, of a model in memory its `class_name`, and of one that torch runs how: `computing`.

    The model is open when it has just predicted; later runs find the facts in the store, and open nothing.
    """

    def ask() -> dict[str, Any]:
        model = case.broker.model
        return {
            "notes": case.broker.told(),
            "trusted": list(getattr(model, "trusted", ())),
            "device": str(getattr(model, "device", "cpu")),
            "class_name": getattr(model, GIVEN_CLASS, None),
            "computing": getattr(model, "computing", None),
        }

    found: dict[str, Any] = case.store.remember(evidence_key("load-facts", of=case.keys["audit"][1]), ask)
    return found


def computing_of(case: Case[Any]) -> Computing | None:
    """How torch computed the predictions; where that was not in float32, with what it did to them; None: not known."""
    computing = load_facts(case)["computing"]
    if not isinstance(computing, Computing) or computing.precision == "float32":
        return computing if isinstance(computing, Computing) else None
    key = evidence_key("precision-effect", of=case.keys["audit"][1], seed=case.settings.seed)
    effect = case.store.remember(key, lambda: measure_effect(case, computing.precision))
    return computing.model_copy(update={"effect": effect})


def cut_notes(plans: Iterable[BatchPlan]) -> tuple[Text, ...]:
    """What the report says of texts that were longer than the model looks at."""
    return tuple(
        Text.of(
            "{count} of {rows} texts of the {split} split were longer than {limit} tokens and were cut",
            count=plan.cut,
            rows=plan.rows,
            split=plan.split,
            limit=plan.limit,
        )
        for plan in plans
        if plan.cut and plan.limit is not None
    )


def data_summary(
    spec: AuditSpec, dataset: AuditDataset, predictions: Predictions, positive: tuple[str, ...]
) -> DataSummary:
    """The splits, their columns' roles, and what rules may need of them."""
    target = spec.data.target
    return DataSummary(
        loader=spec.data.loader,
        splits=tuple(_split_summary(split, dataset, keyed=spec.data.salt_file is not None) for split in dataset.splits),
        target=", ".join(target) if isinstance(target, tuple) else target,
        positive=positive,
        threshold=spec.data.threshold,
        weights=spec.data.weights,
        available=available_evidence(spec, dataset, predictions),
        notes=number_notes(dataset.audit),
    )


MOST_NUMBERS = 20
"""Different numbers in a protected attribute beyond which it is taken for a measure and not for a name of groups."""


SKIN_TONE = "skin_tone_proxy"
"""The attribute that loaders make of pixels."""


def number_notes(split: Split) -> tuple[Text, ...]:
    """A warning for each protected attribute that holds a measure, such as an age in years, or is read off pixels."""
    tone = Text.of(
        "the attribute '{name}' is a proxy that was read off the pixels: nobody noted these people's skin, and light "
        "and camera move it as skin does",
        name=SKIN_TONE,
    )
    return (*([tone] if SKIN_TONE in split.groups else []), *_measures_among(split))


def _measures_among(split: Split) -> tuple[Text, ...]:
    return tuple(
        Text.of(
            "the attribute '{name}' holds {count} different numbers, and each is a group of its own: put them into "
            "bands ([data] bands makes a column '{name}_band'), and name that column in [data] groups instead",
            name=name,
            count=len(codes.vocabulary),
        )
        for name, codes in split.groups.items()
        if len(codes.vocabulary) > MOST_NUMBERS and all(map(_is_number, codes.vocabulary))
    )


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False


def available_evidence(spec: AuditSpec, dataset: AuditDataset, predictions: Predictions) -> tuple[str, ...]:
    """What rules may need, of what there is."""
    are_probabilities = isinstance(predictions, ClassScores) and predictions.kind == "probability"
    return expected_evidence(spec, dataset, type(predictions), are_probabilities=are_probabilities)


def expected_evidence(
    spec: AuditSpec, dataset: AuditDataset, kind: type[Predictions], *, are_probabilities: bool
) -> tuple[str, ...]:
    """What rules may need, of what predictions of a type leave them."""
    has = {
        "decisions": issubclass(kind, ClassScores | LabelScores),
        "targets": spec.data.target is not None or dataset.audit.truth is not None,
        "groups": bool(spec.data.groups),
        # They stand for being held against what came true: calibration is about nothing else.
        "scores": are_probabilities and dataset.audit.targets is not None,
        "training": dataset.training is not None,
        "reference": dataset.reference is not None,
        "canaries": dataset.canaries is not None,
        "protected_inputs": bool(spec.data.protected_inputs),
        "quasi_identifiers": bool(spec.data.quasi_identifiers),
        "readers": bool(spec.data.readers),
        "expected": bool(spec.data.expected.columns),
        "contraindications": spec.data.contraindications is not None,
        "item_groups": bool(spec.data.item_groups),
        "period": spec.data.period is not None,
        "governance": spec.governance.records is not None,
    }
    return tuple(name for name, there in has.items() if there)


def _split_summary(split: Split, dataset: AuditDataset, *, keyed: bool) -> SplitSummary:
    return SplitSummary(
        name=split.name,
        file=dataset.files.get(split.name),
        rows=len(split),
        digest=split.digest,
        keyed=keyed,
        missing_targets=_missing_targets(split),
        target_classes=() if split.targets is None else split.targets.vocabulary,
        attributes=tuple(attribute_of(name, codes) for name, codes in split.groups.items()),
        units=None if split.units is None else len(split.units.vocabulary),
        weight_sum=None if split.weights is None else math.fsum(split.weights),
    )


def _missing_targets(split: Split) -> int:
    if split.truth_known is not None:
        return int(np.count_nonzero(~split.truth_known))
    return 0 if split.targets is None else split.targets.missing


def attribute_of(name: str, codes: Codes) -> Attribute:
    """A protected attribute's groups, and how many rows each has."""
    groups = tuple(
        GroupSize(label=label, rows=int(rows)) for label, rows in zip(codes.vocabulary, codes.counts(), strict=True)
    )
    return Attribute(name=name, groups=groups, missing=codes.missing)


def group_sizes(case: Case[Any], findings: Iterable[Finding]) -> dict[Cell, int]:
    """Rows of every group and intersection that a measurement may be about, people where they are few; () is all."""
    sizes: dict[Cell, int] = {(): len(case)}
    if not case.has_groups:
        return sizes
    groups = next(case.chunks()).groups  # any rows name them all
    measured = {names for finding in findings for m in finding.measurements if (names := _told_of(m))}
    wanted = {part for names in measured for size in range(1, len(names) + 1) for part in combinations(names, size)}
    for names in sorted(wanted | {(name,) for name in groups}):
        if all(name in groups for name in names):
            sizes.update(_intersection_sizes(case, names))
    return sizes


def _told_of(measurement: Measurement) -> tuple[str, ...]:
    """The attributes whose groups a measurement is made of; of none when it is about all rows."""
    strata = measurement.conditions.get(STRATA)
    within = () if strata is None or not measurement.group else (strata,)
    return tuple(sorted({*measurement.group, *within}))


def _intersection_sizes(case: Case[Any], attributes: tuple[str, ...]) -> dict[Cell, int]:
    counts, vocabularies = CellCounts(THRESHOLD), []
    for chunk in case.chunks():
        columns = [chunk.groups[name] for name in attributes]
        vocabularies = [column.vocabulary for column in columns]
        counts.add([column.codes for column in columns], None if chunk.units is None else chunk.units.codes)
    sizes: dict[Cell, int] = {}
    for cell in sorted(counts.rows):
        people = counts.people(cell)
        labels = [vocabulary[code] for vocabulary, code in zip(vocabularies, cell, strict=True)]
        # Many rows of one patient are about one person: too few make a small cell, however many rows they have.
        size = people if people < THRESHOLD else counts.rows[cell]
        sizes[tuple(sorted(zip(attributes, labels, strict=True)))] = size
    return sizes


LIBRARIES = (
    "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "fairlearn", "torch", "transformers", "captum", "keras",
)  # fmt: skip


def library_versions() -> dict[str, str]:
    """The versions of what may have had a part in the numbers; what is not installed is left out."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
