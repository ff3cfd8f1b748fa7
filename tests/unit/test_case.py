"""The case: a handle that travels, streams, and computes once."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, NotApplicable
from auditkit.case_settings import CaseSettings
from auditkit.columns import split_columns
from auditkit.compute import Broker
from auditkit.dataset import AuditDataset, Codes, Split
from auditkit.errors import CrashError, DataError, ModelError, PluginError
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.paired import PairedCase
from auditkit.spec import AuditSpec, DataSpec, ModelSpec
from auditkit.testing import toy_case

CALLS: list[str] = []


def toy(rows: int = 100, **fields: Any) -> Case[ClassScores]:
    chosen = (np.arange(rows) * 7 % 10) / 10
    predictions = ClassScores(("no", "yes"), np.column_stack([1 - chosen, chosen]))
    targets = ["yes" if row % 3 else "no" for row in range(rows)]
    groups = {"sex": ["F" if row % 2 else "M" for row in range(rows)]}
    about: dict[str, Any] = {"positive": "yes", "units": [row // 4 for row in range(rows)], "weights": np.ones(rows)}
    return toy_case(predictions, targets, groups, **(about | fields))


def total_score(case: Case[ClassScores], *, power: int = 1) -> float:
    CALLS.append("total")
    return float((case.predictions.scores[:, 1] ** power).sum())


def count_rows(case: Case[ClassScores], **_: Any) -> int:
    CALLS.append("rows")
    return len(case)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def seen(case: Case[ClassScores]) -> tuple[Any, ...]:
    assert case.units is not None
    assert case.weights is not None
    labels = {name: codes.labels() for name, codes in case.groups.items()}
    return (
        case.predictions.scores.tolist(),
        case.targets.labels(),
        labels,
        case.units.labels(),
        case.weights.tolist(),
        case.decisions.tolist(),
        np.asarray(case.inputs).tolist(),
    )


def test_pickled_case_says_the_same_and_carries_no_data():
    case = toy(5000)
    before = seen(case)
    raw = pickle.dumps(case)
    assert len(raw) < 20_000
    assert b"sex" not in raw
    again = pickle.loads(raw)
    assert again.key == case.key
    assert again.predictions.scores.tolist() == before[0]
    assert again.targets.labels() == before[1]


IN_ANOTHER_PROCESS = """
import pickle, sys
case = pickle.loads(sys.stdin.buffer.read())
print(case.key, float(case.predictions.scores.sum()), case.rng("x").integers(1 << 40), case.groups["sex"].counts())
assert "torch" not in sys.modules
"""


def test_case_works_in_another_process():
    case = toy()
    run = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS], input=pickle.dumps(case), capture_output=True, check=True
    )
    total, number = float(case.predictions.scores.sum()), case.rng("x").integers(1 << 40)
    assert run.stdout.decode().split() == f"{case.key} {total} {number} [50 50]".split()


def test_random_numbers_depend_on_seed_check_and_name_alone():
    case = toy()
    first = case.rng("a").random(3).tolist()
    case.rng("b").random(100)
    assert case.rng("a").random(3).tolist() == first
    assert toy().rng("a").random(3).tolist() == first
    others = [toy(seed=1).rng("a"), case.rng("b"), replace(case, identity="other.check").rng("a")]
    assert all(other.random(3).tolist() != first for other in others)


@pytest.mark.parametrize("size", [1, 7, 50, 100, 1000])
def test_chunks_put_together_are_the_whole(size):
    case = toy()
    chunks = [seen(chunk) for chunk in case.chunks(size)]
    whole = seen(case)
    for place, part in enumerate(whole):
        if not isinstance(part, dict):
            assert [row for chunk in chunks for row in chunk[place]] == part
    assert case.reduce(len, lambda a, b: a + b, size=size) == 100
    total = case.reduce(lambda chunk: chunk.predictions.scores.sum(), lambda a, b: a + b, size=size)
    assert total == pytest.approx(case.predictions.scores.sum())


@pytest.mark.parametrize("inner", [slice(5, 15), slice(None, None, 3), np.array([3, 1, 1])], ids=str)
@pytest.mark.parametrize("outer", [slice(10, 60), np.arange(90, 20, -2)], ids=["slice", "rows"])
def test_narrowing_twice_is_narrowing_once(outer, inner):
    case = toy()
    rows = np.arange(100)[outer][inner]
    twice, once = case.narrowed(outer).narrowed(inner), case.narrowed(rows)
    assert seen(twice) == seen(once)
    assert len(twice) == len(rows)
    assert twice.key == once.key
    assert twice.key != case.key


def test_chunks_read_the_store_once(monkeypatch):
    case = toy()
    reads: list[str] = []
    get = EvidenceStore.get
    monkeypatch.setattr(EvidenceStore, "get", lambda store, key: reads.append(key) or get(store, key))
    assert sum(chunk.targets.missing + len(chunk) for chunk in case.chunks(5)) == 100
    assert len(reads) == len(set(reads)) == 2


def test_compute_runs_once_for_each_key():
    case = toy()
    assert case.compute(total_score) == case.compute(total_score)
    assert CALLS == ["total"]
    case.compute(total_score, power=2)
    case.compute(count_rows)
    case.narrowed(slice(0, 10)).compute(count_rows)
    assert CALLS == ["total", "total", "rows", "rows"]
    again = pickle.loads(pickle.dumps(case))
    assert again.compute(total_score) == case.compute(total_score)
    assert len(CALLS) == 4


@pytest.mark.parametrize("changed", [{"seed": 1}, {"level": 0.9}, {"positive": "no"}, {"threshold": 0.3}], ids=str)
def test_compute_runs_again_when_the_settings_change(changed):
    case = toy()
    assert case.compute(count_rows) == 100
    positive = {"positive": (changed["positive"],)} if "positive" in changed else changed
    replace(case, settings=replace(case.settings, **positive)).compute(count_rows)
    assert CALLS == ["rows", "rows"]


def test_compute_runs_again_when_the_predictions_change():
    case = toy()
    case.compute(count_rows)
    other = evidence_key("other predictions")
    case.store.put(other, case.predictions)
    replace(case, keys={"audit": (case.keys["audit"][0], other)}, _kept={}, _whole={}).compute(count_rows)
    assert CALLS == ["rows", "rows"]


def test_compute_refuses_what_nobody_could_import():
    def inside(case: Case[Any]) -> int:
        return len(case)

    for function in (lambda case: len(case) + 1, inside, Path("x").exists):
        with pytest.raises(PluginError, match="can be imported"):
            toy().compute(function)


def test_compute_refuses_parameters_that_name_nothing():
    with pytest.raises(PluginError, match="names nothing"):
        toy().compute(count_rows, weights=np.ones(3))


def test_absent_columns_do_not_apply_and_say_what_to_type():
    case = toy_case(ClassScores(("a", "b"), np.eye(2)))
    for name in ("targets", "groups", "label_targets", "training", "reference", "quasi_identifiers"):
        with pytest.raises(NotApplicable) as caught:
            getattr(case, name)
        assert "[data]" in caught.value.hint
    assert not case.has_targets
    assert not case.has_groups


def test_quasi_identifiers_follow_the_rows():
    named = toy(4, quasi_identifiers={"age": ["30", "40", None, "30"], "site": list("aabb")})
    some = named.narrowed(np.array([3, 2])).quasi_identifiers
    assert {name: codes.labels() for name, codes in some.items()} == {"age": ["30", None], "site": ["b", "b"]}


def test_target_that_the_model_does_not_know_is_refused():
    case = toy_case(ClassScores(("no", "yes"), np.eye(2)), ["no", "yess"])
    with pytest.raises(DataError, match="'yess'") as caught:
        _ = case.targets
    assert "'yes'" in caught.value.hint


# The broker and its batch plan.


class Thresholds:
    """A model that notes how many rows it is given, and can be made to fail."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.batches: list[int] = []
        self.fails_at = fails_at

    def predict(self, inputs: Any) -> ClassScores:
        if len(self.batches) == self.fails_at:
            raise RuntimeError("out of memory")
        self.batches.append(len(inputs))
        scores = np.asarray(inputs, dtype=float) / 1000
        return ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))


def split_of(rows: int) -> Split:
    return Split("audit", np.arange(rows), Codes.of(["yes"] * rows), None, {}, None, None, digest=f"rows-{rows}")


def broker_case(folder: Path, model: Any, *, rows: int = 50, batch_size: Any = 7) -> Case[ClassScores]:
    split = split_of(rows)
    spec = AuditSpec(name="t", model=ModelSpec(adapter="toy", batch_size=batch_size), data=DataSpec(audit="none.csv"))
    store = EvidenceStore.open(folder)
    keys = (evidence_key("rows", of=rows), evidence_key("predictions", of=rows, size=batch_size))
    store.put(keys[0], split_columns(split))
    return Case(CaseSettings(), store, {"audit": keys}, Broker(spec, _dataset=AuditDataset("t", split), _model=model))


def test_batches_give_what_the_whole_gives(tmp_path):
    whole, sevens = Thresholds(), Thresholds()
    expected = broker_case(tmp_path, whole, batch_size=1000).predictions
    found = broker_case(tmp_path, sevens).predictions
    assert np.array_equal(found.scores, expected.scores)
    assert whole.batches == [50]
    assert sevens.batches == [7, 7, 7, 7, 7, 7, 7, 1]


def test_the_number_of_rows_is_had_without_asking_the_model(tmp_path):
    model = Thresholds()
    case = broker_case(tmp_path, model)
    assert [len(case), len(case.narrowed(slice(45, 60))), len(case.narrowed(np.array([3, 1])))] == [50, 5, 2]
    assert not model.batches


def test_predictions_are_had_once(tmp_path):
    assert len(broker_case(tmp_path, Thresholds()).predictions) == 50
    never = Thresholds(fails_at=0)
    assert len(broker_case(tmp_path, never).predictions) == 50
    assert never.batches == []


def test_broken_prediction_goes_on_from_the_batches_that_are_stored(tmp_path):
    failing = Thresholds(fails_at=3)
    with pytest.raises(CrashError, match="rows 22 to 28: RuntimeError: out of memory"):
        _ = broker_case(tmp_path, failing).predictions
    healed = Thresholds()
    found = broker_case(tmp_path, healed).predictions
    assert healed.batches == [7, 7, 7, 7, 1]
    assert np.allclose(found.scores[:, 1], np.arange(50) / 1000)


def test_plan_is_followed_even_when_the_model_would_now_take_other_batches(tmp_path):
    class Growing(Thresholds):
        batch_size = 10

    first = Growing(fails_at=2)
    with pytest.raises(CrashError):
        _ = broker_case(tmp_path, first, batch_size="auto").predictions
    second = Growing()
    second.batch_size = 25
    assert len(broker_case(tmp_path, second, batch_size="auto").predictions) == 50
    assert (first.batches, second.batches) == ([10, 10], [10, 10, 10])


def test_other_inputs_are_predicted_under_their_conditions_once(tmp_path):
    model = Thresholds()
    case = broker_case(tmp_path, model)
    inputs = np.arange(100, 120)
    first = case.predict(inputs, {"noise": "1"})
    assert np.allclose(first.scores[:, 1], inputs / 1000)
    calls = len(model.batches)
    case.predict(inputs, {"noise": "1"})
    assert len(model.batches) == calls
    case.predict(inputs, {"noise": "2"})
    case.predict(inputs + 1, {"noise": "1"})
    assert len(model.batches) == 3 * calls


class Answers:
    """A model that says what it is told to say."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, _: Any) -> Any:
        return self.answer


def unsound() -> Iterator[tuple[Any, str]]:
    good = np.full((50, 2), 0.5)
    yield [1, 2, 3], "returned a list"
    yield ClassScores(("a", "b"), good[:49]), "returned 49 rows for 50"
    for bad, said in ((np.nan, "NaN"), (np.inf, "infinite"), (-0.1, "below 0"), (1.1, "above 1"), (0.7, "sum to 1")):
        scores = good.copy()
        scores[12, 0] = bad
        yield ClassScores(("a", "b"), scores), said


@pytest.mark.parametrize(("answer", "said"), list(unsound()), ids=lambda value: value if isinstance(value, str) else "")
def test_unsound_predictions_are_refused(tmp_path, answer, said):
    with pytest.raises(ModelError, match=said):
        _ = broker_case(tmp_path, Answers(answer), batch_size=1000).predictions


# Pairs.


def pair_of(rows: int, digests: list[str] | None, rows_digest: str = "same") -> Case[ClassScores]:
    case = toy(rows)
    split = replace(case.broker.split("audit"), rows_digest=rows_digest)
    split = replace(split, row_digests=None if digests is None else tuple(digests))
    key = evidence_key("pair", digests=digests, rows_digest=rows_digest, rows=rows)
    case.store.put(key, split_columns(split))
    return replace(case, keys={"audit": (key, case.keys["audit"][1])}, _kept={}, _whole={})


def pairs(candidate: Case[Any], baseline: Case[Any]) -> tuple[list[int], list[int]]:
    found = PairedCase.of(candidate, baseline)
    assert len(found.candidate) == len(found.baseline) == len(found)
    return list(np.asarray(found.candidate.inputs)), list(np.asarray(found.baseline.inputs))


def test_rows_pair_by_their_digests_in_the_candidates_order():
    assert pairs(pair_of(4, list("abcd")), pair_of(4, list("dxba"))) == ([0, 1, 3], [3, 2, 0])


def test_rows_that_look_the_same_pair_only_when_all_rows_stand_in_the_same_order():
    assert pairs(pair_of(4, list("aabc")), pair_of(4, list("aabc"))) == ([0, 1, 2, 3], [0, 1, 2, 3])
    assert pairs(pair_of(4, list("aabc")), pair_of(4, list("cbaa"))) == ([2, 3], [1, 0])
    with pytest.raises(NotApplicable, match="told from all others") as caught:
        PairedCase.of(pair_of(2, list("aa")), pair_of(3, list("aab")))
    assert "unit" in caught.value.hint


def test_rows_without_a_salt_pair_by_position_on_equal_splits_alone():
    assert pairs(pair_of(3, None), pair_of(3, None)) == ([0, 1, 2], [0, 1, 2])
    with pytest.raises(NotApplicable, match="cannot be paired") as caught:
        PairedCase.of(pair_of(3, None), pair_of(3, None, "other"))
    assert "salt_file" in caught.value.hint
    with pytest.raises(NotApplicable, match="cannot be paired"):
        PairedCase.of(pair_of(3, list("abc")), pair_of(3, None, "other"))


def test_strangers_do_not_pair():
    with pytest.raises(NotApplicable, match="no row is in both"):
        PairedCase.of(pair_of(3, list("abc")), pair_of(3, list("xyz")))
