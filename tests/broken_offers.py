"""For each law of the contract a check, an adapter or an exporter that breaks it, under the law's name."""

from __future__ import annotations

import itertools
import pickle
import random
import time
from contextlib import suppress

import numpy as np

from auditkit import (
    ClassScores,
    Control,
    Embeds,
    Interval,
    Measurement,
    MetricCard,
    ModelError,
    Table,
    Text,
    check,
    clean,
    exporter,
    planted,
)
from auditkit.plugin import Adapter, Check, Exporter
from auditkit.testing import fair_groups, near

CARD = MetricCard(
    name="rate", title="Rate", asks="How often?", formula="yes / rows", source="counted", better="target",
    undefined="without rows", misleads="alone",
)  # fmt: skip
CONTROLS = (
    planted("half", fair_groups(), near("rate", 0.5, group={})),
    clean("twin", fair_groups(), near("rate", 0.5)),
)
CALLS = itertools.count()
HASHED = hash("what a text hashes to, in this process") % 1000


def yes(case):
    return case.predictions.scores[:, 1] >= 0.5


def weights(case):
    return np.ones(len(case)) if case.weights is None else case.weights


def share(flags, mass, **fields):
    if mass.sum() == 0:
        return Measurement.rate("rate", 0, 0)
    value = float(mass @ flags / mass.sum())
    interval = Interval(low=max(value - 0.2, 0), high=min(value + 0.2, 1), level=0.99, method="made up")
    return Measurement(**{"metric": "rate", "value": value, "n": len(flags), "interval": interval} | fields)


def good(case, **fields):
    """How often it says yes."""
    return share(yes(case), weights(case), **fields)


def silent(_):
    """Says nothing."""
    yield from ()


def other_metric(case):
    """Measures what no card explains."""
    yield good(case, metric="ratio")


def no_interval(case):
    """A bare number."""
    yield good(case, interval=None)


def huge_integer(case):
    """A cell that canonical JSON cannot hold."""
    yield good(case)
    yield Table(title=Text.of("cells"), columns=(Text.of("cell"),), rows=((2**60,),))


def clock(case):
    """Looks at the clock."""
    yield good(case, n=time.monotonic_ns() % 10_000_000)


def seeds(case):
    """Seeds the generator that all code shares."""
    random.seed(3)
    yield good(case)


def remembers(case, seen=[]):  # noqa: B006  the very mistake
    """Remembers how many kinds of cases it has seen."""
    seen.append(len(case))
    yield good(case, n=len(set(seen)))


def hashes(case):
    """Says what a text hashes to."""
    yield good(case, n=HASHED)


def asks_again(case):
    """Asks the model about the audit rows."""
    case.predict(np.arange(len(case)), conditions={"again": "yes"})
    yield good(case)


def first_half(case):
    """Looks at the first rows."""
    half = len(case) // 2 + 1
    yield share(yes(case)[:half], weights(case)[:half])


def by_name(case):
    """Counts women twice."""
    chosen = np.array([label == "F" for label in case.groups["sex"].labels()])
    yield share(yes(case), weights(case) * (1 + chosen))


def narrower_for_few(case):
    """The more rows, the wider."""
    value, half = 0.5, min(len(case) / 1000, 0.4)
    about = Interval(low=value - half, high=value + half, level=0.99, method="odd")
    yield good(case, value=value, interval=about)


def in_weights(case):
    """Measures in weights."""
    yield good(case, value=float(weights(case) @ yes(case)), interval=None, exact=True)


def no_weights(case):
    """Ignores weights."""
    yield share(yes(case), np.ones(len(case)))


def divides(case):
    """Divides by the positives."""
    _ = 1 // int(np.count_nonzero(case.targets.codes == 1))
    yield good(case)


def uncontrolled(case):
    """Carries no control."""
    yield good(case)


def fails_its_own(case):
    """Yields a control that it fails."""
    yield good(case)
    if not case.is_control:
        words = {"title": "a coin", "expected": "heads", "observed": "tails"}
        yield Control(kind="clean", passed=False, **{name: Text.of(said) for name, said in words.items()})


def pairs_of_rows(case):
    """Works on each pair of rows."""
    _busy(len(case) ** 2 * 2e-6)
    yield good(case)


def idles(case):
    """Takes long for few rows too."""
    _busy(0.2)
    yield good(case)


def _busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def _check(function, controls=CONTROLS):
    return check(f"broken.{function.__name__.replace('_', '-')}", on=ClassScores, metrics=[CARD], controls=controls)(
        function
    )


hashes = _check(hashes)
"""Under its own name, so that another process finds it."""

CHECKS = {
    "words": Check("broken.words", lambda case: [good(case)], on=(ClassScores,), metrics=(CARD,), controls=CONTROLS),
    "ordinary cases": _check(silent),
    "metric cards": _check(other_metric),
    "uncertainty": _check(no_interval),
    "readings": _check(huge_integer),
    "determinism": _check(clock),
    "global random numbers": _check(seeds),
    "no state": _check(remembers),
    "another process": hashes,
    "no second prediction": _check(asks_again),
    "permuting rows": _check(first_half),
    "relabelling groups": _check(by_name),
    "duplicating data": _check(narrower_for_few),
    "scaling weights": _check(in_weights),
    "counting weights": _check(no_weights),
    "degenerate inputs": _check(divides),
    "controls": _check(uncontrolled, ()),
    "controls that it yields": _check(fails_its_own),
    "time": _check(pairs_of_rows),
    "time budget": _check(idles),
}


class Logistic:
    """A model of one weight, and of one mistake."""

    def __init__(self, weight, mistake):
        self.weight, self.mistake = weight, mistake

    def predict(self, inputs):
        rows = np.asarray(inputs, dtype=float)
        if self.mistake == "inputs untouched":
            inputs += 1
        if self.mistake == "empty input" and not len(rows):
            raise IndexError("list index out of range")
        if self.mistake == "batching and padding" and len(rows):
            rows = rows - rows.mean()
        if self.mistake == "order":
            rows = np.sort(rows)
        if self.mistake == "repeated call":
            rows = rows + next(CALLS)
        p = 1 / (1 + np.exp(-self.weight * rows))
        return ClassScores(("no", "yes"), np.column_stack([1 - p, p]) * (3 if self.mistake == "soundness" else 1))


def _adapter(mistake):
    def opened(path):
        """A logistic model of one weight."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                weight = float(file["weight"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            if mistake == "refusal of bad files":
                with suppress(OSError, EOFError, pickle.UnpicklingError):
                    pickle.loads(path.read_bytes())
            raise ModelError(f"'{path.name}' holds no weight", hint="np.savez(path, weight=...)") from error
        return Logistic(weight + (next(CALLS) if mistake == "opening again" else 0), mistake)

    if mistake == "words":
        opened.__doc__ = None
    can = {Embeds.__name__: ""} if mistake == "capabilities" else {}
    return Adapter(f"broken-{mistake.replace(' ', '-')}", opened, gives=ClassScores, can=can)


ADAPTERS = {
    law: _adapter(law)
    for law in (
        "words", "soundness", "repeated call", "opening again", "batching and padding", "order", "empty input",
        "inputs untouched", "capabilities", "refusal of bad files",
    )
}  # fmt: skip


def as_text(_):
    """Text in the place of bytes."""
    return "text"


def joined_by_commas(result):
    """Names joined by commas."""
    return f"name,verdict\n{result.name},{result.verdict.outcome}\n".encode()


def counted(_):
    """How often it was asked."""
    return str(next(CALLS)).encode()


@exporter("broken-hashed.txt")
def hashed(_):
    """What a text hashes to."""
    return str(HASHED).encode()


def changes(result):
    """Changes what it is given."""
    for finding in result.findings:
        finding.options["seen"] = "yes"
    return b""


def slow(_):
    """Takes long."""
    _busy(0.2)
    return b""


EXPORTERS = {
    "words": Exporter("broken-words.txt", lambda _: b""),
    "bytes": exporter("broken.txt")(as_text),
    "well formed": exporter("broken.csv")(joined_by_commas),
    "repeated call": exporter("broken-counted.txt")(counted),
    "another process": hashed,
    "result untouched": exporter("broken-changes.txt")(changes),
    "time budget": exporter("broken-slow.txt")(slow),
}
