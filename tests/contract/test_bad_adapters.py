"""Adapters that break their contract, each in one way: the kit says which law, what it saw, and what to do."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import zipfile

import numpy as np
import pytest

from auditkit import ClassScores, ModelError, TokenLabels, Values, adapter
from auditkit.testing import ContractBroken, obey_contract

INPUTS = np.linspace(-2.0, 2.0, 10)
CALLS = itertools.count()


class Logistic:
    """A model of one weight."""

    def __init__(self, weight, twist=""):
        self.weight, self.twist = weight, twist

    def predict(self, inputs):
        inputs = np.asarray(inputs, dtype=float) if self.twist != "changes inputs" else inputs
        if self.twist == "crashes on nothing" and not len(inputs):
            raise IndexError("list index out of range")
        if self.twist == "eats nothing" and not len(inputs):
            return ClassScores(("no", "yes"), np.array([[0.5, 0.5]]))
        if self.twist == "centres the batch":
            inputs = inputs - inputs.mean() if len(inputs) else inputs
        if self.twist == "sorts":
            inputs = np.sort(inputs)
        if self.twist == "counts":
            inputs = inputs + next(CALLS)
        yes = 1 / (1 + np.exp(-self.weight * inputs))
        if self.twist == "changes inputs":
            inputs += 1
        if self.twist == "one row less":
            yes = yes[:-1]
        both = np.column_stack([1 - yes, yes])
        return ClassScores(("no", "yes"), both * (3 if self.twist == "no probabilities" else 1))


def read(path):
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return float(file["weight"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ModelError(f"'{path.name}' holds no weight", hint="np.savez(path, weight=...)") from error
    except zipfile.BadZipFile as error:
        raise ModelError(f"'{path.name}' is damaged", hint="write it anew") from error


def opening(twist=""):
    @adapter("logistic", gives=ClassScores)
    def open_logistic(path):
        """A logistic model of one weight."""
        if twist == "tells nothing":
            with np.load(path) as file:
                return Logistic(float(file["weight"]))
        if twist == "no hint":
            try:
                return Logistic(read(path))
            except ModelError as error:
                raise ModelError(error.message) from error
        if twist == "unpickles":
            try:
                return Logistic(read(path))
            except ModelError:
                with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
                    pickle.loads(path.read_bytes())
                raise
        if twist == "random weight":
            return Logistic(read(path) + next(CALLS))
        return Logistic(read(path), twist)

    return open_logistic


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "model.npz", weight=1.5)
    return tmp_path / "model.npz"


def test_a_good_adapter_obeys(file):
    obey_contract(opening(), path=file, inputs=INPUTS)


@pytest.mark.parametrize(
    ("twist", "law", "says"),
    [
        ("sorts", "order", "if you sort by length, put them back"),
        ("centres the batch", "batching and padding", "in batches of 1: scores differ"),
        ("crashes on nothing", "empty input", "IndexError"),
        ("eats nothing", "empty input", "Answer no rows with no rows"),
        ("counts", "repeated call", "the same rows twice: scores differ"),
        ("random weight", "opening again", "opened twice: scores differ"),
        ("changes inputs", "inputs untouched", "predict changed its inputs"),
        ("one row less", "soundness", "a row for each input"),
        ("no probabilities", "soundness", "probabilities lie in [0, 1]"),
        ("tells nothing", "refusal of bad files", "a missing path: FileNotFoundError"),
        ("no hint", "refusal of bad files", "ModelError without a hint"),
        ("unpickles", "refusal of bad files", "its code ran"),
    ],
)
def test_a_bad_adapter_is_told_which_law_it_breaks_and_what_to_do(file, twist, law, says):
    with pytest.raises(ContractBroken) as raised:
        obey_contract(opening(twist), path=file, inputs=INPUTS.copy())
    (breach,) = [breach for breach in raised.value.breaches if breach.law == law]
    assert says in str(breach)
    assert breach.remedy in str(raised.value)


@pytest.mark.parametrize(("noise", "obeys"), [(1e-7, True), (1e-3, False)])
def test_scores_of_spans_may_differ_in_their_last_bits_as_all_scores_may(file, noise, obeys):
    class Spans:
        def predict(self, inputs):
            # In a larger batch the sums are made in another order.
            return TokenLabels(tuple(((0, 4, "DRUG", 0.5 + noise * len(inputs)),) for _ in inputs))

    @adapter("spans", gives=TokenLabels)
    def open_spans(_):
        """Spans."""
        return Spans()

    excuses = {"refusal of bad files": "it reads no file"}
    if obeys:
        obey_contract(open_spans, path=file, inputs=INPUTS, except_=excuses)
    else:
        with pytest.raises(ContractBroken, match="in batches of 1: spans differ"):
            obey_contract(open_spans, path=file, inputs=INPUTS, except_=excuses)


def test_an_adapter_that_answers_another_type_than_it_says_is_told(file):
    @adapter("numbers", gives=ClassScores)
    def open_numbers(_):
        """Numbers."""

        class Model:
            def predict(self, inputs):
                return Values(np.asarray(inputs, dtype=float))

        return Model()

    with pytest.raises(ContractBroken, match="gives ClassScores by its decorator, and answered Values"):
        obey_contract(open_numbers, path=file, inputs=INPUTS, except_={"refusal of bad files": "it reads no file"})
