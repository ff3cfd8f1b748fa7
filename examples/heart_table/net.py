"""The network that network.toml names: auditkit calls build() and puts the state of heart.safetensors into it."""

import torch
from torch import nn

NUMBERS, CHOICES = 6, 19


class HeartNetwork(nn.Module):
    """Two layers over numbers, whose gaps it fills with the training medians, and over choices, one column each."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("medians", torch.zeros(NUMBERS))
        self.register_buffer("scales", torch.ones(NUMBERS))
        self.layers = nn.Sequential(nn.Linear(NUMBERS + CHOICES, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """The logits [n, 2] of rows [n, 25]; a number that is NaN counts as the training median."""
        numbers, choices = rows[:, :NUMBERS], rows[:, NUMBERS:]
        filled = torch.where(numbers.isnan(), self.medians, numbers)
        return self.layers(torch.cat([(filled - self.medians) / self.scales, choices], dim=1))


def build() -> nn.Module:
    """The module as it is before its state is put into it."""
    return HeartNetwork()
