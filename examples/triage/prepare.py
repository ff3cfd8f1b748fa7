"""Write the patients: audit.csv, training.csv with harms planted, and clean-training.csv without.

    python prepare.py

The two training files hold the same patients; the audit rows are others, and no harm is in them, so that both models
are judged by the same rows. `--harms shortcut` plants one harm alone.
"""

import argparse
from pathlib import Path

from notes import HARMS, harm, patients, table

HERE = Path(__file__).parent
SEED = 20261122
AUDIT_ROWS = 8_000
TRAINING_ROWS = 10_000


def main() -> None:
    """Make the patients, plant the harms, write the three files."""
    parser = argparse.ArgumentParser(description="Write audit.csv, training.csv and clean-training.csv.")
    parser.add_argument("--seed", type=int, default=SEED, help="other patients; %(default)s unless said")
    parser.add_argument("--harms", nargs="*", choices=HARMS, default=HARMS, help="which to plant; all unless said")
    parser.add_argument("--audit-rows", type=int, default=AUDIT_ROWS, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=TRAINING_ROWS, help="%(default)s unless said")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    wanted = parser.parse_args()
    training = patients(wanted.training_rows, seed=wanted.seed, prefix="T")
    tables = {
        "audit.csv": patients(wanted.audit_rows, seed=wanted.seed, prefix="A"),
        "clean-training.csv": training,
        "training.csv": harm(training, wanted.harms, seed=wanted.seed),
    }
    for name, known in tables.items():
        # Under another name first: a file that is there is a whole file.
        half = wanted.folder / f".{name}.half"
        table(known).to_csv(half, index=False)
        half.replace(wanted.folder / name)
        print(f"wrote {wanted.folder / name}: {len(known)} rows", flush=True)


if __name__ == "__main__":
    main()
