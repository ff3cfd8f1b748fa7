"""`auditkit canaries`: rows that a coin puts into the training data, and the key that tells which."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def canaries(
    spec: Annotated[Path, typer.Argument(help="The spec, whose [data] training the model will be trained on.")],
    *,
    count: Annotated[int, typer.Option(help="How many; a coin puts about one half into the training.")] = 500,
    stem: Annotated[str, typer.Option(help="What the three files are called, before their endings.")] = "canaries",
    candidates: Annotated[
        Path | None, typer.Option(help="Rows of your own to use as canaries, with the training rows' columns.")
    ] = None,
) -> None:
    """Before training: make rows that only a model that learns by heart will know, and toss a coin for each.

    Writes beside the spec the rows to add to the training, the key that tells all rows and what the coins said, and a
    commitment to that key, to be published before the model is trained. The audit of the trained model then bounds its
    epsilon from below.
    """
    from auditkit.canaries.placing import place_canaries
    from auditkit.host import Host
    from auditkit.spec import read_spec
    from auditkit.statistics import largest_bound

    read = read_spec(spec)
    placed = place_canaries(read, Host.installed(read), count=count, stem=stem, candidates=candidates)
    key, level = placed.made, f"{100 * read.interval_level:g}%"
    made, added = len(key.rows), sum(key.included)
    epsilon = read.model.claimed_epsilon
    largest = largest_bound(made, delta=read.model.claimed_delta, level=read.interval_level)
    share = added / (placed.training_rows + added)
    lines = [
        f"{placed.added}  {added} of {made} canaries: to be added to the training rows, {share:.1%} of all",
        f"{placed.key}  the key: keep it to yourself until the model is trained, and never train with it",
        f"{placed.commitment}  the commitment: publish it before you train",
        f"commitment {key.commitment}",
        "",
        f"the canaries are {key.kind}",
        f"with {made} canaries no epsilon above {largest:.2f} can be shown, at a confidence of {level}",
    ]
    if epsilon is not None and epsilon >= largest:
        lines.append(f"warning: the spec claims {epsilon:g}, which they could never refute: try --count {2 * made}")
    lines += [
        "",
        f"1. train on the training rows and those of {placed.added.name} together",
        "2. in the spec: [data] training names them together, and",
        f'   [data] canaries = "{placed.key.name}"',
        f'   [data] canaries_commitment = "{key.commitment}"',
        *(() if epsilon is not None else ("   [model] claimed_epsilon = 1.0   # where one is claimed",)),
        f"3. auditkit run {spec.name}",
    ]
    typer.echo("\n".join(lines))
