"""Choose benchmarks by their names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import takewhile

from benchmarks import (
    adapters,
    calibration,
    cold_start,
    copies,
    coverage,
    explainability,
    fairness,
    gate,
    memory,
    overhead,
    power,
    privacy,
    ranking,
    report,
    robustness,
    slices,
)

BENCHMARKS: dict[str, Callable[[list[str]], None]] = {
    "adapters": adapters.main,
    "calibration": calibration.main,
    "cold-start": cold_start.main,
    "copies": copies.main,
    "coverage": coverage.main,
    "explainability": explainability.main,
    "fairness": fairness.main,
    "gate": gate.main,
    "memory": memory.main,
    "overhead": overhead.main,
    "power": power.main,
    "privacy": privacy.main,
    "ranking": ranking.main,
    "report": report.main,
    "robustness": robustness.main,
    "slices": slices.main,
}


def main(arguments: list[str]) -> None:
    """Run the benchmarks that the first arguments name, one after another, each with the rest as its options."""
    if arguments[:1] in (["--help"], ["-h"]):
        print(f"usage: python -m benchmarks NAME... [OPTIONS]\n\nnames: {', '.join(sorted(BENCHMARKS))}")
        print("\nWhat each measures, and what was seen: docs/speed.md, docs/statistics.md and docs/gate.md")
        return
    if not arguments or arguments[0] not in BENCHMARKS:
        asked = arguments[0] if arguments else ""
        sys.exit(
            f"error: no benchmark is called '{asked}'\n  hint: python -m benchmarks {' | '.join(sorted(BENCHMARKS))}"
        )
    names = list(takewhile(BENCHMARKS.__contains__, arguments))
    for name in names:
        BENCHMARKS[name](arguments[len(names) :])


if __name__ == "__main__":
    main(sys.argv[1:])
