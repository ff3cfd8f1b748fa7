"""Near copies among many texts, and leaks between two tables, beside datasketch on the texts.

The same texts for both, of words as frequent as in a language, of which one in a hundred is another one with a word
changed. Ours reads, hashes and compares them in full, as `data-quality.duplicates` does; datasketch hashes the phrases
that ours has found, with as many hash functions, and says which are candidates. What is named in
`benchmarks/peers.toml` and not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit_data_quality.alike import Rows, column_of
from auditkit_data_quality.hashed import HASHES, phrases_of
from benchmarks.timing import side_by_side

SEED = 20_261_123
WORDS, VOCABULARY = 100, 20_000
CHANGED = 100
"""One in so many texts is another one with a word changed."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks copies", description=__doc__)
    parser.add_argument("--texts", type=float, default=1e5)
    parser.add_argument("--rows", type=float, default=1e5, help="of each table, of 20 numbers")
    parser.add_argument("--runs", type=int, default=1, help="the fastest counts")
    parser.add_argument("--alone", action="store_true", help="leave the peer out")
    asked = parser.parse_args(arguments)
    texts, planted = notes(int(asked.texts))
    inside, outside = tables(int(asked.rows))
    contestants: dict[str, Callable[[], Any]] = {
        "auditkit, near texts": lambda: near(texts),
        "auditkit, two tables": lambda: leaks(inside, outside),
    }
    if not asked.alone and importlib.util.find_spec("datasketch") is not None:
        contestants["datasketch, candidates"] = of_datasketch(texts)
    found = {name: work() for name, work in contestants.items()}
    print(f"{len(texts):,} texts, {len(planted):,} near copies; 2 tables of {len(inside):,} rows")
    for name, one in side_by_side(contestants, asked.runs).items():
        share = len(found[name] & (planted if "tables" not in name else set(range(len(inside) // CHANGED))))
        print(f"{name:22} {one.fastest:8.2f} s, work {one.least_work:8.2f} s, {share:,} of the planted found")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def notes(count: int) -> tuple[list[str], set[tuple[int, int]]]:
    """Texts, and the places of those that are nearly the same."""
    draw = np.random.default_rng(SEED)
    often = 1 / np.arange(1, VOCABULARY + 1)
    names = np.array([f"word{place}" for place in range(VOCABULARY)], dtype=object)
    texts = [" ".join(row) for row in names[draw.choice(VOCABULARY, (count, WORDS), p=often / often.sum())]]
    planted = set()
    for place in range(count // CHANGED):
        words = texts[place].split()
        words[WORDS // 2] = "changed"
        texts[count - 1 - place] = " ".join(words)
        planted.add((place, count - 1 - place))
    return texts, planted


def tables(count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Two tables of 20 numbers; one in a hundred rows of the second is one of the first, rounded otherwise."""
    draw = np.random.default_rng(SEED)
    inside, outside = draw.normal(100.0, 15.0, (2, count, 20))
    outside[: count // CHANGED] = inside[: count // CHANGED].round(1)
    return inside, outside


def near(texts: list[str]) -> set[tuple[int, int]]:
    """Pairs that are nearly the same."""
    one, other = Rows([column_of(texts, 0.0)], (len(texts),)).near()
    return set(zip(one.tolist(), other.tolist(), strict=True))


def leaks(inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64]) -> set[int]:
    """Rows of the second that are nearly in the first."""
    columns = [column_of(list(column), 0.01) for column in np.concatenate([outside, inside]).T]
    one, _ = Rows(columns, (len(outside), len(inside))).near(across=True)
    return set(one.tolist())


def of_datasketch(texts: list[str]) -> Callable[[], set[tuple[int, int]]]:
    """Candidates by MinHash and bands for .8, of phrases that are hashed already."""
    from datasketch import MinHash, MinHashLSH

    phrases = phrases_of(texts)[0]
    sets = [[value.tobytes() for value in part] for part in np.split(phrases.values, phrases.starts[1:-1])]

    def work() -> set[tuple[int, int]]:
        index, found = MinHashLSH(threshold=0.8, num_perm=HASHES), set()
        for place, one in enumerate(sets):
            made = MinHash(num_perm=HASHES)
            made.update_batch(one)
            found |= {(other, place) for other in index.query(made)}
            index.insert(place, made)
        return found

    return work
