"""A result whose report has every drawing that there is: charts of each kind, explained texts, columns and pictures."""

from __future__ import annotations

import base64

import numpy as np

from auditkit import Passage, Piece, Pixels, Squares, Text
from auditkit.finding import Area, Chart, Finding, Series
from auditkit.result import AuditResult
from auditkit.testing.results import measured, toy_result

_ABOUT = {"answer": Text.of("it says yes"), "method": Text.of("occlusion"), "trust": Text.of("tested")}


def drawn_result() -> AuditResult:
    """The toy result, with three checks more that hold nothing but drawings."""
    return toy_result(findings=(*toy_result().findings, _finding("toy.charts", *charts()), _examples(), _crossed()))


def charts() -> tuple[Chart, ...]:
    """One of each kind, with bands and counts where a kind has them."""
    across = (0.05, 0.25, 0.5, 0.75, 0.95)
    band = Area(name="95% band", x=across, low=(0.0, 0.1, 0.3, 0.6, 0.8), high=(0.2, 0.4, 0.6, 0.9, 1.0))
    labels = {"x_label": Text.of("across"), "y_label": Text.of("up")}
    return (
        Chart(
            kind="reliability",
            title=Text.of("Reliability"),
            series=(Series(name="came true", x=across, y=(0.1, 0.3, 0.4, 0.8, 0.9), n=500),),
            areas=(band,),
            counts=(200, 100, None, 120, 80),
            **labels,
        ),
        Chart(
            kind="log_roc",
            title=Text.of("Members found"),
            series=(Series(name="attack", x=(0.001, 0.01, 0.1, 1.0), y=(0.01, 0.05, 0.2, 1.0), n=1000),),
            **labels,
        ),
        Chart(
            kind="line",
            title=Text.of("Net benefit at each threshold"),
            series=(
                Series(name="this model", x=across, y=(0.2, 0.15, 0.1, 0.05, 0.01), n=500),
                Series(name="treat everybody", x=across, y=(0.2, 0.05, -0.2, -0.9, -2.0)),
            ),
            areas=(
                Area(name="interval", x=across, low=(0.1, 0.1, 0.05, 0.0, -0.01), high=(0.3, 0.2, 0.15, 0.1, 0.03)),
            ),
            **labels,
        ),
    )


def _crossed() -> Finding:
    """Groups of two attributes and where they cross: a heat map, and the slices where the metric is worst."""
    groups = [{"sex": "F"}, {"sex": "M"}, {"ward": "A"}, {"ward": "B"}]
    groups += [{"sex": sex, "ward": ward} for sex in "FM" for ward in "ABC"]
    rates = tuple(
        measured("accuracy", 0.9 - 0.05 * place, 60 - 5 * place, 0.8 - 0.05 * place, 0.95 - 0.05 * place, group=group,
                 better="higher")
        for place, group in enumerate(groups)
    )  # fmt: skip
    return _finding("toy.crossed").model_copy(update={"measurements": rates})


def _examples() -> Finding:
    words = (
        Piece(says="chest", adds=0.4),
        Piece(says="pain", adds=0.2),
        Piece(says="since", adds=0.0),
        Piece(says="none", adds=-0.3),
    )
    columns = (Piece(says="age", value="61", adds=0.4), Piece(says="ward", value="B", adds=-0.2))
    rgb = base64.b64encode(np.arange(16 * 16 * 3, dtype=np.uint8).tobytes()).decode()
    return _finding(
        "toy.examples",
        Passage(title=Text.of("Example 1"), pieces=words, relied=True, made_up=True, **_ABOUT),
        Passage(title=Text.of("Example 2"), pieces=columns, relied=False, made_up=False, **_ABOUT),
        Squares(
            title=Text.of("Example 3"), side=2, adds=(0.5, 0.0, -0.4, 0.1),
            picture=Pixels(width=16, height=16, rgb=rgb), relied=True, made_up=False, **_ABOUT,
        ),
    )  # fmt: skip


def _finding(check: str, *evidence: Chart | Passage | Squares) -> Finding:
    return Finding(
        check=check, title=Text.of("Drawings"), text=Text.of("What it draws"), status="measured", evidence=evidence
    )
