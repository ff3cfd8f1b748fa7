"""Cases made from a few literals: real Cases on a real store, without a file or a model."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.case_settings import CaseSettings
from auditkit.columns import split_columns
from auditkit.compute import Broker
from auditkit.data.items import ItemGroups
from auditkit.data.periods import labels_in_order
from auditkit.dataset import AuditDataset, Codes, Split, SplitName
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.governance.record import Record
from auditkit.labels import canonical_label
from auditkit.predictions import Predictions
from auditkit.redacting import Recogniser
from auditkit.spec import AuditSpec, DataSpec, ModelSpec

P = TypeVar("P", bound=Predictions)

_counter = itertools.count()


def toy_case(  # noqa: PLR0913  a case has this many sides
    predictions: P,
    targets: Sequence[Any] | None = None,
    groups: Mapping[str, Sequence[Any]] | None = None,
    *,
    positive: str | Sequence[str] | None = None,
    threshold: float | None = None,
    units: Sequence[Any] | None = None,
    weights: Sequence[float] | None = None,
    min_group_size: int = 30,
    level: float = 0.95,
    seed: int = 0,
    inputs: Any = None,
    truth: P | None = None,
    truth_known: Sequence[bool] | None = None,
    protected_inputs: Mapping[str, str] | None = None,
    quasi_identifiers: Mapping[str, Sequence[Any]] | None = None,
    readers: Mapping[str, Sequence[Any]] | None = None,
    expected: Mapping[str, Sequence[Any]] | None = None,
    included: Sequence[bool] | None = None,
    period: Sequence[Any] | None = None,
    claimed_epsilon: float | None = None,
    claimed_delta: float = 0.0,
    examples: str = "none",
    governance: Sequence[Record] = (),
    kept_back: Sequence[str] = (),
    recognisers: Sequence[Recogniser] | None = None,
    barred: Sequence[Sequence[str]] | None = None,
    item_groups: Mapping[str, Mapping[str, str]] | None = None,
    provider: Mapping[str, str] | None = None,
) -> Case[P]:
    """A case from literals.

    Args:
        predictions: what the model says, n rows.
        targets: n labels of any scalar type, None where missing; n rows of flags for multi-label predictions.
        groups: attribute -> n labels.
        positive: the positive class, or several; absent: every class in turn.
        threshold: see `[data] threshold`.
        units: n, whose row it is.
        weights: n, how much each row counts.
        min_group_size: the policy's.
        level: the confidence of intervals.
        seed: the audit's seed.
        inputs: n; row numbers when absent.
        truth: n, what is true, in the type of the predictions, when those are no classes.
        truth_known: n, which rows have a truth; absent: all.
        protected_inputs: attribute -> the column of the inputs that carries it.
        quasi_identifiers: column -> n labels, that an acquaintance may know of a person.
        readers: column -> n labels, that a reader gave; None where not read.
        expected: role of `[data.expected]` -> n cells; None where nothing is said.
        period: n, when each row was: dates, or labels in order.
        included: n, of canaries: which of them a coin put into the training data.
        claimed_epsilon: what the model's training is said to have kept.
        claimed_delta: of the same claim.
        examples: which rows a check may show: none, synthetic, released.
        governance: the records of who answers for the model.
        kept_back: columns of which no example shows what a row holds.
        recognisers: what finds personal data in texts; None: what the installed plugins offer.
        barred: n, of rankings: the items that must not be recommended to each user; as many as there are.
        item_groups: attribute -> item -> its label: all items of the catalogue.
        provider: item -> who offers it.
    """
    flags = None if targets is None or np.ndim(np.array(targets, dtype=object)) < 2 else np.array(targets, dtype=bool)  # noqa: PLR2004
    split = Split(
        name="audit",
        inputs=np.arange(len(predictions)) if inputs is None else inputs,
        targets=None if targets is None or flags is not None else Codes.of(list(targets)),
        label_targets=flags,
        groups={name: Codes.of(list(labels)) for name, labels in (groups or {}).items()},
        units=None if units is None else Codes.of(list(units)),
        weights=None if weights is None else np.asarray(weights, dtype=np.float64),
        digest=f"toy-{next(_counter)}",
        truth=truth,
        truth_known=None if truth_known is None else np.asarray(truth_known, dtype=bool),
        quasi_identifiers={name: Codes.of(list(labels)) for name, labels in (quasi_identifiers or {}).items()},
        readers={name: Codes.of(list(labels)) for name, labels in (readers or {}).items()},
        expected={role: Codes.of(list(cells)) for role, cells in (expected or {}).items()},
        included=None if included is None else np.asarray(included, dtype=bool),
        period=None if period is None else Codes.of(list(period)),
        barred=None if barred is None else _table_of(barred),
        item_groups=_items_of(item_groups, provider),
    )
    store = EvidenceStore(_PLACE.get() or _folder(), is_durable=False)
    keys = (evidence_key("toy-split", of=split.digest), evidence_key("toy-predictions", of=split.digest))
    store.put(keys[0], split_columns(split))
    store.put(keys[1], predictions)
    named = (positive,) if isinstance(positive, str) else tuple(positive or ())
    classes = tuple(str(canonical_label(p)) for p in named)
    carried = tuple((protected_inputs or {}).items())
    quasi = tuple(quasi_identifiers or ())
    settings = CaseSettings(
        seed, level, min_group_size, classes, threshold,
        protected_inputs=carried, quasi_identifiers=quasi, readers=tuple(readers or ()),
        expected=tuple(expected or ()),
        period="" if split.period is None else "period", periods=labels_in_order(split.period),
        claimed_epsilon=claimed_epsilon, claimed_delta=claimed_delta, examples=examples, kept_back=tuple(kept_back),
        contraindications="" if barred is None else "contraindications.csv",
        item_groups=() if split.item_groups is None else split.item_groups.labels,
        provider="" if provider is None else "provider",
        governance=tuple(governance),
    )  # fmt: skip
    spec = AuditSpec(name="toy", model=ModelSpec(adapter="none"), data=DataSpec(audit="none.csv"))
    known = None if recognisers is None else tuple(recognisers)
    broker = Broker(spec, _dataset=AuditDataset("toy", split), _recognisers=known)
    return Case(settings, store, {"audit": keys}, broker)


def _table_of(barred: Sequence[Sequence[str]]) -> npt.NDArray[np.object_]:
    table = np.full((len(barred), max(map(len, barred), default=0)), None, dtype=object)
    for place, items in enumerate(barred):
        table[place, : len(items)] = list(items)
    return table


def _items_of(groups: Mapping[str, Mapping[str, str]] | None, provider: Mapping[str, str] | None) -> ItemGroups | None:
    if not groups:
        return None
    items = tuple(dict.fromkeys(item for labels in groups.values() for item in labels))
    coded = {name: Codes.of([labels.get(item) for item in items]) for name, labels in groups.items()}
    whose = None if provider is None else Codes.of([provider.get(item) for item in items])
    return ItemGroups(items, coded, "toy", whose)


def with_splits(
    case: Case[P],
    *,
    training: Case[P] | None = None,
    reference: Case[P] | None = None,
    canaries: Case[P] | None = None,
) -> Case[P]:
    """The case with the rows of other toy cases as its training rows, its reference, its canaries, or several."""
    keys: dict[SplitName, tuple[str, str]] = dict(case.keys)
    dataset = case.broker.dataset
    if training is not None:
        keys["training"] = training.keys["audit"]
        dataset = replace(dataset, training=replace(training.broker.dataset.audit, name="training"))
    if reference is not None:
        keys["reference"] = reference.keys["audit"]
        held = reference.broker.dataset.audit
        dataset = replace(
            dataset, reference=replace(held, name="reference", given=held.inputs if held.given is None else held.given)
        )
    if canaries is not None:
        keys["canaries"] = canaries.keys["audit"]
        dataset = replace(dataset, canaries=replace(canaries.broker.dataset.audit, name="canaries"))
    return replace(case, keys=keys, broker=replace(case.broker, _dataset=dataset), _kept={}, _whole={})


def with_model(case: Case[P], model: Any) -> Case[P]:
    """The case with a model that answers for other inputs: an object with `predict(inputs)`."""
    return replace(case, broker=replace(case.broker, _model=model), _kept={}, _whole={})


def with_reference_model(case: Case[P], said: Mapping[SplitName, Predictions]) -> Case[P]:
    """The case with what a reference model says of the rows of each split."""
    held = replace(case, settings=replace(case.settings, reference_model="toy"), _kept={}, _whole={})
    for split, predictions in said.items():
        held.store.put(held.by_reference.keys[split][1], predictions)
    return held


_PLACE: ContextVar[Path | None] = ContextVar("place", default=None)


@contextmanager
def cases_in(folder: Path) -> Iterator[None]:
    """Keep the rows of the cases that are made inside in this folder."""
    token = _PLACE.set(folder)
    try:
        yield
    finally:
        _PLACE.reset(token)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="auditkit-testing-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
