"""A draft of a spec: every key with how it is known, and what only a person can say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from auditkit.errors import DataError, did_you_mean
from auditkit.initing.answers import EACH, Answers, Question
from auditkit.initing.columns import MOST_LABELS, Column, columns_of
from auditkit.initing.groups import other_candidates, proposed_bands, proposed_groups
from auditkit.initing.pairing import Pair
from auditkit.initing.roles import (
    Proposal,
    propose_input,
    propose_positive,
    propose_target,
    propose_unit,
    propose_weights,
)
from auditkit.initing.toml import is_writable
from auditkit.recognising import FIRST_ROWS, Recognised, Setting

_CLASSES = {"ClassScores", "LabelScores"}
_SAID_TASKS = {"regression", "tokens", "text"}


@dataclass(frozen=True)
class Line:
    """A key's value and its comment."""

    value: Any
    why: str = ""
    is_off: bool = False
    """Whether it is written as a comment: a suggestion, and no part of the spec."""


@dataclass
class Draft:
    """The sections of a spec by their keys, in order."""

    top: dict[str, Line] = field(default_factory=dict)
    model: dict[str, Line] = field(default_factory=dict)
    data: dict[str, Line] = field(default_factory=dict)
    kind: str = "ClassScores"
    open: list[Question] = field(default_factory=list)
    """What nobody but a person knows."""
    guessed: list[Question] = field(default_factory=list)
    """What is safe to write, and a person at a terminal is shown first."""


@dataclass(frozen=True)
class Scene:
    """What a draft is made of: the two files, who opens them, and where the spec will lie."""

    pair: Pair
    model_at: Path | None
    data_at: Path
    out: Path

    @property
    def model(self) -> Recognised:
        """What the chosen adapter says."""
        return self.pair.model.found

    @property
    def loader(self) -> Recognised:
        """What the chosen loader says."""
        return self.pair.loader.found

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Of the first rows."""
        return {} if self.loader.rows is None else columns_of(self.loader.rows)

    @cached_property
    def attributes(self) -> Mapping[str, Column]:
        """Where groups and units are looked for: the rows, or the table of users."""
        return self.columns if self.loader.attributes is None else columns_of(self.loader.attributes)

    def written(self, value: Any) -> Any:
        """A value as the spec holds it: paths are relative to its folder."""
        if not isinstance(value, Path):
            return value
        return Path(os.path.relpath(value.absolute(), self.out.parent.absolute())).as_posix()


def make_draft(scene: Scene, answers: Answers) -> Draft:
    """The draft that follows from two files and what was said so far.

    Raises:
        AuditError: an answer names a column that is not there.
    """
    return _Drafting(scene, answers).made()


class _Drafting:
    def __init__(self, scene: Scene, answers: Answers) -> None:
        self.scene, self.answers = scene, answers
        self.draft = Draft(kind=_kind(scene, answers))
        self._set = {one.key: one for one in (*scene.loader.settings, *scene.model.data)}

    def made(self) -> Draft:
        self._head()
        self._settings("data", self._set.values(), only={"separator", "encoding", "columns"})
        target = self._target()
        labels = self._labels(target)
        self._positive(labels)
        self._input(target)
        self._settings("data", (one for one in self._set.values() if one.key not in self.draft.data))
        self._groups(target)
        self._model(labels)
        self._rest()
        return self.draft

    def _head(self) -> None:
        scene, draft = self.scene, self.draft
        model = scene.model_at.name if scene.model_at is not None else "Recorded predictions"
        named = self.answers.get("name") or f"{model} on {scene.data_at.name}"
        draft.top["name"] = Line(
            named if is_writable(str(named)) else "An audit", "what page one of the report is called"
        )
        draft.top["seed"] = Line(self.answers.get("seed") or 1, "of every draw: the same spec gives the same result")
        task = self.answers.get("task") or self.scene.model.task or ("regression" if draft.kind == "Values" else None)
        if "task" in self.answers or task in _SAID_TASKS:
            draft.top["task"] = Line(task, "" if "task" in self.answers else "what the model's answers are")
        draft.model["adapter"] = Line(scene.pair.model.id, f"{scene.model.reason}{scene.pair.rivals}")
        # Recorded rankings are given in the model's place, and are data.
        if scene.model_at is not None and all(one.value != scene.model_at for one in scene.model.data):
            digest = "not opened: its digest enters the report" if scene.model.takes == "nothing" else ""
            draft.model["path"] = Line(scene.written(scene.model_at), digest)
        draft.data["loader"] = Line(scene.pair.loader.id, scene.loader.reason)
        draft.data["audit"] = Line(scene.written(scene.data_at), "the rows that are judged")

    def _propose(self, table: str, key: str, proposal: Proposal | None, *, asks: str, is_many: bool = False) -> Any:
        """Put a proposal, or what was said instead of it, into its place; the value, or None."""
        full, lines = f"{table}.{key}", getattr(self.draft, table)
        if full in self.answers:
            value = self.answers.get(full)
            if value not in (None, [], EACH):
                lines[key] = Line(value)
            return value
        if proposal is None:
            return None
        question = Question(full, proposal.asks or asks, proposal.value, proposal.choices, is_many=is_many)
        if proposal.level == "ask":
            self.draft.open.append(question)
            return None
        if proposal.level == "guess":
            self.draft.guessed.append(question)
        lines[key] = Line(proposal.value, proposal.why)
        return proposal.value

    def _target(self) -> tuple[str, ...]:
        set_by_loader = self._set.get("target")
        proposal = (
            Proposal(set_by_loader.value, set_by_loader.why, "sure")
            if set_by_loader is not None
            else propose_target(self.scene.columns, self.scene.model, self.draft.kind, self._taken())
        )
        several = self.draft.kind == "LabelScores"
        found = self._propose("data", "target", proposal, asks="which column holds what is true", is_many=several)
        names = tuple(found) if isinstance(found, list | tuple) else (found,) if found else ()
        self._must_be_there(names)
        return names

    def _labels(self, target: tuple[str, ...]) -> tuple[str, ...]:
        """The labels of the target's classes; none: it holds none, or several columns do."""
        if self.draft.kind != "ClassScores" or len(target) != 1 or target[0] not in self.scene.columns:
            return ()
        return self.scene.columns[target[0]].labels

    def _positive(self, labels: tuple[str, ...]) -> None:
        if self.draft.kind != "ClassScores":
            return
        scores = self._set.get("scores")
        is_needed = scores is not None and len(scores.value) == 1
        said = self.answers.get("data.positive")
        if (
            said is not None
            and said != EACH
            and labels
            and not self._are_more_rows()
            and not set(_listed(said)) <= {*labels, *self.scene.model.classes}
        ):
            raise DataError(f"'{said}' is none of the classes of the target", hint=did_you_mean(str(said), labels))
        proposal = propose_positive(labels, is_needed=is_needed) if labels else None
        if proposal is not None and len(labels) == 1 and self._are_more_rows():
            proposal = replace(proposal, choices=())  # rows in the order of their classes: the other comes later
        found = self._propose("data", "positive", proposal, asks="which class counts as selected, or as ill")
        if found in (None, EACH) and labels:
            off = f"each of the {len(labels)} classes is looked at in turn; name one to look at it alone"
            self.draft.data["positive"] = Line(labels[-1], off, is_off=True)

    def _are_more_rows(self) -> bool:
        """Whether the file may hold more rows, and so more classes, than were looked at."""
        return len(self.scene.loader.rows) >= FIRST_ROWS

    def _input(self, target: tuple[str, ...]) -> None:
        set_by_loader = self._set.get("input")
        scene = self.scene
        folder = scene.data_at if scene.data_at.is_dir() else scene.data_at.parent
        taken = (
            self._taken() | set(target) | ({str(self.draft.data["unit"].value)} if "unit" in self.draft.data else set())
        )
        proposal = (
            Proposal(set_by_loader.value, set_by_loader.why, "sure")
            if set_by_loader is not None
            else propose_input(scene.columns, scene.model, folder=folder, taken=frozenset(taken), target=target)
        )
        many = scene.model.takes in {"columns", "mixed", None}
        found = self._propose("data", "input", proposal, asks="which column is the model's input", is_many=many)
        self._must_be_there(tuple(_listed(found)))

    def _groups(self, target: tuple[str, ...]) -> None:
        """Protected attributes: decided by a person; what is called like one stands in a comment."""
        columns, draft = self.scene.attributes, self.draft
        taken = frozenset({*target, *self._recorded()})  # an input may be a protected attribute too
        groups = proposed_groups(columns.values(), taken)
        bands = proposed_bands((one for one in columns.values() if one.name not in target), groups)
        groups |= {f"{name}_band": f"'{name}' in bands" for name in bands}
        others = other_candidates(columns.values(), {*taken, *groups, *bands, *_listed(self._input_value())})
        chosen = _listed(self._propose("data", "groups", None, asks="", is_many=True))
        self._must_be_there(tuple(name for name in chosen if name.removesuffix("_band") not in bands), columns)
        if "data.groups" not in self.answers:
            # Never guessed: who is compared with whom is a decision, and a name is no reason for it.
            choices = (*columns, *(f"{name}_band" for name in bands))
            likely = f" (called like one: {', '.join(groups)})" if groups else ""
            asks = f"which columns are protected attributes, whose groups are compared{likely}"
            draft.guessed.append(Question("data.groups", asks, None, choices, is_many=True))
        if not chosen:
            draft.data["groups"] = Line(list(groups) or ["NAME"], _whom_to_compare(groups, others), is_off=True)
        used = {name: begins for name, begins in bands.items() if not chosen or f"{name}_band" in chosen}
        if used and "data.bands" not in self.answers:
            draft.data["bands"] = Line(used, "where the bands begin, in years", is_off=not chosen)
        self._unit_and_weights(frozenset({*taken, *chosen}))

    def _unit_and_weights(self, taken: frozenset[str]) -> None:
        """Whom a row belongs to, and how much it counts: by their names."""
        columns = self.scene.attributes
        unit = propose_unit(columns.values(), taken)
        found = self._propose("data", "unit", unit, asks="which column says whom a row belongs to")
        self._must_be_there(tuple(_listed(found)), columns)
        self._propose("data", "weights", propose_weights(columns.values()), asks="which column holds the rows' weights")

    def _input_value(self) -> Any:
        return self.draft.data["input"].value if "input" in self.draft.data else None

    def _model(self, labels: tuple[str, ...]) -> None:
        self._settings("model", self.scene.model.settings)
        self._class_names(labels)
        chosen = [name for name in _listed(self._input_value()) if name in self.scene.columns]
        if self.scene.model.of_inputs is not None and chosen:
            self._settings("model", self.scene.model.of_inputs(self.scene.loader.rows[chosen]))

    def _class_names(self, labels: tuple[str, ...]) -> None:
        """What the model calls its classes, where the target calls them otherwise."""
        own, model = self.scene.model.classes, self.scene.model
        if self.draft.kind != "ClassScores" or not labels or model.takes == "nothing" or set(labels) <= set(own):
            return
        numbers = [str(place) for place in range(len(labels))]
        by_small = {name.casefold(): name for name in own}
        asks = "which class is each output of the model, by what the model calls it"
        if own and {label.casefold() for label in labels} <= by_small.keys():
            pairs = {by_small[label.casefold()]: label for label in labels if label not in own}
            self._propose("model", "labels", Proposal(pairs, "the same, but for capitals", "sure"), asks=asks)
        elif own and {f"LABEL_{label}" for label in labels} <= set(own):
            pairs = {f"LABEL_{label}": label for label in labels}
            self._propose("model", "labels", Proposal(pairs, "the outputs by their numbers", "guess"), asks=asks)
        elif own or (model.are_numbered and sorted(labels) != sorted(numbers)):
            names = list(own) or numbers
            guess = dict(zip(names, labels, strict=True)) if len(names) == len(labels) else None
            if "model.labels" in self.answers:
                self.draft.model["labels"] = Line(self.answers.get("model.labels"))
            else:
                called = f"{asks}: {', '.join(names[:8])}. In another order the classes are swapped"
                self.draft.open.append(Question("model.labels", called, guess, is_text=False))

    def _settings(self, table: str, settings: Iterable[Setting], only: set[str] | None = None) -> None:
        lines = getattr(self.draft, table)
        for one in settings:
            full = f"{table}.{one.key}"
            is_asked = any(question.key == full for question in self.draft.open)
            if one.key in lines or is_asked or (only is not None and one.key not in only):
                continue
            if full in self.answers:
                if self.answers.get(full) not in ("", None):
                    lines[one.key] = Line(self.answers.get(full), one.why)
            elif one.is_safe and one.value is not None:
                lines[one.key] = Line(self.scene.written(one.value), one.why)
            else:
                guess = self.scene.written(one.value)
                self.draft.open.append(Question(full, one.why, guess, one.choices, is_text=False))

    def _rest(self) -> None:
        """What was said and nobody asked for, and a table of training rows that lies beside."""
        for full, value in self.answers.said.items():
            table, _, key = full.partition(".")
            if key and key not in getattr(self.draft, table) and value not in (None, "", [], EACH):
                getattr(self.draft, table)[key] = Line(self.scene.written(value))
        at, data = self.scene.data_at, self.draft.data
        beside = [at.with_name(f"{stem}{at.suffix}") for stem in ("training", "train")]
        found = next((path for path in beside if path != at and path.exists()), None)
        if found is not None and not {"training", "holdout", "split_at"} & data.keys():
            why = "lies beside it: name it if the model learnt from these rows"
            data["training"] = Line(self.scene.written(found), why, is_off=True)

    def _taken(self) -> frozenset[str]:
        """Columns that have a part already: recorded predictions, inputs, and what the loader names."""
        known = {*self.scene.model.columns, *map(str, self._said("data.input"))}
        return frozenset((self._recorded() | known) - {str(name) for name in _listed(self._target_said())})

    def _recorded(self) -> frozenset[str]:
        names: set[str] = set()
        for one in self._set.values():
            names |= {name for name in _listed(one.value) if isinstance(name, str) and one.key != "classes"}
        for key in ("data.unit", "data.weights", "data.predicted", "data.scores", "data.generated"):
            names |= {str(name) for name in self._said(key)}
        return frozenset(names)

    def _said(self, key: str) -> list[Any]:
        return _listed(self.answers.get(key))

    def _target_said(self) -> Any:
        known = self._set.get("target")
        return self.answers.get("data.target") or (known.value if known is not None else None)

    def _must_be_there(self, names: tuple[str, ...], columns: Mapping[str, Column] | None = None) -> None:
        known = self.scene.columns if columns is None else columns
        absent = next((name for name in names if known and name not in known), None)
        if absent is not None:
            raise DataError(
                f"'{self.scene.data_at.name}' has no column '{absent}'", hint=did_you_mean(str(absent), known)
            )


def _whom_to_compare(groups: Mapping[str, str], others: list[str]) -> str:
    """What is said of columns that nobody has named."""
    called = ", ".join(f"{name} ({what})" for name, what in groups.items())
    likely = f"called like a protected attribute: {called}" if called else "no column is called like one"
    more = f"other columns with few values: {', '.join(others[:8])}" if others else ""
    return "; ".join(filter(None, ["nobody is compared until you name the columns to compare by", likely, more]))


def _kind(scene: Scene, answers: Answers) -> str:
    """The prediction type, as far as it is known."""
    said = {"regression": "Values", "tokens": "TokenLabels", "text": "Texts", "multilabel": "LabelScores",
            "ranking": "Rankings"}.get(str(answers.get("task") or scene.model.task))  # fmt: skip
    if said is not None:
        return said
    if scene.model.gives is not None:
        return scene.model.gives
    if answers.get("model.output") in {"values", "mean-and-spread", "quantiles"}:
        return "Values"
    target = answers.get("data.target")
    if isinstance(target, list | tuple) and len(target) > 1:
        return "LabelScores"
    column = scene.columns.get(str(_listed(target)[0])) if target else None
    is_value = column is not None and column.numbers is not None and column.distinct > MOST_LABELS
    return "Values" if is_value else "ClassScores"


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
