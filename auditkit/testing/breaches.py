"""What a broken law looks like: which law, what was seen, and what to do. Excuses are by name, each with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from auditkit.errors import words_of

S = TypeVar("S")

Law = Callable[[S], Iterable[str]]
"""Says what was seen against it, once for each case; nothing when it is obeyed. Its docstring says what to do."""


@dataclass(frozen=True)
class Breach:
    """One law that was not obeyed."""

    law: str
    seen: str
    remedy: str

    def __str__(self) -> str:
        """Three lines: the law, what was seen, what to do."""
        return f"{self.law}\n    seen: {self.seen}\n    do:   {self.remedy}"


class ContractBroken(AssertionError):  # noqa: N818  what a test says of a plugin, not an error of auditkit's
    """A plugin does not keep its promises; `breaches` lists them."""

    def __init__(self, who: str, breaches: tuple[Breach, ...]) -> None:
        listed = "\n  ".join(str(breach) for breach in breaches)
        excuse = 'a law that is honestly not obeyed is excused by name: except_={"NAME": "the reason"}'
        super().__init__(f"{who} breaks its contract:\n  {listed}\n{excuse}")
        self.breaches = breaches

    @property
    def laws(self) -> tuple[str, ...]:
        """The names of the laws that were not obeyed."""
        return tuple(dict.fromkeys(breach.law for breach in self.breaches))


def hold_to(who: str, subject: S, laws: Mapping[str, Law[S]], except_: Mapping[str, str]) -> None:
    """Hold a plugin to its laws, all of them, and raise for those that it does not obey.

    Raises:
        ContractBroken: it does not obey all.
        ValueError: an excuse names no law, or gives no reason.
    """
    refuse_excuses(laws, except_)
    breaches = [breach for name, law in laws.items() if name not in except_ for breach in _breaches(name, law, subject)]
    if breaches:
        raise ContractBroken(who, tuple(breaches))


def refuse_excuses(laws: Mapping[str, Law[S]], except_: Mapping[str, str]) -> None:
    """Raise ValueError for an excuse that names no law, or gives no reason."""
    for name, reason in except_.items():
        if name not in laws:
            raise ValueError(f"there is no law '{name}'; there are: {', '.join(laws)}")
        if not isinstance(reason, str) or len(reason.split()) < 2:  # noqa: PLR2004  a word is no reason
            raise ValueError(f"the law '{name}' is excused without a reason: say why it cannot be obeyed")


def _breaches(name: str, law: Law[S], subject: S) -> Iterator[Breach]:
    remedy = " ".join((law.__doc__ or "").split())
    try:
        for seen in law(subject):
            yield Breach(name, seen, remedy)
            return  # the first is enough to begin with
    except (Exception, SystemExit) as error:  # noqa: BLE001  what a plugin raises is what was seen
        yield Breach(name, f"{type(error).__name__}: {words_of(error)}", remedy)
