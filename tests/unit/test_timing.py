"""How long a model will take: from a sample of its rows before, and from the batches that are done meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import ClassScores, OutOfMemory
from auditkit.checks.events import Predicting
from auditkit.cli.console import _Lines
from auditkit.forecasts.timing import Pace, about, batch_weights, size_in_words, time_sample


class Clocked:
    """A model that spends the seconds that a padded batch of a transformer would, by a clock of its own."""

    def __init__(self, *, batch_size=8, room=1 << 60):
        self.now, self.batch_size, self.room, self.calls = 0.0, batch_size, room, []

    def sizes(self, inputs):
        return np.array([len(text) for text in inputs], dtype=np.int64)

    def predict(self, inputs):
        longest, rows = max((len(text) for text in inputs), default=0), len(inputs)
        if rows * longest > self.room:
            raise OutOfMemory("too many")
        self.now += rows * longest * (1 + longest / 100)
        self.calls.append(rows)
        return ClassScores(("no", "yes"), np.full((rows, 2), 0.5))


def texts(count, seed=0):
    """Of 1 to 200 letters, most of them short."""
    lengths = np.clip(np.random.default_rng(seed).exponential(30, count).astype(int), 1, 200)
    return ["x" * length for length in lengths]


def truth(rows, size):
    """What all rows cost, longest first, by the same clock."""
    model = Clocked()
    order = sorted(rows, key=len, reverse=True)
    for start in range(0, len(order), size):
        model.predict(order[start : start + size])
    return model.now


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_tells_what_all_rows_cost(seed):
    rows, model = texts(3_000, seed), Clocked()
    found = time_sample(model, rows, rows=256, clock=lambda: model.now)
    assert 0.6 < found.seconds_a_row * len(rows) / truth(rows, 8) < 1.7
    assert found.rows == 256
    assert sum(model.calls) <= 2 * 256


def test_of_few_rows_all_are_timed():
    rows, model = texts(20), Clocked(batch_size=32)
    found = time_sample(model, rows, clock=lambda: model.now)
    assert found.rows == 20
    assert found.batch_size == 20
    assert found.seconds_a_row * 20 == pytest.approx(truth(rows, 32))


def test_a_batch_that_does_not_fit_is_halved_unless_its_size_was_given():
    rows = ["x" * 100] * 200
    assert time_sample(Clocked(batch_size=64, room=2_000), rows).batch_size == 16
    with pytest.raises(OutOfMemory):
        time_sample(Clocked(room=2_000), rows, batch_size=64)
    with pytest.raises(OutOfMemory):
        time_sample(Clocked(room=50), rows)


def test_memory_is_what_the_process_has_had():
    import resource

    class Greedy(Clocked):
        def predict(self, inputs):
            taken = np.ones(30_000_000)  # 240 MB
            assert taken[-1] == 1
            return super().predict(inputs)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = time_sample(Greedy(), texts(10))
    assert found.peak_bytes >= before
    assert found.peak_bytes == resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert found.peak_bytes > 240_000_000
    assert found.device_bytes is None


def test_the_rest_takes_what_the_work_that_is_done_took():
    batches = [slice(0, 10), slice(10, 20), slice(20, 25)]
    sizes = np.array([8] * 10 + [4] * 10 + [2] * 5)
    weights = batch_weights(batches, sizes)
    assert weights.tolist() == [80, 40, 10]
    assert batch_weights(batches, None).tolist() == [10, 10, 5]
    pace = Pace(weights)
    assert pace.left is None
    pace.passed(0, None)  # kept from before: nothing is learnt of it
    assert pace.left is None
    pace.passed(1, 2.0)  # 40 took 2 seconds, and 10 are left
    assert pace.left == pytest.approx(0.5)
    pace.passed(2, 1.0)
    assert pace.left == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under 10 s"), (9.9, "under 10 s"), (10, "about 10 s"), (44, "about 40 s"), (89, "about 90 s"),
        (91, "about 2 min"), (5399, "about 90 min"), (5401, "about 2 h"), (86_400, "about 24 h"),
    ],
)  # fmt: skip
def test_a_duration_is_said_as_people_say_it(seconds, words):
    assert about(seconds) == words


def test_bytes_are_said_as_people_say_them():
    assert [size_in_words(count) for count in (1, 340_400_000, 1_240_000_000)] == ["1 MB", "340 MB", "1.2 GB"]


def test_a_forecast_is_told_once_a_split_where_there_is_time_to_read_it(capsys):
    lines = _Lines()
    for left in (19.0, 240.0, 200.0):
        lines(Predicting("audit", 1, 9, left))
    lines(Predicting("training", 1, 9, 50.0))
    assert capsys.readouterr().err.splitlines() == [
        "  audit rows: about 4 min left",
        "  training rows: about 50 s left",
    ]
