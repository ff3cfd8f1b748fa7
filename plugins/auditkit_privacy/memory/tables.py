"""What the report shows of memorisation: rates side by side, gates, the attacker's strength, and rows by digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Chart, Measurement, Quote, Sampling, Series, Table, Text
from auditkit.statistics import extraction_chance
from auditkit_privacy.memory.apart import AUDIT, TRAINING
from auditkit_privacy.memory.cards import DIFFERENCE, EXPOSURE_DIFFERENCE, PERSONAL_DIFFERENCE
from auditkit_privacy.memory.closeness import NEAR
from auditkit_privacy.memory.doubts import Doubts
from auditkit_privacy.memory.reproducing import lengths, personal_of_kind
from auditkit_privacy.memory.rows import FEWEST, MemoryRows
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.exposure import DIGITS, MOST_RECORDS
from auditkit_privacy.recognisers import KINDS
from auditkit_privacy.validity.gates import FAILED, NOT_TRIED, PASSED

CURVE = (1, 10, 100, 1_000, 10_000)
"""Draws that the curve shows, as Hayes et al. do."""
_HALF = 0.5

Floats = npt.NDArray[np.floating]


def rate_table(measured: Iterable[Measurement]) -> Table:
    """Each way to reproduce a row, on both sides, and the difference."""
    known = {(one.metric, tuple(sorted(one.conditions.items()))): one for one in measured}
    rows = []
    for one in known.values():
        if one.metric not in _SIDES:
            continue
        pair = [known[_SIDES[one.metric], _key(one, split)] for split in (TRAINING, AUDIT)]
        rows.append(
            (
                _named(one),
                *(Quote.of(side) for side in pair),
                Quote.of(one),
                Quote.of(one, "interval"),
                Quote.of(one, "n"),
            )
        )
    names = ("what is reproduced", "training rows", "audit rows", "difference", "interval", "rows of the smaller side")
    return Table(
        title=Text.of("What the model gives away of its training rows, and of rows that it never saw"),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        prominent=True,
    )


_SIDES = {
    DIFFERENCE: "extraction_rate",
    PERSONAL_DIFFERENCE: "personal_extraction_rate",
    EXPOSURE_DIFFERENCE: "secret_exposure",
}


def _key(one: Measurement, split: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({**one.conditions, **split}.items()))


def _named(one: Measurement) -> Text:
    if one.metric == PERSONAL_DIFFERENCE:
        return Text.of("personal data, of the rows that have any")
    if one.metric == EXPOSURE_DIFFERENCE:
        return Text.of("bits of a secret")
    if "draws" in one.conditions:
        return Text.of("word for word, in {draws} draws, more likely than not", draws=one.conditions["draws"])
    if "drawn" in one.conditions:
        return Text.of("nine tenths, in one of {drawn} answers that were drawn", drawn=one.conditions["drawn"])
    said = {"verbatim": "word for word", "run": "ten words in a row"}
    return Text.of(said.get(one.conditions.get("match", ""), "nine tenths of the letters"))


def gate_table(sides: MemoryRows, doubts: Doubts, missed: Sides) -> Table:
    """What must hold before a difference is the model's doing."""
    gates = sides.gates
    people = min(len(sides.inside), len(sides.outside))
    enough = Text.of(
        "{inside} training rows, {outside} audit rows", inside=len(sides.inside), outside=len(sides.outside)
    )
    rows = (
        gates.blind_row(),
        gates.twins_row(),
        gates.people_row(),
        (
            Text.of("at least {count} rows a side", count=FEWEST),
            enough,
            Text.of(PASSED if people >= FEWEST else NOT_TRIED if not people else FAILED),
        ),
        *(one.row(missed) for one in doubts.reasons),
    )
    return Table(
        title=Text.of("Whether a difference between the sides is the model's doing"),
        columns=(Text.of("gate"), Text.of("what was seen"), Text.of("outcome")),
        rows=rows,
        prominent=True,
    )


def level_table(
    sides: MemoryRows, measured: Iterable[Measurement], scheme: Sampling, *, samples: int, secrets: bool
) -> Table:
    """Which attackers were tried, and what a stronger one would do."""
    known = list(measured)
    conditions = [one.conditions for one in known if one.n]
    few = Text.of("did not run on both sides: too few rows hold such a secret, or nothing can be told of the sides")
    asked = Text.of(
        "ran, on {inside} training and {outside} audit rows", inside=len(sides.inside), outside=len(sides.outside)
    )
    worked_out = Text.of(
        "ran: worked out at temperature {temperature}, top_k {top_k}, top_p {top_p}",
        temperature=scheme.temperature,
        top_k=scheme.top_k or "all",
        top_p=scheme.top_p,
    )
    silent = Text.of("did not run: the model does not tell how likely it is to write a given text")
    costly = Text.of("did not run: samples = 100 would have so many answers drawn to each row")
    unable = Text.of("did not run: the model draws no answers")
    rows = (
        (Text.of("goes on from the beginning of rows, once"), asked),
        (
            Text.of("asks for as many answers as it takes, and is told when the text is among them"),
            worked_out if any("draws" in one for one in conditions) else silent,
        ),
        (
            Text.of("draws several answers"),
            (asked if any("drawn" in one for one in conditions) else unable) if samples else costly,
        ),
        (
            Text.of("ranks secrets of a known format among all that fit it"),
            (asked if any(one.metric == EXPOSURE_DIFFERENCE and one.value is not None for one in known) else few)
            if secrets
            else Text.of(
                'did not run: secrets = ["patient number {place}"] would declare a format', place="{digits:6}"
            ),
        ),
        (
            Text.of("tries other beginnings, knows more of a row than how it begins, or trains the model further"),
            Text.of("not part of this check: a stronger attacker, who may find more"),
        ),
    )
    return Table(
        title=Text.of("How strong the attacker was"),
        columns=(Text.of("what the attacker does"), Text.of("in this audit")),
        rows=rows,
        prominent=True,
    )


def personal_table(sides: MemoryRows, rows: int) -> Iterator[Table]:
    """How many personal data of each kind the model wrote that it was not asked with; nothing where there are none."""
    counts = {kind: [int(_of_kind(side, kind, rows).sum()) for side in (sides.inside, sides.outside)] for kind in KINDS}
    found = tuple((Text.of(kind), *pair) for kind, pair in counts.items() if any(pair))
    if found:
        yield Table(
            title=Text.of("Personal data that the model wrote out, by kind"),
            columns=(Text.of("kind"), Text.of("of training rows"), Text.of("of audit rows")),
            rows=found,
        )


def _of_kind(side: Case[Any], kind: str, rows: int) -> npt.NDArray[np.int32]:
    return side.compute(personal_of_kind, most=rows, kind=kind)


def curves(logs: Sides) -> Iterator[Chart]:
    """The share of rows that so many draws bring word for word, more likely than not; nothing where none is known."""
    if np.isnan(logs.joined).any():
        return
    across = tuple(float(np.log10(draws)) for draws in CURVE)
    series = tuple(
        Series(name=Text.of(name), x=across, y=tuple(_shares(side)), n=len(side))
        for name, side in (("training rows", logs.inside), ("audit rows", logs.outside))
    )
    yield Chart(
        kind="line",
        title=Text.of("Rows that come word for word, more likely than not, in so many draws: 2 is 100, 4 is 10,000"),
        x_label=Text.of("Draws, log10"),
        y_label=Text.of("Share of rows"),
        series=series,
    )


def _shares(logs: Floats) -> Iterator[float]:
    for draws in CURVE:
        yield float(np.mean(extraction_chance(logs, draws) >= _HALF))


def record_table(sides: MemoryRows, changed: Floats) -> Iterator[Table]:
    """Training rows that were reproduced, under their salted digests; nothing without a salt file."""
    digests = sides.inside.row_digests
    if digests is None:
        return
    sizes = sides.inside.compute(lengths)
    near = sorted(np.flatnonzero(changed <= NEAR).tolist(), key=lambda row: (changed[row], -sizes[row], digests[row]))
    if near:
        yield Table(
            title=Text.of("Training rows that the model wrote out, under their salted digests"),
            columns=(Text.of("digest"), Text.of("characters that were reproduced"), Text.of("part of them changed")),
            rows=tuple((digests[row][:DIGITS], int(sizes[row]), float(changed[row])) for row in near[:MOST_RECORDS]),
        )
