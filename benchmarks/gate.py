"""How often the gate fails a release that is as good as the last, and how often it finds one that is worse.

    python -m benchmarks gate

prints the tables of docs/gate.md, by simulation from a fixed seed. Every pair of models goes through the decision
itself: cases with predictions, the comparison, judgements, verdict. Beside it stand gates that compare two accuracies
and fail what is a point worse. Then releases are made worse by just the loss that `auditkit plan` says would be found
in 80%.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auditkit.case import Case
from auditkit.document import Text
from auditkit.gating.comparing import compare
from auditkit.gating.power import DISCORDANCE, RIGHT, shares_power
from auditkit.gating.releases import Compared, Release
from auditkit.judging import joined
from auditkit.policy import Policy
from auditkit.policy_baseline import MARGIN
from auditkit.predictions import ClassScores, Predictions, Rankings, Values
from auditkit.result import AuditResult, Verdict
from auditkit.testing import toy_case
from auditkit.testing.results import toy_result

SEED = 20_261_123
PAIRS = 1000
SIZES = (200, 1000, 5000)
ALPHA = 0.05
POSITIVE = 0.4
"""Of the rows."""
ALIKE = 0.9
"""Of a person's rows, those that a model is right or wrong about as it is about the person."""
SEXES = ("F", "M")
POINT = 0.01
"""By which a naive gate lets a release be worse."""
TODAY = date(2026, 11, 23)

Flags = NDArray[np.bool_]
Draw = Callable[[np.random.Generator, int, float], tuple[Case[Predictions], Case[Predictions]]]


@dataclass(frozen=True)
class Row:
    """What came of many pairs of models."""

    what: str
    n: int
    family: int
    pairs: int
    naive: float | None
    """How often a gate fails that lets no accuracy be a point worse."""
    naive_groups: float | None
    """The same, of any group."""
    fails: float
    undecided: float
    passes: float

    def __str__(self) -> str:
        naive = " | ".join("" if one is None else f"{one:.1%}" for one in (self.naive, self.naive_groups))
        ours = " | ".join(f"{one:.1%}" for one in (self.fails, self.undecided, self.passes))
        return f"| {self.what} | {self.n:,} | {self.family} | {naive} | {ours} |"


HEAD = (
    "| pairs of equal models | rows | comparisons | a point worse | in any group | fail | inconclusive | pass |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|"
)


def right_answers(rng: np.random.Generator, n: int, loss: float) -> tuple[Flags, Flags]:
    """[n] each: where the candidate is right, and where the baseline is; `loss` is the candidate's."""
    drawn = rng.choice(
        4, n, p=[RIGHT - DISCORDANCE / 2 - loss, DISCORDANCE / 2, DISCORDANCE / 2 + loss, 1 - RIGHT - DISCORDANCE / 2]
    )
    return np.isin(drawn, (0, 1)), np.isin(drawn, (0, 2))


def _class_case(right: Flags, positive: Flags, groups: dict[str, list[str]] | None) -> Case[Predictions]:
    score = np.where(right == positive, 0.9, 0.1)
    return toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - score, score])),
        np.where(positive, "yes", "no").tolist(),
        groups,
    )


def _groups(n: int) -> dict[str, list[str]]:
    """Two attributes: two groups and three, of equal and of unequal sizes."""
    place = np.arange(n)
    return {
        "sex": np.where(place % len(SEXES) == 0, "F", "M").tolist(),
        "band": np.array(["young", "middle", "old"])[np.digitize(place % 10, [2, 5])].tolist(),
    }


def classes(grouped: bool) -> Draw:  # noqa: FBT001  two kinds of a table
    """Two classifiers on the same rows."""

    def draw(rng: np.random.Generator, n: int, loss: float) -> tuple[Case[Predictions], Case[Predictions]]:
        positive = rng.random(n) < POSITIVE
        new, old = right_answers(rng, n, loss)
        order = rng.permutation(n)
        groups = {name: np.array(labels)[order].tolist() for name, labels in _groups(n).items()} if grouped else None
        return _class_case(new, positive, groups), _class_case(old, positive, groups)

    return draw


def people(rng: np.random.Generator, n: int, loss: float) -> tuple[Case[Predictions], Case[Predictions]]:
    """Two classifiers on the same rows, four of each person, who are mostly right or wrong together."""
    each = 4
    new, old = right_answers(rng, n // each, loss)
    keep = rng.random(n // each * each) < ALIKE
    new_rows, old_rows = (np.where(keep, np.repeat(one, each), rng.random(len(keep)) < RIGHT) for one in (new, old))
    positive = rng.random(len(keep)) < POSITIVE
    units = np.repeat(np.arange(n // each), each).tolist()
    cases = []
    for right in (new_rows, np.where(keep, old_rows, new_rows)):
        score = np.where(right == positive, 0.9, 0.1)
        scores = ClassScores(("no", "yes"), np.column_stack([1 - score, score]))
        cases.append(toy_case(scores, np.where(positive, "yes", "no").tolist(), units=units))
    return cases[0], cases[1]


def values(rng: np.random.Generator, n: int, loss: float) -> tuple[Case[Predictions], Case[Predictions]]:
    """Two models of a number with a long tail."""
    truth = rng.gamma(2.0, 1.0, n)
    shared = rng.laplace(0, 0.5, n)
    said = [truth + shared + rng.laplace(0, 0.1, n), truth + shared + rng.laplace(0, 0.1, n)]
    said[0] = said[0] + np.sign(said[0] - truth) * loss
    return tuple(toy_case(Values(one), truth=Values(truth)) for one in said)  # type: ignore[return-value]  two


def rankings(rng: np.random.Generator, n: int, loss: float) -> tuple[Case[Predictions], Case[Predictions]]:
    """Two recommenders that find the same kind of items, for users with three each."""
    del loss
    users, items = (
        tuple(f"u{place}" for place in range(n)),
        np.array([f"i{place}" for place in range(12)], dtype=object),
    )
    wanted = np.tile(items[:3], (n, 1))
    appeal = rng.normal(size=(n, 12)) + np.repeat([1.0, 0.0], [3, 9])
    shown = [items[np.argsort(-(appeal + rng.normal(0, 0.5, (n, 12))), axis=1)] for _ in range(2)]
    return tuple(toy_case(Rankings(users, one), truth=Rankings(users, wanted)) for one in shown)  # type: ignore[return-value]  same


def verdict_of(
    new: Case[Predictions], old: Case[Predictions], result: AuditResult, *, paired: bool, seed: int
) -> Verdict:
    """The verdict that the gate gives two models, of the default rule alone."""
    ours, theirs = (
        Release(Path(name), result.model_copy(update={"result_digest": f"{name}{seed}"})) for name in ("new", "old")
    )
    outcome = compare(Compared(ours, theirs, new, old, paired=paired, says=Text.of("simulated")), Policy(), TODAY)
    return joined(Policy(), Verdict(outcome="inconclusive", judgements=()), outcome.rules, outcome.judgements)


def simulate(what: str, draw: Draw, n: int, *, loss: float = 0.0, pairs: int = PAIRS, paired: bool = True) -> Row:
    """Put many pairs of models through the gate."""
    rng, result = np.random.default_rng([SEED, n, round(1e6 * loss), len(what)]), toy_result()
    naive, naive_groups, outcomes, family = [], [], [], 0
    for seed in range(pairs):
        new, old = draw(rng, n, loss)
        if not paired:
            old = draw(rng, n, loss)[1]
        verdict = verdict_of(new, old, result, paired=paired, seed=seed)
        outcomes.append(verdict.outcome)
        family = len(verdict.judgements)
        if isinstance(new.predictions, ClassScores):
            gaps = _gaps(new, old)
            naive.append(gaps[0] < -POINT)
            naive_groups.append(min(gaps) < -POINT)
    shares = [outcomes.count(one) / pairs for one in ("fail", "inconclusive", "pass")]
    whole = float(np.mean(naive)) if naive else None
    return Row(what, n, family, pairs, whole, float(np.mean(naive_groups)) if naive and family > 1 else None, *shares)


def _gaps(new: Case[Predictions], old: Case[Predictions]) -> list[float]:
    """The difference of accuracies, over all and in each group."""
    right = [case.decisions == case.targets.codes for case in (new, old)]
    gaps = [float(right[0].mean() - right[1].mean())]
    for name, codes in (new.groups if new.has_groups else {}).items():
        theirs = old.groups[name]
        gaps += [
            float(right[0][codes.codes == place].mean() - right[1][theirs.codes == place].mean())
            for place in range(len(codes.vocabulary))
        ]
    return gaps


def equal_models(pairs: int = PAIRS) -> Iterator[Row]:
    """Equal models, each kind and size."""
    for n in SIZES:
        yield simulate(ALONE, classes(grouped=False), n, pairs=pairs)
        yield simulate(BY_GROUP, classes(grouped=True), n, pairs=pairs)
        yield simulate("classes, different rows", classes(grouped=False), n, pairs=pairs, paired=False)
    yield simulate("classes, four rows a person", people, 1000, pairs=pairs)
    yield simulate("values with long tails", values, 200, pairs=pairs)
    yield simulate("rankings", rankings, 200, pairs=pairs)


ALONE, BY_GROUP = "classes, the same rows", "classes by group, the same rows"


def on_the_margin(pairs: int = PAIRS) -> Iterator[Row]:
    """Models that are worse by just the margin: whatever the gate claims of them is false."""
    for n in SIZES:
        yield simulate("classes, the same rows", classes(grouped=False), n, loss=MARGIN, pairs=pairs)
    yield simulate("classes by group, the same rows", classes(grouped=True), 1000, loss=MARGIN, pairs=pairs)


@dataclass(frozen=True)
class Planted:
    """A loss of the size that a plan tells."""

    n: int
    family: int
    told: float
    fails: float
    """How often it fails the gate."""
    promised: float
    """How often a plan says that an equal model passes, on all rows."""

    def __str__(self) -> str:
        ours = " | ".join(f"{one:.1%}" for one in (self.fails, self.promised))
        return f"| {self.n:,} | {self.family} | {self.told:.3f} | {ours} |"


HEAD_OF_LOSSES = (
    "| rows | comparisons | loss told | fails | an equal model passes, as told of all rows |\n|--:|--:|--:|--:|--:|"
)


def planted_losses(pairs: int = PAIRS) -> Iterator[Planted]:
    """Losses of the size that `auditkit plan` tells for all rows, alone and beside five groups."""
    for n in SIZES:
        for grouped, family in ((False, 1), (True, 6)):
            power = shares_power(n, MARGIN, ALPHA / family)
            found = simulate("planted", classes(grouped=grouped), n, loss=power.found, pairs=pairs)
            yield Planted(n, family, power.found, found.fails, power.passes)


def main(arguments: list[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gate")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of models, for each line")
    parser.add_argument("--only", choices=TABLES, help="one of the tables")
    asked = parser.parse_args(arguments)
    for name, (head, rows_of) in TABLES.items():
        if asked.only in {None, name}:
            print(f"\n{head}")
            for row in rows_of(asked.pairs):
                print(row, flush=True)


TABLES: dict[str, tuple[str, Callable[[int], Iterator[Row | Planted]]]] = {
    "equal": (HEAD, equal_models),
    "margin": (HEAD, on_the_margin),
    "planted": (HEAD_OF_LOSSES, planted_losses),
}
