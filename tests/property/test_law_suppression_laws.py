"""What Local Law 144 has published, less what is withheld: no withheld count or rate can be had by subtraction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from auditkit import ClassScores
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import THRESHOLD, Cell, find_small_cells, suppress_findings
from auditkit.finding import Finding, Measurement, Quote, Table
from auditkit.testing import toy_case
from auditkit_fairness import group_rates, local_law_144

UNKNOWN = 4
"""Rows of unknown sex and race: all tables leave them out, and what to publish counts them. All are selected, which
nobody is told."""

people = st.lists(
    st.tuples(st.sampled_from([0, 1, 3, 6, 9, 11, 20, 45]), st.sampled_from([0.0, 0.2, 0.5, 1.0])),
    min_size=4,
    max_size=8,
)


@dataclass(frozen=True)
class Told:
    """What was true of each crossing of sex and race, and what was told of it."""

    atoms: dict[tuple[str, str], tuple[int, int]]
    """How many, and how many of them selected."""
    findings: tuple[Finding, ...]
    sizes: dict[Cell, int]
    hidden: frozenset[Cell]

    @classmethod
    def of(cls, cells: list[tuple[int, float]]) -> Told:
        atoms = {(f"s{at % 2}", f"r{at // 2}"): (n, round(n * share)) for at, (n, share) in enumerate(cells)}
        rows = [(s, r, place < hits) for (s, r), (n, hits) in atoms.items() for place in range(n)]
        rows += [(None, None, True)] * UNKNOWN
        chosen = np.array([hit for *_, hit in rows])
        scores = np.column_stack([~chosen, chosen]).astype(float)
        groups = {"sex": [s for s, *_ in rows], "race": [r for _, r, _ in rows]}
        case = toy_case(ClassScores(("no", "yes"), scores, "label"), None, groups, positive="yes")
        law = local_law_144(case, sex="sex", race="race", data_kind="test")
        blank = {"title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured"}
        findings = []
        for name, readings in (("a.law", list(law)), ("a.rates", list(group_rates(case)))):
            parts = {
                "measurements": [one for one in readings if isinstance(one, Measurement)],
                "evidence": [one for one in readings if isinstance(one, Table)],
            }
            findings.append(Finding.model_validate({"check": name, **parts, **blank}))
        sizes = group_sizes(case, findings)
        small = find_small_cells(sizes, findings)
        return cls(atoms, suppress_findings(findings, small, sizes), sizes, small.groups)

    def measurements(self) -> list[Measurement]:
        return [one for finding in self.findings for one in finding.measurements if not one.suppressed]

    def inside(self, group: dict[str, str]) -> np.ndarray:
        """[crossings], 1 where it belongs to the group."""
        return np.array(
            [float(all({"sex": s, "race": r}[name] == v for name, v in group.items())) for s, r in self.atoms]
        )

    def equations(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums of (how many, how many selected) of the crossings that a reader knows; last, of the unknown."""
        left, right = [], []
        none = np.zeros(len(self.atoms))
        for one in self.measurements():
            if one.metric != "selection_rate" or one.n is None or one.value is None:
                continue
            # All rows hold the unknown too, whose number is told.
            unknown = 0 if one.group else 1
            inside = self.inside(one.group)
            left += [np.concatenate([inside, none, [0]]), np.concatenate([none, inside, [unknown]])]
            right += [one.n - unknown * UNKNOWN, round(one.value * one.n)]
        return np.array(left), np.array(right, dtype=float)


def can_vary(told: Told, secret: np.ndarray) -> bool:
    left, right = told.equations()
    count = len(told.atoms)
    no_more_than_there_are = np.zeros((count + 1, 2 * count + 1))
    no_more_than_there_are[:count] = np.hstack([-np.eye(count), np.eye(count), np.zeros((count, 1))])
    no_more_than_there_are[count, 2 * count] = 1
    ends = [
        linprog(
            sign * secret,
            A_eq=left,
            b_eq=right,
            A_ub=no_more_than_there_are,
            b_ub=np.append(np.zeros(count), UNKNOWN),
            bounds=(0, None),
            method="highs",
        )
        for sign in (1, -1)
    ]
    assert all(end.status == 0 for end in ends), [end.message for end in ends]
    return bool(-ends[1].fun - ends[0].fun > 0.5)


@settings(max_examples=10, deadline=None)
@given(people.filter(lambda cells: sum(n for n, _ in cells) >= 60))
# Whoever lacks one of sex and race lacks both, and no woman is of the last race: so all of that race are men.
@example([(0, 0.0)] * 4 + [(1, 0.0), (20, 0.0), (45, 0.0)])
# Who knew that all of the unknown were selected would know that nobody of the first race was, and so who is in it.
@example([(9, 0.0), (1, 0.0), (6, 1.0), (45, 1.0)])
def test_no_small_category_can_be_solved_for(cells: list[tuple[int, float]]) -> None:
    told = Told.of(cells)
    for cell, n in told.sizes.items():
        if cell and 0 < n < THRESHOLD:
            inside = told.inside(dict(cell))
            assert can_vary(told, np.concatenate([inside, np.zeros(len(inside) + 1)])), cell


@settings(max_examples=10, deadline=None)
@given(people.filter(lambda cells: sum(n for n, _ in cells) >= 60))
def test_no_ratio_gives_a_withheld_rate_away(cells: list[tuple[int, float]]) -> None:
    told = Told.of(cells)
    ratios = [one for one in told.measurements() if one.metric == "impact_ratio" and one.value is not None]
    for one in ratios:
        assert tuple(sorted(one.versus.items())) not in told.hidden
        assert tuple(sorted(one.group.items())) not in told.hidden


@settings(max_examples=10, deadline=None)
@given(people.filter(lambda cells: sum(n for n, _ in cells) >= 60))
def test_tables_hold_no_number_of_a_single_category_but_quotes(cells: list[tuple[int, float]]) -> None:
    told = Told.of(cells)
    for table in told.findings[0].evidence[:-1]:
        for row in table.rows:
            assert any(isinstance(cell, Quote) for cell in row)
            assert not any(isinstance(cell, int | float) for cell in row)
