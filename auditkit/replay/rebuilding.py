"""From the rows of a bundle to a Case: the same columns, predictions and settings, and nothing that was not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast, get_args

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from auditkit.bundle import dsse
from auditkit.bundle import layout as names
from auditkit.bundle.statements import Manifest, read_statement
from auditkit.bundle.stored import read_bounded
from auditkit.case import Case
from auditkit.case_settings import CaseSettings
from auditkit.compute import Broker
from auditkit.dataset import SplitName
from auditkit.errors import AuditError, IntegrityError
from auditkit.evidence import EvidenceStore, evidence_key, importable_name
from auditkit.looking import places_of
from auditkit.predictions import Predictions, Texts
from auditkit.rows.reading import LARGEST_FILE, SplitRows, read_rows
from auditkit.rows.trying import try_rows
from auditkit.spec import AuditSpec, DataSpec, ModelSpec

if TYPE_CHECKING:
    from auditkit.result import AuditResult


class NotKeptError(AuditError):
    """A check asked for something that evidence never holds."""


class NoRowsError(AuditError):
    """The bundle carries no rows, so that nothing of it can be recomputed."""


@dataclass(frozen=True)
class TextRows:
    """Of how many rows texts were generated, and reference texts are there; None: there were none."""

    generated: int | None
    references: int | None


@dataclass
class NoModel(Broker):
    """Stands where the model and the data were; notes what was asked of it, and has none of it."""

    kept: frozenset[SplitName] = frozenset()
    gone: frozenset[SplitName] = frozenset()
    """Whose rows were kept, and have been taken out of the bundle since."""
    asked: list[str] = field(default_factory=list)
    numbers: Mapping[SplitName, Mapping[str, npt.NDArray[Any]]] = field(default_factory=dict)
    """What checks had computed of what was not kept, by what was asked."""
    taken: list[str] = field(default_factory=list)
    """The functions whose kept numbers were taken as they are."""
    texts: Mapping[SplitName, TextRows] = field(default_factory=dict)

    def computed(self, asked: str, case: Case[Any], function: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:
        """Computed again where the evidence allows it; else the numbers that were kept, one a row."""
        before = len(self.asked)
        try:
            answer = function(case, **parameters)
        except NotKeptError:
            if (kept := self._kept_numbers(asked, case, before)) is None:
                raise
        else:
            if (kept := self._kept_numbers(asked, case, before)) is None:
                return answer
        del self.asked[before:]
        self.taken.append(importable_name(function))
        return kept

    def _kept_numbers(self, asked: str, case: Case[Any], before: int) -> npt.NDArray[Any] | None:
        """[len(case)]; None: there are none, or nothing was asked for since that evidence lacks."""
        column = self.numbers.get(case.split, {}).get(asked) if len(self.asked) > before else None
        rows = places_of(case)
        kept = column if column is None or rows is None else column[rows]
        return None if kept is None or np.ma.is_masked(kept) else np.asarray(kept)

    def refuse(self, what: str) -> NoReturn:
        """Note it, and end the check."""
        self.asked.append(what)
        raise NotKeptError(f"the evidence holds no {what}", hint="nothing: evidence never holds them")

    @property
    def dataset(self) -> NoReturn:
        """Never there."""
        self.refuse("data")

    @property
    def model(self) -> NoReturn:
        """Never there."""
        self.refuse("model")

    def split(self, name: SplitName) -> NoReturn:
        """Of a split that was kept only its inputs are asked for here; all else is in the store."""
        taken_out = ", which were taken out of the bundle" if name in self.gone else ""
        self.refuse("inputs" if name in self.kept else f"{name} rows{taken_out}")

    def predict_split(self, name: SplitName, store: EvidenceStore, key: str) -> NoReturn:  # noqa: ARG002  same
        """The split was not scored when the evidence was written."""
        self.refuse(f"predictions of the {name} rows")

    def predict(self, inputs: Any, *, batch_size: int | None = None) -> NoReturn:  # noqa: ARG002  same
        """Needs a model."""
        self.refuse("model")

    def predict_sound(self, inputs: Any, *, batch_size: int | None = None) -> NoReturn:  # noqa: ARG002  same
        """Needs a model."""
        self.refuse("model")

    def model_that(self, capability: type[Any]) -> NoReturn:  # noqa: ARG002  same
        """Needs a model, whatever it could do."""
        self.refuse("model")


@dataclass(frozen=True)
class WithheldTexts(Texts):
    """As many rows as the model answered, without a word of what it wrote."""

    rows: int = 0
    broker: NoModel = field(default_factory=lambda: NoModel(_stub("texts")), repr=False)

    def __len__(self) -> int:
        """The number of rows."""
        return self.rows

    def __getattribute__(self, name: str) -> Any:
        """Everything else that a Texts has is refused."""
        if name in {"samples", "texts", "logprobs", "cut"}:
            object.__getattribute__(self, "broker").refuse("generated texts")
        return object.__getattribute__(self, name)

    def take(self, rows: Any) -> Self:
        """As many of them."""
        return cast("Self", WithheldTexts((), rows=len(np.arange(self.rows)[rows]), broker=self.broker))


@dataclass(frozen=True)
class RebuiltCase(Case[Any]):
    """A case on what was kept: where texts were, as many rows without a word."""

    @property
    def has_truth(self) -> bool:
        """Whether there was a truth, be it texts."""
        return self._texts().references is not None or super().has_truth

    def _predictions(self) -> Predictions:
        rows = self._texts().generated
        return super()._predictions() if rows is None else self._withheld(rows)

    def _truth(self) -> Predictions:
        rows = self._texts().references
        return super()._truth() if rows is None else self._withheld(rows)

    def _texts(self) -> TextRows:
        assert isinstance(self.broker, NoModel)  # noqa: S101  `rebuilt_case` made it
        return self.broker.texts.get(self.split, TextRows(None, None))

    def _withheld(self, rows: int) -> WithheldTexts:
        assert isinstance(self.broker, NoModel)  # noqa: S101  same
        whole = WithheldTexts((), rows=rows, broker=self.broker)
        return whole if self.rows is None else whole.take(self.rows)


# A check that does not apply says what it was given by the type's name.
WithheldTexts.__name__ = Texts.__name__


def read_evidence(bundle: Path, result: AuditResult) -> dict[SplitName, SplitRows]:
    """The rows of every split that the bundle carries.

    Raises:
        NoRowsError: it carries none.
        IntegrityError: they are not what auditkit writes, or not about the rows that the result is about.
    """
    files: dict[SplitName, tuple[str, bytes, int]] = {}
    for split in result.data.splits:
        name = _rows_of(split.name)
        if (bundle / name).is_file():
            files[split.name] = name, read_bounded(bundle / name, name=name, limit=LARGEST_FILE), split.rows
    if files:
        try_rows({name: (raw, rows) for name, raw, rows in files.values()})
    found: dict[SplitName, SplitRows] = {}
    for split_name, (name, raw, count) in files.items():
        rows = read_rows(raw, name=name, rows=count)
        if rows.layout.split != split_name:
            raise IntegrityError(f"{name} says that it is about the '{rows.layout.split}' rows")
        found[split_name] = rows
    if "audit" not in found:
        raise NoRowsError(
            f"the bundle '{bundle}' carries no rows to recompute its numbers from: {_why_no_rows(bundle)}",
            hint='only an audit with [report] evidence = "rows" can be replayed',
        )
    audit = found["audit"].layout
    if audit.predictions is None or audit.settings is None:
        raise IntegrityError(f"{names.EVIDENCE}/audit.parquet does not say what was predicted, or how it was judged")
    return found


def _why_no_rows(bundle: Path) -> str:
    listed = _listed(bundle)
    if _rows_of("audit") in listed:
        return f"{_rows_of('audit')} was taken out after the bundle was signed"
    return "its audit kept counts alone" if listed else "its audit kept no evidence"


def taken_out(bundle: Path) -> frozenset[SplitName]:
    """The splits whose rows were kept, and are not in the bundle any more."""
    listed = _listed(bundle)
    splits: tuple[SplitName, ...] = get_args(SplitName)
    return frozenset(one for one in splits if _rows_of(one) in listed and not (bundle / _rows_of(one)).is_file())


def _listed(bundle: Path) -> set[str]:
    """The evidence that the signed manifest lists."""
    raw = dsse.read_envelope((bundle / names.MANIFEST).read_bytes(), name=names.MANIFEST).payload
    listed = read_statement(Manifest, raw, name=names.MANIFEST).digests
    return {name for name in listed if name.startswith(f"{names.EVIDENCE}/")}


def _rows_of(split: SplitName) -> str:
    return f"{names.EVIDENCE}/{split}.parquet"


@contextmanager
def rebuilt_case(
    evidence: Mapping[SplitName, SplitRows], result: AuditResult, gone: frozenset[SplitName] = frozenset()
) -> Iterator[Case[Any]]:
    """A case on a store of its own, which goes with it; `gone` are the splits that were taken out of the bundle.

    Raises:
        IntegrityError: the evidence says other settings than the signed result, or contradicts itself.
    """
    with TemporaryDirectory(prefix="auditkit-replay-") as folder:
        store = EvidenceStore(Path(folder))
        broker = NoModel(
            _stub(result.name),
            kept=frozenset(evidence),
            gone=gone,
            numbers={split: rows.numbers for split, rows in evidence.items()},
            texts={split: _text_rows(rows) for split, rows in evidence.items()},
        )
        keys: dict[SplitName, tuple[str, str]] = {}
        for split in result.data.splits:
            keys[split.name] = (evidence_key("replay-split", name=split.name), evidence_key("replay", name=split.name))
            if split.name in evidence:
                _put(store, keys[split.name], evidence[split.name])
        kept = evidence["audit"]
        case = RebuiltCase(_settings(kept, result), store, keys, broker)
        _refuse_contradiction(case, kept)
        yield case


def _text_rows(rows: SplitRows) -> TextRows:
    layout = rows.layout
    generated, references = (
        layout.rows if answers is not None and answers.type == "Texts" else None
        for answers in (layout.predictions, layout.truth)
    )
    return TextRows(generated, references)


def _put(store: EvidenceStore, keys: tuple[str, str], rows: SplitRows) -> None:
    store.put(keys[0], rows.columns)
    if rows.predictions is not None:
        store.put(keys[1], rows.predictions)


def _stub(name: str) -> AuditSpec:
    return AuditSpec(name=name or "replay", model=ModelSpec(adapter="none"), data=DataSpec(audit="none"))


def _settings(kept: SplitRows, result: AuditResult) -> CaseSettings:
    """What the evidence says, so far as the signed result says the same of what it says at all."""
    try:
        settings = TypeAdapter(CaseSettings).validate_python(kept.layout.settings)
    except ValidationError as error:
        raise IntegrityError("evidence/audit.parquet holds settings that auditkit does not write") from error
    signed: dict[str, Any] = {
        "seed": result.provenance.seed,
        "level": result.provenance.level,
        "min_group_size": result.policy.policy.min_group_size,
        "positive": result.data.positive,
        "threshold": result.data.threshold,
    }
    for name, value in signed.items():
        if getattr(settings, name) != value:
            raise IntegrityError(
                f"the evidence was taken with {name} = '{getattr(settings, name)}', and the result says '{value}'"
            )
    files = tuple((split.name, split.file) for split in result.data.splits if split.file is not None)
    return replace(settings, governance=result.governance, stated=result.stated, files=files)


def _refuse_contradiction(case: Case[Any], kept: SplitRows) -> None:
    """The decisions that are written down follow from the scores; a target that is no class fits no scores."""
    if kept.decisions is None:
        return
    try:
        follows = np.array_equal(case.decisions, kept.decisions)
        if case.has_targets:
            _ = case.targets
    except (AuditError, ValueError) as error:
        raise IntegrityError(f"evidence/audit.parquet contradicts itself: {error}") from error
    if not follows:
        raise IntegrityError("evidence/audit.parquet contradicts itself: the decisions do not follow from the scores")
