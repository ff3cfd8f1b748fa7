"""A network with an encoder for each kind of input, and a last layer over all. A missing part counts as zeros."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

WORDS = 128
"""Tokens that it has an embedding for: more than the notes have words."""
MIDDLE, REACH = (55.0, 94.0, 0.5, 0.5), (20.0, 4.0, 0.5, 0.5)
"""Of age, saturation, and the two sexes: the network sees numbers near zero."""


class Admission(nn.Module):
    """Two logits a patient: home, ward."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, 16)
        self.film = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 6 * 6, 16),
        )  # fmt: skip
        self.numbers = nn.Linear(4, 8)
        self.register_buffer("middle", torch.tensor(MIDDLE))
        self.register_buffer("reach", torch.tensor(REACH))
        self.last = nn.Sequential(nn.Linear(16 + 16 + 8, 24), nn.ReLU(), nn.Linear(24, 2))

    def forward(
        self,
        note: Mapping[str, torch.Tensor],
        film: torch.Tensor,
        table: torch.Tensor,
        present: Mapping[str, torch.Tensor],
    ) -> torch.Tensor:
        """[n, 2].

        Args:
            note: input_ids and attention_mask, [n, t].
            film: [n, 1, 24, 24].
            table: [n, 4], age, saturation, female, male.
            present: note and film, [n]; table, [n, 4]: what is there.
        """
        mask = note["attention_mask"][:, :, None].float()
        words = (self.words(note["input_ids"]) * mask).sum(1) / mask.sum(1).clamp(min=1)
        numbers = (table - self.middle) / self.reach * present["table"]
        parts = [
            words * present["note"][:, None],
            self.film(film) * present["film"][:, None],
            torch.relu(self.numbers(numbers)),
        ]
        return self.last(torch.cat(parts, dim=1))


def build() -> nn.Module:
    """The network, untrained."""
    return Admission()
