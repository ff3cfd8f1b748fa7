"""What an isolated worker may say, and in which order: the plugin, too, can write to its pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditkit.checks.checking import refuse_lower_levels, refuse_unreleased, stated_options
from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Stage
from auditkit.checks.measuring import Measured
from auditkit.document import Text
from auditkit.errors import PluginError
from auditkit.finding import Finding
from auditkit.isolation.messages import Rights
from auditkit.isolation.sandbox import NETWORK, WRITING
from auditkit.result import CheckTime

if TYPE_CHECKING:
    from auditkit.checks.planning import Planned
    from auditkit.spec import AuditSpec

LAST_STAGE = "checking"


class Order:
    """Holds the messages of one worker against the plan: each check begins once, and ends, in its turn.

    A check that could begin again would begin its time again.
    """

    def __init__(self, plan: Sequence[Planned]) -> None:
        self._checks = tuple(item.check.id for item in plan)
        self._place = 0
        self._runs = False
        self.is_checking = False
        self.rights: Rights | None = None

    def admitted(self, message: Any) -> Any:
        """The message.

        Raises:
            ValueError: it is not its turn.
        """
        if isinstance(message, Rights) != (self.rights is None) or not self._fits(message):
            raise ValueError(f"a {type(message).__name__} out of turn")
        return message

    def _fits(self, message: Any) -> bool:
        if isinstance(message, Rights):
            self.rights = message
        if isinstance(message, Stage):
            was_checking, self.is_checking = self.is_checking, message.name == LAST_STAGE
            return not was_checking
        if isinstance(message, PlanMade):
            return message.checks == self._checks
        if isinstance(message, CheckStarted):
            is_next = self.is_checking and not self._runs and self._is_here(message.place, message.check)
            self._runs = True
            return is_next
        if isinstance(message, CheckFinished):
            is_open = self._runs and self._is_here(message.place, message.finding.check)
            self._place, self._runs = self._place + 1, False
            return is_open
        if isinstance(message, Measured):
            everything = len(self._checks)
            is_over = self._place == everything and not self._runs
            return is_over and len(message.findings) == len(message.times) == everything
        return True

    def _is_here(self, place: int, check: str) -> bool:
        return place == self._place and place < len(self._checks) and check == self._checks[place]


def own_answers(
    spec: AuditSpec, plan: Sequence[Planned], places: Iterable[int], measured: Measured, rights: Mapping[str, str]
) -> dict[int, tuple[Finding, CheckTime] | str]:
    """Of what an isolated worker measured, what is its own; a string says why an answer is none.

    Args:
        spec: the audit's.
        plan: all checks.
        places: of the plugin's own in it.
        measured: what the worker says.
        rights: what could not be taken from it -> why.
    """
    notes = _noted(rights)
    found: dict[int, tuple[Finding, CheckTime] | str] = {}
    for place in places:
        item, finding, took = plan[place], measured.findings[place], measured.times[place]
        if why := _wrong(spec, item, finding):
            found[place] = why
            continue
        seconds = min(max(took.seconds, 0.0), spec.compute.time_limit)
        found[place] = finding, CheckTime(check=item.check.id, seconds=seconds, resumed=took.resumed, apart=notes)
    return found


def _wrong(spec: AuditSpec, item: Planned, finding: Finding) -> str:
    if (finding.check, finding.options) != (item.check.id, stated_options(item)):
        return "it answered for another check"
    try:
        refuse_lower_levels(finding, spec.interval_level)
        refuse_unreleased(finding, spec.report.examples)
    except (ValueError, PluginError) as error:
        return str(error)
    return ""


def _noted(rights: Mapping[str, str]) -> tuple[Text, ...]:
    """What a plugin's own worker was without, at each check's time: it is of this run, and of no number."""
    taken = [name for name in (NETWORK, WRITING) if name not in rights]
    said = "in a worker of its own, without {rights}" if taken else "in a worker of its own"
    notes = [Text.of(said, rights=" and ".join(taken)) if taken else Text.of(said)]
    for right, why in rights.items():
        notes.append(Text.of("this system could not take {right} from it: {why}", right=right, why=why))
    return tuple(notes)
