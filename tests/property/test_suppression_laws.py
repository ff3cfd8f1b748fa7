"""Whatever is published, no number about fewer than ten people can be solved for. The witness is linear programming."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from auditkit import ClassScores
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import THRESHOLD, Cell, find_small_cells, suppress_findings
from auditkit.finding import Finding, Measurement
from auditkit.testing import toy_case
from auditkit_fairness import gaps, group_rates

OUTCOMES = ("TP", "FP", "FN", "TN")
COUNTED = {
    "selection_rate": (("TP", "FP"), OUTCOMES),
    "accuracy": (("TP", "TN"), OUTCOMES),
    "true_positive_rate": (("TP",), ("TP", "FN")),
    "false_negative_rate": (("FN",), ("TP", "FN")),
    "false_positive_rate": (("FP",), ("FP", "TN")),
    "precision": (("TP",), ("TP", "FP")),
}

counts = st.lists(
    st.lists(st.sampled_from([0, 0, 1, 2, 4, 8, 12, 30, 45]), min_size=4, max_size=4), min_size=4, max_size=9
)


@dataclass(frozen=True)
class World:
    """How many people of each sex and race had each outcome, and what was told about them."""

    atoms: dict[tuple[str, str], list[int]]
    before: tuple[Measurement, ...]
    after: tuple[Measurement, ...]
    sizes: dict[Cell, int]

    @classmethod
    def of(cls, table: list[list[int]]) -> "World":
        width = 2 if len(table) < 6 else 3
        atoms = {(f"s{place // width}", f"r{place % width}"): row for place, row in enumerate(table)}
        people = [(s, r, outcome) for (s, r), row in atoms.items() for outcome in range(4) for _ in range(row[outcome])]
        outcomes = np.array([outcome for *_, outcome in people])
        chosen = outcomes < 2
        case = toy_case(
            ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label"),
            np.where((outcomes == 0) | (outcomes == 2), "yes", "no"),
            {"sex": [s for s, *_ in people], "race": [r for _, r, _ in people]},
            positive="yes",
        )
        found = [reading for check in (group_rates, gaps) for reading in check(case)]
        measured = tuple(reading for reading in found if isinstance(reading, Measurement))
        blank = {"title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured"}
        finding = Finding.model_validate({"check": "a.b", "measurements": measured, **blank})
        sizes = group_sizes(case, [finding])
        (told,) = suppress_findings([finding], find_small_cells(sizes, [finding]), sizes)
        return cls(atoms, measured, told.measurements, sizes)

    def terms(self, group: dict[str, str], outcomes: tuple[str, ...]) -> np.ndarray:
        """[atoms x 4], 1 where somebody with this outcome in this group is counted."""
        inside = [
            all({"sex": s, "race": r}[name] == label for name, label in group.items()) and outcome in outcomes
            for s, r in self.atoms
            for outcome in OUTCOMES
        ]
        return np.array(inside, dtype=float)

    def equations(self) -> Iterator[tuple[np.ndarray, float]]:
        """What a reader knows: every told number as a sum of people."""
        for told in self.after:
            if "*" in told.group.values():
                yield from self._of_gap(told)
            elif told.metric in COUNTED and told.n is not None:
                counted, among = COUNTED[told.metric]
                yield self.terms(told.group, among), told.n
                if told.value is not None:
                    yield self.terms(told.group, counted), round(told.value * told.n)

    def _of_gap(self, gap: Measurement) -> Iterator[tuple[np.ndarray, float]]:
        if gap.metric != "demographic_parity_difference":
            return
        names = tuple(gap.group)
        groups = [dict(zip(names, part.label.split(" \N{MULTIPLICATION SIGN} "), strict=True)) for part in gap.compared]
        for group, part in zip(groups, gap.compared, strict=True):
            if part.n is not None:
                yield self.terms(group, OUTCOMES), part.n
        if gap.n is not None:
            taking = [g for g, part in zip(groups, gap.compared, strict=True) if part.compared]
            yield sum((self.terms(g, OUTCOMES) for g in taking), np.zeros(4 * len(self.atoms))), gap.n

    def secrets(self) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
        """Groups, and their positives or negatives, of fewer than ten people."""
        people = np.array(list(self.atoms.values())).ravel()
        for cell in self.sizes:
            for among in (OUTCOMES, ("TP", "FN"), ("FP", "TN")):
                if cell and 0 < self.terms(dict(cell), among) @ people < THRESHOLD:
                    yield dict(cell), among


def can_vary(world: World, secret: np.ndarray) -> bool:
    left, right = zip(*world.equations(), strict=True)
    ends = [
        linprog(sign * secret, A_eq=np.array(left), b_eq=np.array(right), bounds=(0, None), method="highs")
        for sign in (1, -1)
    ]
    assert all(end.status == 0 for end in ends), [end.message for end in ends]
    return bool(-ends[1].fun - ends[0].fun > 0.5)


# Beyond the first sex, told, the model is wrong about everybody: who was chosen tells who was ill.
@example([[1, 1, 8, 8], [8, 0, 0, 4], [0, 1, 8, 0], [0, 8, 1, 0], [0, 1, 12, 0]])
# What large margins tell leaves the positives of one crossing a single number, by inequalities alone.
@example([[0, 0, 0, 0], [0, 2, 8, 0], [8, 0, 0, 12], [1, 12, 1, 1], [4, 8, 4, 1]])
# The model is right about everybody: every decision that is told is a truth.
@example([[8, 0, 0, 30], [12, 0, 0, 45], [2, 0, 0, 45], [30, 0, 0, 12]])
@settings(max_examples=12, deadline=None)
@given(counts.filter(lambda table: sum(map(sum, table)) >= 60))
def test_no_small_number_can_be_solved_for(table: list[list[int]]) -> None:
    world = World.of(table)
    for group, among in world.secrets():
        if world.sizes[tuple(sorted(group.items()))] == world.sizes[()]:
            continue  # the group is everybody, and what holds for everybody is told
        assert can_vary(world, world.terms(group, among)), (group, among)


@settings(max_examples=12, deadline=None)
@given(counts.filter(lambda table: sum(map(sum, table)) >= 60))
def test_no_small_group_count_is_told(table: list[list[int]]) -> None:
    for told in World.of(table).after:
        if told.group and "*" not in told.group.values():
            assert told.n is None or told.n == 0 or told.n >= THRESHOLD
        assert all(part.n is None or part.n == 0 or part.n >= THRESHOLD for part in told.compared)


@settings(max_examples=12, deadline=None)
@given(counts.filter(lambda table: sum(map(sum, table)) >= 60))
def test_what_is_told_is_true_and_nothing_is_lost(table: list[list[int]]) -> None:
    world = World.of(table)
    assert len(world.before) == len(world.after)
    for before, after in zip(world.before, world.after, strict=True):
        assert (before.metric, before.group, before.label) == (after.metric, after.group, after.label)
        assert after.suppressed or after.value == before.value or "*" in after.group.values()
        if after.interval is not None and before.interval is not None:
            assert after.interval.low <= before.interval.low + 1e-9
            assert after.interval.high >= before.interval.high - 1e-9
