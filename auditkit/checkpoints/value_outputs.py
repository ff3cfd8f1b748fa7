"""What the numbers of a regression mean: values, a mean and how far it scatters, quantiles; back in their own unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from auditkit.errors import ModelError
from auditkit.predictions import Values

ValueOutput = Literal["values", "mean-and-spread", "mean-and-log-variance", "quantiles"]
VALUE_OUTPUTS: tuple[ValueOutput, ...] = ("values", "mean-and-spread", "mean-and-log-variance", "quantiles")

_MEDIAN = 0.5
_MATRIX = 2


@dataclass(frozen=True)
class ValueOutputs:
    """How the numbers [n, k] of a regression are read."""

    output: ValueOutput = "values"
    levels: tuple[float, ...] = ()
    """Of quantiles, ascending."""
    scale: float = 1.0
    offset: float = 0.0
    """A value is what the model gives, times `scale`, plus `offset`: for models that were trained on other units."""

    @property
    def count(self) -> int:
        """How many numbers a row has."""
        return {"values": 1, "quantiles": len(self.levels)}.get(self.output, 2)

    @property
    def middle(self) -> int:
        """The place of the value itself among a row's numbers."""
        return self.levels.index(_MEDIAN) if self.output == "quantiles" else 0

    def values(self, numbers: Any) -> Values:
        """The values of numbers [n, k], or [n] where there is one a row.

        Raises:
            ModelError: a row has more numbers, or fewer.
        """
        given = np.asarray(numbers, dtype=np.float64)
        table = given if given.ndim == _MATRIX else given.reshape(len(given), -1)
        self.refuse_other_count(table.shape[1])
        quantiles = table * self.scale + self.offset
        values = quantiles[:, self.middle]
        if self.output == "quantiles":
            return Values(values, None, quantiles, self.levels)
        if self.output == "values":
            return Values(values)
        with np.errstate(over="ignore"):  # infinity is refused with its row, as any spread that is no number
            spread = table[:, 1] if self.output == "mean-and-spread" else np.exp(table[:, 1] / 2)
        return Values(values, spread * self.scale)

    def refuse_other_count(self, count: int) -> None:
        """Refuse a model that gives more numbers a row, or fewer."""
        if count != self.count:
            raise ModelError(
                f'the model gives {count} numbers a row, and output = "{self.output}" has {self.count}',
                hint=f"[model] output is one of {', '.join(VALUE_OUTPUTS)}; levels are for quantiles",
            )


def value_outputs(
    output: str | None, levels: Sequence[float] = (), *, scale: float = 1.0, offset: float = 0.0
) -> ValueOutputs:
    """What `[model]` says of a regression's outputs; `values` where it says nothing.

    Raises:
        ModelError: `output` is one of classes, `levels` do not fit it, or `scale` is not above 0.
    """
    if output is not None and output not in VALUE_OUTPUTS:
        raise ModelError(
            f'[model] output is "{output}", which is of classes, and the task is a regression',
            hint=f"output = {', '.join(repr(name) for name in VALUE_OUTPUTS)}".replace("'", '"'),
        )
    if (output == "quantiles") != bool(levels):
        raise ModelError(
            'quantiles need their levels, and levels are for quantiles: output = "quantiles" and levels go together',
            hint='[model] output = "quantiles" and levels = [0.05, 0.5, 0.95]',
        )
    if levels and (_MEDIAN not in levels or list(levels) != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] < 1):
        raise ModelError(
            f"[model] levels are {list(levels)}: they ascend between 0 and 1, and 0.5, the value itself, is among them",
            hint="levels = [0.05, 0.5, 0.95]",
        )
    if not (math.isfinite(scale) and math.isfinite(offset) and scale > 0):
        raise ModelError(
            f"[model] scale is {scale:g} and offset {offset:g}: a value is what the model gives, times scale, "
            "plus offset",
            hint="scale is above 0: the standard deviation that the targets were divided by; offset is their mean",
        )
    return ValueOutputs(output or "values", tuple(levels), scale, offset)


def mixture(answers: Sequence[Values]) -> Values:
    """The mean of several models' values, and the spread of their mixture.

    The spread is sqrt(mean(spread^2 + value^2) - mean(value)^2) over the models, with spread 0 where they give none:
    the standard deviation of a mixture with equal weights (Lakshminarayanan, Pritzel and Blundell 2017, section 2.4).
    """
    values = np.array([one.values for one in answers])
    spreads = np.array([np.zeros(len(one)) if one.spread is None else one.spread for one in answers])
    mean = values.mean(axis=0)
    # Around the mean, and not as a difference of squares, which would lose all digits of large values.
    return Values(mean, np.sqrt((spreads**2 + (values - mean) ** 2).mean(axis=0)))
