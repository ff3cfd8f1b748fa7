"""Join the three signed audits by patient: whom does at least one model harm, and do harms pile up on the same people?

    python joint.py            # notes-audit/, photos-audit/, drugs-audit/ -> joint.csv, and a table

A harm is an attack that the notes' model misses, a tumour that the photographs' model misses, or a drug among the first
three that the patient's illness bars. The decisions are of the bundles' evidence, which the manifests sign: verify
them first. No name is read: evidence numbers units in the order of their names, and all three audits have the same
patients. joint.csv has no number of a patient either.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from auditkit.statistics.bootstrap import Bootstrap, bootstrap_counts

HERE = Path(__file__).parent
GROUPS = ["sex", "race", "age_band"]
MODELS = ["notes", "photos", "drugs"]
PATTERNS = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8)
"""Which models harm, [models, patterns]."""
FEW = 10
"""Where fewer are harmed twice, nothing is said."""
SEED = 20261124


def evidence(folder: Path, name: str) -> pd.DataFrame:
    """The rows of an audit, a patient each, in the order of their names."""
    rows = pd.read_parquet(folder / f"{name}-audit" / "evidence" / "audit.parquet")
    rows = rows.set_index("user" if name == "drugs" else "unit").sort_index()
    if list(rows.index) != list(range(len(rows))):
        raise SystemExit(f"{name}: a patient is missing or there twice; each has one row in each audit")
    return rows


def joined(folder: Path) -> pd.DataFrame:
    """Groups, and whether each model harms, of each patient."""
    rows = {name: evidence(folder, name) for name in MODELS}
    people = {name: rows[name][[f"group:{group}" for group in GROUPS]].astype(str) for name in MODELS}
    if not all(people["notes"].equals(people[name].rename_axis("unit")) for name in MODELS):
        raise SystemExit("the three audits are not of the same patients: their numbers or groups differ")
    harms = people["notes"].rename(columns=lambda name: name.removeprefix("group:"))
    for name, ill in (("notes", "attack"), ("photos", "tumour")):
        truth, said = (rows[name][column].astype(str) for column in ("target", "decision"))
        harms[name] = ((truth == ill) & (said != ill)).astype(int)
    barred = pd.read_csv(folder / "barred.csv").groupby("condition")["drug"].agg(set)
    shown = zip(rows["drugs"]["group:condition"].astype(object), rows["drugs"]["item"], strict=True)
    harms["drugs"] = [int(bool(set(listed) & barred.get(ill, set()))) for ill, listed in shown]
    return harms


def pile(counts: np.ndarray) -> np.ndarray:
    """The share harmed by two models or more, over what three independent models of the same rates would harm so.

    Args:
        counts: [any, groups, 8], patients by pattern of `PATTERNS`; groups are added up.

    Returns:
        [any]; 1 where errors are independent, NaN where two models could not meet.
    """
    shares = counts.sum(axis=-2) / counts.sum(axis=(-2, -1))[..., None]
    rates = shares @ PATTERNS.T
    each = np.where(PATTERNS[None], rates[..., None], 1 - rates[..., None]).prod(axis=-2)
    twice = PATTERNS.sum(axis=0) > 1
    expected = each[..., twice].sum(axis=-1)
    return np.divide(shares[..., twice].sum(axis=-1), expected, out=np.full(expected.shape, np.nan), where=expected > 0)


def piled(harms: pd.DataFrame) -> Bootstrap:
    """`pile` of these patients, with its bootstrap over patients."""
    places = harms[MODELS].to_numpy() @ np.array([4, 2, 1])
    counts = np.bincount(places, minlength=8)[None]
    return bootstrap_counts(counts, pile, rng=np.random.default_rng(SEED))


def twice(harms: pd.DataFrame) -> int:
    """How many of these patients are harmed by two models or more."""
    return int((harms[MODELS].sum(axis=1) > 1).sum())


def line(name: str, harms: pd.DataFrame) -> str:
    """A line of the table."""
    found = piled(harms)
    low, high = found.percentile()
    return f"{name:<18}{len(harms):>8}{twice(harms) / len(harms):>10.3f}{found.value:>8.2f}  ({low:.2f} to {high:.2f})"


def lines(harms: pd.DataFrame) -> list[str]:
    """Everybody, and each group of an attribute, unless one is of few: the others would tell it by what is left."""
    told = [line("all", harms)] if twice(harms) >= FEW else ["all: withheld, few"]
    for group in GROUPS:
        parts = dict(list(harms.groupby(group)))
        if min(map(twice, parts.values())) < FEW:
            told.append(f"{group}: withheld, few")
        else:
            told += [line(f"{group} {value}", part) for value, part in parts.items()]
    return told


def main() -> None:
    """Write joint.csv and print whether harms pile up."""
    parser = argparse.ArgumentParser(description="Join three audits by patient.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    folder = parser.parse_args().folder
    harms = joined(folder)
    told = harms[GROUPS].assign(harmed=np.where(harms[MODELS].any(axis=1), "yes", "no"))
    # In an order of the groups, so that no place tells whose row it is.
    told.sort_values([*GROUPS, "harmed"]).to_csv(folder / "joint.csv", index=False, lineterminator="\n")
    print(f"{'':<18}{'patients':>8}{'by two':>10}{'over what independent errors would give (95%)':>50}")
    print("\n".join(lines(harms)))


if __name__ == "__main__":
    main()
