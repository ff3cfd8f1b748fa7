"""What every check promises: each law is a function that says what it saw; its docstring says what to do."""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from auditkit.checks.asking import Readings, ask
from auditkit.checks.controls import run_control
from auditkit.errors import NotApplicable, words_of
from auditkit.finding import Measurement
from auditkit.plugin import Check
from auditkit.testing.comparing import readings_apart, values_apart, wider_interval
from auditkit.testing.degenerate import degenerate
from auditkit.testing.loops import bare_loop, elsewhere, found_as
from auditkit.testing.models import CannedModel
from auditkit.testing.recipes import Recipe

LONGEST_TITLE = 80
ROWS_TIMES, TIME_TIMES, UNMEASURED, TRIES = 10, 30, 0.3, 3
"""With 10 times the rows a check may take 30 times as long; what ends in less seconds is not held to it, and what
breaks the law is timed again, so many times in all."""

LOOPS = 100.0
"""What a check may cost on the kit's case unless it is said otherwise, in bare loops: a few seconds."""

CONTROL_SECONDS = 2.0
"""All controls that a check carries, together: they run once a version, at a user's first audit. What an audit will
take is not known here: this keeps them to a fifth of one of ten seconds."""


@dataclass
class CheckSubject:
    """A check, its options, and the cases that it is held to its laws on."""

    check: Check
    options: Mapping[str, Any]
    recipes: tuple[Recipe[Any], ...]
    time_limit: float = 30.0
    budget: float = LOOPS
    """What it may cost on each of these cases, in bare loops of a million steps."""
    _asked: dict[str, Readings | None] = field(default_factory=dict)
    _again: dict[str, tuple[Readings | None, bool]] = field(default_factory=dict)

    def ask(self, recipe: Recipe[Any], model: Any = None, *, with_controls: bool = False) -> Readings | None:
        """What it says; None when it says that it does not apply.

        What it yields as controls of its own may cost more than all else, and is asked for where it is the matter.
        """
        known = model or (CannedModel(recipe.predictions) if recipe.inputs is None else None)
        try:
            return ask(self.check, replace(recipe.case(known), is_control=not with_controls), self.options)
        except NotApplicable:
            return None

    def plain(self, recipe: Recipe[Any]) -> Readings | None:
        """What it says of a recipe as it is, asked once."""
        if recipe.name not in self._asked:
            self._asked[recipe.name] = self.ask(recipe)
        return self._asked[recipe.name]

    def again(self, recipe: Recipe[Any]) -> tuple[Readings | None, bool]:
        """What it says when it is asked a second time, and whether it used or seeded what all code draws from."""
        if recipe.name not in self._again:
            kept = random.getstate(), np.random.get_state()  # noqa: NPY002  it is what is watched
            random.seed("no check's")
            np.random.seed(71_071)  # noqa: NPY002  same
            before = random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002  same
            said = self.ask(recipe)
            after = random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002  same
            random.setstate(kept[0])
            np.random.set_state(kept[1])  # noqa: NPY002  same
            self._again[recipe.name] = said, before != after
        return self._again[recipe.name]

    def each(self) -> Iterator[tuple[Recipe[Any], Readings]]:
        """The recipes that it applies to, with what it says of each."""
        for recipe in self.recipes:
            said = self.plain(recipe)
            if said is not None:
                yield recipe, said


def _words(subject: CheckSubject) -> Iterator[str]:
    """Write a docstring: its first line is the title in the report, at most 80 characters."""
    title = subject.check.title
    if not title:
        yield "there is no docstring"
    elif len(title) > LONGEST_TITLE:
        yield f"a title of {len(title)} characters: '{title}'"


def _applies(subject: CheckSubject) -> Iterator[str]:
    """Let it measure something on an ordinary case; if it needs others, give obey_contract recipes= or options=."""
    for recipe in subject.recipes:
        said = subject.plain(recipe)
        if said is not None and not said.measurements and all(isinstance(one, Measurement) for one in said):
            yield f"on {recipe.name} it ended without a measurement, a table or a reason"
    if not list(subject.each()):
        yield f"it applies to none of: {', '.join(recipe.name for recipe in subject.recipes)}"


def _cards(subject: CheckSubject) -> Iterator[str]:
    """Give each metric a MetricCard in @check(..., metrics=[...]), with every field filled in."""
    carded = {card.name for card in subject.check.metrics}
    for card in subject.check.metrics:
        empty = [name for name, text in card.model_dump().items() if not str(text).strip()]
        if empty:
            yield f"the card of '{card.name}' says nothing in '{empty[0]}'"
    for recipe, said in subject.each():
        for found in said.measurements:
            if found.metric not in carded:
                yield f"'{found.metric}' is measured on {recipe.name} and has no card"


def _uncertainty(subject: CheckSubject) -> Iterator[str]:
    """Give each value an interval, e.g. by Measurement.share; mark as exact=True what has no sampling error."""
    for recipe, said in subject.each():
        for found in said.measurements:
            if found.value is not None and found.interval is None and not found.exact:
                yield f"'{found.metric}' on {recipe.name} is {found.value:.4g} without an interval"


def _serialisable(subject: CheckSubject) -> Iterator[str]:
    """Yield Measurement, Table, Chart and Control, made by their constructors of numbers and Text, and nothing else."""
    for recipe, said in subject.each():
        for reading in said:
            try:
                type(reading).from_json(reading.to_json())
            except (ValueError, TypeError) as error:
                yield f"a {type(reading).__name__} on {recipe.name}: {words_of(error)}"


def _determinism(subject: CheckSubject) -> Iterator[str]:
    """Draw from case.rng("a name") alone; look at no clock; go through sets in sorted order; keep no state."""
    for recipe, said in subject.each():
        if (difference := readings_apart(said, subject.again(recipe)[0])) is not None:
            yield f"asked twice about {recipe.name}: {difference}"


def _global_random(subject: CheckSubject) -> Iterator[str]:
    """Draw from case.rng("a name") and leave numpy's and Python's own generators alone: neither seed nor use them."""
    for recipe, _ in subject.each():
        if subject.again(recipe)[1]:
            yield f"on {recipe.name} it used or seeded the generator that all code shares"


def _state(subject: CheckSubject) -> Iterator[str]:
    """Keep nothing between two cases: no global, no default that grows, no cache without the case in its key."""
    first = list(subject.each())
    for recipe in subject.recipes:
        subject.ask(recipe.take(np.arange(len(recipe) // 2)))
    for recipe, said in first:
        if (difference := readings_apart(said, subject.ask(recipe))) is not None:
            yield f"asked about {recipe.name} again after other cases: {difference}"


def _other_process(subject: CheckSubject) -> Iterator[str]:
    """Go through sets in sorted order and never hash() a text: both differ from one process to the next."""
    place = found_as(subject.check)
    if place is None or not list(subject.each()):
        return  # made inside a function or a notebook: no other process can find it
    recipe, said = next(subject.each())
    done = elsewhere(_CHILD, *place, recipe, dict(subject.options))
    if done.fault:
        yield done.fault
    elif done.out != b"".join(reading.to_json() for reading in said):
        yield f"another process, with PYTHONHASHSEED={done.seed}, said something else about {recipe.name}"


_CHILD = """
import importlib, os, pickle, sys
sys.path[:] = os.environ["KIT_PATH"].split(os.pathsep)
module, name, recipe, options = pickle.loads(sys.stdin.buffer.read())
from auditkit.testing.check_laws import CheckSubject
check = getattr(importlib.import_module(module), name)
for reading in CheckSubject(check, options, (recipe,)).ask(recipe):
    sys.stdout.buffer.write(reading.to_json())
"""


def _one_prediction(subject: CheckSubject) -> Iterator[str]:
    """Read case.predictions, which is there already; case.predict is for inputs that you have changed."""
    for recipe, _ in subject.each():
        model = CannedModel(recipe.predictions)
        given = recipe.but(inputs=np.arange(len(recipe)))
        subject.ask(given, model)
        again = [rows for rows in model.asked if rows == tuple(range(len(recipe)))]
        if again:
            yield f"on {recipe.name} the model was asked about the audit rows again, {len(again)} times"


def _permuted(subject: CheckSubject) -> Iterator[str]:
    """Let no number depend on the order of the rows: do not take the first ones, and break ties by value."""
    for recipe, said in subject.each():
        order = np.random.default_rng(1).permutation(len(recipe))
        if (difference := values_apart(said, subject.ask(recipe.take(order)), intervals=True)) is not None:
            yield f"rows of {recipe.name} in another order: {difference}"


def _relabelled(subject: CheckSubject) -> Iterator[str]:
    """Treat groups alike whatever they are called: no name in the code, and no part for their alphabetical order."""
    for recipe, said in subject.each():
        labels = sorted({str(label) for values in recipe.groups.values() for label in values}, reverse=True)
        names = {label: f"group {place:03}" for place, label in enumerate(labels)}
        other = subject.ask(recipe.renamed(names))
        if (difference := values_apart(said, other, names=names)) is not None:
            yield f"groups of {recipe.name} under other names: {difference}"


def _doubled(subject: CheckSubject) -> Iterator[str]:
    """Measure shares and means: every row twice is the same value, with an interval that is no wider."""
    for recipe, said in subject.each():
        other = subject.ask(recipe.take(np.tile(np.arange(len(recipe)), 2)))
        if (difference := values_apart(said, other)) is not None:
            yield f"every row of {recipe.name} twice: {difference}"
        wider = wider_interval(said, other)
        if wider is not None:
            yield f"every row of {recipe.name} twice: {wider}"


def _scaled(subject: CheckSubject) -> Iterator[str]:
    """Divide by the sum of the weights: three times every weight is the same data."""
    for recipe, _ in subject.each():
        weights = _weights(len(recipe))
        one, three = (subject.ask(recipe.but(weights=list(weights * factor))) for factor in (1.0, 3.0))
        if (difference := values_apart(one, three)) is not None:
            yield f"three times every weight of {recipe.name}: {difference}"


def _weighted(subject: CheckSubject) -> Iterator[str]:
    """Count with case.weights, or raise NotApplicable when there are any: a row of weight 2 counts as two rows."""
    for recipe, _ in subject.each():
        weights = _weights(len(recipe))
        weighted = subject.ask(recipe.but(weights=list(weights)))
        repeated = subject.ask(recipe.take(np.repeat(np.arange(len(recipe)), weights.astype(int))))
        if weighted is None:
            continue  # it says that it cannot
        if (difference := values_apart(repeated, weighted)) is not None:
            yield f"rows of {recipe.name} repeated, against rows with weights: {difference}"


def _weights(rows: int) -> np.ndarray[Any, Any]:
    return 1.0 + np.random.default_rng(2).integers(0, 2, rows)


def _degenerate(subject: CheckSubject) -> Iterator[str]:
    """Yield value=None with `undefined` saying why, or let NotApplicable pass: a crash loses the whole finding."""
    for recipe in subject.recipes:
        for name, case in degenerate(recipe):
            with_controls = recipe is subject.recipes[0] and name in _WITH_CONTROLS
            try:
                readings = ask(subject.check, replace(case(), is_control=not with_controls), subject.options)
            except NotApplicable:
                continue
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it raises is what was seen
                yield f"{recipe.name}, {name}: {type(error).__name__}: {words_of(error)}"
                continue
            if not any(True for _ in readings):
                yield f"{recipe.name}, {name}: it ended without a measurement or a reason"


_WITH_CONTROLS = {"one row", "every row in one group", "one class alone"}
"""Where a check's own controls are the likeliest to find nothing to work with."""


def _controls(subject: CheckSubject) -> Iterator[str]:
    """Give it controls=[planted(...), clean(...)] with cases of auditkit.testing, and mend it until it passes them."""
    carried = subject.check.controls
    for kind, words in (("planted", "planted defect"), ("clean", "clean twin")):
        if kind not in {known.kind for known in carried}:
            yield f"it carries no {words}"
    took = np.inf
    for level in (0.95, 0.99):
        began = time.process_time()
        for known in carried:
            control, detail = run_control(subject.check, known, subject.options, level=level)
            if not control.passed:
                missed = "the check did not find" if known.kind == "planted" else "the check did not pass"
                yield f"{missed} '{known.title}' at level {level}: {control.observed} {detail}".rstrip()
        took = min(took, time.process_time() - began)  # the first level imports; what else runs can only add
    if took > CONTROL_SECONDS:
        yield f"they took {took:.1f} s of the processor, over {CONTROL_SECONDS:g} s together: make their cases smaller"


def _own_controls(subject: CheckSubject) -> Iterator[str]:
    """Draw the controls that it yields from case.rng("a name"), and mend the check until it passes them."""
    for recipe, _ in list(subject.each())[:1]:
        one, other = (subject.ask(recipe, with_controls=True) or Readings() for _ in range(2))
        for own in one.controls:
            if not own.passed:
                yield f"on {recipe.name} it failed '{own.title}': {own.observed}"
        if (difference := readings_apart(one, other)) is not None:
            yield f"asked twice about {recipe.name}: {difference}"


def _time(subject: CheckSubject) -> Iterator[str]:
    """Count with numpy in one pass over the rows; put what must be costly into case.compute, or mark streams=True."""
    for recipe, _ in subject.each():
        small = large = np.inf
        for _ in range(TRIES):
            # What else the machine does meanwhile can only add: the least of several is the check's own.
            small, large = (
                min(least, _seconds(subject, recipe.take(np.arange(len(recipe) * times) % len(recipe))))
                for least, times in ((small, 1), (large, ROWS_TIMES))
            )
            grew = large > UNMEASURED and large > TIME_TIMES * max(small, 1e-3)
            if not grew and large <= subject.time_limit:
                break
        if large > subject.time_limit:
            yield f"{len(recipe) * ROWS_TIMES} rows of {recipe.name} took {large:.1f} s, over {subject.time_limit:g} s"
        if grew:
            yield f"{ROWS_TIMES} times the rows of {recipe.name} took {large / max(small, 1e-3):.0f} times as long"


def _budget(subject: CheckSubject) -> Iterator[str]:
    """Do less for few rows: fewer resamples, no loop over pairs; or say with budget= what it may cost, and to whom."""
    for recipe, _ in subject.each():
        ratio = np.inf
        for _ in range(TRIES):
            ratio = min(ratio, _seconds(subject, recipe) / bare_loop())
            if ratio <= subject.budget:
                break
        else:
            cost = f"cost {ratio:.0f} bare loops of a million steps, over {subject.budget:g}"
            yield f"{len(recipe)} rows of {recipe.name} {cost}"


def _seconds(subject: CheckSubject, recipe: Recipe[Any]) -> float:
    """Seconds of the processor, in which waiting for others has no part."""
    case = replace(recipe.case(), is_control=True)
    began = time.process_time()
    ask(subject.check, case, subject.options)
    return time.process_time() - began


CHECK_LAWS: dict[str, Callable[[CheckSubject], Iterator[str]]] = {
    "words": _words,
    "ordinary cases": _applies,
    "metric cards": _cards,
    "uncertainty": _uncertainty,
    "readings": _serialisable,
    "determinism": _determinism,
    "global random numbers": _global_random,
    "no state": _state,
    "another process": _other_process,
    "no second prediction": _one_prediction,
    "permuting rows": _permuted,
    "relabelling groups": _relabelled,
    "duplicating data": _doubled,
    "scaling weights": _scaled,
    "counting weights": _weighted,
    "degenerate inputs": _degenerate,
    "controls": _controls,
    "controls that it yields": _own_controls,
    "time": _time,
    "time budget": _budget,
}
