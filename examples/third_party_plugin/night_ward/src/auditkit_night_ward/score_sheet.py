"""A score sheet, as it hangs on the wall of a ward, opened as a model."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from auditkit import ClassScores, ModelError, Trainable, adapter, parse_numbers


@dataclass(frozen=True)
class ScoreSheet:
    """Points for each column, added up and turned into a probability. Anything with `predict` is a model."""

    base: float
    points: dict[str, float]

    def predict(self, inputs):
        """The probability that the sheet gives to each row of a DataFrame; cells come as the file has them."""
        total = np.full(len(inputs), self.base)
        for name, points in self.points.items():
            total += points * parse_numbers(inputs[name].to_numpy(dtype=object), column=name)
        yes = 1 / (1 + np.exp(-total))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


@adapter("night-ward-sheet", gives=ClassScores, cannot={Trainable: "a sheet on a wall was not trained"})
def open_score_sheet(path: Path, *, scale: float = 1.0):
    """A sheet of points for each input, in TOML; `scale` is how many points make one logit."""
    try:
        sheet = tomllib.loads(path.read_text("utf-8"))
        points = {name: value / scale for name, value in sheet["points"].items()}
        return ScoreSheet(sheet["base"] / scale, points)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"'{path.name}' is no score sheet: {error}", hint="it holds base = ..., and below [points] COLUMN = ..."
        ) from error
