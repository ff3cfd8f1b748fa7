"""A case's rows as Parquet files: all that the checks were given, but inputs, texts and names of people."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.case_settings import SIGNED
from auditkit.checks.checking import looked_at
from auditkit.dataset import Codes, SplitName
from auditkit.document import canonical_json
from auditkit.isolation.choosing import store_of
from auditkit.looking import Looked, RowNumbers
from auditkit.predictions import ClassScores, Predictions, Rankings
from auditkit.rows.answers import Columns, columns_of
from auditkit.rows.layout import METADATA, Answers, Layout, Numbers

if TYPE_CHECKING:
    import pyarrow as pa

    from auditkit.case import Case
    from auditkit.evidence import EvidenceStore

KEPT = frozenset(
    {
        "targets",
        "label_targets",
        "groups",
        "units",
        "weights",
        "row_digests",
        "digest",
        "rows_digest",
        "truth",
        "truth_known",
        "rows",
    }
)
"""What `case.split_columns` has, and a file of rows keeps; a test holds the two equal."""


def row_files(case: Case[Any]) -> dict[str, bytes]:
    """A Parquet file a split, by name: the audit split, and the others that a check has looked at."""
    looked = [notes for notes, _ in _looked(case)]
    stored = {split: case.store.get(case.keys[split][0]) for split in _kept_splits(case, looked)}
    predicted: dict[SplitName, Predictions | None] = {
        split: case.store.get(case.keys[split][1]) if case.keys[split][1] in case.store else None for split in stored
    }
    predicted["audit"] = case.predictions
    user = _numbered([*predicted.values(), *(columns["truth"] for columns in stored.values())])
    return {
        f"{split}.parquet": parquet(_table(case, split, columns, predicted[split], user, _numbers(case)))
        for split, columns in stored.items()
    }


def _looked(case: Case[Any]) -> Iterator[tuple[Looked, EvidenceStore]]:
    """What each check of the audit looked at, and where it kept it; of a case that no audit made, nothing is known."""
    if not case.broker.has_host:
        return
    host, spec = case.broker.host, case.broker.spec
    for item in host.plan(spec):
        store = store_of(spec, host, item, case.store)
        notes = looked_at(host, dataclasses.replace(case, store=store), item, spec.compute.max_rows)
        if notes is not None:
            yield notes, store


def _numbers(case: Case[Any]) -> tuple[tuple[RowNumbers, EvidenceStore], ...]:
    """What was computed a row, each once, and where it lies."""
    # An isolated plugin, which says itself what it looked at, cannot take another check's place.
    looked = sorted(_looked(case), key=lambda pair: pair[1] is not case.store)
    found: dict[str, tuple[RowNumbers, EvidenceStore]] = {}
    for notes, store in looked:
        for one in notes.numbers.values():
            found.setdefault(one.asked, (one, store))
    return tuple(found.values())


def _kept_splits(case: Case[Any], looked: Iterable[Looked]) -> list[SplitName]:
    """The audit split, and those that a check looked at: nobody's rows without a reason."""
    wanted: set[SplitName] = {"audit", *(split for notes in looked for split in notes.splits)}
    return [split for split, keys in case.keys.items() if split in wanted and keys[0] in case.store]


def _numbered(all_predictions: list[Predictions | None]) -> Callable[[str], int]:
    """A number for every user, the same in every split, in the order of their names; the names go nowhere."""
    names = {name for one in all_predictions if isinstance(one, Rankings) for name in one.users}
    return {name: place for place, name in enumerate(sorted(names))}.__getitem__


def _table(
    case: Case[Any],
    split: SplitName,
    stored: dict[str, Any],
    predictions: Predictions | None,
    user: Callable[[str], int],
    computed: Sequence[tuple[RowNumbers, EvidenceStore]],
) -> pa.Table:
    """One row a row of the split: its keyed digest or its position, who it is about, what is true, what was said."""
    import pyarrow as pa

    truth = stored["truth"]
    answers, said = (None, {}) if predictions is None else columns_of(predictions, "", user)
    true_answers, true = (None, {}) if truth is None else columns_of(truth, "truth:", user)
    labels = _labels(stored, predictions)
    columns: Columns = dict(_who(stored, stored["rows"]))
    columns |= _targets(stored, labels)
    if isinstance(predictions, ClassScores) and split == "audit":
        columns["decision"] = _dictionary(Codes(case.decisions, predictions.classes))
    columns |= said | true
    if stored["truth_known"] is not None:
        columns["truth:known"] = np.asarray(stored["truth_known"])
    count = len(columns["row"])
    numbers = [(one, store) for one, store in computed if one.split == split]
    columns |= {f"number:{place}": _number_column(store, one, count) for place, (one, store) in enumerate(numbers)}
    layout = _layout(case, split, stored, answers=answers, truth=true_answers, labels=labels, rows=count).model_copy(
        update={"numbers": tuple(Numbers(asked=one.asked, function=one.function) for one, _ in numbers)}
    )
    return pa.table(columns).replace_schema_metadata({METADATA: canonical_json(layout.model_dump(mode="json"))})


def _number_column(store: EvidenceStore, one: RowNumbers, rows: int) -> pa.Array:
    """[rows]: the numbers at their rows, in their own type; null where none was computed."""
    import pyarrow as pa

    answer = np.asarray(store.get(one.key))
    if one.rows is None:
        return pa.array(answer, from_pandas=False)
    column, missing = np.zeros(rows, dtype=answer.dtype), np.ones(rows, dtype=bool)
    column[one.rows], missing[one.rows] = answer, False
    return pa.array(column, mask=missing, from_pandas=False)


def _who(stored: dict[str, Any], rows: int) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa

    digests = stored["row_digests"]
    yield "row", pa.array(np.arange(rows), pa.int64()) if digests is None else pa.array(list(digests), pa.string())
    for name, pair in stored["groups"].items():
        yield f"group:{name}", _dictionary(Codes(*pair))
    if stored["units"] is not None:
        # Whose row it is, by number: enough to resample units together, and no name.
        yield "unit", pa.array(np.asarray(stored["units"][0]), pa.int64())
    if stored["weights"] is not None:
        yield "weight", pa.array(np.asarray(stored["weights"]), pa.float64())


def _labels(stored: dict[str, Any], predictions: Predictions | None) -> tuple[str, ...] | None:
    flags = stored["label_targets"]
    if flags is None:
        return None
    names = tuple(getattr(predictions, "labels", ()))
    return names if len(names) == flags.shape[1] else tuple(str(place) for place in range(flags.shape[1]))


def _targets(stored: dict[str, Any], labels: tuple[str, ...] | None) -> Columns:
    columns: Columns = {}
    if stored["targets"] is not None:
        columns["target"] = _dictionary(Codes(*stored["targets"]))
    for place, name in enumerate(labels or ()):
        columns[f"target:{name}"] = np.asarray(stored["label_targets"][:, place])
    return columns


def _layout(
    case: Case[Any],
    split: SplitName,
    stored: dict[str, Any],
    *,
    answers: Answers | None,
    truth: Answers | None,
    labels: tuple[str, ...] | None,
    rows: int,
) -> Layout:
    is_audit = split == "audit"
    return Layout(
        split=split,
        rows=rows,
        keyed=stored["row_digests"] is not None,
        rows_digest=stored["rows_digest"],
        target=None if stored["targets"] is None else tuple(stored["targets"][1]),
        labels=labels,
        groups=tuple((name, tuple(pair[1])) for name, pair in stored["groups"].items()),
        units=None if stored["units"] is None else len(stored["units"][1]),
        weights=stored["weights"] is not None,
        predictions=answers,
        truth=truth,
        truth_known=stored["truth_known"] is not None,
        settings=_settings(case) if is_audit else None,
        max_rows=case.broker.spec.compute.max_rows if is_audit else None,
    )


def _settings(case: Case[Any]) -> dict[str, Any]:
    # The rest stands in the signed result, which a replay reads.
    names = (one.name for one in dataclasses.fields(case.settings) if one.name not in SIGNED)
    return {name: getattr(case.settings, name) for name in names}


def _dictionary(codes: Codes) -> Any:
    import pyarrow as pa

    is_missing = np.asarray(codes.codes) < 0
    return pa.DictionaryArray.from_arrays(
        pa.array(np.where(is_missing, 0, codes.codes), type=pa.int32(), mask=is_missing),
        pa.array(codes.vocabulary, type=pa.string()),
    )


def parquet(table: pa.Table) -> bytes:
    """The bytes of a Parquet file: the same rows give the same bytes."""
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    # No statistics and no writer's date.
    pq.write_table(table, stream, compression="zstd", write_statistics=False)
    return stream.getvalue()
