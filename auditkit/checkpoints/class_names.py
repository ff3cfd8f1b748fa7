"""What the classes are called: the config's names, mapped by `[model] labels`, held against the data's names."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from auditkit.errors import ModelError

Kind = Literal["class", "labels"]
"""One class a row is right, or several labels can be."""

_UNNAMED = re.compile(r"LABEL_(\d+)")


def class_names(
    config: Any, *, adapter: str, labels: Mapping[str, str], targets: Sequence[str]
) -> tuple[Kind, tuple[str, ...]]:
    """Whether the model chooses one class or several labels, and their names in the order of its outputs.

    Args:
        config: the model's.
        adapter: what opens it, for messages.
        labels: `[model] labels`, from the model's names to the targets' names.
        targets: what the data call the classes; empty: they do not say.

    Raises:
        ModelError: the model gives numbers, `labels` maps a name that the model lacks or two names to one, or a target
            is none of the model's classes.
    """
    kind = _kind(config, adapter)
    given = [str(config.id2label[place]) for place in range(config.num_labels)]
    return kind, names_of(given, labels=labels, targets=targets)


def names_of(given: Sequence[str], *, labels: Mapping[str, str], targets: Sequence[str]) -> tuple[str, ...]:
    """What the model's classes are called once `labels` has mapped them, held against the data's names.

    Args:
        given: the model's own names, in order.
        labels: `[model] labels`, from the model's names to the targets' names.
        targets: what the data call the classes; empty: they do not say.

    Raises:
        ModelError: `labels` maps a name that the model lacks or two names to one, or a target is no class of the model.
    """
    _refuse_unknown(labels, given)
    names = tuple(labels.get(name, name) for name in given)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        both = [name for name, named in zip(given, names, strict=True) if named == twice[0]]
        raise ModelError(
            f"two classes of the model are called '{twice[0]}': {', '.join(map(repr, both))}",
            hint="[model] labels gives each of them another name",
        )
    _refuse_strangers(given, names, targets)
    return names


def _kind(config: Any, adapter: str) -> Kind:
    if config.problem_type == "regression" or config.num_labels == 1:
        raise ModelError(
            f"the model gives a number, not a class: problem_type is {config.problem_type!r}, with "
            f"{config.num_labels} output{'s' * (config.num_labels != 1)}",
            hint=f'[model] adapter = "{adapter.replace("-classifier", "-regressor")}"'
            if adapter.endswith("-classifier")
            else f'{adapter} needs two classes or more; task = "regression" is of values',
        )
    return "labels" if config.problem_type == "multi_label_classification" else "class"


def _refuse_unknown(labels: Mapping[str, str], given: Sequence[str]) -> None:
    unknown = next((name for name in labels if name not in given), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, given, n=1)
        listed = ", ".join(f"'{name}'" for name in given[:8])
        raise ModelError(
            f"[model] labels maps '{unknown}', which is none of the model's classes",
            hint=f"did you mean '{near[0]}'?" if near else f"they are {listed}",
        )


def _refuse_strangers(given: Sequence[str], names: Sequence[str], targets: Sequence[str]) -> None:
    """Refuse targets that the model has no class for: every one of their rows would count as wrong."""
    stranger = next((target for target in targets if target not in names), None)
    if stranger is None:
        return
    pairs = suggested(given, names, targets)
    told = {model: target for model, target in pairs.items() if target != "..."}
    spelt = next((model for model, target in told.items() if target == stranger), None)
    classes = ", ".join(f"'{name}'" for name in names[:8])
    unnamed = " (its config.json gives them no names)" if all(map(_UNNAMED.fullmatch, names)) else ""
    table = ", ".join(f"{_key(model)} = {_quoted(target)}" for model, target in pairs.items())
    raise ModelError(
        f"the target holds '{stranger}', which is none of the model's classes, {classes}{unnamed}",
        hint=f"{f'did you mean {spelt!r}? ' if spelt else ''}[model] labels = {{{table}}}"
        if pairs
        else "no class is left to map to it: leave its rows out of the data, or audit a model that was trained with it",
    )


def suggested(given: Sequence[str], names: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """The model's name -> the target that it seems to stand for, or "..." where nothing tells; none that fit already.

    `URGENT` seems to stand for `urgent`, and `LABEL_1` for `1`: by its number, which is how unnamed classes are coded.
    """
    plain = {_plain(target): target for target in targets}
    found = {}
    for model, name in zip(given, names, strict=True):
        number = _UNNAMED.fullmatch(name)
        if name not in targets:
            found[model] = plain.get(_plain(name), plain.get(number[1] if number else "", "..."))
    return found


def _plain(name: str) -> str:
    return "".join(name.casefold().split())


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _key(name: str) -> str:
    """A name as a TOML key: bare where it may be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)
