"""A network that gives a value and how sure it is of it; and the same as quantiles. One state fits both."""

import torch
from torch import nn

FIVE_PERCENT = 1.6448536269514722
"""Standard deviations from the middle of a normal distribution to its 95th percentile."""
MIDDLE = (50.0, 27.0, 8.0, 0.5, 0.5, 0.5, 0.5)
"""About the middle of each column, and how far it reaches: the network sees numbers near zero."""
REACH = (17.0, 4.5, 2.5, 0.5, 0.5, 0.5, 0.5)


class Pressure(nn.Module):
    """Mean and standard deviation, in mmHg, of rows [n, 7]: age, bmi, salt, female, male, not medicated, medicated."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("middle", torch.tensor(MIDDLE))
        self.register_buffer("reach", torch.tensor(REACH))
        self.layers = nn.Sequential(nn.Linear(7, 24), nn.Tanh(), nn.Linear(24, 2))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """[n, 2]; the second is above 0."""
        found = self.layers((rows - self.middle) / self.reach)
        return torch.stack([130 + 15 * found[:, 0], 10 * nn.functional.softplus(found[:, 1]) + 0.1], dim=1)


class Quantiles(Pressure):
    """The same network's 5%, 50% and 95% quantiles, of a normal distribution."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """[n, 3], ascending."""
        mean, spread = super().forward(rows).unbind(dim=1)
        return torch.stack([mean - FIVE_PERCENT * spread, mean, mean + FIVE_PERCENT * spread], dim=1)


def build() -> nn.Module:
    """Mean and spread."""
    return Pressure()


def quantiles() -> nn.Module:
    """The quantiles."""
    return Quantiles()
